// Patterns of the small desk, ready-made ones, and what one finds when it is tried.
import type { NamedPattern, Pattern, PatternTrial, PatternValue } from '../../src/api/types';
import { id, minutesAgo } from './made';

export const ticket: Pattern = {
  id: id(901),
  pattern: {
    name: 'Ticket number',
    expression: '\\bINC-(?<value>\\d{4,8})\\b',
    ignore_case: true,
    looks_at: ['headers', 'body'],
    gives: { as: 'field', name: 'ticket' },
  },
  active: true,
  revision: 3,
  created_at: minutesAgo(40_000),
  updated_at: minutesAgo(600),
  updated_by: 'Ada Analyst',
};

export const kept: Pattern[] = [
  {
    ...ticket,
    id: id(902),
    pattern: {
      name: 'Asset in a log',
      expression: 'asset=([a-z]+-srv\\d+)',
      ignore_case: false,
      looks_at: ['attachment_text'],
      gives: { as: 'indicator', kind: 'domain' },
    },
    active: false,
    revision: 1,
    updated_by: null,
  },
  ticket,
];

const named = (key: string, name: string, expression: string, example: string): NamedPattern => ({
  id: key,
  pattern: {
    name,
    expression,
    ignore_case: true,
    looks_at: ['headers', 'body', 'attachment_text'],
    gives: { as: 'indicator', kind: key === 'visa' ? 'payment_card' : 'ipv4' },
  },
  example,
});

export const readyMade: NamedPattern[] = [
  named(
    'ipv4',
    'IPv4 address',
    '\\b(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)\\b',
    '192.0.2.17',
  ),
  named('visa', 'Visa card', '\\b4\\d{3}(?:[ -]?\\d{4}){3}\\b', '4111 1111 1111 1111'),
];

export const values: PatternValue[] = [
  {
    pattern: 'Ticket number',
    value: '20481',
    gives: { as: 'field', name: 'ticket' },
    place: 'header:Subject',
    offset: 13,
    before: 'Subject: INC-',
    after: ' is open again',
  },
  {
    pattern: 'Ticket number',
    value: '20482',
    gives: { as: 'field', name: 'ticket' },
    place: '/1 html',
    offset: 213,
    before: 'see http://tickets.northwind.example/INC-',
    after: ' and call the help desk',
  },
];

export const trial: PatternTrial = {
  messages: [
    {
      id: id(1),
      subject: 'INC-20481 is open again',
      received_at: minutesAgo(10),
      passed_over: false,
      values,
    },
    { id: id(2), subject: 'Newsletter', received_at: minutesAgo(20), passed_over: false, values: [] },
    { id: id(3), subject: 'Backup', received_at: minutesAgo(30), passed_over: true, values: [] },
  ],
};
