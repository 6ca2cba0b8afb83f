// Who may use the desk, and what they did: users, sessions, tokens, the audit log.
import type { AuditEntry, Person, SessionView, TokenView, UserView } from '../../src/api/types';
import { id, minutesAgo, phishing } from './made';

export const people: Person[] = [
  { id: id(1), display_name: 'Ada Marsh' },
  { id: id(2), display_name: 'Jonas Weber' },
];

export const users: UserView[] = [
  {
    id: id(1),
    username: 'ada',
    display_name: 'Ada Marsh',
    role: 'administrator',
    disabled: false,
    created_at: minutesAgo(90_000),
  },
  {
    id: id(2),
    username: 'jonas',
    display_name: 'Jonas Weber',
    role: 'analyst',
    disabled: false,
    created_at: minutesAgo(80_000),
  },
  {
    id: id(3),
    username: 'old',
    display_name: 'Former Colleague',
    role: 'read_only',
    disabled: true,
    created_at: minutesAgo(85_000),
  },
];

export const sessions: SessionView[] = [
  {
    id: id(800),
    created_at: minutesAgo(60),
    last_used_at: minutesAgo(0),
    expires_at: new Date(Date.now() + 8 * 3_600_000).toISOString(),
    address: '192.0.2.7',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chromium/156',
    current: true,
  },
  {
    id: id(801),
    created_at: minutesAgo(900),
    last_used_at: minutesAgo(300),
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    address: '198.51.100.20',
    user_agent: 'Mozilla/5.0 (iPhone)',
    current: false,
  },
];

export const tokens: TokenView[] = [
  {
    id: id(900),
    name: 'Nightly export',
    prefix: 'mc_4k2p',
    permissions: ['read_desk'],
    created_at: minutesAgo(9000),
    expires_at: new Date(Date.now() + 80 * 86_400_000).toISOString(),
    last_used_at: minutesAgo(600),
    revoked_at: null,
  },
];

export const audit: AuditEntry[] = [
  {
    id: '3',
    at: minutesAgo(2),
    actor: people[0] ?? null,
    action: 'case.updated',
    target: id(50),
    facts: { severity: { old: 'medium', new: 'high' } },
  },
  {
    id: '2',
    at: minutesAgo(60),
    actor: people[0] ?? null,
    action: 'sign_in.accepted',
    target: id(1),
    facts: {},
  },
  {
    id: '1',
    at: minutesAgo(300),
    actor: null,
    action: 'connector.identities_reset',
    target: phishing.id,
    facts: { folder: 'INBOX', reason: 'UIDVALIDITY changed' },
  },
];
