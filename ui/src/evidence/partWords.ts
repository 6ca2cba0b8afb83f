// Parts in words: what they are called, what they are, how they were read. Pure.
import type { Part, ReadAs, Signature } from '../api/types';
import { title } from '../shared/format';

const KINDS: Record<Part['kind'], string> = {
  multipart: 'Holds other parts',
  message: 'Message',
  body: 'Body',
  inline: 'Shown in the body',
  attachment: 'Attachment',
  layer: 'Signed, encrypted or packed',
};

export function kindWords(kind: Part['kind']): string {
  return KINDS[kind];
}

/** What people would call a part. */
export function partName(part: Part): string {
  return part.name || part.envelope?.subject || part.content_type;
}

const FORMATS: Record<string, string> = {
  outlook: 'Outlook message',
  tnef: 'TNEF (winmail.dat)',
  smime: 'S/MIME',
  smime_enveloped: 'S/MIME encrypted',
  smime_encrypted: 'S/MIME encrypted',
  smime_signed: 'S/MIME signed',
  smime_compressed: 'S/MIME compressed',
  smime_certificates: 'S/MIME certificates',
  smime_data: 'S/MIME',
  pgp_encrypted: 'OpenPGP encrypted',
  pgp_signed: 'OpenPGP signed',
  pgp_signature: 'OpenPGP signature',
  pgp_compressed: 'OpenPGP compressed',
  pgp_keys: 'OpenPGP keys',
  pgp_data: 'OpenPGP',
  dmarc_report: 'DMARC report',
  delivery_status: 'Delivery report',
  zip: 'ZIP',
  rar: 'RAR',
  tar: 'tar',
  gzip: 'gzip',
  cab: 'CAB',
  iso: 'ISO image',
  pdf: 'PDF',
  vcard: 'vCard',
};

/** What a part was opened as. A format not named here is written as the server names it. */
export function formatWords(format: string): string {
  return FORMATS[format] ?? title(format);
}

/** What the first bytes say, when it is not word for word what is declared. */
export function sniffedOther({ sniffed_type, content_type }: Part): string | null {
  return sniffed_type && sniffed_type !== content_type ? sniffed_type : null;
}

/** Declared types that are honest names for what the first bytes show more coarsely. */
const SAME: Record<string, RegExp> = {
  'text/plain': /^(text|message)\/|json|xml|javascript|yaml|pgp|pkcs|pem/,
  'text/xml': /xml/,
  'text/html': /xhtml/,
  'message/rfc822': /^(text|message)\//,
  'image/jpeg': /^image\/p?jpe?g$/,
  'application/zip': /zip|openxmlformats|opendocument|java-archive|epub/,
  'application/gzip': /gzip|tgz/,
  'application/pgp-encrypted': /pgp/,
  'application/x-pem-file': /pkcs|pem|x509/,
  'application/msword': /ms-?(word|excel|powerpoint|outlook)/,
};

/** What the first bytes say, when it speaks against what is declared: a zip file that calls itself a PDF. */
export function contradictedType(part: Part): string | null {
  const sniffed = sniffedOther(part);
  return sniffed && !SAME[sniffed]?.test(part.content_type) ? sniffed : null;
}

/** "Anything" is no lie about what it is. */
export function declaresNothing(part: Part): boolean {
  return ['application/octet-stream', 'binary/octet-stream'].includes(part.content_type);
}

const BECAUSE: Record<ReadAs['because'], string> = {
  asked: 'as you asked',
  mark: 'the text begins with a byte order mark that says so',
  declared: 'the sender declares it',
  detected: 'the bytes look like it',
  fallback: 'nothing else was left',
};
const SURE: Record<ReadAs['confidence'], string> = {
  certain: 'Certain.',
  likely: 'Probably right.',
  doubtful: 'Doubtful: some of the bytes do not fit, or too little speaks for it.',
};

