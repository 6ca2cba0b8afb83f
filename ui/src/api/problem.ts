// What went wrong with a call, in words for people. The server's problem+json is kept whole.
import type { FieldError, ProblemBody } from './types';

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: FieldError[];
  readonly requestId: string | null;

  constructor(status: number, body: Partial<ProblemBody> | undefined) {
    super(body?.detail || body?.title || fallbackText(status));
    this.name = 'Problem';
    this.status = status;
    this.code = body?.code ?? 'unknown';
    this.fields = body?.errors ?? [];
    this.requestId = body?.request_id ?? null;
  }
}

function fallbackText(status: number): string {
  if (status === 0) return 'The server cannot be reached. Check your connection, then try again.';
  if (status >= 500)
    return `The server failed to answer (${status}). Try again; if it stays, look at its log.`;
  return `The server refused the request (${status}).`;
}

/** Any thrown value as a problem. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, undefined);
}
