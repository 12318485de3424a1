import { systemClock, systemIds, systemScheduler } from "../../engine/adapters/system-clock.ts";
import type { Engine } from "../../engine/runtime/operations.ts";
import { startServer } from "../../ui/server/server.ts";
import type { ServerOptions, SystemInfo } from "../../ui/server/server-options.ts";

export interface Served extends AsyncDisposable {
  readonly url: string;
  /** What the server logged; empty unless something is wrong. */
  readonly logged: readonly string[];
  request(path: string, options?: RequestOptions): Promise<Answer>;
}

export interface RequestOptions {
  readonly method?: string;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON that was answered; assertions tell what is in it. */
  readonly body: AnswerBody;
  readonly text: string;
}

export interface AnswerBody {
  readonly error: { readonly code: string; readonly message: string };
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly nextCursor: string | null;
  readonly [field: string]: unknown;
}

export const systemInfo: SystemInfo = {
  version: "0.0.0",
  startedAt: "2026-01-01T00:00:00.000Z",
  projects: ["eco"],
  settings: () => [],
  locations: () => [],
  problems: () => [],
  services: async () => [],
};

/** As the console's build leaves it: a page, and a script that is named by its content. */
const builtConsole = new URL("./built-console/", import.meta.url);

/** A server on a free port of the loopback interface. */
export async function served(engines: readonly Engine[], options: Partial<ServerOptions> = {}): Promise<Served> {
  const logged: string[] = [];
  const server = await startServer({
    engines,
    host: "127.0.0.1",
    port: 0,
    clock: systemClock(),
    scheduler: systemScheduler(),
    ids: systemIds(),
    system: systemInfo,
    sparql: new Map(),
    webFolder: builtConsole,
    sparqlPublic: false,
    secure: false,
    controlSocket: null,
    log: (level, message) => logged.push(`${level}: ${message}`),
    ...options,
  });
  return {
    url: server.url,
    logged,
    async request(path, { method = "GET", token = null, headers = {}, body, text } = {}) {
      const response = await fetch(`${server.url}${path}`, {
        method,
        redirect: "manual",
        headers: {
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...headers,
        },
        ...(body === undefined && text === undefined ? {} : { body: text ?? JSON.stringify(body) }),
      });
      const answered = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") === true;
      return {
        status: response.status,
        headers: response.headers,
        text: answered,
        body: (isJson && answered !== "" ? JSON.parse(answered) : {}) as AnswerBody,
      };
    },
    [Symbol.asyncDispose]: async () => await server.close(),
  };
}
