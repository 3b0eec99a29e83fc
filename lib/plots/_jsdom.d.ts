// What is used of jsdom: its own declarations are a package of their own.

/** A page without a browser. */
export class JSDOM {
  constructor(
    html: string,
    options?: { runScripts?: "outside-only"; virtualConsole?: VirtualConsole },
  );
  /** Its global object. */
  readonly window: Window;
}

/** The global object of a page. */
export interface Window {
  /** Runs a script in the page. */
  eval(script: string): unknown;
}

/** Receiver of a page's messages; by default they are discarded. */
export class VirtualConsole {}
