/**
 * YAML with the names and behaviour of `@std/yaml`, over the npm library js-yaml.
 *
 * `@std/yaml` lives on jsr.io, which cannot be reached from everywhere. The project's deno.json names the original in
 * `imports` and puts this package in its place with `links`; without the `links` entry the original is used, and nothing
 * else has to change. Left out because nothing here needs them: the `extended` schema and the unstable exports.
 *
 * ```ts
 * import { parse, stringify } from "@std/yaml";
 *
 * const { lr } = parse("lr: 3e-4") as { lr: number };
 * console.log(stringify({ lr: lr / 2 })); // lr: 0.00015
 * ```
 *
 * @module
 */

export * from "./parse.ts";
export * from "./stringify.ts";
