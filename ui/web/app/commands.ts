import type { AssetView, JobView, RunView } from "../../../engine/operate.ts";
import type { IconName } from "../design/icons.tsx";
import { shortId } from "../design/format.ts";
import type { AutomationState } from "../live/models.ts";
import type { Search } from "./navigation.ts";
import type { Route } from "./routes.ts";
import { runName } from "../design/names.ts";

/** Somewhere to go, or something to do there. */
export interface Command {
  readonly id: string;
  readonly label: string;
  readonly kind: string;
  readonly icon: IconName;
  readonly route: Route;
  readonly search?: Search;
}

export const MAX_FOUND = 40;

const places: readonly Command[] = [
  { id: "overview", label: "Overview", kind: "page", icon: "overview", route: { page: "overview" } },
  { id: "assets", label: "Assets", kind: "page", icon: "assets", route: { page: "assets" } },
  {
    id: "graph",
    label: "Lineage graph",
    kind: "page",
    icon: "assets",
    route: { page: "assets" },
    search: { view: "graph" },
  },
  { id: "runs", label: "Runs", kind: "page", icon: "runs", route: { page: "runs" } },
  {
    id: "failed",
    label: "Failed runs",
    kind: "page",
    icon: "runs",
    route: { page: "runs" },
    search: { status: "failed" },
  },
  {
    id: "timeline",
    label: "Timeline of runs",
    kind: "page",
    icon: "runs",
    route: { page: "runs" },
    search: { view: "timeline" },
  },
  { id: "backfills", label: "Backfills", kind: "page", icon: "backfills", route: { page: "backfills" } },
  { id: "partitions", label: "Partitions", kind: "page", icon: "partitions", route: { page: "partitions" } },
  {
    id: "automation",
    label: "Automation: sensors and schedules",
    kind: "page",
    icon: "automation",
    route: { page: "automation" },
  },
  { id: "health", label: "Health and settings", kind: "page", icon: "health", route: { page: "health" } },
];

export interface Known {
  readonly assets: readonly AssetView[];
  readonly jobs: readonly JobView[];
  readonly automation: AutomationState | null;
  readonly runs: readonly RunView[];
}

/** Everything that can be gone to: pages, assets and making them, jobs to run, sensors and schedules, the newest runs. */
export function commandsOf({ assets, jobs, automation, runs }: Known): readonly Command[] {
  const names = automation === null ? [] : [...automation.sensors.values(), ...automation.schedules.values()];
  return [
    ...places,
    ...assets.map(({ key }): Command => ({
      id: `asset ${key}`,
      label: key,
      kind: "asset",
      icon: "assets",
      route: { page: "asset", key },
    })),
    ...assets.map(({ key }): Command => ({
      id: `materialize ${key}`,
      label: `Materialize ${key}`,
      kind: "action",
      icon: "play",
      route: { page: "asset", key },
      search: { materialize: "open" },
    })),
    ...jobs.map(({ name }): Command => ({
      id: `job ${name}`,
      label: `Run ${name}`,
      kind: "action",
      icon: "play",
      route: { page: "runs" },
      search: { job: name, materialize: "open" },
    })),
    ...names.map(({ name }): Command => ({
      id: `automation ${name}`,
      label: name,
      kind: automation?.sensors.has(name) === true ? "sensor" : "schedule",
      icon: "automation",
      route: { page: "automationItem", name },
    })),
    ...runs.slice(0, 200).map((run): Command => ({
      id: `run ${run.id}`,
      label: `${runName(run)}${run.partition === null ? "" : ` · ${run.partition}`} · ${shortId(run.id)}`,
      kind: `run, ${run.status}`,
      icon: "runs",
      route: { page: "run", id: run.id },
    })),
  ];
}

/**
 * Those whose label holds every word that was typed, in any order; labels that begin with the first word go first. A
 * text that is a whole id is a run, known or not; a text that names no asset may be a partition's key.
 */
export function findCommands(all: readonly Command[], text: string): readonly Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const [first] = words;
  if (first === undefined) return all.slice(0, MAX_FOUND);
  const rank = (label: string): number => (label.startsWith(first) ? 0 : label.includes(`/${first}`) ? 1 : 2);
  const found = all
    .map((command) => ({ command, label: command.label.toLowerCase() }))
    .filter(({ label }) => words.every((word) => label.includes(word)))
    .sort((a, b) => rank(a.label) - rank(b.label))
    .map(({ command }) => command)
    .slice(0, MAX_FOUND);
  return [...found, ...guesses(text.trim(), found)];
}

function guesses(text: string, found: readonly Command[]): readonly Command[] {
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(text) && !found.some(({ id }) => id === `run ${text}`)) {
    return [{ id: `run ${text}`, label: `Run ${text}`, kind: "run", icon: "runs", route: { page: "run", id: text } }];
  }
  if (text.includes(" ") && found.length > 0) return [];
  return [
    {
      id: `partition ${text}`,
      label: `Runs of partition ${text}`,
      kind: "partition",
      icon: "partitions",
      route: { page: "runs" },
      search: { partition: text },
    },
  ];
}
