// Causal attention in blocks (Dao et al. 2022): only one block of scores (some queries against some
// keys) exists at a time, in the second-level cache. libtorch's own kernel calls MKL and oneDNN for
// each small block, which on AMD takes four times as long.
//
// A task is one head of keys and values of one sequence, with all query heads that use it, so that
// no two threads add to the same sums.

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "gemm_kernel.h"
#include "kernels.h"
#include "parallel.h"
#include "vector.h"

namespace moebius::cpu {

#ifdef MOEBIUS_GEMM_FLOAT32

namespace {

constexpr int64_t kQueries = 96;  // rows of a block of scores: a multiple of a tile's
constexpr int64_t kKeys = 512;    // its columns: a multiple of a panel's

// One head of one sequence.
template <typename T>
struct Head {
  T* data;
  int64_t stride;

  T* row(int64_t index) const { return data + index * stride; }
};

template <typename T>
Head<const T> head_of(const Tensor& tensor, int64_t batch, int64_t head) {
  return {tensor.const_data_ptr<T>() + batch * tensor.stride(0) + head * tensor.stride(1),
          tensor.stride(2)};
}

template <typename T>
Head<T> mutable_head_of(const Tensor& tensor, int64_t batch, int64_t head) {
  return {tensor.mutable_data_ptr<T>() + batch * tensor.stride(0) + head * tensor.stride(1),
          tensor.stride(2)};
}

// Packs rows as lanes, for products with the transpose.
template <typename T>
char* pack_lanes(char* out, Head<const T> rows, int64_t count, int64_t D) {
  pack_transposed(rows.data, rows.stride, D, count, out);
  return out;
}

// Packs rows as steps, for sums over rows.
template <typename T>
char* pack_steps(char* out, const T* rows, int64_t stride, int64_t count, int64_t D) {
  pack_rows(rows, stride, count, D, {out, steps_of<T>(count) * kStepRow, kStepRow});
  return out;
}

template <typename T>
int64_t packed_lanes_bytes(int64_t count, int64_t D) {
  return divide_up(count, kLanes) * steps_of<T>(D) * kStepRow;
}

template <typename T>
int64_t packed_steps_bytes(int64_t count, int64_t D) {
  return divide_up(D, kLanes) * steps_of<T>(count) * kStepRow;
}

// out [rows, keys] = a @ b.T for a block of scores: row i and key j count from (first_row,
// first_key); tiles that are wholly above the diagonal are left as they are. `lanes` holds all keys
// of the head.
template <typename T>
void multiply_block(Head<const T> a, int64_t first_row, int64_t rows, const char* lanes,
                    int64_t first_key, int64_t keys, int64_t D, float* out) {
  const int64_t steps = steps_of<T>(D);
  for (int64_t i = 0; i < rows; i += kTileRows) {
    const int64_t count = std::min(kTileRows, rows - i);
    const Left left{reinterpret_cast<const char*>(a.row(first_row + i)),
                    a.stride * int64_t{sizeof(T)}, kStep};
    const int64_t last = std::min(keys, first_row + i + count - first_key);
    for (int64_t j = 0; j < last; j += kLanes) {
      tile_of<T, float>(count)(steps, left, lanes + (first_key + j) * steps * kStep,
                               out + i * kKeys + j, kKeys, ~__mmask32{0}, false);
    }
  }
}

// sums [rows, D] += p @ packed rows, where p [rows, keys] is zero where a key is more than `offset`
// after a row.
template <typename T>
void add_product(const T* p, int64_t rows, int64_t offset, const char* steps, int64_t all_keys,
                 int64_t first_key, int64_t keys, int64_t panels, float* sums) {
  for (int64_t i = 0; i < rows; i += kTileRows) {
    const int64_t count = std::min(kTileRows, rows - i);
    const int64_t depth = std::min(keys, offset + i + count);
    if (depth <= 0) continue;
    const Left left{reinterpret_cast<const char*>(p + i * kKeys), kKeys * int64_t{sizeof(T)},
                    kStep};
    for (int64_t panel = 0; panel < panels; ++panel) {
      const char* right = steps + (panel * steps_of<T>(all_keys) + first_key / kDepth<T>)*kStepRow;
      tile_of<T, float>(count)(steps_of<T>(depth), left, right,
                               sums + i * panels * kLanes + panel * kLanes, panels * kLanes,
                               ~__mmask32{0}, true);
    }
  }
}

// sums [keys, D] += p.T @ packed rows.
template <typename T>
void add_transposed_product(const T* p, int64_t rows, int64_t offset, const char* steps,
                            int64_t keys, int64_t panels, float* sums) {
  Left left{reinterpret_cast<const char*>(p), kStep, kKeys * kStep};
  if constexpr (kDepth<T> > 1) {
    char* const pairs = scratch<7>(steps_of<T>(kQueries) * kKeys * kStep);
    pack_rows(p, kKeys, rows, keys, {pairs, kStepRow, kKeys * kStep});
    left.base = pairs;
  }
  const char* const base = left.base;
  for (int64_t j = 0; j < keys; j += kTileRows) {
    const int64_t count = std::min(kTileRows, keys - j);
    // Rows before the first that sees one of these keys hold zeros.
    const int64_t skipped = std::clamp<int64_t>(j - offset, 0, rows) / kDepth<T>;
    left.base = base + j * kStep + skipped * left.step_stride;
    for (int64_t panel = 0; panel < panels; ++panel) {
      tile_of<T, float>(count)(steps_of<T>(rows) - skipped, left,
                               steps + (panel * steps_of<T>(rows) + skipped) * kStepRow,
                               sums + j * panels * kLanes + panel * kLanes, panels * kLanes,
                               ~__mmask32{0}, true);
    }
  }
}

// Softmax of a block's row with the running maximum: p = exp(scale * (scores - max)).
struct Softmax {
  float max = -std::numeric_limits<float>::infinity();
  float sum = 0;
};

// Returns the factor of what was summed before.
template <typename T>
float softmax_row(const float* scores, int64_t visible, int64_t keys, float scale, Softmax& softmax,
                  T* p) {
  Lanes<float> maxima = Lanes<float>{} + softmax.max;
  for_lanes(visible, [&](int64_t j, auto count) {
    maxima = larger(present(load(scores + j, count), count, softmax.max), maxima);
  });
  const float max = largest(maxima);
  const float offset = scale * max;
  Lanes<float> sums{};
  for_lanes(visible, [&](int64_t j, auto count) {
    const auto e = present(exponential(load(scores + j, count) * scale - offset), count, 0.f);
    store(p + j, e, count);
    sums += e;
  });
  std::fill(p + visible, p + keys, T(0));
  const float factor = exponential_of(scale * softmax.max - offset);
  softmax.max = max;
  softmax.sum = softmax.sum * factor + sum(sums);
  return factor;
}

template <typename T>
void forward_queries(Head<const T> q, const char* k_lanes, const char* v_steps, int64_t length,
                     int64_t D, float scale, int64_t first_row, int64_t rows, Head<T> y,
                     float* lse) {
  const int64_t panels = divide_up(D, kLanes);
  const int64_t width = panels * kLanes;
  float* const scores = reinterpret_cast<float*>(scratch<2>(kQueries * kKeys * kStep));
  T* const p = reinterpret_cast<T*>(scratch<3>(kQueries * kKeys * int64_t{sizeof(T)}));
  float* const sums = reinterpret_cast<float*>(scratch<4>(kQueries * width * kStep));
  std::fill_n(sums, rows * width, 0.f);
  Softmax softmaxes[kQueries];
  for (int64_t first_key = 0; first_key < first_row + rows; first_key += kKeys) {
    const int64_t keys = std::min(kKeys, first_row + rows - first_key);
    const int64_t whole = divide_up(keys, kDepth<T>) * kDepth<T>;
    multiply_block(q, first_row, rows, k_lanes, first_key, keys, D, scores);
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t visible = std::clamp<int64_t>(first_row + i + 1 - first_key, 0, keys);
      if (visible == 0) {
        std::fill_n(p + i * kKeys, whole, T(0));
        continue;
      }
      const float factor =
          softmax_row(scores + i * kKeys, visible, whole, scale, softmaxes[i], p + i * kKeys);
      if (first_key == 0) continue;
      for (int64_t d = 0; d < width; ++d) sums[i * width + d] *= factor;
    }
    add_product(p, rows, first_row - first_key, v_steps, length, first_key, keys, panels, sums);
  }
  for (int64_t i = 0; i < rows; ++i) {
    const float factor = 1 / softmaxes[i].sum;
    T* out = y.row(first_row + i);
    for_lanes(D, [&](int64_t d, auto count) {
      store(out + d, load(sums + i * width + d, count) * factor, count);
    });
    lse[first_row + i] = scale * softmaxes[i].max + std::log(softmaxes[i].sum);
  }
}

// Inputs of backward for one query head.
template <typename T>
struct Query {
  Head<const T> q, y, dy;
  const float* lse;
};

// The keys and values as packed for backward.
struct KeyValue {
  const char *k_lanes, *v_lanes, *k_steps;
};

template <typename T>
void backward_queries(const Query<T>& query, const KeyValue& packed, int64_t length, int64_t D,
                      float scale, int64_t first_row, int64_t rows, Head<T> dq, float* dk_sums,
                      float* dv_sums) {
  const int64_t panels = divide_up(D, kLanes);
  const int64_t width = panels * kLanes;
  float* const scores = reinterpret_cast<float*>(scratch<2>(kQueries * kKeys * kStep));
  float* const dp = reinterpret_cast<float*>(scratch<3>(kQueries * kKeys * kStep));
  T* const p = reinterpret_cast<T*>(scratch<5>(2 * kQueries * kKeys * int64_t{sizeof(T)}));
  T* const ds = p + kQueries * kKeys;
  float* const sums = reinterpret_cast<float*>(scratch<4>(kQueries * width * kStep));
  const int64_t steps_bytes = packed_steps_bytes<T>(kQueries, D);
  char* const operands = scratch<6>(2 * steps_bytes);
  const char* const q_steps = pack_steps(operands, query.q.row(first_row), query.q.stride, rows, D);
  const char* const dy_steps =
      pack_steps(operands + steps_bytes, query.dy.row(first_row), query.dy.stride, rows, D);
  std::fill_n(sums, rows * width, 0.f);
  float deltas[kQueries];
  for (int64_t i = 0; i < rows; ++i) {
    const T* y = query.y.row(first_row + i);
    const T* dy = query.dy.row(first_row + i);
    Lanes<float> products{};
    for_lanes(D,
              [&](int64_t d, auto count) { products += load(y + d, count) * load(dy + d, count); });
    deltas[i] = sum(products);
  }
  for (int64_t first_key = 0; first_key < first_row + rows; first_key += kKeys) {
    const int64_t keys = std::min(kKeys, first_row + rows - first_key);
    const int64_t whole = divide_up(keys, kDepth<T>) * kDepth<T>;
    multiply_block(query.q, first_row, rows, packed.k_lanes, first_key, keys, D, scores);
    multiply_block(query.dy, first_row, rows, packed.v_lanes, first_key, keys, D, dp);
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t visible = std::clamp<int64_t>(first_row + i + 1 - first_key, 0, keys);
      const float lse = query.lse[first_row + i];
      const float delta = deltas[i];
      const float* score = scores + i * kKeys;
      const float* dprobability = dp + i * kKeys;
      T* p_row = p + i * kKeys;
      T* ds_row = ds + i * kKeys;
      for_lanes(visible, [&](int64_t j, auto count) {
        const auto probability = exponential(load(score + j, count) * scale - lse);
        store(p_row + j, probability, count);
        store(ds_row + j, probability * (load(dprobability + j, count) - delta) * scale, count);
      });
      std::fill(p_row + visible, p_row + whole, T(0));
      std::fill(ds_row + visible, ds_row + whole, T(0));
    }
    const int64_t offset = first_row - first_key;
    add_product(ds, rows, offset, packed.k_steps, length, first_key, keys, panels, sums);
    add_transposed_product(ds, rows, offset, q_steps, keys, panels, dk_sums + first_key * width);
    add_transposed_product(p, rows, offset, dy_steps, keys, panels, dv_sums + first_key * width);
  }
  for (int64_t i = 0; i < rows; ++i) {
    T* out = dq.row(first_row + i);
    for_lanes(D, [&](int64_t d, auto count) {
      store(out + d, load(sums + i * width + d, count), count);
    });
  }
}

