import { strict as assert } from "node:assert";
import { Throughput } from "../../lib/metrics/mod.ts";

Deno.test("Throughput leaves the first update out once there is another", () => {
  const throughput = new Throughput();
  assert.ok(Number.isNaN(throughput.unitsPerSecond));
  throughput.update(1000, 20);
  assert.equal(throughput.unitsPerSecond, 50);
  throughput.update(1000, 1);
  assert.equal(throughput.unitsPerSecond, 1000);
});

Deno.test("Throughput follows a change by its half-life", () => {
  const throughput = new Throughput({ halfLifeSeconds: 10, warmupUpdates: 0 });
  for (let i = 0; i < 200; i++) throughput.update(100, 1);
  assert.ok(Math.abs(throughput.unitsPerSecond - 100) < 1e-9);
  for (let i = 0; i < 10; i++) throughput.update(200, 1);
  assert.ok(Math.abs(throughput.unitsPerSecond - 150) < 1e-3);
});

Deno.test("Throughput weighs updates by their time", () => {
  const throughput = new Throughput({
    halfLifeSeconds: Infinity,
    warmupUpdates: 0,
  });
  throughput.update(100, 1);
  throughput.update(100, 3);
  assert.equal(throughput.unitsPerSecond, 50);
});

Deno.test("Throughput counts other time into what remains, not into the speed", () => {
  const throughput = new Throughput({ warmupUpdates: 0 });
  throughput.update(100, 10);
  assert.equal(throughput.remainingSeconds(50), 5);
  throughput.addOther(5);
  assert.equal(throughput.unitsPerSecond, 10);
  assert.equal(throughput.remainingSeconds(50), 7.5);
});
