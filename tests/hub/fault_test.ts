import assert from "node:assert/strict";
import { join } from "node:path";
import { downloadFile } from "../../lib/hub/mod.ts";
import { answer, cutAfter, type Fault } from "./_server.ts";
import {
  filesIn,
  hubError,
  noise,
  type Place,
  sha256,
  STORIES,
  withHub,
} from "./_setup.ts";

const LARGE = noise(200_000);
const PARTIAL = `${sha256(LARGE)}.${sha256(LARGE).slice(0, 12)}.partial`;

/** A hub with one large file. */
function withFile(body: (place: Place) => Promise<void>): Promise<void> {
  return withHub(async (place) => {
    place.hub.commit("datasets/ann/stories", { "a.bin": LARGE });
    await body(place);
  });
}

/** What goes wrong with requests for contents, one after the other. */
function atStore(...faults: Fault[]): Fault {
  return (request, response) => {
    if (request.server !== "store") return false;
    return faults.shift()?.(request, response) ?? false;
  };
}

const cut = (bytes: number): Fault => (_, response) => {
  cutAfter(response, LARGE, bytes);
  return true;
};

const status =
  (code: number, headers: Record<string, string> = {}): Fault =>
  (_, response) => {
    answer(response, code, { error: "busy" }, headers);
    return true;
  };

/** The ranges that were asked of the store. */
function ranges({ hub }: Place): (string | undefined)[] {
  return hub.requests.filter(({ server }) => server === "store")
    .map(({ range }) => range);
}

function blobs({ settings }: Place): string {
  return join(settings.cacheDir, "datasets--ann--stories", "blobs");
}

Deno.test("downloadFile() goes on where a connection was cut", async () => {
  await withFile(async (place) => {
    const { hub, options } = place;
    hub.faults.push(atStore(cut(70_000), cut(50_000), cut(0)));
    const progress: number[] = [];
    const path = await downloadFile(STORIES, "a.bin", {
      ...options,
      onProgress: ({ path, bytes, totalBytes }) => {
        assert.deepEqual([path, totalBytes], ["a.bin", LARGE.length]);
        progress.push(bytes);
      },
    });
    assert.deepEqual(await Deno.readFile(path), LARGE);
    assert.deepEqual(ranges(place), [
      undefined,
      "bytes=70000-",
      "bytes=120000-",
      "bytes=120000-",
    ]);
    // Offsets into compressed bytes would be others.
    for (const { server, encoding } of hub.requests) {
      if (server === "store") assert.equal(encoding, "identity");
    }
    assert.deepEqual(progress, progress.toSorted((a, b) => a - b));
    assert.equal(progress[0], 0);
    assert.equal(progress.at(-1), LARGE.length);
  });
});

Deno.test("downloadFile() goes on where an earlier call was stopped", async () => {
  await withFile(async (place) => {
    const { hub, options } = place;
    hub.faults.push(atStore(cut(70_000)));
    const controller = new AbortController();
    const stopped = downloadFile(STORIES, "a.bin", {
      ...options,
      signal: controller.signal,
      onProgress: ({ bytes }) => {
        if (bytes === 70_000) controller.abort(new Error("enough"));
      },
    });
    await assert.rejects(stopped, /enough|aborted/);
    assert.deepEqual(await filesIn(blobs(place)), [PARTIAL]);
    const path = await downloadFile(STORIES, "a.bin", options);
    assert.deepEqual(await Deno.readFile(path), LARGE);
    assert.deepEqual(ranges(place), [undefined, "bytes=70000-"]);
    assert.deepEqual(await filesIn(blobs(place)), [sha256(LARGE)]);
  });
});

Deno.test("downloadFile() gives up a connection that breaks again and again, and keeps what came", async () => {
  await withFile(async (place) => {
    const { hub, options } = place;
    hub.faults.push(atStore(cut(70_000), ...new Array(6).fill(cut(0))));
    await assert.rejects(
      downloadFile(STORIES, "a.bin", options),
      hubError(
        "unreachable",
        /the connection to .* broke off again and again, with 68\.4 KiB of 195 KiB here \(.*\): start again to go on from there$/,
      ),
    );
    assert.deepEqual(await filesIn(blobs(place)), [PARTIAL]);
    await downloadFile(STORIES, "a.bin", options);
    assert.equal(ranges(place).at(-1), "bytes=70000-");
  });
});

