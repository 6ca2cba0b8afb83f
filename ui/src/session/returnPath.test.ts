import { expect, it } from 'vitest';
import { safeReturnPath } from './returnPath';

it.each([
  ['/cases/1?tab=timeline', '/cases/1?tab=timeline'],
  [null, '/inbox'],
  ['https://elsewhere.example/', '/inbox'],
  ['//elsewhere.example/', '/inbox'],
  ['/\\elsewhere.example', '/inbox'],
])('returns from sign-in to %s as %s', (next, path) => expect(safeReturnPath(next)).toBe(path));
