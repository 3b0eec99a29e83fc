/**
 * Suggests the valid word nearest to an unknown one.
 *
 * @module
 */

/** This project's names for keys that other tools name differently. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map(Object.entries({
  adam_beta1: "optimizer.init_args.betas",
  batch_size: "train.micro_batch_size",
  beta1: "optimizer.init_args.betas",
  beta2: "optimizer.init_args.betas",
  context_length: "model_config.block_size",
  dataset: "data",
  embed_dim: "model_config.n_embd",
  ffn_hidden_size: "model_config.intermediate_size",
  gradient_clip_val: "train.max_norm",
  grad_clip: "train.max_norm",
  hidden_dim: "model_config.intermediate_size",
  hidden_size: "model_config.n_embd",
  learning_rate: "optimizer.init_args.lr",
  max_grad_norm: "train.max_norm",
  max_position_embeddings: "model_config.block_size",
  n_ctx: "model_config.block_size",
  n_kv_heads: "model_config.n_query_groups",
  n_heads: "model_config.n_head",
  n_layers: "model_config.n_layer",
  num_attention_heads: "model_config.n_head",
  num_epochs: "train.epochs",
  num_experts: "model_config.n_expert",
  num_experts_per_tok: "model_config.n_expert_per_token",
  num_hidden_layers: "model_config.n_layer",
  num_key_value_heads: "model_config.n_query_groups",
  num_local_experts: "model_config.n_expert",
  num_shared_experts: "model_config.n_shared_expert",
  num_train_epochs: "train.epochs",
  output_dir: "out_dir",
  output_router_logits: "model_config.router_aux_loss_coef",
  per_device_train_batch_size: "train.micro_batch_size",
  rms_norm_eps: "model_config.norm_eps",
  rope_theta: "model_config.rope_base",
  save_every: "train.save_interval",
  save_steps: "train.save_interval",
  save_total_limit: "log.keep_last",
  tie_word_embeddings: "train.tie_embeddings",
  tokenizer: "tokenizer_dir",
  warmup_steps: "train.lr_warmup_steps",
  weight_tying: "train.tie_embeddings",
}));

/**
 * Finds the key that was probably meant.
 *
 * @param key The unknown dotted key.
 * @param keys All known keys.
 * @returns The nearest key, or undefined if none is near.
 * @example
 * ```ts
 * import { suggestKey } from "./suggest.ts";
 *
 * console.log(suggestKey("train.max_token", ["train.max_tokens"])); // train.max_tokens
 * ```
 */
export function suggestKey(
  key: string,
  keys: Iterable<string>,
): string | undefined {
  const candidates = [...keys];
  const word = lastWord(key);
  const renamed = OTHER_NAMES.get(word);
  if (renamed !== undefined) return renamed;

  const [sameWord] = candidates
    .filter((candidate) => lastWord(candidate) === word)
    .sort((a, b) => a.length - b.length);
  if (sameWord !== undefined) return sameWord;

  const section = key.slice(0, key.length - word.length);
  const siblings = candidates.filter((candidate) =>
    candidate === section + lastWord(candidate)
  );
  return nearest(key, siblings) ?? withParts(word, siblings) ??
    nearest(key, candidates) ?? nearest(word, candidates, lastWord) ??
    withParts(word, candidates);
}

/** The candidate that contains all parts of a word; for a word of one part, only if no other candidate does. */
function withParts(word: string, candidates: string[]): string | undefined {
  const parts = word.split("_");
  const [first, second] = candidates.filter((candidate) => {
    const own = lastWord(candidate).split("_");
    return parts.every((part) => own.includes(part));
  });
  return second === undefined || parts.length > 1 ? first : undefined;
}

/**
 * Finds the word nearest to another.
 *
 * @param word The wrong word.
 * @param candidates The right ones.
 * @param of Selects the part of a candidate to compare; by default all of it.
 * @returns The candidate with the fewest edits; undefined if every one needs more edits than a third of the word.
 */
export function nearest(
  word: string,
  candidates: Iterable<string>,
  of: (candidate: string) => string = (candidate) => candidate,
): string | undefined {
  let best: string | undefined;
  let fewest = Math.max(1, Math.floor(lastWord(word).length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(
      word.toLowerCase(),
      of(candidate).toLowerCase(),
    );
    if (distance < fewest) [best, fewest] = [candidate, distance];
  }
  return best;
}

function lastWord(key: string): string {
  return key.slice(key.lastIndexOf(".") + 1);
}

/** Number of insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [];
  const at = (i: number, j: number) => rows[i]?.[j] ?? Infinity;
  for (let i = 0; i <= a.length; i++) {
    const row: number[] = [];
    rows.push(row);
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 || j === 0) {
        row.push(i + j);
        continue;
      }
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(
        at(i - 1, j) + 1,
        at(i, j - 1) + 1,
        at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        swapped ? at(i - 2, j - 2) + 1 : Infinity,
      ));
    }
  }
  return at(a.length, b.length);
}
