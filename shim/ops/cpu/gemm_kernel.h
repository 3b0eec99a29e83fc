// The innermost loop of matrix products for AVX-512, at the speed of the multipliers (measured on
// Zen 5: 250 GFLOP/s in float32 and 500 in bfloat16, where MKL reaches 92, which uses AVX2 on AMD,
// and oneDNN 440, which besides compiles a kernel for half a millisecond whenever the number of
// rows is new: with experts, always).
//
// An inner dimension is walked in steps of 4 bytes: one float32 or two bfloat16. Lanes are columns
// of the result.
#pragma once

#if defined(__AVX512F__) && defined(__AVX512BW__)
#define MOEBIUS_GEMM_FLOAT32
// With AMX oneDNN is several times faster than this.
#if defined(__AVX512BF16__) && !defined(__AMX_BF16__)
#define MOEBIUS_GEMM_BFLOAT16
#endif

#include <ATen/core/Tensor.h>
#include <immintrin.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace moebius::cpu {

constexpr int64_t kLanes = 32;     // columns of a tile: two registers
constexpr int64_t kTileRows = 12;  // rows of a tile: 24 registers of sums
constexpr int64_t kStep = 4;       // bytes
constexpr int64_t kStepRow = kLanes * kStep;

// How many elements of the inner dimension a step has.
template <typename T>
constexpr int64_t kDepth = kStep / int64_t{sizeof(T)};

template <typename T>
int64_t steps_of(int64_t depth) {
  return (depth + kDepth<T> - 1) / kDepth<T>;
}

inline __m512 multiply_add(__m512 sum, __m512 a, __m512 b, float) {
  return _mm512_fmadd_ps(a, b, sum);
}

#ifdef MOEBIUS_GEMM_BFLOAT16
inline __m512 multiply_add(__m512 sum, __m512 a, __m512 b, at::BFloat16) {
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}

inline void store(at::BFloat16* out, __m512 low, __m512 high, __mmask32 mask) {
  const __m512bh both = _mm512_cvtne2ps_pbh(high, low);
  _mm512_mask_storeu_epi16(out, mask, reinterpret_cast<__m512i>(both));
}
#endif

inline void store(float* out, __m512 low, __m512 high, __mmask32 mask) {
  _mm512_mask_storeu_ps(out, static_cast<__mmask16>(mask), low);
  _mm512_mask_storeu_ps(out + 16, static_cast<__mmask16>(mask >> 16), high);
}

inline __mmask32 lanes_mask(int64_t lanes) {
  return lanes >= kLanes ? ~__mmask32{0} : (__mmask32{1} << lanes) - 1;
}

// The left operand: element (row, step) is at base + row * row_stride + step * step_stride bytes.
struct Left {
  const char* base;
  int64_t row_stride;
  int64_t step_stride;
};

// out[Rows, 32] = left @ right; right is [steps, 32] steps, packed. With `add`, for float out:
// added to it.
template <typename T, typename Out, int Rows>
void tile(int64_t steps, Left left, const char* right, Out* out, int64_t out_stride, __mmask32 mask,
          bool add) {
  __m512 low[Rows];
  __m512 high[Rows];
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) {
    low[i] = _mm512_setzero_ps();
    high[i] = _mm512_setzero_ps();
    if constexpr (std::is_same_v<Out, float>) {
      if (add) {
        low[i] = _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask), out + i * out_stride);
        high[i] =
            _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask >> 16), out + i * out_stride + 16);
      }
    }
  }
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) {
    __builtin_prefetch(out + i * out_stride, 1);
    if constexpr (sizeof(Out) == 4) __builtin_prefetch(out + i * out_stride + 16, 1);
  }
  const char* a = left.base;
  for (int64_t step = 0; step < steps; ++step) {
    const __m512 b_low = _mm512_load_ps(right);
    const __m512 b_high = _mm512_load_ps(right + 64);
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i) {
      float bits;
      std::memcpy(&bits, a + i * left.row_stride, sizeof bits);
      const __m512 both = _mm512_set1_ps(bits);
      low[i] = multiply_add(low[i], both, b_low, T{});
      high[i] = multiply_add(high[i], both, b_high, T{});
    }
    a += left.step_stride;
    right += kStepRow;
  }
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) store(out + i * out_stride, low[i], high[i], mask);
}

template <typename T, typename Out>
using Tile = void (*)(int64_t, Left, const char*, Out*, int64_t, __mmask32, bool);

