import {
  type Asset,
  type CheckFacts,
  CHECKED,
  type Dependencies,
  type Dependency,
  dependency,
  type Inputs,
  type StepDefinition,
  type StepOptions,
} from "./assets.ts";
import { EngineError } from "./errors.ts";
import type { Json, JsonObject } from "./json.ts";
import { checkName } from "./names.ts";
import type { Skip } from "./outcome.ts";
import type { Partition } from "./partitions.ts";
import type { ResourceMap, ResourceValues } from "./resources.ts";
import type { RunContext } from "./run-context.ts";
import type { CheckSeverity, Verdict } from "./verdict.ts";

/**
 * Code that judges what was made of an asset, one partition at a time, as a step of its own. A blocking check that
 * fails with the severity `error` fails its step and its run, and keeps what depends on the asset in that run from
 * starting; any other verdict is recorded and shown.
 */
export interface AssetCheck extends CheckFacts {
  readonly type: "check";
  readonly step: StepDefinition;
}

/** A materialization of the asset's partition as a check sees it. */
export interface MadeFacts {
  readonly runId: string;
  readonly atMs: number;
  readonly dataVersion: string;
  readonly codeVersion: string | null;
  readonly metadata: JsonObject;
}

/** What a check judges. */
export interface Judged {
  /** Parsed when it is first asked for. */
  readonly value: () => Json;
  readonly made: MadeFacts;
  /** The one that it replaced. */
  readonly previous: MadeFacts | null;
}

export interface CheckContext<
  V = unknown,
  I = Readonly<Record<string, unknown>>,
  R = Readonly<Record<string, unknown>>,
  P = Partition | null,
> extends RunContext<I, R, P> {
  /** What the asset's code returned. */
  readonly value: V;
  /** Of the materialization that is judged. */
  readonly metadata: JsonObject;
  readonly made: MadeFacts;
  /** The materialization before it, to compare with; null where there is none. */
  readonly previous: MadeFacts | null;
}

type ContextFor<O, S extends string, D extends Dependencies, R extends ResourceMap> = CheckContext<
  O,
  Inputs<D, S>,
  ResourceValues<R>,
  [S] extends [never] ? null : Partition
>;

export interface AssetCheckOptions<O, S extends string, D extends Dependencies, R extends ResourceMap> extends Omit<
  StepOptions<D, R, never>,
  "partitions"
> {
  /** Among the checks of its asset. */
  readonly name: string;
  /** It is partitioned as its asset is. */
  readonly asset: Asset<O, S>;
  readonly description?: string;
  /** Whether its failure with the severity `error` keeps what depends on the asset from starting. Default false. */
  readonly blocking?: boolean;
  /** Of a failure whose verdict names none. Default `error`. */
  readonly severity?: CheckSeverity;
  readonly run: (context: ContextFor<O, S, D, R>) => Verdict | Skip | Promise<Verdict | Skip>;
}

/** Declares a check of an asset. Throws `definition` on a bad name. */
export function defineAssetCheck<
  O,
  S extends string,
  const D extends Dependencies = {},
  const R extends ResourceMap = {},
>(options: AssetCheckOptions<O, S, D, R>): AssetCheck {
  checkName("check", options.name);
  if ((options.asset as Asset | undefined)?.type !== "asset") {
    throw new EngineError(
      "definition",
      `the check "${options.name}" is of no asset; was its module imported in a circle?`,
    );
  }
  const asset = options.asset as Asset;
  if (CHECKED in (options.deps ?? {})) {
    throw new EngineError("definition", `a dependency of the check "${options.name}" needs a name`);
  }
  const facts: CheckFacts = {
    key: `${asset.key}:${options.name}`,
    name: options.name,
    asset,
    description: options.description ?? "",
    blocking: options.blocking ?? false,
    severity: options.severity ?? "error",
  };
  const named = Object.entries<Dependencies[string]>(options.deps ?? {}).map(([name, spec]) => dependency(name, spec));
  const step: StepDefinition = Object.freeze({
    outputs: new Map(),
    check: Object.freeze(facts),
    dependencies: Object.freeze([dependency(CHECKED, asset), ...named]),
    partitions: asset.partitions,
    resources: Object.freeze({ ...options.resources }),
    pool: options.pool ?? null,
    retry: options.retry ?? null,
    timeoutMs: options.timeoutMs ?? null,
    workerModule: options.workerModule ?? null,
    run: options.run as (context: RunContext) => unknown,
  });
  return Object.freeze({ type: "check", ...facts, step });
}

/** The context of a check: that of any step, and what it judges. */
export function checkContext(context: RunContext, judged: Judged): CheckContext {
  return {
    ...context,
    get value() {
      return judged.value();
    },
    metadata: judged.made.metadata,
    made: judged.made,
    previous: judged.previous,
  };
}

/** Whether blocking checks of the upstream asset stand in the way: not before a check of it, nor where its end is enough. */
export function isGated({ name, after }: Dependency): boolean {
  return name !== CHECKED && after === "success";
}
