/** schema.org as JSON-LD contexts name it: many spellings, one vocabulary. */

export const SCHEMA_ORG_HTTPS = "https://schema.org/";
export const SCHEMA_ORG_HTTP = "http://schema.org/";

/** `http(s)://schema.org`, with or without `www.` and the slash. */
const NAMESPACE = /^(?:https?:)?(?:\/\/)?(?:www\.)?schema\.org[/#]?$/i;
/** The addresses under which schema.org publishes its context. */
const CONTEXT_FILE =
  /^https?:\/\/(?:www\.)?schema\.org\/(?:docs\/jsonldcontext|version\/[\w.-]+\/schemaorg[\w-]*)\.json(?:ld)?$/i;
const WWW_TERM = /^https?:\/\/www\.schema\.org\/(?=.)/i;

/** Whether a string used as a namespace means schema.org as such. */
export function isSchemaOrgNamespace(iri: string): boolean {
  return NAMESPACE.test(iri);
}

/** Whether a string used as a context means schema.org's own. */
export function isSchemaOrgContext(address: string): boolean {
  return isSchemaOrgNamespace(address) || CONTEXT_FILE.test(address);
}

/**
 * A namespace or term IRI with schema.org spelt as `vocabulary`; anything else as it is. gleaner turns the `www.` forms
 * into `https://schema.org/schema.org/…`; here they mean what their authors meant.
 */
export function standardNamespace(iri: string, vocabulary: string): string {
  if (isSchemaOrgNamespace(iri)) return vocabulary;
  return iri.replace(WWW_TERM, vocabulary);
}

/** The prefixes of schema.org's context (its published file, November 2026), without `schema` itself. */
const PREFIXES: Readonly<Record<string, string>> = {
  brick: "https://brickschema.org/schema/Brick#",
  csvw: "http://www.w3.org/ns/csvw#",
  dc: "http://purl.org/dc/elements/1.1/",
  dcam: "http://purl.org/dc/dcam/",
  dcat: "http://www.w3.org/ns/dcat#",
  dcmitype: "http://purl.org/dc/dcmitype/",
  dcterms: "http://purl.org/dc/terms/",
  doap: "http://usefulinc.com/ns/doap#",
  foaf: "http://xmlns.com/foaf/0.1/",
  geo: "http://www.opengis.net/ont/geosparql#",
  odrl: "http://www.w3.org/ns/odrl/2/",
  org: "http://www.w3.org/ns/org#",
  owl: "http://www.w3.org/2002/07/owl#",
  prof: "http://www.w3.org/ns/dx/prof/",
  prov: "http://www.w3.org/ns/prov#",
  qb: "http://purl.org/linked-data/cube#",
  rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
  rdfs: "http://www.w3.org/2000/01/rdf-schema#",
  sh: "http://www.w3.org/ns/shacl#",
  skos: "http://www.w3.org/2004/02/skos/core#",
  sosa: "http://www.w3.org/ns/sosa/",
  ssn: "http://www.w3.org/ns/ssn/",
  time: "http://www.w3.org/2006/time#",
  vann: "http://purl.org/vocab/vann/",
  void: "http://rdfs.org/ns/void#",
  wgs: "https://www.w3.org/2003/01/geo/wgs84_pos#",
  xsd: "http://www.w3.org/2001/XMLSchema#",
};

/**
 * schema.org's context as Sheaf reads it: its prefixes and its vocabulary. Its typed terms (`url` as an IRI, dates) are
 * left out, so that a document gives the same literals wherever its context stands: the fix-ups at the top of a
 * document put `@vocab` alone, as gleaner does.
 */
export const schemaOrgContext = Object.freeze({
  "@vocab": SCHEMA_ORG_HTTPS,
  schema: SCHEMA_ORG_HTTPS,
  ...PREFIXES,
});

/**
 * What takes the place of schema.org's address in an array of contexts: the vocabulary, and of the prefixes those that
 * the text seems to use, so that the stored document needs no context from elsewhere.
 */
export function inlineSchemaOrg(vocabulary: string, text: string): Readonly<Record<string, string>> {
  const used = Object.entries(PREFIXES).filter(([prefix]) => text.includes(`"${prefix}:`));
  return { "@vocab": vocabulary, schema: vocabulary, ...Object.fromEntries(used) };
}
