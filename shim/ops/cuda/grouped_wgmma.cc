#ifdef MOEBIUS_CUDA

#include "grouped_wgmma.h"

#include <ATen/ops/empty.h>

#include "common.h"

namespace moebius::wgmma {
namespace {

// Must match grouped_wgmma.cu.
constexpr int32_t kThreads = 384;
constexpr int64_t kSharedBytes = 226 * 1024;

struct Sizes {
  int32_t groups = 0;
  int32_t rows = 0;
  int32_t columns = 0;
  int32_t depth = 0;
};

struct Results {
  void* first = nullptr;
  void* second = nullptr;
  float* sum = nullptr;
};

struct Maps {
  TensorMap left{};
  TensorMap right{};
  TensorMap first{};
  TensorMap second{};
  TensorMap fc{};
};

using Product = Kernel<const Maps&, const int32_t*, const Sizes&, const Results&>;

constexpr const char* kFile = "grouped_wgmma";
constexpr Capabilities kHopper = {.from = 90, .below = 91};

const Product kForward(kFile, "grouped_wgmma_forward", kHopper);
const Product kGatedForward(kFile, "grouped_wgmma_gated_forward", kHopper);
const Product kInput(kFile, "grouped_wgmma_input", kHopper);
const Product kGatedInput(kFile, "grouped_wgmma_gated_input", kHopper);
const Product kWeight(kFile, "grouped_wgmma_weight", kHopper);
const Product kWeightAdd(kFile, "grouped_wgmma_weight_add", kHopper);

// Number of lines of 64 values in a box of each matrix.
constexpr uint32_t kAcrossLines = 64;
constexpr uint32_t kLeftLines = 128;
constexpr uint32_t kForwardLines = 256;
constexpr uint32_t kGatedForwardLines = 64;

// Describes a matrix, or a stack of matrices, in boxes that the products read from shared memory.
TensorMap operand(const at::Tensor& matrix, uint32_t lines) {
  const bool stacked = matrix.dim() == 3;
  return tensor_map(matrix.const_data_ptr(),
                    {matrix.size(-1), matrix.size(-2), stacked ? matrix.size(0) : 1},
                    {64, lines, 1});
}

// Describes a matrix read or written at the ends of tiles, whose rows have one part or two halves.
TensorMap result(const at::Tensor& matrix, int64_t parts) {
  const int64_t rows = matrix.numel() / matrix.size(-1);
  return tensor_map(matrix.const_data_ptr(), {matrix.size(-1) / parts, parts, rows}, {64, 1, 16});
}

void multiply(const Product& product, const Maps& maps, const at::Tensor& ends, const Sizes& sizes,
              const Results& results) {
  product({.blocks = device_traits().processors, .threads = kThreads, .shared_bytes = kSharedBytes},
          maps, ends.const_data_ptr<int32_t>(), sizes, results);
}

}  // namespace

bool can_multiply(std::initializer_list<at::Tensor> matrices) {
  return std::all_of(matrices.begin(), matrices.end(), [](const at::Tensor& matrix) {
    return matrix.scalar_type() == at::kBFloat16 && matrix.numel() > 0 &&
           in_vectors(matrix.size(-1), {matrix});
  });
}

at::Tensor linear_forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& ends) {
  const at::Tensor y = at::empty({x.size(0), weight.size(1)}, x.options());
  multiply(kForward,
           {.left = operand(x, kLeftLines),
            .right = operand(weight, kForwardLines),
            .first = result(y, 1)},
           ends,
           {.groups = narrow(weight.size(0)),
            .columns = narrow(weight.size(1)),
            .depth = narrow(weight.size(2))},
           {.first = data_of(y)});
  return y;
}

at::Tensor linear_input(const at::Tensor& dy, const at::Tensor& weight, const at::Tensor& ends) {
  const at::Tensor dx = at::empty({dy.size(0), weight.size(2)}, dy.options());
  multiply(kInput,
           {.left = operand(dy, kLeftLines),
            .right = operand(weight, kAcrossLines),
            .first = result(dx, 1)},
           ends,
           {.groups = narrow(weight.size(0)),
            .columns = narrow(weight.size(2)),
            .depth = narrow(weight.size(1))},
           {.first = data_of(dx)});
  return dx;
}

at::Tensor linear_weight(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& ends) {
  const at::Tensor dweight = at::empty({ends.size(0), dy.size(1), x.size(1)}, x.options());
  multiply(
      kWeight,
      {.left = operand(dy, kAcrossLines),
       .right = operand(x, kAcrossLines),
       .first = result(dweight, 1)},
      ends,
      {.groups = narrow(ends.size(0)), .rows = narrow(dy.size(1)), .columns = narrow(x.size(1))},
      {.first = data_of(dweight)});
  return dweight;
}

void linear_weight_add(const at::Tensor& sum, const at::Tensor& dy, const at::Tensor& x,
                       const at::Tensor& ends) {
  multiply(
      kWeightAdd, {.left = operand(dy, kAcrossLines), .right = operand(x, kAcrossLines)}, ends,
      {.groups = narrow(ends.size(0)), .rows = narrow(dy.size(1)), .columns = narrow(x.size(1))},
      {.sum = sum.data_ptr<float>()});
}

std::tuple<at::Tensor, at::Tensor> swiglu_forward(const at::Tensor& x, const at::Tensor& weight,
                                                  const at::Tensor& ends) {
  const int64_t width = weight.size(1) / 2;
  const at::Tensor fc = at::empty({x.size(0), 2 * width}, x.options());
  const at::Tensor h = at::empty({x.size(0), width}, x.options());
  multiply(
      kGatedForward,
      {.left = operand(x, kLeftLines),
       .right = operand(weight, kGatedForwardLines),
       .first = result(fc, 2),
       .second = result(h, 1)},
      ends,
      {.groups = narrow(weight.size(0)), .columns = narrow(width), .depth = narrow(weight.size(2))},
      {.first = data_of(fc), .second = data_of(h)});
  return {fc, h};
}

std::tuple<at::Tensor, at::Tensor> swiglu_backward(const at::Tensor& dy, const at::Tensor& weight,
                                                   const at::Tensor& fc, const at::Tensor& ends) {
  const int64_t width = weight.size(2);
  const at::Tensor dfc = at::empty({dy.size(0), 2 * width}, dy.options());
  const at::Tensor h = at::empty({dy.size(0), width}, dy.options());
  multiply(
      kGatedInput,
      {.left = operand(dy, kLeftLines),
       .right = operand(weight, kAcrossLines),
       .fc = result(fc, 2)},
      ends,
      {.groups = narrow(weight.size(0)), .columns = narrow(width), .depth = narrow(weight.size(1))},
      {.first = data_of(dfc), .second = data_of(h)});
  return {dfc, h};
}

}  // namespace moebius::wgmma

#endif
