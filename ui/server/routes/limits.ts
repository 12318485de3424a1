import { limit, pool } from "../schemas/backfills.ts";
import { problems } from "../schemas/problems.ts";
import { list, nullable, page, record, text } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import { actorOf, type App } from "../typed-app.ts";

const MAX_LIMIT = 1_000_000;
const limitName = { type: "string", maxLength: 1000 } as const;

/** How many may go at the same time, and who holds the places. */
export function limitRoutes(app: App, { engine }: ProjectScope): void {
  const { queries, commands, catalog } = engine;

  app.get(
    "/limits",
    {
      config: { role: "viewer" },
      schema: { tags: ["limits"], summary: "Limits and who holds them", response: { 200: page(limit), ...problems } },
    },
    () => ({ items: queries.limits(), nextCursor: null }),
  );

  app.put(
    "/limits",
    {
      config: { role: "operator", audit: "set limit" },
      schema: {
        tags: ["limits"],
        summary: "Set a limit, or take it off with maximum: null",
        body: {
          type: "object",
          properties: {
            kind: { type: "string", enum: ["runs", "tag", "tag_value", "pool"] },
            key: limitName,
            value: limitName,
            maximum: nullable({ type: "integer", minimum: 0, maximum: MAX_LIMIT }),
          },
          required: ["kind", "maximum"],
          additionalProperties: false,
        },
        response: { 200: page(limit), ...problems },
      },
    },
    async (request) => {
      const { kind, key = "", value = "", maximum } = request.body;
      await commands.setLimit({ kind, key, value, maximum }, actorOf(request));
      return { items: queries.limits(), nextCursor: null };
    },
  );

  app.get(
    "/pools",
    {
      config: { role: "viewer" },
      schema: {
        tags: ["limits"],
        summary: "The pools that assets name, and who holds their slots",
        response: { 200: record({ items: list(pool), nextCursor: nullable(text) }), ...problems },
      },
    },
    () => {
      const limits = new Map(queries.limits().flatMap((one) => (one.kind === "pool" ? [[one.key, one] as const] : [])));
      const users = new Map<string, string[]>([...limits.keys()].map((name) => [name, []]));
      for (const asset of catalog.assets.values()) {
        const { pool: name } = asset.step;
        if (name !== null) users.set(name, [...(users.get(name) ?? []), asset.key]);
      }
      const items = [...users].map(([name, assets]) => {
        const { maximum = null, used = 0, holders = [] } = limits.get(name) ?? {};
        return { name, maximum, used, holders, assets };
      });
      return { items, nextCursor: null };
    },
  );
}
