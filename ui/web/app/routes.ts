/** The pages and their addresses. A name or key is one percent-encoded segment, whatever characters it holds. */
export type Route =
  | { readonly page: "overview" }
  | { readonly page: "assets" }
  | { readonly page: "asset"; readonly key: string }
  | { readonly page: "runs" }
  | { readonly page: "run"; readonly id: string }
  | { readonly page: "backfills" }
  | { readonly page: "backfill"; readonly id: string }
  | { readonly page: "partitions" }
  | { readonly page: "partitionSet"; readonly set: string }
  | { readonly page: "automation" }
  | { readonly page: "automationItem"; readonly name: string }
  | { readonly page: "health" }
  | { readonly page: "design" }
  | { readonly page: "login" };

/** The page of a path below the project's base; null where there is none. */
export function parseRoute(path: string): Route | null {
  const segments = path.split("/").slice(1);
  if (segments.at(-1) === "") segments.pop();
  if (segments.length > 2) return null;
  const [first = "", second] = segments;
  const of = second === undefined ? undefined : decoded(second);
  if (of === null) return null;
  switch (first) {
    case "":
      return second === undefined ? { page: "overview" } : null;
    case "assets":
      return of === undefined ? { page: "assets" } : { page: "asset", key: of };
    case "runs":
      return of === undefined ? { page: "runs" } : { page: "run", id: of };
    case "backfills":
      return of === undefined ? { page: "backfills" } : { page: "backfill", id: of };
    case "partitions":
      return of === undefined ? { page: "partitions" } : { page: "partitionSet", set: of };
    case "automation":
      return of === undefined ? { page: "automation" } : { page: "automationItem", name: of };
    case "health":
    case "design":
    case "login":
      return of === undefined ? { page: first } : null;
    default:
      return null;
  }
}

export function pathOf(route: Route): string {
  switch (route.page) {
    case "overview":
      return "/";
    case "asset":
      return `/assets/${encodeURIComponent(route.key)}`;
    case "run":
      return `/runs/${encodeURIComponent(route.id)}`;
    case "backfill":
      return `/backfills/${encodeURIComponent(route.id)}`;
    case "partitionSet":
      return `/partitions/${encodeURIComponent(route.set)}`;
    case "automationItem":
      return `/automation/${encodeURIComponent(route.name)}`;
    default:
      return `/${route.page}`;
  }
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
