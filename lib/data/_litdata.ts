/**
 * Token chunks as LitGPT writes them with litdata.
 *
 * A folder holds `index.json` and `chunk-RANK-INDEX.bin` files. A chunk has the
 * number of items (uint32), the offset at which each begins and the last ends
 * (uint32, from the start of the file), and the tokens of all items.
 *
 * @module
 */

import { join } from "node:path";
import { z } from "zod";
import {
  checkSize,
  readHead,
  type TokenFile,
  unreadable,
} from "./_token_file.ts";
import type { TokenFormat } from "./_token_parts.ts";

/** litdata's list of chunks; a folder without this file holds no chunks. */
export const LITDATA_INDEX = "index.json";

/** litdata's numbers of PyTorch types; a type with two names has two numbers. */
const TENSOR_FORMATS: Readonly<Record<number, TokenFormat>> = {
  11: "uint8",
  12: "int8",
  13: "int16",
  14: "int16",
  15: "int32",
  16: "int32",
  17: "int64",
  18: "int64",
  20: "uint16",
};

/** litdata's numbers of NumPy types. */
const NUMPY_FORMATS: Readonly<Record<number, TokenFormat>> = {
  0: "int8",
  1: "int16",
  2: "int32",
  3: "int64",
  4: "uint8",
  5: "uint16",
  6: "uint32",
  7: "uint64",
};

const Index = z.looseObject({
  chunks: z.array(z.looseObject({
    filename: z.string().regex(/^[^/\\]+$/),
    chunk_size: z.int().nonnegative(),
    dim: z.int().nonnegative().nullish(),
  })),
  config: z.looseObject({
    compression: z.string().nullish(),
    encryption: z.unknown(),
    data_format: z.array(z.string()).nullish(),
    item_loader: z.string().nullish(),
  }).nullable(),
});

/**
 * Reads the index of a folder of chunks, and checks every file's header.
 *
 * @param folder The folder.
 * @returns Its files, in the order of the index.
 * @throws {Error} If the index or a chunk is missing or damaged, or the chunks do
 * not hold plain tokens; the message names what they hold.
 */
export async function litdataFiles(folder: string): Promise<TokenFile[]> {
  const { chunks, config } = await readIndex(folder);
  if (config === null || chunks.length === 0) {
    throw unreadable(folder, "its index.json lists no chunks");
  }
  const format = formatOf(config, folder);
  return await Promise.all(chunks.map(async ({ filename, chunk_size, dim }) => {
    const path = join(folder, filename);
    if (typeof dim !== "number") {
      throw unreadable(
        folder,
        `its index.json has no number of tokens ("dim") for ${filename}: they were written without litdata's TokensLoader: write them again with optimize(..., item_loader=TokensLoader())`,
      );
    }
    const offset = 4 * (chunk_size + 2);
    const { head, size } = await readHead(path, offset).catch((cause) => {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
      throw unreadable(folder, `the chunk ${filename} is missing`, cause);
    });
    const file = { path, offset, tokens: dim, format };
    const header = new Uint32Array(head.buffer, 0, head.length >> 2);
    if (header[0] !== chunk_size || header[1] !== offset) {
      throw unreadable(
        path,
        `its header is not that of a chunk of ${chunk_size} items: it is damaged, or of another format`,
      );
    }
    checkSize(file, size);
    return file;
  }));
}

async function readIndex(folder: string): Promise<z.infer<typeof Index>> {
  const path = join(folder, LITDATA_INDEX);
  let value: unknown;
  try {
    value = JSON.parse(await Deno.readTextFile(path));
  } catch (cause) {
    const isMissing = cause instanceof Deno.errors.NotFound ||
      cause instanceof Deno.errors.NotADirectory;
    if (!isMissing && !(cause instanceof SyntaxError)) throw cause;
    throw unreadable(
      folder,
      isMissing
        ? "it holds no index.json, so no chunks of litdata"
        : "its index.json is not valid JSON",
      cause,
    );
  }
  const parsed = Index.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unreadable(
    folder,
    `its index.json is not one of litdata: ${
      z.prettifyError(parsed.error).replaceAll("\n", " ")
    }`,
  );
}

function formatOf(
  config: NonNullable<z.infer<typeof Index>["config"]>,
  folder: string,
): TokenFormat {
  const { compression, encryption, data_format, item_loader } = config;
  const again =
    "write them again with optimize(..., item_loader=TokensLoader()), uncompressed";
  if (compression) {
    throw unreadable(
      folder,
      `its chunks are compressed with ${compression}: ${again}`,
    );
  }
  if (encryption) {
    throw unreadable(folder, `its chunks are encrypted: ${again}`);
  }
  if (item_loader && item_loader !== "TokensLoader") {
    throw unreadable(
      folder,
      `its chunks are for litdata's ${item_loader}, not for its TokensLoader: ${again}`,
    );
  }
  const [kind, code] = data_format?.length === 1
    ? data_format[0]!.split(":")
    : [];
  const formats = kind === "no_header_tensor"
    ? TENSOR_FORMATS
    : kind === "no_header_numpy"
    ? NUMPY_FORMATS
    : {};
  const format = formats[Number(code)];
  if (format !== undefined) return format;
  throw unreadable(
    folder,
    `its chunks hold ${
      data_format?.join(", ") || "nothing"
    }, which is not one array of whole numbers: ${again}`,
  );
}
