import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { openDatabase } from "../../../engine/store/database.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

/** The least that could be called the same: node, an opened SQLite file, and a server that answers with a page. */
await using folder = await temporaryFolder();
const db = openDatabase(join(folder.path, "bare.db"));
db.exec("CREATE TABLE things (id INTEGER PRIMARY KEY) STRICT");
const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<!DOCTYPE html><title>bare</title>");
}).listen(0, "127.0.0.1");
await once(server, "listening");
console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
await once(process, "SIGTERM");
server.closeAllConnections();
server.close();
db.close();
