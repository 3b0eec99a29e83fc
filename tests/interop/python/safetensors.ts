/**
 * The safetensors reader against Python's: the same files rejected, the same
 * tensors seen in the others. Run by `deno task test:interop`.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import {
  parseSafetensorsHeader,
  SafetensorsError,
} from "../../../lib/checkpoint/safetensors.ts";
import {
  concatBytes,
  mutantsOf,
} from "../../checkpoint/_safetensors_mutants.ts";
import {
  SAFETENSORS_DTYPES,
  tensorByteLength,
} from "../../../lib/checkpoint/safetensors_dtypes.ts";
import { layoutSafetensors } from "../../../lib/checkpoint/safetensors_writer.ts";
import { ACCEPTED, REJECTED } from "../../checkpoint/_safetensors_cases.ts";
import { PYTHON_VARIABLE } from "./_peer.ts";

const PYTHON = Deno.env.get(PYTHON_VARIABLE);
const MUTANTS = 10_000;

/**
 * What the format forbids in words and Python's parser lets pass, and sizes that
 * no number here can hold.
 */
const STRICTER = [
  /its header does not begin with "\{"/,
  /its header has the key .* twice/s,
  /has a size above 2\^53/,
];

/** What Python says of a file. */
interface Verdict {
  rejected?: string;
  tensors?: Record<string, [dtype: string, shape: number[], bytes: number]>;
  metadata?: Record<string, string>;
  alike: boolean;
}

Deno.test({
  name:
    `parseSafetensorsHeader() rejects what Python's safetensors does, of every kind of mistake and ${MUTANTS} mutants`,
  ignore: PYTHON === undefined,
  async fn() {
    const original = await Deno.readFile(
      join(import.meta.dirname!, "../../checkpoint/data/python.safetensors"),
    );
    const files = [
      original,
      ...REJECTED.map(([, bytes]) => bytes),
      ...ACCEPTED.map(([, bytes]) => bytes),
      ...fc.sample(mutantsOf(original), { numRuns: MUTANTS, seed: 3 }),
    ];
    const verdicts = await ask(files);
    assert.equal(verdicts.length, files.length);
    const differing: string[] = [];
    let rejected = 0;
    let stricter = 0;
    for (const [index, file] of files.entries()) {
      const verdict = verdicts[index]!;
      if (verdict.rejected !== undefined) rejected++;
      const why = difference(file, verdict);
      if (why === undefined) continue;
      if (STRICTER.some((pattern) => pattern.test(why))) stricter++;
      else differing.push(`${index}: ${why}: ${show(file)}`);
    }
    assert.equal(
      differing.length,
      0,
      `${differing.length} of ${files.length}:\n${
        differing.slice(0, 20).join("\n")
      }`,
    );
    assert.ok(rejected > MUTANTS / 2 && rejected < files.length - 100);
    assert.ok(stricter < 50, `stricter in ${stricter}`);
    console.log(
      `${files.length} files: ${rejected} rejected by Python, ${stricter} more here, none fewer`,
    );
  },
});

Deno.test({
  name: "layoutSafetensors() writes what Python's safetensors accepts",
  ignore: PYTHON === undefined,
  async fn() {
    const tensor = fc.record({
      name: fc.string({ unit: "binary", maxLength: 12 }),
      dtype: fc.constantFrom(...SAFETENSORS_DTYPES),
      shape: fc.array(fc.nat(5), { maxLength: 4 }),
    }).filter(({ name, dtype, shape }) =>
      name !== "__metadata__" && tensorByteLength(dtype, shape) !== undefined
    );
    const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name });
    const files = fc.sample(tensors, { numRuns: 300, seed: 5 }).map(
      (tensors) => {
        const layout = layoutSafetensors(
          tensors.map((tensor) => ({
            ...tensor,
            bytes: () => new Uint8Array(),
          })),
          { format: "pt" },
        );
        const file = new Uint8Array(layout.fileBytes);
        file.set(layout.head);
        return file;
      },
    );
    const verdicts = await ask(files);
    for (const [index, file] of files.entries()) {
      const verdict = verdicts[index]!;
      assert.equal(verdict.rejected, undefined, show(file));
      assert.equal(difference(file, verdict), undefined, show(file));
    }
  },
});

function difference(file: Uint8Array, verdict: Verdict): string | undefined {
  if (!verdict.alike) return "deserialize and safe_open differ in Python";
  let header;
  try {
    header = parseSafetensorsHeader(file);
  } catch (error) {
    if (!(error instanceof SafetensorsError)) return `crashed: ${error}`;
    return verdict.rejected === undefined
      ? `rejected here only (${error.message})`
      : undefined;
  }
  if (verdict.rejected !== undefined) {
    return `rejected in Python only (${verdict.rejected})`;
  }
  const tensors = Object.fromEntries(
    [...header.tensors].map(([name, { dtype, shape, byteLength }]) => [
      name,
      [dtype, shape, byteLength],
    ]),
  );
  try {
    assert.deepEqual(tensors, verdict.tensors);
    assert.deepEqual({ ...header.metadata }, verdict.metadata);
  } catch {
    return `${JSON.stringify(tensors)} here, ${JSON.stringify(verdict)} there`;
  }
  return undefined;
}

function show(file: Uint8Array): string {
  const text = new TextDecoder("latin1").decode(file.subarray(0, 700));
  return `${file.length} bytes ${JSON.stringify(text)}`;
}

async function ask(files: readonly Uint8Array[]): Promise<Verdict[]> {
  const folder = await Deno.makeTempDir({ prefix: "moebius-safetensors-" });
  try {
    const path = join(folder, "files.bin");
    await Deno.writeFile(
      path,
      concatBytes(...files.flatMap((file) => [
        new Uint8Array(Uint32Array.of(file.length).buffer),
        file,
      ])),
    );
    const peer = join(import.meta.dirname!, "safetensors_peer.py");
    const { success, stdout, stderr } = await new Deno.Command(PYTHON ?? "", {
      args: [peer, path, folder],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const lines = new TextDecoder().decode(stdout).trimEnd().split("\n");
    return lines.map((line): Verdict => JSON.parse(line));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
