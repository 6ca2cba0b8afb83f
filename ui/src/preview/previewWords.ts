// Words for what a preview tells beside the page. Pure.
import type { HiddenText, Part, PreviewLink, Removed } from '../api/types';

/** "remote pictures (2), scripts (1)". */
export function removedWords(removed: Removed[]): string {
  return removed.map(({ kind, count }) => `${kind} (${count})`).join(', ');
}

const REASON: Record<HiddenText['reason'], string> = {
  display_none: 'Not displayed',
  visibility: 'Invisible',
  hidden_attribute: 'Marked as hidden',
  opacity: 'See-through',
  tiny_text: 'Too small to read',
  text_colour: 'Colour of its background',
  no_space: 'No room to be shown',
  off_screen: 'Outside of the window',
  clipped: 'Cut away',
  outlook_hidden: 'Not shown by Outlook',
  conditional_comment: 'Shown by Outlook only',
  comment: 'Comment',
  zero_width: 'Characters without width',
  reordered: 'Shown in another order',
};

/** Why the reader did not see it. */
export function reasonWords(reason: HiddenText['reason']): string {
  return REASON[reason];
}

const USUAL: Record<NonNullable<HiddenText['usual']>, { label: string; hint: string }> = {
  preheader: {
    label: 'Preheader',
    hint: 'Mail programs show it behind the subject in the list of messages. Newsletters do this.',
  },
  small_screen: { label: 'Small screens', hint: 'It is shown when the window is narrow.' },
  outlook: { label: 'Outlook', hint: 'Outlook and other programs are given different text.' },
  note: { label: 'Note', hint: 'A remark of whoever made the page.' },
};

export function usualWords(usual: NonNullable<HiddenText['usual']>): { label: string; hint: string } {
  return USUAL[usual];
}

/** Whether something is hidden that honest senders do not hide. */
export function hidesOnPurpose(hidden: HiddenText[]): boolean {
  return hidden.some(({ usual }) => !usual);
}

/** What a code says, and the part it is in. */
export type Code = { path: string; name: string; kind: string; text: string };

const CODES = ['qr_code', 'data_matrix', 'aztec_code', 'pdf417'];

/** The codes in a part itself. */
export function codesOf({ facts, path, name, content_type }: Part): Code[] {
  return facts
    .filter((fact) => CODES.includes(fact.name))
    .map((fact) => ({ path, name: name ?? content_type, kind: fact.name, text: fact.value }));
}

/** The codes in a part and below it, each once for its part. */
export function codesIn(part: Part): Code[] {
  return [...codesOf(part), ...part.children.flatMap(codesIn)];
}

/** What one of the codes is called, when they are listed together. */
export function codeWord(codes: Code[]): string {
  return codes.every(({ kind }) => kind === 'qr_code') ? 'QR code' : 'code';
}

type Told = { links: PreviewLink[]; hidden: HiddenText[]; removed: Removed[]; codes: Code[] };

/** What is looked at first: what was hidden on purpose, else where links lead. */
export function firstTab({ links, hidden, removed, codes }: Told): string | null {
  if (hidesOnPurpose(hidden) && !links.some(({ differs }) => differs)) return 'hidden';
  if (links.length > 0) return 'links';
  if (codes.length > 0) return 'codes';
  if (hidden.length > 0) return 'hidden';
  return removed.length > 0 ? 'removed' : null;
}

/** Whether a part is shown as a page. */
export function isPage({ content_type, sniffed_type, read_as }: Part): boolean {
  return read_as !== null && (content_type === 'text/html' || sniffed_type === 'text/html');
}

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** Whether a part is a picture that a preview shows, by its first bytes. */
export function isPicture({ sniffed_type }: Part): boolean {
  return sniffed_type !== null && PICTURES.includes(sniffed_type);
}
