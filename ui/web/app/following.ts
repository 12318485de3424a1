import type { BackfillView, RunView } from "../../../engine/operate.ts";
import { runName } from "../design/names.ts";
import { counted } from "../design/format.ts";
import { store, type Store } from "./store.ts";
import type { Toast } from "./toasts.ts";

/** Followed at the same time; the oldest are given up first. */
export const MAX_FOLLOWED = 200;
/** Of a failure's message, in a toast. */
const SHOWN_CHARACTERS = 140;

/** Runs that were started together, or one; their end is told once, of all of them. */
interface Group {
  readonly open: ReadonlySet<string>;
  readonly ended: readonly RunView[];
}

export interface Followed {
  /** Runs and backfills whose end is not known yet. */
  readonly runs: ReadonlySet<string>;
  readonly backfills: ReadonlySet<string>;
}

export type News = Omit<Toast, "id">;

/** What this viewer started or looked at while it went on, and wants to hear the end of. Not what others do. */
export interface Following extends Pick<Store<Followed>, "current" | "subscribe"> {
  followRuns(ids: readonly string[]): void;
  followBackfill(id: string): void;
  /** Takes the end of a run; the news of it, unless others of its group go on. */
  runEnded(run: RunView): News | null;
  backfillEnded(backfill: BackfillView): News | null;
  /** This run is gone; the news of the others of its group, where they have all ended. */
  runGone(id: string): News | null;
}

export function following(): Following {
  const followed = store<Followed>({ runs: new Set(), backfills: new Set() });
  let groups: readonly Group[] = [];
  const become = (next: readonly Group[], backfills = followed.current().backfills): void => {
    let left = MAX_FOLLOWED;
    groups = next.filter(({ open }) => open.size > 0 && (left -= open.size) >= 0);
    followed.set({ runs: new Set(groups.flatMap(({ open }) => [...open])), backfills });
  };
  const settle = (id: string, run: RunView | null): News | null => {
    const group = groups.find(({ open }) => open.has(id));
    if (group === undefined) return null;
    const ended = run === null ? group.ended : [...group.ended, run];
    const open = minus(group.open, id);
    become(groups.map((one) => (one === group ? { open, ended } : one)));
    return open.size > 0 || ended.length === 0 ? null : newsOfRuns(ended);
  };
  return Object.freeze({
    current: followed.current,
    subscribe: followed.subscribe,
    followRuns(ids: readonly string[]) {
      const open = new Set(ids.filter((id) => !followed.current().runs.has(id)));
      if (open.size > 0) become([{ open, ended: [] }, ...groups]);
    },
    followBackfill(id: string) {
      const { backfills } = followed.current();
      if (!backfills.has(id)) become(groups, new Set([...backfills, id]));
    },
    runEnded: (run: RunView) => settle(run.id, run),
    runGone: (id: string) => settle(id, null),
    backfillEnded(backfill: BackfillView) {
      const { backfills } = followed.current();
      if (!backfills.has(backfill.id)) return null;
      become(groups, minus(backfills, backfill.id));
      return newsOfBackfill(backfill);
    },
  });
}

function minus(ids: ReadonlySet<string>, id: string): ReadonlySet<string> {
  return new Set([...ids].filter((one) => one !== id));
}

function toneOf(status: string): News["tone"] {
  return status === "succeeded" ? "good" : status === "failed" ? "bad" : "plain";
}

function newsOfRuns(runs: readonly RunView[]): News {
  const [run] = runs;
  if (run === undefined) throw new Error("a group has a run");
  if (runs.length === 1) {
    const name = `${runName(run)}${run.partition === null ? "" : ` of ${run.partition}`}`;
    const why = run.status === "failed" && run.error !== null ? `: ${shortened(run.error.message)}` : ".";
    return {
      tone: toneOf(run.status),
      text: `${name} ${saidOf(run.status)}${why}`,
      link: { route: { page: "run", id: run.id }, label: "Show" },
    };
  }
  const failed = runs.filter(({ status }) => status === "failed");
  const others = runs.length - failed.length;
  const text =
    failed.length === 0
      ? `${counted(others, "run")} that you started ended.`
      : `${counted(runs.length, "run")} that you started ended, ${failed.length} of them failed.`;
  return {
    tone: failed.length === 0 ? "good" : "bad",
    text,
    link: { route: { page: "runs" }, label: "Runs" },
  };
}

function newsOfBackfill({ id, status, job, assets, total, failed }: BackfillView): News {
  const name = job ?? assets.join(", ");
  const what = failed > 0 ? `, ${failed} of ${counted(total, "run")} failed` : `, ${counted(total, "run")}`;
  return {
    tone: toneOf(status),
    text: `The backfill of ${name} ${saidOf(status)}${what}.`,
    link: { route: { page: "backfill", id }, label: "Show" },
  };
}

function saidOf(status: string): string {
  return status === "canceled" ? "was canceled" : status;
}

function shortened(text: string): string {
  const [line = ""] = text.split("\n", 1);
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}
