import { strict as assert } from "node:assert";
import {
  aten,
  backward,
  enableGrad,
  isGradEnabled,
  liveCount,
  manualSeed,
  noGrad,
  ones,
  randn,
  scope,
  type Tensor,
  tensor,
} from "../../ffi/mod.ts";
import { assertClose, assertTorchError, devices, numbers } from "./_helpers.ts";

/** A leaf that requires grad. */
function leaf(data: number[] | number[][] | number, device = devices[0]!) {
  const x = tensor(data, { device });
  x.requiresGrad = true;
  return x;
}

function gradient(x: Tensor): number[] {
  const { grad } = x;
  assert.ok(grad !== null);
  return numbers(grad);
}

Deno.test("backward() of a tensor of one element needs no gradient", () => {
  for (const device of devices) {
    scope(() => {
      const x = leaf([1, 2, 3], device);
      assert.equal(x.grad, null);
      backward(x.square().sum());
      assert.deepEqual(gradient(x), [2, 4, 6]);
    });
  }
});

Deno.test("backward() takes gradients, and several tensors at once", () => {
  scope(() => {
    const x = leaf([1, 2]);
    backward(x.mul(3), { gradients: [tensor([10, 100])] });
    assert.deepEqual(gradient(x), [30, 300]);
    const y = leaf([1, 2]);
    backward([y.mul(2), y.sum(), y.square()], {
      gradients: [tensor([1, 10]), null, tensor([1, 1])],
    });
    assert.deepEqual(gradient(y), [2 + 1 + 2, 20 + 1 + 4]);
  });
});

Deno.test("backward() adds to what a leaf has, until it is set or dropped", () => {
  scope(() => {
    const x = leaf([1, 2]);
    backward(x.sum());
    backward(x.mul(5).sum());
    assert.deepEqual(gradient(x), [6, 6]);
    x.grad = null;
    assert.equal(x.grad, null);
    x.grad = tensor([1, 1]);
    backward(x.sum());
    assert.deepEqual(gradient(x), [2, 2]);
  });
});

Deno.test("backward() frees the graph, unless it is to be kept", () => {
  scope(() => {
    const x = leaf([1, 2]);
    const y = x.square().sum();
    backward(y, { keepGraph: true });
    backward(y);
    assert.deepEqual(gradient(x), [4, 8]);
    assertTorchError(() => backward(y), "torch", /second time/);
  });
});

Deno.test("backward() says what it cannot start from", () => {
  scope(() => {
    const x = leaf([1, 2]);
    assertTorchError(
      () => backward(tensor([1])),
      "invalid argument",
      /float32\[1\] does not require grad/,
    );
    assertTorchError(
      () => backward(x.mul(2)),
      "invalid argument",
      /float32\[2\] needs a gradient/,
    );
    assertTorchError(
      () => backward(x.mul(2), { gradients: [tensor([1])] }),
      "invalid argument",
      /gradient float32\[1\] has not the shape of float32\[2\]/,
    );
    assertTorchError(() => backward([]), "invalid argument", /at least one/);
    assert.throws(
      () => backward(x.sum(), { gradients: [] }),
      { name: "TypeError", message: /1 tensors and 0 gradients/ },
    );
    const gone = tensor(1);
    gone.dispose();
    for (
      const wrong of [
        () => backward(gone),
        () => backward(x.sum(), { gradients: [gone] }),
        () => x.grad = gone,
      ]
    ) {
      assert.throws(wrong, { name: "TypeError", message: /disposed/ });
    }
    assert.equal(x.grad, null);
  });
});

