import { parentPort } from "node:worker_threads";
import { EngineError } from "../../core/errors.ts";
import { difference } from "./difference.ts";
import { isBroken } from "./oxigraph.ts";
import { prepare } from "./prepare.ts";
import type { WorkError, WorkOperation, WorkOperations, WorkReply, WorkRequest } from "./protocol.ts";
import { openResidentStore, type ResidentStore } from "./resident-store.ts";

/** The thread on which all RDF is parsed, compared and queried: one request at a time, each to its end. */

type Handlers = {
  readonly [Operation in WorkOperation]: (
    params: WorkOperations[Operation]["params"],
    onEvaluated: () => void,
  ) => WorkOperations[Operation]["result"];
};

let resident: ResidentStore | null = null;

function residentStore(): ResidentStore {
  if (resident !== null) return resident;
  throw new EngineError("internal", "the worker was asked before it had opened a namespace");
}

const handlers: Handlers = {
  prepare,
  difference,
  open(params) {
    resident = openResidentStore(params);
    return resident.opened;
  },
  apply: (params) => residentStore().apply(params),
  query: (params) => residentStore().query(params),
  update: (params, onEvaluated) => residentStore().update(params, onEvaluated),
};

const port = parentPort;
port?.on("message", (request: WorkRequest) => {
  const { id } = request;
  const send = (reply: WorkReply, transfer: ArrayBuffer[] = []): void => port.postMessage(reply, transfer);
  try {
    // The request's type ties its parameters to its operation; TypeScript cannot follow that through the lookup.
    const handle = handlers[request.operation] as (params: unknown, onEvaluated: () => void) => unknown;
    const result = handle(request.params, () => send({ id, state: "evaluated" }));
    send({ id, state: "done", result }, buffersOf(result));
  } catch (error) {
    send({ id, state: "failed", error: describe(error) });
  }
});

/** An answer's bytes change hands instead of being copied. */
function buffersOf(result: unknown): ArrayBuffer[] {
  const body = (result as { body?: unknown } | null)?.body;
  return body instanceof Uint8Array && body.buffer instanceof ArrayBuffer ? [body.buffer] : [];
}

function describe(error: unknown): WorkError {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof EngineError) {
    return { code: error.code, message, details: error.details ?? null, broken: false };
  }
  return { code: null, message, details: null, broken: isBroken(error) };
}
