#!/usr/bin/env python3
"""Compute the golden numbers of this folder with LitGPT 0.5.13 itself, on the CPU.

    pip install -r requirements.txt
    python make_golden.py OUT_DIR            # everything; OUT_DIR is usually this folder
    python make_golden.py OUT_DIR seed_like schedule

Names are those of cases.py, the tables of make_tables.py (init, counts, schedule, sampling), and `rounding`.
README.md lists every file and key. Two threads are used because the sums of some gradients, and so their last bits,
depend on the number of threads.
"""

import json
import math
import pathlib
import sys

import lightning as L
import torch
import torch.nn.functional as F
from cases import CASES, build, draw_data, save
from litgpt.config import Config
from litgpt.generate.base import generate_fn
from litgpt.model import LLaMAMoE
from litgpt.utils import chunked_cross_entropy, save_config
from make_tables import TABLES
from safetensors.torch import load_file

NEW_TOKENS = 24
BFLOAT16 = ("bf16-mixed", "bf16-true")
PRECISIONS = {"seed_like": BFLOAT16, "grouped_shared": BFLOAT16, "normed_heads": BFLOAT16}
GENERATED = ("seed_like", "grouped_shared", "normed_heads")


class RouterRecorder:
    """Keeps each MoE layer's router logits [N, E], chosen experts [N, K] and tokens per expert [E] of one forward."""

    def __init__(self, model):
        self.seen = {}
        self.margin = math.inf
        self.hooks = []
        for layer, block in enumerate(model.transformer.h):
            if isinstance(block.mlp, LLaMAMoE):
                self.hooks.append(block.mlp.gate.register_forward_hook(self.record(layer, block.mlp.config)))

    def record(self, layer, config):
        def hook(gate, inputs, output):
            if config.n_expert_groups:
                indices = output[1]
                with torch.no_grad():  # again what the router computed, under the same autocast
                    logits = F.linear(inputs[0].type(torch.float32), gate.weight.type(torch.float32))
                scores = logits.sigmoid() + gate.e_score_correction_bias
                groups = scores.view(-1, config.n_expert_groups, config.n_expert // config.n_expert_groups)
                sums = groups.topk(config.n_topk_scores_per_group, dim=-1)[0].sum(dim=-1)
                opened = sums.topk(config.n_topk_groups, dim=-1)[1]
                closed = torch.ones_like(sums).scatter(1, opened, 0).bool().unsqueeze(-1).expand_as(groups)
                scores = groups.masked_fill(closed, 0.0).reshape(scores.shape)
                assert scores.gather(1, indices).min() > 0
                self.keep_margin(sums, config.n_topk_groups)
            else:
                logits = scores = output.detach()
                indices = logits.topk(config.n_expert_per_token)[1]
            self.keep_margin(scores, config.n_expert_per_token)
            counts = torch.bincount(indices.flatten(), minlength=config.n_expert)
            self.seen[layer] = dict(router_logits=logits, router_indices=indices, expert_tokens=counts)

        return hook

    def keep_margin(self, scores, k):
        best = scores.float().topk(k + 1, dim=-1)[0]
        self.margin = min(self.margin, (best[:, k - 1] - best[:, k]).min().item())

    def tensors(self, *kinds):
        return {f"{kind}.{layer}": seen[kind].clone() for layer, seen in self.seen.items() for kind in kinds}

    def remove(self):
        for hook in self.hooks:
            hook.remove()


def measure(name, precision="32-true", reverse=False):
    """Everything in an expected*.safetensors and the smallest routing margin met. `reverse` turns each batch around."""
    model, config = build(name)
    tokens, stream = draw_data(name, config)
    if reverse:
        tokens, stream = tokens.flip(0), stream.flip(1)
    fabric = L.Fabric(accelerator="cpu", devices=1, precision=precision)
    recorder = RouterRecorder(model)
    run = fabric.setup(model)
    named = dict(model.named_parameters())

    def loss_of(logits, targets):
        # pretrain's chunks of 128 rows would change the last bit of the float32 loss, and nothing else.
        return chunked_cross_entropy(logits, targets, chunk_size=0 if precision == "32-true" else 128)

    logits = run(tokens[:, :-1])
    kinds = ("expert_tokens",) if precision == "32-true" else ("router_logits", "router_indices", "expert_tokens")
    routing = recorder.tensors(*kinds)
    loss = loss_of(logits, tokens[:, 1:])
    fabric.backward(loss)
    values = dict(input_ids=tokens[:, :-1].contiguous(), targets=tokens[:, 1:].contiguous(), logits=logits.detach())
    values["loss"] = loss.detach()
    values.update({f"grad.{key}": parameter.grad.clone() for key, parameter in named.items()})
    values["grad_norm"] = torch.stack([parameter.grad.float().norm() for parameter in named.values()]).norm()
    values.update(routing)

    model.zero_grad()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.1)
    optimizer = fabric.setup_optimizers(optimizer)
    losses = []
    for rows in stream:
        loss = loss_of(run(rows[:, :-1]), rows[:, 1:])
        fabric.backward(loss)
        fabric.clip_gradients(run, optimizer, max_norm=1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.detach())
    values.update(stream=stream, losses=torch.stack(losses))
    if precision == "32-true":
        values.update({f"final.{key}": parameter.detach().clone() for key, parameter in named.items()})
    recorder.remove()
    return values, recorder.margin


