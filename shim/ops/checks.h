// Checks of the public operators' arguments, made before any work starts.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

namespace moebius {

// float32, bfloat16 or, on the CPU, float64; at least one column.
inline void check_activation(const char* name, const at::Tensor& tensor, int64_t dimensions) {
  const at::ScalarType dtype = tensor.scalar_type();
  TORCH_CHECK(
      dtype == at::kFloat || dtype == at::kBFloat16 || (dtype == at::kDouble && tensor.is_cpu()),
      name, " is ", dtype, ", expected float32 or bfloat16");
  TORCH_CHECK(tensor.dim() == dimensions, name, " has ", tensor.dim(), " dimensions, expected ",
              dimensions);
  TORCH_CHECK(tensor.size(-1) > 0, name, " has no columns");
}

inline void check_index(const char* name, const at::Tensor& tensor, at::ScalarType dtype,
                        at::IntArrayRef sizes) {
  TORCH_CHECK(tensor.scalar_type() == dtype && tensor.sizes() == sizes, name, " is ",
              tensor.scalar_type(), " ", tensor.sizes(), ", expected ", dtype, " ", sizes);
}

inline void check_sizes(const char* name, const at::Tensor& tensor, at::IntArrayRef sizes) {
  TORCH_CHECK(tensor.sizes() == sizes, name, " has the shape ", tensor.sizes(), ", expected ",
              sizes);
}

inline void check_same(const char* name, const at::Tensor& tensor, const char* other_name,
                       const at::Tensor& other) {
  TORCH_CHECK(tensor.scalar_type() == other.scalar_type() && tensor.device() == other.device(),
              name, " is ", tensor.scalar_type(), " on ", tensor.device(), ", but ", other_name,
              " is ", other.scalar_type(), " on ", other.device());
}

inline void check_device(const char* name, const at::Tensor& tensor, const at::Tensor& other) {
  TORCH_CHECK(tensor.device() == other.device(), name, " is on ", tensor.device(), ", expected ",
              other.device());
}

}  // namespace moebius
