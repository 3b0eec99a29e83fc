// Matrix products of groups of rows, each with its own matrix, for cases in which libtorch has no
// grouped product that works without reading the groups' sizes from the device.
//
//   forward  y[m, i]     = sum over c of x[m, c] weight[e, i, c]     m in group e
//   input    dx[m, c]    = sum over i of dy[m, i] weight[e, i, c]
//   weight   dw[e, i, c] = sum over m in e of dy[m, i] x[m, c]
//
// All are C[r, n] = sum over k of A[r, k] B[n, k] on tiles of 128 x 128, where an operand's
// neighbours in memory lie along k ("along") or along its rows ("across").

#include "prelude.h"

constexpr int kTile = 128;
constexpr int kThreads = 256;

// The part of an operand that a tile needs: `rows` of it and `depth` values of k exist.
template <typename T>
struct Operand {
  const T* data;
  int64 stride;
  int rows;
  int depth;
};

// ---- bfloat16 on tensor cores
// ----------------------------------------------------------------------

namespace mma {

constexpr int kDepth = 32;
// Rows of a tile in shared memory are padded so that the eight of an ldmatrix lie in different
// banks.
template <bool kAcross>
constexpr int kPitch = (kAcross ? kTile : kDepth) + 8;
template <bool kAcross>
constexpr int kSize = (kAcross ? kDepth : kTile) * kPitch<kAcross>;

#if __CUDA_ARCH__ >= 800

template <bool kAcross>
__device__ inline void fill(bfloat16* tile, const Operand<bfloat16>& from, int k, bool vectors) {
  constexpr int kGroups = (kAcross ? kTile : kDepth) / 8;
#pragma unroll
  for (int step = 0; step < kTile * kDepth / 8 / kThreads; ++step) {
    const int slot = static_cast<int>(threadIdx.x) + step * kThreads;
    const int outer = slot / kGroups;
    const int inner = slot % kGroups * 8;
    const int row = kAcross ? inner : outer;
    const int depth = k + (kAcross ? outer : inner);
    int count = kAcross ? from.rows - row : from.depth - depth;
    if (kAcross ? depth >= from.depth : row >= from.rows) count = 0;
    bfloat16* to = tile + outer * kPitch<kAcross> + inner;
    const int64 index = kAcross ? depth * from.stride + row : row * from.stride + depth;
    if (vectors) {
      // Bytes beyond the given number are filled with zeros; none are read then.
      const bfloat16* source = count > 0 ? from.data + index : from.data;
      copy_begin(shared_address(to), source, count <= 0);
    } else {
#pragma unroll
      for (int j = 0; j < 8; ++j) to[j] = j < count ? from.data[index + j] : bfloat16{0};
    }
  }
}

// Four 8 x 8 matrices: rows r and r + 8, each with k and k + 8 (in the order that `pairs` asks
// for).
template <bool kAcross>
__device__ inline void fragments(const bfloat16* tile, int row, int k, bool pairs,
                                 unsigned (&registers)[4]) {
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const int matrix = lane / 8;
  const int r = row + (pairs ? matrix / 2 : matrix % 2) * 8 + (kAcross ? 0 : lane % 8);
  const int d = k + (pairs ? matrix % 2 : matrix / 2) * 8 + (kAcross ? lane % 8 : 0);
  const unsigned address =
      shared_address(tile + (kAcross ? d * kPitch<true> + r : r * kPitch<false> + d));
  if constexpr (kAcross) {
    load_matrices_transposed(address, registers);
  } else {
    load_matrices(address, registers);
  }
}

// Two by four warps, 64 x 32 results each; the next step of k is on its way while one is
// multiplied.
template <bool kAAcross, bool kBAcross>
__device__ inline void tile(const Operand<bfloat16>& a, const Operand<bfloat16>& b, bfloat16* c,
                            int64 stride, bool vectors) {
  __shared__ __align__(16) bfloat16 a_tile[2][kSize<kAAcross>];
  __shared__ __align__(16) bfloat16 b_tile[2][kSize<kBAcross>];
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int row = warp / 4 * 64;
  const int column = warp % 4 * 32;
  const int steps = (a.depth + kDepth - 1) / kDepth;
  float sums[4][4][4] = {};
  if (steps > 0) {
    fill<kAAcross>(a_tile[0], a, 0, vectors);
    fill<kBAcross>(b_tile[0], b, 0, vectors);
  }
  for (int step = 0; step < steps; ++step) {
    copies_wait();
    // What was on its way has come for all, and nobody reads the other half any more.
    __syncthreads();
    if (step + 1 < steps) {
      fill<kAAcross>(a_tile[(step + 1) % 2], a, (step + 1) * kDepth, vectors);
      fill<kBAcross>(b_tile[(step + 1) % 2], b, (step + 1) * kDepth, vectors);
    }
#pragma unroll
    for (int k = 0; k < kDepth; k += 16) {
      unsigned a_parts[4][4];
      unsigned b_parts[2][4];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        fragments<kAAcross>(a_tile[step % 2], row + 16 * i, k, false, a_parts[i]);
      }
#pragma unroll
      for (int j = 0; j < 2; ++j) {
        fragments<kBAcross>(b_tile[step % 2], column + 16 * j, k, true, b_parts[j]);
      }
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          multiply(sums[i][j], a_parts[i], b_parts[j / 2][j % 2 * 2],
                   b_parts[j / 2][j % 2 * 2 + 1]);
        }
      }
    }
  }
  const int lane = static_cast<int>(threadIdx.x) % 32;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int r = row + 16 * i + 8 * half + lane / 4;
        const int n = column + 8 * j + lane % 4 * 2;
        if (r >= a.rows || n >= b.rows) continue;
        const unsigned both = pack(sums[i][j][2 * half], sums[i][j][2 * half + 1]);
        bfloat16* to = c + r * stride + n;
        if (vectors) {
          *reinterpret_cast<unsigned*>(to) = both;
        } else {
          to[0].bits = static_cast<unsigned short>(both);
          if (n + 1 < b.rows) to[1].bits = static_cast<unsigned short>(both >> 16);
        }
      }
    }
  }
}

