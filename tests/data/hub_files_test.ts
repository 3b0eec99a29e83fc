import assert from "node:assert/strict";
import { join } from "node:path";
import { filesSource } from "../../lib/data/_text_source.ts";
import { openShards, type PrepareProgress } from "../../lib/data/mod.ts";
import { prepareData } from "../../lib/data/prepare.ts";
import type { HubSettings } from "../../lib/hub/mod.ts";
import type { FakeHub } from "../hub/_server.ts";
import { withHub } from "../hub/_setup.ts";
import { allTokens } from "./_helpers.ts";
import { PARQUET } from "./_parquet.ts";
import { documentsIn, tokenizer } from "./_prepare.ts";

const REPOSITORY = "datasets/ann/whales";

const jsonl = (...texts: string[]) =>
  texts.map((text) => `${JSON.stringify({ text })}\n`).join("");

interface Place {
  hub: FakeHub;
  settings: HubSettings;
  /** Prepares a request, and gives the documents of both splits. */
  prepare(
    request: { train: string; val?: string },
    options?: {
      settings?: HubSettings;
      onProgress?: (progress: PrepareProgress) => void;
    },
  ): Promise<{ train: string[]; val: string[]; name: string; reused: boolean }>;
}

async function withPlace(body: (place: Place) => Promise<void>): Promise<void> {
  await withHub(async ({ hub, folder, settings }) => {
    await body({
      hub,
      settings,
      async prepare(request, options = {}) {
        const source = filesSource(request, {
          ...options,
          hub: { settings: options.settings ?? settings, retryDelayMs: 1 },
        });
        const { dir, manifest, reused } = await prepareData(source, {
          tokenizer,
          root: join(folder, "prepared"),
        });
        const shards = await openShards(dir);
        return {
          train: documentsIn(allTokens(shards, "train")),
          val: shards.val.length > 0
            ? documentsIn(allTokens(shards, "val"))
            : [],
          name: manifest.name,
          reused,
        };
      },
    });
  });
}

Deno.test("hf://datasets/OWNER/NAME is prepared by the splits that its names tell", async () => {
  await withPlace(async ({ hub, prepare, settings }) => {
    hub.commit(REPOSITORY, {
      "README.md": "About whales.",
      "dataset_infos.json": "[]",
      "data/train-00000-of-00002.jsonl": jsonl("one", "two"),
      "data/train-00001-of-00002.jsonl": jsonl("three"),
      "data/validation-00000-of-00001.jsonl": jsonl("four"),
      "data/test-00000-of-00001.jsonl": jsonl("five"),
    });
    const phases = new Set<string>();
    const request = { train: "hf://datasets/ann/whales" };
    const first = await prepare(request, {
      onProgress: ({ phase }) => phases.add(phase),
    });
    assert.deepEqual(first, {
      train: ["one", "two", "three"],
      val: ["four"],
      name: "ann-whales",
      reused: false,
    });
    assert.deepEqual([...phases], ["downloading"]);
    // Not the description, nor the JSON that is no text.
    const fetched = hub.requests.filter(({ url }) => url.includes("/resolve/"));
    assert.equal(fetched.length, 4);

    assert.equal((await prepare(request)).reused, true);
    assert.equal(
      hub.requests.filter(({ url }) => url.includes("/resolve/")).length,
      4,
    );
    // Without the network, what is here is used.
    const before = hub.requests.length;
    const offline = { ...settings, offline: true };
    assert.equal((await prepare(request, { settings: offline })).reused, true);
    assert.equal(hub.requests.length, before);

    hub.commit(REPOSITORY, {
      "data/train.jsonl": jsonl("six"),
      "data/val.jsonl": jsonl("seven"),
    });
    const changed = await prepare(request);
    assert.deepEqual([changed.reused, changed.train], [false, ["six"]]);
  });
});

Deno.test("hf:// takes a revision, a pattern of files, and files to validate on", async () => {
  await withPlace(async ({ hub, prepare }) => {
    const old = hub.commit(REPOSITORY, {
      "en/a.jsonl": jsonl("old"),
      "en/b.txt": "text",
      "de/c.jsonl": jsonl("alt"),
    });
    hub.commit(REPOSITORY, { "en/a.jsonl": jsonl("new") });
    const at = `hf://datasets/ann/whales@${old}`;
    const trained = async (train: string, val: string) => {
      const { train: texts, val: held } = await prepare({ train, val });
      return [texts, held];
    };
    assert.deepEqual(
      await trained(`${at}/en/*.jsonl`, `${at}/de`),
      [["old"], ["alt"]],
    );
    assert.deepEqual(
      await trained(`${at}/**.jsonl`, `${at}/de/?.jsonl`),
      [["old"], ["alt"]],
    );
    assert.deepEqual(
      await trained(`${at}/en`, `${at}/en/b.txt`),
      [["old"], ["text"]],
    );
  });
});

Deno.test("hf:// reads Parquet", async () => {
  await withPlace(async ({ hub, prepare }) => {
    hub.commit(REPOSITORY, {
      "data/train-00000-of-00001.parquet": PARQUET,
      "data/validation-00000-of-00001.parquet": PARQUET,
    });
    const { train, val } = await prepare({ train: "hf://datasets/ann/whales" });
    assert.deepEqual(train, ["The first story.", "na\u00efve \u{1f40b}"]);
    assert.deepEqual(val, train);
  });
});

Deno.test("hf:// says what is wrong with a name, and that nothing matches", async () => {
  await withPlace(async ({ hub, prepare }) => {
    hub.commit(REPOSITORY, { "README.md": "About whales." });
    for (const path of ["hf://ann/whales", "hf://datasets/whales", "hf://"]) {
      await assert.rejects(
        async () => await prepare({ train: path }),
        /^TypeError: Cannot read text from hf:.*: expected hf:\/\/datasets\/OWNER\/NAME/,
      );
    }
    for (const path of ["", "/data/*.parquet"]) {
      await assert.rejects(
        prepare({ train: `hf://datasets/ann/whales${path}` }),
        /the dataset ann\/whales: it has none of the files that are wanted/,
      );
    }
    await assert.rejects(
      prepare({ train: "hf://datasets/ann/sharks" }),
      /has no dataset ann\/sharks \(404\)/,
    );
  });
});
