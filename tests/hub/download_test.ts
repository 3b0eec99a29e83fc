import assert from "node:assert/strict";
import { join } from "node:path";
import { downloadFile, downloadRepository } from "../../lib/hub/mod.ts";
import { answer, bytesOf } from "./_server.ts";
import {
  filesIn,
  hubError,
  noise,
  sha256,
  STORIES,
  withHub,
} from "./_setup.ts";

const LARGE = noise(200_000);

Deno.test("downloadFile() puts a file into the cache as Hugging Face's tools do", async () => {
  await withHub(async ({ hub, settings, options }) => {
    const commit = hub.commit("datasets/ann/stories", {
      "data/large.bin": LARGE,
      "README.md": "# Stories\n",
    });
    const path = await downloadFile(STORIES, "data/large.bin", options);
    const folder = join(settings.cacheDir, "datasets--ann--stories");
    assert.equal(path, join(folder, "snapshots", commit, "data/large.bin"));
    assert.deepEqual(await Deno.readFile(path), LARGE);
    assert.equal(
      await Deno.readLink(path),
      `../../../blobs/${sha256(LARGE)}`,
    );
    await downloadFile(STORIES, "README.md", options);
    assert.ok(hub.requests.length > 0);
    assert.ok(hub.requests.every((request) => !request.authorization));
    assert.deepEqual(
      await filesIn(folder),
      [
        // As `git hash-object` says of it.
        "blobs/70ac3484b4eb20ce34c7b01b7d652ae8d359ee88",
        `blobs/${sha256(LARGE)}`,
        "refs/main",
        `snapshots/${commit}/README.md`,
        `snapshots/${commit}/data/large.bin`,
      ].sort(),
    );
    assert.equal(
      await Deno.readTextFile(join(folder, "refs/main")),
      commit,
    );
  });
});

Deno.test("downloadFile() asks whether a branch has moved, and downloads only what is new", async () => {
  await withHub(async ({ hub, options }) => {
    hub.commit("models/ann/tiny", { "a.bin": LARGE });
    const model = { type: "model", name: "ann/tiny" } as const;
    const first = await downloadFile(model, "a.bin", options);
    hub.requests.length = 0;
    assert.equal(await downloadFile(model, "a.bin", options), first);
    assert.deepEqual(
      hub.requests.map(({ url }) => url.split("?")[0]),
      ["/api/models/ann/tiny/revision/main"],
    );
    const other = noise(5000, 2);
    hub.commit("models/ann/tiny", { "a.bin": other });
    const second = await downloadFile(model, "a.bin", options);
    assert.deepEqual(await Deno.readFile(second), other);
    assert.deepEqual(await Deno.readFile(first), LARGE);
    // The same content under another commit is there already.
    hub.commit("models/ann/tiny", { "a.bin": other, "b.bin": LARGE });
    hub.requests.length = 0;
    const third = await downloadFile(model, "b.bin", options);
    assert.deepEqual(await Deno.readFile(third), LARGE);
    assert.deepEqual(
      hub.requests.filter(({ server }) => server === "store"),
      [],
    );
  });
});

Deno.test("downloadFile() asks nothing about a cached file of a commit", async () => {
  await withHub(async ({ hub, options }) => {
    const revision = hub.commit("datasets/ann/stories", { "a.bin": LARGE });
    const repository = { ...STORIES, revision };
    const path = await downloadFile(repository, "a.bin", options);
    hub.requests.length = 0;
    assert.equal(await downloadFile(repository, "a.bin", options), path);
    assert.deepEqual(hub.requests, []);
  });
});

Deno.test("downloadFile() makes do with the cache offline", async () => {
  await withHub(async ({ hub, settings, options }) => {
    hub.commit("datasets/ann/stories", { "a.bin": LARGE, "b.bin": LARGE });
    const offline = { settings: { ...settings, offline: true } };
    await assert.rejects(
      downloadFile(STORIES, "a.bin", offline),
      hubError(
        "offline",
        /^Cannot download a\.bin of the dataset ann\/stories: HF_HUB_OFFLINE is set, and there is no copy in .*cache: unset it/,
      ),
    );
    assert.deepEqual(hub.requests, []);
    const path = await downloadFile(STORIES, "a.bin", options);
    hub.requests.length = 0;
    assert.equal(await downloadFile(STORIES, "a.bin", offline), path);
    assert.deepEqual(hub.requests, []);
    await assert.rejects(
      downloadFile(STORIES, "b.bin", offline),
      hubError("offline", /b\.bin/),
    );
  });
});

