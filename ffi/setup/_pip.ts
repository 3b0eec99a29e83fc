/**
 * Installs packages with pip into a folder of their own; Python's own packages
 * stay untouched.
 */
import { join } from "node:path";
import {
  type Host,
  removeFolder,
  run,
  secondsSince,
  SetupError,
  which,
} from "./_host.ts";

/**
 * Result of one pip run: whether it succeeded, and the last lines of what it
 * said.
 */
export interface PipResult {
  readonly ok: boolean;
  readonly tail: string;
}

// What a reader wants to see of pip's output; the rest is kept for the message
// of a failure.
const SHOWN =
  /^\s*(Collecting|Downloading|Processing|Using cached|Installing collected)/;
const INSTALL =
  "-m pip install --no-input --no-compile --only-binary :all: --progress-bar off --disable-pip-version-check"
    .split(" ");
// Settings of the user's that contradict --target are switched off.
const SETTINGS = {
  PYTHONUNBUFFERED: "1",
  PIP_USER: "0",
  PIP_REQUIRE_VIRTUALENV: "0",
};
const HEARTBEAT_MS = 5_000;

/**
 * Path of a `python3` that has pip.
 *
 * @throws {SetupError} If there is no python3, or it has no pip; the message
 * says how to install it.
 */
export async function findPip(host: Host, purpose: string): Promise<string> {
  const python = which("python3", host.env);
  const pip = python === undefined
    ? undefined
    : await run(python, ["-m", "pip", "--version"], host.env);
  if (python !== undefined && pip?.code === 0) return python;
  const why = python === undefined
    ? "there is no python3"
    : `${python} has no pip`;
  throw new SetupError(
    `Cannot ${purpose}: ${why}: install pip with \`sudo apt-get install python3-pip\` ` +
      "(Debian, Ubuntu), `sudo dnf install python3-pip` (Fedora, RHEL) or `python3 -m ensurepip`, " +
      "or set LIBTORCH to an unpacked libtorch",
  );
}

/**
 * Installs into `target`, telling the log what pip does and, every few seconds,
 * how far it is.
 */
export async function pipInstall(
  host: Host,
  python: string,
  options: { target: string; args: readonly string[] },
): Promise<PipResult> {
  // pip unpacks in its temporary folder and then moves: on one file system that
  // costs neither time nor space.
  const temporary = join(host.stateDir, "tmp");
  removeFolder(temporary);
  Deno.mkdirSync(temporary, { recursive: true });
  const child = new Deno.Command(python, {
    args: [...INSTALL, "--target", options.target, ...options.args],
    env: { ...host.env, ...SETTINGS, TMPDIR: temporary },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();

  const startMs = performance.now();
  const heartbeat = setInterval(() => {
    const megabytes = Math.round(folderBytes(temporary) / 1e6);
    host.log(`  ${megabytes} MB so far, ${secondsSince(startMs)}`);
  }, HEARTBEAT_MS);
  const tail: string[] = [];
  const onLine = (line: string) => {
    if (SHOWN.test(line)) {
      host.log(`  pip: ${line.trim().replace(/ \(from .*\)$/, "")}`);
    }
    if (line.trim() !== "") tail.push(line.trim());
    if (tail.length > 15) tail.shift();
  };
  try {
    const [{ success }] = await Promise.all([
      child.status,
      readLines(child.stdout, onLine),
      readLines(child.stderr, onLine),
    ]);
    return { ok: success, tail: tail.join("\n") };
  } finally {
    clearInterval(heartbeat);
    removeFolder(temporary);
  }
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  onLine(rest);
}

function folderBytes(folder: string): number {
  let bytes = 0;
  try {
    for (const entry of Deno.readDirSync(folder)) {
      const path = join(folder, entry.name);
      bytes += entry.isDirectory
        ? folderBytes(path)
        : Deno.lstatSync(path).size;
    }
  } catch (error) {
    // pip moves and removes files while they are counted.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return bytes;
}
