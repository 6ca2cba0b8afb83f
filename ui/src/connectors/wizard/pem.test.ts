import { expect, it } from 'vitest';
import { certificatesIn, certificatesInFile, fingerprint, groupedHex, secretOfFile } from './pem';

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

it('makes PEM of a file in DER form, and nothing of other files', () => {
  const der = Uint8Array.from([0x30, 0x82, 0x01, 0x00, ...Array<number>(256).fill(7)]);
  const [pem = ''] = certificatesInFile(der);
  expect(certificatesIn(pem)).toEqual([pem]);
  expect(Math.max(...pem.split('\n').map((line) => line.length))).toBeLessThanOrEqual(64);
  expect(atob(pem.replace(/-----[^-]+-----|\s/g, ''))).toHaveLength(260);
  expect(certificatesInFile(new TextEncoder().encode(one))).toEqual([one]);
  expect(certificatesInFile(new TextEncoder().encode('0\u0001 hello'))).toEqual([]);
});

it('keeps a file that is a secret as it is stored', () => {
  expect(secretOfFile(new TextEncoder().encode(one))).toBe(one);
  expect(secretOfFile(Uint8Array.from([0x30, 0x82, 0xff]))).toBe('MIL/');
  expect(secretOfFile(new Uint8Array(1 << 20))).toBeNull();
});
