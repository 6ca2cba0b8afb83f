import { expect, it } from 'vitest';
import { messageQuery } from './messages';
import { reasonText } from './reason';

it('says in words why a message is where it is', () => {
  expect(reasonText({ because: 'new' })).toBe('It started this case.');
  expect(reasonText({ because: 'joined', tie: 'reference' })).toContain('answers a message of this case');
  expect(reasonText({ because: 'automatic_kept', kind: 'out_of_office' })).toContain('(out of office)');
});

it('takes nonsense in the address for no filter', () => {
  expect(messageQuery({ state: 'stored', in_case: 'no' })).toMatchObject({
    state: 'stored',
    has_case: false,
  });
  expect(messageQuery({ state: 'gone', in_case: 'maybe' })).toMatchObject({
    state: undefined,
    has_case: undefined,
  });
});

it('takes a message that needs a key for one in a state of its own', () => {
  expect(messageQuery({ state: 'needs_key' })).toMatchObject({ state: undefined, needs_key: true });
  expect(messageQuery({ state: 'decided' }).needs_key).toBeUndefined();
});
