#!/usr/bin/env python3
"""Read every golden file, check its layout, and compare it with the same files elsewhere if a folder is given.

python check_golden.py [OTHER_FOLDER]      # needs torch and safetensors only
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import load_file

HERE = pathlib.Path(__file__).parent
LIMIT = 9_000_000


def check_expected(path, values):
    weights = load_file(path.parent / "weights.safetensors")
    for key in ("input_ids", "targets", "stream"):
        assert values[key].dtype == torch.int64, f"{path}: {key} is {values[key].dtype}"
    batch, length = values["input_ids"].shape
    assert values["targets"].shape == (batch, length) and values["logits"].shape[:2] == (batch, length), path
    assert values["stream"].shape == (len(values["losses"]), batch, length + 1), path
    assert values["loss"].shape == values["grad_norm"].shape == (), path
    gradients = [key.removeprefix("grad.") for key in values if key.startswith("grad.")]
    trained = {key for key in weights if not key.endswith("e_score_correction_bias")}
    if path.parent.name == "tied":
        trained.remove("transformer.wte.weight")
    assert set(gradients) == trained, f"{path}: gradients do not match the weights"
    for key in gradients:
        assert values[f"grad.{key}"].shape == weights[key].shape, f"{path}: {key}"
        if path.name == "expected.safetensors":
            assert values[f"final.{key}"].shape == weights[key].shape, f"{path}: {key}"


def compare(path, values, other):
    for key, value in values.items():
        if value.shape != other[key].shape:
            print(f"  {path} {key}: {tuple(value.shape)} against {tuple(other[key].shape)}")
        elif not torch.equal(value, other[key]):
            print(f"  {path} {key}: differs by {(value.double() - other[key].double()).abs().max():.2e}")


def main(other_folder=None):
    files = sorted(HERE.rglob("*.safetensors"))
    for path in files:
        values = load_file(path)
        for key, value in values.items():
            assert value.isfinite().all(), f"{path}: {key} is not finite"
        if path.name.startswith("expected"):
            check_expected(path, values)
        print(f"{path.relative_to(HERE)}: {len(values)} tensors, {path.stat().st_size:,} bytes")
        if other_folder:
            compare(path.relative_to(HERE), values, load_file(pathlib.Path(other_folder) / path.relative_to(HERE)))
    tables = sorted(HERE.rglob("*.json"))
    for path in tables:
        value = json.loads(path.read_text())
        print(f"{path.relative_to(HERE)}: {', '.join(value)}")
        if other_folder and value != json.loads((pathlib.Path(other_folder) / path.relative_to(HERE)).read_text()):
            print(f"  {path.relative_to(HERE)} differs")
    total = sum(path.stat().st_size for path in HERE.rglob("*") if path.is_file())
    print(f"{len(files)} safetensors files, {len(tables)} tables, {total:,} bytes in all")
    assert files and total < LIMIT


if __name__ == "__main__":
    main(*sys.argv[1:])
