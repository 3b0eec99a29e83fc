import { strict as assert } from "node:assert";
import { join } from "node:path";
import fc from "fast-check";
import { StorageError } from "../../lib/files/atomic.ts";
import {
  METRIC_COLUMNS,
  openMetricsCsv,
  parseMetrics,
  readMetrics,
} from "../../lib/metrics/mod.ts";
import { openAppendedFile } from "../../lib/metrics/appended_file.ts";

Deno.test("METRIC_COLUMNS begins with LitGPT's columns", () => {
  assert.equal(
    METRIC_COLUMNS.slice(0, 15).join(),
    "batches,epoch,iter,iter_time,learning_rate,lengths,loss,remaining_time," +
      "samples,step,time,tokens,total_tokens,val_loss,val_ppl",
  );
  assert.equal(new Set(METRIC_COLUMNS).size, METRIC_COLUMNS.length);
});

Deno.test("log() writes a row at once, empty where nothing was measured", () => {
  using file = temporaryFile();
  const columns = ["iter", "loss", "val_loss"];
  using metrics = openMetricsCsv(file.path, { columns });
  assert.equal(text(file), "iter,loss,val_loss\n");
  metrics.log({ iter: 1, loss: 2.5 });
  assert.equal(text(file), "iter,loss,val_loss\n1,2.5,\n");
  metrics.log({ val_loss: NaN, iter: 1 });
  metrics.log({ iter: 2, loss: 1e-7, val_loss: -Infinity });
  assert.equal(
    text(file),
    "iter,loss,val_loss\n1,2.5,\n1,,nan\n2,1e-7,-inf\n",
  );
  assert.equal(metrics.movedTo, null);
  metrics.sync();
});

Deno.test("log() refuses a metric without a column", () => {
  using file = temporaryFile();
  using metrics = openMetricsCsv(file.path, { columns: ["iter", "loss"] });
  assert.throws(
    () => metrics.log({ iter: 1, mfu: 0.3 }),
    /Cannot log the metric "mfu": the columns of .* are iter, loss/,
  );
  assert.equal(text(file), "iter,loss\n");
});

Deno.test("openMetricsCsv() moves an older run's file aside", () => {
  using file = temporaryFile();
  for (const run of [1, 2, 3]) {
    using metrics = openMetricsCsv(file.path, { columns: ["iter", "loss"] });
    metrics.log({ iter: 1, loss: run });
    const aside = join(file.directory, `metrics-${run - 1}.csv`);
    assert.equal(metrics.movedTo, run === 1 ? null : aside);
  }
  assert.equal(text(file), "iter,loss\n1,3\n");
  const first = join(file.directory, "metrics-1.csv");
  assert.equal(Deno.readTextFileSync(first), "iter,loss\n1,1\n");
});

Deno.test("openMetricsCsv() cuts what the resumed run does again, and torn lines", () => {
  const rows = "iter,loss,val_loss\n1,5,\n2,4,\n2,,4.5\n3,3,\n4,2,\n";
  const cases: [before: string, resumeAtIter: number, after: string][] = [
    [rows, 3, "iter,loss,val_loss\n1,5,\n2,4,\n2,,4.5\n"],
    [rows, 5, rows],
    [rows, 1, "iter,loss,val_loss\n"],
    [rows + "5,1", 6, rows],
    [rows + "5,1.", 5, rows],
    ["iter,loss,val_loss\n1,5", 2, "iter,loss,val_loss\n"],
    ["iter,loss,val_loss\n", 2, "iter,loss,val_loss\n"],
    ["iter,lo", 2, "iter,loss,val_loss\n"],
    ["", 2, "iter,loss,val_loss\n"],
  ];
  for (const [before, resumeAtIter, after] of cases) {
    using file = temporaryFile();
    Deno.writeTextFileSync(file.path, before);
    const columns = ["iter", "loss", "val_loss"];
    {
      using metrics = openMetricsCsv(file.path, { columns, resumeAtIter });
      assert.equal(metrics.movedTo, null);
      assert.equal(text(file), after);
      metrics.log({ iter: resumeAtIter, loss: 1 });
    }
    assert.equal(text(file), `${after}${resumeAtIter},1,\n`);
  }
});

