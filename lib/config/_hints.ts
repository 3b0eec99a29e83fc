/** What to use in place of values that LitGPT accepts and this project refuses. */

/** Advice for a refused value. */
export interface Hint {
  readonly key: string;
  /** Matches the value as text. */
  readonly when: RegExp;
  readonly hint: string;
}

/** Advice by key; the first that matches is shown. */
export const HINTS: readonly Hint[] = [
  {
    key: "precision",
    when: /^16/,
    hint:
      "float16 needs loss scaling, which is not implemented: bf16-mixed needs none",
  },
  { key: "precision", when: /^bf16$/, hint: "did you mean bf16-mixed?" },
  { key: "precision", when: /^32|^float32/, hint: "did you mean 32-true?" },
  {
    key: "logger_name",
    when: /wandb|mlflow|litlogger/,
    hint: "metrics.csv is always written and can be uploaded afterwards",
  },
  {
    key: "devices",
    when: /./,
    hint: "a run uses one device; choose it with device: cuda:N",
  },
  {
    key: "optimizer.class_path",
    when: /./,
    hint: "AdamW is the only optimizer there is",
  },
  { key: "num_nodes", when: /./, hint: "a run uses one machine" },
  { key: "strategy", when: /./, hint: "a run uses one device" },
  {
    key: "eval.max_new_tokens",
    when: /./,
    hint: "no text is generated during training: use `deno task generate`",
  },
  {
    key: "eval.evaluate_example",
    when: /./,
    hint: "it belongs to LitGPT's fine-tuning",
  },
];
