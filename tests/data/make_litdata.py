"""Makes the token chunks of tests/data/litdata with the real litdata.

    pip install litdata==0.2.76 torch numpy
    python tests/data/make_litdata.py

Document n (from 0) of `tokens` holds the ids 7 * n + 0, 1, 2... of 3 + n % 5
tokens; the folders below tests/data/litdata differ in type and layout only.
"""

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import torch
from litdata import TokensLoader, optimize

HERE = Path(__file__).parent / "litdata"
TORCH = ["int16", "int32", "int64", "uint16"]
NUMPY = ["uint8", "uint16", "uint32", "uint64"]


def ids(document):
    return [(7 * document + place) % 100 for place in range(3 + document % 5)]


def tensors(dtype, document):
    yield torch.tensor(ids(document)).to(getattr(torch, dtype))


def arrays(dtype, document):
    yield np.array(ids(document), dtype)


def strings(document):
    return {"text": str(document), "label": document}


def write(name, make, documents=12, **options):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    options.setdefault("item_loader", TokensLoader())
    size = {} if "chunk_size" in options else {"chunk_bytes": 200}
    optimize(
        fn=make,
        inputs=list(range(documents)),
        output_dir=str(folder),
        num_workers=1,
        **size,
        **options,
    )
    # The time is of no use here.
    index = json.loads((folder / "index.json").read_text())
    index.pop("updated_at", None)
    (folder / "index.json").write_text(json.dumps(index, indent=1) + "\n")


if __name__ == "__main__":
    for dtype in TORCH:
        write(f"torch_{dtype}", partial(tensors, dtype))
    for dtype in NUMPY:
        write(f"numpy_{dtype}", partial(arrays, dtype))
    write("no_loader", partial(tensors, "int32"), item_loader=None)
    write("strings", strings, item_loader=None)
