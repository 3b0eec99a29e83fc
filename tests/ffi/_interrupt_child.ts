/** Sends itself SIGINT in the way that its argument names. */
import { InterruptWatch, ones, scope } from "../../ffi/mod.ts";

const interrupt = () => Deno.kill(Deno.pid, "SIGINT");
const turn = () => new Promise((done) => setTimeout(done, 20));

switch (Deno.args[0]) {
  case "count": {
    const counts: (string | number)[] = [];
    const first = new InterruptWatch();
    counts.push(first.count);
    interrupt();
    counts.push(first.count, "|");
    const second = new InterruptWatch();
    counts.push(first.count, second.count, "|");
    interrupt();
    counts.push(first.count, second.count, "|");
    // The second time must not end the watch of the first.
    second[Symbol.dispose]();
    second[Symbol.dispose]();
    interrupt();
    counts.push(first.count);
    console.log(counts.join(" "));
    break;
  }
  case "loop": {
    using watch = new InterruptWatch();
    // A signal from outside, as from a terminal, while this process never yields.
    new Deno.Command("sh", {
      args: ["-c", `sleep 0.3; kill -INT ${Deno.pid}`],
      stdin: "null",
    }).spawn();
    const until = performance.now() + 10_000;
    let sum = 0;
    while (watch.count === 0 && performance.now() < until) {
      sum = scope(() => ones([2, 2]).matmul(ones([2, 2])).sum().item()) / 2;
    }
    console.log(`stopped by ${watch.count} signal, sum is ${sum}`);
    break;
  }
  case "default": {
    {
      using watch = new InterruptWatch();
      interrupt();
      console.log(`watched ${watch.count}`);
    }
    interrupt();
    await turn();
    console.log("still here");
    break;
  }
  case "older listener":
  case "newer listener": {
    const older = Deno.args[0] === "older listener";
    let heard = 0;
    const listen = () => void heard++;
    if (older) Deno.addSignalListener("SIGINT", listen);
    const watch = new InterruptWatch();
    if (!older) Deno.addSignalListener("SIGINT", listen);
    interrupt();
    await turn();
    const first = `watched ${watch.count}, heard ${heard}`;
    watch[Symbol.dispose]();
    interrupt();
    await turn();
    const again = new InterruptWatch();
    interrupt();
    await turn();
    console.log(`${first}, then heard ${heard}, watched ${again.count}`);
    Deno.removeSignalListener("SIGINT", listen);
    break;
  }
}
