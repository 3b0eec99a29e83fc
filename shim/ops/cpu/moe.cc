// Sorts tokens by expert, copies them to the experts' rows, and adds up the experts' results. Each
// thread writes its own rows in a fixed order of addition, so that results do not depend on the
// number of threads.

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace moebius::cpu {

std::tuple<Tensor, Tensor, Tensor, Tensor> moe_sort(const Tensor& experts, int64_t n_expert) {
  const int64_t N = experts.size(0);
  const int64_t K = experts.size(1);
  const auto options = experts.options().dtype(at::kInt);
  Tensor token = experts.new_empty({N * K}, options);
  Tensor row = experts.new_empty({N, K}, options);
  Tensor counts = experts.new_empty({n_expert}, options);
  Tensor ends = experts.new_empty({n_expert}, options);
  const int64_t* expert = experts.const_data_ptr<int64_t>();
  int32_t* token_data = token.mutable_data_ptr<int32_t>();
  int32_t* row_data = row.mutable_data_ptr<int32_t>();
  int32_t* count = counts.mutable_data_ptr<int32_t>();
  int32_t* end = ends.mutable_data_ptr<int32_t>();
  std::fill_n(count, n_expert, 0);
  for (int64_t i = 0; i < N * K; ++i) {
    TORCH_CHECK(expert[i] >= 0 && expert[i] < n_expert, "expert ", expert[i], " of choice ", i,
                " is not one of ", n_expert);
    ++count[expert[i]];
  }
  std::vector<int32_t> next(static_cast<size_t>(n_expert));
  int32_t sum = 0;
  for (int64_t e = 0; e < n_expert; ++e) {
    next[static_cast<size_t>(e)] = sum;
    end[e] = sum += count[e];
  }
  for (int64_t i = 0; i < N * K; ++i) {
    const int32_t m = next[static_cast<size_t>(expert[i])]++;
    row_data[i] = m;
    token_data[m] = static_cast<int32_t>(i / K);
  }
  return {token, row, counts, ends};
}

Tensor moe_gather_forward(const Tensor& x, const Tensor& token, const Tensor&) {
  const int64_t M = token.size(0);
  const int64_t C = x.size(1);
  Tensor y = x.new_empty({M, C});
  const size_t bytes = static_cast<size_t>(C) * x.element_size();
  const char* from = static_cast<const char*>(x.const_data_ptr());
  char* to = static_cast<char*>(y.mutable_data_ptr());
  const int32_t* index = token.const_data_ptr<int32_t>();
  parallel_for(M, grain_rows(C), [&](int64_t begin, int64_t end) {
    for (int64_t m = begin; m < end; ++m) {
      std::memcpy(to + static_cast<size_t>(m) * bytes, from + static_cast<size_t>(index[m]) * bytes,
                  bytes);
    }
  });
  return y;
}

Tensor moe_gather_backward(const Tensor& dy, const Tensor& row) {
  const int64_t N = row.size(0);
  const int64_t K = row.size(1);
  const int64_t C = dy.size(1);
  Tensor dx = dy.new_empty({N, C});
  with_type(dy.scalar_type(), [&]<typename T>() {
    using A = Wide<T>;
    const T* from = dy.const_data_ptr<T>();
    T* to = dx.mutable_data_ptr<T>();
    const int32_t* index = row.const_data_ptr<int32_t>();
    parallel_for(N, grain_rows(C * K), [&](int64_t begin, int64_t end) {
      std::vector<A> sums(static_cast<size_t>(C));
      A* const sum = sums.data();
      for (int64_t n = begin; n < end; ++n) {
        std::fill_n(sum, C, A{0});
        for (int64_t k = 0; k < K; ++k) {
          const T* d = from + index[n * K + k] * C;
          for_lanes(C, [&](int64_t c, auto count) {
            store(sum + c, load(sum + c, count) + load(d + c, count), count);
          });
        }
        for_lanes(
            C, [&](int64_t c, auto count) { store(to + n * C + c, load(sum + c, count), count); });
      }
    });
  });
  return dx;
}

Tensor moe_combine_forward(const Tensor& y, const Tensor& weights, const Tensor& row,
                           ScalarType out_dtype) {
  const int64_t N = row.size(0);
  const int64_t K = row.size(1);
  const int64_t C = y.size(1);
  Tensor out = y.new_empty({N, C}, y.options().dtype(out_dtype));
  const Tensor factors = weights.to(wide_dtype(y.scalar_type()));
  with_type(y.scalar_type(), [&]<typename T>() {
    using A = Wide<T>;
    const T* from = y.const_data_ptr<T>();
    const A* factor = factors.const_data_ptr<A>();
    const int32_t* index = row.const_data_ptr<int32_t>();
    const MutableRows<A> to(out, C);
    parallel_for(N, grain_rows(C * K), [&](int64_t begin, int64_t end) {
      std::vector<A> sums(static_cast<size_t>(C));
      A* const sum = sums.data();
      for (int64_t n = begin; n < end; ++n) {
        std::fill_n(sum, C, A{0});
        for (int64_t k = 0; k < K; ++k) {
          const T* values = from + index[n * K + k] * C;
          const A weight = factor[n * K + k];
          for_lanes(C, [&](int64_t c, auto count) {
            store(sum + c, load(sum + c, count) + weight * load(values + c, count), count);
          });
        }
        to.write(n, sum);
      }
    });
  });
  return out;
}

std::tuple<Tensor, Tensor> moe_combine_backward(const Tensor& dout, const Tensor& y,
                                                const Tensor& weights, const Tensor& row) {
  const int64_t N = row.size(0);
  const int64_t K = row.size(1);
  const int64_t C = y.size(1);
  const ScalarType wide = wide_dtype(y.scalar_type());
  Tensor dy = y.new_empty(y.sizes());
  Tensor dweights = y.new_empty({N, K}, y.options().dtype(wide));
  const Tensor factors = weights.to(wide);
  with_type(y.scalar_type(), [&]<typename T>() {
    using A = Wide<T>;
    const T* values = y.const_data_ptr<T>();
    const A* factor = factors.const_data_ptr<A>();
    const int32_t* index = row.const_data_ptr<int32_t>();
    T* dvalues = dy.mutable_data_ptr<T>();
    A* dfactor = dweights.mutable_data_ptr<A>();
    const Rows<A> from(dout, C);
    parallel_for(N, grain_rows(C * K), [&](int64_t begin, int64_t end) {
      std::vector<A> buffer(static_cast<size_t>(C));
      for (int64_t n = begin; n < end; ++n) {
        const A* d = from.read(n, buffer.data());
        for (int64_t k = 0; k < K; ++k) {
          const int64_t m = index[n * K + k];
          const A weight = factor[n * K + k];
          const T* in = values + m * C;
          T* out = dvalues + m * C;
          Lanes<A> dot{};
          for_lanes(C, [&](int64_t c, auto count) {
            const auto grad = load(d + c, count);
            dot += grad * load(in + c, count);
            store(out + c, weight * grad, count);
          });
          dfactor[n * K + k] = sum(dot);
        }
      }
    });
  });
  return {dy, dweights.to(weights.scalar_type())};
}

}  // namespace moebius::cpu
