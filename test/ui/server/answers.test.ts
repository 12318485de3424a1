import assert from "node:assert/strict";
import test from "node:test";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import {
  defineAsset,
  defineAssetCheck,
  defineJob,
  defineSchedule,
  defineSensor,
  dynamicPartitions,
  materialization,
  productPartitions,
} from "../../../engine/index.ts";
import { MAX_BULK_RUNS } from "../../../ui/server/routes/bulk-runs.ts";
import { type EngineRig, engineRig, operator } from "../../rigs/engine.ts";
import { type Answer, type RequestOptions, type Served, served } from "../../rigs/served.ts";

const sources = dynamicPartitions("sources", { dimension: "source" });
const tenants = dynamicPartitions("tenants", { dimension: "tenant" });
const pairs = productPartitions("pairs", { source: sources, tenant: tenants });

const harvest = defineAsset({
  key: "ingest/harvest",
  partitions: sources,
  pool: "harvest",
  run({ partition, log }) {
    log.info(`harvesting ${partition.key}`, { pages: 3 });
    if (partition.key === "dead") throw new Error("its sitemap answered 500");
    return materialization({ value: { pages: 3 }, metadata: { stored: 3 } });
  },
});
const stored = defineAssetCheck({
  name: "stored/any",
  asset: harvest,
  run: ({ metadata }) => ({ passed: metadata["stored"] === 4, metadata: { expected: 4 } }),
});
const throws = defineAssetCheck({
  name: "throws",
  asset: harvest,
  severity: "warn",
  run: () => {
    throw new Error("the store does not answer");
  },
});
const upload = defineAsset({ key: "ingest/upload", partitions: pairs, deps: { harvest }, run: () => null });
const summary = defineAsset({ key: "summary", run: () => "x".repeat(20_000) });
const harvestJob = defineJob({ name: "harvest_job", assets: [harvest], tags: { ingest: "docker" } });
const watch = defineSensor({ name: "watch", evaluate: () => ({ reason: "nothing is new" }) });
const broken = defineSensor({
  name: "broken",
  evaluate: () => {
    throw new Error("the store does not answer");
  },
});
const weekly = defineSchedule({
  name: "weekly",
  cron: "@weekly",
  evaluate: () => ({ reason: "due", runs: [{ job: harvestJob, partitions: "all", reason: "it is Sunday" }] }),
});

interface Documented {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedRoute>>>>;
}

interface DocumentedRoute {
  readonly responses: Readonly<
    Record<string, { readonly content?: { readonly "application/json"?: { readonly schema?: object } } }>
  >;
}

/** Sends requests and holds every answer against what `/api/openapi.json` says of it. */
class CheckedServer {
  readonly #server: Served;
  readonly #token: string;
  readonly #document: Documented;
  readonly #ajv = addFormats.default(new Ajv({ strict: false, allErrors: true }));
  readonly #compiled = new Map<object, ValidateFunction>();

  constructor(server: Served, { token, document }: { token: string; document: Documented }) {
    this.#server = server;
    this.#token = token;
    this.#document = document;
  }

  async get(path: string): Promise<Answer> {
    return await this.#call(path, { method: "GET" });
  }

  async post(path: string, body: unknown = {}): Promise<Answer> {
    return await this.#call(path, { method: "POST", body });
  }

