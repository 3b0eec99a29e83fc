// Sums of matrix products.
#pragma once

#include <ATen/ops/addmm.h>
#include <ATen/ops/mm.h>

namespace moebius {

// sum = left @ right if it is the first, else sum += left @ right. For bfloat16 operands, the sum
// and the product are float32.
inline void add_product(const at::Tensor& sum, const at::Tensor& left, const at::Tensor& right,
                        bool is_first = false) {
  at::Tensor out = sum;
  if (left.scalar_type() == sum.scalar_type()) {
    if (is_first) {
      at::mm_out(out, left, right);
    } else {
      at::addmm_out(out, sum, left, right);
    }
  } else if (is_first) {
    at::mm_out(out, left, right, sum.scalar_type());
  } else {
    at::addmm_out(out, sum, left, right, sum.scalar_type());
  }
}

}  // namespace moebius
