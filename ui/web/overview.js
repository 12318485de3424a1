import { get, post } from "./api.js";
import { attention } from "./attention.js";
import { h, showList } from "./dom.js";
import { progressLine, took, until } from "./format.js";
import { openMatrix } from "./matrix.js";
import { badge, moment, partitionBar, partitionName, runLink, section, stepBar, table } from "./parts.js";

/** @typedef {import("../../engine/operate.ts").RunView} Run */
/** @typedef {import("../../engine/operate.ts").AssetView} Asset */
/** @typedef {import("../../engine/operate.ts").SensorView} Sensor */
/** @typedef {import("../../engine/operate.ts").ScheduleView} Schedule */
/** @typedef {import("../../engine/operate.ts").BackfillView} Backfill */
/** @typedef {import("../../engine/operate.ts").EngineHealth} Health */
/** @typedef {{ severity: "error" | "warning", where: string, message: string }} Problem */
/** @typedef {{ name: string, status: string, error: { message: string, file?: string, line?: number } | null }} CodeLocation */
/** @typedef {{ health: Health, locations: CodeLocation[], problems: Problem[] }} System */

/** Runs kept in the page; older ones are a request away. */
const MAX_RUNS = 200;
const SHOWN_RUNS = 25;
const CLOCK_MS = 10_000;
/** Between two looks at what runs, while more changes than patches tell of. */
const REFRESH_MS = 1000;

/**
 * What runs, what failed and why, what there is, and what watches.
 *
 * @param {HTMLElement} main
 * @param {import("./app.js").Page} page
 * @returns {() => void} leaves it
 */
export function openOverview(main, page) {
  const state = {
    /** @type {Map<string, Run>} */ runs: new Map(),
    /** @type {Map<string, Asset>} */ assets: new Map(),
    /** @type {Map<string, Sensor>} */ sensors: new Map(),
    /** @type {Map<string, Schedule>} */ schedules: new Map(),
    /** @type {Map<string, Backfill>} */ backfills: new Map(),
    /** @type {Map<string, string>} */ progress: new Map(),
    /** @type {System | null} */ system: null,
  };
  const views = buildViews();
  const matrix = openMatrix(page);
  main.append(
    h("h1.hidden", {}, "Overview"),
    views.attention.root,
    views.tiles,
    views.now.root,
    views.failed.root,
    matrix.root,
    views.assets.root,
    views.recent.root,
    views.automation.root,
  );

  let isDrawDue = false;
  let isRefreshDue = false;
  const draw = () => {
    if (isDrawDue) return;
    isDrawDue = true;
    requestAnimationFrame(() => {
      isDrawDue = false;
      drawAll(views, { state, page });
      document.title = titleOf(state);
    });
  };

  const stops = [
    page.live.watch("runs", { snapshot: allRuns, patch: someRuns }),
    page.live.watch("assets", { snapshot: allAssets, patch: someAssets }),
    page.live.watch("automation", { snapshot: automation, patch: automation }),
    page.live.watch("backfills", { snapshot: backfills, patch: backfills }),
    page.live.watch("system", { snapshot: system, patch: system }),
    matrix.close,
    views.attention.close,
  ];
  const timer = setInterval(draw, CLOCK_MS);
  return () => {
    clearInterval(timer);
    for (const stop of stops) stop();
  };

  /** @param {{ items: Run[] }} data */
  function allRuns({ items }) {
    state.runs = new Map(items.map((run) => [run.id, run]));
    refresh();
    draw();
  }

  /** @param {{ items: Run[], omitted: number, progress: { runId: string, step: number, progress: Record<string, unknown> }[] }} data */
  function someRuns({ items, omitted, progress }) {
    for (const run of items) state.runs.set(run.id, run);
    if (omitted > 0) refresh();
    for (const report of progress) {
      state.progress.set(report.runId, progressLine(report.progress) || `step ${report.step}`);
    }
    trim(state);
    draw();
  }

  /** What is not among the newest runs may go on for hours. */
  function refresh() {
    if (isRefreshDue) return;
    isRefreshDue = true;
    setTimeout(() => {
      isRefreshDue = false;
      void readLive().catch(() => {});
    }, REFRESH_MS);
  }

  async function readLive() {
    const believed = [...state.runs.values()].filter(({ endedAt }) => endedAt === null);
    /** @type {{ items: Run[] }} */
    const { items } = await get("/runs?status=queued,starting,running,canceling&limit=200");
    for (const { id } of believed) if (state.runs.get(id)?.endedAt === null) state.runs.delete(id);
    for (const run of items) state.runs.set(run.id, run);
    draw();
  }

  /** @param {{ items: Asset[] }} data */
  function allAssets({ items }) {
    state.assets = new Map(items.map((asset) => [asset.key, asset]));
    matrix.choose(items);
    draw();
  }

  /** @param {{ items: Asset[] }} data */
  function someAssets({ items }) {
    for (const asset of items) state.assets.set(asset.key, asset);
    draw();
  }

  /** @param {{ sensors: Sensor[], schedules: Schedule[] }} data */
  function automation(data) {
    for (const sensor of data.sensors) state.sensors.set(sensor.name, sensor);
    for (const schedule of data.schedules) state.schedules.set(schedule.name, schedule);
    draw();
  }

  /** @param {{ items: Backfill[] }} data */
  function backfills(data) {
    for (const backfill of data.items) state.backfills.set(backfill.id, backfill);
    draw();
  }

  /** @param {System} data */
  function system(data) {
    state.system = data;
    draw();
  }
}

