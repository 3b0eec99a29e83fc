/**
 * The worker of an echo: a client of the kernel's outputs that records the newest mark received. It
 * implements the part of ZMTP 3.0 that a subscriber needs.
 */

/** The worker's input. */
export interface EchoTask {
  /** Address where the kernel publishes its outputs. */
  readonly hostname: string;
  readonly port: number;
  /** Text before the number of a mark; a semicolon follows the number. */
  readonly prefix: string;
  /** An Int32: the number of the newest mark received. */
  readonly passed: SharedArrayBuffer;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<EchoTask>) => void;
};

scope.onmessage = ({ data }) => void listen(data);

async function listen(
  { hostname, port, prefix, passed }: EchoTask,
): Promise<void> {
  const newest = new Int32Array(passed);
  using connection = await Deno.connect({ hostname, port });
  await connection.write(hello());
  const decoder = new TextDecoder("latin1");
  const buffer = new Uint8Array(1 << 16);
  let text = "";
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) throw new Error("The kernel's outputs have ended");
    text += decoder.decode(buffer.subarray(0, count));
    const start = text.lastIndexOf(prefix);
    const number = /^(\d+);/.exec(text.slice(start + prefix.length))?.[1];
    if (start >= 0 && number !== undefined) {
      Atomics.store(newest, 0, Number(number));
      Atomics.notify(newest, 0);
    }
    // A mark may be split between two messages.
    text = text.slice(-prefix.length - 12);
  }
}

/** Greeting, READY and the subscription to everything. */
function hello(): Uint8Array<ArrayBuffer> {
  const greeting = new Uint8Array(64);
  greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x7f, 3, 0]);
  greeting.set(new TextEncoder().encode("NULL"), 12);
  const ready = new TextEncoder().encode(
    "\x05READY\x0bSocket-Type\x00\x00\x00\x03SUB",
  );
  return new Uint8Array([...greeting, 4, ready.length, ...ready, 0, 1, 1]);
}
