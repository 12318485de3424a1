import type { Socket, SocketEvents } from "./live-connection.ts";

/** The browser's WebSocket to a path of this site. */
export function browserSocket(path: string, events: SocketEvents): Socket {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url);
  socket.addEventListener("message", (event) => events.message(String(event.data)));
  socket.addEventListener("close", () => events.closed());
  return {
    send: (text) => socket.send(text),
    close: () => socket.close(),
  };
}