def make_case(out, name):
    """<name>/: the configuration, the initial weights and what LitGPT makes of them in each precision."""
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    model, config = build(name)
    save_config(config, folder)
    save({key: value.detach().clone() for key, value in model.state_dict().items()}, folder / "weights.safetensors")
    for precision in ("32-true", *PRECISIONS.get(name, ())):
        values, margin = measure(name, precision)
        suffix = "" if precision == "32-true" else "_" + precision.replace("-", "_")
        save(values, folder / f"expected{suffix}.safetensors")
        losses = values["losses"]
        print(f"{name} {precision}: loss {values['loss']:.6f}, grad norm {values['grad_norm']:.6f}, ", end="")
        print(f"losses {losses[0]:.4f} -> {losses[-1]:.4f}, smallest routing margin {margin:.2e}")
    if name in GENERATED:
        make_generated(folder, name)


def make_generated(folder, name):
    """generate.safetensors: greedy decoding with LitGPT's KV cache, from the initial weights."""
    model, config = build(name)
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    prompt = torch.arange(8) * 3 % config.vocab_size
    model.max_seq_length = prompt.numel() + NEW_TOKENS
    model.set_kv_cache(batch_size=1)
    model.eval()
    seen = []
    hook = model.register_forward_hook(lambda module, inputs, logits: seen.append(logits[0].clone()))
    options = dict(temperature=0.0, include_prompt=False, include_eos=False)
    tokens = torch.cat(list(generate_fn(model, prompt, model.max_seq_length, **options)))
    hook.remove()
    logits = torch.stack([step[-1] for step in seen])
    assert torch.equal(logits.argmax(dim=-1), tokens) and len(tokens) == NEW_TOKENS
    best = logits.topk(2)[0]
    print(f"{name} generate: {tokens.tolist()}, smallest margin {(best[:, 0] - best[:, 1]).min():.2e}")
    save(dict(prompt=prompt, prefill_logits=seen[0], tokens=tokens, logits=logits), folder / "generate.safetensors")


def unrotated_key_biases(config):
    """Elements of attn.qkv.bias that softmax cancels: their gradient is nothing but rounding, which AdamW blows up."""
    if not (config.bias or config.attn_bias):
        return []
    keys = config.n_head * config.head_size
    groups = range(keys, keys + config.n_query_groups * config.head_size, config.head_size)
    return [group + i for group in groups for i in range(config.rope_n_elem, config.head_size)]


def worst_differences(expected, others, ignored):
    """The greatest absolute difference of each kind of value to any of the others."""
    worst = dict(logits=0.0, loss=0.0, grad=0.0, grad_norm=0.0, losses=0.0, final=0.0)
    for key, value in expected.items():
        kind = key.split(".")[0]
        if kind not in worst:
            continue
        for other in others:
            difference = (value - other[key]).abs()
            if kind == "final" and key.endswith("attn.qkv.bias"):
                difference[ignored] = 0
            worst[kind] = max(worst[kind], difference.max().item())
    return {kind: float(f"{value:.1e}") for kind, value in worst.items()}


def make_rounding(out):
    """rounding.json: how far LitGPT lands from its own float32 numbers when only the order of its sums changes."""
    table = {}
    for name in CASES:
        ignored = unrotated_key_biases(Config(**CASES[name]))
        expected, _ = measure(name)
        torch.set_num_threads(1)
        one_thread, _ = measure(name)
        torch.set_num_threads(2)
        reversed_rows, _ = measure(name, reverse=True)
        reversed_rows["logits"] = reversed_rows["logits"].flip(0)
        worst = worst_differences(expected, (one_thread, reversed_rows), ignored)
        table[name] = dict(worst_difference=worst, meaningless_final_qkv_bias=ignored)
        print(f"{name} rounding: {worst}")
    (out / "rounding.json").write_text(json.dumps(table, indent=2) + "\n")


def main(out, *names):
    torch.set_num_threads(2)
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for name in names or (*CASES, *TABLES, "rounding"):
        if name in CASES:
            make_case(out, name)
        elif name == "rounding":
            make_rounding(out)
        else:
            TABLES[name](out)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
