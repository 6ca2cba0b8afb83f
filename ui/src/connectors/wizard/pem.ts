// Certificates in PEM form, as pasted or uploaded. Pure.

const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Every certificate in a text, each with its own line ends; nothing else is kept. */
export function certificatesIn(text: string): string[] {
  return (text.match(BLOCK) ?? []).map((block) => `${block.replace(/\r\n?/g, '\n').trim()}\n`);
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
