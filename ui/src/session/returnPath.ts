// Where to go after signing in. Pure.

/** Only paths of this app are followed. */
export function safeReturnPath(next: string | null): string {
  return next?.startsWith('/') && !next.startsWith('//') && !next.includes('\\') ? next : '/inbox';
}
