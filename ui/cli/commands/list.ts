import type {
  AssetView,
  CheckWord,
  JobView,
  PartitionSetView,
  ScheduleView,
  SensorView,
} from "../../../engine/operate.ts";
import { type Command, type CommandContext, UsageError } from "../command.ts";
import { tableLines } from "../table.ts";
import { printable, type Style } from "../terminal.ts";

const listings = { assets, checks, jobs, sensors, schedules, partitions } as const;

export const listCommand: Command = {
  name: "list",
  usage: `[${Object.keys(listings).join(" | ")}]`,
  summary: "Show the assets with their state, or checks, jobs, sensors, schedules, partition sets.",
  options: {
    selection: { type: "string", value: "text", summary: 'of assets: keys, "group:load", "+x", "x+", and, or, not' },
  },
  async run(context) {
    const [what = "assets", ...rest] = context.given.positionals;
    const listing = Object.entries(listings).find(([name]) => name === what)?.[1];
    if (listing === undefined || rest.length > 0) throw new UsageError(`cannot list ${[what, ...rest].join(" ")}`);
    await listing(context);
    return 0;
  },
};

interface List<T> {
  readonly items: readonly T[];
}

interface ShowParams<T> {
  readonly path: string;
  readonly heads: readonly string[];
  readonly row: (item: T) => readonly string[];
}

async function show<T>(context: CommandContext, { path, heads, row }: ShowParams<T>): Promise<void> {
  const { terminal } = context;
  const api = await context.api("reading");
  const list = await api.get<List<T>>(path);
  if (terminal.isJson) {
    terminal.json(list);
    return;
  }
  const rows = list.items.map((item) => row(item));
  const [head = "", ...lines] = tableLines([heads, ...rows], terminal.columns);
  terminal.line(terminal.style("dim", head));
  for (const line of lines) terminal.line(line);
}

const wordStyles: Readonly<Record<AssetView["status"], Style>> = {
  running: "cyan",
  failed: "red",
  materialized: "green",
  missing: "yellow",
  retired: "dim",
};

async function assets(context: CommandContext): Promise<void> {
  const selection = context.given.text("selection");
  await show<AssetView>(context, {
    path: `/assets${selection === undefined ? "" : `?selection=${encodeURIComponent(selection)}`}`,
    heads: ["asset", "state", "partitions", "checks", "newest", "why"],
    row: (asset) => [
      asset.key,
      context.terminal.style(wordStyles[asset.status], asset.status),
      asset.partitions === null ? "" : countsOf(asset.partitions),
      asset.checks.map((check) => `${check.name} ${check.status}`).join(", "),
      asset.latest === null ? "" : asset.latest.at.slice(0, 19).replace("T", " "),
      asset.error === null || asset.status !== "failed" ? "" : printable(asset.error.message),
    ],
  });
}

const checkStyles: Readonly<Record<CheckWord, Style>> = {
  passed: "green",
  warned: "yellow",
  failed: "red",
  errored: "red",
  outdated: "dim",
  unevaluated: "dim",
};

const checkWords: Readonly<Record<CheckWord, string>> = {
  passed: "passed",
  warned: "warned",
  failed: "failed",
  errored: "errored",
  outdated: "not evaluated since",
  unevaluated: "never evaluated",
};

async function checks(context: CommandContext): Promise<void> {
  const selection = context.given.text("selection");
  const { terminal } = context;
  const api = await context.api("reading");
  const path = `/assets${selection === undefined ? "" : `?selection=${encodeURIComponent(selection)}`}`;
  const items = (await api.get<List<AssetView>>(path)).items.flatMap((asset) => asset.checks);
  if (terminal.isJson) {
    terminal.json({ items, nextCursor: null });
    return;
  }
  const rows = items.map((check) => [
    check.key,
    terminal.style(checkStyles[check.status], checkWords[check.status]),
    check.partitions === null ? "" : `${check.partitions.passed}/${check.partitions.total}`,
    check.blocking ? "blocking" : "",
    check.latest === null ? "" : check.latest.at.slice(0, 19).replace("T", " "),
    printable(check.latest?.error?.message ?? check.latest?.description ?? ""),
  ]);
  const heads = ["check", "state", "passed", "", "newest", "why"];
  const [head = "", ...lines] = tableLines([heads, ...rows], terminal.columns);
  terminal.line(terminal.style("dim", head));
  for (const line of lines) terminal.line(line);
}

function countsOf(counts: NonNullable<AssetView["partitions"]>): string {
  const others = (["running", "failed", "missing", "stale"] as const).flatMap((word) =>
    counts[word] === 0 ? [] : [`${counts[word]} ${word}`],
  );
  return [`${counts.materialized}/${counts.total}`, ...others].join(", ");
}

async function jobs(context: CommandContext): Promise<void> {
  await show<JobView>(context, {
    path: "/jobs",
    heads: ["job", "partitions", "assets"],
    row: (job) => [job.name, job.partitionSet ?? "", job.assets.join(", ")],
  });
}

async function sensors(context: CommandContext): Promise<void> {
  await show<SensorView>(context, {
    path: "/sensors",
    heads: ["sensor", "", "last tick", "why"],
    row: (sensor) => [sensor.name, onOff(sensor.enabled), sensor.lastTick?.status ?? "", whyOf(sensor)],
  });
}

async function schedules(context: CommandContext): Promise<void> {
  await show<ScheduleView>(context, {
    path: "/schedules",
    heads: ["schedule", "", "when", "next", "why"],
    row: (schedule) => [
      schedule.name,
      onOff(schedule.enabled),
      `${schedule.cron} ${schedule.timeZone}`,
      schedule.nextAt?.slice(0, 16).replace("T", " ") ?? "",
      whyOf(schedule),
    ],
  });
}

async function partitions(context: CommandContext): Promise<void> {
  await show<PartitionSetView>(context, {
    path: "/partitions",
    heads: ["set", "kind", "active", "retired", "held"],
    row: (set) => [set.name, set.kind, String(set.active), String(set.retired), set.held?.reason ?? ""],
  });
}

function onOff(enabled: boolean): string {
  return enabled ? "on" : "off";
}

function whyOf({ lastTick }: Pick<SensorView, "lastTick">): string {
  return printable(lastTick?.error?.message ?? lastTick?.reason ?? "");
}
