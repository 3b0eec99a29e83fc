import assert from "node:assert/strict";
import { join } from "node:path";
import {
  downloadRepository,
  type HubSettings,
  uploadDirectory,
} from "../../lib/hub/mod.ts";
import { answer } from "./_server.ts";
import { hubError, noise, type Place, withHub } from "./_setup.ts";

const MODEL = { type: "model", name: "ann/whale" } as const;
const TOKEN = "hf_secret";

/** Settings of somebody who may write. */
function writer({ settings }: Place): HubSettings {
  return { ...settings, token: TOKEN };
}

async function exported(folder: string): Promise<string> {
  const directory = join(folder, "exported");
  await Deno.mkdir(join(directory, "original"), { recursive: true });
  await Deno.writeTextFile(join(directory, "config.json"), "{}\n");
  await Deno.writeFile(join(directory, "model.safetensors"), noise(3_000_000));
  await Deno.writeFile(join(directory, "original/weights.bin"), noise(2000, 2));
  await Deno.writeTextFile(join(directory, ".lock"), "");
  await Deno.writeTextFile(join(directory, "empty.txt"), "");
  return directory;
}

const PATHS = [
  "config.json",
  "empty.txt",
  "model.safetensors",
  "original/weights.bin",
];

Deno.test("uploadDirectory() creates the repository, and what is downloaded from it is the same", async () => {
  await withHub(async (place) => {
    const { hub, folder, options } = place;
    const directory = await exported(folder);
    const progress: [number, number][] = [];
    const notices: string[] = [];
    const settings = writer(place);
    const { commit, url, files } = await uploadDirectory(MODEL, directory, {
      ...options,
      settings,
      onProgress: ({ bytes, totalBytes }) => progress.push([bytes, totalBytes]),
      onNotice: (text) => notices.push(text),
    });
    assert.deepEqual(files, PATHS);
    assert.equal(hub.repositories["models/ann/whale"]?.main, commit);
    assert.match(url, /\/ann\/whale\/commit\//);
    assert.match(notices.join(), /Creating the model ann\/whale on 127/);
    assert.deepEqual(progress.at(-1), [3_002_003, 3_002_003]);
    const here = await downloadRepository(MODEL, { ...options, settings });
    for (const path of PATHS) {
      assert.deepEqual(
        await Deno.readFile(join(here, path)),
        await Deno.readFile(join(directory, path)),
        path,
      );
    }
    // The token goes to the hub, and not to the store behind it.
    for (const { server, authorization } of hub.requests) {
      const expected = server === "hub" ? `Bearer ${TOKEN}` : undefined;
      assert.equal(authorization, expected);
    }
  }, { token: TOKEN });
});

Deno.test("uploadDirectory() does not send again what the hub has", async () => {
  await withHub(async (place) => {
    const { hub, folder, options } = place;
    const directory = await exported(folder);
    const upload = (include?: (path: string) => boolean) =>
      uploadDirectory(MODEL, directory, {
        ...options,
        settings: writer(place),
        ...(include ? { include } : {}),
      });
    const puts = () => hub.requests.filter(({ method }) => method === "PUT");
    const first = await upload((path) => path.endsWith(".safetensors"));
    assert.deepEqual(first.files, ["model.safetensors"]);
    assert.equal(puts().length, 1);
    await upload();
    assert.equal(puts().length, 2);
    await Deno.writeTextFile(join(directory, "config.json"), '{"a": 1}\n');
    const { commit } = await upload();
    assert.equal(puts().length, 2);
    assert.equal(hub.repositories["models/ann/whale"]?.main, commit);
    const creations = hub.requests.filter(({ url }) =>
      url === "/api/repos/create"
    );
    assert.equal(creations.length, 1);
  });
});

Deno.test("uploadDirectory() survives a hub that is busy, and a store that breaks off", async () => {
  await withHub(async (place) => {
    const { hub, folder, options } = place;
    const directory = await exported(folder);
    const failed = new Set<string>();
    hub.faults.push(({ method, url }, response) => {
      const name = `${method} ${url}`;
      if (failed.has(name)) return false;
      failed.add(name);
      if (method === "PUT") response.destroy();
      else answer(response, 503);
      return true;
    });
    const settings = writer(place);
    const { files } = await uploadDirectory(MODEL, directory, {
      ...options,
      settings,
    });
    assert.deepEqual(files, PATHS);
    assert.ok(failed.size >= 5);
  });
});

Deno.test("uploadDirectory() finds out that the hub has something else", async () => {
  await withHub(async (place) => {
    const { hub, folder, options } = place;
    const directory = await exported(folder);
    hub.faults.push(({ url }, response) => {
      if (!url.includes("/paths-info/")) return false;
      answer(response, 200, [{
        type: "file",
        path: "config.json",
        size: 3,
        oid: "0".repeat(40),
      }]);
      return true;
    });
    await assert.rejects(
      uploadDirectory(MODEL, directory, {
        ...options,
        settings: writer(place),
      }),
      hubError("damaged", /has another config\.json after the upload/),
    );
  });
});

Deno.test("uploadDirectory() refuses what cannot work before it sends anything", async () => {
  await withHub(async (place) => {
    const { hub, folder, options, settings } = place;
    const directory = await exported(folder);
    const upload = (changes: Partial<HubSettings>, from = directory) =>
      uploadDirectory(MODEL, from, {
        ...options,
        settings: { ...settings, token: TOKEN, ...changes },
      });
    await assert.rejects(
      upload({ token: undefined }),
      hubError(
        "unauthorized",
        /^Cannot upload the model ann\/whale: 127.* set HF_TOKEN to a token that may write$/,
      ),
    );
    await assert.rejects(
      upload({ offline: true }),
      hubError("offline", /HF_HUB_OFFLINE is set: unset it/),
    );
    await Deno.mkdir(join(folder, "nothing"));
    await assert.rejects(
      upload({}, join(folder, "nothing")),
      hubError("not_found", /there is no file in .*nothing: choose another/),
    );
    assert.equal(hub.requests.length, 0);
    await assert.rejects(
      uploadDirectory({ type: "model", name: "../whale" }, directory, options),
      /^TypeError: Cannot upload "\.\.\/whale": it is not the name/,
    );
  });
});

Deno.test("uploadDirectory() says what a token lacks", async () => {
  await withHub(async (place) => {
    const { folder, options } = place;
    const directory = await exported(folder);
    await assert.rejects(
      uploadDirectory(MODEL, directory, {
        ...options,
        settings: { ...place.settings, token: "hf_wrong" },
      }),
      hubError(
        "unauthorized",
        /^Cannot upload the model ann\/whale: 127.* does not accept the token/,
      ),
    );
  }, { token: TOKEN });
});
