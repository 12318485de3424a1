import { hash } from "node:crypto";
import type { Clock, ObjectStore } from "../../../engine/index.ts";
import { organizationQuads } from "../organization.ts";
import { provDocument } from "../prov.ts";
import type { HarvestConfig, SourceConfig } from "../source-config.ts";
import { DOCUMENT_CONTENT_TYPE, type ShelvedDocument } from "./document-shelf.ts";

export interface ProvenanceParams {
  readonly source: SourceConfig;
  readonly harvest: HarvestConfig;
  readonly store: ObjectStore;
  readonly bucket: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** `orgs/<source>.nq`: the tasks take the list of sources from it, so it is there before the first document. */
export async function writeOrganization(params: ProvenanceParams): Promise<void> {
  const { source, store, bucket, signal } = params;
  const { key, text } = organizationQuads(source);
  const there = await store.head({ bucket, key, signal });
  if (there?.etag === hash("md5", text)) return;
  await store.put({ bucket, key, body: text, contentType: DOCUMENT_CONTENT_TYPE, signal });
}

/**
 * Writes where a document came from, and when. Called for documents that are written, not for unchanged ones: the
 * text holds the day, so gleaner's prov of an unchanged site grows by one object a document and day
 * (gleaner-nabu.md §2.6).
 */
export function provWriter(params: ProvenanceParams): (item: ShelvedDocument) => Promise<void> {
  const { source, harvest, store, bucket, clock, signal } = params;
  return async ({ document, url }) => {
    const prov = provDocument({ source, harvest, id: document.id, url, atMs: clock.now() });
    const { key, text, metadata } = prov;
    await store.put({ bucket, key, body: text, contentType: DOCUMENT_CONTENT_TYPE, metadata, signal });
  };
}
