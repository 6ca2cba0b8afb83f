// Indicators of the small desk: of its message and case, over all of its mail, and what they are marked.
import type {
  CaseIndicator,
  FoundIndicator,
  Indicator,
  KnownIndicator,
  Mark,
  Seen,
} from '../../src/api/types';
import { minutesAgo } from './made';

const plain: Indicator = {
  kind: 'domain',
  value: '',
  defanged: '',
  places: [],
  sightings: [],
  marks: [],
  detail: null,
  unicode: null,
  wrapped_in: [],
};

const sighting = { place: 0, path: '/1/2', offset: 120, length: 34, wrapper: null };
const sha256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

export const found: Indicator[] = [
  {
    ...plain,
    kind: 'url',
    value: 'https://pay.example.net/i/2026-0417',
    defanged: 'hxxps://pay[.]example[.]net/i/2026-0417',
    places: ['/1/2 html', '/1/1 text'],
    sightings: [
      { ...sighting, how: 'link' },
      { ...sighting, place: 1, path: '/1/1', how: 'unwrapped', wrapper: 'safe_links' },
    ],
    marks: ['text_differs'],
    wrapped_in: [
      {
        wrapper: 'safe_links',
        value: 'https://nam02.safelinks.protection.outlook.com/?url=x',
        defanged: 'hxxps[://]nam02[.]safelinks[.]protection[.]outlook[.]com/?url=x',
      },
      {
        wrapper: 'proofpoint',
        value: 'https://urldefense.com/v3/__x__',
        defanged: 'hxxps[://]urldefense[.]com/v3/__x__',
      },
    ],
  },
  {
    ...plain,
    value: 'pay.example.net',
    defanged: 'pay[.]example[.]net',
    places: ['/1/1 text', '/1/2 html', 'header:Reply-To', '/2 text', '/2/1 header:From'],
  },
  {
    ...plain,
    value: 'xn--nrthwind-4ig.example',
    defanged: 'xn--nrthwind-4ig[.]example',
    unicode: 'nоrthwind.example',
    marks: ['idn', 'mixed_script', 'confusable'],
    places: ['header:From'],
  },
  {
    ...plain,
    kind: 'ipv4',
    value: '192.0.2.25',
    defanged: '192[.]0[.]2[.]25',
    places: ['header:Received'],
  },
  {
    ...plain,
    kind: 'email',
    value: 'petra.lind@northwind.example',
    defanged: 'petra.lind[@]northwind[.]example',
    places: ['header:From'],
  },
  {
    ...plain,
    kind: 'file_name',
    value: 'invoice-2026-0417.pdf',
    defanged: 'invoice-2026-0417.pdf',
    places: ['/2 attachment'],
  },
  { ...plain, kind: 'sha256', value: sha256, defanged: sha256, places: ['/2 attachment'] },
  {
    ...plain,
    kind: 'crypto_address',
    value: '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
    defanged: '1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa',
    detail: 'bitcoin',
    places: ['/1/1 text'],
  },
];

export const setAside: Indicator[] = [
  {
    ...plain,
    kind: 'url',
    value: 'http://www.w3.org/1999/xhtml',
    defanged: 'hxxp[://]www[.]w3[.]org/1999/xhtml',
    places: ['/1/2 html'],
  },
  {
    ...plain,
    kind: 'date_time',
    value: '2026-03-01T12:00:00Z',
    defanged: '2026-03-01T12:00:00Z',
    places: ['/1/1 text'],
  },
];

export const malicious: Mark = {
  scope: 'value',
  kind: 'domain',
  value: 'pay.example.net',
  defanged: 'pay[.]example[.]net',
  mark: 'malicious',
  source: 'mark',
  note: 'Phishing kit of March',
  by: 'Ada Marsh',
  at: minutesAgo(40),
};

export const own: Mark = {
  scope: 'below',
  kind: null,
  value: 'northwind.example',
  defanged: 'northwind[.]example',
  mark: 'own',
  source: 'own_domains',
  note: '',
  by: null,
  at: minutesAgo(9000),
};

/** A mark somebody set. */
const set = { ...own, source: 'mark', by: 'Ada Marsh' } as const;

export const marks: Mark[] = [
  own,
  malicious,
  {
    ...set,
    scope: 'network',
    value: '198.51.100.0/24',
    defanged: '198[.]51[.]100[.]0/24',
    note: 'Offices',
    at: minutesAgo(300),
  },
  {
    ...set,
    value: 'a-newsletter-with-a-remarkably-long-name-of-its-own.example',
    defanged: 'a-newsletter-with-a-remarkably-long-name-of-its-own[.]example',
    mark: 'benign',
    note: 'Everybody here reads it; it was reported 31 times, and each time somebody had to look.',
    by: null,
  },
];

const seen = (messages: number, cases: number, more = false): Seen => ({
  messages,
  cases,
  more,
  last: messages > 0 ? minutesAgo(90) : null,
});

const counts: Record<string, Seen> = {
  'pay.example.net': seen(12, 3),
  '192.0.2.25': seen(1000, 214, true),
  'petra.lind@northwind.example': seen(87, 41),
  'invoice-2026-0417.pdf': seen(1, 1),
};

const markOf = (value: string): Mark | null => {
  if (value === malicious.value) return malicious;
  return value.endsWith('northwind.example') ? own : null;
};

const facts = (indicator: Indicator) => ({
  mark: markOf(indicator.value),
  seen: counts[indicator.value] ?? seen(0, 0),
});

export const ofMessage: KnownIndicator[] = [
  ...found.map((indicator) => ({ found: indicator, set_aside: false, ...facts(indicator) })),
  ...setAside.map((indicator) => ({ found: indicator, set_aside: true, ...facts(indicator) })),
];

export const ofCase: CaseIndicator[] = found.map((indicator, index) => ({
  kind: indicator.kind,
  value: indicator.value,
  defanged: indicator.defanged,
  message_count: index + 1,
  ...facts(indicator),
}));

export const everywhere: FoundIndicator[] = found.map((indicator) => ({
  kind: indicator.kind,
  value: indicator.value,
  defanged: indicator.defanged,
  mark: markOf(indicator.value),
  seen: counts[indicator.value] ?? seen(1, 1),
}));
