// Launches kernels on the CPU; replaces shim/kernels.cc.

#include <ATen/Context.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>
#include <c10/util/Exception.h>
#include <setjmp.h>
#include <torch/library.h>
#include <ucontext.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

#include "kernels.h"
#include "threads.h"

uint3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {
namespace {

constexpr size_t kStackBytes = 256 * 1024;
constexpr size_t kSharedBytes = 227 * 1024;
constexpr int kNumberedBarriers = 16;

alignas(1024) char shared_memory[kSharedBytes];

// A thread of a block. Its stack is reused by the following blocks.
struct Fiber {
  std::unique_ptr<char[]> stack{new char[kStackBytes]};
  jmp_buf place;
  bool has_begun = false;
  bool is_done = true;
  bool (*check)(void*) = nullptr;
  void* context = nullptr;
  const char* waits_for = "";
};

// The state of a launch.
struct Launch {
  Entry entry = nullptr;
  void** arguments = nullptr;
  size_t shared_bytes = 0;
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  std::array<NumberedBarrier, kNumberedBarriers> barriers;
  int alive = 0;
  int at_block_barrier = 0;
  unsigned block_turns = 0;
  Fiber* running = nullptr;
  std::string failure;
  jmp_buf scheduler;
};

Launch launch_state;
bool is_reversed = false;

// Fills new tensors with NaN, so that values that an operator forgets to write are noticed.
const bool kIsFilled = [] {
  at::globalContext().setDeterministicAlgorithms(true, true);
  at::globalContext().setDeterministicFillUninitializedMemory(true);
  return true;
}();

std::map<std::string, Entry>& kernels() {
  static auto* all = new std::map<std::string, Entry>();
  return *all;
}

// Switches back to the code that resumed this fiber; returns when it is resumed.
void leave(Fiber& fiber) {
  if (_setjmp(fiber.place) == 0) _longjmp(launch_state.scheduler, 1);
}

// The main loop of a fiber, which runs one kernel after the other.
void live() {
  while (true) {
    Fiber& fiber = *launch_state.running;
    launch_state.entry(launch_state.arguments);
    fiber.is_done = true;
    --launch_state.alive;
    leave(fiber);
  }
}

void resume(Fiber& fiber, unsigned thread) {
  threadIdx = {thread, 0, 0};
  launch_state.running = &fiber;
  if (_setjmp(launch_state.scheduler) != 0) return;
  if (fiber.has_begun) _longjmp(fiber.place, 1);
  fiber.has_begun = true;
  ucontext_t start;
  getcontext(&start);
  start.uc_stack.ss_sp = fiber.stack.get();
  start.uc_stack.ss_size = kStackBytes;
  start.uc_link = nullptr;
  makecontext(&start, live, 0);
  setcontext(&start);
}

// Returns whether the fiber made progress.
bool run(Fiber& fiber, unsigned thread) {
  if (fiber.is_done) return false;
  if (fiber.check != nullptr) {
    if (!fiber.check(fiber.context)) return false;
    fiber.check = nullptr;
  }
  resume(fiber, thread);
  return true;
}

// Runs one warp as far as it gets without other warps.
bool run_warp(unsigned warp) {
  bool has_run = false;
  for (bool runs = true; runs && launch_state.failure.empty();) {
    runs = false;
    for (unsigned i = 0; i < kLanes; ++i) {
      const unsigned lane = is_reversed ? kLanes - 1 - i : i;
      const unsigned thread = warp * kLanes + lane;
      runs |= run(launch_state.fibers[thread], thread);
      if (!launch_state.failure.empty()) break;
    }
    has_run |= runs;
  }
  return has_run;
}

void run_block() {
  const unsigned threads = blockDim.x;
  const unsigned warps = threads / kLanes;
  launch_state.warps.assign(warps, {});
  launch_state.barriers = {};
  launch_state.alive = static_cast<int>(threads);
  launch_state.at_block_barrier = 0;
  // NaN, so that values that a kernel forgets to write are noticed.
  std::memset(shared_memory, 0xff, launch_state.shared_bytes);
  for (unsigned i = 0; i < threads; ++i) {
    launch_state.fibers[i].is_done = false;
    launch_state.fibers[i].check = nullptr;
  }
  while (launch_state.alive > 0 && launch_state.failure.empty()) {
    bool has_run = false;
    for (unsigned i = 0; i < warps; ++i) has_run |= run_warp(is_reversed ? warps - 1 - i : i);
    if (has_run || !launch_state.failure.empty()) continue;
    for (unsigned i = 0; i < threads; ++i) {
      const Fiber& fiber = launch_state.fibers[i];
      if (fiber.is_done) continue;
      launch_state.failure = "hangs: thread " + std::to_string(i) + " waits for " + fiber.waits_for;
      break;
    }
  }
}

}  // namespace

Warp& warp() { return launch_state.warps[threadIdx.x / kLanes]; }

NumberedBarrier& numbered_barrier(int number) {
  return launch_state.barriers.at(static_cast<size_t>(number));
}

char* dynamic_shared_memory() { return shared_memory; }

void wait_until(bool (*check)(void* context), void* context, const char* what) {
  if (check(context)) return;
  Fiber& fiber = *launch_state.running;
  fiber.check = check;
  fiber.context = context;
  fiber.waits_for = what;
  leave(fiber);
}

void fail(const std::string& what) {
  launch_state.failure = what;
  _longjmp(launch_state.scheduler, 1);
}

void sync_block() {
  const unsigned turn = launch_state.block_turns;
  ++launch_state.at_block_barrier;
  wait_until(
      [&] {
        if (launch_state.block_turns != turn) return true;
        // Threads that have ended are not waited for.
        if (launch_state.at_block_barrier < launch_state.alive) return false;
        launch_state.at_block_barrier = 0;
        ++launch_state.block_turns;
        return true;
      },
      "the other threads of its block");
}

void add_kernel(const char* name, Entry entry) { kernels()[name] = entry; }

}  // namespace emulator

