/**
 * Which experts of a model take which tokens of a text.
 *
 * @module
 */

import { scope, tensor } from "../../ffi/mod.ts";
import { BatchLoader, type TokenShards } from "../data/mod.ts";
import type { GPT } from "../model/gpt.ts";
import { expertLayers, expertLoad } from "../model/router_statistics.ts";
import { coActivationFigure, layerLoadFigure } from "../plots/routing.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { lightColor } from "./_token_picture.ts";
import { ExpertTokens, expertTokens } from "./expert_tokens.ts";
import { DISPLAY, type DisplayBundle } from "./kernel.ts";
import { Plot } from "./plot.ts";
import { RouterBalance } from "./router_balance.ts";
import { piecesOf, TokenPicture } from "./tokens.ts";

/** A model and its tokenizer: a run, a checkpoint, or an object with both. */
export interface RoutingSource {
  /** The model. */
  readonly model: GPT;
  /** Its tokenizer. */
  readonly tokenizer: Tokenizer;
}

/** Options of {@linkcode routeShards}. */
export interface RouteShardsOptions {
  /** Which tokens. Default: val. */
  readonly split?: "train" | "val";
  /** Batches that are read. Default: 16. */
  readonly batches?: number;
  /** Sequences of a batch. Default: 8. */
  readonly batchSize?: number;
}

/**
 * Sends a text through a model and records the experts of every token in every layer.
 *
 * @throws {RangeError} if the text is empty or longer than the model reads, or the model has no experts.
 *
 * @example
 * ```ts ignore
 * const routing = routeText(run, "The whale and the President");
 * routing.tokens(); // coloured by expert
 * ```
 */
export function routeText(source: RoutingSource, text: string): Routing {
  const { model, tokenizer } = source;
  const ids = tokenizer.encode(text, { bos: false });
  if (ids.length === 0) throw new RangeError("Cannot route an empty text");
  if (ids.length > model.maxSeqLength) {
    throw new RangeError(
      `Cannot route ${ids.length} tokens: the model reads at most ${model.maxSeqLength}`,
    );
  }
  const routing = new Routing(source);
  routing.add(Int32Array.from(ids), [1, ids.length]);
  return routing;
}

/**
 * Records the experts of many tokens, by default those of the validation text.
 *
 * @throws {RangeError} if there are too few tokens for one batch, or the model has no experts.
 */
