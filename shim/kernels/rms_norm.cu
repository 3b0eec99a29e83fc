// Root mean square normalisation, alone or of a sum: y = x / sqrt(mean(x^2) + eps) * weight.
// One block a row; a thread holds eight values of it and goes over the rest of a long row again.

#include "experts.h"

// What a norm reads: a row of an array,
struct Plain {
  const void* x;
  bool wide;
  __device__ void read(int64 row, int i, int width, bool vectors, float (&values)[8]) const {
    unpack8(load8(x, wide, row * width + i, width - i, vectors), wide, values);
  }
};

// or the sum of a token's rows, rounded as an array would be.
struct Combined {
  ExpertRows rows;
  bool wide;
  __device__ void read(int64 token, int i, int width, bool vectors, float (&values)[8]) const {
    combine8(rows, token, i, width, vectors, values);
    round8(wide, values);
  }
};

// residual and sum are null or both given.
template <typename Source>
__device__ inline void forward(const Source& source, const void* residual, bool residual_wide,
                               const void* weight, bool weight_wide, void* sum, bool sum_wide,
                               void* y, bool y_wide, float* rstd, int width, float eps,
                               bool vectors) {
  __shared__ float scratch[1][32];
  const int64 row = static_cast<int64>(blockIdx.x) * width;
  const int stride = 8 * static_cast<int>(blockDim.x);
  const int start = 8 * static_cast<int>(threadIdx.x);
  const auto read = [&](int i, float (&values)[8]) {
    Raw8 other = {};
    if (residual != nullptr) {
      other = load8(residual, residual_wide, row + i, width - i, vectors);
    }
    source.read(blockIdx.x, i, width, vectors, values);
    if (residual == nullptr) return;
    float added[8];
    unpack8(other, residual_wide, added);
#pragma unroll
    for (int j = 0; j < 8; ++j) values[j] += added[j];
    round8(sum_wide, values);
  };

  float first[8] = {};
  float squares[1] = {};
  for (int i = start; i < width; i += stride) {
    float values[8];
    read(i, values);
    if (sum != nullptr) store8(sum, sum_wide, row + i, width - i, vectors, values);
#pragma unroll
    for (int j = 0; j < 8; ++j) squares[0] += values[j] * values[j];
    if (i == start) {
#pragma unroll
      for (int j = 0; j < 8; ++j) first[j] = values[j];
    }
  }
  block_sum(squares, scratch);
  const float scale = rsqrtf(squares[0] / static_cast<float>(width) + eps);
  if (threadIdx.x == 0) rstd[blockIdx.x] = scale;

  for (int i = start; i < width; i += stride) {
    float values[8], factors[8];
    if (i == start) {
#pragma unroll
      for (int j = 0; j < 8; ++j) values[j] = first[j];
    } else {
      read(i, values);
    }
    unpack8(load8(weight, weight_wide, i, width - i, vectors), weight_wide, factors);
#pragma unroll
    for (int j = 0; j < 8; ++j) values[j] = values[j] * scale * factors[j];
    store8(y, y_wide, row + i, width - i, vectors, values);
  }
}

extern "C" __global__ void __launch_bounds__(1024)
    rms_norm_forward(const void* x, bool x_wide, const void* residual, bool residual_wide,
                     const void* weight, bool weight_wide, void* sum, bool sum_wide, void* y,
                     bool y_wide, float* rstd, int width, float eps, bool vectors) {
  forward(Plain{x, x_wide}, residual, residual_wide, weight, weight_wide, sum, sum_wide, y, y_wide,
          rstd, width, eps, vectors);
}

extern "C" __global__ void __launch_bounds__(1024)
    combine_rms_norm_forward(const void* rows, bool rows_wide, const void* weights,
                             bool weights_wide, const int* row, int k, const void* residual,
                             const void* weight, bool weight_wide, void* sum, bool sum_wide,
                             void* y, bool y_wide, float* rstd, int width, float eps,
                             bool vectors) {
  forward(Combined{{rows, rows_wide, weights, weights_wide, row, k}, sum_wide}, residual, sum_wide,
          weight, weight_wide, sum, sum_wide, y, y_wide, rstd, width, eps, vectors);
}

// What becomes of a row's gradient beside being stored: nothing,
struct Kept {
  __device__ void prepare(int64, int) {}
  __device__ void finish(int64, int, float (&)[8]) {}
};

