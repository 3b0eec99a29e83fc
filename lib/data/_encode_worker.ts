/**
 * The worker that encodes batches of text; started by `_encoder.ts`.
 *
 * @module
 */

import { loadTokenizer } from "../tokenizer/mod.ts";
import {
  encodeBatch,
  type EncodeJob,
  type WorkerAnswer,
  type WorkerSetup,
} from "./_encoder.ts";

addEventListener("message", (event) => {
  if (event instanceof MessageEvent) serve(event.data, event.ports[0]!);
}, { once: true });

function serve(setup: WorkerSetup, port: MessagePort): void {
  const tokenizer = loadTokenizer(setup.tokenizer);
  port.onmessage = async ({ data }: MessageEvent<EncodeJob[]>) => {
    try {
      if ((await tokenizer).fingerprint !== setup.fingerprint) {
        throw new Error(
          `The tokenizer ${setup.tokenizer} changed while it was used: start again`,
        );
      }
      const batch = encodeBatch(data, await tokenizer, setup.settings);
      const { ids, lengths, textBytes } = batch;
      const answer: WorkerAnswer = { batch };
      port.postMessage(answer, [ids.buffer, lengths.buffer, textBytes.buffer]);
    } catch (error) {
      const answer: WorkerAnswer = {
        error: error instanceof Error ? error.message : String(error),
      };
      port.postMessage(answer);
    }
  };
}
