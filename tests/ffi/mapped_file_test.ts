import { strict as assert } from "node:assert";
import { liveCount, MappedFile, scope, type Tensor } from "../../ffi/mod.ts";
import {
  assertTorchError,
  devices,
  numbers,
  temporaryFile,
} from "./_helpers.ts";

const content = () => new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

Deno.test("MappedFile shows a file's bytes, and tensors over them without a copy", () => {
  using temporary = temporaryFile(content());
  const before = liveCount("mapping");
  {
    using file = new MappedFile(temporary.path);
    assert.equal(liveCount("mapping"), before + 1);
    assert.deepEqual(file.bytes, content());
    scope(() => {
      const x = file.tensor(4, [1, 3], "float32");
      assert.deepEqual(x.shape, [1, 3]);
      assert.deepEqual(numbers(x), [2, 3, 4]);
      const address = (bytes: Uint8Array<ArrayBuffer>) =>
        Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
      assert.equal(address(x.bytes()), address(file.bytes.subarray(4)));
      for (const device of devices) {
        assert.deepEqual(numbers(x.to(device)), [2, 3, 4]);
      }
      assert.equal(file.tensor(16, [0, 5], "int64").numel, 0);
      assert.deepEqual(numbers(file.tensor(0, [], "float32")), [1]);
    });
  }
  assert.equal(liveCount("mapping"), before);
});

Deno.test("MappedFile copies where the offset does not fit the dtype", () => {
  using temporary = temporaryFile(Uint8Array.of(9, ...content()));
  using file = new MappedFile(temporary.path);
  using x = file.tensor(1, [2, 2], "float32");
  assert.deepEqual(numbers(x), [1, 2, 3, 4]);
  x.zero_();
  assert.equal(file.bytes[4], content()[3]);
});

Deno.test("MappedFile does not change its file when a tensor or its bytes are written to", () => {
  using temporary = temporaryFile(content());
  using file = new MappedFile(temporary.path);
  using x = file.tensor(0, [4], "float32");
  x.mul_(2);
  file.bytes[0] = 1;
  assert.deepEqual(numbers(x).slice(1), [4, 6, 8]);
  assert.deepEqual(Deno.readFileSync(temporary.path), content());
});

Deno.test("MappedFile's tensors outlive it, and the file's name", () => {
  let x: Tensor;
  {
    using temporary = temporaryFile(content());
    using file = new MappedFile(temporary.path);
    x = file.tensor(8, [2], "float32");
  }
  assert.deepEqual(numbers(x), [3, 4]);
  x.fill_(5);
  assert.deepEqual(numbers(x), [5, 5]);
  x.dispose();
});

Deno.test("MappedFile has no bytes left once it is disposed", () => {
  using temporary = temporaryFile(content());
  const file = new MappedFile(temporary.path);
  const floats = new Float32Array(file.bytes.buffer);
  assert.equal(floats[3], 4);
  file[Symbol.dispose]();
  file[Symbol.dispose]();
  // Not a crash: arrays over the file are empty.
  assert.equal(floats[3], undefined);
  assert.equal(file.bytes.length, 0);
  assert.throws(
    () => file.tensor(0, [1], "float32"),
    { name: "TypeError", message: /mapped file that was disposed/ },
  );
});

Deno.test("MappedFile refuses tensors that reach outside", () => {
  using temporary = temporaryFile(content());
  using file = new MappedFile(temporary.path);
  const wrong: [offset: number, shape: number[]][] = [
    [0, [5]],
    [4, [4]],
    [17, [0]],
    [-4, [1]],
    [0, [2 ** 40]],
  ];
  for (const [offset, shape] of wrong) {
    assertTorchError(
      () => file.tensor(offset, shape, "float32"),
      "invalid argument",
      /outside the file's 16/,
    );
  }
  assertTorchError(
    () => file.tensor(0, [2 ** 40, 2 ** 40], "float32"),
    "invalid argument",
    /overflows/,
  );
  assert.throws(
    () => file.tensor(0, [1], "float31" as "float32"),
    { name: "TypeError", message: /Unknown dtype "float31"/ },
  );
});

Deno.test("MappedFile takes an empty file", () => {
  using temporary = temporaryFile(new Uint8Array(0));
  using file = new MappedFile(temporary.path);
  assert.equal(file.bytes.length, 0);
  using x = file.tensor(0, [0], "uint16");
  assert.equal(x.numel, 0);
  assertTorchError(
    () => file.tensor(0, [1], "uint8"),
    "invalid argument",
    /outside the file's 0/,
  );
});

Deno.test("MappedFile says which file it cannot map", () => {
  const before = liveCount("mapping");
  assertTorchError(
    () => new MappedFile("/nonexistent/tokens.bin"),
    "io",
    /\/nonexistent\/tokens\.bin: No such file/,
  );
  assertTorchError(
    () => new MappedFile(Deno.cwd()),
    "invalid argument",
    /not a regular file/,
  );
  assert.throws(() => new MappedFile("a\0b"), { name: "TypeError" });
  assert.equal(liveCount("mapping"), before);
});