// or it goes on to the rows that a token's input was the sum of: drows[row] = weight * gradient and
// dweight = <gradient, rows[row]>, two choices of a token at a time, the first two's rows on their
// way since the row began.
struct Spread {
  ExpertRows from;
  void* drows;
  void* dweights;
  int width;
  bool gradient_wide;
  bool vectors;
  float (&scratch)[2][2][32];
  int turn = 0;
  Raw8 raw[2] = {};

  __device__ void load(int64 token, int base, int start) {
#pragma unroll
    for (int c = 0; c < 2; ++c) {
      raw[c] = {};
      if (start >= width || base + c >= from.k) continue;
      const int64 row = from.row[token * from.k + base + c];
      raw[c] = load8(from.y, from.y_wide, row * width + start, width - start, vectors);
    }
  }

  __device__ void prepare(int64 token, int start) { load(token, 0, start); }

  __device__ void finish(int64 token, int start, float (&gradient)[8]) {
    round8(gradient_wide, gradient);
    for (int base = 0; base < from.k; base += 2, turn ^= 1) {
      if (base > 0) load(token, base, start);
      float dots[2] = {};
#pragma unroll
      for (int c = 0; c < 2; ++c) {
        if (base + c >= from.k) continue;
        const int64 choice = token * from.k + base + c;
        const float weight = load1(from.weights, from.weights_wide, choice);
        float values[8];
        unpack8(raw[c], from.y_wide, values);
#pragma unroll
        for (int j = 0; j < 8; ++j) {
          dots[c] += gradient[j] * values[j];
          values[j] = weight * gradient[j];
        }
        if (start < width) {
          const int64 row = from.row[choice];
          store8(drows, from.y_wide, row * width + start, width - start, vectors, values);
        }
      }
      block_sum(dots, scratch[turn]);
      if (threadIdx.x < 2 && base + static_cast<int>(threadIdx.x) < from.k) {
        store1(dweights, from.weights_wide, token * from.k + base + threadIdx.x,
               threadIdx.x == 0 ? dots[0] : dots[1]);
      }
    }
  }
};

// dx = rstd (dy w - x rstd^2 mean(dy w x)) [+ dsum]. Each block takes every gridDim.x-th row and
// adds what these give to the weight's gradient into its own row of `partials`. dsum has x's dtype
// and may be null, as may dresidual, which gets the same numbers as dx. Rows that are `kLong` have
// more than eight values a thread.
template <bool kLong, typename After>
__device__ inline void backward(const void* dy, bool dy_wide, const void* dsum, const void* x,
                                bool x_wide, const void* weight, bool weight_wide,
                                const float* rstd, void* dx, bool dx_wide, void* dresidual,
                                bool dresidual_wide, float* partials, int64 rows, int width,
                                bool vectors, After after) {
  __shared__ float scratch[2][1][32];
  const int stride = 8 * static_cast<int>(blockDim.x);
  const int start = 8 * static_cast<int>(threadIdx.x);
  float* partial = partials + static_cast<int64>(blockIdx.x) * width;
  float kept[8] = {};
  float factors[8] = {};
  if (start < width) {
    unpack8(load8(weight, weight_wide, start, width - start, vectors), weight_wide, factors);
  }
  int turn = 0;
  for (int64 r = blockIdx.x; r < rows; r += gridDim.x, turn ^= 1) {
    const int64 row = r * width;
    const float scale = rstd[r];
    // The first group of a row stays in registers.
    Raw8 raw_x = {}, raw_dy = {}, raw_dsum = {};
    if (start < width) {
      raw_x = load8(x, x_wide, row + start, width - start, vectors);
      raw_dy = load8(dy, dy_wide, row + start, width - start, vectors);
      if (dsum != nullptr) raw_dsum = load8(dsum, x_wide, row + start, width - start, vectors);
    }
    after.prepare(r, start);
    float first_x[8], first_dy[8];
    unpack8(raw_x, x_wide, first_x);
    unpack8(raw_dy, dy_wide, first_dy);
    float dot[1] = {};
#pragma unroll
    for (int j = 0; j < 8; ++j) dot[0] += first_dy[j] * factors[j] * first_x[j];
    for (int i = start + stride; kLong && i < width; i += stride) {
      float values[8], gradients[8], weights[8];
      unpack8(load8(x, x_wide, row + i, width - i, vectors), x_wide, values);
      unpack8(load8(dy, dy_wide, row + i, width - i, vectors), dy_wide, gradients);
      unpack8(load8(weight, weight_wide, i, width - i, vectors), weight_wide, weights);
#pragma unroll
      for (int j = 0; j < 8; ++j) dot[0] += gradients[j] * weights[j] * values[j];
    }
    block_sum(dot, scratch[turn]);
    const float shrink = dot[0] * scale * scale / static_cast<float>(width);

    float result[8] = {};
    if (start < width) {
      float added[8];
      unpack8(raw_dsum, x_wide, added);
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        result[j] = scale * (first_dy[j] * factors[j] - first_x[j] * shrink) + added[j];
        kept[j] += first_dy[j] * first_x[j] * scale;
      }
      store8(dx, dx_wide, row + start, width - start, vectors, result);
      if (dresidual != nullptr) {
        store8(dresidual, dresidual_wide, row + start, width - start, vectors, result);
      }
    }
    after.finish(r, start, result);
    for (int i = start + stride; kLong && i < width; i += stride) {
      float values[8], gradients[8], weights[8], result[8], added[8] = {};
      unpack8(load8(x, x_wide, row + i, width - i, vectors), x_wide, values);
      unpack8(load8(dy, dy_wide, row + i, width - i, vectors), dy_wide, gradients);
      unpack8(load8(weight, weight_wide, i, width - i, vectors), weight_wide, weights);
      if (dsum != nullptr) {
        unpack8(load8(dsum, x_wide, row + i, width - i, vectors), x_wide, added);
      }
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        result[j] = scale * (gradients[j] * weights[j] - values[j] * shrink) + added[j];
        if (i + j >= width) continue;
        const float before = r == blockIdx.x ? 0.0f : partial[i + j];
        partial[i + j] = before + gradients[j] * values[j] * scale;
      }
      store8(dx, dx_wide, row + i, width - i, vectors, result);
      if (dresidual != nullptr) {
        store8(dresidual, dresidual_wide, row + i, width - i, vectors, result);
      }
    }
  }
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    if (start + j < width) partial[start + j] = kept[j];
  }
}

