"""Python's side of the benchmarks: peers of a training step, its limit, and LitGPT's generation.

Usage: peers.py SETTING SPEC...
SETTING is JSON: {"model": LitGPT's configuration, "length": tokens of a sequence, "precision": "32-true" or "bf16-mixed",
"device": "cuda" or "cpu", "steps": how many are timed}. Each SPEC prints one line of JSON:

  floor,B[,A]         the library kernels alone (products, attention, fused AdamW), each timed by itself; on a GPU
  litgpt,B,MODE[,A]   LitGPT's GPT with LLaMAMoE, its chunked loss, AdamW(fused)
  grouped,B,MODE[,A]  the best that plain PyTorch does: stacked experts, torch._grouped_mm
  decode,CONTEXT      LitGPT's GPT with a KV cache: greedy, one sequence, eager, bfloat16; on a GPU

B sequences are a micro-batch, A of them a step (1). MODE is eager or a mode of torch.compile. Weights and optimizer are
float32, with bf16-mixed products bfloat16 (autocast); clipping and AdamW are part of a step.
"""

import gc
import json
import resource
import sys
import time
from functools import partial

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_float32_matmul_precision("high")
setting = json.loads(sys.argv[1])
model_config, T, DEVICE, STEPS = setting["model"], setting["length"], setting["device"], setting["steps"]
VOCAB, PADDED, D, LAYERS, HEADS, GROUPS, HEAD, EXPERTS, TOPK, HIDDEN = (model_config[key] for key in (
    "vocab_size", "padded_vocab_size", "n_embd", "n_layer", "n_head", "n_query_groups", "head_size", "n_expert",
    "n_expert_per_token", "moe_intermediate_size"))
ON_GPU, MIXED, BF = DEVICE == "cuda", setting["precision"] == "bf16-mixed", torch.bfloat16


def synchronize():
    if ON_GPU:
        torch.cuda.synchronize()


def seconds(run):
    synchronize()
    started = time.perf_counter()
    run()
    synchronize()
    return time.perf_counter() - started


