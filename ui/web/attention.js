import { get } from "./api.js";
import { h, showList } from "./dom.js";
import { section } from "./parts.js";

/** @typedef {import("./overview.js").State} State */
/** @typedef {import("../../engine/operate.ts").PartitionSetView} PartitionSet */
/** @typedef {{ tone: "failed" | "queued", where: string, message: string, runId?: string }} Notice */

/** Changes of partition sets that are held are in no topic. */
const HELD_INTERVAL_MS = 30_000;

/** What an operator should put right: settings, code, configuration files, sensors that fail, changes that are held. */
export function attention() {
  const view = section("Needs attention", { id: "attention" });
  const list = h("ul");
  view.body.append(list);
  view.root.classList.add("empty");
  /** @type {PartitionSet[]} */
  let sets = [];
  const look = async () => {
    /** @type {{ items: PartitionSet[] }} */
    const { items } = await get("/partitions");
    sets = items;
  };
  const lookQuietly = () => void look().catch(() => {});
  lookQuietly();
  const timer = setInterval(lookQuietly, HELD_INTERVAL_MS);
  return {
    root: view.root,
    close: () => clearInterval(timer),
    /** @param {State} state */
    draw(state) {
      const notices = [...heldNotices(sets), ...noticesOf(state)];
      view.root.classList.toggle("empty", notices.length === 0);
      view.setCount(notices.length);
      showList(list, notices, {
        key: ({ where, message }) => `${where}\n${message}`,
        row: ({ tone, where, message, runId }) =>
          h(
            `li.${tone}`,
            {},
            h("b", {}, where),
            " ",
            h("span", {}, message),
            runId === undefined
              ? null
              : h("a", { href: `#/runs/${encodeURIComponent(runId)}`, "data-focus": runId }, " its run"),
          ),
      });
    },
  };
}

/**
 * @param {PartitionSet[]} sets
 * @returns {Notice[]}
 */
function heldNotices(sets) {
  return sets.flatMap(({ name, held }) =>
    held === null ? [] : [{ tone: /** @type {const} */ ("queued"), where: `partitions ${name}`, message: held.reason }],
  );
}

/**
 * @param {State} state
 * @returns {Notice[]}
 */
function noticesOf(state) {
  /** @type {Notice[]} */
  const notices = [];
  const { system } = state;
  for (const { severity, where, message } of system?.problems ?? []) {
    notices.push({ tone: severity === "error" ? "failed" : "queued", where, message });
  }
  for (const { name, error } of system?.locations ?? []) {
    if (error === null) continue;
    const where = error.file === undefined ? `code location ${name}` : `${error.file}:${error.line ?? 1}`;
    notices.push({ tone: "failed", where, message: error.message });
  }
  for (const one of [...state.sensors.values(), ...state.schedules.values()]) {
    if (one.lastTick?.error) notices.push({ tone: "failed", where: one.name, message: one.lastTick.error.message });
  }
  for (const { key, status, error } of state.assets.values()) {
    if (status !== "failed" || error === null || state.runs.has(error.runId)) continue;
    notices.push({ tone: "failed", where: key, message: error.message, runId: error.runId });
  }
  for (const asset of state.assets.values()) {
    // Assets that read files put what is wrong with them into their metadata, one line a problem.
    const told = asset.latest?.metadata["problems"];
    if (!Array.isArray(told)) continue;
    for (const problem of told) notices.push({ tone: "queued", where: asset.key, message: String(problem) });
  }
  const seen = new Set();
  return notices.filter(({ message }) => !seen.has(message) && seen.add(message));
}
