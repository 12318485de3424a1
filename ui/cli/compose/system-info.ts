import type { Clock } from "../../../engine/operate.ts";
import type { LocationView, ProblemView, ServiceView, SystemInfo } from "../../server/server-options.ts";
import type { Deployment } from "./deployment.ts";
import type { OpenedProject } from "./project.ts";

export interface SystemInfoParams {
  readonly version: string;
  readonly clock: Clock;
  readonly deployment: Deployment;
  readonly projects: readonly OpenedProject[];
}

/** What `/api/system` shows, and `sheaf check` prints. */
export function systemInfo({ version, clock, deployment, projects }: SystemInfoParams): SystemInfo {
  const find = (name: string): OpenedProject | undefined => projects.find(({ plan }) => plan.name === name);
  return {
    version,
    startedAt: new Date(clock.now()).toISOString(),
    projects: projects.map(({ plan }) => plan.name),
    settings: (name) => find(name)?.plan.effective ?? [],
    locations: (name) => find(name)?.locations.map(locationView) ?? [],
    problems: (name) => [...deployment.problems, ...(find(name)?.plan.problems ?? [])],
    services: async (name, signal) => {
      const project = find(name);
      return project === undefined ? [] : await askServices(project.stores, { clock, signal });
    },
  };
}

export function locationView({ name, status, definitions, error }: OpenedProject["locations"][number]): LocationView {
  if (error === null) return { name, status, definitions, error };
  const { code, message, file, line } = error;
  return {
    name,
    status,
    definitions,
    error: { code, message, ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) },
  };
}

export function locationProblems(locations: readonly OpenedProject["locations"][number][]): readonly ProblemView[] {
  return locations.flatMap(({ name, error }) => {
    if (error === null) return [];
    const where = error.file === undefined ? `location ${name}` : `${error.file}:${error.line ?? 1}`;
    return [{ severity: "error" as const, where, message: error.message }];
  });
}

interface Pinged {
  readonly description: string;
  ping(signal?: AbortSignal): Promise<void>;
}

interface AskParams {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export async function askServices(stores: OpenedProject["stores"], params: AskParams): Promise<readonly ServiceView[]> {
  const asked: [string, Pinged][] = [
    ["object store", stores.objects],
    ["triplestore", stores.triples],
  ];
  if (stores.summaryTriples !== null) asked.push(["summary triplestore", stores.summaryTriples]);
  if (stores.docker !== null) asked.push(["docker", stores.docker]);
  return await Promise.all(asked.map(async ([name, service]) => await ask(name, { ...params, service })));
}

async function ask(name: string, { service, clock, signal }: AskParams & { service: Pinged }): Promise<ServiceView> {
  const { description } = service;
  const startedAtMs = clock.monotonic();
  const answeredInMs = (): number => Math.round(clock.monotonic() - startedAtMs);
  try {
    await service.ping(signal);
    return { name, description, ok: true, error: null, answeredInMs: answeredInMs() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { name, description, ok: false, error: message, answeredInMs: answeredInMs() };
  }
}
