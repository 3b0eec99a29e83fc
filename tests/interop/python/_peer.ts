/** Asks Python: one process for all questions of a test file. */

import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";

/** Name of the variable that holds the Python with LitGPT and transformers. */
export const PYTHON_VARIABLE = "MOEBIUS_INTEROP_PYTHON";

/** A running peer.py. */
export interface Peer extends AsyncDisposable {
  /** Runs a function of peer.py; an exception there is an error here. */
  ask<Answer>(
    command: string,
    request?: Readonly<Record<string, unknown>>,
  ): Promise<Answer>;
}

/** Starts Python; importing torch takes it some seconds. */
export function startPeer(): Peer {
  const python = Deno.env.get(PYTHON_VARIABLE);
  assert.ok(
    python,
    `${PYTHON_VARIABLE} is not set: run deno task test:interop`,
  );
  const child = new Deno.Command(python, {
    args: [fileURLToPath(new URL("peer.py", import.meta.url))],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed: string[] = [];
  const reading = (async () => {
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      printed.push(text);
      if (printed.length > 200) printed.shift();
    }
  })();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  const readLine = async (): Promise<string> => {
    for (;;) {
      const end = rest.indexOf("\n");
      if (end >= 0) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        return line;
      }
      const { value, done } = await reader.read();
      if (done) throw new Error(`Python ended:\n${printed.join("")}`);
      rest += value;
    }
  };
  return {
    async ask<Answer>(
      command: string,
      request: Readonly<Record<string, unknown>> = {},
    ): Promise<Answer> {
      const line = JSON.stringify({ command, ...request }) + "\n";
      await writer.write(new TextEncoder().encode(line));
      const answer = JSON.parse(await readLine());
      if (answer.error === undefined) return answer.ok;
      throw new Error(`${command} failed in Python:\n${answer.error}`);
    },
    async [Symbol.asyncDispose]() {
      await writer.close();
      await reader.cancel();
      await child.status;
      await reading;
    },
  };
}
