import { problems } from "../schemas/problems.ts";
import { text } from "../schemas/values.ts";
import type { SharedScope } from "../server-options.ts";
import type { App } from "../typed-app.ts";

/** https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format */
const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function metricsRoute(app: App, shared: SharedScope): void {
  app.get(
    "/metrics",
    {
      config: { role: "viewer" },
      schema: { tags: ["system"], summary: "Metrics in Prometheus' text format", response: { 200: text, ...problems } },
    },
    (_request, reply) => reply.type(CONTENT_TYPE).send(metricsOf(shared).map(exposed).join("")),
  );
}

function metricsOf(shared: SharedScope): readonly Metric[] {
  const memory = process.memoryUsage();
  const of = (value: number): readonly Sample[] => [{ labels: {}, value }];
  const each = (read: (engine: SharedScope["engines"][number]) => number): readonly Sample[] =>
    shared.engines.map((engine) => ({ labels: { project: engine.project }, value: read(engine) }));
  const startedAtS = Date.parse(shared.system.startedAt) / 1000;
  const version = [{ labels: { version: shared.system.version, node: process.version }, value: 1 }];
  const clients = [...shared.hubs].map(([project, hub]) => ({ labels: { project }, value: hub.clients() }));
  return [
    { name: "sheaf_info", type: "gauge", help: "The version that runs.", samples: version },
    {
      name: "sheaf_up",
      type: "gauge",
      help: "1 while the engine takes work.",
      samples: [
        ...each((engine) => (engine.health().status === "ok" ? 1 : 0)),
        ...shared.unopened.map(({ project }) => ({ labels: { project }, value: 0 })),
      ],
    },
    {
      name: "sheaf_queued_runs",
      type: "gauge",
      help: "Runs that wait.",
      samples: each((engine) => engine.health().queuedRuns),
    },
    {
      name: "sheaf_running_runs",
      type: "gauge",
      help: "Runs that go.",
      samples: each((engine) => engine.health().runningRuns),
    },
    {
      name: "sheaf_running_steps",
      type: "gauge",
      help: "Steps that go.",
      samples: each((engine) => engine.health().runningSteps),
    },
    {
      name: "sheaf_events_total",
      type: "counter",
      help: "Events recorded; the newest sequence number.",
      samples: each((engine) => engine.health().newestSeq),
    },
    {
      name: "sheaf_commits_total",
      type: "counter",
      help: "Transactions committed since the start.",
      samples: each((engine) => engine.health().commits),
    },
    { name: "sheaf_live_clients", type: "gauge", help: "Open websockets.", samples: clients },
    {
      name: "sheaf_event_loop_lag_seconds",
      type: "gauge",
      help: "99th percentile of the event loop's delay.",
      samples: of(shared.lag.p99Ms() / 1000),
    },
    {
      name: "process_start_time_seconds",
      type: "gauge",
      help: "Start of the process, since the epoch.",
      samples: of(startedAtS),
    },
    {
      name: "process_resident_memory_bytes",
      type: "gauge",
      help: "Memory that the process holds.",
      samples: of(memory.rss),
    },
    { name: "process_heap_bytes", type: "gauge", help: "JavaScript heap in use.", samples: of(memory.heapUsed) },
    {
      name: "process_cpu_seconds_total",
      type: "counter",
      help: "Processor time, user and system.",
      samples: of(cpuSeconds()),
    },
  ];
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function exposed({ name, type, help, samples }: Metric): string {
  const lines = samples.map(({ labels, value }) => `${name}${exposedLabels(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function exposedLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) =>
      `${name}="${value
        .replaceAll("\\", "\\\\")
        .replaceAll('"', String.raw`\"`)
        .replaceAll("\n", String.raw`\n`)}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