/** How a text was read and how far to believe it. */
export function readAsWords({ charset, because, confidence }: ReadAs): string {
  if (because === 'asked') return `Read as ${charset}, ${BECAUSE.asked}.`;
  return `Read as ${charset}: ${BECAUSE[because]}. ${SURE[confidence]}`;
}

/** Charsets that mail is written in, the common first. Names as browsers and the server know them. */
export const COMMON_CHARSETS = [
  'utf-8',
  'windows-1252',
  'iso-8859-1',
  'iso-8859-15',
  'iso-8859-2',
  'windows-1250',
  'windows-1251',
  'koi8-r',
  'koi8-u',
  'iso-8859-5',
  'windows-1253',
  'iso-8859-7',
  'windows-1254',
  'iso-8859-9',
  'windows-1255',
  'iso-8859-8',
  'windows-1256',
  'iso-8859-6',
  'windows-1257',
  'iso-8859-4',
  'windows-1258',
  'windows-874',
  'gb18030',
  'gbk',
  'big5',
  'shift_jis',
  'iso-2022-jp',
  'euc-jp',
  'euc-kr',
  'utf-16le',
  'utf-16be',
  'utf-7',
  'ibm866',
  'macintosh',
];

/** The charsets to choose from: those the part itself speaks for, then the common ones. */
export function charsetChoices(part: Part): { group: string; items: string[] }[] {
  const own = [part.charset, part.read_as?.charset].flatMap((name) => (name ? [name.toLowerCase()] : []));
  const ofPart = [...new Set(own)];
  const common = COMMON_CHARSETS.filter((name) => !ofPart.includes(name));
  return [
    ...(ofPart.length > 0 ? [{ group: 'Declared or detected', items: ofPart }] : []),
    { group: 'Common', items: common },
  ];
}

const STATES: Record<Signature['state'], { color: string; label: string; means: string }> = {
  intact: {
    color: 'teal',
    label: 'Intact',
    means:
      'The signature belongs to exactly these bytes. Whether the signer is to be believed is another question.',
  },
  broken: {
    color: 'red',
    label: 'Broken',
    means: 'The signature does not belong to these bytes: they were changed, or it is a forgery.',
  },
  unverified: {
    color: 'gray',
    label: 'Unverified',
    means: 'Could not be verified: its certificate or key is missing, or its algorithm is unknown here.',
  },
};

const INTACT_BUT_WEAK = {
  color: 'orange',
  label: 'Intact, but weak',
  means:
    'The signature belongs to these bytes, but it is made with a digest that can be forged: it may have been given for something else.',
};

export function signatureState({ state, weak }: Pick<Signature, 'state' | 'weak'>) {
  return state === 'intact' && weak ? INTACT_BUT_WEAK : STATES[state];
}

export function signerName({ signer, addresses }: Signature): string {
  return signer || addresses[0] || 'an unnamed signer';
}

const WORST_FIRST: Signature['state'][] = ['broken', 'unverified', 'intact'];

/** All signatures of a part in one state: the worst of them. */
export function worstSignature(signatures: Signature[]): Signature | undefined {
  const rank = ({ state, weak }: Signature) => WORST_FIRST.indexOf(state) - (weak ? 0.5 : 0);
  return signatures.toSorted((a, b) => rank(a) - rank(b))[0];
}

const FACTS: Record<string, string> = {
  url: 'URL',
  uid: 'UID',
  vba: 'VBA macros',
  dde: 'DDE command',
  qr_code: 'QR code',
  data_matrix: 'Data Matrix',
  aztec_code: 'Aztec code',
  pdf417: 'PDF417',
  html_smuggling: 'HTML smuggling',
  key_id: 'Key',
  source_ip: 'Source IP',
  reporting_mta: 'Reporting MTA',
  dkim_alignment: 'DKIM alignment',
  spf_alignment: 'SPF alignment',
};

export function factName(name: string): string {
  return FACTS[name] ?? title(name);
}
