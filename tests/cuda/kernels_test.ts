/** Compiling kernels, keeping them on disk, and recording them. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import {
  call,
  capture,
  noGrad,
  randn,
  scope,
  synchronize,
  type Tensor,
} from "../../ffi/mod.ts";
import { assertClose, DEVICE, gpuTest, normal, operator } from "./_check.ts";

const SCRIPT = new URL("./_warm_up.ts", import.meta.url).pathname;

function warmUpElsewhere(cache: string, ...args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, ...args],
    env: { MOEBIUS_KERNEL_CACHE: cache },
  }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

gpuTest("kernels are compiled once and then found on disk", () => {
  const cache = Deno.makeTempDirSync({ prefix: "moebius-kernels-" });
  try {
    const first = JSON.parse(warmUpElsewhere(cache));
    const files = [...Deno.readDirSync(cache)].map(({ name }) => name);
    assert.ok(first.compiled > 0);
    assert.equal(files.length, first.compiled);
    assert.ok(files.every((name) => name.endsWith(".cubin")), `${files}`);
    const second = JSON.parse(warmUpElsewhere(cache));
    assert.equal(second.compiled, 0);
    console.log(
      `kernels ready after ${first.elapsedMs} ms, from disk after ${second.elapsedMs} ms`,
    );

    // One that was cut short and one that was written over are compiled again.
    const [cut, changed] = files.map((name) => join(cache, name));
    Deno.truncateSync(cut!, 5000);
    const bytes = Deno.readFileSync(changed!);
    bytes[bytes.length - 100]! ^= 1;
    Deno.writeFileSync(changed!, bytes);
    assert.equal(JSON.parse(warmUpElsewhere(cache)).compiled, 2);
    assert.equal(JSON.parse(warmUpElsewhere(cache)).compiled, 0);
  } finally {
    Deno.removeSync(cache, { recursive: true });
  }
});

gpuTest("a cache that cannot be written stops nothing", () => {
  const file = Deno.makeTempFileSync();
  try {
    assert.ok(JSON.parse(warmUpElsewhere(join(file, "below"))).compiled > 0);
  } finally {
    Deno.removeSync(file);
  }
});

gpuTest(
  "a kernel's first use inside a recording is refused with advice",
  () => {
    const cache = Deno.makeTempDirSync({ prefix: "moebius-kernels-" });
    try {
      assert.match(
        warmUpElsewhere(cache, "capture"),
        /first time while a graph is recorded.*moebius::warm_up/s,
      );
    } finally {
      Deno.removeSync(cache, { recursive: true });
    }
  },
);

gpuTest(
  "a recorded chain of kernels computes with what its inputs hold",
  () => {
    assert.equal(typeof call("moebius::warm_up", [DEVICE]), "number");
    noGrad(() =>
      scope(() => {
        const x = normal([200, 96], { dtype: "bfloat16" });
        const scores = randn([200, 8], { device: DEVICE });
        const weight = normal([8, 128, 96], { dtype: "bfloat16" });
        const gamma = normal([96]);
        const chain = (): Tensor[] => {
          const [y, rstd] = operator(
            "rms_norm_forward",
            x,
            gamma,
            1e-5,
            "bfloat16",
          );
          const [weights, experts] = scores.topk(2);
          const [token, row, , ends] = operator("moe_sort", experts, 8);
          const [rows] = operator("moe_gather_forward", y!, token!, row!);
          const [fc] = operator("grouped_linear_forward", rows!, weight, ends!);
          const [gated] = operator("swiglu_forward", fc!);
          const [out] = operator(
            "moe_combine_forward",
            gated!,
            weights.softmax(1),
            row!,
            "float32",
          );
          return [out!, rstd!];
        };
        chain();
        synchronize(DEVICE);
        using graph = capture(chain);
        for (let i = 0; i < 3; i++) {
          x.copy_(normal([200, 96], { dtype: "bfloat16" }));
          scores.copy_(randn([200, 8], { device: DEVICE }));
          const expected = chain();
          graph.replay();
          for (const [j, tensor] of expected.entries()) {
            assertClose(graph.result[j]!, tensor, {
              name: `result ${j}`,
              tolerance: { whole: 0, single: 0 },
            });
          }
        }
      })
    );
  },
);
