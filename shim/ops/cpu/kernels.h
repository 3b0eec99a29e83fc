// The primitives on the CPU; ops/library.cc says what they do.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <tuple>

namespace moebius::cpu {

using at::ScalarType;
using at::Tensor;

std::tuple<Tensor, Tensor> rms_norm_forward(const Tensor& x, const Tensor& weight, double eps,
                                            ScalarType out_dtype);
std::tuple<Tensor, Tensor> rms_norm_backward(const Tensor& dy, const Tensor& x,
                                             const Tensor& weight, const Tensor& rstd);
std::tuple<Tensor, Tensor, Tensor> add_rms_norm_forward(const Tensor& x, const Tensor& residual,
                                                        const Tensor& weight, double eps,
                                                        ScalarType out_dtype);
std::tuple<Tensor, Tensor, Tensor> add_rms_norm_backward(const std::optional<Tensor>& dsum,
                                                         const Tensor& dy, const Tensor& sum,
                                                         const Tensor& weight, const Tensor& rstd,
                                                         ScalarType x_dtype,
                                                         ScalarType residual_dtype);

std::tuple<Tensor, Tensor, Tensor> rope_qkv_forward(const Tensor& qkv, const Tensor& cos,
                                                    const Tensor& sin, int64_t n_head,
                                                    int64_t n_query_groups);
Tensor rope_qkv_backward(const Tensor& dq, const Tensor& dk, const Tensor& dv, const Tensor& cos,
                         const Tensor& sin);

// Whether attention_forward and attention_backward take these queries and keys and beat libtorch's
// kernel.
bool attends_faster(const Tensor& q, const Tensor& k);
std::tuple<Tensor, Tensor> attention_forward(const Tensor& q, const Tensor& k, const Tensor& v,
                                             double scale);
std::tuple<Tensor, Tensor, Tensor> attention_backward(const Tensor& dy, const Tensor& q,
                                                      const Tensor& k, const Tensor& v,
                                                      const Tensor& y, const Tensor& lse,
                                                      double scale);

Tensor swiglu_forward(const Tensor& fc);
Tensor swiglu_backward(const Tensor& dy, const Tensor& fc);

std::tuple<Tensor, Tensor> topk_softmax_forward(const Tensor& logits, int64_t k);
Tensor topk_softmax_backward(const Tensor& dweights, const Tensor& weights, const Tensor& experts,
                             int64_t n_expert, ScalarType dtype);
void router_statistics_(const Tensor& counts, const Tensor& entropies, const Tensor& passes,
                        const Tensor& logits, const Tensor& expert_counts);

std::tuple<Tensor, Tensor, Tensor, Tensor> moe_sort(const Tensor& experts, int64_t n_expert);
Tensor moe_gather_forward(const Tensor& x, const Tensor& token, const Tensor& row);
Tensor moe_gather_backward(const Tensor& dy, const Tensor& row);
Tensor moe_combine_forward(const Tensor& y, const Tensor& weights, const Tensor& row,
                           ScalarType out_dtype);
std::tuple<Tensor, Tensor> moe_combine_backward(const Tensor& dout, const Tensor& y,
                                                const Tensor& weights, const Tensor& row);

Tensor grouped_linear_forward(const Tensor& x, const Tensor& weight, const Tensor& ends);
Tensor grouped_linear_input(const Tensor& dy, const Tensor& weight, const Tensor& ends);
Tensor grouped_linear_weight(const Tensor& dy, const Tensor& x, const Tensor& ends);

std::tuple<Tensor, Tensor, Tensor, Tensor> linear_cross_entropy_forward(
    const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias, const Tensor& targets,
    int64_t ignore_index, int64_t chunk_rows, const std::optional<Tensor>& gradient,
    bool with_gradients);

std::tuple<Tensor, Tensor, Tensor> clip_factor(at::TensorList grads,
                                               std::optional<double> max_norm);

void adamw_(at::TensorList params, at::TensorList grads, at::TensorList exp_avgs,
            at::TensorList exp_avg_sqs, at::TensorList steps, const Tensor& lr,
            const Tensor& grad_scale, const Tensor& found_inf, double beta1, double beta2,
            double eps, double weight_decay, at::TensorList shadows);

}  // namespace moebius::cpu
