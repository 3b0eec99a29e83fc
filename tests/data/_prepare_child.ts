/** Prepares a file in a process of its own, for a test to kill: FILE OUT_DIR. */
import { prepareDataset } from "../../lib/data/mod.ts";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";

const [file = "", outDir = ""] = Deno.args;
await prepareDataset({ kind: "files", train: file }, {
  tokenizer: await loadTokenizer("data/tokenizer"),
  outDir,
  shardTokens: 50_000,
  checkpointBytes: 1 << 18,
  onProgress: ({ phase, bytes }) => {
    if (phase === "encoding") console.log(bytes);
  },
});
