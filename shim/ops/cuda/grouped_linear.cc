#ifdef MOEBIUS_CUDA

#include <ATen/ops/_grouped_mm.h>
#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <cstdlib>
#include <string_view>

#include "common.h"
#include "grouped_wgmma.h"
#include "ops/primitives.h"

namespace moebius {
namespace {

using Rows =
    Kernel<const void*, const void*, const int32_t*, void*, int32_t, int32_t, int32_t, bool>;
using Matrices = Kernel<const void*, const void*, const int32_t*, void*, int32_t, int32_t, bool>;

// The three products for one dtype.
struct Products {
  Rows forward;
  Rows input;
  Matrices weight;
};

constexpr const char* kFile = "grouped_linear";
// Tensor cores support bfloat16 from 8.0 on.
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

// The implementations of a product.
enum class Multiplier {
  kWgmma,    // the kernels for Hopper
  kLibrary,  // libtorch, where it does not ask for the groups' sizes, which waits for the device
  kOwn,      // the kernels for all other devices and dtypes
};

// MOEBIUS_GROUPED_LINEAR, one of "wgmma", "libtorch" and "own", selects the implementation for
// tests and measurements, where the matrices allow it.
Multiplier multiplier_for(std::initializer_list<at::Tensor> matrices, int64_t rows,
                          int64_t groups) {
  const int32_t capability = device_traits().capability;
  if ((capability != 90 && capability != 100) || !wgmma::can_multiply(matrices)) {
    return Multiplier::kOwn;
  }
  const char* chosen = std::getenv("MOEBIUS_GROUPED_LINEAR");
  const std::string_view name = chosen == nullptr ? "" : chosen;
  if (name == "own") return Multiplier::kOwn;
  if (name == "libtorch" || capability != 90) return Multiplier::kLibrary;
  // With fewer rows most of a tile is empty; libtorch then uses smaller tiles.
  constexpr int64_t kRowsOfGroup = 128;
  return name == "wgmma" || rows >= kRowsOfGroup * groups ? Multiplier::kWgmma
                                                          : Multiplier::kLibrary;
}

constexpr int64_t kTile = 128;
constexpr int32_t kThreads = 256;

// Multiplies [M, depth] to [M, columns].
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

at::Tensor forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& ends) {
  const c10::cuda::CUDAGuard guard(x.device());
  switch (multiplier_for({x, weight}, x.size(0), weight.size(0))) {
    case Multiplier::kWgmma:
      return wgmma::linear_forward(x, weight, ends);
    case Multiplier::kLibrary:
      return at::_grouped_mm(x, weight.transpose(1, 2), ends);
    case Multiplier::kOwn:
      break;
  }
  return multiply_rows(products_for(x.scalar_type()).forward, x, weight, ends, weight.size(1));
}

at::Tensor input(const at::Tensor& dy, const at::Tensor& weight, const at::Tensor& ends) {
  const c10::cuda::CUDAGuard guard(dy.device());
  switch (multiplier_for({dy, weight}, dy.size(0), weight.size(0))) {
    case Multiplier::kWgmma:
      return wgmma::linear_input(dy, weight, ends);
    case Multiplier::kLibrary:
      return at::_grouped_mm(dy, weight, ends);
    case Multiplier::kOwn:
      break;
  }
  return multiply_rows(products_for(dy.scalar_type()).input, dy, weight, ends, weight.size(2));
}

at::Tensor weight(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& ends) {
  const c10::cuda::CUDAGuard guard(dy.device());
  const int64_t groups = ends.size(0);
  const int64_t height = dy.size(1);
  const int64_t width = x.size(1);
  switch (multiplier_for({dy, x}, dy.size(0), groups)) {
    case Multiplier::kWgmma:
      return wgmma::linear_weight(dy, x, ends);
    case Multiplier::kLibrary: {
      const at::Tensor dweight = at::_grouped_mm(dy.t(), x, ends);
      if (device_traits().capability == 100) {
        // On 10.0 libtorch leaves the part of an empty group uninitialised.
        kClear({.blocks = divide_up(height * width, kThreads * kValuesPerThread),
                .blocks_y = groups,
                .threads = kThreads},
               ends.data_ptr<int32_t>(), data_of(dweight), height * width);
      }
      return dweight;
    }
    case Multiplier::kOwn:
      break;
  }
  const at::Tensor dweight = at::empty({groups, height, width}, x.options());
  products_for(x.scalar_type())
      .weight({.blocks = divide_up(width, kTile),
               .blocks_y = divide_up(height, kTile),
               .blocks_z = groups,
               .threads = kThreads},
              data_of(dy), data_of(x), ends.data_ptr<int32_t>(), data_of(dweight), narrow(height),
              narrow(width), in_vectors(height, {dy, x}) && in_vectors(width, {dweight}));
  return dweight;
}

void weight_add(const at::Tensor& sum, const at::Tensor& dy, const at::Tensor& x,
                const at::Tensor& ends) {
  const c10::cuda::CUDAGuard guard(dy.device());
  if (multiplier_for({dy, x}, dy.size(0), ends.size(0)) == Multiplier::kWgmma &&
      sum.scalar_type() == at::kFloat) {
    wgmma::linear_weight_add(sum, dy, x, ends);
  } else {
    sum.add_(weight(dy, x, ends));
  }
}

std::tuple<at::Tensor, at::Tensor> gated_forward(const at::Tensor& x, const at::Tensor& weight,
                                                 const at::Tensor& ends) {
  const c10::cuda::CUDAGuard guard(x.device());
  const bool halves_fit = in_vectors(weight.size(1) / 2, {});
  if (halves_fit && multiplier_for({x, weight}, x.size(0), weight.size(0)) == Multiplier::kWgmma) {
    return wgmma::swiglu_forward(x, weight, ends);
  }
  const at::Tensor fc = forward(x, weight, ends);
  return {fc, swiglu_forward(fc)};
}

std::tuple<at::Tensor, at::Tensor> gated_backward(const at::Tensor& dy, const at::Tensor& weight,
                                                  const at::Tensor& fc, const at::Tensor& ends) {
  const c10::cuda::CUDAGuard guard(dy.device());
  if (multiplier_for({dy, weight, fc}, dy.size(0), weight.size(0)) == Multiplier::kWgmma) {
    return wgmma::swiglu_backward(dy, weight, fc, ends);
  }
  const at::Tensor dfc = swiglu_backward(input(dy, weight, ends), fc);
  return {dfc, swiglu_forward(fc)};
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) {
  m.impl("grouped_linear_forward", moebius::forward);
  m.impl("grouped_linear_input", moebius::input);
  m.impl("grouped_linear_weight", moebius::weight);
  m.impl("grouped_linear_weight_add_", moebius::weight_add);
  m.impl("grouped_swiglu_forward", moebius::gated_forward);
  m.impl("grouped_swiglu_backward", moebius::gated_backward);
}

#endif
