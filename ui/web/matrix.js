import { get } from "./api.js";
import { h, showList } from "./dom.js";
import { section } from "./parts.js";

/** @typedef {import("../../engine/operate.ts").AssetView} Asset */
/** @typedef {import("../../engine/operate.ts").AssetPartitionView} Partition */

/** More is for the console; here it is said that there is more. */
const MAX_PARTITIONS = 500;

/**
 * What is loaded where: the partitions of the first asset with two dimensions, one against the other.
 *
 * @param {import("./app.js").Page} page
 */
export function openMatrix(page) {
  const view = section("Loaded where", { id: "matrix" });
  view.root.classList.add("empty");
  const head = h("tr");
  const body = h("tbody");
  view.body.append(h("div.scroll", {}, h("table.matrix", {}, h("thead", {}, head), body)));
  /** @type {Map<string, Partition>} */
  let partitions = new Map();
  let chosen = "";
  let stop = () => {};

  const draw = () => {
    const all = [...partitions.values()].filter(({ status }) => status !== "retired");
    const [rowName = "", columnName = ""] = Object.keys(all[0]?.parts ?? {});
    view.root.classList.toggle("empty", columnName === "");
    const columns = [...new Set(all.map(({ parts }) => parts[columnName] ?? ""))].sort();
    const rows = [...new Set(all.map(({ parts }) => parts[rowName] ?? ""))].sort();
    const cells = new Map(all.map((one) => [`${one.parts[rowName]}\n${one.parts[columnName]}`, one]));
    showList(head, [rowName, ...columns], { key: (name) => name, row: (name) => h("th", { scope: "col" }, name) });
    showList(body, rows, {
      key: (row) => row,
      row: (row) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, row),
          columns.map((column) => cell(cells.get(`${row}\n${column}`))),
        ),
    });
    view.setCount(all.length);
  };

  /** @param {{ items: Partition[] }} data */
  const take = (data) => {
    for (const one of data.items) partitions.set(one.key, one);
    requestAnimationFrame(draw);
  };

  return {
    root: view.root,
    close: () => stop(),
    /** @param {Asset[]} assets */
    choose(assets) {
      const found = assets.find(
        ({ key, partitionSet }) => partitionSet === "tenant_sources" && key.endsWith("upload_release"),
      );
      const asset =
        found ??
        assets.find(({ partitions: counts, latest }) => counts !== null && Object.keys(partsOf(latest)).length > 1);
      if (asset === undefined || asset.key === chosen) return;
      chosen = asset.key;
      stop();
      const whole = async () => {
        partitions = new Map();
        take(await get(`/assets/${encodeURIComponent(asset.key)}/partitions?limit=${MAX_PARTITIONS}`));
      };
      view.root.querySelector("h2")?.setAttribute("title", asset.key);
      stop = page.live.watch(`partitions:${asset.key}`, { snapshot: () => void whole(), patch: take });
    },
  };
}

/** @param {Asset["latest"]} latest */
function partsOf(latest) {
  return latest?.partition?.includes("|") === true ? { first: "", second: "" } : {};
}

/** @param {Partition | undefined} partition */
function cell(partition) {
  if (partition === undefined) return h("td.none", { "aria-label": "not wanted" });
  const told = `${partition.status}${partition.error === null ? "" : `: ${partition.error.message}`}`;
  const runId =
    partition.liveRunId ?? (partition.status === "failed" ? partition.error?.runId : partition.latest?.runId);
  const mark = h(`span.cell.${partition.status}`, {
    role: "img",
    "aria-label": told,
    title: `${partition.key}: ${told}`,
  });
  if (runId === undefined) return h("td", {}, mark);
  return h("td", {}, h("a", { href: `#/runs/${encodeURIComponent(runId)}`, "data-focus": partition.key }, mark));
}
