// What an entry of the audit log was done to, as a reader wants it. Pure.
import type { AuditEntry } from '../api/types';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Ids made within the same minutes begin alike. */
const SHOWN = 12;

const PAGES: Record<string, string> = {
  case: '/cases/',
  connector: '/settings/connectors/',
  message: '/inbox/',
  reexamination: '/settings/reexamination/',
};

export type AuditTarget = { text: string; full: string; href?: string };

/** A short name for an id, and the page of the thing when there is one; text that is no id stays as it is. */
export function auditTarget({ action, target }: AuditEntry): AuditTarget | null {
  if (!target) return null;
  if (!ID.test(target)) return { text: target, full: target };
  const page = PAGES[action.split('.')[0] ?? ''];
  const text = `…${target.slice(-SHOWN)}`;
  return page && !action.endsWith('.deleted')
    ? { text, full: target, href: page + target }
    : { text, full: target };
}
