import { get, post } from "./api.js";
import { h, showList } from "./dom.js";
import { clockTime, exactly, progressLine, took } from "./format.js";
import { rerunButton } from "./overview.js";
import { badge, moment, partitionName, runName, section, table } from "./parts.js";

/** @typedef {import("../../engine/operate.ts").RunDetailView} Run */
/** @typedef {import("../../engine/operate.ts").StepView} Step */
/** @typedef {import("../../engine/operate.ts").LogLineView} LogLine */
/** @typedef {import("../../engine/operate.ts").EventView} RunEvent */

/** @typedef {{ run: import("../../engine/operate.ts").RunView | null, steps: Step[], progress: { step: number, progress: NonNullable<Step["progress"]> }[], events: boolean, logs: boolean }} Patch */

/** Lines kept in the page; `sheaf logs` prints them all. */
const MAX_LOG_LINES = 2000;
const MAX_EVENTS = 1000;
const PAGE_ITEMS = 500;
/** Between two requests for more lines or events. */
const FETCH_INTERVAL_MS = 250;
const CLOCK_MS = 1000;

/**
 * One run: its steps, its log and its history, as they come.
 *
 * @param {HTMLElement} main
 * @param {import("./app.js").Page & { id: string }} page
 * @returns {() => void} leaves it
 */
export function openRun(main, page) {
  const path = `/runs/${encodeURIComponent(page.id)}`;
  const views = buildViews(main);
  /** @type {Run | null} */
  let run = null;
  let isDrawDue = false;
  const draw = () => {
    if (isDrawDue) return;
    isDrawDue = true;
    requestAnimationFrame(() => {
      isDrawDue = false;
      if (run !== null) drawRun(views, { run, page });
    });
  };
  const logs = tail(`${path}/logs`, {
    max: MAX_LOG_LINES,
    after: (/** @type {LogLine} */ line) => line.id,
    show: (lines) => showLog(views, lines),
  });
  const events = tail(`${path}/events`, {
    max: MAX_EVENTS,
    after: (/** @type {RunEvent} */ event) => String(event.seq),
    show: (items) => showEvents(views, items),
  });
  const stop = page.live.watch(`run:${page.id}`, {
    snapshot: whole,
    patch: changed,
    refused: (message) =>
      main.replaceChildren(h("p.problem", {}, message), h("p", {}, h("a", { href: "#/" }, "To the overview"))),
  });
  /** @param {Run} data */
  function whole(data) {
    run = data;
    logs.more();
    events.more();
    draw();
  }

  /** @param {Patch} data */
  function changed(data) {
    if (run === null) return;
    const steps = new Map(run.steps.map((step) => [step.step, step]));
    for (const step of data.steps) steps.set(step.step, step);
    for (const { step, progress } of data.progress) {
      const known = steps.get(step);
      if (known !== undefined) steps.set(step, { ...known, progress });
    }
    run = { ...run, ...data.run, steps: [...steps.values()] };
    if (data.logs) logs.more();
    if (data.events) events.more();
    draw();
  }

  const timer = setInterval(draw, CLOCK_MS);
  return () => {
    clearInterval(timer);
    logs.close();
    events.close();
    stop();
    document.title = "Sheaf";
  };
}

/** @param {HTMLElement} main */
function buildViews(main) {
  const head = h("div.runhead");
  const steps = section("Steps", { id: "steps" });
  const stepTable = table(["Status", "Assets", "Partition", "Took", "Try", "What"]);
  steps.body.append(stepTable.root);
  const log = section("Log", { id: "log" });
  const lines = h("div.log", { tabindex: "0", role: "log", "aria-label": "Log" });
  log.body.append(lines);
  const history = section("History", { id: "history" });
  const eventTable = table(["When", "Step", "What happened"]);
  history.body.append(eventTable.root);
  main.append(h("p", {}, h("a", { href: "#/" }, "← Overview")), head, steps.root, log.root, history.root);
  return {
    head,
    steps: stepTable.body,
    lines,
    events: eventTable.body,
    setSteps: (/** @type {number} */ n) => steps.setCount(n),
    setLines: (/** @type {number} */ n) => log.setCount(n),
  };
}

/**
 * @param {ReturnType<typeof buildViews>} views
 * @param {{ run: Run, page: import("./app.js").Page }} params
 */
function drawRun(views, { run, page }) {
  document.title = `${run.status} · ${runName(run)} · Sheaf`;
  showList(views.head, [run], { key: () => "head", row: () => headOf(run, page) });
  views.setSteps(run.stepCounts.total);
  showList(views.steps, run.steps, { key: (step) => String(step.step), row: stepRow });
}

/**
 * @param {Run} run
 * @param {import("./app.js").Page} page
 */