// A new [B, heads, T, D] over [B, T, heads, D] memory.
Tensor new_heads(const Tensor& like) {
  return like.new_empty({like.size(0), like.size(2), like.size(1), like.size(3)}).transpose(1, 2);
}

template <typename T>
void forward(const Tensor& q, const Tensor& k, const Tensor& v, float scale, const Tensor& y,
             const Tensor& lse) {
  const int64_t H = q.size(1);
  const int64_t G = k.size(1);
  const int64_t length = q.size(2);
  const int64_t D = q.size(3);
  float* lse_data = lse.mutable_data_ptr<float>();
  parallel_tasks(q.size(0) * G, q.numel() * length / 100, [&](int64_t task) {
    const int64_t b = task / G;
    const int64_t g = task % G;
    const auto v_head = head_of<T>(v, b, g);
    char* const memory =
        scratch<0>(packed_lanes_bytes<T>(length, D) + packed_steps_bytes<T>(length, D));
    const char* const k_lanes = pack_lanes(memory, head_of<T>(k, b, g), length, D);
    const char* const v_steps = pack_steps(memory + packed_lanes_bytes<T>(length, D), v_head.data,
                                           v_head.stride, length, D);
    for (int64_t h = g * (H / G); h < (g + 1) * (H / G); ++h) {
      for (int64_t row = 0; row < length; row += kQueries) {
        forward_queries(head_of<T>(q, b, h), k_lanes, v_steps, length, D, scale, row,
                        std::min(kQueries, length - row), mutable_head_of<T>(y, b, h),
                        lse_data + (b * H + h) * length);
      }
    }
  });
}

