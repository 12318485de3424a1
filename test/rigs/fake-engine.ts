import { Readable } from "node:stream";
import { defineAsset } from "../../engine/core/assets.ts";
import { defineSchedule, defineSensor } from "../../engine/core/automation.ts";
import { buildCatalog } from "../../engine/core/catalog.ts";
import { EngineError } from "../../engine/core/errors.ts";
import type { EngineEvent, RecordedEvent } from "../../engine/core/events.ts";
import type { JsonObject } from "../../engine/core/json.ts";
import { dynamicPartitions } from "../../engine/core/partitions.ts";
import { defineJob } from "../../engine/core/jobs.ts";
import type { Actor, Engine, EngineHealth, StepProgress } from "../../engine/runtime/operations.ts";
import type { RunView, StepView } from "../../engine/runtime/views.ts";
import type { Role } from "../../engine/store/tables/access.ts";

/** For the server's own mechanics; what an engine does is tested on an engine. */
export interface FakeEngine extends Engine {
  /** Records events, each for a run of that number, and tells the listeners. Returns the newest `seq`. */
  commit(...events: readonly EngineEvent[]): number;
  tellProgress(progress: StepProgress): void;
  tellLog(runId: string): void;
  tellStale(asset: string): void;
  tellHealth(health: Pick<EngineHealth, "status" | "error">): void;
  /** Events up to here are as if pruned. */
  pruneBelow(seq: number): void;
  readonly listeners: ReadonlySet<unknown>;
  readonly tokens: Readonly<Record<Role, string>>;
  readonly audited: readonly AuditedCall[];
  readonly calls: readonly (readonly [string, ...unknown[]])[];
  /** A run's id by the number that events name it by. */
  runId(number: number): string;
}

/** The number of the one run that only checks: `ingest/list`. All others make `ingest/harvest`. */
export const CHECKING_RUN = 99;

interface AuditedCall {
  readonly actor: Actor | null;
  readonly action: string;
  readonly target: string;
  readonly outcome: string;
  readonly details?: JsonObject;
}

const tokens = { admin: "admin-token", operator: "operator-token", viewer: "viewer-token" } as const;

function demoCatalog() {
  const sources = dynamicPartitions("sources");
  const harvest = defineAsset({ key: "ingest/harvest", partitions: sources, run: () => null });
  const list = defineAsset({ key: "ingest/list", pool: "graph", run: () => null });
  const job = defineJob({ name: "harvest_job", assets: [harvest] });
  const sensor = defineSensor({ name: "watch", evaluate: () => ({ reason: "nothing" }) });
  const schedule = defineSchedule({ name: "weekly", cron: "@weekly", evaluate: () => ({ reason: "due" }) });
  return buildCatalog([harvest, list, job, sensor, schedule].map((definition) => ({ definition, location: "test" })));
}

