import { filesystemObjectStore } from "../../../../engine/adapters/filesystem-object-store.ts";
import { systemClock, systemIds } from "../../../../engine/adapters/system-clock.ts";
import { withFileCalls } from "./file-calls.ts";

/** Puts an object over another and kills this process just before the named call of the file system. */
const [directory = "", call = ""] = process.argv.slice(2);
const store = filesystemObjectStore({ directory, clock: systemClock(), ids: systemIds() });
const put = () => store.put({ bucket: "gleaner", key: "a/k", body: "new", metadata: { version: "new" } });
await withFileCalls(put, (calls) => {
  if (calls.at(-1) === call) process.kill(process.pid, "SIGKILL");
});
