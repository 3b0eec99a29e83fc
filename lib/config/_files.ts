/** Reading the YAML files of a configuration. */

import { parse } from "@std/yaml";
import { describeCause } from "../files/atomic.ts";
import { isObject } from "./_layers.ts";
import type { Problem } from "./problem.ts";
import { nearest } from "./suggest.ts";

const PROJECT = new URL("../../", import.meta.url);

/** The configuration of `deno task train` without arguments. */
export const DEFAULT_RUN_FILE = new URL(
  "configs/train/quickstart.yaml",
  PROJECT,
);

/** The folder in which a model_name is looked up. */
const MODEL_FOLDER = new URL("configs/model/", PROJECT);

/**
 * Reads the keys of a YAML file.
 *
 * @param file Its path.
 * @param problems Problems with the file are added to it.
 * @returns The keys; none if the file cannot be used.
 */
export function readYaml(
  file: string | URL,
  problems: Problem[],
): Record<string, unknown> {
  const name = displayName(file);
  const refuse = (message: string): Record<string, unknown> => {
    problems.push({ key: name, message, source: name });
    return {};
  };
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    return refuse(
      `cannot be read: ${describeCause(error)}${namesBeside(file)}`,
    );
  }
  try {
    const content = parse(text);
    if (isObject(content)) return content;
    return refuse(
      content === null
        ? "is empty, expected keys and values"
        : "holds a single value, expected keys and values",
    );
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse(`is not valid YAML: ${error.message}`);
  }
}

/**
 * Finds the file of a named model.
 *
 * @param name A model_name.
 * @returns The file, or the text of a message if there is none.
 */
export function findModel(name: string): URL | string {
  const names = modelNames();
  if (names.includes(name)) return new URL(`${name}.yaml`, MODEL_FOLDER);
  const meant = nearest(name, names);
  return `"${name}" is unknown, expected ${orList(names)}` +
    (meant === undefined ? "" : `; did you mean ${meant}?`);
}

/** The models in configs/model, by name. */
export function modelNames(): string[] {
  return yamlNames(MODEL_FOLDER);
}

/**
 * A file's path as messages show it: relative to the current directory where that is shorter.
 *
 * @param file A path or file URL.
 */
export function displayName(file: string | URL): string {
  if (typeof file === "string") return file;
  const path = decodeURIComponent(file.pathname);
  const here = `${Deno.cwd()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}

function namesBeside(file: string | URL): string {
  if (typeof file !== "string") return "";
  const folder = file.slice(0, file.lastIndexOf("/") + 1) || "./";
  const names = yamlNames(folder);
  return names.length === 0 ? "" : `; ${folder} holds ${orList(names)}`;
}

function yamlNames(folder: string | URL): string[] {
  try {
    return [...Deno.readDirSync(folder)]
      .filter((each) => each.isFile && each.name.endsWith(".yaml"))
      .map((each) => each.name.slice(0, -".yaml".length))
      .sort();
  } catch {
    return [];
  }
}

function orList(names: readonly string[]): string {
  return names.length === 0 ? "nothing" : names.join(", ");
}
