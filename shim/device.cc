// Devices, streams, memory and CUDA graphs.

#include "device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>

#include <array>
#include <charconv>
#include <mutex>
#include <vector>

#include "internal.h"
#include "kernels.h"

#ifdef MOEBIUS_CUDA
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#endif

namespace moebius {

#ifdef MOEBIUS_CUDA

namespace {

// One non-default stream per device, for all work: only such a stream can be captured, and work on
// one stream runs in order without further synchronisation.
c10::cuda::CUDAStream project_stream(int32_t device_index) {
  static std::mutex mutex;
  static std::array<std::optional<c10::cuda::CUDAStream>, kMaxDevices> streams;
  const std::lock_guard lock(mutex);
  auto& stream = streams.at(static_cast<size_t>(device_index));
  if (!stream) {
    at::globalContext().lazyInitDevice(at::kCUDA);
    stream = c10::cuda::getStreamFromPool(/*isHighPriority=*/false,
                                          static_cast<c10::DeviceIndex>(device_index));
  }
  return *stream;
}

}  // namespace

StreamGuard::StreamGuard(at::Device device) {
  if (device.is_cuda()) guard_.emplace(project_stream(device.index()));
}

struct Graph {
  at::cuda::CUDAGraph graph;
  at::cuda::MempoolId_t pool;
  c10::DeviceIndex device = 0;
  bool recording = true;
};

namespace {

// Cleans up after a failed recording. libtorch stops half-way: the allocator would continue to
// allocate for the recording, through a function that refers to the graph, and never release its
// memory; and the graph's destructor may throw. So the allocator's recording is ended here, and the
// graph is never destroyed.
void give_up(const GraphPointer& graph) {
  static auto* failed = new std::vector<GraphPointer>();
  failed->push_back(graph);
  graph->recording = false;
  static_cast<void>(cudaGetLastError());
  try {
    c10::cuda::CUDACachingAllocator::releasePool(graph->device, graph->pool);
    c10::cuda::CUDACachingAllocator::endAllocateToPool(graph->device, graph->pool);
  } catch (const c10::Error&) {
    // The recording had not started in the allocator, or had already ended.
  }
}

void end_recording(const GraphPointer& graph) {
  try {
    graph->graph.capture_end();
    graph->recording = false;
  } catch (...) {
    give_up(graph);
    throw;
  }
}

void check_cuda(int32_t device_index) {
  const int count = c10::cuda::device_count();
  if (count == 0) unsupported("no CUDA device is visible to this process");
  if (device_index < 0 || device_index >= count) {
    unsupported("cuda:" + std::to_string(device_index) + " does not exist: this machine has " +
                std::to_string(count) + " CUDA device" + (count == 1 ? "" : "s"));
  }
}

}  // namespace

#else

StreamGuard::StreamGuard(at::Device) {}

struct Graph {};

namespace {

[[noreturn]] void no_cuda() {
  unsupported("this libtorch has no CUDA: install one that has, then run `deno task setup`");
}

}  // namespace

#endif

at::Device ready_device(int32_t device, int32_t device_index) {
  if (device == MOE_CPU) return at::Device(at::kCPU);
  if (device != MOE_CUDA) invalid("device " + std::to_string(device) + " is not a CPU or CUDA");
#ifdef MOEBIUS_CUDA
  check_cuda(device_index);
  static thread_local bool chosen = false;
  if (!chosen) {
    // The first device used on a thread becomes its current one.
    c10::cuda::set_device(static_cast<c10::DeviceIndex>(device_index));
    chosen = true;
  }
  const c10::cuda::CUDAStream stream = project_stream(device_index);
  if (c10::cuda::getCurrentCUDAStream(stream.device_index()) != stream) {
    c10::cuda::setCurrentCUDAStream(stream);
  }
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device_index));
#else
  static_cast<void>(device_index);
  no_cuda();
#endif
}

at::Device ready_device(std::string_view name) {
  if (name == "cpu") return ready_device(MOE_CPU, 0);
  if (name == "cuda") return ready_device(MOE_CUDA, 0);
  constexpr std::string_view kPrefix = "cuda:";
  if (name.starts_with(kPrefix)) {
    int32_t index = -1;
    const char* end = name.data() + name.size();
    const auto parsed = std::from_chars(name.data() + kPrefix.size(), end, index);
    if (parsed.ec == std::errc() && parsed.ptr == end) return ready_device(MOE_CUDA, index);
  }
  invalid("device \"" + std::string(name) + "\" is not \"cpu\", \"cuda\" or \"cuda:N\"");
}

}  // namespace moebius

