import { strict as assert } from "node:assert";
import { closingLine, countTests, readReport } from "../run.ts";

// As `deno test --filter "/a|b/" --junit-path` writes it.
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="7" failures="2" errors="0" time="0.067">
    <testsuite name="./a_test.ts" tests="6" disabled="2" errors="0" failures="2">
        <testcase name="a() works" classname="./a_test.ts" time="0.003" line="1" col="6">
        </testcase>
        <testcase name="a() fails" classname="./a_test.ts" time="0.001" line="2" col="6">
            <failure message="Uncaught Error: x &amp; &lt;skipped/&gt;">Error: x</failure>
        </testcase>
        <testcase name="a() is ignored" classname="./a_test.ts" time="0.000" line="3" col="6">
            <skipped/>
        </testcase>
        <testcase name="c() is left out" classname="./a_test.ts" line="4" col="6">
            <skipped/>
        </testcase>
        <testcase name="a() works &gt; step" classname="./a_test.ts" time="0.000" line="1" col="40">
        </testcase>
        <testcase name="a() fails &gt; step" classname="./a_test.ts" time="0.000" line="1" col="40">
            <failure message="1">1</failure>
        </testcase>
    </testsuite>
    <testsuite name="./b_test.ts" tests="1" disabled="0" errors="0" failures="0">
        <testcase name="b() &gt; 1" classname="./b_test.ts" time="0.003" line="1" col="6">
        </testcase>
    </testsuite>
</testsuites>`;

Deno.test("countTests() counts tests, neither their steps nor those left out", () => {
  assert.deepEqual(countTests(REPORT, false), {
    passed: 2,
    failed: 1,
    skipped: 1,
  });
});

Deno.test("readReport() names tests as they were written", () => {
  assert.deepEqual(
    readReport(REPORT).map(({ name, outcome }) => [name, outcome]),
    [
      ["a() works", "passed"],
      ["a() fails", "failed"],
      ["a() is ignored", "skipped"],
      ["b() > 1", "passed"],
    ],
  );
});

Deno.test("countTests() counts a run that failed without a failed test as one failure", () => {
  assert.deepEqual(countTests("", false), { passed: 0, failed: 1, skipped: 0 });
});

Deno.test("closingLine() names skipped tests only if there are any", () => {
  const counts = { passed: 12, failed: 0, skipped: 0 };
  assert.equal(closingLine(counts), "12 passed, 0 failed");
  assert.equal(
    closingLine({ ...counts, skipped: 2 }),
    "12 passed, 0 failed, 2 skipped",
  );
});