  async #call(path: string, options: RequestOptions): Promise<Answer> {
    const answer = await this.#server.request(path, { ...options, token: this.#token });
    const route = this.#routeOf(path.split("?", 1)[0] ?? "", options.method ?? "GET");
    const family = `${Math.floor(answer.status / 100)}XX`;
    const schema = (route.responses[answer.status] ?? route.responses[family])?.content?.["application/json"]?.schema;
    assert.ok(schema !== undefined, `${options.method} ${path} answered ${answer.status}, which is not described`);
    const validate = this.#compiled.get(schema) ?? this.#ajv.compile(schema);
    this.#compiled.set(schema, validate);
    assert.ok(validate(answer.body), `${options.method} ${path}: ${this.#ajv.errorsText(validate.errors)}`);
    return answer;
  }

  #routeOf(path: string, method: string): DocumentedRoute {
    for (const [template, methods] of Object.entries(this.#document.paths)) {
      const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`);
      const route = methods[method.toLowerCase()];
      if (pattern.test(path) && route !== undefined) return route;
    }
    throw new Error(`${method} ${path} is not described`);
  }
}

interface Rig extends AsyncDisposable {
  readonly rig: EngineRig;
  readonly server: Served;
  readonly api: CheckedServer;
}

async function started(): Promise<Rig> {
  const rig = await engineRig({
    definitions: [harvest, stored, throws, upload, summary, harvestJob, watch, broken, weekly, sources, tenants, pairs],
    limits: [{ kind: "tag", key: "ingest", value: "docker", maximum: 2 }],
  });
  const { engine } = rig;
  const { token } = await engine.access.createToken({ name: "test", role: "admin", by: "test" });
  const server = await served([engine]);
  const { body } = await server.request("/api/openapi.json", { token });
  return {
    rig,
    server,
    api: new CheckedServer(server, { token, document: body as unknown as Documented }),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rig[Symbol.asyncDispose]();
    },
  };
}

test("every route answers as the document says, on an engine that has run and failed", async () => {
  await using running = await started();
  const { rig, api, server } = running;
  await api.post("/api/partitions/sources", { keys: ["iris", "dead"] });
  await api.post("/api/partitions/tenants", { keys: ["earth"] });
  await api.post("/api/partitions/pairs", { keys: ["iris|earth"] });

  const preview = await api.post("/api/materialize", { selection: "*", partitions: "all", preview: true });
  assert.ok(Number(preview.body["steps"]) > 0);
  const one = await api.post("/api/materialize", { assets: ["summary"], tags: { why: "test" } });
  assert.equal(one.status, 202);
  const [summaryRun = ""] = one.body["runs"] as string[];
  await rig.ended(summaryRun);
  const many = await api.post("/api/materialize", { job: "harvest_job", partitions: "all" });
  const backfill = String(many.body["backfill"]);
  await rig.endedBackfill(backfill);
  const checked = await api.post("/api/materialize", { checks: ["ingest/harvest:stored/any"], partitions: ["iris"] });
  const [checkRun = ""] = checked.body["runs"] as string[];
  assert.equal((await rig.ended(checkRun)).status, "succeeded");
  assert.equal((await api.post("/api/materialize", { checks: ["ingest/harvest:none"] })).status, 404);
  assert.equal((await api.post("/api/materialize", { checks: "some" })).status, 400);
  const triggered = await api.post("/api/jobs/harvest_job/runs", { partition: { source: "dead" }, runKey: "once" });
  assert.equal(triggered.status, 201);
  const failedRun = String(triggered.body["run"]);
  await rig.ended(failedRun);
  const again = await api.post("/api/jobs/harvest_job/runs", { partition: { source: "dead" }, runKey: "once" });
  assert.deepEqual([again.status, again.body["run"]], [200, failedRun]);
  const rerun = await api.post(`/api/runs/${failedRun}/reexecute`, { from: "failure" });
  await rig.ended(String(rerun.body["run"]));
  assert.equal((await api.post(`/api/runs/${failedRun}/cancel`)).status, 409);
  await api.post("/api/runs/bulk", { action: "reexecute", filter: { status: ["failed"] } });
  const broke = await api.post("/api/sensors/broken/evaluate");
  assert.deepEqual([broke.status, broke.body.error.code], [422, "user_code"]);
  assert.match(broke.body.error.message, /the store does not answer/);
  const dry = await api.post("/api/schedules/weekly/evaluate", { at: "2026-03-01T00:00:00.000Z" });
  assert.equal((dry.body["requests"] as unknown[]).length, 1);
  await api.post("/api/sensors/watch/stop");
  await api.post("/api/sensors/watch/start");
  await api.post("/api/partitions/tenants/retire", { keys: ["earth"] });
  assert.deepEqual((await api.post("/api/partitions/tenants/restore", { keys: ["earth"] })).body["restored"], 1);
  await api.post("/api/hooks/watch");
  await api.post("/api/tokens", { name: "script", role: "viewer" });

  for (const path of [
    "/api/health",
    "/api/me",
    "/api/assets",
    "/api/assets?selection=group:ingest",
    "/api/assets/ingest%2Fharvest",
    "/api/assets/ingest%2Fharvest/partitions",
    "/api/assets/ingest%2Fharvest/partitions?status=failed",
    "/api/assets/ingest%2Fharvest/partitions?partition=dead",
    "/api/assets/ingest%2Fharvest/materializations",
    "/api/assets/ingest%2Fharvest/checks",
    "/api/assets/ingest%2Fharvest/checks?partition=iris",
    "/api/assets/ingest%2Fharvest/checks?partition=nothing",
    "/api/assets/ingest%2Fharvest/checks/throws/evaluations",
    "/api/assets/ingest%2Fharvest/checks/stored%2Fany/evaluations?partition=iris&limit=1",
    "/api/assets/ingest%2Fharvest/checks/stored%2Fany/partitions?status=failed",
    "/api/assets/ingest%2Fharvest/checks/stored%2Fany/partitions",
    "/api/assets/ingest%2Fharvest/checks/nothing/evaluations",
    `/api/runs/${checkRun}`,
    "/api/assets/ingest%2Fharvest/matrix",
    "/api/assets/ingest%2Fupload/matrix?rows=tenant",
    "/api/failures?limit=5",
    "/api/run-counts?at=2026-01-01T00:00:00.000Z&at=2026-01-02T00:00:00.000Z",
    "/api/assets/nothing",
    "/api/graph",
    "/api/jobs",
    "/api/runs",
    "/api/runs?status=failed&job=harvest_job&limit=1",
    `/api/runs/${failedRun}`,
    `/api/runs/${failedRun}/events`,
    `/api/runs/${failedRun}/logs`,
    "/api/runs/nothing",
    "/api/limits",
    "/api/pools",
    "/api/backfills",
    `/api/backfills/${backfill}`,
    "/api/partitions",
    "/api/partitions/pairs",
    "/api/partitions/sources?state=active&limit=1",
    "/api/sensors",
    "/api/sensors/watch",
    "/api/sensors/watch/ticks",
    "/api/schedules",
    "/api/schedules/weekly",
    "/api/schedules/weekly/ticks",
    "/api/system",
    "/api/audit",
    "/api/tokens",
  ]) {
    await api.get(path);
  }
  assert.deepEqual(server.logged, []);
});

test("a large value is left out of lists, and its size told", async () => {
  await using running = await started();
  const { rig, api } = running;
  const made = await api.post("/api/materialize", { assets: ["summary"] });
  await rig.ended(String((made.body["runs"] as string[])[0]));
  const { body } = await api.get("/api/assets/summary");
  const { value, valueBytes } = body["latest"] as { value: unknown; valueBytes: number };
  assert.equal(value, null);
  assert.equal(valueBytes, 20_002);
});

test("pages of a list follow each other without a gap", async () => {
  await using running = await started();
  const { api } = running;
  const keys = Array.from({ length: 7 }, (_, n) => `source-${n}`);
  await api.post("/api/partitions/sources", { keys });
  const seen: unknown[] = [];
  let cursor = "";
  do {
    const { body } = await api.get(`/api/partitions/sources?limit=3${cursor}`);
    seen.push(...body.items.map((item) => item["key"]));
    cursor = body.nextCursor === null ? "" : `&cursor=${encodeURIComponent(body.nextCursor)}`;
  } while (cursor !== "");
  assert.deepEqual(seen, keys);
});

test("what checks found is told with the asset, the run and its history", async () => {
  await using running = await started();
  const { rig, api } = running;
  await api.post("/api/partitions/sources", { keys: ["iris", "ocean"] });
  const made = await api.post("/api/materialize", { assets: ["ingest/harvest"], partitions: ["iris"] });
  const [id = ""] = made.body["runs"] as string[];
  await rig.ended(id);
  const { body: asset } = await api.get("/api/assets/ingest%2Fharvest");
  const [first, second] = asset["checks"] as { status: string; partitions: object; latest: { runId: string } }[];
  assert.deepEqual([first?.status, second?.status, first?.latest.runId], ["failed", "errored", id]);
  const counts = { total: 2, passed: 0, warned: 0, failed: 1, errored: 0, outdated: 0, unevaluated: 1 };
  assert.deepEqual(first?.partitions, counts);
  const checks = await api.get("/api/assets/ingest%2Fharvest/checks?partition=ocean");
  assert.deepEqual(
    checks.body.items.map((item) => [item["key"], item["status"]]),
    [
      ["ingest/harvest:stored/any", "unevaluated"],
      ["ingest/harvest:throws", "unevaluated"],
    ],
  );
  const run = await api.get(`/api/runs/${id}`);
  assert.deepEqual(run.body["checkCounts"], { passed: 0, warned: 0, failed: 1, errored: 1 });
  const steps = run.body["steps"] as { check: string | null; evaluation: { outcome: string } | null }[];
  assert.deepEqual(
    steps.map((step) => [step.check, step.evaluation?.outcome ?? null]),
    [
      [null, null],
      ["ingest/harvest:stored/any", "failed"],
      ["ingest/harvest:throws", "errored"],
    ],
  );
  const history = await api.get("/api/assets/ingest%2Fharvest/checks/stored%2Fany/evaluations");
  assert.deepEqual(
    history.body.items.map((item) => [item["partition"], item["passed"], item["metadata"], item["isCurrent"]]),
    [["iris", false, { expected: 4 }, true]],
  );
  const failing = await api.get("/api/assets/ingest%2Fharvest/checks/stored%2Fany/partitions?status=failed");
  assert.deepEqual(
    failing.body.items.map((item) => item["partition"]),
    ["iris"],
  );
});

test("a bulk request goes on with its cursor, whatever the one before it did", async () => {
  await using running = await started();
  const { rig, api } = running;
  const count = MAX_BULK_RUNS + 20;
  const keys = Array.from({ length: count }, (_, at) => `source-${at}`);
  await api.post("/api/partitions/sources", { keys });
  await rig.engine.commands.setLimit({ kind: "runs", key: "", value: "", maximum: 0 }, operator);
  const asked = await api.post("/api/materialize", { job: "harvest_job", partitions: keys.slice(0, 3) });
  await rig.settle();
  const oldest = (await rig.engine.queries.runs({ job: "harvest_job" })).items.map(({ id }) => id);
  assert.equal(oldest.length, 3, JSON.stringify(asked.body));
  for (const partition of keys.slice(3)) await api.post("/api/jobs/harvest_job/runs", { partition });
  const bulk = { action: "cancel", filter: { job: "harvest_job" } };
  const first = await api.post("/api/runs/bulk", bulk);
  const results = (answer: Answer) => answer.body["results"] as readonly { id: string; ok: boolean }[];
  assert.deepEqual([results(first).length, first.body["more"]], [MAX_BULK_RUNS, true]);
  const second = await api.post("/api/runs/bulk", { ...bulk, cursor: first.body["nextCursor"] });
  assert.deepEqual([results(second).length, second.body["more"], second.body["nextCursor"]], [20, false, null]);
  assert.ok([...results(first), ...results(second)].every(({ ok }) => ok));
  assert.deepEqual(results(await api.post("/api/runs/bulk", bulk)), [], "what has ended is not canceled again");
  const rejected = await api.post("/api/runs/bulk", { action: "cancel", ids: oldest, cursor: "x" });
  assert.equal(rejected.status, 400);
});

test("the history of a run goes on with its cursor", async () => {
  await using running = await started();
  const { rig, api } = running;
  const made = await api.post("/api/materialize", { assets: ["summary"] });
  const [run = ""] = made.body["runs"] as string[];
  await rig.ended(run);
  const all = (await api.get(`/api/runs/${run}/events`)).body["items"] as readonly { seq: number }[];
  const seqs: number[] = [];
  let path = `/api/runs/${run}/events?limit=2`;
  for (let pages = 0; pages < 10 && path !== ""; pages++) {
    const { body } = await api.get(path);
    seqs.push(...(body["items"] as readonly { seq: number }[]).map(({ seq }) => seq));
    path = body["nextCursor"] === null ? "" : `/api/runs/${run}/events?limit=2&cursor=${body["nextCursor"]}`;
  }
  assert.ok(all.length > 2);
  assert.deepEqual(
    seqs,
    all.map(({ seq }) => seq),
  );
  assert.equal((await api.get(`/api/runs/${run}/events?cursor=nonsense`)).status, 400);
  const { body } = await api.get(`/api/runs/${run}/events?after=${seqs[0]}&cursor=${seqs[1]}`);
  assert.equal((body["items"] as readonly { seq: number }[])[0]?.seq, seqs[2]);
});
