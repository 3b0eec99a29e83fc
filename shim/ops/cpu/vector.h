// Several numbers at a time: vectors of g++ and clang++, as wide as the machine has registers for.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define MOEBIUS_AVX512
#include <immintrin.h>
#endif

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

namespace moebius::cpu {

// The type in which arithmetic on a storage type is done.
template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;

#if defined(MOEBIUS_AVX512)
constexpr int64_t kWidth = 16;
#elif defined(__AVX2__)
constexpr int64_t kWidth = 8;
#else
constexpr int64_t kWidth = 4;
#endif

template <typename A>
using Lanes [[gnu::vector_size(kWidth * sizeof(A))]] = A;

// The type of one lane.
template <typename L>
using Lane = std::remove_cvref_t<decltype(std::declval<L&>()[0])>;

// ---- from and to memory ---------------------------------------------------------------------

template <typename L>
L load_bits(const void* from) {
  L lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

template <typename T>
Lanes<Wide<T>> load(const T* from) {
  if constexpr (std::is_same_v<T, at::BFloat16>) {
    const auto bits = __builtin_convertvector(load_bits<Lanes<uint16_t>>(from), Lanes<uint32_t>);
    return reinterpret_cast<Lanes<float>>(bits << 16);
  } else {
    return load_bits<Lanes<T>>(from);
  }
}

template <typename T>
void store(T* to, Lanes<Wide<T>> lanes) {
  if constexpr (std::is_same_v<T, at::BFloat16>) {
#if defined(MOEBIUS_AVX512) && defined(__AVX512BF16__)
    const auto rounded = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(lanes));
#else
    // Rounds to nearest, ties to even; NaN stays NaN.
    const auto bits = reinterpret_cast<Lanes<uint32_t>>(lanes);
    const auto nearest = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const auto rounded =
        __builtin_convertvector(lanes == lanes ? nearest : 0x7fc0 + 0 * nearest, Lanes<uint16_t>);
#endif
    std::memcpy(to, &rounded, sizeof rounded);
  } else {
    std::memcpy(to, &lanes, sizeof lanes);
  }
}

// Rounds numbers to the precision of a storage type.
template <typename T>
Lanes<Wide<T>> rounded(Lanes<Wide<T>> lanes) {
  if constexpr (std::is_same_v<T, Wide<T>>) {
    return lanes;
  } else {
    T values[kWidth];
    store(values, lanes);
    return load(values);
  }
}

// Number of elements in a step of a loop: all lanes (known to the compiler), or the rest in the
// last step.
using Whole = std::integral_constant<int64_t, kWidth>;

template <typename T>
Lanes<Wide<T>> load(const T* from, Whole) {
  return load(from);
}

template <typename T>
void store(T* to, Lanes<Wide<T>> lanes, Whole) {
  store(to, lanes);
}

template <typename T>
Lanes<Wide<T>> load(const T* from, int64_t count) {
#ifdef MOEBIUS_AVX512
  const uint32_t mask = (1u << count) - 1;
  if constexpr (std::is_same_v<T, float>) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask), from);
  } else if constexpr (std::is_same_v<T, at::BFloat16>) {
    const __m256i bits = _mm256_maskz_loadu_epi16(static_cast<__mmask16>(mask), from);
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
  }
#endif
  T values[kWidth] = {};
  std::memcpy(values, from, static_cast<size_t>(count) * sizeof(T));
  return load(values);
}

template <typename T>
void store(T* to, Lanes<Wide<T>> lanes, int64_t count) {
  T values[kWidth];
  store(values, lanes);
#ifdef MOEBIUS_AVX512
  const auto mask = static_cast<__mmask16>((1u << count) - 1);
  if constexpr (std::is_same_v<T, float>) return _mm512_mask_storeu_ps(to, mask, lanes);
  if constexpr (std::is_same_v<T, at::BFloat16>) {
    __m256i bits;
    std::memcpy(&bits, values, sizeof bits);
    return _mm256_mask_storeu_epi16(to, mask, bits);
  }
#endif
  std::memcpy(to, values, static_cast<size_t>(count) * sizeof(T));
}

// Calls body(i, number of elements) for consecutive steps until `count` elements are processed.
// Lanes loaded beyond the last element are zero.
template <typename Body>
void for_lanes(int64_t count, Body&& body) {
  int64_t i = 0;
  for (; i + kWidth <= count; i += kWidth) body(i, Whole());
  if (i < count) body(i, count - i);
}

// The lanes that a step has; the others become `rest`.
template <typename L>
L present(L lanes, Whole, Lane<L>) {
  return lanes;
}

