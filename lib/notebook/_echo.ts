/**
 * Detects when the kernel has sent its outputs. The kernel does not report this, but it sends outputs to all
 * clients in order: once our own client receives a mark, all outputs before the mark have been sent.
 */

import type { EchoTask } from "./_echo_worker.ts";

const LOOK_MS = 1;
const AGAIN_MS = 20;

/** A client of the kernel's outputs, in a thread of its own. */
export class OutputEcho {
  readonly #show: (mark: string) => void;
  readonly #prefix = `moebius-echo-${crypto.randomUUID()}-`;
  readonly #passed = new Int32Array(new SharedArrayBuffer(4));
  #mark = 1;
  #isBroken = false;

  /** Joins the kernel whose connection is given; `show` shows a mark as an output. */
  constructor(
    { ip, iopub_port }: KernelConnection,
    show: (mark: string) => void,
  ) {
    this.#show = show;
    const worker = new Worker(new URL("./_echo_worker.ts", import.meta.url), {
      type: "module",
    });
    // Without the worker, outputs are given a fixed time instead.
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#isBroken = true;
    });
    const task: EchoTask = {
      hostname: ip,
      port: iopub_port,
      prefix: this.#prefix,
      passed: this.#passed.buffer as SharedArrayBuffer,
    };
    worker.postMessage(task);
    // The kernel does not report when a client has joined.
    const timer = setInterval(() => {
      if (this.isReady || this.#isBroken) clearInterval(timer);
      else this.#show(`${this.#prefix}1;`);
    }, AGAIN_MS);
  }

  /** Whether it has received anything; before that, waiting is impossible. */
  get isReady(): boolean {
    return Atomics.load(this.#passed, 0) > 0;
  }

  /** Waits until it has received something; returns false if it does not in time. */
  async ready(mostMs: number): Promise<boolean> {
    const endMs = performance.now() + mostMs;
    while (!this.isReady && !this.#isBroken && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    // Remembered, so that a second call does not wait again.
    this.#isBroken = !this.isReady;
    return this.isReady;
  }

  /** Waits until all outputs are sent. */
  async wait(mostMs: number): Promise<void> {
    const mark = this.#send();
    const endMs = performance.now() + mostMs;
    while (
      Atomics.load(this.#passed, 0) < mark && performance.now() < endMs
    ) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }

  /** Like `wait`, but blocks this thread. */
  waitSync(mostMs: number): void {
    const mark = this.#send();
    const endMs = performance.now() + mostMs;
    for (;;) {
      const passed = Atomics.load(this.#passed, 0);
      const restMs = endMs - performance.now();
      if (passed >= mark || restMs <= 0) return;
      Atomics.wait(this.#passed, 0, passed, restMs);
    }
  }

  #send(): number {
    this.#mark++;
    this.#show(`${this.#prefix}${this.#mark};`);
    return this.#mark;
  }
}

/** The used fields of a kernel's connection file. */
export interface KernelConnection {
  /** Its address. */
  readonly ip: string;
  /** Port where it publishes its outputs. */
  readonly iopub_port: number;
}

/** The connection of the kernel in this process; undefined if the system does not reveal it. */
export function ownConnection(): KernelConnection | undefined {
  try {
    const words = Deno.readTextFileSync("/proc/self/cmdline").split("\0");
    const path = words[words.indexOf("--conn") + 1] ?? "";
    const connection = JSON.parse(Deno.readTextFileSync(path));
    return connection.transport === "tcp" ? connection : undefined;
  } catch {
    return undefined;
  }
}
