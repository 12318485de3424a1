/** What the IRIs of a summary's records are written with. By itself, so that the engine's thread loads no parser for it. */
export const SUMMARY_HEAD = "@prefix ecsummary: <https://schema.org/> .\n";
