"""LitGPT's training step on the CPU, for the benchmark: its GPT with LLaMAMoE, its loss, AdamW and clipping.

Usage: peer_litgpt.py '{"model": {...}, "precision": "bf16-mixed", "batch": 16, "length": 256, "steps": 5}'
Prints one line of JSON: step_ms, tokens_per_second, peak_gib. Needs `litgpt` and `torch` to be importable.
"""

import json
import resource
import sys
import time

import torch
from litgpt.config import Config
from litgpt.model import GPT
from litgpt.utils import chunked_cross_entropy

setting = json.loads(sys.argv[1])
config = Config(**setting["model"])
batch, length = setting["batch"], setting["length"]
torch.manual_seed(42)
model = GPT(config)
model.max_seq_length = length
for parameter in model.parameters():
    if parameter.dim() > 1:
        torch.nn.init.normal_(parameter, std=0.02)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.1, betas=(0.9, 0.95), fused=True)


def step():
    tokens = torch.randint(0, config.vocab_size, (batch, length + 1))
    with torch.autocast("cpu", torch.bfloat16, enabled=setting["precision"] == "bf16-mixed"):
        logits = model(tokens[:, :-1])
    loss = chunked_cross_entropy(logits.float(), tokens[:, 1:].contiguous())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


for _ in range(2):
    step()
times = []
for _ in range(setting["steps"]):
    start = time.perf_counter()
    step()
    times.append(time.perf_counter() - start)
median = sorted(times)[len(times) // 2]
print(json.dumps({
    "stepMs": median * 1000,
    "tokensPerSecond": batch * length / median,
    "peakGib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}))
