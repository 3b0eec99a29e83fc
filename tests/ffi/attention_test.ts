import { strict as assert } from "node:assert";
import {
  arange,
  aten,
  attend,
  type AttentionBackend,
  backward,
  type Device,
  type DType,
  getRngState,
  liveCount,
  manualSeed,
  probeAttention,
  randn,
  scope,
  Tensor,
} from "../../ffi/mod.ts";
import { assertClose, assertTorchError, devices, numbers } from "./_helpers.ts";

const B = 2, T = 33, D = 64;

interface Case {
  device: Device;
  dtype: DType;
  H: number;
  G: number;
  causal: boolean;
}

/** Queries, keys and values that require grad. */
function inputs({ device, dtype, H, G }: Case): [Tensor, Tensor, Tensor] {
  manualSeed(5);
  return [H, G, G].map((heads) => {
    const x = randn([B, heads, T, D]).to(dtype).to(device);
    x.requiresGrad = true;
    return x;
  }) as [Tensor, Tensor, Tensor];
}

/** Attention as the formula has it. */
function formula(
  [q, k, v]: [Tensor, Tensor, Tensor],
  { H, G, causal, device }: Case,
): Tensor {
  const [keys, values] = [k, v].map((x) =>
    aten("repeat_interleave.self_int", x.to("float32"), H / G, 1)
  ) as [Tensor, Tensor];
  let scores = q.to("float32").matmul(keys.transpose(2, 3)).mul(D ** -0.5);
  if (causal) {
    const position = arange(0, T, { device });
    const later = aten("gt.Tensor", position.view(1, T), position.view(T, 1));
    scores = aten("masked_fill.Scalar", scores, later, -Infinity);
  }
  return scores.softmax(-1).matmul(values);
}

/** The result, then the gradients of queries, keys and values. */
function resultAndGradients(
  tensors: [Tensor, Tensor, Tensor],
  y: Tensor,
): number[][] {
  backward(
    y.to("float32").mul(
      aten(
        "sin",
        arange(0, y.numel, {
          dtype: "float32",
          device: y.device,
        }),
      ).view(...y.shape),
    ).sum(),
  );
  return [y, ...tensors.map((x) => x.grad as Tensor)].map(numbers);
}

function works(device: Device, dtype: DType, groups: number) {
  return probeAttention({ device, dtype, queriesPerGroup: groups })
    .filter((probe) => probe.works).map((probe) => probe.backend);
}

const DTYPES: [DType, tolerance: number][] = [
  ["float32", 2e-5],
  ["bfloat16", 6e-2],
];

for (const device of devices) {
  for (const [dtype, tolerance] of DTYPES) {
    Deno.test(`attend() gives the formula's numbers and gradients by every backend that runs: ${dtype} on ${device}`, () => {
      let compared = 0;
      for (const [H, G] of [[4, 4], [4, 2], [4, 1]] as const) {
        const backends = works(device, dtype, H / G);
        for (const causal of [true, false]) {
          const shape = { device, dtype, H, G, causal };
          const expected = scope(() => {
            const tensors = inputs(shape);
            return resultAndGradients(tensors, formula(tensors, shape));
          });
          for (const backend of backends) {
            const actual = scope(() => {
              const tensors = inputs(shape);
              const y = attend(...tensors, {
                backend,
                causal,
                scale: D ** -0.5,
              });
              assert.deepEqual(y.shape, [B, H, T, D]);
              assert.equal(y.dtype, dtype);
              return resultAndGradients(tensors, y);
            });
            for (let i = 0; i < 4; i++) {
              try {
                assertClose(actual[i]!, expected[i]!, tolerance);
              } catch (cause) {
                throw new Error(
                  `${backend}, ${H} heads in ${G} groups, causal ${causal}, ${
                    ["y", "dq", "dk", "dv"][i]
                  }`,
                  { cause },
                );
              }
            }
            compared++;
          }
        }
      }
      assert.ok(compared >= 6);
    });
  }
}

Deno.test("probeAttention() tries every backend, and says why one does not run", () => {
  for (const device of devices) {
    const probes = probeAttention({ device, dtype: "float32" });
    const names: AttentionBackend[] = ["cudnn", "flash", "efficient", "math"];
    assert.deepEqual(probes.map(({ backend }) => backend), names);
    assert.equal(probes.at(-1)?.works, true, "math runs everywhere");
    for (const { works, reason } of probes) {
      assert.equal(works, reason === null);
      assert.ok(reason === null || /^[^\n]{5,200}$/.test(reason), `${reason}`);
    }
  }
});

Deno.test("probeAttention() leaves no tensors behind and draws no random numbers", () => {
  for (const device of devices) {
    const [tensors, state] = [liveCount(), getRngState(device)];
    probeAttention({ device, dtype: "bfloat16", queriesPerGroup: 2 });
    assert.equal(liveCount(), tensors);
    assert.deepEqual(getRngState(device), state);
  }
});

Deno.test("attend() does not fall back to another backend", () => {
  scope(() => {
    const [q, k, v] = inputs({
      device: "cpu",
      dtype: "float32",
      H: 2,
      G: 2,
      causal: true,
    });
    assertTorchError(
      () => attend(q, k, v, { backend: "cudnn", causal: true, scale: 1 }),
      "torch",
      /_scaled_dot_product_cudnn_attention\(float32\[2, 2, 33, 64\]/,
    );
  });
});
