// The norm of all gradients together, and the clipping factor derived from it.

#include <ATen/ops/full.h>

#include <cmath>
#include <vector>

#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace moebius::cpu {

std::tuple<Tensor, Tensor, Tensor> clip_factor(at::TensorList grads,
                                               std::optional<double> max_norm) {
  TORCH_CHECK(!grads.empty(), "clip_factor takes at least one gradient");
  struct Piece {
    const Tensor* grad;
    int64_t begin, count;
  };
  constexpr int64_t kPiece = int64_t{1} << 16;
  std::vector<Piece> pieces;
  int64_t elements = 0;
  for (const Tensor& grad : grads) {
    TORCH_CHECK(grad.is_cpu() && grad.is_contiguous(), "gradients must be contiguous on the CPU");
    elements += grad.numel();
    for (int64_t begin = 0; begin < grad.numel(); begin += kPiece) {
      pieces.push_back({&grad, begin, std::min(kPiece, grad.numel() - begin)});
    }
  }
  // Partial sums are added in a fixed order, independent of the number of threads.
  std::vector<double> squares(pieces.size());
  parallel_tasks(static_cast<int64_t>(pieces.size()), elements, [&](int64_t task) {
    const Piece& piece = pieces[static_cast<size_t>(task)];
    with_type(piece.grad->scalar_type(), [&]<typename T>() {
      const T* from = piece.grad->const_data_ptr<T>() + piece.begin;
      Lanes<Wide<T>> sums{};
      for_lanes(piece.count, [&](int64_t i, auto present) {
        const auto values = load(from + i, present);
        sums += values * values;
      });
      squares[static_cast<size_t>(task)] = static_cast<double>(sum(sums));
    });
  });
  double total = 0;
  for (const double each : squares) total += each;
  const auto norm = static_cast<float>(std::sqrt(total));
  const float limit = static_cast<float>(max_norm.value_or(0));
  const float factor = max_norm ? limit / (norm + 1e-6F) : 1.0F;
  const auto scalar = [&](float value) {
    return at::full({}, value, at::TensorOptions().dtype(at::kFloat));
  };
  return {scalar(norm), scalar(factor > 1 ? 1.0F : factor), scalar(std::isfinite(norm) ? 0 : 1)};
}

}  // namespace moebius::cpu
