import type { Actor } from "../../engine/operate.ts";
import type { Identifier } from "./access/identify.ts";
import { createApplication } from "./application.ts";
import { registerRoutes, sharedScope } from "./server.ts";
import type { ServerOptions } from "./server-options.ts";

export interface LocalCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: string;
  readonly body: unknown;
}

export interface LocalApplication {
  call(call: LocalCall): Promise<{ readonly status: number; readonly text: string }>;
  close(): Promise<void>;
}

const localReader: Actor = Object.freeze({ name: "local", role: "viewer" });
const everybody: Identifier = Object.freeze({
  identify: () => ({ actor: localReader, byCookie: false }),
  trust: () => {},
});

type LocalOptions = Pick<ServerOptions, "engines" | "clock" | "scheduler" | "ids" | "system">;

/** The routes without a listener, for who may read the files anyway. */
export async function localApplication(options: LocalOptions): Promise<LocalApplication> {
  const shared = {
    ...sharedScope({
      ...options,
      host: "",
      port: 0,
      sparql: new Map(),
      webFolder: null,
      sparqlPublic: false,
      secure: false,
      controlSocket: null,
      log: () => {},
    }),
    identifier: everybody,
  };
  const app = createApplication(shared);
  await registerRoutes(app, shared);
  return {
    async call({ method, path, body }) {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
      const answer = await app.inject({ method, url: path, headers, ...payload });
      return { status: answer.statusCode, text: answer.payload };
    },
    async close() {
      shared.lag.stop();
      await app.close();
    },
  };
}
