"""Python's side of safetensors_test.ts. Needs `safetensors`.

Usage: safetensors_peer.py FILES.bin FOLDER
FILES.bin holds files, each with its length before it (uint32). Prints a line of
JSON for each: the reason why it was rejected, or its tensors and metadata; and
whether `safe_open`, which maps the file, says the same as `deserialize`.
"""

import json
import struct
import sys
from pathlib import Path

from safetensors import SafetensorError, deserialize, safe_open

files, folder = sys.argv[1:]
data = Path(files).read_bytes()
path = str(Path(folder) / "one.safetensors")
place = 0
while place < len(data):
    (length,) = struct.unpack_from("<I", data, place)
    place += 4
    content = data[place : place + length]
    place += length
    answer = {}
    try:
        tensors = deserialize(content)
        answer["tensors"] = {
            name: [tensor["dtype"], list(tensor["shape"]), len(tensor["data"])]
            for name, tensor in tensors
        }
    except SafetensorError as error:
        answer["rejected"] = str(error)
    Path(path).write_bytes(content)
    try:
        with safe_open(path, "numpy") as opened:
            answer["metadata"] = opened.metadata() or {}
            opened_names = sorted(opened.keys())
            mapped = opened_names == sorted(answer.get("tensors", [None]))
    except (SafetensorError, OSError):
        mapped = "rejected" in answer
    answer["alike"] = mapped
    print(json.dumps(answer))
