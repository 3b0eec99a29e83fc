/**
 * A model of a disk that loses power: replays logged operations and lays out
 * what may be left. Content survives up to its last sync. Names survive their
 * directory's last sync; with `namesSurvive`, all names survive, as a
 * journalling file system often has it, though the content may not.
 */

import { dirname, join, relative } from "node:path";
import type { Operation } from "../files/_faulty_file_system.ts";

interface FileNode {
  kind: "file";
  content: number[];
  durable: number[];
}

interface DirectoryNode {
  kind: "directory";
  names: Map<string, Node>;
  durable: Map<string, Node>;
}

type Node = FileNode | DirectoryNode;

/** Writes what `operations` under `root` leave after power loss into `into`. */
export function afterPowerLoss(
  operations: readonly Operation[],
  options: { root: string; into: string; namesSurvive: boolean },
): void {
  const top = newDirectory();
  const parts = (path: string) => relative(options.root, path).split("/");
  const directoryAt = (path: string): DirectoryNode => {
    let node: Node | undefined = top;
    for (const part of parts(path).filter((part) => part !== "")) {
      node = node?.kind === "directory" ? node.names.get(part) : undefined;
    }
    if (node?.kind !== "directory") throw new Error(`No directory ${path}`);
    return node;
  };
  const namesAround = (path: string) => directoryAt(dirname(path)).names;
  const nameOf = (path: string) => parts(path).at(-1) ?? "";
  const fileAt = (path: string): FileNode => {
    const node = namesAround(path).get(nameOf(path));
    if (node?.kind !== "file") throw new Error(`No file ${path}`);
    return node;
  };

  for (const operation of operations) {
    const { kind, path } = operation;
    if (kind === "create") {
      const file: FileNode = { kind: "file", content: [], durable: [] };
      namesAround(path).set(nameOf(path), file);
    } else if (kind === "mkdir") {
      namesAround(path).set(nameOf(path), newDirectory());
    } else if (kind === "write") {
      fileAt(path).content.push(...operation.bytes);
    } else if (kind === "syncFile") {
      if (operation.bytes !== undefined) {
        const content = [...operation.bytes];
        const file: FileNode = { kind: "file", content, durable: content };
        namesAround(path).set(nameOf(path), file);
      }
      const file = fileAt(path);
      file.durable = [...file.content];
    } else if (kind === "syncDirectory") {
      const directory = directoryAt(path);
      directory.durable = new Map(directory.names);
    } else if (kind === "remove") {
      namesAround(path).delete(nameOf(path));
    } else if (kind === "rename") {
      const node = namesAround(path).get(nameOf(path));
      if (node === undefined) throw new Error(`Nothing at ${path}`);
      namesAround(path).delete(nameOf(path));
      namesAround(operation.to).set(nameOf(operation.to), node);
    }
  }
  layOut(top, options.into, options.namesSurvive);
}

function layOut(node: Node, path: string, namesSurvive: boolean): void {
  if (node.kind === "file") {
    Deno.writeFileSync(path, new Uint8Array(node.durable));
    return;
  }
  Deno.mkdirSync(path, { recursive: true });
  for (const [name, child] of namesSurvive ? node.names : node.durable) {
    layOut(child, join(path, name), namesSurvive);
  }
}

function newDirectory(): DirectoryNode {
  return { kind: "directory", names: new Map(), durable: new Map() };
}
