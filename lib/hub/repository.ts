/**
 * Names on a hub.
 *
 * @module
 */

/** A repository of a hub at one revision. */
export interface HubRepository {
  /** What it holds. */
  readonly type: "model" | "dataset";
  /** Its name, such as `roneneldan/TinyStories`. */
  readonly name: string;
  /** A branch, a tag or a commit hash. Default `main`. */
  readonly revision?: string;
}

/** The branch, tag or commit that is meant. */
export function revisionOf({ revision = "main" }: HubRepository): string {
  return revision;
}

/** Whether a revision is a commit, whose files never change. */
export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** A repository in words: "the dataset roneneldan/TinyStories". */
export function describeRepository({ type, name }: HubRepository): string {
  return `the ${type} ${name}`;
}

/**
 * Refuses an invalid repository name, before any request is sent or file written.
 *
 * @throws {TypeError} If its name or revision cannot be one.
 */
export function checkRepository(
  { name, revision }: HubRepository,
  verb: string,
): void {
  if (!/^(\b[\w.-]+\b\/)?\b[\w.-]+\b$/.test(name) || /--|\.\./.test(name)) {
    throw new TypeError(
      `Cannot ${verb} ${
        JSON.stringify(name)
      }: it is not the name of a repository: expected OWNER/NAME`,
    );
  }
  if (revision !== undefined && !isSafePath(revision)) {
    throw new TypeError(
      `Cannot ${verb} ${name} at ${
        JSON.stringify(revision)
      }: it is not a branch, a tag or a commit`,
    );
  }
}

/**
 * Whether a path from a repository stays inside the target folder on every
 * system.
 */
export function isSafePath(path: string): boolean {
  return path.split("/").every((part) =>
    part !== "" && part !== "." && part !== ".." && !/[\\:\p{Cc}]/u.test(part)
  );
}

/** Where a file of a commit is fetched from. */
export function fileUrl(
  repository: HubRepository,
  file: { endpoint: string; commit: string; path: string },
): string {
  const folder = repository.type === "model" ? "" : "datasets/";
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  return `${file.endpoint}/${folder}${repository.name}/resolve/${file.commit}/${path}`;
}
