import { describe, expect, it } from 'vitest';
import type { Part, Signature } from '../api/types';
import { closedAtFirst, countParts, moveBy, OPEN_AT_FIRST, partAt, pathsAround, visibleRows } from './parts';
import {
  charsetChoices,
  contradictedType,
  declaresNothing,
  factName,
  formatWords,
  partName,
  readAsWords,
  signatureState,
  signerName,
  sniffedOther,
  worstSignature,
} from './partWords';
import { nextSteps, unreadOf, unreadReason, wantedRecipients } from './unread';

const leaf = (path: string, more: Partial<Part> = {}): Part => ({
  path,
  kind: 'attachment',
  content_type: 'application/pdf',
  sniffed_type: null,
  charset: null,
  encoding: null,
  disposition: null,
  content_id: null,
  name: null,
  safe_name: null,
  size: 1,
  hashes: null,
  envelope: null,
  headers: [],
  format: null,
  facts: [],
  lock: null,
  signatures: [],
  read_as: null,
  children: [],
  defects: [],
  ...more,
});
const tree = leaf('/', {
  children: [
    leaf('/1', { children: [leaf('/1/1'), leaf('/1/2', { children: [leaf('/1/2/1')] })] }),
    leaf('/2'),
  ],
});
const shown = (closed: string[] = []) => visibleRows(tree, new Set(closed));

describe('the tree of parts', () => {
  it('lists parents before children, with the lines that hold them together', () => {
    expect(
      shown().map(({ part, depth, place, siblings, lines }) => [part.path, depth, place, siblings, lines]),
    ).toEqual([
      ['/', 0, 1, 1, []],
      ['/1', 1, 1, 2, []],
      ['/1/1', 2, 1, 2, [true]],
      ['/1/2', 2, 2, 2, [true]],
      ['/1/2/1', 3, 1, 1, [true, false]],
      ['/2', 1, 2, 2, []],
    ]);
    expect(shown(['/1']).map(({ part }) => part.path)).toEqual(['/', '/1', '/2']);
    expect(countParts(tree)).toBe(6);
    expect(partAt(tree, '/1/2')?.path).toBe('/1/2');
    expect(partAt(tree, null)).toBeUndefined();
  });

  it.each([
    ['/', []],
    ['/2', ['/']],
    ['/1/2/1', ['/', '/1', '/1/2']],
  ])('knows what is around %s', (path, around) => expect(pathsAround(path)).toEqual(around));

  it('stands open unless it is large, and survives a very deep one', () => {
    expect(closedAtFirst(tree).size).toBe(0);
    const children = Array.from({ length: OPEN_AT_FIRST }, (_, index) => leaf(`/1/${index + 1}`));
    expect([...closedAtFirst(leaf('/', { children: [leaf('/1', { children })] }))]).toEqual(['/1']);
    let deep = leaf('/1');
    for (let level = 0; level < 20_000; level += 1) deep = leaf('/1', { children: [deep] });
    expect(countParts(deep)).toBe(20_001);
  });

  it.each([
    ['ArrowDown', '/', [], { focus: '/1' }],
    ['ArrowUp', '/2', [], { focus: '/1/2/1' }],
    ['ArrowUp', '/', [], null],
    ['ArrowDown', '/2', [], null],
    ['Home', '/2', [], { focus: '/' }],
    ['End', '/', [], { focus: '/2' }],
    ['ArrowRight', '/1', ['/1'], { open: '/1' }],
    ['ArrowRight', '/1', [], { focus: '/1/1' }],
    ['ArrowRight', '/2', [], null],
    ['ArrowLeft', '/1', [], { close: '/1' }],
    ['ArrowLeft', '/1', ['/1'], { focus: '/' }],
    ['ArrowLeft', '/1/1', [], { focus: '/1' }],
    ['ArrowLeft', '/', ['/'], null],
    ['Enter', '/1', [], { select: '/1' }],
    ['x', '/1', [], null],
    ['ArrowDown', '/9', [], null],
  ])('%s at %s with %j closed', (key, current, closed, move) =>
    expect(moveBy(key, shown(closed), current, new Set(closed))).toEqual(move),
  );
});

