import { dataMessage, errorMessage, resetMessage } from "./protocol.ts";

/** One end of a connection, as the hub sees it. */
export interface Transport {
  send(text: string): void;
  /** Bytes that were sent and are not yet with the network. */
  bufferedBytes(): number;
  /** Ends the connection, with a websocket close code. */
  close(code: number, reason: string): void;
}

/** Over this a client is behind: its patches are dropped, and it gets snapshots once it has caught up. */
export const MAX_BUFFERED_BYTES = 1024 * 1024;
const CAUGHT_UP_BYTES = 64 * 1024;

/** What a client has been told, and what it still has to be. */
export interface LiveClient {
  readonly transport: Transport;
  readonly topics: Set<string>;
  /** Up to here it misses nothing in any topic whose snapshot it has. */
  sentSeq: number;
  /** Topics of which a snapshot, or what was missed, is on its way; while any, `sentSeq` stands. */
  unfinished: number;
  /** Topics of which patches were dropped; null while it keeps up. */
  behind: Set<string> | null;
}

export function liveClient(transport: Transport, sentSeq: number): LiveClient {
  return { transport, topics: new Set(), sentSeq, unfinished: 0, behind: null };
}

export interface PatchToSend {
  readonly topic: string;
  readonly data: string;
}

/**
 * Sends all that a flush has for a client, or none of it. Every message but the last carries the `seq` of before, so
 * that a connection that breaks in between resumes from where all topics are whole. `seq` null leaves it as it is.
 */
export function sendPatches(client: LiveClient, params: { patches: readonly PatchToSend[]; seq: number | null }): void {
  const { patches, seq } = params;
  if (patches.length > 0 && client.transport.bufferedBytes() > MAX_BUFFERED_BYTES) client.behind ??= new Set();
  if (client.behind !== null) {
    for (const { topic } of patches) client.behind.add(topic);
    return;
  }
  const advance = (): void => {
    if (seq !== null && client.unfinished === 0) client.sentSeq = Math.max(client.sentSeq, seq);
  };
  for (const [index, { topic, data }] of patches.entries()) {
    if (index === patches.length - 1) advance();
    client.transport.send(dataMessage("patch", { topic, seq: client.sentSeq, data }));
  }
  advance();
}

export function sendSnapshot(client: LiveClient, params: { topic: string; data: string }): void {
  client.transport.send(dataMessage("snapshot", { ...params, seq: client.sentSeq }));
}

export function sendReset(client: LiveClient, params: { topic: string; reason: string }): void {
  client.transport.send(resetMessage(params.topic, params.reason));
}

export function sendError(client: LiveClient, error: { code: string; message: string }, topic?: string): void {
  client.transport.send(errorMessage(error, topic));
}

export function hasCaughtUp(client: LiveClient): boolean {
  return client.transport.bufferedBytes() <= CAUGHT_UP_BYTES;
}
