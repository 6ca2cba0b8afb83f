// Headers as text: all of them to be copied, and those that are looked for. Pure.
import type { Header } from '../api/types';

/** The block of headers as it stands in the message. */
export function headersAsFound(headers: Header[]): string {
  return headers.map(({ name, raw }) => `${name}: ${raw}`).join('\r\n');
}

/** Headers repeat: their position is their identity. */
export type PlacedHeader = { header: Header; position: number };

/** Those in which the text stands, in the name or in either form of the value, whatever its case. */
export function headersWith(headers: Header[], sought: string): PlacedHeader[] {
  const text = sought.trim().toLowerCase();
  return headers
    .map((header, position) => ({ header, position }))
    .filter(({ header }) =>
      [header.name, header.value, header.raw].some((each) => each.toLowerCase().includes(text)),
    );
}
