import { isReleasableIri } from "./document/iri.ts";
import { DEFAULT_GRAPH, literal, namedNode, quadLine } from "./document/n-quads.ts";
import type { Quad, Term } from "./document/n-quads.ts";
import { organizationKey } from "./keys.ts";
import type { SourceConfig } from "./source-config.ts";

const SCHEMA = "https://schema.org/";
const RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
const DOI_REGISTRY = "https://registry.identifiers.org/registry/doi";

export interface OrganizationObject {
  /** `orgs/<source>.nq` */
  readonly key: string;
  readonly text: string;
}

/**
 * The source as an organization, eight statements as gleaner makes them, sorted; its `url` is the sitemap's. A `pid`
 * that is no IRI cannot name a node: the identifier is a blank node then, and the `pid` stands in its `url`. Quotes are
 * escaped; gleaner stops at them and writes neither this file nor those of the sources after it.
 */
export function organizationQuads(source: Pick<SourceConfig, "name" | "url" | "pid">): OrganizationObject {
  const { name, url, pid } = source;
  const organization = namedNode(`https://gleaner.io/id/org/${encodeURIComponent(name.toWellFormed())}`);
  const identifier: Quad["subject"] = isReleasableIri(pid)
    ? namedNode(pid)
    : { termType: "BlankNode", value: "identifier" };
  const statement = (subject: Quad["subject"], predicate: string, object: Term): string =>
    quadLine({ subject, predicate: namedNode(predicate), object, graph: DEFAULT_GRAPH });
  const lines = [
    statement(organization, RDF_TYPE, namedNode(`${SCHEMA}Organization`)),
    statement(organization, `${SCHEMA}identifier`, identifier),
    statement(organization, `${SCHEMA}name`, literal(name)),
    statement(organization, `${SCHEMA}url`, literal(url)),
    statement(identifier, RDF_TYPE, namedNode(`${SCHEMA}PropertyValue`)),
    statement(identifier, `${SCHEMA}description`, literal("Persistent identifier for this organization")),
    statement(identifier, `${SCHEMA}propertyID`, literal(DOI_REGISTRY)),
    statement(identifier, `${SCHEMA}url`, literal(pid)),
  ];
  return { key: organizationKey(name), text: lines.toSorted().join("") };
}
