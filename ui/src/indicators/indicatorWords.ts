// What indicators, their places and their marks are called, and how they are put in order. Pure.
import type {
  CaseIndicator,
  FoundIndicator,
  Indicator,
  IndicatorKind,
  Judgement,
  KnownIndicator,
  Mark,
  Seen,
} from '../api/types';

export const KIND_WORDS: Record<IndicatorKind, { one: string; many: string }> = {
  url: { one: 'URL', many: 'URLs' },
  domain: { one: 'Domain', many: 'Domains' },
  ipv4: { one: 'IPv4', many: 'IPv4 addresses' },
  ipv6: { one: 'IPv6', many: 'IPv6 addresses' },
  email: { one: 'E-mail', many: 'E-mail addresses' },
  file_name: { one: 'File name', many: 'File names' },
  sha256: { one: 'SHA-256', many: 'SHA-256' },
  sha1: { one: 'SHA-1', many: 'SHA-1' },
  md5: { one: 'MD5', many: 'MD5' },
  sha512: { one: 'SHA-512', many: 'SHA-512' },
  cve: { one: 'CVE', many: 'CVE' },
  registry_path: { one: 'Registry path', many: 'Registry paths' },
  crypto_address: { one: 'Crypto address', many: 'Crypto addresses' },
  payment_card: { one: 'Payment card', many: 'Payment cards' },
  phone: { one: 'Phone', many: 'Phone numbers' },
  date_time: { one: 'Date and time', many: 'Dates and times' },
};

/** In the order people read them. */
export const KINDS = Object.keys(KIND_WORDS) as IndicatorKind[];

export const JUDGEMENTS: { value: Judgement; label: string; color: string; key: string; does: string }[] = [
  { value: 'malicious', label: 'Malicious', color: 'red', key: 'm', does: 'Mark malicious' },
  { value: 'benign', label: 'Benign', color: 'teal', key: 'b', does: 'Mark benign' },
  { value: 'own', label: 'Own', color: 'petrol', key: 'o', does: 'Mark as our own' },
];

/** What the scanner found odd about a value, and what it means. */
export const ODD_WORDS: Record<string, { label: string; means: string }> = {
  idn: { label: 'International name', means: 'The name has letters beyond ASCII.' },
  mixed_script: { label: 'Mixed scripts', means: 'Letters of scripts that no language writes together.' },
  confusable: { label: 'Look-alike letters', means: 'Letters that can be taken for ASCII letters.' },
  text_differs: { label: 'Text differs', means: 'The text of the link names another host than it leads to.' },
  user_info: { label: 'Name before host', means: 'What looks like the host is a user name before it.' },
  disguised_ip: { label: 'Disguised IP', means: 'The address is written as a number, octal or hexadecimal.' },
  port: { label: 'Unusual port', means: 'The port is not the usual one.' },
};

const HOW_WORDS: Record<string, string> = {
  refanged: 'defanged',
  link: 'link',
  resource: 'loaded',
  form: 'form target',
  style: 'style sheet',
  refresh: 'page goes there by itself',
  data_url: 'within a data: URL',
  script: 'within a script',
  unwrapped: 'within a link',
};

const WRAPPER_WORDS: Record<string, string> = {
  amazon_ses: 'Amazon SES',
  duck_duck_go: 'DuckDuckGo',
  edge_pilot: 'EdgePilot',
  esva: 'ESVA',
  fire_eye: 'FireEye',
  linked_in: 'LinkedIn',
  safe_links: 'Safe Links',
  trend_micro: 'Trend Micro',
  vk: 'VK',
  you_tube: 'YouTube',
};

/** The product whose link it is. */
export function wrapperWord(wrapper: string): string {
  return WRAPPER_WORDS[wrapper] ?? wrapper.charAt(0).toUpperCase() + wrapper.slice(1).replaceAll('_', ' ');
}

/** A place within a message: its part, and what of it. */
export type Place = { path: string; what: string };

/** Reads `/2/1 text`, `/3 header:From`, `header:Received`. */
export function readPlace(text: string): Place {
  const [first = '', ...rest] = text.split(' ');
  const path = first.startsWith('/') ? first : '/';
  const what = (first.startsWith('/') ? rest.join(' ') : text).replace(/^header:/, '');
  return { path, what };
}

/** "link in /1/2", "From", "From of /2". */
export function placeWord(place: Place, hows: string[]): string {
  const found = [...new Set(hows.map((how) => HOW_WORDS[how]).filter(Boolean))];
  const how = found.length > 0 ? ` (${found.join(', ')})` : '';
  return place.path === '/' ? `${place.what}${how}` : `${place.what} of ${place.path}${how}`;
}

