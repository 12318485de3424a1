import type { Sensor } from "../core/automation.ts";
import { EngineError } from "../core/errors.ts";
import { failureOf } from "../core/failure.ts";
import { automationOwner, type EvaluationBasis } from "./evaluation.ts";

/** What tells a sensor, between polls, that it is worth a look; the polls go on without it. */
export interface SensorWatch {
  /** Begins to watch, where it does not yet. Where that fails, the next call tries again. */
  start(): void;
  stop(): void;
}

export interface SensorWatchParams extends Pick<EvaluationBasis, "resources" | "scopes" | "onInternalError"> {
  readonly wake: () => void;
  /** Aborts when the engine stops. */
  readonly signal: AbortSignal;
}

export function openSensorWatch(sensor: Sensor, params: SensorWatchParams): SensorWatch {
  const { name, watch } = sensor;
  let isStarted = false;
  let watcher: Disposable | null = null;
  /** The same failure is told once, not at each poll. */
  let toldFailure = "";
  /** Of resources that live as long as the watch. */
  const user = {};

  const begin = async (): Promise<void> => {
    if (watch === null) return;
    try {
      const resources = await params.resources.values(sensor.resources, user);
      const owner = automationOwner(name, params);
      watcher = await params.scopes.run(owner, () => watch({ resources, wake: params.wake }));
      toldFailure = "";
    } catch (error) {
      isStarted = false;
      const { message } = failureOf(error);
      if (message === toldFailure || params.signal.aborted) return;
      toldFailure = message;
      params.onInternalError(
        new EngineError("user_code", `the sensor ${name} cannot watch, it only polls: ${message}`, { cause: error }),
      );
    }
    if (params.signal.aborted) stop();
  };

  const stop = (): void => {
    try {
      watcher?.[Symbol.dispose]();
    } catch (error) {
      params.onInternalError(error);
    }
    watcher = null;
    void params.resources.closeFor(user);
  };

  return {
    start() {
      if (isStarted) return;
      isStarted = true;
      void begin();
    },
    stop,
  };
}
