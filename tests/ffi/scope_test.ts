import { strict as assert } from "node:assert";
import {
  keep,
  liveCount,
  scope,
  Tensor,
  tensor,
  zeros,
} from "../../ffi/mod.ts";
import { child, numbers } from "./_helpers.ts";

Deno.test("scope() frees what it does not return", () => {
  const before = liveCount();
  const inside = scope(() => {
    const x = tensor([1, 2]);
    x.add(1).mul(2);
    assert.equal(liveCount(), before + 3);
    return x.sum().item();
  });
  assert.equal(inside, 3);
  assert.equal(liveCount(), before);
});

Deno.test("scope() keeps tensors in arrays, maps and plain objects, however deep", () => {
  const before = liveCount();
  const make = (value: number) => tensor(value);
  const result = scope(() => {
    make(0);
    return {
      one: make(1),
      list: [make(2), { deep: [[make(3)]] }],
      map: new Map([["four", make(4)]]),
      nothing: null,
      text: "x",
    };
  });
  assert.equal(liveCount(), before + 4);
  const [two, { deep }] = result.list as [Tensor, { deep: Tensor[][] }];
  const kept = [result.one, two, deep[0]![0]!, result.map.get("four")!];
  assert.deepEqual(kept.map((x) => x.item()), [1, 2, 3, 4]);
  for (const x of kept) x.dispose();
  assert.equal(liveCount(), before);
});

Deno.test("scope() returns a result that holds itself", () => {
  const before = liveCount();
  interface Ring {
    value: Tensor;
    self?: Ring;
  }
  const ring = scope(() => {
    const ring: Ring = { value: tensor(1) };
    ring.self = ring;
    return ring;
  });
  assert.equal(ring.self?.value.item(), 1);
  ring.value.dispose();
  assert.equal(liveCount(), before);
});

Deno.test("scope() frees what only an object of a class holds", () => {
  class Box {
    constructor(readonly x: Tensor) {}
  }
  const box = scope(() => new Box(tensor(1)));
  assert.equal(box.x.disposed, true);
});

Deno.test("scope() gives what an inner scope returns to the outer one", () => {
  const before = liveCount();
  const result = scope(() => {
    const outer = tensor([1]);
    const inner = scope(() => {
      const dropped = outer.add(1);
      const kept = dropped.add(1);
      return { kept, outer };
    });
    assert.equal(inner.outer, outer);
    assert.equal(liveCount(), before + 2);
    return scope(() => inner.kept);
  });
  assert.equal(liveCount(), before + 1);
  assert.deepEqual(numbers(result), [3]);
  result.dispose();
});

Deno.test("scope() frees everything when its function throws", () => {
  const before = liveCount();
  assert.throws(
    () =>
      scope(() => {
        tensor([1]);
        scope(() => {
          tensor([2]);
          tensor([1, 2]).add(tensor([1, 2, 3]));
        });
      }),
    { name: "TorchError" },
  );
  assert.equal(liveCount(), before);
  // The scope that failed is closed: what comes now is no longer in it.
  const x = tensor([1]);
  scope(() => {});
  assert.deepEqual(numbers(x), [1]);
  x.dispose();
});

Deno.test("scope() leaves a tensor alone that was disposed inside", () => {
  const before = liveCount();
  scope(() => {
    using x = tensor([1]);
    x.add(1).dispose();
  });
  const returned = scope(() => {
    const x = tensor([1]);
    x.dispose();
    return x;
  });
  assert.equal(returned.disposed, true);
  assert.equal(liveCount(), before);
});

Deno.test("scope() refuses an asynchronous function", async () => {
  const before = liveCount();
  assert.throws(
    () =>
      scope(async () => {
        const x = tensor([1]);
        await Promise.resolve();
        x.add(1);
      }),
    { name: "TypeError", message: /asynchronous function in a scope/ },
  );
  assert.equal(liveCount(), before);
  // What goes on of it fails on a freed tensor, without ending the process.
  await new Promise((done) => setTimeout(done, 0));
});

Deno.test("keep() takes a tensor out of its scopes, also of one that throws", () => {
  const before = liveCount();
  const kept: Tensor[] = [];
  scope(() => {
    scope(() => {
      kept.push(keep(tensor([1])));
      tensor([2]);
    });
  });
  assert.throws(() =>
    scope(() => {
      kept.push(keep(tensor([3])));
      throw new Error("stop");
    })
  );
  assert.equal(liveCount(), before + 2);
  assert.deepEqual(kept.map((x) => x.item()), [1, 3]);
  for (const x of kept) x.dispose();
  assert.equal(liveCount(), before);
});

Deno.test("liveCount() returns to its start after 1,000 scopes and 1,000 thrown errors", () => {
  const before = liveCount();
  for (let i = 0; i < 1000; i++) {
    scope(() => {
      const x = zeros([2, 3]);
      x.add(1).sum();
      return x;
    }).dispose();
    assert.throws(
      () => scope(() => zeros([2, 3]).matmul(zeros([2, 3]))),
      /mat1 and mat2|shapes/,
    );
  }
  assert.equal(liveCount(), before);
});

Deno.test("memory does not grow over 2,000 tensors of 1 MB", () => {
  const use = (count: number) => {
    for (let i = 0; i < count; i++) {
      scope(() => zeros([256, 1024]).add(1).sum().item());
    }
  };
  use(100);
  const before = Deno.memoryUsage().rss;
  use(2000);
  const grown = (Deno.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(grown < 64, `grew by ${grown} MB, of 4,000 MB that were used`);
});

Deno.test("the garbage collector frees tensors that nobody holds", async () => {
  const { success, stdout, stderr } = await child("./_collect_child.ts", {
    flags: ["--v8-flags=--expose-gc"],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  assert.equal(
    new TextDecoder().decode(stdout),
    "100 before, 1 after, and that one is 7\n",
  );
});
