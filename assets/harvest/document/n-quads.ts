/** RDF as plain data, and its one spelling as N-Quads. */

export type Term =
  | { readonly termType: "NamedNode"; readonly value: string }
  | { readonly termType: "BlankNode"; readonly value: string }
  | Literal;

export interface Literal {
  readonly termType: "Literal";
  readonly value: string;
  readonly datatype: { readonly termType: "NamedNode"; readonly value: string };
  readonly language?: string;
}

export type GraphTerm = Exclude<Term, Literal> | { readonly termType: "DefaultGraph"; readonly value: "" };

export interface Quad {
  readonly subject: Exclude<Term, Literal>;
  readonly predicate: { readonly termType: "NamedNode"; readonly value: string };
  readonly object: Term;
  readonly graph: GraphTerm;
}

export const DEFAULT_GRAPH: GraphTerm = { termType: "DefaultGraph", value: "" };

const XSD_STRING = "http://www.w3.org/2001/XMLSchema#string";
const RDF_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString";

export function namedNode(value: string): { readonly termType: "NamedNode"; readonly value: string } {
  return { termType: "NamedNode", value };
}

export function literal(value: string, datatype: string = XSD_STRING): Literal {
  return { termType: "Literal", value, datatype: namedNode(datatype) };
}

export function languageLiteral(value: string, language: string): Literal {
  return { termType: "Literal", value, datatype: namedNode(RDF_LANG_STRING), language };
}

/** One statement of a line, with its line end. IRIs must be valid: nothing is escaped in them. */
export function quadLine({ subject, predicate, object, graph }: Quad): string {
  const context = graph.termType === "DefaultGraph" ? "" : ` ${termText(graph)}`;
  return `${termText(subject)} <${predicate.value}> ${termText(object)}${context} .\n`;
}

export function termText(term: Term): string {
  if (term.termType === "NamedNode") return `<${term.value}>`;
  if (term.termType === "BlankNode") return `_:${term.value}`;
  const text = `"${escapeLiteral(term.value)}"`;
  if (term.language !== undefined) return `${text}@${term.language}`;
  return term.datatype.value === XSD_STRING ? text : `${text}^^<${term.datatype.value}>`;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

/** The escapes of canonical N-Quads; a lone surrogate, which is no text, becomes U+FFFD. Valid in Turtle too. */
export function escapeLiteral(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is escaped
  return text.toWellFormed().replace(/[\u0000-\u001f"\\\u007f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return SHORT_ESCAPES[character] ?? `\\u${code}`;
  });
}
