import { readFileSync } from "node:fs";

/** What `npm start` runs node with: figures of anything else would be no user's. */
export interface StartCommand {
  readonly environment: Readonly<Record<string, string>>;
  readonly nodeFlags: readonly string[];
}

export function startCommand(): StartCommand {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly scripts: { readonly start: string };
  };
  const [, settings = "", flags = ""] = /^((?:\w+=\S+ )*)node ((?:--\S+ )*)ui\/cli/.exec(manifest.scripts.start) ?? [];
  return {
    environment: Object.fromEntries(wordsOf(settings).map((word) => word.split("=", 2) as [string, string])),
    nodeFlags: wordsOf(flags),
  };
}

function wordsOf(text: string): readonly string[] {
  return text.split(" ").filter((word) => word !== "");
}
