#ifdef MOEBIUS_CUDA

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include <array>
#include <cmath>
#include <optional>

#include "common.h"
#include "kernels/decode_arguments.h"

namespace moebius {
namespace {

using namespace decode_arguments;

constexpr int64_t kWarps = kThreads / kWarp;
constexpr int64_t kMaxSequences = 8;
constexpr int64_t kMaxSplits = 32;
// Columns of hidden that a block computes at a time.
constexpr int64_t kFcColumns = 2 * kWarps;

// The kernels for up to this many sequences.
struct Kernels {
  Kernel<Stream, Matrix, void*, int> norm_linear;
  Kernel<Splits, Matrix, void*, int> attention_linear;
  Kernel<Stream, Router, Experts, Routing, void*, int> expert_fc;
  Kernel<const void*, Experts, Routing, Array, int> expert_proj;
  int64_t rows;  // that a warp, or in the last product a block, has at a time
};

#define MOEBIUS_DECODE_KERNELS(n, rows)              \
  {{"decode_linear", "decode_norm_linear_" #n},      \
   {"decode_linear", "decode_attention_linear_" #n}, \
   {"decode_experts", "decode_expert_fc_" #n},       \
   {"decode_experts", "decode_expert_proj_" #n},     \
   rows}

const Kernels kKernels1 = MOEBIUS_DECODE_KERNELS(1, 1);
const Kernels kKernels2 = MOEBIUS_DECODE_KERNELS(2, 1);
const Kernels kKernels4 = MOEBIUS_DECODE_KERNELS(4, 2);
const Kernels kKernels8 = MOEBIUS_DECODE_KERNELS(8, 2);

const Kernels& kernels_for(int64_t sequences) {
  if (sequences <= 1) return kKernels1;
  if (sequences <= 2) return kKernels2;
  return sequences <= 4 ? kKernels4 : kKernels8;
}

int64_t places_for(int64_t sequences) {
  if (sequences <= 2) return sequences;
  return sequences <= 4 ? 4 : 8;
}

using Attention = Kernel<const void*, Rope, Cache, float*, float*, int, float>;
const Attention kAttention32("decode_attention", "decode_attention_32");
const Attention kAttention64("decode_attention", "decode_attention_64");
const Attention kAttention128("decode_attention", "decode_attention_128");

const Attention& attention_for(int64_t head_size) {
  TORCH_CHECK_VALUE(head_size == 32 || head_size == 64 || head_size == 128,
                    "decode_block takes heads of 32, 64 or 128, got ", head_size);
  if (head_size == 32) return kAttention32;
  return head_size == 64 ? kAttention64 : kAttention128;
}

void check_place(const char* name, const at::Tensor& tensor, at::IntArrayRef sizes,
                 const at::Tensor& other) {
  TORCH_CHECK_VALUE(tensor.sizes() == sizes && tensor.is_contiguous() &&
                        tensor.device() == other.device() &&
                        reinterpret_cast<uintptr_t>(tensor.const_data_ptr()) % 16 == 0,
                    name, " is ", tensor.sizes(), " on ", tensor.device(),
                    ", expected a contiguous, aligned ", sizes, " on ", other.device());
}

// Checks an operand of a matrix product: bfloat16 and contiguous, with these sizes.
void check_matrix(const char* name, const at::Tensor& tensor, at::IntArrayRef sizes,
                  const at::Tensor& other) {
  TORCH_CHECK_VALUE(tensor.scalar_type() == at::kBFloat16, name, " is ", tensor.scalar_type(),
                    ", expected bfloat16");
  check_place(name, tensor, sizes, other);
}

void check_stream(const at::Tensor& sum, const std::optional<at::Tensor>& pending,
                  const at::Tensor& norm) {
  TORCH_CHECK_VALUE(sum.dim() == 2 && sum.size(0) >= 1 && sum.size(0) <= kMaxSequences, "sum is ",
                    sum.sizes(), ", expected 1 to ", kMaxSequences, " rows");
  TORCH_CHECK_VALUE(sum.size(1) % kValuesPerThread == 0, "sum has ", sum.size(1),
                    " columns, expected a multiple of ", kValuesPerThread);
  check_place("sum", sum, sum.sizes(), sum);
  check_place("norm", norm, {sum.size(1)}, sum);
  if (pending.has_value()) check_place("pending", *pending, sum.sizes(), sum);
}

Array array_of(const at::Tensor& tensor) { return {data_of(tensor), is_wide(tensor)}; }

Stream stream_of(const at::Tensor& sum, const at::Tensor& pending, const at::Tensor& norm,
                 const at::Tensor& next_sum, double eps) {
  const Array none = {nullptr, false};
  return {array_of(sum), pending.defined() ? array_of(pending) : none, array_of(norm),
          next_sum.defined() ? array_of(next_sum) : none, static_cast<float>(eps)};
}

Matrix matrix_of(const at::Tensor& weight) {
  return {data_of(weight), narrow(weight.size(0)), narrow(weight.size(1) / kValuesPerThread)};
}

// As many blocks as the rows need, but no more than the device runs at a time; then each block
// computes several groups of rows.
LaunchShape product_shape(const at::Tensor& weight, int64_t sequences, int64_t blocks_each) {
  const int64_t needed = divide_up(weight.size(0), kernels_for(sequences).rows * kWarps);
  return {
      .blocks = std::min<int64_t>(needed, blocks_each * device_traits().processors),
      .threads = kThreads,
      .shared_bytes = places_for(sequences) * weight.size(1) * static_cast<int64_t>(sizeof(float)),
      .overlaps = true};
}

constexpr int64_t kProductBlocks = 4;

std::tuple<at::Tensor, at::Tensor> decode_block(
    const at::Tensor& sum, const std::optional<at::Tensor>& pending, const at::Tensor& norm_1,
    const at::Tensor& qkv, const at::Tensor& proj, const at::Tensor& norm_2, const at::Tensor& gate,
    const at::Tensor& fc, const at::Tensor& experts_proj, const at::Tensor& keys,
    const at::Tensor& values, const at::Tensor& position, const at::Tensor& cos,
    const at::Tensor& sin, double eps, int64_t n_head, int64_t k, double routed_scaling_factor) {
  const c10::cuda::CUDAGuard guard(sum.device());
  check_stream(sum, pending, norm_1);
  TORCH_CHECK_VALUE(
      keys.dim() == 4 && fc.dim() == 3 && gate.dim() == 2 && cos.dim() == 2,
      "decode_block takes keys [N, G, S, D], fc [E, 2 I, C], gate [E, C], cos [S, R]");
  const int64_t N = sum.size(0), C = sum.size(1);
  const int64_t G = keys.size(1), S = keys.size(2), D = keys.size(3);
  const int64_t E = fc.size(0), I = fc.size(1) / 2;
  TORCH_CHECK_VALUE(G > 0 && n_head > 0 && n_head % G == 0, n_head, " heads in ", G, " groups");
  TORCH_CHECK_VALUE(I % kValuesPerThread == 0, "experts have a width of ", I,
                    ", expected a multiple of ", kValuesPerThread);
  TORCH_CHECK_VALUE(E <= kMaxExperts && k >= 1 && k <= std::min<int64_t>(E, kMaxChoices),
                    "decode_block takes up to ", kMaxExperts, " experts, ", kMaxChoices,
                    " a token, got ", k, " of ", E);
  check_place("norm_2", norm_2, {C}, sum);
  check_matrix("qkv", qkv, {(n_head + 2 * G) * D, C}, sum);
  check_matrix("proj", proj, {C, n_head * D}, sum);
  check_matrix("gate", gate, {E, C}, sum);
  check_matrix("fc", fc, {E, 2 * I, C}, sum);
  check_matrix("experts_proj", experts_proj, {E, C, I}, sum);
  check_matrix("keys", keys, {N, G, S, D}, sum);
  check_matrix("values", values, {N, G, S, D}, sum);
  TORCH_CHECK_VALUE(position.scalar_type() == at::kInt && position.numel() == 1 &&
                        position.device() == sum.device(),
                    "position is ", position.scalar_type(), " ", position.sizes(), " on ",
                    position.device(), ", expected one int32 on ", sum.device());
  const int64_t R = cos.size(1);
  TORCH_CHECK_VALUE(cos.size(0) >= S && R % 2 == 0 && R <= D, "cos is ", cos.sizes(),
                    ", expected at least ", S, " rows of an even number of at most ", D);
  check_place("cos", cos, cos.sizes(), sum);
  check_place("sin", sin, cos.sizes(), sum);

  const Kernels& kernels = kernels_for(N);
  const int count = narrow(N);
  const auto halves = [&](at::IntArrayRef sizes) { return at::empty(sizes, keys.options()); };
  const auto floats = [&](at::IntArrayRef sizes) {
    return at::empty(sizes, keys.options().dtype(at::kFloat));
  };
  const at::Tensor before = pending.value_or(at::Tensor());
  // Without `pending` this is the first block: the launch before it is of another operator and may
  // write this one's inputs, so the two must not overlap.
  const at::Tensor attention_sum = before.defined() ? at::empty_like(sum) : sum;
  const at::Tensor packed = halves({N, qkv.size(0)});
  LaunchShape shape = product_shape(qkv, N, kProductBlocks);
  shape.overlaps = before.defined();
  kernels.norm_linear(
      shape, stream_of(sum, before, norm_1, before.defined() ? attention_sum : at::Tensor(), eps),
      matrix_of(qkv), data_of(packed), count);

  const int64_t queries = n_head / G;
  const int64_t splits =
      std::min(divide_up(S, kPositions),
               std::clamp<int64_t>(2 * device_traits().processors / (N * G), 1, kMaxSplits));
  const at::Tensor partials = floats({N, n_head, splits, D});
  const at::Tensor totals = floats({N, n_head, splits, 2});
  const int64_t shared_floats = queries * (2 * D + kWarps * D + kPositions + 3) + 2 * D;
  attention_for(D)({.blocks = splits,
                    .blocks_y = G,
                    .blocks_z = N,
                    .threads = kThreads,
                    .shared_bytes = shared_floats * static_cast<int64_t>(sizeof(float)),
                    .overlaps = true},
                   data_of(packed), Rope{array_of(cos), array_of(sin), narrow(R)},
                   Cache{data_of(keys), data_of(values), position.data_ptr<int>(), narrow(S)},
                   partials.data_ptr<float>(), totals.data_ptr<float>(), narrow(queries),
                   static_cast<float>(1 / std::sqrt(static_cast<double>(D))));

  const at::Tensor attended = halves({N, C});
  kernels.attention_linear(product_shape(proj, N, kProductBlocks),
                           Splits{partials.data_ptr<float>(), totals.data_ptr<float>(),
                                  position.data_ptr<int>(), narrow(splits), narrow(D)},
                           matrix_of(proj), data_of(attended), count);

  const at::Tensor middle = at::empty_like(sum);
  const int64_t slots = std::min(E, N * k);
  const at::Tensor routing_data = at::empty({1 + slots * (2 + N)}, keys.options().dtype(at::kInt));
  const Routing routing = {routing_data.data_ptr<int>(), narrow(slots)};
  const Experts experts = {data_of(fc), data_of(experts_proj), narrow(C), narrow(I)};
  const at::Tensor hidden = halves({slots, N, I});
  kernels.expert_fc({.blocks = std::min<int64_t>(slots * divide_up(I, kFcColumns),
                                                 2 * device_traits().processors),
                     .threads = kThreads,
                     .shared_bytes = places_for(N) * C * static_cast<int64_t>(sizeof(float)),
                     .overlaps = true},
                    stream_of(attention_sum, attended, norm_2, middle, eps),
                    Router{data_of(gate), narrow(E), narrow(k),
                           static_cast<float>(routed_scaling_factor), is_wide(sum)},
                    experts, routing, data_of(hidden), count);

  const at::Tensor next = at::empty_like(sum);
  kernels.expert_proj(
      {.blocks = divide_up(C, kernels.rows), .threads = kProjThreads, .overlaps = true},
      data_of(hidden), experts, routing, array_of(next), count);
  return {middle, next};
}

at::Tensor decode_logits(const at::Tensor& sum, const at::Tensor& pending, const at::Tensor& norm,
                         const at::Tensor& weight, double eps) {
  const c10::cuda::CUDAGuard guard(sum.device());
  check_stream(sum, pending, norm);
  check_matrix("weight", weight, {weight.size(0), sum.size(1)}, sum);
  const int64_t N = sum.size(0);
  const at::Tensor logits = at::empty({N, weight.size(0)}, weight.options());
  kernels_for(N).norm_linear(product_shape(weight, N, kProductBlocks),
                             stream_of(sum, pending, norm, at::Tensor(), eps), matrix_of(weight),
                             data_of(logits), narrow(N));
  return logits;
}

}  // namespace
}  // namespace moebius

TORCH_LIBRARY_IMPL(moebius, CUDA, m) {
  m.impl("decode_block", moebius::decode_block);
  m.impl("decode_logits", moebius::decode_logits);
}

#endif
