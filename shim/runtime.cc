// Process-wide functions: versions, start, exit, random numbers, threads, precision, interrupts.

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/Generator.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/AutogradState.h>
#include <signal.h>
#include <torch/version.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstdlib>
#include <limits>
#include <mutex>

#include "internal.h"

namespace moebius {
namespace {

// ---- interrupts -----------------------------------------------------------------------------

// Written by a signal handler and read by JavaScript through shared memory.
volatile int32_t interrupt_count = 0;
bool interrupt_installed = false;
struct sigaction previous_action{};

void on_interrupt(int signal, siginfo_t* info, void* context) {
  interrupt_count = interrupt_count + 1;
  if ((previous_action.sa_flags & SA_SIGINFO) != 0) {
    if (previous_action.sa_sigaction != nullptr) {
      previous_action.sa_sigaction(signal, info, context);
    }
  } else if (previous_action.sa_handler != SIG_DFL && previous_action.sa_handler != SIG_IGN) {
    previous_action.sa_handler(signal);
  }
}

// ---- exit -----------------------------------------------------------------------------------

#ifdef __GLIBC__
// A process that exits while another thread computes would run libtorch's destructors during that
// work and crash. Registered after libtorch's handlers, this runs before them and ends the process.
void leave(int status, void*) { _exit(status); }
#endif

std::string build_info() {
  std::string text = "{\"abi\":" + std::to_string(MOE_ABI_VERSION) +
                     ",\"torch\":\"" TORCH_VERSION "\",\"compiler\":\"" __VERSION__ "\"";
#ifdef MOEBIUS_CUDA
  const at::CUDAHooksInterface& cuda = at::detail::getCUDAHooks();
  const int64_t runtime = cuda.versionCUDART();
  text += ",\"cuda\":\"" + std::to_string(runtime / 1000) + "." +
          std::to_string(runtime % 1000 / 10) + "\"";
  if (cuda.compiledWithCuDNN()) {
    const int64_t version = cuda.versionRuntimeCuDNN();
    text += ",\"cudnn\":\"" + std::to_string(version / 10000) + "." +
            std::to_string(version / 100 % 100) + "." + std::to_string(version % 100) + "\"";
  } else {
    text += ",\"cudnn\":null";
  }
#else
  text += ",\"cuda\":null,\"cudnn\":null";
#endif
  return text + "}";
}

at::Generator generator_of(int32_t device, int32_t device_index) {
  const at::Device target = ready_device(device, device_index);
  return at::globalContext().defaultGenerator(target);
}

}  // namespace
}  // namespace moebius

using namespace moebius;

MOE_EXPORT int32_t moe_abi_version(void) { return MOE_ABI_VERSION; }

MOE_EXPORT const char* moe_build_info(void) {
  static const std::string text = [] {
    try {
      return build_info();
    } catch (...) {
      return std::string("{}");
    }
  }();
  return text.c_str();
}

MOE_EXPORT int32_t moe_initialize(moe_error* error) {
  return guarded_status(error, "moe_initialize", [] {
#ifdef __GLIBC__
    static std::once_flag once;
    std::call_once(once, [] {
      on_exit(leave, nullptr);
      // By default glibc returns every large block to the kernel immediately, and the next operator
      // faults its pages in again: several times the cost of a memory-bound operator's arithmetic.
      mallopt(M_MMAP_MAX, 0);
      mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
      mallopt(M_TOP_PAD, 64 << 20);
    });
#endif
    // Run backward on the calling thread, which has the right CUDA stream, library handles and
    // capture state.
    c10::AutogradState::get_tls_state().set_multithreading_enabled(false);
  });
}

MOE_EXPORT int64_t moe_live_count(int32_t kind) {
  return guarded<int64_t>(nullptr, "moe_live_count", -1, [&]() -> int64_t {
    switch (kind) {
      case MOE_TENSOR:
        return tensors().live();
      case MOE_OPERATOR:
        return operator_count();
      case MOE_GRAPH:
        return graphs().live();
      case MOE_MAPPING:
        return mappings().live();
      default:
        return -1;
    }
  });
}

MOE_EXPORT int32_t moe_manual_seed(int64_t seed, moe_error* error) {
  return guarded_status(error, "moe_manual_seed",
                        [&] { at::manual_seed(static_cast<uint64_t>(seed)); });
}

MOE_EXPORT moe_tensor moe_rng_state(int32_t device, int32_t device_index, moe_error* error) {
  return guarded<moe_tensor>(error, "moe_rng_state", 0, [&] {
    at::Generator generator = generator_of(device, device_index);
    const std::lock_guard lock(generator.mutex());
    return tensors().insert(generator.get_state());
  });
}

MOE_EXPORT int32_t moe_set_rng_state(int32_t device, int32_t device_index, moe_tensor state,
                                     moe_error* error) {
  return guarded_status(error, "moe_set_rng_state", [&] {
    at::Generator generator = generator_of(device, device_index);
    const at::Tensor bytes = tensors().get(state, "state");
    if (!bytes.is_cpu() || bytes.scalar_type() != at::kByte || !bytes.is_contiguous()) {
      invalid("the state must be a contiguous uint8 tensor on the CPU, got " + describe(bytes));
    }
    const std::lock_guard lock(generator.mutex());
    generator.set_state(bytes);
  });
}

MOE_EXPORT int32_t moe_thread_count(void) { return at::get_num_threads(); }

MOE_EXPORT int32_t moe_set_thread_count(int32_t count, moe_error* error) {
  return guarded_status(error, "moe_set_thread_count", [&] {
    if (count < 1)
      invalid("the number of threads must be at least 1, got " + std::to_string(count));
    at::set_num_threads(count);
  });
}

MOE_EXPORT int32_t moe_float32_precision(int32_t level, moe_error* error) {
  return guarded_status(error, "moe_float32_precision", [&] {
    if (level != 0 && level != 1) invalid("the level must be 0 or 1, got " + std::to_string(level));
    at::globalContext().setFloat32MatmulPrecision(level == 0 ? "highest" : "high");
  });
}

MOE_EXPORT int32_t moe_interrupt_install(moe_error* error) {
  return guarded_status(error, "moe_interrupt_install", [] {
    if (interrupt_installed) return;
    struct sigaction action{};
    action.sa_sigaction = on_interrupt;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, &previous_action) != 0) {
      throw Failure(MOE_IO, "sigaction failed");
    }
    interrupt_installed = true;
  });
}

MOE_EXPORT int32_t moe_interrupt_uninstall(moe_error* error) {
  return guarded_status(error, "moe_interrupt_uninstall", [] {
    if (!interrupt_installed) return;
    struct sigaction current{};
    if (sigaction(SIGINT, nullptr, &current) != 0) throw Failure(MOE_IO, "sigaction failed");
    // A handler installed later may call this one. Restoring the old handler would remove the later
    // one too, so this one stays and continues to count.
    if ((current.sa_flags & SA_SIGINFO) == 0 || current.sa_sigaction != on_interrupt) return;
    if (sigaction(SIGINT, &previous_action, nullptr) != 0) {
      throw Failure(MOE_IO, "sigaction failed");
    }
    interrupt_installed = false;
  });
}

MOE_EXPORT int32_t* moe_interrupt_counter(void) { return const_cast<int32_t*>(&interrupt_count); }
