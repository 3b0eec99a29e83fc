"""What `deno task prepare` does, by Hugging Face's tokenizers: JSON Lines to token ids in a file.

Usage: peer_tokenizers.py TOKENIZER_JSON INPUT_JSONL OUTPUT_BIN BOS_ID
Documents are stripped, encoded in batches on all cores, begin with bos, and are
appended as uint16. Prints one line of JSON: tokens, an order-free hash of the
ids, seconds from the first byte read, peakBytes. Needs `tokenizers` and `numpy`.
"""

import hashlib
import json
import os
import resource
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "true"

import numpy as np
import tokenizers

tokenizer_json, source, target, bos = sys.argv[1:]
BATCH_BYTES = 1 << 24


def batches(lines):
    batch, size = [], 0
    for line in lines:
        batch.append(json.loads(line)["text"].strip())
        size += len(line)
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


start = time.perf_counter()
tokenizer = tokenizers.Tokenizer.from_file(tokenizer_json)
counts = np.zeros(1 << 16, np.int64)
with open(source, encoding="utf-8") as lines, open(target, "wb") as output:
    for batch in batches(lines):
        # The fast one leaves out offsets, which nobody needs here.
        for encoding in tokenizer.encode_batch_fast(batch):
            ids = np.array([int(bos), *encoding.ids], np.uint16)
            counts += np.bincount(ids, minlength=1 << 16)
            output.write(ids.tobytes())
seconds = time.perf_counter() - start
print(json.dumps({
    "version": tokenizers.__version__,
    "tokens": int(counts.sum()),
    "countsSha256": hashlib.sha256(counts.tobytes()).hexdigest(),
    "seconds": seconds,
    "peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
