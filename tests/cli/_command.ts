/** Runs the commands as a user does, in processes of their own. */

const ROOT = new URL("../../", import.meta.url).pathname;

/** How a command ended. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Options of {@linkcode runCommand}. */
export interface RunOptions {
  /** Variables beside those of this process. */
  env?: Record<string, string>;
  /** Called with the process once it runs. */
  onStart?: (process: Deno.ChildProcess) => void;
  /** In a process group of its own, as a shell starts it. */
  detached?: boolean;
}

/** Runs `lib/cli/NAME.ts` with arguments. */
export async function runCommand(
  name: string,
  args: readonly string[],
  { env = {}, onStart, detached = false }: RunOptions = {},
): Promise<Outcome> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", `lib/cli/${name}.ts`, ...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    detached,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  onStart?.(process);
  const { code, stdout, stderr } = await process.output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}
