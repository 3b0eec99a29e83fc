import { strict as assert } from "node:assert";
import {
  backward,
  capture,
  cudaDeviceCount,
  cudaDeviceInfo,
  CudaGraph,
  cudaMemoryStats,
  emptyCache,
  liveCount,
  manualSeed,
  ones,
  randn,
  resetPeakMemory,
  scope,
  setMemoryFraction,
  setSyncDebugMode,
  synchronize,
  synchronizeAsync,
  Tensor,
  tensor,
  zeros,
} from "../../ffi/mod.ts";
import { assertClose, assertTorchError, numbers } from "./_helpers.ts";

const cuda = cudaDeviceCount() > 0;
const device = "cuda";

Deno.test({
  name:
    "capture() and the rest of CUDA say that there is none, and the process goes on",
  ignore: cuda,
  fn: async () => {
    let ran = false;
    const calls: (() => unknown)[] = [
      () => capture(() => void (ran = true)),
      () => cudaDeviceInfo(),
      () => cudaMemoryStats(),
      () => resetPeakMemory("cuda:1"),
      () => setMemoryFraction(0.5),
      () => setSyncDebugMode("error"),
      () => synchronize("cuda"),
      () => zeros([1], { device }),
      () => tensor([1], { device }),
    ];
    for (const call of calls) {
      assertTorchError(call, "unsupported", /no CUDA/);
    }
    await assert.rejects(synchronizeAsync("cuda"), { kind: "unsupported" });
    assert.equal(ran, false);
    assert.equal(liveCount("graph"), 0);
    assert.equal(
      scope(() => ones([2, 2]).matmul(ones([2, 2])).sum().item()),
      8,
    );
  },
});

Deno.test("CUDA functions refuse the CPU by name, and synchronize() takes it", async () => {
  for (const call of [cudaDeviceInfo, cudaMemoryStats, resetPeakMemory]) {
    assert.throws(
      () => call("cpu"),
      { name: "TypeError", message: /cpu.*expected "cuda" or "cuda:N"/ },
    );
  }
  synchronize("cpu");
  await synchronizeAsync("cpu");
});

/** Runs `fn` a few times as it is, then records it. */
function record<T>(fn: () => T): CudaGraph<T> {
  for (let i = 0; i < 3; i++) scope(() => void fn());
  return capture(fn);
}

function onGpu(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, ignore: !cuda, fn });
}

onGpu("capture() records work that replay() does on new inputs", () => {
  scope(() => {
    const x = tensor([[1, 2], [3, 4]], { device });
    const y = ones([2, 2], { device });
    using graph = record(() => x.matmul(y).add(x));
    graph.replay();
    assert.deepEqual(numbers(graph.result), [4, 5, 10, 11]);
    x.copy_(tensor([[10, 20], [30, 40]]));
    y.fill_(2);
    graph.replay();
    assert.deepEqual(numbers(graph.result), [70, 80, 170, 180]);
  });
});

onGpu("capture() records forward and backward", () => {
  scope(() => {
    const x = tensor([1, 2, 3], { device });
    const w = tensor([1, 1, 1], { device });
    w.requiresGrad = true;
    w.grad = zeros([3], { device });
    const step = () => {
      const { grad } = w;
      assert.ok(grad !== null);
      grad.zero_();
      const loss = w.mul(x).square().sum();
      backward(loss);
      return loss.detach();
    };
    using graph = record(step);
    for (const scale of [1, 2]) {
      x.copy_(tensor([scale, 2 * scale, 3 * scale]));
      graph.replay();
      assert.equal(graph.result.item(), 14 * scale ** 2);
      assertClose(
        numbers(w.grad as Tensor),
        [1, 4, 9].map((square) => 2 * square * scale ** 2),
        1e-4,
      );
    }
  });
});

onGpu("capture() draws new random numbers at every replay", () => {
  scope(() => {
    manualSeed(1);
    using graph = record(() => randn([4], { device }));
    const drawn = [0, 1, 2].map(() => {
      graph.replay();
      return numbers(graph.result).join();
    });
    assert.equal(new Set(drawn).size, 3);
  });
});

