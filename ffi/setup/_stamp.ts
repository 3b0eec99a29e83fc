/**
 * The record of the last set-up, which makes the next one a matter of comparing
 * sizes and times of files.
 */
import { join } from "node:path";
import { hashSources, listSources } from "./_sources.ts";
import { cpuIdentity, type Host, statOrUndefined } from "./_host.ts";
import {
  type Libtorch,
  libtorchFiles,
  UNCHECKED_VARIABLE,
} from "./_libtorch.ts";

/** What a finished set-up provides. */
export interface Setup {
  /** The libtorch that the shim was built for. */
  readonly libtorch: Libtorch;
  /** Absolute path of the built shim. */
  readonly shim: string;
  /** First line of the compiler's --version. */
  readonly compiler: string;
  /**
   * Absolute paths of the libraries to open, in this order; the shim is the
   * last.
   */
  readonly librariesToLoad: readonly string[];
}

const FORMAT = 1;

// Variables that decide what set-up finds and builds.
const VARIABLES = [
  "LIBTORCH",
  UNCHECKED_VARIABLE,
  "CXX",
  "CXXFLAGS",
  "CUDA_HOME",
  "CUDA_PATH",
];

/**
 * Size and time of one file, as one comparable text; undefined where there is
 * no such file.
 */
function fingerprint(path: string): string | undefined {
  const info = statOrUndefined(path);
  return info === undefined
    ? undefined
    : `${info.size} ${info.mtime?.getTime() ?? 0}`;
}

type Fingerprints = Record<string, string | undefined>;

const fingerprints = (paths: readonly string[]): Fingerprints =>
  Object.fromEntries(paths.map((path) => [path, fingerprint(path)]));

interface Stamp {
  readonly format: number;
  readonly variables: Fingerprints;
  readonly cpu: string;
  readonly libtorch: Fingerprints;
  readonly compiler: Fingerprints;
  readonly shim: Fingerprints;
  readonly sources: Fingerprints;
  readonly sourcesHash: string;
  readonly setup: Setup;
}

/** How much of an earlier set-up still holds. */
export type Standing =
  | { readonly current: true; readonly setup: Setup }
  | {
    readonly current: false;
    readonly libtorch: Setup["libtorch"] | undefined;
  };

const stampPath = (host: Host) => join(host.stateDir, "setup.json");

/** Compares the last set-up with what is there now. */
export function checkStamp(host: Host, sourceDir: string): Standing {
  const stamp = readStamp(host);
  if (
    stamp === undefined || !same(stamp.variables, variables(host)) ||
    !unchanged(stamp.libtorch)
  ) {
    return { current: false, libtorch: undefined };
  }
  const { setup } = stamp;
  if (
    stamp.cpu !== cpuIdentity() || !unchanged(stamp.shim) ||
    compilerChanged(stamp.compiler) ||
    // A copied project must not depend on the one that it was copied from.
    !setup.shim.startsWith(join(host.stateDir, "/"))
  ) {
    return { current: false, libtorch: setup.libtorch };
  }
  const sources = sourceFingerprints(sourceDir);
  if (same(stamp.sources, sources)) return { current: true, setup };
  if (stamp.sourcesHash !== hashSources(sourceDir)) {
    return { current: false, libtorch: setup.libtorch };
  }
  // Touched, not changed (a fresh checkout, say): remember the new times.
  replaceStamp(host, { ...stamp, sources });
  return { current: true, setup };
}

/**
 * Records a finished set-up. `sourcesHash` is of the sources as they were
 * before the build began.
 */
export function writeStamp(
  host: Host,
  options: {
    setup: Setup;
    compilerPath: string;
    sourceDir: string;
    sourcesHash: string;
  },
): void {
  const { setup, sourceDir } = options;
  replaceStamp(host, {
    format: FORMAT,
    variables: variables(host),
    cpu: cpuIdentity(),
    libtorch: fingerprints(libtorchFiles(setup.libtorch)),
    compiler: fingerprints([options.compilerPath]),
    shim: fingerprints([setup.shim]),
    // A source edited while it was compiled must look changed the next time.
    sources: hashSources(sourceDir) === options.sourcesHash
      ? sourceFingerprints(sourceDir)
      : {},
    sourcesHash: options.sourcesHash,
    setup,
  });
}

function readStamp(host: Host): Stamp | undefined {
  try {
    const stamp: Stamp = JSON.parse(Deno.readTextFileSync(stampPath(host)));
    return stamp.format === FORMAT ? stamp : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

function replaceStamp(host: Host, stamp: Stamp): void {
  const temporary = `${stampPath(host)}.${crypto.randomUUID()}.tmp`;
  Deno.writeTextFileSync(temporary, JSON.stringify(stamp, null, 2));
  Deno.renameSync(temporary, stampPath(host));
}

function variables(host: Host): Fingerprints {
  return Object.fromEntries(VARIABLES.map((name) => [name, host.env[name]]));
}

function sourceFingerprints(sourceDir: string): Fingerprints {
  return Object.fromEntries(
    listSources(sourceDir)
      .map((path) => [path, fingerprint(join(sourceDir, path))]),
  );
}

const unchanged = (then: Fingerprints) =>
  same(then, fingerprints(Object.keys(then)));

// A compiler that was removed since does no harm to a shim that is built.
const compilerChanged = (then: Fingerprints) =>
  Object.entries(then).some(([path, value]) =>
    ![value, undefined].includes(fingerprint(path))
  );

function same(left: Fingerprints, right: Fingerprints): boolean {
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...keys].every((key) => left[key] === right[key]);
}
