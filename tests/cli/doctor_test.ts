import { strict as assert } from "node:assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ABI_VERSION } from "../../ffi/symbols.ts";
import { formatDiagnosis } from "../../lib/cli/_doctor_text.ts";
import { findDenoKernel, readProcessor } from "../../lib/cli/_machine.ts";
import { type Diagnosis, doctor } from "../../lib/cli/doctor.ts";

const PROGRAM = fileURLToPath(
  new URL("../../lib/cli/doctor.ts", import.meta.url),
);

async function run(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; stdout: string }> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM, ...args],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout) };
}

const BACKENDS = ["cudnn", "flash", "efficient", "math"];

/** The names of the report's lines; every text begins in one column. */
function namesOf(report: string): string[] {
  const lines = report.trimEnd().split("\n");
  const column = /^\S+ +/.exec(lines[0] ?? "")?.[0].length ?? 0;
  assert.ok(column > 0);
  return lines.flatMap((line) => {
    assert.match(line.slice(0, column), /^\S* +$/, line);
    assert.match(line.slice(column), /^\S/, line);
    return line.slice(0, column).trim() || [];
  });
}

Deno.test("doctor tells what this machine has, to people and to programs", async () => {
  const { code, stdout } = await run(["--json"]);
  assert.equal(code, 0);
  const diagnosis: Diagnosis = JSON.parse(stdout);
  assert.equal(diagnosis.ready, true);
  assert.equal(diagnosis.problem, null);
  assert.equal(diagnosis.deno.version, Deno.version.deno);
  const { libtorch, shim, matmul, memory, processor, threads } = diagnosis;
  assert.ok(libtorch !== null && shim !== null && matmul !== null);
  assert.ok(Deno.statSync(join(libtorch.path, "lib")).isDirectory);
  assert.match(libtorch.version, /^\d+\.\d+/);
  assert.ok(["LIBTORCH", "project", "python"].includes(libtorch.source));
  assert.ok(Deno.statSync(shim.path).isFile);
  assert.equal(shim.abi, ABI_VERSION);
  assert.ok(memory.totalBytes > memory.availableBytes);
  assert.ok(memory.availableBytes > 2 ** 27);
  assert.ok(threads !== null && threads >= 1);
  assert.ok(processor.cores >= 1);
  assert.ok(matmul.float32GigaflopsPerSecond > 0.1);
  assert.ok(matmul.bfloat16GigaflopsPerSecond > 0.01);
  const ratio = matmul.bfloat16GigaflopsPerSecond /
    matmul.float32GigaflopsPerSecond;
  assert.equal(
    matmul.bfloat16,
    ratio < 0.8 ? "slower" : ratio > 1.25 ? "faster" : "similar",
  );

  const [cpu, ...gpus] = diagnosis.devices;
  assert.ok(cpu !== undefined);
  assert.deepEqual([cpu.device, cpu.capability, cpu.memoryBytes], [
    "cpu",
    null,
    null,
  ]);
  assert.ok(gpus.length === 0 || libtorch.cuda !== null);
  for (const gpu of gpus) {
    assert.match(gpu.device, /^cuda:\d+$/);
    assert.ok((gpu.capability ?? 0) >= 5 && (gpu.memoryBytes ?? 0) > 2 ** 30);
  }
  for (const { attention } of diagnosis.devices) {
    for (const probes of [attention.float32, attention.bfloat16]) {
      assert.deepEqual(probes.map(({ backend }) => backend), BACKENDS);
      assert.equal(probes.at(-1)?.works, true);
      for (const { works, reason } of probes) {
        assert.equal(works, reason === null);
      }
    }
  }

  const report = formatDiagnosis(diagnosis);
  assert.deepEqual(namesOf(report), [
    ..."Deno libtorch shim memory threads matmul".split(" "),
    ...diagnosis.devices.map(({ device }) => device),
    "Jupyter",
    "ready",
  ]);
  assert.match(report, /^ready +yes$/m);
  assert.match(report, /attention in float32 by .*math; in bfloat16 by .*math/);
  assert.ok(report.includes(libtorch.path) && report.includes(shim.path));
});

Deno.test("doctor shows a set-up that fails as a line of its report, and exits with 1", async () => {
  const env = { LIBTORCH: "/nonexistent/libtorch" };
  const [human, machine] = await Promise.all([
    run([], env),
    run(["--json"], env),
  ]);
  assert.deepEqual([human.code, machine.code], [1, 1]);
  assert.match(
    human.stdout,
    /^ready +NO: Cannot use LIBTORCH=\/nonexistent\/libtorch: .*does not exist/m,
  );
  assert.match(human.stdout, /^libtorch +none$/m);
  namesOf(human.stdout);
  const diagnosis: Diagnosis = JSON.parse(machine.stdout);
  assert.equal(diagnosis.ready, false);
  assert.match(diagnosis.problem ?? "", /\/nonexistent\/libtorch/);
  assert.deepEqual(
    [diagnosis.libtorch, diagnosis.shim, diagnosis.devices],
    [null, null, []],
  );
  // What needs no libtorch is told all the same.
  assert.equal(diagnosis.deno.version, Deno.version.deno);
  assert.ok(diagnosis.memory.totalBytes > 0);
});

Deno.test("doctor refuses an argument it does not know", async () => {
  const errors: unknown[] = [];
  const { error } = console;
  console.error = (...parts) => errors.push(...parts);
  try {
    assert.equal(await doctor(["--jsn"]), 2);
  } finally {
    console.error = error;
  }
  assert.match(String(errors[0]), /unknown argument "--jsn"\n\nUsage: /);
});

