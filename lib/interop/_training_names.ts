/** Names of the optimizer's tensors in our checkpoints. */

/** The averages of AdamW, with the words of PyTorch. */
export const MOMENTS = ["exp_avg", "exp_avg_sq"] as const;

/** Name of a part of the optimizer's state of a weight. */
export function stateName(
  part: typeof MOMENTS[number] | "step",
  weight: string,
): string {
  return `${part}.${weight}`;
}