Deno.test("downloadFile() does not give up while something comes", async () => {
  await withFile(async (place) => {
    const { hub, options } = place;
    hub.faults.push(atStore(...new Array(8).fill(cut(10_000))));
    const path = await downloadFile(STORIES, "a.bin", options);
    assert.deepEqual(await Deno.readFile(path), LARGE);
    assert.equal(ranges(place).at(-1), "bytes=80000-");
  });
});

Deno.test("downloadFile() starts again where a server cannot go on", async () => {
  await withFile(async (place) => {
    const { hub, options } = place;
    const whole: Fault = (_, response) => {
      response.writeHead(200);
      response.end(LARGE);
      return true;
    };
    hub.faults.push(atStore(cut(70_000), whole));
    const path = await downloadFile(STORIES, "a.bin", options);
    assert.deepEqual(await Deno.readFile(path), LARGE);
    assert.deepEqual(ranges(place), [undefined, "bytes=70000-"]);
  });
  await withFile(async (place) => {
    const { hub, options } = place;
    hub.faults.push(atStore(cut(70_000), status(416)));
    const path = await downloadFile(STORIES, "a.bin", options);
    assert.deepEqual(await Deno.readFile(path), LARGE);
    assert.deepEqual(ranges(place), [undefined, "bytes=70000-", undefined]);
  });
});

Deno.test("downloadFile() refuses content whose hash is wrong", async () => {
  await withFile(async (place) => {
    const { hub, options } = place;
    const damaged = LARGE.slice();
    damaged[123_456]! ^= 1;
    hub.faults.push(atStore((_, response) => {
      response.end(damaged);
      return true;
    }));
    await assert.rejects(
      downloadFile(STORIES, "a.bin", options),
      hubError(
        "damaged",
        new RegExp(
          `of a\\.bin is damaged, its hash is ${sha256(damaged)}, not ${
            sha256(LARGE)
          }: nothing was kept`,
        ),
      ),
    );
    assert.deepEqual(await filesIn(blobs(place)), []);
    assert.deepEqual(
      await Deno.readFile(await downloadFile(STORIES, "a.bin", options)),
      LARGE,
    );
  });
});

Deno.test("downloadFile() refuses a small file whose hash is wrong", async () => {
  await withHub(async (place) => {
    const { hub, options } = place;
    hub.commit("datasets/ann/stories", { "README.md": "# Stories\n" });
    hub.faults.push(({ url }, response) => {
      if (!url.includes("/resolve/")) return false;
      response.end("# Storied\n");
      return true;
    });
    await assert.rejects(
      downloadFile(STORIES, "README.md", options),
      hubError("damaged", /its hash is [0-9a-f]{40}, not 70ac3484/),
    );
    assert.deepEqual(await filesIn(blobs(place)), []);
  });
});

Deno.test("downloadFile() downloads again what a damaged part cannot complete", async () => {
  await withFile(async (place) => {
    const { options } = place;
    await Deno.mkdir(blobs(place), { recursive: true });
    await Deno.writeFile(join(blobs(place), PARTIAL), noise(70_000, 9));
    const path = await downloadFile(STORIES, "a.bin", options);
    assert.deepEqual(await Deno.readFile(path), LARGE);
    assert.deepEqual(ranges(place), ["bytes=70000-", undefined]);

    // A part longer than the whole is no part of it; a whole one needs no request.
    await Deno.remove(path);
    await Deno.remove(join(blobs(place), sha256(LARGE)));
    await Deno.writeFile(join(blobs(place), PARTIAL), noise(300_000, 9));
    await downloadFile(STORIES, "a.bin", options);
    assert.deepEqual(ranges(place).slice(2), [undefined]);
    await Deno.remove(path);
    await Deno.rename(
      join(blobs(place), sha256(LARGE)),
      join(blobs(place), PARTIAL),
    );
    await downloadFile(STORIES, "a.bin", options);
    assert.equal(ranges(place).length, 3);
    assert.deepEqual(await Deno.readFile(path), LARGE);

    // What another program left half done under the right name is not taken for it.
    await Deno.remove(path);
    await Deno.writeFile(join(blobs(place), sha256(LARGE)), noise(70_000));
    await downloadFile(STORIES, "a.bin", options);
    assert.deepEqual(await Deno.readFile(path), LARGE);
  });
});

