import { strict as assert } from "node:assert";

/** Runs a program that sends itself SIGINT. */
async function run(body: string): Promise<{ code: number; output: string }> {
  const file = await Deno.makeTempFile({ dir: "tests/ffi", suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      file,
      `import { InterruptedError, ones, protectFromInterrupt, raiseOnInterrupt, takeInterrupt } from "moebius";
${body}`,
    );
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", file],
      env: { NO_COLOR: "1" },
    }).output();
    const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, output: decode(stdout) + decode(stderr) };
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("raiseOnInterrupt() makes the next operator throw, once", async () => {
  const { code, output } = await run(`
raiseOnInterrupt();
const x = ones([2]);
Deno.kill(Deno.pid, "SIGINT");
try {
  for (let i = 0; i < 1e6; i++) x.add(1).dispose();
  console.log("not interrupted");
} catch (error) {
  console.log(error instanceof InterruptedError, error.name);
}
console.log(x.add(1).sum().item(), takeInterrupt());`);
  assert.equal(output, "true InterruptedError\n4 false\n");
  assert.equal(code, 0);
});

Deno.test("protectFromInterrupt() lets operators finish, and the signal is kept", async () => {
  const { output } = await run(`
raiseOnInterrupt();
const x = ones([2]);
{
  using whole = protectFromInterrupt();
  Deno.kill(Deno.pid, "SIGINT");
  for (let i = 0; i < 1e5; i++) x.add(1).dispose();
  console.log("finished");
}
console.log(takeInterrupt(), takeInterrupt());
console.log(x.add(1).sum().item());`);
  assert.equal(output, "finished\ntrue false\n4\n");
});

Deno.test("without raiseOnInterrupt() SIGINT ends the process as it always did", async () => {
  const { code, output } = await run(`
const x = ones([2]);
x.add(1);
Deno.kill(Deno.pid, "SIGINT");
for (let i = 0; i < 1e6; i++) x.add(1).dispose();
console.log("still here");`);
  assert.equal(output, "");
  assert.notEqual(code, 0);
});
