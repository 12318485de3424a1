import { once } from "node:events";
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";

/** Stands before a server, answers as it does, and says on its websockets what else it is told to. */
export interface PatchServer extends AsyncDisposable {
  readonly url: string;
  /**
   * Sends so many patches a second of a topic for so long, each a message of its own, to all who are connected. Resolves
   * with how many were sent.
   */
  send(params: SendParams): Promise<number>;
}

export interface SendParams {
  readonly topic: string;
  readonly perSecond: number;
  readonly seconds: number;
  readonly patch: (index: number) => unknown;
}

const TURN_MS = 5;

export async function patchServer(behind: string): Promise<PatchServer> {
  const pages = new Set<WebSocket>();
  let seq = 0;
  const server = createServer((request, response) => pass(behind, request, response));
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (page) => {
      const { cookie = "" } = request.headers;
      const real = new WebSocket(`${behind.replace("http", "ws")}${request.url}`, {
        headers: { cookie, origin: behind },
      });
      const waiting: string[] = [];
      pages.add(page);
      real.on("open", () => waiting.splice(0).forEach((text) => real.send(text)));
      real.on("message", (data: Buffer) => {
        const text = data.toString("utf8");
        seq = Math.max(seq, (JSON.parse(text) as { readonly seq?: number }).seq ?? 0);
        page.send(text);
      });
      real.on("close", () => page.close());
      page.on("message", (data: Buffer) => {
        if (real.readyState === WebSocket.OPEN) real.send(data.toString("utf8"));
        else waiting.push(data.toString("utf8"));
      });
      page.on("close", () => {
        pages.delete(page);
        real.close();
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async send({ topic, perSecond, seconds, patch }) {
      const from = performance.now();
      let sent = 0;
      while (sent < perSecond * seconds) {
        const due = Math.min(perSecond * seconds, Math.floor(((performance.now() - from) / 1000) * perSecond));
        for (; sent < due; sent++) {
          const text = JSON.stringify({ patch: true, topic, seq, data: patch(sent) });
          for (const page of pages) page.send(text);
        }
        await new Promise((resolve) => setTimeout(resolve, TURN_MS));
      }
      return sent;
    },
    async [Symbol.asyncDispose]() {
      for (const page of pages) page.terminate();
      sockets.close();
      server.closeAllConnections();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

function pass(behind: string, request: IncomingMessage, response: ServerResponse): void {
  const { host } = new URL(behind);
  const { origin, ...headers } = request.headers;
  const own = { ...headers, host, ...(origin === undefined ? {} : { origin: behind }) };
  const onward = ask(
    new URL(request.url ?? "/", behind),
    { method: request.method ?? "GET", headers: own },
    (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}
