import { gzipSync } from "node:zlib";
import type { BenchResult, BenchRow } from "../bench-row.ts";
import { resultOf } from "../engine/figures.ts";
import { listServer } from "../list-api/list-server.ts";
import { at } from "./figures.ts";
import type { ConsoleRecord } from "./record.ts";
import { noteWhen } from "./scripts.ts";
import { type Visit, visit } from "./visit.ts";

const VISITS = 15;
/** So little processor time within so long, and a browser does nothing. */
const REST_CPU_SECONDS = 0.02;
const REST_MS = 250;
const MAX_MS = 500;
const MAX_SCRIPT_KB = 150;
const SCRIPT_KB = "scripts of the first page, gzipped, kB";
/** The connection is live, and nothing of the overview still loads. */
const IS_LIVE =
  `document.querySelector('[data-connection="live"]') !== null && document.querySelector("main h1") !== null && ` +
  `document.querySelector('main [aria-label="loading"]') === null`;

/** From the navigation to the live overview, logged in, each in a browser that has nothing of it yet. */
export function firstLoad(record: ConsoleRecord): BenchRow {
  return {
    row: "web-first-load",
    passes: ({ value, details }) => (value ?? Infinity) < MAX_MS && (details?.[SCRIPT_KB] ?? Infinity) <= MAX_SCRIPT_KB,
    async measure(): Promise<BenchResult> {
      await using server = await listServer(await record.folder());
      const samples: number[] = [];
      const cpuMs: number[] = [];
      let bytes = { gzipped: 0, plain: 0, all: 0 };
      // The first visit of all finds the server's code cold; a user's does so once a start.
      for (let index = 0; index <= VISITS; index++) {
        await using visited = await visit(server);
        await untilAtRest(visited);
        const before = await visited.cpuSeconds();
        if (index === 0) {
          bytes = await weigh(visited, server.url);
          continue;
        }
        samples.push(await load(visited, server.url));
        cpuMs.push(1000 * ((await visited.cpuSeconds()) - before));
      }
      return resultOf({
        row: "web-first-load",
        unit: "ms",
        target: `< ${MAX_MS} ms, scripts <= ${MAX_SCRIPT_KB} kB gzipped`,
        floor: null,
        samples,
        peakRssMb: server.peakRssMb(),
        details: {
          [SCRIPT_KB]: bytes.gzipped / 1000,
          "the same as they are sent, kB": bytes.plain / 1000,
          "all that is loaded, kB": bytes.all / 1000,
          "the browser's processor time a load, p50, ms": at(cpuMs, 0.5),
        },
      });
    },
  };
}

/** Who comes has a browser that runs: what one does at its own start is no part of a load. */
async function untilAtRest({ page, cpuSeconds }: Visit): Promise<void> {
  for (let used = Infinity; used > REST_CPU_SECONDS;) {
    const before = await cpuSeconds();
    await page.waitForTimeout(REST_MS);
    used = (await cpuSeconds()) - before;
  }
}

/** How long it takes. */
async function load({ page }: Visit, url: string): Promise<number> {
  await page.addInitScript(noteWhen(IS_LIVE));
  await page.goto(url);
  return await shownAt(page);
}

interface Weight {
  readonly gzipped: number;
  readonly plain: number;
  readonly all: number;
}

/** What is loaded, in bytes; the browser hands over all of it, which takes time of its own. */
async function weigh(visited: Visit, url: string): Promise<Weight> {
  const { page } = visited;
  const bodies: Promise<{ readonly isScript: boolean; readonly body: Buffer }>[] = [];
  page.on("response", (response) => {
    const isScript = response.request().resourceType() === "script";
    bodies.push(response.body().then((body) => ({ isScript, body })));
  });
  await load(visited, url);
  const all = await Promise.all(bodies);
  const scripts = all.filter(({ isScript }) => isScript).map(({ body }) => body);
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
  return {
    gzipped: sum(scripts.map((body) => gzipSync(body).length)),
    plain: sum(scripts.map((body) => body.length)),
    all: sum(all.map(({ body }) => body.length)),
  };
}

/** What `noteWhen` noted, once it has. */
export async function shownAt(page: Visit["page"]): Promise<number> {
  return await page.evaluate<number>(`new Promise((resolve) => {
    const look = () => (globalThis.shownAt === undefined ? setTimeout(look, 5) : resolve(globalThis.shownAt));
    look();
  })`);
}
