import { HttpProblem } from "./problems.ts";
import type { App } from "./typed-app.ts";

const allMethods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** Notes every route that is registered after it. The returned function answers 405 to their other methods. */
export function trackMethods(app: App): () => void {
  const methodsOfUrl = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const methods = methodsOfUrl.get(url) ?? new Set<string>();
    for (const one of typeof method === "string" ? [method] : method) methods.add(one);
    methodsOfUrl.set(url, methods);
  });
  return () => {
    for (const [url, methods] of methodsOfUrl) {
      const others = allMethods.filter((method) => !methods.has(method));
      const allowed = allMethods.filter((method) => methods.has(method)).join(", ");
      app.route({
        url,
        method: others,
        config: { role: "open" },
        schema: { hide: true },
        // Before the body is read.
        onRequest: async (request) => {
          throw new HttpProblem("method_not_allowed", `${request.method} is not allowed here; ${allowed} is`, {
            headers: { Allow: allowed },
          });
        },
        handler: () => null,
      });
    }
  };
}