Deno.test("Tensor.requiresGrad, isLeaf and grad are PyTorch's", () => {
  scope(() => {
    const x = tensor([1, 2]);
    assert.deepEqual([x.requiresGrad, x.isLeaf], [false, true]);
    x.requiresGrad = true;
    const y = x.mul(2);
    assert.deepEqual([y.requiresGrad, y.isLeaf], [true, false]);
    assert.deepEqual([y.detach().requiresGrad, y.detach().isLeaf], [
      false,
      true,
    ]);
    assertTorchError(() => y.grad, "invalid argument", /is not a leaf/);
    assertTorchError(
      () => y.requiresGrad = false,
      "invalid argument",
      /float32\[2\] is not a leaf/,
    );
    assertTorchError(
      () => tensor(Int32Array.of(1)).requiresGrad = true,
      "torch",
      /floating point/,
    );
    assertTorchError(
      () => x.grad = tensor([1]),
      "invalid argument",
      /float32\[1\] does not fit float32\[2\]/,
    );
    assertTorchError(
      () => x.grad = tensor([1, 2], { dtype: "float64" }),
      "invalid argument",
      /float64\[2\] does not fit/,
    );
    assertTorchError(() => x.grad = x, "invalid argument", /its own gradient/);
    x.requiresGrad = false;
    assert.equal(x.mul(2).requiresGrad, false);
    x.requiresGrad = true;
    assertTorchError(() => x.add_(1), "torch", /leaf .* in-place operation/);
  });
});

Deno.test("noGrad() and enableGrad() nest, and end when their function throws", () => {
  scope(() => {
    const x = leaf([1]);
    assert.equal(isGradEnabled(), true);
    noGrad(() => {
      assert.equal(isGradEnabled(), false);
      assert.equal(x.mul(2).requiresGrad, false);
      const inner = enableGrad(() => {
        assert.equal(isGradEnabled(), true);
        return noGrad(() => isGradEnabled());
      });
      assert.equal(inner, false);
      assert.equal(isGradEnabled(), false);
      x.add_(1);
    });
    assert.equal(x.item(), 2);
    assert.equal(isGradEnabled(), true);
    for (const mode of [noGrad, enableGrad]) {
      assert.throws(
        () =>
          mode(() => {
            throw new Error("stop");
          }),
        { message: "stop" },
      );
      assert.equal(isGradEnabled(), true);
    }
  });
});

Deno.test("noGrad() refuses an asynchronous function", async () => {
  let ran = false;
  assert.throws(
    () =>
      noGrad(async () => {
        await Promise.resolve();
        ran = true;
        throw new Error("nobody sees this one");
      }),
    { name: "TypeError", message: /asynchronous function/ },
  );
  assert.equal(isGradEnabled(), true);
  await new Promise((done) => setTimeout(done, 0));
  assert.equal(ran, true);
});

/** A little of everything that a model does: x [3, 4], w [4, 5]. */
function composite(x: Tensor, w: Tensor): Tensor {
  const h = x.matmul(w);
  const [top, indices] = h.silu().topk(2, 1);
  const gates = top.softmax(-1);
  const normed = h.mul(h.square().mean(-1, true).add(1e-5).rsqrt());
  const chosen = normed.gather(1, indices).mul(gates);
  return aten("logsumexp", chosen, [1]).sum().add(
    x.narrow(1, 1, 2).exp().mean(),
  );
}

for (const device of devices) {
  Deno.test(`backward() agrees with finite differences on ${device}`, () => {
    scope(() => {
      manualSeed(1);
      const place = { dtype: "float64" } as const;
      const inputs = [randn([3, 4], place), randn([4, 5], place)]
        .map((input) => input.to(device)) as [Tensor, Tensor];
      for (const input of inputs) input.requiresGrad = true;
      backward(composite(...inputs));
      const step = 1e-6;
      noGrad(() => {
        for (const input of inputs) {
          const flat = input.view(-1);
          const slopes = Array.from(
            { length: input.numel },
            (_, i) =>
              scope(() => {
                const value = flat.select(0, i);
                value.add_(step);
                const above = composite(...inputs).item();
                value.add_(-2 * step);
                const below = composite(...inputs).item();
                value.add_(step);
                return (above - below) / (2 * step);
              }),
          );
          assertClose(gradient(input), slopes, 1e-8);
          assert.ok(slopes.some((slope) => Math.abs(slope) > 0.01));
        }
      });
    });
  });
}

Deno.test("backward() leaves no tensor behind but the gradients", () => {
  const before = liveCount();
  scope(() => {
    const x = leaf([1, 2]);
    const w = ones([2, 2]);
    for (let i = 0; i < 10; i++) {
      scope(() => backward(w.matmul(x.view(2, 1)).sum()));
      assert.equal(liveCount(), before + 2);
    }
    assert.deepEqual(gradient(x), [20, 20]);
  });
  assert.equal(liveCount(), before);
});
