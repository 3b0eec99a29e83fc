#include "gemm.h"

#include <ATen/Parallel.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <vector>

#include "gemm_kernel.h"
#include "parallel.h"

namespace moebius::cpu {
namespace {

int64_t begin_of(const int32_t* ends, int64_t group) { return group == 0 ? 0 : ends[group - 1]; }

template <typename Body>
void for_groups(int64_t groups, const int32_t* ends, Body&& body) {
  for (int64_t group = 0; group < groups; ++group) {
    const int64_t begin = begin_of(ends, group);
    body(group, begin, ends[group] - begin);
  }
}

#ifdef MOEBIUS_GEMM_FLOAT32

// Steps of the inner dimension and columns that are packed at a time: they stay in the second-level
// cache.
constexpr int64_t kBlockSteps = 768;
constexpr int64_t kBlockColumns = 128;

// out [rows, columns] (+)= a [rows, depth] @ packed panels.
template <typename T, typename Out>
void multiply_packed(const T* a, int64_t a_stride, int64_t rows, int64_t depth, const char* packed,
                     int64_t columns, Out* out, int64_t out_stride, bool add) {
  const int64_t steps = steps_of<T>(depth);
  const int64_t a_bytes = a_stride * int64_t{sizeof(T)};
  // Rows whose distance is a power of two compete for the same cache lines, and half a step cannot
  // be read in place.
  const bool copy = depth % kDepth<T> != 0 || a_bytes % 4096 == 0;
  const int64_t copy_stride = steps * kStep + 64;
  char* const copied = copy ? scratch<1>(kTileRows * copy_stride) : nullptr;
  for (int64_t row = 0; row < rows; row += kTileRows) {
    const int64_t count = std::min(kTileRows, rows - row);
    Left left{reinterpret_cast<const char*>(a + row * a_stride), a_bytes, kStep};
    if (copy) {
      for (int64_t i = 0; i < count; ++i) {
        char* to = copied + i * copy_stride;
        std::memset(to + (steps - 1) * kStep, 0, kStep);
        std::memcpy(to, left.base + i * a_bytes, static_cast<size_t>(depth) * sizeof(T));
      }
      left = {copied, copy_stride, kStep};
    }
    const auto run = tile_of<T, Out>(count);
    for (int64_t column = 0; column < columns; column += kLanes) {
      run(steps, left, packed + column * steps * kStep, out + row * out_stride + column, out_stride,
          lanes_mask(columns - column), add);
    }
  }
}

// Copies a block of sums to the output, or adds it to the output.
template <typename Out>
void write_sums(const float* sums, int64_t sums_stride, int64_t rows, int64_t columns, Out* out,
                int64_t out_stride, bool add) {
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t column = 0; column < columns; column += kLanes) {
      const float* from = sums + row * sums_stride + column;
      Out* to = out + row * out_stride + column;
      const __mmask32 mask = lanes_mask(columns - column);
      __m512 low = _mm512_load_ps(from);
      __m512 high = _mm512_load_ps(from + 16);
      if constexpr (std::is_same_v<Out, float>) {
        if (add) {
          low = _mm512_add_ps(low, _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask), to));
          high = _mm512_add_ps(high,
                               _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask >> 16), to + 16));
        }
      }
      store(to, low, high, mask);
    }
  }
}

