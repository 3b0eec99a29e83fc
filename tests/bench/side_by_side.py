"""LitGPT's side of side_by_side.ts: the same initial weights, batches and learning rates.

Usage: side_by_side.py FOLDER [--last-bit]
Reads FOLDER/{setting.json,initial.safetensors,batches.bin}; prints the loss of each step, a line each. With --last-bit
every weight starts larger by its last bit: what comes of rounding alone.
"""

import json
import sys
from pathlib import Path

import torch
from litgpt.config import Config
from litgpt.model import GPT
from litgpt.utils import chunked_cross_entropy
from safetensors.torch import load_file

folder = Path(sys.argv[1])
setting = json.loads((folder / "setting.json").read_text())
device, rates, length = setting["device"], setting["rates"], setting["length"]
tokens = torch.frombuffer(bytearray((folder / "batches.bin").read_bytes()), dtype=torch.int32)
tokens = tokens.view(len(rates), -1, length + 1).long()

torch.set_float32_matmul_precision("high")
model = GPT(Config(**setting["config"]))
model.max_seq_length = length
model.load_state_dict(load_file(folder / "initial.safetensors"))
if "--last-bit" in sys.argv:
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(1 + torch.finfo(weight.dtype).eps)
model.to(device)
optimizer = torch.optim.AdamW(model.parameters(), lr=0, weight_decay=0.1, betas=(0.9, 0.95), fused=True)

for batch, rate in zip(tokens, rates):
    for group in optimizer.param_groups:
        group["lr"] = rate
    inputs = batch.to(device)
    with torch.autocast(device, torch.bfloat16, enabled=setting["precision"] == "bf16-mixed"):
        logits = model(inputs[:, :-1])
    loss = chunked_cross_entropy(logits.float(), inputs[:, 1:].contiguous())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    print(loss.item(), flush=True)
