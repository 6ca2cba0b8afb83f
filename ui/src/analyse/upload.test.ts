import { expect, it } from 'vitest';
import { Problem } from '../api/problem';
import { analyseFile, FILE_MIB_MAX, failureWords } from './upload';

const file = { name: 'a.eml' };
const problem = (status: number, code: string, detail: string) => new Problem(status, { code, detail });

it.each([
  [
    problem(413, 'too_large', 'files of up to 200 MiB are analysed'),
    'a.eml is too large',
    'mailcase parse',
    false,
  ],
  [new Problem(0, undefined), 'did not reach the server', 'connection broke off', true],
  [problem(400, 'malformed_body', 'the file broke off'), 'broke off on its way', 'Try again', true],
  [problem(503, 'unavailable', 'busy'), 'was not analysed: busy', 'log of the server', true],
  [problem(403, 'csrf_mismatch', 'not from the page'), 'not from the page', 'Reload', true],
])('says what went wrong and what to do: %s', (error, what, next, again) => {
  const words = failureWords(error, file);
  expect(words.what).toContain(what);
  expect(words.next).toContain(next);
  expect(words.again).toBe(again);
});

it('does not send what the server would refuse', async () => {
  const huge = { name: 'huge.eml', size: FILE_MIB_MAX * 2 ** 20 + 1 } as File;
  const sent = analyseFile({
    file: huge,
    sections: ['headers'],
    signal: new AbortController().signal,
    onSent: () => {},
  });
  await expect(sent).rejects.toMatchObject({ status: 413 });
});
