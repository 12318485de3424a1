/** The URL of a module beside `base`, with the extension that `base` itself has: `.ts` in a clone, `.js` in a package. */
export function siblingModule(base: string, name: string): string {
  const extension = new URL(base).pathname.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`./${name}${extension}`, base).href;
}
