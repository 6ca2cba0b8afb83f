// What of a message could not be read, and why: as the server's examination tells it. Pure.
import type { Evidence, Part } from '../api/types';
import { walk } from './parts';

export type UnreadReason = 'key' | 'password' | 'limit' | 'damaged' | 'unsupported' | 'elsewhere';

export type Unread = {
  reason: UnreadReason;
  /** None when it concerns the message as a whole. */
  part: Part | null;
  /** For people. */
  message: string;
  /** Whose keys open it, as the sender names them. */
  recipients: string[];
};

const DAMAGED = ['damaged', 'truncated', 'parser_failed', 'examination_failed'];

/** Why a defect of that code left something unread; none when it only breaks rules of form. */
export function unreadReason(code: string): UnreadReason | null {
  if (code.startsWith('limit_')) return 'limit';
  if (code.startsWith('unsupported_')) return 'unsupported';
  if (code === 'elsewhere') return 'elsewhere';
  return DAMAGED.includes(code) ? 'damaged' : null;
}

function ofDefects(part: Part | null, defects: Part['defects']): Unread[] {
  return defects.flatMap(({ code, message }) => {
    const reason = unreadReason(code);
    return reason ? [{ reason, part, message, recipients: [] }] : [];
  });
}

function ofLock(part: Part): Unread[] {
  if (!part.lock) return [];
  if (part.lock.needs === 'password') {
    return [
      { reason: 'password', part, message: 'encrypted with a password that is not known', recipients: [] },
    ];
  }
  const { recipients } = part.lock;
  const message =
    recipients.length > 0
      ? 'is encrypted to these, and no key of theirs is here:'
      : 'is encrypted, and no key for it is here.';
  return [{ reason: 'key', part, message, recipients }];
}

/** Everything that was not read, or not to its end, in the order of the parts. */
export function unreadOf({ defects, root }: Pick<Evidence, 'defects' | 'root'>): Unread[] {
  const ofParts = walk(root).flatMap((part) => [...ofLock(part), ...ofDefects(part, part.defects)]);
  return [...ofDefects(null, defects), ...ofParts];
}

export const REASON_WORDS: Record<UnreadReason, { color: string; label: string }> = {
  key: { color: 'violet', label: 'needs key' },
  password: { color: 'violet', label: 'needs password' },
  limit: { color: 'orange', label: 'limit reached' },
  damaged: { color: 'orange', label: 'damaged' },
  unsupported: { color: 'gray', label: 'not supported' },
  elsewhere: { color: 'gray', label: 'not in this message' },
};

const NEXT: Record<UnreadReason, string> = {
  key: 'Ask a recipient for the key or for the decrypted message.',
  password:
    'The words of the message and the usual passwords were tried; no other can be given here, so download the part and open it where that is safe.',
  limit: 'What could be read is shown; download the part for the rest.',
  damaged: 'What could be read is shown; download the part for the rest.',
  unsupported: 'What could be read is shown; download the part for the rest.',
  elsewhere:
    'A piece of a larger message: `mailcase parse` puts the pieces together. A pointer to another place: nothing is fetched from there.',
};

const KEY_FOR_FILE =
  'Somebody who may manage connectors adds the key under Settings, Keys; analyse the file again then.';

/** Whose keys are wanting, each once. */
export function wantedRecipients(unread: Unread[]): string[] {
  return [...new Set(unread.flatMap(({ recipients }) => recipients))];
}

/** What a person can do about it, each step said once. Of a file that is kept nowhere there is nothing to download. */
export function nextSteps(unread: Unread[], ofFile: boolean): string[] {
  if (!ofFile) return [...new Set(unread.map(({ reason }) => NEXT[reason]))];
  if (unread.some(({ reason }) => reason === 'key')) return [KEY_FOR_FILE];
  return ['What could be read is shown. Nothing is kept here: the rest is in the file itself.'];
}
