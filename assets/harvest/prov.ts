import { sha1 } from "./document/identify.ts";
import { objectMetadata } from "./document/object-metadata.ts";
import { provKey } from "./keys.ts";
import type { ObjectMetadata } from "../../engine/index.ts";
import type { HarvestConfig, SourceConfig } from "./source-config.ts";

export interface ProvParams {
  readonly source: Pick<SourceConfig, "name" | "pid" | "properName" | "domain" | "sourceType">;
  readonly harvest: Pick<HarvestConfig, "bucketInYaml">;
  /** The id of the document that this tells of. */
  readonly id: string;
  /** The page it came from. */
  readonly url: string;
  readonly atMs: number;
}

export interface ProvDocument {
  /** `prov/<source>/<sha1 of the text>.jsonld` */
  readonly key: string;
  readonly text: string;
  readonly metadata: ObjectMetadata;
}

/**
 * Where a document came from and when (only the day, as gleaner writes it), byte for byte as gleaner's template gives
 * it, its odd indentation included: the key is a hash of the text. The bucket in its URN is the one that the
 * configuration file names, which may be none. Quotes and control characters are escaped; gleaner's text is no JSON
 * then.
 */
export function provDocument({ source, harvest, id, url, atMs }: ProvParams): ProvDocument {
  const origin = source.sourceType === "sitegraph" ? "summoned" : "milled";
  const urn = `urn:${harvest.bucketInYaml}:${origin}:${source.name}:${id}`;
  const date = new Date(atMs).toISOString().slice(0, 10);
  const text = provText({ pid: source.pid, name: source.properName, domain: source.domain, url, urn, id, date });
  return { key: provKey(source.name, sha1(text)), text, metadata: objectMetadata({ url, sha1: id }) };
}

interface ProvFields {
  readonly pid: string;
  readonly name: string;
  readonly domain: string;
  readonly url: string;
  readonly urn: string;
  readonly id: string;
  readonly date: string;
}

function provText(fields: ProvFields): string {
  const { pid, name, domain, url, urn, id, date } = fields;
  const quoted = (text: string): string => JSON.stringify(text.toWellFormed());
  return `{
		"@context": {
		  "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
		  "prov": "http://www.w3.org/ns/prov#",
		  "rdfs": "http://www.w3.org/2000/01/rdf-schema#"
		},
		"@graph": [
		  {
			"@id": ${quoted(pid)},
			"@type": "prov:Organization",
			"rdf:name": ${quoted(name)},
			"rdfs:seeAlso": ${quoted(domain)}
		  },
		  {
			"@id": ${quoted(url)},
			"@type": "prov:Entity",
			"prov:wasAttributedTo": {
			  "@id": ${quoted(pid)}
			},
			"prov:value": ${quoted(url)}
		  },
		  {
			"@id": ${quoted(`https://gleaner.io/id/collection/${id}`)},
			"@type": "prov:Collection",
			"prov:hadMember": {
			  "@id": ${quoted(url)}
			}
		  },
		  {
			"@id": ${quoted(urn)},
			"@type": "prov:Entity",
			"prov:value": ${quoted(`${id}.jsonld`)}
		  },
		  {
			"@id": ${quoted(`https://gleaner.io/id/run/${id}`)},
			"@type": "prov:Activity",
			"prov:endedAtTime": {
			  "@value": "${date}",
			  "@type": "http://www.w3.org/2001/XMLSchema#dateTime"
			},
			"prov:generated": {
			  "@id": ${quoted(urn)}
			},
			"prov:used": {
			  "@id": ${quoted(`https://gleaner.io/id/collection/${id}`)}
			}
		  }
		]
	  }`;
}
