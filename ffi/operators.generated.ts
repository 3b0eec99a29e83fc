/**
 * Types of libtorch's operators, and of the project's own.
 *
 * Written by `deno task generate-operators` from the operators' schemas; changes made by hand are lost.
 *
 * @module
 */

import type { Device, DType } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

/** A number where PyTorch takes a Python scalar. A number without a fraction is an integer. */
export type Scalar = number | bigint | boolean;

/** How the elements of a result lie in memory. */
export type MemoryFormat = "contiguous_format" | "preserve_format";

/** Every operator by its name: `aten("add.Tensor", ...)`. */
export interface Operators {
  /** `aten::__and__.Scalar(Tensor self, Scalar other) -> Tensor` */
  "__and__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::__and__.Tensor(Tensor self, Tensor other) -> Tensor` */
  "__and__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::__iand__.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "__iand__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::__iand__.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "__iand__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::__ilshift__.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "__ilshift__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::__ilshift__.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "__ilshift__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::__ior__.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "__ior__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::__ior__.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "__ior__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::__irshift__.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "__irshift__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::__irshift__.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "__irshift__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::__ixor__.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "__ixor__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::__ixor__.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "__ixor__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::__lshift__.Scalar(Tensor self, Scalar other) -> Tensor` */
  "__lshift__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::__lshift__.Tensor(Tensor self, Tensor other) -> Tensor` */
  "__lshift__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::__or__.Scalar(Tensor self, Scalar other) -> Tensor` */
  "__or__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::__or__.Tensor(Tensor self, Tensor other) -> Tensor` */
  "__or__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::__rshift__.Scalar(Tensor self, Scalar other) -> Tensor` */
  "__rshift__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::__rshift__.Tensor(Tensor self, Tensor other) -> Tensor` */
  "__rshift__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::__xor__.Scalar(Tensor self, Scalar other) -> Tensor` */
  "__xor__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::__xor__.Tensor(Tensor self, Tensor other) -> Tensor` */
  "__xor__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::_adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor` */
  "_adaptive_avg_pool2d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  /** `aten::_adaptive_avg_pool2d_backward(Tensor grad_output, Tensor self) -> Tensor` */
  "_adaptive_avg_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
  ) => Tensor;
  /** `aten::_adaptive_avg_pool3d(Tensor self, SymInt[3] output_size) -> Tensor` */
  "_adaptive_avg_pool3d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  /** `aten::_adaptive_avg_pool3d_backward(Tensor grad_output, Tensor self) -> Tensor` */
  "_adaptive_avg_pool3d_backward": (
    grad_output: Tensor,
    self: Tensor,
  ) => Tensor;
  /** `aten::_add_batch_dim(Tensor self, int batch_dim, int level) -> Tensor` */
  "_add_batch_dim": (self: Tensor, batch_dim: number, level: number) => Tensor;
  /** `aten::_add_relu.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
  "_add_relu.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  /** `aten::_add_relu.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  "_add_relu.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::_add_relu_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)` */
  "_add_relu_.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  /** `aten::_add_relu_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
  "_add_relu_.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::_addmm_activation(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1, bool use_gelu=False) -> Tensor` */
  "_addmm_activation": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar; use_gelu?: boolean },
  ) => Tensor;
  /** `aten::_aminmax(Tensor self) -> (Tensor, Tensor)` */
  "_aminmax": (self: Tensor) => [Tensor, Tensor];
  /** `aten::_aminmax.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor, Tensor)` */
  "_aminmax.dim": (
    self: Tensor,
    dim: number,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::_amp_foreach_non_finite_check_and_unscale(Tensor[] self, Tensor found_inf, Tensor inv_scale) -> (Tensor[] self_out, Tensor found_inf_out)` */
  "_amp_foreach_non_finite_check_and_unscale": (
    self: readonly Tensor[],
    found_inf: Tensor,
    inv_scale: Tensor,
  ) => [Tensor[], Tensor];
  /** `aten::_amp_foreach_non_finite_check_and_unscale_(Tensor(a!)[] self, Tensor(b!) found_inf, Tensor inv_scale) -> ()` */
  "_amp_foreach_non_finite_check_and_unscale_": (
    self: readonly Tensor[],
    found_inf: Tensor,
    inv_scale: Tensor,
  ) => void;
  /** `aten::_amp_update_scale(Tensor self, Tensor growth_tracker, Tensor found_inf, float scale_growth_factor, float scale_backoff_factor, int growth_interval) -> (Tensor, Tensor growth_tracker_out)` */
  "_amp_update_scale": (
    self: Tensor,
    growth_tracker: Tensor,
    found_inf: Tensor,
    scale_growth_factor: number,
    scale_backoff_factor: number,
    growth_interval: number,
  ) => [Tensor, Tensor];
  /** `aten::_amp_update_scale_(Tensor(a!) self, Tensor(b!) growth_tracker, Tensor found_inf, float scale_growth_factor, float scale_backoff_factor, int growth_interval) -> Tensor(a!)` */
  "_amp_update_scale_": (
    self: Tensor,
    growth_tracker: Tensor,
    found_inf: Tensor,
    scale_growth_factor: number,
    scale_backoff_factor: number,
    growth_interval: number,
  ) => Tensor;
  /** `aten::_assert_async(Tensor self) -> ()` */
  "_assert_async": (self: Tensor) => void;
  /** `aten::_assert_async.msg(Tensor self, str assert_msg) -> ()` */
  "_assert_async.msg": (self: Tensor, assert_msg: string) => void;
  /** `aten::_assert_scalar(Scalar self, str assert_msg) -> ()` */
  "_assert_scalar": (self: Scalar, assert_msg: string) => void;
  /** `aten::_assert_tensor_metadata(Tensor a, SymInt[]? size=None, SymInt[]? stride=None, ScalarType? dtype=None, *, Device? device=None, Layout? layout=None) -> ()` */
  "_assert_tensor_metadata": (
    a: Tensor,
    size?: readonly number[] | null,
    stride?: readonly number[] | null,
    dtype?: DType | null,
    options?: { device?: Device | null; layout?: "strided" | null },
  ) => void;
  /** `aten::_autocast_to_full_precision(Tensor(a) self, bool cuda_enabled, bool cpu_enabled) -> Tensor(a)` */
  "_autocast_to_full_precision": (
    self: Tensor,
    cuda_enabled: boolean,
    cpu_enabled: boolean,
  ) => Tensor;
  /** `aten::_autocast_to_reduced_precision(Tensor(a) self, bool cuda_enabled, bool cpu_enabled, ScalarType cuda_dtype, ScalarType cpu_dtype) -> Tensor(a)` */
  "_autocast_to_reduced_precision": (
    self: Tensor,
    cuda_enabled: boolean,
    cpu_enabled: boolean,
    cuda_dtype: DType,
    cpu_dtype: DType,
  ) => Tensor;
  /** `aten::_backward(Tensor self, Tensor[] inputs, Tensor? gradient=None, bool? retain_graph=None, bool create_graph=False) -> ()` */
  "_backward": (
    self: Tensor,
    inputs: readonly Tensor[],
    gradient?: Tensor | null,
    retain_graph?: boolean | null,
    create_graph?: boolean,
  ) => void;
  /** `aten::_batch_norm_impl_index(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> (Tensor, Tensor, Tensor, Tensor, int)` */
  "_batch_norm_impl_index": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    training: boolean,
    momentum: number,
    eps: number,
    cudnn_enabled: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor, number];
  /** `aten::_batch_norm_impl_index_backward(int impl_index, Tensor input, Tensor grad_output, Tensor? weight, Tensor? running_mean, Tensor? running_var, Tensor? save_mean, Tensor? save_var_transform, bool train, float eps, bool[3] output_mask, Tensor reservedSpace) -> (Tensor, Tensor, Tensor)` */
  "_batch_norm_impl_index_backward": (
    impl_index: number,
    input: Tensor,
    grad_output: Tensor,
    weight: Tensor | null,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    save_mean: Tensor | null,
    save_var_transform: Tensor | null,
    train: boolean,
    eps: number,
    output_mask: boolean | readonly boolean[],
    reservedSpace: Tensor,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_batch_norm_no_update(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, float momentum, float eps) -> (Tensor, Tensor, Tensor, Tensor)` */
  "_batch_norm_no_update": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::_batch_norm_with_update(Tensor input, Tensor? weight, Tensor? bias, Tensor(a!) running_mean, Tensor(b!) running_var, float momentum, float eps) -> (Tensor, Tensor, Tensor, Tensor)` */
  "_batch_norm_with_update": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::_batch_norm_with_update_functional(Tensor input, Tensor? weight, Tensor? bias, Tensor running_mean, Tensor running_var, float momentum, float eps) -> (Tensor, Tensor, Tensor, Tensor, Tensor running_mean_out, Tensor running_var_out)` */
  "_batch_norm_with_update_functional": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_cast_Byte(Tensor self, bool non_blocking=False) -> Tensor` */
  "_cast_Byte": (self: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::_cast_Char(Tensor self, bool non_blocking=False) -> Tensor` */
  "_cast_Char": (self: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::_cast_Double(Tensor self, bool non_blocking=False) -> Tensor` */
  "_cast_Double": (self: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::_cast_Float(Tensor self, bool non_blocking=False) -> Tensor` */
  "_cast_Float": (self: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::_cast_Half(Tensor self, bool non_blocking=False) -> Tensor` */
  "_cast_Half": (self: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::_cast_Int(Tensor self, bool non_blocking=False) -> Tensor` */
  "_cast_Int": (self: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::_cast_Long(Tensor self, bool non_blocking=False) -> Tensor` */
  "_cast_Long": (self: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::_cast_Short(Tensor self, bool non_blocking=False) -> Tensor` */
  "_cast_Short": (self: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::_cdist_backward(Tensor grad, Tensor x1, Tensor x2, float p, Tensor cdist) -> Tensor` */
  "_cdist_backward": (
    grad: Tensor,
    x1: Tensor,
    x2: Tensor,
    p: number,
    cdist: Tensor,
  ) => Tensor;
  /** `aten::_cdist_forward(Tensor x1, Tensor x2, float p, int? compute_mode) -> Tensor` */
  "_cdist_forward": (
    x1: Tensor,
    x2: Tensor,
    p: number,
    compute_mode: number | null,
  ) => Tensor;
  /** `aten::_cholesky_solve_helper(Tensor self, Tensor A, bool upper) -> Tensor` */
  "_cholesky_solve_helper": (self: Tensor, A: Tensor, upper: boolean) => Tensor;
  /** `aten::_choose_qparams_per_tensor(Tensor self, bool reduce_range=False) -> (float, int)` */
  "_choose_qparams_per_tensor": (
    self: Tensor,
    reduce_range?: boolean,
  ) => [number, number];
  /** `aten::_chunk_cat(Tensor[] tensors, int dim, int num_chunks) -> Tensor` */
  "_chunk_cat": (
    tensors: readonly Tensor[],
    dim: number,
    num_chunks: number,
  ) => Tensor;
  /** `aten::_coalesce(Tensor self) -> Tensor` */
  "_coalesce": (self: Tensor) => Tensor;
  /** `aten::_coalesced(Tensor self, bool coalesced) -> Tensor` */
  "_coalesced": (self: Tensor, coalesced: boolean) => Tensor;
  /** `aten::_coalesced_(Tensor(a!) self, bool coalesced) -> Tensor(a!)` */
  "_coalesced_": (self: Tensor, coalesced: boolean) => Tensor;
  /** `aten::_compute_linear_combination(Tensor input, Tensor coefficients) -> Tensor` */
  "_compute_linear_combination": (
    input: Tensor,
    coefficients: Tensor,
  ) => Tensor;
  /** `aten::_conj(Tensor(a) self) -> Tensor(a)` */
  "_conj": (self: Tensor) => Tensor;
  /** `aten::_conj_copy(Tensor self) -> Tensor` */
  "_conj_copy": (self: Tensor) => Tensor;
  /** `aten::_conj_physical(Tensor self) -> Tensor` */
  "_conj_physical": (self: Tensor) => Tensor;
  /** `aten::_conv_depthwise2d(Tensor self, Tensor weight, SymInt[2] kernel_size, Tensor? bias, SymInt[2] stride, SymInt[2] padding, SymInt[2] dilation) -> Tensor` */
  "_conv_depthwise2d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias: Tensor | null,
    stride: number | readonly number[],
    padding: number | readonly number[],
    dilation: number | readonly number[],
  ) => Tensor;
  /** `aten::_convert_indices_from_coo_to_csr(Tensor self, int size, *, bool out_int32=False) -> Tensor` */
  "_convert_indices_from_coo_to_csr": (
    self: Tensor,
    size: number,
    options?: { out_int32?: boolean },
  ) => Tensor;
  /** `aten::_convert_indices_from_csr_to_coo(Tensor crow_indices, Tensor col_indices, *, bool out_int32=False, bool transpose=False) -> Tensor` */
  "_convert_indices_from_csr_to_coo": (
    crow_indices: Tensor,
    col_indices: Tensor,
    options?: { out_int32?: boolean; transpose?: boolean },
  ) => Tensor;
  /** `aten::_convert_weight_to_int4pack(Tensor self, int innerKTiles) -> Tensor` */
  "_convert_weight_to_int4pack": (self: Tensor, innerKTiles: number) => Tensor;
  /** `aten::_convert_weight_to_int4pack_for_cpu(Tensor self, int innerKTiles) -> Tensor` */
  "_convert_weight_to_int4pack_for_cpu": (
    self: Tensor,
    innerKTiles: number,
  ) => Tensor;
  /** `aten::_convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups, bool benchmark, bool deterministic, bool cudnn_enabled, bool allow_tf32) -> Tensor` */
  "_convolution": (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    transposed: boolean,
    output_padding: readonly number[],
    groups: number,
    benchmark: boolean,
    deterministic: boolean,
    cudnn_enabled: boolean,
    allow_tf32: boolean,
  ) => Tensor;
  /** `aten::_convolution.deprecated(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, int[] output_padding, SymInt groups, bool benchmark, bool deterministic, bool cudnn_enabled) -> Tensor` */
  "_convolution.deprecated": (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    transposed: boolean,
    output_padding: readonly number[],
    groups: number,
    benchmark: boolean,
    deterministic: boolean,
    cudnn_enabled: boolean,
  ) => Tensor;
  /** `aten::_convolution_double_backward(Tensor? ggI, Tensor? ggW, Tensor? ggb, Tensor gO, Tensor weight, Tensor self, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups, bool[3] output_mask) -> (Tensor, Tensor, Tensor)` */
  "_convolution_double_backward": (
    ggI: Tensor | null,
    ggW: Tensor | null,
    ggb: Tensor | null,
    gO: Tensor,
    weight: Tensor,
    self: Tensor,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    transposed: boolean,
    output_padding: readonly number[],
    groups: number,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_convolution_mode(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, str padding, SymInt[] dilation, SymInt groups) -> Tensor` */
  "_convolution_mode": (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    stride: readonly number[],
    padding: string,
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  /** `aten::_copy_from(Tensor self, Tensor dst, bool non_blocking=False) -> Tensor` */
  "_copy_from": (self: Tensor, dst: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::_copy_from_and_resize(Tensor self, Tensor dst) -> Tensor` */
  "_copy_from_and_resize": (self: Tensor, dst: Tensor) => Tensor;
  /** `aten::_cslt_compress(Tensor input) -> Tensor` */
  "_cslt_compress": (input: Tensor) => Tensor;
  /** `aten::_cslt_sparse_mm(Tensor compressed_A, Tensor dense_B, Tensor? bias=None, Tensor? alpha=None, ScalarType? out_dtype=None, bool transpose_result=False, int alg_id=0, int split_k=1, int split_k_mode=-1) -> Tensor` */
  "_cslt_sparse_mm": (
    compressed_A: Tensor,
    dense_B: Tensor,
    bias?: Tensor | null,
    alpha?: Tensor | null,
    out_dtype?: DType | null,
    transpose_result?: boolean,
    alg_id?: number,
    split_k?: number,
    split_k_mode?: number,
  ) => Tensor;
  /** `aten::_cslt_sparse_mm_search(Tensor compressed_A, Tensor dense_B, Tensor? bias=None, Tensor? alpha=None, ScalarType? out_dtype=None, bool transpose_result=False) -> int` */
  "_cslt_sparse_mm_search": (
    compressed_A: Tensor,
    dense_B: Tensor,
    bias?: Tensor | null,
    alpha?: Tensor | null,
    out_dtype?: DType | null,
    transpose_result?: boolean,
  ) => number;
  /** `aten::_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank=0, bool zero_infinity=False) -> (Tensor, Tensor)` */
  "_ctc_loss": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank?: number,
    zero_infinity?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::_ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank=0, bool zero_infinity=False) -> (Tensor, Tensor)` */
  "_ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank?: number,
    zero_infinity?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::_ctc_loss_backward(Tensor grad, Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, Tensor neg_log_likelihood, Tensor log_alpha, int blank, bool zero_infinity=False) -> Tensor` */
  "_ctc_loss_backward": (
    grad: Tensor,
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    neg_log_likelihood: Tensor,
    log_alpha: Tensor,
    blank: number,
    zero_infinity?: boolean,
  ) => Tensor;
  /** `aten::_ctc_loss_backward.Tensor(Tensor grad, Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, Tensor neg_log_likelihood, Tensor log_alpha, int blank, bool zero_infinity=False) -> Tensor` */
  "_ctc_loss_backward.Tensor": (
    grad: Tensor,
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    neg_log_likelihood: Tensor,
    log_alpha: Tensor,
    blank: number,
    zero_infinity?: boolean,
  ) => Tensor;
  /** `aten::_cudnn_attention_backward(Tensor grad_out, Tensor query, Tensor key, Tensor value, Tensor out, Tensor logsumexp, Tensor philox_seed, Tensor philox_offset, Tensor attn_bias, Tensor cum_seq_q, Tensor cum_seq_k, SymInt max_q, SymInt max_k, float dropout_p, bool is_causal, *, float? scale=None) -> (Tensor, Tensor, Tensor)` */
  "_cudnn_attention_backward": (
    grad_out: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    out: Tensor,
    logsumexp: Tensor,
    philox_seed: Tensor,
    philox_offset: Tensor,
    attn_bias: Tensor,
    cum_seq_q: Tensor,
    cum_seq_k: Tensor,
    max_q: number,
    max_k: number,
    dropout_p: number,
    is_causal: boolean,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_cudnn_attention_forward(Tensor query, Tensor key, Tensor value, Tensor? attn_bias, Tensor? cum_seq_q, Tensor? cum_seq_k, SymInt max_q, SymInt max_k, bool compute_log_sumexp, float dropout_p=0., bool is_causal=False, bool return_debug_mask=False, *, float? scale=None) -> (Tensor output, Tensor logsumexp, Tensor cum_seq_q, Tensor cum_seq_k, SymInt max_q, SymInt max_k, Tensor philox_seed, Tensor philox_offset, Tensor debug_attn_mask)` */
  "_cudnn_attention_forward": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_bias: Tensor | null,
    cum_seq_q: Tensor | null,
    cum_seq_k: Tensor | null,
    max_q: number,
    max_k: number,
    compute_log_sumexp: boolean,
    dropout_p?: number,
    is_causal?: boolean,
    return_debug_mask?: boolean,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor, Tensor, number, number, Tensor, Tensor, Tensor];
  /** `aten::_cudnn_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank, bool deterministic, bool zero_infinity) -> (Tensor, Tensor)` */
  "_cudnn_ctc_loss": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank: number,
    deterministic: boolean,
    zero_infinity: boolean,
  ) => [Tensor, Tensor];
  /** `aten::_cudnn_ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank, bool deterministic, bool zero_infinity) -> (Tensor, Tensor)` */
  "_cudnn_ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: number,
    deterministic: boolean,
    zero_infinity: boolean,
  ) => [Tensor, Tensor];
  /** `aten::_cudnn_init_dropout_state(float dropout, bool train, int dropout_seed, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "_cudnn_init_dropout_state": (
    dropout: number,
    train: boolean,
    dropout_seed: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_cudnn_rnn(Tensor input, Tensor[] weight, int weight_stride0, Tensor? weight_buf, Tensor hx, Tensor? cx, int mode, SymInt hidden_size, SymInt proj_size, int num_layers, bool batch_first, float dropout, bool train, bool bidirectional, SymInt[] batch_sizes, Tensor? dropout_state) -> (Tensor, Tensor, Tensor, Tensor, Tensor)` */
  "_cudnn_rnn": (
    input: Tensor,
    weight: readonly Tensor[],
    weight_stride0: number,
    weight_buf: Tensor | null,
    hx: Tensor,
    cx: Tensor | null,
    mode: number,
    hidden_size: number,
    proj_size: number,
    num_layers: number,
    batch_first: boolean,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_sizes: readonly number[],
    dropout_state: Tensor | null,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_cudnn_rnn_backward(Tensor input, Tensor[] weight, int weight_stride0, Tensor weight_buf, Tensor hx, Tensor? cx, Tensor output, Tensor? grad_output, Tensor? grad_hy, Tensor? grad_cy, int mode, SymInt hidden_size, SymInt proj_size, int num_layers, bool batch_first, float dropout, bool train, bool bidirectional, SymInt[] batch_sizes, Tensor? dropout_state, Tensor reserve, bool[4] output_mask) -> (Tensor, Tensor, Tensor, Tensor[])` */
  "_cudnn_rnn_backward": (
    input: Tensor,
    weight: readonly Tensor[],
    weight_stride0: number,
    weight_buf: Tensor,
    hx: Tensor,
    cx: Tensor | null,
    output: Tensor,
    grad_output: Tensor | null,
    grad_hy: Tensor | null,
    grad_cy: Tensor | null,
    mode: number,
    hidden_size: number,
    proj_size: number,
    num_layers: number,
    batch_first: boolean,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_sizes: readonly number[],
    dropout_state: Tensor | null,
    reserve: Tensor,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor, Tensor[]];
  /** `aten::_cudnn_rnn_flatten_weight(Tensor[] weight_arr, int weight_stride0, SymInt input_size, int mode, SymInt hidden_size, SymInt proj_size, int num_layers, bool batch_first, bool bidirectional) -> Tensor` */
  "_cudnn_rnn_flatten_weight": (
    weight_arr: readonly Tensor[],
    weight_stride0: number,
    input_size: number,
    mode: number,
    hidden_size: number,
    proj_size: number,
    num_layers: number,
    batch_first: boolean,
    bidirectional: boolean,
  ) => Tensor;
  /** `aten::_cufft_clear_plan_cache(int device_index) -> ()` */
  "_cufft_clear_plan_cache": (device_index: number) => void;
  /** `aten::_cufft_get_plan_cache_max_size(int device_index) -> int` */
  "_cufft_get_plan_cache_max_size": (device_index: number) => number;
  /** `aten::_cufft_get_plan_cache_size(int device_index) -> int` */
  "_cufft_get_plan_cache_size": (device_index: number) => number;
  /** `aten::_cufft_set_plan_cache_max_size(int device_index, int max_size) -> ()` */
  "_cufft_set_plan_cache_max_size": (
    device_index: number,
    max_size: number,
  ) => void;
  /** `aten::_cummax_helper(Tensor self, Tensor(a!) values, Tensor(b!) indices, int dim) -> ()` */
  "_cummax_helper": (
    self: Tensor,
    values: Tensor,
    indices: Tensor,
    dim: number,
  ) => void;
  /** `aten::_cummin_helper(Tensor self, Tensor(a!) values, Tensor(b!) indices, int dim) -> ()` */
  "_cummin_helper": (
    self: Tensor,
    values: Tensor,
    indices: Tensor,
    dim: number,
  ) => void;
  /** `aten::_debug_has_internal_overlap(Tensor self) -> int` */
  "_debug_has_internal_overlap": (self: Tensor) => number;
  /** `aten::_dimI(Tensor self) -> int` */
  "_dimI": (self: Tensor) => number;
  /** `aten::_dimV(Tensor self) -> int` */
  "_dimV": (self: Tensor) => number;
  /** `aten::_dim_arange(Tensor like, int dim) -> Tensor` */
  "_dim_arange": (like: Tensor, dim: number) => Tensor;
  /** `aten::_dirichlet_grad(Tensor x, Tensor alpha, Tensor total) -> Tensor` */
  "_dirichlet_grad": (x: Tensor, alpha: Tensor, total: Tensor) => Tensor;
  /** `aten::_dyn_quant_matmul_4bit(Tensor inp, Tensor packed_weights, int block_size, int in_features, int out_features) -> Tensor` */
  "_dyn_quant_matmul_4bit": (
    inp: Tensor,
    packed_weights: Tensor,
    block_size: number,
    in_features: number,
    out_features: number,
  ) => Tensor;
  /** `aten::_dyn_quant_pack_4bit_weight(Tensor weights, Tensor scales_zeros, Tensor? bias, int block_size, int in_features, int out_features) -> Tensor` */
  "_dyn_quant_pack_4bit_weight": (
    weights: Tensor,
    scales_zeros: Tensor,
    bias: Tensor | null,
    block_size: number,
    in_features: number,
    out_features: number,
  ) => Tensor;
  /** `aten::_efficient_attention_backward(Tensor grad_out_, Tensor query, Tensor key, Tensor value, Tensor? bias, Tensor out, Tensor? cu_seqlens_q, Tensor? cu_seqlens_k, SymInt max_seqlen_q, SymInt max_seqlen_k, Tensor logsumexp, float dropout_p, Tensor philox_seed, Tensor philox_offset, int custom_mask_type, bool bias_requires_grad, *, float? scale=None, int? num_splits_key=None, int? window_size=None, bool shared_storage_dqdkdv=False) -> (Tensor, Tensor, Tensor, Tensor)` */
  "_efficient_attention_backward": (
    grad_out_: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | null,
    out: Tensor,
    cu_seqlens_q: Tensor | null,
    cu_seqlens_k: Tensor | null,
    max_seqlen_q: number,
    max_seqlen_k: number,
    logsumexp: Tensor,
    dropout_p: number,
    philox_seed: Tensor,
    philox_offset: Tensor,
    custom_mask_type: number,
    bias_requires_grad: boolean,
    options?: {
      scale?: number | null;
      num_splits_key?: number | null;
      window_size?: number | null;
      shared_storage_dqdkdv?: boolean;
    },
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::_efficient_attention_forward(Tensor query, Tensor key, Tensor value, Tensor? bias, Tensor? cu_seqlens_q, Tensor? cu_seqlens_k, SymInt? max_seqlen_q, SymInt? max_seqlen_k, float dropout_p, int custom_mask_type, bool compute_log_sumexp=False, *, float? scale=None, Tensor? seqlen_k=None, int? window_size=None) -> (Tensor output, Tensor logsumexp, Tensor philox_seed, Tensor philox_offset, SymInt max_seqlen_batch_q, SymInt max_seqlen_batch_k)` */
  "_efficient_attention_forward": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    bias: Tensor | null,
    cu_seqlens_q: Tensor | null,
    cu_seqlens_k: Tensor | null,
    max_seqlen_q: number | null,
    max_seqlen_k: number | null,
    dropout_p: number,
    custom_mask_type: number,
    compute_log_sumexp?: boolean,
    options?: {
      scale?: number | null;
      seqlen_k?: Tensor | null;
      window_size?: number | null;
    },
  ) => [Tensor, Tensor, Tensor, Tensor, number, number];
  /** `aten::_efficientzerotensor(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "_efficientzerotensor": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False, int padding_idx=-1) -> (Tensor, Tensor, Tensor, Tensor)` */
  "_embedding_bag": (
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq?: boolean,
    mode?: number,
    sparse?: boolean,
    per_sample_weights?: Tensor | null,
    include_last_offset?: boolean,
    padding_idx?: number,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::_embedding_bag_backward(Tensor grad, Tensor indices, Tensor offsets, Tensor offset2bag, Tensor bag_size, Tensor maximum_indices, SymInt num_weights, bool scale_grad_by_freq, int mode, bool sparse, Tensor? per_sample_weights, int padding_idx=-1) -> Tensor` */
  "_embedding_bag_backward": (
    grad: Tensor,
    indices: Tensor,
    offsets: Tensor,
    offset2bag: Tensor,
    bag_size: Tensor,
    maximum_indices: Tensor,
    num_weights: number,
    scale_grad_by_freq: boolean,
    mode: number,
    sparse: boolean,
    per_sample_weights: Tensor | null,
    padding_idx?: number,
  ) => Tensor;
  /** `aten::_embedding_bag_dense_backward(Tensor grad, Tensor indices, Tensor offset2bag, Tensor bag_size, Tensor maximum_indices, SymInt num_weights, bool scale_grad_by_freq, int mode, Tensor? per_sample_weights, int padding_idx=-1) -> Tensor` */
  "_embedding_bag_dense_backward": (
    grad: Tensor,
    indices: Tensor,
    offset2bag: Tensor,
    bag_size: Tensor,
    maximum_indices: Tensor,
    num_weights: number,
    scale_grad_by_freq: boolean,
    mode: number,
    per_sample_weights: Tensor | null,
    padding_idx?: number,
  ) => Tensor;
  /** `aten::_embedding_bag_forward_only(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False, int padding_idx=-1) -> (Tensor, Tensor, Tensor, Tensor)` */
  "_embedding_bag_forward_only": (
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq?: boolean,
    mode?: number,
    sparse?: boolean,
    per_sample_weights?: Tensor | null,
    include_last_offset?: boolean,
    padding_idx?: number,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::_embedding_bag_per_sample_weights_backward(Tensor grad, Tensor weight, Tensor indices, Tensor offsets, Tensor offset2bag, int mode, int padding_idx=-1) -> Tensor` */
  "_embedding_bag_per_sample_weights_backward": (
    grad: Tensor,
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    offset2bag: Tensor,
    mode: number,
    padding_idx?: number,
  ) => Tensor;
  /** `aten::_embedding_bag_sparse_backward(Tensor grad, Tensor indices, Tensor offsets, Tensor offset2bag, Tensor bag_size, SymInt num_weights, bool scale_grad_by_freq, int mode, Tensor? per_sample_weights, int padding_idx=-1) -> Tensor` */
  "_embedding_bag_sparse_backward": (
    grad: Tensor,
    indices: Tensor,
    offsets: Tensor,
    offset2bag: Tensor,
    bag_size: Tensor,
    num_weights: number,
    scale_grad_by_freq: boolean,
    mode: number,
    per_sample_weights: Tensor | null,
    padding_idx?: number,
  ) => Tensor;
  /** `aten::_empty_affine_quantized(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, float scale=1., int zero_point=0, MemoryFormat? memory_format=0) -> Tensor` */
  "_empty_affine_quantized": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      scale?: number;
      zero_point?: number;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::_empty_per_channel_affine_quantized(SymInt[] size, *, Tensor scales, Tensor zero_points, int axis, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=0) -> Tensor` */
  "_empty_per_channel_affine_quantized": (
    size: readonly number[],
    options: {
      scales: Tensor;
      zero_points: Tensor;
      axis: number;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::_euclidean_dist(Tensor x1, Tensor x2) -> Tensor` */
  "_euclidean_dist": (x1: Tensor, x2: Tensor) => Tensor;
  /** `aten::_fake_quantize_learnable_per_channel_affine(Tensor self, Tensor scale, Tensor zero_point, int axis, int quant_min, int quant_max, float grad_factor=1.) -> Tensor` */
  "_fake_quantize_learnable_per_channel_affine": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    axis: number,
    quant_min: number,
    quant_max: number,
    grad_factor?: number,
  ) => Tensor;
  /** `aten::_fake_quantize_learnable_per_channel_affine_backward(Tensor grad, Tensor self, Tensor scale, Tensor zero_point, int axis, int quant_min, int quant_max, float grad_factor=1.) -> (Tensor, Tensor, Tensor)` */
  "_fake_quantize_learnable_per_channel_affine_backward": (
    grad: Tensor,
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    axis: number,
    quant_min: number,
    quant_max: number,
    grad_factor?: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_fake_quantize_learnable_per_tensor_affine(Tensor self, Tensor scale, Tensor zero_point, int quant_min, int quant_max, float grad_factor=1.) -> Tensor` */
  "_fake_quantize_learnable_per_tensor_affine": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    quant_min: number,
    quant_max: number,
    grad_factor?: number,
  ) => Tensor;
  /** `aten::_fake_quantize_learnable_per_tensor_affine_backward(Tensor grad, Tensor self, Tensor scale, Tensor zero_point, int quant_min, int quant_max, float grad_factor=1.) -> (Tensor, Tensor, Tensor)` */
  "_fake_quantize_learnable_per_tensor_affine_backward": (
    grad: Tensor,
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    quant_min: number,
    quant_max: number,
    grad_factor?: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_fake_quantize_per_tensor_affine_cachemask_tensor_qparams(Tensor self, Tensor scale, Tensor zero_point, Tensor fake_quant_enabled, int quant_min, int quant_max) -> (Tensor output, Tensor mask)` */
  "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    fake_quant_enabled: Tensor,
    quant_min: number,
    quant_max: number,
  ) => [Tensor, Tensor];
  /** `aten::_fft_c2c(Tensor self, SymInt[] dim, int normalization, bool forward) -> Tensor` */
  "_fft_c2c": (
    self: Tensor,
    dim: readonly number[],
    normalization: number,
    forward: boolean,
  ) => Tensor;
  /** `aten::_fft_c2r(Tensor self, int[] dim, int normalization, SymInt last_dim_size) -> Tensor` */
  "_fft_c2r": (
    self: Tensor,
    dim: readonly number[],
    normalization: number,
    last_dim_size: number,
  ) => Tensor;
  /** `aten::_fft_r2c(Tensor self, int[] dim, int normalization, bool onesided) -> Tensor` */
  "_fft_r2c": (
    self: Tensor,
    dim: readonly number[],
    normalization: number,
    onesided: boolean,
  ) => Tensor;
  /** `aten::_fill_mem_eff_dropout_mask_(Tensor(a!) self, float dropout_p, int seed, int offset) -> Tensor(a!)` */
  "_fill_mem_eff_dropout_mask_": (
    self: Tensor,
    dropout_p: number,
    seed: number,
    offset: number,
  ) => Tensor;
  /** `aten::_flash_attention_backward(Tensor grad_out, Tensor query, Tensor key, Tensor value, Tensor out, Tensor logsumexp, Tensor cum_seq_q, Tensor cum_seq_k, SymInt max_q, SymInt max_k, float dropout_p, bool is_causal, Tensor rng_state, Tensor unused, *, float? scale=None, SymInt? window_size_left=None, SymInt? window_size_right=None) -> (Tensor, Tensor, Tensor)` */
  "_flash_attention_backward": (
    grad_out: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    out: Tensor,
    logsumexp: Tensor,
    cum_seq_q: Tensor,
    cum_seq_k: Tensor,
    max_q: number,
    max_k: number,
    dropout_p: number,
    is_causal: boolean,
    rng_state: Tensor,
    unused: Tensor,
    options?: {
      scale?: number | null;
      window_size_left?: number | null;
      window_size_right?: number | null;
    },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_flash_attention_forward(Tensor query, Tensor key, Tensor value, Tensor? cum_seq_q, Tensor? cum_seq_k, SymInt max_q, SymInt max_k, float dropout_p, bool is_causal, bool return_debug_mask, *, float? scale=None, SymInt? window_size_left=None, SymInt? window_size_right=None, Tensor? seqused_k=None, Tensor? alibi_slopes=None, Tensor? block_table=None, int? num_splits=None) -> (Tensor output, Tensor softmax_logsumexp, Tensor rng_state, Tensor unused, Tensor debug_attn_mask)` */
  "_flash_attention_forward": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    cum_seq_q: Tensor | null,
    cum_seq_k: Tensor | null,
    max_q: number,
    max_k: number,
    dropout_p: number,
    is_causal: boolean,
    return_debug_mask: boolean,
    options?: {
      scale?: number | null;
      window_size_left?: number | null;
      window_size_right?: number | null;
      seqused_k?: Tensor | null;
      alibi_slopes?: Tensor | null;
      block_table?: Tensor | null;
      num_splits?: number | null;
    },
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_flash_attention_forward.quantized(Tensor query, Tensor key, Tensor value, Tensor? cum_seq_q, Tensor? cum_seq_k, SymInt max_q, SymInt max_k, float dropout_p, bool is_causal, bool return_debug_mask, Tensor? q_descale, Tensor? k_descale, Tensor? v_descale, *, float? scale=None, SymInt? window_size_left=None, SymInt? window_size_right=None, Tensor? seqused_k=None, Tensor? alibi_slopes=None) -> (Tensor output, Tensor softmax_logsumexp, Tensor rng_state, Tensor unused, Tensor debug_attn_mask)` */
  "_flash_attention_forward.quantized": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    cum_seq_q: Tensor | null,
    cum_seq_k: Tensor | null,
    max_q: number,
    max_k: number,
    dropout_p: number,
    is_causal: boolean,
    return_debug_mask: boolean,
    q_descale: Tensor | null,
    k_descale: Tensor | null,
    v_descale: Tensor | null,
    options?: {
      scale?: number | null;
      window_size_left?: number | null;
      window_size_right?: number | null;
      seqused_k?: Tensor | null;
      alibi_slopes?: Tensor | null;
    },
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_flash_attention_forward_no_dropout_inplace(Tensor(a!) out, Tensor query, Tensor key, Tensor value, Tensor? cum_seq_q, Tensor? cum_seq_k, SymInt max_q, SymInt max_k, float dropout_p, bool is_causal, bool return_debug_mask, *, float? scale=None, SymInt? window_size_left=None, SymInt? window_size_right=None, Tensor? seqused_k=None, Tensor? alibi_slopes=None, Tensor? block_table=None, int? num_splits=None) -> Tensor softmax_logsumexp` */
  "_flash_attention_forward_no_dropout_inplace": (
    out: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    cum_seq_q: Tensor | null,
    cum_seq_k: Tensor | null,
    max_q: number,
    max_k: number,
    dropout_p: number,
    is_causal: boolean,
    return_debug_mask: boolean,
    options?: {
      scale?: number | null;
      window_size_left?: number | null;
      window_size_right?: number | null;
      seqused_k?: Tensor | null;
      alibi_slopes?: Tensor | null;
      block_table?: Tensor | null;
      num_splits?: number | null;
    },
  ) => Tensor;
  /** `aten::_foobar(Tensor self, bool arg1=True, bool arg2=True, *, bool arg3=True) -> Tensor` */
  "_foobar": (
    self: Tensor,
    arg1?: boolean,
    arg2?: boolean,
    options?: { arg3?: boolean },
  ) => Tensor;
  /** `aten::_foreach_abs(Tensor[] self) -> Tensor[]` */
  "_foreach_abs": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_abs_(Tensor(a!)[] self) -> ()` */
  "_foreach_abs_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_acos(Tensor[] self) -> Tensor[]` */
  "_foreach_acos": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_acos_(Tensor(a!)[] self) -> ()` */
  "_foreach_acos_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_add.List(Tensor[] self, Tensor[] other, *, Scalar alpha=1) -> Tensor[]` */
  "_foreach_add.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
    options?: { alpha?: Scalar },
  ) => Tensor[];
  /** `aten::_foreach_add.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
  "_foreach_add.Scalar": (self: readonly Tensor[], scalar: Scalar) => Tensor[];
  /** `aten::_foreach_add.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
  "_foreach_add.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_add.Tensor(Tensor[] self, Tensor other, *, Scalar alpha=1) -> Tensor[]` */
  "_foreach_add.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor[];
  /** `aten::_foreach_add_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> ()` */
  "_foreach_add_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
    options?: { alpha?: Scalar },
  ) => void;
  /** `aten::_foreach_add_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
  "_foreach_add_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  /** `aten::_foreach_add_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
  "_foreach_add_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_add_.Tensor(Tensor(a!)[] self, Tensor other, *, Scalar alpha=1) -> ()` */
  "_foreach_add_.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => void;
  /** `aten::_foreach_addcdiv.Scalar(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> Tensor[]` */
  "_foreach_addcdiv.Scalar": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    value?: Scalar,
  ) => Tensor[];
  /** `aten::_foreach_addcdiv.ScalarList(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar[] scalars) -> Tensor[]` */
  "_foreach_addcdiv.ScalarList": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_addcdiv.Tensor(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Tensor scalars) -> Tensor[]` */
  "_foreach_addcdiv.Tensor": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: Tensor,
  ) => Tensor[];
  /** `aten::_foreach_addcdiv_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> ()` */
  "_foreach_addcdiv_.Scalar": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    value?: Scalar,
  ) => void;
  /** `aten::_foreach_addcdiv_.ScalarList(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar[] scalars) -> ()` */
  "_foreach_addcdiv_.ScalarList": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_addcdiv_.Tensor(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Tensor scalars) -> ()` */
  "_foreach_addcdiv_.Tensor": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: Tensor,
  ) => void;
  /** `aten::_foreach_addcmul.Scalar(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> Tensor[]` */
  "_foreach_addcmul.Scalar": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    value?: Scalar,
  ) => Tensor[];
  /** `aten::_foreach_addcmul.ScalarList(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar[] scalars) -> Tensor[]` */
  "_foreach_addcmul.ScalarList": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_addcmul.Tensor(Tensor[] self, Tensor[] tensor1, Tensor[] tensor2, Tensor scalars) -> Tensor[]` */
  "_foreach_addcmul.Tensor": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: Tensor,
  ) => Tensor[];
  /** `aten::_foreach_addcmul_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> ()` */
  "_foreach_addcmul_.Scalar": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    value?: Scalar,
  ) => void;
  /** `aten::_foreach_addcmul_.ScalarList(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar[] scalars) -> ()` */
  "_foreach_addcmul_.ScalarList": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_addcmul_.Tensor(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Tensor scalars) -> ()` */
  "_foreach_addcmul_.Tensor": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: Tensor,
  ) => void;
  /** `aten::_foreach_asin(Tensor[] self) -> Tensor[]` */
  "_foreach_asin": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_asin_(Tensor(a!)[] self) -> ()` */
  "_foreach_asin_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_atan(Tensor[] self) -> Tensor[]` */
  "_foreach_atan": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_atan_(Tensor(a!)[] self) -> ()` */
  "_foreach_atan_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_ceil(Tensor[] self) -> Tensor[]` */
  "_foreach_ceil": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_ceil_(Tensor(a!)[] self) -> ()` */
  "_foreach_ceil_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_clamp_max.List(Tensor[] self, Tensor[] other) -> Tensor[]` */
  "_foreach_clamp_max.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  /** `aten::_foreach_clamp_max.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
  "_foreach_clamp_max.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => Tensor[];
  /** `aten::_foreach_clamp_max.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
  "_foreach_clamp_max.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_clamp_max_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
  "_foreach_clamp_max_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  /** `aten::_foreach_clamp_max_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
  "_foreach_clamp_max_.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => void;
  /** `aten::_foreach_clamp_max_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
  "_foreach_clamp_max_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_clamp_min.List(Tensor[] self, Tensor[] other) -> Tensor[]` */
  "_foreach_clamp_min.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  /** `aten::_foreach_clamp_min.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
  "_foreach_clamp_min.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => Tensor[];
  /** `aten::_foreach_clamp_min.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
  "_foreach_clamp_min.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_clamp_min_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
  "_foreach_clamp_min_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  /** `aten::_foreach_clamp_min_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
  "_foreach_clamp_min_.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => void;
  /** `aten::_foreach_clamp_min_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
  "_foreach_clamp_min_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_clone(Tensor[] self, *, MemoryFormat? memory_format=None) -> Tensor[]` */
  "_foreach_clone": (
    self: readonly Tensor[],
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor[];
  /** `aten::_foreach_copy(Tensor[] self, Tensor[] src, bool non_blocking=False) -> Tensor[] self_out` */
  "_foreach_copy": (
    self: readonly Tensor[],
    src: readonly Tensor[],
    non_blocking?: boolean,
  ) => Tensor[];
  /** `aten::_foreach_copy_(Tensor(a!)[] self, Tensor[] src, bool non_blocking=False) -> ()` */
  "_foreach_copy_": (
    self: readonly Tensor[],
    src: readonly Tensor[],
    non_blocking?: boolean,
  ) => void;
  /** `aten::_foreach_cos(Tensor[] self) -> Tensor[]` */
  "_foreach_cos": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_cos_(Tensor(a!)[] self) -> ()` */
  "_foreach_cos_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_cosh(Tensor[] self) -> Tensor[]` */
  "_foreach_cosh": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_cosh_(Tensor(a!)[] self) -> ()` */
  "_foreach_cosh_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_div.List(Tensor[] self, Tensor[] other) -> Tensor[]` */
  "_foreach_div.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  /** `aten::_foreach_div.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
  "_foreach_div.Scalar": (self: readonly Tensor[], scalar: Scalar) => Tensor[];
  /** `aten::_foreach_div.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
  "_foreach_div.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_div.Tensor(Tensor[] self, Tensor other) -> Tensor[]` */
  "_foreach_div.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
  ) => Tensor[];
  /** `aten::_foreach_div_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
  "_foreach_div_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  /** `aten::_foreach_div_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
  "_foreach_div_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  /** `aten::_foreach_div_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
  "_foreach_div_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_div_.Tensor(Tensor(a!)[] self, Tensor other) -> ()` */
  "_foreach_div_.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
  ) => void;
  /** `aten::_foreach_erf(Tensor[] self) -> Tensor[]` */
  "_foreach_erf": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_erf_(Tensor(a!)[] self) -> ()` */
  "_foreach_erf_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_erfc(Tensor[] self) -> Tensor[]` */
  "_foreach_erfc": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_erfc_(Tensor(a!)[] self) -> ()` */
  "_foreach_erfc_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_exp(Tensor[] self) -> Tensor[]` */
  "_foreach_exp": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_exp_(Tensor(a!)[] self) -> ()` */
  "_foreach_exp_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_expm1(Tensor[] self) -> Tensor[]` */
  "_foreach_expm1": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_expm1_(Tensor(a!)[] self) -> ()` */
  "_foreach_expm1_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_floor(Tensor[] self) -> Tensor[]` */
  "_foreach_floor": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_floor_(Tensor(a!)[] self) -> ()` */
  "_foreach_floor_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_frac(Tensor[] self) -> Tensor[]` */
  "_foreach_frac": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_frac_(Tensor(a!)[] self) -> ()` */
  "_foreach_frac_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_lerp.List(Tensor[] self, Tensor[] tensors1, Tensor[] weights) -> Tensor[]` */
  "_foreach_lerp.List": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weights: readonly Tensor[],
  ) => Tensor[];
  /** `aten::_foreach_lerp.Scalar(Tensor[] self, Tensor[] tensors1, Scalar weight) -> Tensor[]` */
  "_foreach_lerp.Scalar": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weight: Scalar,
  ) => Tensor[];
  /** `aten::_foreach_lerp.ScalarList(Tensor[] self, Tensor[] tensors1, Scalar[] weight) -> Tensor[]` */
  "_foreach_lerp.ScalarList": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weight: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_lerp_.List(Tensor(a!)[] self, Tensor[] tensors1, Tensor[] weights) -> ()` */
  "_foreach_lerp_.List": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weights: readonly Tensor[],
  ) => void;
  /** `aten::_foreach_lerp_.Scalar(Tensor(a!)[] self, Tensor[] tensors1, Scalar weight) -> ()` */
  "_foreach_lerp_.Scalar": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weight: Scalar,
  ) => void;
  /** `aten::_foreach_lerp_.ScalarList(Tensor(a!)[] self, Tensor[] tensors1, Scalar[] weight) -> ()` */
  "_foreach_lerp_.ScalarList": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weight: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_lgamma(Tensor[] self) -> Tensor[]` */
  "_foreach_lgamma": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_lgamma_(Tensor(a!)[] self) -> ()` */
  "_foreach_lgamma_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_log(Tensor[] self) -> Tensor[]` */
  "_foreach_log": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_log10(Tensor[] self) -> Tensor[]` */
  "_foreach_log10": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_log10_(Tensor(a!)[] self) -> ()` */
  "_foreach_log10_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_log1p(Tensor[] self) -> Tensor[]` */
  "_foreach_log1p": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_log1p_(Tensor(a!)[] self) -> ()` */
  "_foreach_log1p_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_log2(Tensor[] self) -> Tensor[]` */
  "_foreach_log2": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_log2_(Tensor(a!)[] self) -> ()` */
  "_foreach_log2_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_log_(Tensor(a!)[] self) -> ()` */
  "_foreach_log_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_max(Tensor[] self) -> Tensor[]` */
  "_foreach_max": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_maximum.List(Tensor[] self, Tensor[] other) -> Tensor[]` */
  "_foreach_maximum.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  /** `aten::_foreach_maximum.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
  "_foreach_maximum.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => Tensor[];
  /** `aten::_foreach_maximum.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
  "_foreach_maximum.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_maximum_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
  "_foreach_maximum_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  /** `aten::_foreach_maximum_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
  "_foreach_maximum_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  /** `aten::_foreach_maximum_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
  "_foreach_maximum_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_minimum.List(Tensor[] self, Tensor[] other) -> Tensor[]` */
  "_foreach_minimum.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  /** `aten::_foreach_minimum.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
  "_foreach_minimum.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => Tensor[];
  /** `aten::_foreach_minimum.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
  "_foreach_minimum.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_minimum_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
  "_foreach_minimum_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  /** `aten::_foreach_minimum_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
  "_foreach_minimum_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  /** `aten::_foreach_minimum_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
  "_foreach_minimum_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_mm(Tensor[] self, Tensor[] mat2) -> Tensor[]` */
  "_foreach_mm": (self: readonly Tensor[], mat2: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_mul.List(Tensor[] self, Tensor[] other) -> Tensor[]` */
  "_foreach_mul.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  /** `aten::_foreach_mul.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
  "_foreach_mul.Scalar": (self: readonly Tensor[], scalar: Scalar) => Tensor[];
  /** `aten::_foreach_mul.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
  "_foreach_mul.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_mul.Tensor(Tensor[] self, Tensor other) -> Tensor[]` */
  "_foreach_mul.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
  ) => Tensor[];
  /** `aten::_foreach_mul_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
  "_foreach_mul_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  /** `aten::_foreach_mul_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
  "_foreach_mul_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  /** `aten::_foreach_mul_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
  "_foreach_mul_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_mul_.Tensor(Tensor(a!)[] self, Tensor other) -> ()` */
  "_foreach_mul_.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
  ) => void;
  /** `aten::_foreach_neg(Tensor[] self) -> Tensor[]` */
  "_foreach_neg": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_neg_(Tensor(a!)[] self) -> ()` */
  "_foreach_neg_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_norm.Scalar(Tensor[] self, Scalar ord=2, ScalarType? dtype=None) -> Tensor[]` */
  "_foreach_norm.Scalar": (
    self: readonly Tensor[],
    ord?: Scalar,
    dtype?: DType | null,
  ) => Tensor[];
  /** `aten::_foreach_pow.List(Tensor[] self, Tensor[] exponent) -> Tensor[]` */
  "_foreach_pow.List": (
    self: readonly Tensor[],
    exponent: readonly Tensor[],
  ) => Tensor[];
  /** `aten::_foreach_pow.Scalar(Tensor[] self, Scalar exponent) -> Tensor[]` */
  "_foreach_pow.Scalar": (
    self: readonly Tensor[],
    exponent: Scalar,
  ) => Tensor[];
  /** `aten::_foreach_pow.ScalarAndTensor(Scalar self, Tensor[] exponent) -> Tensor[]` */
  "_foreach_pow.ScalarAndTensor": (
    self: Scalar,
    exponent: readonly Tensor[],
  ) => Tensor[];
  /** `aten::_foreach_pow.ScalarList(Tensor[] self, Scalar[] exponent) -> Tensor[]` */
  "_foreach_pow.ScalarList": (
    self: readonly Tensor[],
    exponent: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_pow_.List(Tensor(a!)[] self, Tensor[] exponent) -> ()` */
  "_foreach_pow_.List": (
    self: readonly Tensor[],
    exponent: readonly Tensor[],
  ) => void;
  /** `aten::_foreach_pow_.Scalar(Tensor(a!)[] self, Scalar exponent) -> ()` */
  "_foreach_pow_.Scalar": (self: readonly Tensor[], exponent: Scalar) => void;
  /** `aten::_foreach_pow_.ScalarList(Tensor(a!)[] self, Scalar[] exponent) -> ()` */
  "_foreach_pow_.ScalarList": (
    self: readonly Tensor[],
    exponent: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_powsum.Scalar(Tensor[] self, Scalar ord=2, ScalarType? dtype=None) -> Tensor[]` */
  "_foreach_powsum.Scalar": (
    self: readonly Tensor[],
    ord?: Scalar,
    dtype?: DType | null,
  ) => Tensor[];
  /** `aten::_foreach_reciprocal(Tensor[] self) -> Tensor[]` */
  "_foreach_reciprocal": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_reciprocal_(Tensor(a!)[] self) -> ()` */
  "_foreach_reciprocal_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_round(Tensor[] self) -> Tensor[]` */
  "_foreach_round": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_round_(Tensor(a!)[] self) -> ()` */
  "_foreach_round_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_rsqrt(Tensor[] self) -> Tensor[]` */
  "_foreach_rsqrt": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_rsqrt_(Tensor(a!)[] self) -> ()` */
  "_foreach_rsqrt_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_sigmoid(Tensor[] self) -> Tensor[]` */
  "_foreach_sigmoid": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_sigmoid_(Tensor(a!)[] self) -> ()` */
  "_foreach_sigmoid_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_sign(Tensor[] self) -> Tensor[]` */
  "_foreach_sign": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_sign_(Tensor(a!)[] self) -> ()` */
  "_foreach_sign_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_sin(Tensor[] self) -> Tensor[]` */
  "_foreach_sin": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_sin_(Tensor(a!)[] self) -> ()` */
  "_foreach_sin_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_sinh(Tensor[] self) -> Tensor[]` */
  "_foreach_sinh": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_sinh_(Tensor(a!)[] self) -> ()` */
  "_foreach_sinh_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_sqrt(Tensor[] self) -> Tensor[]` */
  "_foreach_sqrt": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_sqrt_(Tensor(a!)[] self) -> ()` */
  "_foreach_sqrt_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_sub.List(Tensor[] self, Tensor[] other, *, Scalar alpha=1) -> Tensor[]` */
  "_foreach_sub.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
    options?: { alpha?: Scalar },
  ) => Tensor[];
  /** `aten::_foreach_sub.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
  "_foreach_sub.Scalar": (self: readonly Tensor[], scalar: Scalar) => Tensor[];
  /** `aten::_foreach_sub.ScalarList(Tensor[] self, Scalar[] scalars) -> Tensor[]` */
  "_foreach_sub.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  /** `aten::_foreach_sub_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> ()` */
  "_foreach_sub_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
    options?: { alpha?: Scalar },
  ) => void;
  /** `aten::_foreach_sub_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
  "_foreach_sub_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  /** `aten::_foreach_sub_.ScalarList(Tensor(a!)[] self, Scalar[] scalars) -> ()` */
  "_foreach_sub_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  /** `aten::_foreach_tan(Tensor[] self) -> Tensor[]` */
  "_foreach_tan": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_tan_(Tensor(a!)[] self) -> ()` */
  "_foreach_tan_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_tanh(Tensor[] self) -> Tensor[]` */
  "_foreach_tanh": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_tanh_(Tensor(a!)[] self) -> ()` */
  "_foreach_tanh_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_trunc(Tensor[] self) -> Tensor[]` */
  "_foreach_trunc": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_trunc_(Tensor(a!)[] self) -> ()` */
  "_foreach_trunc_": (self: readonly Tensor[]) => void;
  /** `aten::_foreach_zero(Tensor[] self) -> Tensor[] self_out` */
  "_foreach_zero": (self: readonly Tensor[]) => Tensor[];
  /** `aten::_foreach_zero_(Tensor(a!)[] self) -> ()` */
  "_foreach_zero_": (self: readonly Tensor[]) => void;
  /** `aten::_functional_assert_async.msg(Tensor self, str assert_msg, Tensor dep_token) -> Tensor` */
  "_functional_assert_async.msg": (
    self: Tensor,
    assert_msg: string,
    dep_token: Tensor,
  ) => Tensor;
  /** `aten::_functional_assert_scalar(Scalar self, str assert_msg, Tensor dep_token) -> Tensor` */
  "_functional_assert_scalar": (
    self: Scalar,
    assert_msg: string,
    dep_token: Tensor,
  ) => Tensor;
  /** `aten::_functional_sym_constrain_range(Scalar size, int? min, int? max, Tensor dep_token) -> Tensor` */
  "_functional_sym_constrain_range": (
    size: Scalar,
    min: number | null,
    max: number | null,
    dep_token: Tensor,
  ) => Tensor;
  /** `aten::_functional_sym_constrain_range_for_size(Scalar size, int? min, int? max, Tensor dep_token) -> Tensor` */
  "_functional_sym_constrain_range_for_size": (
    size: Scalar,
    min: number | null,
    max: number | null,
    dep_token: Tensor,
  ) => Tensor;
  /** `aten::_fused_adagrad(Tensor[] self, Tensor[] grads, Tensor[] state_sums, Tensor[] state_steps, *, float lr, float lr_decay, float weight_decay, float eps, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> (Tensor[] self_out, Tensor[] grads_out, Tensor[] state_sums_out, Tensor[] state_steps_out)` */
  "_fused_adagrad": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    state_sums: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: number;
      lr_decay: number;
      weight_decay: number;
      eps: number;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => [Tensor[], Tensor[], Tensor[], Tensor[]];
  /** `aten::_fused_adagrad.tensor_lr(Tensor[] self, Tensor[] grads, Tensor[] state_sums, Tensor[] state_steps, *, Tensor lr, float lr_decay, float weight_decay, float eps, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> (Tensor[] self_out, Tensor[] grads_out, Tensor[] state_sums_out)` */
  "_fused_adagrad.tensor_lr": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    state_sums: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: Tensor;
      lr_decay: number;
      weight_decay: number;
      eps: number;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => [Tensor[], Tensor[], Tensor[]];
  /** `aten::_fused_adagrad_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] state_sums, Tensor(d!)[] state_steps, *, float lr, float lr_decay, float weight_decay, float eps, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()` */
  "_fused_adagrad_": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    state_sums: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: number;
      lr_decay: number;
      weight_decay: number;
      eps: number;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => void;
  /** `aten::_fused_adagrad_.tensor_lr(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] state_sums, Tensor[] state_steps, *, Tensor lr, float lr_decay, float weight_decay, float eps, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()` */
  "_fused_adagrad_.tensor_lr": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    state_sums: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: Tensor;
      lr_decay: number;
      weight_decay: number;
      eps: number;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => void;
  /** `aten::_fused_adam(Tensor[] self, Tensor[] grads, Tensor[] exp_avgs, Tensor[] exp_avg_sqs, Tensor[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> (Tensor[] self_out, Tensor[] grads_out, Tensor[] exp_avgs_out, Tensor[] exp_avg_sqs_out, Tensor[] max_exp_avg_sqs_out)` */
  "_fused_adam": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    exp_avgs: readonly Tensor[],
    exp_avg_sqs: readonly Tensor[],
    max_exp_avg_sqs: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: number;
      beta1: number;
      beta2: number;
      weight_decay: number;
      eps: number;
      amsgrad: boolean;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => [Tensor[], Tensor[], Tensor[], Tensor[], Tensor[]];
  /** `aten::_fused_adam.tensor_lr(Tensor[] self, Tensor[] grads, Tensor[] exp_avgs, Tensor[] exp_avg_sqs, Tensor[] max_exp_avg_sqs, Tensor[] state_steps, *, Tensor lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> (Tensor[] self_out, Tensor[] grads_out, Tensor[] exp_avgs_out, Tensor[] exp_avg_sqs_out, Tensor[] max_exp_avg_sqs_out)` */
  "_fused_adam.tensor_lr": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    exp_avgs: readonly Tensor[],
    exp_avg_sqs: readonly Tensor[],
    max_exp_avg_sqs: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: Tensor;
      beta1: number;
      beta2: number;
      weight_decay: number;
      eps: number;
      amsgrad: boolean;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => [Tensor[], Tensor[], Tensor[], Tensor[], Tensor[]];
  /** `aten::_fused_adam_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()` */
  "_fused_adam_": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    exp_avgs: readonly Tensor[],
    exp_avg_sqs: readonly Tensor[],
    max_exp_avg_sqs: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: number;
      beta1: number;
      beta2: number;
      weight_decay: number;
      eps: number;
      amsgrad: boolean;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => void;
  /** `aten::_fused_adam_.tensor_lr(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, Tensor lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()` */
  "_fused_adam_.tensor_lr": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    exp_avgs: readonly Tensor[],
    exp_avg_sqs: readonly Tensor[],
    max_exp_avg_sqs: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: Tensor;
      beta1: number;
      beta2: number;
      weight_decay: number;
      eps: number;
      amsgrad: boolean;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => void;
  /** `aten::_fused_adamw(Tensor[] self, Tensor[] grads, Tensor[] exp_avgs, Tensor[] exp_avg_sqs, Tensor[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> (Tensor[] self_out, Tensor[] grads_out, Tensor[] exp_avgs_out, Tensor[] exp_avg_sqs_out, Tensor[] max_exp_avg_sqs_out)` */
  "_fused_adamw": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    exp_avgs: readonly Tensor[],
    exp_avg_sqs: readonly Tensor[],
    max_exp_avg_sqs: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: number;
      beta1: number;
      beta2: number;
      weight_decay: number;
      eps: number;
      amsgrad: boolean;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => [Tensor[], Tensor[], Tensor[], Tensor[], Tensor[]];
  /** `aten::_fused_adamw.tensor_lr(Tensor[] self, Tensor[] grads, Tensor[] exp_avgs, Tensor[] exp_avg_sqs, Tensor[] max_exp_avg_sqs, Tensor[] state_steps, *, Tensor lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> (Tensor[] self_out, Tensor[] grads_out, Tensor[] exp_avgs_out, Tensor[] exp_avg_sqs_out, Tensor[] max_exp_avg_sqs_out)` */
  "_fused_adamw.tensor_lr": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    exp_avgs: readonly Tensor[],
    exp_avg_sqs: readonly Tensor[],
    max_exp_avg_sqs: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: Tensor;
      beta1: number;
      beta2: number;
      weight_decay: number;
      eps: number;
      amsgrad: boolean;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => [Tensor[], Tensor[], Tensor[], Tensor[], Tensor[]];
  /** `aten::_fused_adamw_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()` */
  "_fused_adamw_": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    exp_avgs: readonly Tensor[],
    exp_avg_sqs: readonly Tensor[],
    max_exp_avg_sqs: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: number;
      beta1: number;
      beta2: number;
      weight_decay: number;
      eps: number;
      amsgrad: boolean;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => void;
  /** `aten::_fused_adamw_.tensor_lr(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, Tensor lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()` */
  "_fused_adamw_.tensor_lr": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    exp_avgs: readonly Tensor[],
    exp_avg_sqs: readonly Tensor[],
    max_exp_avg_sqs: readonly Tensor[],
    state_steps: readonly Tensor[],
    options: {
      lr: Tensor;
      beta1: number;
      beta2: number;
      weight_decay: number;
      eps: number;
      amsgrad: boolean;
      maximize: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => void;
  /** `aten::_fused_dropout(Tensor self, float p, Generator? generator=None) -> (Tensor, Tensor)` */
  "_fused_dropout": (
    self: Tensor,
    p: number,
    generator?: never | null,
  ) => [Tensor, Tensor];
  /** `aten::_fused_moving_avg_obs_fq_helper(Tensor self, Tensor observer_on, Tensor fake_quant_on, Tensor(a!) running_min, Tensor(b!) running_max, Tensor(c!) scale, Tensor(d!) zero_point, float averaging_const, int quant_min, int quant_max, int ch_axis, bool per_row_fake_quant=False, bool symmetric_quant=False) -> (Tensor output, Tensor mask)` */
  "_fused_moving_avg_obs_fq_helper": (
    self: Tensor,
    observer_on: Tensor,
    fake_quant_on: Tensor,
    running_min: Tensor,
    running_max: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    averaging_const: number,
    quant_min: number,
    quant_max: number,
    ch_axis: number,
    per_row_fake_quant?: boolean,
    symmetric_quant?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::_fused_moving_avg_obs_fq_helper_functional(Tensor self, Tensor observer_on, Tensor fake_quant_on, Tensor running_min, Tensor running_max, Tensor scale, Tensor zero_point, float averaging_const, int quant_min, int quant_max, int ch_axis, bool per_row_fake_quant=False, bool symmetric_quant=False) -> (Tensor output, Tensor mask, Tensor running_min_out, Tensor running_max_out, Tensor scale_out, Tensor zero_point_out)` */
  "_fused_moving_avg_obs_fq_helper_functional": (
    self: Tensor,
    observer_on: Tensor,
    fake_quant_on: Tensor,
    running_min: Tensor,
    running_max: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    averaging_const: number,
    quant_min: number,
    quant_max: number,
    ch_axis: number,
    per_row_fake_quant?: boolean,
    symmetric_quant?: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_fused_rms_norm(Tensor input, int[] normalized_shape, Tensor? weight, float? eps) -> (Tensor, Tensor)` */
  "_fused_rms_norm": (
    input: Tensor,
    normalized_shape: readonly number[],
    weight: Tensor | null,
    eps: number | null,
  ) => [Tensor, Tensor];
  /** `aten::_fused_rms_norm_backward(Tensor grad_out, Tensor input, int[] normalized_shape, Tensor rstd, Tensor? weight, bool[2] output_mask) -> (Tensor, Tensor)` */
  "_fused_rms_norm_backward": (
    grad_out: Tensor,
    input: Tensor,
    normalized_shape: readonly number[],
    rstd: Tensor,
    weight: Tensor | null,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  /** `aten::_fused_sdp_choice(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> int` */
  "_fused_sdp_choice": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask?: Tensor | null,
    dropout_p?: number,
    is_causal?: boolean,
    options?: { scale?: number | null; enable_gqa?: boolean },
  ) => number;
  /** `aten::_fused_sgd(Tensor[] self, Tensor[] grads, Tensor[] momentum_buffer_list, *, float weight_decay, float momentum, float lr, float dampening, bool nesterov, bool maximize, bool is_first_step, Tensor? grad_scale=None, Tensor? found_inf=None) -> (Tensor[] self_out, Tensor[] grads_out, Tensor[] momentum_buffer_list_out)` */
  "_fused_sgd": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    momentum_buffer_list: readonly Tensor[],
    options: {
      weight_decay: number;
      momentum: number;
      lr: number;
      dampening: number;
      nesterov: boolean;
      maximize: boolean;
      is_first_step: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => [Tensor[], Tensor[], Tensor[]];
  /** `aten::_fused_sgd.tensor_lr(Tensor[] self, Tensor[] grads, Tensor[] momentum_buffer_list, *, float weight_decay, float momentum, Tensor lr, float dampening, bool nesterov, bool maximize, bool is_first_step, Tensor? grad_scale=None, Tensor? found_inf=None) -> (Tensor[] self_out, Tensor[] grads_out, Tensor[] momentum_buffer_list_out)` */
  "_fused_sgd.tensor_lr": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    momentum_buffer_list: readonly Tensor[],
    options: {
      weight_decay: number;
      momentum: number;
      lr: Tensor;
      dampening: number;
      nesterov: boolean;
      maximize: boolean;
      is_first_step: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => [Tensor[], Tensor[], Tensor[]];
  /** `aten::_fused_sgd_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] momentum_buffer_list, *, float weight_decay, float momentum, float lr, float dampening, bool nesterov, bool maximize, bool is_first_step, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()` */
  "_fused_sgd_": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    momentum_buffer_list: readonly Tensor[],
    options: {
      weight_decay: number;
      momentum: number;
      lr: number;
      dampening: number;
      nesterov: boolean;
      maximize: boolean;
      is_first_step: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => void;
  /** `aten::_fused_sgd_.tensor_lr(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] momentum_buffer_list, *, float weight_decay, float momentum, Tensor lr, float dampening, bool nesterov, bool maximize, bool is_first_step, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()` */
  "_fused_sgd_.tensor_lr": (
    self: readonly Tensor[],
    grads: readonly Tensor[],
    momentum_buffer_list: readonly Tensor[],
    options: {
      weight_decay: number;
      momentum: number;
      lr: Tensor;
      dampening: number;
      nesterov: boolean;
      maximize: boolean;
      is_first_step: boolean;
      grad_scale?: Tensor | null;
      found_inf?: Tensor | null;
    },
  ) => void;
  /** `aten::_fw_primal(Tensor(a) self, int level) -> Tensor(a)` */
  "_fw_primal": (self: Tensor, level: number) => Tensor;
  /** `aten::_fw_primal_copy(Tensor self, int level) -> Tensor` */
  "_fw_primal_copy": (self: Tensor, level: number) => Tensor;
  /** `aten::_gather_sparse_backward(Tensor self, int dim, Tensor index, Tensor grad) -> Tensor` */
  "_gather_sparse_backward": (
    self: Tensor,
    dim: number,
    index: Tensor,
    grad: Tensor,
  ) => Tensor;
  /** `aten::_grid_sampler_2d_cpu_fallback(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor` */
  "_grid_sampler_2d_cpu_fallback": (
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
  ) => Tensor;
  /** `aten::_grid_sampler_2d_cpu_fallback_backward(Tensor grad_output, Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> (Tensor, Tensor)` */
  "_grid_sampler_2d_cpu_fallback_backward": (
    grad_output: Tensor,
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
  ) => [Tensor, Tensor];
  /** `aten::_grouped_mm(Tensor self, Tensor mat2, Tensor? offs=None, Tensor? bias=None, ScalarType? out_dtype=None) -> Tensor` */
  "_grouped_mm": (
    self: Tensor,
    mat2: Tensor,
    offs?: Tensor | null,
    bias?: Tensor | null,
    out_dtype?: DType | null,
  ) => Tensor;
  /** `aten::_has_compatible_shallow_copy_type(Tensor self, Tensor from) -> bool` */
  "_has_compatible_shallow_copy_type": (self: Tensor, from: Tensor) => boolean;
  /** `aten::_has_same_storage_numel(Tensor self, Tensor other) -> bool` */
  "_has_same_storage_numel": (self: Tensor, other: Tensor | number) => boolean;
  /** `aten::_histogramdd_bin_edges(Tensor self, int[] bins, *, float[]? range=None, Tensor? weight=None, bool density=False) -> Tensor[]` */
  "_histogramdd_bin_edges": (
    self: Tensor,
    bins: readonly number[],
    options?: {
      range?: readonly number[] | null;
      weight?: Tensor | null;
      density?: boolean;
    },
  ) => Tensor[];
  /** `aten::_histogramdd_from_bin_cts(Tensor self, int[] bins, *, float[]? range=None, Tensor? weight=None, bool density=False) -> Tensor` */
  "_histogramdd_from_bin_cts": (
    self: Tensor,
    bins: readonly number[],
    options?: {
      range?: readonly number[] | null;
      weight?: Tensor | null;
      density?: boolean;
    },
  ) => Tensor;
  /** `aten::_histogramdd_from_bin_tensors(Tensor self, Tensor[] bins, *, Tensor? weight=None, bool density=False) -> Tensor` */
  "_histogramdd_from_bin_tensors": (
    self: Tensor,
    bins: readonly Tensor[],
    options?: { weight?: Tensor | null; density?: boolean },
  ) => Tensor;
  /** `aten::_index_put_impl(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False, bool unsafe=False) -> Tensor` */
  "_index_put_impl": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
    accumulate?: boolean,
    unsafe?: boolean,
  ) => Tensor;
  /** `aten::_index_put_impl_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False, bool unsafe=False) -> Tensor(a!)` */
  "_index_put_impl_": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
    accumulate?: boolean,
    unsafe?: boolean,
  ) => Tensor;
  /** `aten::_indices(Tensor(a) self) -> Tensor(a)` */
  "_indices": (self: Tensor) => Tensor;
  /** `aten::_indices_copy(Tensor self) -> Tensor` */
  "_indices_copy": (self: Tensor) => Tensor;
  /** `aten::_int_mm(Tensor self, Tensor mat2) -> Tensor` */
  "_int_mm": (self: Tensor, mat2: Tensor) => Tensor;
  /** `aten::_is_all_true(Tensor self) -> Tensor` */
  "_is_all_true": (self: Tensor) => Tensor;
  /** `aten::_is_any_true(Tensor self) -> Tensor` */
  "_is_any_true": (self: Tensor) => Tensor;
  /** `aten::_is_zerotensor(Tensor self) -> bool` */
  "_is_zerotensor": (self: Tensor) => boolean;
  /** `aten::_jagged_to_padded_dense_forward(Tensor values, Tensor[] offsets, SymInt[] max_lengths, float padding_value=0.) -> Tensor` */
  "_jagged_to_padded_dense_forward": (
    values: Tensor,
    offsets: readonly Tensor[],
    max_lengths: readonly number[],
    padding_value?: number,
  ) => Tensor;
  /** `aten::_lazy_clone(Tensor self) -> Tensor` */
  "_lazy_clone": (self: Tensor) => Tensor;
  /** `aten::_linalg_check_errors(Tensor info, str api_name, *, bool is_matrix) -> ()` */
  "_linalg_check_errors": (
    info: Tensor,
    api_name: string,
    options: { is_matrix: boolean },
  ) => void;
  /** `aten::_linalg_det(Tensor A) -> (Tensor result, Tensor LU, Tensor pivots)` */
  "_linalg_det": (A: Tensor) => [Tensor, Tensor, Tensor];
  /** `aten::_linalg_eigh(Tensor A, str UPLO="L", bool compute_v=True) -> (Tensor eigenvalues, Tensor eigenvectors)` */
  "_linalg_eigh": (
    A: Tensor,
    UPLO?: string,
    compute_v?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::_linalg_eigvals(Tensor self) -> Tensor` */
  "_linalg_eigvals": (self: Tensor) => Tensor;
  /** `aten::_linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet, Tensor LU, Tensor pivots)` */
  "_linalg_slogdet": (A: Tensor) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::_linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> (Tensor result, Tensor LU, Tensor pivots, Tensor info)` */
  "_linalg_solve_ex": (
    A: Tensor,
    B: Tensor,
    options?: { left?: boolean; check_errors?: boolean },
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::_linalg_svd(Tensor A, bool full_matrices=False, bool compute_uv=True, *, str? driver=None) -> (Tensor U, Tensor S, Tensor Vh)` */
  "_linalg_svd": (
    A: Tensor,
    full_matrices?: boolean,
    compute_uv?: boolean,
    options?: { driver?: string | null },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_local_scalar_dense(Tensor self) -> Scalar` */
  "_local_scalar_dense": (self: Tensor) => number;
  /** `aten::_log_softmax(Tensor self, int dim, bool half_to_float) -> Tensor` */
  "_log_softmax": (self: Tensor, dim: number, half_to_float: boolean) => Tensor;
  /** `aten::_log_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor` */
  "_log_softmax_backward_data": (
    grad_output: Tensor,
    output: Tensor,
    dim: number,
    input_dtype: DType,
  ) => Tensor;
  /** `aten::_logcumsumexp(Tensor self, int dim) -> Tensor` */
  "_logcumsumexp": (self: Tensor, dim: number) => Tensor;
  /** `aten::_lstm_mps(Tensor input, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)` */
  "_lstm_mps": (
    input: Tensor,
    hx: readonly Tensor[],
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_first: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_lu_with_info(Tensor self, bool pivot=True, bool check_errors=True) -> (Tensor LU, Tensor pivots, Tensor info)` */
  "_lu_with_info": (
    self: Tensor,
    pivot?: boolean,
    check_errors?: boolean,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_make_dep_token(*, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "_make_dep_token": (
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::_make_dual(Tensor(a) primal, Tensor tangent, int level) -> Tensor(a)` */
  "_make_dual": (primal: Tensor, tangent: Tensor, level: number) => Tensor;
  /** `aten::_make_dual_copy(Tensor primal, Tensor tangent, int level) -> Tensor` */
  "_make_dual_copy": (primal: Tensor, tangent: Tensor, level: number) => Tensor;
  /** `aten::_make_per_channel_quantized_tensor(Tensor self, Tensor scale, Tensor zero_point, int axis) -> Tensor` */
  "_make_per_channel_quantized_tensor": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    axis: number,
  ) => Tensor;
  /** `aten::_make_per_tensor_quantized_tensor(Tensor self, float scale, int zero_point) -> Tensor` */
  "_make_per_tensor_quantized_tensor": (
    self: Tensor,
    scale: number,
    zero_point: number,
  ) => Tensor;
  /** `aten::_masked_scale(Tensor self, Tensor mask, float scale) -> Tensor` */
  "_masked_scale": (self: Tensor, mask: Tensor, scale: number) => Tensor;
  /** `aten::_masked_softmax(Tensor self, Tensor mask, int? dim=None, int? mask_type=None) -> Tensor` */
  "_masked_softmax": (
    self: Tensor,
    mask: Tensor,
    dim?: number | null,
    mask_type?: number | null,
  ) => Tensor;
  /** `aten::_masked_softmax_backward(Tensor grad_output, Tensor output, Tensor mask, int? dim=None) -> Tensor` */
  "_masked_softmax_backward": (
    grad_output: Tensor,
    output: Tensor,
    mask: Tensor,
    dim?: number | null,
  ) => Tensor;
  /** `aten::_mixed_dtypes_linear(Tensor input, Tensor weight, Tensor scale, *, Tensor? bias=None, str? activation=None) -> Tensor` */
  "_mixed_dtypes_linear": (
    input: Tensor,
    weight: Tensor,
    scale: Tensor,
    options?: { bias?: Tensor | null; activation?: string | null },
  ) => Tensor;
  /** `aten::_mkldnn_reshape(Tensor self, int[] shape) -> Tensor` */
  "_mkldnn_reshape": (self: Tensor, shape: readonly number[]) => Tensor;
  /** `aten::_mkldnn_transpose(Tensor self, int dim0, int dim1) -> Tensor` */
  "_mkldnn_transpose": (self: Tensor, dim0: number, dim1: number) => Tensor;
  /** `aten::_mkldnn_transpose_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)` */
  "_mkldnn_transpose_": (self: Tensor, dim0: number, dim1: number) => Tensor;
  /** `aten::_mps_convolution(Tensor self, Tensor weight, Tensor? bias, SymInt[] padding, SymInt[] stride, SymInt[] dilation, SymInt groups) -> Tensor` */
  "_mps_convolution": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  /** `aten::_mps_convolution_transpose(Tensor self, Tensor weight, SymInt[] padding, SymInt[] output_padding, SymInt[] stride, SymInt[] dilation, SymInt groups) -> Tensor` */
  "_mps_convolution_transpose": (
    self: Tensor,
    weight: Tensor,
    padding: readonly number[],
    output_padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  /** `aten::_native_batch_norm_legit(Tensor input, Tensor? weight, Tensor? bias, Tensor(a!) running_mean, Tensor(b!) running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)` */
  "_native_batch_norm_legit": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor,
    running_var: Tensor,
    training: boolean,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_native_batch_norm_legit.no_stats(Tensor input, Tensor? weight, Tensor? bias, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)` */
  "_native_batch_norm_legit.no_stats": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    training: boolean,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_native_batch_norm_legit_functional(Tensor input, Tensor? weight, Tensor? bias, Tensor running_mean, Tensor running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor, Tensor running_mean_out, Tensor running_var_out)` */
  "_native_batch_norm_legit_functional": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor,
    running_var: Tensor,
    training: boolean,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_native_batch_norm_legit_no_training(Tensor input, Tensor? weight, Tensor? bias, Tensor running_mean, Tensor running_var, float momentum, float eps) -> (Tensor, Tensor, Tensor)` */
  "_native_batch_norm_legit_no_training": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_native_multi_head_attention(Tensor query, Tensor key, Tensor value, int embed_dim, int num_head, Tensor qkv_weight, Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias, Tensor? mask=None, bool need_weights=True, bool average_attn_weights=True, int? mask_type=None) -> (Tensor, Tensor)` */
  "_native_multi_head_attention": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim: number,
    num_head: number,
    qkv_weight: Tensor,
    qkv_bias: Tensor,
    proj_weight: Tensor,
    proj_bias: Tensor,
    mask?: Tensor | null,
    need_weights?: boolean,
    average_attn_weights?: boolean,
    mask_type?: number | null,
  ) => [Tensor, Tensor];
  /** `aten::_neg_view(Tensor(a) self) -> Tensor(a)` */
  "_neg_view": (self: Tensor) => Tensor;
  /** `aten::_neg_view_copy(Tensor self) -> Tensor` */
  "_neg_view_copy": (self: Tensor) => Tensor;
  /** `aten::_nested_compute_contiguous_strides_offsets(Tensor nested_size) -> (Tensor, Tensor)` */
  "_nested_compute_contiguous_strides_offsets": (
    nested_size: Tensor,
  ) => [Tensor, Tensor];
  /** `aten::_nested_from_padded(Tensor padded, Tensor cpu_nested_shape_example, bool fuse_transform_0213=False) -> Tensor` */
  "_nested_from_padded": (
    padded: Tensor,
    cpu_nested_shape_example: Tensor,
    fuse_transform_0213?: boolean,
  ) => Tensor;
  /** `aten::_nested_from_padded_and_nested_example(Tensor padded, Tensor nt_example) -> Tensor` */
  "_nested_from_padded_and_nested_example": (
    padded: Tensor,
    nt_example: Tensor,
  ) => Tensor;
  /** `aten::_nested_from_padded_tensor(Tensor padded, Tensor offsets, Tensor dummy, int ragged_idx=1, Tensor? min_seqlen=None, Tensor? max_seqlen=None, SymInt? sum_S=None) -> Tensor` */
  "_nested_from_padded_tensor": (
    padded: Tensor,
    offsets: Tensor,
    dummy: Tensor,
    ragged_idx?: number,
    min_seqlen?: Tensor | null,
    max_seqlen?: Tensor | null,
    sum_S?: number | null,
  ) => Tensor;
  /** `aten::_nested_get_jagged_dummy(Tensor any) -> Tensor` */
  "_nested_get_jagged_dummy": (any: Tensor) => Tensor;
  /** `aten::_nested_get_lengths(Tensor self) -> Tensor` */
  "_nested_get_lengths": (self: Tensor) => Tensor;
  /** `aten::_nested_get_max_seqlen(Tensor self) -> Tensor` */
  "_nested_get_max_seqlen": (self: Tensor) => Tensor;
  /** `aten::_nested_get_min_seqlen(Tensor self) -> Tensor` */
  "_nested_get_min_seqlen": (self: Tensor) => Tensor;
  /** `aten::_nested_get_offsets(Tensor self) -> Tensor` */
  "_nested_get_offsets": (self: Tensor) => Tensor;
  /** `aten::_nested_get_ragged_idx(Tensor self) -> int` */
  "_nested_get_ragged_idx": (self: Tensor) => number;
  /** `aten::_nested_get_values(Tensor(a) self) -> Tensor(a)` */
  "_nested_get_values": (self: Tensor) => Tensor;
  /** `aten::_nested_get_values_copy(Tensor self) -> Tensor` */
  "_nested_get_values_copy": (self: Tensor) => Tensor;
  /** `aten::_nested_select_backward(Tensor grad_output, Tensor self, int dim, SymInt index) -> Tensor` */
  "_nested_select_backward": (
    grad_output: Tensor,
    self: Tensor,
    dim: number,
    index: number,
  ) => Tensor;
  /** `aten::_nested_sum_backward(Tensor grad, Tensor self, int[1]? dim, bool keepdim=False) -> Tensor` */
  "_nested_sum_backward": (
    grad: Tensor,
    self: Tensor,
    dim: number | readonly number[] | null,
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::_nested_tensor_from_mask(Tensor t, Tensor mask, bool mask_check=True) -> Tensor` */
  "_nested_tensor_from_mask": (
    t: Tensor,
    mask: Tensor,
    mask_check?: boolean,
  ) => Tensor;
  /** `aten::_nested_tensor_from_mask_left_aligned(Tensor t, Tensor mask) -> bool` */
  "_nested_tensor_from_mask_left_aligned": (t: Tensor, mask: Tensor) => boolean;
  /** `aten::_nested_tensor_from_tensor_list(Tensor[] list, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "_nested_tensor_from_tensor_list": (
    list: readonly Tensor[],
    dtype?: DType | null,
    layout?: "strided" | null,
    device?: Device | null,
    pin_memory?: boolean | null,
  ) => Tensor;
  /** `aten::_nested_tensor_size(Tensor self) -> Tensor` */
  "_nested_tensor_size": (self: Tensor) => Tensor;
  /** `aten::_nested_tensor_softmax_with_shape(Tensor self, Tensor query) -> Tensor` */
  "_nested_tensor_softmax_with_shape": (self: Tensor, query: Tensor) => Tensor;
  /** `aten::_nested_tensor_storage_offsets(Tensor self) -> Tensor` */
  "_nested_tensor_storage_offsets": (self: Tensor) => Tensor;
  /** `aten::_nested_tensor_strides(Tensor self) -> Tensor` */
  "_nested_tensor_strides": (self: Tensor) => Tensor;
  /** `aten::_nested_view_from_buffer(Tensor(a) self, Tensor nested_size, Tensor nested_strides, Tensor offsets) -> Tensor(a)` */
  "_nested_view_from_buffer": (
    self: Tensor,
    nested_size: Tensor,
    nested_strides: Tensor,
    offsets: Tensor,
  ) => Tensor;
  /** `aten::_nested_view_from_buffer_copy(Tensor self, Tensor nested_size, Tensor nested_strides, Tensor offsets) -> Tensor` */
  "_nested_view_from_buffer_copy": (
    self: Tensor,
    nested_size: Tensor,
    nested_strides: Tensor,
    offsets: Tensor,
  ) => Tensor;
  /** `aten::_nested_view_from_jagged(Tensor(a) self, Tensor offsets, Tensor dummy, Tensor? lengths=None, int ragged_idx=1, Tensor? min_seqlen=None, Tensor? max_seqlen=None) -> Tensor(a)` */
  "_nested_view_from_jagged": (
    self: Tensor,
    offsets: Tensor,
    dummy: Tensor,
    lengths?: Tensor | null,
    ragged_idx?: number,
    min_seqlen?: Tensor | null,
    max_seqlen?: Tensor | null,
  ) => Tensor;
  /** `aten::_nested_view_from_jagged_copy(Tensor self, Tensor offsets, Tensor dummy, Tensor? lengths=None, int ragged_idx=1, Tensor? min_seqlen=None, Tensor? max_seqlen=None) -> Tensor` */
  "_nested_view_from_jagged_copy": (
    self: Tensor,
    offsets: Tensor,
    dummy: Tensor,
    lengths?: Tensor | null,
    ragged_idx?: number,
    min_seqlen?: Tensor | null,
    max_seqlen?: Tensor | null,
  ) => Tensor;
  /** `aten::_new_zeros_with_same_feature_meta(Tensor self, Tensor other, *, int self_num_batch_dims=0) -> Tensor` */
  "_new_zeros_with_same_feature_meta": (
    self: Tensor,
    other: Tensor | number,
    options?: { self_num_batch_dims?: number },
  ) => Tensor;
  /** `aten::_nnpack_available() -> bool` */
  "_nnpack_available": () => boolean;
  /** `aten::_nnpack_spatial_convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[2] padding, SymInt[2] stride=[1, 1]) -> Tensor` */
  "_nnpack_spatial_convolution": (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    padding: number | readonly number[],
    stride?: number | readonly number[],
  ) => Tensor;
  /** `aten::_nnz(Tensor self) -> int` */
  "_nnz": (self: Tensor) => number;
  /** `aten::_pack_padded_sequence(Tensor input, Tensor lengths, bool batch_first) -> (Tensor, Tensor)` */
  "_pack_padded_sequence": (
    input: Tensor,
    lengths: Tensor,
    batch_first: boolean,
  ) => [Tensor, Tensor];
  /** `aten::_pack_padded_sequence_backward(Tensor grad, SymInt[] input_size, Tensor batch_sizes, bool batch_first) -> Tensor` */
  "_pack_padded_sequence_backward": (
    grad: Tensor,
    input_size: readonly number[],
    batch_sizes: Tensor,
    batch_first: boolean,
  ) => Tensor;
  /** `aten::_pad_circular(Tensor self, SymInt[] pad) -> Tensor` */
  "_pad_circular": (self: Tensor, pad: readonly number[]) => Tensor;
  /** `aten::_pad_enum(Tensor self, SymInt[] pad, int mode, float? value=None) -> Tensor` */
  "_pad_enum": (
    self: Tensor,
    pad: readonly number[],
    mode: number,
    value?: number | null,
  ) => Tensor;
  /** `aten::_pad_packed_sequence(Tensor data, Tensor batch_sizes, bool batch_first, Scalar padding_value, int total_length) -> (Tensor, Tensor)` */
  "_pad_packed_sequence": (
    data: Tensor,
    batch_sizes: Tensor,
    batch_first: boolean,
    padding_value: Scalar,
    total_length: number,
  ) => [Tensor, Tensor];
  /** `aten::_padded_dense_to_jagged_forward(Tensor dense, Tensor[] offsets, SymInt? total_L=None) -> Tensor` */
  "_padded_dense_to_jagged_forward": (
    dense: Tensor,
    offsets: readonly Tensor[],
    total_L?: number | null,
  ) => Tensor;
  /** `aten::_pdist_backward(Tensor grad, Tensor self, float p, Tensor pdist) -> Tensor` */
  "_pdist_backward": (
    grad: Tensor,
    self: Tensor,
    p: number,
    pdist: Tensor,
  ) => Tensor;
  /** `aten::_pdist_forward(Tensor self, float p=2.) -> Tensor` */
  "_pdist_forward": (self: Tensor, p?: number) => Tensor;
  /** `aten::_philox_key_fold_in(Tensor key, int data) -> Tensor` */
  "_philox_key_fold_in": (key: Tensor, data: number) => Tensor;
  /** `aten::_philox_key_split(Tensor key, int num_splits) -> Tensor` */
  "_philox_key_split": (key: Tensor, num_splits: number) => Tensor;
  /** `aten::_philox_normal(Tensor self, Tensor key, float mean=0., float std=1.) -> Tensor` */
  "_philox_normal": (
    self: Tensor,
    key: Tensor,
    mean?: number,
    std?: number,
  ) => Tensor;
  /** `aten::_philox_normal_(Tensor(a!) self, Tensor key, float mean=0., float std=1.) -> Tensor(a!)` */
  "_philox_normal_": (
    self: Tensor,
    key: Tensor,
    mean?: number,
    std?: number,
  ) => Tensor;
  /** `aten::_philox_uniform(Tensor self, Tensor key, float low=0., float high=1.) -> Tensor` */
  "_philox_uniform": (
    self: Tensor,
    key: Tensor,
    low?: number,
    high?: number,
  ) => Tensor;
  /** `aten::_philox_uniform_(Tensor(a!) self, Tensor key, float low=0., float high=1.) -> Tensor(a!)` */
  "_philox_uniform_": (
    self: Tensor,
    key: Tensor,
    low?: number,
    high?: number,
  ) => Tensor;
  /** `aten::_pin_memory(Tensor self, Device? device=None) -> Tensor` */
  "_pin_memory": (self: Tensor, device?: Device | null) => Tensor;
  /** `aten::_prelu_kernel(Tensor self, Tensor weight) -> Tensor` */
  "_prelu_kernel": (self: Tensor, weight: Tensor) => Tensor;
  /** `aten::_prelu_kernel_backward(Tensor grad_output, Tensor self, Tensor weight) -> (Tensor, Tensor)` */
  "_prelu_kernel_backward": (
    grad_output: Tensor,
    self: Tensor,
    weight: Tensor,
  ) => [Tensor, Tensor];
  /** `aten::_print(str s) -> ()` */
  "_print": (s: string) => void;
  /** `aten::_propagate_xla_data(Tensor input, Tensor output) -> ()` */
  "_propagate_xla_data": (input: Tensor, output: Tensor) => void;
  /** `aten::_remove_batch_dim(Tensor self, int level, SymInt batch_size, int out_dim) -> Tensor` */
  "_remove_batch_dim": (
    self: Tensor,
    level: number,
    batch_size: number,
    out_dim: number,
  ) => Tensor;
  /** `aten::_reshape_alias(Tensor(a) self, SymInt[] size, SymInt[] stride) -> Tensor(a)` */
  "_reshape_alias": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
  ) => Tensor;
  /** `aten::_reshape_alias_copy(Tensor self, SymInt[] size, SymInt[] stride) -> Tensor` */
  "_reshape_alias_copy": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
  ) => Tensor;
  /** `aten::_reshape_copy(Tensor self, SymInt[] size) -> Tensor` */
  "_reshape_copy": (self: Tensor, size: readonly number[]) => Tensor;
  /** `aten::_reshape_from_tensor(Tensor self, Tensor shape) -> Tensor` */
  "_reshape_from_tensor": (self: Tensor, shape: Tensor) => Tensor;
  /** `aten::_resize_output(Tensor self, SymInt[] size, Device device) -> Tensor` */
  "_resize_output": (
    self: Tensor,
    size: readonly number[],
    device: Device,
  ) => Tensor;
  /** `aten::_resize_output_(Tensor(a!) self, SymInt[] size, Device device) -> Tensor(a!)` */
  "_resize_output_": (
    self: Tensor,
    size: readonly number[],
    device: Device,
  ) => Tensor;
  /** `aten::_rowwise_prune(Tensor weight, Tensor mask, ScalarType compressed_indices_dtype) -> (Tensor, Tensor)` */
  "_rowwise_prune": (
    weight: Tensor,
    mask: Tensor,
    compressed_indices_dtype: DType,
  ) => [Tensor, Tensor];
  /** `aten::_safe_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
  "_safe_softmax": (self: Tensor, dim: number, dtype?: DType | null) => Tensor;
  /** `aten::_sample_dirichlet(Tensor self, Generator? generator=None) -> Tensor` */
  "_sample_dirichlet": (self: Tensor, generator?: never | null) => Tensor;
  /** `aten::_saturate_weight_to_fp16(Tensor weight) -> Tensor` */
  "_saturate_weight_to_fp16": (weight: Tensor) => Tensor;
  /** `aten::_scaled_dot_product_attention_math(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, Tensor? dropout_mask=None, *, float? scale=None, bool enable_gqa=False) -> (Tensor, Tensor)` */
  "_scaled_dot_product_attention_math": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask?: Tensor | null,
    dropout_p?: number,
    is_causal?: boolean,
    dropout_mask?: Tensor | null,
    options?: { scale?: number | null; enable_gqa?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::_scaled_dot_product_attention_math_for_mps(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, Tensor? dropout_mask=None, *, float? scale=None, bool enable_gqa=False) -> (Tensor, Tensor)` */
  "_scaled_dot_product_attention_math_for_mps": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask?: Tensor | null,
    dropout_p?: number,
    is_causal?: boolean,
    dropout_mask?: Tensor | null,
    options?: { scale?: number | null; enable_gqa?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::_scaled_dot_product_cudnn_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_bias, bool compute_log_sumexp, float dropout_p=0., bool is_causal=False, bool return_debug_mask=False, *, float? scale=None) -> (Tensor output, Tensor logsumexp, Tensor cum_seq_q, Tensor cum_seq_k, SymInt max_q, SymInt max_k, Tensor philox_seed, Tensor philox_offset, Tensor debug_attn_mask)` */
  "_scaled_dot_product_cudnn_attention": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_bias: Tensor | null,
    compute_log_sumexp: boolean,
    dropout_p?: number,
    is_causal?: boolean,
    return_debug_mask?: boolean,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor, Tensor, number, number, Tensor, Tensor, Tensor];
  /** `aten::_scaled_dot_product_cudnn_attention_backward(Tensor grad_out, Tensor query, Tensor key, Tensor value, Tensor out, Tensor logsumexp, Tensor philox_seed, Tensor philox_offset, Tensor attn_bias, Tensor cum_seq_q, Tensor cum_seq_k, SymInt max_q, SymInt max_k, float dropout_p, bool is_causal, *, float? scale=None) -> (Tensor, Tensor, Tensor)` */
  "_scaled_dot_product_cudnn_attention_backward": (
    grad_out: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    out: Tensor,
    logsumexp: Tensor,
    philox_seed: Tensor,
    philox_offset: Tensor,
    attn_bias: Tensor,
    cum_seq_q: Tensor,
    cum_seq_k: Tensor,
    max_q: number,
    max_k: number,
    dropout_p: number,
    is_causal: boolean,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_scaled_dot_product_efficient_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_bias, bool compute_log_sumexp, float dropout_p=0., bool is_causal=False, *, float? scale=None) -> (Tensor output, Tensor log_sumexp, Tensor philox_seed, Tensor philox_offset)` */
  "_scaled_dot_product_efficient_attention": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_bias: Tensor | null,
    compute_log_sumexp: boolean,
    dropout_p?: number,
    is_causal?: boolean,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::_scaled_dot_product_efficient_attention_backward(Tensor grad_out_, Tensor query, Tensor key, Tensor value, Tensor attn_bias, Tensor out, Tensor logsumexp, Tensor philox_seed, Tensor philox_offset, float dropout_p, bool[4] grad_input_mask, bool is_causal=False, *, float? scale=None) -> (Tensor, Tensor, Tensor, Tensor)` */
  "_scaled_dot_product_efficient_attention_backward": (
    grad_out_: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_bias: Tensor,
    out: Tensor,
    logsumexp: Tensor,
    philox_seed: Tensor,
    philox_offset: Tensor,
    dropout_p: number,
    grad_input_mask: boolean | readonly boolean[],
    is_causal?: boolean,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::_scaled_dot_product_flash_attention(Tensor query, Tensor key, Tensor value, float dropout_p=0., bool is_causal=False, bool return_debug_mask=False, *, float? scale=None) -> (Tensor output, Tensor logsumexp, Tensor cum_seq_q, Tensor cum_seq_k, SymInt max_q, SymInt max_k, Tensor rng_state, Tensor unused, Tensor debug_attn_mask)` */
  "_scaled_dot_product_flash_attention": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    dropout_p?: number,
    is_causal?: boolean,
    return_debug_mask?: boolean,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor, Tensor, number, number, Tensor, Tensor, Tensor];
  /** `aten::_scaled_dot_product_flash_attention.quantized(Tensor query, Tensor key, Tensor value, Tensor? q_descale, Tensor? k_descale, Tensor? v_descale, float dropout_p=0., bool is_causal=False, bool return_debug_mask=False, *, float? scale=None) -> (Tensor output, Tensor logsumexp, Tensor cum_seq_q, Tensor cum_seq_k, SymInt max_q, SymInt max_k, Tensor rng_state, Tensor unused, Tensor debug_attn_mask)` */
  "_scaled_dot_product_flash_attention.quantized": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    q_descale: Tensor | null,
    k_descale: Tensor | null,
    v_descale: Tensor | null,
    dropout_p?: number,
    is_causal?: boolean,
    return_debug_mask?: boolean,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor, Tensor, number, number, Tensor, Tensor, Tensor];
  /** `aten::_scaled_dot_product_flash_attention_backward(Tensor grad_out, Tensor query, Tensor key, Tensor value, Tensor out, Tensor logsumexp, Tensor cum_seq_q, Tensor cum_seq_k, SymInt max_q, SymInt max_k, float dropout_p, bool is_causal, Tensor philox_seed, Tensor philox_offset, *, float? scale=None) -> (Tensor grad_query, Tensor grad_key, Tensor grad_value)` */
  "_scaled_dot_product_flash_attention_backward": (
    grad_out: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    out: Tensor,
    logsumexp: Tensor,
    cum_seq_q: Tensor,
    cum_seq_k: Tensor,
    max_q: number,
    max_k: number,
    dropout_p: number,
    is_causal: boolean,
    philox_seed: Tensor,
    philox_offset: Tensor,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0., bool is_causal=False, *, Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp)` */
  "_scaled_dot_product_flash_attention_for_cpu": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    dropout_p?: number,
    is_causal?: boolean,
    options?: { attn_mask?: Tensor | null; scale?: number | null },
  ) => [Tensor, Tensor];
  /** `aten::_scaled_dot_product_flash_attention_for_cpu_backward(Tensor grad_out, Tensor query, Tensor key, Tensor value, Tensor out, Tensor logsumexp, float dropout_p, bool is_causal, *, Tensor? attn_mask=None, float? scale=None) -> (Tensor grad_query, Tensor grad_key, Tensor grad_value)` */
  "_scaled_dot_product_flash_attention_for_cpu_backward": (
    grad_out: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    out: Tensor,
    logsumexp: Tensor,
    dropout_p: number,
    is_causal: boolean,
    options?: { attn_mask?: Tensor | null; scale?: number | null },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_scaled_dot_product_fused_attention_overrideable(Tensor query, Tensor key, Tensor value, Tensor? attn_bias=None, float dropout_p=0., bool is_causal=False, bool return_debug_mask=False, *, float? scale=None) -> (Tensor output, Tensor logsumexp, Tensor cum_seq_q, Tensor cum_seq_k, SymInt max_q, SymInt max_k, Tensor philox_seed, Tensor philox_offset, Tensor debug_attn_mask)` */
  "_scaled_dot_product_fused_attention_overrideable": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_bias?: Tensor | null,
    dropout_p?: number,
    is_causal?: boolean,
    return_debug_mask?: boolean,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor, Tensor, number, number, Tensor, Tensor, Tensor];
  /** `aten::_scaled_dot_product_fused_attention_overrideable_backward(Tensor grad_out, Tensor query, Tensor key, Tensor value, Tensor attn_bias, bool[4] grad_input_mask, Tensor out, Tensor logsumexp, Tensor cum_seq_q, Tensor cum_seq_k, SymInt max_q, SymInt max_k, float dropout_p, bool is_causal, Tensor philox_seed, Tensor philox_offset, *, float? scale=None) -> (Tensor grad_query, Tensor grad_key, Tensor grad_value, Tensor grad_attn_bias)` */
  "_scaled_dot_product_fused_attention_overrideable_backward": (
    grad_out: Tensor,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_bias: Tensor,
    grad_input_mask: boolean | readonly boolean[],
    out: Tensor,
    logsumexp: Tensor,
    cum_seq_q: Tensor,
    cum_seq_k: Tensor,
    max_q: number,
    max_k: number,
    dropout_p: number,
    is_causal: boolean,
    philox_seed: Tensor,
    philox_offset: Tensor,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::_scaled_grouped_mm(Tensor self, Tensor mat2, Tensor scale_a, Tensor scale_b, Tensor? offs=None, Tensor? bias=None, Tensor? scale_result=None, ScalarType? out_dtype=None, bool use_fast_accum=False) -> Tensor` */
  "_scaled_grouped_mm": (
    self: Tensor,
    mat2: Tensor,
    scale_a: Tensor,
    scale_b: Tensor,
    offs?: Tensor | null,
    bias?: Tensor | null,
    scale_result?: Tensor | null,
    out_dtype?: DType | null,
    use_fast_accum?: boolean,
  ) => Tensor;
  /** `aten::_scaled_grouped_mm_v2(Tensor self, Tensor mat2, Tensor[] scale_a, int[] recipe_a, int[] swizzle_a, Tensor[] scale_b, int[] recipe_b, int[] swizzle_b, Tensor? offs=None, Tensor? bias=None, ScalarType? out_dtype=None, int[] contraction_dim=[], bool use_fast_accum=False) -> Tensor` */
  "_scaled_grouped_mm_v2": (
    self: Tensor,
    mat2: Tensor,
    scale_a: readonly Tensor[],
    recipe_a: readonly number[],
    swizzle_a: readonly number[],
    scale_b: readonly Tensor[],
    recipe_b: readonly number[],
    swizzle_b: readonly number[],
    offs?: Tensor | null,
    bias?: Tensor | null,
    out_dtype?: DType | null,
    contraction_dim?: readonly number[],
    use_fast_accum?: boolean,
  ) => Tensor;
  /** `aten::_scaled_mm(Tensor self, Tensor mat2, Tensor scale_a, Tensor scale_b, Tensor? bias=None, Tensor? scale_result=None, ScalarType? out_dtype=None, bool use_fast_accum=False) -> Tensor` */
  "_scaled_mm": (
    self: Tensor,
    mat2: Tensor,
    scale_a: Tensor,
    scale_b: Tensor,
    bias?: Tensor | null,
    scale_result?: Tensor | null,
    out_dtype?: DType | null,
    use_fast_accum?: boolean,
  ) => Tensor;
  /** `aten::_scaled_mm_v2(Tensor self, Tensor mat2, Tensor[] scale_a, int[] recipe_a, int[] swizzle_a, Tensor[] scale_b, int[] recipe_b, int[] swizzle_b, Tensor? bias, ScalarType? out_dtype, int[] contraction_dim=[], bool use_fast_accum=False) -> Tensor` */
  "_scaled_mm_v2": (
    self: Tensor,
    mat2: Tensor,
    scale_a: readonly Tensor[],
    recipe_a: readonly number[],
    swizzle_a: readonly number[],
    scale_b: readonly Tensor[],
    recipe_b: readonly number[],
    swizzle_b: readonly number[],
    bias: Tensor | null,
    out_dtype: DType | null,
    contraction_dim?: readonly number[],
    use_fast_accum?: boolean,
  ) => Tensor;
  /** `aten::_segment_reduce_backward(Tensor grad, Tensor output, Tensor data, str reduce, *, Tensor? lengths=None, Tensor? offsets=None, int axis=0, Scalar? initial=None) -> Tensor` */
  "_segment_reduce_backward": (
    grad: Tensor,
    output: Tensor,
    data: Tensor,
    reduce: string,
    options?: {
      lengths?: Tensor | null;
      offsets?: Tensor | null;
      axis?: number;
      initial?: Scalar | null;
    },
  ) => Tensor;
  /** `aten::_shape_as_tensor(Tensor self) -> Tensor` */
  "_shape_as_tensor": (self: Tensor) => Tensor;
  /** `aten::_slow_conv2d_backward.output_mask(Tensor grad_output, Tensor self, Tensor weight, SymInt[2] kernel_size, SymInt[2] stride, SymInt[2] padding, bool[3] output_mask) -> (Tensor grad_input, Tensor grad_weight, Tensor grad_bias)` */
  "_slow_conv2d_backward.output_mask": (
    grad_output: Tensor,
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    stride: number | readonly number[],
    padding: number | readonly number[],
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_slow_conv2d_forward(Tensor self, Tensor weight, SymInt[2] kernel_size, Tensor? bias, SymInt[2] stride, SymInt[2] padding) -> Tensor` */
  "_slow_conv2d_forward": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias: Tensor | null,
    stride: number | readonly number[],
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::_sobol_engine_draw(Tensor quasi, int n, Tensor sobolstate, int dimension, int num_generated, ScalarType? dtype) -> (Tensor, Tensor)` */
  "_sobol_engine_draw": (
    quasi: Tensor,
    n: number,
    sobolstate: Tensor,
    dimension: number,
    num_generated: number,
    dtype: DType | null,
  ) => [Tensor, Tensor];
  /** `aten::_sobol_engine_ff_(Tensor(a!) self, int n, Tensor sobolstate, int dimension, int num_generated) -> Tensor(a!)` */
  "_sobol_engine_ff_": (
    self: Tensor,
    n: number,
    sobolstate: Tensor,
    dimension: number,
    num_generated: number,
  ) => Tensor;
  /** `aten::_sobol_engine_initialize_state_(Tensor(a!) self, int dimension) -> Tensor(a!)` */
  "_sobol_engine_initialize_state_": (
    self: Tensor,
    dimension: number,
  ) => Tensor;
  /** `aten::_sobol_engine_scramble_(Tensor(a!) self, Tensor ltm, int dimension) -> Tensor(a!)` */
  "_sobol_engine_scramble_": (
    self: Tensor,
    ltm: Tensor,
    dimension: number,
  ) => Tensor;
  /** `aten::_softmax(Tensor self, int dim, bool half_to_float) -> Tensor` */
  "_softmax": (self: Tensor, dim: number, half_to_float: boolean) => Tensor;
  /** `aten::_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor` */
  "_softmax_backward_data": (
    grad_output: Tensor,
    output: Tensor,
    dim: number,
    input_dtype: DType,
  ) => Tensor;
  /** `aten::_sparse_addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  "_sparse_addmm": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::_sparse_broadcast_to(Tensor(a) self, int[] size) -> Tensor(a)` */
  "_sparse_broadcast_to": (self: Tensor, size: readonly number[]) => Tensor;
  /** `aten::_sparse_broadcast_to_copy(Tensor self, int[] size) -> Tensor` */
  "_sparse_broadcast_to_copy": (
    self: Tensor,
    size: readonly number[],
  ) => Tensor;
  /** `aten::_sparse_bsc_tensor_unsafe(Tensor ccol_indices, Tensor row_indices, Tensor values, int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "_sparse_bsc_tensor_unsafe": (
    ccol_indices: Tensor,
    row_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_sparse_bsr_tensor_unsafe(Tensor crow_indices, Tensor col_indices, Tensor values, int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "_sparse_bsr_tensor_unsafe": (
    crow_indices: Tensor,
    col_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_sparse_compressed_tensor_unsafe(Tensor compressed_indices, Tensor plain_indices, Tensor values, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "_sparse_compressed_tensor_unsafe": (
    compressed_indices: Tensor,
    plain_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_sparse_compressed_tensor_with_dims(int nnz, int dense_dim, int[] size, int[] blocksize, ScalarType index_dtype, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "_sparse_compressed_tensor_with_dims": (
    nnz: number,
    dense_dim: number,
    size: readonly number[],
    blocksize: readonly number[],
    index_dtype: DType,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_sparse_coo_tensor_unsafe(Tensor indices, Tensor values, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool? is_coalesced=None) -> Tensor` */
  "_sparse_coo_tensor_unsafe": (
    indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      is_coalesced?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_sparse_coo_tensor_with_dims(int sparse_dim, int dense_dim, int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "_sparse_coo_tensor_with_dims": (
    sparse_dim: number,
    dense_dim: number,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_sparse_coo_tensor_with_dims_and_tensors(int sparse_dim, int dense_dim, SymInt[] size, Tensor indices, Tensor values, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False, bool? is_coalesced=None) -> Tensor` */
  "_sparse_coo_tensor_with_dims_and_tensors": (
    sparse_dim: number,
    dense_dim: number,
    size: readonly number[],
    indices: Tensor,
    values: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      is_coalesced?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_sparse_csc_tensor_unsafe(Tensor ccol_indices, Tensor row_indices, Tensor values, int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "_sparse_csc_tensor_unsafe": (
    ccol_indices: Tensor,
    row_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_sparse_csr_prod.dim_dtype(Tensor self, int[1] dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "_sparse_csr_prod.dim_dtype": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::_sparse_csr_sum.dim_dtype(Tensor self, int[1] dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "_sparse_csr_sum.dim_dtype": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::_sparse_csr_tensor_unsafe(Tensor crow_indices, Tensor col_indices, Tensor values, int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "_sparse_csr_tensor_unsafe": (
    crow_indices: Tensor,
    col_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::_sparse_log_softmax(Tensor self, int dim, bool half_to_float) -> Tensor` */
  "_sparse_log_softmax": (
    self: Tensor,
    dim: number,
    half_to_float: boolean,
  ) => Tensor;
  /** `aten::_sparse_log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
  "_sparse_log_softmax.int": (
    self: Tensor,
    dim: number,
    dtype?: DType | null,
  ) => Tensor;
  /** `aten::_sparse_log_softmax_backward_data(Tensor grad_output, Tensor output, int dim, Tensor self) -> Tensor` */
  "_sparse_log_softmax_backward_data": (
    grad_output: Tensor,
    output: Tensor,
    dim: number,
    self: Tensor,
  ) => Tensor;
  /** `aten::_sparse_mask_projection(Tensor self, Tensor mask, bool accumulate_matches=False) -> Tensor` */
  "_sparse_mask_projection": (
    self: Tensor,
    mask: Tensor,
    accumulate_matches?: boolean,
  ) => Tensor;
  /** `aten::_sparse_mm(Tensor sparse, Tensor dense) -> Tensor` */
  "_sparse_mm": (sparse: Tensor, dense: Tensor) => Tensor;
  /** `aten::_sparse_mm.reduce(Tensor sparse, Tensor dense, str reduce) -> Tensor` */
  "_sparse_mm.reduce": (
    sparse: Tensor,
    dense: Tensor,
    reduce: string,
  ) => Tensor;
  /** `aten::_sparse_mm_reduce_impl(Tensor self, Tensor other, str reduce) -> (Tensor, Tensor)` */
  "_sparse_mm_reduce_impl": (
    self: Tensor,
    other: Tensor | number,
    reduce: string,
  ) => [Tensor, Tensor];
  /** `aten::_sparse_mm_reduce_impl_backward(Tensor self, Tensor grad_out, Tensor weight, str reduce, Tensor arg_out, bool[2] output_mask) -> (Tensor, Tensor)` */
  "_sparse_mm_reduce_impl_backward": (
    self: Tensor,
    grad_out: Tensor,
    weight: Tensor,
    reduce: string,
    arg_out: Tensor,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  /** `aten::_sparse_semi_structured_addmm(Tensor input, Tensor mat1, Tensor mat1_meta, Tensor mat2, *, Scalar alpha=1, Scalar beta=1, ScalarType? out_dtype=None) -> Tensor` */
  "_sparse_semi_structured_addmm": (
    input: Tensor,
    mat1: Tensor,
    mat1_meta: Tensor,
    mat2: Tensor,
    options?: { alpha?: Scalar; beta?: Scalar; out_dtype?: DType | null },
  ) => Tensor;
  /** `aten::_sparse_semi_structured_apply(Tensor input, Tensor thread_masks) -> (Tensor, Tensor)` */
  "_sparse_semi_structured_apply": (
    input: Tensor,
    thread_masks: Tensor,
  ) => [Tensor, Tensor];
  /** `aten::_sparse_semi_structured_apply_dense(Tensor input, Tensor thread_masks) -> Tensor` */
  "_sparse_semi_structured_apply_dense": (
    input: Tensor,
    thread_masks: Tensor,
  ) => Tensor;
  /** `aten::_sparse_semi_structured_linear(Tensor input, Tensor weight, Tensor meta, *, Tensor? bias=None, str? activation=None, ScalarType? out_dtype=None) -> Tensor` */
  "_sparse_semi_structured_linear": (
    input: Tensor,
    weight: Tensor,
    meta: Tensor,
    options?: {
      bias?: Tensor | null;
      activation?: string | null;
      out_dtype?: DType | null;
    },
  ) => Tensor;
  /** `aten::_sparse_semi_structured_mm(Tensor mat1, Tensor mat1_meta, Tensor mat2, *, ScalarType? out_dtype=None) -> Tensor` */
  "_sparse_semi_structured_mm": (
    mat1: Tensor,
    mat1_meta: Tensor,
    mat2: Tensor,
    options?: { out_dtype?: DType | null },
  ) => Tensor;
  /** `aten::_sparse_semi_structured_tile(Tensor input, str algorithm="", bool use_cutlass=True) -> (Tensor, Tensor, Tensor, Tensor, Tensor)` */
  "_sparse_semi_structured_tile": (
    input: Tensor,
    algorithm?: string,
    use_cutlass?: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_sparse_softmax(Tensor self, int dim, bool half_to_float) -> Tensor` */
  "_sparse_softmax": (
    self: Tensor,
    dim: number,
    half_to_float: boolean,
  ) => Tensor;
  /** `aten::_sparse_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
  "_sparse_softmax.int": (
    self: Tensor,
    dim: number,
    dtype?: DType | null,
  ) => Tensor;
  /** `aten::_sparse_softmax_backward_data(Tensor grad_output, Tensor output, int dim, Tensor self) -> Tensor` */
  "_sparse_softmax_backward_data": (
    grad_output: Tensor,
    output: Tensor,
    dim: number,
    self: Tensor,
  ) => Tensor;
  /** `aten::_sparse_sparse_matmul(Tensor self, Tensor other) -> Tensor` */
  "_sparse_sparse_matmul": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::_sparse_sum(Tensor self) -> Tensor` */
  "_sparse_sum": (self: Tensor) => Tensor;
  /** `aten::_sparse_sum.dim(Tensor self, int[1] dim) -> Tensor` */
  "_sparse_sum.dim": (self: Tensor, dim: number | readonly number[]) => Tensor;
  /** `aten::_sparse_sum.dim_dtype(Tensor self, int[1] dim, *, ScalarType dtype) -> Tensor` */
  "_sparse_sum.dim_dtype": (
    self: Tensor,
    dim: number | readonly number[],
    options: { dtype: DType },
  ) => Tensor;
  /** `aten::_sparse_sum.dtype(Tensor self, *, ScalarType dtype) -> Tensor` */
  "_sparse_sum.dtype": (self: Tensor, options: { dtype: DType }) => Tensor;
  /** `aten::_sparse_sum_backward(Tensor grad, Tensor self, int[] dim) -> Tensor` */
  "_sparse_sum_backward": (
    grad: Tensor,
    self: Tensor,
    dim: readonly number[],
  ) => Tensor;
  /** `aten::_spdiags(Tensor diagonals, Tensor offsets, int[] shape, Layout? layout=None) -> Tensor` */
  "_spdiags": (
    diagonals: Tensor,
    offsets: Tensor,
    shape: readonly number[],
    layout?: "strided" | null,
  ) => Tensor;
  /** `aten::_spsolve(Tensor A, Tensor B, *, bool left=True) -> Tensor` */
  "_spsolve": (A: Tensor, B: Tensor, options?: { left?: boolean }) => Tensor;
  /** `aten::_stack(Tensor[] tensors, int dim=0) -> Tensor` */
  "_stack": (tensors: readonly Tensor[], dim?: number) => Tensor;
  /** `aten::_standard_gamma(Tensor self, Generator? generator=None) -> Tensor` */
  "_standard_gamma": (self: Tensor, generator?: never | null) => Tensor;
  /** `aten::_standard_gamma_grad(Tensor self, Tensor output) -> Tensor` */
  "_standard_gamma_grad": (self: Tensor, output: Tensor) => Tensor;
  /** `aten::_test_ambiguous_defaults.a(Tensor dummy, int a=1, int b=1) -> Tensor` */
  "_test_ambiguous_defaults.a": (
    dummy: Tensor,
    a?: number,
    b?: number,
  ) => Tensor;
  /** `aten::_test_ambiguous_defaults.b(Tensor dummy, int a=2, str b="2") -> Tensor` */
  "_test_ambiguous_defaults.b": (
    dummy: Tensor,
    a?: number,
    b?: string,
  ) => Tensor;
  /** `aten::_test_autograd_multiple_dispatch.fullcoverage(Tensor self) -> Tensor` */
  "_test_autograd_multiple_dispatch.fullcoverage": (self: Tensor) => Tensor;
  /** `aten::_test_autograd_multiple_dispatch.ntonly(Tensor self, bool b) -> Tensor` */
  "_test_autograd_multiple_dispatch.ntonly": (
    self: Tensor,
    b: boolean,
  ) => Tensor;
  /** `aten::_test_autograd_multiple_dispatch_view(Tensor(a) self) -> Tensor(a)` */
  "_test_autograd_multiple_dispatch_view": (self: Tensor) => Tensor;
  /** `aten::_test_autograd_multiple_dispatch_view_copy(Tensor self) -> Tensor` */
  "_test_autograd_multiple_dispatch_view_copy": (self: Tensor) => Tensor;
  /** `aten::_test_check_tensor(Tensor self) -> Tensor` */
  "_test_check_tensor": (self: Tensor) => Tensor;
  /** `aten::_test_functorch_fallback(Tensor self, Tensor other) -> Tensor` */
  "_test_functorch_fallback": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::_test_optional_filled_intlist(Tensor values, int[2]? addends) -> Tensor` */
  "_test_optional_filled_intlist": (
    values: Tensor,
    addends: number | readonly number[] | null,
  ) => Tensor;
  /** `aten::_test_optional_floatlist(Tensor values, float[]? addends) -> Tensor` */
  "_test_optional_floatlist": (
    values: Tensor,
    addends: readonly number[] | null,
  ) => Tensor;
  /** `aten::_test_optional_intlist(Tensor values, int[]? addends) -> Tensor` */
  "_test_optional_intlist": (
    values: Tensor,
    addends: readonly number[] | null,
  ) => Tensor;
  /** `aten::_test_parallel_materialize(Tensor self, int num_parallel, bool skip_first=False) -> Tensor` */
  "_test_parallel_materialize": (
    self: Tensor,
    num_parallel: number,
    skip_first?: boolean,
  ) => Tensor;
  /** `aten::_test_serialization_subcmul(Tensor self, Tensor other, Scalar alpha=1) -> Tensor` */
  "_test_serialization_subcmul": (
    self: Tensor,
    other: Tensor | number,
    alpha?: Scalar,
  ) => Tensor;
  /** `aten::_test_string_default(Tensor dummy, str a="\"\'\\", str b="\"\'\\") -> Tensor` */
  "_test_string_default": (dummy: Tensor, a?: string, b?: string) => Tensor;
  /** `aten::_test_warn_in_autograd(Tensor self) -> Tensor` */
  "_test_warn_in_autograd": (self: Tensor) => Tensor;
  /** `aten::_thnn_differentiable_gru_cell_backward(Tensor grad_hy, Tensor input_gates, Tensor hidden_gates, Tensor hx, Tensor? input_bias, Tensor? hidden_bias) -> (Tensor, Tensor, Tensor, Tensor, Tensor)` */
  "_thnn_differentiable_gru_cell_backward": (
    grad_hy: Tensor,
    input_gates: Tensor,
    hidden_gates: Tensor,
    hx: Tensor,
    input_bias: Tensor | null,
    hidden_bias: Tensor | null,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_thnn_differentiable_lstm_cell_backward(Tensor? grad_hy, Tensor? grad_cy, Tensor input_gates, Tensor hidden_gates, Tensor? input_bias, Tensor? hidden_bias, Tensor cx, Tensor cy) -> (Tensor, Tensor, Tensor, Tensor, Tensor)` */
  "_thnn_differentiable_lstm_cell_backward": (
    grad_hy: Tensor | null,
    grad_cy: Tensor | null,
    input_gates: Tensor,
    hidden_gates: Tensor,
    input_bias: Tensor | null,
    hidden_bias: Tensor | null,
    cx: Tensor,
    cy: Tensor,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_thnn_fused_gru_cell(Tensor input_gates, Tensor hidden_gates, Tensor hx, Tensor? input_bias=None, Tensor? hidden_bias=None) -> (Tensor, Tensor)` */
  "_thnn_fused_gru_cell": (
    input_gates: Tensor,
    hidden_gates: Tensor,
    hx: Tensor,
    input_bias?: Tensor | null,
    hidden_bias?: Tensor | null,
  ) => [Tensor, Tensor];
  /** `aten::_thnn_fused_gru_cell_backward(Tensor grad_hy, Tensor workspace, bool has_bias) -> (Tensor, Tensor, Tensor, Tensor, Tensor)` */
  "_thnn_fused_gru_cell_backward": (
    grad_hy: Tensor,
    workspace: Tensor,
    has_bias: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_thnn_fused_lstm_cell(Tensor input_gates, Tensor hidden_gates, Tensor cx, Tensor? input_bias=None, Tensor? hidden_bias=None) -> (Tensor, Tensor, Tensor)` */
  "_thnn_fused_lstm_cell": (
    input_gates: Tensor,
    hidden_gates: Tensor,
    cx: Tensor,
    input_bias?: Tensor | null,
    hidden_bias?: Tensor | null,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_thnn_fused_lstm_cell_backward(Tensor? grad_hy, Tensor? grad_cy, Tensor cx, Tensor cy, Tensor workspace, bool has_bias) -> (Tensor, Tensor, Tensor, Tensor, Tensor)` */
  "_thnn_fused_lstm_cell_backward": (
    grad_hy: Tensor | null,
    grad_cy: Tensor | null,
    cx: Tensor,
    cy: Tensor,
    workspace: Tensor,
    has_bias: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::_thnn_fused_lstm_cell_backward_impl(Tensor? grad_hy, Tensor? grad_cy, Tensor cx, Tensor cy, Tensor workspace, bool has_bias) -> (Tensor, Tensor, Tensor)` */
  "_thnn_fused_lstm_cell_backward_impl": (
    grad_hy: Tensor | null,
    grad_cy: Tensor | null,
    cx: Tensor,
    cy: Tensor,
    workspace: Tensor,
    has_bias: boolean,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, MemoryFormat? memory_format=None) -> Tensor` */
  "_to_copy": (
    self: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      non_blocking?: boolean;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::_to_cpu(Tensor[] tensors) -> Tensor[]` */
  "_to_cpu": (tensors: readonly Tensor[]) => Tensor[];
  /** `aten::_to_dense(Tensor self, ScalarType? dtype=None, bool? masked_grad=None) -> Tensor` */
  "_to_dense": (
    self: Tensor,
    dtype?: DType | null,
    masked_grad?: boolean | null,
  ) => Tensor;
  /** `aten::_to_sparse(Tensor self, *, Layout? layout=None, int[2]? blocksize=None, int? dense_dim=None) -> Tensor` */
  "_to_sparse": (
    self: Tensor,
    options?: {
      layout?: "strided" | null;
      blocksize?: number | readonly number[] | null;
      dense_dim?: number | null;
    },
  ) => Tensor;
  /** `aten::_to_sparse.sparse_dim(Tensor self, int sparse_dim) -> Tensor` */
  "_to_sparse.sparse_dim": (self: Tensor, sparse_dim: number) => Tensor;
  /** `aten::_to_sparse_bsc(Tensor self, int[2] blocksize, int? dense_dim=None) -> Tensor` */
  "_to_sparse_bsc": (
    self: Tensor,
    blocksize: number | readonly number[],
    dense_dim?: number | null,
  ) => Tensor;
  /** `aten::_to_sparse_bsr(Tensor self, int[2] blocksize, int? dense_dim=None) -> Tensor` */
  "_to_sparse_bsr": (
    self: Tensor,
    blocksize: number | readonly number[],
    dense_dim?: number | null,
  ) => Tensor;
  /** `aten::_to_sparse_csc(Tensor self, int? dense_dim=None) -> Tensor` */
  "_to_sparse_csc": (self: Tensor, dense_dim?: number | null) => Tensor;
  /** `aten::_to_sparse_csr(Tensor self, int? dense_dim=None) -> Tensor` */
  "_to_sparse_csr": (self: Tensor, dense_dim?: number | null) => Tensor;
  /** `aten::_to_sparse_semi_structured(Tensor dense) -> (Tensor, Tensor)` */
  "_to_sparse_semi_structured": (dense: Tensor) => [Tensor, Tensor];
  /** `aten::_transform_bias_rescale_qkv(Tensor qkv, Tensor qkv_bias, int num_heads) -> (Tensor, Tensor, Tensor)` */
  "_transform_bias_rescale_qkv": (
    qkv: Tensor,
    qkv_bias: Tensor,
    num_heads: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_transformer_encoder_layer_fwd(Tensor src, int embed_dim, int num_heads, Tensor qkv_weight, Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias, bool use_gelu, bool norm_first, float eps, Tensor norm_weight_1, Tensor norm_bias_1, Tensor norm_weight_2, Tensor norm_bias_2, Tensor ffn_weight_1, Tensor ffn_bias_1, Tensor ffn_weight_2, Tensor ffn_bias_2, Tensor? mask=None, int? mask_type=None) -> Tensor` */
  "_transformer_encoder_layer_fwd": (
    src: Tensor,
    embed_dim: number,
    num_heads: number,
    qkv_weight: Tensor,
    qkv_bias: Tensor,
    proj_weight: Tensor,
    proj_bias: Tensor,
    use_gelu: boolean,
    norm_first: boolean,
    eps: number,
    norm_weight_1: Tensor,
    norm_bias_1: Tensor,
    norm_weight_2: Tensor,
    norm_bias_2: Tensor,
    ffn_weight_1: Tensor,
    ffn_bias_1: Tensor,
    ffn_weight_2: Tensor,
    ffn_bias_2: Tensor,
    mask?: Tensor | null,
    mask_type?: number | null,
  ) => Tensor;
  /** `aten::_trilinear(Tensor i1, Tensor i2, Tensor i3, int[] expand1, int[] expand2, int[] expand3, int[] sumdim, int unroll_dim=1) -> Tensor` */
  "_trilinear": (
    i1: Tensor,
    i2: Tensor,
    i3: Tensor,
    expand1: readonly number[],
    expand2: readonly number[],
    expand3: readonly number[],
    sumdim: readonly number[],
    unroll_dim?: number,
  ) => Tensor;
  /** `aten::_triton_multi_head_attention(Tensor query, Tensor key, Tensor value, int embed_dim, int num_head, Tensor qkv_weight, Tensor qkv_bias, Tensor proj_weight, Tensor proj_bias, Tensor? mask=None) -> Tensor` */
  "_triton_multi_head_attention": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim: number,
    num_head: number,
    qkv_weight: Tensor,
    qkv_bias: Tensor,
    proj_weight: Tensor,
    proj_bias: Tensor,
    mask?: Tensor | null,
  ) => Tensor;
  /** `aten::_triton_scaled_dot_attention(Tensor q, Tensor k, Tensor v, float dropout_p=0.) -> Tensor` */
  "_triton_scaled_dot_attention": (
    q: Tensor,
    k: Tensor,
    v: Tensor,
    dropout_p?: number,
  ) => Tensor;
  /** `aten::_unique(Tensor self, bool sorted=True, bool return_inverse=False) -> (Tensor, Tensor)` */
  "_unique": (
    self: Tensor,
    sorted?: boolean,
    return_inverse?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::_unique2(Tensor self, bool sorted=True, bool return_inverse=False, bool return_counts=False) -> (Tensor, Tensor, Tensor)` */
  "_unique2": (
    self: Tensor,
    sorted?: boolean,
    return_inverse?: boolean,
    return_counts?: boolean,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::_unpack_dual(Tensor(a) dual, int level) -> (Tensor(a) primal, Tensor tangent)` */
  "_unpack_dual": (dual: Tensor, level: number) => [Tensor, Tensor];
  /** `aten::_unsafe_index.Tensor(Tensor self, Tensor?[] indices) -> Tensor` */
  "_unsafe_index.Tensor": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
  ) => Tensor;
  /** `aten::_unsafe_index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor` */
  "_unsafe_index_put": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
    accumulate?: boolean,
  ) => Tensor;
  /** `aten::_unsafe_masked_index(Tensor self, Tensor mask, Tensor?[] indices, Scalar fill) -> Tensor` */
  "_unsafe_masked_index": (
    self: Tensor,
    mask: Tensor,
    indices: readonly (Tensor | null)[],
    fill: Scalar,
  ) => Tensor;
  /** `aten::_unsafe_masked_index_put_accumulate(Tensor self, Tensor mask, Tensor?[] indices, Tensor values) -> Tensor` */
  "_unsafe_masked_index_put_accumulate": (
    self: Tensor,
    mask: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
  ) => Tensor;
  /** `aten::_unsafe_view(Tensor self, SymInt[] size) -> Tensor` */
  "_unsafe_view": (self: Tensor, size: readonly number[]) => Tensor;
  /** `aten::_upsample_bicubic2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "_upsample_bicubic2d_aa": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::_upsample_bicubic2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
  "_upsample_bicubic2d_aa.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::_upsample_bicubic2d_aa_backward(Tensor grad_output, SymInt[2] output_size, SymInt[4] input_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "_upsample_bicubic2d_aa_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::_upsample_bilinear2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "_upsample_bilinear2d_aa": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::_upsample_bilinear2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
  "_upsample_bilinear2d_aa.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::_upsample_bilinear2d_aa_backward(Tensor grad_output, SymInt[2] output_size, SymInt[4] input_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "_upsample_bilinear2d_aa_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::_upsample_lanczos2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "_upsample_lanczos2d_aa": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::_upsample_lanczos2d_aa.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
  "_upsample_lanczos2d_aa.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::_upsample_lanczos2d_aa_backward(Tensor grad_output, SymInt[2] output_size, SymInt[4] input_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "_upsample_lanczos2d_aa_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::_upsample_nearest_exact1d(Tensor self, SymInt[1] output_size, float? scales=None) -> Tensor` */
  "_upsample_nearest_exact1d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales?: number | null,
  ) => Tensor;
  /** `aten::_upsample_nearest_exact1d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor` */
  "_upsample_nearest_exact1d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::_upsample_nearest_exact1d_backward(Tensor grad_output, SymInt[1] output_size, SymInt[3] input_size, float? scales=None) -> Tensor` */
  "_upsample_nearest_exact1d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales?: number | null,
  ) => Tensor;
  /** `aten::_upsample_nearest_exact2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "_upsample_nearest_exact2d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::_upsample_nearest_exact2d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor` */
  "_upsample_nearest_exact2d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::_upsample_nearest_exact2d_backward(Tensor grad_output, SymInt[2] output_size, SymInt[4] input_size, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "_upsample_nearest_exact2d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::_upsample_nearest_exact3d(Tensor self, SymInt[3] output_size, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "_upsample_nearest_exact3d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::_upsample_nearest_exact3d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor` */
  "_upsample_nearest_exact3d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::_upsample_nearest_exact3d_backward(Tensor grad_output, SymInt[3] output_size, SymInt[5] input_size, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "_upsample_nearest_exact3d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::_use_cudnn_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank) -> bool` */
  "_use_cudnn_ctc_loss": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank: number,
  ) => boolean;
  /** `aten::_use_cudnn_ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank) -> bool` */
  "_use_cudnn_ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: number,
  ) => boolean;
  /** `aten::_use_cudnn_rnn_flatten_weight() -> bool` */
  "_use_cudnn_rnn_flatten_weight": () => boolean;
  /** `aten::_use_miopen_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank) -> bool` */
  "_use_miopen_ctc_loss": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank: number,
  ) => boolean;
  /** `aten::_use_miopen_ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank) -> bool` */
  "_use_miopen_ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: number,
  ) => boolean;
  /** `aten::_validate_compressed_sparse_indices(bool is_crow, Tensor compressed_idx, Tensor plain_idx, int cdim, int dim, int nnz) -> ()` */
  "_validate_compressed_sparse_indices": (
    is_crow: boolean,
    compressed_idx: Tensor,
    plain_idx: Tensor,
    cdim: number,
    dim: number,
    nnz: number,
  ) => void;
  /** `aten::_validate_sparse_bsc_tensor_args(Tensor ccol_indices, Tensor row_indices, Tensor values, int[] size, bool? check_pinning=None) -> ()` */
  "_validate_sparse_bsc_tensor_args": (
    ccol_indices: Tensor,
    row_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    check_pinning?: boolean | null,
  ) => void;
  /** `aten::_validate_sparse_bsr_tensor_args(Tensor crow_indices, Tensor col_indices, Tensor values, int[] size, bool? check_pinning=None) -> ()` */
  "_validate_sparse_bsr_tensor_args": (
    crow_indices: Tensor,
    col_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    check_pinning?: boolean | null,
  ) => void;
  /** `aten::_validate_sparse_compressed_tensor_args(Tensor compressed_indices, Tensor plain_indices, Tensor values, int[] size, Layout layout, bool? check_pinning=None) -> ()` */
  "_validate_sparse_compressed_tensor_args": (
    compressed_indices: Tensor,
    plain_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    layout: "strided",
    check_pinning?: boolean | null,
  ) => void;
  /** `aten::_validate_sparse_coo_tensor_args(Tensor indices, Tensor values, int[] size, bool? is_coalesced=None, bool? check_pinning=None) -> ()` */
  "_validate_sparse_coo_tensor_args": (
    indices: Tensor,
    values: Tensor,
    size: readonly number[],
    is_coalesced?: boolean | null,
    check_pinning?: boolean | null,
  ) => void;
  /** `aten::_validate_sparse_csc_tensor_args(Tensor ccol_indices, Tensor row_indices, Tensor values, int[] size, bool? check_pinning=None) -> ()` */
  "_validate_sparse_csc_tensor_args": (
    ccol_indices: Tensor,
    row_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    check_pinning?: boolean | null,
  ) => void;
  /** `aten::_validate_sparse_csr_tensor_args(Tensor crow_indices, Tensor col_indices, Tensor values, int[] size, bool? check_pinning=None) -> ()` */
  "_validate_sparse_csr_tensor_args": (
    crow_indices: Tensor,
    col_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    check_pinning?: boolean | null,
  ) => void;
  /** `aten::_values(Tensor(a) self) -> Tensor(a)` */
  "_values": (self: Tensor) => Tensor;
  /** `aten::_values_copy(Tensor self) -> Tensor` */
  "_values_copy": (self: Tensor) => Tensor;
  /** `aten::_version(Tensor self) -> int` */
  "_version": (self: Tensor) => number;
  /** `aten::_weight_int4pack_mm(Tensor self, Tensor mat2, int qGroupSize, Tensor qScaleAndZeros) -> Tensor` */
  "_weight_int4pack_mm": (
    self: Tensor,
    mat2: Tensor,
    qGroupSize: number,
    qScaleAndZeros: Tensor,
  ) => Tensor;
  /** `aten::_weight_int4pack_mm_for_cpu(Tensor self, Tensor mat2, int qGroupSize, Tensor qScaleAndZeros) -> Tensor` */
  "_weight_int4pack_mm_for_cpu": (
    self: Tensor,
    mat2: Tensor,
    qGroupSize: number,
    qScaleAndZeros: Tensor,
  ) => Tensor;
  /** `aten::_weight_int4pack_mm_with_scales_and_zeros(Tensor self, Tensor mat2, int qGroupSize, Tensor qScale, Tensor qZeros) -> Tensor` */
  "_weight_int4pack_mm_with_scales_and_zeros": (
    self: Tensor,
    mat2: Tensor,
    qGroupSize: number,
    qScale: Tensor,
    qZeros: Tensor,
  ) => Tensor;
  /** `aten::_weight_int8pack_mm(Tensor self, Tensor mat2, Tensor scales) -> Tensor` */
  "_weight_int8pack_mm": (self: Tensor, mat2: Tensor, scales: Tensor) => Tensor;
  /** `aten::_weight_norm(Tensor v, Tensor g, int dim=0) -> Tensor` */
  "_weight_norm": (v: Tensor, g: Tensor, dim?: number) => Tensor;
  /** `aten::_weight_norm_differentiable_backward(Tensor grad_w, Tensor saved_v, Tensor saved_g, Tensor saved_norms, int dim) -> (Tensor, Tensor)` */
  "_weight_norm_differentiable_backward": (
    grad_w: Tensor,
    saved_v: Tensor,
    saved_g: Tensor,
    saved_norms: Tensor,
    dim: number,
  ) => [Tensor, Tensor];
  /** `aten::_weight_norm_interface(Tensor v, Tensor g, int dim=0) -> (Tensor, Tensor)` */
  "_weight_norm_interface": (
    v: Tensor,
    g: Tensor,
    dim?: number,
  ) => [Tensor, Tensor];
  /** `aten::_weight_norm_interface_backward(Tensor grad_w, Tensor saved_v, Tensor saved_g, Tensor saved_norms, int dim) -> (Tensor, Tensor)` */
  "_weight_norm_interface_backward": (
    grad_w: Tensor,
    saved_v: Tensor,
    saved_g: Tensor,
    saved_norms: Tensor,
    dim: number,
  ) => [Tensor, Tensor];
  /** `aten::_wrapped_linear_prepack(Tensor weight, Tensor weight_scale, Tensor weight_zero_point, Tensor bias) -> Tensor` */
  "_wrapped_linear_prepack": (
    weight: Tensor,
    weight_scale: Tensor,
    weight_zero_point: Tensor,
    bias: Tensor,
  ) => Tensor;
  /** `aten::_wrapped_quantized_linear_prepacked(Tensor input, Tensor input_scale, Tensor input_zero_point, Tensor packed_weight, Tensor output_scale, Tensor output_zero_point, int out_channel) -> Tensor` */
  "_wrapped_quantized_linear_prepacked": (
    input: Tensor,
    input_scale: Tensor,
    input_zero_point: Tensor,
    packed_weight: Tensor,
    output_scale: Tensor,
    output_zero_point: Tensor,
    out_channel: number,
  ) => Tensor;
  /** `aten::abs(Tensor self) -> Tensor` */
  "abs": (self: Tensor) => Tensor;
  /** `aten::abs_(Tensor(a!) self) -> Tensor(a!)` */
  "abs_": (self: Tensor) => Tensor;
  /** `aten::absolute(Tensor self) -> Tensor` */
  "absolute": (self: Tensor) => Tensor;
  /** `aten::absolute_(Tensor(a!) self) -> Tensor(a!)` */
  "absolute_": (self: Tensor) => Tensor;
  /** `aten::acos(Tensor self) -> Tensor` */
  "acos": (self: Tensor) => Tensor;
  /** `aten::acos_(Tensor(a!) self) -> Tensor(a!)` */
  "acos_": (self: Tensor) => Tensor;
  /** `aten::acosh(Tensor self) -> Tensor` */
  "acosh": (self: Tensor) => Tensor;
  /** `aten::acosh_(Tensor(a!) self) -> Tensor(a!)` */
  "acosh_": (self: Tensor) => Tensor;
  /** `aten::adaptive_avg_pool1d(Tensor self, int[1] output_size) -> Tensor` */
  "adaptive_avg_pool1d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  /** `aten::adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor` */
  "adaptive_avg_pool2d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  /** `aten::adaptive_avg_pool3d(Tensor self, SymInt[3] output_size) -> Tensor` */
  "adaptive_avg_pool3d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  /** `aten::adaptive_max_pool1d(Tensor self, int[1] output_size) -> (Tensor, Tensor)` */
  "adaptive_max_pool1d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => [Tensor, Tensor];
  /** `aten::adaptive_max_pool2d(Tensor self, int[2] output_size) -> (Tensor, Tensor)` */
  "adaptive_max_pool2d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => [Tensor, Tensor];
  /** `aten::adaptive_max_pool2d_backward(Tensor grad_output, Tensor self, Tensor indices) -> Tensor` */
  "adaptive_max_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    indices: Tensor,
  ) => Tensor;
  /** `aten::adaptive_max_pool3d(Tensor self, int[3] output_size) -> (Tensor, Tensor)` */
  "adaptive_max_pool3d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => [Tensor, Tensor];
  /** `aten::adaptive_max_pool3d_backward(Tensor grad_output, Tensor self, Tensor indices) -> Tensor` */
  "adaptive_max_pool3d_backward": (
    grad_output: Tensor,
    self: Tensor,
    indices: Tensor,
  ) => Tensor;
  /** `aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
  "add.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  /** `aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  "add.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::add_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)` */
  "add_.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  /** `aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
  "add_.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  "addbmm": (
    self: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::addbmm_(Tensor(a!) self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)` */
  "addbmm_": (
    self: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor` */
  "addcdiv": (
    self: Tensor,
    tensor1: Tensor,
    tensor2: Tensor,
    options?: { value?: Scalar },
  ) => Tensor;
  /** `aten::addcdiv_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)` */
  "addcdiv_": (
    self: Tensor,
    tensor1: Tensor,
    tensor2: Tensor,
    options?: { value?: Scalar },
  ) => Tensor;
  /** `aten::addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor` */
  "addcmul": (
    self: Tensor,
    tensor1: Tensor,
    tensor2: Tensor,
    options?: { value?: Scalar },
  ) => Tensor;
  /** `aten::addcmul_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)` */
  "addcmul_": (
    self: Tensor,
    tensor1: Tensor,
    tensor2: Tensor,
    options?: { value?: Scalar },
  ) => Tensor;
  /** `aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  "addmm": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::addmm.dtype(Tensor self, Tensor mat1, Tensor mat2, ScalarType out_dtype, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  "addmm.dtype": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    out_dtype: DType,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::addmm_(Tensor(a!) self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)` */
  "addmm_": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  "addmv": (
    self: Tensor,
    mat: Tensor,
    vec: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::addmv_(Tensor(a!) self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)` */
  "addmv_": (
    self: Tensor,
    mat: Tensor,
    vec: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  "addr": (
    self: Tensor,
    vec1: Tensor,
    vec2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::addr_(Tensor(a!) self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)` */
  "addr_": (
    self: Tensor,
    vec1: Tensor,
    vec2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::adjoint(Tensor(a) self) -> Tensor(a)` */
  "adjoint": (self: Tensor) => Tensor;
  /** `aten::affine_grid_generator(Tensor theta, SymInt[] size, bool align_corners) -> Tensor` */
  "affine_grid_generator": (
    theta: Tensor,
    size: readonly number[],
    align_corners: boolean,
  ) => Tensor;
  /** `aten::affine_grid_generator_backward(Tensor grad, SymInt[] size, bool align_corners) -> Tensor` */
  "affine_grid_generator_backward": (
    grad: Tensor,
    size: readonly number[],
    align_corners: boolean,
  ) => Tensor;
  /** `aten::alias(Tensor(a) self) -> Tensor(a)` */
  "alias": (self: Tensor) => Tensor;
  /** `aten::alias_copy(Tensor self) -> Tensor` */
  "alias_copy": (self: Tensor) => Tensor;
  /** `aten::all(Tensor self) -> Tensor` */
  "all": (self: Tensor) => Tensor;
  /** `aten::all.dim(Tensor self, int dim, bool keepdim=False) -> Tensor` */
  "all.dim": (self: Tensor, dim: number, keepdim?: boolean) => Tensor;
  /** `aten::all.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor` */
  "all.dims": (
    self: Tensor,
    dim?: readonly number[] | null,
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::allclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> bool` */
  "allclose": (
    self: Tensor,
    other: Tensor | number,
    rtol?: number,
    atol?: number,
    equal_nan?: boolean,
  ) => boolean;
  /** `aten::alpha_dropout(Tensor input, float p, bool train) -> Tensor` */
  "alpha_dropout": (input: Tensor, p: number, train: boolean) => Tensor;
  /** `aten::alpha_dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)` */
  "alpha_dropout_": (self: Tensor, p: number, train: boolean) => Tensor;
  /** `aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor` */
  "amax": (
    self: Tensor,
    dim?: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor` */
  "amin": (
    self: Tensor,
    dim?: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)` */
  "aminmax": (
    self: Tensor,
    options?: { dim?: number | null; keepdim?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::angle(Tensor self) -> Tensor` */
  "angle": (self: Tensor) => Tensor;
  /** `aten::any(Tensor self) -> Tensor` */
  "any": (self: Tensor) => Tensor;
  /** `aten::any.dim(Tensor self, int dim, bool keepdim=False) -> Tensor` */
  "any.dim": (self: Tensor, dim: number, keepdim?: boolean) => Tensor;
  /** `aten::any.dims(Tensor self, int[]? dim=None, bool keepdim=False) -> Tensor` */
  "any.dims": (
    self: Tensor,
    dim?: readonly number[] | null,
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::arange(Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "arange": (
    end: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::arange.start(Scalar start, Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "arange.start": (
    start: Scalar,
    end: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::arange.start_step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "arange.start_step": (
    start: Scalar,
    end: Scalar,
    step?: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::arccos(Tensor self) -> Tensor` */
  "arccos": (self: Tensor) => Tensor;
  /** `aten::arccos_(Tensor(a!) self) -> Tensor(a!)` */
  "arccos_": (self: Tensor) => Tensor;
  /** `aten::arccosh(Tensor self) -> Tensor` */
  "arccosh": (self: Tensor) => Tensor;
  /** `aten::arccosh_(Tensor(a!) self) -> Tensor(a!)` */
  "arccosh_": (self: Tensor) => Tensor;
  /** `aten::arcsin(Tensor self) -> Tensor` */
  "arcsin": (self: Tensor) => Tensor;
  /** `aten::arcsin_(Tensor(a!) self) -> Tensor(a!)` */
  "arcsin_": (self: Tensor) => Tensor;
  /** `aten::arcsinh(Tensor self) -> Tensor` */
  "arcsinh": (self: Tensor) => Tensor;
  /** `aten::arcsinh_(Tensor(a!) self) -> Tensor(a!)` */
  "arcsinh_": (self: Tensor) => Tensor;
  /** `aten::arctan(Tensor self) -> Tensor` */
  "arctan": (self: Tensor) => Tensor;
  /** `aten::arctan2(Tensor self, Tensor other) -> Tensor` */
  "arctan2": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::arctan2_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "arctan2_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::arctan_(Tensor(a!) self) -> Tensor(a!)` */
  "arctan_": (self: Tensor) => Tensor;
  /** `aten::arctanh(Tensor self) -> Tensor` */
  "arctanh": (self: Tensor) => Tensor;
  /** `aten::arctanh_(Tensor(a!) self) -> Tensor(a!)` */
  "arctanh_": (self: Tensor) => Tensor;
  /** `aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor` */
  "argmax": (self: Tensor, dim?: number | null, keepdim?: boolean) => Tensor;
  /** `aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor` */
  "argmin": (self: Tensor, dim?: number | null, keepdim?: boolean) => Tensor;
  /** `aten::argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor` */
  "argsort": (self: Tensor, dim?: number, descending?: boolean) => Tensor;
  /** `aten::argsort.stable(Tensor self, *, bool stable, int dim=-1, bool descending=False) -> Tensor` */
  "argsort.stable": (
    self: Tensor,
    options: { stable: boolean; dim?: number; descending?: boolean },
  ) => Tensor;
  /** `aten::argwhere(Tensor self) -> Tensor` */
  "argwhere": (self: Tensor) => Tensor;
  /** `aten::as_strided(Tensor(a) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor(a)` */
  "as_strided": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
    storage_offset?: number | null,
  ) => Tensor;
  /** `aten::as_strided_(Tensor(a!) self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor(a!)` */
  "as_strided_": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
    storage_offset?: number | null,
  ) => Tensor;
  /** `aten::as_strided_copy(Tensor self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor` */
  "as_strided_copy": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
    storage_offset?: number | null,
  ) => Tensor;
  /** `aten::as_strided_scatter(Tensor self, Tensor src, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor` */
  "as_strided_scatter": (
    self: Tensor,
    src: Tensor,
    size: readonly number[],
    stride: readonly number[],
    storage_offset?: number | null,
  ) => Tensor;
  /** `aten::asin(Tensor self) -> Tensor` */
  "asin": (self: Tensor) => Tensor;
  /** `aten::asin_(Tensor(a!) self) -> Tensor(a!)` */
  "asin_": (self: Tensor) => Tensor;
  /** `aten::asinh(Tensor self) -> Tensor` */
  "asinh": (self: Tensor) => Tensor;
  /** `aten::asinh_(Tensor(a!) self) -> Tensor(a!)` */
  "asinh_": (self: Tensor) => Tensor;
  /** `aten::atan(Tensor self) -> Tensor` */
  "atan": (self: Tensor) => Tensor;
  /** `aten::atan2(Tensor self, Tensor other) -> Tensor` */
  "atan2": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::atan2_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "atan2_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::atan_(Tensor(a!) self) -> Tensor(a!)` */
  "atan_": (self: Tensor) => Tensor;
  /** `aten::atanh(Tensor self) -> Tensor` */
  "atanh": (self: Tensor) => Tensor;
  /** `aten::atanh_(Tensor(a!) self) -> Tensor(a!)` */
  "atanh_": (self: Tensor) => Tensor;
  /** `aten::atleast_1d(Tensor self) -> Tensor` */
  "atleast_1d": (self: Tensor) => Tensor;
  /** `aten::atleast_1d.Sequence(Tensor[] tensors) -> Tensor[]` */
  "atleast_1d.Sequence": (tensors: readonly Tensor[]) => Tensor[];
  /** `aten::atleast_2d(Tensor self) -> Tensor` */
  "atleast_2d": (self: Tensor) => Tensor;
  /** `aten::atleast_2d.Sequence(Tensor[] tensors) -> Tensor[]` */
  "atleast_2d.Sequence": (tensors: readonly Tensor[]) => Tensor[];
  /** `aten::atleast_3d(Tensor self) -> Tensor` */
  "atleast_3d": (self: Tensor) => Tensor;
  /** `aten::atleast_3d.Sequence(Tensor[] tensors) -> Tensor[]` */
  "atleast_3d.Sequence": (tensors: readonly Tensor[]) => Tensor[];
  /** `aten::avg_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], bool ceil_mode=False, bool count_include_pad=True) -> Tensor` */
  "avg_pool1d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    ceil_mode?: boolean,
    count_include_pad?: boolean,
  ) => Tensor;
  /** `aten::avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor` */
  "avg_pool2d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    ceil_mode?: boolean,
    count_include_pad?: boolean,
    divisor_override?: number | null,
  ) => Tensor;
  /** `aten::avg_pool2d_backward(Tensor grad_output, Tensor self, int[2] kernel_size, int[2] stride, int[2] padding, bool ceil_mode, bool count_include_pad, int? divisor_override) -> Tensor` */
  "avg_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    kernel_size: number | readonly number[],
    stride: number | readonly number[],
    padding: number | readonly number[],
    ceil_mode: boolean,
    count_include_pad: boolean,
    divisor_override: number | null,
  ) => Tensor;
  /** `aten::avg_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor` */
  "avg_pool3d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    ceil_mode?: boolean,
    count_include_pad?: boolean,
    divisor_override?: number | null,
  ) => Tensor;
  /** `aten::avg_pool3d_backward(Tensor grad_output, Tensor self, int[3] kernel_size, int[3] stride, int[3] padding, bool ceil_mode, bool count_include_pad, int? divisor_override) -> Tensor` */
  "avg_pool3d_backward": (
    grad_output: Tensor,
    self: Tensor,
    kernel_size: number | readonly number[],
    stride: number | readonly number[],
    padding: number | readonly number[],
    ceil_mode: boolean,
    count_include_pad: boolean,
    divisor_override: number | null,
  ) => Tensor;
  /** `aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  "baddbmm": (
    self: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::baddbmm.dtype(Tensor self, Tensor batch1, Tensor batch2, ScalarType out_dtype, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  "baddbmm.dtype": (
    self: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    out_dtype: DType,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::baddbmm_(Tensor(a!) self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor(a!)` */
  "baddbmm_": (
    self: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::bartlett_window(int window_length, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "bartlett_window": (
    window_length: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::bartlett_window.periodic(int window_length, bool periodic, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "bartlett_window.periodic": (
    window_length: number,
    periodic: boolean,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor` */
  "batch_norm": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    training: boolean,
    momentum: number,
    eps: number,
    cudnn_enabled: boolean,
  ) => Tensor;
  /** `aten::batch_norm_backward(Tensor grad_out, Tensor input, Tensor weight, Tensor? running_mean, Tensor? running_var, Tensor? save_mean, Tensor? save_var, bool update, float eps, bool[3] output_mask, Tensor reserve) -> (Tensor, Tensor, Tensor)` */
  "batch_norm_backward": (
    grad_out: Tensor,
    input: Tensor,
    weight: Tensor,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    save_mean: Tensor | null,
    save_var: Tensor | null,
    update: boolean,
    eps: number,
    output_mask: boolean | readonly boolean[],
    reserve: Tensor,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::batch_norm_backward_elemt(Tensor grad_out, Tensor input, Tensor mean, Tensor invstd, Tensor? weight, Tensor sum_dy, Tensor sum_dy_xmu, Tensor count) -> Tensor` */
  "batch_norm_backward_elemt": (
    grad_out: Tensor,
    input: Tensor,
    mean: Tensor,
    invstd: Tensor,
    weight: Tensor | null,
    sum_dy: Tensor,
    sum_dy_xmu: Tensor,
    count: Tensor,
  ) => Tensor;
  /** `aten::batch_norm_backward_reduce(Tensor grad_out, Tensor input, Tensor mean, Tensor invstd, Tensor? weight, bool input_g, bool weight_g, bool bias_g) -> (Tensor, Tensor, Tensor, Tensor)` */
  "batch_norm_backward_reduce": (
    grad_out: Tensor,
    input: Tensor,
    mean: Tensor,
    invstd: Tensor,
    weight: Tensor | null,
    input_g: boolean,
    weight_g: boolean,
    bias_g: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::batch_norm_elemt(Tensor input, Tensor? weight, Tensor? bias, Tensor mean, Tensor invstd, float eps) -> Tensor` */
  "batch_norm_elemt": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    mean: Tensor,
    invstd: Tensor,
    eps: number,
  ) => Tensor;
  /** `aten::batch_norm_gather_stats(Tensor input, Tensor mean, Tensor invstd, Tensor? running_mean, Tensor? running_var, float momentum, float eps, int count) -> (Tensor, Tensor)` */
  "batch_norm_gather_stats": (
    input: Tensor,
    mean: Tensor,
    invstd: Tensor,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    momentum: number,
    eps: number,
    count: number,
  ) => [Tensor, Tensor];
  /** `aten::batch_norm_gather_stats_with_counts(Tensor input, Tensor mean, Tensor invstd, Tensor? running_mean, Tensor? running_var, float momentum, float eps, Tensor counts) -> (Tensor, Tensor)` */
  "batch_norm_gather_stats_with_counts": (
    input: Tensor,
    mean: Tensor,
    invstd: Tensor,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    momentum: number,
    eps: number,
    counts: Tensor,
  ) => [Tensor, Tensor];
  /** `aten::batch_norm_stats(Tensor input, float eps) -> (Tensor, Tensor)` */
  "batch_norm_stats": (input: Tensor, eps: number) => [Tensor, Tensor];
  /** `aten::batch_norm_update_stats(Tensor input, Tensor? running_mean, Tensor? running_var, float momentum) -> (Tensor, Tensor)` */
  "batch_norm_update_stats": (
    input: Tensor,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    momentum: number,
  ) => [Tensor, Tensor];
  /** `aten::bernoulli(Tensor self, *, Generator? generator=None) -> Tensor` */
  "bernoulli": (self: Tensor, options?: { generator?: never | null }) => Tensor;
  /** `aten::bernoulli.Tensor(Tensor self, Tensor p, *, Generator? generator=None) -> Tensor` */
  "bernoulli.Tensor": (
    self: Tensor,
    p: Tensor,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::bernoulli.p(Tensor self, float p, *, Generator? generator=None) -> Tensor` */
  "bernoulli.p": (
    self: Tensor,
    p: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::bernoulli_.Tensor(Tensor(a!) self, Tensor p, *, Generator? generator=None) -> Tensor(a!)` */
  "bernoulli_.Tensor": (
    self: Tensor,
    p: Tensor,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None) -> Tensor(a!)` */
  "bernoulli_.float": (
    self: Tensor,
    p?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias=None) -> Tensor` */
  "bilinear": (
    input1: Tensor,
    input2: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
  ) => Tensor;
  /** `aten::binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=1) -> Tensor` */
  "binary_cross_entropy": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
  ) => Tensor;
  /** `aten::binary_cross_entropy_backward(Tensor grad_output, Tensor self, Tensor target, Tensor? weight=None, int reduction=1) -> Tensor` */
  "binary_cross_entropy_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
  ) => Tensor;
  /** `aten::binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, int reduction=1) -> Tensor` */
  "binary_cross_entropy_with_logits": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    pos_weight?: Tensor | null,
    reduction?: number,
  ) => Tensor;
  /** `aten::bincount(Tensor self, Tensor? weights=None, SymInt minlength=0) -> Tensor` */
  "bincount": (
    self: Tensor,
    weights?: Tensor | null,
    minlength?: number,
  ) => Tensor;
  /** `aten::binomial(Tensor count, Tensor prob, Generator? generator=None) -> Tensor` */
  "binomial": (count: Tensor, prob: Tensor, generator?: never | null) => Tensor;
  /** `aten::bitwise_and.Scalar(Tensor self, Scalar other) -> Tensor` */
  "bitwise_and.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::bitwise_and.Scalar_Tensor(Scalar self, Tensor other) -> Tensor` */
  "bitwise_and.Scalar_Tensor": (self: Scalar, other: Tensor | number) => Tensor;
  /** `aten::bitwise_and.Tensor(Tensor self, Tensor other) -> Tensor` */
  "bitwise_and.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::bitwise_and_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "bitwise_and_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::bitwise_and_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "bitwise_and_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::bitwise_left_shift.Scalar_Tensor(Scalar self, Tensor other) -> Tensor` */
  "bitwise_left_shift.Scalar_Tensor": (
    self: Scalar,
    other: Tensor | number,
  ) => Tensor;
  /** `aten::bitwise_left_shift.Tensor(Tensor self, Tensor other) -> Tensor` */
  "bitwise_left_shift.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::bitwise_left_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor` */
  "bitwise_left_shift.Tensor_Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::bitwise_left_shift_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "bitwise_left_shift_.Tensor": (
    self: Tensor,
    other: Tensor | number,
  ) => Tensor;
  /** `aten::bitwise_left_shift_.Tensor_Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "bitwise_left_shift_.Tensor_Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::bitwise_not(Tensor self) -> Tensor` */
  "bitwise_not": (self: Tensor) => Tensor;
  /** `aten::bitwise_not_(Tensor(a!) self) -> Tensor(a!)` */
  "bitwise_not_": (self: Tensor) => Tensor;
  /** `aten::bitwise_or.Scalar(Tensor self, Scalar other) -> Tensor` */
  "bitwise_or.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::bitwise_or.Scalar_Tensor(Scalar self, Tensor other) -> Tensor` */
  "bitwise_or.Scalar_Tensor": (self: Scalar, other: Tensor | number) => Tensor;
  /** `aten::bitwise_or.Tensor(Tensor self, Tensor other) -> Tensor` */
  "bitwise_or.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::bitwise_or_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "bitwise_or_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::bitwise_or_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "bitwise_or_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::bitwise_right_shift.Scalar_Tensor(Scalar self, Tensor other) -> Tensor` */
  "bitwise_right_shift.Scalar_Tensor": (
    self: Scalar,
    other: Tensor | number,
  ) => Tensor;
  /** `aten::bitwise_right_shift.Tensor(Tensor self, Tensor other) -> Tensor` */
  "bitwise_right_shift.Tensor": (
    self: Tensor,
    other: Tensor | number,
  ) => Tensor;
  /** `aten::bitwise_right_shift.Tensor_Scalar(Tensor self, Scalar other) -> Tensor` */
  "bitwise_right_shift.Tensor_Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::bitwise_right_shift_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "bitwise_right_shift_.Tensor": (
    self: Tensor,
    other: Tensor | number,
  ) => Tensor;
  /** `aten::bitwise_right_shift_.Tensor_Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "bitwise_right_shift_.Tensor_Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::bitwise_xor.Scalar(Tensor self, Scalar other) -> Tensor` */
  "bitwise_xor.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::bitwise_xor.Scalar_Tensor(Scalar self, Tensor other) -> Tensor` */
  "bitwise_xor.Scalar_Tensor": (self: Scalar, other: Tensor | number) => Tensor;
  /** `aten::bitwise_xor.Tensor(Tensor self, Tensor other) -> Tensor` */
  "bitwise_xor.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::bitwise_xor_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "bitwise_xor_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::bitwise_xor_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "bitwise_xor_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::blackman_window(int window_length, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "blackman_window": (
    window_length: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::blackman_window.periodic(int window_length, bool periodic, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "blackman_window.periodic": (
    window_length: number,
    periodic: boolean,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::block_diag(Tensor[] tensors) -> Tensor` */
  "block_diag": (tensors: readonly Tensor[]) => Tensor;
  /** `aten::bmm(Tensor self, Tensor mat2) -> Tensor` */
  "bmm": (self: Tensor, mat2: Tensor) => Tensor;
  /** `aten::bmm.dtype(Tensor self, Tensor mat2, ScalarType out_dtype) -> Tensor` */
  "bmm.dtype": (self: Tensor, mat2: Tensor, out_dtype: DType) => Tensor;
  /** `aten::broadcast_tensors(Tensor[] tensors) -> Tensor[]` */
  "broadcast_tensors": (tensors: readonly Tensor[]) => Tensor[];
  /** `aten::broadcast_to(Tensor(a) self, SymInt[] size) -> Tensor(a)` */
  "broadcast_to": (self: Tensor, size: readonly number[]) => Tensor;
  /** `aten::bucketize.Scalar(Scalar self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor` */
  "bucketize.Scalar": (
    self: Scalar,
    boundaries: Tensor,
    options?: { out_int32?: boolean; right?: boolean },
  ) => Tensor;
  /** `aten::bucketize.Tensor(Tensor self, Tensor boundaries, *, bool out_int32=False, bool right=False) -> Tensor` */
  "bucketize.Tensor": (
    self: Tensor,
    boundaries: Tensor,
    options?: { out_int32?: boolean; right?: boolean },
  ) => Tensor;
  /** `aten::can_cast(ScalarType from_, ScalarType to) -> bool` */
  "can_cast": (from_: DType, to: DType) => boolean;
  /** `aten::cartesian_prod(Tensor[] tensors) -> Tensor` */
  "cartesian_prod": (tensors: readonly Tensor[]) => Tensor;
  /** `aten::cat(Tensor[] tensors, int dim=0) -> Tensor` */
  "cat": (tensors: readonly Tensor[], dim?: number) => Tensor;
  /** `aten::cauchy(Tensor self, float median=0., float sigma=1., *, Generator? generator=None) -> Tensor` */
  "cauchy": (
    self: Tensor,
    median?: number,
    sigma?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::cauchy_(Tensor(a!) self, float median=0., float sigma=1., *, Generator? generator=None) -> Tensor(a!)` */
  "cauchy_": (
    self: Tensor,
    median?: number,
    sigma?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::ccol_indices(Tensor(a) self) -> Tensor(a)` */
  "ccol_indices": (self: Tensor) => Tensor;
  /** `aten::ccol_indices_copy(Tensor self) -> Tensor` */
  "ccol_indices_copy": (self: Tensor) => Tensor;
  /** `aten::cdist(Tensor x1, Tensor x2, float p=2., int? compute_mode=None) -> Tensor` */
  "cdist": (
    x1: Tensor,
    x2: Tensor,
    p?: number,
    compute_mode?: number | null,
  ) => Tensor;
  /** `aten::ceil(Tensor self) -> Tensor` */
  "ceil": (self: Tensor) => Tensor;
  /** `aten::ceil_(Tensor(a!) self) -> Tensor(a!)` */
  "ceil_": (self: Tensor) => Tensor;
  /** `aten::celu(Tensor self, Scalar alpha=1.) -> Tensor` */
  "celu": (self: Tensor, alpha?: Scalar) => Tensor;
  /** `aten::celu_(Tensor(a!) self, Scalar alpha=1.) -> Tensor(a!)` */
  "celu_": (self: Tensor, alpha?: Scalar) => Tensor;
  /** `aten::chain_matmul(Tensor[] matrices) -> Tensor` */
  "chain_matmul": (matrices: readonly Tensor[]) => Tensor;
  /** `aten::chalf(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor` */
  "chalf": (
    self: Tensor,
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  /** `aten::channel_shuffle(Tensor self, SymInt groups) -> Tensor` */
  "channel_shuffle": (self: Tensor, groups: number) => Tensor;
  /** `aten::cholesky(Tensor self, bool upper=False) -> Tensor` */
  "cholesky": (self: Tensor, upper?: boolean) => Tensor;
  /** `aten::cholesky_inverse(Tensor self, bool upper=False) -> Tensor` */
  "cholesky_inverse": (self: Tensor, upper?: boolean) => Tensor;
  /** `aten::cholesky_solve(Tensor self, Tensor input2, bool upper=False) -> Tensor` */
  "cholesky_solve": (self: Tensor, input2: Tensor, upper?: boolean) => Tensor;
  /** `aten::choose_qparams_optimized(Tensor input, int numel, int n_bins, float ratio, int bit_width) -> (Tensor, Tensor)` */
  "choose_qparams_optimized": (
    input: Tensor,
    numel: number,
    n_bins: number,
    ratio: number,
    bit_width: number,
  ) => [Tensor, Tensor];
  /** `aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]` */
  "chunk": (self: Tensor, chunks: number, dim?: number) => Tensor[];
  /** `aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor` */
  "clamp": (self: Tensor, min?: Scalar | null, max?: Scalar | null) => Tensor;
  /** `aten::clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor` */
  "clamp.Tensor": (
    self: Tensor,
    min?: Tensor | null,
    max?: Tensor | null,
  ) => Tensor;
  /** `aten::clamp_(Tensor(a!) self, Scalar? min=None, Scalar? max=None) -> Tensor(a!)` */
  "clamp_": (self: Tensor, min?: Scalar | null, max?: Scalar | null) => Tensor;
  /** `aten::clamp_.Tensor(Tensor(a!) self, Tensor? min=None, Tensor? max=None) -> Tensor(a!)` */
  "clamp_.Tensor": (
    self: Tensor,
    min?: Tensor | null,
    max?: Tensor | null,
  ) => Tensor;
  /** `aten::clamp_max(Tensor self, Scalar max) -> Tensor` */
  "clamp_max": (self: Tensor, max: Scalar) => Tensor;
  /** `aten::clamp_max.Tensor(Tensor self, Tensor max) -> Tensor` */
  "clamp_max.Tensor": (self: Tensor, max: Tensor) => Tensor;
  /** `aten::clamp_max_(Tensor(a!) self, Scalar max) -> Tensor(a!)` */
  "clamp_max_": (self: Tensor, max: Scalar) => Tensor;
  /** `aten::clamp_max_.Tensor(Tensor(a!) self, Tensor max) -> Tensor(a!)` */
  "clamp_max_.Tensor": (self: Tensor, max: Tensor) => Tensor;
  /** `aten::clamp_min(Tensor self, Scalar min) -> Tensor` */
  "clamp_min": (self: Tensor, min: Scalar) => Tensor;
  /** `aten::clamp_min.Tensor(Tensor self, Tensor min) -> Tensor` */
  "clamp_min.Tensor": (self: Tensor, min: Tensor) => Tensor;
  /** `aten::clamp_min_(Tensor(a!) self, Scalar min) -> Tensor(a!)` */
  "clamp_min_": (self: Tensor, min: Scalar) => Tensor;
  /** `aten::clamp_min_.Tensor(Tensor(a!) self, Tensor min) -> Tensor(a!)` */
  "clamp_min_.Tensor": (self: Tensor, min: Tensor) => Tensor;
  /** `aten::clip(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor` */
  "clip": (self: Tensor, min?: Scalar | null, max?: Scalar | null) => Tensor;
  /** `aten::clip.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor` */
  "clip.Tensor": (
    self: Tensor,
    min?: Tensor | null,
    max?: Tensor | null,
  ) => Tensor;
  /** `aten::clip_(Tensor(a!) self, Scalar? min=None, Scalar? max=None) -> Tensor(a!)` */
  "clip_": (self: Tensor, min?: Scalar | null, max?: Scalar | null) => Tensor;
  /** `aten::clip_.Tensor(Tensor(a!) self, Tensor? min=None, Tensor? max=None) -> Tensor(a!)` */
  "clip_.Tensor": (
    self: Tensor,
    min?: Tensor | null,
    max?: Tensor | null,
  ) => Tensor;
  /** `aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor` */
  "clone": (
    self: Tensor,
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  /** `aten::coalesce(Tensor(a) self) -> Tensor(a)` */
  "coalesce": (self: Tensor) => Tensor;
  /** `aten::col2im(Tensor self, SymInt[2] output_size, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor` */
  "col2im": (
    self: Tensor,
    output_size: number | readonly number[],
    kernel_size: number | readonly number[],
    dilation: number | readonly number[],
    padding: number | readonly number[],
    stride: number | readonly number[],
  ) => Tensor;
  /** `aten::col_indices(Tensor(a) self) -> Tensor(a)` */
  "col_indices": (self: Tensor) => Tensor;
  /** `aten::col_indices_copy(Tensor self) -> Tensor` */
  "col_indices_copy": (self: Tensor) => Tensor;
  /** `aten::column_stack(Tensor[] tensors) -> Tensor` */
  "column_stack": (tensors: readonly Tensor[]) => Tensor;
  /** `aten::combinations(Tensor self, int r=2, bool with_replacement=False) -> Tensor` */
  "combinations": (
    self: Tensor,
    r?: number,
    with_replacement?: boolean,
  ) => Tensor;
  /** `aten::complex(Tensor real, Tensor imag) -> Tensor` */
  "complex": (real: Tensor, imag: Tensor) => Tensor;
  /** `aten::concat(Tensor[] tensors, int dim=0) -> Tensor` */
  "concat": (tensors: readonly Tensor[], dim?: number) => Tensor;
  /** `aten::concatenate(Tensor[] tensors, int dim=0) -> Tensor` */
  "concatenate": (tensors: readonly Tensor[], dim?: number) => Tensor;
  /** `aten::conj(Tensor(a) self) -> Tensor(a)` */
  "conj": (self: Tensor) => Tensor;
  /** `aten::conj_physical(Tensor self) -> Tensor` */
  "conj_physical": (self: Tensor) => Tensor;
  /** `aten::conj_physical_(Tensor(a!) self) -> Tensor(a!)` */
  "conj_physical_": (self: Tensor) => Tensor;
  /** `aten::constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0) -> Tensor` */
  "constant_pad_nd": (
    self: Tensor,
    pad: readonly number[],
    value?: Scalar,
  ) => Tensor;
  /** `aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)` */
  "contiguous": (
    self: Tensor,
    options?: { memory_format?: MemoryFormat },
  ) => Tensor;
  /** `aten::conv1d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=[1], SymInt[1] padding=[0], SymInt[1] dilation=[1], SymInt groups=1) -> Tensor` */
  "conv1d": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  /** `aten::conv1d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=[1], str padding="valid", SymInt[1] dilation=[1], SymInt groups=1) -> Tensor` */
  "conv1d.padding": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: string,
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  /** `aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], SymInt[2] padding=[0, 0], SymInt[2] dilation=[1, 1], SymInt groups=1) -> Tensor` */
  "conv2d": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  /** `aten::conv2d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], str padding="valid", SymInt[2] dilation=[1, 1], SymInt groups=1) -> Tensor` */
  "conv2d.padding": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: string,
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  /** `aten::conv3d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], SymInt[3] padding=[0, 0, 0], SymInt[3] dilation=[1, 1, 1], SymInt groups=1) -> Tensor` */
  "conv3d": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  /** `aten::conv3d.padding(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], str padding="valid", SymInt[3] dilation=[1, 1, 1], SymInt groups=1) -> Tensor` */
  "conv3d.padding": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: string,
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  /** `aten::conv_depthwise3d(Tensor self, Tensor weight, SymInt[3] kernel_size, Tensor? bias, SymInt[3] stride, SymInt[3] padding, SymInt[3] dilation) -> Tensor` */
  "conv_depthwise3d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias: Tensor | null,
    stride: number | readonly number[],
    padding: number | readonly number[],
    dilation: number | readonly number[],
  ) => Tensor;
  /** `aten::conv_tbc(Tensor self, Tensor weight, Tensor bias, int pad=0) -> Tensor` */
  "conv_tbc": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor,
    pad?: number,
  ) => Tensor;
  /** `aten::conv_tbc_backward(Tensor self, Tensor input, Tensor weight, Tensor bias, int pad) -> (Tensor, Tensor, Tensor)` */
  "conv_tbc_backward": (
    self: Tensor,
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    pad: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::conv_transpose1d(Tensor input, Tensor weight, Tensor? bias=None, SymInt[1] stride=[1], SymInt[1] padding=[0], SymInt[1] output_padding=[0], SymInt groups=1, SymInt[1] dilation=[1]) -> Tensor` */
  "conv_transpose1d": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    output_padding?: number | readonly number[],
    groups?: number,
    dilation?: number | readonly number[],
  ) => Tensor;
  /** `aten::conv_transpose2d.input(Tensor input, Tensor weight, Tensor? bias=None, SymInt[2] stride=[1, 1], SymInt[2] padding=[0, 0], SymInt[2] output_padding=[0, 0], SymInt groups=1, SymInt[2] dilation=[1, 1]) -> Tensor` */
  "conv_transpose2d.input": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    output_padding?: number | readonly number[],
    groups?: number,
    dilation?: number | readonly number[],
  ) => Tensor;
  /** `aten::conv_transpose3d.input(Tensor input, Tensor weight, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], SymInt[3] padding=[0, 0, 0], SymInt[3] output_padding=[0, 0, 0], SymInt groups=1, SymInt[3] dilation=[1, 1, 1]) -> Tensor` */
  "conv_transpose3d.input": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    output_padding?: number | readonly number[],
    groups?: number,
    dilation?: number | readonly number[],
  ) => Tensor;
  /** `aten::convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups) -> Tensor` */
  "convolution": (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    transposed: boolean,
    output_padding: readonly number[],
    groups: number,
  ) => Tensor;
  /** `aten::convolution_backward(Tensor grad_output, Tensor input, Tensor weight, SymInt[]? bias_sizes, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups, bool[3] output_mask) -> (Tensor, Tensor, Tensor)` */
  "convolution_backward": (
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor,
    bias_sizes: readonly number[] | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    transposed: boolean,
    output_padding: readonly number[],
    groups: number,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  /** `aten::convolution_backward_overrideable(Tensor grad_output, Tensor input, Tensor weight, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups, bool[3] output_mask) -> (Tensor grad_input, Tensor grad_weight, Tensor grad_bias)` */
  "convolution_backward_overrideable": (
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    transposed: boolean,
    output_padding: readonly number[],
    groups: number,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  /** `aten::convolution_overrideable(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups) -> Tensor` */
  "convolution_overrideable": (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    transposed: boolean,
    output_padding: readonly number[],
    groups: number,
  ) => Tensor;
  /** `aten::copy(Tensor self, Tensor src, bool non_blocking=False) -> Tensor` */
  "copy": (self: Tensor, src: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)` */
  "copy_": (self: Tensor, src: Tensor, non_blocking?: boolean) => Tensor;
  /** `aten::copy_sparse_to_sparse(Tensor self, Tensor src, bool non_blocking=False) -> Tensor` */
  "copy_sparse_to_sparse": (
    self: Tensor,
    src: Tensor,
    non_blocking?: boolean,
  ) => Tensor;
  /** `aten::copy_sparse_to_sparse_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)` */
  "copy_sparse_to_sparse_": (
    self: Tensor,
    src: Tensor,
    non_blocking?: boolean,
  ) => Tensor;
  /** `aten::copysign.Scalar(Tensor self, Scalar other) -> Tensor` */
  "copysign.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::copysign.Tensor(Tensor self, Tensor other) -> Tensor` */
  "copysign.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::copysign_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "copysign_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::copysign_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "copysign_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::corrcoef(Tensor self) -> Tensor` */
  "corrcoef": (self: Tensor) => Tensor;
  /** `aten::cos(Tensor self) -> Tensor` */
  "cos": (self: Tensor) => Tensor;
  /** `aten::cos_(Tensor(a!) self) -> Tensor(a!)` */
  "cos_": (self: Tensor) => Tensor;
  /** `aten::cosh(Tensor self) -> Tensor` */
  "cosh": (self: Tensor) => Tensor;
  /** `aten::cosh_(Tensor(a!) self) -> Tensor(a!)` */
  "cosh_": (self: Tensor) => Tensor;
  /** `aten::cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float margin=0., int reduction=1) -> Tensor` */
  "cosine_embedding_loss": (
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin?: number,
    reduction?: number,
  ) => Tensor;
  /** `aten::cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08) -> Tensor` */
  "cosine_similarity": (
    x1: Tensor,
    x2: Tensor,
    dim?: number,
    eps?: number,
  ) => Tensor;
  /** `aten::count_nonzero(Tensor self, int? dim=None) -> Tensor` */
  "count_nonzero": (self: Tensor, dim?: number | null) => Tensor;
  /** `aten::count_nonzero.dim_IntList(Tensor self, int[] dim) -> Tensor` */
  "count_nonzero.dim_IntList": (self: Tensor, dim: readonly number[]) => Tensor;
  /** `aten::cov(Tensor self, *, int correction=1, Tensor? fweights=None, Tensor? aweights=None) -> Tensor` */
  "cov": (
    self: Tensor,
    options?: {
      correction?: number;
      fweights?: Tensor | null;
      aweights?: Tensor | null;
    },
  ) => Tensor;
  /** `aten::cross(Tensor self, Tensor other, int? dim=None) -> Tensor` */
  "cross": (
    self: Tensor,
    other: Tensor | number,
    dim?: number | null,
  ) => Tensor;
  /** `aten::cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, SymInt ignore_index=-100, float label_smoothing=0.) -> Tensor` */
  "cross_entropy_loss": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
    ignore_index?: number,
    label_smoothing?: number,
  ) => Tensor;
  /** `aten::crow_indices(Tensor(a) self) -> Tensor(a)` */
  "crow_indices": (self: Tensor) => Tensor;
  /** `aten::crow_indices_copy(Tensor self) -> Tensor` */
  "crow_indices_copy": (self: Tensor) => Tensor;
  /** `aten::ctc_loss.IntList(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank=0, int reduction=1, bool zero_infinity=False) -> Tensor` */
  "ctc_loss.IntList": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank?: number,
    reduction?: number,
    zero_infinity?: boolean,
  ) => Tensor;
  /** `aten::ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank=0, int reduction=1, bool zero_infinity=False) -> Tensor` */
  "ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank?: number,
    reduction?: number,
    zero_infinity?: boolean,
  ) => Tensor;
  /** `aten::cudnn_affine_grid_generator(Tensor theta, int N, int C, int H, int W) -> Tensor grid` */
  "cudnn_affine_grid_generator": (
    theta: Tensor,
    N: number,
    C: number,
    H: number,
    W: number,
  ) => Tensor;
  /** `aten::cudnn_affine_grid_generator_backward(Tensor grad, int N, int C, int H, int W) -> Tensor grad_theta` */
  "cudnn_affine_grid_generator_backward": (
    grad: Tensor,
    N: number,
    C: number,
    H: number,
    W: number,
  ) => Tensor;
  /** `aten::cudnn_batch_norm(Tensor input, Tensor weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float exponential_average_factor, float epsilon) -> (Tensor, Tensor, Tensor, Tensor)` */
  "cudnn_batch_norm": (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    training: boolean,
    exponential_average_factor: number,
    epsilon: number,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::cudnn_batch_norm_backward(Tensor input, Tensor grad_output, Tensor weight, Tensor? running_mean, Tensor? running_var, Tensor? save_mean, Tensor? save_var, float epsilon, Tensor reserveSpace) -> (Tensor, Tensor, Tensor)` */
  "cudnn_batch_norm_backward": (
    input: Tensor,
    grad_output: Tensor,
    weight: Tensor,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    save_mean: Tensor | null,
    save_var: Tensor | null,
    epsilon: number,
    reserveSpace: Tensor,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::cudnn_convolution(Tensor self, Tensor weight, SymInt[] padding, SymInt[] stride, SymInt[] dilation, SymInt groups, bool benchmark, bool deterministic, bool allow_tf32) -> Tensor` */
  "cudnn_convolution": (
    self: Tensor,
    weight: Tensor,
    padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
    benchmark: boolean,
    deterministic: boolean,
    allow_tf32: boolean,
  ) => Tensor;
  /** `aten::cudnn_convolution_add_relu(Tensor self, Tensor weight, Tensor z, Scalar? alpha, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, SymInt groups) -> Tensor` */
  "cudnn_convolution_add_relu": (
    self: Tensor,
    weight: Tensor,
    z: Tensor,
    alpha: Scalar | null,
    bias: Tensor | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  /** `aten::cudnn_convolution_relu(Tensor self, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, SymInt groups) -> Tensor` */
  "cudnn_convolution_relu": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  /** `aten::cudnn_convolution_transpose(Tensor self, Tensor weight, SymInt[] padding, SymInt[] output_padding, SymInt[] stride, SymInt[] dilation, SymInt groups, bool benchmark, bool deterministic, bool allow_tf32) -> Tensor` */
  "cudnn_convolution_transpose": (
    self: Tensor,
    weight: Tensor,
    padding: readonly number[],
    output_padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
    benchmark: boolean,
    deterministic: boolean,
    allow_tf32: boolean,
  ) => Tensor;
  /** `aten::cudnn_grid_sampler(Tensor self, Tensor grid) -> Tensor output` */
  "cudnn_grid_sampler": (self: Tensor, grid: Tensor) => Tensor;
  /** `aten::cudnn_grid_sampler_backward(Tensor self, Tensor grid, Tensor grad_output) -> (Tensor grad_self, Tensor grad_grid)` */
  "cudnn_grid_sampler_backward": (
    self: Tensor,
    grid: Tensor,
    grad_output: Tensor,
  ) => [Tensor, Tensor];
  /** `aten::cudnn_is_acceptable(Tensor self) -> bool` */
  "cudnn_is_acceptable": (self: Tensor) => boolean;
  /** `aten::cummax(Tensor self, int dim) -> (Tensor values, Tensor indices)` */
  "cummax": (self: Tensor, dim: number) => [Tensor, Tensor];
  /** `aten::cummaxmin_backward(Tensor grad, Tensor input, Tensor indices, int dim) -> Tensor` */
  "cummaxmin_backward": (
    grad: Tensor,
    input: Tensor,
    indices: Tensor,
    dim: number,
  ) => Tensor;
  /** `aten::cummin(Tensor self, int dim) -> (Tensor values, Tensor indices)` */
  "cummin": (self: Tensor, dim: number) => [Tensor, Tensor];
  /** `aten::cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor` */
  "cumprod": (
    self: Tensor,
    dim: number,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::cumprod_(Tensor(a!) self, int dim, *, ScalarType? dtype=None) -> Tensor(a!)` */
  "cumprod_": (
    self: Tensor,
    dim: number,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::cumprod_backward(Tensor grad, Tensor input, int dim, Tensor output) -> Tensor` */
  "cumprod_backward": (
    grad: Tensor,
    input: Tensor,
    dim: number,
    output: Tensor,
  ) => Tensor;
  /** `aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor` */
  "cumsum": (
    self: Tensor,
    dim: number,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::cumsum_(Tensor(a!) self, int dim, *, ScalarType? dtype=None) -> Tensor(a!)` */
  "cumsum_": (
    self: Tensor,
    dim: number,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::cumulative_trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor` */
  "cumulative_trapezoid.dx": (
    y: Tensor,
    options?: { dx?: Scalar; dim?: number },
  ) => Tensor;
  /** `aten::cumulative_trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor` */
  "cumulative_trapezoid.x": (
    y: Tensor,
    x: Tensor,
    options?: { dim?: number },
  ) => Tensor;
  /** `aten::data(Tensor self) -> Tensor` */
  "data": (self: Tensor) => Tensor;
  /** `aten::deg2rad(Tensor self) -> Tensor` */
  "deg2rad": (self: Tensor) => Tensor;
  /** `aten::deg2rad_(Tensor(a!) self) -> Tensor(a!)` */
  "deg2rad_": (self: Tensor) => Tensor;
  /** `aten::dense_dim(Tensor self) -> int` */
  "dense_dim": (self: Tensor) => number;
  /** `aten::dequantize.self(Tensor self) -> Tensor` */
  "dequantize.self": (self: Tensor) => Tensor;
  /** `aten::dequantize.tensors(Tensor[] tensors) -> Tensor[]` */
  "dequantize.tensors": (tensors: readonly Tensor[]) => Tensor[];
  /** `aten::det(Tensor self) -> Tensor` */
  "det": (self: Tensor) => Tensor;
  /** `aten::detach(Tensor(a) self) -> Tensor(a)` */
  "detach": (self: Tensor) => Tensor;
  /** `aten::detach_(Tensor(a!) self) -> Tensor(a!)` */
  "detach_": (self: Tensor) => Tensor;
  /** `aten::detach_copy(Tensor self) -> Tensor` */
  "detach_copy": (self: Tensor) => Tensor;
  /** `aten::diag(Tensor self, int diagonal=0) -> Tensor` */
  "diag": (self: Tensor, diagonal?: number) => Tensor;
  /** `aten::diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor` */
  "diag_embed": (
    self: Tensor,
    offset?: number,
    dim1?: number,
    dim2?: number,
  ) => Tensor;
  /** `aten::diagflat(Tensor self, int offset=0) -> Tensor` */
  "diagflat": (self: Tensor, offset?: number) => Tensor;
  /** `aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)` */
  "diagonal": (
    self: Tensor,
    offset?: number,
    dim1?: number,
    dim2?: number,
  ) => Tensor;
  /** `aten::diagonal_backward(Tensor grad_output, SymInt[] input_sizes, int offset, int dim1, int dim2) -> Tensor` */
  "diagonal_backward": (
    grad_output: Tensor,
    input_sizes: readonly number[],
    offset: number,
    dim1: number,
    dim2: number,
  ) => Tensor;
  /** `aten::diagonal_copy(Tensor self, int offset=0, int dim1=0, int dim2=1) -> Tensor` */
  "diagonal_copy": (
    self: Tensor,
    offset?: number,
    dim1?: number,
    dim2?: number,
  ) => Tensor;
  /** `aten::diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> Tensor` */
  "diagonal_scatter": (
    self: Tensor,
    src: Tensor,
    offset?: number,
    dim1?: number,
    dim2?: number,
  ) => Tensor;
  /** `aten::diff(Tensor self, int n=1, int dim=-1, Tensor? prepend=None, Tensor? append=None) -> Tensor` */
  "diff": (
    self: Tensor,
    n?: number,
    dim?: number,
    prepend?: Tensor | null,
    append?: Tensor | null,
  ) => Tensor;
  /** `aten::digamma(Tensor self) -> Tensor` */
  "digamma": (self: Tensor) => Tensor;
  /** `aten::digamma_(Tensor(a!) self) -> Tensor(a!)` */
  "digamma_": (self: Tensor) => Tensor;
  /** `aten::dim(Tensor self) -> int` */
  "dim": (self: Tensor) => number;
  /** `aten::dist(Tensor self, Tensor other, Scalar p=2) -> Tensor` */
  "dist": (self: Tensor, other: Tensor | number, p?: Scalar) => Tensor;
  /** `aten::div.Scalar(Tensor self, Scalar other) -> Tensor` */
  "div.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::div.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor` */
  "div.Scalar_mode": (
    self: Tensor,
    other: Scalar,
    options: { rounding_mode: string | null },
  ) => Tensor;
  /** `aten::div.Tensor(Tensor self, Tensor other) -> Tensor` */
  "div.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor` */
  "div.Tensor_mode": (
    self: Tensor,
    other: Tensor | number,
    options: { rounding_mode: string | null },
  ) => Tensor;
  /** `aten::div_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "div_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::div_.Scalar_mode(Tensor(a!) self, Scalar other, *, str? rounding_mode) -> Tensor(a!)` */
  "div_.Scalar_mode": (
    self: Tensor,
    other: Scalar,
    options: { rounding_mode: string | null },
  ) => Tensor;
  /** `aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "div_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::div_.Tensor_mode(Tensor(a!) self, Tensor other, *, str? rounding_mode) -> Tensor(a!)` */
  "div_.Tensor_mode": (
    self: Tensor,
    other: Tensor | number,
    options: { rounding_mode: string | null },
  ) => Tensor;
  /** `aten::divide.Scalar(Tensor self, Scalar other) -> Tensor` */
  "divide.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::divide.Scalar_mode(Tensor self, Scalar other, *, str? rounding_mode) -> Tensor` */
  "divide.Scalar_mode": (
    self: Tensor,
    other: Scalar,
    options: { rounding_mode: string | null },
  ) => Tensor;
  /** `aten::divide.Tensor(Tensor self, Tensor other) -> Tensor` */
  "divide.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::divide.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor` */
  "divide.Tensor_mode": (
    self: Tensor,
    other: Tensor | number,
    options: { rounding_mode: string | null },
  ) => Tensor;
  /** `aten::divide_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "divide_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::divide_.Scalar_mode(Tensor(a!) self, Scalar other, *, str? rounding_mode) -> Tensor(a!)` */
  "divide_.Scalar_mode": (
    self: Tensor,
    other: Scalar,
    options: { rounding_mode: string | null },
  ) => Tensor;
  /** `aten::divide_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "divide_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::divide_.Tensor_mode(Tensor(a!) self, Tensor other, *, str? rounding_mode) -> Tensor(a!)` */
  "divide_.Tensor_mode": (
    self: Tensor,
    other: Tensor | number,
    options: { rounding_mode: string | null },
  ) => Tensor;
  /** `aten::dot(Tensor self, Tensor tensor) -> Tensor` */
  "dot": (self: Tensor, tensor: Tensor) => Tensor;
  /** `aten::dropout(Tensor input, float p, bool train) -> Tensor` */
  "dropout": (input: Tensor, p: number, train: boolean) => Tensor;
  /** `aten::dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)` */
  "dropout_": (self: Tensor, p: number, train: boolean) => Tensor;
  /** `aten::dsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]` */
  "dsplit.array": (self: Tensor, indices: readonly number[]) => Tensor[];
  /** `aten::dsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]` */
  "dsplit.int": (self: Tensor, sections: number) => Tensor[];
  /** `aten::dstack(Tensor[] tensors) -> Tensor` */
  "dstack": (tensors: readonly Tensor[]) => Tensor;
  /** `aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor` */
  "einsum": (
    equation: string,
    tensors: readonly Tensor[],
    options?: { path?: readonly number[] | null },
  ) => Tensor;
  /** `aten::elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor` */
  "elu": (
    self: Tensor,
    alpha?: Scalar,
    scale?: Scalar,
    input_scale?: Scalar,
  ) => Tensor;
  /** `aten::elu_(Tensor(a!) self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor(a!)` */
  "elu_": (
    self: Tensor,
    alpha?: Scalar,
    scale?: Scalar,
    input_scale?: Scalar,
  ) => Tensor;
  /** `aten::elu_backward(Tensor grad_output, Scalar alpha, Scalar scale, Scalar input_scale, bool is_result, Tensor self_or_result) -> Tensor` */
  "elu_backward": (
    grad_output: Tensor,
    alpha: Scalar,
    scale: Scalar,
    input_scale: Scalar,
    is_result: boolean,
    self_or_result: Tensor,
  ) => Tensor;
  /** `aten::embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor` */
  "embedding": (
    weight: Tensor,
    indices: Tensor,
    padding_idx?: number,
    scale_grad_by_freq?: boolean,
    sparse?: boolean,
  ) => Tensor;
  /** `aten::embedding_backward(Tensor grad, Tensor indices, SymInt num_weights, SymInt padding_idx, bool scale_grad_by_freq, bool sparse) -> Tensor` */
  "embedding_backward": (
    grad: Tensor,
    indices: Tensor,
    num_weights: number,
    padding_idx: number,
    scale_grad_by_freq: boolean,
    sparse: boolean,
  ) => Tensor;
  /** `aten::embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, bool sparse=False, Tensor? per_sample_weights=None, bool include_last_offset=False) -> (Tensor, Tensor, Tensor, Tensor)` */
  "embedding_bag": (
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq?: boolean,
    mode?: number,
    sparse?: boolean,
    per_sample_weights?: Tensor | null,
    include_last_offset?: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::embedding_bag.padding_idx(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq, int mode, bool sparse, Tensor? per_sample_weights, bool include_last_offset, int? padding_idx) -> (Tensor, Tensor, Tensor, Tensor)` */
  "embedding_bag.padding_idx": (
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: boolean,
    mode: number,
    sparse: boolean,
    per_sample_weights: Tensor | null,
    include_last_offset: boolean,
    padding_idx: number | null,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::embedding_dense_backward(Tensor grad_output, Tensor indices, SymInt num_weights, SymInt padding_idx, bool scale_grad_by_freq) -> Tensor` */
  "embedding_dense_backward": (
    grad_output: Tensor,
    indices: Tensor,
    num_weights: number,
    padding_idx: number,
    scale_grad_by_freq: boolean,
  ) => Tensor;
  /** `aten::embedding_renorm(Tensor self, Tensor indices, float max_norm, float norm_type) -> Tensor` */
  "embedding_renorm": (
    self: Tensor,
    indices: Tensor,
    max_norm: number,
    norm_type: number,
  ) => Tensor;
  /** `aten::embedding_renorm_(Tensor(a!) self, Tensor indices, float max_norm, float norm_type) -> Tensor(a!)` */
  "embedding_renorm_": (
    self: Tensor,
    indices: Tensor,
    max_norm: number,
    norm_type: number,
  ) => Tensor;
  /** `aten::embedding_sparse_backward(Tensor grad, Tensor indices, int num_weights, int padding_idx, bool scale_grad_by_freq) -> Tensor` */
  "embedding_sparse_backward": (
    grad: Tensor,
    indices: Tensor,
    num_weights: number,
    padding_idx: number,
    scale_grad_by_freq: boolean,
  ) => Tensor;
  /** `aten::empty.memory_format(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "empty.memory_format": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "empty_like": (
    self: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::empty_permuted(SymInt[] size, int[] physical_layout, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "empty_permuted": (
    size: readonly number[],
    physical_layout: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::empty_quantized(int[] size, Tensor qtensor, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "empty_quantized": (
    size: readonly number[],
    qtensor: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::empty_strided(SymInt[] size, SymInt[] stride, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "empty_strided": (
    size: readonly number[],
    stride: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::eq.Scalar(Tensor self, Scalar other) -> Tensor` */
  "eq.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::eq.Tensor(Tensor self, Tensor other) -> Tensor` */
  "eq.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::eq_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "eq_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::eq_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "eq_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::equal(Tensor self, Tensor other) -> bool` */
  "equal": (self: Tensor, other: Tensor | number) => boolean;
  /** `aten::erf(Tensor self) -> Tensor` */
  "erf": (self: Tensor) => Tensor;
  /** `aten::erf_(Tensor(a!) self) -> Tensor(a!)` */
  "erf_": (self: Tensor) => Tensor;
  /** `aten::erfc(Tensor self) -> Tensor` */
  "erfc": (self: Tensor) => Tensor;
  /** `aten::erfc_(Tensor(a!) self) -> Tensor(a!)` */
  "erfc_": (self: Tensor) => Tensor;
  /** `aten::erfinv(Tensor self) -> Tensor` */
  "erfinv": (self: Tensor) => Tensor;
  /** `aten::erfinv_(Tensor(a!) self) -> Tensor(a!)` */
  "erfinv_": (self: Tensor) => Tensor;
  /** `aten::exp(Tensor self) -> Tensor` */
  "exp": (self: Tensor) => Tensor;
  /** `aten::exp2(Tensor self) -> Tensor` */
  "exp2": (self: Tensor) => Tensor;
  /** `aten::exp2_(Tensor(a!) self) -> Tensor(a!)` */
  "exp2_": (self: Tensor) => Tensor;
  /** `aten::exp_(Tensor(a!) self) -> Tensor(a!)` */
  "exp_": (self: Tensor) => Tensor;
  /** `aten::expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)` */
  "expand": (
    self: Tensor,
    size: readonly number[],
    options?: { implicit?: boolean },
  ) => Tensor;
  /** `aten::expand_as(Tensor(a) self, Tensor other) -> Tensor(a)` */
  "expand_as": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::expand_copy(Tensor self, SymInt[] size, *, bool implicit=False) -> Tensor` */
  "expand_copy": (
    self: Tensor,
    size: readonly number[],
    options?: { implicit?: boolean },
  ) => Tensor;
  /** `aten::expm1(Tensor self) -> Tensor` */
  "expm1": (self: Tensor) => Tensor;
  /** `aten::expm1_(Tensor(a!) self) -> Tensor(a!)` */
  "expm1_": (self: Tensor) => Tensor;
  /** `aten::exponential(Tensor self, float lambd=1., *, Generator? generator=None) -> Tensor` */
  "exponential": (
    self: Tensor,
    lambd?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::exponential_(Tensor(a!) self, float lambd=1., *, Generator? generator=None) -> Tensor(a!)` */
  "exponential_": (
    self: Tensor,
    lambd?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::eye(SymInt n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "eye": (
    n: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::eye.m(SymInt n, SymInt m, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "eye.m": (
    n: number,
    m: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::fake_quantize_per_channel_affine(Tensor self, Tensor scale, Tensor zero_point, int axis, int quant_min, int quant_max) -> Tensor` */
  "fake_quantize_per_channel_affine": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    axis: number,
    quant_min: number,
    quant_max: number,
  ) => Tensor;
  /** `aten::fake_quantize_per_channel_affine_cachemask(Tensor self, Tensor scale, Tensor zero_point, int axis, int quant_min, int quant_max) -> (Tensor output, Tensor mask)` */
  "fake_quantize_per_channel_affine_cachemask": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    axis: number,
    quant_min: number,
    quant_max: number,
  ) => [Tensor, Tensor];
  /** `aten::fake_quantize_per_channel_affine_cachemask_backward(Tensor grad, Tensor mask) -> Tensor` */
  "fake_quantize_per_channel_affine_cachemask_backward": (
    grad: Tensor,
    mask: Tensor,
  ) => Tensor;
  /** `aten::fake_quantize_per_tensor_affine(Tensor self, float scale, int zero_point, int quant_min, int quant_max) -> Tensor` */
  "fake_quantize_per_tensor_affine": (
    self: Tensor,
    scale: number,
    zero_point: number,
    quant_min: number,
    quant_max: number,
  ) => Tensor;
  /** `aten::fake_quantize_per_tensor_affine.tensor_qparams(Tensor self, Tensor scale, Tensor zero_point, int quant_min, int quant_max) -> Tensor` */
  "fake_quantize_per_tensor_affine.tensor_qparams": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    quant_min: number,
    quant_max: number,
  ) => Tensor;
  /** `aten::fake_quantize_per_tensor_affine_cachemask(Tensor self, float scale, int zero_point, int quant_min, int quant_max) -> (Tensor output, Tensor mask)` */
  "fake_quantize_per_tensor_affine_cachemask": (
    self: Tensor,
    scale: number,
    zero_point: number,
    quant_min: number,
    quant_max: number,
  ) => [Tensor, Tensor];
  /** `aten::fake_quantize_per_tensor_affine_cachemask_backward(Tensor grad, Tensor mask) -> Tensor` */
  "fake_quantize_per_tensor_affine_cachemask_backward": (
    grad: Tensor,
    mask: Tensor,
  ) => Tensor;
  /** `aten::fbgemm_linear_fp16_weight(Tensor input, Tensor packed_weight, Tensor bias) -> Tensor` */
  "fbgemm_linear_fp16_weight": (
    input: Tensor,
    packed_weight: Tensor,
    bias: Tensor,
  ) => Tensor;
  /** `aten::fbgemm_linear_fp16_weight.out(Tensor input, Tensor packed_weight, Tensor bias, Tensor(a!) output) -> Tensor` */
  "fbgemm_linear_fp16_weight.out": (
    input: Tensor,
    packed_weight: Tensor,
    bias: Tensor,
    output: Tensor,
  ) => Tensor;
  /** `aten::fbgemm_linear_fp16_weight_fp32_activation(Tensor input, Tensor packed_weight, Tensor? bias) -> Tensor` */
  "fbgemm_linear_fp16_weight_fp32_activation": (
    input: Tensor,
    packed_weight: Tensor,
    bias: Tensor | null,
  ) => Tensor;
  /** `aten::fbgemm_linear_fp16_weight_fp32_activation.out(Tensor input, Tensor packed_weight, Tensor? bias, Tensor(a!) output) -> Tensor` */
  "fbgemm_linear_fp16_weight_fp32_activation.out": (
    input: Tensor,
    packed_weight: Tensor,
    bias: Tensor | null,
    output: Tensor,
  ) => Tensor;
  /** `aten::fbgemm_linear_int8_weight(Tensor input, Tensor weight, Tensor packed, Tensor col_offsets, Scalar weight_scale, Scalar weight_zero_point, Tensor bias) -> Tensor` */
  "fbgemm_linear_int8_weight": (
    input: Tensor,
    weight: Tensor,
    packed: Tensor,
    col_offsets: Tensor,
    weight_scale: Scalar,
    weight_zero_point: Scalar,
    bias: Tensor,
  ) => Tensor;
  /** `aten::fbgemm_linear_int8_weight_fp32_activation(Tensor input, Tensor weight, Tensor packed, Tensor col_offsets, Scalar weight_scale, Scalar weight_zero_point, Tensor bias) -> Tensor` */
  "fbgemm_linear_int8_weight_fp32_activation": (
    input: Tensor,
    weight: Tensor,
    packed: Tensor,
    col_offsets: Tensor,
    weight_scale: Scalar,
    weight_zero_point: Scalar,
    bias: Tensor,
  ) => Tensor;
  /** `aten::fbgemm_linear_quantize_weight(Tensor input) -> (Tensor, Tensor, float, int)` */
  "fbgemm_linear_quantize_weight": (
    input: Tensor,
  ) => [Tensor, Tensor, number, number];
  /** `aten::fbgemm_pack_gemm_matrix_fp16(Tensor input) -> Tensor` */
  "fbgemm_pack_gemm_matrix_fp16": (input: Tensor) => Tensor;
  /** `aten::fbgemm_pack_quantized_matrix(Tensor input) -> Tensor` */
  "fbgemm_pack_quantized_matrix": (input: Tensor) => Tensor;
  /** `aten::fbgemm_pack_quantized_matrix.KN(Tensor input, int K, int N) -> Tensor` */
  "fbgemm_pack_quantized_matrix.KN": (
    input: Tensor,
    K: number,
    N: number,
  ) => Tensor;
  /** `aten::feature_alpha_dropout(Tensor input, float p, bool train) -> Tensor` */
  "feature_alpha_dropout": (input: Tensor, p: number, train: boolean) => Tensor;
  /** `aten::feature_alpha_dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)` */
  "feature_alpha_dropout_": (self: Tensor, p: number, train: boolean) => Tensor;
  /** `aten::feature_dropout(Tensor input, float p, bool train) -> Tensor` */
  "feature_dropout": (input: Tensor, p: number, train: boolean) => Tensor;
  /** `aten::feature_dropout_(Tensor(a!) self, float p, bool train) -> Tensor(a!)` */
  "feature_dropout_": (self: Tensor, p: number, train: boolean) => Tensor;
  /** `aten::fft_fft(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor` */
  "fft_fft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_fft2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor` */
  "fft_fft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_fftfreq(int n, float d=1., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "fft_fftfreq": (
    n: number,
    d?: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::fft_fftn(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor` */
  "fft_fftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_fftshift(Tensor self, int[1]? dim=None) -> Tensor` */
  "fft_fftshift": (
    self: Tensor,
    dim?: number | readonly number[] | null,
  ) => Tensor;
  /** `aten::fft_hfft(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor` */
  "fft_hfft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_hfft2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor` */
  "fft_hfft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_hfftn(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor` */
  "fft_hfftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_ifft(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor` */
  "fft_ifft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_ifft2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor` */
  "fft_ifft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_ifftn(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor` */
  "fft_ifftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_ifftshift(Tensor self, int[1]? dim=None) -> Tensor` */
  "fft_ifftshift": (
    self: Tensor,
    dim?: number | readonly number[] | null,
  ) => Tensor;
  /** `aten::fft_ihfft(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor` */
  "fft_ihfft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_ihfft2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor` */
  "fft_ihfft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_ihfftn(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor` */
  "fft_ihfftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_irfft(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor` */
  "fft_irfft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_irfft2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor` */
  "fft_irfft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_irfftn(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor` */
  "fft_irfftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_rfft(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor` */
  "fft_rfft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_rfft2(Tensor self, SymInt[1]? s=None, int[1] dim=[-2, -1], str? norm=None) -> Tensor` */
  "fft_rfft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
  /** `aten::fft_rfftfreq(int n, float d=1., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "fft_rfftfreq": (
    n: number,
    d?: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::fft_rfftn(Tensor self, SymInt[1]? s=None, int[1]? dim=None, str? norm=None) -> Tensor` */
  "fft_rfftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  /** `aten::fill.Scalar(Tensor self, Scalar value) -> Tensor` */
  "fill.Scalar": (self: Tensor, value: Scalar) => Tensor;
  /** `aten::fill.Tensor(Tensor self, Tensor value) -> Tensor` */
  "fill.Tensor": (self: Tensor, value: Tensor) => Tensor;
  /** `aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)` */
  "fill_.Scalar": (self: Tensor, value: Scalar) => Tensor;
  /** `aten::fill_.Tensor(Tensor(a!) self, Tensor value) -> Tensor(a!)` */
  "fill_.Tensor": (self: Tensor, value: Tensor) => Tensor;
  /** `aten::fill_diagonal_(Tensor(a!) self, Scalar fill_value, bool wrap=False) -> Tensor(a!)` */
  "fill_diagonal_": (
    self: Tensor,
    fill_value: Scalar,
    wrap?: boolean,
  ) => Tensor;
  /** `aten::fix(Tensor self) -> Tensor` */
  "fix": (self: Tensor) => Tensor;
  /** `aten::fix_(Tensor(a!) self) -> Tensor(a!)` */
  "fix_": (self: Tensor) => Tensor;
  /** `aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)` */
  "flatten.using_ints": (
    self: Tensor,
    start_dim?: number,
    end_dim?: number,
  ) => Tensor;
  /** `aten::flatten_dense_tensors(Tensor[] tensors) -> Tensor` */
  "flatten_dense_tensors": (tensors: readonly Tensor[]) => Tensor;
  /** `aten::flip(Tensor self, int[] dims) -> Tensor` */
  "flip": (self: Tensor, dims: readonly number[]) => Tensor;
  /** `aten::fliplr(Tensor self) -> Tensor` */
  "fliplr": (self: Tensor) => Tensor;
  /** `aten::flipud(Tensor self) -> Tensor` */
  "flipud": (self: Tensor) => Tensor;
  /** `aten::float_power.Scalar(Scalar self, Tensor exponent) -> Tensor` */
  "float_power.Scalar": (self: Scalar, exponent: Tensor) => Tensor;
  /** `aten::float_power.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor` */
  "float_power.Tensor_Scalar": (self: Tensor, exponent: Scalar) => Tensor;
  /** `aten::float_power.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor` */
  "float_power.Tensor_Tensor": (self: Tensor, exponent: Tensor) => Tensor;
  /** `aten::float_power_.Scalar(Tensor(a!) self, Scalar exponent) -> Tensor(a!)` */
  "float_power_.Scalar": (self: Tensor, exponent: Scalar) => Tensor;
  /** `aten::float_power_.Tensor(Tensor(a!) self, Tensor exponent) -> Tensor(a!)` */
  "float_power_.Tensor": (self: Tensor, exponent: Tensor) => Tensor;
  /** `aten::floor(Tensor self) -> Tensor` */
  "floor": (self: Tensor) => Tensor;
  /** `aten::floor_(Tensor(a!) self) -> Tensor(a!)` */
  "floor_": (self: Tensor) => Tensor;
  /** `aten::floor_divide(Tensor self, Tensor other) -> Tensor` */
  "floor_divide": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::floor_divide.Scalar(Tensor self, Scalar other) -> Tensor` */
  "floor_divide.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::floor_divide_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "floor_divide_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::floor_divide_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "floor_divide_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::fmax(Tensor self, Tensor other) -> Tensor` */
  "fmax": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::fmin(Tensor self, Tensor other) -> Tensor` */
  "fmin": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::fmod.Scalar(Tensor self, Scalar other) -> Tensor` */
  "fmod.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::fmod.Tensor(Tensor self, Tensor other) -> Tensor` */
  "fmod.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::fmod_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "fmod_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::fmod_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "fmod_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::frac(Tensor self) -> Tensor` */
  "frac": (self: Tensor) => Tensor;
  /** `aten::frac_(Tensor(a!) self) -> Tensor(a!)` */
  "frac_": (self: Tensor) => Tensor;
  /** `aten::fractional_max_pool2d(Tensor self, int[2] kernel_size, int[2] output_size, Tensor random_samples) -> (Tensor, Tensor)` */
  "fractional_max_pool2d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    output_size: number | readonly number[],
    random_samples: Tensor,
  ) => [Tensor, Tensor];
  /** `aten::fractional_max_pool2d_backward(Tensor grad_output, Tensor self, int[2] kernel_size, int[2] output_size, Tensor indices) -> Tensor` */
  "fractional_max_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    kernel_size: number | readonly number[],
    output_size: number | readonly number[],
    indices: Tensor,
  ) => Tensor;
  /** `aten::fractional_max_pool3d(Tensor self, int[3] kernel_size, int[3] output_size, Tensor random_samples) -> (Tensor, Tensor)` */
  "fractional_max_pool3d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    output_size: number | readonly number[],
    random_samples: Tensor,
  ) => [Tensor, Tensor];
  /** `aten::fractional_max_pool3d_backward(Tensor grad_output, Tensor self, int[3] kernel_size, int[3] output_size, Tensor indices) -> Tensor` */
  "fractional_max_pool3d_backward": (
    grad_output: Tensor,
    self: Tensor,
    kernel_size: number | readonly number[],
    output_size: number | readonly number[],
    indices: Tensor,
  ) => Tensor;
  /** `aten::frexp.Tensor(Tensor self) -> (Tensor mantissa, Tensor exponent)` */
  "frexp.Tensor": (self: Tensor) => [Tensor, Tensor];
  /** `aten::frobenius_norm.dim(Tensor self, int[1] dim, bool keepdim=False) -> Tensor` */
  "frobenius_norm.dim": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::from_file(str filename, bool? shared=None, int? size=0, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "from_file": (
    filename: string,
    shared?: boolean | null,
    size?: number | null,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::full(SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "full": (
    size: readonly number[],
    fill_value: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "full_like": (
    self: Tensor,
    fill_value: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::fused_moving_avg_obs_fake_quant(Tensor self, Tensor observer_on, Tensor fake_quant_on, Tensor(a!) running_min, Tensor(b!) running_max, Tensor(c!) scale, Tensor(d!) zero_point, float averaging_const, int quant_min, int quant_max, int ch_axis, bool per_row_fake_quant=False, bool symmetric_quant=False) -> Tensor` */
  "fused_moving_avg_obs_fake_quant": (
    self: Tensor,
    observer_on: Tensor,
    fake_quant_on: Tensor,
    running_min: Tensor,
    running_max: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    averaging_const: number,
    quant_min: number,
    quant_max: number,
    ch_axis: number,
    per_row_fake_quant?: boolean,
    symmetric_quant?: boolean,
  ) => Tensor;
  /** `aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor` */
  "gather": (
    self: Tensor,
    dim: number,
    index: Tensor,
    options?: { sparse_grad?: boolean },
  ) => Tensor;
  /** `aten::gather_backward(Tensor grad, Tensor self, int dim, Tensor index, bool sparse_grad) -> Tensor` */
  "gather_backward": (
    grad: Tensor,
    self: Tensor,
    dim: number,
    index: Tensor,
    sparse_grad: boolean,
  ) => Tensor;
  /** `aten::gcd(Tensor self, Tensor other) -> Tensor` */
  "gcd": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::gcd_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "gcd_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::ge.Scalar(Tensor self, Scalar other) -> Tensor` */
  "ge.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::ge.Tensor(Tensor self, Tensor other) -> Tensor` */
  "ge.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::ge_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "ge_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::ge_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "ge_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::gelu(Tensor self, *, str approximate="none") -> Tensor` */
  "gelu": (self: Tensor, options?: { approximate?: string }) => Tensor;
  /** `aten::gelu_(Tensor(a!) self, *, str approximate="none") -> Tensor(a!)` */
  "gelu_": (self: Tensor, options?: { approximate?: string }) => Tensor;
  /** `aten::gelu_backward(Tensor grad_output, Tensor self, *, str approximate="none") -> Tensor` */
  "gelu_backward": (
    grad_output: Tensor,
    self: Tensor,
    options?: { approximate?: string },
  ) => Tensor;
  /** `aten::geometric(Tensor self, float p, *, Generator? generator=None) -> Tensor` */
  "geometric": (
    self: Tensor,
    p: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::geometric_(Tensor(a!) self, float p, *, Generator? generator=None) -> Tensor(a!)` */
  "geometric_": (
    self: Tensor,
    p: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::geqrf(Tensor self) -> (Tensor a, Tensor tau)` */
  "geqrf": (self: Tensor) => [Tensor, Tensor];
  /** `aten::ger(Tensor self, Tensor vec2) -> Tensor` */
  "ger": (self: Tensor, vec2: Tensor) => Tensor;
  /** `aten::get_device(Tensor self) -> int` */
  "get_device": (self: Tensor) => number;
  /** `aten::glu(Tensor self, int dim=-1) -> Tensor` */
  "glu": (self: Tensor, dim?: number) => Tensor;
  /** `aten::glu_backward(Tensor grad_output, Tensor self, int dim) -> Tensor` */
  "glu_backward": (grad_output: Tensor, self: Tensor, dim: number) => Tensor;
  /** `aten::glu_backward_jvp(Tensor grad_x, Tensor grad_glu, Tensor x, Tensor dgrad_glu, Tensor dx, int dim) -> Tensor` */
  "glu_backward_jvp": (
    grad_x: Tensor,
    grad_glu: Tensor,
    x: Tensor,
    dgrad_glu: Tensor,
    dx: Tensor,
    dim: number,
  ) => Tensor;
  /** `aten::glu_jvp(Tensor glu, Tensor x, Tensor dx, int dim) -> Tensor` */
  "glu_jvp": (glu: Tensor, x: Tensor, dx: Tensor, dim: number) => Tensor;
  /** `aten::gradient.array(Tensor self, *, int[] dim, int edge_order=1) -> Tensor[]` */
  "gradient.array": (
    self: Tensor,
    options: { dim: readonly number[]; edge_order?: number },
  ) => Tensor[];
  /** `aten::gradient.scalararray(Tensor self, *, Scalar spacing, int[] dim, int edge_order=1) -> Tensor[]` */
  "gradient.scalararray": (
    self: Tensor,
    options: { spacing: Scalar; dim: readonly number[]; edge_order?: number },
  ) => Tensor[];
  /** `aten::gradient.scalarint(Tensor self, *, Scalar? spacing=None, int? dim=None, int edge_order=1) -> Tensor[]` */
  "gradient.scalarint": (
    self: Tensor,
    options?: {
      spacing?: Scalar | null;
      dim?: number | null;
      edge_order?: number;
    },
  ) => Tensor[];
  /** `aten::gradient.scalarrayarray(Tensor self, *, Scalar[] spacing, int[] dim, int edge_order=1) -> Tensor[]` */
  "gradient.scalarrayarray": (
    self: Tensor,
    options: {
      spacing: readonly Scalar[];
      dim: readonly number[];
      edge_order?: number;
    },
  ) => Tensor[];
  /** `aten::gradient.scalarrayint(Tensor self, *, Scalar[] spacing, int? dim=None, int edge_order=1) -> Tensor[]` */
  "gradient.scalarrayint": (
    self: Tensor,
    options: {
      spacing: readonly Scalar[];
      dim?: number | null;
      edge_order?: number;
    },
  ) => Tensor[];
  /** `aten::gradient.tensorarray(Tensor self, *, Tensor[] spacing, int[] dim, int edge_order=1) -> Tensor[]` */
  "gradient.tensorarray": (
    self: Tensor,
    options: {
      spacing: readonly Tensor[];
      dim: readonly number[];
      edge_order?: number;
    },
  ) => Tensor[];
  /** `aten::gradient.tensorarrayint(Tensor self, *, Tensor[] spacing, int? dim=None, int edge_order=1) -> Tensor[]` */
  "gradient.tensorarrayint": (
    self: Tensor,
    options: {
      spacing: readonly Tensor[];
      dim?: number | null;
      edge_order?: number;
    },
  ) => Tensor[];
  /** `aten::greater.Scalar(Tensor self, Scalar other) -> Tensor` */
  "greater.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::greater.Tensor(Tensor self, Tensor other) -> Tensor` */
  "greater.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::greater_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "greater_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::greater_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "greater_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::greater_equal.Scalar(Tensor self, Scalar other) -> Tensor` */
  "greater_equal.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::greater_equal.Tensor(Tensor self, Tensor other) -> Tensor` */
  "greater_equal.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::greater_equal_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "greater_equal_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::greater_equal_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "greater_equal_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor` */
  "grid_sampler": (
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
  ) => Tensor;
  /** `aten::grid_sampler_2d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor` */
  "grid_sampler_2d": (
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
  ) => Tensor;
  /** `aten::grid_sampler_2d_backward(Tensor grad_output, Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners, bool[2] output_mask) -> (Tensor, Tensor)` */
  "grid_sampler_2d_backward": (
    grad_output: Tensor,
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  /** `aten::grid_sampler_3d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners) -> Tensor` */
  "grid_sampler_3d": (
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
  ) => Tensor;
  /** `aten::grid_sampler_3d_backward(Tensor grad_output, Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners, bool[2] output_mask) -> (Tensor, Tensor)` */
  "grid_sampler_3d_backward": (
    grad_output: Tensor,
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  /** `aten::group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enabled=True) -> Tensor` */
  "group_norm": (
    input: Tensor,
    num_groups: number,
    weight?: Tensor | null,
    bias?: Tensor | null,
    eps?: number,
    cudnn_enabled?: boolean,
  ) => Tensor;
  /** `aten::gru.data(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional) -> (Tensor, Tensor)` */
  "gru.data": (
    data: Tensor,
    batch_sizes: Tensor,
    hx: Tensor,
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
  ) => [Tensor, Tensor];
  /** `aten::gru.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor)` */
  "gru.input": (
    input: Tensor,
    hx: Tensor,
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_first: boolean,
  ) => [Tensor, Tensor];
  /** `aten::gru_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) -> Tensor` */
  "gru_cell": (
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih?: Tensor | null,
    b_hh?: Tensor | null,
  ) => Tensor;
  /** `aten::gt.Scalar(Tensor self, Scalar other) -> Tensor` */
  "gt.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::gt.Tensor(Tensor self, Tensor other) -> Tensor` */
  "gt.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::gt_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "gt_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::gt_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "gt_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::hamming_window(int window_length, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "hamming_window": (
    window_length: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::hamming_window.periodic(int window_length, bool periodic, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "hamming_window.periodic": (
    window_length: number,
    periodic: boolean,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::hamming_window.periodic_alpha(int window_length, bool periodic, float alpha, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "hamming_window.periodic_alpha": (
    window_length: number,
    periodic: boolean,
    alpha: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::hamming_window.periodic_alpha_beta(int window_length, bool periodic, float alpha, float beta, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "hamming_window.periodic_alpha_beta": (
    window_length: number,
    periodic: boolean,
    alpha: number,
    beta: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::hann_window(int window_length, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "hann_window": (
    window_length: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::hann_window.periodic(int window_length, bool periodic, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "hann_window.periodic": (
    window_length: number,
    periodic: boolean,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor` */
  "hardshrink": (self: Tensor, lambd?: Scalar) => Tensor;
  /** `aten::hardshrink_backward(Tensor grad_out, Tensor self, Scalar lambd) -> Tensor` */
  "hardshrink_backward": (
    grad_out: Tensor,
    self: Tensor,
    lambd: Scalar,
  ) => Tensor;
  /** `aten::hardsigmoid(Tensor self) -> Tensor` */
  "hardsigmoid": (self: Tensor) => Tensor;
  /** `aten::hardsigmoid_(Tensor(a!) self) -> Tensor(a!)` */
  "hardsigmoid_": (self: Tensor) => Tensor;
  /** `aten::hardsigmoid_backward(Tensor grad_output, Tensor self) -> Tensor` */
  "hardsigmoid_backward": (grad_output: Tensor, self: Tensor) => Tensor;
  /** `aten::hardswish(Tensor self) -> Tensor` */
  "hardswish": (self: Tensor) => Tensor;
  /** `aten::hardswish_(Tensor(a!) self) -> Tensor(a!)` */
  "hardswish_": (self: Tensor) => Tensor;
  /** `aten::hardswish_backward(Tensor grad_output, Tensor self) -> Tensor` */
  "hardswish_backward": (grad_output: Tensor, self: Tensor) => Tensor;
  /** `aten::hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor` */
  "hardtanh": (self: Tensor, min_val?: Scalar, max_val?: Scalar) => Tensor;
  /** `aten::hardtanh_(Tensor(a!) self, Scalar min_val=-1, Scalar max_val=1) -> Tensor(a!)` */
  "hardtanh_": (self: Tensor, min_val?: Scalar, max_val?: Scalar) => Tensor;
  /** `aten::hardtanh_backward(Tensor grad_output, Tensor self, Scalar min_val, Scalar max_val) -> Tensor` */
  "hardtanh_backward": (
    grad_output: Tensor,
    self: Tensor,
    min_val: Scalar,
    max_val: Scalar,
  ) => Tensor;
  /** `aten::hash_tensor(Tensor self, int[1] dim=[], *, bool keepdim=False, int mode=0) -> Tensor` */
  "hash_tensor": (
    self: Tensor,
    dim?: number | readonly number[],
    options?: { keepdim?: boolean; mode?: number },
  ) => Tensor;
  /** `aten::heaviside(Tensor self, Tensor values) -> Tensor` */
  "heaviside": (self: Tensor, values: Tensor) => Tensor;
  /** `aten::heaviside_(Tensor(a!) self, Tensor values) -> Tensor(a!)` */
  "heaviside_": (self: Tensor, values: Tensor) => Tensor;
  /** `aten::hinge_embedding_loss(Tensor self, Tensor target, float margin=1., int reduction=1) -> Tensor` */
  "hinge_embedding_loss": (
    self: Tensor,
    target: Tensor,
    margin?: number,
    reduction?: number,
  ) => Tensor;
  /** `aten::histc(Tensor self, int bins=100, Scalar min=0, Scalar max=0) -> Tensor` */
  "histc": (self: Tensor, bins?: number, min?: Scalar, max?: Scalar) => Tensor;
  /** `aten::histogram.bin_ct(Tensor self, int bins=100, *, float[]? range=None, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor bin_edges)` */
  "histogram.bin_ct": (
    self: Tensor,
    bins?: number,
    options?: {
      range?: readonly number[] | null;
      weight?: Tensor | null;
      density?: boolean;
    },
  ) => [Tensor, Tensor];
  /** `aten::histogram.bins_tensor(Tensor self, Tensor bins, *, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor bin_edges)` */
  "histogram.bins_tensor": (
    self: Tensor,
    bins: Tensor,
    options?: { weight?: Tensor | null; density?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::histogramdd(Tensor self, int[] bins, float[]? range=None, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor[] bin_edges)` */
  "histogramdd": (
    self: Tensor,
    bins: readonly number[],
    range?: readonly number[] | null,
    weight?: Tensor | null,
    density?: boolean,
  ) => [Tensor, Tensor[]];
  /** `aten::histogramdd.TensorList_bins(Tensor self, Tensor[] bins, float[]? range=None, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor[] bin_edges)` */
  "histogramdd.TensorList_bins": (
    self: Tensor,
    bins: readonly Tensor[],
    range?: readonly number[] | null,
    weight?: Tensor | null,
    density?: boolean,
  ) => [Tensor, Tensor[]];
  /** `aten::histogramdd.int_bins(Tensor self, int bins, float[]? range=None, Tensor? weight=None, bool density=False) -> (Tensor hist, Tensor[] bin_edges)` */
  "histogramdd.int_bins": (
    self: Tensor,
    bins: number,
    range?: readonly number[] | null,
    weight?: Tensor | null,
    density?: boolean,
  ) => [Tensor, Tensor[]];
  /** `aten::hsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]` */
  "hsplit.array": (self: Tensor, indices: readonly number[]) => Tensor[];
  /** `aten::hsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]` */
  "hsplit.int": (self: Tensor, sections: number) => Tensor[];
  /** `aten::hspmm(Tensor mat1, Tensor mat2) -> Tensor` */
  "hspmm": (mat1: Tensor, mat2: Tensor) => Tensor;
  /** `aten::hstack(Tensor[] tensors) -> Tensor` */
  "hstack": (tensors: readonly Tensor[]) => Tensor;
  /** `aten::huber_loss(Tensor self, Tensor target, int reduction=1, float delta=1.) -> Tensor` */
  "huber_loss": (
    self: Tensor,
    target: Tensor,
    reduction?: number,
    delta?: number,
  ) => Tensor;
  /** `aten::huber_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction, float delta) -> Tensor` */
  "huber_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    reduction: number,
    delta: number,
  ) => Tensor;
  /** `aten::hypot(Tensor self, Tensor other) -> Tensor` */
  "hypot": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::hypot_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "hypot_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::i0(Tensor self) -> Tensor` */
  "i0": (self: Tensor) => Tensor;
  /** `aten::i0_(Tensor(a!) self) -> Tensor(a!)` */
  "i0_": (self: Tensor) => Tensor;
  /** `aten::igamma(Tensor self, Tensor other) -> Tensor` */
  "igamma": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::igamma_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "igamma_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::igammac(Tensor self, Tensor other) -> Tensor` */
  "igammac": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::igammac_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "igammac_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::im2col(Tensor self, int[2] kernel_size, int[2] dilation, int[2] padding, int[2] stride) -> Tensor` */
  "im2col": (
    self: Tensor,
    kernel_size: number | readonly number[],
    dilation: number | readonly number[],
    padding: number | readonly number[],
    stride: number | readonly number[],
  ) => Tensor;
  /** `aten::imag(Tensor(a) self) -> Tensor(a)` */
  "imag": (self: Tensor) => Tensor;
  /** `aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor` */
  "index.Tensor": (self: Tensor, indices: readonly (Tensor | null)[]) => Tensor;
  /** `aten::index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor` */
  "index_add": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::index_add_(Tensor(a!) self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor(a!)` */
  "index_add_": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor` */
  "index_copy": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
  ) => Tensor;
  /** `aten::index_copy_(Tensor(a!) self, int dim, Tensor index, Tensor source) -> Tensor(a!)` */
  "index_copy_": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
  ) => Tensor;
  /** `aten::index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor` */
  "index_fill.int_Scalar": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
  ) => Tensor;
  /** `aten::index_fill.int_Tensor(Tensor self, int dim, Tensor index, Tensor value) -> Tensor` */
  "index_fill.int_Tensor": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Tensor,
  ) => Tensor;
  /** `aten::index_fill_.int_Scalar(Tensor(a!) self, int dim, Tensor index, Scalar value) -> Tensor(a!)` */
  "index_fill_.int_Scalar": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
  ) => Tensor;
  /** `aten::index_fill_.int_Tensor(Tensor(a!) self, int dim, Tensor index, Tensor value) -> Tensor(a!)` */
  "index_fill_.int_Tensor": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Tensor,
  ) => Tensor;
  /** `aten::index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor` */
  "index_put": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
    accumulate?: boolean,
  ) => Tensor;
  /** `aten::index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor(a!)` */
  "index_put_": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
    accumulate?: boolean,
  ) => Tensor;
  /** `aten::index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True) -> Tensor` */
  "index_reduce": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: string,
    options?: { include_self?: boolean },
  ) => Tensor;
  /** `aten::index_reduce_(Tensor(a!) self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True) -> Tensor(a!)` */
  "index_reduce_": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: string,
    options?: { include_self?: boolean },
  ) => Tensor;
  /** `aten::index_select(Tensor self, int dim, Tensor index) -> Tensor` */
  "index_select": (self: Tensor, dim: number, index: Tensor) => Tensor;
  /** `aten::index_select_backward(Tensor grad, SymInt[] self_sizes, int dim, Tensor index) -> Tensor` */
  "index_select_backward": (
    grad: Tensor,
    self_sizes: readonly number[],
    dim: number,
    index: Tensor,
  ) => Tensor;
  /** `aten::indices(Tensor(a) self) -> Tensor(a)` */
  "indices": (self: Tensor) => Tensor;
  /** `aten::indices_copy(Tensor self) -> Tensor` */
  "indices_copy": (self: Tensor) => Tensor;
  /** `aten::infinitely_differentiable_gelu_backward(Tensor grad, Tensor self) -> Tensor` */
  "infinitely_differentiable_gelu_backward": (
    grad: Tensor,
    self: Tensor,
  ) => Tensor;
  /** `aten::inner(Tensor self, Tensor other) -> Tensor` */
  "inner": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::instance_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool use_input_stats, float momentum, float eps, bool cudnn_enabled) -> Tensor` */
  "instance_norm": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    use_input_stats: boolean,
    momentum: number,
    eps: number,
    cudnn_enabled: boolean,
  ) => Tensor;
  /** `aten::int_repr(Tensor self) -> Tensor` */
  "int_repr": (self: Tensor) => Tensor;
  /** `aten::inverse(Tensor self) -> Tensor` */
  "inverse": (self: Tensor) => Tensor;
  /** `aten::is_coalesced(Tensor self) -> bool` */
  "is_coalesced": (self: Tensor) => boolean;
  /** `aten::is_complex(Tensor self) -> bool` */
  "is_complex": (self: Tensor) => boolean;
  /** `aten::is_conj(Tensor self) -> bool` */
  "is_conj": (self: Tensor) => boolean;
  /** `aten::is_contiguous(Tensor self) -> bool` */
  "is_contiguous": (self: Tensor) => boolean;
  /** `aten::is_contiguous.memory_format(Tensor self, MemoryFormat memory_format) -> bool` */
  "is_contiguous.memory_format": (
    self: Tensor,
    memory_format: MemoryFormat,
  ) => boolean;
  /** `aten::is_distributed(Tensor self) -> bool` */
  "is_distributed": (self: Tensor) => boolean;
  /** `aten::is_floating_point(Tensor self) -> bool` */
  "is_floating_point": (self: Tensor) => boolean;
  /** `aten::is_inference(Tensor self) -> bool` */
  "is_inference": (self: Tensor) => boolean;
  /** `aten::is_leaf(Tensor self) -> bool` */
  "is_leaf": (self: Tensor) => boolean;
  /** `aten::is_neg(Tensor self) -> bool` */
  "is_neg": (self: Tensor) => boolean;
  /** `aten::is_nonzero(Tensor self) -> bool` */
  "is_nonzero": (self: Tensor) => boolean;
  /** `aten::is_pinned(Tensor self, Device? device=None) -> bool` */
  "is_pinned": (self: Tensor, device?: Device | null) => boolean;
  /** `aten::is_same_size(Tensor self, Tensor other) -> bool` */
  "is_same_size": (self: Tensor, other: Tensor | number) => boolean;
  /** `aten::is_set_to(Tensor self, Tensor tensor) -> bool` */
  "is_set_to": (self: Tensor, tensor: Tensor) => boolean;
  /** `aten::is_signed(Tensor self) -> bool` */
  "is_signed": (self: Tensor) => boolean;
  /** `aten::is_vulkan_available() -> bool` */
  "is_vulkan_available": () => boolean;
  /** `aten::isclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> Tensor` */
  "isclose": (
    self: Tensor,
    other: Tensor | number,
    rtol?: number,
    atol?: number,
    equal_nan?: boolean,
  ) => Tensor;
  /** `aten::isfinite(Tensor self) -> Tensor` */
  "isfinite": (self: Tensor) => Tensor;
  /** `aten::isin.Scalar_Tensor(Scalar element, Tensor test_elements, *, bool assume_unique=False, bool invert=False) -> Tensor` */
  "isin.Scalar_Tensor": (
    element: Scalar,
    test_elements: Tensor,
    options?: { assume_unique?: boolean; invert?: boolean },
  ) => Tensor;
  /** `aten::isin.Tensor_Scalar(Tensor elements, Scalar test_element, *, bool assume_unique=False, bool invert=False) -> Tensor` */
  "isin.Tensor_Scalar": (
    elements: Tensor,
    test_element: Scalar,
    options?: { assume_unique?: boolean; invert?: boolean },
  ) => Tensor;
  /** `aten::isin.Tensor_Tensor(Tensor elements, Tensor test_elements, *, bool assume_unique=False, bool invert=False) -> Tensor` */
  "isin.Tensor_Tensor": (
    elements: Tensor,
    test_elements: Tensor,
    options?: { assume_unique?: boolean; invert?: boolean },
  ) => Tensor;
  /** `aten::isinf(Tensor self) -> Tensor` */
  "isinf": (self: Tensor) => Tensor;
  /** `aten::isnan(Tensor self) -> Tensor` */
  "isnan": (self: Tensor) => Tensor;
  /** `aten::isneginf(Tensor self) -> Tensor` */
  "isneginf": (self: Tensor) => Tensor;
  /** `aten::isposinf(Tensor self) -> Tensor` */
  "isposinf": (self: Tensor) => Tensor;
  /** `aten::isreal(Tensor self) -> Tensor` */
  "isreal": (self: Tensor) => Tensor;
  /** `aten::istft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, bool center=True, bool normalized=False, bool? onesided=None, int? length=None, bool return_complex=False) -> Tensor` */
  "istft": (
    self: Tensor,
    n_fft: number,
    hop_length?: number | null,
    win_length?: number | null,
    window?: Tensor | null,
    center?: boolean,
    normalized?: boolean,
    onesided?: boolean | null,
    length?: number | null,
    return_complex?: boolean,
  ) => Tensor;
  /** `aten::item(Tensor self) -> Scalar` */
  "item": (self: Tensor) => number;
  /** `aten::kaiser_window(int window_length, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "kaiser_window": (
    window_length: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::kaiser_window.beta(int window_length, bool periodic, float beta, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "kaiser_window.beta": (
    window_length: number,
    periodic: boolean,
    beta: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::kaiser_window.periodic(int window_length, bool periodic, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "kaiser_window.periodic": (
    window_length: number,
    periodic: boolean,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::kl_div(Tensor self, Tensor target, int reduction=1, *, bool log_target=False) -> Tensor` */
  "kl_div": (
    self: Tensor,
    target: Tensor,
    reduction?: number,
    options?: { log_target?: boolean },
  ) => Tensor;
  /** `aten::kron(Tensor self, Tensor other) -> Tensor` */
  "kron": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::kthvalue(Tensor self, SymInt k, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)` */
  "kthvalue": (
    self: Tensor,
    k: number,
    dim?: number,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor` */
  "l1_loss": (self: Tensor, target: Tensor, reduction?: number) => Tensor;
  /** `aten::layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor` */
  "layer_norm": (
    input: Tensor,
    normalized_shape: readonly number[],
    weight?: Tensor | null,
    bias?: Tensor | null,
    eps?: number,
    cudnn_enable?: boolean,
  ) => Tensor;
  /** `aten::lcm(Tensor self, Tensor other) -> Tensor` */
  "lcm": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::lcm_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "lcm_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::ldexp.Tensor(Tensor self, Tensor other) -> Tensor` */
  "ldexp.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::ldexp_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "ldexp_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::le.Scalar(Tensor self, Scalar other) -> Tensor` */
  "le.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::le.Tensor(Tensor self, Tensor other) -> Tensor` */
  "le.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::le_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "le_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::le_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "le_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor` */
  "leaky_relu": (self: Tensor, negative_slope?: Scalar) => Tensor;
  /** `aten::leaky_relu_(Tensor(a!) self, Scalar negative_slope=0.01) -> Tensor(a!)` */
  "leaky_relu_": (self: Tensor, negative_slope?: Scalar) => Tensor;
  /** `aten::leaky_relu_backward(Tensor grad_output, Tensor self, Scalar negative_slope, bool self_is_result) -> Tensor` */
  "leaky_relu_backward": (
    grad_output: Tensor,
    self: Tensor,
    negative_slope: Scalar,
    self_is_result: boolean,
  ) => Tensor;
  /** `aten::lerp.Scalar(Tensor self, Tensor end, Scalar weight) -> Tensor` */
  "lerp.Scalar": (self: Tensor, end: Tensor, weight: Scalar) => Tensor;
  /** `aten::lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor` */
  "lerp.Tensor": (self: Tensor, end: Tensor, weight: Tensor) => Tensor;
  /** `aten::lerp_.Scalar(Tensor(a!) self, Tensor end, Scalar weight) -> Tensor(a!)` */
  "lerp_.Scalar": (self: Tensor, end: Tensor, weight: Scalar) => Tensor;
  /** `aten::lerp_.Tensor(Tensor(a!) self, Tensor end, Tensor weight) -> Tensor(a!)` */
  "lerp_.Tensor": (self: Tensor, end: Tensor, weight: Tensor) => Tensor;
  /** `aten::less.Scalar(Tensor self, Scalar other) -> Tensor` */
  "less.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::less.Tensor(Tensor self, Tensor other) -> Tensor` */
  "less.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::less_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "less_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::less_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "less_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::less_equal.Scalar(Tensor self, Scalar other) -> Tensor` */
  "less_equal.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::less_equal.Tensor(Tensor self, Tensor other) -> Tensor` */
  "less_equal.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::less_equal_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "less_equal_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::less_equal_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "less_equal_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::lgamma(Tensor self) -> Tensor` */
  "lgamma": (self: Tensor) => Tensor;
  /** `aten::lgamma_(Tensor(a!) self) -> Tensor(a!)` */
  "lgamma_": (self: Tensor) => Tensor;
  /** `aten::lift(Tensor self) -> Tensor` */
  "lift": (self: Tensor) => Tensor;
  /** `aten::lift_fresh(Tensor(a) self) -> Tensor(a)` */
  "lift_fresh": (self: Tensor) => Tensor;
  /** `aten::lift_fresh_copy(Tensor self) -> Tensor` */
  "lift_fresh_copy": (self: Tensor) => Tensor;
  /** `aten::linalg__powsum(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "linalg__powsum": (
    self: Tensor,
    ord?: Scalar,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::linalg_cholesky(Tensor self, *, bool upper=False) -> Tensor` */
  "linalg_cholesky": (self: Tensor, options?: { upper?: boolean }) => Tensor;
  /** `aten::linalg_cholesky_ex(Tensor self, *, bool upper=False, bool check_errors=False) -> (Tensor L, Tensor info)` */
  "linalg_cholesky_ex": (
    self: Tensor,
    options?: { upper?: boolean; check_errors?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::linalg_cond(Tensor self, Scalar? p=None) -> Tensor` */
  "linalg_cond": (self: Tensor, p?: Scalar | null) => Tensor;
  /** `aten::linalg_cond.p_str(Tensor self, str p) -> Tensor` */
  "linalg_cond.p_str": (self: Tensor, p: string) => Tensor;
  /** `aten::linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor` */
  "linalg_cross": (
    self: Tensor,
    other: Tensor | number,
    options?: { dim?: number },
  ) => Tensor;
  /** `aten::linalg_det(Tensor A) -> Tensor` */
  "linalg_det": (A: Tensor) => Tensor;
  /** `aten::linalg_diagonal(Tensor(a) A, *, int offset=0, int dim1=-2, int dim2=-1) -> Tensor(a)` */
  "linalg_diagonal": (
    A: Tensor,
    options?: { offset?: number; dim1?: number; dim2?: number },
  ) => Tensor;
  /** `aten::linalg_eig(Tensor self) -> (Tensor eigenvalues, Tensor eigenvectors)` */
  "linalg_eig": (self: Tensor) => [Tensor, Tensor];
  /** `aten::linalg_eigh(Tensor self, str UPLO="L") -> (Tensor eigenvalues, Tensor eigenvectors)` */
  "linalg_eigh": (self: Tensor, UPLO?: string) => [Tensor, Tensor];
  /** `aten::linalg_eigvals(Tensor self) -> Tensor` */
  "linalg_eigvals": (self: Tensor) => Tensor;
  /** `aten::linalg_eigvalsh(Tensor self, str UPLO="L") -> Tensor` */
  "linalg_eigvalsh": (self: Tensor, UPLO?: string) => Tensor;
  /** `aten::linalg_householder_product(Tensor input, Tensor tau) -> Tensor` */
  "linalg_householder_product": (input: Tensor, tau: Tensor) => Tensor;
  /** `aten::linalg_inv(Tensor A) -> Tensor` */
  "linalg_inv": (A: Tensor) => Tensor;
  /** `aten::linalg_inv_ex(Tensor A, *, bool check_errors=False) -> (Tensor inverse, Tensor info)` */
  "linalg_inv_ex": (
    A: Tensor,
    options?: { check_errors?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::linalg_ldl_factor(Tensor self, *, bool hermitian=False) -> (Tensor LD, Tensor pivots)` */
  "linalg_ldl_factor": (
    self: Tensor,
    options?: { hermitian?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::linalg_ldl_factor_ex(Tensor self, *, bool hermitian=False, bool check_errors=False) -> (Tensor LD, Tensor pivots, Tensor info)` */
  "linalg_ldl_factor_ex": (
    self: Tensor,
    options?: { hermitian?: boolean; check_errors?: boolean },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::linalg_ldl_solve(Tensor LD, Tensor pivots, Tensor B, *, bool hermitian=False) -> Tensor` */
  "linalg_ldl_solve": (
    LD: Tensor,
    pivots: Tensor,
    B: Tensor,
    options?: { hermitian?: boolean },
  ) => Tensor;
  /** `aten::linalg_lstsq(Tensor self, Tensor b, float? rcond=None, *, str? driver=None) -> (Tensor solution, Tensor residuals, Tensor rank, Tensor singular_values)` */
  "linalg_lstsq": (
    self: Tensor,
    b: Tensor,
    rcond?: number | null,
    options?: { driver?: string | null },
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::linalg_lu(Tensor A, *, bool pivot=True) -> (Tensor P, Tensor L, Tensor U)` */
  "linalg_lu": (
    A: Tensor,
    options?: { pivot?: boolean },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::linalg_lu_factor(Tensor A, *, bool pivot=True) -> (Tensor LU, Tensor pivots)` */
  "linalg_lu_factor": (
    A: Tensor,
    options?: { pivot?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::linalg_lu_factor_ex(Tensor A, *, bool pivot=True, bool check_errors=False) -> (Tensor LU, Tensor pivots, Tensor info)` */
  "linalg_lu_factor_ex": (
    A: Tensor,
    options?: { pivot?: boolean; check_errors?: boolean },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False) -> Tensor` */
  "linalg_lu_solve": (
    LU: Tensor,
    pivots: Tensor,
    B: Tensor,
    options?: { left?: boolean; adjoint?: boolean },
  ) => Tensor;
  /** `aten::linalg_matmul(Tensor self, Tensor other) -> Tensor` */
  "linalg_matmul": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::linalg_matrix_exp(Tensor self) -> Tensor` */
  "linalg_matrix_exp": (self: Tensor) => Tensor;
  /** `aten::linalg_matrix_norm(Tensor self, Scalar ord, int[] dim=[-2, -1], bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "linalg_matrix_norm": (
    self: Tensor,
    ord: Scalar,
    dim?: readonly number[],
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::linalg_matrix_norm.str_ord(Tensor self, str ord="fro", int[] dim=[-2, -1], bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "linalg_matrix_norm.str_ord": (
    self: Tensor,
    ord?: string,
    dim?: readonly number[],
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::linalg_matrix_power(Tensor self, int n) -> Tensor` */
  "linalg_matrix_power": (self: Tensor, n: number) => Tensor;
  /** `aten::linalg_matrix_rank(Tensor self, float tol, bool hermitian=False) -> Tensor` */
  "linalg_matrix_rank": (
    self: Tensor,
    tol: number,
    hermitian?: boolean,
  ) => Tensor;
  /** `aten::linalg_matrix_rank.atol_rtol_float(Tensor self, *, float? atol=None, float? rtol=None, bool hermitian=False) -> Tensor` */
  "linalg_matrix_rank.atol_rtol_float": (
    self: Tensor,
    options?: {
      atol?: number | null;
      rtol?: number | null;
      hermitian?: boolean;
    },
  ) => Tensor;
  /** `aten::linalg_matrix_rank.atol_rtol_tensor(Tensor input, *, Tensor? atol=None, Tensor? rtol=None, bool hermitian=False) -> Tensor` */
  "linalg_matrix_rank.atol_rtol_tensor": (
    input: Tensor,
    options?: {
      atol?: Tensor | null;
      rtol?: Tensor | null;
      hermitian?: boolean;
    },
  ) => Tensor;
  /** `aten::linalg_matrix_rank.tol_tensor(Tensor input, Tensor tol, bool hermitian=False) -> Tensor` */
  "linalg_matrix_rank.tol_tensor": (
    input: Tensor,
    tol: Tensor,
    hermitian?: boolean,
  ) => Tensor;
  /** `aten::linalg_multi_dot(Tensor[] tensors) -> Tensor` */
  "linalg_multi_dot": (tensors: readonly Tensor[]) => Tensor;
  /** `aten::linalg_norm(Tensor self, Scalar? ord=None, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "linalg_norm": (
    self: Tensor,
    ord?: Scalar | null,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::linalg_norm.ord_str(Tensor self, str ord, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "linalg_norm.ord_str": (
    self: Tensor,
    ord: string,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::linalg_pinv(Tensor self, float rcond, bool hermitian=False) -> Tensor` */
  "linalg_pinv": (self: Tensor, rcond: number, hermitian?: boolean) => Tensor;
  /** `aten::linalg_pinv.atol_rtol_float(Tensor self, *, float? atol=None, float? rtol=None, bool hermitian=False) -> Tensor` */
  "linalg_pinv.atol_rtol_float": (
    self: Tensor,
    options?: {
      atol?: number | null;
      rtol?: number | null;
      hermitian?: boolean;
    },
  ) => Tensor;
  /** `aten::linalg_pinv.atol_rtol_tensor(Tensor self, *, Tensor? atol=None, Tensor? rtol=None, bool hermitian=False) -> Tensor` */
  "linalg_pinv.atol_rtol_tensor": (
    self: Tensor,
    options?: {
      atol?: Tensor | null;
      rtol?: Tensor | null;
      hermitian?: boolean;
    },
  ) => Tensor;
  /** `aten::linalg_pinv.rcond_tensor(Tensor self, Tensor rcond, bool hermitian=False) -> Tensor` */
  "linalg_pinv.rcond_tensor": (
    self: Tensor,
    rcond: Tensor,
    hermitian?: boolean,
  ) => Tensor;
  /** `aten::linalg_qr(Tensor A, str mode="reduced") -> (Tensor Q, Tensor R)` */
  "linalg_qr": (A: Tensor, mode?: string) => [Tensor, Tensor];
  /** `aten::linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet)` */
  "linalg_slogdet": (A: Tensor) => [Tensor, Tensor];
  /** `aten::linalg_solve(Tensor A, Tensor B, *, bool left=True) -> Tensor` */
  "linalg_solve": (
    A: Tensor,
    B: Tensor,
    options?: { left?: boolean },
  ) => Tensor;
  /** `aten::linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> (Tensor result, Tensor info)` */
  "linalg_solve_ex": (
    A: Tensor,
    B: Tensor,
    options?: { left?: boolean; check_errors?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True, bool unitriangular=False) -> Tensor` */
  "linalg_solve_triangular": (
    self: Tensor,
    B: Tensor,
    options: { upper: boolean; left?: boolean; unitriangular?: boolean },
  ) => Tensor;
  /** `aten::linalg_svd(Tensor A, bool full_matrices=True, *, str? driver=None) -> (Tensor U, Tensor S, Tensor Vh)` */
  "linalg_svd": (
    A: Tensor,
    full_matrices?: boolean,
    options?: { driver?: string | null },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::linalg_svdvals(Tensor A, *, str? driver=None) -> Tensor` */
  "linalg_svdvals": (A: Tensor, options?: { driver?: string | null }) => Tensor;
  /** `aten::linalg_tensorinv(Tensor self, int ind=2) -> Tensor` */
  "linalg_tensorinv": (self: Tensor, ind?: number) => Tensor;
  /** `aten::linalg_tensorsolve(Tensor self, Tensor other, int[]? dims=None) -> Tensor` */
  "linalg_tensorsolve": (
    self: Tensor,
    other: Tensor | number,
    dims?: readonly number[] | null,
  ) => Tensor;
  /** `aten::linalg_vander(Tensor x, *, SymInt? N=None) -> Tensor` */
  "linalg_vander": (x: Tensor, options?: { N?: number | null }) => Tensor;
  /** `aten::linalg_vecdot(Tensor x, Tensor y, *, int dim=-1) -> Tensor` */
  "linalg_vecdot": (x: Tensor, y: Tensor, options?: { dim?: number }) => Tensor;
  /** `aten::linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "linalg_vector_norm": (
    self: Tensor,
    ord?: Scalar,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor` */
  "linear": (input: Tensor, weight: Tensor, bias?: Tensor | null) => Tensor;
  /** `aten::linear_backward(Tensor self, Tensor grad_output, Tensor weight, bool[3] output_mask) -> (Tensor, Tensor, Tensor)` */
  "linear_backward": (
    self: Tensor,
    grad_output: Tensor,
    weight: Tensor,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  /** `aten::linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "linspace": (
    start: Scalar,
    end: Scalar,
    steps: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::linspace.Scalar_Tensor(Scalar start, Tensor end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "linspace.Scalar_Tensor": (
    start: Scalar,
    end: Tensor,
    steps: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::linspace.Tensor_Scalar(Tensor start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "linspace.Tensor_Scalar": (
    start: Tensor,
    end: Scalar,
    steps: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::linspace.Tensor_Tensor(Tensor start, Tensor end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "linspace.Tensor_Tensor": (
    start: Tensor,
    end: Tensor,
    steps: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::log(Tensor self) -> Tensor` */
  "log": (self: Tensor) => Tensor;
  /** `aten::log10(Tensor self) -> Tensor` */
  "log10": (self: Tensor) => Tensor;
  /** `aten::log10_(Tensor(a!) self) -> Tensor(a!)` */
  "log10_": (self: Tensor) => Tensor;
  /** `aten::log1p(Tensor self) -> Tensor` */
  "log1p": (self: Tensor) => Tensor;
  /** `aten::log1p_(Tensor(a!) self) -> Tensor(a!)` */
  "log1p_": (self: Tensor) => Tensor;
  /** `aten::log2(Tensor self) -> Tensor` */
  "log2": (self: Tensor) => Tensor;
  /** `aten::log2_(Tensor(a!) self) -> Tensor(a!)` */
  "log2_": (self: Tensor) => Tensor;
  /** `aten::log_(Tensor(a!) self) -> Tensor(a!)` */
  "log_": (self: Tensor) => Tensor;
  /** `aten::log_normal(Tensor self, float mean=1., float std=2., *, Generator? generator=None) -> Tensor` */
  "log_normal": (
    self: Tensor,
    mean?: number,
    std?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::log_normal_(Tensor(a!) self, float mean=1., float std=2., *, Generator? generator=None) -> Tensor(a!)` */
  "log_normal_": (
    self: Tensor,
    mean?: number,
    std?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::log_sigmoid(Tensor self) -> Tensor` */
  "log_sigmoid": (self: Tensor) => Tensor;
  /** `aten::log_sigmoid_backward(Tensor grad_output, Tensor self, Tensor buffer) -> Tensor` */
  "log_sigmoid_backward": (
    grad_output: Tensor,
    self: Tensor,
    buffer: Tensor,
  ) => Tensor;
  /** `aten::log_sigmoid_forward(Tensor self) -> (Tensor output, Tensor buffer)` */
  "log_sigmoid_forward": (self: Tensor) => [Tensor, Tensor];
  /** `aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
  "log_softmax.int": (
    self: Tensor,
    dim: number,
    dtype?: DType | null,
  ) => Tensor;
  /** `aten::logaddexp(Tensor self, Tensor other) -> Tensor` */
  "logaddexp": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::logaddexp2(Tensor self, Tensor other) -> Tensor` */
  "logaddexp2": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::logcumsumexp(Tensor self, int dim) -> Tensor` */
  "logcumsumexp": (self: Tensor, dim: number) => Tensor;
  /** `aten::logdet(Tensor self) -> Tensor` */
  "logdet": (self: Tensor) => Tensor;
  /** `aten::logical_and(Tensor self, Tensor other) -> Tensor` */
  "logical_and": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::logical_and_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "logical_and_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::logical_not(Tensor self) -> Tensor` */
  "logical_not": (self: Tensor) => Tensor;
  /** `aten::logical_not_(Tensor(a!) self) -> Tensor(a!)` */
  "logical_not_": (self: Tensor) => Tensor;
  /** `aten::logical_or(Tensor self, Tensor other) -> Tensor` */
  "logical_or": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::logical_or_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "logical_or_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::logical_xor(Tensor self, Tensor other) -> Tensor` */
  "logical_xor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::logical_xor_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "logical_xor_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::logit(Tensor self, float? eps=None) -> Tensor` */
  "logit": (self: Tensor, eps?: number | null) => Tensor;
  /** `aten::logit_(Tensor(a!) self, float? eps=None) -> Tensor(a!)` */
  "logit_": (self: Tensor, eps?: number | null) => Tensor;
  /** `aten::logit_backward(Tensor grad_output, Tensor self, float? eps=None) -> Tensor` */
  "logit_backward": (
    grad_output: Tensor,
    self: Tensor,
    eps?: number | null,
  ) => Tensor;
  /** `aten::logspace(Scalar start, Scalar end, int steps, float base=10., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "logspace": (
    start: Scalar,
    end: Scalar,
    steps: number,
    base?: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::logspace.Scalar_Tensor(Scalar start, Tensor end, int steps, float base=10., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "logspace.Scalar_Tensor": (
    start: Scalar,
    end: Tensor,
    steps: number,
    base?: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::logspace.Tensor_Scalar(Tensor start, Scalar end, int steps, float base=10., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "logspace.Tensor_Scalar": (
    start: Tensor,
    end: Scalar,
    steps: number,
    base?: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::logspace.Tensor_Tensor(Tensor start, Tensor end, int steps, float base=10., *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "logspace.Tensor_Tensor": (
    start: Tensor,
    end: Tensor,
    steps: number,
    base?: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor` */
  "logsumexp": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::lstm.data(Tensor data, Tensor batch_sizes, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional) -> (Tensor, Tensor, Tensor)` */
  "lstm.data": (
    data: Tensor,
    batch_sizes: Tensor,
    hx: readonly Tensor[],
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::lstm.input(Tensor input, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor, Tensor)` */
  "lstm.input": (
    input: Tensor,
    hx: readonly Tensor[],
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_first: boolean,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::lstm_cell(Tensor input, Tensor[] hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) -> (Tensor, Tensor)` */
  "lstm_cell": (
    input: Tensor,
    hx: readonly Tensor[],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih?: Tensor | null,
    b_hh?: Tensor | null,
  ) => [Tensor, Tensor];
  /** `aten::lstm_mps_backward(Tensor? grad_y, Tensor? grad_hy, Tensor? grad_cy, Tensor z_state, Tensor cell_state_fwd, Tensor input, Tensor layersOutputs, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor[], Tensor[])` */
  "lstm_mps_backward": (
    grad_y: Tensor | null,
    grad_hy: Tensor | null,
    grad_cy: Tensor | null,
    z_state: Tensor,
    cell_state_fwd: Tensor,
    input: Tensor,
    layersOutputs: Tensor,
    hx: readonly Tensor[],
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_first: boolean,
  ) => [Tensor, Tensor[], Tensor[]];
  /** `aten::lt.Scalar(Tensor self, Scalar other) -> Tensor` */
  "lt.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::lt.Tensor(Tensor self, Tensor other) -> Tensor` */
  "lt.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::lt_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "lt_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::lt_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "lt_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::lu_solve(Tensor self, Tensor LU_data, Tensor LU_pivots) -> Tensor` */
  "lu_solve": (self: Tensor, LU_data: Tensor, LU_pivots: Tensor) => Tensor;
  /** `aten::lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True) -> (Tensor P, Tensor L, Tensor U)` */
  "lu_unpack": (
    LU_data: Tensor,
    LU_pivots: Tensor,
    unpack_data?: boolean,
    unpack_pivots?: boolean,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::mH(Tensor(a) self) -> Tensor(a)` */
  "mH": (self: Tensor) => Tensor;
  /** `aten::mT(Tensor(a) self) -> Tensor(a)` */
  "mT": (self: Tensor) => Tensor;
  /** `aten::margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0., int reduction=1) -> Tensor` */
  "margin_ranking_loss": (
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin?: number,
    reduction?: number,
  ) => Tensor;
  /** `aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor` */
  "masked_fill.Scalar": (self: Tensor, mask: Tensor, value: Scalar) => Tensor;
  /** `aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor` */
  "masked_fill.Tensor": (self: Tensor, mask: Tensor, value: Tensor) => Tensor;
  /** `aten::masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value) -> Tensor(a!)` */
  "masked_fill_.Scalar": (self: Tensor, mask: Tensor, value: Scalar) => Tensor;
  /** `aten::masked_fill_.Tensor(Tensor(a!) self, Tensor mask, Tensor value) -> Tensor(a!)` */
  "masked_fill_.Tensor": (self: Tensor, mask: Tensor, value: Tensor) => Tensor;
  /** `aten::masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor` */
  "masked_scatter": (self: Tensor, mask: Tensor, source: Tensor) => Tensor;
  /** `aten::masked_scatter_(Tensor(a!) self, Tensor mask, Tensor source) -> Tensor(a!)` */
  "masked_scatter_": (self: Tensor, mask: Tensor, source: Tensor) => Tensor;
  /** `aten::masked_scatter_backward(Tensor grad_output, Tensor mask, SymInt[] sizes) -> Tensor` */
  "masked_scatter_backward": (
    grad_output: Tensor,
    mask: Tensor,
    sizes: readonly number[],
  ) => Tensor;
  /** `aten::masked_select(Tensor self, Tensor mask) -> Tensor` */
  "masked_select": (self: Tensor, mask: Tensor) => Tensor;
  /** `aten::masked_select_backward(Tensor grad, Tensor input, Tensor mask) -> Tensor` */
  "masked_select_backward": (
    grad: Tensor,
    input: Tensor,
    mask: Tensor,
  ) => Tensor;
  /** `aten::matmul(Tensor self, Tensor other) -> Tensor` */
  "matmul": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::matmul_backward(Tensor grad, Tensor self, Tensor other, bool[2] mask) -> (Tensor, Tensor)` */
  "matmul_backward": (
    grad: Tensor,
    self: Tensor,
    other: Tensor | number,
    mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  /** `aten::matrix_H(Tensor(a) self) -> Tensor(a)` */
  "matrix_H": (self: Tensor) => Tensor;
  /** `aten::matrix_exp(Tensor self) -> Tensor` */
  "matrix_exp": (self: Tensor) => Tensor;
  /** `aten::matrix_exp_backward(Tensor self, Tensor grad) -> Tensor` */
  "matrix_exp_backward": (self: Tensor, grad: Tensor) => Tensor;
  /** `aten::matrix_power(Tensor self, int n) -> Tensor` */
  "matrix_power": (self: Tensor, n: number) => Tensor;
  /** `aten::max(Tensor self) -> Tensor` */
  "max": (self: Tensor) => Tensor;
  /** `aten::max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
  "max.dim": (self: Tensor, dim: number, keepdim?: boolean) => [Tensor, Tensor];
  /** `aten::max.other(Tensor self, Tensor other) -> Tensor` */
  "max.other": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::max_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], int[1] dilation=[1], bool ceil_mode=False) -> Tensor` */
  "max_pool1d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::max_pool1d_with_indices(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], int[1] dilation=[1], bool ceil_mode=False) -> (Tensor, Tensor)` */
  "max_pool1d_with_indices": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor` */
  "max_pool2d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::max_pool2d_backward(Tensor grad_output, Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor` */
  "max_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::max_pool2d_with_indices(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)` */
  "max_pool2d_with_indices": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::max_pool2d_with_indices_backward(Tensor grad_output, Tensor self, int[2] kernel_size, int[2] stride, int[2] padding, int[2] dilation, bool ceil_mode, Tensor indices) -> Tensor` */
  "max_pool2d_with_indices_backward": (
    grad_output: Tensor,
    self: Tensor,
    kernel_size: number | readonly number[],
    stride: number | readonly number[],
    padding: number | readonly number[],
    dilation: number | readonly number[],
    ceil_mode: boolean,
    indices: Tensor,
  ) => Tensor;
  /** `aten::max_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, int[3] dilation=1, bool ceil_mode=False) -> Tensor` */
  "max_pool3d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::max_pool3d_with_indices(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, int[3] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)` */
  "max_pool3d_with_indices": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::max_pool3d_with_indices_backward(Tensor grad_output, Tensor self, int[3] kernel_size, int[3] stride, int[3] padding, int[3] dilation, bool ceil_mode, Tensor indices) -> Tensor` */
  "max_pool3d_with_indices_backward": (
    grad_output: Tensor,
    self: Tensor,
    kernel_size: number | readonly number[],
    stride: number | readonly number[],
    padding: number | readonly number[],
    dilation: number | readonly number[],
    ceil_mode: boolean,
    indices: Tensor,
  ) => Tensor;
  /** `aten::max_unpool2d(Tensor self, Tensor indices, SymInt[2] output_size) -> Tensor` */
  "max_unpool2d": (
    self: Tensor,
    indices: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  /** `aten::max_unpool3d(Tensor self, Tensor indices, SymInt[3] output_size, int[3] stride, int[3] padding) -> Tensor` */
  "max_unpool3d": (
    self: Tensor,
    indices: Tensor,
    output_size: number | readonly number[],
    stride: number | readonly number[],
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::maximum(Tensor self, Tensor other) -> Tensor` */
  "maximum": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::mean(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
  "mean": (self: Tensor, options?: { dtype?: DType | null }) => Tensor;
  /** `aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "mean.dim": (
    self: Tensor,
    dim: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::median(Tensor self) -> Tensor` */
  "median": (self: Tensor) => Tensor;
  /** `aten::median.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
  "median.dim": (
    self: Tensor,
    dim: number,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::meshgrid(Tensor[] tensors) -> Tensor[]` */
  "meshgrid": (tensors: readonly Tensor[]) => Tensor[];
  /** `aten::meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]` */
  "meshgrid.indexing": (
    tensors: readonly Tensor[],
    options: { indexing: string },
  ) => Tensor[];
  /** `aten::min(Tensor self) -> Tensor` */
  "min": (self: Tensor) => Tensor;
  /** `aten::min.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
  "min.dim": (self: Tensor, dim: number, keepdim?: boolean) => [Tensor, Tensor];
  /** `aten::min.other(Tensor self, Tensor other) -> Tensor` */
  "min.other": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::minimum(Tensor self, Tensor other) -> Tensor` */
  "minimum": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::miopen_batch_norm(Tensor input, Tensor weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float exponential_average_factor, float epsilon) -> (Tensor, Tensor, Tensor)` */
  "miopen_batch_norm": (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    training: boolean,
    exponential_average_factor: number,
    epsilon: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::miopen_batch_norm_backward(Tensor input, Tensor grad_output, Tensor weight, Tensor? running_mean, Tensor? running_var, Tensor? save_mean, Tensor? save_var, float epsilon) -> (Tensor, Tensor, Tensor)` */
  "miopen_batch_norm_backward": (
    input: Tensor,
    grad_output: Tensor,
    weight: Tensor,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    save_mean: Tensor | null,
    save_var: Tensor | null,
    epsilon: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::miopen_convolution(Tensor self, Tensor weight, Tensor? bias, SymInt[] padding, SymInt[] stride, SymInt[] dilation, SymInt groups, bool benchmark, bool deterministic) -> Tensor` */
  "miopen_convolution": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
    benchmark: boolean,
    deterministic: boolean,
  ) => Tensor;
  /** `aten::miopen_convolution_add_relu(Tensor self, Tensor weight, Tensor z, Scalar? alpha, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, SymInt groups) -> Tensor` */
  "miopen_convolution_add_relu": (
    self: Tensor,
    weight: Tensor,
    z: Tensor,
    alpha: Scalar | null,
    bias: Tensor | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  /** `aten::miopen_convolution_relu(Tensor self, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, SymInt groups) -> Tensor` */
  "miopen_convolution_relu": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  /** `aten::miopen_convolution_transpose(Tensor self, Tensor weight, Tensor? bias, SymInt[] padding, SymInt[] output_padding, SymInt[] stride, SymInt[] dilation, SymInt groups, bool benchmark, bool deterministic) -> Tensor` */
  "miopen_convolution_transpose": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    padding: readonly number[],
    output_padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
    benchmark: boolean,
    deterministic: boolean,
  ) => Tensor;
  /** `aten::miopen_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank, bool deterministic, bool zero_infinity) -> (Tensor, Tensor)` */
  "miopen_ctc_loss": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank: number,
    deterministic: boolean,
    zero_infinity: boolean,
  ) => [Tensor, Tensor];
  /** `aten::miopen_ctc_loss.Tensor(Tensor log_probs, Tensor targets, Tensor input_lengths, Tensor target_lengths, int blank, bool deterministic, bool zero_infinity) -> (Tensor, Tensor)` */
  "miopen_ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: number,
    deterministic: boolean,
    zero_infinity: boolean,
  ) => [Tensor, Tensor];
  /** `aten::miopen_depthwise_convolution(Tensor self, Tensor weight, Tensor? bias, SymInt[] padding, SymInt[] stride, SymInt[] dilation, SymInt groups, bool benchmark, bool deterministic) -> Tensor` */
  "miopen_depthwise_convolution": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
    benchmark: boolean,
    deterministic: boolean,
  ) => Tensor;
  /** `aten::miopen_rnn(Tensor input, Tensor[] weight, int weight_stride0, Tensor hx, Tensor? cx, int mode, int hidden_size, int num_layers, bool batch_first, float dropout, bool train, bool bidirectional, int[] batch_sizes, Tensor? dropout_state) -> (Tensor, Tensor, Tensor, Tensor, Tensor)` */
  "miopen_rnn": (
    input: Tensor,
    weight: readonly Tensor[],
    weight_stride0: number,
    hx: Tensor,
    cx: Tensor | null,
    mode: number,
    hidden_size: number,
    num_layers: number,
    batch_first: boolean,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_sizes: readonly number[],
    dropout_state: Tensor | null,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::miopen_rnn_backward(Tensor input, Tensor[] weight, int weight_stride0, Tensor weight_buf, Tensor hx, Tensor? cx, Tensor output, Tensor? grad_output, Tensor? grad_hy, Tensor? grad_cy, int mode, int hidden_size, int num_layers, bool batch_first, float dropout, bool train, bool bidirectional, int[] batch_sizes, Tensor? dropout_state, Tensor reserve, bool[4] output_mask) -> (Tensor, Tensor, Tensor, Tensor[])` */
  "miopen_rnn_backward": (
    input: Tensor,
    weight: readonly Tensor[],
    weight_stride0: number,
    weight_buf: Tensor,
    hx: Tensor,
    cx: Tensor | null,
    output: Tensor,
    grad_output: Tensor | null,
    grad_hy: Tensor | null,
    grad_cy: Tensor | null,
    mode: number,
    hidden_size: number,
    num_layers: number,
    batch_first: boolean,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_sizes: readonly number[],
    dropout_state: Tensor | null,
    reserve: Tensor,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor, Tensor[]];
  /** `aten::mish(Tensor self) -> Tensor` */
  "mish": (self: Tensor) => Tensor;
  /** `aten::mish_(Tensor(a!) self) -> Tensor(a!)` */
  "mish_": (self: Tensor) => Tensor;
  /** `aten::mish_backward(Tensor grad_output, Tensor self) -> Tensor` */
  "mish_backward": (grad_output: Tensor, self: Tensor) => Tensor;
  /** `aten::mkldnn_adaptive_avg_pool2d(Tensor self, int[2] output_size) -> Tensor` */
  "mkldnn_adaptive_avg_pool2d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  /** `aten::mkldnn_adaptive_avg_pool2d_backward(Tensor grad_output, Tensor self) -> Tensor` */
  "mkldnn_adaptive_avg_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
  ) => Tensor;
  /** `aten::mkldnn_convolution(Tensor self, Tensor weight, Tensor? bias, SymInt[] padding, SymInt[] stride, SymInt[] dilation, SymInt groups) -> Tensor` */
  "mkldnn_convolution": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  /** `aten::mkldnn_linear(Tensor self, Tensor weight, Tensor? bias=None) -> Tensor` */
  "mkldnn_linear": (
    self: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
  ) => Tensor;
  /** `aten::mkldnn_linear_backward(Tensor self, Tensor grad_output, Tensor weight, bool[3] output_mask) -> (Tensor, Tensor, Tensor)` */
  "mkldnn_linear_backward": (
    self: Tensor,
    grad_output: Tensor,
    weight: Tensor,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  /** `aten::mkldnn_linear_backward_input(int[] input_size, Tensor grad_output, Tensor weight) -> Tensor` */
  "mkldnn_linear_backward_input": (
    input_size: readonly number[],
    grad_output: Tensor,
    weight: Tensor,
  ) => Tensor;
  /** `aten::mkldnn_linear_backward_weights(Tensor grad_output, Tensor input, Tensor weight, bool bias_defined) -> (Tensor, Tensor)` */
  "mkldnn_linear_backward_weights": (
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor,
    bias_defined: boolean,
  ) => [Tensor, Tensor];
  /** `aten::mkldnn_max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor` */
  "mkldnn_max_pool2d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::mkldnn_max_pool2d_backward(Tensor grad_output, Tensor output, Tensor input, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor` */
  "mkldnn_max_pool2d_backward": (
    grad_output: Tensor,
    output: Tensor,
    input: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::mkldnn_max_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, int[3] dilation=1, bool ceil_mode=False) -> Tensor` */
  "mkldnn_max_pool3d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::mkldnn_max_pool3d_backward(Tensor grad_output, Tensor output, Tensor input, int[3] kernel_size, int[3] stride=[], int[3] padding=0, int[3] dilation=1, bool ceil_mode=False) -> Tensor` */
  "mkldnn_max_pool3d_backward": (
    grad_output: Tensor,
    output: Tensor,
    input: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::mkldnn_reorder_conv2d_weight(Tensor self, SymInt[2] padding=[0, 0], SymInt[2] stride=[1, 1], SymInt[2] dilation=[1, 1], SymInt groups=1, SymInt[]? input_size=None) -> Tensor` */
  "mkldnn_reorder_conv2d_weight": (
    self: Tensor,
    padding?: number | readonly number[],
    stride?: number | readonly number[],
    dilation?: number | readonly number[],
    groups?: number,
    input_size?: readonly number[] | null,
  ) => Tensor;
  /** `aten::mkldnn_reorder_conv3d_weight(Tensor self, SymInt[3] padding=[0, 0, 0], SymInt[3] stride=[1, 1, 1], SymInt[3] dilation=[1, 1, 1], SymInt groups=1, SymInt[]? input_size=None) -> Tensor` */
  "mkldnn_reorder_conv3d_weight": (
    self: Tensor,
    padding?: number | readonly number[],
    stride?: number | readonly number[],
    dilation?: number | readonly number[],
    groups?: number,
    input_size?: readonly number[] | null,
  ) => Tensor;
  /** `aten::mkldnn_rnn_layer(Tensor input, Tensor weight0, Tensor weight1, Tensor weight2, Tensor weight3, Tensor hx_, Tensor cx_, bool reverse, int[] batch_sizes, int mode, int hidden_size, int num_layers, bool has_biases, bool bidirectional, bool batch_first, bool train) -> (Tensor, Tensor, Tensor, Tensor)` */
  "mkldnn_rnn_layer": (
    input: Tensor,
    weight0: Tensor,
    weight1: Tensor,
    weight2: Tensor,
    weight3: Tensor,
    hx_: Tensor,
    cx_: Tensor,
    reverse: boolean,
    batch_sizes: readonly number[],
    mode: number,
    hidden_size: number,
    num_layers: number,
    has_biases: boolean,
    bidirectional: boolean,
    batch_first: boolean,
    train: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `aten::mkldnn_rnn_layer_backward(Tensor input, Tensor weight1, Tensor weight2, Tensor weight3, Tensor weight4, Tensor hx_, Tensor cx_tmp, Tensor output, Tensor hy_, Tensor cy_, Tensor? grad_output, Tensor? grad_hy, Tensor? grad_cy, bool reverse, int mode, int hidden_size, int num_layers, bool has_biases, bool train, bool bidirectional, int[] batch_sizes, bool batch_first, Tensor workspace) -> (Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)` */
  "mkldnn_rnn_layer_backward": (
    input: Tensor,
    weight1: Tensor,
    weight2: Tensor,
    weight3: Tensor,
    weight4: Tensor,
    hx_: Tensor,
    cx_tmp: Tensor,
    output: Tensor,
    hy_: Tensor,
    cy_: Tensor,
    grad_output: Tensor | null,
    grad_hy: Tensor | null,
    grad_cy: Tensor | null,
    reverse: boolean,
    mode: number,
    hidden_size: number,
    num_layers: number,
    has_biases: boolean,
    train: boolean,
    bidirectional: boolean,
    batch_sizes: readonly number[],
    batch_first: boolean,
    workspace: Tensor,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  /** `aten::mm(Tensor self, Tensor mat2) -> Tensor` */
  "mm": (self: Tensor, mat2: Tensor) => Tensor;
  /** `aten::mm.dtype(Tensor self, Tensor mat2, ScalarType out_dtype) -> Tensor` */
  "mm.dtype": (self: Tensor, mat2: Tensor, out_dtype: DType) => Tensor;
  /** `aten::mode(Tensor self, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)` */
  "mode": (self: Tensor, dim?: number, keepdim?: boolean) => [Tensor, Tensor];
  /** `aten::moveaxis.int(Tensor(a) self, int source, int destination) -> Tensor(a)` */
  "moveaxis.int": (self: Tensor, source: number, destination: number) => Tensor;
  /** `aten::moveaxis.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)` */
  "moveaxis.intlist": (
    self: Tensor,
    source: readonly number[],
    destination: readonly number[],
  ) => Tensor;
  /** `aten::movedim.int(Tensor(a) self, int source, int destination) -> Tensor(a)` */
  "movedim.int": (self: Tensor, source: number, destination: number) => Tensor;
  /** `aten::movedim.intlist(Tensor(a) self, int[] source, int[] destination) -> Tensor(a)` */
  "movedim.intlist": (
    self: Tensor,
    source: readonly number[],
    destination: readonly number[],
  ) => Tensor;
  /** `aten::mps_convolution_backward(Tensor self, Tensor grad_output, Tensor weight, SymInt[] padding, SymInt[] stride, SymInt[] dilation, SymInt groups, bool[3] output_mask) -> (Tensor, Tensor, Tensor)` */
  "mps_convolution_backward": (
    self: Tensor,
    grad_output: Tensor,
    weight: Tensor,
    padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  /** `aten::mps_convolution_transpose_backward(Tensor self, Tensor grad_output, Tensor weight, SymInt[] padding, SymInt[] output_padding, SymInt[] stride, SymInt[] dilation, SymInt groups, bool[2] output_mask) -> (Tensor, Tensor)` */
  "mps_convolution_transpose_backward": (
    self: Tensor,
    grad_output: Tensor,
    weight: Tensor,
    padding: readonly number[],
    output_padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  /** `aten::mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor` */
  "mse_loss": (self: Tensor, target: Tensor, reduction?: number) => Tensor;
  /** `aten::mse_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction) -> Tensor` */
  "mse_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    reduction: number,
  ) => Tensor;
  /** `aten::msort(Tensor self) -> Tensor` */
  "msort": (self: Tensor) => Tensor;
  /** `aten::mul.Scalar(Tensor self, Scalar other) -> Tensor` */
  "mul.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::mul.Tensor(Tensor self, Tensor other) -> Tensor` */
  "mul.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::mul_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "mul_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "mul_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::multi_margin_loss(Tensor self, Tensor target, Scalar p=1, Scalar margin=1, Tensor? weight=None, int reduction=1) -> Tensor` */
  "multi_margin_loss": (
    self: Tensor,
    target: Tensor,
    p?: Scalar,
    margin?: Scalar,
    weight?: Tensor | null,
    reduction?: number,
  ) => Tensor;
  /** `aten::multi_margin_loss_backward(Tensor grad_output, Tensor self, Tensor target, Scalar p, Scalar margin, Tensor? weight=None, int reduction=1) -> Tensor` */
  "multi_margin_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    p: Scalar,
    margin: Scalar,
    weight?: Tensor | null,
    reduction?: number,
  ) => Tensor;
  /** `aten::multilabel_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor` */
  "multilabel_margin_loss": (
    self: Tensor,
    target: Tensor,
    reduction?: number,
  ) => Tensor;
  /** `aten::multilabel_margin_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction, Tensor is_target) -> Tensor` */
  "multilabel_margin_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    reduction: number,
    is_target: Tensor,
  ) => Tensor;
  /** `aten::multilabel_margin_loss_forward(Tensor self, Tensor target, int reduction) -> (Tensor output, Tensor is_target)` */
  "multilabel_margin_loss_forward": (
    self: Tensor,
    target: Tensor,
    reduction: number,
  ) => [Tensor, Tensor];
  /** `aten::multinomial(Tensor self, SymInt num_samples, bool replacement=False, *, Generator? generator=None) -> Tensor` */
  "multinomial": (
    self: Tensor,
    num_samples: number,
    replacement?: boolean,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::multiply.Scalar(Tensor self, Scalar other) -> Tensor` */
  "multiply.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::multiply.Tensor(Tensor self, Tensor other) -> Tensor` */
  "multiply.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::multiply_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "multiply_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::multiply_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "multiply_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::mv(Tensor self, Tensor vec) -> Tensor` */
  "mv": (self: Tensor, vec: Tensor) => Tensor;
  /** `aten::mvlgamma(Tensor self, int p) -> Tensor` */
  "mvlgamma": (self: Tensor, p: number) => Tensor;
  /** `aten::mvlgamma_(Tensor(a!) self, int p) -> Tensor(a!)` */
  "mvlgamma_": (self: Tensor, p: number) => Tensor;
  /** `aten::nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor` */
  "nan_to_num": (
    self: Tensor,
    nan?: number | null,
    posinf?: number | null,
    neginf?: number | null,
  ) => Tensor;
  /** `aten::nan_to_num_(Tensor(a!) self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor(a!)` */
  "nan_to_num_": (
    self: Tensor,
    nan?: number | null,
    posinf?: number | null,
    neginf?: number | null,
  ) => Tensor;
  /** `aten::nanmean(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "nanmean": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::nanmedian(Tensor self) -> Tensor` */
  "nanmedian": (self: Tensor) => Tensor;
  /** `aten::nanmedian.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)` */
  "nanmedian.dim": (
    self: Tensor,
    dim: number,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::nanquantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor` */
  "nanquantile": (
    self: Tensor,
    q: Tensor,
    dim?: number | null,
    keepdim?: boolean,
    options?: { interpolation?: string },
  ) => Tensor;
  /** `aten::nanquantile.scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor` */
  "nanquantile.scalar": (
    self: Tensor,
    q: number,
    dim?: number | null,
    keepdim?: boolean,
    options?: { interpolation?: string },
  ) => Tensor;
  /** `aten::nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "nansum": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::narrow(Tensor(a) self, int dim, SymInt start, SymInt length) -> Tensor(a)` */
  "narrow": (
    self: Tensor,
    dim: number,
    start: number,
    length: number,
  ) => Tensor;
  /** `aten::narrow.Tensor(Tensor(a) self, int dim, Tensor start, SymInt length) -> Tensor(a)` */
  "narrow.Tensor": (
    self: Tensor,
    dim: number,
    start: Tensor,
    length: number,
  ) => Tensor;
  /** `aten::narrow_copy(Tensor self, int dim, SymInt start, SymInt length) -> Tensor` */
  "narrow_copy": (
    self: Tensor,
    dim: number,
    start: number,
    length: number,
  ) => Tensor;
  /** `aten::native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps) -> (Tensor, Tensor, Tensor)` */
  "native_batch_norm": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    training: boolean,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::native_batch_norm_backward(Tensor grad_out, Tensor input, Tensor? weight, Tensor? running_mean, Tensor? running_var, Tensor? save_mean, Tensor? save_invstd, bool train, float eps, bool[3] output_mask) -> (Tensor, Tensor, Tensor)` */
  "native_batch_norm_backward": (
    grad_out: Tensor,
    input: Tensor,
    weight: Tensor | null,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    save_mean: Tensor | null,
    save_invstd: Tensor | null,
    train: boolean,
    eps: number,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  /** `aten::native_channel_shuffle(Tensor self, SymInt groups) -> Tensor` */
  "native_channel_shuffle": (self: Tensor, groups: number) => Tensor;
  /** `aten::native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)` */
  "native_dropout": (
    input: Tensor,
    p: number,
    train: boolean | null,
  ) => [Tensor, Tensor];
  /** `aten::native_dropout_backward(Tensor grad_output, Tensor mask, float scale) -> Tensor` */
  "native_dropout_backward": (
    grad_output: Tensor,
    mask: Tensor,
    scale: number,
  ) => Tensor;
  /** `aten::native_group_norm(Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C, SymInt HxW, int group, float eps) -> (Tensor, Tensor, Tensor)` */
  "native_group_norm": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    N: number,
    C: number,
    HxW: number,
    group: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::native_group_norm_backward(Tensor grad_out, Tensor input, Tensor mean, Tensor rstd, Tensor? weight, SymInt N, SymInt C, SymInt HxW, int group, bool[3] output_mask) -> (Tensor, Tensor, Tensor)` */
  "native_group_norm_backward": (
    grad_out: Tensor,
    input: Tensor,
    mean: Tensor,
    rstd: Tensor,
    weight: Tensor | null,
    N: number,
    C: number,
    HxW: number,
    group: number,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  /** `aten::native_layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight, Tensor? bias, float eps) -> (Tensor, Tensor, Tensor)` */
  "native_layer_norm": (
    input: Tensor,
    normalized_shape: readonly number[],
    weight: Tensor | null,
    bias: Tensor | null,
    eps: number,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::native_layer_norm_backward(Tensor grad_out, Tensor input, SymInt[] normalized_shape, Tensor mean, Tensor rstd, Tensor? weight, Tensor? bias, bool[3] output_mask) -> (Tensor, Tensor, Tensor)` */
  "native_layer_norm_backward": (
    grad_out: Tensor,
    input: Tensor,
    normalized_shape: readonly number[],
    mean: Tensor,
    rstd: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  /** `aten::native_norm(Tensor self, Scalar p=2) -> Tensor` */
  "native_norm": (self: Tensor, p?: Scalar) => Tensor;
  /** `aten::native_norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, ScalarType? dtype) -> Tensor` */
  "native_norm.ScalarOpt_dim_dtype": (
    self: Tensor,
    p: Scalar | null,
    dim: number | readonly number[],
    keepdim: boolean,
    dtype: DType | null,
  ) => Tensor;
  /** `aten::ne.Scalar(Tensor self, Scalar other) -> Tensor` */
  "ne.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::ne.Tensor(Tensor self, Tensor other) -> Tensor` */
  "ne.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::ne_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "ne_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::ne_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "ne_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::neg(Tensor self) -> Tensor` */
  "neg": (self: Tensor) => Tensor;
  /** `aten::neg_(Tensor(a!) self) -> Tensor(a!)` */
  "neg_": (self: Tensor) => Tensor;
  /** `aten::negative(Tensor self) -> Tensor` */
  "negative": (self: Tensor) => Tensor;
  /** `aten::negative_(Tensor(a!) self) -> Tensor(a!)` */
  "negative_": (self: Tensor) => Tensor;
  /** `aten::nested_to_padded_tensor(Tensor self, float padding, int[]? output_size=None) -> Tensor` */
  "nested_to_padded_tensor": (
    self: Tensor,
    padding: number,
    output_size?: readonly number[] | null,
  ) => Tensor;
  /** `aten::new_empty(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "new_empty": (
    self: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::new_empty_strided(Tensor self, SymInt[] size, SymInt[] stride, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "new_empty_strided": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::new_full(Tensor self, SymInt[] size, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "new_full": (
    self: Tensor,
    size: readonly number[],
    fill_value: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::new_ones(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "new_ones": (
    self: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::new_zeros(Tensor self, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "new_zeros": (
    self: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::nextafter(Tensor self, Tensor other) -> Tensor` */
  "nextafter": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::nextafter_(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "nextafter_": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::nll_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, SymInt ignore_index=-100) -> Tensor` */
  "nll_loss": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
    ignore_index?: number,
  ) => Tensor;
  /** `aten::nll_loss2d(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, SymInt ignore_index=-100) -> Tensor` */
  "nll_loss2d": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
    ignore_index?: number,
  ) => Tensor;
  /** `aten::nll_loss2d_backward(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, int reduction, SymInt ignore_index, Tensor total_weight) -> Tensor` */
  "nll_loss2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    weight: Tensor | null,
    reduction: number,
    ignore_index: number,
    total_weight: Tensor,
  ) => Tensor;
  /** `aten::nll_loss2d_forward(Tensor self, Tensor target, Tensor? weight, int reduction, SymInt ignore_index) -> (Tensor output, Tensor total_weight)` */
  "nll_loss2d_forward": (
    self: Tensor,
    target: Tensor,
    weight: Tensor | null,
    reduction: number,
    ignore_index: number,
  ) => [Tensor, Tensor];
  /** `aten::nll_loss_backward(Tensor grad_output, Tensor self, Tensor target, Tensor? weight, int reduction, SymInt ignore_index, Tensor total_weight) -> Tensor` */
  "nll_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    weight: Tensor | null,
    reduction: number,
    ignore_index: number,
    total_weight: Tensor,
  ) => Tensor;
  /** `aten::nll_loss_forward(Tensor self, Tensor target, Tensor? weight, int reduction, SymInt ignore_index) -> (Tensor output, Tensor total_weight)` */
  "nll_loss_forward": (
    self: Tensor,
    target: Tensor,
    weight: Tensor | null,
    reduction: number,
    ignore_index: number,
  ) => [Tensor, Tensor];
  /** `aten::nll_loss_nd(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, SymInt ignore_index=-100) -> Tensor` */
  "nll_loss_nd": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
    ignore_index?: number,
  ) => Tensor;
  /** `aten::nonzero(Tensor self) -> Tensor` */
  "nonzero": (self: Tensor) => Tensor;
  /** `aten::nonzero_numpy(Tensor self) -> Tensor[]` */
  "nonzero_numpy": (self: Tensor) => Tensor[];
  /** `aten::nonzero_static(Tensor self, *, SymInt size, int fill_value=-1) -> Tensor` */
  "nonzero_static": (
    self: Tensor,
    options: { size: number; fill_value?: number },
  ) => Tensor;
  /** `aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor` */
  "norm.Scalar": (self: Tensor, p?: Scalar) => Tensor;
  /** `aten::norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor` */
  "norm.ScalarOpt_dim": (
    self: Tensor,
    p: Scalar | null,
    dim: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::norm.ScalarOpt_dim_dtype(Tensor self, Scalar? p, int[1] dim, bool keepdim, *, ScalarType dtype) -> Tensor` */
  "norm.ScalarOpt_dim_dtype": (
    self: Tensor,
    p: Scalar | null,
    dim: number | readonly number[],
    keepdim: boolean,
    options: { dtype: DType },
  ) => Tensor;
  /** `aten::norm.ScalarOpt_dtype(Tensor self, Scalar? p, *, ScalarType dtype) -> Tensor` */
  "norm.ScalarOpt_dtype": (
    self: Tensor,
    p: Scalar | null,
    options: { dtype: DType },
  ) => Tensor;
  /** `aten::norm_except_dim(Tensor v, int pow=2, int dim=0) -> Tensor` */
  "norm_except_dim": (v: Tensor, pow?: number, dim?: number) => Tensor;
  /** `aten::normal.Tensor_Tensor(Tensor mean, Tensor std, *, Generator? generator=None) -> Tensor` */
  "normal.Tensor_Tensor": (
    mean: Tensor,
    std: Tensor,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::normal.Tensor_float(Tensor mean, float std=1., *, Generator? generator=None) -> Tensor` */
  "normal.Tensor_float": (
    mean: Tensor,
    std?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::normal.float_Tensor(float mean, Tensor std, *, Generator? generator=None) -> Tensor` */
  "normal.float_Tensor": (
    mean: number,
    std: Tensor,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::normal.float_float(float mean, float std, SymInt[] size, *, Generator? generator=None, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "normal.float_float": (
    mean: number,
    std: number,
    size: readonly number[],
    options?: {
      generator?: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor(a!)` */
  "normal_": (
    self: Tensor,
    mean?: number,
    std?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::normal_functional(Tensor self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor` */
  "normal_functional": (
    self: Tensor,
    mean?: number,
    std?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::not_equal.Scalar(Tensor self, Scalar other) -> Tensor` */
  "not_equal.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::not_equal.Tensor(Tensor self, Tensor other) -> Tensor` */
  "not_equal.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::not_equal_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "not_equal_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::not_equal_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "not_equal_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::nuclear_norm(Tensor self, bool keepdim=False) -> Tensor` */
  "nuclear_norm": (self: Tensor, keepdim?: boolean) => Tensor;
  /** `aten::nuclear_norm.dim(Tensor self, int[2] dim, bool keepdim=False) -> Tensor` */
  "nuclear_norm.dim": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::numel(Tensor self) -> int` */
  "numel": (self: Tensor) => number;
  /** `aten::numpy_T(Tensor(a) self) -> Tensor(a)` */
  "numpy_T": (self: Tensor) => Tensor;
  /** `aten::one_hot(Tensor self, int num_classes=-1) -> Tensor` */
  "one_hot": (self: Tensor, num_classes?: number) => Tensor;
  /** `aten::ones(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "ones": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "ones_like": (
    self: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::orgqr(Tensor self, Tensor input2) -> Tensor` */
  "orgqr": (self: Tensor, input2: Tensor) => Tensor;
  /** `aten::ormqr(Tensor self, Tensor input2, Tensor input3, bool left=True, bool transpose=False) -> Tensor` */
  "ormqr": (
    self: Tensor,
    input2: Tensor,
    input3: Tensor,
    left?: boolean,
    transpose?: boolean,
  ) => Tensor;
  /** `aten::outer(Tensor self, Tensor vec2) -> Tensor` */
  "outer": (self: Tensor, vec2: Tensor) => Tensor;
  /** `aten::output_nr(Tensor self) -> int` */
  "output_nr": (self: Tensor) => number;
  /** `aten::pad(Tensor self, SymInt[] pad, str mode="constant", float? value=None) -> Tensor` */
  "pad": (
    self: Tensor,
    pad: readonly number[],
    mode?: string,
    value?: number | null,
  ) => Tensor;
  /** `aten::pad_sequence(Tensor[] sequences, bool batch_first=False, float padding_value=0., str padding_side="right") -> Tensor` */
  "pad_sequence": (
    sequences: readonly Tensor[],
    batch_first?: boolean,
    padding_value?: number,
    padding_side?: string,
  ) => Tensor;
  /** `aten::pairwise_distance(Tensor x1, Tensor x2, float p=2., float eps=9.9999999999999995e-07, bool keepdim=False) -> Tensor` */
  "pairwise_distance": (
    x1: Tensor,
    x2: Tensor,
    p?: number,
    eps?: number,
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::pdist(Tensor self, float p=2.) -> Tensor` */
  "pdist": (self: Tensor, p?: number) => Tensor;
  /** `aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)` */
  "permute": (self: Tensor, dims: readonly number[]) => Tensor;
  /** `aten::permute_copy(Tensor self, int[] dims) -> Tensor` */
  "permute_copy": (self: Tensor, dims: readonly number[]) => Tensor;
  /** `aten::pin_memory(Tensor(a) self, Device? device=None) -> Tensor(a)` */
  "pin_memory": (self: Tensor, device?: Device | null) => Tensor;
  /** `aten::pinverse(Tensor self, float rcond=1.0000000000000001e-15) -> Tensor` */
  "pinverse": (self: Tensor, rcond?: number) => Tensor;
  /** `aten::pixel_shuffle(Tensor self, int upscale_factor) -> Tensor` */
  "pixel_shuffle": (self: Tensor, upscale_factor: number) => Tensor;
  /** `aten::pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor` */
  "pixel_unshuffle": (self: Tensor, downscale_factor: number) => Tensor;
  /** `aten::poisson(Tensor self, Generator? generator=None) -> Tensor` */
  "poisson": (self: Tensor, generator?: never | null) => Tensor;
  /** `aten::poisson_nll_loss(Tensor input, Tensor target, bool log_input, bool full, float eps, int reduction) -> Tensor` */
  "poisson_nll_loss": (
    input: Tensor,
    target: Tensor,
    log_input: boolean,
    full: boolean,
    eps: number,
    reduction: number,
  ) => Tensor;
  /** `aten::polar(Tensor abs, Tensor angle) -> Tensor` */
  "polar": (abs: Tensor, angle: Tensor) => Tensor;
  /** `aten::polygamma(int n, Tensor self) -> Tensor` */
  "polygamma": (n: number, self: Tensor) => Tensor;
  /** `aten::polygamma_(Tensor(a!) self, int n) -> Tensor(a!)` */
  "polygamma_": (self: Tensor, n: number) => Tensor;
  /** `aten::positive(Tensor(a) self) -> Tensor(a)` */
  "positive": (self: Tensor) => Tensor;
  /** `aten::pow.Scalar(Scalar self, Tensor exponent) -> Tensor` */
  "pow.Scalar": (self: Scalar, exponent: Tensor) => Tensor;
  /** `aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor` */
  "pow.Tensor_Scalar": (self: Tensor, exponent: Scalar) => Tensor;
  /** `aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor` */
  "pow.Tensor_Tensor": (self: Tensor, exponent: Tensor) => Tensor;
  /** `aten::pow_.Scalar(Tensor(a!) self, Scalar exponent) -> Tensor(a!)` */
  "pow_.Scalar": (self: Tensor, exponent: Scalar) => Tensor;
  /** `aten::pow_.Tensor(Tensor(a!) self, Tensor exponent) -> Tensor(a!)` */
  "pow_.Tensor": (self: Tensor, exponent: Tensor) => Tensor;
  /** `aten::prelu(Tensor self, Tensor weight) -> Tensor` */
  "prelu": (self: Tensor, weight: Tensor) => Tensor;
  /** `aten::prod(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
  "prod": (self: Tensor, options?: { dtype?: DType | null }) => Tensor;
  /** `aten::prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "prod.dim_int": (
    self: Tensor,
    dim: number,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::promote_types(ScalarType type1, ScalarType type2) -> ScalarType` */
  "promote_types": (type1: DType, type2: DType) => number;
  /** `aten::put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor` */
  "put": (
    self: Tensor,
    index: Tensor,
    source: Tensor,
    accumulate?: boolean,
  ) => Tensor;
  /** `aten::put_(Tensor(a!) self, Tensor index, Tensor source, bool accumulate=False) -> Tensor(a!)` */
  "put_": (
    self: Tensor,
    index: Tensor,
    source: Tensor,
    accumulate?: boolean,
  ) => Tensor;
  /** `aten::q_per_channel_axis(Tensor self) -> int` */
  "q_per_channel_axis": (self: Tensor) => number;
  /** `aten::q_per_channel_scales(Tensor self) -> Tensor` */
  "q_per_channel_scales": (self: Tensor) => Tensor;
  /** `aten::q_per_channel_zero_points(Tensor self) -> Tensor` */
  "q_per_channel_zero_points": (self: Tensor) => Tensor;
  /** `aten::q_scale(Tensor self) -> float` */
  "q_scale": (self: Tensor) => number;
  /** `aten::q_zero_point(Tensor self) -> int` */
  "q_zero_point": (self: Tensor) => number;
  /** `aten::qr(Tensor self, bool some=True) -> (Tensor Q, Tensor R)` */
  "qr": (self: Tensor, some?: boolean) => [Tensor, Tensor];
  /** `aten::quantile(Tensor self, Tensor q, int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor` */
  "quantile": (
    self: Tensor,
    q: Tensor,
    dim?: number | null,
    keepdim?: boolean,
    options?: { interpolation?: string },
  ) => Tensor;
  /** `aten::quantile.scalar(Tensor self, float q, int? dim=None, bool keepdim=False, *, str interpolation="linear") -> Tensor` */
  "quantile.scalar": (
    self: Tensor,
    q: number,
    dim?: number | null,
    keepdim?: boolean,
    options?: { interpolation?: string },
  ) => Tensor;
  /** `aten::quantize_per_channel(Tensor self, Tensor scales, Tensor zero_points, int axis, ScalarType dtype) -> Tensor` */
  "quantize_per_channel": (
    self: Tensor,
    scales: Tensor,
    zero_points: Tensor,
    axis: number,
    dtype: DType,
  ) => Tensor;
  /** `aten::quantize_per_tensor(Tensor self, float scale, int zero_point, ScalarType dtype) -> Tensor` */
  "quantize_per_tensor": (
    self: Tensor,
    scale: number,
    zero_point: number,
    dtype: DType,
  ) => Tensor;
  /** `aten::quantize_per_tensor.tensor_qparams(Tensor self, Tensor scale, Tensor zero_point, ScalarType dtype) -> Tensor` */
  "quantize_per_tensor.tensor_qparams": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    dtype: DType,
  ) => Tensor;
  /** `aten::quantize_per_tensor.tensors(Tensor[] tensors, Tensor scales, Tensor zero_points, ScalarType dtype) -> Tensor[]` */
  "quantize_per_tensor.tensors": (
    tensors: readonly Tensor[],
    scales: Tensor,
    zero_points: Tensor,
    dtype: DType,
  ) => Tensor[];
  /** `aten::quantize_per_tensor_dynamic(Tensor self, ScalarType dtype, bool reduce_range) -> Tensor` */
  "quantize_per_tensor_dynamic": (
    self: Tensor,
    dtype: DType,
    reduce_range: boolean,
  ) => Tensor;
  /** `aten::quantized_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor mean, Tensor var, float eps, float output_scale, int output_zero_point) -> Tensor` */
  "quantized_batch_norm": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    mean: Tensor,
    var_: Tensor,
    eps: number,
    output_scale: number,
    output_zero_point: number,
  ) => Tensor;
  /** `aten::quantized_gru.data_legacy(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional) -> (Tensor, Tensor)` */
  "quantized_gru.data_legacy": (
    data: Tensor,
    batch_sizes: Tensor,
    hx: Tensor,
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
  ) => [Tensor, Tensor];
  /** `aten::quantized_gru.input_legacy(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor)` */
  "quantized_gru.input_legacy": (
    input: Tensor,
    hx: Tensor,
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_first: boolean,
  ) => [Tensor, Tensor];
  /** `aten::quantized_gru_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor b_ih, Tensor b_hh, Tensor packed_ih, Tensor packed_hh, Tensor col_offsets_ih, Tensor col_offsets_hh, Scalar scale_ih, Scalar scale_hh, Scalar zero_point_ih, Scalar zero_point_hh) -> Tensor` */
  "quantized_gru_cell": (
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor,
    b_hh: Tensor,
    packed_ih: Tensor,
    packed_hh: Tensor,
    col_offsets_ih: Tensor,
    col_offsets_hh: Tensor,
    scale_ih: Scalar,
    scale_hh: Scalar,
    zero_point_ih: Scalar,
    zero_point_hh: Scalar,
  ) => Tensor;
  /** `aten::quantized_lstm.data_legacy(Tensor data, Tensor batch_sizes, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, *, ScalarType? dtype=None, bool use_dynamic=False) -> (Tensor, Tensor, Tensor)` */
  "quantized_lstm.data_legacy": (
    data: Tensor,
    batch_sizes: Tensor,
    hx: readonly Tensor[],
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    options?: { dtype?: DType | null; use_dynamic?: boolean },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::quantized_lstm.input_legacy(Tensor input, Tensor[] hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first, *, ScalarType? dtype=None, bool use_dynamic=False) -> (Tensor, Tensor, Tensor)` */
  "quantized_lstm.input_legacy": (
    input: Tensor,
    hx: readonly Tensor[],
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_first: boolean,
    options?: { dtype?: DType | null; use_dynamic?: boolean },
  ) => [Tensor, Tensor, Tensor];
  /** `aten::quantized_lstm_cell(Tensor input, Tensor[] hx, Tensor w_ih, Tensor w_hh, Tensor b_ih, Tensor b_hh, Tensor packed_ih, Tensor packed_hh, Tensor col_offsets_ih, Tensor col_offsets_hh, Scalar scale_ih, Scalar scale_hh, Scalar zero_point_ih, Scalar zero_point_hh) -> (Tensor, Tensor)` */
  "quantized_lstm_cell": (
    input: Tensor,
    hx: readonly Tensor[],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor,
    b_hh: Tensor,
    packed_ih: Tensor,
    packed_hh: Tensor,
    col_offsets_ih: Tensor,
    col_offsets_hh: Tensor,
    scale_ih: Scalar,
    scale_hh: Scalar,
    zero_point_ih: Scalar,
    zero_point_hh: Scalar,
  ) => [Tensor, Tensor];
  /** `aten::quantized_max_pool1d(Tensor self, int[1] kernel_size, int[1] stride=[], int[1] padding=[0], int[1] dilation=[1], bool ceil_mode=False) -> Tensor` */
  "quantized_max_pool1d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::quantized_max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor` */
  "quantized_max_pool2d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::quantized_max_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, int[3] dilation=1, bool ceil_mode=False) -> Tensor` */
  "quantized_max_pool3d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  /** `aten::quantized_rnn_relu_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor b_ih, Tensor b_hh, Tensor packed_ih, Tensor packed_hh, Tensor col_offsets_ih, Tensor col_offsets_hh, Scalar scale_ih, Scalar scale_hh, Scalar zero_point_ih, Scalar zero_point_hh) -> Tensor` */
  "quantized_rnn_relu_cell": (
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor,
    b_hh: Tensor,
    packed_ih: Tensor,
    packed_hh: Tensor,
    col_offsets_ih: Tensor,
    col_offsets_hh: Tensor,
    scale_ih: Scalar,
    scale_hh: Scalar,
    zero_point_ih: Scalar,
    zero_point_hh: Scalar,
  ) => Tensor;
  /** `aten::quantized_rnn_tanh_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor b_ih, Tensor b_hh, Tensor packed_ih, Tensor packed_hh, Tensor col_offsets_ih, Tensor col_offsets_hh, Scalar scale_ih, Scalar scale_hh, Scalar zero_point_ih, Scalar zero_point_hh) -> Tensor` */
  "quantized_rnn_tanh_cell": (
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor,
    b_hh: Tensor,
    packed_ih: Tensor,
    packed_hh: Tensor,
    col_offsets_ih: Tensor,
    col_offsets_hh: Tensor,
    scale_ih: Scalar,
    scale_hh: Scalar,
    zero_point_ih: Scalar,
    zero_point_hh: Scalar,
  ) => Tensor;
  /** `aten::rad2deg(Tensor self) -> Tensor` */
  "rad2deg": (self: Tensor) => Tensor;
  /** `aten::rad2deg_(Tensor(a!) self) -> Tensor(a!)` */
  "rad2deg_": (self: Tensor) => Tensor;
  /** `aten::rand(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "rand": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::rand.generator(SymInt[] size, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "rand.generator": (
    size: readonly number[],
    options: {
      generator: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::rand_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "rand_like": (
    self: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::rand_like.generator(Tensor self, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "rand_like.generator": (
    self: Tensor,
    options: {
      generator: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::randint(SymInt high, SymInt[] size, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "randint": (
    high: number,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::randint.generator(SymInt high, SymInt[] size, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "randint.generator": (
    high: number,
    size: readonly number[],
    options: {
      generator: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::randint.low(SymInt low, SymInt high, SymInt[] size, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "randint.low": (
    low: number,
    high: number,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::randint.low_generator(SymInt low, SymInt high, SymInt[] size, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "randint.low_generator": (
    low: number,
    high: number,
    size: readonly number[],
    options: {
      generator: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::randint_like(Tensor self, SymInt high, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "randint_like": (
    self: Tensor,
    high: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::randint_like.Tensor(Tensor self, Tensor high, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "randint_like.Tensor": (
    self: Tensor,
    high: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::randint_like.Tensor_generator(Tensor self, Tensor high, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "randint_like.Tensor_generator": (
    self: Tensor,
    high: Tensor,
    options: {
      generator: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::randint_like.generator(Tensor self, SymInt high, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "randint_like.generator": (
    self: Tensor,
    high: number,
    options: {
      generator: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::randint_like.low_dtype(Tensor self, SymInt low, SymInt high, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "randint_like.low_dtype": (
    self: Tensor,
    low: number,
    high: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::randint_like.low_generator_dtype(Tensor self, SymInt low, SymInt high, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "randint_like.low_generator_dtype": (
    self: Tensor,
    low: number,
    high: number,
    options: {
      generator: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::randn(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "randn": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::randn.generator(SymInt[] size, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "randn.generator": (
    size: readonly number[],
    options: {
      generator: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::randn_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "randn_like": (
    self: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::randn_like.generator(Tensor self, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "randn_like.generator": (
    self: Tensor,
    options: {
      generator: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::random(Tensor self, *, Generator? generator=None) -> Tensor` */
  "random": (self: Tensor, options?: { generator?: never | null }) => Tensor;
  /** `aten::random.from(Tensor self, int from, int? to, *, Generator? generator=None) -> Tensor` */
  "random.from": (
    self: Tensor,
    from: number,
    to: number | null,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::random.to(Tensor self, int to, *, Generator? generator=None) -> Tensor` */
  "random.to": (
    self: Tensor,
    to: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::random_(Tensor(a!) self, *, Generator? generator=None) -> Tensor(a!)` */
  "random_": (self: Tensor, options?: { generator?: never | null }) => Tensor;
  /** `aten::random_.from(Tensor(a!) self, int from, int? to, *, Generator? generator=None) -> Tensor(a!)` */
  "random_.from": (
    self: Tensor,
    from: number,
    to: number | null,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::random_.to(Tensor(a!) self, int to, *, Generator? generator=None) -> Tensor(a!)` */
  "random_.to": (
    self: Tensor,
    to: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::randperm(SymInt n, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "randperm": (
    n: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::randperm.generator(SymInt n, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "randperm.generator": (
    n: number,
    options: {
      generator: never | null;
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::range(Scalar start, Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "range": (
    start: Scalar,
    end: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::range.step(Scalar start, Scalar end, Scalar step=1, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "range.step": (
    start: Scalar,
    end: Scalar,
    step?: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::ravel(Tensor(a) self) -> Tensor(a)` */
  "ravel": (self: Tensor) => Tensor;
  /** `aten::real(Tensor(a) self) -> Tensor(a)` */
  "real": (self: Tensor) => Tensor;
  /** `aten::reciprocal(Tensor self) -> Tensor` */
  "reciprocal": (self: Tensor) => Tensor;
  /** `aten::reciprocal_(Tensor(a!) self) -> Tensor(a!)` */
  "reciprocal_": (self: Tensor) => Tensor;
  /** `aten::reflection_pad1d(Tensor self, SymInt[2] padding) -> Tensor` */
  "reflection_pad1d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::reflection_pad1d_backward(Tensor grad_output, Tensor self, SymInt[2] padding) -> Tensor` */
  "reflection_pad1d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::reflection_pad2d(Tensor self, SymInt[4] padding) -> Tensor` */
  "reflection_pad2d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::reflection_pad2d_backward(Tensor grad_output, Tensor self, SymInt[4] padding) -> Tensor` */
  "reflection_pad2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::reflection_pad3d(Tensor self, SymInt[6] padding) -> Tensor` */
  "reflection_pad3d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::reflection_pad3d_backward(Tensor grad_output, Tensor self, SymInt[6] padding) -> Tensor` */
  "reflection_pad3d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::relu(Tensor self) -> Tensor` */
  "relu": (self: Tensor) => Tensor;
  /** `aten::relu6(Tensor self) -> Tensor` */
  "relu6": (self: Tensor) => Tensor;
  /** `aten::relu6_(Tensor(a!) self) -> Tensor(a!)` */
  "relu6_": (self: Tensor) => Tensor;
  /** `aten::relu_(Tensor(a!) self) -> Tensor(a!)` */
  "relu_": (self: Tensor) => Tensor;
  /** `aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor` */
  "remainder.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::remainder.Scalar_Tensor(Scalar self, Tensor other) -> Tensor` */
  "remainder.Scalar_Tensor": (self: Scalar, other: Tensor | number) => Tensor;
  /** `aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor` */
  "remainder.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::remainder_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "remainder_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::remainder_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "remainder_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor` */
  "renorm": (self: Tensor, p: Scalar, dim: number, maxnorm: Scalar) => Tensor;
  /** `aten::renorm_(Tensor(a!) self, Scalar p, int dim, Scalar maxnorm) -> Tensor(a!)` */
  "renorm_": (self: Tensor, p: Scalar, dim: number, maxnorm: Scalar) => Tensor;
  /** `aten::repeat(Tensor self, SymInt[] repeats) -> Tensor` */
  "repeat": (self: Tensor, repeats: readonly number[]) => Tensor;
  /** `aten::repeat_interleave.Tensor(Tensor repeats, *, SymInt? output_size=None) -> Tensor` */
  "repeat_interleave.Tensor": (
    repeats: Tensor,
    options?: { output_size?: number | null },
  ) => Tensor;
  /** `aten::repeat_interleave.self_Tensor(Tensor self, Tensor repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor` */
  "repeat_interleave.self_Tensor": (
    self: Tensor,
    repeats: Tensor,
    dim?: number | null,
    options?: { output_size?: number | null },
  ) => Tensor;
  /** `aten::repeat_interleave.self_int(Tensor self, SymInt repeats, int? dim=None, *, SymInt? output_size=None) -> Tensor` */
  "repeat_interleave.self_int": (
    self: Tensor,
    repeats: number,
    dim?: number | null,
    options?: { output_size?: number | null },
  ) => Tensor;
  /** `aten::replication_pad1d(Tensor self, SymInt[2] padding) -> Tensor` */
  "replication_pad1d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::replication_pad1d_backward(Tensor grad_output, Tensor self, SymInt[2] padding) -> Tensor` */
  "replication_pad1d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::replication_pad2d(Tensor self, SymInt[4] padding) -> Tensor` */
  "replication_pad2d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::replication_pad2d_backward(Tensor grad_output, Tensor self, SymInt[4] padding) -> Tensor` */
  "replication_pad2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::replication_pad3d(Tensor self, SymInt[6] padding) -> Tensor` */
  "replication_pad3d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::replication_pad3d_backward(Tensor grad_output, Tensor self, SymInt[6] padding) -> Tensor` */
  "replication_pad3d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::requires_grad_(Tensor(a!) self, bool requires_grad=True) -> Tensor(a!)` */
  "requires_grad_": (self: Tensor, requires_grad?: boolean) => Tensor;
  /** `aten::reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)` */
  "reshape": (self: Tensor, shape: readonly number[]) => Tensor;
  /** `aten::reshape_as(Tensor(a) self, Tensor other) -> Tensor(a)` */
  "reshape_as": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::resize(Tensor self, SymInt[] size, *, MemoryFormat? memory_format=None) -> Tensor` */
  "resize": (
    self: Tensor,
    size: readonly number[],
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  /** `aten::resize_(Tensor(a!) self, SymInt[] size, *, MemoryFormat? memory_format=None) -> Tensor(a!)` */
  "resize_": (
    self: Tensor,
    size: readonly number[],
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  /** `aten::resize_as(Tensor self, Tensor the_template, *, MemoryFormat? memory_format=None) -> Tensor` */
  "resize_as": (
    self: Tensor,
    the_template: Tensor,
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  /** `aten::resize_as_(Tensor(a!) self, Tensor the_template, *, MemoryFormat? memory_format=None) -> Tensor(a!)` */
  "resize_as_": (
    self: Tensor,
    the_template: Tensor,
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  /** `aten::resize_as_sparse(Tensor self, Tensor the_template) -> Tensor` */
  "resize_as_sparse": (self: Tensor, the_template: Tensor) => Tensor;
  /** `aten::resize_as_sparse_(Tensor(a!) self, Tensor the_template) -> Tensor(a!)` */
  "resize_as_sparse_": (self: Tensor, the_template: Tensor) => Tensor;
  /** `aten::resolve_conj(Tensor(a) self) -> Tensor(a)` */
  "resolve_conj": (self: Tensor) => Tensor;
  /** `aten::resolve_neg(Tensor(a) self) -> Tensor(a)` */
  "resolve_neg": (self: Tensor) => Tensor;
  /** `aten::result_type.Scalar(Tensor tensor, Scalar other) -> ScalarType` */
  "result_type.Scalar": (tensor: Tensor, other: Scalar) => number;
  /** `aten::result_type.Scalar_Scalar(Scalar scalar1, Scalar scalar2) -> ScalarType` */
  "result_type.Scalar_Scalar": (scalar1: Scalar, scalar2: Scalar) => number;
  /** `aten::result_type.Scalar_Tensor(Scalar scalar, Tensor tensor) -> ScalarType` */
  "result_type.Scalar_Tensor": (scalar: Scalar, tensor: Tensor) => number;
  /** `aten::result_type.Tensor(Tensor tensor, Tensor other) -> ScalarType` */
  "result_type.Tensor": (tensor: Tensor, other: Tensor | number) => number;
  /** `aten::retain_grad(Tensor(a!) self) -> ()` */
  "retain_grad": (self: Tensor) => void;
  /** `aten::retains_grad(Tensor self) -> bool` */
  "retains_grad": (self: Tensor) => boolean;
  /** `aten::rms_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight=None, float? eps=None) -> Tensor` */
  "rms_norm": (
    input: Tensor,
    normalized_shape: readonly number[],
    weight?: Tensor | null,
    eps?: number | null,
  ) => Tensor;
  /** `aten::rnn_relu.data(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional) -> (Tensor, Tensor)` */
  "rnn_relu.data": (
    data: Tensor,
    batch_sizes: Tensor,
    hx: Tensor,
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
  ) => [Tensor, Tensor];
  /** `aten::rnn_relu.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor)` */
  "rnn_relu.input": (
    input: Tensor,
    hx: Tensor,
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_first: boolean,
  ) => [Tensor, Tensor];
  /** `aten::rnn_relu_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) -> Tensor` */
  "rnn_relu_cell": (
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih?: Tensor | null,
    b_hh?: Tensor | null,
  ) => Tensor;
  /** `aten::rnn_tanh.data(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional) -> (Tensor, Tensor)` */
  "rnn_tanh.data": (
    data: Tensor,
    batch_sizes: Tensor,
    hx: Tensor,
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
  ) => [Tensor, Tensor];
  /** `aten::rnn_tanh.input(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, bool batch_first) -> (Tensor, Tensor)` */
  "rnn_tanh.input": (
    input: Tensor,
    hx: Tensor,
    params: readonly Tensor[],
    has_biases: boolean,
    num_layers: number,
    dropout: number,
    train: boolean,
    bidirectional: boolean,
    batch_first: boolean,
  ) => [Tensor, Tensor];
  /** `aten::rnn_tanh_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? b_ih=None, Tensor? b_hh=None) -> Tensor` */
  "rnn_tanh_cell": (
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih?: Tensor | null,
    b_hh?: Tensor | null,
  ) => Tensor;
  /** `aten::roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor` */
  "roll": (
    self: Tensor,
    shifts: number | readonly number[],
    dims?: number | readonly number[],
  ) => Tensor;
  /** `aten::rot90(Tensor self, int k=1, int[] dims=[0, 1]) -> Tensor` */
  "rot90": (self: Tensor, k?: number, dims?: readonly number[]) => Tensor;
  /** `aten::round(Tensor self) -> Tensor` */
  "round": (self: Tensor) => Tensor;
  /** `aten::round.decimals(Tensor self, *, int decimals) -> Tensor` */
  "round.decimals": (self: Tensor, options: { decimals: number }) => Tensor;
  /** `aten::round_(Tensor(a!) self) -> Tensor(a!)` */
  "round_": (self: Tensor) => Tensor;
  /** `aten::round_.decimals(Tensor(a!) self, *, int decimals) -> Tensor(a!)` */
  "round_.decimals": (self: Tensor, options: { decimals: number }) => Tensor;
  /** `aten::row_indices(Tensor(a) self) -> Tensor(a)` */
  "row_indices": (self: Tensor) => Tensor;
  /** `aten::row_indices_copy(Tensor self) -> Tensor` */
  "row_indices_copy": (self: Tensor) => Tensor;
  /** `aten::row_stack(Tensor[] tensors) -> Tensor` */
  "row_stack": (tensors: readonly Tensor[]) => Tensor;
  /** `aten::rrelu(Tensor self, Scalar lower=0.125, Scalar upper=0.33333333333333331, bool training=False, Generator? generator=None) -> Tensor` */
  "rrelu": (
    self: Tensor,
    lower?: Scalar,
    upper?: Scalar,
    training?: boolean,
    generator?: never | null,
  ) => Tensor;
  /** `aten::rrelu_(Tensor(a!) self, Scalar lower=0.125, Scalar upper=0.33333333333333331, bool training=False, Generator? generator=None) -> Tensor(a!)` */
  "rrelu_": (
    self: Tensor,
    lower?: Scalar,
    upper?: Scalar,
    training?: boolean,
    generator?: never | null,
  ) => Tensor;
  /** `aten::rrelu_with_noise(Tensor self, Tensor(b!) noise, Scalar lower=0.125, Scalar upper=0.33333333333333331, bool training=False, Generator? generator=None) -> Tensor` */
  "rrelu_with_noise": (
    self: Tensor,
    noise: Tensor,
    lower?: Scalar,
    upper?: Scalar,
    training?: boolean,
    generator?: never | null,
  ) => Tensor;
  /** `aten::rrelu_with_noise_(Tensor(a!) self, Tensor(b!) noise, Scalar lower=0.125, Scalar upper=0.33333333333333331, bool training=False, Generator? generator=None) -> Tensor(a!)` */
  "rrelu_with_noise_": (
    self: Tensor,
    noise: Tensor,
    lower?: Scalar,
    upper?: Scalar,
    training?: boolean,
    generator?: never | null,
  ) => Tensor;
  /** `aten::rrelu_with_noise_backward(Tensor grad_output, Tensor self, Tensor noise, Scalar lower, Scalar upper, bool training, bool self_is_result) -> Tensor` */
  "rrelu_with_noise_backward": (
    grad_output: Tensor,
    self: Tensor,
    noise: Tensor,
    lower: Scalar,
    upper: Scalar,
    training: boolean,
    self_is_result: boolean,
  ) => Tensor;
  /** `aten::rrelu_with_noise_functional(Tensor self, Tensor noise, Scalar lower=0.125, Scalar upper=0.33333333333333331, bool training=False, Generator? generator=None) -> (Tensor, Tensor noise_out)` */
  "rrelu_with_noise_functional": (
    self: Tensor,
    noise: Tensor,
    lower?: Scalar,
    upper?: Scalar,
    training?: boolean,
    generator?: never | null,
  ) => [Tensor, Tensor];
  /** `aten::rsqrt(Tensor self) -> Tensor` */
  "rsqrt": (self: Tensor) => Tensor;
  /** `aten::rsqrt_(Tensor(a!) self) -> Tensor(a!)` */
  "rsqrt_": (self: Tensor) => Tensor;
  /** `aten::rsub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
  "rsub.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  /** `aten::rsub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  "rsub.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::scalar_tensor(Scalar s, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "scalar_tensor": (
    s: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::scaled_dot_product_attention(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0., bool is_causal=False, *, float? scale=None, bool enable_gqa=False) -> Tensor` */
  "scaled_dot_product_attention": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask?: Tensor | null,
    dropout_p?: number,
    is_causal?: boolean,
    options?: { scale?: number | null; enable_gqa?: boolean },
  ) => Tensor;
  /** `aten::scatter.reduce(Tensor self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor` */
  "scatter.reduce": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    options: { reduce: string },
  ) => Tensor;
  /** `aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor` */
  "scatter.src": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
  ) => Tensor;
  /** `aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor` */
  "scatter.value": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
  ) => Tensor;
  /** `aten::scatter.value_reduce(Tensor self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor` */
  "scatter.value_reduce": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
    options: { reduce: string },
  ) => Tensor;
  /** `aten::scatter_.reduce(Tensor(a!) self, int dim, Tensor index, Tensor src, *, str reduce) -> Tensor(a!)` */
  "scatter_.reduce": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    options: { reduce: string },
  ) => Tensor;
  /** `aten::scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)` */
  "scatter_.src": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
  ) => Tensor;
  /** `aten::scatter_.value(Tensor(a!) self, int dim, Tensor index, Scalar value) -> Tensor(a!)` */
  "scatter_.value": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
  ) => Tensor;
  /** `aten::scatter_.value_reduce(Tensor(a!) self, int dim, Tensor index, Scalar value, *, str reduce) -> Tensor(a!)` */
  "scatter_.value_reduce": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
    options: { reduce: string },
  ) => Tensor;
  /** `aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor` */
  "scatter_add": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
  ) => Tensor;
  /** `aten::scatter_add_(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)` */
  "scatter_add_": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
  ) => Tensor;
  /** `aten::scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> Tensor` */
  "scatter_reduce.two": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    reduce: string,
    options?: { include_self?: boolean },
  ) => Tensor;
  /** `aten::scatter_reduce_.two(Tensor(a!) self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True) -> Tensor(a!)` */
  "scatter_reduce_.two": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    reduce: string,
    options?: { include_self?: boolean },
  ) => Tensor;
  /** `aten::searchsorted.Scalar(Tensor sorted_sequence, Scalar self, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor` */
  "searchsorted.Scalar": (
    sorted_sequence: Tensor,
    self: Scalar,
    options?: {
      out_int32?: boolean;
      right?: boolean;
      side?: string | null;
      sorter?: Tensor | null;
    },
  ) => Tensor;
  /** `aten::searchsorted.Tensor(Tensor sorted_sequence, Tensor self, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None) -> Tensor` */
  "searchsorted.Tensor": (
    sorted_sequence: Tensor,
    self: Tensor,
    options?: {
      out_int32?: boolean;
      right?: boolean;
      side?: string | null;
      sorter?: Tensor | null;
    },
  ) => Tensor;
  /** `aten::segment_reduce(Tensor data, str reduce, *, Tensor? lengths=None, Tensor? indices=None, Tensor? offsets=None, int axis=0, bool unsafe=False, Scalar? initial=None) -> Tensor` */
  "segment_reduce": (
    data: Tensor,
    reduce: string,
    options?: {
      lengths?: Tensor | null;
      indices?: Tensor | null;
      offsets?: Tensor | null;
      axis?: number;
      unsafe?: boolean;
      initial?: Scalar | null;
    },
  ) => Tensor;
  /** `aten::select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)` */
  "select.int": (self: Tensor, dim: number, index: number) => Tensor;
  /** `aten::select_backward(Tensor grad_output, SymInt[] input_sizes, int dim, SymInt index) -> Tensor` */
  "select_backward": (
    grad_output: Tensor,
    input_sizes: readonly number[],
    dim: number,
    index: number,
  ) => Tensor;
  /** `aten::select_copy.int(Tensor self, int dim, SymInt index) -> Tensor` */
  "select_copy.int": (self: Tensor, dim: number, index: number) => Tensor;
  /** `aten::select_scatter(Tensor self, Tensor src, int dim, SymInt index) -> Tensor` */
  "select_scatter": (
    self: Tensor,
    src: Tensor,
    dim: number,
    index: number,
  ) => Tensor;
  /** `aten::selu(Tensor self) -> Tensor` */
  "selu": (self: Tensor) => Tensor;
  /** `aten::selu_(Tensor(a!) self) -> Tensor(a!)` */
  "selu_": (self: Tensor) => Tensor;
  /** `aten::set(Tensor self) -> Tensor` */
  "set": (self: Tensor) => Tensor;
  /** `aten::set.source_Tensor(Tensor self, Tensor source) -> Tensor` */
  "set.source_Tensor": (self: Tensor, source: Tensor) => Tensor;
  /** `aten::set_(Tensor(a!) self) -> Tensor(a!)` */
  "set_": (self: Tensor) => Tensor;
  /** `aten::set_.source_Tensor(Tensor(a!) self, Tensor source) -> Tensor(a!)` */
  "set_.source_Tensor": (self: Tensor, source: Tensor) => Tensor;
  /** `aten::set_.source_Tensor_storage_offset(Tensor(a!) self, Tensor source, SymInt storage_offset, SymInt[] size, SymInt[] stride=[]) -> Tensor(a!)` */
  "set_.source_Tensor_storage_offset": (
    self: Tensor,
    source: Tensor,
    storage_offset: number,
    size: readonly number[],
    stride?: readonly number[],
  ) => Tensor;
  /** `aten::set_data(Tensor(a!) self, Tensor new_data) -> ()` */
  "set_data": (self: Tensor, new_data: Tensor) => void;
  /** `aten::sgn(Tensor self) -> Tensor` */
  "sgn": (self: Tensor) => Tensor;
  /** `aten::sgn_(Tensor(a!) self) -> Tensor(a!)` */
  "sgn_": (self: Tensor) => Tensor;
  /** `aten::sigmoid(Tensor self) -> Tensor` */
  "sigmoid": (self: Tensor) => Tensor;
  /** `aten::sigmoid_(Tensor(a!) self) -> Tensor(a!)` */
  "sigmoid_": (self: Tensor) => Tensor;
  /** `aten::sigmoid_backward(Tensor grad_output, Tensor output) -> Tensor` */
  "sigmoid_backward": (grad_output: Tensor, output: Tensor) => Tensor;
  /** `aten::sign(Tensor self) -> Tensor` */
  "sign": (self: Tensor) => Tensor;
  /** `aten::sign_(Tensor(a!) self) -> Tensor(a!)` */
  "sign_": (self: Tensor) => Tensor;
  /** `aten::signbit(Tensor self) -> Tensor` */
  "signbit": (self: Tensor) => Tensor;
  /** `aten::silu(Tensor self) -> Tensor` */
  "silu": (self: Tensor) => Tensor;
  /** `aten::silu_(Tensor(a!) self) -> Tensor(a!)` */
  "silu_": (self: Tensor) => Tensor;
  /** `aten::silu_backward(Tensor grad_output, Tensor self) -> Tensor` */
  "silu_backward": (grad_output: Tensor, self: Tensor) => Tensor;
  /** `aten::sin(Tensor self) -> Tensor` */
  "sin": (self: Tensor) => Tensor;
  /** `aten::sin_(Tensor(a!) self) -> Tensor(a!)` */
  "sin_": (self: Tensor) => Tensor;
  /** `aten::sinc(Tensor self) -> Tensor` */
  "sinc": (self: Tensor) => Tensor;
  /** `aten::sinc_(Tensor(a!) self) -> Tensor(a!)` */
  "sinc_": (self: Tensor) => Tensor;
  /** `aten::sinh(Tensor self) -> Tensor` */
  "sinh": (self: Tensor) => Tensor;
  /** `aten::sinh_(Tensor(a!) self) -> Tensor(a!)` */
  "sinh_": (self: Tensor) => Tensor;
  /** `aten::size.int(Tensor self, int dim) -> int` */
  "size.int": (self: Tensor, dim: number) => number;
  /** `aten::slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)` */
  "slice.Tensor": (
    self: Tensor,
    dim?: number,
    start?: number | null,
    end?: number | null,
    step?: number,
  ) => Tensor;
  /** `aten::slice_backward(Tensor grad_output, SymInt[] input_sizes, int dim, SymInt start, SymInt end, SymInt step) -> Tensor` */
  "slice_backward": (
    grad_output: Tensor,
    input_sizes: readonly number[],
    dim: number,
    start: number,
    end: number,
    step: number,
  ) => Tensor;
  /** `aten::slice_copy.Tensor(Tensor self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor` */
  "slice_copy.Tensor": (
    self: Tensor,
    dim?: number,
    start?: number | null,
    end?: number | null,
    step?: number,
  ) => Tensor;
  /** `aten::slice_inverse(Tensor(a) self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)` */
  "slice_inverse": (
    self: Tensor,
    src: Tensor,
    dim?: number,
    start?: number | null,
    end?: number | null,
    step?: number,
  ) => Tensor;
  /** `aten::slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor` */
  "slice_scatter": (
    self: Tensor,
    src: Tensor,
    dim?: number,
    start?: number | null,
    end?: number | null,
    step?: number,
  ) => Tensor;
  /** `aten::slogdet(Tensor self) -> (Tensor sign, Tensor logabsdet)` */
  "slogdet": (self: Tensor) => [Tensor, Tensor];
  /** `aten::slow_conv3d(Tensor self, Tensor weight, SymInt[3] kernel_size, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], SymInt[3] padding=[0, 0, 0]) -> Tensor` */
  "slow_conv3d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
  ) => Tensor;
  /** `aten::slow_conv3d_forward(Tensor self, Tensor weight, SymInt[3] kernel_size, Tensor? bias, SymInt[3] stride, SymInt[3] padding) -> Tensor` */
  "slow_conv3d_forward": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias: Tensor | null,
    stride: number | readonly number[],
    padding: number | readonly number[],
  ) => Tensor;
  /** `aten::slow_conv_dilated2d(Tensor self, Tensor weight, SymInt[2] kernel_size, Tensor? bias=None, SymInt[2] stride=[1, 1], SymInt[2] padding=[0, 0], SymInt[2] dilation=[1, 1]) -> Tensor` */
  "slow_conv_dilated2d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
  ) => Tensor;
  /** `aten::slow_conv_dilated3d(Tensor self, Tensor weight, SymInt[3] kernel_size, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], SymInt[3] padding=[0, 0, 0], SymInt[3] dilation=[1, 1, 1]) -> Tensor` */
  "slow_conv_dilated3d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
  ) => Tensor;
  /** `aten::slow_conv_transpose2d(Tensor self, Tensor weight, SymInt[2] kernel_size, Tensor? bias=None, SymInt[2] stride=[1, 1], SymInt[2] padding=[0, 0], SymInt[2] output_padding=[0, 0], SymInt[2] dilation=[1, 1]) -> Tensor` */
  "slow_conv_transpose2d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    output_padding?: number | readonly number[],
    dilation?: number | readonly number[],
  ) => Tensor;
  /** `aten::slow_conv_transpose3d(Tensor self, Tensor weight, SymInt[3] kernel_size, Tensor? bias=None, SymInt[3] stride=[1, 1, 1], SymInt[3] padding=[0, 0, 0], SymInt[3] output_padding=[0, 0, 0], SymInt[3] dilation=[1, 1, 1]) -> Tensor` */
  "slow_conv_transpose3d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    output_padding?: number | readonly number[],
    dilation?: number | readonly number[],
  ) => Tensor;
  /** `aten::smm(Tensor self, Tensor mat2) -> Tensor` */
  "smm": (self: Tensor, mat2: Tensor) => Tensor;
  /** `aten::smooth_l1_loss(Tensor self, Tensor target, int reduction=1, float beta=1.) -> Tensor` */
  "smooth_l1_loss": (
    self: Tensor,
    target: Tensor,
    reduction?: number,
    beta?: number,
  ) => Tensor;
  /** `aten::smooth_l1_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction, float beta) -> Tensor` */
  "smooth_l1_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    reduction: number,
    beta: number,
  ) => Tensor;
  /** `aten::soft_margin_loss(Tensor self, Tensor target, int reduction=1) -> Tensor` */
  "soft_margin_loss": (
    self: Tensor,
    target: Tensor,
    reduction?: number,
  ) => Tensor;
  /** `aten::soft_margin_loss_backward(Tensor grad_output, Tensor self, Tensor target, int reduction) -> Tensor` */
  "soft_margin_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    reduction: number,
  ) => Tensor;
  /** `aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
  "softmax.int": (self: Tensor, dim: number, dtype?: DType | null) => Tensor;
  /** `aten::softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor` */
  "softplus": (self: Tensor, beta?: Scalar, threshold?: Scalar) => Tensor;
  /** `aten::softplus_backward(Tensor grad_output, Tensor self, Scalar beta, Scalar threshold) -> Tensor` */
  "softplus_backward": (
    grad_output: Tensor,
    self: Tensor,
    beta: Scalar,
    threshold: Scalar,
  ) => Tensor;
  /** `aten::softshrink(Tensor self, Scalar lambd=0.5) -> Tensor` */
  "softshrink": (self: Tensor, lambd?: Scalar) => Tensor;
  /** `aten::softshrink_backward(Tensor grad_output, Tensor self, Scalar lambd) -> Tensor` */
  "softshrink_backward": (
    grad_output: Tensor,
    self: Tensor,
    lambd: Scalar,
  ) => Tensor;
  /** `aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)` */
  "sort": (
    self: Tensor,
    dim?: number,
    descending?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)` */
  "sort.stable": (
    self: Tensor,
    options: { stable: boolean | null; dim?: number; descending?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::sparse_bsc_tensor.ccol_row_value(Tensor ccol_indices, Tensor row_indices, Tensor values, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_bsc_tensor.ccol_row_value": (
    ccol_indices: Tensor,
    row_indices: Tensor,
    values: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_bsc_tensor.ccol_row_value_size(Tensor ccol_indices, Tensor row_indices, Tensor values, int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_bsc_tensor.ccol_row_value_size": (
    ccol_indices: Tensor,
    row_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_bsr_tensor.crow_col_value(Tensor crow_indices, Tensor col_indices, Tensor values, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_bsr_tensor.crow_col_value": (
    crow_indices: Tensor,
    col_indices: Tensor,
    values: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_bsr_tensor.crow_col_value_size(Tensor crow_indices, Tensor col_indices, Tensor values, int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_bsr_tensor.crow_col_value_size": (
    crow_indices: Tensor,
    col_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_compressed_tensor.comp_plain_value(Tensor compressed_indices, Tensor plain_indices, Tensor values, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_compressed_tensor.comp_plain_value": (
    compressed_indices: Tensor,
    plain_indices: Tensor,
    values: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_compressed_tensor.comp_plain_value_size(Tensor compressed_indices, Tensor plain_indices, Tensor values, SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_compressed_tensor.comp_plain_value_size": (
    compressed_indices: Tensor,
    plain_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_coo_tensor.indices(Tensor indices, Tensor values, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool? is_coalesced=None) -> Tensor` */
  "sparse_coo_tensor.indices": (
    indices: Tensor,
    values: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      is_coalesced?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_coo_tensor.indices_size(Tensor indices, Tensor values, int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool? is_coalesced=None) -> Tensor` */
  "sparse_coo_tensor.indices_size": (
    indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      is_coalesced?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_coo_tensor.size(int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_coo_tensor.size": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_csc_tensor.ccol_row_value(Tensor ccol_indices, Tensor row_indices, Tensor values, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_csc_tensor.ccol_row_value": (
    ccol_indices: Tensor,
    row_indices: Tensor,
    values: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_csc_tensor.ccol_row_value_size(Tensor ccol_indices, Tensor row_indices, Tensor values, int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_csc_tensor.ccol_row_value_size": (
    ccol_indices: Tensor,
    row_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_csr_tensor.crow_col_value(Tensor crow_indices, Tensor col_indices, Tensor values, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_csr_tensor.crow_col_value": (
    crow_indices: Tensor,
    col_indices: Tensor,
    values: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_csr_tensor.crow_col_value_size(Tensor crow_indices, Tensor col_indices, Tensor values, int[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=False) -> Tensor` */
  "sparse_csr_tensor.crow_col_value_size": (
    crow_indices: Tensor,
    col_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::sparse_dim(Tensor self) -> int` */
  "sparse_dim": (self: Tensor) => number;
  /** `aten::sparse_mask(Tensor self, Tensor mask) -> Tensor` */
  "sparse_mask": (self: Tensor, mask: Tensor) => Tensor;
  /** `aten::sparse_resize(Tensor self, int[] size, int sparse_dim, int dense_dim) -> Tensor` */
  "sparse_resize": (
    self: Tensor,
    size: readonly number[],
    sparse_dim: number,
    dense_dim: number,
  ) => Tensor;
  /** `aten::sparse_resize_(Tensor(a!) self, int[] size, int sparse_dim, int dense_dim) -> Tensor(a!)` */
  "sparse_resize_": (
    self: Tensor,
    size: readonly number[],
    sparse_dim: number,
    dense_dim: number,
  ) => Tensor;
  /** `aten::sparse_resize_and_clear(Tensor self, int[] size, int sparse_dim, int dense_dim) -> Tensor` */
  "sparse_resize_and_clear": (
    self: Tensor,
    size: readonly number[],
    sparse_dim: number,
    dense_dim: number,
  ) => Tensor;
  /** `aten::sparse_resize_and_clear_(Tensor(a!) self, int[] size, int sparse_dim, int dense_dim) -> Tensor(a!)` */
  "sparse_resize_and_clear_": (
    self: Tensor,
    size: readonly number[],
    sparse_dim: number,
    dense_dim: number,
  ) => Tensor;
  /** `aten::sparse_sampled_addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  "sparse_sampled_addmm": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::special_airy_ai(Tensor x) -> Tensor` */
  "special_airy_ai": (x: Tensor) => Tensor;
  /** `aten::special_bessel_j0(Tensor self) -> Tensor` */
  "special_bessel_j0": (self: Tensor) => Tensor;
  /** `aten::special_bessel_j1(Tensor self) -> Tensor` */
  "special_bessel_j1": (self: Tensor) => Tensor;
  /** `aten::special_bessel_y0(Tensor self) -> Tensor` */
  "special_bessel_y0": (self: Tensor) => Tensor;
  /** `aten::special_bessel_y1(Tensor self) -> Tensor` */
  "special_bessel_y1": (self: Tensor) => Tensor;
  /** `aten::special_chebyshev_polynomial_t(Tensor x, Tensor n) -> Tensor` */
  "special_chebyshev_polynomial_t": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_chebyshev_polynomial_t.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_chebyshev_polynomial_t.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  /** `aten::special_chebyshev_polynomial_t.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_chebyshev_polynomial_t.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  /** `aten::special_chebyshev_polynomial_u(Tensor x, Tensor n) -> Tensor` */
  "special_chebyshev_polynomial_u": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_chebyshev_polynomial_u.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_chebyshev_polynomial_u.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  /** `aten::special_chebyshev_polynomial_u.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_chebyshev_polynomial_u.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  /** `aten::special_chebyshev_polynomial_v(Tensor x, Tensor n) -> Tensor` */
  "special_chebyshev_polynomial_v": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_chebyshev_polynomial_v.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_chebyshev_polynomial_v.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  /** `aten::special_chebyshev_polynomial_v.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_chebyshev_polynomial_v.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  /** `aten::special_chebyshev_polynomial_w(Tensor x, Tensor n) -> Tensor` */
  "special_chebyshev_polynomial_w": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_chebyshev_polynomial_w.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_chebyshev_polynomial_w.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  /** `aten::special_chebyshev_polynomial_w.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_chebyshev_polynomial_w.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  /** `aten::special_digamma(Tensor self) -> Tensor` */
  "special_digamma": (self: Tensor) => Tensor;
  /** `aten::special_entr(Tensor self) -> Tensor` */
  "special_entr": (self: Tensor) => Tensor;
  /** `aten::special_erf(Tensor self) -> Tensor` */
  "special_erf": (self: Tensor) => Tensor;
  /** `aten::special_erfc(Tensor self) -> Tensor` */
  "special_erfc": (self: Tensor) => Tensor;
  /** `aten::special_erfcx(Tensor self) -> Tensor` */
  "special_erfcx": (self: Tensor) => Tensor;
  /** `aten::special_erfinv(Tensor self) -> Tensor` */
  "special_erfinv": (self: Tensor) => Tensor;
  /** `aten::special_exp2(Tensor self) -> Tensor` */
  "special_exp2": (self: Tensor) => Tensor;
  /** `aten::special_expit(Tensor self) -> Tensor` */
  "special_expit": (self: Tensor) => Tensor;
  /** `aten::special_expm1(Tensor self) -> Tensor` */
  "special_expm1": (self: Tensor) => Tensor;
  /** `aten::special_gammainc(Tensor self, Tensor other) -> Tensor` */
  "special_gammainc": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::special_gammaincc(Tensor self, Tensor other) -> Tensor` */
  "special_gammaincc": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::special_gammaln(Tensor self) -> Tensor` */
  "special_gammaln": (self: Tensor) => Tensor;
  /** `aten::special_hermite_polynomial_h(Tensor x, Tensor n) -> Tensor` */
  "special_hermite_polynomial_h": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_hermite_polynomial_h.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_hermite_polynomial_h.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  /** `aten::special_hermite_polynomial_h.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_hermite_polynomial_h.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  /** `aten::special_hermite_polynomial_he(Tensor x, Tensor n) -> Tensor` */
  "special_hermite_polynomial_he": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_hermite_polynomial_he.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_hermite_polynomial_he.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  /** `aten::special_hermite_polynomial_he.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_hermite_polynomial_he.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  /** `aten::special_i0(Tensor self) -> Tensor` */
  "special_i0": (self: Tensor) => Tensor;
  /** `aten::special_i0e(Tensor self) -> Tensor` */
  "special_i0e": (self: Tensor) => Tensor;
  /** `aten::special_i1(Tensor self) -> Tensor` */
  "special_i1": (self: Tensor) => Tensor;
  /** `aten::special_i1e(Tensor self) -> Tensor` */
  "special_i1e": (self: Tensor) => Tensor;
  /** `aten::special_laguerre_polynomial_l(Tensor x, Tensor n) -> Tensor` */
  "special_laguerre_polynomial_l": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_laguerre_polynomial_l.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_laguerre_polynomial_l.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  /** `aten::special_laguerre_polynomial_l.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_laguerre_polynomial_l.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  /** `aten::special_legendre_polynomial_p(Tensor x, Tensor n) -> Tensor` */
  "special_legendre_polynomial_p": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_legendre_polynomial_p.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_legendre_polynomial_p.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  /** `aten::special_legendre_polynomial_p.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_legendre_polynomial_p.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  /** `aten::special_log1p(Tensor self) -> Tensor` */
  "special_log1p": (self: Tensor) => Tensor;
  /** `aten::special_log_ndtr(Tensor self) -> Tensor` */
  "special_log_ndtr": (self: Tensor) => Tensor;
  /** `aten::special_log_softmax(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor` */
  "special_log_softmax": (
    self: Tensor,
    dim: number,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::special_logit(Tensor self, float? eps=None) -> Tensor` */
  "special_logit": (self: Tensor, eps?: number | null) => Tensor;
  /** `aten::special_logsumexp(Tensor self, int[1] dim, bool keepdim=False) -> Tensor` */
  "special_logsumexp": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::special_modified_bessel_i0(Tensor self) -> Tensor` */
  "special_modified_bessel_i0": (self: Tensor) => Tensor;
  /** `aten::special_modified_bessel_i1(Tensor self) -> Tensor` */
  "special_modified_bessel_i1": (self: Tensor) => Tensor;
  /** `aten::special_modified_bessel_k0(Tensor self) -> Tensor` */
  "special_modified_bessel_k0": (self: Tensor) => Tensor;
  /** `aten::special_modified_bessel_k1(Tensor self) -> Tensor` */
  "special_modified_bessel_k1": (self: Tensor) => Tensor;
  /** `aten::special_multigammaln(Tensor self, int p) -> Tensor` */
  "special_multigammaln": (self: Tensor, p: number) => Tensor;
  /** `aten::special_ndtr(Tensor self) -> Tensor` */
  "special_ndtr": (self: Tensor) => Tensor;
  /** `aten::special_ndtri(Tensor self) -> Tensor` */
  "special_ndtri": (self: Tensor) => Tensor;
  /** `aten::special_polygamma(int n, Tensor self) -> Tensor` */
  "special_polygamma": (n: number, self: Tensor) => Tensor;
  /** `aten::special_psi(Tensor self) -> Tensor` */
  "special_psi": (self: Tensor) => Tensor;
  /** `aten::special_round(Tensor self, *, int decimals=0) -> Tensor` */
  "special_round": (self: Tensor, options?: { decimals?: number }) => Tensor;
  /** `aten::special_scaled_modified_bessel_k0(Tensor x) -> Tensor` */
  "special_scaled_modified_bessel_k0": (x: Tensor) => Tensor;
  /** `aten::special_scaled_modified_bessel_k1(Tensor x) -> Tensor` */
  "special_scaled_modified_bessel_k1": (x: Tensor) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_t(Tensor x, Tensor n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_t": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_t.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_t.n_scalar": (
    x: Tensor,
    n: Scalar,
  ) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_t.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_t.x_scalar": (
    x: Scalar,
    n: Tensor,
  ) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_u(Tensor x, Tensor n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_u": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_u.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_u.n_scalar": (
    x: Tensor,
    n: Scalar,
  ) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_u.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_u.x_scalar": (
    x: Scalar,
    n: Tensor,
  ) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_v(Tensor x, Tensor n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_v": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_v.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_v.n_scalar": (
    x: Tensor,
    n: Scalar,
  ) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_v.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_v.x_scalar": (
    x: Scalar,
    n: Tensor,
  ) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_w(Tensor x, Tensor n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_w": (x: Tensor, n: Tensor) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_w.n_scalar(Tensor x, Scalar n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_w.n_scalar": (
    x: Tensor,
    n: Scalar,
  ) => Tensor;
  /** `aten::special_shifted_chebyshev_polynomial_w.x_scalar(Scalar x, Tensor n) -> Tensor` */
  "special_shifted_chebyshev_polynomial_w.x_scalar": (
    x: Scalar,
    n: Tensor,
  ) => Tensor;
  /** `aten::special_sinc(Tensor self) -> Tensor` */
  "special_sinc": (self: Tensor) => Tensor;
  /** `aten::special_softmax(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
  "special_softmax": (
    self: Tensor,
    dim: number,
    dtype?: DType | null,
  ) => Tensor;
  /** `aten::special_spherical_bessel_j0(Tensor x) -> Tensor` */
  "special_spherical_bessel_j0": (x: Tensor) => Tensor;
  /** `aten::special_xlog1py(Tensor self, Tensor other) -> Tensor` */
  "special_xlog1py": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::special_xlog1py.other_scalar(Tensor self, Scalar other) -> Tensor` */
  "special_xlog1py.other_scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::special_xlog1py.self_scalar(Scalar self, Tensor other) -> Tensor` */
  "special_xlog1py.self_scalar": (
    self: Scalar,
    other: Tensor | number,
  ) => Tensor;
  /** `aten::special_xlogy(Tensor self, Tensor other) -> Tensor` */
  "special_xlogy": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::special_xlogy.other_scalar(Tensor self, Scalar other) -> Tensor` */
  "special_xlogy.other_scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::special_xlogy.self_scalar(Scalar self, Tensor other) -> Tensor` */
  "special_xlogy.self_scalar": (self: Scalar, other: Tensor | number) => Tensor;
  /** `aten::special_zeta(Tensor self, Tensor other) -> Tensor` */
  "special_zeta": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::special_zeta.other_scalar(Tensor self, Scalar other) -> Tensor` */
  "special_zeta.other_scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::special_zeta.self_scalar(Scalar self, Tensor other) -> Tensor` */
  "special_zeta.self_scalar": (self: Scalar, other: Tensor | number) => Tensor;
  /** `aten::split.Tensor(Tensor(a -> *) self, SymInt split_size, int dim=0) -> Tensor(a)[]` */
  "split.Tensor": (self: Tensor, split_size: number, dim?: number) => Tensor[];
  /** `aten::split.sizes(Tensor(a -> *) self, SymInt[] split_size, int dim=0) -> Tensor(a)[]` */
  "split.sizes": (
    self: Tensor,
    split_size: readonly number[],
    dim?: number,
  ) => Tensor[];
  /** `aten::split_copy.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]` */
  "split_copy.Tensor": (
    self: Tensor,
    split_size: number,
    dim?: number,
  ) => Tensor[];
  /** `aten::split_with_sizes(Tensor(a -> *) self, SymInt[] split_sizes, int dim=0) -> Tensor(a)[]` */
  "split_with_sizes": (
    self: Tensor,
    split_sizes: readonly number[],
    dim?: number,
  ) => Tensor[];
  /** `aten::split_with_sizes_copy(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]` */
  "split_with_sizes_copy": (
    self: Tensor,
    split_sizes: readonly number[],
    dim?: number,
  ) => Tensor[];
  /** `aten::sqrt(Tensor self) -> Tensor` */
  "sqrt": (self: Tensor) => Tensor;
  /** `aten::sqrt_(Tensor(a!) self) -> Tensor(a!)` */
  "sqrt_": (self: Tensor) => Tensor;
  /** `aten::square(Tensor self) -> Tensor` */
  "square": (self: Tensor) => Tensor;
  /** `aten::square_(Tensor(a!) self) -> Tensor(a!)` */
  "square_": (self: Tensor) => Tensor;
  /** `aten::squeeze(Tensor(a) self) -> Tensor(a)` */
  "squeeze": (self: Tensor) => Tensor;
  /** `aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)` */
  "squeeze.dim": (self: Tensor, dim: number) => Tensor;
  /** `aten::squeeze.dims(Tensor(a) self, int[] dim) -> Tensor(a)` */
  "squeeze.dims": (self: Tensor, dim: readonly number[]) => Tensor;
  /** `aten::squeeze_(Tensor(a!) self) -> Tensor(a!)` */
  "squeeze_": (self: Tensor) => Tensor;
  /** `aten::squeeze_.dim(Tensor(a!) self, int dim) -> Tensor(a!)` */
  "squeeze_.dim": (self: Tensor, dim: number) => Tensor;
  /** `aten::squeeze_.dims(Tensor(a!) self, int[] dim) -> Tensor(a!)` */
  "squeeze_.dims": (self: Tensor, dim: readonly number[]) => Tensor;
  /** `aten::squeeze_copy(Tensor self) -> Tensor` */
  "squeeze_copy": (self: Tensor) => Tensor;
  /** `aten::squeeze_copy.dim(Tensor self, int dim) -> Tensor` */
  "squeeze_copy.dim": (self: Tensor, dim: number) => Tensor;
  /** `aten::squeeze_copy.dims(Tensor self, int[] dim) -> Tensor` */
  "squeeze_copy.dims": (self: Tensor, dim: readonly number[]) => Tensor;
  /** `aten::sspaddmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  "sspaddmm": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  /** `aten::stack(Tensor[] tensors, int dim=0) -> Tensor` */
  "stack": (tensors: readonly Tensor[], dim?: number) => Tensor;
  /** `aten::std(Tensor self, bool unbiased=True) -> Tensor` */
  "std": (self: Tensor, unbiased?: boolean) => Tensor;
  /** `aten::std.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor` */
  "std.correction": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    options?: { correction?: Scalar | null; keepdim?: boolean },
  ) => Tensor;
  /** `aten::std.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor` */
  "std.dim": (
    self: Tensor,
    dim: number | readonly number[] | null,
    unbiased?: boolean,
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::std_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)` */
  "std_mean": (self: Tensor, unbiased?: boolean) => [Tensor, Tensor];
  /** `aten::std_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> (Tensor, Tensor)` */
  "std_mean.correction": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    options?: { correction?: Scalar | null; keepdim?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::std_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)` */
  "std_mean.dim": (
    self: Tensor,
    dim: number | readonly number[] | null,
    unbiased?: boolean,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::stft(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, bool normalized=False, bool? onesided=None, bool? return_complex=None, bool? align_to_window=None) -> Tensor` */
  "stft": (
    self: Tensor,
    n_fft: number,
    hop_length?: number | null,
    win_length?: number | null,
    window?: Tensor | null,
    normalized?: boolean,
    onesided?: boolean | null,
    return_complex?: boolean | null,
    align_to_window?: boolean | null,
  ) => Tensor;
  /** `aten::stft.center(Tensor self, int n_fft, int? hop_length=None, int? win_length=None, Tensor? window=None, bool center=True, str pad_mode="reflect", bool normalized=False, bool? onesided=None, bool? return_complex=None, bool? align_to_window=None) -> Tensor` */
  "stft.center": (
    self: Tensor,
    n_fft: number,
    hop_length?: number | null,
    win_length?: number | null,
    window?: Tensor | null,
    center?: boolean,
    pad_mode?: string,
    normalized?: boolean,
    onesided?: boolean | null,
    return_complex?: boolean | null,
    align_to_window?: boolean | null,
  ) => Tensor;
  /** `aten::storage_offset(Tensor self) -> int` */
  "storage_offset": (self: Tensor) => number;
  /** `aten::stride.int(Tensor self, int dim) -> int` */
  "stride.int": (self: Tensor, dim: number) => number;
  /** `aten::sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
  "sub.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  /** `aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  "sub.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::sub_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)` */
  "sub_.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  /** `aten::sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
  "sub_.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::subtract.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
  "subtract.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  /** `aten::subtract.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  "subtract.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::subtract_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)` */
  "subtract_.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  /** `aten::subtract_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
  "subtract_.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  /** `aten::sum(Tensor self, *, ScalarType? dtype=None) -> Tensor` */
  "sum": (self: Tensor, options?: { dtype?: DType | null }) => Tensor;
  /** `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  "sum.dim_IntList": (
    self: Tensor,
    dim: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  /** `aten::sum_to_size(Tensor self, SymInt[] size) -> Tensor` */
  "sum_to_size": (self: Tensor, size: readonly number[]) => Tensor;
  /** `aten::svd(Tensor self, bool some=True, bool compute_uv=True) -> (Tensor U, Tensor S, Tensor V)` */
  "svd": (
    self: Tensor,
    some?: boolean,
    compute_uv?: boolean,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::swapaxes(Tensor(a) self, int axis0, int axis1) -> Tensor(a)` */
  "swapaxes": (self: Tensor, axis0: number, axis1: number) => Tensor;
  /** `aten::swapaxes_(Tensor(a!) self, int axis0, int axis1) -> Tensor(a!)` */
  "swapaxes_": (self: Tensor, axis0: number, axis1: number) => Tensor;
  /** `aten::swapdims(Tensor(a) self, int dim0, int dim1) -> Tensor(a)` */
  "swapdims": (self: Tensor, dim0: number, dim1: number) => Tensor;
  /** `aten::swapdims_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)` */
  "swapdims_": (self: Tensor, dim0: number, dim1: number) => Tensor;
  /** `aten::sym_constrain_range(Scalar size, *, int? min=None, int? max=None) -> ()` */
  "sym_constrain_range": (
    size: Scalar,
    options?: { min?: number | null; max?: number | null },
  ) => void;
  /** `aten::sym_constrain_range_for_size(Scalar size, *, int? min=None, int? max=None) -> ()` */
  "sym_constrain_range_for_size": (
    size: Scalar,
    options?: { min?: number | null; max?: number | null },
  ) => void;
  /** `aten::sym_numel(Tensor self) -> SymInt` */
  "sym_numel": (self: Tensor) => number;
  /** `aten::sym_size.int(Tensor self, int dim) -> SymInt` */
  "sym_size.int": (self: Tensor, dim: number) => number;
  /** `aten::sym_storage_offset(Tensor self) -> SymInt` */
  "sym_storage_offset": (self: Tensor) => number;
  /** `aten::sym_stride.int(Tensor self, int dim) -> SymInt` */
  "sym_stride.int": (self: Tensor, dim: number) => number;
  /** `aten::t(Tensor(a) self) -> Tensor(a)` */
  "t": (self: Tensor) => Tensor;
  /** `aten::t_(Tensor(a!) self) -> Tensor(a!)` */
  "t_": (self: Tensor) => Tensor;
  /** `aten::t_copy(Tensor self) -> Tensor` */
  "t_copy": (self: Tensor) => Tensor;
  /** `aten::take(Tensor self, Tensor index) -> Tensor` */
  "take": (self: Tensor, index: Tensor) => Tensor;
  /** `aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor` */
  "take_along_dim": (
    self: Tensor,
    indices: Tensor,
    dim?: number | null,
  ) => Tensor;
  /** `aten::tan(Tensor self) -> Tensor` */
  "tan": (self: Tensor) => Tensor;
  /** `aten::tan_(Tensor(a!) self) -> Tensor(a!)` */
  "tan_": (self: Tensor) => Tensor;
  /** `aten::tanh(Tensor self) -> Tensor` */
  "tanh": (self: Tensor) => Tensor;
  /** `aten::tanh_(Tensor(a!) self) -> Tensor(a!)` */
  "tanh_": (self: Tensor) => Tensor;
  /** `aten::tanh_backward(Tensor grad_output, Tensor output) -> Tensor` */
  "tanh_backward": (grad_output: Tensor, output: Tensor) => Tensor;
  /** `aten::tensor_split.indices(Tensor(a -> *) self, SymInt[] indices, int dim=0) -> Tensor(a)[]` */
  "tensor_split.indices": (
    self: Tensor,
    indices: readonly number[],
    dim?: number,
  ) => Tensor[];
  /** `aten::tensor_split.sections(Tensor(a -> *) self, SymInt sections, int dim=0) -> Tensor(a)[]` */
  "tensor_split.sections": (
    self: Tensor,
    sections: number,
    dim?: number,
  ) => Tensor[];
  /** `aten::tensor_split.tensor_indices_or_sections(Tensor(a -> *) self, Tensor tensor_indices_or_sections, int dim=0) -> Tensor(a)[]` */
  "tensor_split.tensor_indices_or_sections": (
    self: Tensor,
    tensor_indices_or_sections: Tensor,
    dim?: number,
  ) => Tensor[];
  /** `aten::tensordot(Tensor self, Tensor other, int[] dims_self, int[] dims_other) -> Tensor` */
  "tensordot": (
    self: Tensor,
    other: Tensor | number,
    dims_self: readonly number[],
    dims_other: readonly number[],
  ) => Tensor;
  /** `aten::thnn_conv2d(Tensor self, Tensor weight, SymInt[2] kernel_size, Tensor? bias=None, SymInt[2] stride=[1, 1], SymInt[2] padding=[0, 0]) -> Tensor` */
  "thnn_conv2d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
  ) => Tensor;
  /** `aten::threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor` */
  "threshold": (self: Tensor, threshold: Scalar, value: Scalar) => Tensor;
  /** `aten::threshold_(Tensor(a!) self, Scalar threshold, Scalar value) -> Tensor(a!)` */
  "threshold_": (self: Tensor, threshold: Scalar, value: Scalar) => Tensor;
  /** `aten::threshold_backward(Tensor grad_output, Tensor self, Scalar threshold) -> Tensor` */
  "threshold_backward": (
    grad_output: Tensor,
    self: Tensor,
    threshold: Scalar,
  ) => Tensor;
  /** `aten::tile(Tensor self, SymInt[] dims) -> Tensor` */
  "tile": (self: Tensor, dims: readonly number[]) => Tensor;
  /** `aten::to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)` */
  "to.device": (
    self: Tensor,
    device: Device,
    dtype: DType,
    non_blocking?: boolean,
    copy?: boolean,
    memory_format?: MemoryFormat | null,
  ) => Tensor;
  /** `aten::to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)` */
  "to.dtype": (
    self: Tensor,
    dtype: DType,
    non_blocking?: boolean,
    copy?: boolean,
    memory_format?: MemoryFormat | null,
  ) => Tensor;
  /** `aten::to.dtype_layout(Tensor(a) self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)` */
  "to.dtype_layout": (
    self: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      non_blocking?: boolean;
      copy?: boolean;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `aten::to.other(Tensor(a) self, Tensor other, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)` */
  "to.other": (
    self: Tensor,
    other: Tensor | number,
    non_blocking?: boolean,
    copy?: boolean,
    memory_format?: MemoryFormat | null,
  ) => Tensor;
  /** `aten::to_dense(Tensor self, ScalarType? dtype=None, *, bool? masked_grad=None) -> Tensor` */
  "to_dense": (
    self: Tensor,
    dtype?: DType | null,
    options?: { masked_grad?: boolean | null },
  ) => Tensor;
  /** `aten::to_dense_backward(Tensor grad, Tensor input, bool? masked_grad=None) -> Tensor` */
  "to_dense_backward": (
    grad: Tensor,
    input: Tensor,
    masked_grad?: boolean | null,
  ) => Tensor;
  /** `aten::to_mkldnn(Tensor self, ScalarType? dtype=None) -> Tensor` */
  "to_mkldnn": (self: Tensor, dtype?: DType | null) => Tensor;
  /** `aten::to_mkldnn_backward(Tensor grad, Tensor input) -> Tensor` */
  "to_mkldnn_backward": (grad: Tensor, input: Tensor) => Tensor;
  /** `aten::to_padded_tensor(Tensor self, float padding, SymInt[]? output_size=None) -> Tensor` */
  "to_padded_tensor": (
    self: Tensor,
    padding: number,
    output_size?: readonly number[] | null,
  ) => Tensor;
  /** `aten::to_sparse(Tensor self, *, Layout? layout=None, int[2]? blocksize=None, int? dense_dim=None) -> Tensor` */
  "to_sparse": (
    self: Tensor,
    options?: {
      layout?: "strided" | null;
      blocksize?: number | readonly number[] | null;
      dense_dim?: number | null;
    },
  ) => Tensor;
  /** `aten::to_sparse.sparse_dim(Tensor self, int sparse_dim) -> Tensor` */
  "to_sparse.sparse_dim": (self: Tensor, sparse_dim: number) => Tensor;
  /** `aten::to_sparse_bsc(Tensor self, int[2] blocksize, int? dense_dim=None) -> Tensor` */
  "to_sparse_bsc": (
    self: Tensor,
    blocksize: number | readonly number[],
    dense_dim?: number | null,
  ) => Tensor;
  /** `aten::to_sparse_bsr(Tensor self, int[2] blocksize, int? dense_dim=None) -> Tensor` */
  "to_sparse_bsr": (
    self: Tensor,
    blocksize: number | readonly number[],
    dense_dim?: number | null,
  ) => Tensor;
  /** `aten::to_sparse_csc(Tensor self, int? dense_dim=None) -> Tensor` */
  "to_sparse_csc": (self: Tensor, dense_dim?: number | null) => Tensor;
  /** `aten::to_sparse_csr(Tensor self, int? dense_dim=None) -> Tensor` */
  "to_sparse_csr": (self: Tensor, dense_dim?: number | null) => Tensor;
  /** `aten::topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)` */
  "topk": (
    self: Tensor,
    k: number,
    dim?: number,
    largest?: boolean,
    sorted?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::trace(Tensor self) -> Tensor` */
  "trace": (self: Tensor) => Tensor;
  /** `aten::trace_backward(Tensor grad, SymInt[] sizes) -> Tensor` */
  "trace_backward": (grad: Tensor, sizes: readonly number[]) => Tensor;
  /** `aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)` */
  "transpose.int": (self: Tensor, dim0: number, dim1: number) => Tensor;
  /** `aten::transpose_(Tensor(a!) self, int dim0, int dim1) -> Tensor(a!)` */
  "transpose_": (self: Tensor, dim0: number, dim1: number) => Tensor;
  /** `aten::transpose_copy.int(Tensor self, int dim0, int dim1) -> Tensor` */
  "transpose_copy.int": (self: Tensor, dim0: number, dim1: number) => Tensor;
  /** `aten::trapezoid.dx(Tensor y, *, Scalar dx=1, int dim=-1) -> Tensor` */
  "trapezoid.dx": (
    y: Tensor,
    options?: { dx?: Scalar; dim?: number },
  ) => Tensor;
  /** `aten::trapezoid.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor` */
  "trapezoid.x": (y: Tensor, x: Tensor, options?: { dim?: number }) => Tensor;
  /** `aten::trapz.dx(Tensor y, *, float dx=1., int dim=-1) -> Tensor` */
  "trapz.dx": (y: Tensor, options?: { dx?: number; dim?: number }) => Tensor;
  /** `aten::trapz.x(Tensor y, Tensor x, *, int dim=-1) -> Tensor` */
  "trapz.x": (y: Tensor, x: Tensor, options?: { dim?: number }) => Tensor;
  /** `aten::triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False) -> (Tensor solution, Tensor cloned_coefficient)` */
  "triangular_solve": (
    self: Tensor,
    A: Tensor,
    upper?: boolean,
    transpose?: boolean,
    unitriangular?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::tril(Tensor self, SymInt diagonal=0) -> Tensor` */
  "tril": (self: Tensor, diagonal?: number) => Tensor;
  /** `aten::tril_(Tensor(a!) self, SymInt diagonal=0) -> Tensor(a!)` */
  "tril_": (self: Tensor, diagonal?: number) => Tensor;
  /** `aten::tril_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "tril_indices": (
    row: number,
    col: number,
    offset?: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float margin=1., float p=2., float eps=9.9999999999999995e-07, bool swap=False, int reduction=1) -> Tensor` */
  "triplet_margin_loss": (
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin?: number,
    p?: number,
    eps?: number,
    swap?: boolean,
    reduction?: number,
  ) => Tensor;
  /** `aten::triu(Tensor self, SymInt diagonal=0) -> Tensor` */
  "triu": (self: Tensor, diagonal?: number) => Tensor;
  /** `aten::triu_(Tensor(a!) self, SymInt diagonal=0) -> Tensor(a!)` */
  "triu_": (self: Tensor, diagonal?: number) => Tensor;
  /** `aten::triu_indices(int row, int col, int offset=0, *, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "triu_indices": (
    row: number,
    col: number,
    offset?: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::true_divide.Scalar(Tensor self, Scalar other) -> Tensor` */
  "true_divide.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::true_divide.Tensor(Tensor self, Tensor other) -> Tensor` */
  "true_divide.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::true_divide_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "true_divide_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::true_divide_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "true_divide_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::trunc(Tensor self) -> Tensor` */
  "trunc": (self: Tensor) => Tensor;
  /** `aten::trunc_(Tensor(a!) self) -> Tensor(a!)` */
  "trunc_": (self: Tensor) => Tensor;
  /** `aten::type_as(Tensor self, Tensor other) -> Tensor` */
  "type_as": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]` */
  "unbind.int": (self: Tensor, dim?: number) => Tensor[];
  /** `aten::unbind_copy.int(Tensor self, int dim=0) -> Tensor[]` */
  "unbind_copy.int": (self: Tensor, dim?: number) => Tensor[];
  /** `aten::unflatten.int(Tensor(a) self, int dim, SymInt[] sizes) -> Tensor(a)` */
  "unflatten.int": (
    self: Tensor,
    dim: number,
    sizes: readonly number[],
  ) => Tensor;
  /** `aten::unflatten_dense_tensors(Tensor flat, Tensor[] tensors) -> Tensor[]` */
  "unflatten_dense_tensors": (
    flat: Tensor,
    tensors: readonly Tensor[],
  ) => Tensor[];
  /** `aten::unfold(Tensor(a) self, int dimension, int size, int step) -> Tensor(a)` */
  "unfold": (
    self: Tensor,
    dimension: number,
    size: number,
    step: number,
  ) => Tensor;
  /** `aten::unfold_backward(Tensor grad_in, SymInt[] input_sizes, int dim, int size, int step) -> Tensor` */
  "unfold_backward": (
    grad_in: Tensor,
    input_sizes: readonly number[],
    dim: number,
    size: number,
    step: number,
  ) => Tensor;
  /** `aten::unfold_copy(Tensor self, int dimension, int size, int step) -> Tensor` */
  "unfold_copy": (
    self: Tensor,
    dimension: number,
    size: number,
    step: number,
  ) => Tensor;
  /** `aten::uniform(Tensor self, float from=0., float to=1., *, Generator? generator=None) -> Tensor` */
  "uniform": (
    self: Tensor,
    from?: number,
    to?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::uniform_(Tensor(a!) self, float from=0., float to=1., *, Generator? generator=None) -> Tensor(a!)` */
  "uniform_": (
    self: Tensor,
    from?: number,
    to?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  /** `aten::unique_consecutive(Tensor self, bool return_inverse=False, bool return_counts=False, int? dim=None) -> (Tensor, Tensor, Tensor)` */
  "unique_consecutive": (
    self: Tensor,
    return_inverse?: boolean,
    return_counts?: boolean,
    dim?: number | null,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::unique_dim(Tensor self, int dim, bool sorted=True, bool return_inverse=False, bool return_counts=False) -> (Tensor, Tensor, Tensor)` */
  "unique_dim": (
    self: Tensor,
    dim: number,
    sorted?: boolean,
    return_inverse?: boolean,
    return_counts?: boolean,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::unique_dim_consecutive(Tensor self, int dim, bool return_inverse=False, bool return_counts=False) -> (Tensor, Tensor, Tensor)` */
  "unique_dim_consecutive": (
    self: Tensor,
    dim: number,
    return_inverse?: boolean,
    return_counts?: boolean,
  ) => [Tensor, Tensor, Tensor];
  /** `aten::unsafe_chunk(Tensor self, int chunks, int dim=0) -> Tensor[]` */
  "unsafe_chunk": (self: Tensor, chunks: number, dim?: number) => Tensor[];
  /** `aten::unsafe_split.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]` */
  "unsafe_split.Tensor": (
    self: Tensor,
    split_size: number,
    dim?: number,
  ) => Tensor[];
  /** `aten::unsafe_split_with_sizes(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]` */
  "unsafe_split_with_sizes": (
    self: Tensor,
    split_sizes: readonly number[],
    dim?: number,
  ) => Tensor[];
  /** `aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)` */
  "unsqueeze": (self: Tensor, dim: number) => Tensor;
  /** `aten::unsqueeze_(Tensor(a!) self, int dim) -> Tensor(a!)` */
  "unsqueeze_": (self: Tensor, dim: number) => Tensor;
  /** `aten::unsqueeze_copy(Tensor self, int dim) -> Tensor` */
  "unsqueeze_copy": (self: Tensor, dim: number) => Tensor;
  /** `aten::upsample_bicubic2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "upsample_bicubic2d": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::upsample_bicubic2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
  "upsample_bicubic2d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::upsample_bicubic2d_backward(Tensor grad_output, SymInt[2] output_size, SymInt[4] input_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "upsample_bicubic2d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::upsample_bilinear2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "upsample_bilinear2d": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::upsample_bilinear2d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
  "upsample_bilinear2d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::upsample_bilinear2d_backward(Tensor grad_output, SymInt[2] output_size, SymInt[4] input_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "upsample_bilinear2d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::upsample_linear1d(Tensor self, SymInt[1] output_size, bool align_corners, float? scales=None) -> Tensor` */
  "upsample_linear1d": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales?: number | null,
  ) => Tensor;
  /** `aten::upsample_linear1d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
  "upsample_linear1d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::upsample_linear1d_backward(Tensor grad_output, SymInt[1] output_size, SymInt[3] input_size, bool align_corners, float? scales=None) -> Tensor` */
  "upsample_linear1d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales?: number | null,
  ) => Tensor;
  /** `aten::upsample_nearest1d(Tensor self, SymInt[1] output_size, float? scales=None) -> Tensor` */
  "upsample_nearest1d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales?: number | null,
  ) => Tensor;
  /** `aten::upsample_nearest1d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor` */
  "upsample_nearest1d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::upsample_nearest1d_backward(Tensor grad_output, SymInt[1] output_size, SymInt[3] input_size, float? scales=None) -> Tensor` */
  "upsample_nearest1d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales?: number | null,
  ) => Tensor;
  /** `aten::upsample_nearest2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "upsample_nearest2d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::upsample_nearest2d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor` */
  "upsample_nearest2d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::upsample_nearest2d_backward(Tensor grad_output, SymInt[2] output_size, SymInt[4] input_size, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "upsample_nearest2d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::upsample_nearest3d(Tensor self, SymInt[3] output_size, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "upsample_nearest3d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::upsample_nearest3d.vec(Tensor input, SymInt[]? output_size, float[]? scale_factors) -> Tensor` */
  "upsample_nearest3d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::upsample_nearest3d_backward(Tensor grad_output, SymInt[3] output_size, SymInt[5] input_size, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "upsample_nearest3d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::upsample_trilinear3d(Tensor self, SymInt[3] output_size, bool align_corners, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "upsample_trilinear3d": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::upsample_trilinear3d.vec(Tensor input, SymInt[]? output_size, bool align_corners, float[]? scale_factors) -> Tensor` */
  "upsample_trilinear3d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  /** `aten::upsample_trilinear3d_backward(Tensor grad_output, SymInt[3] output_size, SymInt[5] input_size, bool align_corners, float? scales_d=None, float? scales_h=None, float? scales_w=None) -> Tensor` */
  "upsample_trilinear3d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  /** `aten::value_selecting_reduction_backward(Tensor grad, int dim, Tensor indices, SymInt[] sizes, bool keepdim) -> Tensor` */
  "value_selecting_reduction_backward": (
    grad: Tensor,
    dim: number,
    indices: Tensor,
    sizes: readonly number[],
    keepdim: boolean,
  ) => Tensor;
  /** `aten::values(Tensor(a) self) -> Tensor(a)` */
  "values": (self: Tensor) => Tensor;
  /** `aten::values_copy(Tensor self) -> Tensor` */
  "values_copy": (self: Tensor) => Tensor;
  /** `aten::vander(Tensor x, int? N=None, bool increasing=False) -> Tensor` */
  "vander": (x: Tensor, N?: number | null, increasing?: boolean) => Tensor;
  /** `aten::var(Tensor self, bool unbiased=True) -> Tensor` */
  "var": (self: Tensor, unbiased?: boolean) => Tensor;
  /** `aten::var.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor` */
  "var.correction": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    options?: { correction?: Scalar | null; keepdim?: boolean },
  ) => Tensor;
  /** `aten::var.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor` */
  "var.dim": (
    self: Tensor,
    dim: number | readonly number[] | null,
    unbiased?: boolean,
    keepdim?: boolean,
  ) => Tensor;
  /** `aten::var_mean(Tensor self, bool unbiased=True) -> (Tensor, Tensor)` */
  "var_mean": (self: Tensor, unbiased?: boolean) => [Tensor, Tensor];
  /** `aten::var_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> (Tensor, Tensor)` */
  "var_mean.correction": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    options?: { correction?: Scalar | null; keepdim?: boolean },
  ) => [Tensor, Tensor];
  /** `aten::var_mean.dim(Tensor self, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)` */
  "var_mean.dim": (
    self: Tensor,
    dim: number | readonly number[] | null,
    unbiased?: boolean,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  /** `aten::vdot(Tensor self, Tensor other) -> Tensor` */
  "vdot": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)` */
  "view": (self: Tensor, size: readonly number[]) => Tensor;
  /** `aten::view.dtype(Tensor(a) self, ScalarType dtype) -> Tensor(a)` */
  "view.dtype": (self: Tensor, dtype: DType) => Tensor;
  /** `aten::view_as(Tensor(a) self, Tensor other) -> Tensor(a)` */
  "view_as": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::view_as_complex(Tensor(a) self) -> Tensor(a)` */
  "view_as_complex": (self: Tensor) => Tensor;
  /** `aten::view_as_complex_copy(Tensor self) -> Tensor` */
  "view_as_complex_copy": (self: Tensor) => Tensor;
  /** `aten::view_as_real(Tensor(a) self) -> Tensor(a)` */
  "view_as_real": (self: Tensor) => Tensor;
  /** `aten::view_as_real_copy(Tensor self) -> Tensor` */
  "view_as_real_copy": (self: Tensor) => Tensor;
  /** `aten::view_copy(Tensor self, SymInt[] size) -> Tensor` */
  "view_copy": (self: Tensor, size: readonly number[]) => Tensor;
  /** `aten::view_copy.dtype(Tensor self, ScalarType dtype) -> Tensor` */
  "view_copy.dtype": (self: Tensor, dtype: DType) => Tensor;
  /** `aten::vsplit.array(Tensor(a -> *) self, int[] indices) -> Tensor(a)[]` */
  "vsplit.array": (self: Tensor, indices: readonly number[]) => Tensor[];
  /** `aten::vsplit.int(Tensor(a -> *) self, int sections) -> Tensor(a)[]` */
  "vsplit.int": (self: Tensor, sections: number) => Tensor[];
  /** `aten::vstack(Tensor[] tensors) -> Tensor` */
  "vstack": (tensors: readonly Tensor[]) => Tensor;
  /** `aten::where(Tensor condition) -> Tensor[]` */
  "where": (condition: Tensor) => Tensor[];
  /** `aten::where.Scalar(Tensor condition, Scalar self, Scalar other) -> Tensor` */
  "where.Scalar": (condition: Tensor, self: Scalar, other: Scalar) => Tensor;
  /** `aten::where.ScalarOther(Tensor condition, Tensor self, Scalar other) -> Tensor` */
  "where.ScalarOther": (
    condition: Tensor,
    self: Tensor,
    other: Scalar,
  ) => Tensor;
  /** `aten::where.ScalarSelf(Tensor condition, Scalar self, Tensor other) -> Tensor` */
  "where.ScalarSelf": (
    condition: Tensor,
    self: Scalar,
    other: Tensor | number,
  ) => Tensor;
  /** `aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor` */
  "where.self": (
    condition: Tensor,
    self: Tensor,
    other: Tensor | number,
  ) => Tensor;
  /** `aten::xlogy.Scalar_Other(Tensor self, Scalar other) -> Tensor` */
  "xlogy.Scalar_Other": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::xlogy.Scalar_Self(Scalar self, Tensor other) -> Tensor` */
  "xlogy.Scalar_Self": (self: Scalar, other: Tensor | number) => Tensor;
  /** `aten::xlogy.Tensor(Tensor self, Tensor other) -> Tensor` */
  "xlogy.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::xlogy_.Scalar_Other(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  "xlogy_.Scalar_Other": (self: Tensor, other: Scalar) => Tensor;
  /** `aten::xlogy_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  "xlogy_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  /** `aten::zero(Tensor self) -> Tensor` */
  "zero": (self: Tensor) => Tensor;
  /** `aten::zero_(Tensor(a!) self) -> Tensor(a!)` */
  "zero_": (self: Tensor) => Tensor;
  /** `aten::zeros(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
  "zeros": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  /** `aten::zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
  "zeros_like": (
    self: Tensor,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  /** `moebius::adamw_(Tensor(a!)[] params, Tensor[] grads, Tensor(b!)[] exp_avgs, Tensor(c!)[] exp_avg_sqs, Tensor(d!)[] steps, Tensor lr, Tensor grad_scale, Tensor found_inf, float beta1, float beta2, float eps, float weight_decay, Tensor(e!)[] shadows) -> ()` */
  "moebius::adamw_": (
    params: readonly Tensor[],
    grads: readonly Tensor[],
    exp_avgs: readonly Tensor[],
    exp_avg_sqs: readonly Tensor[],
    steps: readonly Tensor[],
    lr: Tensor,
    grad_scale: Tensor,
    found_inf: Tensor,
    beta1: number,
    beta2: number,
    eps: number,
    weight_decay: number,
    shadows: readonly Tensor[],
  ) => void;
  /** `moebius::add_rms_norm(Tensor x, Tensor residual, Tensor weight, float eps, ScalarType out_dtype) -> (Tensor sum, Tensor y)` */
  "moebius::add_rms_norm": (
    x: Tensor,
    residual: Tensor,
    weight: Tensor,
    eps: number,
    out_dtype: DType,
  ) => [Tensor, Tensor];
  /** `moebius::add_rms_norm_backward(Tensor? dsum, Tensor dy, Tensor sum, Tensor weight, Tensor rstd, ScalarType x_dtype, ScalarType residual_dtype) -> (Tensor dx, Tensor dresidual, Tensor dweight)` */
  "moebius::add_rms_norm_backward": (
    dsum: Tensor | null,
    dy: Tensor,
    sum: Tensor,
    weight: Tensor,
    rstd: Tensor,
    x_dtype: DType,
    residual_dtype: DType,
  ) => [Tensor, Tensor, Tensor];
  /** `moebius::add_rms_norm_forward(Tensor x, Tensor residual, Tensor weight, float eps, ScalarType out_dtype) -> (Tensor sum, Tensor y, Tensor rstd)` */
  "moebius::add_rms_norm_forward": (
    x: Tensor,
    residual: Tensor,
    weight: Tensor,
    eps: number,
    out_dtype: DType,
  ) => [Tensor, Tensor, Tensor];
  /** `moebius::attention(Tensor q, Tensor k, Tensor v, float scale) -> Tensor` */
  "moebius::attention": (
    q: Tensor,
    k: Tensor,
    v: Tensor,
    scale: number,
  ) => Tensor;
  /** `moebius::attention_backward(Tensor dy, Tensor q, Tensor k, Tensor v, Tensor y, Tensor lse, float scale) -> (Tensor dq, Tensor dk, Tensor dv)` */
  "moebius::attention_backward": (
    dy: Tensor,
    q: Tensor,
    k: Tensor,
    v: Tensor,
    y: Tensor,
    lse: Tensor,
    scale: number,
  ) => [Tensor, Tensor, Tensor];
  /** `moebius::attention_forward(Tensor q, Tensor k, Tensor v, float scale) -> (Tensor y, Tensor lse)` */
  "moebius::attention_forward": (
    q: Tensor,
    k: Tensor,
    v: Tensor,
    scale: number,
  ) => [Tensor, Tensor];
  /** `moebius::clip_factor(Tensor[] grads, float? max_norm) -> (Tensor norm, Tensor factor, Tensor found_inf)` */
  "moebius::clip_factor": (
    grads: readonly Tensor[],
    max_norm: number | null,
  ) => [Tensor, Tensor, Tensor];
  /** `moebius::combine_rms_norm(Tensor rows, Tensor weights, Tensor row, Tensor residual, Tensor weight, float eps, ScalarType out_dtype) -> (Tensor sum, Tensor y)` */
  "moebius::combine_rms_norm": (
    rows: Tensor,
    weights: Tensor,
    row: Tensor,
    residual: Tensor,
    weight: Tensor,
    eps: number,
    out_dtype: DType,
  ) => [Tensor, Tensor];
  /** `moebius::combine_rms_norm_backward(Tensor? dsum, Tensor dy, Tensor sum, Tensor weight, Tensor rstd, Tensor rows, Tensor weights, Tensor row) -> (Tensor drows, Tensor dweights, Tensor dresidual, Tensor dweight)` */
  "moebius::combine_rms_norm_backward": (
    dsum: Tensor | null,
    dy: Tensor,
    sum: Tensor,
    weight: Tensor,
    rstd: Tensor,
    rows: Tensor,
    weights: Tensor,
    row: Tensor,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `moebius::combine_rms_norm_forward(Tensor rows, Tensor weights, Tensor row, Tensor residual, Tensor weight, float eps, ScalarType out_dtype) -> (Tensor sum, Tensor y, Tensor rstd)` */
  "moebius::combine_rms_norm_forward": (
    rows: Tensor,
    weights: Tensor,
    row: Tensor,
    residual: Tensor,
    weight: Tensor,
    eps: number,
    out_dtype: DType,
  ) => [Tensor, Tensor, Tensor];
  /** `moebius::decode_block(Tensor sum, Tensor? pending, Tensor norm_1, Tensor qkv, Tensor proj, Tensor norm_2, Tensor gate, Tensor fc, Tensor experts_proj, Tensor(a!) keys, Tensor(b!) values, Tensor position, Tensor cos, Tensor sin, float eps, int n_head, int k, float routed_scaling_factor) -> (Tensor sum, Tensor pending)` */
  "moebius::decode_block": (
    sum: Tensor,
    pending: Tensor | null,
    norm_1: Tensor,
    qkv: Tensor,
    proj: Tensor,
    norm_2: Tensor,
    gate: Tensor,
    fc: Tensor,
    experts_proj: Tensor,
    keys: Tensor,
    values: Tensor,
    position: Tensor,
    cos: Tensor,
    sin: Tensor,
    eps: number,
    n_head: number,
    k: number,
    routed_scaling_factor: number,
  ) => [Tensor, Tensor];
  /** `moebius::decode_logits(Tensor sum, Tensor pending, Tensor norm, Tensor weight, float eps) -> Tensor` */
  "moebius::decode_logits": (
    sum: Tensor,
    pending: Tensor,
    norm: Tensor,
    weight: Tensor,
    eps: number,
  ) => Tensor;
  /** `moebius::embedding(Tensor weight, Tensor indices, Tensor? weight_sum) -> Tensor` */
  "moebius::embedding": (
    weight: Tensor,
    indices: Tensor,
    weight_sum: Tensor | null,
  ) => Tensor;
  /** `moebius::embedding_weight_add_(Tensor(a!) sum, Tensor dy, Tensor indices) -> ()` */
  "moebius::embedding_weight_add_": (
    sum: Tensor,
    dy: Tensor,
    indices: Tensor,
  ) => void;
  /** `moebius::grouped_linear(Tensor x, Tensor weight, Tensor ends) -> Tensor` */
  "moebius::grouped_linear": (
    x: Tensor,
    weight: Tensor,
    ends: Tensor,
  ) => Tensor;
  /** `moebius::grouped_linear_forward(Tensor x, Tensor weight, Tensor ends) -> Tensor y` */
  "moebius::grouped_linear_forward": (
    x: Tensor,
    weight: Tensor,
    ends: Tensor,
  ) => Tensor;
  /** `moebius::grouped_linear_input(Tensor dy, Tensor weight, Tensor ends) -> Tensor dx` */
  "moebius::grouped_linear_input": (
    dy: Tensor,
    weight: Tensor,
    ends: Tensor,
  ) => Tensor;
  /** `moebius::grouped_linear_weight(Tensor dy, Tensor x, Tensor ends) -> Tensor dweight` */
  "moebius::grouped_linear_weight": (
    dy: Tensor,
    x: Tensor,
    ends: Tensor,
  ) => Tensor;
  /** `moebius::grouped_linear_weight_add_(Tensor(a!) sum, Tensor dy, Tensor x, Tensor ends) -> ()` */
  "moebius::grouped_linear_weight_add_": (
    sum: Tensor,
    dy: Tensor,
    x: Tensor,
    ends: Tensor,
  ) => void;
  /** `moebius::grouped_swiglu_backward(Tensor dy, Tensor weight, Tensor fc, Tensor ends) -> (Tensor dfc, Tensor h)` */
  "moebius::grouped_swiglu_backward": (
    dy: Tensor,
    weight: Tensor,
    fc: Tensor,
    ends: Tensor,
  ) => [Tensor, Tensor];
  /** `moebius::grouped_swiglu_forward(Tensor x, Tensor weight, Tensor ends) -> (Tensor fc, Tensor h)` */
  "moebius::grouped_swiglu_forward": (
    x: Tensor,
    weight: Tensor,
    ends: Tensor,
  ) => [Tensor, Tensor];
  /** `moebius::linear(Tensor x, Tensor weight, Tensor? bias, Tensor? weight_sum) -> Tensor` */
  "moebius::linear": (
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    weight_sum: Tensor | null,
  ) => Tensor;
  /** `moebius::linear_cross_entropy(Tensor x, Tensor weight, Tensor? bias, Tensor targets, int ignore_index, int chunk_rows, Tensor? gradient) -> Tensor` */
  "moebius::linear_cross_entropy": (
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    targets: Tensor,
    ignore_index: number,
    chunk_rows: number,
    gradient: Tensor | null,
  ) => Tensor;
  /** `moebius::linear_cross_entropy_forward(Tensor x, Tensor weight, Tensor? bias, Tensor targets, int ignore_index, int chunk_rows, Tensor? gradient, bool with_gradients) -> (Tensor loss, Tensor dx, Tensor dweight, Tensor dbias)` */
  "moebius::linear_cross_entropy_forward": (
    x: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    targets: Tensor,
    ignore_index: number,
    chunk_rows: number,
    gradient: Tensor | null,
    with_gradients: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `moebius::linear_weight_add_(Tensor(a!) sum, Tensor dy, Tensor x) -> ()` */
  "moebius::linear_weight_add_": (sum: Tensor, dy: Tensor, x: Tensor) => void;
  /** `moebius::moe_combine(Tensor y, Tensor weights, Tensor row, ScalarType out_dtype) -> Tensor` */
  "moebius::moe_combine": (
    y: Tensor,
    weights: Tensor,
    row: Tensor,
    out_dtype: DType,
  ) => Tensor;
  /** `moebius::moe_combine_backward(Tensor dout, Tensor y, Tensor weights, Tensor row) -> (Tensor dy, Tensor dweights)` */
  "moebius::moe_combine_backward": (
    dout: Tensor,
    y: Tensor,
    weights: Tensor,
    row: Tensor,
  ) => [Tensor, Tensor];
  /** `moebius::moe_combine_forward(Tensor y, Tensor weights, Tensor row, ScalarType out_dtype) -> Tensor out` */
  "moebius::moe_combine_forward": (
    y: Tensor,
    weights: Tensor,
    row: Tensor,
    out_dtype: DType,
  ) => Tensor;
  /** `moebius::moe_experts(Tensor x, Tensor token, Tensor row, Tensor ends, Tensor fc_weight, Tensor proj_weight, Tensor? fc_sum, Tensor? proj_sum) -> Tensor` */
  "moebius::moe_experts": (
    x: Tensor,
    token: Tensor,
    row: Tensor,
    ends: Tensor,
    fc_weight: Tensor,
    proj_weight: Tensor,
    fc_sum: Tensor | null,
    proj_sum: Tensor | null,
  ) => Tensor;
  /** `moebius::moe_gather(Tensor x, Tensor token, Tensor row) -> Tensor` */
  "moebius::moe_gather": (x: Tensor, token: Tensor, row: Tensor) => Tensor;
  /** `moebius::moe_gather_backward(Tensor dy, Tensor row) -> Tensor dx` */
  "moebius::moe_gather_backward": (dy: Tensor, row: Tensor) => Tensor;
  /** `moebius::moe_gather_forward(Tensor x, Tensor token, Tensor row) -> Tensor y` */
  "moebius::moe_gather_forward": (
    x: Tensor,
    token: Tensor,
    row: Tensor,
  ) => Tensor;
  /** `moebius::moe_sort(Tensor experts, int n_expert) -> (Tensor token, Tensor row, Tensor counts, Tensor ends)` */
  "moebius::moe_sort": (
    experts: Tensor,
    n_expert: number,
  ) => [Tensor, Tensor, Tensor, Tensor];
  /** `moebius::rms_norm(Tensor x, Tensor weight, float eps, ScalarType out_dtype) -> Tensor` */
  "moebius::rms_norm": (
    x: Tensor,
    weight: Tensor,
    eps: number,
    out_dtype: DType,
  ) => Tensor;
  /** `moebius::rms_norm_backward(Tensor dy, Tensor x, Tensor weight, Tensor rstd) -> (Tensor dx, Tensor dweight)` */
  "moebius::rms_norm_backward": (
    dy: Tensor,
    x: Tensor,
    weight: Tensor,
    rstd: Tensor,
  ) => [Tensor, Tensor];
  /** `moebius::rms_norm_forward(Tensor x, Tensor weight, float eps, ScalarType out_dtype) -> (Tensor y, Tensor rstd)` */
  "moebius::rms_norm_forward": (
    x: Tensor,
    weight: Tensor,
    eps: number,
    out_dtype: DType,
  ) => [Tensor, Tensor];
  /** `moebius::rope_qkv(Tensor qkv, Tensor cos, Tensor sin, int n_head, int n_query_groups) -> (Tensor q, Tensor k, Tensor v)` */
  "moebius::rope_qkv": (
    qkv: Tensor,
    cos: Tensor,
    sin: Tensor,
    n_head: number,
    n_query_groups: number,
  ) => [Tensor, Tensor, Tensor];
  /** `moebius::rope_qkv_backward(Tensor dq, Tensor dk, Tensor dv, Tensor cos, Tensor sin) -> Tensor dqkv` */
  "moebius::rope_qkv_backward": (
    dq: Tensor,
    dk: Tensor,
    dv: Tensor,
    cos: Tensor,
    sin: Tensor,
  ) => Tensor;
  /** `moebius::rope_qkv_forward(Tensor qkv, Tensor cos, Tensor sin, int n_head, int n_query_groups) -> (Tensor q, Tensor k, Tensor v)` */
  "moebius::rope_qkv_forward": (
    qkv: Tensor,
    cos: Tensor,
    sin: Tensor,
    n_head: number,
    n_query_groups: number,
  ) => [Tensor, Tensor, Tensor];
  /** `moebius::router_statistics_(Tensor(a!) counts, Tensor(b!) entropies, Tensor(c!) passes, Tensor logits, Tensor expert_counts) -> ()` */
  "moebius::router_statistics_": (
    counts: Tensor,
    entropies: Tensor,
    passes: Tensor,
    logits: Tensor,
    expert_counts: Tensor,
  ) => void;
  /** `moebius::sample(Tensor logits, Tensor? uniform, float temperature, int top_k, float top_p) -> Tensor` */
  "moebius::sample": (
    logits: Tensor,
    uniform: Tensor | null,
    temperature: number,
    top_k: number,
    top_p: number,
  ) => Tensor;
  /** `moebius::swiglu(Tensor fc) -> Tensor` */
  "moebius::swiglu": (fc: Tensor) => Tensor;
  /** `moebius::swiglu_backward(Tensor dy, Tensor fc) -> Tensor dfc` */
  "moebius::swiglu_backward": (dy: Tensor, fc: Tensor) => Tensor;
  /** `moebius::swiglu_forward(Tensor fc) -> Tensor y` */
  "moebius::swiglu_forward": (fc: Tensor) => Tensor;
  /** `moebius::topk_softmax(Tensor logits, int k) -> (Tensor weights, Tensor experts)` */
  "moebius::topk_softmax": (logits: Tensor, k: number) => [Tensor, Tensor];
  /** `moebius::topk_softmax_backward(Tensor dweights, Tensor weights, Tensor experts, int n_expert, ScalarType dtype) -> Tensor dlogits` */
  "moebius::topk_softmax_backward": (
    dweights: Tensor,
    weights: Tensor,
    experts: Tensor,
    n_expert: number,
    dtype: DType,
  ) => Tensor;
  /** `moebius::topk_softmax_forward(Tensor logits, int k) -> (Tensor weights, Tensor experts)` */
  "moebius::topk_softmax_forward": (
    logits: Tensor,
    k: number,
  ) => [Tensor, Tensor];
  /** `moebius::warm_up(Device device) -> int` */
  "moebius::warm_up": (device: Device) => number;
}
