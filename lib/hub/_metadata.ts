/**
 * Lists the files on a hub, using its official client library.
 *
 * @module
 */

import { z } from "zod";
import type { Context } from "./_context.ts";
import { hubFetch, reasonOf } from "./_request.ts";
import { HubError } from "./error.ts";
import { isSafePath, revisionOf } from "./repository.ts";

/** A file of a commit. */
export interface RemoteFile {
  /** Its name in the repository, with folders. */
  path: string;
  /** Bytes. */
  size: number;
  /** The expected hash of its content. */
  digest: Digest;
}

/** SHA-256 of a large file's content, or git's SHA-1 of a small one; hexadecimal. */
export interface Digest {
  algorithm: "sha256" | "git-sha1";
  value: string;
}

const Commit = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });

const Entry = z.object({
  path: z.string().refine(isSafePath, "is a path that leads elsewhere"),
  size: z.int().nonnegative(),
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({
    oid: z.string().regex(/^[0-9a-f]{64}$/),
    size: z.int().nonnegative(),
  }).nullish(),
});

/** The commit that the repository's revision is now. */
export async function resolveCommit(context: Context): Promise<string> {
  const { type, name } = context.repository;
  const revision = revisionOf(context.repository);
  return await ask(context, async (access) => {
    const { datasetInfo, modelInfo } = await import("@huggingface/hub");
    const question = { ...access, name, revision };
    const info = type === "model"
      ? await modelInfo({ ...question, additionalFields: ["sha"] })
      : await datasetInfo({ ...question, additionalFields: ["sha"] });
    return Commit.parse(info).sha;
  });
}

/** One file of a commit. */
export async function describeFile(
  context: Context,
  { commit, path }: { commit: string; path: string },
): Promise<RemoteFile> {
  const entries = await describeFiles(context, { commit, paths: [path] });
  const entry = entries.find((entry) => entry.path === path);
  if (entry) return entry;
  throw new HubError(
    "not_found",
    `Cannot ${context.verb} ${context.subject}: there is no such file at ${
      revisionOf(context.repository)
    }: check its name`,
  );
}

/** Those of the given files that a commit contains. */
export async function describeFiles(
  context: Context,
  { commit, paths }: { commit: string; paths: readonly string[] },
): Promise<RemoteFile[]> {
  return await ask(context, async (access) => {
    const { pathsInfo } = await import("@huggingface/hub");
    const { type, name } = context.repository;
    const entries = await pathsInfo({
      ...access,
      repo: { type, name },
      revision: commit,
      paths: [...paths],
    });
    return entries.filter((entry) => entry.type === "file").map(remoteFile);
  });
}

/** All files of a commit. */
export async function listCommit(
  context: Context,
  commit: string,
): Promise<RemoteFile[]> {
  return await ask(context, async (access) => {
    const { listFiles } = await import("@huggingface/hub");
    const { type, name } = context.repository;
    const repo = { type, name };
    const files: RemoteFile[] = [];
    const listed = listFiles({
      ...access,
      repo,
      revision: commit,
      recursive: true,
    });
    for await (const entry of listed) {
      if (entry.type === "file") files.push(remoteFile(entry));
    }
    return files;
  });
}

function remoteFile(entry: unknown): RemoteFile {
  const { path, size, oid, lfs } = Entry.parse(entry);
  return lfs
    ? { path, size: lfs.size, digest: { algorithm: "sha256", value: lfs.oid } }
    : { path, size, digest: { algorithm: "git-sha1", value: oid } };
}

/** Sends a request, and reports an answer that does not come from a hub. */
export async function ask<T>(
  context: Context,
  question: (access: { hubUrl: string; fetch: typeof fetch }) => Promise<T>,
): Promise<T> {
  try {
    return await question({
      hubUrl: context.settings.endpoint,
      fetch: hubFetch(context),
    });
  } catch (cause) {
    context.signal?.throwIfAborted();
    if (cause instanceof HubError) throw cause;
    const reason = cause instanceof z.ZodError
      ? z.prettifyError(cause).replaceAll("\n", " ")
      : reasonOf(cause);
    throw new HubError(
      "failed",
      `Cannot ${context.verb} ${context.subject}: ${context.host} does not answer as a hub does (${reason}): check HF_ENDPOINT`,
      { cause },
    );
  }
}
