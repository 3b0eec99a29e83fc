/**
 * What `JSON.parse` accepts and the safetensors format does not: a key given
 * twice, an integer written oddly, text that is not Unicode.
 *
 * Strings are not scanned with regular expressions: they may be 100 MB long, and
 * the stack for backtracking would overflow.
 */

/**
 * Says what is odd about `text`, which `JSON.parse` has accepted, or
 * `undefined` if nothing is. Only numbers in arrays are looked at: those are
 * shapes and offsets.
 */
export function findJsonOddity(text: string): string | undefined {
  /** One per open bracket: the keys of an object so far, or null: an array. */
  const open: (Set<string> | null)[] = [];
  let isKey = false;
  for (let i = 0; i < text.length; i++) {
    const keys = open.at(-1);
    const char = text.charAt(i);
    if (char === "{") {
      open.push(new Set());
      isKey = true;
    } else if (char === "[") {
      open.push(null);
      isKey = false;
    } else if (char === "}" || char === "]") {
      open.pop();
      isKey = false;
    } else if (char === ",") {
      isKey = keys !== null;
    } else if (char === ":") {
      isKey = false;
    } else if (char === '"') {
      const end = endOfString(text, i);
      const string = String(JSON.parse(text.slice(i, end)));
      if (!string.isWellFormed()) return "has text that is not Unicode";
      if (isKey && keys?.has(string)) {
        return `has the key ${JSON.stringify(string)} twice`;
      }
      if (isKey) keys?.add(string);
      i = end - 1;
    } else if (keys === null && (char === "-" || isDigit(char))) {
      const end = endOfNumber(text, i);
      const number = text.slice(i, end);
      if (![...number].every(isDigit)) {
        return `has ${number} where a whole number is expected`;
      }
      i = end - 1;
    }
  }
  return undefined;
}

/** Index after the closing quote of the string that opens at `begin`. */
function endOfString(text: string, begin: number): number {
  let i = begin + 1;
  while (text.charAt(i) !== '"') i += text.charAt(i) === "\\" ? 2 : 1;
  return i + 1;
}

/** Index after the last character of the number that begins at `begin`. */
function endOfNumber(text: string, begin: number): number {
  let i = begin + 1;
  while (i < text.length && !",] \t\n\r".includes(text.charAt(i))) i++;
  return i;
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}
