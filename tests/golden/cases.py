"""The cases of make_golden.py: their configurations, initial weights and data."""

import math

import torch
from litgpt.config import Config
from litgpt.model import GPT, CausalSelfAttention, GroupedTopkRouter, LLaMAMLP
from safetensors.torch import save_file

STEPS = 20

BASE = dict(
    name="golden",
    block_size=64,
    vocab_size=97,
    padded_vocab_size=97,
    n_layer=2,
    n_embd=32,
    n_head=4,
    n_query_groups=2,
    head_size=16,
    norm_class_name="RMSNorm",
    norm_eps=1e-5,
    bias=False,
    parallel_residual=False,
    rope_base=10000,
    mlp_class_name="LLaMAMoE",
    intermediate_size=48,
    moe_intermediate_size=48,
    n_expert=4,
    n_expert_per_token=2,
)  # rotary_percentage stays LitGPT's default, 0.25
SMALL = dict(BASE, vocab_size=61, padded_vocab_size=64, head_size=8, moe_intermediate_size=24, rotary_percentage=1.0)
CASES = {
    "seed_like": BASE,
    "mixtral_like": dict(BASE, rotary_percentage=1.0, n_expert=8),  # the shape that exports to Mixtral
    "biased_top1": dict(BASE, bias=True, n_expert_per_token=1, padded_vocab_size=128, n_query_groups=1),
    "dense": dict(
        BASE, mlp_class_name="LLaMAMLP", n_expert=0, n_expert_per_token=0, rotary_percentage=1.0, n_query_groups=4
    ),
    "parallel_residual": dict(SMALL, parallel_residual=True),
    "tied": dict(SMALL),  # train.tie_embeddings; LitGPT keeps it out of the model's configuration
    "grouped_shared": dict(
        SMALL,
        n_expert=8,
        n_expert_per_token=3,
        moe_intermediate_size=16,
        n_expert_groups=4,
        n_topk_groups=2,
        n_topk_scores_per_group=2,
        n_shared_expert=1,
        routed_scaling_factor=2.5,
        norm_topk_prob=True,
    ),
    "shared_plain": dict(SMALL, n_shared_expert=2, routed_scaling_factor=1.5),
    "first_k_dense": dict(SMALL, first_k_dense_replace=1),  # layer 0 is an MLP of intermediate_size
    "condensed_rope": dict(SMALL, rope_condense_ratio=2, head_size=16, attn_bias=True),
    # The shape that exports to Qwen3-MoE.
    "normed_heads": dict(SMALL, norm_qk=True, head_size=16, n_expert_per_token=3, moe_intermediate_size=16),
    "empty_expert": dict(SMALL, n_expert_per_token=1, moe_intermediate_size=16),  # expert 3 never gets a token
}


def initialize(model, config, name):
    """Draws weights in which a forgotten norm, bias or router shows. LitGPT's own initialisation is in init/."""
    for module in model.modules():
        if isinstance(module, (torch.nn.Linear, torch.nn.Embedding)):
            torch.nn.init.normal_(module.weight, std=math.sqrt(2 / 5 / config.n_embd))
            if getattr(module, "bias", None) is not None:
                torch.nn.init.normal_(module.bias, std=0.02)
        elif isinstance(module, GroupedTopkRouter):  # LitGPT leaves this weight uninitialised
            torch.nn.init.normal_(module.weight, std=math.sqrt(2 / 5 / config.n_embd))
            # Positive: LitGPT gives the experts of closed groups the score 0.0, so that a negative choice would lose
            # to several tied ones.
            torch.nn.init.uniform_(module.e_score_correction_bias, 0.0, 0.6)
    for module in model.modules():
        if isinstance(module, (LLaMAMLP, CausalSelfAttention)):
            torch.nn.init.normal_(module.proj.weight, std=1 / math.sqrt(config.n_embd) / config.n_layer)
    for key, parameter in model.named_parameters():
        if "norm" in key or "ln_f" in key:
            parameter.data.add_(0.1 * torch.randn_like(parameter))
        if key.endswith("mlp.gate.weight"):
            # Routing becomes decisive, so that no two experts tie; more would saturate the sigmoid of grouped routing.
            parameter.data.mul_(3 if config.n_expert_groups else 20)
            if name == "empty_expert":  # a mean of two logits is never the greatest of all
                parameter.data[3] = (parameter.data[0] + parameter.data[1]) / 2
    if name == "tied":
        model.transformer.wte.weight = model.lm_head.weight


def build(name):
    """The model of a case with its initial weights, leaving the generator where the case's data begins."""
    torch.manual_seed(1234)
    config = Config(**CASES[name])
    model = GPT(config)
    initialize(model, config, name)
    model.max_seq_length = config.block_size
    return model, config


def draw_data(name, config):
    """One batch [B, T+1] of random tokens, and a learnable stream [STEPS, B, T+1]: rows that count up by a stride."""
    batch, length = (3, 48) if CASES[name]["vocab_size"] == BASE["vocab_size"] else (2, 32)
    tokens = torch.randint(0, config.vocab_size, (batch, length + 1))
    start = torch.randint(0, config.vocab_size, (STEPS, batch, 1))
    stream = start + torch.arange(length + 1) * torch.randint(1, 5, (STEPS, batch, 1))
    return tokens, (stream % config.vocab_size).contiguous()


def save(tensors, path):
    save_file(tensors, path)
    path.chmod(0o644)  # safetensors leaves it readable by its owner only
