/** Exits with the status of its second argument while another thread computes. */
import { ones, zeros } from "../../ffi/mod.ts";

const [mode, status] = Deno.args;
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms));

switch (mode) {
  case "async": {
    // To read a transposed matrix of 128 MB takes longer than the process has left.
    const pending = zeros([4096, 8192]).t().toArrayAsync();
    pending.then(() => console.log("too early"));
    await wait(10);
    break;
  }
  case "worker": {
    const worker = new Worker(new URL("./_exit_worker.ts", import.meta.url), {
      type: "module",
    });
    await new Promise((started) => worker.onmessage = started);
    await wait(20);
    break;
  }
  default:
    ones([64, 64]).matmul(ones([64, 64]));
}
console.log("computing");
if (status !== undefined) Deno.exit(Number(status));