#define MOEBIUS_RMS_NORM_BACKWARD(name, is_long)                                            \
  extern "C" __global__ void __launch_bounds__(512)                                         \
      name(const void* dy, bool dy_wide, const void* dsum, const void* x, bool x_wide,      \
           const void* weight, bool weight_wide, const float* rstd, void* dx, bool dx_wide, \
           void* dresidual, bool dresidual_wide, float* partials, int64 rows, int width,    \
           bool vectors) {                                                                  \
    backward<is_long>(dy, dy_wide, dsum, x, x_wide, weight, weight_wide, rstd, dx, dx_wide, \
                      dresidual, dresidual_wide, partials, rows, width, vectors, Kept());   \
  }

MOEBIUS_RMS_NORM_BACKWARD(rms_norm_backward, false)
MOEBIUS_RMS_NORM_BACKWARD(rms_norm_backward_long, true)

// For rows of at most eight values a thread. dsum, sum and dresidual have one dtype.
extern "C" __global__ void __launch_bounds__(512)
    combine_rms_norm_backward(const void* dy, bool dy_wide, const void* dsum, const void* sum,
                              bool sum_wide, const void* weight, bool weight_wide,
                              const float* rstd, void* dresidual, float* partials, int64 tokens,
                              int width, const void* rows, bool rows_wide, const void* weights,
                              bool weights_wide, const int* row, int k, void* drows, void* dweights,
                              bool vectors) {
  __shared__ float scratch[2][2][32];
  backward<false>(dy, dy_wide, dsum, sum, sum_wide, weight, weight_wide, rstd, dresidual, sum_wide,
                  nullptr, false, partials, tokens, width, vectors,
                  Spread{{rows, rows_wide, weights, weights_wide, row, k},
                         drows,
                         dweights,
                         width,
                         sum_wide,
                         vectors,
                         scratch});
}

// The sums of the columns of partials [count, width]. A block takes 8 columns, 128 threads each.
extern "C" __global__ void __launch_bounds__(1024)
    rms_norm_weight(const float* partials, int count, int width, void* dweight, bool wide) {
  __shared__ float sums[128][8];
  const int column = 8 * static_cast<int>(blockIdx.x) + static_cast<int>(threadIdx.x) % 8;
  const int first = static_cast<int>(threadIdx.x) / 8;
  float sum = 0.0f;
  if (column < width) {
#pragma unroll 4
    for (int row = first; row < count; row += 128) {
      sum += partials[static_cast<int64>(row) * width + column];
    }
  }
  sums[first][threadIdx.x % 8] = sum;
  for (int half = 64; half > 0; half /= 2) {
    __syncthreads();
    if (first < half) sums[first][threadIdx.x % 8] += sums[first + half][threadIdx.x % 8];
  }
  if (first == 0 && column < width) store1(dweight, wide, column, sums[0][threadIdx.x % 8]);
}