onGpu("capture() shares the memory of an earlier graph", () => {
  scope(() => {
    const x = ones([1000], { device });
    using first = record(() => x.add(1));
    for (let i = 0; i < 3; i++) scope(() => void x.mul(2));
    using second = capture(() => x.mul(2), { pool: first });
    first.replay();
    assert.equal(first.result.sum().item(), 2000);
    second.replay();
    assert.equal(second.result.sum().item(), 2000);
    first[Symbol.dispose]();
    assert.throws(() => first.replay(), { message: /graph that was disposed/ });
    assert.throws(
      () => capture(() => x.mul(2), { pool: first }),
      { name: "TypeError", message: /graph that was disposed/ },
    );
  });
});

onGpu(
  "capture() fails on what waits for the device, and everything works afterwards",
  () => {
    const graphs = liveCount("graph");
    scope(() => {
      const x = ones([4], { device });
      const failures: (() => unknown)[] = [
        () => x.sum().item(),
        () => {
          x.add(1);
          throw new Error("stop");
        },
        () => x.matmul(ones([5], { device })),
        () => capture(() => x.add(1)),
      ];
      for (const failure of failures) {
        assert.throws(() => capture(failure));
        assert.equal(liveCount("graph"), graphs);
        // Launches, random numbers, allocation, capture itself.
        assert.equal(x.add(1).sum().item(), 8);
        manualSeed(1);
        assert.equal(randn([3], { device }).numel, 3);
        assert.equal(numbers(randn([3], { device })).length, 3);
        emptyCache();
        using graph = record(() => x.mul(3).add(randn([4], { device }).mul(0)));
        graph.replay();
        assert.deepEqual(numbers(graph.result), [3, 3, 3, 3]);
      }
    });
    emptyCache();
  },
);

onGpu("capture() leaves no memory reserved by recordings that failed", () => {
  const size = 64 * 2 ** 20;
  const fail = () =>
    assert.throws(() =>
      scope(() =>
        capture(() => {
          zeros([size], { dtype: "uint8", device }).add(1);
          throw new Error("stop");
        })
      )
    );
  fail();
  emptyCache();
  const before = cudaMemoryStats().reservedBytes;
  for (let i = 0; i < 5; i++) fail();
  emptyCache();
  assert.ok(cudaMemoryStats().reservedBytes - before < size);
});

onGpu("cudaMemoryStats() follows what tensors take", () => {
  const size = 32 * 2 ** 20;
  emptyCache();
  resetPeakMemory();
  const before = cudaMemoryStats();
  {
    using x = zeros([size], { dtype: "uint8", device });
    assert.equal(x.numel, size);
    const during = cudaMemoryStats();
    assert.ok(during.allocatedBytes >= before.allocatedBytes + size);
    assert.ok(during.reservedBytes >= during.allocatedBytes);
  }
  const after = cudaMemoryStats();
  assert.equal(after.allocatedBytes, before.allocatedBytes);
  assert.ok(after.peakAllocatedBytes >= before.allocatedBytes + size);
  assert.ok(after.freeBytes > 0 && after.totalBytes > after.freeBytes);
});

onGpu("cudaDeviceInfo() describes the device", () => {
  const info = cudaDeviceInfo("cuda:0");
  assert.ok(info.name.length > 0);
  assert.ok(info.capability >= 5);
  assert.ok(info.multiprocessors > 0);
  assert.equal(info.memoryBytes, cudaMemoryStats().totalBytes);
});

onGpu("running out of device memory is an error of its own, and passes", () => {
  const { totalBytes } = cudaMemoryStats();
  assertTorchError(
    () => zeros([2 * totalBytes], { dtype: "uint8", device }),
    "out of memory",
    /aten::zeros/,
  );
  assert.equal(scope(() => ones([2], { device }).sum().item()), 2);
});

onGpu("synchronizeAsync() waits for the device without blocking", async () => {
  using x = ones([2000, 2000], { device });
  for (let i = 0; i < 20; i++) scope(() => void x.matmul(x));
  await synchronizeAsync(device);
  assert.equal(scope(() => x.sum().item()), 4_000_000);
});
