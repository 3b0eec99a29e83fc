// The project's CUDA kernels: their sources are part of the shim, compiled for the device at first
// use and cached on disk.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

struct CUfunc_st;

namespace moebius {

// Maximum number of CUDA devices that one process can use.
constexpr size_t kMaxDevices = 64;

// A file of shim/kernels, as it was when the shim was built.
struct KernelSource {
  std::string_view name;
  std::string_view text;
};

const std::vector<KernelSource>& kernel_sources();
// The headers that the kernels include, under the names used in their #include lines.
const std::vector<KernelSource>& kernel_headers();

// Compiles the files that are not in the cache, loads all kernels and returns how many files were
// compiled. The device must exist. Further calls do nothing.
int64_t load_kernels(int32_t device_index);

// Properties of a device that determine the choice of kernels.
struct DeviceTraits {
  int32_t capability;  // 90 for 9.0
  int32_t processors;
  int32_t shared_bytes;  // a block's most
};

// The traits of the current device.
const DeviceTraits& device_traits();

// CUtensorMap: describes an array of bfloat16 for Hopper's copies of boxes (TMA).
struct alignas(64) TensorMap {
  uint64_t words[16];
};

// Describes an array of sizes[2] planes of sizes[1] lines of sizes[0] values, without gaps, and the
// box that one copy transfers, swizzled by 128 bytes. The data and its lines must be aligned to 16
// bytes.
TensorMap tensor_map(const void* data, const std::array<int64_t, 3>& sizes,
                     const std::array<uint32_t, 3>& box);

struct LaunchShape {
  int64_t blocks;
  int64_t blocks_y = 1;
  int64_t blocks_z = 1;
  int32_t threads;
  int64_t shared_bytes = 0;
  // Whether it may begin before the previous launch has ended, on devices from 9.0 on; the kernel
  // itself waits (griddepcontrol).
  bool overlaps = false;
};

// Range of compute capabilities that a kernel supports, such as 80 for 8.0: `from` inclusive,
// `below` exclusive.
struct Capabilities {
  int32_t from = 0;
  int32_t below = std::numeric_limits<int32_t>::max();
};

// A __global__ function, identified by its file's name and its own. Kernels live as long as the
// process.
class AnyKernel {
 public:
  AnyKernel(const char* file, const char* name, Capabilities capabilities = {});
  AnyKernel(const AnyKernel&) = delete;
  AnyKernel& operator=(const AnyKernel&) = delete;

  // Bytes of dynamic shared memory that a block may have on the current device.
  int64_t shared_limit() const;

  const char* file() const { return file_; }
  const char* name() const { return name_; }
  bool is_for(int32_t capability) const {
    return capabilities_.from <= capability && capability < capabilities_.below;
  }
  void set(int32_t device_index, CUfunc_st* function, int64_t shared_limit);

 protected:
  // Launches on the current device and stream. Does nothing if the shape has no blocks.
  void launch(const LaunchShape& shape, void** arguments) const;

 private:
  CUfunc_st* function(int32_t device_index) const;

  const char* file_;
  const char* name_;
  Capabilities capabilities_;
  std::array<std::atomic<CUfunc_st*>, kMaxDevices> functions_{};
  std::array<int64_t, kMaxDevices> shared_limits_{};
};

// A kernel with the types of the function's parameters, in order.
template <typename... Parameters>
class Kernel : public AnyKernel {
 public:
  using AnyKernel::AnyKernel;

  void operator()(const LaunchShape& shape, std::type_identity_t<Parameters>... arguments) const {
    void* pointers[] = {const_cast<void*>(static_cast<const void*>(&arguments))...};
    launch(shape, pointers);
  }
};

}  // namespace moebius
