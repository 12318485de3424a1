import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { EngineError, http, https, isEngineError } from "../../engine/operate.ts";

/** The HTTP API of an engine, wherever it is. Paths begin after `/api`. */
export interface Api {
  /** Where it is, for people. */
  readonly where: string;
  /** Throws `ApiProblem` on any answer that is an error, `server_unreachable` where none comes. */
  get<T>(path: string): Promise<T>;
  send<T>(method: "POST" | "PUT" | "DELETE", call: { readonly path: string; readonly body?: unknown }): Promise<T>;
  /** What a POST answers, as it comes. Throws `ApiProblem` on any answer that is an error. */
  download(path: string): Promise<Readable>;
  close(): Promise<void>;
}

/** An error that the API answered. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  /** The whole answer, where it was JSON. */
  readonly answer: unknown;

  constructor(message: string, { status, code, answer }: { status: number; code: string; answer?: unknown }) {
    super(message);
    this.name = "ApiProblem";
    this.status = status;
    this.code = code;
    this.answer = answer;
  }
}

export interface ApiTarget {
  readonly where: string;
  readonly project: string | undefined;
  /** A Unix socket, or the base URL of a server. */
  readonly at: { readonly socketPath: string } | { readonly url: URL; readonly token: string | null };
}

/** Answers of lists come in pages; more than this is not one. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export function httpApi({ where, project, at }: ApiTarget): Api {
  const call = async (method: string, path: string, body: unknown): Promise<unknown> => {
    const prefix = apiPrefix(project);
    const answer = await exchange({ where, at, method, path: `${prefix}${path}`, body });
    try {
      return readAnswer(answer.status, answer.text);
    } catch (error) {
      const isUnknown =
        error instanceof ApiProblem && error.status === 404 && error.message.startsWith("nothing is at");
      if (!isUnknown || project === undefined) throw error;
      throw new ApiProblem(`there is no project "${project}" at ${where}`, { status: 404, code: "not_found" });
    }
  };
  return {
    where,
    get: async <T>(path: string) => (await call("GET", path, undefined)) as T,
    send: async <T>(method: string, { path, body }: { path: string; body?: unknown }) =>
      (await call(method, path, body)) as T,
    async download(path) {
      const response = await send({ where, at, method: "POST", path: `${apiPrefix(project)}${path}`, body: {} });
      const status = response.statusCode ?? 0;
      if (status >= 400) readAnswer(status, await textOf(response, where));
      return response;
    },
    close: async () => {},
  };
}

export function apiPrefix(project: string | undefined): string {
  return project === undefined ? "/api" : `/p/${encodeURIComponent(project)}/api`;
}

/** The JSON of an answer. Throws `ApiProblem` where it tells of an error. */
export function readAnswer(status: number, text: string): unknown {
  let value: unknown;
  try {
    value = text === "" ? null : JSON.parse(text);
  } catch {
    throw new ApiProblem(`it answered ${status} with what is no JSON; is this Sheaf?`, { status, code: "internal" });
  }
  if (status < 400) return value;
  const { error } = (value ?? {}) as { error?: { code?: string; message?: string } };
  throw new ApiProblem(error?.message ?? `it answered ${status}`, {
    status,
    code: error?.code ?? "internal",
    answer: value,
  });
}

interface Exchange {
  readonly where: string;
  readonly at: ApiTarget["at"];
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

async function exchange(call: Exchange): Promise<{ status: number; text: string }> {
  const response = await send(call);
  return { status: response.statusCode ?? 0, text: await textOf(response, call.where) };
}

/** Resolves when the answer begins. Throws `server_unreachable` where none comes. */
async function send({ where, at, method, path, body }: Exchange): Promise<IncomingMessage> {
  const sent = body === undefined ? null : JSON.stringify(body);
  const headers: Record<string, string> = { Accept: "application/json, */*" };
  if (sent !== null) headers["Content-Type"] = "application/json";
  if ("url" in at && at.token !== null) headers["Authorization"] = `Bearer ${at.token}`;
  return await new Promise((resolve, reject) => {
    const request =
      "socketPath" in at
        ? http.request({ socketPath: at.socketPath, method, path, headers })
        : (at.url.protocol === "https:" ? https : http).request(pathUnder(at.url, path), { method, headers });
    request.on("response", resolve);
    request.on("error", (error) => reject(unreachable(where, error)));
    request.end(sent ?? undefined);
  });
}

async function textOf(response: IncomingMessage, where: string): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_ANSWER_BYTES) throw new EngineError("too_large", "the answer never ends");
    }
  } catch (error) {
    throw isEngineError(error) ? error : unreachable(where, error);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** What was asked for goes on where the server got it: asking again shows what came of it. */
function unreachable(where: string, error: unknown): EngineError {
  const reason = error instanceof Error ? error.message : String(error);
  return new EngineError("server_unreachable", `no whole answer from ${where}: ${reason}`, {
    cause: error,
    retryable: true,
  });
}

/** A server may live below a path of its own. */
function pathUnder(base: URL, path: string): URL {
  const url = new URL(base);
  const { pathname, search } = new URL(path, base);
  url.pathname = `${base.pathname.replace(/\/+$/, "")}${pathname}`;
  url.search = search;
  return url;
}
