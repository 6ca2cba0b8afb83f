// Certificates in PEM or DER form, as pasted or uploaded. Pure.

/** No certificate is larger, with its key and chain: one with a thousand names has some 50 kB. */
const FILE_MAX_BYTES = 256 * 1024;

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Every certificate in a text, each with its own line ends; nothing else is kept. */
export function certificatesIn(text: string): string[] {
  return (text.match(BLOCK) ?? []).map((block) => `${block.replace(/\r\n?/g, '\n').trim()}\n`);
}

/** Every certificate in a file: PEM, or a single one in DER form, of which the server makes sure that it is one. */
export function certificatesInFile(bytes: Uint8Array): string[] {
  const found = certificatesIn(new TextDecoder('latin1').decode(bytes));
  if (found.length > 0) return found;
  // DER begins with SEQUENCE; a length beyond 127 bytes, as every certificate has, is marked by the high bit.
  const [tag = 0, length = 0] = bytes;
  if (tag !== 0x30 || length < 0x81 || bytes.length > FILE_MAX_BYTES) return [];
  const lines = base64Of(bytes).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`];
}

/** A file as a secret is stored: PEM as it is, anything else in base64; nothing when it is too large for either. */
export function secretOfFile(bytes: Uint8Array): string | null {
  if (bytes.length > FILE_MAX_BYTES) return null;
  const text = new TextDecoder('latin1').decode(bytes);
  return text.includes('-----BEGIN') ? text : base64Of(bytes);
}

function base64Of(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/** SHA-256 of the DER form as people compare it: "AB:CD:…". */
export async function fingerprint(pem: string): Promise<string> {
  const base64 = pem.replace(/-----[^-]+-----/g, '').replace(/\s+/g, '');
  const der = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', der));
  return groupedHex([...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
}

/** "abcd" → "AB:CD". */
export function groupedHex(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(':');
}