Deno.test("downloadFile() refuses content that does not end where it should", async () => {
  await withFile(async (place) => {
    const { hub, options } = place;
    hub.faults.push(atStore((_, response) => {
      response.end(noise(200_001));
      return true;
    }));
    await assert.rejects(
      downloadFile(STORIES, "a.bin", options),
      hubError("damaged", /sends more of a\.bin than its 200000 bytes/),
    );
    const [partial] = await filesIn(blobs(place));
    assert.equal((await Deno.stat(join(blobs(place), partial!))).size, 0);
  });
});

Deno.test("downloadFile() asks a busy hub again, as late as it wants", async () => {
  await withFile(async (place) => {
    const { hub, options } = place;
    const faults = [
      status(503),
      status(429, { "retry-after": "0" }),
      status(502),
    ];
    hub.faults.push((...request) => faults.shift()?.(...request) ?? false);
    hub.faults.push(atStore(status(500), cut(10), status(504)));
    const path = await downloadFile(STORIES, "a.bin", options);
    assert.deepEqual(await Deno.readFile(path), LARGE);
    assert.equal(faults.length, 0);

    const late = [status(429, { "retry-after": "1" })];
    hub.faults[0] = (...request) => late.shift()?.(...request) ?? false;
    const startedMs = performance.now();
    await downloadFile(STORIES, "a.bin", options);
    assert.ok(performance.now() - startedMs >= 1000);
  });
});

Deno.test("downloadFile() gives up a hub that stays busy", async () => {
  await withFile(async (place) => {
    const { hub, options } = place;
    hub.faults.push(status(503));
    await assert.rejects(
      downloadFile(STORIES, "a.bin", options),
      hubError("unreachable", /answered 503: try again later$/),
    );
    assert.equal(hub.requests.length, 4);
    hub.faults[0] = status(429);
    await assert.rejects(
      downloadFile(STORIES, "a.bin", options),
      hubError(
        "unreachable",
        /limits how much can be asked \(429\): wait some minutes, or set HF_TOKEN$/,
      ),
    );
    hub.requests.length = 0;
    hub.faults[0] = status(400);
    await assert.rejects(
      downloadFile(STORIES, "a.bin", options),
      hubError("failed", /answered 400: check HF_ENDPOINT$/),
    );
    assert.equal(hub.requests.length, 1);
  });
});

Deno.test("downloadFile() does not wait for ever", async () => {
  await withFile(async (place) => {
    const { hub } = place;
    const options = { ...place.options, timeoutMs: 100 };
    const silent: Fault = () => true;
    hub.faults.push(silent);
    await assert.rejects(
      downloadFile(STORIES, "a.bin", options),
      hubError(
        "unreachable",
        /could not be reached \(nothing came for 0\.1 s\)/,
      ),
    );
    assert.equal(hub.requests.length, 4);
    // Silence in the middle of a file.
    hub.faults[0] = atStore((_, response) => {
      response.writeHead(200, { "content-length": String(LARGE.length) });
      response.write(LARGE.subarray(0, 70_000));
      return true;
    });
    const path = await downloadFile(STORIES, "a.bin", options);
    assert.deepEqual(await Deno.readFile(path), LARGE);
    assert.equal(ranges(place).at(-1), "bytes=70000-");
  });
});

Deno.test("downloadFile() refuses what the disk has no room for", async () => {
  await withFile(async (place) => {
    const { hub, options, folder } = place;
    hub.faults.push(({ url }, response) => {
      if (!url.includes("/paths-info/")) return false;
      const lfs = { oid: sha256(LARGE), size: 2 ** 52 };
      const oid = "0".repeat(40);
      answer(response, 200, [
        { type: "file", path: "a.bin", size: lfs.size, oid, lfs },
      ]);
      return true;
    });
    const to = join(folder, "here/a.bin");
    await assert.rejects(
      downloadFile(STORIES, "a.bin", { ...options, to }),
      hubError(
        "no_space",
        /a\.bin needs 4096 TiB in .*here, where .* are free: make room/,
      ),
    );
    assert.deepEqual(ranges(place), []);
  });
});

Deno.test({
  name: "downloadFile() says that the disk is full",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await withFile(async (place) => {
      const { options } = place;
      await Deno.mkdir(blobs(place), { recursive: true });
      await Deno.symlink("/dev/full", join(blobs(place), PARTIAL));
      await assert.rejects(
        downloadFile(STORIES, "a.bin", options),
        hubError(
          "no_space",
          /^Cannot download a\.bin of .*: the disk is full: make room in .*blobs, and start again to go on$/,
        ),
      );
    });
  },
});
