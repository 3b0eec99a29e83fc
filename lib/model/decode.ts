/**
 * Computes one new position of a few sequences, with operators whose time is about that of reading the weights.
 *
 * Shapes: N sequences, C width of the model, V padded vocabulary.
 *
 * @module
 */

import { aten, noGrad, scope, type Tensor } from "../../ffi/mod.ts";
import {
  decodeBlock,
  decodeLogits,
  type DecodeStream,
  type DecodeWeights,
  MAX_DECODE_EXPERTS,
  MAX_DECODE_EXPERTS_PER_TOKEN,
  MAX_DECODE_SEQUENCES,
} from "../operators/decode_block.ts";
import { fusedOperators } from "../operators/mod.ts";
import type { Block } from "./block.ts";
import type { GPT } from "./gpt.ts";
import type { KvCache } from "./kv_cache.ts";
import { LLaMAMoE } from "./moe.ts";
import { cast } from "./precision.ts";
import { TopkRouter } from "./router.ts";

/** Floats in the shared memory that every GPU with bfloat16 matrix products offers a thread block: 96 KiB. */
const SHARED_FLOATS = 24 * 1024;

/** The state that {@linkcode decodePosition} continues from. */
export interface DecodePlace {
  /** Keys and values of the earlier positions; those of the new position are written to it. */
  readonly cache: KvCache;
  /** Index of the new position, int32 [] on the device. */
  readonly position: Tensor;
}

/**
 * Whether {@linkcode decodePosition} can replace `GPT.forward`: on a CUDA device in bfloat16, with few sequences,
 * Mixtral's router, and blocks of experts without biases, shared experts and norms of heads.
 */
export function canDecode(model: GPT, sequences: number): boolean {
  const { config, device, dtypes, operators } = model;
  const { n_embd, n_head, n_query_groups, head_size } = config;
  // There are kernels for 1, 2, 4 and 8 sequences.
  const places = 2 ** Math.ceil(Math.log2(sequences));
  return device !== "cpu" && operators === fusedOperators &&
    dtypes.compute === "bfloat16" && sequences <= MAX_DECODE_SEQUENCES &&
    !config.parallel_residual && [32, 64, 128].includes(head_size) &&
    n_embd % 8 === 0 && config.rope_n_elem % 2 === 0 &&
    places * Math.max(n_embd, n_head * head_size) <= SHARED_FLOATS &&
    attentionFloats(n_head / n_query_groups, head_size) <= SHARED_FLOATS &&
    model.lm_head.bias === null &&
    model.blocks.every((block) => decodeWeights(block, config) !== undefined);
}

/** Floats of shared memory that attention needs, counted as in `decode_block` of shim/ops/cuda/decode.cc. */
function attentionFloats(queriesPerGroup: number, headSize: number): number {
  const [warps, positions] = [8, 128];
  return queriesPerGroup * (2 * headSize + warps * headSize + positions + 3) +
    2 * headSize;
}

/**
 * The logits [N, V] after tokens [N], whose keys and values are added to the cache. Nothing called here may
 * wait for the device, so that a CUDA graph can record it.
 */
export function decodePosition(
  model: GPT,
  tokens_N: Tensor,
  { cache, position }: DecodePlace,
): Tensor {
  const { config, rope, ln_f, lm_head, dtypes } = model;
  const { n_head, n_expert_per_token, routed_scaling_factor } = config;
  return noGrad(() =>
    scope(() => {
      let x: DecodeStream = {
        sum: aten("embedding", model.wte, tokens_N),
        pending: null,
      };
      for (const [layer, block] of model.blocks.entries()) {
        const { keys, values } = cache.layers[layer]!;
        x = decodeBlock(x, decodeWeights(block, config)!, {
          keys,
          values,
          position,
          rope,
          eps: block.norm_1.eps,
          n_head,
          n_expert_per_token,
          routed_scaling_factor,
        });
      }
      return decodeLogits({ sum: x.sum, pending: x.pending! }, {
        norm: ln_f.weight,
        weight: cast(lm_head.weight, dtypes.compute),
      }, ln_f.eps);
    })
  );
}

/** The weights of a block in the operator's form, or undefined if the operator does not support the block. */
function decodeWeights(
  { norm_1, attn, norm_2, mlp }: Block,
  { n_expert, n_expert_per_token, moe_intermediate_size }: GPT["config"],
): DecodeWeights | undefined {
  const { qkv, proj } = attn;
  const isCovered = mlp instanceof LLaMAMoE &&
    mlp.router instanceof TopkRouter && mlp.router.bias === undefined &&
    mlp.fcBias === null && mlp.projBias === null &&
    mlp.sharedExperts === null && qkv.bias === null && proj.bias === null &&
    attn.norm_q === null &&
    n_expert <= MAX_DECODE_EXPERTS &&
    n_expert_per_token <= MAX_DECODE_EXPERTS_PER_TOKEN &&
    moe_intermediate_size % 8 === 0;
  if (!isCovered) return undefined;
  return {
    norm1: norm_1.weight,
    qkv: qkv.weight,
    proj: proj.weight,
    norm2: norm_2.weight,
    gate: mlp.router.gate.weight,
    fc: mlp.fc.compute,
    expertsProj: mlp.proj.compute,
  };
}
