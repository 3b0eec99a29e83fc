/** A small run through the command line, in a process that faults can be put into. */

import { join } from "node:path";
import { findCompiler } from "../../ffi/setup/_compiler.ts";
import { readMetrics } from "../../lib/metrics/mod.ts";
import { digestTensors } from "../train/_run.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** How a process ended. */
export interface Ended {
  /** Its exit code; 128 and the signal's number if a signal ended it. */
  code: number;
  /** Everything it printed. */
  text: string;
  /** From its start, in milliseconds. */
  elapsedMs: number;
}

/** What goes wrong below a folder; faults.c says what can. */
export interface Fault {
  /** The operation, from 1; none unless told. */
  at?: number;
  /** What happens to it. Default: kill. */
  does?: string;
  /** Gets a line for each operation. */
  log?: string;
}

/** A folder with a text, a configuration and room for runs. */
export interface SmallRun extends AsyncDisposable {
  readonly dir: string;
  /** Trains into `name`, going on if that was begun. */
  train(name: string, options?: TrainOptions): Promise<Ended>;
  /** Weights, optimizer and losses of a finished run, as text that differs if any bit does. */
  digest(name: string): Promise<string>;
}

/** Options of {@linkcode SmallRun.train}. */
export interface TrainOptions {
  /** Flags behind those of the run. */
  flags?: readonly string[];
  /** What goes wrong below the run's folder. */
  fault?: Fault;
  /** Called with the process once it runs. */
  onStart?: (process: Deno.ChildProcess) => unknown;
  /** A command that gets the program and its arguments: `sh -c '... exec "$@"'`. */
  through?: readonly string[];
}

/** 12 steps, a checkpoint after 4 and 8, and a final one; about 3 MB each. */
const CONFIG = (dir: string) => `
model_config:
  block_size: 32
  n_layer: 1
  n_embd: 32
  n_head: 4
  n_query_groups: 2
  vocab_size: 4096
  padded_vocab_size: 4096
  norm_class_name: RMSNorm
  bias: false
  parallel_residual: false
  mlp_class_name: LLaMAMoE
  moe_intermediate_size: 16
  n_expert: 2
  n_expert_per_token: 1
data:
  class_path: TextFiles
  init_args: {train_data_path: ${dir}/text.txt}
tokenizer_dir: data/tokenizer
precision: 32-true
device: cpu
resume: auto
train:
  {global_batch_size: 4, micro_batch_size: 2, max_tokens: null, max_steps: 12, lr_warmup_steps: 2, save_interval: 4}
eval: {interval: 6, max_iters: 2}
log: {keep_last: 1, progress: false}
optimizer: {class_path: torch.optim.AdamW, init_args: {lr: 0.01}}
`;

/** Writes the text and the configuration. */
export async function smallRun(): Promise<SmallRun> {
  const dir = await Deno.makeTempDir({ prefix: "moebius-reliability-" });
  const text = Array.from(
    { length: 3000 },
    (_, i) => `Line ${i * i % 997} of ${i} is about whales and ships.`,
  ).join("\n");
  await Deno.writeTextFile(join(dir, "text.txt"), text);
  await Deno.writeTextFile(join(dir, "run.yaml"), CONFIG(dir));
  return {
    dir,
    train: (name, options = {}) => train(dir, name, options),
    async digest(name) {
      const tensors = await digestTensors(join(dir, name, "final"));
      const rows = await readMetrics(join(dir, name, "metrics.csv"));
      const losses = rows.map(({ iter, loss, val_loss, grad_norm }) => [
        iter,
        loss,
        val_loss,
        grad_norm,
      ]);
      return JSON.stringify([tensors, losses]);
    },
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

async function train(
  dir: string,
  name: string,
  { flags = [], fault, onStart, through = [] }: TrainOptions,
): Promise<Ended> {
  const command = [
    ...through,
    Deno.execPath(),
    ...["run", "-A", "--no-check", "lib/cli/train.ts"],
    ...["--config", join(dir, "run.yaml"), "--out-dir", join(dir, name)],
    ...flags,
  ];
  const env = fault === undefined ? {} : await faultVariables(
    join(dir, name),
    fault,
  );
  return await runProcess(command, { env, ...(onStart && { onStart }) });
}

/** Runs a program to its end. */
export async function runProcess(
  [program = "", ...args]: readonly string[],
  { env = {}, onStart }: {
    env?: Record<string, string>;
    onStart?: (process: Deno.ChildProcess) => unknown;
  } = {},
): Promise<Ended> {
  const startedMs = performance.now();
  const process = new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1", OMP_NUM_THREADS: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  onStart?.(process);
  const { code, stdout, stderr } = await process.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const elapsedMs = performance.now() - startedMs;
  return { code, text: decode(stdout) + decode(stderr), elapsedMs };
}

/** The environment that puts a fault into a process. */
export async function faultVariables(
  below: string,
  { at = 0, does = "kill", log }: Fault,
): Promise<Record<string, string>> {
  return {
    LD_PRELOAD: await (library ??= compile()),
    FAULTS_BELOW: below,
    FAULTS_AT: String(at),
    FAULTS_DO: does,
    ...(log === undefined ? {} : { FAULTS_LOG: log }),
  };
}

/** The operations of a log that {@linkcode Fault.log} named. */
export async function readLog(path: string): Promise<string[]> {
  return (await Deno.readTextFile(path)).trimEnd().split("\n");
}

let library: Promise<string> | undefined;

async function compile(): Promise<string> {
  const source = new URL("faults.c", import.meta.url).pathname;
  const target = join(ROOT, ".moebius", "faults.so");
  const compiler = await findCompiler({
    env: Deno.env.toObject(),
    stateDir: join(ROOT, ".moebius"),
    log: () => {},
  });
  const temporary = `${target}.${Deno.pid}`;
  const { success, stderr } = await new Deno.Command(compiler.path, {
    args: [
      ...compiler.firstArgs,
      ...["-x", "c", "-O1", "-shared", "-fPIC", "-o", temporary, source],
      "-ldl",
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  await Deno.rename(temporary, target);
  return target;
}
