import { buildCatalog, type Catalog, type Definition } from "../../engine/core/catalog.ts";
import { declareDefinitions } from "../../engine/runtime/declare.ts";
import type { EngineQueries } from "../../engine/runtime/operations.ts";
import { engineQueries } from "../../engine/runtime/queries/engine-queries.ts";
import type { LiveState } from "../../engine/runtime/queries/live-state.ts";
import { type RecordRig, recordRig } from "./record.ts";

/** A record with definitions and the views of it; what an engine does right now is what the test says. */
export interface ShownRecord extends AsyncDisposable {
  readonly rig: RecordRig;
  readonly catalog: Catalog;
  readonly shown: EngineQueries;
}

const idle: LiveState = {
  progressOf: () => null,
  waitOf: () => null,
  waitReason: () => null,
  limits: () => [],
  nextTimes: () => [],
  isEnabled: () => true,
};

export async function shownRecord(
  definitions: readonly Definition[],
  live: Partial<LiveState> = {},
): Promise<ShownRecord> {
  const rig = await recordRig();
  const catalog = buildCatalog(definitions.map((definition) => ({ definition, location: "test" })));
  await rig.write((tx) => declareDefinitions(tx, catalog));
  const { store, clock } = rig;
  const shown = engineQueries({ store, clock, catalog, live: { ...idle, ...live } });
  return {
    rig,
    catalog,
    shown,
    async [Symbol.asyncDispose]() {
      shown.close();
      await rig[Symbol.asyncDispose]();
    },
  };
}
