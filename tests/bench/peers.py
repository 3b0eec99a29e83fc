"""Peers of the 549M model's training step on a GPU, and the limit, for `deno task bench`.

Rows (each prints one line of JSON):
  litgpt     LitGPT's own GPT with LLaMAMoE, its chunked loss, AdamW(fused)
  grouped    the best that plain PyTorch does: stacked experts, torch._grouped_mm, torch.compile
  floor      the time of the library kernels alone (products, attention, fused AdamW), each timed by itself

Usage:
  python3 peers.py floor,8 litgpt,8,default grouped,8,default grouped,1,default,16 ...
  spec = name,micro_batch[,compile mode: eager|default|reduce-overhead|max-autotune-no-cudagraphs[,accumulated]]

Weights and optimizer are float32, products bfloat16 (autocast); clipping and AdamW are part of a step, `accumulated`
micro-batches make one. FLOPs count the active experts alone, and causal attention's half:
  6 * (attention + K experts + router + output weights) + 6 * layers * width * T
"""

import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_float32_matmul_precision("high")
DEV, BF = "cuda", torch.bfloat16
VOCAB, PADDED, D, LAYERS, HEADS, GROUPS, HEAD, EXPERTS, TOPK, HIDDEN, T = 50257, 50304, 768, 12, 12, 4, 64, 8, 2, 2048, 2048
ACTIVE = LAYERS * (D * (HEADS + 2 * GROUPS) * HEAD + D * D + D * EXPERTS + TOPK * 3 * D * HIDDEN) + PADDED * D
FLOPS_PER_TOKEN = 6 * ACTIVE + 6 * LAYERS * D * T


def litgpt_model():
    from litgpt.config import Config
    from litgpt.model import GPT
    config = Config(
        name="MoE-200M", block_size=T, vocab_size=VOCAB, padded_vocab_size=PADDED, n_layer=LAYERS, n_embd=D, n_head=HEADS,
        n_query_groups=GROUPS, mlp_class_name="LLaMAMoE", moe_intermediate_size=HIDDEN, intermediate_size=HIDDEN,
        n_expert=EXPERTS, n_expert_per_token=TOPK, norm_class_name="RMSNorm", parallel_residual=False, rope_base=10000,
        rotary_percentage=1.0, bias=False)
    with torch.device(DEV):
        return GPT(config)


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


def train(name, micro, mode="default", accumulate="1", steps=10, warm=4):
    micro, accumulate = int(micro), int(accumulate)
    torch._dynamo.reset()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    torch.manual_seed(0)
    model = litgpt_model() if name == "litgpt" else Grouped().to(DEV)
    for p in model.parameters():
        if p.dim() > 1:
            nn.init.normal_(p, std=0.02)
    run = model if mode == "eager" else torch.compile(model, mode=None if mode == "default" else mode)
    opt = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.1, betas=(0.9, 0.95), fused=True)
    data = torch.randint(0, VOCAB, (micro, T + 1), device=DEV)
    if name == "litgpt":
        from litgpt.utils import chunked_cross_entropy as loss_of
    else:
        def loss_of(logits, y):
            return F.cross_entropy(logits.view(-1, PADDED).float(), y.reshape(-1))

    def step():
        for _ in range(accumulate):
            data.random_(0, VOCAB)
            with torch.autocast("cuda", BF):
                logits = run(data[:, :-1])
            (loss_of(logits, data[:, 1:].contiguous()) / accumulate).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        opt.zero_grad()

    started, times = time.time(), []
    step()
    torch.cuda.synchronize()
    first_s = time.time() - started
    for _ in range(warm - 1):
        step()
    for _ in range(steps):
        a, b = torch.cuda.Event(True), torch.cuda.Event(True)
        a.record()
        step()
        b.record()
        torch.cuda.synchronize()
        times.append(a.elapsed_time(b))
    report(f"{name} {mode}", micro, accumulate, sorted(times)[len(times) // 2],
           mem_gib=torch.cuda.max_memory_allocated() / 2**30, first_s=first_s)


def report(name, micro, accumulate, ms, **more):
    tokens_per_s = micro * accumulate * T / ms * 1e3
    row = dict(name=name, micro_batch=micro, accumulate=accumulate, step_ms=round(ms, 2), tokens_per_s=round(tokens_per_s),
               tflops=round(tokens_per_s * FLOPS_PER_TOKEN / 1e12, 1), **{k: round(v, 2) for k, v in more.items()})
    print(json.dumps(row), flush=True)


def floor(micro, accumulate="1"):
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from triton.testing import do_bench
    micro, accumulate = int(micro), int(accumulate)

    def timed(f):
        return do_bench(f, warmup=10, rep=40, return_mode="median")

    def rand(*sizes):
        return torch.randn(*sizes, device=DEV, dtype=BF)

    N, M = micro * T, micro * T * TOPK
    part = {}

    def linear(i, o):
        a, w, g = rand(N, i), rand(o, i), rand(N, o)
        return timed(lambda: a @ w.t()) + timed(lambda: g @ w) + timed(lambda: g.t() @ a)

    ends = torch.multinomial(torch.ones(EXPERTS), M, replacement=True).bincount(minlength=EXPERTS).cumsum(0).to(torch.int32).to(DEV)

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
    params = [torch.zeros(549_000_000 // 8, device=DEV, requires_grad=True) for _ in range(8)]
    for p in params:
        p.grad = torch.randn_like(p)
    adamw = torch.optim.AdamW(params, lr=1e-4, fused=True)
    adamw.step()
    part["adamw"] = timed(adamw.step)
    compute = sum(t for n, t in part.items() if n != "adamw" and not n.startswith("attention")) + best
    report("floor", micro, accumulate, compute * accumulate + part["adamw"], **part)


if __name__ == "__main__":
    for spec in sys.argv[1:]:
        name, *rest = spec.split(",")
        try:
            floor(*rest) if name == "floor" else train(name, *rest)
        except Exception as error:  # a peer that cannot run is reported, the others still run
            print(json.dumps(dict(name=spec, failed=f"{type(error).__name__}: {str(error)[:300]}")), flush=True)
