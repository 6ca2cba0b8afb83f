// The one way to the server: the generated client, the CSRF header, and problems instead of silent failures.
import createClient, { type Middleware } from 'openapi-fetch';
import { Problem } from './problem';
import type { paths } from './schema';
import type { ProblemBody } from './types';

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS'];

let csrfToken: string | null = null;
let whenSignedOut: () => void = () => {};

/** Keeps the token that proves that a change was asked for by this page. */
export function rememberCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Names what happens when the server says that nobody is signed in any more. */
export function onSignedOut(listener: () => void): void {
  whenSignedOut = listener;
}

const csrf: Middleware = {
  onRequest({ request }) {
    if (csrfToken && !SAFE_METHODS.includes(request.method)) request.headers.set('X-CSRF-Token', csrfToken);
    return request;
  },
  onResponse({ request, response }) {
    const askedWhoIAm = new URL(request.url).pathname === '/api/v1/session';
    if (response.status === 401 && !askedWhoIAm) whenSignedOut();
    return undefined;
  },
};

// `fetch` is looked up for each call, so that tests and browser tools may stand in front of it.
export const api = createClient<paths>({ baseUrl: '/api/v1', fetch: (request) => globalThis.fetch(request) });
api.use(csrf);

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The data of a call, or a thrown [`Problem`]. */
export async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  const result = await call.catch(() => {
    throw new Problem(0, undefined);
  });
  if (!result.response.ok) {
    throw new Problem(result.response.status, result.error as Partial<ProblemBody> | undefined);
  }
  return result.data as T;
}
