import type { Access, JsonObject } from "../../../engine/operate.ts";
import type { App, Request } from "../typed-app.ts";

const MAX_DETAIL_CHARACTERS = 300;

/**
 * Records who did what, in every route that states an `audit` word: done or refused, before the answer goes out.
 * Strangers leave no trace here, since they could fill it.
 */
export function auditRoutes(app: App, access: Access): void {
  app.addHook("onSend", async (request, reply, payload) => {
    const action = request.routeOptions.config.audit;
    if (action !== undefined && request.actor !== null) {
      const isDone = reply.statusCode < 400;
      const audited = access.audit({
        actor: request.actor,
        action,
        target: targetOf(request),
        outcome: isDone ? "done" : `refused (${reply.statusCode})`,
        details: detailsOf(request.body),
      });
      // A record that takes nothing takes no refusal either; the refusal says why, and nothing was changed.
      await (isDone ? audited : audited.catch(() => {}));
    }
    return payload;
  });
}

/** The names in the address: `/api/runs/:id/steps/:step/cancel` gives `<id>/<step>`. */
function targetOf(request: Request): string {
  const names = Object.values((request.params ?? {}) as Record<string, unknown>).map(String);
  return names.join("/").slice(0, MAX_DETAIL_CHARACTERS);
}

/** What was asked for, cut to what a person reads. */
function detailsOf(body: unknown): JsonObject {
  if (typeof body !== "object" || body === null) return {};
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, shortened(value)]));
}

function shortened(value: unknown): string | number | boolean | null {
  if (typeof value === "number" || typeof value === "boolean" || value === null) return value;
  if (Array.isArray(value) && value.length > 10) return `${value.length} items`;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > MAX_DETAIL_CHARACTERS ? `${text.slice(0, MAX_DETAIL_CHARACTERS)}…` : text;
}
