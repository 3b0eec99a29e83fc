/**
 * Requests to a hub: authorization, retries, and the meaning of answers.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "./_context.ts";
import { HubError } from "./error.ts";
import { revisionOf } from "./repository.ts";

const ATTEMPTS = 4;
const MAX_DELAY_MS = 60_000;

/** A request that did not succeed. */
interface Failure {
  error: HubError;
  /** Whether the same request may succeed later. */
  isTransient: boolean;
  /** When the hub allows the next attempt. */
  retryAfterMs?: number;
}

/**
 * Sends a request, and repeats it after a pause if the hub is busy or does not
 * answer. Answers with status 416 (range not satisfiable) are left to the caller.
 *
 * @throws {HubError} If there is no answer, or a refusal.
 */
export async function request(
  url: string,
  context: Context,
  init: RequestInit & { buffer?: boolean } = {},
): Promise<Response> {
  for (let attempt = 1;; attempt++) {
    let failure: Failure;
    try {
      const response = await send(url, context, init);
      if (response.ok || response.status === 416) return response;
      await response.body?.cancel();
      failure = refusal(response, context);
    } catch (cause) {
      context.signal?.throwIfAborted();
      failure = noAnswer(cause, context);
    }
    if (!failure.isTransient || attempt === ATTEMPTS) throw failure.error;
    await pause(context, attempt, failure.retryAfterMs);
  }
}

/** Minimum upload speed that is assumed when the timeout of a request is computed. */
const SLOWEST_BYTES_PER_MS = 50;

/** {@linkcode request} for the client library, which only asks for small things, and sends files. */
export function hubFetch(context: Context): typeof fetch {
  return async (input, init) => {
    const sentBytes = init?.body instanceof Blob ? init.body.size : 0;
    const timeoutMs = context.timeoutMs + sentBytes / SLOWEST_BYTES_PER_MS;
    return await request(
      String(input),
      { ...context, timeoutMs },
      { ...init, buffer: true },
    );
  };
}

/** Waits for a result from the network, with a timeout. */
export async function inTime<T>(
  promise: Promise<T>,
  { timeoutMs }: Context,
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`nothing came for ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function send(
  url: string,
  context: Context,
  { buffer = false, ...init }: RequestInit & { buffer?: boolean },
): Promise<Response> {
  const { token, endpoint } = context.settings;
  const headers = new Headers(init.headers);
  // fetch omits this header when a redirect leads to another server.
  if (token && new URL(url).origin === new URL(endpoint).origin) {
    headers.set("authorization", `Bearer ${token}`);
  }
  const controller = new AbortController();
  const signal = AbortSignal.any(
    [controller.signal, context.signal ?? []].flat(),
  );
  const answer = async () => {
    const response = await fetch(url, { ...init, headers, signal });
    return buffer
      ? new Response(await response.arrayBuffer(), response)
      : response;
  };
  try {
    return await inTime(answer(), context);
  } catch (error) {
    controller.abort();
    throw error;
  }
}

/** Waits before something is tried again. */
export async function pause(
  { signal, retryDelayMs }: Context,
  attempt: number,
  retryAfterMs?: number,
): Promise<void> {
  const wanted = retryAfterMs ?? retryDelayMs * 2 ** (attempt - 1);
  const ms = Math.min(wanted, MAX_DELAY_MS);
  // Random, so that many machines that failed at the same time do not retry at the same time.
  const jittered = ms * (1 + Math.random() / 4);
  await delay(jittered, undefined, signal ? { signal } : {});
}

/** The underlying reason of an error that fetch throws. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message } = error.cause instanceof Error ? error.cause : error;
  return message
    .replace(/^error sending request (for url \(.*?\)|from \S+ for .*?): /, "")
    .replace(/^client error \(\w+\): /, "");
}

function noAnswer(
  cause: unknown,
  { verb, subject, host }: Context,
): Failure {
  return {
    error: new HubError(
      "unreachable",
      `Cannot ${verb} ${subject}: ${host} could not be reached (${
        reasonOf(cause)
      }): check the network, or set HF_ENDPOINT to a mirror`,
      { cause },
    ),
    isTransient: true,
  };
}

function refusal(response: Response, context: Context): Failure {
  const { status } = response;
  const fail = (
    reason: HubError["reason"],
    why: string,
    isTransient = false,
  ): Failure => ({
    error: new HubError(
      reason,
      `Cannot ${context.verb} ${context.subject}: ${why}`,
    ),
    isTransient,
    ...retryAfter(response),
  });
  const answered = `${context.host} answered ${status}`;
  if (status === 401 || status === 403) {
    return fail("unauthorized", unauthorized(status, context));
  }
  if (status === 404) {
    return fail("not_found", notFound(response, context));
  }
  if (status === 429) {
    return fail(
      "unreachable",
      `${context.host} limits how much can be asked (429): wait some minutes${
        context.settings.token ? "" : ", or set HF_TOKEN"
      }`,
      true,
    );
  }
  if (status === 408 || status >= 500) {
    return fail("unreachable", `${answered}: try again later`, true);
  }
  return fail("failed", `${answered}: check HF_ENDPOINT`);
}

function unauthorized(status: number, context: Context): string {
  const { host, repository, settings } = context;
  if (status === 403) {
    return `${host} denies access (403): ask for it on the page of ${repository.name}, or set HF_TOKEN to a token that has it`;
  }
  return settings.token
    ? `${host} does not accept the token (401): set HF_TOKEN to a valid one, and check the name ${repository.name}`
    : `${host} wants a token (401): ${repository.name} is private, or there is none of that name: check the name, or set HF_TOKEN`;
}

function notFound({ headers }: Response, context: Context): string {
  const { host, repository } = context;
  const { name, type } = repository;
  const revision = revisionOf(repository);
  switch (headers.get("x-error-code")) {
    case "RevisionNotFound":
      return `${name} has no revision ${revision} (404): check the revision`;
    case "EntryNotFound":
      return `${name} has no such file at ${revision} (404): check its name`;
    default:
      return `${host} has no ${type} ${name} (404): check the name`;
  }
}

function retryAfter({ headers }: Response): Pick<Failure, "retryAfterMs"> {
  const value = headers.get("retry-after");
  if (value === null) return {};
  const ms = /^\d+$/.test(value)
    ? Number(value) * 1000
    : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? { retryAfterMs: Math.max(0, ms) } : {};
}
