import { count, instant, nullable, number, record, text } from "../schemas/values.ts";
import type { ProjectScope } from "../server-options.ts";
import type { App } from "../typed-app.ts";

const health = record({
  status: { type: "string", enum: ["ok", "suspended", "stopping", "failed"] },
  project: text,
  version: text,
  startedAt: instant,
  lagMs: { ...number, description: "99th percentile of how late the event loop was, over the last 10 to 20 s" },
  queuedRuns: count,
  runningRuns: count,
  runningSteps: count,
  newestSeq: count,
  commits: count,
  error: nullable(record({ code: text })),
});

export function healthRoutes(app: App, { engine, shared }: ProjectScope): void {
  app.get(
    "/health",
    {
      config: { role: "open" },
      schema: {
        tags: ["system"],
        summary: "Whether it is alive; needs no login, so it names nothing",
        response: { 200: health, 503: health },
      },
    },
    (_request, reply) => {
      const { error, ...facts } = engine.health();
      return reply.code(facts.status === "ok" ? 200 : 503).send({
        project: engine.project,
        version: shared.system.version,
        ...facts,
        lagMs: shared.lag.p99Ms(),
        error: error === null ? null : { code: error.code },
      });
    },
  );
}
