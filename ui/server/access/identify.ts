import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Access, Actor } from "../../../engine/operate.ts";
import { readCookie } from "./session-cookie.ts";

export interface Identity {
  readonly actor: Actor | null;
  readonly byCookie: boolean;
}

export interface Identifier {
  /** Who sends this request: by the control socket, by a Bearer token, by a session's cookie, or nobody known. */
  identify(request: IncomingMessage): Identity;
  /** From now on this connection is the local operator's. Only the control socket's server calls it. */
  trust(socket: Socket): void;
}

const BEARER = /^Bearer +(?<token>[\x21-\x7e]{1,512})$/i;
const nobody: Identity = Object.freeze({ actor: null, byCookie: false });
const localOperator: Actor = Object.freeze({ name: "local", role: "admin" });

export function identifier({ access, cookieName }: { access: Access; cookieName: string }): Identifier {
  const trusted = new WeakSet<Socket>();
  return Object.freeze({
    identify(request: IncomingMessage): Identity {
      if (trusted.has(request.socket)) return { actor: localOperator, byCookie: false };
      const { authorization, cookie } = request.headers;
      if (authorization !== undefined) {
        const token = BEARER.exec(authorization)?.groups?.["token"];
        return token === undefined ? nobody : { actor: access.actorOfToken(token), byCookie: false };
      }
      const session = readCookie(cookie, cookieName);
      if (session === null) return nobody;
      const actor = access.actorOfSession(session);
      return actor === null ? nobody : { actor, byCookie: true };
    },
    trust: (socket: Socket) => void trusted.add(socket),
  });
}
