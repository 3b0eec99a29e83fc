import assert from "node:assert/strict";
import { join } from "node:path";
import { loadTokenizer } from "../../lib/tokenizer/mod.ts";

const FIXTURES = join(import.meta.dirname!, "fixtures");

async function withDirectory(
  files: Record<string, unknown>,
  body: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeTextFile(
        join(directory, name),
        typeof content === "string" ? content : JSON.stringify(content),
      );
    }
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function byteLevelJson(): Promise<string> {
  return await Deno.readTextFile(join(FIXTURES, "byte_level/tokenizer.json"));
}

Deno.test("loadTokenizer() finds bos, eos and the number of ids", async () => {
  const corpus = await loadTokenizer("data/tokenizer");
  assert.equal(corpus.vocabSize, 4096);
  assert.equal(corpus.bosId, 0);
  assert.equal(corpus.eosId, 0);
  assert.equal(corpus.useBos, true);
  assert.deepEqual(corpus.files.map((file) => file.split("/").at(-1)), [
    "tokenizer.json",
    "tokenizer_config.json",
  ]);

  const llama2 = await loadTokenizer(join(FIXTURES, "sentencepiece"));
  assert.equal(llama2.vocabSize, 400);
  assert.equal(llama2.bosId, 1);
  assert.equal(llama2.eosId, 2);
  assert.equal(llama2.useBos, true);

  // Ids 346 and 347 are added tokens, beyond the vocabulary of the model part.
  const llama3 = await loadTokenizer(join(FIXTURES, "byte_level"));
  assert.equal(llama3.vocabSize, 348);
  assert.equal(llama3.bosId, 346);
  assert.equal(llama3.eosId, 347);
  assert.equal(llama3.useBos, false);

  const gpt2 = await loadTokenizer("gpt2");
  assert.equal(gpt2.vocabSize, 50257);
  assert.equal(gpt2.bosId, 50256);
  assert.equal(gpt2.eosId, 50256);
  assert.deepEqual(gpt2.files, []);
});

Deno.test("loadTokenizer() takes ids from generation_config.json where no token is named", async () => {
  const files = {
    "tokenizer.json": await byteLevelJson(),
    "tokenizer_config.json": { tokenizer_class: "PreTrainedTokenizerFast" },
    // A comma too many and one too few, as in published files.
    "generation_config.json":
      '{\n "bos_token_id": 5\n "eos_token_id": [7, 8],\n}',
  };
  await withDirectory(files, async (directory) => {
    const tokenizer = await loadTokenizer(directory);
    assert.equal(tokenizer.bosId, 5);
    assert.equal(tokenizer.eosId, 7);
  });
});

Deno.test("loadTokenizer() begins with bos as LitGPT does: by add_bos_token, class or name", async () => {
  const json = await byteLevelJson();
  const useBos = async (config: object, name?: string) => {
    let result: boolean | undefined;
    await withDirectory({}, async (directory) => {
      const folder = name === undefined ? directory : join(directory, name);
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(join(folder, "tokenizer.json"), json);
      await Deno.writeTextFile(
        join(folder, "tokenizer_config.json"),
        JSON.stringify(config),
      );
      result = (await loadTokenizer(folder)).useBos;
    });
    return result;
  };
  assert.equal(await useBos({}), false);
  assert.equal(await useBos({ add_bos_token: true }), true);
  assert.equal(await useBos({ tokenizer_class: "LlamaTokenizer" }), true);
  assert.equal(
    await useBos({ tokenizer_class: "LlamaTokenizer", add_bos_token: false }),
    false,
  );
  assert.equal(await useBos({}, "Llama-3.2-1B"), true);
  assert.equal(await useBos({}, "SmolLM2-135M-Instruct"), true);
  assert.equal(await useBos({}, "SmolLM2-135M"), false);
});

Deno.test("loadTokenizer() gives a fingerprint of what decides about ids", async () => {
  const json = await byteLevelJson();
  const fingerprint = async (files: Record<string, unknown>) => {
    let result = "";
    await withDirectory(files, async (directory) => {
      result = (await loadTokenizer(directory)).fingerprint;
    });
    return result;
  };
  const plain = await fingerprint({ "tokenizer.json": json });
  assert.match(plain, /^[0-9a-f]{64}$/);
  assert.equal(await fingerprint({ "tokenizer.json": json }), plain);
  assert.notEqual(
    await fingerprint({
      "tokenizer.json": json,
      "tokenizer_config.json": { bos_token: "<|begin_of_text|>" },
    }),
    plain,
  );
  assert.notEqual(
    await fingerprint({ "tokenizer.json": json.replace("346", "348") }),
    plain,
  );
});

Deno.test("loadTokenizer() says what is wrong with a directory", async () => {
  await assert.rejects(
    loadTokenizer("no/such/place"),
    /^Error: Cannot load the tokenizer from no\/such\/place: there is no such directory: give a directory that holds a Hugging Face tokenizer\.json, or "gpt2"$/,
  );
  await assert.rejects(
    loadTokenizer("data/tokenizer/tokenizer.json"),
    /it is not a directory/,
  );
  await withDirectory({}, async (directory) => {
    await assert.rejects(loadTokenizer(directory), /holds no tokenizer\.json/);
  });
  await withDirectory({ "tokenizer.model": "x" }, async (directory) => {
    await assert.rejects(
      loadTokenizer(directory),
      /only a SentencePiece tokenizer\.model: save it once with/,
    );
  });
});

Deno.test("loadTokenizer() says what is wrong with a file", async () => {
  const json = await byteLevelJson();
  const refused = (files: Record<string, unknown>, message: RegExp) =>
    withDirectory(files, async (directory) => {
      await assert.rejects(loadTokenizer(directory), message);
    });
  await refused(
    { "tokenizer.json": json.slice(0, 1000) },
    /^SyntaxError: Cannot read .*tokenizer\.json: it is not valid JSON/,
  );
  await refused(
    { "tokenizer.json": { model: { type: "Nonsense" } } },
    /^SyntaxError: Cannot load the tokenizer from .*: tokenizer\.json is not one that can be used/,
  );
  await refused({ "tokenizer.json": {} }, /tokenizer\.json.*model/);
  await refused(
    { "tokenizer.json": json, "tokenizer_config.json": { bos_token: 3 } },
    /tokenizer_config\.json.*bos_token/,
  );
  await refused(
    { "tokenizer.json": json, "tokenizer_config.json": { eos_token: "<end>" } },
    /^RangeError: .*eos_token "<end>" of tokenizer_config\.json is not in tokenizer\.json/,
  );
  await refused(
    { "tokenizer.json": json, "generation_config.json": "{{" },
    /generation_config\.json: it is not valid JSON/,
  );
});