export async function routeShards(
  source: RoutingSource,
  shards: TokenShards,
  options: RouteShardsOptions = {},
): Promise<Routing> {
  const { batches = 16, batchSize = 8, split = "val" } = options;
  const loader = new BatchLoader(shards, {
    split,
    batchSize,
    // A row of a batch has one token more than requested.
    sequenceLength: source.model.maxSeqLength - 1,
    shuffle: false,
  });
  const routing = new Routing(source);
  const count = Math.min(batches, loader.batchesPerEpoch);
  for (let i = 0; i < count; i++) {
    routing.add(loader.next().slice(), [
      batchSize,
      source.model.maxSeqLength,
    ]);
    // Yields to the event loop, so that signals and a notebook's messages are handled.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return routing;
}

/** Which experts took which tokens; made by {@linkcode routeText} and {@linkcode routeShards}. */
export class Routing {
  /** The layers that have experts. */
  readonly layers: readonly number[];
  /** Number of experts of a layer. */
  readonly experts: number;
  readonly #source: RoutingSource;
  readonly #perToken: number;
  /** All tokens, one after the other. */
  readonly #ids: number[] = [];
  /** For each of `layers`, the experts [N, K] of all tokens. */
  readonly #chosen: number[][];
  /** For each of `layers`, the entropies of the router's probabilities, summed over the tokens. */
  readonly #entropies: number[];

  /** Creates an empty recording. */
  constructor(source: RoutingSource) {
    const { config } = source.model;
    this.layers = expertLayers(config);
    if (this.layers.length === 0) {
      throw new RangeError("Cannot show routing: the model has no experts");
    }
    this.#source = source;
    this.experts = config.n_expert;
    this.#perToken = config.n_expert_per_token;
    this.#chosen = this.layers.map(() => []);
    this.#entropies = this.layers.map(() => 0);
  }

  /** Number of tokens recorded. */
  get tokenCount(): number {
    return this.#ids.length;
  }

  /** Records tokens [B, T], row by row. */
  add(ids: Int32Array<ArrayBuffer>, shape: [B: number, T: number]): void {
    const { model } = this.#source;
    scope(() => {
      const tokens = tensor(ids, { shape, device: model.device });
      const { experts, load } = model.routing(tokens);
      const chosen = this.layers.map((layer) => {
        const ofLayer = experts[layer];
        if (ofLayer) return [...ofLayer.toArray()].map(Number);
        throw new RangeError(
          `Cannot show routing: layer ${layer} does not say where it sends tokens; return \`routing\` from its forward`,
        );
      });
      for (const [row, ofLayer] of chosen.entries()) {
        for (const expert of ofLayer) this.#chosen[row]!.push(expert);
        this.#entropies[row]! += ids.length * (load?.entropies[row] ?? NaN);
      }
    });
    for (const id of ids) this.#ids.push(id);
  }

  /** Tokens of each expert [layers][experts]. */
  counts(): number[][] {
    return this.#chosen.map((experts) => {
      const counts = new Array<number>(this.experts).fill(0);
      for (const expert of experts) counts[expert]!++;
      return counts;
    });
  }

  /** Load of every expert in every layer, as a heat map. */
  load(): Plot {
    return new Plot(
      layerLoadFigure(this.counts(), this.layers),
      `Load of ${this.experts} experts in ${this.layers.length} layers over ${this.tokenCount} tokens`,
    );
  }

  /**
   * How undecided the router of every layer is, and how much more than an even share the busiest expert
   * takes: the router metrics of metrics.csv, for these tokens.
   *
   * @throws {RangeError} if nothing is recorded, or a custom layer does not report routing statistics.
   */
  balance(): RouterBalance {
    const { layers, tokenCount } = this;
    const entropies = this.#entropies.map((sum) => sum / tokenCount);
    const silent = layers.find((_, row) => Number.isNaN(entropies[row]));
    if (silent !== undefined) {
      throw new RangeError(
        tokenCount === 0
          ? "Cannot show the balance: no tokens are recorded yet"
          : `Cannot show the balance: layer ${silent} does not say how it decides; call \`statistics.record\` in its forward`,
      );
    }
    const counts = this.counts();
    return new RouterBalance(
      expertLoad({ layers, counts, entropies }),
      this.experts,
    );
  }

  /**
   * How often two experts of a layer take the same token, relative to chance, as a heat map.
   *
   * @param layer Default: the last one.
   * @throws {RangeError} if each token goes to only one expert.
   */
  coActivation(layer: number = this.layers.at(-1) ?? 0): Plot {
    if (this.#perToken < 2) {
      throw new RangeError(
        "Cannot show which experts take the same tokens: each token goes to one expert",
      );
    }
    const pairs = Array.from(
      { length: this.experts },
      () => new Array<number>(this.experts).fill(0),
    );
    const experts = this.#ofLayer(layer);
    const K = this.#perToken;
    for (let start = 0; start < experts.length; start += K) {
      const chosen = experts.slice(start, start + K);
      for (const a of chosen) {
        for (const b of chosen) if (a !== b) pairs[a]![b]!++;
      }
    }
    return new Plot(
      coActivationFigure(pairs),
      `Experts of layer ${layer} that take the same tokens`,
    );
  }

  /**
   * The tokens, coloured by their first expert in a layer; the bar under a token has the colour of its second
   * expert.
   *
   * @param layer Default: the last one.
   */
  tokens(
    layer: number = this.layers.at(-1) ?? 0,
    { most = 400 }: { most?: number } = {},
  ): TokenPicture {
    const K = this.#perToken;
    const experts = this.#ofLayer(layer);
    const pieces = piecesOf(this.#source.tokenizer, this.#ids.slice(0, most));
    const colored = pieces.map((text, i) => {
      const second = K > 1 ? experts[i * K + 1] : undefined;
      return {
        text,
        fill: lightColor(experts[i * K] ?? 0),
        ...(second === undefined ? {} : { bar: lightColor(second) }),
      };
    });
    const legend = Array.from({ length: this.experts }, (_, expert) => ({
      label: `${expert}`,
      fill: lightColor(expert),
    }));
    return new TokenPicture(colored, {
      legend: this.experts <= 16 ? legend : [],
      text: `Layer ${layer}: ${
        pieces.map((piece, i) =>
          `${JSON.stringify(piece)} ${
            experts.slice(i * K, (i + 1) * K).join("+")
          }`
        ).join(", ")
      }`,
    });
  }

  /**
   * The tokens that each expert of a layer specialises in: those it takes most often relative to their
   * frequency, among those that it took at least five times.
   */
  topTokens(
    layer: number = this.layers.at(-1) ?? 0,
    { count = 8, atLeast = 5 }: { count?: number; atLeast?: number } = {},
  ): ExpertTokens {
    const rows = expertTokens(this.#ids, this.#ofLayer(layer), {
      experts: this.experts,
      count,
      atLeast,
      textOf: (id) => this.#source.tokenizer.decode([id]),
    });
    return new ExpertTokens(layer, rows);
  }

  /** The view in a notebook: the loads. */
  async [DISPLAY](): Promise<DisplayBundle> {
    return await this.load()[DISPLAY]();
  }

  #ofLayer(layer: number): readonly number[] {
    const experts = this.#chosen[this.layers.indexOf(layer)];
    if (experts !== undefined) return experts;
    throw new RangeError(
      `Layer ${layer} has no experts: expected one of ${
        this.layers.join(", ")
      }`,
    );
  }
}
