/** Before test files (`--preload`): the emulator's operators take the places of the CPU's own. */

import { buildInfo } from "../../../ffi/mod.ts";
import { EMULATOR_VARIABLE } from "./build.ts";

buildInfo();
Deno.dlopen(Deno.env.get(EMULATOR_VARIABLE)!, {});
