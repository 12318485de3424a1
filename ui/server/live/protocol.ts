import { EngineError } from "../../../engine/operate.ts";

/**
 * The live protocol, JSON messages over a websocket.
 *
 * Client: `{ subscribe?: [topic], unsubscribe?: [topic], after?: { generation, seq } }`. With `after`, the topics that
 * the message subscribes go on from there, where the record still has what happened since.
 *
 * Server: `{ hello: { generation, seq, project } }` first; then
 * `{ snapshot: true, topic, seq, data }`: all of a topic;
 * `{ patch: true, topic, seq, data }`: what changed of it, each thing whole;
 * `{ reset: true, topic, reason }`: forget the topic, a snapshot follows;
 * `{ error: { code, message }, topic? }`.
 *
 * `seq` says: up to here nothing is missing in any topic whose snapshot came. So the newest `seq` is what to resume by.
 */
export interface ClientMessage {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly after: ResumePoint | null;
}

export interface ResumePoint {
  readonly generation: string;
  readonly seq: number;
}

/** Topics in one message; also how many a client may have. */
export const MAX_TOPICS = 200;
export const MAX_MESSAGE_BYTES = 64 * 1024;
const MAX_TOPIC_CHARACTERS = 300;

/** Throws `invalid_request` with what is expected. */
export function parseClientMessage(text: string): ClientMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("a message is JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed("a message is an object");
  const { subscribe = [], unsubscribe = [], after = null, ...rest } = value as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw malformed(`"${unknown.slice(0, 50)}" is not part of a message`);
  return {
    subscribe: topicsOf(subscribe, "subscribe"),
    unsubscribe: topicsOf(unsubscribe, "unsubscribe"),
    after: resumePointOf(after),
  };
}

function topicsOf(value: unknown, field: string): readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_TOPICS) {
    throw malformed(`${field} is a list of at most ${MAX_TOPICS} topics`);
  }
  return value.map((topic: unknown) => {
    if (typeof topic === "string" && topic.length > 0 && topic.length <= MAX_TOPIC_CHARACTERS) return topic;
    throw malformed(`a topic is a text of at most ${MAX_TOPIC_CHARACTERS} characters`);
  });
}

function resumePointOf(value: unknown): ResumePoint | null {
  if (value === null) return null;
  const { generation, seq } = (typeof value === "object" ? value : {}) as Record<string, unknown>;
  if (typeof generation === "string" && typeof seq === "number" && Number.isSafeInteger(seq) && seq >= 0) {
    return { generation, seq };
  }
  throw malformed("after is { generation: text, seq: number }");
}

function malformed(message: string): EngineError {
  return new EngineError("invalid_request", message);
}

export function helloMessage(hello: { generation: string; seq: number; project: string }): string {
  return JSON.stringify({ hello });
}

/** `data` is JSON already: one text serves all clients of a topic. */
export function dataMessage(kind: "snapshot" | "patch", params: { topic: string; seq: number; data: string }): string {
  return `{"${kind}":true,"topic":${JSON.stringify(params.topic)},"seq":${params.seq},"data":${params.data}}`;
}

export function resetMessage(topic: string, reason: string): string {
  return JSON.stringify({ reset: true, topic, reason });
}

export function errorMessage(error: { code: string; message: string }, topic?: string): string {
  return JSON.stringify({
    error: { code: error.code, message: error.message },
    ...(topic === undefined ? {} : { topic }),
  });
}
