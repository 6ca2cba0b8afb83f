// Sends a file to be analysed and tells how far it has come. The answer is kept by nobody but the page.
import { answer, api } from '../api/client';
import { asProblem, Problem } from '../api/problem';
import type { Evidence } from '../api/types';
import type { EvidenceSection } from '../evidence/EvidenceTabs';

/** The server takes no larger file; one that is larger is not sent at all. */
export const FILE_MIB_MAX = 200;

export type AnalyseFile = {
  file: File;
  sections: readonly EvidenceSection[];
  signal: AbortSignal;
  /** Share of the file that is sent, from 0 to 1. */
  onSent: (share: number) => void;
};

export async function analyseFile({ file, sections, signal, onSent }: AnalyseFile): Promise<Evidence> {
  if (file.size > FILE_MIB_MAX * 2 ** 20) {
    throw new Problem(413, { code: 'too_large', detail: `files of up to ${FILE_MIB_MAX} MiB are analysed` });
  }
  return answer(
    api.POST('/analyses', {
      params: { query: { include: sections.join(',') } },
      // The schema has no word for bytes.
      body: file as unknown as string,
      bodySerializer: (body) => body,
      headers: { 'Content-Type': 'application/octet-stream' },
      signal,
      fetch: (request) => send(request, file, onSent),
    }),
  );
}

/** As `fetch`, which cannot tell how much of a body is sent. */
function send(request: Request, body: Blob, onSent: (share: number) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open(request.method, request.url);
    call.responseType = 'blob';
    for (const [name, value] of request.headers) call.setRequestHeader(name, value);
    call.upload.onprogress = ({ loaded, total }) => onSent(total > 0 ? loaded / total : 1);
    call.upload.onload = () => onSent(1);
    call.onload = () => {
      const headers = { 'Content-Type': call.getResponseHeader('Content-Type') ?? '' };
      resolve(new Response(call.response as Blob, { status: call.status, headers }));
    };
    call.onerror = () => reject(new TypeError('the connection broke off'));
    call.onabort = () => reject(new DOMException('given up', 'AbortError'));
    request.signal.addEventListener('abort', () => call.abort());
    if (request.signal.aborted) call.abort();
    call.send(body);
  });
}

/** What went wrong with a file, what to do next, and whether the same again may help. */
export function failureWords(
  error: unknown,
  { name }: Pick<File, 'name'>,
): { what: string; next: string; again: boolean } {
  const { status, code, message } = asProblem(error);
  if (status === 413) {
    return {
      what: `${name} is too large: ${message}.`,
      next: 'Take the message in question out of it, or run “mailcase parse” where the file is.',
      again: false,
    };
  }
  if (status === 0) {
    return {
      what: `${name} did not reach the server, or the answer did not come back.`,
      next: 'The connection broke off, or the file was moved or changed meanwhile. Check both, then try again.',
      again: true,
    };
  }
  if (code === 'malformed_body') {
    return { what: `${name} broke off on its way.`, next: 'Try again.', again: true };
  }
  const next =
    status >= 500
      ? 'Try again in a moment; if it stays, look at the log of the server.'
      : 'Reload the page, then try again.';
  return { what: `${name} was not analysed: ${message}`, next, again: true };
}
