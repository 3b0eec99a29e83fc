/**
 * `deno task test:interop [words]`: compares with LitGPT, transformers,
 * safetensors, tokenizers and litdata themselves. Their Python is a virtual
 * environment in `.moebius/`, made once; its torch is the libtorch that the
 * shim is built against. The last line is "N passed, N failed".
 *
 * A word that is a path chooses test files, any other filters test names.
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureSetup } from "../../ffi/setup/mod.ts";
import { type Counts, runAsCommand, runTests } from "../run.ts";
import { PYTHON_VARIABLE } from "./python/_peer.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = join(ROOT, "tests/interop/python");
const ENVIRONMENT = join(ROOT, ".moebius", "interop");
const PYTHON = join(ENVIRONMENT, "bin", "python");
const STAMP = join(ENVIRONMENT, "moebius-stamp");
const IMPORTS =
  "import torch, litgpt, litdata, transformers, safetensors, tokenizers";
const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 };

if (import.meta.main) await runAsCommand(run);

/**
 * Makes the environment, unless it is there, and runs the tests in it.
 *
 * @returns How many passed; one failure if there is no environment.
 */
export async function run(words: readonly string[]): Promise<Counts> {
  const { libtorch } = await ensureSetup();
  const sitePackages = dirname(libtorch.path);
  try {
    await makeEnvironment(sitePackages);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return FAILED;
  }
  return await runPythonTests(words);
}

async function makeEnvironment(sitePackages: string): Promise<void> {
  const requirements = join(FOLDER, "requirements.txt");
  const stamp = createHash("sha256").update(Deno.readTextFileSync(requirements))
    .update(sitePackages).digest("hex");
  if (read(STAMP) === stamp) return;
  console.log(`-- Python packages, into ${ENVIRONMENT}`);
  await Deno.remove(ENVIRONMENT, { recursive: true }).catch(() => {});
  await python("python3", ["-m", "venv", ENVIRONMENT]);
  await python(PYTHON, [
    ..."-m pip install -q --no-input --no-deps --only-binary :all: --disable-pip-version-check"
      .split(" "),
    ...["-r", requirements],
  ]);
  // After the packages above: what else lies beside that torch does not count.
  const [folder] = [...Deno.readDirSync(join(ENVIRONMENT, "lib"))]
    .filter(({ name }) => name.startsWith("python"));
  await Deno.writeTextFile(
    join(ENVIRONMENT, "lib", folder!.name, "site-packages", "libtorch.pth"),
    sitePackages + "\n",
  );
  await python(PYTHON, ["-W", "ignore", "-c", IMPORTS]);
  await Deno.writeTextFile(STAMP, stamp);
}

async function python(program: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
  }).output();
  if (success) return;
  const text = new TextDecoder().decode(stderr).trim().split("\n").slice(-15);
  throw new Error(
    `Cannot make the Python environment of the comparison: ${
      basename(program)
    } ${
      args.slice(0, 3).join(" ")
    } failed (Python 3.11 or newer with venv, a torch that it imports, and its package index are needed):\n${
      text.join("\n")
    }`,
  );
}

/** All tests, unless words name files. */
async function runPythonTests(words: readonly string[]): Promise<Counts> {
  const all = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort()
    .filter((name) => /^[a-z]\w*\.ts$/.test(name))
    .map((name) => join(FOLDER, name));
  const files = words.some((word) => read(word) !== undefined) ? [] : all;
  Deno.env.set(PYTHON_VARIABLE, PYTHON);
  try {
    return (await runTests(["--parallel", ...words, ...files])).counts;
  } finally {
    Deno.env.delete(PYTHON_VARIABLE);
  }
}

function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
