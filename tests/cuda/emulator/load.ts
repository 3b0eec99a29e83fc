/** Before test files (`--preload`): the emulator's operators take the places of the CPU's own. */

import { buildInfo, ensureSetup } from "../../../ffi/mod.ts";
import { EMULATOR_VARIABLE } from "./build.ts";

await ensureSetup();
buildInfo();
Deno.dlopen(Deno.env.get(EMULATOR_VARIABLE)!, {});