/** One indicator as the table shows it, wherever it comes from. */
export type Row = {
  kind: IndicatorKind;
  value: string;
  defanged: string;
  mark: Mark | null;
  /** Not known yet, or not asked for. */
  seen: Seen | null;
  /** Of the case it is listed for. */
  here?: number;
  setAside: boolean;
  places: { place: Place; hows: string[] }[];
  odd: string[];
  wrappers: { wrapper: string; defanged: string }[];
  detail: string | null;
  unicode: string | null;
};

export const rowKey = ({ kind, value }: { kind: string; value: string }) => `${kind} ${value}`;

const BARE = { setAside: false, places: [], odd: [], wrappers: [], detail: null, unicode: null };

export function rowOfEvidence(found: Indicator, setAside: boolean): Row {
  return {
    kind: found.kind,
    value: found.value,
    defanged: found.defanged,
    mark: null,
    seen: null,
    setAside,
    places: found.places.map((text, index) => ({
      place: readPlace(text),
      hows: found.sightings.filter(({ place }) => place === index).map(({ how }) => how),
    })),
    odd: found.marks,
    wrappers: found.wrapped_in,
    detail: found.detail ?? null,
    unicode: found.unicode ?? null,
  };
}

export function rowOfMessage({ found, set_aside, mark, seen }: KnownIndicator): Row {
  return { ...rowOfEvidence(found, set_aside), mark: mark ?? null, seen };
}

export function rowOfCase({ kind, value, defanged, mark, seen, message_count }: CaseIndicator): Row {
  return { ...BARE, kind, value, defanged, mark: mark ?? null, seen, here: message_count };
}

export function rowOfSearch({ kind, value, defanged, mark, seen }: FoundIndicator): Row {
  return { ...BARE, kind, value, defanged, mark: mark ?? null, seen };
}

/** Why rows are folded away, in the order they stand below the others. */
export const FOLDS = ['own', 'benign', 'set_aside'] as const;
export type Fold = (typeof FOLDS)[number];

export const FOLD_WORDS: Record<Fold, { label: string; means: string }> = {
  own: { label: 'Own', means: 'Marked as belonging to the organization.' },
  benign: { label: 'Benign', means: 'Marked as harmless.' },
  set_aside: {
    label: 'Set aside',
    means: 'Names of formats, the reader’s own machine, times: nobody writes them down.',
  },
};

export function foldOf({ mark, setAside }: Row): Fold | null {
  if (mark?.mark === 'malicious') return null;
  if (mark?.mark === 'own' || mark?.mark === 'benign') return mark.mark;
  return setAside ? 'set_aside' : null;
}

export type Arranged = {
  groups: { kind: IndicatorKind; rows: Row[] }[];
  folds: { fold: Fold; rows: Row[] }[];
};

/** Rows by kind, and below them what is folded away. Within a kind what is malicious comes first. */
export function arrange(rows: Row[]): Arranged {
  const open = rows.filter((row) => foldOf(row) === null);
  const groups = KINDS.map((kind) => {
    const ofKind = open.filter((row) => row.kind === kind);
    const bad = (row: Row) => row.mark?.mark === 'malicious';
    return { kind, rows: [...ofKind.filter(bad), ...ofKind.filter((row) => !bad(row))] };
  });
  const folds = FOLDS.map((fold) => ({ fold, rows: rows.filter((row) => foldOf(row) === fold) }));
  return {
    groups: groups.filter((group) => group.rows.length > 0),
    folds: folds.filter((folded) => folded.rows.length > 0),
  };
}

/** Rows that hold the text, however it is defanged. */
export function filterRows(rows: Row[], text: string, kind: IndicatorKind | null): Row[] {
  const wanted = text.trim().toLowerCase();
  return rows.filter(
    (row) =>
      (!kind || row.kind === kind) &&
      (!wanted ||
        [row.value, row.defanged, row.unicode ?? ''].some((one) => one.toLowerCase().includes(wanted))),
  );
}

/** "1,000+ messages in 12 cases". */
export function seenWords({ messages, cases, more }: Seen, other: boolean): string {
  if (messages === 0) return other ? 'Nowhere else' : 'Not in any message';
  const number = new Intl.NumberFormat('en-US').format(messages) + (more ? '+' : '');
  const noun = messages === 1 && !more ? 'message' : 'messages';
  const which = other ? `${number} other ${noun}` : `${number} ${noun}`;
  return cases === 0 ? which : `${which}, ${cases} ${cases === 1 ? 'case' : 'cases'}`;
}

/** Where a mark comes from when it is not the value's own. */
export function markReach(mark: Mark): string | null {
  if (mark.source === 'own_domains') return `at or below your own domain ${mark.defanged}`;
  if (mark.scope === 'below') return `everything at or below ${mark.defanged}`;
  return mark.scope === 'network' ? `the network ${mark.defanged}` : null;
}

/** A text with what could make a link of it taken apart. For values the server has not defanged. */
export function defangText(text: string): string {
  return text.replace(/^http/i, 'hxxp').replace('://', '[://]').replaceAll('.', '[.]').replaceAll('@', '[@]');
}
