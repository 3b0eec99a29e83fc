/**
 * Documents of `.parquet` files.
 *
 * @module
 */

import type { AsyncBuffer } from "hyparquet";
import { type TextPiece, wholeDocument } from "./_pieces.ts";

/**
 * Reads a Parquet file, one row group at a time; every row is a document.
 *
 * @param path The file.
 * @param options Which column holds the text.
 * @yields The documents.
 */
export async function* readParquet(
  path: string,
  { textField }: { textField: string },
): AsyncGenerator<TextPiece> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } =
    await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const failed = (cause: unknown) =>
    new SyntaxError(
      `Cannot read ${path}: it is not Parquet that can be read: ${
        cause instanceof Error ? cause.message : String(cause)
      }`,
      { cause },
    );
  using input = await Deno.open(path, { read: true });
  const file = asyncBuffer(input);
  const metadata = await parquetMetadataAsync(file).catch((cause) => {
    throw failed(cause);
  });
  const columns = parquetSchema(metadata).children
    .map((child) => child.element.name);
  if (!columns.includes(textField)) {
    throw new TypeError(
      `Cannot read ${path}: it has no column ${
        JSON.stringify(textField)
      }, only ${columns.map((name) => JSON.stringify(name)).join(", ")}`,
    );
  }

  const rowCount = Number(metadata.num_rows);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const rows = await parquetReadObjects({
      file,
      metadata,
      columns: [textField],
      rowStart,
      rowEnd,
      compressors,
    }).catch((cause) => {
      throw failed(cause);
    });
    for (const [index, row] of rows.entries()) {
      const text: unknown = row[textField] ?? "";
      const place = rowStart + index + 1;
      if (typeof text !== "string") {
        throw new TypeError(
          `Cannot read ${path}, row ${place}: expected a string in column ${
            JSON.stringify(textField)
          }, got a ${typeof text}`,
        );
      }
      yield* wholeDocument(
        `${path}, row ${place}`,
        text.toWellFormed(),
        file.byteLength / rowCount,
      );
    }
    rowStart = rowEnd;
  }
}

function asyncBuffer(file: Deno.FsFile): AsyncBuffer {
  const byteLength = file.statSync().size;
  return {
    byteLength,
    // Synchronous, because concurrent slices share the file's position.
    slice(start, end = byteLength) {
      const bytes = new Uint8Array(end - start);
      file.seekSync(start, Deno.SeekMode.Start);
      let offset = 0;
      while (offset < bytes.length) {
        const count = file.readSync(bytes.subarray(offset));
        if (count === null) break;
        offset += count;
      }
      return bytes.buffer.slice(0, offset);
    },
  };
}
