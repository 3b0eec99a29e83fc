/** Preloaded before test files (`--preload`): the emulator's operators replace the CPU's own. */

import { buildInfo } from "../../../ffi/mod.ts";
import { EMULATOR_VARIABLE } from "./build.ts";

buildInfo();
Deno.dlopen(Deno.env.get(EMULATOR_VARIABLE)!, {});
