import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { isEngineError, type EngineError, type ErrorCode } from "../../../engine/core/errors.ts";
import type {
  NamespaceKind,
  QueryParams,
  RdfFormat,
  RemoveOutcome,
  ReplaceOutcome,
  TripleStore,
} from "../../../engine/core/ports/triple-store.ts";

export interface OpenedTripleStore extends AsyncDisposable {
  readonly store: TripleStore;
}

export type OpenTripleStore = () => Promise<OpenedTripleStore>;

/** What the adapters are allowed to do differently; each says so in its doc comment. */
export interface TripleStoreDifferences {
  /** A namespace's name may hold a dot. */
  readonly dotsInNames: boolean;
  /** The WHERE of an update sees the union of all graphs, as queries do. */
  readonly updatesSeeUnion: boolean;
}

export interface NamespaceRig extends AsyncDisposable {
  readonly store: TripleStore;
  readonly namespace: string;
  load(unit: string, body: string | AsyncIterable<Uint8Array>, format?: RdfFormat): Promise<ReplaceOutcome>;
  remove(unit: string): Promise<RemoveOutcome>;
  update(update: string): Promise<void>;
  ask(query: string, options?: Partial<QueryParams>): Promise<string>;
  /** The rows of a SELECT, each variable's value by name. */
  select(query: string, options?: Partial<QueryParams>): Promise<Record<string, string>[]>;
  /** Statements in the namespace. */
  count(): Promise<number>;
}

/** The graphs (or subjects) of a source begin with this. */
export function prefixOf(unit: string): string {
  return `urn:test:${unit}:`;
}

/** A namespace of its own in a store, dropped at the end. */
export async function namespaceRig(open: OpenTripleStore, kind: NamespaceKind): Promise<NamespaceRig> {
  const opened = await open();
  const { store } = opened;
  const namespace = `test_${randomUUID().replaceAll("-", "")}`;
  assert.equal(await store.createNamespace({ namespace, kind }), "created");
  const scopeOf = (unit: string) => ({ unit: `release/${unit}`, prefixes: [prefixOf(unit)] });

  const ask = async (query: string, options: Partial<QueryParams> = {}): Promise<string> =>
    (await store.query({ namespace, query, ...options })).body.toString();
  const select = async (query: string, options: Partial<QueryParams> = {}): Promise<Record<string, string>[]> => {
    const answer = JSON.parse(await ask(query, options)) as SelectAnswer;
    return answer.results.bindings.map((row) =>
      Object.fromEntries(Object.entries(row).map(([name, { value }]) => [name, value])),
    );
  };
  return {
    store,
    namespace,
    load: (unit, body, format = "application/n-quads") =>
      store.replace({
        namespace,
        scope: scopeOf(unit),
        format,
        body: typeof body === "string" ? chunked(body) : body,
      }),
    remove: (unit) => store.remove({ namespace, scope: scopeOf(unit) }),
    update: (update) => store.update({ namespace, update }),
    ask,
    select,
    count: async () => Number((await select("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))[0]?.["n"]),
    async [Symbol.asyncDispose]() {
      await store.dropNamespace(namespace);
      await opened[Symbol.asyncDispose]();
    },
  };
}

interface SelectAnswer {
  readonly results: { readonly bindings: readonly Record<string, { readonly value: string }>[] };
}

/** A body in pieces that cut through lines and characters. */
export async function* chunked(text: string, size = 7): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  const step = bytes.length > 10_000 ? 4_096 : size;
  for (let start = 0; start < bytes.length; start += step) yield bytes.subarray(start, start + step);
}

/** N-Quads of documents of a source: one graph each, with two statements. */
export function documents(unit: string, ids: readonly (string | number)[], name = "name"): string {
  return ids
    .map((id) => {
      const graph = `<${prefixOf(unit)}${id}>`;
      const subject = `<https://example.org/${unit}/${id}>`;
      return (
        `${subject} <https://schema.org/name> "${name} ${id}" ${graph} .\n` +
        `${subject} <https://schema.org/url> ${subject} ${graph} .\n`
      );
    })
    .join("");
}

/** The error that work ends in, which has to be of the code. */
export async function failure(code: ErrorCode, work: Promise<unknown>): Promise<EngineError> {
  try {
    await work;
  } catch (error) {
    if (isEngineError(error, code)) return error;
    throw error;
  }
  return assert.fail(`nothing was thrown, expected ${code}`);
}