using namespace moebius;

MOE_EXPORT int32_t moe_cuda_device_count(void) {
#ifdef MOEBIUS_CUDA
  return c10::cuda::device_count();
#else
  return 0;
#endif
}

MOE_EXPORT int32_t moe_synchronize(int32_t device, int32_t device_index, moe_error* error) {
  return guarded_status(error, "moe_synchronize", [&] {
    if (device == MOE_CPU) return;
    ready_device(device, device_index);
#ifdef MOEBIUS_CUDA
    project_stream(device_index).synchronize();
#endif
  });
}

#ifdef MOEBIUS_CUDA

MOE_EXPORT int64_t moe_cuda_device_info(int32_t device_index, char* text, int64_t capacity,
                                        moe_error* error) {
  return guarded<int64_t>(error, "moe_cuda_device_info", -1, [&] {
    check_cuda(device_index);
    cudaDeviceProp properties{};
    C10_CUDA_CHECK(cudaGetDeviceProperties(&properties, device_index));
    std::string info = "{\"name\":\"" + std::string(properties.name) +
                       "\",\"capability\":" + std::to_string(properties.major) + "." +
                       std::to_string(properties.minor) +
                       ",\"memoryBytes\":" + std::to_string(properties.totalGlobalMem) +
                       ",\"multiprocessors\":" + std::to_string(properties.multiProcessorCount) +
                       "}";
    return copy_text(info, text, capacity);
  });
}

MOE_EXPORT int32_t moe_cuda_memory_stats(int32_t device_index, int64_t* stats, moe_error* error) {
  return guarded_status(error, "moe_cuda_memory_stats", [&] {
    required(stats, "stats");
    const at::Device device = ready_device(MOE_CUDA, device_index);
    const auto all = c10::cuda::CUDACachingAllocator::getDeviceStats(device.index());
    stats[0] = all.allocated_bytes[0].current;
    stats[1] = all.allocated_bytes[0].peak;
    stats[2] = all.reserved_bytes[0].current;
    stats[3] = all.reserved_bytes[0].peak;
    stats[4] = all.num_alloc_retries;
    stats[5] = all.num_ooms;
    const c10::cuda::CUDAGuard guard(device.index());
    size_t free = 0;
    size_t total = 0;
    C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
    stats[6] = static_cast<int64_t>(free);
    stats[7] = static_cast<int64_t>(total);
  });
}

MOE_EXPORT int32_t moe_cuda_reset_peak_memory(int32_t device_index, moe_error* error) {
  return guarded_status(error, "moe_cuda_reset_peak_memory", [&] {
    const at::Device device = ready_device(MOE_CUDA, device_index);
    c10::cuda::CUDACachingAllocator::resetPeakStats(device.index());
  });
}

MOE_EXPORT int32_t moe_cuda_empty_cache(moe_error* error) {
  return guarded_status(error, "moe_cuda_empty_cache", [] {
    check_cuda(0);
    c10::cuda::CUDACachingAllocator::emptyCache();
  });
}

MOE_EXPORT int32_t moe_cuda_memory_fraction(int32_t device_index, double fraction,
                                            moe_error* error) {
  return guarded_status(error, "moe_cuda_memory_fraction", [&] {
    if (!(fraction > 0 && fraction <= 1)) {
      invalid("the fraction must lie in (0, 1], got " + std::to_string(fraction));
    }
    const at::Device device = ready_device(MOE_CUDA, device_index);
    c10::cuda::CUDACachingAllocator::setMemoryFraction(fraction, device.index());
  });
}

MOE_EXPORT int32_t moe_cuda_sync_debug(int32_t mode, moe_error* error) {
  return guarded_status(error, "moe_cuda_sync_debug", [&] {
    if (mode < 0 || mode > 2) invalid("the mode must be 0, 1 or 2, got " + std::to_string(mode));
    check_cuda(0);
    c10::cuda::warning_state().set_sync_debug_mode(static_cast<c10::cuda::SyncDebugMode>(mode));
  });
}

