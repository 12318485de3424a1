import { useState } from "react";
import type { PreviewView } from "../../../engine/operate.ts";
import { Button } from "../design/button.tsx";
import { Chip } from "../design/chip.tsx";
import { Clamped } from "../design/clamped.tsx";
import { countText, counted } from "../design/format.ts";
import classes from "./preview.module.css";

type Wave = PreviewView["waves"][number];

/** Keys and steps that are shown at once. */
const FIRST_KEYS = 6;
const FIRST_STEPS = 12;

/** What the server says it would run: how many, in what order, and why. `isOld`: a newer answer is on its way. */
export function Preview({ preview, isOld }: { readonly preview: PreviewView; readonly isOld: boolean }) {
  const { runs, steps, waves, reason } = preview;
  return (
    <section className={classes["preview"]} aria-label="What would run" aria-busy={isOld} data-old={isOld}>
      <p className={classes["sum"]} role="status">
        {runs === 0 ? "Nothing would run" : `${counted(runs, "run")} of ${counted(steps, "step")} in all`}
      </p>
      {runs === 0 && <p className={classes["soft"]}>{reason}</p>}
      {runs > 1 && (
        <p className={classes["soft"]}>
          {waves.length > 1
            ? `A backfill in ${waves.length} waves: each begins when the one before has ended.`
            : "A backfill: its runs start side by side, as far as limits and pools allow."}
        </p>
      )}
      {waves
        .filter((wave) => wave.partitionSet === null || wave.partitions > 0)
        .map((wave, at) => (
          <WaveView key={nameOf(wave)} wave={wave} at={waves.length > 1 ? at + 1 : null} />
        ))}
    </section>
  );
}

/** A wave's assets and checks occur in no other. */
function nameOf({ assets, checks }: Wave): string {
  return [...assets, ...checks].join();
}

function WaveView({ wave, at }: { readonly wave: Wave; readonly at: number | null }) {
  const what = [...wave.assets, ...wave.checks.map((check) => `check ${check}`)];
  return (
    <div className={classes["wave"]}>
      <p className={classes["waveHead"]}>
        {at !== null && <strong>Wave {at}</strong>}
        <span>{what.join(" → ")}</span>
        {wave.partitionSet !== null && (
          <span className={classes["soft"]}>
            for {countText(wave.partitions)} of {wave.partitionSet}
          </span>
        )}
      </p>
      {wave.keys.length > 0 && <Keys wave={wave} />}
      <Steps wave={wave} />
    </div>
  );
}

function Keys({ wave }: { readonly wave: Wave }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? wave.keys : wave.keys.slice(0, FIRST_KEYS);
  const unsaid = wave.partitions - shown.length;
  return (
    <p className={classes["keys"]}>
      {shown.map((key) => (
        <Chip key={key}>{key}</Chip>
      ))}
      {unsaid > 0 &&
        (isWhole || wave.keys.length <= FIRST_KEYS ? (
          <span className={classes["soft"]}>and {countText(unsaid)} more</span>
        ) : (
          <Button tone="quiet" onClick={() => setWhole(true)}>
            and {countText(unsaid)} more
          </Button>
        ))}
    </p>
  );
}

function Steps({ wave }: { readonly wave: Wave }) {
  const [isWhole, setWhole] = useState(false);
  const { firstRun } = wave;
  const shown = isWhole ? firstRun : firstRun.slice(0, FIRST_STEPS);
  if (firstRun.length === 0) return null;
  return (
    <div>
      {wave.partitions > 1 && <p className={classes["soft"]}>The first run:</p>}
      <ol className={classes["steps"]}>
        {shown.map((step) => (
          <li key={`${step.assets.join()} ${step.check} ${step.partition}`}>
            <span>
              {step.check === null ? step.assets.join(", ") : `check ${step.check}`}
              {step.partition !== null && (
                <b>
                  <Clamped text={step.partition} />
                </b>
              )}
              {step.after.length > 0 && (
                <span className={classes["soft"]}> after {step.after.map((ordinal) => ordinal + 1).join(", ")}</span>
              )}
            </span>
            <p>{step.reason}</p>
          </li>
        ))}
      </ol>
      {!isWhole && firstRun.length > FIRST_STEPS && (
        <Button tone="quiet" onClick={() => setWhole(true)}>
          All {firstRun.length} steps
        </Button>
      )}
    </div>
  );
}
