// Pre-filters in words. Pure.
import type { Prefilter } from '../api/types';

export const EMPTY_FILTER: Prefilter = {
  from: '',
  not_from: '',
  to: '',
  not_to: '',
  subject: '',
  not_subject: '',
  body: '',
  not_body: '',
  headers: [],
};

type TextField = Exclude<keyof Prefilter, 'headers'>;

/** The fields in pairs: what a message must have, what it must not. */
export const FILTER_FIELDS: { has: TextField; not: TextField; label: string; notLabel: string }[] = [
  { has: 'from', not: 'not_from', label: 'From', notLabel: 'Not from' },
  { has: 'to', not: 'not_to', label: 'To', notLabel: 'Not to' },
  { has: 'subject', not: 'not_subject', label: 'Subject contains', notLabel: 'Subject does not contain' },
  {
    has: 'body',
    not: 'not_body',
    label: 'Text or attachment name contains',
    notLabel: 'Text or attachment name does not contain',
  },
];

export function isEmptyFilter(filter: Partial<Prefilter> | undefined): boolean {
  return !filter || Object.values(filter).every((value) => value.length === 0);
}

/** One line for each condition. */
export function filterLines(filter: Partial<Prefilter> | undefined): string[] {
  if (!filter) return [];
  const texts = FILTER_FIELDS.flatMap(({ has, not, label, notLabel }) => [
    [label, filter[has]],
    [notLabel, filter[not]],
  ]);
  const lines = texts.filter(([, value]) => value).map(([label, value]) => `${label} ${value}`);
  const headers = (filter.headers ?? []).map(({ field, value, not }) => {
    if (value) return `${field} ${not ? 'does not contain' : 'contains'} ${value}`;
    return not ? `No ${field}` : `Any ${field}`;
  });
  return [...lines, ...headers];
}

const UNMET: Record<string, string> = {
  from: 'another sender',
  not_from: 'unwanted sender',
  to: 'other recipients',
  not_to: 'unwanted recipient',
  subject: 'another subject',
  not_subject: 'unwanted subject',
  body: 'another text',
  not_body: 'unwanted text',
};

/** Why a message is left out, from the server's word for the condition. */
export function unmetText(unmet: string): string {
  const known = UNMET[unmet];
  if (known) return known;
  const header = /^(not )?header (.+)$/.exec(unmet);
  return header ? `${header[1] ? 'unwanted' : 'no such'} ${header[2]}` : unmet;
}
