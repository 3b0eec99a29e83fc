/**
 * The cost of calling an operator from TypeScript: an addition of four numbers, through aten().
 *
 * @module
 */

import { aten, noGrad, scope, zeros } from "../../ffi/mod.ts";

const CALLS = 200;
const ROUNDS = 500;

/** Microseconds per call, the minimum of several rounds. */
export function operatorOverheadUs(): number {
  using a = zeros([4]);
  using b = zeros([4]);
  let least = Infinity;
  noGrad(() => {
    for (let round = 0; round < ROUNDS; round++) {
      const startedMs = performance.now();
      scope(() => {
        for (let i = 0; i < CALLS; i++) aten("add.Tensor", a, b);
      });
      least = Math.min(least, (performance.now() - startedMs) / CALLS);
    }
  });
  return least * 1000;
}

const PYTHON = `
import time, torch
a, b = torch.zeros(4), torch.zeros(4)
least = 1e9
with torch.no_grad():
    for _ in range(${ROUNDS}):
        t = time.perf_counter()
        for _ in range(${CALLS}):
            torch.add(a, b)
        least = min(least, (time.perf_counter() - t) / ${CALLS})
print(least * 1e6)
`;

/** The same from Python; undefined if Python has no torch. */
export async function pythonOverheadUs(
  python: string,
): Promise<number | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(python, {
      args: ["-c", PYTHON],
      stderr: "null",
    }).output();
    return success ? Number(new TextDecoder().decode(stdout)) : undefined;
  } catch {
    return undefined;
  }
}
