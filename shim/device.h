// Devices and streams. On a build without CUDA everything here is about the CPU alone.
#pragma once

#include <c10/core/Device.h>

#include <optional>

#ifdef MOEBIUS_CUDA
#include <c10/cuda/CUDAGuard.h>
#endif

namespace moebius {

// Makes the project's stream of a device current on this thread while it lives: functions that may
// run on any thread cannot rely on the stream of the thread that called before.
class StreamGuard {
 public:
  explicit StreamGuard(at::Device device);

 private:
#ifdef MOEBIUS_CUDA
  std::optional<c10::cuda::CUDAStreamGuard> guard_;
#endif
};

}  // namespace moebius