describe('parts in words', () => {
  it('names parts, formats and facts', () => {
    expect(partName(leaf('/1', { name: 'a.pdf' }))).toBe('a.pdf');
    expect(partName(leaf('/1'))).toBe('application/pdf');
    expect(formatWords('smime_enveloped')).toBe('S/MIME encrypted');
    expect(formatWords('new_format')).toBe('New format');
    expect(factName('last_modifier')).toBe('Last modifier');
    expect(declaresNothing(leaf('/1', { content_type: 'application/octet-stream' }))).toBe(true);
  });

  it.each([
    ['application/pdf', 'application/pdf', null, null],
    ['application/pdf', 'application/zip', 'application/zip', 'application/zip'],
    ['text/csv', 'text/plain', 'text/plain', null],
    ['image/jpg', 'image/jpeg', 'image/jpeg', null],
    ['application/x-zip-compressed', 'application/zip', 'application/zip', null],
    ['image/png', 'text/html', 'text/html', 'text/html'],
    ['text/plain', 'application/x-msdownload', 'application/x-msdownload', 'application/x-msdownload'],
    ['text/plain', null, null, null],
  ])('takes %s with the first bytes of %s for what it is', (content_type, sniffed_type, other, against) => {
    const part = leaf('/1', { content_type, sniffed_type });
    expect([sniffedOther(part), contradictedType(part)]).toEqual([other, against]);
  });

  it('says how a text was read', () => {
    expect(readAsWords({ charset: 'koi8-r', because: 'asked', confidence: 'certain' })).toBe(
      'Read as koi8-r, as you asked.',
    );
    expect(readAsWords({ charset: 'big5', because: 'detected', confidence: 'doubtful' })).toMatch(
      /^Read as big5: the bytes look like it. Doubtful/,
    );
  });

  it('offers the charsets of the part first, each once', () => {
    const read_as = { charset: 'koi8-r', because: 'detected', confidence: 'likely' } as const;
    const [own, common] = charsetChoices(leaf('/1', { charset: 'KOI8-R', read_as }));
    expect(own?.items).toEqual(['koi8-r']);
    expect(common?.items).not.toContain('koi8-r');
    expect(charsetChoices(leaf('/1'))).toHaveLength(1);
  });

  it('shows the worst of several signatures', () => {
    const of = (state: Signature['state'], signer: string | null): Signature => ({
      state,
      signer,
      addresses: ['a@b.example'],
      issuer: null,
      serial: null,
      not_before: null,
      not_after: null,
      signed_at: null,
      fingerprint: null,
      algorithm: null,
      weak: false,
    });
    expect(worstSignature([of('intact', 'A'), of('broken', null), of('unverified', 'C')])?.state).toBe(
      'broken',
    );
    expect(worstSignature([])).toBeUndefined();
    const weak = { ...of('intact', 'D'), weak: true };
    expect(worstSignature([of('intact', 'A'), weak])).toBe(weak);
    expect(worstSignature([weak, of('unverified', null)])?.state).toBe('unverified');
    expect(signatureState(weak).label).toBe('Intact, but weak');
    expect(signatureState({ state: 'broken', weak: true }).label).toBe('Broken');
    expect([signerName(of('intact', 'A')), signerName(of('intact', null))]).toEqual(['A', 'a@b.example']);
  });
});

describe('what could not be read', () => {
  it.each([
    ['limit_depth', 'limit'],
    ['unsupported_method', 'unsupported'],
    ['truncated', 'damaged'],
    ['damaged', 'damaged'],
    ['parser_failed', 'damaged'],
    ['examination_failed', 'damaged'],
    ['bad_base64', null],
    ['unknown_limit', null],
  ])('takes %s for %s', (code, reason) => expect(unreadReason(code)).toBe(reason));

  it('lists locks and defects in the order of the parts, the message first', () => {
    const root = leaf('/', {
      children: [
        leaf('/1', {
          lock: { needs: 'key', recipients: ['CN=A 01'] },
          defects: [{ code: 'bad_base64', message: '' }],
        }),
        leaf('/2', {
          lock: { needs: 'password' },
          defects: [{ code: 'truncated', message: 'it ends early' }],
        }),
        leaf('/3', { lock: { needs: 'key', recipients: [] } }),
      ],
    });
    const unread = unreadOf({ root, defects: [{ code: 'limit_parts', message: 'too many' }] });
    expect(unread.map(({ part, reason }) => [part?.path, reason])).toEqual([
      [undefined, 'limit'],
      ['/1', 'key'],
      ['/2', 'password'],
      ['/2', 'damaged'],
      ['/3', 'key'],
    ]);
    expect(unread[1]?.message).toContain('is encrypted to these');
    expect(wantedRecipients(unread)).toEqual(['CN=A 01']);
    expect(nextSteps(unread, false)).toHaveLength(3);
    expect(nextSteps(unread, true)).toHaveLength(1);
  });
});
