"""The tables of make_golden.py that are no training cases: init/, counts.json, schedule.json and sampling.json."""

import hashlib
import json

import lightning as L
import litgpt.generate.base as generate
import torch
from cases import CASES, build, draw_data, save
from litgpt.args import TrainArgs
from litgpt.config import Config
from litgpt.model import GPT, GroupedTopkRouter
from litgpt.pretrain import get_lr, initialize_weights
from litgpt.utils import num_parameters, save_config
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

MOE_200M = dict(
    name="MoE-200M",
    block_size=2048,
    vocab_size=50257,
    padded_vocab_size=50257,
    n_layer=12,
    n_embd=768,
    n_head=12,
    n_query_groups=4,
    norm_class_name="RMSNorm",
    norm_eps=1e-5,
    bias=False,
    parallel_residual=False,
    rope_base=10000,
    mlp_class_name="LLaMAMoE",
    moe_intermediate_size=2048,
    n_expert=8,
    n_expert_per_token=2,
)
MOE_30M_DEBUG = dict(
    MOE_200M,
    name="MoE-30M-Debug",
    block_size=1024,
    n_layer=4,
    n_embd=256,
    n_head=4,
    moe_intermediate_size=512,
    n_expert=4,
)
SEED = 42

# Sizes below 16, where torch draws element by element, of 16, and above but no multiple of 16.
INIT_TINY = dict(
    CASES["seed_like"],
    vocab_size=7,
    padded_vocab_size=7,
    n_embd=4,
    n_head=2,
    n_query_groups=1,
    head_size=2,
    rotary_percentage=1.0,
    intermediate_size=6,
    moe_intermediate_size=3,
    n_expert=3,
    first_k_dense_replace=1,
    n_shared_expert=2,
)
INIT = {
    "tiny_moe": (INIT_TINY, "32-true"),
    "moe": (CASES["shared_plain"], "32-true"),
    "moe_bf16_true": (CASES["shared_plain"], "bf16-true"),
    "dense": (dict(CASES["dense"], bias=True), "32-true"),
}
INIT_200M = [
    "lm_head.weight",
    "transformer.wte.weight",
    "transformer.h.0.attn.qkv.weight",
    "transformer.h.0.mlp.gate.weight",
    "transformer.h.0.mlp.experts.7.proj.weight",
    "transformer.h.11.attn.proj.weight",
    "transformer.h.11.mlp.experts.7.proj.weight",
    "transformer.ln_f.weight",
]


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")
    print(path.name)


def initialized(config, precision):
    """The model exactly as litgpt.pretrain.main makes it before training."""
    fabric = L.Fabric(accelerator="cpu", devices=1, precision=precision)
    fabric.seed_everything(SEED)
    before = torch.get_rng_state()
    with fabric.init_module(empty_init=True):
        model = GPT(config)
    assert torch.equal(torch.get_rng_state(), before), "making the empty model drew random numbers"
    assert not any(isinstance(module, GroupedTopkRouter) for module in model.modules()), "LitGPT leaves it uninitialised"
    initialize_weights(fabric, model, n_layer=config.n_layer, n_embd=config.n_embd)
    return model


def make_init(out):
    """init/: what LitGPT's pretrain draws for seed 42 on a CPU."""
    for name, (settings, precision) in INIT.items():
        folder = out / "init" / name
        folder.mkdir(parents=True, exist_ok=True)
        config = Config(**settings)
        save_config(config, folder)
        save(initialized(config, precision).state_dict(), folder / "weights.safetensors")
    weights = initialized(Config(**MOE_200M), "32-true").state_dict()
    tensors = {}
    for key in INIT_200M:
        value = weights[key]
        tensors[key] = dict(
            shape=list(value.shape),
            sha256=hashlib.sha256(value.numpy().tobytes()).hexdigest(),
            sum=value.double().sum().item(),
            sum_of_squares=value.double().square().sum().item(),
            first=value.flatten()[:4].tolist(),
            last=value.flatten()[-4:].tolist(),
        )
    write_json(out / "init" / "moe_200m.json", dict(seed=SEED, config=MOE_200M, tensors=tensors))


def count(settings, tied=False):
    """Parameters of LitGPT's own modules, made on the meta device."""
    config = Config(**settings)
    with torch.device("meta"):
        model = GPT(config)
    if tied:
        model.transformer.wte.weight = model.lm_head.weight
    routed = sum(p.numel() for key, p in model.named_parameters() if ".mlp.experts." in key)
    unused = routed * (config.n_expert - config.n_expert_per_token) // config.n_expert if routed else 0
    total = num_parameters(model)
    return dict(
        total=total,
        trainable=num_parameters(model, requires_grad=True),
        active=total - unused,
        routed_experts=routed,
        embedding=model.transformer.wte.weight.numel(),
        tensors=len(list(model.parameters())),
    )


