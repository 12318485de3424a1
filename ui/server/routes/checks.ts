import { check, evaluation, recordedCheckWord } from "../schemas/assets.ts";
import { problems } from "../schemas/problems.ts";
import { key, list, name, nullable, options, page, paging, record, text } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import type { App } from "../typed-app.ts";

const assetPath = record({ key: { ...name, description: "percent-encoded: ingest%2Fupload_release" } });
const checkPath = record({ ...assetPath.properties, check: { ...name, description: "the check's name" } });

/** What checks found of an asset. They are evaluated by `POST /materialize`. */
export function checkRoutes(app: App, { engine }: Pick<ProjectScope, "engine">): void {
  const { queries } = engine;
  const config = { role: "viewer" } as const;

  app.get(
    "/assets/:key/checks",
    {
      config,
      schema: {
        tags: ["assets"],
        summary: "The checks of an asset and where they stand, over all its partitions or at one",
        params: assetPath,
        querystring: options({ partition: key }),
        response: { 200: record({ items: list(check), nextCursor: nullable(text) }), ...problems },
      },
    },
    (request) => ({ items: queries.checks(request.params.key, request.query), nextCursor: null }),
  );

  app.get(
    "/assets/:key/checks/:check/evaluations",
    {
      config,
      schema: {
        tags: ["assets"],
        summary: "What a check found, newest first",
        params: checkPath,
        querystring: options({ partition: key, ...paging }),
        response: { 200: page(evaluation), ...problems },
      },
    },
    async (request) => await queries.evaluations(request.params.key, { check: request.params.check, ...request.query }),
  );

  app.get(
    "/assets/:key/checks/:check/partitions",
    {
      config,
      schema: {
        tags: ["assets"],
        summary: "The partitions at which a check stands so, with their newest evaluations, newest first",
        params: checkPath,
        querystring: { ...options({ status: recordedCheckWord, ...paging }), required: ["status"] },
        response: { 200: page(evaluation), ...problems },
      },
    },
    async (request) =>
      await queries.checkPartitions(request.params.key, { check: request.params.check, ...request.query }),
  );
}