template <typename T>
void backward(const Tensor& dy, const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& y,
              const Tensor& lse, float scale, const Tensor& dq, const Tensor& dk,
              const Tensor& dv) {
  const int64_t H = q.size(1);
  const int64_t G = k.size(1);
  const int64_t length = q.size(2);
  const int64_t D = q.size(3);
  const int64_t width = divide_up(D, kLanes) * kLanes;
  const float* lse_data = lse.const_data_ptr<float>();
  parallel_tasks(q.size(0) * G, q.numel() * length / 100, [&](int64_t task) {
    const int64_t b = task / G;
    const int64_t g = task % G;
    const auto k_head = head_of<T>(k, b, g);
    const int64_t lanes_bytes = packed_lanes_bytes<T>(length, D);
    char* const memory = scratch<0>(2 * lanes_bytes + packed_steps_bytes<T>(length, D));
    const KeyValue packed{
        pack_lanes(memory, k_head, length, D),
        pack_lanes(memory + lanes_bytes, head_of<T>(v, b, g), length, D),
        pack_steps(memory + 2 * lanes_bytes, k_head.data, k_head.stride, length, D)};
    float* const dk_sums = reinterpret_cast<float*>(scratch<1>(2 * length * width * kStep));
    float* const dv_sums = dk_sums + length * width;
    std::fill_n(dk_sums, 2 * length * width, 0.f);
    for (int64_t h = g * (H / G); h < (g + 1) * (H / G); ++h) {
      const Query<T> query{head_of<T>(q, b, h), head_of<T>(y, b, h), head_of<T>(dy, b, h),
                           lse_data + (b * H + h) * length};
      for (int64_t row = 0; row < length; row += kQueries) {
        backward_queries(query, packed, length, D, scale, row, std::min(kQueries, length - row),
                         mutable_head_of<T>(dq, b, h), dk_sums, dv_sums);
      }
    }
    const auto dk_head = mutable_head_of<T>(dk, b, g);
    const auto dv_head = mutable_head_of<T>(dv, b, g);
    for (int64_t t = 0; t < length; ++t) {
      for_lanes(D, [&](int64_t d, auto count) {
        store(dk_head.row(t) + d, load(dk_sums + t * width + d, count), count);
        store(dv_head.row(t) + d, load(dv_sums + t * width + d, count), count);
      });
    }
  });
}

