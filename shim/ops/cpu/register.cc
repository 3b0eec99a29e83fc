#include <torch/library.h>

#include "kernels.h"

TORCH_LIBRARY_IMPL(moebius, CPU, m) {
  using namespace moebius::cpu;
  m.impl("rms_norm_forward", TORCH_FN(rms_norm_forward));
  m.impl("rms_norm_backward", TORCH_FN(rms_norm_backward));
  m.impl("add_rms_norm_forward", TORCH_FN(add_rms_norm_forward));
  m.impl("add_rms_norm_backward", TORCH_FN(add_rms_norm_backward));
  m.impl("rope_qkv_forward", TORCH_FN(rope_qkv_forward));
  m.impl("rope_qkv_backward", TORCH_FN(rope_qkv_backward));
  m.impl("attention_forward", TORCH_FN(attention_forward));
  m.impl("attention_backward", TORCH_FN(attention_backward));
  m.impl("swiglu_forward", TORCH_FN(swiglu_forward));
  m.impl("swiglu_backward", TORCH_FN(swiglu_backward));
  m.impl("topk_softmax_forward", TORCH_FN(topk_softmax_forward));
  m.impl("topk_softmax_backward", TORCH_FN(topk_softmax_backward));
  m.impl("router_statistics_", TORCH_FN(router_statistics_));
  m.impl("moe_sort", TORCH_FN(moe_sort));
  m.impl("moe_gather_forward", TORCH_FN(moe_gather_forward));
  m.impl("moe_gather_backward", TORCH_FN(moe_gather_backward));
  m.impl("moe_combine_forward", TORCH_FN(moe_combine_forward));
  m.impl("moe_combine_backward", TORCH_FN(moe_combine_backward));
  m.impl("grouped_linear_forward", TORCH_FN(grouped_linear_forward));
  m.impl("grouped_linear_input", TORCH_FN(grouped_linear_input));
  m.impl("grouped_linear_weight", TORCH_FN(grouped_linear_weight));
  m.impl("linear_cross_entropy_forward", TORCH_FN(linear_cross_entropy_forward));
  m.impl("clip_factor", TORCH_FN(clip_factor));
  m.impl("adamw_", TORCH_FN(adamw_));
}
