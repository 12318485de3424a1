import { fullSize } from "./make-record.ts";
import type { ListServer } from "./list-server.ts";

/** One kind of request, in as many spellings as there are cases to tell apart. */
export interface Question {
  readonly name: string;
  /** Paths, or the names of live topics. */
  readonly asked: readonly string[];
  readonly by: "get" | "snapshot";
  /** Whose bare read it is compared with; null: it reads counters and memory. */
  readonly floor: FloorName | null;
}

export type FloorName =
  | "runs"
  | "events"
  | "logs"
  | "partitions"
  | "keys"
  | "materializations"
  | "ticks"
  | "backfills"
  | "audit"
  | "steps";

type Item = Readonly<Record<string, unknown>>;

interface ListAnswer {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

const WALK_ITEMS = 500;
const STATUSES = ["queued", "running", "succeeded", "failed", "canceled"];
const WORDS = ["materialized", "missing", "failed", "running", "retired"];

/** Every list and page query of the API, over the record that `make-record.ts` made. */
export async function allQuestions(server: ListServer): Promise<readonly Question[]> {
  return [
    ...(await runQuestions(server)),
    ...(await runPageQuestions(server)),
    ...(await partitionQuestions(server)),
    ...(await historyQuestions(server)),
    ...counterQuestions(),
    ...topicQuestions(),
  ];
}

async function runQuestions(server: ListServer): Promise<readonly Question[]> {
  const { items } = await list(server, "/api/runs?limit=500&job=load&status=succeeded");
  const tags = items.map((run) => run["tags"] as Readonly<Record<string, string>>);
  const [tag = {}] = tags;
  const backfill = String(items.find((run) => run["backfillId"] !== null)?.["backfillId"]);
  const partition = String(items[0]?.["partition"]);
  const runs = (name: string, filters: readonly string[]): Question => ({
    name: `runs ${name}`,
    asked: filters.map((filter) => `/api/runs?${filter}`),
    by: "get",
    floor: "runs",
  });
  const each = (values: readonly string[]): readonly string[] => values.map(encodeURIComponent);
  const days = [3, 60, 119].map((day) => encodeURIComponent(new Date(Date.UTC(2026, 0, day)).toISOString()));
  return [
    runs("first page", ["limit=50", ""]),
    runs("500", ["limit=500"]),
    runs(
      "deep page",
      (await cursors(server, "/api/runs", fullSize.runs)).map((cursor) => `limit=50&cursor=${cursor}`),
    ),
    ...STATUSES.map((status) => runs(`status=${status}`, [`status=${status}`])),
    runs("status of several", ["status=failed,canceled", "status=queued,running", `status=${STATUSES.join(",")}`]),
    runs("status deep page", await deepFilter(server, "status=failed")),
    runs("job", ["job=load", "job=harvest", "job=report", "job=hold", "job=nothing"]),
    runs("job deep page", await deepFilter(server, "job=report")),
    runs(
      "asset",
      each(["load/upload", "ingest/sitemap", "ops/hold"]).map((asset) => `asset=${asset}`),
    ),
    runs(
      "partition",
      each([partition, String(tag["source"]), "eco"]).map((key) => `partition=${key}`),
    ),
    runs(
      "tag of few",
      tags.slice(0, 20).map((one) => `tag=${encodeURIComponent(`source=${one["source"]}`)}`),
    ),
    runs(
      "tag of many",
      each(["ingest=graph", "ingest=docker", "tenant=eco"]).map((text) => `tag=${text}`),
    ),
    runs("tag deep page", await deepFilter(server, `tag=${encodeURIComponent("ingest=graph")}`)),
    runs("backfill", [`backfill=${backfill}`, `backfill=${backfill}&status=failed`]),
    runs("created between", [
      `createdAfter=${days[1]}`,
      `createdBefore=${days[0]}`,
      `createdAfter=${days[0]}&createdBefore=${days[1]}`,
    ]),
    runs("job and status", [
      "job=load&status=failed",
      "job=hold&status=failed",
      "job=report&status=canceled",
      "job=load&status=queued",
      "job=load&status=running",
    ]),
    runs(
      "tag and status",
      each(["ingest=graph", "tenant=eco", "tenant=tenant-40"]).map((text) => `tag=${text}&status=failed`),
    ),
    runs("tag that excludes the job", [
      `tag=${encodeURIComponent("ingest=graph")}&job=harvest`,
      `tag=${encodeURIComponent("ingest=docker")}&job=load`,
    ]),
    runs("asset, tag and status", [
      `asset=${encodeURIComponent("load/upload")}&tag=${encodeURIComponent("ingest=graph")}&status=failed`,
    ]),
    runs("job, status and time", [
      `job=load&status=failed&createdBefore=${days[0]}`,
      `job=harvest&status=canceled&createdAfter=${days[2]}`,
    ]),
    runs("partition and job", [
      `partition=${encodeURIComponent(partition)}&job=load`,
      "partition=eco&job=report&status=succeeded",
    ]),
    runs("all filters", [
      `status=succeeded&job=load&asset=${encodeURIComponent("load/upload")}&partition=${encodeURIComponent(partition)}&tag=${encodeURIComponent("ingest=graph")}&createdAfter=${days[0]}`,
    ]),
  ];
}

async function runPageQuestions(server: ListServer): Promise<readonly Question[]> {
  const { items } = await list(server, "/api/runs?limit=100&status=succeeded");
  const ids = items.map((run) => String(run["id"]));
  const largest = String((await list(server, "/api/runs?limit=1&status=failed")).items[0]?.["id"]);
  const of = (name: string, floor: FloorName, paths: readonly string[]): Question => ({
    name,
    floor,
    asked: paths.map((path) => `/api/runs/${path}`),
    by: "get",
  });
  const deepLogs = await cursors(server, `/api/runs/${largest}/logs`, 20_000);
  const seqs = (await list(server, `/api/runs/${largest}/events?limit=500`)).items.map((event) => String(event["seq"]));
  const middle = Number(seqs[0] ?? 0) + 10_000;
  return [
    of("run", "steps", ids),
    of("run of 10,000 steps", "steps", [largest]),
    of(
      "steps of 10,000",
      "steps",
      ["", "?limit=500", "?limit=500&cursor=5000", "?cursor=9900"].map((query) => `${largest}/steps${query}`),
    ),
    of(
      "events",
      "events",
      ids.map((id) => `${id}/events`),
    ),
    of("events of 20,000", "events", [
      `${largest}/events`,
      `${largest}/events?limit=500`,
      `${largest}/events?after=${middle}`,
    ]),
    of(
      "logs",
      "logs",
      ids.map((id) => `${id}/logs`),
    ),
    of(
      "logs of a step",
      "logs",
      ids.map((id) => `${id}/logs?step=0`),
    ),
    of("logs of 100,000 lines", "logs", [
      `${largest}/logs`,
      `${largest}/logs?limit=500`,
      ...deepLogs.map((cursor) => `${largest}/logs?cursor=${cursor}`),
    ]),
    of(
      "logs of one of 10,000 steps",
      "logs",
      [0, 5000, 9999].map((step) => `${largest}/logs?step=${step}`),
    ),
  ];
}

async function partitionQuestions(server: ListServer): Promise<readonly Question[]> {
  const key = encodeURIComponent("load/upload");
  const path = `/api/assets/${key}/partitions`;
  const of = (name: string, paths: readonly string[], floor: FloorName = "partitions"): Question => ({
    name,
    floor,
    asked: paths,
    by: "get",
  });
  const words = await Promise.all(
    WORDS.map(async (word) => {
      const deep = await cursors(server, `${path}?status=${word}`, 20_000);
      return [
        of(`partitions ${word}`, [`${path}?status=${word}`, `${path}?status=${word}&limit=500`]),
        ...(deep.length === 0
          ? []
          : [
              of(
                `partitions ${word}, deep page`,
                deep.map((cursor) => `${path}?status=${word}&cursor=${cursor}`),
              ),
            ]),
      ];
    }),
  );
  const prefixes = ["facility1", "facility12-", "facility", "f", "zzz", "facility89-1"];
  const materialized = (await list(server, `${path}?status=materialized&limit=100`)).items.map((item) =>
    String(item["key"]),
  );
  const set = "/api/partitions/tenant_sources";
  const matrix = `/api/assets/${key}/matrix`;
  return [
    of("partitions", [path, `${path}?limit=500`]),
    of(
      "partitions, deep page",
      (await cursors(server, path, fullSize.pairs)).map((cursor) => `${path}?cursor=${cursor}`),
    ),
    ...words.flat(),
    of(
      "partitions by prefix",
      prefixes.map((prefix) => `${path}?prefix=${prefix}`),
    ),
    ...WORDS.map((word) =>
      of(
        `partitions ${word} by prefix`,
        prefixes.map((prefix) => `${path}?status=${word}&prefix=${prefix}`),
      ),
    ),
    of(
      "one partition",
      materialized.map((one) => `${path}?partition=${encodeURIComponent(one)}`),
    ),
    of("matrix", [matrix, `${matrix}?rows=tenant&columns=source`]),
    of("matrix, deep page", [await secondPage(server, matrix)]),
    of("failures", ["/api/failures", "/api/failures?limit=500"]),
    of("keys of a set", [set, `${set}?limit=500`, `${set}?state=retired`, `${set}?state=active&limit=500`], "keys"),
    of(
      "keys by prefix",
      prefixes.map((prefix) => `${set}?prefix=${prefix}`),
      "keys",
    ),
    of(
      "keys, deep page",
      (await cursors(server, set, fullSize.pairs)).map((cursor) => `${set}?cursor=${cursor}`),
      "keys",
    ),
  ];
}

async function historyQuestions(server: ListServer): Promise<readonly Question[]> {
  const upload = `/api/assets/${encodeURIComponent("load/upload")}`;
  const keys = (await list(server, `${upload}/partitions?status=materialized&limit=100`)).items.map((item) =>
    String(item["key"]),
  );
  const of = (name: string, floor: FloorName, asked: readonly string[]): Question => ({
    name,
    floor,
    asked,
    by: "get",
  });
  const deep = async (path: string, items: number): Promise<readonly string[]> =>
    (await cursors(server, path, items)).map((cursor) => `${path}?cursor=${cursor}`);
  const backfills = (await list(server, "/api/backfills?limit=100")).items.map((item) => String(item["id"]));
  return [
    of("materializations", "materializations", [`${upload}/materializations`, `${upload}/materializations?limit=500`]),
    of("materializations, deep page", "materializations", await deep(`${upload}/materializations`, 60_000)),
    of(
      "materializations of a partition",
      "materializations",
      keys.map((key) => `${upload}/materializations?partition=${encodeURIComponent(key)}`),
    ),
    of("backfills", "backfills", [
      "/api/backfills",
      "/api/backfills?limit=500",
      "/api/backfills?status=failed",
      "/api/backfills?status=running",
    ]),
    of("backfills, deep page", "backfills", await deep("/api/backfills", fullSize.backfills)),
    of(
      "backfill",
      "backfills",
      backfills.map((id) => `/api/backfills/${id}`),
    ),
    of("ticks", "ticks", [
      "/api/sensors/config_changes/ticks",
      "/api/sensors/config_changes/ticks?limit=500",
      "/api/schedules/weekly_harvest/ticks",
    ]),
    of("ticks, deep page", "ticks", await deep("/api/sensors/config_changes/ticks", 30_000)),
    of("audit", "audit", ["/api/audit", "/api/audit?limit=500"]),
    of("audit, deep page", "audit", await deep("/api/audit", fullSize.auditEntries)),
  ];
}

function counterQuestions(): readonly Question[] {
  const paths = ["assets", "graph", "jobs", "sensors", "schedules", "limits", "pools", "tokens", "me", "health"];
  const days = Array.from({ length: 30 }, (_, day) => `at=${new Date(Date.UTC(2026, 3, 1 + day)).toISOString()}`);
  return [
    ...paths.map((path): Question => ({ name: path, asked: [`/api/${path}`], by: "get", floor: null })),
    {
      name: "one asset",
      asked: ["load/upload", "report/tenant"].map((key) => `/api/assets/${encodeURIComponent(key)}`),
      by: "get",
      floor: null,
    },
    {
      name: "assets of a selection",
      asked: [`/api/assets?selection=${encodeURIComponent("ingest/release+")}`],
      by: "get",
      floor: null,
    },
    { name: "partition sets", asked: ["/api/partitions"], by: "get", floor: null },
    { name: "run counts by day", asked: [`/api/run-counts?${days.join("&")}`], by: "get", floor: "runs" },
    { name: "metrics", asked: ["/metrics"], by: "get", floor: null },
  ];
}

function topicQuestions(): readonly Question[] {
  return ["runs", "assets", "asset:load/upload", "partitions:load/upload", "automation", "backfills", "system"].map(
    (topic): Question => ({ name: `live ${topic}`, asked: [topic], by: "snapshot", floor: null }),
  );
}

async function list(server: ListServer, path: string): Promise<ListAnswer> {
  return JSON.parse((await server.get(path)).text) as ListAnswer;
}

/** Cursors into the middle and the end of a list, found by walking to there. */
async function cursors(server: ListServer, path: string, items: number): Promise<readonly string[]> {
  const found: string[] = [];
  let next: string | null = null;
  const join = path.includes("?") ? "&" : "?";
  for (let at = 0; at < items; at += WALK_ITEMS) {
    const cursor: string = next === null ? "" : `&cursor=${next}`;
    const answer: ListAnswer = await list(server, `${path}${join}limit=${WALK_ITEMS}${cursor}`);
    next = answer.nextCursor;
    if (next === null) break;
    found.push(next);
  }
  return [0.5, 0.75, 0.99].flatMap((share) => found[Math.floor(found.length * share)] ?? []);
}

async function secondPage(server: ListServer, path: string): Promise<string> {
  const { nextCursor } = await list(server, path);
  return nextCursor === null ? path : `${path}?cursor=${nextCursor}`;
}

async function deepFilter(server: ListServer, filter: string): Promise<readonly string[]> {
  return (await cursors(server, `/api/runs?${filter}`, 10_000)).map((cursor) => `${filter}&cursor=${cursor}`);
}
