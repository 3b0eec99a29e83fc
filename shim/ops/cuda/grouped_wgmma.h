// The products of kernels/grouped_wgmma.cu, for bfloat16 on Hopper.
#pragma once

#include <ATen/core/Tensor.h>

#include <initializer_list>
#include <tuple>

namespace moebius::wgmma {

// Whether these products support the matrices: at least one row, last dimensions that are multiples
// of 8, and data aligned to 16 bytes.
bool can_multiply(std::initializer_list<at::Tensor> matrices);

// Implementations of the operators grouped_linear_* and grouped_swiglu_*.
at::Tensor linear_forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& ends);
at::Tensor linear_input(const at::Tensor& dy, const at::Tensor& weight, const at::Tensor& ends);
at::Tensor linear_weight(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& ends);
void linear_weight_add(const at::Tensor& sum, const at::Tensor& dy, const at::Tensor& x,
                       const at::Tensor& ends);
std::tuple<at::Tensor, at::Tensor> swiglu_forward(const at::Tensor& x, const at::Tensor& weight,
                                                  const at::Tensor& ends);
std::tuple<at::Tensor, at::Tensor> swiglu_backward(const at::Tensor& dy, const at::Tensor& weight,
                                                   const at::Tensor& fc, const at::Tensor& ends);

}  // namespace moebius::wgmma
