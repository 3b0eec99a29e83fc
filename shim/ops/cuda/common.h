// Shared by the CUDA primitives.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>

#include "kernels.h"

namespace moebius {

// Launches over rows use 8 values per thread and whole warps.
constexpr int64_t kValuesPerThread = 8;
constexpr int64_t kWarp = 32;

inline int64_t divide_up(int64_t count, int64_t size) { return (count + size - 1) / size; }

inline int32_t row_threads(int64_t width, int64_t most) {
  const int64_t needed = divide_up(divide_up(width, kValuesPerThread), kWarp) * kWarp;
  return static_cast<int32_t>(std::clamp(needed, kWarp, most));
}

// Kernels support two dtypes of activations: float32 is "wide", bfloat16 is not.
inline bool is_wide(at::ScalarType type) {
  TORCH_CHECK_VALUE(type == at::kFloat || type == at::kBFloat16,
                    "expected float32 or bfloat16 on a CUDA device, got ", type);
  return type == at::kFloat;
}

inline bool is_wide(const at::Tensor& tensor) { return is_wide(tensor.scalar_type()); }

// Whether every eighth value of these arrays is aligned to 16 bytes; undefined arrays are ignored.
inline bool in_vectors(int64_t width, std::initializer_list<at::Tensor> arrays) {
  return width % kValuesPerThread == 0 &&
         std::all_of(arrays.begin(), arrays.end(), [](const at::Tensor& array) {
           return !array.defined() || reinterpret_cast<uintptr_t>(array.const_data_ptr()) % 16 == 0;
         });
}

inline int32_t narrow(int64_t size) {
  TORCH_CHECK_VALUE(size <= std::numeric_limits<int32_t>::max(), "a size of ", size,
                    " is more than the CUDA kernels can index");
  return static_cast<int32_t>(size);
}

inline void* data_of(const at::Tensor& array) {
  return array.defined() ? array.data_ptr() : nullptr;
}

}  // namespace moebius
