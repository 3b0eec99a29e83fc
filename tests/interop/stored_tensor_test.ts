import { strict as assert } from "node:assert";
import {
  equalStored,
  joinRows,
  readStored,
  type StoredTensor,
  takeRows,
} from "../../lib/interop/stored_tensor.ts";
import { temporaryFolder } from "./_models.ts";

Deno.test("takeRows() and joinRows() cut and join without reading", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/numbers`;
  await Deno.writeFile(path, Uint8Array.from({ length: 24 }, (_, i) => i));
  const whole: StoredTensor = {
    dtype: "U8",
    shape: [6, 4],
    extents: [{ path, offset: 0, byteLength: 24 }],
  };
  const [first, rest] = [takeRows(whole, 0, 2), takeRows(whole, 2, 4)];
  const turned = joinRows([rest, first]);
  assert.deepEqual(turned.shape, [6, 4]);
  const bytes = [...await readStored(turned)];
  assert.deepEqual(bytes.slice(0, 3), [8, 9, 10]);
  assert.deepEqual(bytes.slice(-8), [0, 1, 2, 3, 4, 5, 6, 7]);
  // Across the seam of two ranges.
  assert.deepEqual([...await readStored(takeRows(turned, 3, 2))], [
    ...[20, 21, 22, 23],
    ...[0, 1, 2, 3],
  ]);
  assert.equal(await equalStored(joinRows([first, rest]), whole), true);
  assert.equal(await equalStored(turned, whole), false);
  assert.throws(() => takeRows(whole, 5, 2), RangeError);
  assert.throws(
    () => joinRows([first, { ...first, dtype: "I8" }]),
    /Cannot join U8 \[2, 4\] with I8/,
  );
});
