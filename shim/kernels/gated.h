// SwiGLU and its backward for single values, for use in the epilogues of matrix products.
#pragma once

#include "prelude.h"

__device__ inline float sigmoid(float x) {
  return reciprocal_approximately(1.0f + exp2_approximately(-kLog2E * x));
}

__device__ inline unsigned gated(unsigned gate, unsigned up) {
  const float low = low_half(gate), high = high_half(gate);
  return pack(low * sigmoid(low) * low_half(up), high * sigmoid(high) * high_half(up));
}

// One value's dgate and dup; h takes gradient's place.
__device__ inline void gated_backward(float& gate, float& up, float& gradient) {
  const float open = sigmoid(gate);
  const float silu = gate * open;
  const float slope = open + silu * (1.0f - open);
  const float h = silu * up;
  gate = gradient * up * slope;
  up = gradient * silu;
  gradient = h;
}
