/**
 * Reads the files of a tokenizer directory by LitGPT's rules.
 *
 * @module
 */

import { basename, join, resolve } from "node:path";
import { z } from "zod";

const TOKENIZER_FILES = [
  "tokenizer.json",
  "tokenizer_config.json",
  "generation_config.json",
  "special_tokens_map.json",
];

const TokenizerJson = z.looseObject({
  model: z.looseObject({}),
  decoder: z.looseObject({ type: z.string() }).nullish(),
});

const Token = z.union([z.string(), z.looseObject({ content: z.string() })])
  .nullish();
const TokenizerConfig = z.looseObject({
  add_bos_token: z.boolean().nullish(),
  tokenizer_class: z.string().nullish(),
  bos_token: Token,
  eos_token: Token,
});

const TokenId = z.union([z.int(), z.array(z.int())]).nullish();
const GenerationConfig = z.looseObject({
  bos_token_id: TokenId,
  eos_token_id: TokenId,
});

/** What a tokenizer directory says. */
export interface TokenizerDirectory {
  tokenizer: object;
  tokenizerText: string;
  decoderType: string | undefined;
  bosToken: string | undefined;
  eosToken: string | undefined;
  generationBosId: number | undefined;
  generationEosId: number | undefined;
  useBos: boolean;
  files: string[];
}

/**
 * Reads and checks the files of a tokenizer directory.
 *
 * @param directory The directory.
 * @returns What they say.
 * @throws {Error} If the directory or `tokenizer.json` is missing.
 * @throws {SyntaxError} If a file is no valid JSON or has a wrong field.
 */
export async function readTokenizerDirectory(
  directory: string,
): Promise<TokenizerDirectory> {
  await checkDirectory(directory);
  const texts = new Map<string, string>();
  for (const name of TOKENIZER_FILES) {
    try {
      texts.set(name, await Deno.readTextFile(join(directory, name)));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const text = (name: string) => texts.get(name) ?? "{}";
  const read = <T>(name: string, schema: z.ZodType<T>, repair = false): T =>
    parseFile(join(directory, name), text(name), { schema, repair });

  const tokenizer = read("tokenizer.json", TokenizerJson);
  const config = read("tokenizer_config.json", TokenizerConfig);
  const generation = read("generation_config.json", GenerationConfig, true);
  return {
    // Older files leave out parts that are null; the library wants them named.
    tokenizer: {
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
      added_tokens: [],
      ...tokenizer,
    },
    tokenizerText: text("tokenizer.json"),
    decoderType: tokenizer.decoder?.type,
    bosToken: contentOf(config.bos_token),
    eosToken: contentOf(config.eos_token),
    generationBosId: firstOf(generation.bos_token_id),
    generationEosId: firstOf(generation.eos_token_id),
    useBos: usesBos(directory, config),
    files: [...texts.keys()].map((name) => resolve(directory, name)),
  };
}

async function checkDirectory(directory: string): Promise<void> {
  const wrong = (what: string) =>
    new Error(
      `Cannot load the tokenizer from ${directory}: ${what}: give a directory that holds a Hugging Face tokenizer.json, or "gpt2"`,
    );
  const stat = await Deno.stat(directory).catch(() => undefined);
  if (stat === undefined) throw wrong("there is no such directory");
  if (!stat.isDirectory) throw wrong("it is not a directory");
  const exists = (name: string) =>
    Deno.stat(join(directory, name)).then(() => true, () => false);
  if (await exists("tokenizer.json")) return;
  if (await exists("tokenizer.model")) {
    throw new Error(
      `Cannot load the tokenizer from ${directory}: it holds only a SentencePiece tokenizer.model: save it once with ` +
        "Python's transformers, AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR), which writes tokenizer.json",
    );
  }
  throw wrong("it holds no tokenizer.json");
}

function parseFile<T>(
  path: string,
  text: string,
  { schema, repair }: { schema: z.ZodType<T>; repair: boolean },
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    try {
      if (!repair) throw cause;
      value = JSON.parse(repairCommas(text));
    } catch {
      throw new SyntaxError(
        `Cannot read ${path}: it is not valid JSON: ${
          cause instanceof Error ? cause.message : String(cause)
        }`,
        { cause },
      );
    }
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new SyntaxError(
    `Cannot read ${path}: ${
      z.prettifyError(result.error).replaceAll("\n", " ")
    }`,
  );
}

/** Published files exist with a comma too many or too few, Llama 3.2's among them. */
function repairCommas(text: string): string {
  return text
    .replace(/,(\s*[}\]])/g, "$1")
    .replace(/(?<=[}\]0-9a-z"])(\s*\n\s*")/g, ",$1");
}

function contentOf(token: z.infer<typeof Token>): string | undefined {
  return (typeof token === "string" ? token : token?.content) ?? undefined;
}

function firstOf(id: z.infer<typeof TokenId>): number | undefined {
  return (Array.isArray(id) ? id[0] : id) ?? undefined;
}

/** LitGPT's rule, Llama 3 by name included: its files do not say that it wants bos. */
function usesBos(
  directory: string,
  config: z.infer<typeof TokenizerConfig>,
): boolean {
  const name = basename(resolve(directory));
  if (/^(Meta-)?Llama-3/.test(name)) return true;
  if (/^SmolLM2.*Instruct$/.test(name)) return true;
  return config.add_bos_token ?? config.tokenizer_class === "LlamaTokenizer";
}