/** @typedef {{ runs: Map<string, Run>, assets: Map<string, Asset>, sensors: Map<string, Sensor>, schedules: Map<string, Schedule>, backfills: Map<string, Backfill>, progress: Map<string, string>, system: System | null }} State */

/** @param {State} state */
function trim(state) {
  const oldest = newestFirst(state.runs).slice(MAX_RUNS);
  for (const run of oldest) if (run.endedAt !== null) state.runs.delete(run.id);
  for (const id of state.progress.keys()) if (!state.runs.has(id)) state.progress.delete(id);
}

/** @param {Map<string, Run>} runs */
function newestFirst(runs) {
  return [...runs.values()].sort((a, b) =>
    a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : a.id < b.id ? 1 : -1,
  );
}

function buildViews() {
  const now = section("Running and waiting", { id: "now" });
  const nowTable = table(["Job", "Partition", "Steps", "For", "Doing", ""]);
  now.body.append(nowTable.root);
  const failed = section("Failed", { id: "failed" });
  const failedTable = table(["Job", "Partition", "When", "Why", ""]);
  failed.body.append(failedTable.root);
  const assets = section("Assets", { id: "assets" });
  const assetsTable = table(["Asset", "State", "Partitions", "", "Newest"]);
  assets.body.append(assetsTable.root);
  const recent = section("Recent runs", { id: "recent" });
  const recentTable = table(["Status", "Job", "Partition", "When", "Took", "Why"]);
  recent.body.append(recentTable.root);
  const automation = section("Sensors and schedules", { id: "automation" });
  const automationTable = table(["Name", "", "Last look", "When", "What came of it", "Next"]);
  automation.body.append(automationTable.root);
  return {
    attention: attention(),
    tiles: h("div.tiles"),
    now: { ...now, rows: nowTable.body },
    failed: { ...failed, rows: failedTable.body },
    assets: { ...assets, rows: assetsTable.body },
    recent: { ...recent, rows: recentTable.body },
    automation: { ...automation, rows: automationTable.body },
  };
}

/**
 * @param {ReturnType<typeof buildViews>} views
 * @param {{ state: State, page: import("./app.js").Page }} params
 */
function drawAll(views, { state, page }) {
  const runs = newestFirst(state.runs);
  const running = runs.filter((run) => run.endedAt === null && run.status !== "queued");
  const waiting = runs.filter((run) => run.status === "queued");
  const failed = runs.filter((run) => run.status === "failed" && !isOvercome(run, runs));
  views.attention.draw(state);
  drawTiles(views.tiles, { state, failed: failed.length });
  drawNow(views.now, { shown: [...running, ...waiting.slice(0, SHOWN_RUNS)], state, page });
  drawFailed(views.failed, { failed: failed.slice(0, SHOWN_RUNS), page });
  views.failed.setCount(failed.length);
  drawAssets(views.assets, [...state.assets.values()]);
  drawRecent(views.recent, runs.slice(0, SHOWN_RUNS));
  drawAutomation(views.automation, { state, page });
}

/**
 * Whether the same was run again since: what failed then is no news.
 *
 * @param {Run} run
 * @param {Run[]} runs
 */
function isOvercome(run, runs) {
  return runs.some(
    (later) =>
      later.createdAt > run.createdAt &&
      (later.parentRunId === run.id ||
        (later.job === run.job && later.partition === run.partition && later.job !== null)),
  );
}

