"""LitGPT and transformers as they are, asked by the tests: a request a line on stdin, an answer a line on stdout."""

import hashlib
import json
import os
import sys
import traceback
import warnings
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
warnings.filterwarnings("ignore")

# What the packages print must not come between the answers.
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import torch  # noqa: E402
from safetensors import safe_open  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

sys.path.insert(0, str(Path(__file__).parent))
torch.set_num_threads(1)


def random_weights(model, seed):
    """Draws weights in which a forgotten norm, bias or router shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            draw = torch.randn(tensor.shape, generator=generator)
            is_norm = tensor.dim() == 1 and name.endswith("weight")
            # Positive: see tests/golden/cases.py on closed groups.
            is_choice = name.endswith("e_score_correction_bias")
            tensor.copy_(1 + 0.1 * draw if is_norm else 0.3 * draw.abs() if is_choice else 0.1 * draw)


def digest(tensor):
    data = tensor.detach().contiguous().view(torch.uint8) if tensor.dim() else tensor.detach().reshape(1).view(torch.uint8)
    return f"{str(tensor.dtype)[6:]} {list(tensor.shape)} {hashlib.sha256(data.numpy().tobytes()).hexdigest()}"


def flatten(value, prefix=""):
    if isinstance(value, torch.Tensor):
        return {prefix: digest(value)}
    if isinstance(value, dict):
        return {k: v for key, item in value.items() for k, v in flatten(item, f"{prefix}/{key}").items()}
    if isinstance(value, (list, tuple)):
        return {k: v for i, item in enumerate(value) for k, v in flatten(item, f"{prefix}/{i}").items()}
    return {prefix: repr(value)}


def ids_of(request):
    return load_file(request["ids"])["ids"].long()


def save_logits(model, request, call):
    with torch.no_grad():
        save_file({"logits": call(model.float().eval(), ids_of(request)).float().contiguous()}, request["logits"])


# ---- LitGPT ------------------------------------------------------------------


def litgpt_create(request):
    """A random LitGPT model, saved as LitGPT saves it."""
    from litgpt import GPT, Config
    from litgpt.utils import save_config

    folder = Path(request["dir"])
    folder.mkdir(parents=True)
    config = Config.from_file(request["config"])
    model = GPT(config)
    random_weights(model, request.get("seed", 1))
    if request.get("tied"):
        model.transformer.wte.weight = model.lm_head.weight
    model = model.to(getattr(torch, request.get("dtype", "float32")))
    state = model.state_dict()
    if request.get("old_qkv"):
        from litgpt.scripts.convert_lit_checkpoint import qkv_reassemble

        # Today's order back to that of before, under the name that LitGPT still knows.
        for name in [key for key in state if ".attn.qkv." in key]:
            state[name.replace(".attn.qkv.", ".attn.attn.")] = qkv_reassemble(state.pop(name), config)
    if request.get("incremental"):
        from litgpt.utils import incremental_save

        with incremental_save(folder / "lit_model.pth") as saver:
            saver.save({name: saver.store_early(tensor) for name, tensor in state.items()})
    else:
        torch.save(state, folder / "lit_model.pth")
    save_config(config, folder)
    save_logits(litgpt_load(folder), request, lambda model, ids: model(ids))


def litgpt_load(folder):
    """As `litgpt generate` loads a model."""
    from litgpt import GPT, Config
    from litgpt.utils import lazy_load

    model = GPT(Config.from_file(Path(folder) / "model_config.yaml"))
    state = lazy_load(Path(folder) / "lit_model.pth")
    model.load_state_dict(state.get("model", state), strict=True)
    return model


def litgpt_logits(request):
    save_logits(litgpt_load(request["dir"]), request, lambda model, ids: model(ids))


def litgpt_generate(request):
    """LitGPT's own command; its text."""
    import contextlib
    import io

    from litgpt.generate.base import main

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main(Path(request["dir"]), prompt=request["prompt"], max_new_tokens=request["tokens"], top_k=1, precision="32-true")
    # It begins by printing its arguments.
    return out.getvalue().split("}\n", 1)[1].rstrip("\n")


def litgpt_convert(request):
    """What LitGPT's evaluate does before it hands over to lm-eval: a model of transformers, and its logits."""
    from litgpt.scripts.convert_lit_checkpoint import convert_lit_checkpoint
    from litgpt.utils import copy_config_files

    folder, out = Path(request["dir"]), Path(request["out"])
    out.mkdir()
    copy_config_files(source_dir=folder, out_dir=out)
    convert_lit_checkpoint(checkpoint_dir=folder, output_dir=out)
    torch.save(torch.load(out / "model.pth"), out / "pytorch_model.bin")
    os.remove(out / "model.pth")
    hf_logits({**request, "dir": str(out)})


def litgpt_pretrain(request):
    """`litgpt pretrain` with these arguments; the loss of every step."""
    import lightning as L
    import litgpt.pretrain
    from litgpt.__main__ import main

    losses = {}

    def log_dict(self, metrics, step=None):
        if "loss" in metrics:
            losses[metrics["step"]] = metrics["loss"]

    # As shipped, counting the operations of a model with experts crashes; and compiling is not what is compared.
    litgpt.pretrain.measure_flops = lambda *args: 0
    torch.compile = lambda model, **_: model
    L.Fabric.log_dict = log_dict
    sys.argv = ["litgpt", "pretrain", *request["args"]]
    main()
    return losses


# ---- transformers ------------------------------------------------------------


def hf_create(request):
    """A random model of transformers, saved as it saves models."""
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.for_model(**request["config"])
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    random_weights(model, request.get("seed", 1))
    model = model.to(getattr(torch, request.get("dtype", "float32")))
    model.save_pretrained(request["dir"], max_shard_size=request.get("max_shard_size", "5GB"))
    hf_logits(request)


def hf_logits(request):
    from transformers import AutoModelForCausalLM

    model, info = AutoModelForCausalLM.from_pretrained(request["dir"], dtype=torch.float32, output_loading_info=True)
    wrong = {key: sorted(value) for key, value in info.items() if value}
    assert not wrong, wrong
    save_logits(model, request, lambda model, ids: model(ids).logits)


def hf_generate(request):
    """What a user does with an exported model and its tokenizer."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(request["dir"], dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(request["dir"])
    ids = torch.tensor([[tokenizer.bos_token_id, *tokenizer(request["prompt"])["input_ids"]]])
    ids = model.generate(ids, max_new_tokens=request["tokens"], do_sample=False)
    return tokenizer.decode(ids[0], skip_special_tokens=True)


# ---- files -------------------------------------------------------------------


def read_torch(request):
    """Everything in a file of torch.save, tensors as dtype, shape and SHA-256."""
    return flatten(torch.load(request["path"], weights_only=True, mmap=True))


def read_safetensors(request):
    tensors = {}
    for path in sorted(Path(request["dir"]).glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            for name in file.keys():
                tensors[name] = digest(file.get_tensor(name))
    return tensors


def main():
    commands = {name: value for name, value in globals().items() if callable(value)}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"ok": commands[request["command"]](request)}
        except (Exception, SystemExit):
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=ANSWERS, flush=True)


if __name__ == "__main__":
    main()
