import { literal, namedNode, quadLine } from "../document/n-quads.ts";
import type { Term } from "../document/n-quads.ts";
import { graphUrnPrefix, urnPart } from "../keys.ts";

const SCHEMA = "https://schema.org/";
const RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

export interface CatalogueParams {
  readonly orgName: string;
  readonly source: string;
  /** The graphs of the release, in its order. */
  readonly graphs: readonly string[];
  /** SHA-256 of the release before this; names the catalogue's own graph. */
  readonly contentSha256: string;
}

/**
 * The end of a release, as nabu writes it: a DataCatalog that lists the graphs, in a graph of its own. nabu names that
 * graph by the time of the run and dates the catalogue; here the content names it and the date is not told, so that
 * equal documents give equal bytes.
 */
export function catalogueLines({ orgName, source, graphs, contentSha256 }: CatalogueParams): readonly string[] {
  const organization = `urn:gleaner.io:${urnPart(orgName)}`;
  const catalogue = namedNode(`${organization}:datacatalog`);
  const provider = namedNode(`${organization}:provider`);
  const publisher = namedNode(`urn:gleaner.io:${urnPart(source)}:publisher`);
  const graph = namedNode(`${graphUrnPrefix(orgName, source)}datacatalog:${contentSha256}`);
  const line = (subject: typeof catalogue, predicate: string, object: Term): string =>
    quadLine({ subject, predicate: namedNode(predicate), object, graph });
  return [
    line(catalogue, RDF_TYPE, namedNode(`${SCHEMA}DataCatalog`)),
    line(catalogue, `${SCHEMA}description`, literal("GleanerIO Nabu generated catalog")),
    line(catalogue, `${SCHEMA}dateCreated`, literal(UNTOLD_DATE)),
    line(catalogue, `${SCHEMA}provider`, provider),
    line(catalogue, `${SCHEMA}publisher`, publisher),
    line(provider, RDF_TYPE, namedNode(`${SCHEMA}Organization`)),
    line(provider, `${SCHEMA}name`, literal(orgName)),
    line(publisher, RDF_TYPE, namedNode(`${SCHEMA}Organization`)),
    line(publisher, `${SCHEMA}name`, literal(source)),
    ...graphs.map((each) => line(catalogue, `${SCHEMA}dataset`, namedNode(each))),
  ];
}

const UNTOLD_DATE = "unknown";