template <typename L>
L present(L lanes, int64_t count, Lane<L> rest) {
  using Index = std::conditional_t<sizeof(Lane<L>) == 8, int64_t, int32_t>;
  static constexpr Index kIndices[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  return load_bits<Lanes<Index>>(kIndices) < static_cast<Index>(count) ? lanes : L{} + rest;
}

// ---- arithmetic -----------------------------------------------------------------------------

template <typename L>
Lane<L> sum(L lanes) {
  Lane<L> total = 0;
  for (int64_t i = 0; i < kWidth; ++i) total += lanes[i];
  return total;
}

template <typename L>
L larger(L a, L b) {
  return a > b ? a : b;
}

template <typename L>
Lane<L> largest(L lanes) {
  Lane<L> found = lanes[0];
  for (int64_t i = 1; i < kWidth; ++i) found = lanes[i] > found ? lanes[i] : found;
  return found;
}

inline Lanes<float> square_root(Lanes<float> x) {
#ifdef MOEBIUS_AVX512
  return _mm512_sqrt_ps(x);
#else
  for (int64_t i = 0; i < kWidth; ++i) x[i] = std::sqrt(x[i]);
  return x;
#endif
}

inline Lanes<double> square_root(Lanes<double> x) {
  for (int64_t i = 0; i < kWidth; ++i) x[i] = std::sqrt(x[i]);
  return x;
}

// e^x with an error of at most 2 units in the last place; x is clamped to [-87, 88.37].
inline Lanes<float> exponential(Lanes<float> x) {
  constexpr float kRound =
      12582912.f;  // 1.5 * 2^23: adding it leaves a whole number in the low bits
#ifdef MOEBIUS_AVX512
  // Intrinsics, because the compiler would turn the limits into branches. The order of the operands
  // propagates NaN.
  x = _mm512_min_ps(_mm512_set1_ps(88.37f), _mm512_max_ps(_mm512_set1_ps(-87.f), x));
#else
  x = x < -87.f ? -87.f + 0 * x : x;
  x = x > 88.37f ? 88.37f + 0 * x : x;
#endif
  const Lanes<float> shifted = x * 1.44269504088896341f + kRound;
  const Lanes<float> n = shifted - kRound;
  const Lanes<float> r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Lanes<float> p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.f;
  // The whole number becomes the exponent.
  const auto exponent = (reinterpret_cast<Lanes<int32_t>>(shifted) - 0x4b400000 + 127) << 23;
  return p * reinterpret_cast<Lanes<float>>(exponent);
}

inline Lanes<double> exponential(Lanes<double> x) {
  for (int64_t i = 0; i < kWidth; ++i) x[i] = std::exp(x[i]);
  return x;
}

template <typename A>
A exponential_of(A x) {
  return exponential(Lanes<A>{} + x)[0];
}

template <typename L>
L sigmoid(L x) {
  return 1 / (1 + exponential(-x));
}

// ---- types known at run time ----------------------------------------------------------------

// Calls body.template operator()<T>() with the type of an activation.
template <typename Body>
void with_type(at::ScalarType dtype, Body&& body) {
  switch (dtype) {
    case at::kFloat:
      return body.template operator()<float>();
    case at::kBFloat16:
      return body.template operator()<at::BFloat16>();
    case at::kDouble:
      return body.template operator()<double>();
    default:
      TORCH_CHECK(false, "dtype ", dtype,
                  " is not supported: expected float32, bfloat16 or float64");
  }
}

// Calls body.template operator()<A>() with the type that an activation is computed in.
template <typename Body>
void with_wide_type(at::ScalarType dtype, Body&& body) {
  with_type(dtype, [&]<typename T>() { body.template operator()<Wide<T>>(); });
}

inline at::ScalarType wide_dtype(at::ScalarType dtype) {
  return dtype == at::kDouble ? at::kDouble : at::kFloat;
}

// Rows of a contiguous tensor of any activation's type, as numbers of type A.
template <typename A>
class Rows {
 public:
  Rows(const at::Tensor& tensor, int64_t width)
      : data_(static_cast<const char*>(tensor.const_data_ptr())),
        dtype_(tensor.scalar_type()),
        width_(width) {}

  // The row itself, or its numbers in `buffer`.
  const A* read(int64_t row, A* buffer) const {
    if (dtype_ == c10::CppTypeToScalarType<A>::value) {
      return reinterpret_cast<const A*>(data_) + row * width_;
    }
    with_type(dtype_, [&]<typename T>() {
      const T* from = reinterpret_cast<const T*>(data_) + row * width_;
      for_lanes(width_, [&](int64_t i, auto count) {
        store(buffer + i, __builtin_convertvector(load(from + i, count), Lanes<A>), count);
      });
    });
    return buffer;
  }

 private:
  const char* data_;
  at::ScalarType dtype_;
  int64_t width_;
};

// Writes rows of a contiguous tensor of any activation's type.
template <typename A>
class MutableRows {
 public:
  MutableRows(const at::Tensor& tensor, int64_t width)
      : data_(static_cast<char*>(tensor.mutable_data_ptr())),
        dtype_(tensor.scalar_type()),
        width_(width) {}

  void write(int64_t row, const A* values) const {
    with_type(dtype_, [&]<typename T>() {
      T* to = reinterpret_cast<T*>(data_) + row * width_;
      for_lanes(width_, [&](int64_t i, auto count) {
        store(to + i, __builtin_convertvector(load(values + i, count), Lanes<Wide<T>>), count);
      });
    });
  }

 private:
  char* data_;
  at::ScalarType dtype_;
  int64_t width_;
};

}  // namespace moebius::cpu
