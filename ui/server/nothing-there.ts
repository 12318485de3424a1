import { EngineError } from "../../engine/operate.ts";
import type { App, Request } from "./typed-app.ts";

/** Characters of an address that an answer repeats. */
const MAX_REPEATED = 200;

/** The address without its query. */
export function pathOf(url: string): string {
  return url.split("?", 1)[0] ?? "";
}

/** What to throw where no route answers. */
export function nothingAt({ method, url }: Pick<Request, "method" | "url">): EngineError {
  return new EngineError("not_found", `nothing is at ${method} ${pathOf(url).slice(0, MAX_REPEATED)}`);
}

/** Where no page is served, nobody gets one. */
export function refuseUnknown(app: App): void {
  app.setNotFoundHandler((request) => {
    throw nothingAt(request);
  });
}
