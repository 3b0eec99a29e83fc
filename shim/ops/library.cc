// The schemas of the fused operators.
//
// Each differentiable operator has a public form, which checks its arguments and records for
// autograd (dense.cc, moe.cc), and two primitives, _forward and _backward, with one implementation
// for each device (cpu/, cuda/). Primitives are not differentiable. What the public form guarantees
// to them:
//   - All tensors are on one device and contiguous, except the gradients that rope_qkv_backward
//     gets, which are contiguous in their last dimension only. 0 rows are possible, 0 columns are
//     not.
//   - Activations and matrices are float32 or bfloat16 (on the CPU float64 too). Arithmetic is
//     float32 (float64 for float64), and so are the scalars saved for backward (rstd).
//   - Index tensors are int32, except `experts` and `targets`, which are int64.
// A result that was not asked for is an undefined tensor.
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
  // dsum is what else reads sum sends back, or None. dx and dresidual hold the same numbers in
  // their operands' dtypes; where these are one dtype they may be one tensor.
  m.def(
      "add_rms_norm_backward(Tensor? dsum, Tensor dy, Tensor sum, Tensor weight, Tensor rstd,"
      " ScalarType x_dtype, ScalarType residual_dtype)"
      " -> (Tensor dx, Tensor dresidual, Tensor dweight)");

  // sum = moe_combine(rows, weights, row) in residual's dtype + residual [..., C], then
  // rms_norm(sum), without the combination in memory.
  m.def(
      "combine_rms_norm(Tensor rows, Tensor weights, Tensor row, Tensor residual, Tensor weight,"
      " float eps, ScalarType out_dtype) -> (Tensor sum, Tensor y)");
  // On CUDA devices alone.
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

  // q [B, H, T, D], k and v [B, G, T, D], G dividing H: causal attention [B, H, T, D], by
  // libtorch's flash kernel but where the primitives are faster: these are for the CPU alone. lse
  // [B, H, T] are the logarithms of the sums of exponentials. Results are views of [B, T, heads, D]
  // memory.
  m.def("attention(Tensor q, Tensor k, Tensor v, float scale) -> Tensor");
  m.def("attention_forward(Tensor q, Tensor k, Tensor v, float scale) -> (Tensor y, Tensor lse)");
  m.def(
      "attention_backward(Tensor dy, Tensor q, Tensor k, Tensor v, Tensor y, Tensor lse,"
      " float scale) -> (Tensor dq, Tensor dk, Tensor dv)");

  // fc [rows, 2 I] to [rows, I]: silu(first half) * second half.
  m.def("swiglu(Tensor fc) -> Tensor");
  m.def("swiglu_forward(Tensor fc) -> Tensor y");
  m.def("swiglu_backward(Tensor dy, Tensor fc) -> Tensor dfc");

  // logits [N, E]: the k largest, largest first; weights [N, K] are their softmax in the
  // arithmetic's dtype, experts [N, K] int64 where they are.
  m.def("topk_softmax(Tensor logits, int k) -> (Tensor weights, Tensor experts)");
  m.def("topk_softmax_forward(Tensor logits, int k) -> (Tensor weights, Tensor experts)");
  // dlogits [N, E] in `dtype`.
  m.def(
      "topk_softmax_backward(Tensor dweights, Tensor weights, Tensor experts, int n_expert,"
      " ScalarType dtype) -> Tensor dlogits");

  // Counts a pass, in float32: adds expert_counts [E], int32, to counts [E]; the mean entropy of
  // softmax(logits), in nats, to `entropies`, whose elements count together: which of them it adds
  // to is the device's choice; and 1 to passes, a scalar.
  m.def(
      "router_statistics_(Tensor(a!) counts, Tensor(b!) entropies, Tensor(c!) passes,"
      " Tensor logits, Tensor expert_counts) -> ()");

  // experts [N, K] int64. Sorts the choices (n, k) by expert, keeping their order within one:
  // token [M]: the token of a sorted row; row [N, K]: the sorted row of a choice; counts [E]: rows
  // of each expert; ends [E]: where they end.
  m.def(
      "moe_sort(Tensor experts, int n_expert)"
      " -> (Tensor token, Tensor row, Tensor counts, Tensor ends)");

  // x [N, C] to [M, C]: y[m] = x[token[m]].
  m.def("moe_gather(Tensor x, Tensor token, Tensor row) -> Tensor");
  m.def("moe_gather_forward(Tensor x, Tensor token, Tensor row) -> Tensor y");
  // dx[n] = sum over k, ascending, of dy[row[n, k]].
  m.def("moe_gather_backward(Tensor dy, Tensor row) -> Tensor dx");

  // x [..., C], weight [I, C], bias [I]: aten::linear, by the kernels of grouped_linear where these
  // are faster. Where weight_sum is given, of the weight's shape, backward may add the weight's
  // gradient to it instead of giving any.
  m.def("linear(Tensor x, Tensor weight, Tensor? bias, Tensor? weight_sum) -> Tensor");
  // On CUDA devices alone. dy [N, I], x [N, C]: sum += dy.T @ x; sum may be float32 for bfloat16
  // operands.
  m.def("linear_weight_add_(Tensor(a!) sum, Tensor dy, Tensor x) -> ()");

  // weight [V, C], indices of any shape: aten::embedding. weight_sum is that of linear.
  m.def("embedding(Tensor weight, Tensor indices, Tensor? weight_sum) -> Tensor");
  // On CUDA devices alone. indices [N], dy [N, C]: sum[indices[n]] += dy[n], always in one order.
  m.def("embedding_weight_add_(Tensor(a!) sum, Tensor dy, Tensor indices) -> ()");

  // x [M, C], weight [E, I, C] to [M, I]: y[m] = weight[e] @ x[m] for the rows m of expert e.
  m.def("grouped_linear(Tensor x, Tensor weight, Tensor ends) -> Tensor");
  m.def("grouped_linear_forward(Tensor x, Tensor weight, Tensor ends) -> Tensor y");
  m.def("grouped_linear_input(Tensor dy, Tensor weight, Tensor ends) -> Tensor dx");
  // dweight of an expert without rows is zero.
  m.def("grouped_linear_weight(Tensor dy, Tensor x, Tensor ends) -> Tensor dweight");
  // On CUDA devices alone. sum += dweight; sum may be float32 for bfloat16 operands.
  m.def("grouped_linear_weight_add_(Tensor(a!) sum, Tensor dy, Tensor x, Tensor ends) -> ()");

  // x [N, C], fc_weight [E, 2 I, C], proj_weight [E, C, I] to [M, C]: the rows of moe_gather, each
  // through its expert: grouped_linear, swiglu, grouped_linear. Where sums are given, of the
  // weights' shapes, backward may add the weights' gradients to these instead of giving any.
  m.def(
      "moe_experts(Tensor x, Tensor token, Tensor row, Tensor ends, Tensor fc_weight,"
      " Tensor proj_weight, Tensor? fc_sum, Tensor? proj_sum) -> Tensor");
  // On CUDA devices alone. fc = grouped_linear(x, weight), h = swiglu(fc).
  m.def("grouped_swiglu_forward(Tensor x, Tensor weight, Tensor ends) -> (Tensor fc, Tensor h)");
  // For y = grouped_linear(swiglu(fc), weight): dfc, and h = swiglu(fc) once more.
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

  // x [N, C], weight [V, C], bias [V], targets [N] int64. The mean over the targets that are not
  // ignore_index of the cross-entropy of x @ weight.T + bias, a float32 scalar (float64 for
  // float64). Logits exist for chunk_rows rows at a time, in x's dtype. `gradient` is what backward
  // will be given for the loss, a scalar, if that is known: then nothing needs to be scaled later.
  m.def(
      "linear_cross_entropy(Tensor x, Tensor weight, Tensor? bias, Tensor targets,"
      " int ignore_index, int chunk_rows, Tensor? gradient) -> Tensor");
  // with_gradients: dx, dweight and dbias of the mean, times `gradient`, in their operands' dtypes;
  // the sums over chunks are kept in the arithmetic's dtype.
  m.def(
      "linear_cross_entropy_forward(Tensor x, Tensor weight, Tensor? bias, Tensor targets,"
      " int ignore_index, int chunk_rows, Tensor? gradient, bool with_gradients)"
      " -> (Tensor loss, Tensor dx, Tensor dweight, Tensor dbias)");

  // The norm of all gradients together, and from it the factor that clips them to max_norm as
  // torch.nn.utils.clip_grad_norm_ does (1 without max_norm), and 1 if it is not finite, else 0:
  // float32 scalars.
  m.def(
      "clip_factor(Tensor[] grads, float? max_norm)"
      " -> (Tensor norm, Tensor factor, Tensor found_inf)");

  // PyTorch's AdamW in one pass over each parameter. grads are multiplied by grad_scale as they are
  // read (and left as they are); found_inf == 1 leaves everything as it is, else each step counts
  // up by one first. lr, grad_scale, found_inf and steps are float32 scalars. shadows is empty, or
  // has a bfloat16 copy of each parameter, which is written too.
  m.def(
      "adamw_(Tensor(a!)[] params, Tensor[] grads, Tensor(b!)[] exp_avgs, Tensor(c!)[] exp_avg_sqs,"
      " Tensor(d!)[] steps, Tensor lr, Tensor grad_scale, Tensor found_inf, float beta1,"
      " float beta2, float eps, float weight_decay, Tensor(e!)[] shadows) -> ()");

  // One new position of each of N <= 8 sequences through a block, on CUDA devices alone; not
  // differentiable. sum, pending [N, C]; norms [C]; keys, values [N, G, S, D] get the new ones at
  // `position`, a scalar int32, and are attended to up to there; qkv [F, C], proj [C, H D], gate
  // [E, C], fc [E, 2 I, C], experts_proj [E, C, I], all bfloat16 and contiguous; cos, sin [>= S,
  // R]. With pending, this follows another launch of the same operator, in whose shadow weights are
  // read.
  m.def(
      "decode_block(Tensor sum, Tensor? pending, Tensor norm_1, Tensor qkv, Tensor proj,"
      " Tensor norm_2, Tensor gate, Tensor fc, Tensor experts_proj, Tensor(a!) keys,"
      " Tensor(b!) values, Tensor position, Tensor cos, Tensor sin, float eps, int n_head, int k,"
      " float routed_scaling_factor) -> (Tensor sum, Tensor pending)");
  // After the last block: the logits [N, V] = norm(sum + pending) @ weight.T.
  m.def(
      "decode_logits(Tensor sum, Tensor pending, Tensor norm, Tensor weight, float eps) -> Tensor");

  // logits [N, V] bfloat16, V <= 65536; on CUDA devices alone. The next token of each row, int64
  // [N, 1]: the likeliest; with uniform [N], float32 in [0, 1), one drawn from the top_k likeliest
  // and of these from those that have top_p together.
  m.def(
      "sample(Tensor logits, Tensor? uniform, float temperature, int top_k, float top_p)"
      " -> Tensor");
}
