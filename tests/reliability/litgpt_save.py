"""LitGPT's own save under the same faults: kills it at every write and looks whether `resume: auto` finds what it can load.

    LD_PRELOAD=.moebius/faults.so python tests/reliability/litgpt_save.py OUT [TMP]

OUT and TMP are folders; with both on one file system LitGPT's temporary file is renamed, else it is copied.
"""

import ctypes
import json
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import torch
from lightning.fabric import Fabric
from litgpt.config import Config
from litgpt.model import GPT
from litgpt.pretrain import save_checkpoint
from litgpt.utils import extend_checkpoint_dir, find_resume_path  # noqa: F401

OUT = Path(sys.argv[1])
TMP = Path(sys.argv[2]) if len(sys.argv) > 2 else OUT / "tmp"
TOKENIZER = Path(__file__).parents[2] / "data/tokenizer"

faults = ctypes.CDLL(None)
faults.faults_arm.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_int]
torch.set_num_threads(1)


def make_state(step):
    config = Config(
        block_size=32, n_layer=1, n_embd=32, n_head=4, n_query_groups=2, vocab_size=4096, padded_vocab_size=4096,
        norm_class_name="RMSNorm", bias=False, parallel_residual=False, mlp_class_name="LLaMAMoE",
        moe_intermediate_size=16, n_expert=2, n_expert_per_token=1,
    )
    torch.manual_seed(step)
    fabric = Fabric(devices=1, accelerator="cpu")
    model = fabric.setup(GPT(config))
    optimizer = fabric.setup_optimizers(torch.optim.AdamW(model.parameters()))
    model(torch.zeros(1, 8, dtype=torch.long)).sum().backward()
    optimizer.step()
    return fabric, {"model": model, "optimizer": optimizer, "iter_num": step, "step_count": step}


def save(step):
    fabric, state = STATES[step]
    save_checkpoint(fabric, state, TOKENIZER, OUT / f"step-{step:08d}" / "lit_model.pth")


def in_child(work):
    """Runs work in a fork; returns its exit status, negative for a signal."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def found():
    """What `resume: auto` makes of the folder."""
    path = find_resume_path("auto", OUT)
    try:
        state = torch.load(path)
        GPT(STATES[1][1]["model"].config).load_state_dict(state["model"])
    except Exception as error:
        return f"cannot load: {type(error).__name__}"
    try:
        Config.from_file(path.parent / "model_config.yaml")
    except Exception:
        return "loads step 2, but generate cannot: model_config.yaml is missing or empty"
    return f"loads step {state['step_count']}"


def clear():
    for folder in OUT.glob("step-*"):
        shutil.rmtree(folder)
    shutil.rmtree(TMP, ignore_errors=True)
    TMP.mkdir(parents=True)


def arm(at, tears):
    faults.faults_arm(os.fsencode(OUT), at, tears)


STATES = {step: make_state(step) for step in (1, 2)}
OUT.mkdir(parents=True, exist_ok=True)
tempfile.tempdir = str(TMP)
sys.argv = ["litgpt", "pretrain", "pythia-14m"]

clear()
save(1)


def count():
    arm(0, 0)
    save(2)
    os.write(1, json.dumps({"operations": faults.faults_count()}).encode() + b"\n")
    (OUT / "count").write_text(str(faults.faults_count()))


assert in_child(count) == 0
operations = int((OUT / "count").read_text())
outcomes = {}
for tears in (0, 1):
    for at in range(1, operations + 1):
        clear()
        save(1)

        def killed():
            arm(at, tears)
            save(2)

        status = in_child(killed)
        assert status == -signal.SIGKILL, status
        outcome = found()
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        if not outcome.startswith("loads step"):
            print(f"{'tear' if tears else 'kill'} at {at}: {outcome}", file=sys.stderr)
print(json.dumps({"saves_killed": 2 * operations, "outcomes": outcomes}))