export function fakeEngine({ project = "eco" }: { project?: string } = {}): FakeEngine {
  const events: RecordedEvent[] = [];
  const commitListeners = new Set<(events: readonly RecordedEvent[]) => void>();
  const progressListeners = new Set<(progress: StepProgress) => void>();
  const logListeners = new Set<(runId: string) => void>();
  let health: Pick<EngineHealth, "status" | "error"> = { status: "ok", error: null };
  const healthListeners = new Set<(health: EngineHealth) => void>();
  const staleListeners = new Set<(asset: string) => void>();
  const listeners = new Set<unknown>();
  const audited: AuditedCall[] = [];
  const calls: [string, ...unknown[]][] = [];
  const sessions = new Map<string, Actor>();
  const codes = new Map([["good-code", "admin" as Role]]);
  const catalog = demoCatalog();
  let pruned = 0;

  const subscribe = <L>(set: Set<L>, listener: L): (() => void) => {
    set.add(listener);
    listeners.add(listener);
    return () => {
      set.delete(listener);
      listeners.delete(listener);
    };
  };
  const runNumbers = () => [...new Set(events.flatMap((event) => ("runId" in event ? [event.runId] : [])))];
  const numberOf = (id: string): number => {
    const number = Number(/^run-(\d+)$/.exec(id)?.[1]);
    if (runNumbers().includes(number)) return number;
    throw new EngineError("not_found", `there is no run ${id}`);
  };
  const runView = (number: number): RunView => fakeRun(number, events);
  const steps = (number: number): readonly StepView[] => fakeSteps(number, events);

  const queries = {
    runs: async () => ({ items: runNumbers().reverse().map(runView), nextCursor: null }),
    run: (id: string) => ({ ...runView(numberOf(id)), steps: steps(numberOf(id)), nextStepCursor: null }),
    runsByIds: (ids: readonly number[]) => ids.map(runView),
    steps: (id: string) => ({ items: steps(numberOf(id)), nextCursor: null }),
    stepsByRunId: (number: number, ordinals: Iterable<number>) => {
      const wanted = new Set(ordinals);
      return steps(number).filter((step) => wanted.has(step.step));
    },
    events: async (id: string) => ({
      items: events
        .filter((event) => "runId" in event && event.runId === numberOf(id))
        .map((event) => ({ seq: event.seq, at: "", type: event.type, step: null, message: "", data: null })),
      nextCursor: null,
    }),
    eventsAfter: (seq: number, limit: number) =>
      seq < pruned ? null : events.filter((event) => event.seq > seq).slice(0, limit),
    assets: () => [...catalog.assets.keys()].map((key) => ({ key, partitions: null })),
    asset: (key: string) => ({ key, partitions: { total: 1 } }),
    assetPartitions: async () => ({ items: [], nextCursor: null }),
    assetPartition: (_key: string, partition: string) => ({ key: partition }),
    sensors: () => [{ name: "watch" }],
    schedules: () => [{ name: "weekly" }],
    backfills: async () => ({ items: [], nextCursor: null }),
    backfillsByIds: () => [],
    limits: () => [],
    graph: () => ({ nodes: [], edges: [] }),
    jobs: () => [],
    partitionSets: () => [],
    audit: async () => ({ items: [], nextCursor: null }),
    onStaleChanged: (listener: (asset: string) => void) => subscribe(staleListeners, listener),
    ticks: async () => ({ items: [], nextCursor: null }),
  };

  return {
    project,
    catalog,
    generation: "0198c0de-0000-7000-8000-0123456789ab",
    epoch: 1,
    queries: orNotFound(queries) as unknown as Engine["queries"],
    commands: recorder(calls) as unknown as Engine["commands"],
    access: {
      createToken: async ({ role }) => ({ id: "t1", token: `new-${role}` }),
      acceptToken: async () => {},
      tokens: () => [],
      revokeToken: async (id) => id === "t1",
      actorOfToken: (token) => {
        const role = Object.entries(tokens).find(([, known]) => known === token)?.[0] as Role | undefined;
        return role === undefined ? null : { name: `${role}'s script`, role };
      },
      forgetToken: async () => {},
      createLoginCode: async () => "good-code",
      async openSession(secret) {
        const actor = "token" in secret ? this.actorOfToken(secret.token) : actorOfCode(codes, secret.code);
        if (actor === null) return null;
        const session = `session-${sessions.size + 1}`;
        sessions.set(session, actor);
        return { session, actor, expiresAtMs: Date.UTC(2030, 0, 1) };
      },
      actorOfSession: (session) => sessions.get(session) ?? null,
      closeSession: async (session) => void sessions.delete(session),
      audit: async (entry) => void audited.push(entry),
    },
    start: async () => {},
    drain: async () => {},
    stop: async () => {},
    tellStray: () => false,
    backup: async () => Readable.from(["an archive"]),
    onCommit: (listener) => subscribe(commitListeners, listener),
    onProgress: (listener) => subscribe(progressListeners, listener),
    onLog: (listener) => subscribe(logListeners, listener),
    onHealth: (listener) => subscribe(healthListeners, listener),
    tellHealth(now) {
      health = now;
      for (const listener of healthListeners) listener(this.health());
    },
    health: () => ({
      ...health,
      startedAt: "2026-01-01T00:00:00.000Z",
      queuedRuns: 0,
      runningRuns: 0,
      runningSteps: 0,
      newestSeq: events.length,
      commits: 0,
    }),
    commit(...added) {
      const recorded = added.map((event, index) => ({ ...event, seq: events.length + index + 1, atMs: 0 }));
      events.push(...recorded);
      for (const listener of commitListeners) listener(recorded);
      return events.length;
    },
    tellProgress: (progress) => {
      for (const listener of progressListeners) listener(progress);
    },
    tellLog: (runId) => {
      for (const listener of logListeners) listener(runId);
    },
    tellStale: (asset) => {
      for (const listener of staleListeners) listener(asset);
    },
    pruneBelow: (seq) => void (pruned = seq),
    listeners,
    tokens,
    audited,
    calls,
    runId: (number) => `run-${number}`,
  };
}

function fakeRun(number: number, events: readonly RecordedEvent[]): RunView {
  const types = events.filter((event) => "runId" in event && event.runId === number).map((event) => event.type);
  const status = types.findLast((type) => type.startsWith("run."))?.slice("run.".length) ?? "queued";
  const endedAt = ["succeeded", "failed", "canceled"].includes(status) ? "2026-01-01T00:00:00.000Z" : null;
  const what =
    number === CHECKING_RUN ? { assets: [], checks: ["ingest/list:any"] } : { assets: ["ingest/harvest"], checks: [] };
  return { id: `run-${number}`, status, endedAt, ...what } as unknown as RunView;
}

function fakeSteps(number: number, events: readonly RecordedEvent[]): readonly StepView[] {
  const ordinals = events.flatMap((event) => ("ordinal" in event && event.runId === number ? [event.ordinal] : []));
  return [...new Set(ordinals)].map(
    (step) => ({ step, assets: ["ingest/harvest"], partition: `p${step}` }) as unknown as StepView,
  );
}

function actorOfCode(codes: Map<string, Role>, code: string): Actor | null {
  const role = codes.get(code);
  codes.delete(code);
  return role === undefined ? null : { name: "login link", role };
}

/** Every method that is called is noted; each answers what fits most. */
function recorder(calls: [string, ...unknown[]][]): object {
  return new Proxy(
    {},
    {
      get:
        (_target, name) =>
        (...args: unknown[]) => {
          calls.push([String(name), ...args]);
          return name === "wakeSensor" ? undefined : Promise.resolve({ runs: ["run-1"], run: "run-1", created: true });
        },
    },
  );
}

function orNotFound(known: Readonly<Record<string, unknown>>): object {
  return new Proxy(known, {
    get: (target, name) =>
      target[String(name)] ??
      (() => {
        throw new EngineError("not_found", `no ${String(name)} in the fake engine`);
      }),
  });
}
