import { expect, it } from 'vitest';
import { caseQuery } from './cases';
import { caseAddress, listAddress } from './listInAddress';
import { factsText } from './timelineFacts';

it('reads filters and sort order from the address', () => {
  const query = caseQuery({ status: 'unresolved', severity: 'high' }, 'number', 'asc');
  expect(query).toMatchObject({
    status: ['open', 'in_progress'],
    severity: ['high'],
    sort: 'number',
    order: 'asc',
  });
  expect(caseQuery({ status: 'x', severity: 'y' }, 'z', 'up')).toMatchObject({
    status: [],
    severity: [],
    sort: 'updated',
    order: 'desc',
  });
});

it('writes particulars of any shape', () => {
  expect(factsText({ status: { old: 'open', new: 'in_progress' } })).toEqual(['status: open → in progress']);
  expect(factsText({ owner: { from: 'Ada', to: null }, tags: { old: [], new: ['a', 'b'] } })).toEqual([
    'owner: Ada → none',
    'tags: none → a, b',
  ]);
  expect(factsText({ field: 'severity', from: 'low', to: 'high' })).toEqual(['severity: low → high']);
  expect(factsText({ folder: 'INBOX', empty: null, odd: { a: 1 } })).toEqual([
    'folder: INBOX',
    'odd: {"a":1}',
  ]);
  expect([factsText(null), factsText('x'), factsText([1])]).toEqual([[], [], []]);
});

it('leads back to the list as it was, and takes nothing else along', () => {
  const list = new URLSearchParams('q=a%26b&status=open&sort=number&order=asc&new=1');
  expect(caseAddress('c1', list)).toBe('/cases/c1?q=a%26b&status=open&sort=number&order=asc');
  expect(listAddress(new URLSearchParams('tag=fraud&tab=timeline'))).toBe('/cases?tag=fraud');
  expect(listAddress(new URLSearchParams('tab=timeline'))).toBe('/cases');
});
