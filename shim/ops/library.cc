// The schemas of the fused operators.
//
// Each differentiable operator has a public form, which checks its arguments and records for
// autograd (dense.cc, moe.cc), and two primitives, _forward and _backward, with one implementation
// for each device (cpu/, cuda/). Primitives are not differentiable. The public form guarantees to
// them:
//   - All tensors are on one device and contiguous, except the gradients passed to
//     rope_qkv_backward, which are contiguous in their last dimension only. There may be 0 rows but
//     not 0 columns.
//   - Activations and matrices are float32 or bfloat16 (on the CPU float64 too). Arithmetic is
//     float32 (float64 for float64), and so are the scalars saved for backward (rstd).
//   - Index tensors are int32, except `experts` and `targets`, which are int64.
// A result that was not requested is an undefined tensor.
//
// Shapes: N tokens, C width, E experts, K choices a token, M = N * K rows sorted by expert, I width
// of an expert, V vocabulary, B batch, T positions, H query heads, G key and value heads, D width
// of a head, R rotated values of a head, F = (H + 2 G) D.

#include <torch/library.h>

TORCH_LIBRARY(moebius, m) {
  // x [..., C], weight [C]: y [..., C] in out_dtype, rstd [rows].
  m.def("rms_norm(Tensor x, Tensor weight, float eps, ScalarType out_dtype) -> Tensor");
  m.def(
      "rms_norm_forward(Tensor x, Tensor weight, float eps, ScalarType out_dtype)"
      " -> (Tensor y, Tensor rstd)");
  // dy may have any dtype; dx has x's, dweight has weight's.
  m.def(
      "rms_norm_backward(Tensor dy, Tensor x, Tensor weight, Tensor rstd)"
      " -> (Tensor dx, Tensor dweight)");

  // sum = x + residual in the wider of their dtypes, then rms_norm(sum).
  m.def(
      "add_rms_norm(Tensor x, Tensor residual, Tensor weight, float eps, ScalarType out_dtype)"
      " -> (Tensor sum, Tensor y)");
  m.def(
      "add_rms_norm_forward(Tensor x, Tensor residual, Tensor weight, float eps,"
      " ScalarType out_dtype) -> (Tensor sum, Tensor y, Tensor rstd)");
  // dsum is the gradient of `sum` from its other readers, or None. dx and dresidual hold the same
  // numbers in their operands' dtypes; if these are the same, they may be one tensor.
  m.def(
      "add_rms_norm_backward(Tensor? dsum, Tensor dy, Tensor sum, Tensor weight, Tensor rstd,"
      " ScalarType x_dtype, ScalarType residual_dtype)"
      " -> (Tensor dx, Tensor dresidual, Tensor dweight)");

  // sum = moe_combine(rows, weights, row) in residual's dtype + residual [..., C], then
  // rms_norm(sum), without storing the combination.
  m.def(
      "combine_rms_norm(Tensor rows, Tensor weights, Tensor row, Tensor residual, Tensor weight,"
      " float eps, ScalarType out_dtype) -> (Tensor sum, Tensor y)");
  // CUDA only.
  m.def(
      "combine_rms_norm_forward(Tensor rows, Tensor weights, Tensor row, Tensor residual,"
      " Tensor weight, float eps, ScalarType out_dtype) -> (Tensor sum, Tensor y, Tensor rstd)");
  m.def(
      "combine_rms_norm_backward(Tensor? dsum, Tensor dy, Tensor sum, Tensor weight, Tensor rstd,"
      " Tensor rows, Tensor weights, Tensor row)"
      " -> (Tensor drows, Tensor dweights, Tensor dresidual, Tensor dweight)");

  // qkv [B, T, F] = [all queries | all keys | all values]; cos, sin [T, R], R even, 0 <= R <= D,
  // float32 or bfloat16. Results are [B, heads, T, D], views of [B, T, heads, D] memory.
  m.def(
      "rope_qkv(Tensor qkv, Tensor cos, Tensor sin, int n_head, int n_query_groups)"
      " -> (Tensor q, Tensor k, Tensor v)");
  m.def(
      "rope_qkv_forward(Tensor qkv, Tensor cos, Tensor sin, int n_head, int n_query_groups)"
      " -> (Tensor q, Tensor k, Tensor v)");
  m.def(
      "rope_qkv_backward(Tensor dq, Tensor dk, Tensor dv, Tensor cos, Tensor sin) -> Tensor dqkv");

  // q [B, H, T, D], k and v [B, G, T, D], G dividing H: causal attention [B, H, T, D], with
  // libtorch's flash kernel except where the primitives, which exist only for the CPU, are faster.
  // lse [B, H, T] holds the logarithms of the sums of exponentials. Results are views of
  // [B, T, heads, D] memory.
  m.def("attention(Tensor q, Tensor k, Tensor v, float scale) -> Tensor");
  m.def("attention_forward(Tensor q, Tensor k, Tensor v, float scale) -> (Tensor y, Tensor lse)");
  m.def(
      "attention_backward(Tensor dy, Tensor q, Tensor k, Tensor v, Tensor y, Tensor lse,"
      " float scale) -> (Tensor dq, Tensor dk, Tensor dv)");

  // fc [rows, 2 I] to [rows, I]: silu(first half) * second half.
  m.def("swiglu(Tensor fc) -> Tensor");
  m.def("swiglu_forward(Tensor fc) -> Tensor y");
  m.def("swiglu_backward(Tensor dy, Tensor fc) -> Tensor dfc");

  // logits [N, E]: selects the k largest, largest first; weights [N, K] are their softmax in the
  // arithmetic's dtype, experts [N, K] their int64 indices.
  m.def("topk_softmax(Tensor logits, int k) -> (Tensor weights, Tensor experts)");
  m.def("topk_softmax_forward(Tensor logits, int k) -> (Tensor weights, Tensor experts)");
  // dlogits [N, E] in `dtype`.
  m.def(
      "topk_softmax_backward(Tensor dweights, Tensor weights, Tensor experts, int n_expert,"
      " ScalarType dtype) -> Tensor dlogits");

  // Counts a pass, in float32: adds expert_counts [E], int32, to counts [E]; adds the mean entropy
  // of softmax(logits), in nats, to `entropies`, whose total is the result (the device chooses the
  // elements to add to); and adds 1 to passes, a scalar.
  m.def(
      "router_statistics_(Tensor(a!) counts, Tensor(b!) entropies, Tensor(c!) passes,"
      " Tensor logits, Tensor expert_counts) -> ()");

  // experts [N, K] int64. Sorts the choices (n, k) by expert, keeping their order within an expert:
  // token [M]: the token of a sorted row; row [N, K]: the sorted row of a choice; counts [E]: the
  // number of rows of each expert; ends [E]: the index after each expert's last row.
  m.def(
      "moe_sort(Tensor experts, int n_expert)"
      " -> (Tensor token, Tensor row, Tensor counts, Tensor ends)");

  // x [N, C] to [M, C]: y[m] = x[token[m]].
  m.def("moe_gather(Tensor x, Tensor token, Tensor row) -> Tensor");
  m.def("moe_gather_forward(Tensor x, Tensor token, Tensor row) -> Tensor y");
  // dx[n] = sum over k, ascending, of dy[row[n, k]].
  m.def("moe_gather_backward(Tensor dy, Tensor row) -> Tensor dx");

  // x [..., C], weight [I, C], bias [I]: aten::linear, with the kernels of grouped_linear where
  // these are faster. If weight_sum, of the weight's shape, is given, backward may add the weight's
  // gradient to it instead of returning it.
  m.def("linear(Tensor x, Tensor weight, Tensor? bias, Tensor? weight_sum) -> Tensor");
  // CUDA only. dy [N, I], x [N, C]: sum += dy.T @ x; sum may be float32 for bfloat16 operands.
  m.def("linear_weight_add_(Tensor(a!) sum, Tensor dy, Tensor x) -> ()");

  // weight [V, C], indices of any shape: aten::embedding. weight_sum as for linear.
  m.def("embedding(Tensor weight, Tensor indices, Tensor? weight_sum) -> Tensor");
  // CUDA only. indices [N], dy [N, C]: sum[indices[n]] += dy[n], always in the same order.
  m.def("embedding_weight_add_(Tensor(a!) sum, Tensor dy, Tensor indices) -> ()");

  // x [M, C], weight [E, I, C] to [M, I]: y[m] = weight[e] @ x[m] for the rows m of expert e.
  m.def("grouped_linear(Tensor x, Tensor weight, Tensor ends) -> Tensor");
  m.def("grouped_linear_forward(Tensor x, Tensor weight, Tensor ends) -> Tensor y");
  m.def("grouped_linear_input(Tensor dy, Tensor weight, Tensor ends) -> Tensor dx");
  // dweight is zero for an expert without rows.
  m.def("grouped_linear_weight(Tensor dy, Tensor x, Tensor ends) -> Tensor dweight");
  // CUDA only. sum += dweight; sum may be float32 for bfloat16 operands.
  m.def("grouped_linear_weight_add_(Tensor(a!) sum, Tensor dy, Tensor x, Tensor ends) -> ()");

  // x [N, C], fc_weight [E, 2 I, C], proj_weight [E, C, I] to [M, C]: moe_gather, then
  // grouped_linear, swiglu and grouped_linear. If sums, of the weights' shapes, are given, backward
  // may add the weights' gradients to them instead of returning them.
  m.def(
      "moe_experts(Tensor x, Tensor token, Tensor row, Tensor ends, Tensor fc_weight,"
      " Tensor proj_weight, Tensor? fc_sum, Tensor? proj_sum) -> Tensor");
  // CUDA only. fc = grouped_linear(x, weight), h = swiglu(fc).
  m.def("grouped_swiglu_forward(Tensor x, Tensor weight, Tensor ends) -> (Tensor fc, Tensor h)");
  // For y = grouped_linear(swiglu(fc), weight): returns dfc, and recomputes h = swiglu(fc).
  m.def(
      "grouped_swiglu_backward(Tensor dy, Tensor weight, Tensor fc, Tensor ends)"
      " -> (Tensor dfc, Tensor h)");

  // y [M, C], weights [N, K]: out[n] = sum over k, ascending, of weights[n, k] * y[row[n, k]].
  m.def("moe_combine(Tensor y, Tensor weights, Tensor row, ScalarType out_dtype) -> Tensor");
  m.def(
      "moe_combine_forward(Tensor y, Tensor weights, Tensor row, ScalarType out_dtype)"
      " -> Tensor out");
  // dy has y's dtype, dweights has weights'; dout may have any.
  m.def(
      "moe_combine_backward(Tensor dout, Tensor y, Tensor weights, Tensor row)"
      " -> (Tensor dy, Tensor dweights)");

  // x [N, C], weight [V, C], bias [V], targets [N] int64. The mean cross-entropy of x @ weight.T +
  // bias over the targets other than ignore_index, a float32 scalar (float64 for float64). Logits
  // of chunk_rows rows are in memory at a time, in x's dtype. `gradient` is the scalar gradient
  // that backward will be called with, if it is known: then nothing needs to be scaled later.
  m.def(
      "linear_cross_entropy(Tensor x, Tensor weight, Tensor? bias, Tensor targets,"
      " int ignore_index, int chunk_rows, Tensor? gradient) -> Tensor");
  // with_gradients: computes dx, dweight and dbias of the mean, times `gradient`, in their
  // operands' dtypes; the sums over chunks are kept in the arithmetic's dtype.
  m.def(
      "linear_cross_entropy_forward(Tensor x, Tensor weight, Tensor? bias, Tensor targets,"
      " int ignore_index, int chunk_rows, Tensor? gradient, bool with_gradients)"
      " -> (Tensor loss, Tensor dx, Tensor dweight, Tensor dbias)");

  // The norm of all gradients together; the factor that clips them to max_norm as
  // torch.nn.utils.clip_grad_norm_ does (1 without max_norm); and 1 if the norm is not finite, else
  // 0. All are float32 scalars.
  m.def(
      "clip_factor(Tensor[] grads, float? max_norm)"
      " -> (Tensor norm, Tensor factor, Tensor found_inf)");

  // PyTorch's AdamW in one pass over each parameter. grads are multiplied by grad_scale as they are
  // read (and not changed). If found_inf is 1 nothing changes, else each step is first incremented
  // by one. lr, grad_scale, found_inf and steps are float32 scalars. shadows is empty, or contains
  // a bfloat16 copy of each parameter, which is written too.
  m.def(
      "adamw_(Tensor(a!)[] params, Tensor[] grads, Tensor(b!)[] exp_avgs, Tensor(c!)[] exp_avg_sqs,"
      " Tensor(d!)[] steps, Tensor lr, Tensor grad_scale, Tensor found_inf, float beta1,"
      " float beta2, float eps, float weight_decay, Tensor(e!)[] shadows) -> ()");

  // Computes one new position of each of N <= 8 sequences in a block, CUDA only; not
  // differentiable. sum, pending [N, C]; norms [C]; keys, values [N, G, S, D]: those of the new
  // position are written at `position`, a scalar int32, and attention covers all positions up to
  // it; qkv [F, C], proj [C, H D], gate [E, C], fc [E, 2 I, C], experts_proj [E, C, I], all
  // bfloat16 and contiguous; cos, sin [>= S, R]. A call with `pending` follows another launch of
  // this operator and reads its weights while that one is still running.
  m.def(
      "decode_block(Tensor sum, Tensor? pending, Tensor norm_1, Tensor qkv, Tensor proj,"
      " Tensor norm_2, Tensor gate, Tensor fc, Tensor experts_proj, Tensor(a!) keys,"
      " Tensor(b!) values, Tensor position, Tensor cos, Tensor sin, float eps, int n_head, int k,"
      " float routed_scaling_factor) -> (Tensor sum, Tensor pending)");
  // After the last block: the logits [N, V] = norm(sum + pending) @ weight.T.
  m.def(
      "decode_logits(Tensor sum, Tensor pending, Tensor norm, Tensor weight, float eps) -> Tensor");

  // logits [N, V] bfloat16, V <= 65536; CUDA only. The next token of each row, int64 [N, 1]: the
  // likeliest; or, with uniform [N], float32 in [0, 1), one drawn from the top_k likeliest tokens,
  // limited to those that together have probability top_p.
  m.def(
      "sample(Tensor logits, Tensor? uniform, float temperature, int top_k, float top_p)"
      " -> Tensor");
}