Deno.test("downloadFile() makes do with the cache where the hub is away, and says so", async () => {
  await withHub(async ({ hub, settings, options }) => {
    hub.commit("datasets/ann/stories", { "a.bin": LARGE });
    const path = await downloadFile(STORIES, "a.bin", options);
    const { host } = new URL(settings.endpoint);
    await hub[Symbol.asyncDispose]();
    const notices: string[] = [];
    const onNotice = (text: string) => notices.push(text);
    assert.equal(
      await downloadFile(STORIES, "a.bin", { ...options, onNotice }),
      path,
    );
    assert.deepEqual(notices, [
      `${host} could not be reached: using the copy of a.bin of the dataset ann/stories that is here`,
    ]);
    await assert.rejects(
      downloadFile(STORIES, "b.bin", options),
      hubError(
        "unreachable",
        new RegExp(
          `^Cannot download b\\.bin of the dataset ann/stories: ${host} could not be reached \\(.*refused.*\\): check the network, or set HF_ENDPOINT to a mirror$`,
        ),
      ),
    );
  });
});

Deno.test("downloadFile() puts a file where it is told, and uses what is there", async () => {
  await withHub(async ({ hub, folder, settings, options }) => {
    const commit = hub.commit("datasets/ann/stories", { "a.bin": LARGE });
    const to = join(folder, "here/a.bin");
    assert.equal(await downloadFile(STORIES, "a.bin", { ...options, to }), to);
    assert.deepEqual(await filesIn(folder), ["here/a.bin"]);
    assert.deepEqual(await Deno.readFile(to), LARGE);
    hub.requests.length = 0;
    await Deno.writeTextFile(to, "something else");
    assert.equal(await downloadFile(STORIES, "a.bin", { ...options, to }), to);
    assert.deepEqual(hub.requests, []);
    // A copy in the cache spares the download.
    const cached = await downloadFile(STORIES, "a.bin", options);
    assert.ok(cached.startsWith(settings.cacheDir));
    const elsewhere = join(folder, "there/a.bin");
    const repository = { ...STORIES, revision: commit };
    assert.equal(
      await downloadFile(repository, "a.bin", { ...options, to: elsewhere }),
      cached,
    );
  });
});

Deno.test("downloadFile() sends the token to the hub alone", async () => {
  await withHub(async ({ hub, settings, options }) => {
    hub.commit("datasets/ann/stories", { "a.bin": LARGE });
    const name = "ann/stories";
    await assert.rejects(
      downloadFile(STORIES, "a.bin", options),
      hubError(
        "unauthorized",
        new RegExp(
          `wants a token \\(401\\): ${name} is private, or there is none of that name: check the name, or set HF_TOKEN$`,
        ),
      ),
    );
    const as = (token: string) => ({
      ...options,
      settings: { ...settings, token },
    });
    await assert.rejects(
      downloadFile(STORIES, "a.bin", as("hf_wrong")),
      hubError("unauthorized", /does not accept the token \(401\)/),
    );
    hub.requests.length = 0;
    const path = await downloadFile(STORIES, "a.bin", as("hf_right"));
    assert.deepEqual(await Deno.readFile(path), LARGE);
    assert.deepEqual(
      hub.requests.map(({ server, authorization }) => [server, authorization]),
      [
        ["hub", "Bearer hf_right"],
        ["hub", "Bearer hf_right"],
        ["hub", "Bearer hf_right"],
        ["store", undefined],
      ],
    );
  }, { token: "hf_right" });
});

Deno.test("downloadFile() says what is missing, or not allowed", async () => {
  await withHub(async ({ hub, options }) => {
    hub.commit("datasets/ann/stories", { "a.bin": LARGE });
    const refused = (
      repository: { name?: string; revision?: string },
      path = "a.bin",
    ) => downloadFile({ ...STORIES, ...repository }, path, options);
    await assert.rejects(
      refused({ name: "ann/storys" }),
      hubError(
        "not_found",
        /has no dataset ann\/storys \(404\): check the name$/,
      ),
    );
    await assert.rejects(
      refused({ revision: "v2" }),
      hubError("not_found", /ann\/stories has no revision v2 \(404\)/),
    );
    await assert.rejects(
      refused({}, "b.bin"),
      hubError(
        "not_found",
        /^Cannot download b\.bin of the dataset ann\/stories: there is no such file at main: check its name$/,
      ),
    );
    hub.faults.push((_, response) => {
      answer(response, 403);
      return true;
    });
    await assert.rejects(
      refused({}),
      hubError("unauthorized", /denies access \(403\): ask for it on the page/),
    );
    hub.requests.length = 0;
    await assert.rejects(
      refused({ name: "../x" }),
      /TypeError: Cannot download "\.\.\/x": it is not the name of a repository/,
    );
    await assert.rejects(refused({ name: "a/b/c" }), /^TypeError/);
    await assert.rejects(refused({ revision: "../x" }), /^TypeError/);
    for (const path of ["../x", "/x", "a//b", "a\\..\\b", "C:x", ""]) {
      await assert.rejects(refused({}, path), /not the path of a file/);
    }
    assert.deepEqual(hub.requests, []);
  });
});

