/** What the directories of checkpoints are called, the files in them, and the tensors of the optimizer. */

/** Name of the checkpoint that a finished run leaves. */
export const FINAL_CHECKPOINT = "final";

/** Name of the directory of the checkpoint made after `step` steps. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, "0")}`;
}

/** The step in a name like "step-00000010", or `undefined`. */
export function stepOfName(name: string): number | undefined {
  const digits = /^step-(\d{8,15})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The checkpoint that was put aside under this name, or `undefined`. */
export function asideOf(name: string): string | undefined {
  return /^\.old-(.+)-\d+$/.exec(name)?.[1];
}

/** The name under which a checkpoint is put aside while it is replaced. */
export function asideName(name: string): string {
  return `.old-${name}-${Deno.pid}`;
}

/** The two averages that AdamW keeps of each weight, under PyTorch's names. */
export const MOMENTS = ["exp_avg", "exp_avg_sq"] as const;

/**
 * Name of a tensor of AdamW's state in a checkpoint, such as `"exp_avg.lm_head.weight"`: an average, or the number
 * of updates.
 */
export function optimizerTensorName(
  part: typeof MOMENTS[number] | "step",
  weight: string,
): string {
  return `${part}.${weight}`;
}

/** Names of the files in a checkpoint. */
export const CHECKPOINT_FILES = {
  weights: "model.safetensors",
  optimizer: "optimizer.safetensors",
  state: "state.json",
  modelConfig: "model_config.yaml",
  config: "hyperparameters.yaml",
} as const;
