/** Only a path of this site; anything else would be a way to send people elsewhere. */
export function safeTarget(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}
