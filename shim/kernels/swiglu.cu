// SwiGLU: y = silu(gate) * up, where a row of fc is [gate | up]. One block a row, or a part of a
// long one.

#include "prelude.h"

template <typename T>
__device__ inline float exponential(float x) {
  // What is rounded to bfloat16 needs no more than the fast form gives.
  if constexpr (kWide<T>) return expf(x);
  return __expf(x);
}

// Where a thread finds its values, or a column past the end.
struct Place {
  int64 row;
  int column;
};

__device__ inline Place place(int parts) {
  const int part = static_cast<int>(blockIdx.x) % parts;
  const int thread = part * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x);
  return {static_cast<int64>(blockIdx.x) / parts, 8 * thread};
}

template <typename T>
__device__ inline void forward(const void* fc, void* y, int width, int parts, bool vectors) {
  const auto [row, i] = place(parts);
  if (i >= width) return;
  const int64 from = 2 * row * width + i;
  const Raw8 raw_gate = load8(fc, kWide<T>, from, width - i, vectors);
  const Raw8 raw_up = load8(fc, kWide<T>, from + width, width - i, vectors);
  float gate[8], up[8];
  unpack8(raw_gate, kWide<T>, gate);
  unpack8(raw_up, kWide<T>, up);
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    up[j] *= __fdividef(gate[j], 1.0f + exponential<T>(-gate[j]));
  }
  store8(y, kWide<T>, row * width + i, width - i, vectors, up);
}

template <typename T>
__device__ inline void backward(const void* dy, const void* fc, void* dfc, int width, int parts,
                                bool vectors) {
  const auto [row, i] = place(parts);
  if (i >= width) return;
  const int64 from = 2 * row * width + i;
  const Raw8 raw_gate = load8(fc, kWide<T>, from, width - i, vectors);
  const Raw8 raw_up = load8(fc, kWide<T>, from + width, width - i, vectors);
  const Raw8 raw_dy = load8(dy, kWide<T>, row * width + i, width - i, vectors);
  float gate[8], up[8], gradient[8];
  unpack8(raw_gate, kWide<T>, gate);
  unpack8(raw_up, kWide<T>, up);
  unpack8(raw_dy, kWide<T>, gradient);
#pragma unroll
  for (int j = 0; j < 8; ++j) {
    const float sigmoid = __fdividef(1.0f, 1.0f + exponential<T>(-gate[j]));
    const float silu = gate[j] * sigmoid;
    const float slope = sigmoid + silu * (1.0f - sigmoid);
    gate[j] = gradient[j] * up[j] * slope;
    up[j] = gradient[j] * silu;
  }
  store8(dfc, kWide<T>, from, width - i, vectors, gate);
  store8(dfc, kWide<T>, from + width, width - i, vectors, up);
}

#define MOEBIUS_SWIGLU(suffix, T)                                                                \
  extern "C" __global__ void swiglu_forward_##suffix(const void* fc, void* y, int width,         \
                                                     int parts, bool vectors) {                  \
    forward<T>(fc, y, width, parts, vectors);                                                    \
  }                                                                                              \
  extern "C" __global__ void swiglu_backward_##suffix(const void* dy, const void* fc, void* dfc, \
                                                      int width, int parts, bool vectors) {      \
    backward<T>(dy, fc, dfc, width, parts, vectors);                                             \
  }

MOEBIUS_SWIGLU(float32, float)
MOEBIUS_SWIGLU(bfloat16, bfloat16)
