/**
 * `deno run -A tests/bench/prepare.ts`: how fast, and with how much memory,
 * `deno task prepare` turns text into GPT-2's tokens, beside Hugging Face's
 * tokenizers in Python: the same file, the same cores, in turns.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openShards } from "../../lib/data/mod.ts";
import { formatBytes } from "../../lib/progress/format.ts";
import { gpt2TokenizerFiles } from "../../lib/tokenizer/gpt2_json.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";
import { writeVariedText } from "./_varied_text.ts";

const USAGE = `Usage: deno run -A tests/bench/prepare.ts [options]

  --megabytes N     text to prepare (100)
  --runs N          of each, in turns; the fastest counts (2)
  --python PATH     a Python that has tokenizers and numpy (python3)
  --json            print JSON`;

const { values } = parseArgs({
  options: {
    megabytes: { type: "string", default: "100" },
    runs: { type: "string", default: "2" },
    python: { type: "string", default: "python3" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

/** One run of either side. */
interface Run {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly tokens: number;
  /** Hash of the number of occurrences of each id, independent of their order. */
  readonly countsSha256: string;
}

const OURS = "deno task prepare";
const THEIRS = "Python's tokenizers";

const SAMPLE_MS = 50;

async function main(): Promise<void> {
  if (values.help) return console.log(USAGE);
  const folder = await Deno.makeTempDir({ prefix: "moebius-bench-" });
  try {
    const input = join(folder, "text.jsonl");
    const text = await writeVariedText(input, Number(values.megabytes) * 1e6);
    const tokenizer = await gpt2TokenizerFiles();
    const tokenizerPath = join(folder, "tokenizer.json");
    await Deno.writeTextFile(tokenizerPath, tokenizer["tokenizer.json"]);
    const ours: Run[] = [];
    const theirs: Run[] = [];
    const show = (name: string, run: Run) => {
      if (!values.json) console.log(lineOf(name, run, text.textBytes));
      return run;
    };
    for (let run = 0; run < Number(values.runs); run++) {
      ours.push(show(OURS, await prepareRun(folder, input)));
      theirs.push(
        show(THEIRS, await peerRun(folder, input, tokenizerPath)),
      );
    }
    for (const { tokens, countsSha256 } of [...ours, ...theirs]) {
      const [first] = theirs;
      if (
        tokens !== first!.tokens || countsSha256 !== first!.countsSha256
      ) {
        throw new Error("The two sides do not give the same tokens");
      }
    }
    report(text, fastest(ours), fastest(theirs));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function fastest(runs: readonly Run[]): Run {
  const [first, ...others] = runs;
  return others.reduce((a, b) => b.seconds < a.seconds ? b : a, first!);
}

/** The command as a user calls it, from its start to its end. */
async function prepareRun(folder: string, input: string): Promise<Run> {
  const outDir = join(folder, "prepared");
  await Deno.remove(outDir, { recursive: true }).catch(() => {});
  const command = new URL("../../lib/cli/prepare.ts", import.meta.url).href;
  const started = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", command, input],
      ...["--tokenizer-dir", "gpt2", "--out-dir", outDir],
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const sampler = sampleTree(child.pid);
  const { success } = await child.status;
  const seconds = (performance.now() - started) / 1000;
  const peakBytes = sampler.stop();
  if (!success) throw new Error("deno task prepare failed");
  const { train, val } = await openShards(outDir);
  const { bosId } = await loadTokenizer("gpt2");
  const counts = new BigInt64Array(1 << 16);
  const seen = new Float64Array(counts.length);
  for (const tokens of [train, val]) {
    for (const block of tokens.blocks()) {
      for (let index = 0; index < block.length; index++) seen[block[index]!]!++;
    }
  }
  seen.forEach((count, id) => counts[id] = BigInt(count));
  if (bosId === undefined || counts[bosId] === 0n) throw new Error("no bos");
  const bytes = new Uint8Array(counts.buffer);
  return {
    seconds,
    peakBytes,
    tokens: train.length + val.length,
    countsSha256: createHash("sha256").update(bytes).digest("hex"),
  };
}

async function peerRun(
  folder: string,
  input: string,
  tokenizer: string,
): Promise<Run> {
  const { bosId } = await loadTokenizer("gpt2");
  const started = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(values.python, {
    args: [
      new URL("./peer_tokenizers.py", import.meta.url).pathname,
      ...[tokenizer, input, join(folder, "peer.bin"), String(bosId)],
    ],
  }).output();
  const seconds = (performance.now() - started) / 1000;
  if (!success) {
    throw new Error(
      `The peer failed: ${new TextDecoder().decode(stderr).trim()}`,
    );
  }
  return { ...JSON.parse(new TextDecoder().decode(stdout)), seconds };
}

/** Tracks the total resident memory of a process and its children. */
function sampleTree(pid: number): { stop(): number } {
  let peakBytes = 0;
  const sample = () => {
    let sum = 0;
    for (const process of treeOf(pid)) sum += residentBytes(process);
    peakBytes = Math.max(peakBytes, sum);
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return peakBytes;
    },
  };
}

function treeOf(pid: number): number[] {
  const path = `/proc/${pid}/task/${pid}/children`;
  const children = readProc(path).trim().split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(treeOf)];
}

function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`/proc/${pid}/status`));
  return 1024 * Number(line?.[1] ?? 0);
}

/** Empty for a process that has ended. */
function readProc(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function report(
  { textBytes, documents }: { textBytes: number; documents: number },
  ours: Run,
  theirs: Run,
): void {
  const ratio = theirs.seconds / ours.seconds;
  if (values.json) {
    console.log(
      JSON.stringify({ textBytes, documents, ours, theirs, ratio }, null, 2),
    );
    return;
  }
  console.log(
    `\n${
      formatBytes(textBytes)
    } in ${documents} documents, ${ours.tokens} tokens, the same on both sides; ${navigator.hardwareConcurrency} cores: ${
      ratio.toFixed(2)
    } times as fast`,
  );
}

function lineOf(
  name: string,
  { seconds, peakBytes }: Run,
  textBytes: number,
): string {
  return [
    name.padEnd(24),
    `${(textBytes / 1e6 / seconds).toFixed(1)} MB/s`.padStart(10),
    `${seconds.toFixed(1)} s`.padStart(9),
    `${formatBytes(peakBytes)} at most`.padStart(18),
  ].join(" ");
}

await main();
