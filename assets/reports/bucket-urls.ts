import { summonedObjects } from "./summoned-objects.ts";
import type { SummonedObjectsParams } from "./summoned-objects.ts";

export interface BucketUrls {
  /** The text of `bucketutil_urls.csv`, to be read once. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Final once `body` has been read to its end. */
  readonly counts: { readonly objects: number; readonly withoutUrl: number };
}

const CHUNK_CHARS = 64 * 1024;

/**
 * `bucketutil_urls.csv` as it streams: one line an object, in key order, all text quoted (pandas' QUOTE_NONNUMERIC).
 * What an object's metadata lacks is empty. A source without objects gives the header alone.
 */
export function bucketUrls(params: SummonedObjectsParams): BucketUrls {
  const counts = { objects: 0, withoutUrl: 0 };
  async function* lines(): AsyncGenerator<Uint8Array> {
    let text = row(["sha", "url", "identifiertype", "lastmodified"]);
    for await (const object of summonedObjects(params)) {
      counts.objects += 1;
      if (object.url === null) counts.withoutUrl += 1;
      text += row([object.fileName, object.url, object.identifierType, timeStamp(object.modifiedAtMs)]);
      if (text.length >= CHUNK_CHARS) {
        yield Buffer.from(text);
        text = "";
      }
    }
    yield Buffer.from(text);
  }
  return { body: lines(), counts };
}

function row(fields: readonly (string | null)[]): string {
  return `${fields.map((field) => `"${(field ?? "").replaceAll('"', '""')}"`).join(",")}\n`;
}

/** `2023-03-31 12:00:00+00:00`, as pandas prints the whole seconds that a HEAD gives. */
function timeStamp(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19).replace("T", " ")}+00:00`;
}
