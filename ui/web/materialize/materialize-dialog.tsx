import { useEffect, useEffectEvent, useMemo, useState } from "react";
import type { JobView, JsonObject, MaterializeRequest, Page } from "../../../engine/operate.ts";
import { SameBy } from "../app/same-by.tsx";
import { type Loaded, useConsole, useLoaded, useRefusal, useTopic } from "../app/console.tsx";
import { Button } from "../design/button.tsx";
import { Chip, Kbd } from "../design/chip.tsx";
import { Dialog } from "../design/dialog.tsx";
import { counted } from "../design/format.ts";
import { Skeleton, Trouble } from "../design/notes.tsx";
import { assetsModel } from "../live/models.ts";
import { sheafLine } from "./command-lines.ts";
import classes from "./materialize-dialog.module.css";
import { MoreFields, Neighbours, PartitionChoices } from "./materialize-fields.tsx";
import { firstForm, type FormProblems, likelyChoice, type MaterializeForm, requestOf } from "./materialize-form.ts";
import type { MaterializeTarget } from "./materialize-target.ts";
import { Preview } from "./preview.tsx";
import { selectedAssets } from "./selected-assets.ts";
import { usePreview } from "./use-preview.ts";

export interface MaterializeDialogProps {
  readonly target: MaterializeTarget;
  readonly onClose: () => void;
}

/** Asks what to make, shows what that would run, and runs it. */
export function MaterializeDialog({ target, onClose }: MaterializeDialogProps) {
  const refusal = useRefusal("operator");
  const [form, setForm] = useState(() => firstForm(target));
  const { sets, counts, isReady } = useTargetFacts(target, form);
  // Once: what changes while somebody looks must not change what he is about to start.
  if (isReady && form.choice === null) setForm({ ...form, choice: likelyChoice(counts) });
  const { request, problems } = requestOf(target, form, { isPartitioned: sets.length > 0 });
  const { answer, isOld, reload } = usePreview(request, { mayAsk: refusal === null && isReady });
  const launch = useLaunch(request);
  const runs = answer.type === "ready" && !isOld ? answer.data.runs : null;
  const whyNot = refusal ?? whyNotYet({ answer: answer.type, runs, problems });
  const confirm = useEffectEvent(() => {
    if (whyNot === null) launch.go();
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      confirm();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  const change = (part: Partial<MaterializeForm>): void => setForm((before) => ({ ...before, ...part }));
  return (
    <Dialog
      title={target.job === undefined ? "Materialize" : `Run ${target.job}`}
      size="large"
      isLoading={!isReady}
      onClose={onClose}
      actions={
        <>
          <span className={classes["copies"]}>
            The same by
            <SameBy
              sheaf={sheafLine(request)}
              request={{ method: "POST", path: "/materialize", body: request as unknown as JsonObject }}
            />
          </span>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" icon="play" busy={launch.isBusy} refusal={whyNot} onClick={launch.go}>
            {runs === null || runs === 0 ? "Materialize" : `Start ${counted(runs, "run")}`} <Kbd keys="Ctrl ↵" />
          </Button>
        </>
      }
    >
      <div className={classes["columns"]}>
        <div className={classes["form"]}>
          {target.assets !== undefined && (
            <p className={classes["what"]}>
              {target.assets.map((key) => (
                <Chip key={key}>{key}</Chip>
              ))}
            </p>
          )}
          {sets.length > 0 && (
            <PartitionChoices form={form} onChange={change} chosen={target.chosen?.count ?? null} counts={counts} />
          )}
          {target.job === undefined && <Neighbours form={form} onChange={change} />}
          <MoreFields form={form} onChange={change} problems={problems} />
        </div>
        <div>
          {launch.error !== null && <Trouble title="Not started" message={launch.error} />}
          {refusal !== null && <Trouble title="You may look, not start" message={refusal} />}
          {refusal === null && answer.type === "loading" && <Skeleton lines={5} />}
          {answer.type === "failed" && (
            <Trouble title="This cannot run" message={answer.error.message} onRetry={reload} />
          )}
          {answer.type === "ready" && <Preview preview={answer.data} isOld={isOld} />}
        </div>
      </div>
    </Dialog>
  );
}

/** Why it cannot be confirmed as things stand; null where it can. */
function whyNotYet(of: {
  answer: Loaded<unknown>["type"];
  runs: number | null;
  problems: FormProblems;
}): string | null {
  const [problem] = Object.values(of.problems);
  if (problem !== undefined) return problem;
  if (of.answer === "failed") return "See what is wrong above.";
  if (of.runs === null) return "Its preview is on its way.";
  return of.runs === 0 ? "Nothing would run." : null;
}

/** By which sets the wanted assets are partitioned, and how the partitions of a single one stand. */
function useTargetFacts(target: MaterializeTarget, form: MaterializeForm) {
  const assets = useTopic("assets", assetsModel);
  const jobs = useLoaded(target.job ?? null, (api, signal) => api.get<Page<JobView>>("/jobs", {}, signal));
  const job = jobs.type === "ready" ? jobs.data.items.find(({ name }) => name === target.job) : undefined;
  const { withUpstream, withDownstream } = form;
  return useMemo(() => {
    const known = assets.type === "ready" ? assets.data : new Map<string, never>();
    const given = target.assets ?? job?.assets ?? [];
    const keys = selectedAssets(known, given, { withUpstream, withDownstream });
    const sets = new Set(keys.flatMap((key) => known.get(key)?.partitionSet ?? []));
    const [only] = given;
    return {
      sets: [...sets],
      counts: given.length === 1 && only !== undefined ? (known.get(only)?.partitions ?? null) : null,
      isReady: assets.type === "ready" && (target.job === undefined || job !== undefined || jobs.type === "failed"),
    };
  }, [assets, target, job, jobs.type, withUpstream, withDownstream]);
}

interface Asked {
  readonly runs?: readonly string[];
  readonly backfill?: string;
}

/** Sends the request and goes to what it made. */
function useLaunch(request: MaterializeRequest) {
  const { api, navigation, materialize, following } = useConsole();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const go = (): void => {
    if (isBusy) return;
    setBusy(true);
    setError(null);
    api
      .post<Asked>("/materialize", request)
      .then(({ runs = [], backfill }) => {
        const [run] = runs;
        following.followRuns(runs);
        if (backfill !== undefined) following.followBackfill(backfill);
        materialize.set(null);
        // Back leads to the page that the dialog lay over, without it.
        navigation.setSearch({ materialize: undefined }, { replace: true });
        if (backfill !== undefined) navigation.go({ page: "backfill", id: backfill });
        else if (run !== undefined) navigation.go({ page: "run", id: run });
      })
      .catch((problem: unknown) => {
        setError(problem instanceof Error ? problem.message : String(problem));
        setBusy(false);
      });
  };
  return { isBusy, error, go };
}
