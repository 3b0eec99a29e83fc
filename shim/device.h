// Devices and streams. A build without CUDA supports only the CPU here.
#pragma once

#include <c10/core/Device.h>

#include <optional>

#ifdef MOEBIUS_CUDA
#include <c10/cuda/CUDAGuard.h>
#endif

namespace moebius {

// While it lives, makes the project's stream of a device current on this thread: functions that may
// run on any thread cannot rely on the current stream of the calling thread.
class StreamGuard {
 public:
  explicit StreamGuard(at::Device device);

 private:
#ifdef MOEBIUS_CUDA
  std::optional<c10::cuda::CUDAStreamGuard> guard_;
#endif
};

}  // namespace moebius
