/** Where and how a run computes, and what is said about it. */

import { strict as assert } from "node:assert";
import type { AttentionProbe } from "../../ffi/mod.ts";
import { defineConfig, type RunInput } from "../../lib/config/mod.ts";
import {
  chooseAttention,
  pickAttention,
  placeRun,
  resolveDevice,
  resolvePrecision,
  settingsWithoutEffect,
} from "../../lib/train/device.ts";

function config(optimization: RunInput["optimization"] = {}) {
  return defineConfig({
    model_name: "moe-quickstart",
    device: "cpu",
    train: { max_steps: 10, lr_warmup_steps: 1 },
    ...(optimization && { optimization }),
  });
}

/** What an old GPU answers. */
const PROBES: AttentionProbe[] = [
  { backend: "cudnn", works: false, reason: "needs capability 8.0" },
  { backend: "flash", works: false, reason: "only supports Ampere or newer" },
  { backend: "efficient", works: true, reason: null },
  { backend: "math", works: true, reason: null },
];

function pick(
  optimization: RunInput["optimization"],
  probes: readonly AttentionProbe[] = PROBES,
) {
  return pickAttention(probes, {
    ...config(optimization),
    device: "cuda:0",
    precision: "bf16-mixed",
  });
}

Deno.test("pickAttention() takes the first that runs and says why not those before", () => {
  assert.deepEqual(pick({}), {
    backend: "efficient",
    reason:
      "efficient attention runs (cudnn: needs capability 8.0; flash: only supports Ampere or newer)",
  });
  const all = PROBES.map((probe) => ({ ...probe, works: true, reason: null }));
  assert.deepEqual(pick({}, all), {
    backend: "cudnn",
    reason: "cudnn attention runs",
  });
  assert.equal(pick({ flash_attention: false }, all).backend, "efficient");
});

Deno.test("pickAttention() refuses with libtorch's reason what was forced and does not run", () => {
  assert.throws(() => pick({ flash_attention_force: true }), {
    message:
      "Cannot force flash attention on cuda:0 in bf16-mixed: cudnn: needs capability 8.0; flash: only supports Ampere or newer",
  });
  const onlyMath = PROBES.map((probe) => ({
    ...probe,
    works: probe.backend === "math",
    reason: probe.backend === "math" ? null : "no",
  }));
  assert.equal(pick({}, onlyMath).backend, "math");
  assert.throws(() => pick({ disable_math_fallback: true }, onlyMath), {
    message:
      "Cannot run attention on cuda:0 in bf16-mixed: cudnn: no; flash: no; efficient: no; disable_math_fallback rules out math",
  });
});

Deno.test("chooseAttention() runs flash attention on a CPU, or what is left without it", () => {
  const choose = (optimization: RunInput["optimization"]) =>
    chooseAttention(config(optimization), "cpu", "32-true");
  assert.deepEqual(choose({ flash_attention_force: true }), {
    backend: "flash",
    reason: "flash attention runs",
  });
  assert.equal(choose({ flash_attention: false }).backend, "math");
});

Deno.test("settingsWithoutEffect() names each once on a CPU, and none on a GPU", () => {
  const settings = config({
    compile_mode: "reduce-overhead",
    compile_dynamic: true,
    compile_fullgraph: true,
  });
  assert.deepEqual(settingsWithoutEffect(settings, "cpu"), [
    "optimization.compile_mode reduce-overhead has no effect: CUDA graphs need a GPU",
    "optimization.compile_dynamic has no effect: CUDA graphs need a GPU",
    "optimization.compile_fullgraph has no effect: CUDA graphs need a GPU",
  ]);
  assert.deepEqual(settingsWithoutEffect(settings, "cuda:0"), []);
  assert.deepEqual(settingsWithoutEffect(config(), "cpu"), []);
  const off = config({ compile: false, compile_dynamic: true });
  assert.deepEqual(settingsWithoutEffect(off, "cpu"), []);
});

Deno.test("placeRun() resolves device and precision, and describes them", () => {
  const { device, precision, description } = placeRun(config());
  assert.equal(device, "cpu");
  assert.equal(precision, resolvePrecision(null, "cpu"));
  assert.equal(description, `CPU, ${precision}, flash attention runs`);
  assert.equal(resolvePrecision("bf16-true", "cpu"), "bf16-true");
  assert.equal(resolveDevice("cpu"), "cpu");
  assert.throws(() => resolveDevice("cuda:99"), {
    name: "RangeError",
    message: /Cannot use device cuda:99: this machine has \d+ CUDA devices/,
  });
});