def peak_gib():
    if ON_GPU:
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def litgpt_model(**changes):
    from litgpt.config import Config
    from litgpt.model import GPT
    with torch.device(DEVICE):
        return GPT(Config(**{**model_config, "block_size": T, **changes}))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm_1, self.norm_2 = nn.RMSNorm(D, eps=1e-5), nn.RMSNorm(D, eps=1e-5)
        self.qkv, self.proj = nn.Linear(D, (HEADS + 2 * GROUPS) * HEAD, bias=False), nn.Linear(D, D, bias=False)
        self.gate = nn.Linear(D, EXPERTS, bias=False)
        self.w13 = nn.Parameter(torch.empty(EXPERTS, D, 2 * HIDDEN))
        self.w2 = nn.Parameter(torch.empty(EXPERTS, HIDDEN, D))

    def forward(self, x, cos, sin):
        B = x.shape[0]
        q, k, v = self.qkv(self.norm_1(x)).view(B, T, HEADS + 2 * GROUPS, HEAD).split([HEADS, GROUPS, GROUPS], 2)

        def rope(t):
            a, b = t.chunk(2, -1)
            return (t * cos + torch.cat([-b, a], -1) * sin).to(t.dtype)

        q, k = rope(q), rope(k)
        y = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), is_causal=True, enable_gqa=True)
        x = x + self.proj(y.transpose(1, 2).reshape(B, T, D))
        h = self.norm_2(x).view(-1, D)
        weight, expert = torch.topk(self.gate(h), TOPK)
        weight, flat = weight.softmax(1, dtype=torch.float), expert.view(-1)
        order = torch.argsort(flat, stable=True)
        ends = (flat[:, None] == torch.arange(EXPERTS, device=x.device)).sum(0).cumsum(0).to(torch.int32)
        a, b = torch._grouped_mm(h[order // TOPK].to(BF), self.w13.to(BF), offs=ends).chunk(2, -1)
        o = torch._grouped_mm(F.silu(a) * b, self.w2.to(BF), offs=ends)
        o = o * weight.view(-1)[order][:, None].to(o.dtype)
        return x + torch.zeros_like(h, dtype=o.dtype).index_add(0, order // TOPK, o).view(B, T, D)


class Grouped(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.head = nn.Embedding(PADDED, D), nn.Linear(D, PADDED, bias=False)
        self.blocks, self.norm = nn.ModuleList(Block() for _ in range(LAYERS)), nn.RMSNorm(D, eps=1e-5)
        angle = torch.outer(torch.arange(T).float(), 1 / (10000 ** (torch.arange(0, HEAD, 2).float() / HEAD)))
        angle = torch.cat([angle, angle], -1)[None, :, None, :]
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def forward(self, ids):
        x = self.wte(ids)
        for block in self.blocks:
            x = block(x, self.cos, self.sin)
        return self.head(self.norm(x))


def train(name, micro, mode, accumulate="1"):
    micro, accumulate = int(micro), int(accumulate)
    torch._dynamo.reset()
    gc.collect()
    if ON_GPU:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    torch.manual_seed(0)
    model = litgpt_model() if name == "litgpt" else Grouped().to(DEVICE)
    for p in model.parameters():
        if p.dim() > 1:
            nn.init.normal_(p, std=0.02)
    run = model if mode == "eager" else torch.compile(model, mode=None if mode == "default" else mode)
    opt = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.1, betas=(0.9, 0.95), fused=True)
    data = torch.randint(0, VOCAB, (micro, T + 1), device=DEVICE)
    if name == "litgpt":
        from litgpt.utils import chunked_cross_entropy as loss_of
    else:
        def loss_of(logits, y):
            return F.cross_entropy(logits.view(-1, PADDED).float(), y.reshape(-1))

    def step():
        for _ in range(accumulate):
            data.random_(0, VOCAB)
            with torch.autocast(DEVICE, BF, enabled=MIXED):
                logits = run(data[:, :-1])
            (loss_of(logits, data[:, 1:].contiguous()) / accumulate).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        opt.zero_grad()

    first_s = seconds(step)
    # A step of many micro-batches is warm after itself, and long.
    warm, steps = (3, STEPS) if accumulate == 1 else (0, 3)
    for _ in range(warm):
        step()
    times = sorted(seconds(step) for _ in range(steps))
    report(name, micro, accumulate, times[len(times) // 2], mode=mode, peakGib=peak_gib(), firstStepSeconds=first_s)


def report(name, micro, accumulate, step_s, tokens=T, **more):
    print(json.dumps(dict(name=name, microBatchSize=micro, accumulationIters=accumulate,
                          tokensPerSecond=micro * accumulate * tokens / step_s, **more)), flush=True)


def decode(context, steps=50):
    context = int(context)
    length = context + steps + 8
    model = litgpt_model(block_size=length).to(BF).eval()
    for p in model.parameters():
        if p.dim() > 1:
            nn.init.normal_(p, std=0.02)
    model.set_kv_cache(batch_size=1, max_seq_length=length, device=DEVICE, dtype=BF)
    prompt = torch.randint(0, VOCAB, (1, context), device=DEVICE)
    state = {}

    def prefill():
        state["token"] = model(prompt, torch.arange(context, device=DEVICE))[0, -1:].argmax(-1)
        state["position"] = torch.tensor([context], device=DEVICE)

    def generate(count):
        for _ in range(count):
            state["token"] = model(state["token"][None], state["position"])[0, -1:].argmax(-1)
            state["position"] += 1

    with torch.inference_mode():
        prefill()
        prefill_s = seconds(prefill)
        generate(4)
        decode_s = seconds(lambda: generate(steps))
    report("litgpt", 1, 1, decode_s / steps, tokens=1, mode="eager", prefillTokensPerSecond=context / prefill_s)


def floor(micro, accumulate="1"):
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from triton.testing import do_bench
    micro, accumulate = int(micro), int(accumulate)

    def timed(f):
        return do_bench(f, warmup=10, rep=40, return_mode="median")

    def rand(*sizes):
        return torch.randn(*sizes, device=DEVICE, dtype=BF)

    N, M = micro * T, micro * T * TOPK
    part = {}

    def linear(i, o):
        a, w, g = rand(N, i), rand(o, i), rand(N, o)
        return timed(lambda: a @ w.t()) + timed(lambda: g @ w) + timed(lambda: g.t() @ a)

    ends = torch.multinomial(torch.ones(EXPERTS), M, replacement=True).bincount(minlength=EXPERTS).cumsum(0).to(torch.int32).to(DEVICE)

    def experts(i, o):
        a, g, w, wt = rand(M, i), rand(M, o), rand(EXPERTS, i, o), rand(EXPERTS, o, i).transpose(1, 2)
        forward = min(timed(lambda: torch._grouped_mm(a, x, offs=ends)) for x in (w, wt))
        dgrad = min(timed(lambda: torch._grouped_mm(g, x.transpose(1, 2), offs=ends)) for x in (w, wt))
        return forward + dgrad + timed(lambda: torch._grouped_mm(a.t(), g, offs=ends))

    part["qkv"], part["proj"] = LAYERS * linear(D, (HEADS + 2 * GROUPS) * HEAD), LAYERS * linear(D, D)
    part["lm_head"] = linear(D, PADDED)
    part["w13"], part["w2"] = LAYERS * experts(D, 2 * HIDDEN), LAYERS * experts(HIDDEN, D)
    q, k, v = (rand(micro, h, T, HEAD).requires_grad_() for h in (HEADS, GROUPS, GROUPS))
    best = float("inf")
    for backend in (SDPBackend.FLASH_ATTENTION, SDPBackend.CUDNN_ATTENTION):
        with sdpa_kernel(backend):
            def attend():
                return F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)

            y = attend()
            grad = torch.randn_like(y)
            t = timed(attend) + timed(lambda: torch.autograd.grad(y, (q, k, v), grad, retain_graph=True))
        part[f"attention_{backend.name.lower()}"] = LAYERS * t
        best = min(best, LAYERS * t)
    with torch.device("meta"):
        size = sum(p.numel() for p in Grouped().parameters()) // 8
    params = [torch.zeros(size, device=DEVICE, requires_grad=True) for _ in range(8)]
    for p in params:
        p.grad = torch.randn_like(p)
    adamw = torch.optim.AdamW(params, lr=1e-4, fused=True)
    adamw.step()
    part["adamw"] = timed(adamw.step)
    compute = sum(t for n, t in part.items() if n != "adamw" and not n.startswith("attention")) + best
    report("floor", micro, accumulate, (compute * accumulate + part["adamw"]) / 1000, milliseconds=part)


ROWS = dict(floor=floor, decode=decode, litgpt=partial(train, "litgpt"), grouped=partial(train, "grouped"))

if __name__ == "__main__":
    for spec in sys.argv[2:]:
        name, *rest = spec.split(",")
        try:
            ROWS[name](*rest)
        except Exception as error:  # what cannot run is reported, the others still run
            print(json.dumps(dict(failed=f"{spec}: {type(error).__name__}: {str(error)[:300]}")), flush=True)
