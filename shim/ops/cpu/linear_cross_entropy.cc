// Output layer and loss without the logits of all rows in memory: the logits of one chunk of rows
// at a time are computed and then replaced by their gradient.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "gemm.h"
#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace moebius::cpu {
namespace {

// The loss of one row. With `scale`, its logits become the gradient of the loss, times scale.
template <typename T>
Wide<T> row_loss(T* logits, int64_t V, int64_t target, const Wide<T>* scale,
                 Wide<T>* exponentials) {
  using A = Wide<T>;
  constexpr A kLeast = -std::numeric_limits<A>::infinity();
  Lanes<A> maxima = Lanes<A>{} + kLeast;
  for_lanes(V, [&](int64_t i, auto count) {
    maxima = larger(present(load(logits + i, count), count, kLeast), maxima);
  });
  const A max = largest(maxima);
  Lanes<A> sums{};
  for_lanes(V, [&](int64_t i, auto count) {
    const auto e = present(exponential(load(logits + i, count) - max), count, A{0});
    store(exponentials + i, e, count);
    sums += e;
  });
  const A total = sum(sums);
  const A loss = std::log(total) + max - static_cast<A>(logits[target]);
  if (scale != nullptr) {
    const A factor = *scale / total;
    for_lanes(V, [&](int64_t i, auto count) {
      store(logits + i, load(exponentials + i, count) * factor, count);
    });
    logits[target] = static_cast<T>(exponentials[target] * factor - *scale);
  }
  return loss;
}

int64_t count_targets(const int64_t* target, int64_t N, int64_t V, int64_t ignore_index) {
  int64_t counted = 0;
  for (int64_t n = 0; n < N; ++n) {
    if (target[n] == ignore_index) continue;
    TORCH_CHECK(target[n] >= 0 && target[n] < V, "target ", target[n], " of row ", n,
                " is not one of ", V, " classes");
    ++counted;
  }
  return counted;
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor, Tensor> linear_cross_entropy_forward(
    const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias, const Tensor& targets,
    int64_t ignore_index, int64_t chunk_rows, const std::optional<Tensor>& gradient,
    bool with_gradients) {
  const int64_t N = x.size(0);
  const int64_t C = x.size(1);
  const int64_t V = weight.size(0);
  const int64_t* target = targets.const_data_ptr<int64_t>();
  const int64_t counted = count_targets(target, N, V, ignore_index);
  const ScalarType wide = wide_dtype(x.scalar_type());
  const auto wide_options = x.options().dtype(wide);
  Tensor loss = x.new_empty({}, wide_options);
  Tensor dx, dweight, dbias;
  if (with_gradients) {
    dx = x.new_empty(x.sizes());
    dweight = weight.new_empty({1, V, C}, wide_options);
    if (N == 0) dweight.zero_();
    if (bias) dbias = x.new_zeros({V}, wide_options);
  }
  const Tensor matrix = weight.unsqueeze(0);
  const Tensor chunk = x.new_empty({std::min(N, chunk_rows), V});
  with_type(x.scalar_type(), [&]<typename T>() {
    using A = Wide<T>;
    const A numerator = gradient ? static_cast<A>(*gradient->const_data_ptr<float>()) : A{1};
    const A scale = numerator / static_cast<A>(counted);
    std::vector<A> losses(static_cast<size_t>(N));
    for (int64_t begin = 0; begin < N; begin += chunk_rows) {
      const int64_t rows = std::min(chunk_rows, N - begin);
      const int32_t ends = static_cast<int32_t>(rows);
      const Tensor inputs = x.narrow(0, begin, rows);
      Tensor logits = chunk.narrow(0, 0, rows);
      multiply_transposed(inputs, matrix, &ends, logits);
      if (bias) logits.add_(*bias);
      T* data = logits.mutable_data_ptr<T>();
      parallel_for(rows, grain_rows(V), [&](int64_t first, int64_t last) {
        std::vector<A> exponentials(static_cast<size_t>(V));
        for (int64_t row = first; row < last; ++row) {
          const int64_t n = begin + row;
          if (target[n] != ignore_index) {
            losses[static_cast<size_t>(n)] =
                row_loss(data + row * V, V, target[n], with_gradients ? &scale : nullptr,
                         exponentials.data());
          } else if (with_gradients) {
            std::fill_n(data + row * V, V, T(0));
          }
        }
      });
      if (!with_gradients) continue;
      Tensor dinputs = dx.narrow(0, begin, rows);
      multiply(logits, matrix, &ends, dinputs);
      multiply_rows(logits, inputs, &ends, dweight, begin > 0);
      if (bias) dbias.add_(logits.sum(0, false, wide));
    }
    double sum = 0;
    for (const A each : losses) sum += static_cast<double>(each);
    *loss.mutable_data_ptr<A>() = static_cast<A>(sum / static_cast<double>(counted));
  });
  if (with_gradients) {
    dweight = dweight.squeeze(0).to(weight.scalar_type());
    if (bias) dbias = dbias.to(bias->scalar_type());
  }
  return {loss, dx, dweight, dbias};
}

}  // namespace moebius::cpu
