/** A command that writes for as long as somebody reads. */

import { runCommand } from "../../lib/cli/_command.ts";

const line = new TextEncoder().encode("a line\n");

await runCommand(async () => {
  for (;;) await Deno.stdout.write(line);
});
