import { describe, expect, it } from 'vitest';
import { alignment, checkColor, checkTitle, claimant, delayWords, resultColor, whole } from './origin';

describe('what is said of the origin of a message', () => {
  it('believes nobody who is not known to say good things', () => {
    expect(resultColor('pass', true)).toBe('teal');
    expect(resultColor('pass', false)).toBe('gray');
    expect(resultColor('softfail', false)).toBe('red');
    expect(resultColor('none', true)).toBe('gray');
  });

  it('names who says so', () => {
    const claim = { header: '', server: 'mx.example.org', trusted: false, instance: null, results: [] };
    expect(claimant(claim)).toBe('mx.example.org');
    expect(claimant({ ...claim, instance: 2 })).toBe('mx.example.org, step 2 of the ARC chain');
    expect(claimant({ ...claim, server: '' })).toBe('nobody named');
  });

  it('tells a result whole', () => {
    const properties = [{ name: 'header.d', value: 'a.example' }];
    const result = { method: 'dkim', result: 'fail', reason: 'body hash', properties };
    expect(whole(result)).toBe('dkim=fail, body hash, header.d=a.example');
    expect(whole({ ...result, reason: null, properties: [] })).toBe('dkim=fail');
  });

  it('says what was found out here, and for whom it speaks', () => {
    const check = {
      method: 'dkim' as const,
      outcome: 'pass' as const,
      reason: '',
      domain: 'a.example',
      aligned: true,
      notes: [],
      properties: [],
    };
    expect(checkTitle(check)).toBe('DKIM pass for a.example');
    expect(checkTitle({ ...check, outcome: 'not_checked', domain: null })).toBe('DKIM not checked');
    expect(alignment(check)).toContain('the sender people see');
    expect(alignment({ ...check, aligned: false })).toContain('somebody else');
    expect(alignment({ ...check, outcome: 'fail' })).toBeNull();
    expect(alignment({ ...check, method: 'arc' })).toBeNull();
    const colors = (['pass', 'fail', 'policy', 'none'] as const).map((outcome) =>
      checkColor({ ...check, outcome }),
    );
    expect(colors).toEqual(['teal', 'red', 'orange', 'gray']);
    expect(checkColor({ ...check, aligned: false })).toBe('gray');
  });

  it('tells delays in units people read', () => {
    expect([0, 119, 120, 7200, 172_800, -10, null].map(delayWords)).toEqual([
      '0 s',
      '119 s',
      '2 min',
      '2 h',
      '2 days',
      '−10 s',
      '–',
    ]);
  });
});
