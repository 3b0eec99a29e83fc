/**
 * Documents of `.jsonl` and `.json` files.
 *
 * @module
 */

import { type TextPiece, wholeDocument } from "./_pieces.ts";
import { readUtf8, type TextChunk } from "./_utf8.ts";

interface Options {
  textField: string;
}

/**
 * Reads JSON Lines: every line is an object with the text field, or a string.
 *
 * @param path The file.
 * @param options Which field holds the text.
 * @yields The documents.
 */
export async function* readJsonLines(
  path: string,
  { textField }: Options,
): AsyncGenerator<TextPiece> {
  yield* documentsOf(lines(readUtf8(path)), { path, textField });
}

/**
 * Reads a JSON file: an array of objects with the text field or of strings, one
 * such object, or lines of them.
 *
 * @param path The file.
 * @param options Which field holds the text.
 * @yields The documents.
 */
export async function* readJson(
  path: string,
  { textField }: Options,
): AsyncGenerator<TextPiece> {
  const isArray = await firstCharacter(path) === "[";
  const items = isArray
    ? elements(readUtf8(path), path)
    : await firstLineIsWhole(path)
    ? lines(readUtf8(path))
    : whole(readUtf8(path));
  yield* documentsOf(items, { path, textField });
}

/**
 * Reads text that is a JSON array, as {@linkcode readJson} does.
 *
 * @param chunks The text.
 * @param options The name for messages, and the field that holds the text.
 * @yields The documents.
 */
export async function* readJsonArray(
  chunks: AsyncIterable<TextChunk>,
  options: Options & { path: string },
): AsyncGenerator<TextPiece> {
  yield* documentsOf(elements(chunks, options.path), options);
}

/** The JSON of one document, and its place in the file. */
interface Item {
  json: string;
  place: string;
  bytes: number;
}

async function* documentsOf(
  items: AsyncIterable<Item>,
  { path, textField }: { path: string; textField: string },
): AsyncGenerator<TextPiece> {
  for await (const { json, place, bytes } of items) {
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch (cause) {
      throw new SyntaxError(
        `Cannot read ${path}, ${place}: it is not valid JSON: ${
          cause instanceof Error ? cause.message : String(cause)
        }`,
        { cause },
      );
    }
    const text = textOf(value, textField);
    if (text === undefined) {
      throw new TypeError(
        `Cannot read ${path}, ${place}: expected a string or an object with a string ${
          JSON.stringify(textField)
        }, got ${describe(value, textField)}`,
      );
    }
    yield* wholeDocument(`${path}, ${place}`, text.toWellFormed(), bytes);
  }
}

function textOf(value: unknown, field: string): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const text: unknown = Reflect.get(value, field);
  if (text === null && Object.hasOwn(value, field)) return "";
  return typeof text === "string" ? text : undefined;
}

function describe(value: unknown, field?: string): string {
  if (value === null || typeof value !== "object") {
    return value === null ? "null" : `a ${typeof value}`;
  }
  if (Array.isArray(value)) return "an array";
  if (field !== undefined && Object.hasOwn(value, field)) {
    return `an object whose ${JSON.stringify(field)} is ${
      describe(Reflect.get(value, field))
    }`;
  }
  const keys = Object.keys(value).slice(0, 8).map((key) => JSON.stringify(key));
  return `an object with ${keys.length > 0 ? keys.join(", ") : "no key"}`;
}

async function* lines(chunks: AsyncIterable<TextChunk>): AsyncGenerator<Item> {
  let held = "";
  let bytesHeld = 0;
  let number = 0;
  function* items(text: string): Generator<Item> {
    number++;
    if (text.trim() === "") return;
    yield { json: text, place: `line ${number}`, bytes: bytesHeld };
    bytesHeld = 0;
  }
  for await (const { text, bytes } of chunks) {
    bytesHeld += bytes;
    const parts = text.split("\n");
    const last = parts.pop()!;
    for (const part of parts) {
      yield* items(held + part);
      held = "";
    }
    held += last;
  }
  yield* items(held);
}

async function* whole(chunks: AsyncIterable<TextChunk>): AsyncGenerator<Item> {
  const parts = await Array.fromAsync(chunks);
  yield {
    json: parts.map((part) => part.text).join(""),
    place: "the document",
    bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
  };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Splits a JSON array into its elements without holding all of it in memory. Only
 * brackets, commas and strings are recognized here; `JSON.parse` checks the elements.
 */
async function* elements(
  chunks: AsyncIterable<TextChunk>,
  path: string,
): AsyncGenerator<Item> {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let held = "";
  let bytesHeld = 0;
  let number = 0;
  const item = (json: string): Item => {
    const bytes = bytesHeld;
    bytesHeld = 0;
    held = "";
    return { json, place: `element ${++number}`, bytes };
  };
  for await (const { text, bytes } of chunks) {
    bytesHeld += bytes;
    let start = 0;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === BACKSLASH) escaped = true;
        else if (code === QUOTE) inString = false;
      } else if (code === QUOTE) {
        inString = true;
      } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
        if (++depth === 1) start = index + 1;
      } else if (code === COMMA && depth === 1) {
        yield item(held + text.slice(start, index));
        start = index + 1;
      } else if (
        (code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0
      ) {
        const last = held + text.slice(start, index);
        if (last.trim() !== "" || number > 0) yield item(last);
        start = index + 1;
      }
    }
    held += text.slice(start);
  }
  if (depth !== 0 || held.trim() !== "") {
    throw new SyntaxError(
      `Cannot read ${path}: it is not valid JSON: the array that it begins with ${
        depth !== 0 ? "does not end" : "is followed by more"
      }`,
    );
  }
}

async function firstCharacter(path: string): Promise<string | undefined> {
  for await (const { text } of readUtf8(path)) {
    const trimmed = text.trimStart();
    if (trimmed !== "") return trimmed[0];
  }
  return undefined;
}

async function firstLineIsWhole(path: string): Promise<boolean> {
  for await (const { json } of lines(readUtf8(path))) {
    try {
      JSON.parse(json);
      return true;
    } catch {
      return false;
    }
  }
  return false;
}
