// silu(gate) * up. Backward reads only fc and recomputes the rest, which is cheap.

#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace moebius::cpu {

Tensor swiglu_forward(const Tensor& fc) {
  const int64_t rows = fc.size(0);
  const int64_t width = fc.size(1) / 2;
  Tensor y = fc.new_empty({rows, width});
  with_type(fc.scalar_type(), [&]<typename T>() {
    const T* from = fc.const_data_ptr<T>();
    T* to = y.mutable_data_ptr<T>();
    parallel_for(rows, grain_rows(width), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* gate = from + row * 2 * width;
        const T* up = gate + width;
        T* out = to + row * width;
        for_lanes(width, [&](int64_t i, auto count) {
          const auto g = load(gate + i, count);
          store(out + i, g * sigmoid(g) * load(up + i, count), count);
        });
      }
    });
  });
  return y;
}

Tensor swiglu_backward(const Tensor& dy, const Tensor& fc) {
  const int64_t rows = fc.size(0);
  const int64_t width = fc.size(1) / 2;
  Tensor dfc = fc.new_empty(fc.sizes());
  with_type(fc.scalar_type(), [&]<typename T>() {
    const T* from = fc.const_data_ptr<T>();
    const T* grad = dy.const_data_ptr<T>();
    T* to = dfc.mutable_data_ptr<T>();
    parallel_for(rows, grain_rows(width), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* gate = from + row * 2 * width;
        const T* up = gate + width;
        const T* d = grad + row * width;
        T* dgate = to + row * 2 * width;
        T* dup = dgate + width;
        for_lanes(width, [&](int64_t i, auto count) {
          const auto g = load(gate + i, count);
          const auto s = sigmoid(g);
          const auto silu = g * s;
          const auto dout = load(d + i, count);
          store(dgate + i, dout * load(up + i, count) * (s + silu * (1 - s)), count);
          store(dup + i, dout * silu, count);
        });
      }
    });
  });
  return dfc;
}

}  // namespace moebius::cpu
