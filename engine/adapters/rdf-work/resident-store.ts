import { EngineError } from "../../core/errors.ts";
import type { NamespaceKind } from "../../core/ports/triple-store.ts";
import { readChunks, readLines } from "./line-file.ts";
import { asSparql, namedNode, Store } from "./oxigraph.ts";
import { whyCorrupt } from "./prepare.ts";
import type {
  ApplyParams,
  Opened,
  OpenParams,
  QueryWork,
  QueryWorkResult,
  Resident,
  UpdateResult,
  UpdateWork,
} from "./protocol.ts";
import { writeSnapshot } from "./snapshot.ts";
import { bracketed, groupOf, tripleOf } from "./statement-line.ts";

/** A namespace in this thread's memory. */
export interface ResidentStore {
  readonly opened: Opened;
  apply(params: ApplyParams): Resident;
  query(work: QueryWork): QueryWorkResult;
  /** Evaluates, then writes the whole namespace's new files. `onEvaluated` is called in between. */
  update(work: UpdateWork, onEvaluated: () => void): UpdateResult;
}

/** Statements in one `DELETE DATA`. */
const DELETE_BATCH = 2_000;
/** Graphs in one request of `DROP GRAPH`s. */
const DROP_BATCH = 1_000;

/**
 * Loads a namespace's files, passing over those whose checksum fails. They are read as one document, because a blank
 * node may be shared between files that one update wrote; Oxigraph then gives every blank node a name of its own.
 */
export function openResidentStore({ kind, files }: OpenParams): ResidentStore {
  const store = new Store();
  const corrupt: { name: string; reason: string }[] = [];
  const sound: string[] = [];
  for (const { path, name, sha256 } of files) {
    const reason = whyCorrupt(path, sha256);
    if (reason === null) sound.push(path);
    else corrupt.push({ name, reason });
  }
  store.load(
    (function* () {
      for (const path of sound) yield* readChunks(path);
    })(),
    { format: "application/n-quads" },
  );
  return Object.freeze({
    opened: { statements: store.size, corrupt },
    apply: (params: ApplyParams) => applyChanges(store, { ...params, kind }),
    query: (work: QueryWork) => runQuery(store, work),
    update(work: UpdateWork, onEvaluated: () => void) {
      asSparql(() => store.update(work.update));
      onEvaluated();
      return { files: writeSnapshot(store, { ...work, kind }), statements: store.size };
    },
  });
}

/** Brings the store to the generation that the changes lead to. There are no blank nodes in them. */
function applyChanges(store: Store, params: ApplyParams & { readonly kind: NamespaceKind }): Resident {
  const { kind } = params;
  const remove = (lines: readonly string[]): void => {
    let text = "DELETE DATA {";
    let graph: string | null = null;
    for (const line of lines) {
      const group = kind === "quads" ? groupOf(line) : "";
      if (group !== graph) {
        text += `${graph === null || graph === "" ? "" : "}"} ${group === "" ? "" : `GRAPH ${bracketed(group)} {`}`;
        graph = group;
      }
      text += `${tripleOf(line, kind)} .\n`;
    }
    store.update(`${text}${graph === null || graph === "" ? "" : "}"}}`);
  };
  for (const lines of batches(readLines(params.removed), DELETE_BATCH)) remove(lines);
  store.load(readChunks(params.added), { format: "application/n-quads" });
  // Oxigraph remembers a graph that has become empty, and `GRAPH ?g {}` would find it.
  for (const graphs of kind === "quads" ? batches(readLines(params.gone), DROP_BATCH) : []) {
    store.update(
      graphs
        .filter((graph) => graph !== "")
        .map((graph) => `DROP SILENT GRAPH ${bracketed(graph)}`)
        .join(";\n"),
    );
  }
  return { statements: store.size };
}

function* batches(lines: Iterable<string>, size: number): Generator<string[], void, undefined> {
  let batch: string[] = [];
  for (const line of lines) {
    batch.push(line);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function runQuery(store: Store, work: QueryWork): QueryWorkResult {
  const { query, type, unionDefault, graphs, maxBytes } = work;
  const answer = asSparql(() =>
    store.query(query, {
      results_format: type,
      use_default_graph_as_union: unionDefault,
      ...(graphs === null
        ? {}
        : {
            default_graph: graphs.default.map((graph) => namedNode(graph)),
            named_graphs: graphs.named.map((graph) => namedNode(graph)),
          }),
    }),
  );
  if (typeof answer !== "string") throw new EngineError("internal", "Oxigraph gave an answer without a format");
  const bytes = Buffer.byteLength(answer);
  if (bytes > maxBytes) {
    throw new EngineError(
      "query_limit",
      `the answer has ${bytes} bytes, more than the ${maxBytes} allowed: add a LIMIT`,
      {
        details: { limit: "maxBytes", maxBytes, bytes },
      },
    );
  }
  const body = new Uint8Array(bytes);
  new TextEncoder().encodeInto(answer, body);
  return { body };
}
