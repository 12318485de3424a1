import { partitionSet, partitionSetPage } from "../schemas/partitions.ts";
import { problems } from "../schemas/problems.ts";
import { count, key, keys, name, options, page, paging, record } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import { actorOf, type App } from "../typed-app.ts";

/** 100,000 keys of usual length. */
const MAX_KEYS_BODY_BYTES = 16 * 1024 * 1024;
const setPath = record({ set: name });
const keysBody = record({ keys });

export function partitionRoutes(app: App, { engine }: ProjectScope): void {
  const { queries, commands } = engine;

  app.get(
    "/partitions",
    {
      config: { role: "viewer" },
      schema: {
        tags: ["partitions"],
        summary: "The partition sets",
        response: { 200: page(partitionSet), ...problems },
      },
    },
    () => ({ items: queries.partitionSets(), nextCursor: null }),
  );

  app.get(
    "/partitions/:set",
    {
      config: { role: "viewer" },
      schema: {
        tags: ["partitions"],
        summary: "One partition set, with a page of its keys",
        params: setPath,
        querystring: options({ state: { type: "string", enum: ["active", "retired"] }, prefix: key, ...paging }),
        response: { 200: partitionSetPage, ...problems },
      },
    },
    async (request) => {
      const view = queries.partitionSet(request.params.set);
      return { ...view, ...(await queries.partitionKeys(request.params.set, request.query)) };
    },
  );

  app.post(
    "/partitions/:set",
    {
      config: { role: "operator", audit: "add partitions" },
      bodyLimit: MAX_KEYS_BODY_BYTES,
      schema: {
        tags: ["partitions"],
        summary: "Add keys to a dynamic or product set; those that are there stay as they are",
        params: setPath,
        body: keysBody,
        response: { 200: record({ added: count }), ...problems },
      },
    },
    async (request) =>
      await commands.addPartitions(request.params.set, { keys: request.body.keys, actor: actorOf(request) }),
  );

  app.post(
    "/partitions/:set/retire",
    {
      config: { role: "operator", audit: "retire partitions" },
      bodyLimit: MAX_KEYS_BODY_BYTES,
      schema: {
        tags: ["partitions"],
        summary: "Retire keys: nothing runs for them any more, their history stays",
        params: setPath,
        body: keysBody,
        response: { 200: record({ retired: count }), ...problems },
      },
    },
    async (request) =>
      await commands.retirePartitions(request.params.set, { keys: request.body.keys, actor: actorOf(request) }),
  );

  app.post(
    "/partitions/:set/restore",
    {
      config: { role: "operator", audit: "restore partitions" },
      bodyLimit: MAX_KEYS_BODY_BYTES,
      schema: {
        tags: ["partitions"],
        summary: "Make retired keys active again, with the history they had",
        params: setPath,
        body: keysBody,
        response: { 200: record({ restored: count }), ...problems },
      },
    },
    async (request) =>
      await commands.restorePartitions(request.params.set, { keys: request.body.keys, actor: actorOf(request) }),
  );
}
