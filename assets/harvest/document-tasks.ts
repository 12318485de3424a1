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
