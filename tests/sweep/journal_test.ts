import assert from "node:assert/strict";
import { join } from "node:path";
import {
  JOURNAL_FILE,
  type JournalRecord,
  openJournal,
  readJournal,
} from "../../lib/sweep/journal.ts";
import { openStudy } from "../../lib/sweep/mod.ts";

const RECORDS: readonly JournalRecord[] = [
  {
    event: "study",
    version: 1,
    at: "2026-01-01T00:00:00.000Z",
    name: "journal",
    method: "bayes",
    metric: { name: "val_loss", goal: "minimize" },
    space: [{
      key: "optimizer.init_args.betas",
      distribution: {
        kind: "categorical",
        values: [[0.9, 0.95], null, "\u00e4 \u{1f40b}"],
        probabilities: [0.5, 0.25, 0.25],
      },
    }],
    run_cap: 3,
  },
  {
    event: "start",
    at: "2026-01-01T00:00:01.000Z",
    trial: 0,
    parameters: { "optimizer.init_args.betas": [0.9, 0.95] },
  },
  {
    event: "finish",
    at: "2026-01-01T00:00:02.000Z",
    trial: 0,
    state: "failed",
    value: NaN,
    reason: '\u00e4 \u{1f40b} said: "no"\n',
    seconds: 1.25,
    curve: [{ step: 1, value: Infinity }, { step: 2, value: NaN }],
  },
];

async function withJournal(
  use: (outDir: string, path: string) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "moebius-journal-" });
  try {
    const outDir = join(dir, "study");
    {
      using journal = await openJournal(outDir);
      for (const record of RECORDS) journal.append(record);
    }
    await use(outDir, join(outDir, JOURNAL_FILE));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a journal gives back what was written, NaN and infinities included", async () => {
  await withJournal(async (outDir) => {
    assert.deepEqual(readJournal(outDir), RECORDS);
    using journal = await openJournal(outDir);
    assert.deepEqual(journal.records, RECORDS);
    assert.deepEqual(journal.notices, []);
  });
});

Deno.test("a journal torn at any byte of its last line opens without that line and goes on", async () => {
  await withJournal(async (outDir, path) => {
    const whole = Deno.readFileSync(path);
    const [last] = RECORDS.slice(-1);
    const begin = whole.lastIndexOf("\n".charCodeAt(0), whole.length - 2) + 1;
    assert.ok(whole.length - begin > 200);
    for (let length = begin; length < whole.length; length++) {
      Deno.writeFileSync(path, whole.subarray(0, length));
      assert.deepEqual(readJournal(outDir), RECORDS.slice(0, -1));
      assert.equal(openStudy(outDir).trials[0]?.state, "running");
      using journal = await openJournal(outDir);
      assert.deepEqual(journal.records, RECORDS.slice(0, -1), `at ${length}`);
      assert.equal(journal.notices.length, length === begin ? 0 : 1);
      journal.append(last!);
      assert.deepEqual(Deno.readFileSync(path), whole, `at ${length}`);
    }
  });
});

Deno.test("a journal damaged before its last line is refused with the line", async () => {
  await withJournal(async (outDir, path) => {
    const lines = Deno.readTextFileSync(path).split("\n");
    for (
      const damaged of [
        lines[1]!.slice(1),
        lines[1]!.replace('"start"', '"begin"'),
        lines[1]!.replace('"trial":0', '"trial":-1'),
        "",
      ]
    ) {
      Deno.writeTextFileSync(path, lines.with(1, damaged).join("\n"));
      await assert.rejects(
        openJournal(outDir),
        (error) =>
          error instanceof SyntaxError &&
          /line 2 is damaged/.test(error.message),
        damaged,
      );
    }
    // A refused journal is not left locked.
    Deno.writeTextFileSync(path, lines.join("\n"));
    using journal = await openJournal(outDir);
    assert.equal(journal.records.length, 3);
  });
});

Deno.test("openStudy() says where there is no study", () => {
  assert.throws(() => openStudy("/nonexistent"), /no journal/);
});
