/**
 * Reads every import of the project and holds them against the order of its rooms:
 * ffi <- lib <- lib/cli, notebooks; what has no tensors in it works without libtorch.
 */
import { strict as assert } from "node:assert";
import { fileURLToPath } from "node:url";
import { dirname, join, relative } from "node:path";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** The parts of lib that compute with tensors. All others never reach ffi. */
const WITH_TENSORS = [
  "lib/model/",
  "lib/operators/",
  "lib/optimizer/",
  "lib/train/",
  "lib/generate/",
  "lib/evaluate/",
  "lib/notebook/",
  "lib/cli/",
  "lib/mod.ts",
  "lib/checkpoint/state.ts",
];

/** What a file names as another: statements, dynamic imports, workers. */
const NAMED = [
  /^(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"/gm,
  /^import\s+"([^"]+)"/gm,
  /\bimport\(\s*"([^"]+)"\s*\)/g,
  /\bnew URL\(\s*"([^"]+\.ts)"/g,
];

function typeScriptFiles(folder: string): string[] {
  return [...Deno.readDirSync(join(ROOT, folder))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return typeScriptFiles(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

interface DenoConfig {
  imports: Record<string, string>;
}

const config: DenoConfig = JSON.parse(
  Deno.readTextFileSync(join(ROOT, "deno.json")),
);

/** The project's own file behind a specifier, or undefined for a package. */
function resolve(from: string, specifier: string): string | undefined {
  const mapped = config.imports[specifier];
  if (mapped?.startsWith("./")) return mapped.slice(2);
  if (!specifier.startsWith(".")) return undefined;
  return relative(ROOT, join(ROOT, dirname(from), specifier));
}

function importsOf(path: string): string[] {
  const text = Deno.readTextFileSync(join(ROOT, path))
    // Examples in documentation are no imports.
    .replace(/^\s*\*.*$/gm, "");
  return NAMED.flatMap((pattern) => [...text.matchAll(pattern)])
    .flatMap(([, specifier = ""]) => resolve(path, specifier) ?? []);
}

const imports = new Map(
  ["ffi", "lib", "tests"].flatMap(typeScriptFiles)
    .map((path) => [path, importsOf(path)]),
);

/** Every import from a file that `from` takes to one that `to` takes. */
function arrows(
  from: (path: string) => boolean,
  to: (path: string) => boolean,
): string[] {
  return [...imports].filter(([path]) => from(path)).flatMap(([path, named]) =>
    named.filter(to).map((other) => `${path} -> ${other}`)
  );
}

const inside = (...folders: string[]) => (path: string) =>
  folders.some((folder) => path.startsWith(folder));
const outside = (...folders: string[]) => (path: string) =>
  !inside(...folders)(path);

/** "lib/model/gpt.ts" is of the room lib/model, "lib/mod.ts" of its own. */
function roomOf(path: string): string {
  const [top = "", room = "", ...rest] = path.split("/");
  if (top === "ffi") return room === "setup" ? "ffi/setup" : "ffi";
  return rest.length > 0 ? `${top}/${room}` : path;
}

Deno.test("every import of a project file names one that exists", () => {
  const missing = arrows(() => true, (path) => {
    if (imports.has(path)) return false;
    try {
      return !Deno.statSync(join(ROOT, path)).isFile;
    } catch {
      return true;
    }
  });
  assert.deepEqual(missing, []);
  // The reader sees what there is: this file, by its first import of all.
  assert.ok(imports.get("ffi/tensor.ts")?.includes("ffi/library.ts"));
  assert.ok((imports.get("lib/model/gpt.ts")?.length ?? 0) >= 5);
});

Deno.test("ffi imports nothing from lib, and its set-up nothing from the rest of ffi", () => {
  assert.deepEqual(arrows(inside("ffi/"), outside("ffi/")), []);
  assert.deepEqual(arrows(inside("ffi/setup/"), outside("ffi/setup/")), []);
});

Deno.test("lib reaches ffi through its mod.ts alone", () => {
  const doors = ["ffi/mod.ts", "ffi/setup/mod.ts"];
  assert.deepEqual(
    arrows(
      inside("lib/"),
      (path) => inside("ffi/")(path) && !doors.includes(path),
    ),
    [],
  );
});

Deno.test("lib's rooms without tensors do not reach ffi, not even through others", () => {
  const reaching: string[] = [];
  for (const start of imports.keys()) {
    if (outside("lib/")(start) || inside(...WITH_TENSORS)(start)) continue;
    const seen = new Map([[start, start]]);
    const queue = [start];
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (inside("ffi/")(path)) reaching.push(seen.get(path) ?? path);
      for (const next of imports.get(path) ?? []) {
        if (seen.has(next)) continue;
        seen.set(next, `${seen.get(path)} -> ${next}`);
        queue.push(next);
      }
    }
  }
  assert.deepEqual(reaching, []);
});

Deno.test("only the command line and tests import the command line", () => {
  assert.deepEqual(
    arrows(outside("lib/cli/", "tests/"), inside("lib/cli/")),
    [],
  );
});

Deno.test("only tests import tests", () => {
  assert.deepEqual(arrows(outside("tests/"), inside("tests/")), []);
});

Deno.test("files whose name begins with _ are of their room alone", () => {
  const isPrivate = (path: string) => /\/_[^/]*$/.test(path);
  const foreign = [...imports].filter(([path]) => outside("tests/")(path))
    .flatMap(([path, named]) =>
      named.filter((other) =>
        isPrivate(other) && roomOf(other) !== roomOf(path)
      ).map((other) => `${path} -> ${other}`)
    );
  assert.deepEqual(foreign, []);
});

Deno.test("rooms do not import each other in a circle", () => {
  const rooms = new Map<string, Set<string>>();
  for (const [path, named] of imports) {
    if (inside("tests/")(path)) continue;
    const room = roomOf(path);
    const others = named.map(roomOf).filter((other) => other !== room);
    rooms.set(room, new Set([...rooms.get(room) ?? [], ...others]));
  }
  // A room that is in no circle can be removed once all it imports are.
  for (let before = -1; before !== rooms.size;) {
    before = rooms.size;
    for (const [room, others] of rooms) {
      if ([...others].every((other) => !rooms.has(other))) rooms.delete(room);
    }
  }
  assert.deepEqual(
    [...rooms].map(([room, others]) =>
      `${room} -> ${[...others].filter((other) => rooms.has(other)).join(", ")}`
    ),
    [],
  );
});
