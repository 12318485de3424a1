import { backfill, backfillStatus } from "../schemas/backfills.ts";
import { problems } from "../schemas/problems.ts";
import { idPath, options, page, paging } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import { actorOf, type App } from "../typed-app.ts";

export function backfillRoutes(app: App, { engine }: ProjectScope): void {
  const { queries, commands } = engine;
  const viewer = { role: "viewer" } as const;

  app.get(
    "/backfills",
    {
      config: viewer,
      schema: {
        tags: ["backfills"],
        summary: "Backfills, newest first",
        querystring: options({ status: backfillStatus, ...paging }),
        response: { 200: page(backfill), ...problems },
      },
    },
    async (request) => await queries.backfills(request.query),
  );

  app.get(
    "/backfills/:id",
    {
      config: viewer,
      schema: {
        tags: ["backfills"],
        summary: "One backfill",
        params: idPath,
        response: { 200: backfill, ...problems },
      },
    },
    (request) => queries.backfill(request.params.id),
  );

  app.post(
    "/backfills/:id/cancel",
    {
      config: { role: "operator", audit: "cancel backfill" },
      schema: {
        tags: ["backfills"],
        summary: "Cancel a backfill: what runs is canceled, the rest never starts",
        params: idPath,
        response: { 202: backfill, ...problems },
      },
    },
    async (request, reply) => {
      await commands.cancelBackfill(request.params.id, actorOf(request));
      reply.code(202);
      return queries.backfill(request.params.id);
    },
  );
}
