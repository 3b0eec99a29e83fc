"""LitGPT's side of side_by_side.ts: the same initial weights, batches and learning rates.

Usage: side_by_side.py FOLDER DEVICE eager|default
Reads FOLDER/{model.json,initial.safetensors,batches.bin,rates.json}, writes FOLDER/litgpt.csv.
"""

import json
import sys
import time
from pathlib import Path

import torch
from litgpt.config import Config
from litgpt.model import GPT
from litgpt.utils import chunked_cross_entropy
from safetensors.torch import load_file

folder, device, mode = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
setting = json.loads((folder / "model.json").read_text())
rates = json.loads((folder / "rates.json").read_text())
batch, length = setting["batch"], setting["length"]
tokens = torch.frombuffer(bytearray((folder / "batches.bin").read_bytes()), dtype=torch.int32)
tokens = tokens.view(len(rates), batch, length + 1).long()

torch.set_float32_matmul_precision("high")
model = GPT(Config(**setting["config"]))
model.max_seq_length = length
model.load_state_dict(load_file(folder / "initial.safetensors"))
model.to(device)
run = model if mode == "eager" else torch.compile(model)
optimizer = torch.optim.AdamW(model.parameters(), lr=0, weight_decay=0.1, betas=(0.9, 0.95), fused=True)

lines = ["step,loss,grad_norm"]
started = time.time()
for step, rate in enumerate(rates):
    for group in optimizer.param_groups:
        group["lr"] = rate
    inputs = tokens[step].to(device)
    with torch.autocast(device, torch.bfloat16, enabled=setting["precision"] == "bf16-mixed"):
        logits = run(inputs[:, :-1])
    loss = chunked_cross_entropy(logits.float(), inputs[:, 1:].contiguous())
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    lines.append(f"{step + 1},{loss.item()},{norm.item()}")
(folder / "litgpt.csv").write_text("\n".join(lines) + "\n")
print(f"LitGPT {mode}: {len(rates)} steps in {time.time() - started:.1f} s")
