/** The shim's sources: what there is, and hashes that tell when it changed. */
import { createHash } from "node:crypto";
import { dirname, join, relative, resolve } from "node:path";
import { exists } from "./_host.ts";

const INCLUDE = /^\s*#\s*include\s*"([^"]+)"/gm;

/**
 * Every file below the source folder that a build could read, relative and
 * sorted.
 */
export function listSources(sourceDir: string): string[] {
  const files: string[] = [];
  const walk = (folder: string) => {
    for (const entry of Deno.readDirSync(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory) walk(path);
      else if (!entry.name.startsWith(".")) {
        files.push(relative(sourceDir, path));
      }
    }
  };
  if (exists(sourceDir)) walk(sourceDir);
  return files.sort();
}

/** Hash over names and contents of all sources and headers. */
export function hashSources(sourceDir: string): string {
  const text = (path: string) => Deno.readTextFileSync(join(sourceDir, path));
  return hash(listSources(sourceDir).flatMap((path) => [path, text(path)]));
}

/**
 * A source and all that it includes with quotes from the source folder, each as
 * name and text.
 */
export function sourceTexts(sourceDir: string, source: string): string[] {
  const seen = new Map<string, string>();
  const visit = (path: string) => {
    const name = relative(sourceDir, path);
    if (seen.has(name) || !exists(path)) return;
    const text = Deno.readTextFileSync(path);
    seen.set(name, text);
    for (const [, included = ""] of text.matchAll(INCLUDE)) {
      visit(resolve(dirname(path), included));
      visit(resolve(sourceDir, included));
    }
  };
  visit(join(sourceDir, source));
  return [...seen].flat();
}

/**
 * Hash of texts, 32 hexadecimal digits; where one text ends and the next begins
 * counts.
 */
export function hash(parts: readonly string[]): string {
  const digest = createHash("sha256");
  for (const part of parts) digest.update(`${part.length}:${part}`);
  return digest.digest("hex").slice(0, 32);
}
