import { failure, type FetchFailureKind, type RawFailure } from "./fetch-outcome.ts";
import type { HostLimiter, Politeness } from "./host-limiter.ts";
import type { HttpAnswer, HttpClient, HttpFailure } from "./http-client.ts";
import { fetchableUrl, withoutPassword } from "./urls.ts";

/** As Go's client, and so gleaner, allows. */
export const MAX_REDIRECTS = 10;

const redirectStatuses = new Set([301, 302, 303, 307, 308]);

export interface FollowParams {
  readonly client: HttpClient;
  readonly limiter: HostLimiter;
  readonly politeness: Politeness;
  readonly url: string;
  readonly accept: string;
  readonly maxBytes: number;
  readonly truncate?: boolean | undefined;
  readonly allows?: ((url: string) => boolean) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Answer = HttpAnswer | HttpFailure;

/** `host`: of the answer that settled it; its Retry-After concerns that host. */
type Followed = (HttpAnswer | RawFailure) & { readonly host: string };

/** GETs `url` and where it redirects to. Each hop waits for its own host's turn and is one request to that host. */
export async function follow(params: FollowParams): Promise<Followed> {
  const asked = withoutPassword(params.url);
  const seen = new Set<string>();
  let host = "";
  const refuse = (kind: FetchFailureKind, message: string): Followed => ({ ...failure(kind, message), host });

  let url = fetchableUrl(params.url);
  if (url === null) return refuse("bad_url", `${JSON.stringify(asked)} is not an absolute http or https URL.`);
  while (seen.size <= MAX_REDIRECTS) {
    seen.add(url.href);
    host = url.host;
    const answer: Answer = await inTurn(params, url);
    if (answer.ok || answer.status === null || !redirectStatuses.has(answer.status)) return { ...answer, host };
    url = target(answer.location, url);
    if (url === null) return refuse("bad_redirect", `${asked} redirects to ${to(answer)}, which cannot be fetched.`);
    const shown = withoutPassword(url.href);
    if (seen.has(url.href)) return refuse("bad_redirect", `${asked} redirects in a circle, back to ${shown}.`);
    if (params.allows?.(url.href) === false) {
      return refuse("robots", `${asked} redirects to ${shown}, which robots.txt forbids.`);
    }
  }
  return refuse("bad_redirect", `${asked} redirects more than ${MAX_REDIRECTS} times.`);
}

async function inTurn(params: FollowParams, url: URL): Promise<Answer> {
  const { client, limiter, politeness, accept, maxBytes, truncate = false, signal } = params;
  const release = await limiter.acquire(url.host, politeness, signal);
  try {
    return await client.request({ url, accept, maxBytes, truncate, signal });
  } finally {
    release();
  }
}

function target(location: string | null | undefined, base: URL): URL | null {
  return location == null || !URL.canParse(location, base.href)
    ? null
    : fetchableUrl(new URL(location, base.href).href);
}

function to(answer: { readonly location?: string | null | undefined }): string {
  return answer.location == null ? "nowhere" : JSON.stringify(withoutPassword(answer.location));
}
