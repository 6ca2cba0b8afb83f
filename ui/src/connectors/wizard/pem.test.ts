import { expect, it } from 'vitest';
import { certificatesIn, fingerprint, groupedHex } from './pem';

const one = '-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n';

it('takes every certificate out of a text, and nothing else', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n';
  const text = `subject: a\r\n${one.replaceAll('\n', '\r\n')}${key}${one}`;
  expect(certificatesIn(text)).toEqual([one, one]);
  expect(certificatesIn(key)).toEqual([]);
});

it('computes the fingerprint people compare', async () => {
  // SHA-256 of "abc", FIPS 180-2.
  expect(await fingerprint(one)).toMatch(/^BA:78:16:BF:.*:AD$/);
  expect(groupedHex('00ff')).toBe('00:FF');
});
