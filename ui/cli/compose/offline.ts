import { EngineError, loadLocations, openRecord } from "../../../engine/operate.ts";
import { localApplication } from "../../server/local-application.ts";
import { type Api, apiPrefix, readAnswer } from "../api.ts";
import type { RunParams } from "./running.ts";
import { systemInfo } from "./system-info.ts";

/** The API over the records of engines that do not run: what reads works, all else says how to start one. */
export async function offlineApi(
  params: Omit<RunParams, "onEngine"> & { readonly project: string | undefined },
): Promise<Api> {
  const { deployment, project, clock, scheduler } = params;
  const plan = deployment.projects.find(({ name }) => project === undefined || name === project);
  if (plan === undefined) throw new EngineError("not_found", `there is no project "${project}"`);
  const { catalog } = await loadLocations(plan.locations, plan.environment);
  const record = await openRecord({ project: plan.name, dataDir: plan.dataDir, catalog, clock, scheduler });
  const application = await localApplication({
    ...params,
    engines: [record.engine],
    system: systemInfo({ ...params, projects: [] }),
  });
  const call = async (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<unknown> => {
    const answer = await application.call({ method, path: `${apiPrefix(undefined)}${path}`, body });
    return readAnswer(answer.status, answer.text);
  };
  return {
    where: `the record in ${plan.dataDir} (no engine runs)`,
    get: async <T>(path: string) => (await call("GET", path)) as T,
    send: async <T>(method: "POST" | "PUT" | "DELETE", { path, body }: { path: string; body?: unknown }) =>
      (await call(method, path, body)) as T,
    download: async () => {
      throw new EngineError("conflict", "no engine runs");
    },
    async close() {
      await application.close();
      await record.close();
    },
  };
}
