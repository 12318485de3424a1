import type { AssetPartitionView, MatrixView, Page, RunView } from "../../../engine/operate.ts";
import type { BenchResult, BenchRow } from "../bench-row.ts";
import { resultOf } from "../engine/figures.ts";
import { listServer, type ListServer } from "../list-api/list-server.ts";
import { busyShare } from "./figures.ts";
import { shownAt } from "./first-load.ts";
import { watchMainThread } from "./main-thread.ts";
import { patchServer, type SendParams } from "./patch-server.ts";
import type { ConsoleRecord } from "./record.ts";
import { idleScript, noteWhen } from "./scripts.ts";
import { visit } from "./visit.ts";

const PER_SECOND = 1000;
const SECONDS = 10;
const MAX_BUSY = 30;
const ASSET = "load/upload";
const WORDS = ["running", "materialized"] as const;

interface Shown {
  readonly name: string;
  readonly path: string;
  /** When the page shows what the patches are about, as an expression. */
  readonly isThere: string;
  readonly patches: Pick<SendParams, "topic" | "patch">;
}

/** 1,000 patches a second, on pages that show what they are of. Its value is the share of the main thread's time. */
export function livePatches(record: ConsoleRecord): BenchRow {
  return {
    row: "live-patches",
    passes: ({ value }) => (value ?? Infinity) < MAX_BUSY,
    async measure(): Promise<BenchResult> {
      await using server = await listServer(await record.folder());
      const samples: number[] = [];
      const details: Record<string, number> = {};
      for (const shown of [await matrixPatches(server), await runPatches(server)]) {
        await using between = await patchServer(server.url);
        await using visited = await visit({ ...server, url: between.url });
        await visited.page.addInitScript(noteWhen(shown.isThere));
        await visited.page.goto(new URL(shown.path, between.url).href);
        await shownAt(visited.page);
        const before = await visited.page.locator("main").textContent();
        const sending = between.send({ ...shown.patches, perSecond: PER_SECOND, seconds: SECONDS });
        const watched = await watchMainThread(visited.page, idleScript(SECONDS * 1000));
        await sending;
        if ((await visited.page.locator("main").textContent()) === before) {
          throw new Error(`${shown.name} did not show the patches`);
        }
        const { busy, cpu } = busyShare(watched);
        samples.push(busy);
        details[`${shown.name}: main thread busy, %`] = busy;
        details[`${shown.name}: its processor time, %`] = cpu;
      }
      return resultOf({
        row: "live-patches",
        unit: "% of the main thread",
        target: `< ${MAX_BUSY} % at ${PER_SECOND} patches a second`,
        value: Math.max(...samples),
        floor: null,
        samples,
        details,
      });
    },
  };
}

/** Partitions of a whole matrix, one after the other, begin to run and are made. */
async function matrixPatches(server: ListServer): Promise<Shown> {
  const asset = encodeURIComponent(ASSET);
  const matrix = await read<MatrixView>(server, `/api/assets/${asset}/matrix`);
  const { items } = await read<Page<AssetPartitionView>>(
    server,
    `/api/assets/${asset}/partitions?status=materialized&limit=500`,
  );
  const rows = matrix.rows.keys;
  const columns = matrix.columns.keys;
  const counts = null;
  return {
    name: "a matrix of 400,000",
    path: `/assets/${asset}?tab=partitions`,
    isThere: `document.querySelector('[role="grid"][aria-rowcount="2000"]:not([aria-busy="true"])') !== null`,
    patches: {
      topic: `partitions:${ASSET}`,
      patch(index) {
        const place = Math.floor(index / 2);
        const source = rows[place % rows.length] ?? "";
        const tenant = columns[Math.floor(place / rows.length) % columns.length] ?? "";
        const like = items[place % items.length];
        const item = { ...like, key: `${source}|${tenant}`, parts: { source, tenant }, status: WORDS[index % 2] };
        return { items: [item], counts };
      },
    },
  };
}

const STATUSES = ["running", "failed", "succeeded"] as const;

/** The newest runs, one after the other, begin and end. */
async function runPatches(server: ListServer): Promise<Shown> {
  const { items } = await read<Page<RunView>>(server, "/api/runs?limit=50");
  return {
    name: "a list of runs",
    path: "/runs",
    isThere: `document.querySelector('[role="row"][data-index]') !== null`,
    patches: {
      topic: "runs",
      patch(index) {
        // Three, so that no rhythm of drawing finds most runs as it left them.
        const status = STATUSES[(index + Math.floor(index / items.length)) % STATUSES.length];
        return { items: [{ ...items[index % items.length], status }] };
      },
    },
  };
}

async function read<T>(server: ListServer, path: string): Promise<T> {
  return JSON.parse((await server.get(path)).text) as T;
}
