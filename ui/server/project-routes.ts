import { openApiRoute } from "./openapi.ts";
import { accessRoutes } from "./routes/access.ts";
import { assetRoutes } from "./routes/assets.ts";
import { automationRoutes } from "./routes/automation.ts";
import { backfillRoutes } from "./routes/backfills.ts";
import { bulkRunRoutes } from "./routes/bulk-runs.ts";
import { healthRoutes } from "./routes/health.ts";
import { hookRoutes } from "./routes/hooks.ts";
import { limitRoutes } from "./routes/limits.ts";
import { materializeRoutes } from "./routes/materialize.ts";
import { partitionRoutes } from "./routes/partitions.ts";
import { runRoutes } from "./routes/runs.ts";
import { sessionRoutes } from "./routes/session.ts";
import { sparqlRoutes } from "./routes/sparql.ts";
import { recordRoutes, systemRoutes } from "./routes/system.ts";
import type { ProjectScope } from "./server-options.ts";
import type { App } from "./typed-app.ts";

/** Everything that one project answers, below `prefix`: `/api/…` and `/sparql/…`. */
export async function projectRoutes(
  app: App,
  { scope, prefix }: { scope: ProjectScope; prefix: string },
): Promise<void> {
  const api = async (child: App): Promise<void> => {
    for (const routes of families) routes(child, scope);
    openApiRoute(child);
  };
  await app.register(async (child) => await api(child as App), { prefix: `${prefix}/api` });
  const triples = scope.shared.sparql.get(scope.engine.project);
  if (triples === undefined) return;
  await app.register(async (child) => sparqlRoutes(child as App, { ...scope, triples }), { prefix });
}

const families: readonly ((app: App, scope: ProjectScope) => void)[] = [
  healthRoutes,
  sessionRoutes,
  assetRoutes,
  materializeRoutes,
  runRoutes,
  bulkRunRoutes,
  limitRoutes,
  backfillRoutes,
  partitionRoutes,
  automationRoutes,
  hookRoutes,
  systemRoutes,
  recordRoutes,
  accessRoutes,
];
