/** Golden cases, which have one unusual thing each. */
export const CASES = [
  "seed_like",
  "mixtral_like",
  "biased_top1",
  "dense",
  "parallel_residual",
  "tied",
  "grouped_shared",
  "shared_plain",
  "first_k_dense",
  "condensed_rope",
  "normed_heads",
] as const;
