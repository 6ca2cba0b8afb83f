// Addresses the browser opens by itself: downloads and the preview frame.

export function rawMessageUrl(message: string): string {
  return `/api/v1/messages/${encodeURIComponent(message)}/raw`;
}

export function previewUrl(message: string): string {
  return `/api/v1/messages/${encodeURIComponent(message)}/preview`;
}

/** What a part carries, decoded. */
export function partUrl(message: string, path: string): string {
  return `/api/v1/messages/${encodeURIComponent(message)}/parts/content?path=${encodeURIComponent(path)}`;
}

/** The bytes of a part as they stand in the message: its headers and its encoded body. */
export function originalPartUrl(message: string, path: string): string {
  return `${partUrl(message, path)}&form=original`;
}
