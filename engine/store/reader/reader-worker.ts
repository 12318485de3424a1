import { parentPort, workerData } from "node:worker_threads";
import { isEngineError } from "../../core/errors.ts";
import { openReadOnly } from "../database.ts";
import { OPENED } from "../database-thread.ts";
import { prepareQueries } from "./queries.ts";
import type { ReaderAnswer, ReaderRequest } from "./reader.ts";

const { file } = workerData as { file: string };
const queries = prepareQueries(openReadOnly(file));
parentPort?.postMessage(OPENED);

parentPort?.on("message", (request: ReaderRequest) => {
  parentPort?.postMessage(answer(request));
});

function answer(request: ReaderRequest): ReaderAnswer {
  try {
    const query = queries[request.name] as (params: unknown) => unknown;
    return { id: request.id, ok: true, value: query(request.params) };
  } catch (error) {
    if (isEngineError(error)) return { id: request.id, ok: false, code: error.code, message: error.message };
    const text = error instanceof Error ? error.message : String(error);
    return { id: request.id, ok: false, code: "internal", message: `the query "${request.name}" failed: ${text}` };
  }
}