// The two products whose result has the rows of the input (forward and dx): `pack` packs a block of
// a group's matrix.
template <typename T, typename Pack>
void multiply_groups(const T* a, int64_t total_rows, int64_t depth, int64_t columns, int64_t groups,
                     const int32_t* ends, T* out, Pack&& pack) {
  struct Task {
    int64_t group, row, rows, column, columns;
  };
  const int64_t block_depth = std::min(depth, kBlockSteps * kDepth<T>);
  const int64_t column_tasks = divide_up(columns, kBlockColumns);
  const int64_t wanted = 6 * at::get_num_threads();
  const int64_t task_rows =
      divide_up(std::clamp<int64_t>(total_rows * column_tasks / wanted, 192, 1536), kTileRows) *
      kTileRows;
  std::vector<Task> tasks;
  for_groups(groups, ends, [&](int64_t group, int64_t begin, int64_t count) {
    for (int64_t row = 0; row < count; row += task_rows) {
      for (int64_t column = 0; column < columns; column += kBlockColumns) {
        tasks.push_back({group, begin + row, std::min(task_rows, count - row), column,
                         std::min(kBlockColumns, columns - column)});
      }
    }
  });
  parallel_tasks(
      static_cast<int64_t>(tasks.size()), total_rows * depth * columns / 100, [&](int64_t index) {
        const Task& task = tasks[static_cast<size_t>(index)];
        const T* from = a + task.row * depth;
        T* to = out + task.row * columns + task.column;
        const int64_t panels = divide_up(task.columns, kLanes);
        char* const packed = scratch<0>(panels * steps_of<T>(block_depth) * kStepRow);
        if (block_depth == depth) {
          pack(task.group, 0, depth, task.column, task.columns, packed);
          multiply_packed(from, depth, task.rows, depth, packed, task.columns, to, columns, false);
          return;
        }
        const int64_t sums_stride = panels * kLanes;
        float* const sums = reinterpret_cast<float*>(scratch<2>(task.rows * sums_stride * kStep));
        for (int64_t begin = 0; begin < depth; begin += block_depth) {
          const int64_t count = std::min(block_depth, depth - begin);
          pack(task.group, begin, count, task.column, task.columns, packed);
          multiply_packed(from + begin, depth, task.rows, count, packed, task.columns, sums,
                          sums_stride, begin > 0);
        }
        write_sums(sums, sums_stride, task.rows, task.columns, to, columns, false);
      });
}

template <typename T>
void multiply_transposed_fast(const at::Tensor& x, const at::Tensor& w, const int32_t* ends,
                              at::Tensor& y) {
  const int64_t N = w.size(1);
  const int64_t K = w.size(2);
  const T* weight = w.const_data_ptr<T>();
  multiply_groups(
      x.const_data_ptr<T>(), x.size(0), K, N, w.size(0), ends, y.mutable_data_ptr<T>(),
      [&](int64_t group, int64_t begin, int64_t depth, int64_t column, int64_t columns, char* out) {
        pack_transposed(weight + (group * N + column) * K + begin, K, depth, columns, out);
      });
}

template <typename T>
void multiply_fast(const at::Tensor& g, const at::Tensor& w, const int32_t* ends, at::Tensor& dx) {
  const int64_t N = w.size(1);
  const int64_t K = w.size(2);
  const T* weight = w.const_data_ptr<T>();
  multiply_groups(
      g.const_data_ptr<T>(), g.size(0), N, K, w.size(0), ends, dx.mutable_data_ptr<T>(),
      [&](int64_t group, int64_t begin, int64_t depth, int64_t column, int64_t columns, char* out) {
        pack_rows(weight + (group * N + begin) * K + column, K, depth, columns,
                  {out, steps_of<T>(depth) * kStepRow, kStepRow});
      });
}

// One block of a group's dw: columns [n, n + height) of g against [k, k + width) of x.
template <typename T, typename Out>
void multiply_rows_block(const T* g, int64_t N, const T* x, int64_t K, int64_t rows, int64_t height,
                         int64_t width, Out* out, bool add) {
  constexpr int64_t kBlock = 128 * kDepth<T>;
  const int64_t panels = divide_up(width, kLanes);
  const int64_t left_stride = divide_up(height, kLanes) * kStepRow;
  const int64_t sums_stride = panels * kLanes;
  const int64_t max_steps = steps_of<T>(std::min(rows, kBlock));
  char* const right = scratch<0>(panels * max_steps * kStepRow);
  char* const left = scratch<1>(max_steps * left_stride);
  float* const sums = reinterpret_cast<float*>(scratch<2>(height * sums_stride * kStep));
  if (rows == 0) std::fill_n(sums, height * sums_stride, 0.f);
  for (int64_t row = 0; row < rows; row += kBlock) {
    const int64_t depth = std::min(kBlock, rows - row);
    const int64_t steps = steps_of<T>(depth);
    pack_rows(x + row * K, K, depth, width, {right, steps * kStepRow, kStepRow});
    pack_rows(g + row * N, N, depth, height, {left, kStepRow, left_stride});
    for (int64_t panel = 0; panel < panels; ++panel) {
      for (int64_t n = 0; n < height; n += kTileRows) {
        tile_of<T, float>(std::min(kTileRows, height - n))(
            steps, {left + n * kStep, kStep, left_stride}, right + panel * steps * kStepRow,
            sums + n * sums_stride + panel * kLanes, sums_stride, ~__mmask32{0}, row > 0);
      }
    }
  }
  write_sums(sums, sums_stride, height, width, out, K, add);
}

