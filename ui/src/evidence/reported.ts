// Mail about mail in words: who reported what, and with what. Pure.
import type { Report, ReportedMessage } from '../api/types';
import { addressText } from '../inbox/messages';

type Tool = NonNullable<Report['tool']>;

const TOOLS: Record<Tool['kind'], string> = {
  microsoft: 'Microsoft’s report button',
  knowbe4: 'KnowBe4 Phish Alert',
  cofense: 'Cofense Reporter',
  proofpoint: 'Proofpoint PhishAlarm',
  hoxhunt: 'Hoxhunt',
  mimecast: 'Mimecast',
  google: 'Gmail',
  feedback_report: 'a feedback report of a mailbox provider',
  other: 'a reporting tool',
};

/** With what it was reported: "KnowBe4 Phish Alert", "SomeGenerator/1.0 (a feedback report …)". */
export function toolWords({ kind, name }: Tool): string {
  return name ? `${name} (${TOOLS[kind]})` : TOOLS[kind];
}

const OPINIONS: Record<NonNullable<Report['opinion']>, string> = {
  phishing: 'Reported as phishing',
  junk: 'Reported as junk',
  not_junk: 'Reported as not junk',
};

export function opinionWords(opinion: NonNullable<Report['opinion']>): string {
  return OPINIONS[opinion];
}

/** How many messages it was passed on in; each stands after the one that holds it. */
export function depthOf(messages: ReportedMessage[], index: number): number {
  let depth = 0;
  let within = messages[index]?.within;
  // Only what stands before: nothing can go round in a circle.
  for (let at = index; within !== null && within !== undefined && within < at; depth += 1) {
    at = within;
    within = messages[at]?.within;
  }
  return depth;
}

/** What is above the list: how many there are, what is missing. Of a single one there is nothing to say. */
export function countWords({ messages, more }: Report): string | null {
  if (messages.length === 0) return 'The mail that was reported is not in the report.';
  if (messages.length === 1 && !more) return null;
  const originals = messages.filter(({ original }) => original).length;
  const passed = messages.length - originals;
  const what = originals === 1 ? 'One message was reported' : `${originals} messages were reported`;
  const chain =
    passed === 0 ? '' : passed === 1 ? ', passed on once before' : `, passed on ${passed} times before`;
  return `${what}${chain}.${more ? ' There are more; only the first are told.' : ''}`;
}

/** Who wrote it, or that nobody is named. */
export function sendersOf({ from }: ReportedMessage): string {
  return from.length > 0 ? from.map(addressText).join(', ') : 'nobody named';
}

/** Where it is: "attached as part /2", "copied into the text of part /1". */
export function placeWords({ path, place }: ReportedMessage): string {
  return place ? `copied into the text of part ${path}` : `attached as part ${path}`;
}

/** What makes it uncertain, if anything does. */
export function doubt({ confidence, place }: ReportedMessage): string | null {
  if (!place || confidence === 'certain') return null;
  return confidence === 'likely'
    ? 'Written as mail programs write it when mail is passed on. Only the text says so.'
    : 'Perhaps an earlier mail that was answered: nothing says that it was passed on.';
}
