import { strict as assert } from "node:assert";
import { defineModelConfig, type ModelInput } from "../../lib/config/model.ts";
import { countParameters, flopsPerToken } from "../../lib/model/count.ts";
import { GPT } from "../../lib/model/gpt.ts";
import { readConfig, readTable } from "./_golden.ts";

interface Counts {
  total: number;
  active: number;
  routed_experts: number;
}

interface Table {
  models: Record<string, Counts & { config: ModelInput }>;
  cases: Record<
    string,
    Counts & {
      flops: {
        batch: number;
        length: number;
        forward_and_backward: number;
        attention_of_both: number;
      };
    }
  >;
}

const table = await readTable<Table>("counts.json");

for (const [name, wanted] of Object.entries(table.models)) {
  Deno.test(`countParameters() counts ${name} as LitGPT does`, () => {
    const counts = countParameters(defineModelConfig(wanted.config));
    assert.equal(counts.total, wanted.total);
    assert.equal(counts.active, wanted.active);
    assert.equal(counts.routedExperts, wanted.routed_experts);
  });
}

for (const [name, wanted] of Object.entries(table.cases)) {
  Deno.test(`countParameters() and flopsPerToken() are right for ${name}`, async () => {
    const config = await readConfig(name);
    const tieEmbeddings = name === "tied";
    const counts = countParameters(config, { tieEmbeddings });
    assert.equal(counts.total, wanted.total);
    assert.equal(counts.active, wanted.active);

    using model = new GPT(config, { tieEmbeddings });
    const trained = model.weights.parameters
      .reduce((sum, { tensor }) => sum + tensor.numel, 0);
    assert.equal(trained, wanted.total);

    // LitGPT's count has the attention of all pairs; half of them are masked.
    const { batch, length, forward_and_backward, attention_of_both } =
      wanted.flops;
    assert.equal(
      flopsPerToken(config, length) * batch * length,
      forward_and_backward - attention_of_both / 2,
    );
  });
}

Deno.test("flopsPerToken() is the figure of the 200M model", () => {
  const { config } = table.models["MoE-200M (50304)"]!;
  const flops = flopsPerToken(defineModelConfig(config), 2048);
  assert.ok(Math.abs(flops / 1.138e9 - 1) < 1e-3, `${flops}`);
});
