import {
  diskFileSystem,
  type DurableFileSystem,
  type FileSink,
} from "../../lib/files/atomic.ts";

/** What happens at the chosen operation. */
export type Fault =
  /** It fails with this code; what follows works. */
  | { kind: "error"; code: string }
  /** It and everything after it fail, as if the disk stayed full or broke. */
  | { kind: "broken"; code: string }
  /** Nothing happens any more: no clean-up runs in a process that was killed. */
  | { kind: "kill" }
  /** Half of what was to be written is, and then the process is killed. */
  | { kind: "tear" };

/** A change of the disk, in the order in which they were made. */
export type Operation =
  | { kind: "create" | "mkdir" | "syncDirectory" | "remove"; path: string }
  | { kind: "write"; path: string; bytes: Uint8Array }
  /** With its content if the file was not written through this. */
  | { kind: "syncFile"; path: string; bytes?: Uint8Array }
  | { kind: "rename"; path: string; to: string };

/** Thrown where a killed process would have stopped. */
export class Killed extends Error {}

/** The real disk, with a fault at its `faultAt`-th operation, from 1. */
export function faultyFileSystem(
  options: { faultAt?: number; fault?: Fault } = {},
): DurableFileSystem & { log: Operation[] } {
  const { faultAt = Infinity, fault = { kind: "kill" } } = options;
  const log: Operation[] = [];
  let isDead = false;

  async function run<T>(
    operation: Operation,
    perform: () => Promise<T>,
    tear?: () => Promise<unknown>,
  ): Promise<T> {
    if (isDead) throw new Killed();
    log.push(operation);
    if (log.length < faultAt) return await perform();
    if (fault.kind === "broken" && operation.kind !== "remove") {
      throw systemError(fault.code);
    }
    if (log.length > faultAt) return await perform();
    if (fault.kind === "error") throw systemError(fault.code);
    if (fault.kind === "tear") await tear?.();
    isDead = fault.kind !== "broken";
    if (isDead) throw new Killed();
    return await perform();
  }

  return {
    log,
    createFile: (path) =>
      run({ kind: "create", path }, async () => {
        const sink = await diskFileSystem.createFile(path);
        return faultySink(path, sink);
      }),
    syncFile: (path) =>
      run(
        { kind: "syncFile", path, bytes: Deno.readFileSync(path) },
        () => diskFileSystem.syncFile(path),
      ),
    makeDirectory: (path) =>
      run({ kind: "mkdir", path }, () => diskFileSystem.makeDirectory(path)),
    syncDirectory: (path) =>
      run(
        { kind: "syncDirectory", path },
        () => diskFileSystem.syncDirectory(path),
      ),
    rename: (path, to) =>
      run({ kind: "rename", path, to }, () => diskFileSystem.rename(path, to)),
    remove: (path) =>
      run({ kind: "remove", path }, () => diskFileSystem.remove(path)),
  };

  function faultySink(path: string, sink: FileSink): FileSink {
    return {
      write: (bytes) =>
        run(
          { kind: "write", path, bytes: bytes.slice() },
          () => sink.write(bytes),
          () => sink.write(bytes.subarray(0, bytes.length >> 1)),
        ),
      sync: () => run({ kind: "syncFile", path }, () => sink.sync()),
      close: () => sink.close(),
    };
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code} from the test`), { code });
}