#endif

}  // namespace mma

// ---- float32, and bfloat16 without tensor cores
// ------------------------------------------------------

namespace plain {

constexpr int kDepth = 8;

__device__ inline float value(float from) { return from; }
__device__ inline float value(bfloat16 from) { return low_half(from.bits); }
__device__ inline void assign(float& to, float from) { to = from; }
__device__ inline void assign(bfloat16& to, float from) {
  to.bits = static_cast<unsigned short>(pack(from, 0.0f));
}

// A thread's four values of a tile.
template <bool kAcross, typename T>
__device__ inline void read(const Operand<T>& from, int k, float (&values)[4]) {
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    const int slot = static_cast<int>(threadIdx.x) + j * kThreads;
    const int row = kAcross ? slot % kTile : slot / kDepth;
    const int depth = k + (kAcross ? slot / kTile : slot % kDepth);
    const int64 index = kAcross ? depth * from.stride + row : row * from.stride + depth;
    values[j] = row < from.rows && depth < from.depth ? value(from.data[index]) : 0.0f;
  }
}

template <bool kAcross>
__device__ inline void place(float (&tile)[kDepth][kTile + 4], const float (&values)[4]) {
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    const int slot = static_cast<int>(threadIdx.x) + j * kThreads;
    const int row = kAcross ? slot % kTile : slot / kDepth;
    tile[kAcross ? slot / kTile : slot % kDepth][row] = values[j];
  }
}

// 16 x 16 threads, each with 8 x 8 results: two by two blocks of four, 64 apart.
template <bool kAAcross, bool kBAcross, typename T>
__device__ inline void tile(const Operand<T>& a, const Operand<T>& b, T* c, int64 stride) {
  __shared__ __align__(16) float a_tile[2][kDepth][kTile + 4];
  __shared__ __align__(16) float b_tile[2][kDepth][kTile + 4];
  const int row = static_cast<int>(threadIdx.x) / 16 * 4;
  const int column = static_cast<int>(threadIdx.x) % 16 * 4;
  const int steps = (a.depth + kDepth - 1) / kDepth;
  float sums[8][8] = {};
  float a_next[4], b_next[4];
  read<kAAcross>(a, 0, a_next);
  read<kBAcross>(b, 0, b_next);
  for (int step = 0; step < steps; ++step) {
    place<kAAcross>(a_tile[step % 2], a_next);
    place<kBAcross>(b_tile[step % 2], b_next);
    __syncthreads();
    read<kAAcross>(a, (step + 1) * kDepth, a_next);
    read<kBAcross>(b, (step + 1) * kDepth, b_next);
#pragma unroll
    for (int k = 0; k < kDepth; ++k) {
      float left[8], right[8];
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const float4 l = *reinterpret_cast<const float4*>(&a_tile[step % 2][k][row + 64 * half]);
        const float4 r = *reinterpret_cast<const float4*>(&b_tile[step % 2][k][column + 64 * half]);
        left[4 * half] = l.x, left[4 * half + 1] = l.y;
        left[4 * half + 2] = l.z, left[4 * half + 3] = l.w;
        right[4 * half] = r.x, right[4 * half + 1] = r.y;
        right[4 * half + 2] = r.z, right[4 * half + 3] = r.w;
      }
#pragma unroll
      for (int i = 0; i < 8; ++i) {
#pragma unroll
        for (int j = 0; j < 8; ++j) sums[i][j] += left[i] * right[j];
      }
    }
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const int r = row + i % 4 + 64 * (i / 4);
#pragma unroll
    for (int j = 0; j < 8; ++j) {
      const int n = column + j % 4 + 64 * (j / 4);
      if (r < a.rows && n < b.rows) assign(c[r * stride + n], sums[i][j]);
    }
  }
}

}  // namespace plain

