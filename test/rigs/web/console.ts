import "./dom.ts";
import { cleanup, configure, render, type RenderResult } from "@testing-library/react";
import { type UserEvent, userEvent } from "@testing-library/user-event";
import { createElement, type ReactNode } from "react";
import { WebSocket } from "ws";
import type { Definition } from "../../../engine/core/catalog.ts";
import type { Role } from "../../../engine/operate.ts";
import { projectPlace } from "../../../ui/web/api/project.ts";
import { ConsoleContext, type ConsoleParts, type Viewer } from "../../../ui/web/app/console.tsx";
import { consoleParts } from "../../../ui/web/app/console-parts.ts";
import type { Socket, SocketEvents } from "../../../ui/web/live/live-connection.ts";
import { type EngineRig, engineRig } from "../engine.ts";
import { type Served, served } from "../served.ts";

/** How long `find…` and `waitFor` wait: for a reader thread on a busy machine, not for any time of the engine's. */
const WAIT_LIMIT_MS = 20_000;
const SHOWN_CHARACTERS = 4000;

configure({
  asyncUtilTimeout: WAIT_LIMIT_MS,
  getElementError(message, container) {
    const text = (container.textContent ?? "").slice(0, SHOWN_CHARACTERS);
    return new Error(`${message?.split("\n\n", 1)[0]}; the page says: ${text}`);
  },
});

/** Components of the console, bound to an engine that is really served: over real HTTP and a real websocket. */
export interface ConsoleRig extends AsyncDisposable {
  readonly rig: EngineRig;
  readonly server: Served;
  readonly parts: ConsoleParts;
  readonly user: UserEvent;
  /** Shows a component at the address given at the start. */
  show(component: ReactNode): RenderResult;
  /** The address as it stands, path and search. */
  address(): string;
  /** Answers every request from now on with this, as a server that fails would; null: the server answers again. */
  breakApi(status: number | null): void;
}

export interface ConsoleRigParams {
  readonly definitions: readonly Definition[];
  /** Of who is logged in. Default operator. */
  readonly role?: Role;
  /** Path and search. Default `/`. */
  readonly at?: string;
  /** What happens to the engine before anything is shown. */
  readonly prepare?: (rig: EngineRig) => Promise<void>;
}

export async function consoleRig(params: ConsoleRigParams): Promise<ConsoleRig> {
  const { definitions, role = "operator", at = "/", prepare } = params;
  const rig = await engineRig({ definitions });
  await prepare?.(rig);
  const server = await served([rig.engine]);
  const { token } = await rig.engine.access.createToken({ name: role, role, by: "test" });
  const authorization = { Authorization: `Bearer ${token}` };
  let broken: number | null = null;
  goTo(`${server.url}${at}`);
  const { parts, live } = consoleParts({
    place: projectPlace("/"),
    bar: window,
    storage: { getItem: () => null, setItem: () => {} },
    fetch: async (input, init) => {
      if (typeof input !== "string") throw new TypeError("the console fetches paths");
      if (broken !== null) return new Response('{"error":{"code":"internal","message":"broken"}}', { status: broken });
      const headers = { ...(init?.headers as Record<string, string> | undefined), ...authorization };
      return await fetch(`${server.url}${input}`, { ...init, headers });
    },
    openSocket: (path, events) => openSocket(`${server.url}${path}`, { headers: authorization, events }),
    now: () => Date.now(),
    random: () => 0.5,
    after(ms, task) {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
    onFrame: (task) => void setImmediate(task),
  });
  parts.viewer.set(await parts.api.get<Viewer>("/me"));
  live.open();
  return {
    rig,
    server,
    parts,
    user: userEvent.setup({ document }),
    show: (component) => render(createElement(ConsoleContext, { value: parts }, component)),
    address: () => `${location.pathname}${location.search}`,
    breakApi: (status) => (broken = status),
    async [Symbol.asyncDispose]() {
      cleanup();
      live.close();
      await server[Symbol.asyncDispose]();
      await rig[Symbol.asyncDispose]();
    },
  };
}

/** Sets the address as typing it would, without loading anything. */
function goTo(url: string): void {
  const { happyDOM } = window as unknown as { readonly happyDOM: { setURL(url: string): void } };
  happyDOM.setURL(url);
}

/** What browserSocket does, with a header in the place of a browser's cookie. */
function openSocket(
  url: string,
  { headers, events }: { readonly headers: Readonly<Record<string, string>>; readonly events: SocketEvents },
): Socket {
  const socket = new WebSocket(url.replace("http", "ws"), { headers });
  socket.on("message", (data: Buffer) => events.message(data.toString()));
  socket.on("close", () => events.closed());
  socket.on("error", () => {});
  return { send: (text) => socket.send(text), close: () => socket.close() };
}
