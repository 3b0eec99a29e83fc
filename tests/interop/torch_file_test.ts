import { strict as assert } from "node:assert";
import { join } from "node:path";
import { openTorchFile } from "../../lib/interop/mod.ts";
import { readStored } from "../../lib/interop/stored_tensor.ts";
import {
  PythonFloat,
  PythonTensor,
  PythonTuple,
  writeTorchFile,
} from "../../lib/interop/torch_file_writer.ts";
import { temporaryFolder } from "./_models.ts";
import { pickleOf, tensorOf } from "./_pickles.ts";

const VALUES = Float32Array.of(1, 2, 3, 4, 5, 6);

function tensor(): PythonTensor {
  return new PythonTensor(
    "F32",
    [2, 3],
    () => Promise.resolve(new Uint8Array(VALUES.slice().buffer)),
  );
}

/** A zip of stored files, as simple as can be. */
function zipOf(
  files: Readonly<Record<string, Uint8Array>>,
  { method = 0, flags = 0 } = {},
): Uint8Array {
  const local: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const text = new TextEncoder().encode(name);
    const fields = (view: DataView, start: number) => {
      view.setUint16(start, flags, true);
      view.setUint16(start + 2, method, true);
      view.setUint32(start + 12, content.length, true);
      view.setUint32(start + 16, content.length, true);
      view.setUint16(start + 20, text.length, true);
    };
    const head = new DataView(new ArrayBuffer(30));
    head.setUint32(0, 0x04034b50, true);
    fields(head, 6);
    const entry = new DataView(new ArrayBuffer(46));
    entry.setUint32(0, 0x02014b50, true);
    fields(entry, 8);
    entry.setUint32(42, at, true);
    local.push(pickleOf(new Uint8Array(head.buffer), text, content));
    central.push(pickleOf(new Uint8Array(entry.buffer), text));
    at += 30 + text.length + content.length;
  }
  const directory = pickleOf(...central);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(10, central.length, true);
  end.setUint32(12, directory.length, true);
  end.setUint32(16, at, true);
  return pickleOf(...local, directory, new Uint8Array(end.buffer));
}

async function openBytes(bytes: Uint8Array, folder: string) {
  const path = join(folder, "given.pth");
  await Deno.writeFile(path, bytes);
  return await openTorchFile(path);
}

for (const zip64From of [undefined, 50]) {
  const how = zip64From === undefined ? "" : " with ZIP64 records";
  Deno.test(`openTorchFile() reads what writeTorchFile() writes${how}, aligned to 64 bytes`, async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a.pth");
    const shared = tensor();
    await writeTorchFile(path, {
      a: shared,
      b: shared,
      c: tensor(),
      n: 2 ** 40,
      f: new PythonFloat(1),
      t: new PythonTuple([1, "x", null, false]),
      m: new Map([[0, [2]]]),
    }, zip64From === undefined ? {} : { zip64From });
    const file = await openTorchFile(path);
    const root = file.root as Map<string, unknown>;
    assert.deepEqual(root.get("t"), [1, "x", null, false]);
    assert.deepEqual(root.get("m"), new Map([[0, [2]]]));
    assert.equal(root.get("n"), 2 ** 40);
    const [a, b, c] = ["a", "b", "c"].map((name) =>
      file.tensor(root.get(name) as null, name)
    );
    assert.deepEqual(a, b);
    assert.notDeepEqual(a!.extents, c!.extents);
    assert.equal(a!.extents[0]!.offset % 64, 0);
    assert.deepEqual(
      new Float32Array((await readStored(c!)).buffer),
      VALUES,
    );
  });
}

Deno.test("openTorchFile() refuses a file that was cut off anywhere", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "whole.pth");
  await writeTorchFile(path, { a: tensor() });
  const whole = await Deno.readFile(path);
  for (let length = 0; length < whole.length; length += 7) {
    await assert.rejects(
      openBytes(whole.slice(0, length), folder.path),
      (error: unknown) =>
        error instanceof SyntaxError &&
        /Cannot read .*given\.pth: /.test(error.message),
      `cut to ${length} bytes`,
    );
  }
});

