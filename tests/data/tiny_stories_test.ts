import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import {
  openShards,
  prepareDataset,
  type PrepareOptions,
  type PrepareProgress,
} from "../../lib/data/mod.ts";
import { tinyStoriesSource } from "../../lib/data/tiny_stories.ts";
import { prepareData } from "../../lib/data/prepare.ts";
import { downloadFile, type HubSettings } from "../../lib/hub/mod.ts";
import { type FakeHub, startHub } from "../hub/_server.ts";
import { allTokens, withFolder, writeFiles } from "./_helpers.ts";
import { documentsIn, tokenizer } from "./_prepare.ts";

const ARCHIVE = "TinyStories_all_data.tar.gz";
const COMMIT = "f54c09fd23315a6f9c86f9dc80f725de7d8f9c64";

/** Stories of three shards, with what JSON escapes and what is stripped. */
const SHARDS = [0, 1, 2].map((shard) =>
  Array.from(
    { length: 40 },
    (_, index) =>
      `\n\n Story ${index} of shard ${shard}: "Quick, Lily!" said the \\ caf\u00e9's \u{1f433}.\n\nThe end. `,
  )
);

/** A story without text, which is left out. */
const EMPTY = " \n";

const TRAIN = [...SHARDS[1]!, ...SHARDS[2]!].map((story) => story.trim());
const VAL = SHARDS[0]!.map((story) => story.trim());

