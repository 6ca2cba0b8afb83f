import { expect, it } from 'vitest';
import type { AuditEntry } from '../api/types';
import { auditTarget } from './auditTarget';

const id = '01a1fe7c-1fe7-770f-9474-35a0bfb9f5c5';
const entry = (action: string, target: string | null): AuditEntry => ({
  id: '1',
  at: '2026-06-15T12:00:00Z',
  actor: null,
  action,
  target,
  facts: {},
});

it.each([
  ['case.updated', id, { text: '…35a0bfb9f5c5', full: id, href: `/cases/${id}` }],
  ['connector.created', id, { text: '…35a0bfb9f5c5', full: id, href: `/settings/connectors/${id}` }],
  ['connector.deleted', id, { text: '…35a0bfb9f5c5', full: id }],
  ['reexamination.requested', id, { text: '…35a0bfb9f5c5', full: id, href: `/settings/reexamination/${id}` }],
  ['user.created', id, { text: '…35a0bfb9f5c5', full: id }],
  ['sign_in.refused', 'ada', { text: 'ada', full: 'ada' }],
  ['setup.completed', null, null],
])('%s of %s', (action, target, shown) => expect(auditTarget(entry(action, target))).toEqual(shown));
