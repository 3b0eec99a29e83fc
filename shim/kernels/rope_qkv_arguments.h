// What the host (ops/cuda/rope_qkv.cc) hands to the kernels of rope_qkv.cu.
#pragma once

namespace moebius::rope_qkv_arguments {

// Queries, keys or values [B, heads, T, D], whose last dimension is in one piece.
struct Heads {
  void* data;
  long long batch_stride;
  long long head_stride;
  long long position_stride;
};

}  // namespace moebius::rope_qkv_arguments