template <typename T, typename Out>
void multiply_rows_fast(const at::Tensor& g, const at::Tensor& x, const int32_t* ends,
                        at::Tensor& dw, bool add) {
  const int64_t E = dw.size(0);
  const int64_t N = dw.size(1);
  const int64_t K = dw.size(2);
  int64_t height = 384;
  int64_t width = 256;
  const auto blocks = [&] { return E * divide_up(N, height) * divide_up(K, width); };
  while (blocks() < 2 * at::get_num_threads() && height > 24) {
    height /= 2;
    width = std::max<int64_t>(width / 2, 64);
  }
  const int64_t blocks_N = divide_up(N, height);
  const int64_t blocks_K = divide_up(K, width);
  const T* g_data = g.const_data_ptr<T>();
  const T* x_data = x.const_data_ptr<T>();
  Out* out = dw.mutable_data_ptr<Out>();
  parallel_tasks(blocks(), x.size(0) * N * K / 100, [&](int64_t task) {
    const int64_t k = task % blocks_K * width;
    const int64_t n = task / blocks_K % blocks_N * height;
    const int64_t e = task / blocks_K / blocks_N;
    const int64_t begin = begin_of(ends, e);
    multiply_rows_block(g_data + begin * N + n, N, x_data + begin * K + k, K, ends[e] - begin,
                        std::min(height, N - n), std::min(width, K - k), out + (e * N + n) * K + k,
                        add);
  });
}

#endif

}  // namespace

bool multiplies_faster([[maybe_unused]] at::ScalarType dtype) {
#ifdef MOEBIUS_GEMM_FLOAT32
  return dtype == at::kFloat;
#else
  return false;
#endif
}

void multiply_transposed(const at::Tensor& x, const at::Tensor& w, const int32_t* ends,
                         at::Tensor& y) {
#ifdef MOEBIUS_GEMM_FLOAT32
  if (x.scalar_type() == at::kFloat) return multiply_transposed_fast<float>(x, w, ends, y);
#endif
#ifdef MOEBIUS_GEMM_BFLOAT16
  if (x.scalar_type() == at::kBFloat16)
    return multiply_transposed_fast<at::BFloat16>(x, w, ends, y);
#endif
  for_groups(w.size(0), ends, [&](int64_t group, int64_t begin, int64_t count) {
    at::Tensor out = y.narrow(0, begin, count);
    at::mm_out(out, x.narrow(0, begin, count), w.select(0, group).t());
  });
}

void multiply(const at::Tensor& g, const at::Tensor& w, const int32_t* ends, at::Tensor& dx) {
#ifdef MOEBIUS_GEMM_FLOAT32
  if (g.scalar_type() == at::kFloat) return multiply_fast<float>(g, w, ends, dx);
#endif
#ifdef MOEBIUS_GEMM_BFLOAT16
  if (g.scalar_type() == at::kBFloat16) return multiply_fast<at::BFloat16>(g, w, ends, dx);
#endif
  for_groups(w.size(0), ends, [&](int64_t group, int64_t begin, int64_t count) {
    at::Tensor out = dx.narrow(0, begin, count);
    at::mm_out(out, g.narrow(0, begin, count), w.select(0, group));
  });
}

void multiply_rows(const at::Tensor& g, const at::Tensor& x, const int32_t* ends, at::Tensor& dw,
                   bool add) {
#ifdef MOEBIUS_GEMM_FLOAT32
  if (g.scalar_type() == at::kFloat) return multiply_rows_fast<float, float>(g, x, ends, dw, add);
#endif
#ifdef MOEBIUS_GEMM_BFLOAT16
  if (g.scalar_type() == at::kBFloat16 && dw.scalar_type() == at::kFloat) {
    return multiply_rows_fast<at::BFloat16, float>(g, x, ends, dw, add);
  }
  if (g.scalar_type() == at::kBFloat16)
    return multiply_rows_fast<at::BFloat16, at::BFloat16>(g, x, ends, dw, add);
#endif
  for_groups(dw.size(0), ends, [&](int64_t group, int64_t begin, int64_t count) {
    const at::Tensor left = g.narrow(0, begin, count).t();
    const at::Tensor right = x.narrow(0, begin, count);
    at::Tensor out = dw.select(0, group);
    if (add) {
      out.add_(at::mm(left, right));
    } else if (out.scalar_type() != g.scalar_type()) {
      out.copy_(at::mm(left, right));
    } else {
      at::mm_out(out, left, right);
    }
  });
}

}  // namespace moebius::cpu
