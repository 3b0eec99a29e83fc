/**
 * What a mixture of experts does with text: which expert takes which token.
 *
 * @module
 */

import { scope, tensor } from "../../ffi/mod.ts";
import { BatchLoader, type TokenShards } from "../data/mod.ts";
import type { GPT } from "../model/gpt.ts";
import {
  coActivationFigure,
  expertLoadFigure,
  layerLoadFigure,
} from "../plots/routing.ts";
import type { Tokenizer } from "../tokenizer/mod.ts";
import { htmlTable, textTable } from "./_html.ts";
import { lightColor } from "./_token_picture.ts";
import { compareBalance } from "./compare.ts";
import { DISPLAY, type DisplayBundle } from "./kernel.ts";
import { Plot } from "./plot.ts";
import type { Run } from "./run.ts";
import { piecesOf, TokenPicture } from "./tokens.ts";

/** A model and its tokenizer: a run, a checkpoint, or both by hand. */
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
 * Records the experts of many tokens: of the validation text, unless told.
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
    // A row of a batch has one token more than asked for.
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
    // A turn of the event loop: signals arrive, notebooks stay alive.
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

  /** Nothing is recorded yet. */
  constructor(source: RoutingSource) {
    const { config } = source.model;
    const first = config.first_k_dense_replace ?? 0;
    if (config.mlp_class_name !== "LLaMAMoE") {
      throw new RangeError("Cannot show routing: the model has no experts");
    }
    this.#source = source;
    this.experts = config.n_expert;
    this.#perToken = config.n_expert_per_token;
    this.layers = Array.from(
      { length: config.n_layer - first },
      (_, i) => first + i,
    );
    this.#chosen = this.layers.map(() => []);
  }

  /** Number of tokens recorded. */
  get tokenCount(): number {
    return this.#ids.length;
  }

  /** Records tokens [B, T], row by row. */
  add(ids: Int32Array<ArrayBuffer>, shape: [B: number, T: number]): void {
    const { model } = this.#source;
    const chosen = scope(() => {
      const tokens = tensor(ids, { shape, device: model.device });
      return model.routing(tokens).map((experts) =>
        experts === null ? null : [...experts.toArray()].map(Number)
      );
    });
    this.layers.forEach((layer, row) => {
      const experts = chosen[layer];
      if (experts === null || experts === undefined) {
        throw new RangeError(
          `Cannot show routing: layer ${layer} does not say where it sends tokens; return \`routing\` from its forward`,
        );
      }
      for (const expert of experts) this.#chosen[row]!.push(expert);
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

  /** How often two experts of a layer take the same token, over chance, as a heat map. */
  coActivation(layer: number = this.layers.at(-1) ?? 0): Plot {
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
   * The tokens coloured by the expert that they go to first in a layer; the bar under a token is the
   * expert it goes to second.
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
   * What each expert of a layer specialises in: the tokens that it takes most often compared with all
   * tokens, among those that it took at least five times.
   */
  topTokens(
    layer: number = this.layers.at(-1) ?? 0,
    { count = 8, atLeast = 5 }: { count?: number; atLeast?: number } = {},
  ): ExpertTokens {
    const K = this.#perToken;
    const experts = this.#ofLayer(layer);
    const totals = new Map<number, number>();
    const taken = Array.from(
      { length: this.experts },
      () => new Map<number, number>(),
    );
    for (const [i, id] of this.#ids.entries()) {
      totals.set(id, (totals.get(id) ?? 0) + 1);
      for (let k = 0; k < K; k++) {
        const tokens = taken[experts[i * K + k] ?? 0]!;
        tokens.set(id, (tokens.get(id) ?? 0) + 1);
      }
    }
    const rows = taken.map((tokens, expert) => {
      const best = [...tokens].filter(([, times]) => times >= atLeast)
        .map(([id, times]) => ({ id, times, share: times / totals.get(id)! }))
        .sort((a, b) => b.share - a.share || b.times - a.times)
        .slice(0, count);
      return {
        expert,
        tokens: best.map(({ id, share, times }) => ({
          text: this.#source.tokenizer.decode([id]),
          share,
          times,
        })),
      };
    });
    return new ExpertTokens(layer, rows);
  }

  /** What a notebook shows: the loads. */
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

/** The tokens of one expert. */
export interface ExpertTokenRow {
  /** Its number. */
  readonly expert: number;
  /** The tokens it takes most of. */
  readonly tokens: readonly {
    /** The token's text. */
    readonly text: string;
    /** Part of all such tokens that go to this expert. */
    readonly share: number;
    /** How many. */
    readonly times: number;
  }[];
}

/** A table of what experts specialise in; made by {@linkcode Routing.topTokens}. */
export class ExpertTokens {
  /** The layer. */
  readonly layer: number;
  /** One row an expert. */
  readonly rows: readonly ExpertTokenRow[];

  /** A table for a layer. */
  constructor(layer: number, rows: readonly ExpertTokenRow[]) {
    this.layer = layer;
    this.rows = rows;
  }

  /** What a notebook shows. */
  [DISPLAY](): DisplayBundle {
    const head = [
      `expert of layer ${this.layer}`,
      "tokens it takes most of, and what part of them",
    ];
    const rows = this.rows.map(({ expert, tokens }) => [
      `${expert}`,
      tokens.map(({ text, share }) =>
        `${JSON.stringify(text)} ${Math.round(100 * share)}%`
      ).join("  "),
    ]);
    return {
      "text/html": htmlTable(head, rows),
      "text/plain": textTable(head, rows),
    };
  }

  /** What `console.log` shows. */
  [Symbol.for("Deno.customInspect")](): string {
    return String(this[DISPLAY]()["text/plain"]);
  }
}

/**
 * Load of every expert over the steps of a run of this kernel, a heat map a layer.
 *
 * @throws {RangeError} if nothing was measured yet, or the model has no experts.
 */
export function expertLoads(run: Pick<Run, "loads" | "layers" | "name">): Plot {
  if (run.loads.length === 0) {
    throw new RangeError(
      `Cannot show the loads of ${run.name}: no step was measured yet, or the model has no experts`,
    );
  }
  return new Plot(
    expertLoadFigure(run.loads, run.layers),
    `Load of the experts of ${run.name}`,
  );
}

/** Entropy of the router and load of the busiest expert over the steps of a run. */
export function routerBalance(run: Pick<Run, "name" | "metrics">): Plot {
  return compareBalance([run]);
}
