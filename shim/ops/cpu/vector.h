// Arithmetic that compilers turn into vector instructions: plain loops over these. The files of
// this folder are compiled for the machine at hand.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

namespace moebius::cpu {

// What numbers of a type are computed in.
template <typename T>
using Wide = std::conditional_t<std::is_same_v<T, double>, double, float>;

inline float widen(float value) { return value; }
inline double widen(double value) { return value; }
inline float widen(at::BFloat16 value) {
  return std::bit_cast<float>(static_cast<uint32_t>(value.x) << 16);
}

template <typename T>
T narrow(Wide<T> value) {
  if constexpr (std::is_same_v<T, at::BFloat16>) {
    const uint32_t bits = std::bit_cast<uint32_t>(value);
    const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    return at::BFloat16(static_cast<uint16_t>(value != value ? 0x7fc0 : rounded),
                        at::BFloat16::from_bits());
  } else {
    return value;
  }
}

// e^x to 2 units in the last place; x below -87 counts as -87.
inline float exponential(float x) {
  constexpr float kRound =
      12582912.f;  // 1.5 * 2^23: adding it leaves a whole number in the low bits
  x = x < -87.f ? -87.f : x;
  x = x > 88.37f ? 88.37f : x;
  const float shifted = x * 1.44269504088896341f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  const uint32_t exponent =
      std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(kRound) + 127;
  return p * std::bit_cast<float>(exponent << 23);
}

inline double exponential(double x) { return std::exp(x); }

template <typename A>
A sigmoid(A x) {
  return A{1} / (A{1} + exponential(-x));
}

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
    if (dtype_ == c10::CppTypeToScalarType<A>::value)
      return reinterpret_cast<const A*>(data_) + row * width_;
    with_type(dtype_, [&]<typename T>() {
      const T* from = reinterpret_cast<const T*>(data_) + row * width_;
      for (int64_t i = 0; i < width_; ++i) buffer[i] = static_cast<A>(widen(from[i]));
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
      for (int64_t i = 0; i < width_; ++i) to[i] = narrow<T>(static_cast<Wide<T>>(values[i]));
    });
  }

 private:
  char* data_;
  at::ScalarType dtype_;
  int64_t width_;
};

}  // namespace moebius::cpu
