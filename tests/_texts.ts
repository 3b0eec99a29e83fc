/** The texts of all files below a folder whose names match, in the order of names. */
export function textsBelow(folder: string, pattern: RegExp): string[] {
  return [...Deno.readDirSync(folder)]
    .sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) return textsBelow(path, pattern);
      return pattern.test(entry.name) ? [Deno.readTextFileSync(path)] : [];
    });
}
