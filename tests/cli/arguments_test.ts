import { strict as assert } from "node:assert";
import { z } from "zod";
import {
  integer,
  number,
  positive,
  readArguments,
  UsageError,
} from "../../lib/cli/_command.ts";
import { placementOptions } from "../../lib/cli/_checkpoint.ts";

const command = {
  usage: "try WORD [options]",
  summary: "Tries the options.",
  options: z.object({
    prompt: z.string().optional(),
    stop: z.array(z.string()).default([]),
    seed: integer.default(7),
    count: positive.default(1),
    temperature: number.default(0.5),
    json: z.boolean().default(false),
    ...placementOptions,
  }),
};

Deno.test("readArguments() reads words, options and flags in any order", () => {
  const read = readArguments(command, [
    "--seed=-3",
    "here",
    "--count",
    "1e3",
    "--temperature",
    "-0.5",
    "--json",
    "--stop",
    "a",
    "--stop=--b",
    "there",
  ]);
  assert.deepEqual(read, {
    words: ["here", "there"],
    options: {
      seed: -3,
      count: 1000,
      temperature: -0.5,
      json: true,
      stop: ["a", "--b"],
      device: "auto",
    },
  });
});

for (
  const [argv, message] of [
    [["--prompt"], "--prompt needs a value"],
    [["--prompt", "--json"], "--prompt needs a value"],
    [["--stop", "a", "--stop"], "--stop needs a value"],
    [["--jsn"], "Unknown option --jsn: did you mean --json?"],
    [["--seed="], '--seed is "": '],
    [["--seed=1.5"], '--seed is "1.5": '],
    [["--seed", "x"], '--seed is "x": '],
    [["--count=0"], '--count is "0": '],
    [["--temperature= "], '--temperature is " ": '],
    [["--temperature=warm"], '--temperature is "warm": '],
    [["--json=maybe"], '--json is "maybe": '],
    [["--device=gpu"], '--device is "gpu": expected auto, cpu, cuda or cuda:N'],
    [["--precision=fp8"], '--precision is "fp8": '],
  ] as const
) {
  Deno.test(`readArguments() refuses ${argv.join(" ")}`, () => {
    assert.throws(
      () => readArguments(command, argv),
      (error: Error) => {
        assert.ok(error instanceof UsageError);
        assert.ok(error.message.startsWith(message), error.message);
        return true;
      },
    );
  });
}
