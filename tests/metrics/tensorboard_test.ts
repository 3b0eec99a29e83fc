import { strict as assert } from "node:assert";
import { StorageError } from "../../lib/files/atomic.ts";
import { openTensorBoard } from "../../lib/metrics/mod.ts";
import { crc32c } from "../../lib/metrics/_tfrecord.ts";

/** The same three events from Python's tensorboard 2.21.0. */
const PYTHON_EVENTS =
  "1800000000000000a37f4b220900001040fc54d9411a0d627261696e2e4576656e743a32" +
  "338d2fe9100000000000000095fbfe180900001040fc54d94110ac023a0208016b3b88f1" +
  "2c00000000000000f4aecc450900001040fc54d94110ac022a1e0a0b0a046c6f73731500" +
  "0020400a0f0a0876616c5f6c6f7373150000c07f885a02c3";

Deno.test("openTensorBoard() writes the bytes that Python's writer does", () => {
  const directory = Deno.makeTempDirSync();
  {
    using board = openTensorBoard(`${directory}/tensorboard`, {
      resumeAtIter: 300,
      now: () => 1_700_000_000_250,
    });
    board.log({ iter: 300, loss: 2.5, val_loss: NaN });
    board.log({ iter: 301 });
    board.sync();
    assert.match(
      board.path,
      new RegExp(
        `/events\\.out\\.tfevents\\.1700000000\\..*\\.${Deno.pid}\\.0$`,
      ),
    );
    assert.equal(Deno.readFileSync(board.path).toHex(), PYTHON_EVENTS);
  }
  using second = openTensorBoard(`${directory}/tensorboard`, {
    now: () => 1_700_000_000_250,
  });
  assert.match(second.path, /\.1$/);
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("openTensorBoard() names path and cause when it cannot write", () => {
  const file = Deno.makeTempFileSync();
  assert.throws(
    () => openTensorBoard(`${file}/tensorboard`),
    (error: Error) =>
      error instanceof StorageError && error.message.includes(`create ${file}`),
  );
  Deno.removeSync(file);
});

Deno.test("crc32c() agrees with RFC 3720", () => {
  const zeros = new Uint8Array(32);
  assert.equal(crc32c(zeros), 0x8a9136aa);
  assert.equal(crc32c(zeros.map(() => 0xff)), 0x62a8ab43);
  assert.equal(crc32c(zeros.map((_, i) => i)), 0x46dd794e);
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
});
