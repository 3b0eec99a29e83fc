// Splits queries, keys and values and rotates the first two: one pass instead of slices and
// concatenations.

#include <algorithm>

#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace moebius::cpu {
namespace {

// Pairs (i, i + R / 2) of the first R values turn by the angles of their position, or back; the
// rest is copied. The products are rounded to what they would be in PyTorch: the wider type of
// values and tables.
template <bool Back, typename Product, typename T>
void rotate(const T* x, const Wide<T>* cos, const Wide<T>* sin, int64_t R, int64_t D, T* y) {
  const int64_t half = R / 2;
  for_lanes(half, [&](int64_t i, auto count) {
    const auto a = load(x + i, count);
    const auto b = load(x + half + i, count);
    const auto a_sin = load(sin + i, count);
    const auto b_sin = load(sin + half + i, count);
    const auto a_cos = load(cos + i, count);
    const auto b_cos = load(cos + half + i, count);
    const auto a_turned = rounded<Product>(b * (Back ? b_sin : a_sin));
    const auto b_turned = rounded<Product>(a * (Back ? a_sin : b_sin));
    const auto a_kept = rounded<Product>(a * a_cos);
    const auto b_kept = rounded<Product>(b * b_cos);
    store(y + i, Back ? a_kept + a_turned : a_kept - a_turned, count);
    store(y + half + i, Back ? b_kept - b_turned : b_kept + b_turned, count);
  });
  std::copy_n(x + R, D - R, y + R);
}

// Calls body.template operator()<T, Product>() with the types of values and of their products.
template <typename Body>
void with_types(const Tensor& values, const Tensor& table, Body&& body) {
  with_type(values.scalar_type(), [&]<typename T>() {
    if (table.scalar_type() == values.scalar_type()) {
      body.template operator()<T, T>();
    } else {
      body.template operator()<T, Wide<T>>();
    }
  });
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> rope_qkv_forward(const Tensor& qkv, const Tensor& cos,
                                                    const Tensor& sin, int64_t n_head,
                                                    int64_t n_query_groups) {
  const int64_t B = qkv.size(0);
  const int64_t T = qkv.size(1);
  const int64_t heads = n_head + 2 * n_query_groups;
  const int64_t D = qkv.size(2) / heads;
  const int64_t R = cos.size(1);
  Tensor q = qkv.new_empty({B, T, n_head, D});
  Tensor k = qkv.new_empty({B, T, n_query_groups, D});
  Tensor v = qkv.new_empty({B, T, n_query_groups, D});
  const ScalarType wide = wide_dtype(qkv.scalar_type());
  const Tensor cosines = cos.to(wide);
  const Tensor sines = sin.to(wide);
  with_types(qkv, cos, [&]<typename Type, typename Product>() {
    const Type* from = qkv.const_data_ptr<Type>();
    const auto* cosine = cosines.const_data_ptr<Wide<Type>>();
    const auto* sine = sines.const_data_ptr<Wide<Type>>();
    Type* q_data = q.mutable_data_ptr<Type>();
    Type* k_data = k.mutable_data_ptr<Type>();
    Type* v_data = v.mutable_data_ptr<Type>();
    parallel_for(B * T, grain_rows(heads * D), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const Type* in = from + row * heads * D;
        const int64_t angles = row % T * R;
        for (int64_t h = 0; h < n_head; ++h, in += D) {
          rotate<false, Product>(in, cosine + angles, sine + angles, R, D,
                                 q_data + (row * n_head + h) * D);
        }
        for (int64_t g = 0; g < n_query_groups; ++g, in += D) {
          rotate<false, Product>(in, cosine + angles, sine + angles, R, D,
                                 k_data + (row * n_query_groups + g) * D);
        }
        std::copy_n(in, n_query_groups * D, v_data + row * n_query_groups * D);
      }
    });
  });
  return {q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)};
}

Tensor rope_qkv_backward(const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& cos,
                         const Tensor& sin) {
  const int64_t B = dq.size(0);
  const int64_t T = dq.size(2);
  const int64_t D = dq.size(3);
  const int64_t R = cos.size(1);
  const int64_t heads = dq.size(1) + dk.size(1) + dv.size(1);
  Tensor dqkv = dq.new_empty({B, T, heads * D});
  const ScalarType wide = wide_dtype(dq.scalar_type());
  const Tensor cosines = cos.to(wide);
  const Tensor sines = sin.to(wide);
  with_types(dq, cos, [&]<typename Type, typename Product>() {
    const auto* cosine = cosines.const_data_ptr<Wide<Type>>();
    const auto* sine = sines.const_data_ptr<Wide<Type>>();
    Type* to = dqkv.mutable_data_ptr<Type>();
    parallel_for(B * T, grain_rows(heads * D), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t b = row / T;
        const int64_t t = row % T;
        Type* out = to + row * heads * D;
        for (const Tensor* part : {&dq, &dk, &dv}) {
          const int64_t rotated = part == &dv ? 0 : R;
          const Type* in = part->const_data_ptr<Type>() + b * part->stride(0) + t * part->stride(2);
          for (int64_t h = 0; h < part->size(1); ++h, out += D) {
            rotate<true, Product>(in + h * part->stride(1), cosine + t * R, sine + t * R, rotated,
                                  D, out);
          }
        }
      }
    });
  });
  return dqkv;
}

}  // namespace moebius::cpu
