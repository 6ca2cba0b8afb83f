// Addresses the browser opens by itself: downloads and the preview frame.

export function rawMessageUrl(message: string): string {
  return `/api/v1/messages/${encodeURIComponent(message)}/raw`;
}

/** The page of a message or of one of its parts, made safe; `hidden` with the text its reader did not see. */
export function previewUrl(
  message: string,
  { path, hidden }: { path?: string; hidden?: boolean } = {},
): string {
  const query = new URLSearchParams();
  if (path) query.set('path', path);
  if (hidden) query.set('hidden', 'true');
  const asked = query.size > 0 ? `?${query}` : '';
  return `/api/v1/messages/${encodeURIComponent(message)}/preview${asked}`;
}

/** What a part carries, decoded. */
export function partUrl(message: string, path: string): string {
  return `/api/v1/messages/${encodeURIComponent(message)}/parts/content?path=${encodeURIComponent(path)}`;
}

/** The bytes of a part as they stand in the message: its headers and its encoded body. */
export function originalPartUrl(message: string, path: string): string {
  return `${partUrl(message, path)}&form=original`;
}