// ---- which tile a block computes
// -------------------------------------------------------------------

template <bool kMma, bool kAAcross, bool kBAcross, typename T>
__device__ inline void tile(const Operand<T>& a, const Operand<T>& b, T* c, int64 stride,
                            bool vectors) {
#if __CUDA_ARCH__ >= 800
  if constexpr (kMma) return mma::tile<kAAcross, kBAcross>(a, b, c, stride, vectors);
#endif
  if constexpr (!kMma) plain::tile<kAAcross, kBAcross>(a, b, c, stride);
}

__device__ inline int clipped(int size, int start) {
  return size - start < kTile ? size - start : kTile;
}

// Products of rows: `depth` is the width of a row of x, `columns` that of a row of y. Matrices are
// [columns, depth], or [depth, columns] if `kAcross`. Groups do not end where tiles do, so there
// may be a tile more for each than its rows fill; blocks beyond the last tile have nothing to do.
template <bool kMma, bool kAcross, typename T>
__device__ inline void rows(const T* x, const T* weight, const int* ends, T* y, int n_group,
                            int depth, int columns, bool vectors) {
  int tiles = static_cast<int>(blockIdx.y);
  int start = 0;
  for (int group = 0; group < n_group; ++group) {
    const int end = ends[group];
    const int own = (end - start + kTile - 1) / kTile;
    if (tiles < own) {
      start += tiles * kTile;
      const int column = static_cast<int>(blockIdx.x) * kTile;
      const T* matrix = weight + static_cast<int64>(group) * depth * columns;
      const Operand<T> a = {x + static_cast<int64>(start) * depth, depth, clipped(end, start),
                            depth};
      const Operand<T> b = {matrix + (kAcross ? column : static_cast<int64>(column) * depth),
                            kAcross ? columns : depth, clipped(columns, column), depth};
      tile<kMma, false, kAcross>(a, b, y + static_cast<int64>(start) * columns + column, columns,
                                 vectors);
      return;
    }
    tiles -= own;
    start = end;
  }
}

// The gradient of a group's matrix: y [rows, height], x [rows, width] to [height, width].
template <bool kMma, typename T>
__device__ inline void matrices(const T* y, const T* x, const int* ends, T* dweight, int height,
                                int width, bool vectors) {
  const int group = static_cast<int>(blockIdx.z);
  const int start = group == 0 ? 0 : ends[group - 1];
  const int depth = ends[group] - start;
  const int row = static_cast<int>(blockIdx.y) * kTile;
  const int column = static_cast<int>(blockIdx.x) * kTile;
  const Operand<T> a = {y + static_cast<int64>(start) * height + row, height, clipped(height, row),
                        depth};
  const Operand<T> b = {x + static_cast<int64>(start) * width + column, width,
                        clipped(width, column), depth};
  tile<kMma, true, true>(
      a, b, dweight + (static_cast<int64>(group) * height + row) * width + column, width, vectors);
}

#define MOEBIUS_GROUPED(suffix, T, mma)                                                            \
  extern "C" __global__ void __launch_bounds__(kThreads)                                           \
      grouped_forward_##suffix(const T* x, const T* weight, const int* ends, T* y, int n_group,    \
                               int depth, int columns, bool vectors) {                             \
    rows<mma, false>(x, weight, ends, y, n_group, depth, columns, vectors);                        \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(kThreads)                                           \
      grouped_input_##suffix(const T* dy, const T* weight, const int* ends, T* dx, int n_group,    \
                             int depth, int columns, bool vectors) {                               \
    rows<mma, true>(dy, weight, ends, dx, n_group, depth, columns, vectors);                       \
  }                                                                                                \
  extern "C" __global__ void __launch_bounds__(kThreads) grouped_weight_##suffix(                  \
      const T* dy, const T* x, const int* ends, T* dweight, int height, int width, bool vectors) { \
    matrices<mma>(dy, x, ends, dweight, height, width, vectors);                                   \
  }

MOEBIUS_GROUPED(float32, float, false)
#if __CUDA_ARCH__ >= 800
MOEBIUS_GROUPED(mma, bfloat16, true)
#else
MOEBIUS_GROUPED(bfloat16, bfloat16, false)
#endif

// Zeros for the matrices of groups without rows.
extern "C" __global__ void grouped_clear(const int* ends, bfloat16* dweight, int64 size) {
  const int group = static_cast<int>(blockIdx.y);
  if (ends[group] != (group == 0 ? 0 : ends[group - 1])) return;
  int64 i = 8 * (static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x);
  const int64 end = i + 8 < size ? i + 8 : size;
  for (; i < end; ++i) dweight[group * size + i].bits = 0;
}
