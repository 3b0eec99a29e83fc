import assert from "node:assert/strict";
import { join } from "node:path";
import { openShards } from "../../lib/data/mod.ts";
import { Random } from "../../lib/data/random.ts";
import { longText, withFolder, writeFiles } from "./_helpers.ts";
import { prepare } from "./_prepare.ts";

const KILLS = 12;

const command = (path: string, args: string[]) =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", path, ...args],
    stdout: "piped",
    stderr: "piped",
  });
const child = join(import.meta.dirname!, "_prepare_child.ts");
const cli = join(import.meta.dirname!, "../../lib/cli/prepare.ts");

Deno.test(`prepareDataset(), killed ${KILLS} times, goes on and ends with the same shards`, async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, { "text/a.txt": longText(6_000_000) });
    const unbroken = await prepare(folder, {
      train: "text/a.txt",
      outDir: join(folder, "unbroken"),
      shardTokens: 50_000,
    });
    const outDir = join(folder, "killed");
    const random = new Random(5);
    const starts: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const args = [join(folder, "text/a.txt"), outDir];
      const running = command(child, args).spawn();
      // Counted from its first sign of work, so that slow machines get there too.
      const reports = running.stdout.getReader();
      const { value } = await reports.read();
      if (value === undefined) break;
      starts.push(parseInt(new TextDecoder().decode(value)));
      await new Promise((done) => setTimeout(done, random.below(120)));
      try {
        running.kill("SIGKILL");
      } catch {
        // A fast machine was done before.
      }
      await reports.cancel();
      await Promise.all([running.status, running.stderr.cancel()]);
      assert.ok(
        !await Deno.stat(join(outDir, "manifest.json")).catch(() => null) ||
          (await openShards(outDir, { verify: true })).train.length > 0,
      );
    }
    // What was done before a kill was not done again.
    assert.ok(Math.max(...starts) > starts[0]!, starts.join());
    const last = await command(child, [join(folder, "text/a.txt"), outDir])
      .output();
    assert.ok(last.success, new TextDecoder().decode(last.stderr));
    const shards = await openShards(outDir, { verify: true });
    const expected = await openShards(unbroken.dir);
    assert.equal(shards.train.fingerprint, expected.train.fingerprint);
    assert.equal(shards.val.fingerprint, expected.val.fingerprint);
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(left, ["killed", "text", "unbroken"]);
  });
});

Deno.test("deno task prepare prepares, says so, and refuses what cannot work", async () => {
  await withFolder(async (folder) => {
    await writeFiles(folder, {
      "a.jsonl": '{"body": "one"}\n{"body": "two"}\n{"body": "three"}\n',
      "empty.txt": "",
      "latin.txt": new Uint8Array([0x63, 0xe9, 0x21]),
    });
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await command(cli, args).output();
      const text = new TextDecoder();
      return { code, out: text.decode(stdout), error: text.decode(stderr) };
    };
    const out = join(folder, "out");
    const options = ["--text-field", "body", "--out-dir", out];
    const first = await run(join(folder, "a.jsonl"), ...options, "--eos");
    assert.equal(first.code, 0, first.error);
    assert.match(first.out, /^Prepared: .*out, \d+ tokens to train on/);
    const again = await run(join(folder, "a.jsonl"), ...options, "--eos");
    assert.match(again.out, /^Unchanged: /);
    const refused: [string[], RegExp][] = [
      [[join(folder, "empty.txt")], /Cannot read text from .*it is empty/],
      [
        [join(folder, "latin.txt"), "--out-dir", join(folder, "latin")],
        /latin\.txt as UTF-8: undecodable byte 0xe9 at offset 1/,
      ],
      [
        [join(folder, "a.jsonl"), "--padded-vocab-size", "4000"],
        /has 4096 ids, but the model's padded_vocab_size is 4000/,
      ],
      [[join(folder, "a.jsonl"), folder], /give one file or folder/],
      [["hf://whales"], /expected hf:\/\/datasets\/OWNER\/NAME/],
      [[join(folder, "a.jsonl"), "--vall", "x"], /did you mean --val\?/],
    ];
    const results = await Promise.all(
      refused.map(async ([args, message]) =>
        [await run(...args), message] as const
      ),
    );
    for (const [{ code, error }, message] of results) {
      assert.notEqual(code, 0);
      assert.match(error, message);
      assert.doesNotMatch(error, /\n\s+at /);
    }
  });
});