/** @param {State} state */
function titleOf(state) {
  const health = state.system?.health;
  if (health === undefined) return "Sheaf";
  return health.runningRuns > 0 ? `(${health.runningRuns}) Sheaf` : "Sheaf";
}

/**
 * @param {HTMLElement} tiles
 * @param {{ state: State, failed: number }} params
 */
function drawTiles(tiles, { state, failed }) {
  const health = state.system?.health;
  let total = 0;
  let materialized = 0;
  for (const asset of state.assets.values()) {
    total += asset.partitions?.total ?? 1;
    materialized += asset.partitions?.materialized ?? (asset.status === "materialized" ? 1 : 0);
  }
  const facts = [
    { name: "running", value: String(health?.runningRuns ?? "–"), tone: health?.runningRuns ? "running" : "" },
    { name: "waiting", value: String(health?.queuedRuns ?? "–"), tone: "" },
    { name: "failed", value: String(failed), tone: failed > 0 ? "failed" : "" },
    { name: "made", value: total === 0 ? "–" : `${Math.floor((100 * materialized) / total)} %`, tone: "materialized" },
  ];
  showList(tiles, facts, {
    key: (fact) => fact.name,
    row: ({ name, value, tone }) =>
      h(tone === "" ? "div.tile" : `div.tile.${tone}`, {}, h("b", {}, value), h("span", {}, name)),
  });
}

/**
 * @param {{ root: HTMLElement, rows: HTMLElement, setCount: (n: number) => void }} view
 * @param {{ shown: Run[], state: State, page: import("./app.js").Page }} params
 */
function drawNow(view, { shown, state, page }) {
  const live = [...state.backfills.values()].filter((backfill) => backfill.endedAt === null);
  view.root.classList.toggle("empty", shown.length === 0 && live.length === 0);
  view.setCount(shown.length);
  showList(view.rows, [...live, ...shown], {
    key: ({ id }) => id,
    row: (item) => ("launched" in item ? backfillRow(item, page) : runningRow(item, { state, page })),
  });
}

/**
 * @param {Run} run
 * @param {{ state: State, page: import("./app.js").Page }} params
 */
function runningRow(run, { state, page }) {
  const doing =
    run.status === "queued" ? (run.waitingFor ?? "waits for its turn") : (state.progress.get(run.id) ?? run.reason);
  const cancel = h(
    "button.quiet",
    {
      type: "button",
      "data-focus": `cancel ${run.id}`,
      click: () => void page.act(post(`/runs/${encodeURIComponent(run.id)}/cancel`), "The run is being canceled."),
    },
    "Cancel",
  );
  return h(
    "tr",
    {},
    h("td", {}, runLink(run)),
    h("td", {}, partitionName(run)),
    h("td", {}, run.status === "running" ? stepBar(run.stepCounts) : badge(run.status)),
    h("td.num", {}, took(run)),
    h("td.wide", {}, doing),
    h("td.act", {}, page.canOperate && run.status !== "canceling" ? cancel : null),
  );
}

/**
 * @param {Backfill} backfill
 * @param {import("./app.js").Page} page
 */
function backfillRow(backfill, page) {
  const { id, total, succeeded, failed, canceled, launched } = backfill;
  const counts = { total, succeeded, failed, canceled, running: Math.max(0, launched - succeeded - failed - canceled) };
  const cancel = h(
    "button.quiet",
    {
      type: "button",
      "data-focus": `cancel ${id}`,
      click: () =>
        void page.act(post(`/backfills/${encodeURIComponent(id)}/cancel`), "The backfill is being canceled."),
    },
    "Cancel",
  );
  return h(
    "tr",
    {},
    h("td", {}, backfill.job ?? [...backfill.assets, ...backfill.checks].join(", ")),
    h("td", {}, `backfill of ${total}`),
    h("td", {}, stepBar(counts)),
    h("td.num", {}, took(backfill)),
    h("td.wide", {}, backfill.reason),
    h("td.act", {}, page.canOperate ? cancel : null),
  );
}

/**
 * @param {{ root: HTMLElement, rows: HTMLElement }} view
 * @param {{ failed: Run[], page: import("./app.js").Page }} params
 */
