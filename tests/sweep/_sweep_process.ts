/** A sweep in a process of its own, for tests that kill it: _sweep_process.ts INPUT.json */

import { sweep } from "../../lib/sweep/mod.ts";
import { FAKE_PROGRAM } from "./_study.ts";

const input = JSON.parse(Deno.readTextFileSync(Deno.args[0]!));
const controller = new AbortController();
Deno.addSignalListener("SIGINT", () => controller.abort());
const study = await sweep(input, {
  program: FAKE_PROGRAM,
  pollMs: 20,
  signal: controller.signal,
});
console.log(JSON.stringify(study.counts));
