import { strict as assert } from "node:assert";
import { join } from "node:path";
import { openExpertsCsv, readExpertsCsv } from "../../lib/metrics/mod.ts";

const at = (iter: number) => ({ iter, optimizer_step: iter });

Deno.test("openExpertsCsv() writes a column for each expert of each layer", async () => {
  const path = join(await Deno.makeTempDir(), "experts.csv");
  {
    using experts = openExpertsCsv(path);
    experts.log({ layers: [1, 2], counts: [[5, 0, 3], [1, 2, 5]] }, at(1));
    experts.log({ layers: [1, 2], counts: [[4, 4, 0], [8, 0, 0]] }, at(2));
  }
  assert.equal(
    await Deno.readTextFile(path),
    "iter,optimizer_step,1.0,1.1,1.2,2.0,2.1,2.2\n1,1,5,0,3,1,2,5\n2,2,4,4,0,8,0,0\n",
  );
  assert.deepEqual(readExpertsCsv(path), {
    layers: [1, 2],
    loads: [
      { step: 1, counts: [[5, 0, 3], [1, 2, 5]] },
      { step: 2, counts: [[4, 4, 0], [8, 0, 0]] },
    ],
  });
});

Deno.test("openExpertsCsv() goes on where a checkpoint stopped", async () => {
  const path = join(await Deno.makeTempDir(), "experts.csv");
  for (const resumeAtIter of [undefined, 2]) {
    using experts = openExpertsCsv(
      path,
      resumeAtIter === undefined ? {} : { resumeAtIter },
    );
    for (const iter of resumeAtIter === undefined ? [1, 2, 3] : [2]) {
      experts.log({ layers: [0], counts: [[iter, 7]] }, at(iter));
    }
  }
  const steps = readExpertsCsv(path).loads.map(({ step }) => step);
  assert.deepEqual(steps, [1, 2]);
});

Deno.test("readExpertsCsv() of a model without experts has no layers", () => {
  assert.deepEqual(readExpertsCsv("/nowhere/experts.csv"), {
    layers: [],
    loads: [],
  });
});
