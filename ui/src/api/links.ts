// Addresses the browser opens by itself: downloads and the preview frame.

export function rawMessageUrl(message: string): string {
  return `/api/v1/messages/${encodeURIComponent(message)}/raw`;
}

export function previewUrl(message: string): string {
  return `/api/v1/messages/${encodeURIComponent(message)}/preview`;
}

export function partUrl(message: string, path: string): string {
  return `/api/v1/messages/${encodeURIComponent(message)}/parts/content?path=${encodeURIComponent(path)}`;
}
