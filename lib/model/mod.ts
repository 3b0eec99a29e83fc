/**
 * The model: GPT, its layers and weights, and counts of its parameters and arithmetic.
 *
 * @module
 */

export * from "./attention.ts";
export * from "./balance.ts";
export * from "./block.ts";
export * from "./count.ts";
export * from "./decode.ts";
export * from "./gpt.ts";
export * from "./kv_cache.ts";
export * from "./linear.ts";
export * from "./load.ts";
export * from "./mlp.ts";
export * from "./moe.ts";
export * from "./parameter.ts";
export * from "./precision.ts";
export * from "./residual.ts";
export * from "./rope.ts";
export * from "./router.ts";
export * from "./router_statistics.ts";
export * from "./weights.ts";