Deno.test("openTorchFile() survives every changed byte of the zip's own records", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "whole.pth");
  await writeTorchFile(path, { a: tensor() });
  const whole = await Deno.readFile(path);
  let refused = 0;
  for (let at = whole.length - 300; at < whole.length; at++) {
    const changed = whole.slice();
    changed[at] = changed[at]! ^ 0xff;
    try {
      await openBytes(changed, folder.path);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, `byte ${at}: ${error}`);
      refused++;
    }
  }
  assert.ok(refused > 50);
});

const PICKLE = pickleOf("\x80\x02", tensorOf(), ".");
const FLOATS = new Uint8Array(VALUES.buffer);
const WRONG: Readonly<Record<string, { zip: Uint8Array; says: RegExp }>> = {
  "compressed entries": {
    zip: zipOf({ "archive/data.pkl": PICKLE }, { method: 8 }),
    says: /is compressed/,
  },
  "encrypted entries": {
    zip: zipOf({ "archive/data.pkl": PICKLE }, { flags: 1 }),
    says: /is encrypted/,
  },
  "a zip without a pickle": {
    zip: zipOf({ "archive/other": PICKLE }),
    says: /no data\.pkl/,
  },
  "two pickles": {
    zip: zipOf({ "a/data.pkl": PICKLE, "b/data.pkl": PICKLE }),
    says: /or several/,
  },
  "numbers of a big-endian machine": {
    zip: zipOf({
      "archive/data.pkl": PICKLE,
      "archive/byteorder": new TextEncoder().encode("big"),
    }),
    says: /big-endian/,
  },
  "a bare pickle of before PyTorch 1.6": { zip: PICKLE, says: /before 1\.6/ },
  "no zip at all": { zip: new Uint8Array(5000), says: /it is no zip/ },
  "an empty file": { zip: new Uint8Array(0), says: /it is no zip/ },
};

for (const [what, { zip, says }] of Object.entries(WRONG)) {
  Deno.test(`openTorchFile() refuses ${what}`, async () => {
    await using folder = await temporaryFolder();
    await assert.rejects(openBytes(zip, folder.path), (error: unknown) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, says);
      return true;
    });
  });
}

const TENSORS: Readonly<
  Record<string, { pickle: Uint8Array; says: RegExp; data?: Uint8Array }>
> = {
  "whose elements are missing": {
    pickle: tensorOf({ key: "7" }),
    says: /its elements, data\/7, are missing/,
  },
  "that begins outside its storage": {
    pickle: tensorOf({ offset: 1 }),
    says: /reaches outside its storage/,
  },
  "that is larger than its storage": {
    pickle: tensorOf({ shape: [3, 3] }),
    says: /reaches outside its storage/,
  },
  "that is transposed": {
    pickle: tensorOf({ shape: [3, 2], strides: [1, 3] }),
    says: /row by row \(strides \[1, 3\]\)/,
  },
  "that repeats one row": {
    pickle: tensorOf({ strides: [0, 1] }),
    says: /row by row/,
  },
  "whose storage is shorter than it says": {
    pickle: tensorOf(),
    data: FLOATS.subarray(0, 20),
    says: /has 20 bytes, expected 24/,
  },
};

for (const [what, { pickle, says, data = FLOATS }] of Object.entries(TENSORS)) {
  Deno.test(`TorchFile.tensor() refuses a tensor ${what}`, async () => {
    await using folder = await temporaryFolder();
    const file = await openBytes(
      zipOf({
        "archive/data.pkl": pickleOf("\x80\x02", pickle, "."),
        "archive/data/0": data,
      }),
      folder.path,
    );
    assert.throws(
      () => file.tensor(file.root, "the.weight"),
      (error: unknown) => {
        assert.ok(error instanceof SyntaxError);
        assert.match(error.message, /Cannot read the\.weight in /);
        assert.match(error.message, says);
        return true;
      },
    );
  });
}

Deno.test("TorchFile.tensor() takes a view of a larger storage", async () => {
  await using folder = await temporaryFolder();
  const pickle = tensorOf({ shape: [1, 3], strides: [99, 1], offset: 3 });
  const file = await openBytes(
    zipOf({
      "archive/data.pkl": pickleOf("\x80\x02", pickle, "."),
      "archive/data/0": FLOATS,
    }),
    folder.path,
  );
  const stored = file.tensor(file.root, "view");
  assert.deepEqual(
    new Float32Array((await readStored(stored)).buffer),
    Float32Array.of(4, 5, 6),
  );
});
