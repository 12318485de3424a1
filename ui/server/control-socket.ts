import { chmodSync, rmSync } from "node:fs";
import type { RequestListener, Server } from "node:http";
import { relative } from "node:path";
import { EngineError, http } from "../../engine/operate.ts";
import type { Identifier } from "./access/identify.ts";

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with the zero at the end (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 103;

export interface ControlSocketParams {
  readonly file: string;
  readonly handler: RequestListener;
  readonly identifier: Identifier;
  readonly maxHeaderBytes: number;
}

/** A path that a Unix socket can have: the shorter of the absolute and the relative one. Throws `config` over the limit. */
export function socketPath(file: string): string {
  const fromHere = relative(process.cwd(), file);
  const path = fromHere !== "" && fromHere.length < file.length ? fromHere : file;
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return path;
  throw new EngineError(
    "config",
    `the data directory's path is too long for a control socket (${Buffer.byteLength(path)} bytes, at most ` +
      `${MAX_SOCKET_PATH_BYTES}): ${path}. Choose a shorter SHEAF_DATA_DIR, or call sheaf with --url and SHEAF_TOKEN`,
  );
}

/**
 * Serves the same application to whoever may open the file. The engine holds the data directory's lock by now, so a
 * socket that is there already was left by one that was killed.
 */
export async function openControlSocket(params: ControlSocketParams): Promise<Server> {
  const path = socketPath(params.file);
  rmSync(path, { force: true });
  const server = http.createServer({ maxHeaderSize: params.maxHeaderBytes }, params.handler);
  server.on("connection", (socket) => params.identifier.trust(socket));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
    // `listen` has made the file; its folder is the owner's alone, so nobody came in between.
    chmodSync(path, 0o600);
  });
  return server;
}
