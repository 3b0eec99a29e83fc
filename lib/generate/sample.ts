/**
 * Choosing the next token, in LitGPT's order: top-k, temperature, top-p, draw.
 *
 * @module
 */

import { aten, noGrad, scope, type Tensor } from "../../ffi/mod.ts";
import { cast } from "../model/precision.ts";
import { canSample, fusedSample } from "../operators/sample.ts";

/** How tokens are drawn, with LitGPT's defaults. */
export interface SampleOptions {
  /** Divides the logits; 0 always takes the likeliest token. Default: 0.8. */
  readonly temperature?: number;
  /** Draw only from this many likeliest tokens; null means all. Default: 50. */
  readonly topK?: number | null;
  /** Draw only from the likeliest tokens that together have this probability; 1 means all. Default: 1. */
  readonly topP?: number;
}

/**
 * Draws one token for each row of logits [B, V] with the device's generator; returns int64 [B, 1].
 *
 * @throws {RangeError} if an option is out of range.
 */
export function sampleToken(
  logits_BV: Tensor,
  options: SampleOptions = {},
): Tensor {
  const { temperature = 0.8, topK = 50, topP = 1 } = options;
  checkSampleOptions(options);
  return noGrad(() =>
    scope(() => {
      if (canSample(logits_BV)) {
        return fusedSample(logits_BV, { temperature, topK, topP });
      }
      let logits = cast(logits_BV, "float32");
      if (temperature === 0 || topP === 0) {
        return aten("argmax", logits, -1, true);
      }
      if (topK !== null && topK < logits.size(-1)) {
        logits = keepTopK(logits, topK);
      }
      logits = logits.div(temperature);
      if (topP < 1) logits = keepTopP(logits, topP);
      return aten("multinomial", logits.softmax(-1), 1);
    })
  );
}

/** Refuses options that are out of range. */
export function checkSampleOptions(options: SampleOptions): void {
  const { temperature = 0.8, topK = 50, topP = 1 } = options;
  const check = (ok: boolean, name: string, value: unknown, want: string) => {
    if (!ok) throw new RangeError(`${name} is ${value}: expected ${want}`);
  };
  check(temperature >= 0, "temperature", temperature, "a number of at least 0");
  check(topP >= 0 && topP <= 1, "top_p", topP, "a number from 0 to 1");
  check(
    topK === null || (Number.isInteger(topK) && topK > 0),
    "top_k",
    topK,
    "a positive integer, or null for all tokens",
  );
}

/** Keeps exactly K tokens, also if several are tied. */
function keepTopK(logits_BV: Tensor, k: number): Tensor {
  const [values, indices] = logits_BV.topk(k);
  const nothing = aten("full_like", logits_BV, -Infinity);
  return aten("scatter.src", nothing, -1, indices, values);
}

/** Drops the least likely tokens whose probabilities sum to at most 1 - p; at least one token is kept. */
function keepTopP(logits_BV: Tensor, p: number): Tensor {
  const [sorted, indices] = aten("sort", logits_BV, -1, false);
  const sums = sorted.softmax(-1).cumsum(-1);
  const dropped = aten("le.Scalar", sums, 1 - p);
  dropped.narrow(1, dropped.size(1) - 1, 1).fill_(0);
  const mask = aten("scatter.src", dropped, 1, indices, dropped);
  return aten("masked_fill.Scalar", logits_BV, mask, -Infinity);
}