template <typename Body>
void with_attention_type(ScalarType dtype, Body&& body) {
#ifdef MOEBIUS_GEMM_BFLOAT16
  if (dtype == at::kBFloat16) return body.template operator()<at::BFloat16>();
#endif
  TORCH_CHECK(dtype == at::kFloat, "attention of ", dtype, " is not supported on this CPU");
  body.template operator()<float>();
}

}  // namespace

bool attends_faster(const Tensor& q, const Tensor& k) {
  const ScalarType dtype = q.scalar_type();
#ifdef MOEBIUS_GEMM_BFLOAT16
  const bool known = dtype == at::kFloat || dtype == at::kBFloat16;
#else
  const bool known = dtype == at::kFloat;
#endif
  return known && q.size(2) > 1 && q.size(2) == k.size(2) && q.size(3) % 2 == 0 &&
         q.size(0) * k.size(1) >= at::get_num_threads();
}

std::tuple<Tensor, Tensor> attention_forward(const Tensor& q, const Tensor& k, const Tensor& v,
                                             double scale) {
  Tensor y = new_heads(q);
  Tensor lse = q.new_empty({q.size(0), q.size(1), q.size(2)}, q.options().dtype(at::kFloat));
  with_attention_type(q.scalar_type(), [&]<typename T>() {
    forward<T>(q, k, v, static_cast<float>(scale), y, lse);
  });
  return {y, lse};
}

std::tuple<Tensor, Tensor, Tensor> attention_backward(const Tensor& dy, const Tensor& q,
                                                      const Tensor& k, const Tensor& v,
                                                      const Tensor& y, const Tensor& lse,
                                                      double scale) {
  Tensor dq = new_heads(q);
  Tensor dk = new_heads(k);
  Tensor dv = new_heads(v);
  with_attention_type(q.scalar_type(), [&]<typename T>() {
    backward<T>(dy, q, k, v, y, lse, static_cast<float>(scale), dq, dk, dv);
  });
  return {dq, dk, dv};
}

#else

bool attends_faster(const Tensor&, const Tensor&) { return false; }

std::tuple<Tensor, Tensor> attention_forward(const Tensor&, const Tensor&, const Tensor&, double) {
  TORCH_CHECK(false, "attention has no kernel of its own on this CPU");
}

std::tuple<Tensor, Tensor, Tensor> attention_backward(const Tensor&, const Tensor&, const Tensor&,
                                                      const Tensor&, const Tensor&, const Tensor&,
                                                      double) {
  TORCH_CHECK(false, "attention has no kernel of its own on this CPU");
}

#endif

}  // namespace moebius::cpu
