/**
 * Documents of `.csv` files.
 *
 * @module
 */

import { pipeline, Readable } from "node:stream";
import { type TextPiece, wholeDocument } from "./_pieces.ts";
import { readUtf8 } from "./_utf8.ts";

/**
 * Reads a CSV file whose first row names the columns; every row is a document.
 *
 * @param path The file.
 * @param options Which column holds the text.
 * @yields The documents.
 */
export async function* readCsv(
  path: string,
  { textField }: { textField: string },
): AsyncGenerator<TextPiece> {
  const { parse } = await import("csv-parse");
  let bytesRead = 0;
  async function* text() {
    for await (const chunk of readUtf8(path)) {
      bytesRead += chunk.bytes;
      yield chunk.text;
    }
  }
  const parser = parse({ skip_empty_lines: true });
  // Failures of the reader and of the parser are thrown where the rows are read.
  pipeline(Readable.from(text()), parser, () => {});
  let column: number | undefined;
  let row = 0;
  for await (const fields of rows(parser, path)) {
    row++;
    if (column === undefined) {
      column = fields.indexOf(textField);
      if (column >= 0) continue;
      throw new TypeError(
        `Cannot read ${path}: it has no column ${
          JSON.stringify(textField)
        }, only ${fields.map((name) => JSON.stringify(name)).join(", ")}`,
      );
    }
    const bytes = bytesRead;
    bytesRead = 0;
    yield* wholeDocument(`${path}, row ${row}`, fields[column] ?? "", bytes);
  }
}

async function* rows(
  parser: AsyncIterable<string[]>,
  path: string,
): AsyncGenerator<string[]> {
  try {
    yield* parser;
  } catch (cause) {
    // The error about bytes that are not UTF-8 already names the file.
    if (cause instanceof TypeError) throw cause;
    throw new SyntaxError(
      `Cannot read ${path}: it is not valid CSV: ${
        cause instanceof Error ? cause.message : String(cause)
      }`,
      { cause },
    );
  }
}