def count_flops(name):
    """FLOPs of matrix products for the case's batch, counted while LitGPT runs; attention is charged in full, T x T."""
    model, config = build(name)
    tokens, _ = draw_data(name, config)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        logits = model(tokens[:, :-1])
        forward = counter.get_total_flops()
        logits.sum().backward()
        both = counter.get_total_flops()
    counts = counter.get_flop_counts()["Global"]
    attention = sum(value for operator, value in counts.items() if "bmm" in str(operator))
    batch, length = tokens[:, :-1].shape
    return dict(batch=batch, length=length, forward=forward, forward_and_backward=both, attention_of_both=attention)


def make_counts(out):
    """counts.json: parameters of the published configurations and of the cases, and the cases' FLOPs."""
    models = {}
    for settings in (MOE_200M, dict(MOE_200M, padded_vocab_size=50304), MOE_30M_DEBUG):
        key = f"{settings['name']} ({settings['padded_vocab_size']})"
        models[key] = dict(config=settings, **count(settings))
    cases = {name: dict(**count(CASES[name], name == "tied"), flops=count_flops(name)) for name in CASES}
    write_json(out / "counts.json", dict(models=models, cases=cases))


def make_schedule(out):
    """schedule.json: LitGPT's learning rate at single iterations, and a whole short run of it."""
    tables = []
    for learning_rate, min_lr, warmup_iters, max_iters in [
        (3e-4, 6e-5, 80, 156),
        (6e-4, 6e-5, 2500, 19531),
        (4e-4, 4e-5, 2000, 1000000),
        (5e-4, 0.0, 4000, 74000),
        (1e-3, 1e-4, 0, 50),
        (1e-3, 1e-3, 10, 50),
        (1e-3, 1e-4, 50, 50),
    ]:
        middle = (warmup_iters + max_iters) // 2
        points = {0, 1, warmup_iters // 2, warmup_iters - 1, warmup_iters, warmup_iters + 1, middle}
        points |= {max_iters - 1, max_iters, max_iters + 1, 2 * max_iters}
        if warmup_iters == max_iters:
            points.discard(max_iters)  # LitGPT divides by zero there, and pretrain never asks
        rates = [dict(it=i, lr=get_lr(learning_rate, i, warmup_iters, max_iters, min_lr)) for i in sorted(points) if i >= 0]
        tables.append(
            dict(learning_rate=learning_rate, min_lr=min_lr, warmup_iters=warmup_iters, max_iters=max_iters, rates=rates)
        )

    train = dict(global_batch_size=16, micro_batch_size=1, max_tokens=320000, max_seq_length=2048, lr_warmup_steps=5)
    args = TrainArgs(**train, min_lr=6e-5)
    accumulation = args.gradient_accumulation_iters(devices=1)
    max_iters = args.max_tokens // (args.micro_batch_size * args.max_seq_length)
    warmup_iters = args.warmup_iters(1, 1, max_iters, None)
    rates = [get_lr(3e-4, it, warmup_iters, max_iters, args.min_lr) for it in range(max_iters)]
    run = dict(
        learning_rate=3e-4,
        min_lr=args.min_lr,
        train=train,
        gradient_accumulation_iters=accumulation,
        max_iters=max_iters,
        warmup_iters=warmup_iters,
        steps=max_iters // accumulation,
        learning_rate_of_step=rates[accumulation - 1 :: accumulation],
        learning_rate_of_iteration=rates,
    )
    write_json(out / "schedule.json", dict(tables=tables, run=run))


def make_sampling(out):
    """sampling.json: the probabilities that LitGPT's sample() draws from, and its draws after manual_seed(1234)."""
    torch.manual_seed(SEED)
    logits = torch.randn(24) * 2
    logits[5] = logits[11]  # equal logits: top-k keeps exactly k of them
    cases = []
    for temperature, top_k, top_p in [
        (1.0, None, 1.0),
        (0.8, None, 1.0),
        (1.0, 5, 1.0),
        (1.0, 8, 1.0),  # cuts between the two equal logits
        (1.0, 100, 1.0),
        (1.0, None, 0.9),
        (0.8, 12, 0.7),
        (1.5, 1, 1.0),
        (1.0, None, 0.01),
        (1.0, None, 0.0),
        (0.0, None, 1.0),
        (0.0, 5, 0.5),
    ]:
        seen = []

        def record(probabilities):
            seen.append(probabilities)
            return torch.multinomial(probabilities, num_samples=1)

        original, generate.multinomial_num_samples_1 = generate.multinomial_num_samples_1, record
        options = dict(temperature=temperature, top_k=top_k, top_p=top_p)
        torch.manual_seed(1234)
        draws = [generate.sample(logits[None, None], **options).item() for _ in range(16)]
        generate.multinomial_num_samples_1 = original
        cases.append(dict(**options, probabilities=seen[0].tolist() if seen else None, draws=draws))
    write_json(out / "sampling.json", dict(seed=1234, logits=logits.tolist(), cases=cases))


TABLES = dict(init=make_init, counts=make_counts, schedule=make_schedule, sampling=make_sampling)
