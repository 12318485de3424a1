import type { MaterializeRequest, TriggerRequest } from "../../../engine/operate.ts";
import { problems } from "../schemas/problems.ts";
import {
  checkKey,
  flag,
  json,
  key,
  keyPolicy,
  keys,
  MAX_REQUEST_KEYS,
  name,
  namePath,
  options,
  priority,
  record,
  selection,
  shortText,
  tags,
  text,
  texts,
} from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import { actorOf, type App } from "../typed-app.ts";

/** 100,000 keys of usual length. */
const MAX_MATERIALIZE_BODY_BYTES = 16 * 1024 * 1024;
const MAX_TRIGGER_BODY_BYTES = 256 * 1024;
const MAX_ASSETS = 10_000;
const MAX_DIMENSIONS = 32;

const partitions = {
  anyOf: [
    keys,
    { type: "string", enum: ["all", "missing", "failed", "stale"] },
    record({ from: key, to: key }),
    {
      type: "object",
      minProperties: 1,
      maxProperties: MAX_DIMENSIONS,
      propertyNames: name,
      additionalProperties: { anyOf: [key, { type: "array", items: key, minItems: 1, maxItems: MAX_REQUEST_KEYS }] },
    },
  ],
  description:
    'keys; "all", "missing", "failed" or "stale"; { from, to } in key order; or { source: …, tenant: … }, each one key or several',
} as const;

const checks = {
  anyOf: [
    { type: "string", enum: ["all", "none", "only"] },
    { type: "array", items: checkKey, maxItems: MAX_ASSETS },
  ],
  description:
    "of the checks of what is selected: all (default), none, or only them and not the assets; or the keys of checks, " +
    "with which no asset need be selected",
} as const;

export function materializeRoutes(app: App, { engine }: ProjectScope): void {
  const { commands } = engine;

  app.post(
    "/materialize",
    {
      config: { role: "operator", audit: "materialize" },
      bodyLimit: MAX_MATERIALIZE_BODY_BYTES,
      schema: {
        tags: ["runs"],
        summary: "Make assets: one run, or a backfill where it takes more; with preview, only say what would run",
        body: options({
          assets: { type: "array", items: name, minItems: 1, maxItems: MAX_ASSETS },
          selection,
          job: name,
          checks,
          partitions,
          tags,
          priority,
          runKey: shortText,
          keyPolicy,
          config: json,
          preview: flag,
        }),
        response: {
          200: { ...json, description: "the preview; or what an earlier request with this runKey made" },
          202: { ...options({ runs: texts, backfill: text }), description: "`runs` for one run, `backfill` for more" },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { preview: onlyPreview, ...wanted } = request.body;
      const asked = wanted as MaterializeRequest;
      if (onlyPreview === true) return await commands.preview(asked);
      const { runs, backfill, created } = await commands.materialize(asked, actorOf(request));
      reply.code(created ? 202 : 200);
      return backfill === null ? { runs } : { backfill };
    },
  );

  app.post(
    "/jobs/:name/runs",
    {
      config: { role: "operator", audit: "trigger job" },
      bodyLimit: MAX_TRIGGER_BODY_BYTES,
      schema: {
        tags: ["jobs"],
        summary: "Run a job once; with a runKey that allows no other, answers the run of then",
        params: namePath,
        body: options({
          partition: {
            anyOf: [
              key,
              { type: "object", minProperties: 1, maxProperties: MAX_DIMENSIONS, additionalProperties: key },
            ],
          },
          tags,
          runKey: shortText,
          keyPolicy,
          config: json,
          priority,
        }),
        response: { 200: record({ run: text }), 201: record({ run: text }), ...problems },
      },
    },
    async (request, reply) => {
      const { run, created } = await commands.triggerJob(request.params.name, {
        ...(request.body as TriggerRequest),
        actor: actorOf(request),
      });
      reply.code(created ? 201 : 200);
      return { run };
    },
  );
}