/** A report of a machine with everything that a report can hold. */
const FULL: Diagnosis = {
  ready: true,
  problem: null,
  deno: {
    version: "2.9.6",
    v8: "15.0",
    typescript: "6.0.3",
    target: "x86_64-unknown-linux-gnu",
  },
  libtorch: {
    path: "/opt/torch",
    version: "2.11.0+cu130",
    source: "project",
    cuda: "13.0",
    cudnn: "9.17.1",
  },
  shim: { path: "/opt/libmoebius.so", compiler: "g++ 12.2.0", abi: 1 },
  processor: { model: "Xeon", cores: 1, instructions: ["avx2"] },
  threads: 1,
  memory: { totalBytes: 128 * 2 ** 30, availableBytes: 100.5 * 2 ** 30 },
  matmul: {
    float32GigaflopsPerSecond: 100,
    bfloat16GigaflopsPerSecond: 2.5,
    bfloat16: "slower",
  },
  devices: [{
    device: "cuda:0",
    name: "NVIDIA H100",
    capability: 9,
    memoryBytes: 80 * 2 ** 30,
    attention: {
      float32: [
        { backend: "cudnn", works: false, reason: "only half" },
        { backend: "flash", works: false, reason: "x".repeat(200) },
        { backend: "math", works: true, reason: null },
      ],
      bfloat16: [
        { backend: "cudnn", works: true, reason: null },
        { backend: "flash", works: false, reason: "x".repeat(200) },
        { backend: "math", works: true, reason: null },
      ],
    },
  }],
  jupyter: { kernel: "/home/me/kernels/deno" },
};

Deno.test("formatDiagnosis() writes one aligned fact a line", () => {
  assert.equal(
    formatDiagnosis(FULL),
    `Deno      2.9.6, x86_64-unknown-linux-gnu
libtorch  2.11.0+cu130, CUDA 13.0, cuDNN 9.17.1, the project's own
          /opt/torch
shim      ABI version 1, built with g++ 12.2.0
          /opt/libmoebius.so
memory    128.0 GiB, 100.5 GiB available
threads   1, 1 core
matmul    float32 100 GFLOP/s, bfloat16 2.50 GFLOP/s
          no bfloat16 instructions: train with precision 32-true on this CPU
cuda:0    NVIDIA H100, capability 9.0, 80.0 GiB
          attention in float32 by math; in bfloat16 by cudnn, math
          not cudnn in float32: only half
          not flash: ${"x".repeat(117)}...
Jupyter   Deno kernel in /home/me/kernels/deno
ready     yes`,
  );
});

Deno.test("formatDiagnosis() indents a problem of several lines", () => {
  const report = formatDiagnosis({
    ...FULL,
    ready: false,
    problem: "Cannot build the shim:\nfirst\nsecond",
    shim: null,
    matmul: null,
    threads: null,
    devices: [],
    jupyter: { kernel: null },
  });
  assert.ok(report.endsWith(
    "ready     NO: Cannot build the shim:\n          first\n          second",
  ));
  assert.match(report, /^threads {3}not known, 1 core$/m);
  assert.match(report, /^shim {6}not built$/m);
});

Deno.test("readProcessor() reads x86 and Arm", () => {
  assert.deepEqual(
    readProcessor(
      "processor\t: 0\nmodel name\t: Xeon 8592\nflags\t\t: fpu avx2 avx512f avx512_bf16 amx_bf16 sse\n\nprocessor\t: 1\n",
    ),
    {
      model: "Xeon 8592",
      cores: navigator.hardwareConcurrency,
      instructions: ["avx2", "avx512f", "avx512_bf16", "amx_bf16"],
    },
  );
  const arm = readProcessor("Features\t: fp asimd sve bf16\n");
  assert.deepEqual([arm.model, arm.instructions], [null, [
    "asimd",
    "sve",
    "bf16",
  ]]);
  assert.deepEqual(readProcessor("").instructions, []);
});

Deno.test("findDenoKernel() finds a kernel that runs Deno, in Jupyter's folders", () => {
  const home = Deno.makeTempDirSync({ prefix: "moebius-doctor-" });
  try {
    const write = (folder: string, spec: string) => {
      const path = join(home, folder);
      Deno.mkdirSync(path, { recursive: true });
      Deno.writeTextFileSync(join(path, "kernel.json"), spec);
      return path;
    };
    const env = { HOME: home };
    assert.equal(findDenoKernel(env), null);
    const user = ".local/share/jupyter/kernels";
    write(`${user}/broken`, "{");
    write(`${user}/list`, "[]");
    write(`${user}/python3`, '{"argv":["python3","-m","ipykernel"]}');
    assert.equal(findDenoKernel(env), null);
    const mine = write(
      `${user}/moe`,
      '{"argv":["env","--ignore-signal=INT","/opt/bin/deno","jupyter","--kernel"]}',
    );
    assert.equal(findDenoKernel(env), mine);
    const venv = write("venv/share/jupyter/kernels/deno", '{"argv":["deno"]}');
    assert.equal(findDenoKernel({ VIRTUAL_ENV: join(home, "venv") }), venv);
    assert.equal(
      findDenoKernel({ JUPYTER_PATH: join(home, "venv/share/jupyter") }),
      venv,
    );
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
});
