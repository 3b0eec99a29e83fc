#ifdef MOEBIUS_CUDA

#include <ATen/ops/_grouped_mm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <cstdlib>
#include <string_view>

#include "common.h"

namespace moebius {
namespace {

using Rows =
    Kernel<const void*, const void*, const int32_t*, void*, int32_t, int32_t, int32_t, bool>;
using Matrices = Kernel<const void*, const void*, const int32_t*, void*, int32_t, int32_t, bool>;

// The three products of one dtype.
struct Products {
  Rows forward;
  Rows input;
  Matrices weight;
};

constexpr const char* kFile = "grouped_linear";
// Tensor cores multiply bfloat16 since 8.0.
constexpr Capabilities kWithout = {.from = 0, .below = 80};
constexpr Capabilities kWith = {.from = 80};

const Products kFloat32 = {{kFile, "grouped_forward_float32"},
                           {kFile, "grouped_input_float32"},
                           {kFile, "grouped_weight_float32"}};
const Products kBFloat16 = {{kFile, "grouped_forward_bfloat16", kWithout},
                            {kFile, "grouped_input_bfloat16", kWithout},
                            {kFile, "grouped_weight_bfloat16", kWithout}};
const Products kMma = {{kFile, "grouped_forward_mma", kWith},
                       {kFile, "grouped_input_mma", kWith},
                       {kFile, "grouped_weight_mma", kWith}};
const Kernel<const int32_t*, void*, int64_t> kClear("grouped_linear", "grouped_clear");

const Products& products_for(at::ScalarType type) {
  if (is_wide(type)) return kFloat32;
  return kMma.forward.is_for(device_traits().capability) ? kMma : kBFloat16;
}

// libtorch multiplies groups without asking for their sizes on these devices alone, and only what
// its descriptors of memory can describe.
bool has_library_product(const at::Tensor& x, const at::Tensor& weight) {
  const char* chosen = std::getenv("MOEBIUS_GROUPED_LINEAR");
  if (chosen != nullptr && std::string_view(chosen) == "own") return false;
  const int32_t capability = device_traits().capability;
  return (capability == 90 || capability == 100) && x.scalar_type() == at::kBFloat16 &&
         x.size(0) > 0 && in_vectors(weight.size(1), {x, weight}) && in_vectors(weight.size(2), {});
}

constexpr int64_t kTile = 128;
constexpr int32_t kThreads = 256;

// [M, depth] to [M, columns].
at::Tensor multiply_rows(const Rows& kernel, const at::Tensor& x, const at::Tensor& weight,
                         const at::Tensor& ends, int64_t columns) {
  const at::Tensor y = at::empty({x.size(0), columns}, x.options());
  const int64_t groups = weight.size(0);
  const int64_t tiles = x.size(0) == 0 ? 0 : divide_up(x.size(0), kTile) + groups;
  kernel({.blocks = divide_up(columns, kTile), .blocks_y = tiles, .threads = kThreads}, data_of(x),
         data_of(weight), ends.data_ptr<int32_t>(), data_of(y), narrow(groups), narrow(x.size(1)),
         narrow(columns), in_vectors(x.size(1), {x, weight, y}) && in_vectors(columns, {}));
  return y;
}

at::Tensor grouped_linear_forward(const at::Tensor& x, const at::Tensor& weight,
                                  const at::Tensor& ends) {
  const c10::cuda::CUDAGuard guard(x.device());
  if (has_library_product(x, weight)) return at::_grouped_mm(x, weight.transpose(1, 2), ends);
  return multiply_rows(products_for(x.scalar_type()).forward, x, weight, ends, weight.size(1));
}

std::tuple<at::Tensor, at::Tensor> grouped_linear_backward(const at::Tensor& dy,
                                                           const at::Tensor& x,
                                                           const at::Tensor& weight,
                                                           const at::Tensor& ends) {
  const c10::cuda::CUDAGuard guard(x.device());
  const int64_t groups = weight.size(0);
  const int64_t height = weight.size(1);
  const int64_t width = weight.size(2);
  if (has_library_product(x, weight) && in_vectors(height, {dy})) {
    const at::Tensor dweight = at::_grouped_mm(dy.t(), x, ends);
    if (device_traits().capability == 100) {
      // There, what belongs to an empty group is left as it was found.
      kClear({.blocks = divide_up(height * width, kThreads * kValuesPerThread),
              .blocks_y = groups,
              .threads = kThreads},
             ends.data_ptr<int32_t>(), data_of(dweight), height * width);
    }
    return {at::_grouped_mm(dy, weight, ends), dweight};
  }
  const Products& products = products_for(x.scalar_type());
  const at::Tensor dweight = at::empty_like(weight);
  products.weight({.blocks = divide_up(width, kTile),
                   .blocks_y = divide_up(height, kTile),
                   .blocks_z = groups,
                   .threads = kThreads},
                  data_of(dy), data_of(x), ends.data_ptr<int32_t>(), data_of(dweight),
                  narrow(height), narrow(width),
                  in_vectors(height, {dy, x}) && in_vectors(width, {dweight}));
  return {multiply_rows(products.input, dy, weight, ends, width), dweight};
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) {
  m.impl("grouped_linear_forward", moebius::grouped_linear_forward);
  m.impl("grouped_linear_backward", moebius::grouped_linear_backward);
}

#endif
