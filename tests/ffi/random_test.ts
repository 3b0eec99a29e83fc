import { strict as assert } from "node:assert";
import {
  getRngState,
  manualSeed,
  rand,
  randn,
  scope,
  setRngState,
} from "../../ffi/mod.ts";
import { assertTorchError, devices, numbers } from "./_helpers.ts";

for (const device of devices) {
  const draw = (count = 4) => scope(() => numbers(randn([count], { device })));

  Deno.test(`manualSeed() makes draws on ${device} repeat`, () => {
    manualSeed(7);
    const first = [draw(), draw()];
    manualSeed(7);
    assert.deepEqual([draw(), draw()], first);
    manualSeed(8);
    assert.notDeepEqual(draw(), first[0]);
    manualSeed(7n);
    assert.deepEqual(draw(), first[0]);
  });

  Deno.test(`setRngState() on ${device} goes on from getRngState()`, () => {
    manualSeed(1);
    draw(3);
    const state = getRngState(device);
    assert.ok(state instanceof Uint8Array && state.length >= 16);
    const next = [
      draw(3),
      draw(1),
      scope(() => numbers(rand([5], { device }))),
    ];
    manualSeed(99);
    draw(17);
    setRngState(state, device);
    assert.deepEqual(
      [draw(3), draw(1), scope(() => numbers(rand([5], { device })))],
      next,
    );
    // A state is a value: drawing does not change the one that was read.
    setRngState(state, device);
    assert.deepEqual(draw(3), next[0]);
  });

  Deno.test(`setRngState() on ${device} refuses what is no state`, () => {
    manualSeed(3);
    const state = getRngState(device);
    const expected = draw();
    setRngState(state, device);
    for (const wrong of [new Uint8Array(0), state.subarray(1)]) {
      assertTorchError(() => setRngState(wrong, device), "torch", /size|state/);
    }
    assert.deepEqual(draw(), expected);
  });
}

Deno.test("setRngState() refuses the bytes of no generator", () => {
  const state = getRngState();
  assertTorchError(
    () => setRngState(new Uint8Array(state.length).fill(255)),
    "torch",
    /state/,
  );
});

Deno.test("manualSeed() gives PyTorch's numbers on a CPU", () => {
  manualSeed(0);
  const drawn = scope(() => numbers(randn([3])));
  // torch.manual_seed(0); torch.randn(3)
  assert.deepEqual(drawn, [
    1.5409960746765137,
    -0.293428897857666,
    -2.1787893772125244,
  ]);
});

Deno.test("getRngState() refuses a device that is not there", () => {
  assertTorchError(
    () => getRngState("cuda:99"),
    "unsupported",
    /cuda:99|no CUDA/,
  );
  assert.throws(() => manualSeed(1.5), { name: "RangeError", message: /1\.5/ });
});
