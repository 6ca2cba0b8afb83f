// What speaks for and against the origin of a message, in words. Pure.
import type { AuthenticationResults, Check, MethodResult } from '../api/types';

const GOOD = ['pass'];
const BAD = ['fail', 'hardfail', 'softfail', 'permerror'];

/** The colour of a result; of what nobody vouches for, only the bad ones are coloured: nobody forges those. */
export function resultColor(result: string, trusted: boolean): string {
  if (BAD.includes(result)) return 'red';
  if (GOOD.includes(result)) return trusted ? 'teal' : 'gray';
  return 'gray';
}

/** Who says so: "mx.example.org", "nobody named", "mx.example.org, step 2 of the ARC chain". */
export function claimant({ server, instance }: AuthenticationResults): string {
  const who = server || 'nobody named';
  return instance ? `${who}, step ${instance} of the ARC chain` : who;
}

/** Everything a server wrote about one result: "spf=softfail, 192.0.2.1 is not permitted, smtp.mailfrom=a.example". */
export function whole({ method, result, reason, properties }: MethodResult): string {
  const facts = properties.map(({ name, value }) => `${name}=${value}`);
  return [`${method}=${result}`, ...(reason ? [reason] : []), ...facts].join(', ');
}

export const METHODS: Record<Check['method'], string> = {
  dmarc: 'DMARC',
  spf: 'SPF',
  dkim: 'DKIM',
  arc: 'ARC',
};

export const OUTCOMES: Record<Check['outcome'], string> = {
  pass: 'pass',
  fail: 'fail',
  softfail: 'doubtful',
  neutral: 'undecided',
  none: 'none',
  policy: 'not reliable',
  temperror: 'no answer',
  permerror: 'broken',
  not_checked: 'not checked',
};

/** The colour of what was found out here; what speaks for somebody else says nothing good of the sender. */
export function checkColor({ outcome, aligned }: Pick<Check, 'outcome' | 'aligned'>): string {
  if (outcome === 'pass') return aligned === false ? 'gray' : 'teal';
  if (outcome === 'fail' || outcome === 'permerror' || outcome === 'softfail') return 'red';
  return outcome === 'policy' || outcome === 'temperror' ? 'orange' : 'gray';
}

/** "DKIM pass for a.example". */
export function checkTitle({ method, outcome, domain }: Check): string {
  return `${METHODS[method]} ${OUTCOMES[outcome]}${domain ? ` for ${domain}` : ''}`;
}

/** Whether it speaks for the sender people see; only of those that speak for somebody. */
export function alignment({ method, outcome, aligned }: Check): string | null {
  const speaks = (method === 'dkim' || method === 'spf') && outcome === 'pass';
  if (!speaks || aligned === null || aligned === undefined) return null;
  return aligned
    ? 'It speaks for the sender people see.'
    : 'It speaks for somebody else than the sender people see.';
}

/** How long a hop took: "2 s", "3 min", "−10 s"; nothing where it is not known. */
export function delayWords(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  const sign = seconds < 0 ? '−' : '';
  const length = Math.abs(seconds);
  if (length < 120) return `${sign}${length} s`;
  if (length < 7200) return `${sign}${Math.round(length / 60)} min`;
  if (length < 172_800) return `${sign}${Math.round(length / 3600)} h`;
  return `${sign}${Math.round(length / 86_400)} days`;
}
