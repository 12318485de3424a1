import type { JsonObject, StepLog } from "../../engine/index.ts";
import type { SummonLog } from "../harvest/summon/summon-report.ts";

/** The harvester's log as the step's. Fields that are not JSON are shown as text. */
export function harvestLog(log: StepLog): SummonLog {
  return (level, message, fields) => log[level === "warn" ? "warning" : level](message, plainFields(fields));
}

function plainFields(fields: Readonly<Record<string, unknown>> | undefined): JsonObject {
  return fields === undefined ? {} : (JSON.parse(JSON.stringify(fields)) as JsonObject);
}

/** A report as plain JSON: values and metadata of assets are. */
export function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject;
}