Deno.test("downloadFile() tells a hub from something else", async () => {
  await withHub(async ({ hub, options }) => {
    hub.faults.push((_, response) => {
      response.end("<html>Please sign in to the wireless network</html>");
      return true;
    });
    await assert.rejects(
      downloadFile(STORIES, "a.bin", options),
      hubError(
        "failed",
        /does not answer as a hub does \(.*\): check HF_ENDPOINT$/,
      ),
    );
    hub.faults[0] = (_, response) => {
      answer(response, 200, { sha: "not a commit" });
      return true;
    };
    await assert.rejects(
      downloadFile(STORIES, "a.bin", options),
      hubError("failed", /does not answer as a hub does \(.*sha\)/),
    );
  });
});

Deno.test("downloadFile() downloads once what two ask for at a time", async () => {
  await withHub(async ({ hub, options }) => {
    hub.commit("datasets/ann/stories", { "a.bin": LARGE });
    const [one, other] = await Promise.all([
      downloadFile(STORIES, "a.bin", options),
      downloadFile(STORIES, "a.bin", options),
    ]);
    assert.equal(one, other);
    assert.deepEqual(await Deno.readFile(one), LARGE);
    const fromStore = hub.requests.filter(({ server }) => server === "store");
    assert.equal(fromStore.length, 1);
  });
});

Deno.test("downloadRepository() gives a folder of the files that are wanted", async () => {
  await withHub(async ({ hub, settings, options }) => {
    const files = {
      "config.json": "{}",
      "model-1.safetensors": noise(3000, 3),
      "model-2.safetensors": noise(4000, 4),
      "original/model.pth": noise(5000, 5),
      "tokenizer/vocab.txt": "",
    };
    const model = { type: "model", name: "ann/tiny" } as const;
    const commit = hub.commit("models/ann/tiny", files);
    const progress: number[] = [];
    const dir = await downloadRepository(model, {
      ...options,
      include: (path) => !path.endsWith(".pth"),
      onProgress: ({ bytes, totalBytes }) => {
        assert.equal(totalBytes, 7002);
        progress.push(bytes);
      },
    });
    assert.deepEqual(await filesIn(dir), [
      "config.json",
      "model-1.safetensors",
      "model-2.safetensors",
      "tokenizer/vocab.txt",
    ]);
    assert.deepEqual(
      await Deno.readFile(join(dir, "model-2.safetensors")),
      files["model-2.safetensors"],
    );
    assert.deepEqual(progress, progress.toSorted((a, b) => a - b));
    assert.equal(progress.at(-1), 7002);

    hub.requests.length = 0;
    const offline = { ...settings, offline: true };
    assert.equal(await downloadRepository(model, { settings: offline }), dir);
    assert.deepEqual(hub.requests, []);
    assert.ok(dir.endsWith(commit));
    await assert.rejects(
      downloadRepository({ ...model, name: "ann/other" }, {
        settings: offline,
      }),
      hubError("offline", /the model ann\/other/),
    );
    await assert.rejects(
      downloadRepository(model, { ...options, include: () => false }),
      hubError("not_found", /none of the files that are wanted/),
    );
  });
});

Deno.test("downloadRepository() refuses paths that lead out of its folder", async () => {
  await withHub(async ({ hub, folder, options }) => {
    hub.commit("models/ann/tiny", { "../../../../../evil": "x" });
    await assert.rejects(
      downloadRepository({ type: "model", name: "ann/tiny" }, options),
      hubError("failed", /is a path that leads elsewhere/),
    );
    assert.deepEqual(await filesIn(folder), []);
  });
});

Deno.test("downloadRepository() keeps a file without content", async () => {
  await withHub(async ({ hub, options }) => {
    hub.commit("models/ann/tiny", { "empty.txt": "" });
    const model = { type: "model", name: "ann/tiny" } as const;
    const dir = await downloadRepository(model, options);
    assert.deepEqual(
      await Deno.readFile(join(dir, "empty.txt")),
      bytesOf(""),
    );
  });
});

Deno.test("downloadRepository() makes do with the cache offline, without a request", async () => {
  await withHub(async ({ hub, options, settings }) => {
    hub.commit("datasets/ann/stories", { "a.txt": "one", "b/c.txt": "two" });
    const folder = await downloadRepository(STORIES, options);
    const before = hub.requests.length;
    const offline = { ...options, settings: { ...settings, offline: true } };
    assert.equal(await downloadRepository(STORIES, offline), folder);
    assert.deepEqual(await filesIn(folder), ["a.txt", "b/c.txt"]);
    await assert.rejects(
      downloadRepository({ ...STORIES, name: "ann/poems" }, offline),
      hubError("offline", /HF_HUB_OFFLINE is set, and there is no copy/),
    );
    assert.equal(hub.requests.length, before);
  });
});
