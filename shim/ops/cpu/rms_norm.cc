// Root mean square normalisation, alone and after a residual addition: each row is read once and
// stays in the cache.

#include <vector>

#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace moebius::cpu {
namespace {

template <typename A>
A sum_of_squares(const A* x, int64_t C) {
  Lanes<A> squares{};
  for_lanes(C, [&](int64_t i, auto count) {
    const auto values = load(x + i, count);
    squares += values * values;
  });
  return sum(squares);
}

ScalarType wider(ScalarType a, ScalarType b) {
  return a == b ? a : wide_dtype(a == at::kDouble ? a : b);
}

// sum = x + residual where there is one, else x; y = sum * rstd * weight.
std::tuple<Tensor, Tensor, Tensor> normalise(const Tensor& x, const Tensor* residual,
                                             const Tensor& weight, double eps,
                                             ScalarType out_dtype) {
  const int64_t C = x.size(-1);
  const int64_t rows = x.numel() / C;
  const ScalarType sum_dtype =
      residual == nullptr ? x.scalar_type() : wider(x.scalar_type(), residual->scalar_type());
  const ScalarType wide = wide_dtype(sum_dtype);
  Tensor sum = residual == nullptr ? x : x.new_empty(x.sizes(), x.options().dtype(sum_dtype));
  Tensor y = x.new_empty(x.sizes(), x.options().dtype(out_dtype));
  Tensor rstd = x.new_empty({rows}, x.options().dtype(wide));
  const Tensor factors = weight.to(wide);
  with_wide_type(wide, [&]<typename A>() {
    const Rows<A> x_rows(x, C);
    const Rows<A> residual_rows(residual == nullptr ? x : *residual, C);
    const Rows<A> sum_rows(sum, C);
    const MutableRows<A> y_rows(y, C);
    const A* factor = factors.const_data_ptr<A>();
    A* rstd_data = rstd.mutable_data_ptr<A>();
    parallel_for(rows, grain_rows(C), [&](int64_t begin, int64_t end) {
      std::vector<A> first(static_cast<size_t>(C));
      std::vector<A> second(static_cast<size_t>(C));
      for (int64_t row = begin; row < end; ++row) {
        const A* in = x_rows.read(row, first.data());
        if (residual != nullptr) {
          const A* other = residual_rows.read(row, second.data());
          A* both = first.data();
          for_lanes(C, [&](int64_t i, auto count) {
            store(both + i, load(in + i, count) + load(other + i, count), count);
          });
          MutableRows<A>(sum, C).write(row, both);
          // Normalises the rounded sum, as it is stored.
          in = sum_rows.read(row, both);
        }
        const A scale =
            1 / std::sqrt(sum_of_squares(in, C) / static_cast<A>(C) + static_cast<A>(eps));
        rstd_data[row] = scale;
        A* out = second.data();
        for_lanes(C, [&](int64_t i, auto count) {
          store(out + i, load(in + i, count) * scale * load(factor + i, count), count);
        });
        y_rows.write(row, out);
      }
    });
  });
  return {sum, y, rstd};
}

// dsum, other than through y, may be null. Results: the gradient of sum, in two dtypes, and of
// weight.
std::tuple<Tensor, Tensor, Tensor> normalise_backward(const Tensor* dsum, const Tensor& dy,
                                                      const Tensor& sum, const Tensor& weight,
                                                      const Tensor& rstd, ScalarType x_dtype,
                                                      ScalarType residual_dtype) {
  const int64_t C = sum.size(-1);
  const int64_t rows = sum.numel() / C;
  const ScalarType wide = wide_dtype(sum.scalar_type());
  Tensor dx = sum.new_empty(sum.sizes(), sum.options().dtype(x_dtype));
  const bool same = x_dtype == residual_dtype;
  Tensor dresidual = same ? dx : sum.new_empty(sum.sizes(), sum.options().dtype(residual_dtype));
  // Sums over blocks of rows whose number does not depend on the number of threads.
  const int64_t blocks = std::min<int64_t>(rows, 64);
  Tensor partial = sum.new_zeros({blocks, C}, sum.options().dtype(wide));
  const Tensor factors = weight.to(wide);
  with_wide_type(wide, [&]<typename A>() {
    const Rows<A> dy_rows(dy, C);
    const Rows<A> sum_rows(sum, C);
    const Rows<A> dsum_rows(dsum == nullptr ? sum : *dsum, C);
    const MutableRows<A> dx_rows(dx, C);
    const MutableRows<A> dresidual_rows(dresidual, C);
    const A* factor = factors.const_data_ptr<A>();
    const A* rstd_data = rstd.const_data_ptr<A>();
    A* partial_data = partial.mutable_data_ptr<A>();
    parallel_tasks(blocks, sum.numel(), [&](int64_t block) {
      std::vector<A> buffers(static_cast<size_t>(4 * C));
      A* out = buffers.data();
      A* dfactor = partial_data + block * C;
      for (int64_t row = rows * block / blocks; row < rows * (block + 1) / blocks; ++row) {
        const A* d = dy_rows.read(row, out + C);
        const A* x = sum_rows.read(row, out + 2 * C);
        const A scale = rstd_data[row];
        Lanes<A> dots{};
        for_lanes(C, [&](int64_t i, auto count) {
          const auto grad = load(d + i, count);
          const auto normal = load(x + i, count) * scale;
          const auto scaled = grad * load(factor + i, count);
          store(dfactor + i, load(dfactor + i, count) + grad * normal, count);
          dots += scaled * normal;
        });
        const A mean = cpu::sum(dots) / static_cast<A>(C);
        const A* also = dsum == nullptr ? nullptr : dsum_rows.read(row, out + 3 * C);
        for_lanes(C, [&](int64_t i, auto count) {
          const auto normal = load(x + i, count) * scale;
          auto dx = scale * (load(d + i, count) * load(factor + i, count) - normal * mean);
          if (also != nullptr) dx += load(also + i, count);
          store(out + i, dx, count);
        });
        dx_rows.write(row, out);
        if (!same) dresidual_rows.write(row, out);
      }
    });
  });
  return {dx, dresidual, partial.sum(0).to(weight.scalar_type())};
}

}  // namespace

std::tuple<Tensor, Tensor> rms_norm_forward(const Tensor& x, const Tensor& weight, double eps,
                                            ScalarType out_dtype) {
  auto [sum, y, rstd] = normalise(x, nullptr, weight, eps, out_dtype);
  return {y, rstd};
}

std::tuple<Tensor, Tensor> rms_norm_backward(const Tensor& dy, const Tensor& x,
                                             const Tensor& weight, const Tensor& rstd) {
  auto [dx, dresidual, dweight] =
      normalise_backward(nullptr, dy, x, weight, rstd, x.scalar_type(), x.scalar_type());
  return {dx, dweight};
}

std::tuple<Tensor, Tensor, Tensor> add_rms_norm_forward(const Tensor& x, const Tensor& residual,
                                                        const Tensor& weight, double eps,
                                                        ScalarType out_dtype) {
  return normalise(x, &residual, weight, eps, out_dtype);
}

std::tuple<Tensor, Tensor, Tensor> add_rms_norm_backward(const std::optional<Tensor>& dsum,
                                                         const Tensor& dy, const Tensor& sum,
                                                         const Tensor& weight, const Tensor& rstd,
                                                         ScalarType x_dtype,
                                                         ScalarType residual_dtype) {
  return normalise_backward(dsum ? &*dsum : nullptr, dy, sum, weight, rstd, x_dtype,
                            residual_dtype);
}

}  // namespace moebius::cpu
