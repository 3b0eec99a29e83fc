/** The main job from a terminal: train, evaluate, generate, on real text. */

import { strict as assert } from "node:assert";
import { join } from "node:path";
import { verifyCheckpoint } from "../../lib/checkpoint/manifest.ts";
import { readMetrics } from "../../lib/metrics/mod.ts";
import { runCommand } from "./_command.ts";

/** The quick start, cut down to some seconds. */
const SMALL = [
  "--max-steps=30",
  "--global-batch-size=8",
  "--micro-batch-size=8",
  "--max-seq-length=64",
  "--precision=32-true",
  "--train.save_interval=20",
  "--train.log_interval=1",
  "--eval.interval=20",
  "--eval.max_iters=5",
];

Deno.test("train, evaluate and generate work on the default corpus", async (t) => {
  const dir = await Deno.makeTempDir({ prefix: "moebius-cli-" });
  const out = join(dir, "run");
  const final = join(out, "final");
  try {
    await t.step("train says what it does and learns", async () => {
      const { code, stdout, stderr } = await runCommand("train", [
        ...SMALL,
        `--out-dir=${out}`,
      ]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^Device {3}.*, 32-true, \w+ attention runs/m);
      assert.match(
        stdout,
        /^Model {4}[\d,]+ parameters, [\d,]+ active; 4 layers/m,
      );
      assert.match(stdout, /^Data {5}corpus: 2\.\dM tokens/m);
      assert.match(
        stdout,
        /^Val loss \d\.\d{4}, perplexity .*bigram model of the same data: \d\.\d/m,
      );
      assert.match(stdout, /^Sample /m);
      assert.match(stderr, /train {2}30\/30/);
      assert.deepEqual(await verifyCheckpoint(final), []);
      const rows = await readMetrics(join(out, "metrics.csv"));
      const losses = rows.flatMap(({ loss }) => loss ?? []);
      assert.equal(losses.length, 30);
      assert.ok(losses.at(-1)! < losses[0]! - 1, `${losses}`);
    });

    await t.step("a resumed run goes on where the other ended", async () => {
      const { code, stdout, stderr } = await runCommand("train", [
        ...SMALL,
        "--max-steps=35",
        `--out-dir=${out}`,
        "--resume=auto",
        "--no-progress",
      ]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /from step 30 on/);
      assert.doesNotMatch(stderr, /train {2}/);
    });

    await t.step(
      "a run that is at its end has nothing left to train",
      async () => {
        const { code, stdout, stderr } = await runCommand("train", [
          ...SMALL,
          `--out-dir=${out}`,
          "--resume=auto",
        ]);
        assert.equal(code, 0, stderr);
        assert.match(
          stdout,
          /^Trained {2}35 steps, .*\(nothing was left to train, peak/m,
        );
      },
    );

    await t.step("evaluate gives the same numbers each time", async () => {
      const args = [final, "--json", "--precision=32-true", "--max-batches=4"];
      const first = await runCommand("evaluate", args);
      assert.equal(first.code, 0, first.stderr);
      assert.deepEqual(
        (await runCommand("evaluate", args)).stdout,
        first.stdout,
      );
      const { loss, perplexity, bits_per_byte, tokens, bytes } = JSON.parse(
        first.stdout,
      );
      assert.equal(bits_per_byte, loss * tokens / Math.LN2 / bytes);
      assert.ok(loss > 3 && loss < 7.5, first.stdout);
      assert.equal(perplexity, Math.exp(loss));
    });

    await t.step("evaluate reads text of one's own", async () => {
      const text = join(dir, "own.txt");
      await Deno.writeTextFile(text, "The whale is white. ".repeat(400));
      const { code, stdout, stderr } = await runCommand("evaluate", [
        final,
        `--data=${text}`,
      ]);
      assert.equal(code, 0, stderr);
      assert.match(
        stdout,
        /^Loss \d+\.\d{4}, perplexity [\d.]+, \d\.\d{4} bits per byte over [\d,]+ tokens/,
      );
    });

    await t.step(
      "evaluate reads prepared tokens, of its tokenizer",
      async () => {
        const text = join(dir, "own.txt");
        for (
          const [tokenizer, wanted, message] of [
            ["data/tokenizer", 0, /^Loss/],
            ["gpt2", 1, /they are of another tokenizer, gpt2, not of/],
          ] as const
        ) {
          const shards = join(dir, `shards-${wanted}`);
          const prepared = await runCommand("prepare", [
            text,
            `--out-dir=${shards}`,
            `--tokenizer-dir=${tokenizer}`,
          ]);
          assert.equal(prepared.code, 0, prepared.stderr);
          const { code, stdout, stderr } = await runCommand("evaluate", [
            final,
            `--data=${shards}`,
            "--split=train",
          ]);
          assert.equal(code, wanted, stderr);
          assert.match(stdout + stderr, message);
        }
      },
    );

    await t.step(
      "generate continues a prompt, the same for the same seed",
      async () => {
        const args = [final, "--prompt=The President", "--max-new-tokens=12"];
        const first = await runCommand("generate", args);
        assert.equal(first.code, 0, first.stderr);
        assert.ok(first.stdout.startsWith("The President"));
        assert.ok(first.stdout.length > "The President".length + 5);
        assert.match(
          first.stderr,
          /^12 tokens: prefill \d+ tokens in [\d.]+ s \([\d.]+ tokens\/s\), decode [\d.]+ tokens\/s/m,
        );
        assert.equal((await runCommand("generate", args)).stdout, first.stdout);
        const other = await runCommand("generate", [...args, "--seed=7"]);
        assert.notEqual(other.stdout, first.stdout);
      },
    );

    await t.step(
      "generate writes several samples, up to a stop text",
      async () => {
        const args = [final, "--prompt=The ", "--max-new-tokens=20"];
        const { code, stdout, stderr } = await runCommand("generate", [
          ...args,
          "--num-samples=3",
          "--top-k=0",
          "--top-p=0.9",
        ]);
        assert.equal(code, 0, stderr);
        assert.ok(stdout.split("\nThe ").length >= 3, stdout);
        assert.match(stderr, /^60 tokens in 3 samples: prefill/m);
        const greedy = await runCommand("generate", [
          ...args,
          "--temperature=0",
        ]);
        const stop = greedy.stdout.slice(10, 13);
        const cut = await runCommand("generate", [
          ...args,
          "--temperature=0",
          `--stop=${stop}`,
        ]);
        const end = greedy.stdout.indexOf(stop, "The ".length);
        assert.equal(cut.stdout, greedy.stdout.slice(0, end) + "\n");
      },
    );

    await t.step(
      "a damaged checkpoint is refused by name, and a folder of several told",
      async () => {
        const damaged = join(dir, "damaged");
        await Deno.mkdir(damaged);
        for await (const { name } of Deno.readDir(final)) {
          await Deno.copyFile(join(final, name), join(damaged, name));
        }
        const weights = join(damaged, "model.safetensors");
        const bytes = await Deno.readFile(weights);
        bytes[bytes.length >> 1]! ^= 1;
        await Deno.writeFile(weights, bytes);
        for (const name of ["evaluate", "generate"]) {
          const { code, stderr } = await runCommand(name, [damaged]);
          assert.equal(code, 1, stderr);
          assert.match(stderr, /damaged: .*model\.safetensors is damaged/);
          const folder = await runCommand(name, [out]);
          assert.equal(folder.code, 1);
          assert.match(
            folder.stderr,
            /folder of checkpoints: .*such as .*run\/final$/m,
          );
        }
      },
    );

    await t.step(
      "SIGTERM finishes the step, saves and exits with 143",
      async () => {
        const interrupted = join(dir, "interrupted");
        const { code, stdout } = await runCommand("train", [
          ...SMALL,
          "--max-steps=100000",
          `--out-dir=${interrupted}`,
          "--no-progress",
        ], { onStart: (process) => void whenTraining(interrupted, process) });
        assert.equal(code, 143, stdout);
        const saved = /saved in (\S+):/.exec(stdout)?.[1];
        assert.ok(saved, stdout);
        assert.deepEqual(await verifyCheckpoint(saved), []);
      },
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("train works with a context that is too short for a sample", async () => {
  const dir = await Deno.makeTempDir({ prefix: "moebius-cli-" });
  try {
    const { code, stdout, stderr } = await runCommand("train", [
      ...SMALL,
      "--max-steps=2",
      "--max-seq-length=1",
      `--out-dir=${dir}/a run`,
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Saved .*a run\/final/m);
    assert.doesNotMatch(stdout, /Sample/);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** Sends SIGTERM once the run has logged a step. */
async function whenTraining(
  out: string,
  process: Deno.ChildProcess,
): Promise<void> {
  const path = join(out, "metrics.csv");
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text.split("\n").length > 3) break;
  }
  process.kill("SIGTERM");
}

Deno.test("train refuses a wrong configuration before libtorch is looked for", async () => {
  // A LIBTORCH that does not exist would be the first complaint of set-up.
  const env = { LIBTORCH: "/nonexistent" };
  for (
    const [args, message] of [
      [["--train.lr=1"], /did you mean --optimizer\.lr\?/],
      [["--model_config.n_head=3"], /n_head/],
      [["--micro-batch-size=3"], /micro_batch_size/],
      [["--precision=fp8"], /precision/],
      [["--no-such-flag", "--seed=x"], /2 problems found(.|\n)*seed: "x"/],
      [
        ["--config=configs/train/seed.yaml"],
        /2 problems.*\n.*train_data_path: "data\/custom_text\/train" does not exist.*seed\.yaml\)\n.*val_data_path/,
      ],
      [
        ["--tokenizer-dir=nope"],
        /tokenizer_dir: "nope" does not .*tokenizer\.json, or gpt2 \(--tokenizer-dir\)/,
      ],
      [["--resume=nope"], /resume: "nope" does not exist, expected .*auto/],
      [["--initial-checkpoint-dir=nope"], /initial_checkpoint_dir: "nope"/],
      [["--data=TokenFiles", "--data.data_path=nope"], /data_path: "nope"/],
    ] as const
  ) {
    const { code, stdout, stderr } = await runCommand("train", args, { env });
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.equal(stdout, "");
  }
});

Deno.test("a command whose output nobody reads any more ends quietly", async () => {
  const child = new URL("_unread_child.ts", import.meta.url).pathname;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", child],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(process.stderr).text();
  const reader = process.stdout.getReader();
  await reader.read();
  await reader.cancel();
  assert.equal((await process.status).code, 141);
  assert.equal(await errors, "");
});

Deno.test("commands show their help", async () => {
  for (const name of ["train", "evaluate", "generate", "prepare"]) {
    const { code, stdout } = await runCommand(name, ["--help"]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`Usage: deno task ${name}`));
  }
});

Deno.test("generate says what is wrong with its arguments", async () => {
  for (
    const [args, code, message] of [
      [[], 2, /Expected one CHECKPOINT_DIR/],
      [["nowhere"], 1, /Cannot use checkpoint nowhere: no such file/],
      [["nowhere", "--temprature=1"], 2, /did you mean --temperature\?/],
      [["nowhere", "--top-k=many"], 2, /--top-k is "many"/],
      [["nowhere", "elsewhere"], 2, /one CHECKPOINT_DIR.*got nowhere elsew/],
      [["nowhere", "--num-samples=0"], 2, /--num-samples is "0"/],
    ] as const
  ) {
    const outcome = await runCommand("generate", args);
    assert.equal(outcome.code, code, outcome.stderr);
    assert.match(outcome.stderr, message);
  }
});

Deno.test("evaluate refuses a split of a text, which has none", async () => {
  const args = ["nowhere", "--data=README.md", "--split=val"];
  const { code, stderr } = await runCommand("evaluate", args);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /--split is val: a text .* as a whole/);
});
