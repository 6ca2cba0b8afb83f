import { describe, expect, it } from 'vitest';
import openapi from '../api/openapi.json';
import { Problem } from '../api/problem';
import type { DecryptionKey, KeyFacts } from '../api/types';
import {
  base64Of,
  isAmong,
  isWrongPassword,
  KEY_FILE_BYTES_MAX,
  keptAlready,
  keyAlgorithm,
  keyName,
  refusalOf,
  validity,
} from './keyWords';

const smime: KeyFacts = {
  kind: 'smime',
  subject: 'C=DE, O=Northwind, CN=Petra Lind',
  user_ids: [],
  addresses: ['petra@northwind.example'],
  issuer: 'CN=Northwind Mail CA 2',
  serial: '04A1B2',
  key_id: '8F3A55',
  subkey_ids: [],
  fingerprint: 'aa',
  not_before: '2020-01-01T00:00:00Z',
  not_after: '2022-01-01T00:00:00Z',
  algorithm: 'RSA',
  bits: 2048,
  chain: [],
};
const openpgp: KeyFacts = {
  ...smime,
  kind: 'openpgp',
  subject: 'Incident response (CERT) <ir@northwind.example>',
  issuer: null,
  serial: null,
  key_id: 'D2C4A6B8E0F19375',
  subkey_ids: ['0E11AA02BB03CC04'],
};

describe('keys in words', () => {
  it.each([
    [smime, 'Petra Lind'],
    [{ ...smime, subject: 'CN=Desk,O=Northwind' }, 'Desk'],
    [{ ...smime, subject: 'O=Northwind' }, 'petra@northwind.example'],
    [{ ...smime, subject: 'O=Northwind', addresses: [] }, 'O=Northwind'],
    [openpgp, 'Incident response (CERT)'],
    [{ ...openpgp, subject: '<ir@northwind.example>' }, 'petra@northwind.example'],
    [{ ...openpgp, subject: 'key id D2C4', addresses: [] }, 'key id D2C4'],
  ])('names a key %#', (facts, name) => expect(keyName(facts)).toBe(name));

  it('says what it is made of', () => {
    expect(keyAlgorithm(smime)).toBe('RSA, 2048 bits');
    expect(keyAlgorithm({ algorithm: 'P-256', bits: 256 })).toBe('P-256');
    expect(keyAlgorithm({ algorithm: 'Ed25519', bits: null })).toBe('Ed25519');
  });

  it.each([
    ['2019-06-01T00:00:00Z', 'not_yet'],
    ['2021-06-01T00:00:00Z', 'valid'],
    ['2023-06-01T00:00:00Z', 'expired'],
  ])('knows at %s that it is %s', (at, state) => expect(validity(smime, Date.parse(at))).toBe(state));

  it('takes a key without an end for valid', () => {
    expect(validity({ not_before: null, not_after: null }, 0)).toBe('valid');
  });
});

describe('whether a message is encrypted to a key', () => {
  it.each([
    [smime, 'CN=Northwind Mail CA 2, serial number 04A1B2', true],
    [smime, 'CN=Northwind Mail CA 2, serial number 4a1b2', true],
    [smime, 'CN=Other CA, serial number 04A1B2', false],
    [smime, 'CN=Northwind Mail CA 2, serial number 04A1B3', false],
    [smime, 'key id 8F3A55', true],
    [smime, 'key id 8F3A56', false],
    [openpgp, 'key id D2C4A6B8E0F19375', true],
    [openpgp, 'key id 0E11AA02BB03CC04', true],
    [openpgp, 'key 1A2B3C4D5E6F708192A3B4C5D2C4A6B8E0F19375', true],
    [openpgp, 'key id 7777777777777777', false],
    [openpgp, 'unreadable', false],
  ])('%# %s', (facts, recipient, is) => expect(isAmong(facts, ['key id 00', recipient])).toBe(is));
});

describe('key files that are not kept', () => {
  it('tells a wrong password from everything else', () => {
    expect(isWrongPassword(new Problem(422, { code: 'key_wrong_password' }))).toBe(true);
    expect(isWrongPassword(new Problem(422, { code: 'key_damaged' }))).toBe(false);
    expect(isWrongPassword(new TypeError())).toBe(false);
  });

  it('says what is wrong and what to do, each in its own words', () => {
    const codes = [
      'too_large',
      'key_not_recognized',
      'key_without_private_key',
      'key_with_several_private_keys',
      'key_without_certificate',
      'key_damaged',
    ];
    const said = codes.map((code) => refusalOf(new Problem(422, { code, detail: 'x' })));
    expect(new Set(said.map(({ what }) => what)).size).toBe(codes.length);
    for (const { what, next, again } of said) {
      expect(what).not.toBe('x');
      expect(next).not.toBe('');
      expect(again).toBe(false);
    }
    expect(refusalOf(new Problem(409, { code: 'conflict', detail: 'this key is there already' }))).toEqual({
      what: 'It is not kept: this key is there already.',
      next: '',
      again: false,
    });
    expect(refusalOf(new Problem(503, { code: 'unavailable', detail: 'busy' }))).toMatchObject({
      what: 'busy',
      again: true,
    });
  });

  it('knows what is kept already for the same mail', () => {
    const key = { id: 'k', connector: { id: 'c', name: 'C' }, facts: smime } as DecryptionKey;
    expect(keptAlready([key], smime, 'c')).toBe(key);
    expect(keptAlready([key], smime, null)).toBeUndefined();
    expect(keptAlready([key], { ...smime, fingerprint: 'bb' }, 'c')).toBeUndefined();
  });
});

it('writes bytes in base64', () => {
  expect(base64Of(Uint8Array.from([0, 255, 16, 128]))).toBe('AP8QgA==');
  expect(atob(base64Of(new Uint8Array(300_000)))).toHaveLength(300_000);
});

it('takes as large a file as the server does', () => {
  const { description } = openapi.components.schemas.AddKey.properties.file;
  expect(description).toContain(`at most ${KEY_FILE_BYTES_MAX / 2 ** 20} MiB`);
});
