/**
 * A trial without a model: the loss is a known function of the parameters. It saves, goes on, crashes and ends as a
 * real one does. TRIAL_STEP_MS is how long a step takes.
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadRunConfig } from "../../lib/config/mod.ts";
import { openMetricsCsv } from "../../lib/metrics/mod.ts";

const { values } = parseArgs({ options: { config: { type: "string" } } });
const { config } = loadRunConfig({ file: values.config! });
const { out_dir, train, seed, optimizer: { init_args: { lr } } } = config;
const stepMs = Number(Deno.env.get("TRIAL_STEP_MS") ?? 5);

Deno.mkdirSync(out_dir, { recursive: true });
const lock = Deno.openSync(join(out_dir, ".lock"), {
  write: true,
  read: true,
  create: true,
});
if (!lock.tryLockSync(true)) {
  console.error(`another process trains in ${out_dir}`);
  Deno.exit(1);
}
Deno.writeTextFileSync(join(out_dir, "starts.txt"), `${Deno.pid}\n`, {
  append: true,
});
Deno.writeTextFileSync(
  join(out_dir, "env.json"),
  JSON.stringify({
    cuda: Deno.env.get("CUDA_VISIBLE_DEVICES") ?? null,
    threads: Deno.env.get("OMP_NUM_THREADS") ?? null,
  }),
);

let isAsked = false;
Deno.addSignalListener("SIGTERM", () => isAsked = true);
const drain = async () => {
  while (await Deno.stdin.read(new Uint8Array(8)) !== null);
  isAsked = true;
};
drain();

const checkpoint = join(out_dir, "checkpoint.txt");
let step = 0;
try {
  step = Number(Deno.readTextFileSync(checkpoint));
} catch {
  // A new trial.
}
using metrics = openMetricsCsv(join(out_dir, "metrics.csv"), {
  ...(step > 0 ? { resumeAtIter: step + 1 } : {}),
});
while (step < train.max_steps!) {
  if (seed === 666 && step === 3) {
    console.error("expert 7 is missing\n    at forward (moe.ts:1:1)");
    Deno.exit(7);
  }
  if (seed === 667 && step === 3) {
    console.error("CUDA out of memory: tried to allocate 80 GiB");
    Deno.exit(1);
  }
  if (seed === 668 && step === 3) Deno.kill(Deno.pid, "SIGKILL");
  step++;
  const val_loss = seed === 669 ? NaN : (Math.log10(lr) + 2) ** 2 + 1 / step;
  metrics.log({ iter: step, optimizer_step: step, val_loss });
  await new Promise((resolve) => setTimeout(resolve, stepMs));
  if (!isAsked) continue;
  Deno.writeTextFileSync(checkpoint, String(step));
  Deno.exit(143);
}
Deno.exit(0);
