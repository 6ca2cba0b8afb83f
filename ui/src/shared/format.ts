// How times, sizes and numbers are written. Pure.

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const shortDate = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const longDate = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
});

/** "just now", "5 min. ago", "yesterday", and a date beyond a week. */
export function relativeTime(at: string, nowMillis: number): string {
  const then = Date.parse(at);
  if (Number.isNaN(then)) return at;
  const seconds = Math.round((then - nowMillis) / 1000);
  const distance = Math.abs(seconds);
  if (distance < 45) return seconds > 5 ? 'in a moment' : 'just now';
  if (distance < HOUR) return relative.format(Math.round(seconds / MINUTE), 'minute');
  if (distance < DAY) return relative.format(Math.round(seconds / HOUR), 'hour');
  if (distance < 7 * DAY) return relative.format(Math.round(seconds / DAY), 'day');
  const sameYear = new Date(then).getUTCFullYear() === new Date(nowMillis).getUTCFullYear();
  return (sameYear ? shortDate : longDate).format(then);
}

/** "2026-03-01 12:30:05 UTC". */
export function exactUtc(at: string): string {
  const then = Date.parse(at);
  if (Number.isNaN(then)) return at;
  return `${new Date(then).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** "2026-03-01", in UTC. */
export function exactDate(at: string): string {
  return exactUtc(at).slice(0, 10);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Decimal units, three digits at most: "1.2 MB". */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

const grouped = new Intl.NumberFormat('en-US');

/** "4,812". */
export function count(value: number): string {
  return grouped.format(value);
}

/** "1 message", "2 messages". */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** "45 s", "12 min", "3 h", "2 d". */
export function duration(seconds: number): string {
  if (seconds < 2 * MINUTE) return `${Math.round(seconds)} s`;
  if (seconds < 2 * HOUR) return `${Math.round(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.round(seconds / HOUR)} h`;
  return `${Math.round(seconds / DAY)} d`;
}

/** Words joined by underscores as people write them: "needs_attention" → "needs attention". */
export function words(name: string): string {
  return name.replaceAll('_', ' ');
}

/** The same with a capital first letter. */
export function title(name: string): string {
  const text = words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const COMBINING_MARKS = /[\u0300-\u036f]/g;

/** A name for scripts: lower-case letters, digits and `-`, at most 64 characters. */
export function slug(name: string): string {
  return name
    .normalize('NFKD')
    .replace(COMBINING_MARKS, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replace(/^-+|-+$/g, '');
}

/** Two letters for a name: "AM" for "Ada Marsh". */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...(word ?? '')][0]?.toUpperCase() ?? '').join('');
}
