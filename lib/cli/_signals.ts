/** Signals that ask a command to end. */

/** A request to end, made by a signal. */
export interface Signals extends Disposable {
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  /** Exit code that a shell expects of a process ended by that signal. */
  readonly exitCode: number;
}

const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Listens for signals: the first asks the command to finish, the second ends the process immediately.
 *
 * @param names The signals.
 * @param finishing Description of the remaining work, shown to the user.
 */
export function onSignals(
  names: readonly (keyof typeof NUMBERS)[],
  finishing = "finishing the step and saving",
): Signals {
  const controller = new AbortController();
  let exitCode = 0;
  const listeners = names.map((name) => {
    const listener = () => {
      exitCode = 128 + NUMBERS[name];
      if (controller.signal.aborted) Deno.exit(exitCode);
      console.error(
        `\n${name}: ${finishing}; once more ends at once`,
      );
      controller.abort();
    };
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    [Symbol.dispose]() {
      for (const { name, listener } of listeners) {
        Deno.removeSignalListener(name, listener);
      }
    },
  };
}