function headOf(run, page) {
  const facts = [
    ["Partition", partitionName(run)],
    ["Why", run.reason],
    ["Waits", run.waitingFor ?? ""],
    ["Asked for", exactly(run.createdAt)],
    ["Took", took(run)],
    [
      "Tags",
      Object.entries(run.tags)
        .map(([name, value]) => `${name}=${value}`)
        .join(", "),
    ],
    ["Canceled", run.cancelReason ?? ""],
  ];
  const parent = run.parentRunId;
  return h(
    "div",
    {},
    h("h1", {}, badge(run.status), " ", runName(run)),
    run.error === null ? null : h("p.problem", {}, run.error.message),
    h(
      "dl",
      {},
      facts.flatMap(([name, value]) => (value === "" ? [] : [h("dt", {}, name ?? ""), h("dd", {}, value ?? "")])),
    ),
    parent === null
      ? null
      : h("p", {}, "It continues ", h("a", { href: `#/runs/${encodeURIComponent(parent)}` }, "an earlier run"), "."),
    page.canOperate ? h("p.actions", {}, actionsOf(run, page)) : null,
  );
}

/**
 * @param {Run} run
 * @param {import("./app.js").Page} page
 */
function actionsOf(run, page) {
  const path = `/runs/${encodeURIComponent(run.id)}`;
  if (run.endedAt === null) {
    const cancel = () => void page.act(post(`${path}/cancel`), "The run is being canceled.");
    return [h("button", { type: "button", "data-focus": "cancel", click: cancel }, "Cancel")];
  }
  const all = async () => {
    /** @type {{ run: string }} */
    const { run: made } = await post(`${path}/reexecute`, { from: "all" });
    location.hash = `#/runs/${encodeURIComponent(made)}`;
  };
  const again = h(
    "button.quiet",
    { type: "button", "data-focus": "all", click: () => void page.act(all(), "All of it runs again.") },
    "Run all of it again",
  );
  return run.status === "succeeded" ? [again] : [rerunButton(run, page), " ", again];
}

/** @param {Step} step */
function stepRow(step) {
  const told =
    step.error?.message ?? (step.endedAt === null ? (step.waitReason ?? progressLine(step.progress)) : step.waitReason);
  const what = told !== null && told !== "" ? told : step.reason;
  return h(
    "tr",
    {},
    h("td", {}, badge(step.status)),
    h("td", {}, step.check ?? step.assets.join(", ")),
    h("td", {}, step.partitionParts === null ? (step.partition ?? "") : Object.values(step.partitionParts).join(" → ")),
    h("td.num", {}, took(step)),
    h("td.num", {}, step.attempt > 1 ? step.attempt : ""),
    h(step.error === null ? "td.wide" : "td.wide.why", {}, what),
  );
}

/**
 * @param {ReturnType<typeof buildViews>} views
 * @param {LogLine[]} lines
 */
function showLog(views, lines) {
  const box = views.lines;
  const isAtEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - 20;
  views.setLines(lines.length);
  showList(box, lines, {
    key: (line) => line.id,
    row: (line) =>
      h(
        `div.line.${line.level}`,
        {},
        h("time", { datetime: line.at }, clockTime(line.at)),
        h("span.step", {}, line.step),
        h("span", {}, line.message, line.fields === null ? null : h("code", {}, ` ${JSON.stringify(line.fields)}`)),
      ),
  });
  if (isAtEnd) box.scrollTop = box.scrollHeight;
}

/**
 * @param {ReturnType<typeof buildViews>} views
 * @param {RunEvent[]} events
 */
function showEvents(views, events) {
  showList(views.events, events, {
    key: (event) => String(event.seq),
    row: (event) =>
      h(
        "tr",
        {},
        h("td", {}, moment(event.at)),
        h("td.num", {}, event.step === null ? "" : event.step),
        h("td.wide", {}, event.message),
      ),
  });
}

/**
 * Reads a list that grows, from where it was, not more often than `FETCH_INTERVAL_MS`.
 *
 * @template T
 * @param {string} path
 * @param {{ max: number, after: (item: T) => string, show: (items: T[]) => void }} options
 */
function tail(path, { max, after, show }) {
  /** @type {T[]} */
  let items = [];
  let isWanted = false;
  let isBusy = false;
  let isClosed = false;

  const read = async () => {
    isBusy = true;
    isWanted = false;
    try {
      const last = items.at(-1);
      const from = last === undefined ? "" : `&after=${encodeURIComponent(after(last))}`;
      /** @type {{ items: T[] }} */
      const page = await get(`${path}?limit=${PAGE_ITEMS}${from}`);
      if (isClosed) return;
      items = [...items, ...page.items].slice(-max);
      isWanted ||= page.items.length === PAGE_ITEMS;
      show(items);
    } catch {
      // The connection is told by the header; the next message asks again.
    }
    setTimeout(() => {
      isBusy = false;
      if (isWanted && !isClosed) void read();
    }, FETCH_INTERVAL_MS);
  };

  return {
    more() {
      isWanted = true;
      if (!isBusy) void read();
    },
    close() {
      isClosed = true;
    },
  };
}
