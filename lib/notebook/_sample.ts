/** Text from a model that is being trained. */

import { getRngState, setRngState } from "../../ffi/mod.ts";
import {
  generateText,
  type GenerateTextOptions,
} from "../generate/generate.ts";
import type { GPT } from "../model/gpt.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";

/** Continues a prompt and restores the random state, so that training is not affected. */
export function sampleBetweenSteps(
  model: GPT,
  tokenizer: Tokenizer,
  prompt: string,
  options: GenerateTextOptions,
): string {
  const devices = model.device === "cpu" ? ["cpu"] as const : [
    "cpu",
    model.device,
  ] as const;
  const states = devices.map((device) => getRngState(device));
  try {
    return prompt +
      [...generateText(model, tokenizer, prompt, options)].join("");
  } finally {
    devices.forEach((device, i) => setRngState(states[i]!, device));
  }
}
