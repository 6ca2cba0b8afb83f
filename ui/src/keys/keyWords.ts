// Decryption keys in words: what they are called, how long they are valid, whether a message is encrypted to one. Pure.
import { asProblem, type Problem } from '../api/problem';
import type { DecryptionKey, KeyFacts } from '../api/types';

/** The server takes no larger file. Real ones have a few thousand bytes. */
export const KEY_FILE_BYTES_MAX = 2 ** 20;

/** Name endings of key files, for the file picker; others are taken as well. */
export const KEY_FILE_ENDINGS = '.p12,.pfx,.asc,.pgp,.gpg,.key';

const KINDS: Record<KeyFacts['kind'], string> = { smime: 'S/MIME', openpgp: 'OpenPGP' };

export function keyKind({ kind }: Pick<KeyFacts, 'kind'>): string {
  return KINDS[kind];
}

/** "RSA, 2048 bits". */
export function keyAlgorithm({ algorithm, bits }: Pick<KeyFacts, 'algorithm' | 'bits'>): string {
  return bits && !algorithm.includes(String(bits)) ? `${algorithm}, ${bits} bits` : algorithm;
}

/** What people would call a key: the common name or the user id without its address, else an address. */
export function keyName({
  subject,
  addresses,
  kind,
}: Pick<KeyFacts, 'subject' | 'addresses' | 'kind'>): string {
  const named =
    kind === 'smime'
      ? /(?:^|[,/+]\s*)CN=([^,/+]+)/i.exec(subject)?.[1]
      : subject.replace(/\s*<[^<>]*>\s*$/, '');
  return named?.trim() || addresses[0] || subject;
}

export type Validity = 'valid' | 'expired' | 'not_yet';

export function validity(
  { not_before, not_after }: Pick<KeyFacts, 'not_before' | 'not_after'>,
  nowMillis: number,
): Validity {
  if (not_after && Date.parse(not_after) < nowMillis) return 'expired';
  return not_before && Date.parse(not_before) > nowMillis ? 'not_yet' : 'valid';
}

/** A key file that cannot be kept, in words: what is wrong, and what to do. */
export type Refusal = {
  what: string;
  next: string;
  /** The same file may work when it is tried again. */
  again: boolean;
};

const EXPORT_AGAIN =
  'Export one key with its certificate as PKCS#12 (.p12, .pfx), or as an OpenPGP private key (.asc).';

/** By the code of the problem. */
const REFUSALS: Record<string, Omit<Refusal, 'again'>> = {
  too_large: {
    what: 'The file is larger than 1 MiB, which no key file is.',
    next: `Did another file slip in? ${EXPORT_AGAIN}`,
  },
  key_not_recognized: {
    what: 'The file is no key.',
    next: EXPORT_AGAIN,
  },
  key_without_private_key: {
    what: 'There is only a certificate in the file, without its private key: it can encrypt, but not open anything.',
    next: 'Export it again, and choose to export the private key as well.',
  },
  key_with_several_private_keys: {
    what: 'There are several private keys in the file.',
    next: 'Export them one by one, each into a file of its own.',
  },
  key_without_certificate: {
    what: 'There is a private key in the file, but no certificate that belongs to it.',
    next: 'Export the key together with its certificate.',
  },
  key_unsupported: {
    what: 'The file is protected or made in a way that is not supported.',
    next: 'Export it again with a current program, protected with AES.',
  },
  key_too_costly: {
    what: 'Its password is protected by more rounds of computation than are accepted.',
    next: 'Export it again with the usual settings.',
  },
  key_damaged: {
    what: 'The file is damaged.',
    next: 'Fetch it once more from where it comes, or export it again.',
  },
};

export function isWrongPassword(error: unknown): boolean {
  return asProblem(error).code === 'key_wrong_password';
}

export function refusalOf(error: unknown): Refusal {
  const problem: Problem = asProblem(error);
  const known = REFUSALS[problem.code];
  if (known) return { ...known, again: false };
  // There already, or too many.
  if (problem.status === 409) return { what: `It is not kept: ${problem.message}.`, next: '', again: false };
  return {
    what: problem.message,
    next: 'Try again; if it stays, look at the log of the server.',
    again: true,
  };
}

/** Whether one of these recipients, as the sender of a message names them, is this key. */
export function isAmong(
  facts: Pick<KeyFacts, 'kind' | 'issuer' | 'serial' | 'key_id' | 'subkey_ids'>,
  recipients: string[],
): boolean {
  return recipients.some((recipient) => {
    const hex = /([0-9A-F]+)\W*$/i.exec(recipient)?.[1];
    if (!hex) return false;
    const ids = [facts.key_id, ...facts.subkey_ids].flatMap((id) => (id ? [id] : []));
    // The fingerprint of an OpenPGP key ends with its id.
    if (
      ids.some(
        (id) =>
          sameHex(id, hex) || (facts.kind === 'openpgp' && hex.toUpperCase().endsWith(id.toUpperCase())),
      )
    )
      return true;
    const { serial, issuer } = facts;
    return serial !== null && sameHex(serial, hex) && (issuer === null || recipient.startsWith(issuer));
  });
}

function sameHex(one: string, other: string): boolean {
  const bare = (hex: string) => hex.toUpperCase().replace(/^0+/, '');
  return bare(one) === bare(other);
}

/** The key of this fingerprint that is kept for the same mail already. */
export function keptAlready(
  kept: DecryptionKey[],
  { fingerprint }: KeyFacts,
  connector: string | null,
): DecryptionKey | undefined {
  return kept.find(
    (key) => key.facts.fingerprint === fingerprint && (key.connector?.id ?? null) === connector,
  );
}

export function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
