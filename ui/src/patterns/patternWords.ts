// What places and results of patterns are called, and drafts of patterns.
import type { IndicatorKind, PatternDraft, PatternGives, PatternPlace } from '../api/types';
import { KIND_WORDS } from '../indicators/indicatorWords';

export const PLACES: { value: PatternPlace; label: string; hint: string }[] = [
  { value: 'headers', label: 'Headers', hint: 'Each field as “Name: value”, also of messages within' },
  { value: 'body', label: 'Body', hint: 'What a person reads, HTML as text' },
  { value: 'attachment_names', label: 'Attachment names', hint: 'One name at a time' },
  { value: 'attachment_text', label: 'Attachment text', hint: 'Text files and the words of documents' },
];

export function placesWord(places: PatternPlace[]): string {
  return PLACES.filter(({ value }) => places.includes(value))
    .map(({ label }) => label)
    .join(', ');
}

export function givesWord(gives: PatternGives): string {
  return gives.as === 'indicator' ? `Indicator: ${KIND_WORDS[gives.kind].one}` : `Field: ${gives.name}`;
}

/** What the form holds: one value for each choice, whichever of them counts. */
export type PatternValues = {
  name: string;
  expression: string;
  ignore_case: boolean;
  looks_at: PatternPlace[];
  as: 'indicator' | 'field';
  kind: IndicatorKind;
  gives: string;
  active: boolean;
};

export const NEW_PATTERN: PatternValues = {
  name: '',
  expression: '',
  ignore_case: true,
  looks_at: ['headers', 'body'],
  as: 'field',
  kind: 'domain',
  gives: '',
  active: true,
};

export function valuesOf(draft: PatternDraft, active = true): PatternValues {
  const { gives, ...rest } = draft;
  const same = { ...NEW_PATTERN, ...rest, looks_at: [...rest.looks_at], active };
  return gives.as === 'indicator'
    ? { ...same, as: 'indicator', kind: gives.kind }
    : { ...same, as: 'field', gives: gives.name };
}

export function draftOf(values: PatternValues): PatternDraft {
  const { name, expression, ignore_case, looks_at } = values;
  const gives: PatternGives =
    values.as === 'indicator' ? { as: 'indicator', kind: values.kind } : { as: 'field', name: values.gives };
  return { name, expression, ignore_case, looks_at, gives };
}

/** `/2 text` as people say it. */
export function whereWord(place: string): string {
  const at = place.indexOf('header:');
  const path = at < 0 ? (place.split(' ')[0] ?? '') : place.slice(0, at).trim();
  const what = at < 0 ? (place.split(' ')[1] ?? '') : `${place.slice(at + 'header:'.length)} header`;
  return path === '' || path === '/' ? what : `${what} of part ${path}`;
}
