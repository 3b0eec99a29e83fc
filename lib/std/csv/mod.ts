/**
 * CSV with the names and behaviour of `@std/csv`, over the npm libraries csv-parse and csv-stringify.
 *
 * `@std/csv` lives on jsr.io, which cannot be reached from everywhere. The project's deno.json names the original in
 * `imports` and puts this package in its place with `links`; without the `links` entry the original is used, and nothing
 * else has to change. Left out because nothing here needs them: the two streams.
 *
 * ```ts
 * import { parse, stringify } from "@std/csv";
 *
 * const rows = parse("step,loss\n1,9.2\n", { skipFirstRow: true });
 * console.log(stringify(rows, { columns: ["loss", "step"] })); // loss,step / 9.2,1
 * ```
 *
 * @module
 */

export * from "./parse.ts";
export * from "./stringify.ts";
