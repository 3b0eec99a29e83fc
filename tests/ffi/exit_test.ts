import { strict as assert } from "node:assert";
import { child } from "./_helpers.ts";

const ATTEMPTS = 10;
const decoder = new TextDecoder();

for (const mode of ["async", "worker"]) {
  Deno.test(
    `a process that exits while ${
      mode === "async" ? "a nonblocking call" : "a Worker"
    } computes returns its own status, ${ATTEMPTS} times of ${ATTEMPTS}`,
    async () => {
      const exits = async (from: number) => {
        for (let i = from; i < ATTEMPTS; i += 2) {
          const status = 10 + i;
          const { code, signal, stdout, stderr } = await child(
            "./_exit_child.ts",
            { args: [mode, String(status)] },
          ).output();
          assert.equal(decoder.decode(stdout), "computing\n");
          assert.deepEqual(
            { code, signal, stderr: decoder.decode(stderr) },
            { code: status, signal: null, stderr: "" },
          );
        }
      };
      await Promise.all([exits(0), exits(1)]);
    },
  );
}

Deno.test("a process that comes to its end returns 0", async () => {
  const { code, stdout } = await child("./_exit_child.ts", {
    args: ["end"],
  }).output();
  assert.deepEqual([code, decoder.decode(stdout)], [0, "computing\n"]);
});
