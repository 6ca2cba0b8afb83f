// Particulars of a timeline entry in words. Their shape is free, so nothing is assumed of it.
import { words } from '../shared/format';

/** One line per particular: "folder: INBOX"; a change of a field is one line: "status: open → resolved". */
export function factsText(facts: unknown): string[] {
  if (typeof facts !== 'object' || facts === null || Array.isArray(facts)) return [];
  if ('field' in facts && typeof facts.field === 'string' && 'to' in facts) {
    return [`${words(facts.field)}: ${changeText(facts)}`];
  }
  return Object.entries(facts)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${words(name)}: ${changeText(value)}`);
}

function changeText(value: unknown): string {
  if (Array.isArray(value)) return value.length > 0 ? value.map(changeText).join(', ') : 'none';
  if (typeof value !== 'object' || value === null) return plain(value);
  const change = value as Record<string, unknown>;
  const [before, after] = [change.old ?? change.from, change.new ?? change.to];
  const isChange = 'new' in change || 'to' in change;
  return isChange ? `${changeText(before)} → ${changeText(after)}` : JSON.stringify(value);
}

function plain(value: unknown): string {
  return value === null || value === undefined || value === '' ? 'none' : words(String(value));
}