Deno.test("openMetricsCsv() carries rows over to other columns", () => {
  using file = temporaryFile();
  Deno.writeTextFileSync(file.path, "loss,old,iter\n5,x,1\n");
  const options = { columns: ["iter", "loss", "mfu"], resumeAtIter: 2 };
  assert.throws(
    () => openMetricsCsv(file.path, options),
    /"x" is not a number/,
  );

  Deno.writeTextFileSync(file.path, "loss,old,iter\n5,9,1\n4,9,2\n3,9,");
  using metrics = openMetricsCsv(file.path, options);
  metrics.log({ iter: 2, mfu: 0.5 });
  assert.equal(text(file), "iter,loss,mfu\n1,5,\n2,,0.5\n");
  assert.match(
    Deno.readTextFileSync(metrics.movedTo ?? ""),
    /^loss,old,iter\n5,9,1\n/,
  );
});

Deno.test("openMetricsCsv() names path and cause when it cannot open", () => {
  using file = temporaryFile();
  assert.throws(
    () => openMetricsCsv(join(file.directory, "none", "metrics.csv")),
    (error: Error) =>
      error instanceof StorageError &&
      /Cannot open .*none\/metrics.csv: no such file/.test(error.message),
  );
});

Deno.test("append() names path and cause when the disk is full", {
  ignore: Deno.build.os !== "linux",
}, () => {
  using file = openAppendedFile("/dev/full");
  assert.throws(
    () => file.append(new Uint8Array(3)),
    (error: Error) =>
      error instanceof StorageError &&
      /^Cannot write \/dev\/full: no space left/.test(error.message),
  );
  assert.equal(file.size, 0);
});

Deno.test("readMetrics() reads back every number of any rows, and not the torn one", async () => {
  using file = temporaryFile();
  const number = fc.oneof(fc.double(), fc.integer());
  const row = fc.dictionary(fc.constantFrom(...METRIC_COLUMNS), number);
  await fc.assert(
    fc.asyncProperty(fc.array(row), fc.nat(30), async (rows, cut) => {
      Deno.writeTextFileSync(file.path, "");
      {
        using metrics = openMetricsCsv(file.path);
        for (const row of rows) metrics.log(row);
      }
      const whole = await readMetrics(file.path);
      const expected = rows.map((row) => ({ ...row }));
      assert.deepEqual(whole.map(zeros), expected.map(zeros));

      const torn = text(file).slice(0, -1 - cut);
      const left = parseMetrics(torn);
      assert.deepEqual(left, whole.slice(0, left.length));
      assert.ok(left.length < Math.max(rows.length, 1));
    }),
    { numRuns: 100, seed: 3 },
  );
});

Deno.test("readMetrics() reads LitGPT's file", () => {
  const litgpt = "batches,device/mfu,iter,loss,step,val_loss\r\n" +
    "16,,16,10.8,15,\r\n32,0.21,32,9.5,31,\r\n,,,,31,9.1\r\n";
  assert.deepEqual(parseMetrics(litgpt), [
    { batches: 16, iter: 16, loss: 10.8, step: 15 },
    { batches: 32, "device/mfu": 0.21, iter: 32, loss: 9.5, step: 31 },
    { step: 31, val_loss: 9.1 },
  ]);
  assert.deepEqual(parseMetrics(""), []);
  assert.deepEqual(parseMetrics("iter,loss\n"), []);
});

Deno.test("readMetrics() says where a file is wrong", () => {
  assert.throws(
    () => parseMetrics("iter,loss\n1,2\n2\n", { source: "m.csv" }),
    /Cannot read m.csv, row 2: it has 1 cells, and there are 2 columns/,
  );
  assert.throws(
    () => parseMetrics("iter,loss\n1,high\n", { source: "m.csv" }),
    /Cannot read m.csv, row 1, column "loss": "high" is not a number/,
  );
});

/** -0 is written as 0. */
function zeros(row: Record<string, number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value || value + 0]),
  );
}

function temporaryFile(): { directory: string; path: string } & Disposable {
  const directory = Deno.makeTempDirSync();
  return {
    directory,
    path: join(directory, "metrics.csv"),
    [Symbol.dispose]: () => Deno.removeSync(directory, { recursive: true }),
  };
}

function text(file: { path: string }): string {
  return Deno.readTextFileSync(file.path);
}
