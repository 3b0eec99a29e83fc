import assert from "node:assert/strict";
import { planSlots } from "../../lib/sweep/devices.ts";

const cpu = { gpus: [], cores: 8, hasThreads: false };
const gpus = { gpus: ["0", "1", "2"], cores: 8, hasThreads: false };
const auto = { devices: "auto", parallel: null } as const;
const cuda = (id: string) => ({ CUDA_VISIBLE_DEVICES: id });

Deno.test("planSlots() gives one trial at a time to each GPU, and shares GPUs where more are asked for", () => {
  const envs = (parallel: number | null) =>
    planSlots({ ...auto, parallel }, gpus).map(({ env }) => env);
  assert.deepEqual(envs(null), [cuda("0"), cuda("1"), cuda("2")]);
  assert.deepEqual(envs(2), [cuda("0"), cuda("1")]);
  assert.deepEqual(envs(4), [cuda("0"), cuda("1"), cuda("2"), cuda("0")]);
  assert.deepEqual(
    planSlots({ devices: ["MIG-7"], parallel: null }, gpus),
    [{ name: "GPU MIG-7", env: cuda("MIG-7") }],
  );
});

Deno.test("planSlots() shares the cores between trials on a processor, unless the user chose", () => {
  assert.deepEqual(planSlots(auto, cpu), [{ name: "CPU", env: {} }]);
  const three = planSlots({ ...auto, parallel: 3 }, cpu);
  assert.deepEqual(three.map(({ env }) => env), [
    { OMP_NUM_THREADS: "2" },
    { OMP_NUM_THREADS: "2" },
    { OMP_NUM_THREADS: "2" },
  ]);
  const chosen = planSlots({ ...auto, parallel: 2 }, {
    ...cpu,
    hasThreads: true,
  });
  assert.deepEqual(chosen.map(({ env }) => env), [{}, {}]);
  assert.deepEqual(
    planSlots({ devices: "cpu", parallel: null }, gpus)[0]?.env,
    cuda(""),
  );
});
