import { get, post } from "./api.js";
import { h } from "./dom.js";
import { openLive } from "./live.js";
import { openOverview } from "./overview.js";
import { openRun } from "./run.js";

/** @typedef {{ name: string, role: "viewer" | "operator" | "admin" }} Me */
/** @typedef {{ project: string, projects: { name: string }[] }} System */
/** @typedef {{ live: ReturnType<typeof openLive>, canOperate: boolean, act: (what: Promise<unknown>, done: string) => Promise<void> }} Page */

const main = element("main");
const connection = element("connection");
const banner = element("banner");
const trouble = element("trouble");
let close = () => {};

void start();

async function start() {
  /** @type {Me} */
  const me = await get("/me");
  element("user").textContent = `${me.name} (${me.role})`;
  const logout = element("logout");
  logout.hidden = false;
  logout.addEventListener("click", () => void post("/logout").finally(() => location.replace("/login")));
  showProjects().catch((/** @type {unknown} */ error) => {
    // A project that could not be opened answers nothing else than why.
    trouble.textContent = error instanceof Error ? error.message : String(error);
    trouble.hidden = false;
  });
  const live = openLive(showConnection);
  live.watch("system", { snapshot: showHealth, patch: showHealth });
  /** @type {Page} */
  const page = { live, canOperate: me.role !== "viewer", act };
  const route = () => {
    close();
    banner.hidden = true;
    const [, runId] = /^#\/runs\/([^/]+)$/.exec(location.hash) ?? [];
    main.replaceChildren();
    close = runId === undefined ? openOverview(main, page) : openRun(main, { ...page, id: decodeURIComponent(runId) });
    scrollTo(0, 0);
  };
  addEventListener("hashchange", () => {
    if (location.hash === "#main") return;
    route();
    main.focus({ preventScroll: true });
  });
  route();
}

/** The name of the project, and the way to the others. */
async function showProjects() {
  /** @type {System} */
  const { project, projects } = await get("/system");
  const links = projects.map(({ name }) =>
    name === project ? h("b", {}, name) : h("a", { href: `/p/${encodeURIComponent(name)}/` }, name),
  );
  element("project").replaceChildren(...links);
}

/** @param {import("./live.js").Connection} state */
function showConnection(state) {
  const words = { connecting: "connecting…", live: "live", lost: "no connection; trying again…" };
  connection.dataset.state = state;
  connection.textContent = words[state];
}

/**
 * What keeps the engine from work stands above every page for as long as it does.
 *
 * @param {{ health: import("../../engine/operate.ts").EngineHealth }} system
 */
function showHealth({ health }) {
  const { status, error } = health;
  const words = {
    suspended: "No new work is taken, and what runs is kept until the disk is well. Sheaf goes on by itself.",
    failed: "No new work is taken.",
  };
  trouble.hidden = status !== "suspended" && status !== "failed";
  if (status !== "suspended" && status !== "failed") return;
  trouble.replaceChildren(h("b", {}, words[status]), " ", h("span", {}, error?.message ?? ""));
}

/**
 * Does something and tells what came of it.
 *
 * @param {Promise<unknown>} what
 * @param {string} done
 */
async function act(what, done) {
  try {
    await what;
    tell(done, false);
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error), true);
  }
}

/**
 * @param {string} text
 * @param {boolean} isProblem
 */
function tell(text, isProblem) {
  banner.classList.toggle("problem", isProblem);
  const dismiss = h("button.quiet", { type: "button", click: () => void (banner.hidden = true) }, "Dismiss");
  banner.replaceChildren(h("span", {}, text), dismiss);
  banner.hidden = false;
}

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found;
}
