/** A kernel, driven by a real Jupyter client in Python. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installKernel } from "../../lib/cli/kernel.ts";
import { findPython } from "./_python.ts";

/** Where notebooks are: the kernel finds the project from there. */
export const NOTEBOOKS = fileURLToPath(
  new URL("../../notebooks", import.meta.url),
);

/** Whether what is shown now is to be kept: `deno task test:notebooks --write`. */
export function isWriting(): boolean {
  return Deno.env.get("MOEBIUS_WRITE_NOTEBOOKS") === "1";
}

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** One output of a cell, as the protocol has it. */
export interface CellMessage {
  /** Type of the message: stream, display_data, ... */
  readonly kind: string;
  /** What it says. */
  readonly content: {
    readonly name?: string;
    readonly text?: string;
    readonly ename?: string;
    readonly evalue?: string;
    readonly data?: Readonly<Record<string, unknown>>;
  };
  /** Its size. */
  readonly bytes: number;
  /** When it arrived. */
  readonly atMs: number;
}

/** What came of a cell. */
export interface CellResult {
  readonly id: string;
  /** ok, error, or timeout if it was still busy. */
  readonly status: string;
  readonly elapsedMs: number;
  readonly outputs: readonly CellMessage[];
}

/** The text of a cell's last expression. */
export function resultOf({ outputs }: CellResult): string | undefined {
  const result = outputs.findLast(({ kind }) => kind === "execute_result");
  return result?.content.data?.["text/plain"] as string | undefined;
}

/** The folder that Jupyter finds the kernel in. */
export async function prepareJupyter(): Promise<Record<string, string>> {
  const data = await Deno.makeTempDir({ prefix: "moebius-jupyter-" });
  await installKernel(join(data, "kernels"));
  return { JUPYTER_DATA_DIR: data, JUPYTER_CONFIG_DIR: data };
}

/** A kernel and its client. */
export class KernelSession implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncIterator<string>;
  #isDown = false;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#lines = lines(process.stdout);
  }

  /** Starts a kernel that has imported everything of the project under `m`. */
  static async start(): Promise<KernelSession> {
    const env = await prepareJupyter();
    const process = new Deno.Command(await findPython(), {
      args: [join(HERE, "kernel_session.py"), NOTEBOOKS],
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const session = new KernelSession(process);
    await session.#answer();
    await session.execute(`import * as m from "moebius"`);
    return session;
  }

  /** Runs a cell and waits for its end. */
  async execute(code: string, timeoutS = 120): Promise<CellResult> {
    return await this.#ask<CellResult>({ action: "execute", code, timeoutS });
  }

  /** Runs a cell without waiting; `collect` with the id waits. */
  async start(code: string): Promise<string> {
    const command = { action: "execute", code, wait: false };
    return (await this.#ask<{ id: string }>(command)).id;
  }

  /** Waits for the end of a cell that was started. */
  async collect(id: string, timeoutS = 120): Promise<CellResult> {
    return await this.#ask<CellResult>({ action: "collect", id, timeoutS });
  }

  /** Does what the Stop button does. */
  async interrupt(): Promise<void> {
    await this.#ask({ action: "interrupt" });
  }

  /** Restarts the kernel; gives how long that took. */
  async restart(): Promise<number> {
    const command = { action: "restart" };
    return (await this.#ask<{ elapsedMs: number }>(command)).elapsedMs;
  }

  /** Shuts the kernel down; gives how it ended and how long that took. */
  async shutdown(): Promise<{ exitCode: number; elapsedMs: number }> {
    this.#isDown = true;
    const answer = await this.#ask<{ exitCode: number; elapsedMs: number }>({
      action: "shutdown",
    });
    await this.#process.status;
    return answer;
  }

  /** Resident memory of the kernel, in MiB. */
  async memoryMib(): Promise<number> {
    const { pid } = await this.#ask<{ pid: number }>({
      action: "pid",
    });
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isDown) await this.shutdown();
  }

  async #ask<Answer>(command: Record<string, unknown>): Promise<Answer> {
    await this.#input.write(
      new TextEncoder().encode(JSON.stringify(command) + "\n"),
    );
    return await this.#answer();
  }

  async #answer<Answer>(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The Jupyter client has ended");
    return JSON.parse(value);
  }
}

async function* lines(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