// The tile of so many rows, 1 to kTileRows.
template <typename T, typename Out>
Tile<T, Out> tile_of(int64_t rows) {
  static constexpr auto tiles = []<size_t... I>(std::index_sequence<I...>) {
    return std::array<Tile<T, Out>, sizeof...(I)>{tile<T, Out, static_cast<int>(I) + 1>...};
  }(std::make_index_sequence<kTileRows>());
  return tiles[static_cast<size_t>(rows - 1)];
}

// Where packed columns go: 32 of them are a panel, in which they are lanes of a step.
struct Packed {
  char* base;
  int64_t panel_stride;
  int64_t step_stride;
};

// Packs `columns` of `depth` consecutive rows, `stride` elements apart. Lanes that are missing to a
// whole panel, and the missing half of a last step, are zero.
inline void pack_rows(const float* rows, int64_t stride, int64_t depth, int64_t columns,
                      Packed out) {
  for (int64_t step = 0; step < depth; ++step) {
    const float* row = rows + step * stride;
    char* to = out.base + step * out.step_stride;
    for (int64_t column = 0; column < columns; column += kLanes, to += out.panel_stride) {
      const __mmask32 mask = lanes_mask(columns - column);
      _mm512_store_ps(to, _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask), row + column));
      _mm512_store_ps(to + 64,
                      _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask >> 16), row + column + 16));
    }
  }
}

#ifdef MOEBIUS_GEMM_BFLOAT16
inline void pack_rows(const at::BFloat16* rows, int64_t stride, int64_t depth, int64_t columns,
                      Packed out) {
  alignas(64) static constexpr auto kOrder = [] {
    std::array<int16_t, 64> order{};
    for (size_t i = 0; i < 32; ++i) {
      order[2 * i] = static_cast<int16_t>(i);
      order[2 * i + 1] = static_cast<int16_t>(32 + i);
    }
    return order;
  }();
  const __m512i first_half = _mm512_load_si512(kOrder.data());
  const __m512i second_half = _mm512_load_si512(kOrder.data() + 32);
  for (int64_t step = 0; 2 * step < depth; ++step) {
    const at::BFloat16* row = rows + 2 * step * stride;
    const bool whole = 2 * step + 1 < depth;
    char* to = out.base + step * out.step_stride;
    for (int64_t column = 0; column < columns; column += kLanes, to += out.panel_stride) {
      const __mmask32 mask = lanes_mask(columns - column);
      const __m512i a = _mm512_maskz_loadu_epi16(mask, row + column);
      const __m512i b =
          whole ? _mm512_maskz_loadu_epi16(mask, row + stride + column) : _mm512_setzero_si512();
      _mm512_store_si512(to, _mm512_permutex2var_epi16(a, first_half, b));
      _mm512_store_si512(to + 64, _mm512_permutex2var_epi16(a, second_half, b));
    }
  }
}
#endif

// Packs `columns` rows, `stride` elements apart, of `depth` elements: each row becomes a lane.
template <typename T>
void pack_transposed(const T* rows, int64_t stride, int64_t depth, int64_t columns, char* out) {
  const int64_t whole = depth / kDepth<T>;
  const int64_t steps = steps_of<T>(depth);
  const int64_t row_bytes = stride * int64_t{sizeof(T)};
  const __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m512i offsets =
      _mm512_mullo_epi32(lanes, _mm512_set1_epi32(static_cast<int32_t>(row_bytes)));
  for (int64_t lane = 0; lane < columns; lane += 16) {
    char* to = out + lane / kLanes * steps * kStepRow + lane % kLanes * kStep;
    const char* from = reinterpret_cast<const char*>(rows + lane * stride);
    const int64_t present = std::min<int64_t>(columns - lane, 16);
    const __mmask16 mask = static_cast<__mmask16>((1u << present) - 1);
    for (int64_t step = 0; step < whole; ++step) {
      const __m512i values = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), mask, offsets,
                                                         from + step * kStep, 1);
      _mm512_store_si512(to + step * kStepRow, values);
    }
    if (whole < steps) {
      std::memset(to + whole * kStepRow, 0, 64);
      for (int64_t i = 0; i < present; ++i) {
        std::memcpy(to + whole * kStepRow + i * kStep, from + i * row_bytes + whole * kStep,
                    sizeof(T));
      }
    }
  }
  // The second half of a last panel, if no lane reached it.
  const int64_t last = columns % kLanes;
  if (last > 0 && last <= 16) {
    char* to = out + columns / kLanes * steps * kStepRow + 64;
    for (int64_t step = 0; step < steps; ++step) std::memset(to + step * kStepRow, 0, 64);
  }
}

}  // namespace moebius::cpu

#endif
