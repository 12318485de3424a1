import type { MaterializeRequest, PartitionCounts } from "../../../engine/operate.ts";
import type { MaterializeTarget } from "./materialize-target.ts";

/** Which partitions, of those that the dialog offers. */
export const partitionChoices = ["chosen", "missing", "failed", "stale", "all"] as const;
export type PartitionChoice = (typeof partitionChoices)[number];

export const keyPolicies = ["once", "until-success", "always"] as const;
export type KeyPolicy = (typeof keyPolicies)[number];

/** What stands in the dialog's fields. */
export interface MaterializeForm {
  /** Null until it is known which partitions there are. */
  readonly choice: PartitionChoice | null;
  readonly withUpstream: boolean;
  readonly withDownstream: boolean;
  /** `name=value`, one a line. */
  readonly tags: string;
  readonly priority: string;
  readonly runKey: string;
  readonly keyPolicy: KeyPolicy;
}

export function firstForm(target: MaterializeTarget): MaterializeForm {
  return {
    choice: target.chosen === undefined ? null : "chosen",
    withUpstream: false,
    withDownstream: false,
    tags: "",
    priority: "",
    runKey: "",
    keyPolicy: "once",
  };
}

/** What is most likely wanted: what is lacking, else what failed, else what is out of date, else all of it anew. */
export function likelyChoice(counts: PartitionCounts | null): PartitionChoice {
  if (counts === null || counts.missing > 0) return "missing";
  if (counts.failed > 0) return "failed";
  return counts.stale > 0 ? "stale" : "all";
}

export type FormProblems = Partial<Record<"tags" | "priority" | "runKey", string>>;

export interface AskedRequest {
  readonly request: MaterializeRequest;
  readonly problems: FormProblems;
}

/** The request that the fields make; fields with a problem are left out of it. */
export function requestOf(
  target: MaterializeTarget,
  form: MaterializeForm,
  { isPartitioned }: { readonly isPartitioned: boolean },
): AskedRequest {
  const tags = tagsOf(form.tags);
  const priority = priorityOf(form.priority);
  const problems: FormProblems = {
    ...(tags === null ? { tags: "Write name=value, one a line." } : {}),
    ...(priority === null ? { priority: "A whole number, higher goes first." } : {}),
  };
  const runKey = form.runKey.trim();
  return {
    problems,
    request: {
      ...whatOf(target, form),
      ...(isPartitioned ? { partitions: partitionsOf(target, form.choice) } : {}),
      ...(tags === null || Object.keys(tags).length === 0 ? {} : { tags }),
      ...(priority === null || priority === undefined ? {} : { priority }),
      ...(runKey === "" ? {} : { runKey, keyPolicy: form.keyPolicy }),
    },
  };
}

function whatOf({ assets = [], job }: MaterializeTarget, form: MaterializeForm): MaterializeRequest {
  if (job !== undefined) return { job };
  if (!form.withUpstream && !form.withDownstream) return { assets };
  return { selection: selectionText(assets, form) };
}

/** `+a+ or +b+`, in the selection language. */
export function selectionText(
  assets: readonly string[],
  { withUpstream, withDownstream }: Pick<MaterializeForm, "withUpstream" | "withDownstream">,
): string {
  return assets.map((key) => `${withUpstream ? "+" : ""}${key}${withDownstream ? "+" : ""}`).join(" or ");
}

function partitionsOf({ chosen }: MaterializeTarget, choice: PartitionChoice | null): MaterializeRequest["partitions"] {
  if (choice === "chosen") return chosen?.partitions ?? "missing";
  return choice ?? "missing";
}

function tagsOf(text: string): Readonly<Record<string, string>> | null {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const pairs = lines.map((line): [string, string] | null => {
    const at = line.indexOf("=");
    return at < 1 ? null : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  return pairs.some((pair) => pair === null)
    ? null
    : Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair !== null));
}

/** Undefined: none given; null: no number. */
function priorityOf(text: string): number | undefined | null {
  if (text.trim() === "") return undefined;
  return /^-?\d{1,9}$/.test(text.trim()) ? Number(text) : null;
}
