"""LitGPT's generation with the 549M model on a GPU, for decode.ts: its GPT with a KV cache, eager, bfloat16, greedy.

Usage: peer_decode.py CONTEXT STEPS
Prints one line of JSON: prefillTokensPerSecond, tokensPerSecond. Needs `litgpt` and `torch` to be importable.
"""

import json
import sys
import time

import torch
from litgpt.config import Config
from litgpt.model import GPT

context, steps = int(sys.argv[1]), int(sys.argv[2])
config = Config(
    name="MoE-200M", block_size=context + steps + 8, vocab_size=50257, padded_vocab_size=50304, n_layer=12, n_embd=768,
    n_head=12, n_query_groups=4, mlp_class_name="LLaMAMoE", moe_intermediate_size=2048, intermediate_size=2048, n_expert=8,
    n_expert_per_token=2, norm_class_name="RMSNorm", parallel_residual=False, rope_base=10000, rotary_percentage=1.0,
    bias=False)
torch.manual_seed(0)
with torch.device("cuda"):
    model = GPT(config).to(torch.bfloat16).eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.02)
    model.set_kv_cache(batch_size=1, max_seq_length=config.block_size, device="cuda", dtype=torch.bfloat16)


def seconds(run):
    torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    torch.cuda.synchronize()
    return time.perf_counter() - start


@torch.inference_mode()
def main():
    prompt = torch.randint(0, config.vocab_size, (1, context), device="cuda")
    state = {}

    def prefill():
        state["token"] = model(prompt, torch.arange(context, device="cuda"))[0, -1:].argmax(-1)
        state["position"] = torch.tensor([context], device="cuda")

    def decode(count):
        for _ in range(count):
            state["token"] = model(state["token"][None], state["position"])[0, -1:].argmax(-1)
            state["position"] += 1

    prefill()
    prefill_s = seconds(prefill)
    decode(4)
    decode_s = seconds(lambda: decode(steps))
    print(json.dumps({"prefillTokensPerSecond": context / prefill_s, "tokensPerSecond": steps / decode_s}))


main()
