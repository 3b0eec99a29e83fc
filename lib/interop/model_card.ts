/** The README.md of an exported model. */

import type { CheckpointSource } from "./checkpoint_source.ts";
import { countParameters } from "../model/count.ts";

/** Writes a model card with the facts that a checkpoint holds, and nothing else. */
export function modelCard(
  { config, training, tied, tokenizer }: CheckpointSource,
  { dtype, json }: { dtype: string; json: Readonly<Record<string, unknown>> },
): string {
  const [architecture] = json["architectures"] as string[];
  const { total } = countParameters(config, { tieEmbeddings: tied });
  const rows: [string, string][] = [
    ["class", String(architecture)],
    ["parameters", count(total)],
    ["layers", `${config.n_layer} of ${config.n_embd}`],
    ["heads", `${config.n_head}, ${config.n_query_groups} for keys and values`],
    ...(config.mlp_class_name === "LLaMAMoE"
      ? [[
        "experts",
        `${config.n_expert}, ${config.n_expert_per_token} a token`,
      ] as [string, string]]
      : []),
    ["longest text", `${count(config.block_size)} tokens`],
    ["vocabulary", `${count(config.padded_vocab_size)} rows`],
    ["numbers", dtype],
    ...(training === null ? [] : [[
      "trained on",
      `${count(training.tokens)} tokens in ${count(training.step)} steps`,
    ] as [string, string]]),
  ];
  const name = config.name || "A language model";
  return `---
library_name: transformers
pipeline_tag: text-generation
tags:
- moebius
---

# ${name}

${
    rows.map(([what, value], index) =>
      index === 0
        ? `| | |\n| --- | --- |\n| ${what} | ${value} |`
        : `| ${what} | ${value} |`
    ).join("\n")
  }

Trained with moebius. To load it:

\`\`\`python
from transformers import AutoModelForCausalLM${
    tokenizer === undefined ? "" : ", AutoTokenizer"
  }

model = AutoModelForCausalLM.from_pretrained("this folder")
${
    tokenizer === undefined
      ? ""
      : 'tokenizer = AutoTokenizer.from_pretrained("this folder")\n'
  }\`\`\`
`;
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
