import { parseCookie, stringifySetCookie } from "cookie";

/**
 * Browsers keep cookies by host and not by port, so two engines on one machine need two names: each carries the end of
 * its database's generation.
 */
export function sessionCookieName(generation: string): string {
  return `sheaf_${generation.replaceAll(/[^A-Za-z0-9]/g, "").slice(-12)}`;
}

export function readCookie(header: string | undefined, name: string): string | null {
  if (header === undefined) return null;
  const value = parseCookie(header)[name];
  return value === undefined || value === "" ? null : value;
}

interface SessionCookie {
  readonly name: string;
  readonly session: string;
  readonly maxAgeS: number;
  readonly secure: boolean;
}

/** Out of reach of scripts, and never sent along by another site. */
export function sessionCookie({ name, session, maxAgeS, secure }: SessionCookie): string {
  return stringifySetCookie({
    name,
    value: session,
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure,
    maxAge: maxAgeS,
  });
}