/** The archive as `tar -czf` makes it of such shards. */
async function makeArchive(folder: string): Promise<Uint8Array> {
  const files = SHARDS.map((stories, shard) => {
    const elements = [...stories, ...(shard === 1 ? [EMPTY] : [])]
      .map((story, index) => ({
        story,
        instruction: { "prompt:": "Write a story: [", words: ["{", "a"] },
        summary: `Summary ${index}`,
        source: "GPT-4",
      }));
    return [`shards/data0${shard}.json`, JSON.stringify(elements)];
  });
  await writeFiles(folder, {
    ...Object.fromEntries(files),
    "shards/._data01.json": "not a shard",
    "shards/README": "x".repeat(512),
  });
  // The shard to validate on is not the first in the archive.
  const names = ["data02.json", "README", "._data01.json", "data00.json"];
  const { success, stderr } = await new Deno.Command("tar", {
    args: [
      "-czf",
      join(folder, ARCHIVE),
      "-C",
      join(folder, "shards"),
      ...names.map((name) => `./${name}`),
      "./data01.json",
    ],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return await Deno.readFile(join(folder, ARCHIVE));
}

/** A hub with the archive, in a folder to prepare in. */
interface Place {
  hub: FakeHub;
  folder: string;
  dataPath: string;
  archive: Uint8Array;
  settings: HubSettings;
  /** Prepares from that hub. */
  prepare(options?: Partial<PrepareOptions>): ReturnType<typeof prepareData>;
}

async function withStories(
  body: (place: Place) => Promise<void>,
  options: { token?: string } = {},
): Promise<void> {
  await withFolder(async (folder) => {
    const archive = await makeArchive(folder);
    await using hub = await startHub(options);
    hub.commit(
      "datasets/roneneldan/TinyStories",
      { [ARCHIVE]: archive },
      COMMIT,
    );
    const settings: HubSettings = {
      endpoint: hub.endpoint,
      token: options.token,
      cacheDir: join(folder, "cache"),
      offline: false,
    };
    const dataPath = join(folder, "tinystories");
    const prepare = (options: Partial<PrepareOptions> = {}) => {
      const source = tinyStoriesSource(dataPath, {
        hub: { settings, retryDelayMs: 1 },
      });
      const root = join(folder, "prepared");
      return prepareData(source, { tokenizer, root, ...options });
    };
    await body({ hub, folder, dataPath, archive, settings, prepare });
  });
}

/** Runs a test body with variables of the environment. */
async function withEnvironment(
  variables: Record<string, string>,
  body: () => Promise<void>,
): Promise<void> {
  const before = Object.keys(variables)
    .map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(variables)) {
    Deno.env.set(name, value);
  }
  try {
    await body();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

/** Ids of stories that each begin with bos. */
function encodeAll(stories: readonly string[]): number[] {
  return stories.flatMap((
    story,
  ) => [...tokenizer.encode(story, { bos: true })]);
}

Deno.test("prepareDataset() downloads TinyStories and prepares it with LitGPT's split", async () => {
  await withStories(async ({ hub, folder, dataPath, archive, settings }) => {
    const variables = {
      HF_ENDPOINT: hub.endpoint,
      HF_TOKEN: "hf_x",
      HF_HUB_CACHE: settings.cacheDir,
      HF_HUB_OFFLINE: "0",
    };
    await withEnvironment(variables, async () => {
      const progress: PrepareProgress[] = [];
      const request = { kind: "tinystories", dataPath } as const;
      const options = {
        tokenizer,
        root: join(folder, "prepared"),
        onProgress: (now: PrepareProgress) => progress.push(now),
      };
      const { dir, manifest } = await prepareDataset(request, options);

      const shards = await openShards(dir, { verify: true });
      const train = allTokens(shards, "train");
      const val = allTokens(shards, "val");
      // The archive's order, shard 2 before shard 1.
      const order = [...TRAIN.slice(40), ...TRAIN.slice(0, 40)];
      assert.deepEqual(train, encodeAll(order));
      assert.deepEqual(val, encodeAll(VAL));
      assert.ok(!documentsIn(val).some((story) => TRAIN.includes(story)));
      assert.equal(manifest.name, "tinystories");
      assert.equal(manifest.emptyDocuments, 1);
      assert.equal(manifest.splits.train.documents, 80);
      assert.equal(manifest.splits.val.documents, 40);

      assert.deepEqual(await Deno.readFile(join(dataPath, ARCHIVE)), archive);
      assert.deepEqual([...new Set(progress.map(({ phase }) => phase))], [
        "downloading",
        "hashing",
        "encoding",
      ]);
      const downloaded = progress.findLast(({ phase }) =>
        phase === "downloading"
      );
      assert.equal(downloaded?.bytes, archive.length);
      assert.equal(downloaded?.totalBytes, archive.length);
      const encoded = progress.at(-1);
      assert.equal(encoded?.bytes, archive.length);
      assert.equal(encoded?.totalBytes, archive.length);
      assert.deepEqual(
        hub.requests.map(({ server, authorization }) => [
          server,
          authorization,
        ]),
        [
          ["hub", "Bearer hf_x"],
          ["hub", "Bearer hf_x"],
          ["store", undefined],
        ],
      );

      hub.requests.length = 0;
      const again = await prepareDataset(request, options);
      assert.equal(again.reused, true);
      assert.deepEqual(hub.requests, []);
    });
  }, { token: "hf_x" });
});

Deno.test("tinyStoriesSource() needs no hub for an archive that is there", async () => {
  await withStories(async ({ folder, hub, dataPath, archive, settings }) => {
    const offline = { ...settings, offline: true };
    const list = async () => {
      const source = tinyStoriesSource(dataPath, {
        hub: { settings: offline },
      });
      return (await source.list()).map(({ path, size }) => ({ path, size }));
    };
    await downloadFile(
      { type: "dataset", name: "roneneldan/TinyStories" },
      ARCHIVE,
      { settings },
    );
    hub.requests.length = 0;
    const { size } = archive.length === 0
      ? { size: 0 }
      : { size: archive.length };
    const cached = `datasets--roneneldan--TinyStories/snapshots/${COMMIT}`;
    assert.deepEqual(await list(), [
      { path: join(settings.cacheDir, cached, ARCHIVE), size },
    ]);
    await Deno.mkdir(dataPath);
    await Deno.rename(join(folder, ARCHIVE), join(dataPath, ARCHIVE));
    assert.deepEqual(await list(), [{ path: join(dataPath, ARCHIVE), size }]);
    assert.deepEqual(hub.requests, []);
  });
});

Deno.test("tinyStoriesSource() says how to go on without a network", async () => {
  await withStories(async ({ hub, dataPath, settings, prepare }) => {
    const { host } = new URL(settings.endpoint);
    await hub[Symbol.asyncDispose]();
    const waysOn =
      `or put the file into ${dataPath} yourself, or go on without it: ` +
      "`--data Corpus`, or text of your own with `--data TextFiles --data.train_data_path PATH`";
    await assert.rejects(prepare(), ({ name, message }: Error) => {
      assert.equal(name, "Error");
      assert.match(
        message,
        /^Cannot download TinyStories_all_data\.tar\.gz of the dataset roneneldan\/TinyStories: /,
      );
      assert.ok(message.includes(`${host} could not be reached`), message);
      assert.ok(message.endsWith(waysOn), message);
      return true;
    });
    const offline = tinyStoriesSource(dataPath, {
      hub: { settings: { ...settings, offline: true } },
    });
    await assert.rejects(offline.list(), ({ message }: Error) => {
      assert.match(message, /HF_HUB_OFFLINE is set/);
      assert.ok(message.endsWith(waysOn), message);
      return true;
    });
  });
});

Deno.test("tinyStoriesSource() goes on where a preparation was stopped", async () => {
  await withStories(async ({ prepare }) => {
    const controller = new AbortController();
    await assert.rejects(
      prepare({
        checkpointBytes: 1,
        signal: controller.signal,
        onProgress: ({ phase }) => {
          if (phase === "encoding") controller.abort(new Error("enough"));
        },
      }),
      /enough/,
    );
    const shards = await openShards((await prepare()).dir, { verify: true });
    assert.deepEqual(allTokens(shards, "val"), encodeAll(VAL));
    assert.equal(shards.train.length, encodeAll(TRAIN).length);
  });
});

Deno.test("tinyStoriesSource() refuses an archive that is damaged", async () => {
  await withStories(async ({ dataPath, archive, prepare }) => {
    await Deno.mkdir(dataPath);
    const path = join(dataPath, ARCHIVE);
    const refused = async (content: Uint8Array, message: RegExp) => {
      await Deno.writeFile(path, content);
      await assert.rejects(prepare(), ({ message: text }: Error) => {
        assert.ok(text.startsWith(`Cannot read ${path}`), text);
        assert.match(text, message);
        return true;
      });
    };
    const advice = ": delete it, and it is downloaded again$";
    await refused(
      archive.subarray(0, -20),
      new RegExp(`it is damaged \\(unexpected end of file\\)${advice}`),
    );
    const flipped = archive.slice();
    flipped[flipped.length - 6]! ^= 1;
    await refused(flipped, new RegExp(`it is damaged \\(.*\\)${advice}`));
    await refused(
      new TextEncoder().encode("<html>"),
      new RegExp(`\\(incorrect header check\\)${advice}`),
    );
    const tar = new Uint8Array(gunzipSync(archive));
    await refused(
      gzipSync(tar.subarray(0, 700)),
      /the tar archive ends too early$/,
    );
    await refused(gzipSync("x".repeat(600)), /it is not a tar archive$/);
    // The checksum comes after zeros that nothing else would read.
    const padded = gzipSync(Buffer.concat([tar, Buffer.alloc(1 << 23)]));
    padded[padded.length - 6]! ^= 1;
    await refused(padded, /it is damaged/);
    const flippedName = tar.slice();
    flippedName[3]! ^= 1;
    await refused(gzipSync(flippedName), /it is not a tar archive$/);
    const story = new TextEncoder().encode('"story":');
    const place = Buffer.from(tar).indexOf(story);
    const noJson = tar.slice();
    noJson[place + story.length - 1] = ";".charCodeAt(0);
    await refused(
      gzipSync(noJson),
      /data02\.json, element 1: it is not valid JSON/,
    );
    await Deno.writeFile(path, gzipSync(new Uint8Array(10240)));
    await assert.rejects(prepare(), /there is no text in it/);
  });
});
