/** Longer URLs are refused: the sitemap protocol allows 2,048 characters, object metadata 2 kB in all. */
export const MAX_URL_CHARS = 8_192;

/** The absolute http or https URL that `text` is, without its fragment; null where it is none. */
export function fetchableUrl(text: string): URL | null {
  if (text.length > MAX_URL_CHARS || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  url.hash = "";
  return url;
}

/** For messages: a configured URL may hold a password. */
export function withoutPassword(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1");
}
