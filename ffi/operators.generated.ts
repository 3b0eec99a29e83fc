/**
 * Types of libtorch's operators, and of the project's own.
 *
 * Written by `deno task generate` from the operators' schemas; changes made by hand are lost.
 *
 * @module
 */

import type { Device, DType } from "./dtype.ts";
import type { Tensor } from "./tensor.ts";

/** A number where PyTorch takes a Python scalar. Without a fraction it counts as an integer. */
export type Scalar = number | bigint | boolean;

/** How the elements of a result lie in memory. */
export type MemoryFormat = "contiguous_format" | "preserve_format";

/** Every operator by its name: `aten("add.Tensor", ...)`. */
export interface Operators {
  "__and__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "__and__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "__iand__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "__iand__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "__ilshift__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "__ilshift__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "__ior__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "__ior__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "__irshift__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "__irshift__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "__ixor__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "__ixor__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "__lshift__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "__lshift__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "__or__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "__or__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "__rshift__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "__rshift__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "__xor__.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "__xor__.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "_adaptive_avg_pool2d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  "_adaptive_avg_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
  ) => Tensor;
  "_adaptive_avg_pool3d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  "_adaptive_avg_pool3d_backward": (
    grad_output: Tensor,
    self: Tensor,
  ) => Tensor;
  "_add_batch_dim": (self: Tensor, batch_dim: number, level: number) => Tensor;
  "_add_relu.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  "_add_relu.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "_add_relu_.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  "_add_relu_.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "_addmm_activation": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar; use_gelu?: boolean },
  ) => Tensor;
  "_aminmax": (self: Tensor) => [Tensor, Tensor];
  "_aminmax.dim": (
    self: Tensor,
    dim: number,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  "_amp_foreach_non_finite_check_and_unscale": (
    self: readonly Tensor[],
    found_inf: Tensor,
    inv_scale: Tensor,
  ) => [Tensor[], Tensor];
  "_amp_foreach_non_finite_check_and_unscale_": (
    self: readonly Tensor[],
    found_inf: Tensor,
    inv_scale: Tensor,
  ) => void;
  "_amp_update_scale": (
    self: Tensor,
    growth_tracker: Tensor,
    found_inf: Tensor,
    scale_growth_factor: number,
    scale_backoff_factor: number,
    growth_interval: number,
  ) => [Tensor, Tensor];
  "_amp_update_scale_": (
    self: Tensor,
    growth_tracker: Tensor,
    found_inf: Tensor,
    scale_growth_factor: number,
    scale_backoff_factor: number,
    growth_interval: number,
  ) => Tensor;
  "_assert_async": (self: Tensor) => void;
  "_assert_async.msg": (self: Tensor, assert_msg: string) => void;
  "_assert_scalar": (self: Scalar, assert_msg: string) => void;
  "_assert_tensor_metadata": (
    a: Tensor,
    size?: readonly number[] | null,
    stride?: readonly number[] | null,
    dtype?: DType | null,
    options?: { device?: Device | null; layout?: "strided" | null },
  ) => void;
  "_autocast_to_full_precision": (
    self: Tensor,
    cuda_enabled: boolean,
    cpu_enabled: boolean,
  ) => Tensor;
  "_autocast_to_reduced_precision": (
    self: Tensor,
    cuda_enabled: boolean,
    cpu_enabled: boolean,
    cuda_dtype: DType,
    cpu_dtype: DType,
  ) => Tensor;
  "_backward": (
    self: Tensor,
    inputs: readonly Tensor[],
    gradient?: Tensor | null,
    retain_graph?: boolean | null,
    create_graph?: boolean,
  ) => void;
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
  "_batch_norm_no_update": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor, Tensor];
  "_batch_norm_with_update": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor, Tensor];
  "_batch_norm_with_update_functional": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
  "_cast_Byte": (self: Tensor, non_blocking?: boolean) => Tensor;
  "_cast_Char": (self: Tensor, non_blocking?: boolean) => Tensor;
  "_cast_Double": (self: Tensor, non_blocking?: boolean) => Tensor;
  "_cast_Float": (self: Tensor, non_blocking?: boolean) => Tensor;
  "_cast_Half": (self: Tensor, non_blocking?: boolean) => Tensor;
  "_cast_Int": (self: Tensor, non_blocking?: boolean) => Tensor;
  "_cast_Long": (self: Tensor, non_blocking?: boolean) => Tensor;
  "_cast_Short": (self: Tensor, non_blocking?: boolean) => Tensor;
  "_cdist_backward": (
    grad: Tensor,
    x1: Tensor,
    x2: Tensor,
    p: number,
    cdist: Tensor,
  ) => Tensor;
  "_cdist_forward": (
    x1: Tensor,
    x2: Tensor,
    p: number,
    compute_mode: number | null,
  ) => Tensor;
  "_cholesky_solve_helper": (self: Tensor, A: Tensor, upper: boolean) => Tensor;
  "_choose_qparams_per_tensor": (
    self: Tensor,
    reduce_range?: boolean,
  ) => [number, number];
  "_chunk_cat": (
    tensors: readonly Tensor[],
    dim: number,
    num_chunks: number,
  ) => Tensor;
  "_coalesce": (self: Tensor) => Tensor;
  "_coalesced": (self: Tensor, coalesced: boolean) => Tensor;
  "_coalesced_": (self: Tensor, coalesced: boolean) => Tensor;
  "_compute_linear_combination": (
    input: Tensor,
    coefficients: Tensor,
  ) => Tensor;
  "_conj": (self: Tensor) => Tensor;
  "_conj_copy": (self: Tensor) => Tensor;
  "_conj_physical": (self: Tensor) => Tensor;
  "_conv_depthwise2d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias: Tensor | null,
    stride: number | readonly number[],
    padding: number | readonly number[],
    dilation: number | readonly number[],
  ) => Tensor;
  "_convert_indices_from_coo_to_csr": (
    self: Tensor,
    size: number,
    options?: { out_int32?: boolean },
  ) => Tensor;
  "_convert_indices_from_csr_to_coo": (
    crow_indices: Tensor,
    col_indices: Tensor,
    options?: { out_int32?: boolean; transpose?: boolean },
  ) => Tensor;
  "_convert_weight_to_int4pack": (self: Tensor, innerKTiles: number) => Tensor;
  "_convert_weight_to_int4pack_for_cpu": (
    self: Tensor,
    innerKTiles: number,
  ) => Tensor;
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
  "_convolution_mode": (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    stride: readonly number[],
    padding: string,
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  "_copy_from": (self: Tensor, dst: Tensor, non_blocking?: boolean) => Tensor;
  "_copy_from_and_resize": (self: Tensor, dst: Tensor) => Tensor;
  "_cslt_compress": (input: Tensor) => Tensor;
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
  "_cslt_sparse_mm_search": (
    compressed_A: Tensor,
    dense_B: Tensor,
    bias?: Tensor | null,
    alpha?: Tensor | null,
    out_dtype?: DType | null,
    transpose_result?: boolean,
  ) => number;
  "_ctc_loss": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank?: number,
    zero_infinity?: boolean,
  ) => [Tensor, Tensor];
  "_ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank?: number,
    zero_infinity?: boolean,
  ) => [Tensor, Tensor];
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
  "_cudnn_ctc_loss": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank: number,
    deterministic: boolean,
    zero_infinity: boolean,
  ) => [Tensor, Tensor];
  "_cudnn_ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: number,
    deterministic: boolean,
    zero_infinity: boolean,
  ) => [Tensor, Tensor];
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
  "_cufft_clear_plan_cache": (device_index: number) => void;
  "_cufft_get_plan_cache_max_size": (device_index: number) => number;
  "_cufft_get_plan_cache_size": (device_index: number) => number;
  "_cufft_set_plan_cache_max_size": (
    device_index: number,
    max_size: number,
  ) => void;
  "_cummax_helper": (
    self: Tensor,
    values: Tensor,
    indices: Tensor,
    dim: number,
  ) => void;
  "_cummin_helper": (
    self: Tensor,
    values: Tensor,
    indices: Tensor,
    dim: number,
  ) => void;
  "_debug_has_internal_overlap": (self: Tensor) => number;
  "_dimI": (self: Tensor) => number;
  "_dimV": (self: Tensor) => number;
  "_dim_arange": (like: Tensor, dim: number) => Tensor;
  "_dirichlet_grad": (x: Tensor, alpha: Tensor, total: Tensor) => Tensor;
  "_dyn_quant_matmul_4bit": (
    inp: Tensor,
    packed_weights: Tensor,
    block_size: number,
    in_features: number,
    out_features: number,
  ) => Tensor;
  "_dyn_quant_pack_4bit_weight": (
    weights: Tensor,
    scales_zeros: Tensor,
    bias: Tensor | null,
    block_size: number,
    in_features: number,
    out_features: number,
  ) => Tensor;
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
  "_efficientzerotensor": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "_embedding_bag_per_sample_weights_backward": (
    grad: Tensor,
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    offset2bag: Tensor,
    mode: number,
    padding_idx?: number,
  ) => Tensor;
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
  "_euclidean_dist": (x1: Tensor, x2: Tensor) => Tensor;
  "_fake_quantize_learnable_per_channel_affine": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    axis: number,
    quant_min: number,
    quant_max: number,
    grad_factor?: number,
  ) => Tensor;
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
  "_fake_quantize_learnable_per_tensor_affine": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    quant_min: number,
    quant_max: number,
    grad_factor?: number,
  ) => Tensor;
  "_fake_quantize_learnable_per_tensor_affine_backward": (
    grad: Tensor,
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    quant_min: number,
    quant_max: number,
    grad_factor?: number,
  ) => [Tensor, Tensor, Tensor];
  "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    fake_quant_enabled: Tensor,
    quant_min: number,
    quant_max: number,
  ) => [Tensor, Tensor];
  "_fft_c2c": (
    self: Tensor,
    dim: readonly number[],
    normalization: number,
    forward: boolean,
  ) => Tensor;
  "_fft_c2r": (
    self: Tensor,
    dim: readonly number[],
    normalization: number,
    last_dim_size: number,
  ) => Tensor;
  "_fft_r2c": (
    self: Tensor,
    dim: readonly number[],
    normalization: number,
    onesided: boolean,
  ) => Tensor;
  "_fill_mem_eff_dropout_mask_": (
    self: Tensor,
    dropout_p: number,
    seed: number,
    offset: number,
  ) => Tensor;
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
  "_foobar": (
    self: Tensor,
    arg1?: boolean,
    arg2?: boolean,
    options?: { arg3?: boolean },
  ) => Tensor;
  "_foreach_abs": (self: readonly Tensor[]) => Tensor[];
  "_foreach_abs_": (self: readonly Tensor[]) => void;
  "_foreach_acos": (self: readonly Tensor[]) => Tensor[];
  "_foreach_acos_": (self: readonly Tensor[]) => void;
  "_foreach_add.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
    options?: { alpha?: Scalar },
  ) => Tensor[];
  "_foreach_add.Scalar": (self: readonly Tensor[], scalar: Scalar) => Tensor[];
  "_foreach_add.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  "_foreach_add.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor[];
  "_foreach_add_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
    options?: { alpha?: Scalar },
  ) => void;
  "_foreach_add_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  "_foreach_add_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  "_foreach_add_.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => void;
  "_foreach_addcdiv.Scalar": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    value?: Scalar,
  ) => Tensor[];
  "_foreach_addcdiv.ScalarList": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  "_foreach_addcdiv.Tensor": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: Tensor,
  ) => Tensor[];
  "_foreach_addcdiv_.Scalar": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    value?: Scalar,
  ) => void;
  "_foreach_addcdiv_.ScalarList": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  "_foreach_addcdiv_.Tensor": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: Tensor,
  ) => void;
  "_foreach_addcmul.Scalar": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    value?: Scalar,
  ) => Tensor[];
  "_foreach_addcmul.ScalarList": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  "_foreach_addcmul.Tensor": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: Tensor,
  ) => Tensor[];
  "_foreach_addcmul_.Scalar": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    value?: Scalar,
  ) => void;
  "_foreach_addcmul_.ScalarList": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  "_foreach_addcmul_.Tensor": (
    self: readonly Tensor[],
    tensor1: readonly Tensor[],
    tensor2: readonly Tensor[],
    scalars: Tensor,
  ) => void;
  "_foreach_asin": (self: readonly Tensor[]) => Tensor[];
  "_foreach_asin_": (self: readonly Tensor[]) => void;
  "_foreach_atan": (self: readonly Tensor[]) => Tensor[];
  "_foreach_atan_": (self: readonly Tensor[]) => void;
  "_foreach_ceil": (self: readonly Tensor[]) => Tensor[];
  "_foreach_ceil_": (self: readonly Tensor[]) => void;
  "_foreach_clamp_max.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  "_foreach_clamp_max.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => Tensor[];
  "_foreach_clamp_max.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  "_foreach_clamp_max_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  "_foreach_clamp_max_.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => void;
  "_foreach_clamp_max_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  "_foreach_clamp_min.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  "_foreach_clamp_min.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => Tensor[];
  "_foreach_clamp_min.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  "_foreach_clamp_min_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  "_foreach_clamp_min_.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => void;
  "_foreach_clamp_min_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  "_foreach_clone": (
    self: readonly Tensor[],
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor[];
  "_foreach_copy": (
    self: readonly Tensor[],
    src: readonly Tensor[],
    non_blocking?: boolean,
  ) => Tensor[];
  "_foreach_copy_": (
    self: readonly Tensor[],
    src: readonly Tensor[],
    non_blocking?: boolean,
  ) => void;
  "_foreach_cos": (self: readonly Tensor[]) => Tensor[];
  "_foreach_cos_": (self: readonly Tensor[]) => void;
  "_foreach_cosh": (self: readonly Tensor[]) => Tensor[];
  "_foreach_cosh_": (self: readonly Tensor[]) => void;
  "_foreach_div.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  "_foreach_div.Scalar": (self: readonly Tensor[], scalar: Scalar) => Tensor[];
  "_foreach_div.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  "_foreach_div.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
  ) => Tensor[];
  "_foreach_div_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  "_foreach_div_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  "_foreach_div_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  "_foreach_div_.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
  ) => void;
  "_foreach_erf": (self: readonly Tensor[]) => Tensor[];
  "_foreach_erf_": (self: readonly Tensor[]) => void;
  "_foreach_erfc": (self: readonly Tensor[]) => Tensor[];
  "_foreach_erfc_": (self: readonly Tensor[]) => void;
  "_foreach_exp": (self: readonly Tensor[]) => Tensor[];
  "_foreach_exp_": (self: readonly Tensor[]) => void;
  "_foreach_expm1": (self: readonly Tensor[]) => Tensor[];
  "_foreach_expm1_": (self: readonly Tensor[]) => void;
  "_foreach_floor": (self: readonly Tensor[]) => Tensor[];
  "_foreach_floor_": (self: readonly Tensor[]) => void;
  "_foreach_frac": (self: readonly Tensor[]) => Tensor[];
  "_foreach_frac_": (self: readonly Tensor[]) => void;
  "_foreach_lerp.List": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weights: readonly Tensor[],
  ) => Tensor[];
  "_foreach_lerp.Scalar": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weight: Scalar,
  ) => Tensor[];
  "_foreach_lerp.ScalarList": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weight: readonly Scalar[],
  ) => Tensor[];
  "_foreach_lerp_.List": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weights: readonly Tensor[],
  ) => void;
  "_foreach_lerp_.Scalar": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weight: Scalar,
  ) => void;
  "_foreach_lerp_.ScalarList": (
    self: readonly Tensor[],
    tensors1: readonly Tensor[],
    weight: readonly Scalar[],
  ) => void;
  "_foreach_lgamma": (self: readonly Tensor[]) => Tensor[];
  "_foreach_lgamma_": (self: readonly Tensor[]) => void;
  "_foreach_log": (self: readonly Tensor[]) => Tensor[];
  "_foreach_log10": (self: readonly Tensor[]) => Tensor[];
  "_foreach_log10_": (self: readonly Tensor[]) => void;
  "_foreach_log1p": (self: readonly Tensor[]) => Tensor[];
  "_foreach_log1p_": (self: readonly Tensor[]) => void;
  "_foreach_log2": (self: readonly Tensor[]) => Tensor[];
  "_foreach_log2_": (self: readonly Tensor[]) => void;
  "_foreach_log_": (self: readonly Tensor[]) => void;
  "_foreach_max": (self: readonly Tensor[]) => Tensor[];
  "_foreach_maximum.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  "_foreach_maximum.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => Tensor[];
  "_foreach_maximum.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  "_foreach_maximum_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  "_foreach_maximum_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  "_foreach_maximum_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  "_foreach_minimum.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  "_foreach_minimum.Scalar": (
    self: readonly Tensor[],
    scalar: Scalar,
  ) => Tensor[];
  "_foreach_minimum.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  "_foreach_minimum_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  "_foreach_minimum_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  "_foreach_minimum_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  "_foreach_mm": (self: readonly Tensor[], mat2: readonly Tensor[]) => Tensor[];
  "_foreach_mul.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => Tensor[];
  "_foreach_mul.Scalar": (self: readonly Tensor[], scalar: Scalar) => Tensor[];
  "_foreach_mul.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  "_foreach_mul.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
  ) => Tensor[];
  "_foreach_mul_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
  ) => void;
  "_foreach_mul_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  "_foreach_mul_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  "_foreach_mul_.Tensor": (
    self: readonly Tensor[],
    other: Tensor | number,
  ) => void;
  "_foreach_neg": (self: readonly Tensor[]) => Tensor[];
  "_foreach_neg_": (self: readonly Tensor[]) => void;
  "_foreach_norm.Scalar": (
    self: readonly Tensor[],
    ord?: Scalar,
    dtype?: DType | null,
  ) => Tensor[];
  "_foreach_pow.List": (
    self: readonly Tensor[],
    exponent: readonly Tensor[],
  ) => Tensor[];
  "_foreach_pow.Scalar": (
    self: readonly Tensor[],
    exponent: Scalar,
  ) => Tensor[];
  "_foreach_pow.ScalarAndTensor": (
    self: Scalar,
    exponent: readonly Tensor[],
  ) => Tensor[];
  "_foreach_pow.ScalarList": (
    self: readonly Tensor[],
    exponent: readonly Scalar[],
  ) => Tensor[];
  "_foreach_pow_.List": (
    self: readonly Tensor[],
    exponent: readonly Tensor[],
  ) => void;
  "_foreach_pow_.Scalar": (self: readonly Tensor[], exponent: Scalar) => void;
  "_foreach_pow_.ScalarList": (
    self: readonly Tensor[],
    exponent: readonly Scalar[],
  ) => void;
  "_foreach_powsum.Scalar": (
    self: readonly Tensor[],
    ord?: Scalar,
    dtype?: DType | null,
  ) => Tensor[];
  "_foreach_reciprocal": (self: readonly Tensor[]) => Tensor[];
  "_foreach_reciprocal_": (self: readonly Tensor[]) => void;
  "_foreach_round": (self: readonly Tensor[]) => Tensor[];
  "_foreach_round_": (self: readonly Tensor[]) => void;
  "_foreach_rsqrt": (self: readonly Tensor[]) => Tensor[];
  "_foreach_rsqrt_": (self: readonly Tensor[]) => void;
  "_foreach_sigmoid": (self: readonly Tensor[]) => Tensor[];
  "_foreach_sigmoid_": (self: readonly Tensor[]) => void;
  "_foreach_sign": (self: readonly Tensor[]) => Tensor[];
  "_foreach_sign_": (self: readonly Tensor[]) => void;
  "_foreach_sin": (self: readonly Tensor[]) => Tensor[];
  "_foreach_sin_": (self: readonly Tensor[]) => void;
  "_foreach_sinh": (self: readonly Tensor[]) => Tensor[];
  "_foreach_sinh_": (self: readonly Tensor[]) => void;
  "_foreach_sqrt": (self: readonly Tensor[]) => Tensor[];
  "_foreach_sqrt_": (self: readonly Tensor[]) => void;
  "_foreach_sub.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
    options?: { alpha?: Scalar },
  ) => Tensor[];
  "_foreach_sub.Scalar": (self: readonly Tensor[], scalar: Scalar) => Tensor[];
  "_foreach_sub.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => Tensor[];
  "_foreach_sub_.List": (
    self: readonly Tensor[],
    other: readonly Tensor[],
    options?: { alpha?: Scalar },
  ) => void;
  "_foreach_sub_.Scalar": (self: readonly Tensor[], scalar: Scalar) => void;
  "_foreach_sub_.ScalarList": (
    self: readonly Tensor[],
    scalars: readonly Scalar[],
  ) => void;
  "_foreach_tan": (self: readonly Tensor[]) => Tensor[];
  "_foreach_tan_": (self: readonly Tensor[]) => void;
  "_foreach_tanh": (self: readonly Tensor[]) => Tensor[];
  "_foreach_tanh_": (self: readonly Tensor[]) => void;
  "_foreach_trunc": (self: readonly Tensor[]) => Tensor[];
  "_foreach_trunc_": (self: readonly Tensor[]) => void;
  "_foreach_zero": (self: readonly Tensor[]) => Tensor[];
  "_foreach_zero_": (self: readonly Tensor[]) => void;
  "_functional_assert_async.msg": (
    self: Tensor,
    assert_msg: string,
    dep_token: Tensor,
  ) => Tensor;
  "_functional_assert_scalar": (
    self: Scalar,
    assert_msg: string,
    dep_token: Tensor,
  ) => Tensor;
  "_functional_sym_constrain_range": (
    size: Scalar,
    min: number | null,
    max: number | null,
    dep_token: Tensor,
  ) => Tensor;
  "_functional_sym_constrain_range_for_size": (
    size: Scalar,
    min: number | null,
    max: number | null,
    dep_token: Tensor,
  ) => Tensor;
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
  "_fused_dropout": (
    self: Tensor,
    p: number,
    generator?: never | null,
  ) => [Tensor, Tensor];
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
  "_fused_rms_norm": (
    input: Tensor,
    normalized_shape: readonly number[],
    weight: Tensor | null,
    eps: number | null,
  ) => [Tensor, Tensor];
  "_fused_rms_norm_backward": (
    grad_out: Tensor,
    input: Tensor,
    normalized_shape: readonly number[],
    rstd: Tensor,
    weight: Tensor | null,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  "_fused_sdp_choice": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask?: Tensor | null,
    dropout_p?: number,
    is_causal?: boolean,
    options?: { scale?: number | null; enable_gqa?: boolean },
  ) => number;
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
  "_fw_primal": (self: Tensor, level: number) => Tensor;
  "_fw_primal_copy": (self: Tensor, level: number) => Tensor;
  "_gather_sparse_backward": (
    self: Tensor,
    dim: number,
    index: Tensor,
    grad: Tensor,
  ) => Tensor;
  "_grid_sampler_2d_cpu_fallback": (
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
  ) => Tensor;
  "_grid_sampler_2d_cpu_fallback_backward": (
    grad_output: Tensor,
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
  ) => [Tensor, Tensor];
  "_grouped_mm": (
    self: Tensor,
    mat2: Tensor,
    offs?: Tensor | null,
    bias?: Tensor | null,
    out_dtype?: DType | null,
  ) => Tensor;
  "_has_compatible_shallow_copy_type": (self: Tensor, from: Tensor) => boolean;
  "_has_same_storage_numel": (self: Tensor, other: Tensor | number) => boolean;
  "_histogramdd_bin_edges": (
    self: Tensor,
    bins: readonly number[],
    options?: {
      range?: readonly number[] | null;
      weight?: Tensor | null;
      density?: boolean;
    },
  ) => Tensor[];
  "_histogramdd_from_bin_cts": (
    self: Tensor,
    bins: readonly number[],
    options?: {
      range?: readonly number[] | null;
      weight?: Tensor | null;
      density?: boolean;
    },
  ) => Tensor;
  "_histogramdd_from_bin_tensors": (
    self: Tensor,
    bins: readonly Tensor[],
    options?: { weight?: Tensor | null; density?: boolean },
  ) => Tensor;
  "_index_put_impl": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
    accumulate?: boolean,
    unsafe?: boolean,
  ) => Tensor;
  "_index_put_impl_": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
    accumulate?: boolean,
    unsafe?: boolean,
  ) => Tensor;
  "_indices": (self: Tensor) => Tensor;
  "_indices_copy": (self: Tensor) => Tensor;
  "_int_mm": (self: Tensor, mat2: Tensor) => Tensor;
  "_is_all_true": (self: Tensor) => Tensor;
  "_is_any_true": (self: Tensor) => Tensor;
  "_is_zerotensor": (self: Tensor) => boolean;
  "_jagged_to_padded_dense_forward": (
    values: Tensor,
    offsets: readonly Tensor[],
    max_lengths: readonly number[],
    padding_value?: number,
  ) => Tensor;
  "_lazy_clone": (self: Tensor) => Tensor;
  "_linalg_check_errors": (
    info: Tensor,
    api_name: string,
    options: { is_matrix: boolean },
  ) => void;
  "_linalg_det": (A: Tensor) => [Tensor, Tensor, Tensor];
  "_linalg_eigh": (
    A: Tensor,
    UPLO?: string,
    compute_v?: boolean,
  ) => [Tensor, Tensor];
  "_linalg_eigvals": (self: Tensor) => Tensor;
  "_linalg_slogdet": (A: Tensor) => [Tensor, Tensor, Tensor, Tensor];
  "_linalg_solve_ex": (
    A: Tensor,
    B: Tensor,
    options?: { left?: boolean; check_errors?: boolean },
  ) => [Tensor, Tensor, Tensor, Tensor];
  "_linalg_svd": (
    A: Tensor,
    full_matrices?: boolean,
    compute_uv?: boolean,
    options?: { driver?: string | null },
  ) => [Tensor, Tensor, Tensor];
  "_local_scalar_dense": (self: Tensor) => number;
  "_log_softmax": (self: Tensor, dim: number, half_to_float: boolean) => Tensor;
  "_log_softmax_backward_data": (
    grad_output: Tensor,
    output: Tensor,
    dim: number,
    input_dtype: DType,
  ) => Tensor;
  "_logcumsumexp": (self: Tensor, dim: number) => Tensor;
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
  "_lu_with_info": (
    self: Tensor,
    pivot?: boolean,
    check_errors?: boolean,
  ) => [Tensor, Tensor, Tensor];
  "_make_dep_token": (
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
      memory_format?: MemoryFormat | null;
    },
  ) => Tensor;
  "_make_dual": (primal: Tensor, tangent: Tensor, level: number) => Tensor;
  "_make_dual_copy": (primal: Tensor, tangent: Tensor, level: number) => Tensor;
  "_make_per_channel_quantized_tensor": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    axis: number,
  ) => Tensor;
  "_make_per_tensor_quantized_tensor": (
    self: Tensor,
    scale: number,
    zero_point: number,
  ) => Tensor;
  "_masked_scale": (self: Tensor, mask: Tensor, scale: number) => Tensor;
  "_masked_softmax": (
    self: Tensor,
    mask: Tensor,
    dim?: number | null,
    mask_type?: number | null,
  ) => Tensor;
  "_masked_softmax_backward": (
    grad_output: Tensor,
    output: Tensor,
    mask: Tensor,
    dim?: number | null,
  ) => Tensor;
  "_mixed_dtypes_linear": (
    input: Tensor,
    weight: Tensor,
    scale: Tensor,
    options?: { bias?: Tensor | null; activation?: string | null },
  ) => Tensor;
  "_mkldnn_reshape": (self: Tensor, shape: readonly number[]) => Tensor;
  "_mkldnn_transpose": (self: Tensor, dim0: number, dim1: number) => Tensor;
  "_mkldnn_transpose_": (self: Tensor, dim0: number, dim1: number) => Tensor;
  "_mps_convolution": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  "_mps_convolution_transpose": (
    self: Tensor,
    weight: Tensor,
    padding: readonly number[],
    output_padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
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
  "_native_batch_norm_legit.no_stats": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    training: boolean,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor];
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
  "_native_batch_norm_legit_no_training": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: number,
    eps: number,
  ) => [Tensor, Tensor, Tensor];
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
  "_neg_view": (self: Tensor) => Tensor;
  "_neg_view_copy": (self: Tensor) => Tensor;
  "_nested_compute_contiguous_strides_offsets": (
    nested_size: Tensor,
  ) => [Tensor, Tensor];
  "_nested_from_padded": (
    padded: Tensor,
    cpu_nested_shape_example: Tensor,
    fuse_transform_0213?: boolean,
  ) => Tensor;
  "_nested_from_padded_and_nested_example": (
    padded: Tensor,
    nt_example: Tensor,
  ) => Tensor;
  "_nested_from_padded_tensor": (
    padded: Tensor,
    offsets: Tensor,
    dummy: Tensor,
    ragged_idx?: number,
    min_seqlen?: Tensor | null,
    max_seqlen?: Tensor | null,
    sum_S?: number | null,
  ) => Tensor;
  "_nested_get_jagged_dummy": (any: Tensor) => Tensor;
  "_nested_get_lengths": (self: Tensor) => Tensor;
  "_nested_get_max_seqlen": (self: Tensor) => Tensor;
  "_nested_get_min_seqlen": (self: Tensor) => Tensor;
  "_nested_get_offsets": (self: Tensor) => Tensor;
  "_nested_get_ragged_idx": (self: Tensor) => number;
  "_nested_get_values": (self: Tensor) => Tensor;
  "_nested_get_values_copy": (self: Tensor) => Tensor;
  "_nested_select_backward": (
    grad_output: Tensor,
    self: Tensor,
    dim: number,
    index: number,
  ) => Tensor;
  "_nested_sum_backward": (
    grad: Tensor,
    self: Tensor,
    dim: number | readonly number[] | null,
    keepdim?: boolean,
  ) => Tensor;
  "_nested_tensor_from_mask": (
    t: Tensor,
    mask: Tensor,
    mask_check?: boolean,
  ) => Tensor;
  "_nested_tensor_from_mask_left_aligned": (t: Tensor, mask: Tensor) => boolean;
  "_nested_tensor_from_tensor_list": (
    list: readonly Tensor[],
    dtype?: DType | null,
    layout?: "strided" | null,
    device?: Device | null,
    pin_memory?: boolean | null,
  ) => Tensor;
  "_nested_tensor_size": (self: Tensor) => Tensor;
  "_nested_tensor_softmax_with_shape": (self: Tensor, query: Tensor) => Tensor;
  "_nested_tensor_storage_offsets": (self: Tensor) => Tensor;
  "_nested_tensor_strides": (self: Tensor) => Tensor;
  "_nested_view_from_buffer": (
    self: Tensor,
    nested_size: Tensor,
    nested_strides: Tensor,
    offsets: Tensor,
  ) => Tensor;
  "_nested_view_from_buffer_copy": (
    self: Tensor,
    nested_size: Tensor,
    nested_strides: Tensor,
    offsets: Tensor,
  ) => Tensor;
  "_nested_view_from_jagged": (
    self: Tensor,
    offsets: Tensor,
    dummy: Tensor,
    lengths?: Tensor | null,
    ragged_idx?: number,
    min_seqlen?: Tensor | null,
    max_seqlen?: Tensor | null,
  ) => Tensor;
  "_nested_view_from_jagged_copy": (
    self: Tensor,
    offsets: Tensor,
    dummy: Tensor,
    lengths?: Tensor | null,
    ragged_idx?: number,
    min_seqlen?: Tensor | null,
    max_seqlen?: Tensor | null,
  ) => Tensor;
  "_new_zeros_with_same_feature_meta": (
    self: Tensor,
    other: Tensor | number,
    options?: { self_num_batch_dims?: number },
  ) => Tensor;
  "_nnpack_available": () => boolean;
  "_nnpack_spatial_convolution": (
    input: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    padding: number | readonly number[],
    stride?: number | readonly number[],
  ) => Tensor;
  "_nnz": (self: Tensor) => number;
  "_pack_padded_sequence": (
    input: Tensor,
    lengths: Tensor,
    batch_first: boolean,
  ) => [Tensor, Tensor];
  "_pack_padded_sequence_backward": (
    grad: Tensor,
    input_size: readonly number[],
    batch_sizes: Tensor,
    batch_first: boolean,
  ) => Tensor;
  "_pad_circular": (self: Tensor, pad: readonly number[]) => Tensor;
  "_pad_enum": (
    self: Tensor,
    pad: readonly number[],
    mode: number,
    value?: number | null,
  ) => Tensor;
  "_pad_packed_sequence": (
    data: Tensor,
    batch_sizes: Tensor,
    batch_first: boolean,
    padding_value: Scalar,
    total_length: number,
  ) => [Tensor, Tensor];
  "_padded_dense_to_jagged_forward": (
    dense: Tensor,
    offsets: readonly Tensor[],
    total_L?: number | null,
  ) => Tensor;
  "_pdist_backward": (
    grad: Tensor,
    self: Tensor,
    p: number,
    pdist: Tensor,
  ) => Tensor;
  "_pdist_forward": (self: Tensor, p?: number) => Tensor;
  "_philox_key_fold_in": (key: Tensor, data: number) => Tensor;
  "_philox_key_split": (key: Tensor, num_splits: number) => Tensor;
  "_philox_normal": (
    self: Tensor,
    key: Tensor,
    mean?: number,
    std?: number,
  ) => Tensor;
  "_philox_normal_": (
    self: Tensor,
    key: Tensor,
    mean?: number,
    std?: number,
  ) => Tensor;
  "_philox_uniform": (
    self: Tensor,
    key: Tensor,
    low?: number,
    high?: number,
  ) => Tensor;
  "_philox_uniform_": (
    self: Tensor,
    key: Tensor,
    low?: number,
    high?: number,
  ) => Tensor;
  "_pin_memory": (self: Tensor, device?: Device | null) => Tensor;
  "_prelu_kernel": (self: Tensor, weight: Tensor) => Tensor;
  "_prelu_kernel_backward": (
    grad_output: Tensor,
    self: Tensor,
    weight: Tensor,
  ) => [Tensor, Tensor];
  "_print": (s: string) => void;
  "_propagate_xla_data": (input: Tensor, output: Tensor) => void;
  "_remove_batch_dim": (
    self: Tensor,
    level: number,
    batch_size: number,
    out_dim: number,
  ) => Tensor;
  "_reshape_alias": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
  ) => Tensor;
  "_reshape_alias_copy": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
  ) => Tensor;
  "_reshape_copy": (self: Tensor, size: readonly number[]) => Tensor;
  "_reshape_from_tensor": (self: Tensor, shape: Tensor) => Tensor;
  "_resize_output": (
    self: Tensor,
    size: readonly number[],
    device: Device,
  ) => Tensor;
  "_resize_output_": (
    self: Tensor,
    size: readonly number[],
    device: Device,
  ) => Tensor;
  "_rowwise_prune": (
    weight: Tensor,
    mask: Tensor,
    compressed_indices_dtype: DType,
  ) => [Tensor, Tensor];
  "_safe_softmax": (self: Tensor, dim: number, dtype?: DType | null) => Tensor;
  "_sample_dirichlet": (self: Tensor, generator?: never | null) => Tensor;
  "_saturate_weight_to_fp16": (weight: Tensor) => Tensor;
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
  "_scaled_dot_product_flash_attention": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    dropout_p?: number,
    is_causal?: boolean,
    return_debug_mask?: boolean,
    options?: { scale?: number | null },
  ) => [Tensor, Tensor, Tensor, Tensor, number, number, Tensor, Tensor, Tensor];
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
  "_scaled_dot_product_flash_attention_for_cpu": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    dropout_p?: number,
    is_causal?: boolean,
    options?: { attn_mask?: Tensor | null; scale?: number | null },
  ) => [Tensor, Tensor];
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
  "_shape_as_tensor": (self: Tensor) => Tensor;
  "_slow_conv2d_backward.output_mask": (
    grad_output: Tensor,
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    stride: number | readonly number[],
    padding: number | readonly number[],
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  "_slow_conv2d_forward": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias: Tensor | null,
    stride: number | readonly number[],
    padding: number | readonly number[],
  ) => Tensor;
  "_sobol_engine_draw": (
    quasi: Tensor,
    n: number,
    sobolstate: Tensor,
    dimension: number,
    num_generated: number,
    dtype: DType | null,
  ) => [Tensor, Tensor];
  "_sobol_engine_ff_": (
    self: Tensor,
    n: number,
    sobolstate: Tensor,
    dimension: number,
    num_generated: number,
  ) => Tensor;
  "_sobol_engine_initialize_state_": (
    self: Tensor,
    dimension: number,
  ) => Tensor;
  "_sobol_engine_scramble_": (
    self: Tensor,
    ltm: Tensor,
    dimension: number,
  ) => Tensor;
  "_softmax": (self: Tensor, dim: number, half_to_float: boolean) => Tensor;
  "_softmax_backward_data": (
    grad_output: Tensor,
    output: Tensor,
    dim: number,
    input_dtype: DType,
  ) => Tensor;
  "_sparse_addmm": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "_sparse_broadcast_to": (self: Tensor, size: readonly number[]) => Tensor;
  "_sparse_broadcast_to_copy": (
    self: Tensor,
    size: readonly number[],
  ) => Tensor;
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
  "_sparse_csr_prod.dim_dtype": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "_sparse_csr_sum.dim_dtype": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
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
  "_sparse_log_softmax": (
    self: Tensor,
    dim: number,
    half_to_float: boolean,
  ) => Tensor;
  "_sparse_log_softmax.int": (
    self: Tensor,
    dim: number,
    dtype?: DType | null,
  ) => Tensor;
  "_sparse_log_softmax_backward_data": (
    grad_output: Tensor,
    output: Tensor,
    dim: number,
    self: Tensor,
  ) => Tensor;
  "_sparse_mask_projection": (
    self: Tensor,
    mask: Tensor,
    accumulate_matches?: boolean,
  ) => Tensor;
  "_sparse_mm": (sparse: Tensor, dense: Tensor) => Tensor;
  "_sparse_mm.reduce": (
    sparse: Tensor,
    dense: Tensor,
    reduce: string,
  ) => Tensor;
  "_sparse_mm_reduce_impl": (
    self: Tensor,
    other: Tensor | number,
    reduce: string,
  ) => [Tensor, Tensor];
  "_sparse_mm_reduce_impl_backward": (
    self: Tensor,
    grad_out: Tensor,
    weight: Tensor,
    reduce: string,
    arg_out: Tensor,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  "_sparse_semi_structured_addmm": (
    input: Tensor,
    mat1: Tensor,
    mat1_meta: Tensor,
    mat2: Tensor,
    options?: { alpha?: Scalar; beta?: Scalar; out_dtype?: DType | null },
  ) => Tensor;
  "_sparse_semi_structured_apply": (
    input: Tensor,
    thread_masks: Tensor,
  ) => [Tensor, Tensor];
  "_sparse_semi_structured_apply_dense": (
    input: Tensor,
    thread_masks: Tensor,
  ) => Tensor;
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
  "_sparse_semi_structured_mm": (
    mat1: Tensor,
    mat1_meta: Tensor,
    mat2: Tensor,
    options?: { out_dtype?: DType | null },
  ) => Tensor;
  "_sparse_semi_structured_tile": (
    input: Tensor,
    algorithm?: string,
    use_cutlass?: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  "_sparse_softmax": (
    self: Tensor,
    dim: number,
    half_to_float: boolean,
  ) => Tensor;
  "_sparse_softmax.int": (
    self: Tensor,
    dim: number,
    dtype?: DType | null,
  ) => Tensor;
  "_sparse_softmax_backward_data": (
    grad_output: Tensor,
    output: Tensor,
    dim: number,
    self: Tensor,
  ) => Tensor;
  "_sparse_sparse_matmul": (self: Tensor, other: Tensor | number) => Tensor;
  "_sparse_sum": (self: Tensor) => Tensor;
  "_sparse_sum.dim": (self: Tensor, dim: number | readonly number[]) => Tensor;
  "_sparse_sum.dim_dtype": (
    self: Tensor,
    dim: number | readonly number[],
    options: { dtype: DType },
  ) => Tensor;
  "_sparse_sum.dtype": (self: Tensor, options: { dtype: DType }) => Tensor;
  "_sparse_sum_backward": (
    grad: Tensor,
    self: Tensor,
    dim: readonly number[],
  ) => Tensor;
  "_spdiags": (
    diagonals: Tensor,
    offsets: Tensor,
    shape: readonly number[],
    layout?: "strided" | null,
  ) => Tensor;
  "_spsolve": (A: Tensor, B: Tensor, options?: { left?: boolean }) => Tensor;
  "_stack": (tensors: readonly Tensor[], dim?: number) => Tensor;
  "_standard_gamma": (self: Tensor, generator?: never | null) => Tensor;
  "_standard_gamma_grad": (self: Tensor, output: Tensor) => Tensor;
  "_test_ambiguous_defaults.a": (
    dummy: Tensor,
    a?: number,
    b?: number,
  ) => Tensor;
  "_test_ambiguous_defaults.b": (
    dummy: Tensor,
    a?: number,
    b?: string,
  ) => Tensor;
  "_test_autograd_multiple_dispatch.fullcoverage": (self: Tensor) => Tensor;
  "_test_autograd_multiple_dispatch.ntonly": (
    self: Tensor,
    b: boolean,
  ) => Tensor;
  "_test_autograd_multiple_dispatch_view": (self: Tensor) => Tensor;
  "_test_autograd_multiple_dispatch_view_copy": (self: Tensor) => Tensor;
  "_test_check_tensor": (self: Tensor) => Tensor;
  "_test_functorch_fallback": (self: Tensor, other: Tensor | number) => Tensor;
  "_test_optional_filled_intlist": (
    values: Tensor,
    addends: number | readonly number[] | null,
  ) => Tensor;
  "_test_optional_floatlist": (
    values: Tensor,
    addends: readonly number[] | null,
  ) => Tensor;
  "_test_optional_intlist": (
    values: Tensor,
    addends: readonly number[] | null,
  ) => Tensor;
  "_test_parallel_materialize": (
    self: Tensor,
    num_parallel: number,
    skip_first?: boolean,
  ) => Tensor;
  "_test_serialization_subcmul": (
    self: Tensor,
    other: Tensor | number,
    alpha?: Scalar,
  ) => Tensor;
  "_test_string_default": (dummy: Tensor, a?: string, b?: string) => Tensor;
  "_test_warn_in_autograd": (self: Tensor) => Tensor;
  "_thnn_differentiable_gru_cell_backward": (
    grad_hy: Tensor,
    input_gates: Tensor,
    hidden_gates: Tensor,
    hx: Tensor,
    input_bias: Tensor | null,
    hidden_bias: Tensor | null,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
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
  "_thnn_fused_gru_cell": (
    input_gates: Tensor,
    hidden_gates: Tensor,
    hx: Tensor,
    input_bias?: Tensor | null,
    hidden_bias?: Tensor | null,
  ) => [Tensor, Tensor];
  "_thnn_fused_gru_cell_backward": (
    grad_hy: Tensor,
    workspace: Tensor,
    has_bias: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  "_thnn_fused_lstm_cell": (
    input_gates: Tensor,
    hidden_gates: Tensor,
    cx: Tensor,
    input_bias?: Tensor | null,
    hidden_bias?: Tensor | null,
  ) => [Tensor, Tensor, Tensor];
  "_thnn_fused_lstm_cell_backward": (
    grad_hy: Tensor | null,
    grad_cy: Tensor | null,
    cx: Tensor,
    cy: Tensor,
    workspace: Tensor,
    has_bias: boolean,
  ) => [Tensor, Tensor, Tensor, Tensor, Tensor];
  "_thnn_fused_lstm_cell_backward_impl": (
    grad_hy: Tensor | null,
    grad_cy: Tensor | null,
    cx: Tensor,
    cy: Tensor,
    workspace: Tensor,
    has_bias: boolean,
  ) => [Tensor, Tensor, Tensor];
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
  "_to_cpu": (tensors: readonly Tensor[]) => Tensor[];
  "_to_dense": (
    self: Tensor,
    dtype?: DType | null,
    masked_grad?: boolean | null,
  ) => Tensor;
  "_to_sparse": (
    self: Tensor,
    options?: {
      layout?: "strided" | null;
      blocksize?: number | readonly number[] | null;
      dense_dim?: number | null;
    },
  ) => Tensor;
  "_to_sparse.sparse_dim": (self: Tensor, sparse_dim: number) => Tensor;
  "_to_sparse_bsc": (
    self: Tensor,
    blocksize: number | readonly number[],
    dense_dim?: number | null,
  ) => Tensor;
  "_to_sparse_bsr": (
    self: Tensor,
    blocksize: number | readonly number[],
    dense_dim?: number | null,
  ) => Tensor;
  "_to_sparse_csc": (self: Tensor, dense_dim?: number | null) => Tensor;
  "_to_sparse_csr": (self: Tensor, dense_dim?: number | null) => Tensor;
  "_to_sparse_semi_structured": (dense: Tensor) => [Tensor, Tensor];
  "_transform_bias_rescale_qkv": (
    qkv: Tensor,
    qkv_bias: Tensor,
    num_heads: number,
  ) => [Tensor, Tensor, Tensor];
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
  "_triton_scaled_dot_attention": (
    q: Tensor,
    k: Tensor,
    v: Tensor,
    dropout_p?: number,
  ) => Tensor;
  "_unique": (
    self: Tensor,
    sorted?: boolean,
    return_inverse?: boolean,
  ) => [Tensor, Tensor];
  "_unique2": (
    self: Tensor,
    sorted?: boolean,
    return_inverse?: boolean,
    return_counts?: boolean,
  ) => [Tensor, Tensor, Tensor];
  "_unpack_dual": (dual: Tensor, level: number) => [Tensor, Tensor];
  "_unsafe_index.Tensor": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
  ) => Tensor;
  "_unsafe_index_put": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
    accumulate?: boolean,
  ) => Tensor;
  "_unsafe_masked_index": (
    self: Tensor,
    mask: Tensor,
    indices: readonly (Tensor | null)[],
    fill: Scalar,
  ) => Tensor;
  "_unsafe_masked_index_put_accumulate": (
    self: Tensor,
    mask: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
  ) => Tensor;
  "_unsafe_view": (self: Tensor, size: readonly number[]) => Tensor;
  "_upsample_bicubic2d_aa": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "_upsample_bicubic2d_aa.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "_upsample_bicubic2d_aa_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "_upsample_bilinear2d_aa": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "_upsample_bilinear2d_aa.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "_upsample_bilinear2d_aa_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "_upsample_lanczos2d_aa": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "_upsample_lanczos2d_aa.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "_upsample_lanczos2d_aa_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "_upsample_nearest_exact1d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales?: number | null,
  ) => Tensor;
  "_upsample_nearest_exact1d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "_upsample_nearest_exact1d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales?: number | null,
  ) => Tensor;
  "_upsample_nearest_exact2d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "_upsample_nearest_exact2d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "_upsample_nearest_exact2d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "_upsample_nearest_exact3d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "_upsample_nearest_exact3d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "_upsample_nearest_exact3d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "_use_cudnn_ctc_loss": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank: number,
  ) => boolean;
  "_use_cudnn_ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: number,
  ) => boolean;
  "_use_cudnn_rnn_flatten_weight": () => boolean;
  "_use_miopen_ctc_loss": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank: number,
  ) => boolean;
  "_use_miopen_ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: number,
  ) => boolean;
  "_validate_compressed_sparse_indices": (
    is_crow: boolean,
    compressed_idx: Tensor,
    plain_idx: Tensor,
    cdim: number,
    dim: number,
    nnz: number,
  ) => void;
  "_validate_sparse_bsc_tensor_args": (
    ccol_indices: Tensor,
    row_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    check_pinning?: boolean | null,
  ) => void;
  "_validate_sparse_bsr_tensor_args": (
    crow_indices: Tensor,
    col_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    check_pinning?: boolean | null,
  ) => void;
  "_validate_sparse_compressed_tensor_args": (
    compressed_indices: Tensor,
    plain_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    layout: "strided",
    check_pinning?: boolean | null,
  ) => void;
  "_validate_sparse_coo_tensor_args": (
    indices: Tensor,
    values: Tensor,
    size: readonly number[],
    is_coalesced?: boolean | null,
    check_pinning?: boolean | null,
  ) => void;
  "_validate_sparse_csc_tensor_args": (
    ccol_indices: Tensor,
    row_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    check_pinning?: boolean | null,
  ) => void;
  "_validate_sparse_csr_tensor_args": (
    crow_indices: Tensor,
    col_indices: Tensor,
    values: Tensor,
    size: readonly number[],
    check_pinning?: boolean | null,
  ) => void;
  "_values": (self: Tensor) => Tensor;
  "_values_copy": (self: Tensor) => Tensor;
  "_version": (self: Tensor) => number;
  "_weight_int4pack_mm": (
    self: Tensor,
    mat2: Tensor,
    qGroupSize: number,
    qScaleAndZeros: Tensor,
  ) => Tensor;
  "_weight_int4pack_mm_for_cpu": (
    self: Tensor,
    mat2: Tensor,
    qGroupSize: number,
    qScaleAndZeros: Tensor,
  ) => Tensor;
  "_weight_int4pack_mm_with_scales_and_zeros": (
    self: Tensor,
    mat2: Tensor,
    qGroupSize: number,
    qScale: Tensor,
    qZeros: Tensor,
  ) => Tensor;
  "_weight_int8pack_mm": (self: Tensor, mat2: Tensor, scales: Tensor) => Tensor;
  "_weight_norm": (v: Tensor, g: Tensor, dim?: number) => Tensor;
  "_weight_norm_differentiable_backward": (
    grad_w: Tensor,
    saved_v: Tensor,
    saved_g: Tensor,
    saved_norms: Tensor,
    dim: number,
  ) => [Tensor, Tensor];
  "_weight_norm_interface": (
    v: Tensor,
    g: Tensor,
    dim?: number,
  ) => [Tensor, Tensor];
  "_weight_norm_interface_backward": (
    grad_w: Tensor,
    saved_v: Tensor,
    saved_g: Tensor,
    saved_norms: Tensor,
    dim: number,
  ) => [Tensor, Tensor];
  "_wrapped_linear_prepack": (
    weight: Tensor,
    weight_scale: Tensor,
    weight_zero_point: Tensor,
    bias: Tensor,
  ) => Tensor;
  "_wrapped_quantized_linear_prepacked": (
    input: Tensor,
    input_scale: Tensor,
    input_zero_point: Tensor,
    packed_weight: Tensor,
    output_scale: Tensor,
    output_zero_point: Tensor,
    out_channel: number,
  ) => Tensor;
  "abs": (self: Tensor) => Tensor;
  "abs_": (self: Tensor) => Tensor;
  "absolute": (self: Tensor) => Tensor;
  "absolute_": (self: Tensor) => Tensor;
  "acos": (self: Tensor) => Tensor;
  "acos_": (self: Tensor) => Tensor;
  "acosh": (self: Tensor) => Tensor;
  "acosh_": (self: Tensor) => Tensor;
  "adaptive_avg_pool1d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  "adaptive_avg_pool2d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  "adaptive_avg_pool3d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  "adaptive_max_pool1d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => [Tensor, Tensor];
  "adaptive_max_pool2d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => [Tensor, Tensor];
  "adaptive_max_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    indices: Tensor,
  ) => Tensor;
  "adaptive_max_pool3d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => [Tensor, Tensor];
  "adaptive_max_pool3d_backward": (
    grad_output: Tensor,
    self: Tensor,
    indices: Tensor,
  ) => Tensor;
  "add.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  "add.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "add_.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  "add_.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "addbmm": (
    self: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "addbmm_": (
    self: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "addcdiv": (
    self: Tensor,
    tensor1: Tensor,
    tensor2: Tensor,
    options?: { value?: Scalar },
  ) => Tensor;
  "addcdiv_": (
    self: Tensor,
    tensor1: Tensor,
    tensor2: Tensor,
    options?: { value?: Scalar },
  ) => Tensor;
  "addcmul": (
    self: Tensor,
    tensor1: Tensor,
    tensor2: Tensor,
    options?: { value?: Scalar },
  ) => Tensor;
  "addcmul_": (
    self: Tensor,
    tensor1: Tensor,
    tensor2: Tensor,
    options?: { value?: Scalar },
  ) => Tensor;
  "addmm": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "addmm.dtype": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    out_dtype: DType,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "addmm_": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "addmv": (
    self: Tensor,
    mat: Tensor,
    vec: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "addmv_": (
    self: Tensor,
    mat: Tensor,
    vec: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "addr": (
    self: Tensor,
    vec1: Tensor,
    vec2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "addr_": (
    self: Tensor,
    vec1: Tensor,
    vec2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "adjoint": (self: Tensor) => Tensor;
  "affine_grid_generator": (
    theta: Tensor,
    size: readonly number[],
    align_corners: boolean,
  ) => Tensor;
  "affine_grid_generator_backward": (
    grad: Tensor,
    size: readonly number[],
    align_corners: boolean,
  ) => Tensor;
  "alias": (self: Tensor) => Tensor;
  "alias_copy": (self: Tensor) => Tensor;
  "all": (self: Tensor) => Tensor;
  "all.dim": (self: Tensor, dim: number, keepdim?: boolean) => Tensor;
  "all.dims": (
    self: Tensor,
    dim?: readonly number[] | null,
    keepdim?: boolean,
  ) => Tensor;
  "allclose": (
    self: Tensor,
    other: Tensor | number,
    rtol?: number,
    atol?: number,
    equal_nan?: boolean,
  ) => boolean;
  "alpha_dropout": (input: Tensor, p: number, train: boolean) => Tensor;
  "alpha_dropout_": (self: Tensor, p: number, train: boolean) => Tensor;
  "amax": (
    self: Tensor,
    dim?: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  "amin": (
    self: Tensor,
    dim?: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  "aminmax": (
    self: Tensor,
    options?: { dim?: number | null; keepdim?: boolean },
  ) => [Tensor, Tensor];
  "angle": (self: Tensor) => Tensor;
  "any": (self: Tensor) => Tensor;
  "any.dim": (self: Tensor, dim: number, keepdim?: boolean) => Tensor;
  "any.dims": (
    self: Tensor,
    dim?: readonly number[] | null,
    keepdim?: boolean,
  ) => Tensor;
  "arange": (
    end: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "arccos": (self: Tensor) => Tensor;
  "arccos_": (self: Tensor) => Tensor;
  "arccosh": (self: Tensor) => Tensor;
  "arccosh_": (self: Tensor) => Tensor;
  "arcsin": (self: Tensor) => Tensor;
  "arcsin_": (self: Tensor) => Tensor;
  "arcsinh": (self: Tensor) => Tensor;
  "arcsinh_": (self: Tensor) => Tensor;
  "arctan": (self: Tensor) => Tensor;
  "arctan2": (self: Tensor, other: Tensor | number) => Tensor;
  "arctan2_": (self: Tensor, other: Tensor | number) => Tensor;
  "arctan_": (self: Tensor) => Tensor;
  "arctanh": (self: Tensor) => Tensor;
  "arctanh_": (self: Tensor) => Tensor;
  "argmax": (self: Tensor, dim?: number | null, keepdim?: boolean) => Tensor;
  "argmin": (self: Tensor, dim?: number | null, keepdim?: boolean) => Tensor;
  "argsort": (self: Tensor, dim?: number, descending?: boolean) => Tensor;
  "argsort.stable": (
    self: Tensor,
    options: { stable: boolean; dim?: number; descending?: boolean },
  ) => Tensor;
  "argwhere": (self: Tensor) => Tensor;
  "as_strided": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
    storage_offset?: number | null,
  ) => Tensor;
  "as_strided_": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
    storage_offset?: number | null,
  ) => Tensor;
  "as_strided_copy": (
    self: Tensor,
    size: readonly number[],
    stride: readonly number[],
    storage_offset?: number | null,
  ) => Tensor;
  "as_strided_scatter": (
    self: Tensor,
    src: Tensor,
    size: readonly number[],
    stride: readonly number[],
    storage_offset?: number | null,
  ) => Tensor;
  "asin": (self: Tensor) => Tensor;
  "asin_": (self: Tensor) => Tensor;
  "asinh": (self: Tensor) => Tensor;
  "asinh_": (self: Tensor) => Tensor;
  "atan": (self: Tensor) => Tensor;
  "atan2": (self: Tensor, other: Tensor | number) => Tensor;
  "atan2_": (self: Tensor, other: Tensor | number) => Tensor;
  "atan_": (self: Tensor) => Tensor;
  "atanh": (self: Tensor) => Tensor;
  "atanh_": (self: Tensor) => Tensor;
  "atleast_1d": (self: Tensor) => Tensor;
  "atleast_1d.Sequence": (tensors: readonly Tensor[]) => Tensor[];
  "atleast_2d": (self: Tensor) => Tensor;
  "atleast_2d.Sequence": (tensors: readonly Tensor[]) => Tensor[];
  "atleast_3d": (self: Tensor) => Tensor;
  "atleast_3d.Sequence": (tensors: readonly Tensor[]) => Tensor[];
  "avg_pool1d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    ceil_mode?: boolean,
    count_include_pad?: boolean,
  ) => Tensor;
  "avg_pool2d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    ceil_mode?: boolean,
    count_include_pad?: boolean,
    divisor_override?: number | null,
  ) => Tensor;
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
  "avg_pool3d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    ceil_mode?: boolean,
    count_include_pad?: boolean,
    divisor_override?: number | null,
  ) => Tensor;
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
  "baddbmm": (
    self: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "baddbmm.dtype": (
    self: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    out_dtype: DType,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "baddbmm_": (
    self: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "bartlett_window": (
    window_length: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "batch_norm_elemt": (
    input: Tensor,
    weight: Tensor | null,
    bias: Tensor | null,
    mean: Tensor,
    invstd: Tensor,
    eps: number,
  ) => Tensor;
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
  "batch_norm_stats": (input: Tensor, eps: number) => [Tensor, Tensor];
  "batch_norm_update_stats": (
    input: Tensor,
    running_mean: Tensor | null,
    running_var: Tensor | null,
    momentum: number,
  ) => [Tensor, Tensor];
  "bernoulli": (self: Tensor, options?: { generator?: never | null }) => Tensor;
  "bernoulli.Tensor": (
    self: Tensor,
    p: Tensor,
    options?: { generator?: never | null },
  ) => Tensor;
  "bernoulli.p": (
    self: Tensor,
    p: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "bernoulli_.Tensor": (
    self: Tensor,
    p: Tensor,
    options?: { generator?: never | null },
  ) => Tensor;
  "bernoulli_.float": (
    self: Tensor,
    p?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "bilinear": (
    input1: Tensor,
    input2: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
  ) => Tensor;
  "binary_cross_entropy": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
  ) => Tensor;
  "binary_cross_entropy_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
  ) => Tensor;
  "binary_cross_entropy_with_logits": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    pos_weight?: Tensor | null,
    reduction?: number,
  ) => Tensor;
  "bincount": (
    self: Tensor,
    weights?: Tensor | null,
    minlength?: number,
  ) => Tensor;
  "binomial": (count: Tensor, prob: Tensor, generator?: never | null) => Tensor;
  "bitwise_and.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "bitwise_and.Scalar_Tensor": (self: Scalar, other: Tensor | number) => Tensor;
  "bitwise_and.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "bitwise_and_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "bitwise_and_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "bitwise_left_shift.Scalar_Tensor": (
    self: Scalar,
    other: Tensor | number,
  ) => Tensor;
  "bitwise_left_shift.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "bitwise_left_shift.Tensor_Scalar": (self: Tensor, other: Scalar) => Tensor;
  "bitwise_left_shift_.Tensor": (
    self: Tensor,
    other: Tensor | number,
  ) => Tensor;
  "bitwise_left_shift_.Tensor_Scalar": (self: Tensor, other: Scalar) => Tensor;
  "bitwise_not": (self: Tensor) => Tensor;
  "bitwise_not_": (self: Tensor) => Tensor;
  "bitwise_or.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "bitwise_or.Scalar_Tensor": (self: Scalar, other: Tensor | number) => Tensor;
  "bitwise_or.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "bitwise_or_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "bitwise_or_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "bitwise_right_shift.Scalar_Tensor": (
    self: Scalar,
    other: Tensor | number,
  ) => Tensor;
  "bitwise_right_shift.Tensor": (
    self: Tensor,
    other: Tensor | number,
  ) => Tensor;
  "bitwise_right_shift.Tensor_Scalar": (self: Tensor, other: Scalar) => Tensor;
  "bitwise_right_shift_.Tensor": (
    self: Tensor,
    other: Tensor | number,
  ) => Tensor;
  "bitwise_right_shift_.Tensor_Scalar": (self: Tensor, other: Scalar) => Tensor;
  "bitwise_xor.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "bitwise_xor.Scalar_Tensor": (self: Scalar, other: Tensor | number) => Tensor;
  "bitwise_xor.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "bitwise_xor_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "bitwise_xor_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "blackman_window": (
    window_length: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "block_diag": (tensors: readonly Tensor[]) => Tensor;
  "bmm": (self: Tensor, mat2: Tensor) => Tensor;
  "bmm.dtype": (self: Tensor, mat2: Tensor, out_dtype: DType) => Tensor;
  "broadcast_tensors": (tensors: readonly Tensor[]) => Tensor[];
  "broadcast_to": (self: Tensor, size: readonly number[]) => Tensor;
  "bucketize.Scalar": (
    self: Scalar,
    boundaries: Tensor,
    options?: { out_int32?: boolean; right?: boolean },
  ) => Tensor;
  "bucketize.Tensor": (
    self: Tensor,
    boundaries: Tensor,
    options?: { out_int32?: boolean; right?: boolean },
  ) => Tensor;
  "can_cast": (from_: DType, to: DType) => boolean;
  "cartesian_prod": (tensors: readonly Tensor[]) => Tensor;
  "cat": (tensors: readonly Tensor[], dim?: number) => Tensor;
  "cauchy": (
    self: Tensor,
    median?: number,
    sigma?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "cauchy_": (
    self: Tensor,
    median?: number,
    sigma?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "ccol_indices": (self: Tensor) => Tensor;
  "ccol_indices_copy": (self: Tensor) => Tensor;
  "cdist": (
    x1: Tensor,
    x2: Tensor,
    p?: number,
    compute_mode?: number | null,
  ) => Tensor;
  "ceil": (self: Tensor) => Tensor;
  "ceil_": (self: Tensor) => Tensor;
  "celu": (self: Tensor, alpha?: Scalar) => Tensor;
  "celu_": (self: Tensor, alpha?: Scalar) => Tensor;
  "chain_matmul": (matrices: readonly Tensor[]) => Tensor;
  "chalf": (
    self: Tensor,
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  "channel_shuffle": (self: Tensor, groups: number) => Tensor;
  "cholesky": (self: Tensor, upper?: boolean) => Tensor;
  "cholesky_inverse": (self: Tensor, upper?: boolean) => Tensor;
  "cholesky_solve": (self: Tensor, input2: Tensor, upper?: boolean) => Tensor;
  "choose_qparams_optimized": (
    input: Tensor,
    numel: number,
    n_bins: number,
    ratio: number,
    bit_width: number,
  ) => [Tensor, Tensor];
  "chunk": (self: Tensor, chunks: number, dim?: number) => Tensor[];
  "clamp": (self: Tensor, min?: Scalar | null, max?: Scalar | null) => Tensor;
  "clamp.Tensor": (
    self: Tensor,
    min?: Tensor | null,
    max?: Tensor | null,
  ) => Tensor;
  "clamp_": (self: Tensor, min?: Scalar | null, max?: Scalar | null) => Tensor;
  "clamp_.Tensor": (
    self: Tensor,
    min?: Tensor | null,
    max?: Tensor | null,
  ) => Tensor;
  "clamp_max": (self: Tensor, max: Scalar) => Tensor;
  "clamp_max.Tensor": (self: Tensor, max: Tensor) => Tensor;
  "clamp_max_": (self: Tensor, max: Scalar) => Tensor;
  "clamp_max_.Tensor": (self: Tensor, max: Tensor) => Tensor;
  "clamp_min": (self: Tensor, min: Scalar) => Tensor;
  "clamp_min.Tensor": (self: Tensor, min: Tensor) => Tensor;
  "clamp_min_": (self: Tensor, min: Scalar) => Tensor;
  "clamp_min_.Tensor": (self: Tensor, min: Tensor) => Tensor;
  "clip": (self: Tensor, min?: Scalar | null, max?: Scalar | null) => Tensor;
  "clip.Tensor": (
    self: Tensor,
    min?: Tensor | null,
    max?: Tensor | null,
  ) => Tensor;
  "clip_": (self: Tensor, min?: Scalar | null, max?: Scalar | null) => Tensor;
  "clip_.Tensor": (
    self: Tensor,
    min?: Tensor | null,
    max?: Tensor | null,
  ) => Tensor;
  "clone": (
    self: Tensor,
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  "coalesce": (self: Tensor) => Tensor;
  "col2im": (
    self: Tensor,
    output_size: number | readonly number[],
    kernel_size: number | readonly number[],
    dilation: number | readonly number[],
    padding: number | readonly number[],
    stride: number | readonly number[],
  ) => Tensor;
  "col_indices": (self: Tensor) => Tensor;
  "col_indices_copy": (self: Tensor) => Tensor;
  "column_stack": (tensors: readonly Tensor[]) => Tensor;
  "combinations": (
    self: Tensor,
    r?: number,
    with_replacement?: boolean,
  ) => Tensor;
  "complex": (real: Tensor, imag: Tensor) => Tensor;
  "concat": (tensors: readonly Tensor[], dim?: number) => Tensor;
  "concatenate": (tensors: readonly Tensor[], dim?: number) => Tensor;
  "conj": (self: Tensor) => Tensor;
  "conj_physical": (self: Tensor) => Tensor;
  "conj_physical_": (self: Tensor) => Tensor;
  "constant_pad_nd": (
    self: Tensor,
    pad: readonly number[],
    value?: Scalar,
  ) => Tensor;
  "contiguous": (
    self: Tensor,
    options?: { memory_format?: MemoryFormat },
  ) => Tensor;
  "conv1d": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  "conv1d.padding": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: string,
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  "conv2d": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  "conv2d.padding": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: string,
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  "conv3d": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  "conv3d.padding": (
    input: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: string,
    dilation?: number | readonly number[],
    groups?: number,
  ) => Tensor;
  "conv_depthwise3d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias: Tensor | null,
    stride: number | readonly number[],
    padding: number | readonly number[],
    dilation: number | readonly number[],
  ) => Tensor;
  "conv_tbc": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor,
    pad?: number,
  ) => Tensor;
  "conv_tbc_backward": (
    self: Tensor,
    input: Tensor,
    weight: Tensor,
    bias: Tensor,
    pad: number,
  ) => [Tensor, Tensor, Tensor];
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
  "copy": (self: Tensor, src: Tensor, non_blocking?: boolean) => Tensor;
  "copy_": (self: Tensor, src: Tensor, non_blocking?: boolean) => Tensor;
  "copy_sparse_to_sparse": (
    self: Tensor,
    src: Tensor,
    non_blocking?: boolean,
  ) => Tensor;
  "copy_sparse_to_sparse_": (
    self: Tensor,
    src: Tensor,
    non_blocking?: boolean,
  ) => Tensor;
  "copysign.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "copysign.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "copysign_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "copysign_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "corrcoef": (self: Tensor) => Tensor;
  "cos": (self: Tensor) => Tensor;
  "cos_": (self: Tensor) => Tensor;
  "cosh": (self: Tensor) => Tensor;
  "cosh_": (self: Tensor) => Tensor;
  "cosine_embedding_loss": (
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin?: number,
    reduction?: number,
  ) => Tensor;
  "cosine_similarity": (
    x1: Tensor,
    x2: Tensor,
    dim?: number,
    eps?: number,
  ) => Tensor;
  "count_nonzero": (self: Tensor, dim?: number | null) => Tensor;
  "count_nonzero.dim_IntList": (self: Tensor, dim: readonly number[]) => Tensor;
  "cov": (
    self: Tensor,
    options?: {
      correction?: number;
      fweights?: Tensor | null;
      aweights?: Tensor | null;
    },
  ) => Tensor;
  "cross": (
    self: Tensor,
    other: Tensor | number,
    dim?: number | null,
  ) => Tensor;
  "cross_entropy_loss": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
    ignore_index?: number,
    label_smoothing?: number,
  ) => Tensor;
  "crow_indices": (self: Tensor) => Tensor;
  "crow_indices_copy": (self: Tensor) => Tensor;
  "ctc_loss.IntList": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank?: number,
    reduction?: number,
    zero_infinity?: boolean,
  ) => Tensor;
  "ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank?: number,
    reduction?: number,
    zero_infinity?: boolean,
  ) => Tensor;
  "cudnn_affine_grid_generator": (
    theta: Tensor,
    N: number,
    C: number,
    H: number,
    W: number,
  ) => Tensor;
  "cudnn_affine_grid_generator_backward": (
    grad: Tensor,
    N: number,
    C: number,
    H: number,
    W: number,
  ) => Tensor;
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
  "cudnn_convolution_relu": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
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
  "cudnn_grid_sampler": (self: Tensor, grid: Tensor) => Tensor;
  "cudnn_grid_sampler_backward": (
    self: Tensor,
    grid: Tensor,
    grad_output: Tensor,
  ) => [Tensor, Tensor];
  "cudnn_is_acceptable": (self: Tensor) => boolean;
  "cummax": (self: Tensor, dim: number) => [Tensor, Tensor];
  "cummaxmin_backward": (
    grad: Tensor,
    input: Tensor,
    indices: Tensor,
    dim: number,
  ) => Tensor;
  "cummin": (self: Tensor, dim: number) => [Tensor, Tensor];
  "cumprod": (
    self: Tensor,
    dim: number,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "cumprod_": (
    self: Tensor,
    dim: number,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "cumprod_backward": (
    grad: Tensor,
    input: Tensor,
    dim: number,
    output: Tensor,
  ) => Tensor;
  "cumsum": (
    self: Tensor,
    dim: number,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "cumsum_": (
    self: Tensor,
    dim: number,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "cumulative_trapezoid.dx": (
    y: Tensor,
    options?: { dx?: Scalar; dim?: number },
  ) => Tensor;
  "cumulative_trapezoid.x": (
    y: Tensor,
    x: Tensor,
    options?: { dim?: number },
  ) => Tensor;
  "data": (self: Tensor) => Tensor;
  "deg2rad": (self: Tensor) => Tensor;
  "deg2rad_": (self: Tensor) => Tensor;
  "dense_dim": (self: Tensor) => number;
  "dequantize.self": (self: Tensor) => Tensor;
  "dequantize.tensors": (tensors: readonly Tensor[]) => Tensor[];
  "det": (self: Tensor) => Tensor;
  "detach": (self: Tensor) => Tensor;
  "detach_": (self: Tensor) => Tensor;
  "detach_copy": (self: Tensor) => Tensor;
  "diag": (self: Tensor, diagonal?: number) => Tensor;
  "diag_embed": (
    self: Tensor,
    offset?: number,
    dim1?: number,
    dim2?: number,
  ) => Tensor;
  "diagflat": (self: Tensor, offset?: number) => Tensor;
  "diagonal": (
    self: Tensor,
    offset?: number,
    dim1?: number,
    dim2?: number,
  ) => Tensor;
  "diagonal_backward": (
    grad_output: Tensor,
    input_sizes: readonly number[],
    offset: number,
    dim1: number,
    dim2: number,
  ) => Tensor;
  "diagonal_copy": (
    self: Tensor,
    offset?: number,
    dim1?: number,
    dim2?: number,
  ) => Tensor;
  "diagonal_scatter": (
    self: Tensor,
    src: Tensor,
    offset?: number,
    dim1?: number,
    dim2?: number,
  ) => Tensor;
  "diff": (
    self: Tensor,
    n?: number,
    dim?: number,
    prepend?: Tensor | null,
    append?: Tensor | null,
  ) => Tensor;
  "digamma": (self: Tensor) => Tensor;
  "digamma_": (self: Tensor) => Tensor;
  "dim": (self: Tensor) => number;
  "dist": (self: Tensor, other: Tensor | number, p?: Scalar) => Tensor;
  "div.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "div.Scalar_mode": (
    self: Tensor,
    other: Scalar,
    options: { rounding_mode: string | null },
  ) => Tensor;
  "div.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "div.Tensor_mode": (
    self: Tensor,
    other: Tensor | number,
    options: { rounding_mode: string | null },
  ) => Tensor;
  "div_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "div_.Scalar_mode": (
    self: Tensor,
    other: Scalar,
    options: { rounding_mode: string | null },
  ) => Tensor;
  "div_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "div_.Tensor_mode": (
    self: Tensor,
    other: Tensor | number,
    options: { rounding_mode: string | null },
  ) => Tensor;
  "divide.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "divide.Scalar_mode": (
    self: Tensor,
    other: Scalar,
    options: { rounding_mode: string | null },
  ) => Tensor;
  "divide.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "divide.Tensor_mode": (
    self: Tensor,
    other: Tensor | number,
    options: { rounding_mode: string | null },
  ) => Tensor;
  "divide_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "divide_.Scalar_mode": (
    self: Tensor,
    other: Scalar,
    options: { rounding_mode: string | null },
  ) => Tensor;
  "divide_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "divide_.Tensor_mode": (
    self: Tensor,
    other: Tensor | number,
    options: { rounding_mode: string | null },
  ) => Tensor;
  "dot": (self: Tensor, tensor: Tensor) => Tensor;
  "dropout": (input: Tensor, p: number, train: boolean) => Tensor;
  "dropout_": (self: Tensor, p: number, train: boolean) => Tensor;
  "dsplit.array": (self: Tensor, indices: readonly number[]) => Tensor[];
  "dsplit.int": (self: Tensor, sections: number) => Tensor[];
  "dstack": (tensors: readonly Tensor[]) => Tensor;
  "einsum": (
    equation: string,
    tensors: readonly Tensor[],
    options?: { path?: readonly number[] | null },
  ) => Tensor;
  "elu": (
    self: Tensor,
    alpha?: Scalar,
    scale?: Scalar,
    input_scale?: Scalar,
  ) => Tensor;
  "elu_": (
    self: Tensor,
    alpha?: Scalar,
    scale?: Scalar,
    input_scale?: Scalar,
  ) => Tensor;
  "elu_backward": (
    grad_output: Tensor,
    alpha: Scalar,
    scale: Scalar,
    input_scale: Scalar,
    is_result: boolean,
    self_or_result: Tensor,
  ) => Tensor;
  "embedding": (
    weight: Tensor,
    indices: Tensor,
    padding_idx?: number,
    scale_grad_by_freq?: boolean,
    sparse?: boolean,
  ) => Tensor;
  "embedding_backward": (
    grad: Tensor,
    indices: Tensor,
    num_weights: number,
    padding_idx: number,
    scale_grad_by_freq: boolean,
    sparse: boolean,
  ) => Tensor;
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
  "embedding_dense_backward": (
    grad_output: Tensor,
    indices: Tensor,
    num_weights: number,
    padding_idx: number,
    scale_grad_by_freq: boolean,
  ) => Tensor;
  "embedding_renorm": (
    self: Tensor,
    indices: Tensor,
    max_norm: number,
    norm_type: number,
  ) => Tensor;
  "embedding_renorm_": (
    self: Tensor,
    indices: Tensor,
    max_norm: number,
    norm_type: number,
  ) => Tensor;
  "embedding_sparse_backward": (
    grad: Tensor,
    indices: Tensor,
    num_weights: number,
    padding_idx: number,
    scale_grad_by_freq: boolean,
  ) => Tensor;
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
  "eq.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "eq.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "eq_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "eq_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "equal": (self: Tensor, other: Tensor | number) => boolean;
  "erf": (self: Tensor) => Tensor;
  "erf_": (self: Tensor) => Tensor;
  "erfc": (self: Tensor) => Tensor;
  "erfc_": (self: Tensor) => Tensor;
  "erfinv": (self: Tensor) => Tensor;
  "erfinv_": (self: Tensor) => Tensor;
  "exp": (self: Tensor) => Tensor;
  "exp2": (self: Tensor) => Tensor;
  "exp2_": (self: Tensor) => Tensor;
  "exp_": (self: Tensor) => Tensor;
  "expand": (
    self: Tensor,
    size: readonly number[],
    options?: { implicit?: boolean },
  ) => Tensor;
  "expand_as": (self: Tensor, other: Tensor | number) => Tensor;
  "expand_copy": (
    self: Tensor,
    size: readonly number[],
    options?: { implicit?: boolean },
  ) => Tensor;
  "expm1": (self: Tensor) => Tensor;
  "expm1_": (self: Tensor) => Tensor;
  "exponential": (
    self: Tensor,
    lambd?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "exponential_": (
    self: Tensor,
    lambd?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "eye": (
    n: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "fake_quantize_per_channel_affine": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    axis: number,
    quant_min: number,
    quant_max: number,
  ) => Tensor;
  "fake_quantize_per_channel_affine_cachemask": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    axis: number,
    quant_min: number,
    quant_max: number,
  ) => [Tensor, Tensor];
  "fake_quantize_per_channel_affine_cachemask_backward": (
    grad: Tensor,
    mask: Tensor,
  ) => Tensor;
  "fake_quantize_per_tensor_affine": (
    self: Tensor,
    scale: number,
    zero_point: number,
    quant_min: number,
    quant_max: number,
  ) => Tensor;
  "fake_quantize_per_tensor_affine.tensor_qparams": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    quant_min: number,
    quant_max: number,
  ) => Tensor;
  "fake_quantize_per_tensor_affine_cachemask": (
    self: Tensor,
    scale: number,
    zero_point: number,
    quant_min: number,
    quant_max: number,
  ) => [Tensor, Tensor];
  "fake_quantize_per_tensor_affine_cachemask_backward": (
    grad: Tensor,
    mask: Tensor,
  ) => Tensor;
  "fbgemm_linear_fp16_weight": (
    input: Tensor,
    packed_weight: Tensor,
    bias: Tensor,
  ) => Tensor;
  "fbgemm_linear_fp16_weight.out": (
    input: Tensor,
    packed_weight: Tensor,
    bias: Tensor,
    output: Tensor,
  ) => Tensor;
  "fbgemm_linear_fp16_weight_fp32_activation": (
    input: Tensor,
    packed_weight: Tensor,
    bias: Tensor | null,
  ) => Tensor;
  "fbgemm_linear_fp16_weight_fp32_activation.out": (
    input: Tensor,
    packed_weight: Tensor,
    bias: Tensor | null,
    output: Tensor,
  ) => Tensor;
  "fbgemm_linear_int8_weight": (
    input: Tensor,
    weight: Tensor,
    packed: Tensor,
    col_offsets: Tensor,
    weight_scale: Scalar,
    weight_zero_point: Scalar,
    bias: Tensor,
  ) => Tensor;
  "fbgemm_linear_int8_weight_fp32_activation": (
    input: Tensor,
    weight: Tensor,
    packed: Tensor,
    col_offsets: Tensor,
    weight_scale: Scalar,
    weight_zero_point: Scalar,
    bias: Tensor,
  ) => Tensor;
  "fbgemm_linear_quantize_weight": (
    input: Tensor,
  ) => [Tensor, Tensor, number, number];
  "fbgemm_pack_gemm_matrix_fp16": (input: Tensor) => Tensor;
  "fbgemm_pack_quantized_matrix": (input: Tensor) => Tensor;
  "fbgemm_pack_quantized_matrix.KN": (
    input: Tensor,
    K: number,
    N: number,
  ) => Tensor;
  "feature_alpha_dropout": (input: Tensor, p: number, train: boolean) => Tensor;
  "feature_alpha_dropout_": (self: Tensor, p: number, train: boolean) => Tensor;
  "feature_dropout": (input: Tensor, p: number, train: boolean) => Tensor;
  "feature_dropout_": (self: Tensor, p: number, train: boolean) => Tensor;
  "fft_fft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  "fft_fft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
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
  "fft_fftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  "fft_fftshift": (
    self: Tensor,
    dim?: number | readonly number[] | null,
  ) => Tensor;
  "fft_hfft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  "fft_hfft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
  "fft_hfftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  "fft_ifft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  "fft_ifft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
  "fft_ifftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  "fft_ifftshift": (
    self: Tensor,
    dim?: number | readonly number[] | null,
  ) => Tensor;
  "fft_ihfft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  "fft_ihfft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
  "fft_ihfftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  "fft_irfft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  "fft_irfft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
  "fft_irfftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  "fft_rfft": (
    self: Tensor,
    n?: number | null,
    dim?: number,
    norm?: string | null,
  ) => Tensor;
  "fft_rfft2": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[],
    norm?: string | null,
  ) => Tensor;
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
  "fft_rfftn": (
    self: Tensor,
    s?: number | readonly number[] | null,
    dim?: number | readonly number[] | null,
    norm?: string | null,
  ) => Tensor;
  "fill.Scalar": (self: Tensor, value: Scalar) => Tensor;
  "fill.Tensor": (self: Tensor, value: Tensor) => Tensor;
  "fill_.Scalar": (self: Tensor, value: Scalar) => Tensor;
  "fill_.Tensor": (self: Tensor, value: Tensor) => Tensor;
  "fill_diagonal_": (
    self: Tensor,
    fill_value: Scalar,
    wrap?: boolean,
  ) => Tensor;
  "fix": (self: Tensor) => Tensor;
  "fix_": (self: Tensor) => Tensor;
  "flatten.using_ints": (
    self: Tensor,
    start_dim?: number,
    end_dim?: number,
  ) => Tensor;
  "flatten_dense_tensors": (tensors: readonly Tensor[]) => Tensor;
  "flip": (self: Tensor, dims: readonly number[]) => Tensor;
  "fliplr": (self: Tensor) => Tensor;
  "flipud": (self: Tensor) => Tensor;
  "float_power.Scalar": (self: Scalar, exponent: Tensor) => Tensor;
  "float_power.Tensor_Scalar": (self: Tensor, exponent: Scalar) => Tensor;
  "float_power.Tensor_Tensor": (self: Tensor, exponent: Tensor) => Tensor;
  "float_power_.Scalar": (self: Tensor, exponent: Scalar) => Tensor;
  "float_power_.Tensor": (self: Tensor, exponent: Tensor) => Tensor;
  "floor": (self: Tensor) => Tensor;
  "floor_": (self: Tensor) => Tensor;
  "floor_divide": (self: Tensor, other: Tensor | number) => Tensor;
  "floor_divide.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "floor_divide_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "floor_divide_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "fmax": (self: Tensor, other: Tensor | number) => Tensor;
  "fmin": (self: Tensor, other: Tensor | number) => Tensor;
  "fmod.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "fmod.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "fmod_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "fmod_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "frac": (self: Tensor) => Tensor;
  "frac_": (self: Tensor) => Tensor;
  "fractional_max_pool2d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    output_size: number | readonly number[],
    random_samples: Tensor,
  ) => [Tensor, Tensor];
  "fractional_max_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    kernel_size: number | readonly number[],
    output_size: number | readonly number[],
    indices: Tensor,
  ) => Tensor;
  "fractional_max_pool3d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    output_size: number | readonly number[],
    random_samples: Tensor,
  ) => [Tensor, Tensor];
  "fractional_max_pool3d_backward": (
    grad_output: Tensor,
    self: Tensor,
    kernel_size: number | readonly number[],
    output_size: number | readonly number[],
    indices: Tensor,
  ) => Tensor;
  "frexp.Tensor": (self: Tensor) => [Tensor, Tensor];
  "frobenius_norm.dim": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
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
  "gather": (
    self: Tensor,
    dim: number,
    index: Tensor,
    options?: { sparse_grad?: boolean },
  ) => Tensor;
  "gather_backward": (
    grad: Tensor,
    self: Tensor,
    dim: number,
    index: Tensor,
    sparse_grad: boolean,
  ) => Tensor;
  "gcd": (self: Tensor, other: Tensor | number) => Tensor;
  "gcd_": (self: Tensor, other: Tensor | number) => Tensor;
  "ge.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "ge.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "ge_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "ge_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "gelu": (self: Tensor, options?: { approximate?: string }) => Tensor;
  "gelu_": (self: Tensor, options?: { approximate?: string }) => Tensor;
  "gelu_backward": (
    grad_output: Tensor,
    self: Tensor,
    options?: { approximate?: string },
  ) => Tensor;
  "geometric": (
    self: Tensor,
    p: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "geometric_": (
    self: Tensor,
    p: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "geqrf": (self: Tensor) => [Tensor, Tensor];
  "ger": (self: Tensor, vec2: Tensor) => Tensor;
  "get_device": (self: Tensor) => number;
  "glu": (self: Tensor, dim?: number) => Tensor;
  "glu_backward": (grad_output: Tensor, self: Tensor, dim: number) => Tensor;
  "glu_backward_jvp": (
    grad_x: Tensor,
    grad_glu: Tensor,
    x: Tensor,
    dgrad_glu: Tensor,
    dx: Tensor,
    dim: number,
  ) => Tensor;
  "glu_jvp": (glu: Tensor, x: Tensor, dx: Tensor, dim: number) => Tensor;
  "gradient.array": (
    self: Tensor,
    options: { dim: readonly number[]; edge_order?: number },
  ) => Tensor[];
  "gradient.scalararray": (
    self: Tensor,
    options: { spacing: Scalar; dim: readonly number[]; edge_order?: number },
  ) => Tensor[];
  "gradient.scalarint": (
    self: Tensor,
    options?: {
      spacing?: Scalar | null;
      dim?: number | null;
      edge_order?: number;
    },
  ) => Tensor[];
  "gradient.scalarrayarray": (
    self: Tensor,
    options: {
      spacing: readonly Scalar[];
      dim: readonly number[];
      edge_order?: number;
    },
  ) => Tensor[];
  "gradient.scalarrayint": (
    self: Tensor,
    options: {
      spacing: readonly Scalar[];
      dim?: number | null;
      edge_order?: number;
    },
  ) => Tensor[];
  "gradient.tensorarray": (
    self: Tensor,
    options: {
      spacing: readonly Tensor[];
      dim: readonly number[];
      edge_order?: number;
    },
  ) => Tensor[];
  "gradient.tensorarrayint": (
    self: Tensor,
    options: {
      spacing: readonly Tensor[];
      dim?: number | null;
      edge_order?: number;
    },
  ) => Tensor[];
  "greater.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "greater.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "greater_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "greater_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "greater_equal.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "greater_equal.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "greater_equal_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "greater_equal_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "grid_sampler": (
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
  ) => Tensor;
  "grid_sampler_2d": (
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
  ) => Tensor;
  "grid_sampler_2d_backward": (
    grad_output: Tensor,
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  "grid_sampler_3d": (
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
  ) => Tensor;
  "grid_sampler_3d_backward": (
    grad_output: Tensor,
    input: Tensor,
    grid: Tensor,
    interpolation_mode: number,
    padding_mode: number,
    align_corners: boolean,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  "group_norm": (
    input: Tensor,
    num_groups: number,
    weight?: Tensor | null,
    bias?: Tensor | null,
    eps?: number,
    cudnn_enabled?: boolean,
  ) => Tensor;
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
  "gru_cell": (
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih?: Tensor | null,
    b_hh?: Tensor | null,
  ) => Tensor;
  "gt.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "gt.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "gt_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "gt_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "hamming_window": (
    window_length: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "hann_window": (
    window_length: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "hardshrink": (self: Tensor, lambd?: Scalar) => Tensor;
  "hardshrink_backward": (
    grad_out: Tensor,
    self: Tensor,
    lambd: Scalar,
  ) => Tensor;
  "hardsigmoid": (self: Tensor) => Tensor;
  "hardsigmoid_": (self: Tensor) => Tensor;
  "hardsigmoid_backward": (grad_output: Tensor, self: Tensor) => Tensor;
  "hardswish": (self: Tensor) => Tensor;
  "hardswish_": (self: Tensor) => Tensor;
  "hardswish_backward": (grad_output: Tensor, self: Tensor) => Tensor;
  "hardtanh": (self: Tensor, min_val?: Scalar, max_val?: Scalar) => Tensor;
  "hardtanh_": (self: Tensor, min_val?: Scalar, max_val?: Scalar) => Tensor;
  "hardtanh_backward": (
    grad_output: Tensor,
    self: Tensor,
    min_val: Scalar,
    max_val: Scalar,
  ) => Tensor;
  "hash_tensor": (
    self: Tensor,
    dim?: number | readonly number[],
    options?: { keepdim?: boolean; mode?: number },
  ) => Tensor;
  "heaviside": (self: Tensor, values: Tensor) => Tensor;
  "heaviside_": (self: Tensor, values: Tensor) => Tensor;
  "hinge_embedding_loss": (
    self: Tensor,
    target: Tensor,
    margin?: number,
    reduction?: number,
  ) => Tensor;
  "histc": (self: Tensor, bins?: number, min?: Scalar, max?: Scalar) => Tensor;
  "histogram.bin_ct": (
    self: Tensor,
    bins?: number,
    options?: {
      range?: readonly number[] | null;
      weight?: Tensor | null;
      density?: boolean;
    },
  ) => [Tensor, Tensor];
  "histogram.bins_tensor": (
    self: Tensor,
    bins: Tensor,
    options?: { weight?: Tensor | null; density?: boolean },
  ) => [Tensor, Tensor];
  "histogramdd": (
    self: Tensor,
    bins: readonly number[],
    range?: readonly number[] | null,
    weight?: Tensor | null,
    density?: boolean,
  ) => [Tensor, Tensor[]];
  "histogramdd.TensorList_bins": (
    self: Tensor,
    bins: readonly Tensor[],
    range?: readonly number[] | null,
    weight?: Tensor | null,
    density?: boolean,
  ) => [Tensor, Tensor[]];
  "histogramdd.int_bins": (
    self: Tensor,
    bins: number,
    range?: readonly number[] | null,
    weight?: Tensor | null,
    density?: boolean,
  ) => [Tensor, Tensor[]];
  "hsplit.array": (self: Tensor, indices: readonly number[]) => Tensor[];
  "hsplit.int": (self: Tensor, sections: number) => Tensor[];
  "hspmm": (mat1: Tensor, mat2: Tensor) => Tensor;
  "hstack": (tensors: readonly Tensor[]) => Tensor;
  "huber_loss": (
    self: Tensor,
    target: Tensor,
    reduction?: number,
    delta?: number,
  ) => Tensor;
  "huber_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    reduction: number,
    delta: number,
  ) => Tensor;
  "hypot": (self: Tensor, other: Tensor | number) => Tensor;
  "hypot_": (self: Tensor, other: Tensor | number) => Tensor;
  "i0": (self: Tensor) => Tensor;
  "i0_": (self: Tensor) => Tensor;
  "igamma": (self: Tensor, other: Tensor | number) => Tensor;
  "igamma_": (self: Tensor, other: Tensor | number) => Tensor;
  "igammac": (self: Tensor, other: Tensor | number) => Tensor;
  "igammac_": (self: Tensor, other: Tensor | number) => Tensor;
  "im2col": (
    self: Tensor,
    kernel_size: number | readonly number[],
    dilation: number | readonly number[],
    padding: number | readonly number[],
    stride: number | readonly number[],
  ) => Tensor;
  "imag": (self: Tensor) => Tensor;
  "index.Tensor": (self: Tensor, indices: readonly (Tensor | null)[]) => Tensor;
  "index_add": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "index_add_": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "index_copy": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
  ) => Tensor;
  "index_copy_": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
  ) => Tensor;
  "index_fill.int_Scalar": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
  ) => Tensor;
  "index_fill.int_Tensor": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Tensor,
  ) => Tensor;
  "index_fill_.int_Scalar": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
  ) => Tensor;
  "index_fill_.int_Tensor": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Tensor,
  ) => Tensor;
  "index_put": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
    accumulate?: boolean,
  ) => Tensor;
  "index_put_": (
    self: Tensor,
    indices: readonly (Tensor | null)[],
    values: Tensor,
    accumulate?: boolean,
  ) => Tensor;
  "index_reduce": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: string,
    options?: { include_self?: boolean },
  ) => Tensor;
  "index_reduce_": (
    self: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: string,
    options?: { include_self?: boolean },
  ) => Tensor;
  "index_select": (self: Tensor, dim: number, index: Tensor) => Tensor;
  "index_select_backward": (
    grad: Tensor,
    self_sizes: readonly number[],
    dim: number,
    index: Tensor,
  ) => Tensor;
  "indices": (self: Tensor) => Tensor;
  "indices_copy": (self: Tensor) => Tensor;
  "infinitely_differentiable_gelu_backward": (
    grad: Tensor,
    self: Tensor,
  ) => Tensor;
  "inner": (self: Tensor, other: Tensor | number) => Tensor;
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
  "int_repr": (self: Tensor) => Tensor;
  "inverse": (self: Tensor) => Tensor;
  "is_coalesced": (self: Tensor) => boolean;
  "is_complex": (self: Tensor) => boolean;
  "is_conj": (self: Tensor) => boolean;
  "is_contiguous": (self: Tensor) => boolean;
  "is_contiguous.memory_format": (
    self: Tensor,
    memory_format: MemoryFormat,
  ) => boolean;
  "is_distributed": (self: Tensor) => boolean;
  "is_floating_point": (self: Tensor) => boolean;
  "is_inference": (self: Tensor) => boolean;
  "is_leaf": (self: Tensor) => boolean;
  "is_neg": (self: Tensor) => boolean;
  "is_nonzero": (self: Tensor) => boolean;
  "is_pinned": (self: Tensor, device?: Device | null) => boolean;
  "is_same_size": (self: Tensor, other: Tensor | number) => boolean;
  "is_set_to": (self: Tensor, tensor: Tensor) => boolean;
  "is_signed": (self: Tensor) => boolean;
  "is_vulkan_available": () => boolean;
  "isclose": (
    self: Tensor,
    other: Tensor | number,
    rtol?: number,
    atol?: number,
    equal_nan?: boolean,
  ) => Tensor;
  "isfinite": (self: Tensor) => Tensor;
  "isin.Scalar_Tensor": (
    element: Scalar,
    test_elements: Tensor,
    options?: { assume_unique?: boolean; invert?: boolean },
  ) => Tensor;
  "isin.Tensor_Scalar": (
    elements: Tensor,
    test_element: Scalar,
    options?: { assume_unique?: boolean; invert?: boolean },
  ) => Tensor;
  "isin.Tensor_Tensor": (
    elements: Tensor,
    test_elements: Tensor,
    options?: { assume_unique?: boolean; invert?: boolean },
  ) => Tensor;
  "isinf": (self: Tensor) => Tensor;
  "isnan": (self: Tensor) => Tensor;
  "isneginf": (self: Tensor) => Tensor;
  "isposinf": (self: Tensor) => Tensor;
  "isreal": (self: Tensor) => Tensor;
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
  "item": (self: Tensor) => number;
  "kaiser_window": (
    window_length: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "kl_div": (
    self: Tensor,
    target: Tensor,
    reduction?: number,
    options?: { log_target?: boolean },
  ) => Tensor;
  "kron": (self: Tensor, other: Tensor | number) => Tensor;
  "kthvalue": (
    self: Tensor,
    k: number,
    dim?: number,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  "l1_loss": (self: Tensor, target: Tensor, reduction?: number) => Tensor;
  "layer_norm": (
    input: Tensor,
    normalized_shape: readonly number[],
    weight?: Tensor | null,
    bias?: Tensor | null,
    eps?: number,
    cudnn_enable?: boolean,
  ) => Tensor;
  "lcm": (self: Tensor, other: Tensor | number) => Tensor;
  "lcm_": (self: Tensor, other: Tensor | number) => Tensor;
  "ldexp.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "ldexp_": (self: Tensor, other: Tensor | number) => Tensor;
  "le.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "le.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "le_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "le_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "leaky_relu": (self: Tensor, negative_slope?: Scalar) => Tensor;
  "leaky_relu_": (self: Tensor, negative_slope?: Scalar) => Tensor;
  "leaky_relu_backward": (
    grad_output: Tensor,
    self: Tensor,
    negative_slope: Scalar,
    self_is_result: boolean,
  ) => Tensor;
  "lerp.Scalar": (self: Tensor, end: Tensor, weight: Scalar) => Tensor;
  "lerp.Tensor": (self: Tensor, end: Tensor, weight: Tensor) => Tensor;
  "lerp_.Scalar": (self: Tensor, end: Tensor, weight: Scalar) => Tensor;
  "lerp_.Tensor": (self: Tensor, end: Tensor, weight: Tensor) => Tensor;
  "less.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "less.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "less_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "less_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "less_equal.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "less_equal.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "less_equal_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "less_equal_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "lgamma": (self: Tensor) => Tensor;
  "lgamma_": (self: Tensor) => Tensor;
  "lift": (self: Tensor) => Tensor;
  "lift_fresh": (self: Tensor) => Tensor;
  "lift_fresh_copy": (self: Tensor) => Tensor;
  "linalg__powsum": (
    self: Tensor,
    ord?: Scalar,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "linalg_cholesky": (self: Tensor, options?: { upper?: boolean }) => Tensor;
  "linalg_cholesky_ex": (
    self: Tensor,
    options?: { upper?: boolean; check_errors?: boolean },
  ) => [Tensor, Tensor];
  "linalg_cond": (self: Tensor, p?: Scalar | null) => Tensor;
  "linalg_cond.p_str": (self: Tensor, p: string) => Tensor;
  "linalg_cross": (
    self: Tensor,
    other: Tensor | number,
    options?: { dim?: number },
  ) => Tensor;
  "linalg_det": (A: Tensor) => Tensor;
  "linalg_diagonal": (
    A: Tensor,
    options?: { offset?: number; dim1?: number; dim2?: number },
  ) => Tensor;
  "linalg_eig": (self: Tensor) => [Tensor, Tensor];
  "linalg_eigh": (self: Tensor, UPLO?: string) => [Tensor, Tensor];
  "linalg_eigvals": (self: Tensor) => Tensor;
  "linalg_eigvalsh": (self: Tensor, UPLO?: string) => Tensor;
  "linalg_householder_product": (input: Tensor, tau: Tensor) => Tensor;
  "linalg_inv": (A: Tensor) => Tensor;
  "linalg_inv_ex": (
    A: Tensor,
    options?: { check_errors?: boolean },
  ) => [Tensor, Tensor];
  "linalg_ldl_factor": (
    self: Tensor,
    options?: { hermitian?: boolean },
  ) => [Tensor, Tensor];
  "linalg_ldl_factor_ex": (
    self: Tensor,
    options?: { hermitian?: boolean; check_errors?: boolean },
  ) => [Tensor, Tensor, Tensor];
  "linalg_ldl_solve": (
    LD: Tensor,
    pivots: Tensor,
    B: Tensor,
    options?: { hermitian?: boolean },
  ) => Tensor;
  "linalg_lstsq": (
    self: Tensor,
    b: Tensor,
    rcond?: number | null,
    options?: { driver?: string | null },
  ) => [Tensor, Tensor, Tensor, Tensor];
  "linalg_lu": (
    A: Tensor,
    options?: { pivot?: boolean },
  ) => [Tensor, Tensor, Tensor];
  "linalg_lu_factor": (
    A: Tensor,
    options?: { pivot?: boolean },
  ) => [Tensor, Tensor];
  "linalg_lu_factor_ex": (
    A: Tensor,
    options?: { pivot?: boolean; check_errors?: boolean },
  ) => [Tensor, Tensor, Tensor];
  "linalg_lu_solve": (
    LU: Tensor,
    pivots: Tensor,
    B: Tensor,
    options?: { left?: boolean; adjoint?: boolean },
  ) => Tensor;
  "linalg_matmul": (self: Tensor, other: Tensor | number) => Tensor;
  "linalg_matrix_exp": (self: Tensor) => Tensor;
  "linalg_matrix_norm": (
    self: Tensor,
    ord: Scalar,
    dim?: readonly number[],
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "linalg_matrix_norm.str_ord": (
    self: Tensor,
    ord?: string,
    dim?: readonly number[],
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "linalg_matrix_power": (self: Tensor, n: number) => Tensor;
  "linalg_matrix_rank": (
    self: Tensor,
    tol: number,
    hermitian?: boolean,
  ) => Tensor;
  "linalg_matrix_rank.atol_rtol_float": (
    self: Tensor,
    options?: {
      atol?: number | null;
      rtol?: number | null;
      hermitian?: boolean;
    },
  ) => Tensor;
  "linalg_matrix_rank.atol_rtol_tensor": (
    input: Tensor,
    options?: {
      atol?: Tensor | null;
      rtol?: Tensor | null;
      hermitian?: boolean;
    },
  ) => Tensor;
  "linalg_matrix_rank.tol_tensor": (
    input: Tensor,
    tol: Tensor,
    hermitian?: boolean,
  ) => Tensor;
  "linalg_multi_dot": (tensors: readonly Tensor[]) => Tensor;
  "linalg_norm": (
    self: Tensor,
    ord?: Scalar | null,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "linalg_norm.ord_str": (
    self: Tensor,
    ord: string,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "linalg_pinv": (self: Tensor, rcond: number, hermitian?: boolean) => Tensor;
  "linalg_pinv.atol_rtol_float": (
    self: Tensor,
    options?: {
      atol?: number | null;
      rtol?: number | null;
      hermitian?: boolean;
    },
  ) => Tensor;
  "linalg_pinv.atol_rtol_tensor": (
    self: Tensor,
    options?: {
      atol?: Tensor | null;
      rtol?: Tensor | null;
      hermitian?: boolean;
    },
  ) => Tensor;
  "linalg_pinv.rcond_tensor": (
    self: Tensor,
    rcond: Tensor,
    hermitian?: boolean,
  ) => Tensor;
  "linalg_qr": (A: Tensor, mode?: string) => [Tensor, Tensor];
  "linalg_slogdet": (A: Tensor) => [Tensor, Tensor];
  "linalg_solve": (
    A: Tensor,
    B: Tensor,
    options?: { left?: boolean },
  ) => Tensor;
  "linalg_solve_ex": (
    A: Tensor,
    B: Tensor,
    options?: { left?: boolean; check_errors?: boolean },
  ) => [Tensor, Tensor];
  "linalg_solve_triangular": (
    self: Tensor,
    B: Tensor,
    options: { upper: boolean; left?: boolean; unitriangular?: boolean },
  ) => Tensor;
  "linalg_svd": (
    A: Tensor,
    full_matrices?: boolean,
    options?: { driver?: string | null },
  ) => [Tensor, Tensor, Tensor];
  "linalg_svdvals": (A: Tensor, options?: { driver?: string | null }) => Tensor;
  "linalg_tensorinv": (self: Tensor, ind?: number) => Tensor;
  "linalg_tensorsolve": (
    self: Tensor,
    other: Tensor | number,
    dims?: readonly number[] | null,
  ) => Tensor;
  "linalg_vander": (x: Tensor, options?: { N?: number | null }) => Tensor;
  "linalg_vecdot": (x: Tensor, y: Tensor, options?: { dim?: number }) => Tensor;
  "linalg_vector_norm": (
    self: Tensor,
    ord?: Scalar,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "linear": (input: Tensor, weight: Tensor, bias?: Tensor | null) => Tensor;
  "linear_backward": (
    self: Tensor,
    grad_output: Tensor,
    weight: Tensor,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
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
  "log": (self: Tensor) => Tensor;
  "log10": (self: Tensor) => Tensor;
  "log10_": (self: Tensor) => Tensor;
  "log1p": (self: Tensor) => Tensor;
  "log1p_": (self: Tensor) => Tensor;
  "log2": (self: Tensor) => Tensor;
  "log2_": (self: Tensor) => Tensor;
  "log_": (self: Tensor) => Tensor;
  "log_normal": (
    self: Tensor,
    mean?: number,
    std?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "log_normal_": (
    self: Tensor,
    mean?: number,
    std?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "log_sigmoid": (self: Tensor) => Tensor;
  "log_sigmoid_backward": (
    grad_output: Tensor,
    self: Tensor,
    buffer: Tensor,
  ) => Tensor;
  "log_sigmoid_forward": (self: Tensor) => [Tensor, Tensor];
  "log_softmax.int": (
    self: Tensor,
    dim: number,
    dtype?: DType | null,
  ) => Tensor;
  "logaddexp": (self: Tensor, other: Tensor | number) => Tensor;
  "logaddexp2": (self: Tensor, other: Tensor | number) => Tensor;
  "logcumsumexp": (self: Tensor, dim: number) => Tensor;
  "logdet": (self: Tensor) => Tensor;
  "logical_and": (self: Tensor, other: Tensor | number) => Tensor;
  "logical_and_": (self: Tensor, other: Tensor | number) => Tensor;
  "logical_not": (self: Tensor) => Tensor;
  "logical_not_": (self: Tensor) => Tensor;
  "logical_or": (self: Tensor, other: Tensor | number) => Tensor;
  "logical_or_": (self: Tensor, other: Tensor | number) => Tensor;
  "logical_xor": (self: Tensor, other: Tensor | number) => Tensor;
  "logical_xor_": (self: Tensor, other: Tensor | number) => Tensor;
  "logit": (self: Tensor, eps?: number | null) => Tensor;
  "logit_": (self: Tensor, eps?: number | null) => Tensor;
  "logit_backward": (
    grad_output: Tensor,
    self: Tensor,
    eps?: number | null,
  ) => Tensor;
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
  "logsumexp": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
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
  "lstm_cell": (
    input: Tensor,
    hx: readonly Tensor[],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih?: Tensor | null,
    b_hh?: Tensor | null,
  ) => [Tensor, Tensor];
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
  "lt.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "lt.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "lt_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "lt_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "lu_solve": (self: Tensor, LU_data: Tensor, LU_pivots: Tensor) => Tensor;
  "lu_unpack": (
    LU_data: Tensor,
    LU_pivots: Tensor,
    unpack_data?: boolean,
    unpack_pivots?: boolean,
  ) => [Tensor, Tensor, Tensor];
  "mH": (self: Tensor) => Tensor;
  "mT": (self: Tensor) => Tensor;
  "margin_ranking_loss": (
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin?: number,
    reduction?: number,
  ) => Tensor;
  "masked_fill.Scalar": (self: Tensor, mask: Tensor, value: Scalar) => Tensor;
  "masked_fill.Tensor": (self: Tensor, mask: Tensor, value: Tensor) => Tensor;
  "masked_fill_.Scalar": (self: Tensor, mask: Tensor, value: Scalar) => Tensor;
  "masked_fill_.Tensor": (self: Tensor, mask: Tensor, value: Tensor) => Tensor;
  "masked_scatter": (self: Tensor, mask: Tensor, source: Tensor) => Tensor;
  "masked_scatter_": (self: Tensor, mask: Tensor, source: Tensor) => Tensor;
  "masked_scatter_backward": (
    grad_output: Tensor,
    mask: Tensor,
    sizes: readonly number[],
  ) => Tensor;
  "masked_select": (self: Tensor, mask: Tensor) => Tensor;
  "masked_select_backward": (
    grad: Tensor,
    input: Tensor,
    mask: Tensor,
  ) => Tensor;
  "matmul": (self: Tensor, other: Tensor | number) => Tensor;
  "matmul_backward": (
    grad: Tensor,
    self: Tensor,
    other: Tensor | number,
    mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor];
  "matrix_H": (self: Tensor) => Tensor;
  "matrix_exp": (self: Tensor) => Tensor;
  "matrix_exp_backward": (self: Tensor, grad: Tensor) => Tensor;
  "matrix_power": (self: Tensor, n: number) => Tensor;
  "max": (self: Tensor) => Tensor;
  "max.dim": (self: Tensor, dim: number, keepdim?: boolean) => [Tensor, Tensor];
  "max.other": (self: Tensor, other: Tensor | number) => Tensor;
  "max_pool1d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  "max_pool1d_with_indices": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => [Tensor, Tensor];
  "max_pool2d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  "max_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  "max_pool2d_with_indices": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => [Tensor, Tensor];
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
  "max_pool3d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  "max_pool3d_with_indices": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => [Tensor, Tensor];
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
  "max_unpool2d": (
    self: Tensor,
    indices: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  "max_unpool3d": (
    self: Tensor,
    indices: Tensor,
    output_size: number | readonly number[],
    stride: number | readonly number[],
    padding: number | readonly number[],
  ) => Tensor;
  "maximum": (self: Tensor, other: Tensor | number) => Tensor;
  "mean": (self: Tensor, options?: { dtype?: DType | null }) => Tensor;
  "mean.dim": (
    self: Tensor,
    dim: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "median": (self: Tensor) => Tensor;
  "median.dim": (
    self: Tensor,
    dim: number,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  "meshgrid": (tensors: readonly Tensor[]) => Tensor[];
  "meshgrid.indexing": (
    tensors: readonly Tensor[],
    options: { indexing: string },
  ) => Tensor[];
  "min": (self: Tensor) => Tensor;
  "min.dim": (self: Tensor, dim: number, keepdim?: boolean) => [Tensor, Tensor];
  "min.other": (self: Tensor, other: Tensor | number) => Tensor;
  "minimum": (self: Tensor, other: Tensor | number) => Tensor;
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
  "miopen_convolution_relu": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    stride: readonly number[],
    padding: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
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
  "miopen_ctc_loss": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: readonly number[],
    target_lengths: readonly number[],
    blank: number,
    deterministic: boolean,
    zero_infinity: boolean,
  ) => [Tensor, Tensor];
  "miopen_ctc_loss.Tensor": (
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor,
    target_lengths: Tensor,
    blank: number,
    deterministic: boolean,
    zero_infinity: boolean,
  ) => [Tensor, Tensor];
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
  "mish": (self: Tensor) => Tensor;
  "mish_": (self: Tensor) => Tensor;
  "mish_backward": (grad_output: Tensor, self: Tensor) => Tensor;
  "mkldnn_adaptive_avg_pool2d": (
    self: Tensor,
    output_size: number | readonly number[],
  ) => Tensor;
  "mkldnn_adaptive_avg_pool2d_backward": (
    grad_output: Tensor,
    self: Tensor,
  ) => Tensor;
  "mkldnn_convolution": (
    self: Tensor,
    weight: Tensor,
    bias: Tensor | null,
    padding: readonly number[],
    stride: readonly number[],
    dilation: readonly number[],
    groups: number,
  ) => Tensor;
  "mkldnn_linear": (
    self: Tensor,
    weight: Tensor,
    bias?: Tensor | null,
  ) => Tensor;
  "mkldnn_linear_backward": (
    self: Tensor,
    grad_output: Tensor,
    weight: Tensor,
    output_mask: boolean | readonly boolean[],
  ) => [Tensor, Tensor, Tensor];
  "mkldnn_linear_backward_input": (
    input_size: readonly number[],
    grad_output: Tensor,
    weight: Tensor,
  ) => Tensor;
  "mkldnn_linear_backward_weights": (
    grad_output: Tensor,
    input: Tensor,
    weight: Tensor,
    bias_defined: boolean,
  ) => [Tensor, Tensor];
  "mkldnn_max_pool2d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
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
  "mkldnn_max_pool3d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
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
  "mkldnn_reorder_conv2d_weight": (
    self: Tensor,
    padding?: number | readonly number[],
    stride?: number | readonly number[],
    dilation?: number | readonly number[],
    groups?: number,
    input_size?: readonly number[] | null,
  ) => Tensor;
  "mkldnn_reorder_conv3d_weight": (
    self: Tensor,
    padding?: number | readonly number[],
    stride?: number | readonly number[],
    dilation?: number | readonly number[],
    groups?: number,
    input_size?: readonly number[] | null,
  ) => Tensor;
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
  "mm": (self: Tensor, mat2: Tensor) => Tensor;
  "mm.dtype": (self: Tensor, mat2: Tensor, out_dtype: DType) => Tensor;
  "mode": (self: Tensor, dim?: number, keepdim?: boolean) => [Tensor, Tensor];
  "moveaxis.int": (self: Tensor, source: number, destination: number) => Tensor;
  "moveaxis.intlist": (
    self: Tensor,
    source: readonly number[],
    destination: readonly number[],
  ) => Tensor;
  "movedim.int": (self: Tensor, source: number, destination: number) => Tensor;
  "movedim.intlist": (
    self: Tensor,
    source: readonly number[],
    destination: readonly number[],
  ) => Tensor;
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
  "mse_loss": (self: Tensor, target: Tensor, reduction?: number) => Tensor;
  "mse_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    reduction: number,
  ) => Tensor;
  "msort": (self: Tensor) => Tensor;
  "mul.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "mul.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "mul_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "mul_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "multi_margin_loss": (
    self: Tensor,
    target: Tensor,
    p?: Scalar,
    margin?: Scalar,
    weight?: Tensor | null,
    reduction?: number,
  ) => Tensor;
  "multi_margin_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    p: Scalar,
    margin: Scalar,
    weight?: Tensor | null,
    reduction?: number,
  ) => Tensor;
  "multilabel_margin_loss": (
    self: Tensor,
    target: Tensor,
    reduction?: number,
  ) => Tensor;
  "multilabel_margin_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    reduction: number,
    is_target: Tensor,
  ) => Tensor;
  "multilabel_margin_loss_forward": (
    self: Tensor,
    target: Tensor,
    reduction: number,
  ) => [Tensor, Tensor];
  "multinomial": (
    self: Tensor,
    num_samples: number,
    replacement?: boolean,
    options?: { generator?: never | null },
  ) => Tensor;
  "multiply.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "multiply.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "multiply_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "multiply_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "mv": (self: Tensor, vec: Tensor) => Tensor;
  "mvlgamma": (self: Tensor, p: number) => Tensor;
  "mvlgamma_": (self: Tensor, p: number) => Tensor;
  "nan_to_num": (
    self: Tensor,
    nan?: number | null,
    posinf?: number | null,
    neginf?: number | null,
  ) => Tensor;
  "nan_to_num_": (
    self: Tensor,
    nan?: number | null,
    posinf?: number | null,
    neginf?: number | null,
  ) => Tensor;
  "nanmean": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "nanmedian": (self: Tensor) => Tensor;
  "nanmedian.dim": (
    self: Tensor,
    dim: number,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  "nanquantile": (
    self: Tensor,
    q: Tensor,
    dim?: number | null,
    keepdim?: boolean,
    options?: { interpolation?: string },
  ) => Tensor;
  "nanquantile.scalar": (
    self: Tensor,
    q: number,
    dim?: number | null,
    keepdim?: boolean,
    options?: { interpolation?: string },
  ) => Tensor;
  "nansum": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "narrow": (
    self: Tensor,
    dim: number,
    start: number,
    length: number,
  ) => Tensor;
  "narrow.Tensor": (
    self: Tensor,
    dim: number,
    start: Tensor,
    length: number,
  ) => Tensor;
  "narrow_copy": (
    self: Tensor,
    dim: number,
    start: number,
    length: number,
  ) => Tensor;
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
  "native_channel_shuffle": (self: Tensor, groups: number) => Tensor;
  "native_dropout": (
    input: Tensor,
    p: number,
    train: boolean | null,
  ) => [Tensor, Tensor];
  "native_dropout_backward": (
    grad_output: Tensor,
    mask: Tensor,
    scale: number,
  ) => Tensor;
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
  "native_layer_norm": (
    input: Tensor,
    normalized_shape: readonly number[],
    weight: Tensor | null,
    bias: Tensor | null,
    eps: number,
  ) => [Tensor, Tensor, Tensor];
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
  "native_norm": (self: Tensor, p?: Scalar) => Tensor;
  "native_norm.ScalarOpt_dim_dtype": (
    self: Tensor,
    p: Scalar | null,
    dim: number | readonly number[],
    keepdim: boolean,
    dtype: DType | null,
  ) => Tensor;
  "ne.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "ne.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "ne_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "ne_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "neg": (self: Tensor) => Tensor;
  "neg_": (self: Tensor) => Tensor;
  "negative": (self: Tensor) => Tensor;
  "negative_": (self: Tensor) => Tensor;
  "nested_to_padded_tensor": (
    self: Tensor,
    padding: number,
    output_size?: readonly number[] | null,
  ) => Tensor;
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
  "nextafter": (self: Tensor, other: Tensor | number) => Tensor;
  "nextafter_": (self: Tensor, other: Tensor | number) => Tensor;
  "nll_loss": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
    ignore_index?: number,
  ) => Tensor;
  "nll_loss2d": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
    ignore_index?: number,
  ) => Tensor;
  "nll_loss2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    weight: Tensor | null,
    reduction: number,
    ignore_index: number,
    total_weight: Tensor,
  ) => Tensor;
  "nll_loss2d_forward": (
    self: Tensor,
    target: Tensor,
    weight: Tensor | null,
    reduction: number,
    ignore_index: number,
  ) => [Tensor, Tensor];
  "nll_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    weight: Tensor | null,
    reduction: number,
    ignore_index: number,
    total_weight: Tensor,
  ) => Tensor;
  "nll_loss_forward": (
    self: Tensor,
    target: Tensor,
    weight: Tensor | null,
    reduction: number,
    ignore_index: number,
  ) => [Tensor, Tensor];
  "nll_loss_nd": (
    self: Tensor,
    target: Tensor,
    weight?: Tensor | null,
    reduction?: number,
    ignore_index?: number,
  ) => Tensor;
  "nonzero": (self: Tensor) => Tensor;
  "nonzero_numpy": (self: Tensor) => Tensor[];
  "nonzero_static": (
    self: Tensor,
    options: { size: number; fill_value?: number },
  ) => Tensor;
  "norm.Scalar": (self: Tensor, p?: Scalar) => Tensor;
  "norm.ScalarOpt_dim": (
    self: Tensor,
    p: Scalar | null,
    dim: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  "norm.ScalarOpt_dim_dtype": (
    self: Tensor,
    p: Scalar | null,
    dim: number | readonly number[],
    keepdim: boolean,
    options: { dtype: DType },
  ) => Tensor;
  "norm.ScalarOpt_dtype": (
    self: Tensor,
    p: Scalar | null,
    options: { dtype: DType },
  ) => Tensor;
  "norm_except_dim": (v: Tensor, pow?: number, dim?: number) => Tensor;
  "normal.Tensor_Tensor": (
    mean: Tensor,
    std: Tensor,
    options?: { generator?: never | null },
  ) => Tensor;
  "normal.Tensor_float": (
    mean: Tensor,
    std?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "normal.float_Tensor": (
    mean: number,
    std: Tensor,
    options?: { generator?: never | null },
  ) => Tensor;
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
  "normal_": (
    self: Tensor,
    mean?: number,
    std?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "normal_functional": (
    self: Tensor,
    mean?: number,
    std?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "not_equal.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "not_equal.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "not_equal_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "not_equal_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "nuclear_norm": (self: Tensor, keepdim?: boolean) => Tensor;
  "nuclear_norm.dim": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  "numel": (self: Tensor) => number;
  "numpy_T": (self: Tensor) => Tensor;
  "one_hot": (self: Tensor, num_classes?: number) => Tensor;
  "ones": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "orgqr": (self: Tensor, input2: Tensor) => Tensor;
  "ormqr": (
    self: Tensor,
    input2: Tensor,
    input3: Tensor,
    left?: boolean,
    transpose?: boolean,
  ) => Tensor;
  "outer": (self: Tensor, vec2: Tensor) => Tensor;
  "output_nr": (self: Tensor) => number;
  "pad": (
    self: Tensor,
    pad: readonly number[],
    mode?: string,
    value?: number | null,
  ) => Tensor;
  "pad_sequence": (
    sequences: readonly Tensor[],
    batch_first?: boolean,
    padding_value?: number,
    padding_side?: string,
  ) => Tensor;
  "pairwise_distance": (
    x1: Tensor,
    x2: Tensor,
    p?: number,
    eps?: number,
    keepdim?: boolean,
  ) => Tensor;
  "pdist": (self: Tensor, p?: number) => Tensor;
  "permute": (self: Tensor, dims: readonly number[]) => Tensor;
  "permute_copy": (self: Tensor, dims: readonly number[]) => Tensor;
  "pin_memory": (self: Tensor, device?: Device | null) => Tensor;
  "pinverse": (self: Tensor, rcond?: number) => Tensor;
  "pixel_shuffle": (self: Tensor, upscale_factor: number) => Tensor;
  "pixel_unshuffle": (self: Tensor, downscale_factor: number) => Tensor;
  "poisson": (self: Tensor, generator?: never | null) => Tensor;
  "poisson_nll_loss": (
    input: Tensor,
    target: Tensor,
    log_input: boolean,
    full: boolean,
    eps: number,
    reduction: number,
  ) => Tensor;
  "polar": (abs: Tensor, angle: Tensor) => Tensor;
  "polygamma": (n: number, self: Tensor) => Tensor;
  "polygamma_": (self: Tensor, n: number) => Tensor;
  "positive": (self: Tensor) => Tensor;
  "pow.Scalar": (self: Scalar, exponent: Tensor) => Tensor;
  "pow.Tensor_Scalar": (self: Tensor, exponent: Scalar) => Tensor;
  "pow.Tensor_Tensor": (self: Tensor, exponent: Tensor) => Tensor;
  "pow_.Scalar": (self: Tensor, exponent: Scalar) => Tensor;
  "pow_.Tensor": (self: Tensor, exponent: Tensor) => Tensor;
  "prelu": (self: Tensor, weight: Tensor) => Tensor;
  "prod": (self: Tensor, options?: { dtype?: DType | null }) => Tensor;
  "prod.dim_int": (
    self: Tensor,
    dim: number,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "promote_types": (type1: DType, type2: DType) => number;
  "put": (
    self: Tensor,
    index: Tensor,
    source: Tensor,
    accumulate?: boolean,
  ) => Tensor;
  "put_": (
    self: Tensor,
    index: Tensor,
    source: Tensor,
    accumulate?: boolean,
  ) => Tensor;
  "q_per_channel_axis": (self: Tensor) => number;
  "q_per_channel_scales": (self: Tensor) => Tensor;
  "q_per_channel_zero_points": (self: Tensor) => Tensor;
  "q_scale": (self: Tensor) => number;
  "q_zero_point": (self: Tensor) => number;
  "qr": (self: Tensor, some?: boolean) => [Tensor, Tensor];
  "quantile": (
    self: Tensor,
    q: Tensor,
    dim?: number | null,
    keepdim?: boolean,
    options?: { interpolation?: string },
  ) => Tensor;
  "quantile.scalar": (
    self: Tensor,
    q: number,
    dim?: number | null,
    keepdim?: boolean,
    options?: { interpolation?: string },
  ) => Tensor;
  "quantize_per_channel": (
    self: Tensor,
    scales: Tensor,
    zero_points: Tensor,
    axis: number,
    dtype: DType,
  ) => Tensor;
  "quantize_per_tensor": (
    self: Tensor,
    scale: number,
    zero_point: number,
    dtype: DType,
  ) => Tensor;
  "quantize_per_tensor.tensor_qparams": (
    self: Tensor,
    scale: Tensor,
    zero_point: Tensor,
    dtype: DType,
  ) => Tensor;
  "quantize_per_tensor.tensors": (
    tensors: readonly Tensor[],
    scales: Tensor,
    zero_points: Tensor,
    dtype: DType,
  ) => Tensor[];
  "quantize_per_tensor_dynamic": (
    self: Tensor,
    dtype: DType,
    reduce_range: boolean,
  ) => Tensor;
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
  "quantized_max_pool1d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  "quantized_max_pool2d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
  "quantized_max_pool3d": (
    self: Tensor,
    kernel_size: number | readonly number[],
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
    ceil_mode?: boolean,
  ) => Tensor;
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
  "rad2deg": (self: Tensor) => Tensor;
  "rad2deg_": (self: Tensor) => Tensor;
  "rand": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "randn": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "random": (self: Tensor, options?: { generator?: never | null }) => Tensor;
  "random.from": (
    self: Tensor,
    from: number,
    to: number | null,
    options?: { generator?: never | null },
  ) => Tensor;
  "random.to": (
    self: Tensor,
    to: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "random_": (self: Tensor, options?: { generator?: never | null }) => Tensor;
  "random_.from": (
    self: Tensor,
    from: number,
    to: number | null,
    options?: { generator?: never | null },
  ) => Tensor;
  "random_.to": (
    self: Tensor,
    to: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "randperm": (
    n: number,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "ravel": (self: Tensor) => Tensor;
  "real": (self: Tensor) => Tensor;
  "reciprocal": (self: Tensor) => Tensor;
  "reciprocal_": (self: Tensor) => Tensor;
  "reflection_pad1d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "reflection_pad1d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "reflection_pad2d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "reflection_pad2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "reflection_pad3d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "reflection_pad3d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "relu": (self: Tensor) => Tensor;
  "relu6": (self: Tensor) => Tensor;
  "relu6_": (self: Tensor) => Tensor;
  "relu_": (self: Tensor) => Tensor;
  "remainder.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "remainder.Scalar_Tensor": (self: Scalar, other: Tensor | number) => Tensor;
  "remainder.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "remainder_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "remainder_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "renorm": (self: Tensor, p: Scalar, dim: number, maxnorm: Scalar) => Tensor;
  "renorm_": (self: Tensor, p: Scalar, dim: number, maxnorm: Scalar) => Tensor;
  "repeat": (self: Tensor, repeats: readonly number[]) => Tensor;
  "repeat_interleave.Tensor": (
    repeats: Tensor,
    options?: { output_size?: number | null },
  ) => Tensor;
  "repeat_interleave.self_Tensor": (
    self: Tensor,
    repeats: Tensor,
    dim?: number | null,
    options?: { output_size?: number | null },
  ) => Tensor;
  "repeat_interleave.self_int": (
    self: Tensor,
    repeats: number,
    dim?: number | null,
    options?: { output_size?: number | null },
  ) => Tensor;
  "replication_pad1d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "replication_pad1d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "replication_pad2d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "replication_pad2d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "replication_pad3d": (
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "replication_pad3d_backward": (
    grad_output: Tensor,
    self: Tensor,
    padding: number | readonly number[],
  ) => Tensor;
  "requires_grad_": (self: Tensor, requires_grad?: boolean) => Tensor;
  "reshape": (self: Tensor, shape: readonly number[]) => Tensor;
  "reshape_as": (self: Tensor, other: Tensor | number) => Tensor;
  "resize": (
    self: Tensor,
    size: readonly number[],
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  "resize_": (
    self: Tensor,
    size: readonly number[],
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  "resize_as": (
    self: Tensor,
    the_template: Tensor,
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  "resize_as_": (
    self: Tensor,
    the_template: Tensor,
    options?: { memory_format?: MemoryFormat | null },
  ) => Tensor;
  "resize_as_sparse": (self: Tensor, the_template: Tensor) => Tensor;
  "resize_as_sparse_": (self: Tensor, the_template: Tensor) => Tensor;
  "resolve_conj": (self: Tensor) => Tensor;
  "resolve_neg": (self: Tensor) => Tensor;
  "result_type.Scalar": (tensor: Tensor, other: Scalar) => number;
  "result_type.Scalar_Scalar": (scalar1: Scalar, scalar2: Scalar) => number;
  "result_type.Scalar_Tensor": (scalar: Scalar, tensor: Tensor) => number;
  "result_type.Tensor": (tensor: Tensor, other: Tensor | number) => number;
  "retain_grad": (self: Tensor) => void;
  "retains_grad": (self: Tensor) => boolean;
  "rms_norm": (
    input: Tensor,
    normalized_shape: readonly number[],
    weight?: Tensor | null,
    eps?: number | null,
  ) => Tensor;
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
  "rnn_relu_cell": (
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih?: Tensor | null,
    b_hh?: Tensor | null,
  ) => Tensor;
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
  "rnn_tanh_cell": (
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih?: Tensor | null,
    b_hh?: Tensor | null,
  ) => Tensor;
  "roll": (
    self: Tensor,
    shifts: number | readonly number[],
    dims?: number | readonly number[],
  ) => Tensor;
  "rot90": (self: Tensor, k?: number, dims?: readonly number[]) => Tensor;
  "round": (self: Tensor) => Tensor;
  "round.decimals": (self: Tensor, options: { decimals: number }) => Tensor;
  "round_": (self: Tensor) => Tensor;
  "round_.decimals": (self: Tensor, options: { decimals: number }) => Tensor;
  "row_indices": (self: Tensor) => Tensor;
  "row_indices_copy": (self: Tensor) => Tensor;
  "row_stack": (tensors: readonly Tensor[]) => Tensor;
  "rrelu": (
    self: Tensor,
    lower?: Scalar,
    upper?: Scalar,
    training?: boolean,
    generator?: never | null,
  ) => Tensor;
  "rrelu_": (
    self: Tensor,
    lower?: Scalar,
    upper?: Scalar,
    training?: boolean,
    generator?: never | null,
  ) => Tensor;
  "rrelu_with_noise": (
    self: Tensor,
    noise: Tensor,
    lower?: Scalar,
    upper?: Scalar,
    training?: boolean,
    generator?: never | null,
  ) => Tensor;
  "rrelu_with_noise_": (
    self: Tensor,
    noise: Tensor,
    lower?: Scalar,
    upper?: Scalar,
    training?: boolean,
    generator?: never | null,
  ) => Tensor;
  "rrelu_with_noise_backward": (
    grad_output: Tensor,
    self: Tensor,
    noise: Tensor,
    lower: Scalar,
    upper: Scalar,
    training: boolean,
    self_is_result: boolean,
  ) => Tensor;
  "rrelu_with_noise_functional": (
    self: Tensor,
    noise: Tensor,
    lower?: Scalar,
    upper?: Scalar,
    training?: boolean,
    generator?: never | null,
  ) => [Tensor, Tensor];
  "rsqrt": (self: Tensor) => Tensor;
  "rsqrt_": (self: Tensor) => Tensor;
  "rsub.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  "rsub.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "scalar_tensor": (
    s: Scalar,
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
  "scaled_dot_product_attention": (
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask?: Tensor | null,
    dropout_p?: number,
    is_causal?: boolean,
    options?: { scale?: number | null; enable_gqa?: boolean },
  ) => Tensor;
  "scatter.reduce": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    options: { reduce: string },
  ) => Tensor;
  "scatter.src": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
  ) => Tensor;
  "scatter.value": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
  ) => Tensor;
  "scatter.value_reduce": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
    options: { reduce: string },
  ) => Tensor;
  "scatter_.reduce": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    options: { reduce: string },
  ) => Tensor;
  "scatter_.src": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
  ) => Tensor;
  "scatter_.value": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
  ) => Tensor;
  "scatter_.value_reduce": (
    self: Tensor,
    dim: number,
    index: Tensor,
    value: Scalar,
    options: { reduce: string },
  ) => Tensor;
  "scatter_add": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
  ) => Tensor;
  "scatter_add_": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
  ) => Tensor;
  "scatter_reduce.two": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    reduce: string,
    options?: { include_self?: boolean },
  ) => Tensor;
  "scatter_reduce_.two": (
    self: Tensor,
    dim: number,
    index: Tensor,
    src: Tensor,
    reduce: string,
    options?: { include_self?: boolean },
  ) => Tensor;
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
  "select.int": (self: Tensor, dim: number, index: number) => Tensor;
  "select_backward": (
    grad_output: Tensor,
    input_sizes: readonly number[],
    dim: number,
    index: number,
  ) => Tensor;
  "select_copy.int": (self: Tensor, dim: number, index: number) => Tensor;
  "select_scatter": (
    self: Tensor,
    src: Tensor,
    dim: number,
    index: number,
  ) => Tensor;
  "selu": (self: Tensor) => Tensor;
  "selu_": (self: Tensor) => Tensor;
  "set": (self: Tensor) => Tensor;
  "set.source_Tensor": (self: Tensor, source: Tensor) => Tensor;
  "set_": (self: Tensor) => Tensor;
  "set_.source_Tensor": (self: Tensor, source: Tensor) => Tensor;
  "set_.source_Tensor_storage_offset": (
    self: Tensor,
    source: Tensor,
    storage_offset: number,
    size: readonly number[],
    stride?: readonly number[],
  ) => Tensor;
  "set_data": (self: Tensor, new_data: Tensor) => void;
  "sgn": (self: Tensor) => Tensor;
  "sgn_": (self: Tensor) => Tensor;
  "sigmoid": (self: Tensor) => Tensor;
  "sigmoid_": (self: Tensor) => Tensor;
  "sigmoid_backward": (grad_output: Tensor, output: Tensor) => Tensor;
  "sign": (self: Tensor) => Tensor;
  "sign_": (self: Tensor) => Tensor;
  "signbit": (self: Tensor) => Tensor;
  "silu": (self: Tensor) => Tensor;
  "silu_": (self: Tensor) => Tensor;
  "silu_backward": (grad_output: Tensor, self: Tensor) => Tensor;
  "sin": (self: Tensor) => Tensor;
  "sin_": (self: Tensor) => Tensor;
  "sinc": (self: Tensor) => Tensor;
  "sinc_": (self: Tensor) => Tensor;
  "sinh": (self: Tensor) => Tensor;
  "sinh_": (self: Tensor) => Tensor;
  "size.int": (self: Tensor, dim: number) => number;
  "slice.Tensor": (
    self: Tensor,
    dim?: number,
    start?: number | null,
    end?: number | null,
    step?: number,
  ) => Tensor;
  "slice_backward": (
    grad_output: Tensor,
    input_sizes: readonly number[],
    dim: number,
    start: number,
    end: number,
    step: number,
  ) => Tensor;
  "slice_copy.Tensor": (
    self: Tensor,
    dim?: number,
    start?: number | null,
    end?: number | null,
    step?: number,
  ) => Tensor;
  "slice_inverse": (
    self: Tensor,
    src: Tensor,
    dim?: number,
    start?: number | null,
    end?: number | null,
    step?: number,
  ) => Tensor;
  "slice_scatter": (
    self: Tensor,
    src: Tensor,
    dim?: number,
    start?: number | null,
    end?: number | null,
    step?: number,
  ) => Tensor;
  "slogdet": (self: Tensor) => [Tensor, Tensor];
  "slow_conv3d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
  ) => Tensor;
  "slow_conv3d_forward": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias: Tensor | null,
    stride: number | readonly number[],
    padding: number | readonly number[],
  ) => Tensor;
  "slow_conv_dilated2d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
  ) => Tensor;
  "slow_conv_dilated3d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
    dilation?: number | readonly number[],
  ) => Tensor;
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
  "smm": (self: Tensor, mat2: Tensor) => Tensor;
  "smooth_l1_loss": (
    self: Tensor,
    target: Tensor,
    reduction?: number,
    beta?: number,
  ) => Tensor;
  "smooth_l1_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    reduction: number,
    beta: number,
  ) => Tensor;
  "soft_margin_loss": (
    self: Tensor,
    target: Tensor,
    reduction?: number,
  ) => Tensor;
  "soft_margin_loss_backward": (
    grad_output: Tensor,
    self: Tensor,
    target: Tensor,
    reduction: number,
  ) => Tensor;
  "softmax.int": (self: Tensor, dim: number, dtype?: DType | null) => Tensor;
  "softplus": (self: Tensor, beta?: Scalar, threshold?: Scalar) => Tensor;
  "softplus_backward": (
    grad_output: Tensor,
    self: Tensor,
    beta: Scalar,
    threshold: Scalar,
  ) => Tensor;
  "softshrink": (self: Tensor, lambd?: Scalar) => Tensor;
  "softshrink_backward": (
    grad_output: Tensor,
    self: Tensor,
    lambd: Scalar,
  ) => Tensor;
  "sort": (
    self: Tensor,
    dim?: number,
    descending?: boolean,
  ) => [Tensor, Tensor];
  "sort.stable": (
    self: Tensor,
    options: { stable: boolean | null; dim?: number; descending?: boolean },
  ) => [Tensor, Tensor];
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
  "sparse_coo_tensor.size": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
  "sparse_dim": (self: Tensor) => number;
  "sparse_mask": (self: Tensor, mask: Tensor) => Tensor;
  "sparse_resize": (
    self: Tensor,
    size: readonly number[],
    sparse_dim: number,
    dense_dim: number,
  ) => Tensor;
  "sparse_resize_": (
    self: Tensor,
    size: readonly number[],
    sparse_dim: number,
    dense_dim: number,
  ) => Tensor;
  "sparse_resize_and_clear": (
    self: Tensor,
    size: readonly number[],
    sparse_dim: number,
    dense_dim: number,
  ) => Tensor;
  "sparse_resize_and_clear_": (
    self: Tensor,
    size: readonly number[],
    sparse_dim: number,
    dense_dim: number,
  ) => Tensor;
  "sparse_sampled_addmm": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "special_airy_ai": (x: Tensor) => Tensor;
  "special_bessel_j0": (self: Tensor) => Tensor;
  "special_bessel_j1": (self: Tensor) => Tensor;
  "special_bessel_y0": (self: Tensor) => Tensor;
  "special_bessel_y1": (self: Tensor) => Tensor;
  "special_chebyshev_polynomial_t": (x: Tensor, n: Tensor) => Tensor;
  "special_chebyshev_polynomial_t.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  "special_chebyshev_polynomial_t.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  "special_chebyshev_polynomial_u": (x: Tensor, n: Tensor) => Tensor;
  "special_chebyshev_polynomial_u.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  "special_chebyshev_polynomial_u.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  "special_chebyshev_polynomial_v": (x: Tensor, n: Tensor) => Tensor;
  "special_chebyshev_polynomial_v.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  "special_chebyshev_polynomial_v.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  "special_chebyshev_polynomial_w": (x: Tensor, n: Tensor) => Tensor;
  "special_chebyshev_polynomial_w.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  "special_chebyshev_polynomial_w.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  "special_digamma": (self: Tensor) => Tensor;
  "special_entr": (self: Tensor) => Tensor;
  "special_erf": (self: Tensor) => Tensor;
  "special_erfc": (self: Tensor) => Tensor;
  "special_erfcx": (self: Tensor) => Tensor;
  "special_erfinv": (self: Tensor) => Tensor;
  "special_exp2": (self: Tensor) => Tensor;
  "special_expit": (self: Tensor) => Tensor;
  "special_expm1": (self: Tensor) => Tensor;
  "special_gammainc": (self: Tensor, other: Tensor | number) => Tensor;
  "special_gammaincc": (self: Tensor, other: Tensor | number) => Tensor;
  "special_gammaln": (self: Tensor) => Tensor;
  "special_hermite_polynomial_h": (x: Tensor, n: Tensor) => Tensor;
  "special_hermite_polynomial_h.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  "special_hermite_polynomial_h.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  "special_hermite_polynomial_he": (x: Tensor, n: Tensor) => Tensor;
  "special_hermite_polynomial_he.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  "special_hermite_polynomial_he.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  "special_i0": (self: Tensor) => Tensor;
  "special_i0e": (self: Tensor) => Tensor;
  "special_i1": (self: Tensor) => Tensor;
  "special_i1e": (self: Tensor) => Tensor;
  "special_laguerre_polynomial_l": (x: Tensor, n: Tensor) => Tensor;
  "special_laguerre_polynomial_l.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  "special_laguerre_polynomial_l.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  "special_legendre_polynomial_p": (x: Tensor, n: Tensor) => Tensor;
  "special_legendre_polynomial_p.n_scalar": (x: Tensor, n: Scalar) => Tensor;
  "special_legendre_polynomial_p.x_scalar": (x: Scalar, n: Tensor) => Tensor;
  "special_log1p": (self: Tensor) => Tensor;
  "special_log_ndtr": (self: Tensor) => Tensor;
  "special_log_softmax": (
    self: Tensor,
    dim: number,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "special_logit": (self: Tensor, eps?: number | null) => Tensor;
  "special_logsumexp": (
    self: Tensor,
    dim: number | readonly number[],
    keepdim?: boolean,
  ) => Tensor;
  "special_modified_bessel_i0": (self: Tensor) => Tensor;
  "special_modified_bessel_i1": (self: Tensor) => Tensor;
  "special_modified_bessel_k0": (self: Tensor) => Tensor;
  "special_modified_bessel_k1": (self: Tensor) => Tensor;
  "special_multigammaln": (self: Tensor, p: number) => Tensor;
  "special_ndtr": (self: Tensor) => Tensor;
  "special_ndtri": (self: Tensor) => Tensor;
  "special_polygamma": (n: number, self: Tensor) => Tensor;
  "special_psi": (self: Tensor) => Tensor;
  "special_round": (self: Tensor, options?: { decimals?: number }) => Tensor;
  "special_scaled_modified_bessel_k0": (x: Tensor) => Tensor;
  "special_scaled_modified_bessel_k1": (x: Tensor) => Tensor;
  "special_shifted_chebyshev_polynomial_t": (x: Tensor, n: Tensor) => Tensor;
  "special_shifted_chebyshev_polynomial_t.n_scalar": (
    x: Tensor,
    n: Scalar,
  ) => Tensor;
  "special_shifted_chebyshev_polynomial_t.x_scalar": (
    x: Scalar,
    n: Tensor,
  ) => Tensor;
  "special_shifted_chebyshev_polynomial_u": (x: Tensor, n: Tensor) => Tensor;
  "special_shifted_chebyshev_polynomial_u.n_scalar": (
    x: Tensor,
    n: Scalar,
  ) => Tensor;
  "special_shifted_chebyshev_polynomial_u.x_scalar": (
    x: Scalar,
    n: Tensor,
  ) => Tensor;
  "special_shifted_chebyshev_polynomial_v": (x: Tensor, n: Tensor) => Tensor;
  "special_shifted_chebyshev_polynomial_v.n_scalar": (
    x: Tensor,
    n: Scalar,
  ) => Tensor;
  "special_shifted_chebyshev_polynomial_v.x_scalar": (
    x: Scalar,
    n: Tensor,
  ) => Tensor;
  "special_shifted_chebyshev_polynomial_w": (x: Tensor, n: Tensor) => Tensor;
  "special_shifted_chebyshev_polynomial_w.n_scalar": (
    x: Tensor,
    n: Scalar,
  ) => Tensor;
  "special_shifted_chebyshev_polynomial_w.x_scalar": (
    x: Scalar,
    n: Tensor,
  ) => Tensor;
  "special_sinc": (self: Tensor) => Tensor;
  "special_softmax": (
    self: Tensor,
    dim: number,
    dtype?: DType | null,
  ) => Tensor;
  "special_spherical_bessel_j0": (x: Tensor) => Tensor;
  "special_xlog1py": (self: Tensor, other: Tensor | number) => Tensor;
  "special_xlog1py.other_scalar": (self: Tensor, other: Scalar) => Tensor;
  "special_xlog1py.self_scalar": (
    self: Scalar,
    other: Tensor | number,
  ) => Tensor;
  "special_xlogy": (self: Tensor, other: Tensor | number) => Tensor;
  "special_xlogy.other_scalar": (self: Tensor, other: Scalar) => Tensor;
  "special_xlogy.self_scalar": (self: Scalar, other: Tensor | number) => Tensor;
  "special_zeta": (self: Tensor, other: Tensor | number) => Tensor;
  "special_zeta.other_scalar": (self: Tensor, other: Scalar) => Tensor;
  "special_zeta.self_scalar": (self: Scalar, other: Tensor | number) => Tensor;
  "split.Tensor": (self: Tensor, split_size: number, dim?: number) => Tensor[];
  "split.sizes": (
    self: Tensor,
    split_size: readonly number[],
    dim?: number,
  ) => Tensor[];
  "split_copy.Tensor": (
    self: Tensor,
    split_size: number,
    dim?: number,
  ) => Tensor[];
  "split_with_sizes": (
    self: Tensor,
    split_sizes: readonly number[],
    dim?: number,
  ) => Tensor[];
  "split_with_sizes_copy": (
    self: Tensor,
    split_sizes: readonly number[],
    dim?: number,
  ) => Tensor[];
  "sqrt": (self: Tensor) => Tensor;
  "sqrt_": (self: Tensor) => Tensor;
  "square": (self: Tensor) => Tensor;
  "square_": (self: Tensor) => Tensor;
  "squeeze": (self: Tensor) => Tensor;
  "squeeze.dim": (self: Tensor, dim: number) => Tensor;
  "squeeze.dims": (self: Tensor, dim: readonly number[]) => Tensor;
  "squeeze_": (self: Tensor) => Tensor;
  "squeeze_.dim": (self: Tensor, dim: number) => Tensor;
  "squeeze_.dims": (self: Tensor, dim: readonly number[]) => Tensor;
  "squeeze_copy": (self: Tensor) => Tensor;
  "squeeze_copy.dim": (self: Tensor, dim: number) => Tensor;
  "squeeze_copy.dims": (self: Tensor, dim: readonly number[]) => Tensor;
  "sspaddmm": (
    self: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    options?: { beta?: Scalar; alpha?: Scalar },
  ) => Tensor;
  "stack": (tensors: readonly Tensor[], dim?: number) => Tensor;
  "std": (self: Tensor, unbiased?: boolean) => Tensor;
  "std.correction": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    options?: { correction?: Scalar | null; keepdim?: boolean },
  ) => Tensor;
  "std.dim": (
    self: Tensor,
    dim: number | readonly number[] | null,
    unbiased?: boolean,
    keepdim?: boolean,
  ) => Tensor;
  "std_mean": (self: Tensor, unbiased?: boolean) => [Tensor, Tensor];
  "std_mean.correction": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    options?: { correction?: Scalar | null; keepdim?: boolean },
  ) => [Tensor, Tensor];
  "std_mean.dim": (
    self: Tensor,
    dim: number | readonly number[] | null,
    unbiased?: boolean,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
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
  "storage_offset": (self: Tensor) => number;
  "stride.int": (self: Tensor, dim: number) => number;
  "sub.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  "sub.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "sub_.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  "sub_.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "subtract.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  "subtract.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "subtract_.Scalar": (self: Tensor, other: Scalar, alpha?: Scalar) => Tensor;
  "subtract_.Tensor": (
    self: Tensor,
    other: Tensor | number,
    options?: { alpha?: Scalar },
  ) => Tensor;
  "sum": (self: Tensor, options?: { dtype?: DType | null }) => Tensor;
  "sum.dim_IntList": (
    self: Tensor,
    dim: number | readonly number[] | null,
    keepdim?: boolean,
    options?: { dtype?: DType | null },
  ) => Tensor;
  "sum_to_size": (self: Tensor, size: readonly number[]) => Tensor;
  "svd": (
    self: Tensor,
    some?: boolean,
    compute_uv?: boolean,
  ) => [Tensor, Tensor, Tensor];
  "swapaxes": (self: Tensor, axis0: number, axis1: number) => Tensor;
  "swapaxes_": (self: Tensor, axis0: number, axis1: number) => Tensor;
  "swapdims": (self: Tensor, dim0: number, dim1: number) => Tensor;
  "swapdims_": (self: Tensor, dim0: number, dim1: number) => Tensor;
  "sym_constrain_range": (
    size: Scalar,
    options?: { min?: number | null; max?: number | null },
  ) => void;
  "sym_constrain_range_for_size": (
    size: Scalar,
    options?: { min?: number | null; max?: number | null },
  ) => void;
  "sym_numel": (self: Tensor) => number;
  "sym_size.int": (self: Tensor, dim: number) => number;
  "sym_storage_offset": (self: Tensor) => number;
  "sym_stride.int": (self: Tensor, dim: number) => number;
  "t": (self: Tensor) => Tensor;
  "t_": (self: Tensor) => Tensor;
  "t_copy": (self: Tensor) => Tensor;
  "take": (self: Tensor, index: Tensor) => Tensor;
  "take_along_dim": (
    self: Tensor,
    indices: Tensor,
    dim?: number | null,
  ) => Tensor;
  "tan": (self: Tensor) => Tensor;
  "tan_": (self: Tensor) => Tensor;
  "tanh": (self: Tensor) => Tensor;
  "tanh_": (self: Tensor) => Tensor;
  "tanh_backward": (grad_output: Tensor, output: Tensor) => Tensor;
  "tensor_split.indices": (
    self: Tensor,
    indices: readonly number[],
    dim?: number,
  ) => Tensor[];
  "tensor_split.sections": (
    self: Tensor,
    sections: number,
    dim?: number,
  ) => Tensor[];
  "tensor_split.tensor_indices_or_sections": (
    self: Tensor,
    tensor_indices_or_sections: Tensor,
    dim?: number,
  ) => Tensor[];
  "tensordot": (
    self: Tensor,
    other: Tensor | number,
    dims_self: readonly number[],
    dims_other: readonly number[],
  ) => Tensor;
  "thnn_conv2d": (
    self: Tensor,
    weight: Tensor,
    kernel_size: number | readonly number[],
    bias?: Tensor | null,
    stride?: number | readonly number[],
    padding?: number | readonly number[],
  ) => Tensor;
  "threshold": (self: Tensor, threshold: Scalar, value: Scalar) => Tensor;
  "threshold_": (self: Tensor, threshold: Scalar, value: Scalar) => Tensor;
  "threshold_backward": (
    grad_output: Tensor,
    self: Tensor,
    threshold: Scalar,
  ) => Tensor;
  "tile": (self: Tensor, dims: readonly number[]) => Tensor;
  "to.device": (
    self: Tensor,
    device: Device,
    dtype: DType,
    non_blocking?: boolean,
    copy?: boolean,
    memory_format?: MemoryFormat | null,
  ) => Tensor;
  "to.dtype": (
    self: Tensor,
    dtype: DType,
    non_blocking?: boolean,
    copy?: boolean,
    memory_format?: MemoryFormat | null,
  ) => Tensor;
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
  "to.other": (
    self: Tensor,
    other: Tensor | number,
    non_blocking?: boolean,
    copy?: boolean,
    memory_format?: MemoryFormat | null,
  ) => Tensor;
  "to_dense": (
    self: Tensor,
    dtype?: DType | null,
    options?: { masked_grad?: boolean | null },
  ) => Tensor;
  "to_dense_backward": (
    grad: Tensor,
    input: Tensor,
    masked_grad?: boolean | null,
  ) => Tensor;
  "to_mkldnn": (self: Tensor, dtype?: DType | null) => Tensor;
  "to_mkldnn_backward": (grad: Tensor, input: Tensor) => Tensor;
  "to_padded_tensor": (
    self: Tensor,
    padding: number,
    output_size?: readonly number[] | null,
  ) => Tensor;
  "to_sparse": (
    self: Tensor,
    options?: {
      layout?: "strided" | null;
      blocksize?: number | readonly number[] | null;
      dense_dim?: number | null;
    },
  ) => Tensor;
  "to_sparse.sparse_dim": (self: Tensor, sparse_dim: number) => Tensor;
  "to_sparse_bsc": (
    self: Tensor,
    blocksize: number | readonly number[],
    dense_dim?: number | null,
  ) => Tensor;
  "to_sparse_bsr": (
    self: Tensor,
    blocksize: number | readonly number[],
    dense_dim?: number | null,
  ) => Tensor;
  "to_sparse_csc": (self: Tensor, dense_dim?: number | null) => Tensor;
  "to_sparse_csr": (self: Tensor, dense_dim?: number | null) => Tensor;
  "topk": (
    self: Tensor,
    k: number,
    dim?: number,
    largest?: boolean,
    sorted?: boolean,
  ) => [Tensor, Tensor];
  "trace": (self: Tensor) => Tensor;
  "trace_backward": (grad: Tensor, sizes: readonly number[]) => Tensor;
  "transpose.int": (self: Tensor, dim0: number, dim1: number) => Tensor;
  "transpose_": (self: Tensor, dim0: number, dim1: number) => Tensor;
  "transpose_copy.int": (self: Tensor, dim0: number, dim1: number) => Tensor;
  "trapezoid.dx": (
    y: Tensor,
    options?: { dx?: Scalar; dim?: number },
  ) => Tensor;
  "trapezoid.x": (y: Tensor, x: Tensor, options?: { dim?: number }) => Tensor;
  "trapz.dx": (y: Tensor, options?: { dx?: number; dim?: number }) => Tensor;
  "trapz.x": (y: Tensor, x: Tensor, options?: { dim?: number }) => Tensor;
  "triangular_solve": (
    self: Tensor,
    A: Tensor,
    upper?: boolean,
    transpose?: boolean,
    unitriangular?: boolean,
  ) => [Tensor, Tensor];
  "tril": (self: Tensor, diagonal?: number) => Tensor;
  "tril_": (self: Tensor, diagonal?: number) => Tensor;
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
  "triu": (self: Tensor, diagonal?: number) => Tensor;
  "triu_": (self: Tensor, diagonal?: number) => Tensor;
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
  "true_divide.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "true_divide.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "true_divide_.Scalar": (self: Tensor, other: Scalar) => Tensor;
  "true_divide_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "trunc": (self: Tensor) => Tensor;
  "trunc_": (self: Tensor) => Tensor;
  "type_as": (self: Tensor, other: Tensor | number) => Tensor;
  "unbind.int": (self: Tensor, dim?: number) => Tensor[];
  "unbind_copy.int": (self: Tensor, dim?: number) => Tensor[];
  "unflatten.int": (
    self: Tensor,
    dim: number,
    sizes: readonly number[],
  ) => Tensor;
  "unflatten_dense_tensors": (
    flat: Tensor,
    tensors: readonly Tensor[],
  ) => Tensor[];
  "unfold": (
    self: Tensor,
    dimension: number,
    size: number,
    step: number,
  ) => Tensor;
  "unfold_backward": (
    grad_in: Tensor,
    input_sizes: readonly number[],
    dim: number,
    size: number,
    step: number,
  ) => Tensor;
  "unfold_copy": (
    self: Tensor,
    dimension: number,
    size: number,
    step: number,
  ) => Tensor;
  "uniform": (
    self: Tensor,
    from?: number,
    to?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "uniform_": (
    self: Tensor,
    from?: number,
    to?: number,
    options?: { generator?: never | null },
  ) => Tensor;
  "unique_consecutive": (
    self: Tensor,
    return_inverse?: boolean,
    return_counts?: boolean,
    dim?: number | null,
  ) => [Tensor, Tensor, Tensor];
  "unique_dim": (
    self: Tensor,
    dim: number,
    sorted?: boolean,
    return_inverse?: boolean,
    return_counts?: boolean,
  ) => [Tensor, Tensor, Tensor];
  "unique_dim_consecutive": (
    self: Tensor,
    dim: number,
    return_inverse?: boolean,
    return_counts?: boolean,
  ) => [Tensor, Tensor, Tensor];
  "unsafe_chunk": (self: Tensor, chunks: number, dim?: number) => Tensor[];
  "unsafe_split.Tensor": (
    self: Tensor,
    split_size: number,
    dim?: number,
  ) => Tensor[];
  "unsafe_split_with_sizes": (
    self: Tensor,
    split_sizes: readonly number[],
    dim?: number,
  ) => Tensor[];
  "unsqueeze": (self: Tensor, dim: number) => Tensor;
  "unsqueeze_": (self: Tensor, dim: number) => Tensor;
  "unsqueeze_copy": (self: Tensor, dim: number) => Tensor;
  "upsample_bicubic2d": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "upsample_bicubic2d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "upsample_bicubic2d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "upsample_bilinear2d": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "upsample_bilinear2d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "upsample_bilinear2d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "upsample_linear1d": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales?: number | null,
  ) => Tensor;
  "upsample_linear1d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "upsample_linear1d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales?: number | null,
  ) => Tensor;
  "upsample_nearest1d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales?: number | null,
  ) => Tensor;
  "upsample_nearest1d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "upsample_nearest1d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales?: number | null,
  ) => Tensor;
  "upsample_nearest2d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "upsample_nearest2d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "upsample_nearest2d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "upsample_nearest3d": (
    self: Tensor,
    output_size: number | readonly number[],
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "upsample_nearest3d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "upsample_nearest3d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "upsample_trilinear3d": (
    self: Tensor,
    output_size: number | readonly number[],
    align_corners: boolean,
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "upsample_trilinear3d.vec": (
    input: Tensor,
    output_size: readonly number[] | null,
    align_corners: boolean,
    scale_factors: readonly number[] | null,
  ) => Tensor;
  "upsample_trilinear3d_backward": (
    grad_output: Tensor,
    output_size: number | readonly number[],
    input_size: number | readonly number[],
    align_corners: boolean,
    scales_d?: number | null,
    scales_h?: number | null,
    scales_w?: number | null,
  ) => Tensor;
  "value_selecting_reduction_backward": (
    grad: Tensor,
    dim: number,
    indices: Tensor,
    sizes: readonly number[],
    keepdim: boolean,
  ) => Tensor;
  "values": (self: Tensor) => Tensor;
  "values_copy": (self: Tensor) => Tensor;
  "vander": (x: Tensor, N?: number | null, increasing?: boolean) => Tensor;
  "var": (self: Tensor, unbiased?: boolean) => Tensor;
  "var.correction": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    options?: { correction?: Scalar | null; keepdim?: boolean },
  ) => Tensor;
  "var.dim": (
    self: Tensor,
    dim: number | readonly number[] | null,
    unbiased?: boolean,
    keepdim?: boolean,
  ) => Tensor;
  "var_mean": (self: Tensor, unbiased?: boolean) => [Tensor, Tensor];
  "var_mean.correction": (
    self: Tensor,
    dim?: number | readonly number[] | null,
    options?: { correction?: Scalar | null; keepdim?: boolean },
  ) => [Tensor, Tensor];
  "var_mean.dim": (
    self: Tensor,
    dim: number | readonly number[] | null,
    unbiased?: boolean,
    keepdim?: boolean,
  ) => [Tensor, Tensor];
  "vdot": (self: Tensor, other: Tensor | number) => Tensor;
  "view": (self: Tensor, size: readonly number[]) => Tensor;
  "view.dtype": (self: Tensor, dtype: DType) => Tensor;
  "view_as": (self: Tensor, other: Tensor | number) => Tensor;
  "view_as_complex": (self: Tensor) => Tensor;
  "view_as_complex_copy": (self: Tensor) => Tensor;
  "view_as_real": (self: Tensor) => Tensor;
  "view_as_real_copy": (self: Tensor) => Tensor;
  "view_copy": (self: Tensor, size: readonly number[]) => Tensor;
  "view_copy.dtype": (self: Tensor, dtype: DType) => Tensor;
  "vsplit.array": (self: Tensor, indices: readonly number[]) => Tensor[];
  "vsplit.int": (self: Tensor, sections: number) => Tensor[];
  "vstack": (tensors: readonly Tensor[]) => Tensor;
  "where": (condition: Tensor) => Tensor[];
  "where.Scalar": (condition: Tensor, self: Scalar, other: Scalar) => Tensor;
  "where.ScalarOther": (
    condition: Tensor,
    self: Tensor,
    other: Scalar,
  ) => Tensor;
  "where.ScalarSelf": (
    condition: Tensor,
    self: Scalar,
    other: Tensor | number,
  ) => Tensor;
  "where.self": (
    condition: Tensor,
    self: Tensor,
    other: Tensor | number,
  ) => Tensor;
  "xlogy.Scalar_Other": (self: Tensor, other: Scalar) => Tensor;
  "xlogy.Scalar_Self": (self: Scalar, other: Tensor | number) => Tensor;
  "xlogy.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "xlogy_.Scalar_Other": (self: Tensor, other: Scalar) => Tensor;
  "xlogy_.Tensor": (self: Tensor, other: Tensor | number) => Tensor;
  "zero": (self: Tensor) => Tensor;
  "zero_": (self: Tensor) => Tensor;
  "zeros": (
    size: readonly number[],
    options?: {
      dtype?: DType | null;
      layout?: "strided" | null;
      device?: Device | null;
      pin_memory?: boolean | null;
    },
  ) => Tensor;
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
}
