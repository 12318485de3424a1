import { createPageExtractor } from "./document/extract.ts";
import type { ExtractPagesInput, PageOutcome } from "./document-types.ts";
import { convertDocument } from "./release/convert-documents.ts";
import type { ConvertDocumentsInput, ConvertedDocument } from "./release/release-types.ts";
import { summarizeGraph } from "./summary/summarize-graph.ts";
import type { SummarizeGraphsInput, SummarizedGraph } from "./summary/summary-types.ts";

export type {
  ExtractedDocument,
  ExtractOptions,
  ExtractPagesInput,
  FixContextOption,
  PageInput,
  PageOutcome,
  PageProblem,
  PageProblemKind,
} from "./document-types.ts";

/** Runs in the worker pool. Pages do not affect each other; the outcomes are in the order of the pages. */
export async function extractPages({ pages, options }: ExtractPagesInput): Promise<readonly PageOutcome[]> {
  const extractPage = createPageExtractor(options);
  const outcomes: PageOutcome[] = [];
  for (const page of pages) outcomes.push(await extractPage(page));
  return outcomes;
}

/** Runs in the worker pool: the release's lines of some stored documents, in their order. */
export async function convertDocuments({ documents }: ConvertDocumentsInput): Promise<readonly ConvertedDocument[]> {
  const converted: ConvertedDocument[] = [];
  for (const document of documents) converted.push(await convertDocument(document));
  return converted;
}

/** Runs in the worker pool: the record of each graph, in their order. */
export function summarizeGraphs({ graphs, source }: SummarizeGraphsInput): Promise<readonly SummarizedGraph[]> {
  return Promise.resolve(graphs.map((graph) => summarizeGraph(graph, source)));
}