MOE_EXPORT moe_graph moe_graph_begin(moe_graph pool, moe_error* error) {
  return guarded<moe_graph>(error, "moe_graph_begin", 0, [&] {
    check_cuda(0);
    auto graph = std::make_shared<Graph>();
    graph->device = ready_device(MOE_CUDA, c10::cuda::current_device()).index();
    if (c10::cuda::currentStreamCaptureStatusMayInitCtx() != c10::cuda::CaptureStatus::None) {
      invalid("another graph is being recorded");
    }
    graph->pool = pool == 0 ? at::cuda::graph_pool_handle() : graphs().get(pool, "pool")->pool;
    try {
      graph->graph.capture_begin(graph->pool);
    } catch (...) {
      give_up(graph);
      throw;
    }
    return graphs().insert(std::move(graph));
  });
}

MOE_EXPORT int32_t moe_graph_end(moe_graph handle, moe_error* error) {
  return guarded_status(error, "moe_graph_end", [&] {
    const GraphPointer graph = graphs().get(handle);
    if (!graph->recording) invalid("this graph has been recorded already");
    end_recording(graph);
  });
}

MOE_EXPORT int32_t moe_graph_abandon(moe_graph handle, moe_error* error) {
  return guarded_status(error, "moe_graph_abandon", [&] {
    const GraphPointer graph = graphs().release(handle);
    if (!graph->recording) return;
    try {
      end_recording(graph);
    } catch (const std::exception&) {
      // A failed recording ends with another error; its cause was reported when it occurred.
    }
  });
}

MOE_EXPORT int32_t moe_graph_replay(moe_graph handle, moe_error* error) {
  return guarded_status(error, "moe_graph_replay", [&] {
    const GraphPointer graph = graphs().get(handle);
    if (graph->recording) invalid("this graph is still being recorded");
    graph->graph.replay();
  });
}

MOE_EXPORT int32_t moe_graph_free(moe_graph handle, moe_error* error) {
  return guarded_status(error, "moe_graph_free", [&] {
    // Destroying a graph does not end its recording: the stream would remain in capture mode.
    if (graphs().get(handle)->recording) invalid("this graph is still being recorded");
    graphs().release(handle);
  });
}

#else

MOE_EXPORT int64_t moe_cuda_device_info(int32_t, char*, int64_t, moe_error* error) {
  return guarded<int64_t>(error, "moe_cuda_device_info", -1, []() -> int64_t { no_cuda(); });
}

MOE_EXPORT int32_t moe_cuda_memory_stats(int32_t, int64_t*, moe_error* error) {
  return guarded_status(error, "moe_cuda_memory_stats", [] { no_cuda(); });
}

MOE_EXPORT int32_t moe_cuda_reset_peak_memory(int32_t, moe_error* error) {
  return guarded_status(error, "moe_cuda_reset_peak_memory", [] { no_cuda(); });
}

MOE_EXPORT int32_t moe_cuda_empty_cache(moe_error* error) {
  return guarded_status(error, "moe_cuda_empty_cache", [] { no_cuda(); });
}

MOE_EXPORT int32_t moe_cuda_memory_fraction(int32_t, double, moe_error* error) {
  return guarded_status(error, "moe_cuda_memory_fraction", [] { no_cuda(); });
}

MOE_EXPORT int32_t moe_cuda_sync_debug(int32_t, moe_error* error) {
  return guarded_status(error, "moe_cuda_sync_debug", [] { no_cuda(); });
}

MOE_EXPORT moe_graph moe_graph_begin(moe_graph, moe_error* error) {
  return guarded<moe_graph>(error, "moe_graph_begin", 0, []() -> moe_graph { no_cuda(); });
}

MOE_EXPORT int32_t moe_graph_end(moe_graph graph, moe_error* error) {
  return guarded_status(error, "moe_graph_end", [&] { graphs().check(graph); });
}

MOE_EXPORT int32_t moe_graph_abandon(moe_graph graph, moe_error* error) {
  return guarded_status(error, "moe_graph_abandon", [&] { graphs().release(graph); });
}

MOE_EXPORT int32_t moe_graph_replay(moe_graph graph, moe_error* error) {
  return guarded_status(error, "moe_graph_replay", [&] { graphs().check(graph); });
}

MOE_EXPORT int32_t moe_graph_free(moe_graph graph, moe_error* error) {
  return guarded_status(error, "moe_graph_free", [&] { graphs().release(graph); });
}

#endif
