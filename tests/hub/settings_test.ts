import assert from "node:assert/strict";
import { join } from "node:path";
import { hubSettings } from "../../lib/hub/mod.ts";

const NAMES = [
  "HF_ENDPOINT",
  "HF_TOKEN",
  "HF_TOKEN_PATH",
  "HF_HOME",
  "HF_HUB_CACHE",
  "HUGGINGFACE_HUB_CACHE",
  "HF_HUB_OFFLINE",
  "XDG_CACHE_HOME",
];

/** Runs a test body with these variables of the names above, and no others. */
async function withEnvironment(
  variables: Record<string, string>,
  body: () => Promise<void>,
): Promise<void> {
  const before = NAMES.map((name) => [name, Deno.env.get(name)] as const);
  for (const name of NAMES) Deno.env.delete(name);
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

Deno.test("hubSettings() is the public hub, as nobody, unless told", async () => {
  const home = await Deno.makeTempDir();
  await withEnvironment({ XDG_CACHE_HOME: home }, async () => {
    assert.deepEqual(await hubSettings(), {
      endpoint: "https://huggingface.co",
      token: undefined,
      cacheDir: join(home, "huggingface/hub"),
      offline: false,
    });
  });
  await Deno.remove(home);
});

Deno.test("hubSettings() takes what the environment says", async () => {
  await withEnvironment({
    HF_ENDPOINT: "http://127.0.0.1:1234/hub/",
    HF_TOKEN: " hf_x\n",
    HF_HUB_CACHE: "/some/cache",
    HF_HUB_OFFLINE: "1",
  }, async () => {
    assert.deepEqual(await hubSettings(), {
      endpoint: "http://127.0.0.1:1234/hub",
      token: "hf_x",
      cacheDir: "/some/cache",
      offline: true,
    });
  });
  await withEnvironment({ HF_HUB_OFFLINE: "0" }, async () => {
    assert.equal((await hubSettings()).offline, false);
  });
  await withEnvironment({ HF_ENDPOINT: "mirror" }, async () => {
    await assert.rejects(
      hubSettings(),
      /^TypeError: Cannot use HF_ENDPOINT "mirror": expected the address of a hub, such as https:\/\/huggingface\.co$/,
    );
  });
});

Deno.test("hubSettings() finds the token that was saved at a login", async () => {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(join(home, "token"), "hf_saved\n");
  await withEnvironment({ HF_HOME: home }, async () => {
    const { token, cacheDir } = await hubSettings();
    assert.equal(token, "hf_saved");
    assert.equal(cacheDir, join(home, "hub"));
  });
  await withEnvironment({ HF_HOME: home, HF_TOKEN: "hf_x" }, async () => {
    assert.equal((await hubSettings()).token, "hf_x");
  });
  await Deno.remove(home, { recursive: true });
});
