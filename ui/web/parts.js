import { h } from "./dom.js";
import { ago, exactly } from "./format.js";

/** @typedef {import("../../engine/operate.ts").RunView} Run */
/** @typedef {import("../../engine/operate.ts").AssetView} Asset */

/** @param {string} status */
export function badge(status) {
  return h(`span.badge.${status}`, {}, status);
}

/** @param {string | null} at */
export function moment(at) {
  return h("time", { datetime: at, title: exactly(at) }, ago(at));
}

/** @param {Run} run */
export function runLink(run) {
  return h("a", { href: `#/runs/${encodeURIComponent(run.id)}`, "data-focus": run.id }, runName(run));
}

/** @param {Run} run */
export function runName(run) {
  return run.job ?? (run.assets.length > 0 ? run.assets : run.checks).join(", ");
}

/** @param {Run} run */
export function partitionName(run) {
  if (run.partitionParts !== null) return Object.values(run.partitionParts).join(" → ");
  if (run.partition !== null) return run.partition;
  return run.partitionCount > 1 ? `${run.partitionCount} partitions` : "";
}

const segments = /** @type {const} */ (["materialized", "running", "failed", "missing"]);

/** @param {Asset["partitions"]} counts */
export function partitionBar(counts) {
  if (counts === null) return null;
  const told = [...segments, /** @type {const} */ ("stale"), /** @type {const} */ ("retired")]
    .filter((word) => counts[word] > 0)
    .map((word) => `${counts[word]} ${word}`)
    .join(", ");
  const bar = h("span.bar", { role: "img", "aria-label": told === "" ? "no partitions" : told, title: told });
  for (const word of segments) {
    if (counts[word] === 0) continue;
    const part = h(`span.${word}`);
    part.style.flexGrow = String(counts[word]);
    bar.append(part);
  }
  return bar;
}

/** @param {Run["stepCounts"]} counts */
export function stepBar(counts) {
  const { total, succeeded = 0, failed = 0, skipped = 0, canceled = 0, running = 0 } = counts;
  const parts = { materialized: succeeded, skipped: skipped + canceled, failed, running };
  const ended = succeeded + failed + skipped + canceled;
  const bar = h("span.bar", { role: "img", "aria-label": `${ended} of ${total} steps ended` });
  for (const [word, count] of Object.entries({ ...parts, missing: Math.max(0, total - ended - running) })) {
    if (count === 0) continue;
    const part = h(`span.${word}`);
    part.style.flexGrow = String(count);
    bar.append(part);
  }
  return h("span.steps", {}, bar, h("span.num", {}, `${ended}/${total}`));
}

/**
 * A section that is not there while it is empty.
 *
 * @param {string} title
 * @param {{ id: string, note?: string }} options
 */
export function section(title, { id, note = "" }) {
  const body = h("div.body");
  const count = h("span.count");
  const root = h(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, title, " ", count),
    body,
  );
  if (note !== "") root.append(h("p.note", {}, note));
  return {
    root,
    body,
    /** @param {number} n */
    setCount(n) {
      count.textContent = n === 0 ? "" : String(n);
    },
  };
}

/** @param {readonly string[]} heads */
export function table(heads) {
  const body = h("tbody");
  const head = h(
    "thead",
    {},
    h(
      "tr",
      {},
      heads.map((text) => h("th", { scope: "col" }, text)),
    ),
  );
  return { root: h("div.scroll", {}, h("table", {}, head, body)), body };
}
