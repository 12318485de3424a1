/** What the server refused, in its words. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor({ status, code, message }: { status: number; code: string; message: string }) {
    super(message);
    this.name = "Refused";
    this.status = status;
    this.code = code;
  }
}

export type QueryValue = string | number | boolean | readonly string[] | undefined;

export interface ApiClient {
  /** Throws `Refused` where the server says no, `TypeError` where it cannot be reached. */
  get<T>(path: string, query?: Readonly<Record<string, QueryValue>>, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
  put<T>(path: string, body: unknown): Promise<T>;
  delete<T>(path: string): Promise<T>;
}

export interface ApiClientParams {
  /** `/api`, or a project's. */
  readonly root: string;
  readonly fetch: typeof globalThis.fetch;
  /** The session has ended, or there is none. */
  readonly onLoggedOut: () => void;
}

export function apiClient({ root, fetch, onLoggedOut }: ApiClientParams): ApiClient {
  const call = async <T>(path: string, init: RequestInit): Promise<T> => {
    const response = await fetch(`${root}${path}`, init);
    const answer = (await response.json().catch(() => ({}))) as T & { error?: { code?: string; message?: string } };
    if (response.ok) return answer;
    if (response.status === 401) onLoggedOut();
    const message = answer.error?.message ?? `the server answered ${response.status}`;
    throw new Refused({ status: response.status, code: answer.error?.code ?? "internal", message });
  };
  const withBody = <T>(method: string, path: string, body: unknown): Promise<T> =>
    call<T>(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return Object.freeze({
    get: <T>(path: string, query: Readonly<Record<string, QueryValue>> = {}, signal?: AbortSignal) =>
      call<T>(`${path}${queryText(query)}`, signal === undefined ? {} : { signal }),
    post: <T>(path: string, body: unknown = {}) => withBody<T>("POST", path, body),
    put: <T>(path: string, body: unknown) => withBody<T>("PUT", path, body),
    delete: <T>(path: string) => call<T>(path, { method: "DELETE" }),
  });
}

/** `?a=1&b=x&b=y`, or nothing; what is undefined is left out. */
export function queryText(query: Readonly<Record<string, QueryValue>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (typeof value === "object") for (const one of value) search.append(name, one);
    else search.append(name, String(value));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