function drawFailed(view, { failed, page }) {
  view.root.classList.toggle("empty", failed.length === 0);
  showList(view.rows, failed, {
    key: (run) => run.id,
    row: (run) =>
      h(
        "tr",
        {},
        h("td", {}, runLink(run)),
        h("td", {}, partitionName(run)),
        h("td", {}, moment(run.endedAt)),
        h("td.wide.why", {}, run.error?.message ?? "no reason was recorded"),
        h("td.act", {}, page.canOperate ? rerunButton(run, page) : null),
      ),
  });
}

/**
 * @param {Run} run
 * @param {import("./app.js").Page} page
 */
export function rerunButton(run, page) {
  const rerun = async () => {
    /** @type {{ run: string }} */
    const { run: made } = await post(`/runs/${encodeURIComponent(run.id)}/reexecute`, { from: "failure" });
    location.hash = `#/runs/${encodeURIComponent(made)}`;
  };
  const properties = {
    type: "button",
    "data-focus": `again ${run.id}`,
    click: () => void page.act(rerun(), "It runs again from where it failed."),
  };
  return h("button", properties, "Run again from failure");
}

/**
 * @param {{ rows: HTMLElement, setCount: (n: number) => void }} view
 * @param {Asset[]} assets
 */
function drawAssets(view, assets) {
  view.setCount(assets.length);
  showList(view.rows, assets, {
    key: (asset) => asset.key,
    row: (asset) =>
      h(
        "tr",
        {},
        h("td", { title: asset.description }, h("span.group", {}, asset.group), asset.key),
        h("td", {}, badge(asset.status)),
        h("td.bars", {}, partitionBar(asset.partitions)),
        h("td.num", {}, countsOf(asset.partitions)),
        h("td", {}, asset.latest === null ? "" : moment(asset.latest.at)),
      ),
  });
}

/** @param {Asset["partitions"]} counts */
function countsOf(counts) {
  if (counts === null) return "";
  const stale = counts.stale > 0 ? `, ${counts.stale} stale` : "";
  return `${counts.materialized}/${counts.total}${stale}`;
}

/**
 * @param {{ rows: HTMLElement }} view
 * @param {Run[]} runs
 */
function drawRecent(view, runs) {
  showList(view.rows, runs, {
    key: (run) => run.id,
    row: (run) =>
      h(
        "tr",
        {},
        h("td", {}, badge(run.status)),
        h("td", {}, runLink(run)),
        h("td", {}, partitionName(run)),
        h("td", {}, moment(run.createdAt)),
        h("td.num", {}, took(run)),
        h("td.wide", {}, run.error?.message ?? run.waitingFor ?? run.reason),
      ),
  });
}

/**
 * @param {{ rows: HTMLElement, setCount: (n: number) => void }} view
 * @param {{ state: State, page: import("./app.js").Page }} params
 */
function drawAutomation(view, { state, page }) {
  const all = [...state.sensors.values(), ...state.schedules.values()];
  view.setCount(all.length);
  showList(view.rows, all, {
    key: (one) => `${"cron" in one ? "schedules" : "sensors"}/${one.name}`,
    row: (one) => {
      const { lastTick } = one;
      const told = lastTick?.error?.message ?? lastTick?.reason ?? "";
      return h(
        "tr",
        {},
        h("td", { title: one.description }, one.name),
        h("td", {}, toggle(one, page)),
        h("td", {}, lastTick === null ? "" : badge(lastTick.status)),
        h("td", {}, lastTick === null ? "" : moment(lastTick.startedAt)),
        h(lastTick?.error == null ? "td.wide" : "td.wide.why", {}, told),
        h("td", {}, "cron" in one ? nextOf(one) : ""),
      );
    },
  });
}

/** @param {Schedule} schedule */
function nextOf(schedule) {
  return h("span", { title: `${schedule.cron} ${schedule.timeZone}` }, until(schedule.nextAt));
}

/**
 * @param {Sensor | Schedule} one
 * @param {import("./app.js").Page} page
 */
function toggle(one, page) {
  const family = "cron" in one ? "schedules" : "sensors";
  const verb = one.enabled ? "stop" : "start";
  const properties = {
    type: "button",
    role: "switch",
    "aria-checked": String(one.enabled),
    "aria-label": `${one.name} is ${one.enabled ? "on" : "off"}`,
    "data-focus": `toggle ${family}/${one.name}`,
    disabled: !page.canOperate,
    click: () =>
      void page.act(
        post(`/${family}/${encodeURIComponent(one.name)}/${verb}`),
        `${one.name} is ${one.enabled ? "off" : "on"} now.`,
      ),
  };
  return h("button.switch", properties, h("span", { "aria-hidden": "true" }));
}
