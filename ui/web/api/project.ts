/** The project whose console this is: `/p/<project>/…` in the address, else the first. */
export interface ProjectPlace {
  /** Before every address of a page: "" or `/p/<project>`. */
  readonly base: string;
  /** Before every route of the API. */
  readonly api: string;
}

export function projectPlace(pathname: string): ProjectPlace {
  const base = /^\/p\/[^/]+/.exec(pathname)?.[0] ?? "";
  return { base, api: `${base}/api` };
}