namespace moebius {

const DeviceTraits& device_traits() {
  // Few processors, so that a block has to do several pieces of work.
  static const DeviceTraits traits = [] {
    const char* capability = std::getenv("MOEBIUS_EMULATED_CAPABILITY");
    return DeviceTraits{.capability = capability == nullptr ? 90 : std::atoi(capability),
                        .processors = 3,
                        .shared_bytes = static_cast<int32_t>(emulator::kSharedBytes)};
  }();
  return traits;
}

TensorMap tensor_map(const void* data, const std::array<int64_t, 3>& sizes,
                     const std::array<uint32_t, 3>& box) {
  TORCH_CHECK(reinterpret_cast<uintptr_t>(data) % 16 == 0 && sizes[0] % 8 == 0,
              "an array for the tensor memory accelerator is not on boundaries of 16 bytes");
  TensorMap map{};
  std::memcpy(map.words, &data, 8);
  std::memcpy(map.words + 1, sizes.data(), 24);
  std::memcpy(map.words + 4, box.data(), 12);
  return map;
}

AnyKernel::AnyKernel(const char* file, const char* name, Capabilities capabilities)
    : file_(file), name_(name), capabilities_(capabilities) {}

int64_t AnyKernel::shared_limit() const { return device_traits().shared_bytes; }

void AnyKernel::launch(const LaunchShape& shape, void** arguments) const {
  const auto found = emulator::kernels().find(name_);
  TORCH_CHECK(found != emulator::kernels().end(), file_, ".cu has no kernel ", name_);
  TORCH_CHECK(shape.threads > 0 && shape.threads % emulator::kLanes == 0 && shape.threads <= 1024,
              name_, " is launched with ", shape.threads, " threads");
  TORCH_CHECK(shape.shared_bytes <= device_traits().shared_bytes, name_, " is launched with ",
              shape.shared_bytes, " bytes of shared memory");
  emulator::Launch& launch = emulator::launch_state;
  const auto unsigned_of = [](int64_t number) { return static_cast<unsigned>(number); };
  gridDim = {unsigned_of(shape.blocks), unsigned_of(shape.blocks_y), unsigned_of(shape.blocks_z)};
  blockDim = {unsigned_of(shape.threads), 1, 1};
  launch.entry = found->second;
  launch.arguments = arguments;
  launch.shared_bytes = static_cast<size_t>(shape.shared_bytes);
  launch.failure.clear();
  if (launch.fibers.size() < blockDim.x) launch.fibers = std::vector<emulator::Fiber>(blockDim.x);
  emulator::is_reversed = !emulator::is_reversed;
  for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z) {
    for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y) {
      for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x) {
        emulator::run_block();
        if (launch.failure.empty()) continue;
        // The fibers are suspended inside the kernel and cannot be continued.
        launch.fibers.clear();
        TORCH_CHECK(false, "the kernel ", name_, " ", launch.failure, ", in block ", blockIdx.x,
                    " ", blockIdx.y, " ", blockIdx.z);
      }
    }
  }
}

}  // namespace moebius

namespace {

// Products of bfloat16 with results of float32, which libtorch has for CUDA devices only.
at::Tensor& mm_out(const at::Tensor& left, const at::Tensor& right, at::ScalarType dtype,
                   at::Tensor& out) {
  return out.copy_(at::mm(left.to(dtype), right.to(dtype)));
}

at::Tensor& addmm_out(const at::Tensor& sum, const at::Tensor& left, const at::Tensor& right,
                      at::ScalarType dtype, const at::Scalar& beta, const at::Scalar& alpha,
                      at::Tensor& out) {
  return out.copy_(at::addmm(sum.to(dtype), left.to(dtype), right.to(dtype), beta, alpha));
}

}  // namespace

TORCH_LIBRARY_IMPL(aten, CPU, m) {
  m.impl("mm.dtype_out", mm_out);
  m.impl("addmm.dtype_out", addmm_out);
}
