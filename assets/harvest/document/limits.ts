/** Bounds of what a page, a block and a document may be. Over one of them the page or document is named and left out. */

const MEBIBYTE = 1024 * 1024;

/** A page as it was fetched. The largest seen in the wild are generated catalogues of some megabytes. */
export const MAX_PAGE_BYTES = 32 * MEBIBYTE;
/** A sitegraph holds a whole site in one file. */
export const MAX_SITEGRAPH_BYTES = 128 * MEBIBYTE;
/** One JSON-LD block of a page. */
export const MAX_BLOCK_BYTES = 16 * MEBIBYTE;
/** A stored document that a release converts; sitegraphs are the large ones. */
export const MAX_DOCUMENT_BYTES = 128 * MEBIBYTE;
/** Levels of nesting. Metadata of datasets has fewer than twenty; expanding recurses. */
export const MAX_DEPTH = 200;
