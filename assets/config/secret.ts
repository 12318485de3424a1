import { inspect } from "node:util";

/** A credential. Only `reveal()` gives it away: printing, logging, JSON and template strings show `***`. */
export interface Secret {
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

export const MASK = "***";

export function secret(value: string): Secret {
  const masked = (): string => MASK;
  return Object.freeze({ reveal: () => value, toString: masked, toJSON: masked, [inspect.custom]: masked });
}

/** A URL without the user and password that it may hold. */
export function withoutCredentials(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${MASK}@`);
}
