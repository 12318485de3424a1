import { type Engine, EngineError } from "../../../../engine/operate.ts";
import type { SystemInfo } from "../../server-options.ts";
import type { Topic } from "../topic.ts";
import { assetsTopic, assetTopic } from "./assets.ts";
import { automationTopic } from "./automation.ts";
import { backfillsTopic } from "./backfills.ts";
import { partitionsTopic } from "./partitions.ts";
import { runTopic } from "./run.ts";
import { runsTopic } from "./runs.ts";
import { systemTopic } from "./system.ts";

/** The topic of a name. Throws `invalid_request` where there is none such. */
export function openTopic(name: string, { engine, system }: { engine: Engine; system: SystemInfo }): Topic {
  const [, kind = name, of = ""] = /^(run|asset|partitions):(.+)$/s.exec(name) ?? [];
  switch (kind) {
    case "run":
      return runTopic(engine, of);
    case "asset":
      return assetTopic(engine, of);
    case "partitions":
      return partitionsTopic(engine, of);
    case "runs":
      return runsTopic(engine);
    case "assets":
      return assetsTopic(engine);
    case "automation":
      return automationTopic(engine);
    case "backfills":
      return backfillsTopic(engine);
    case "system":
      return systemTopic(engine, system);
    default:
      throw new EngineError(
        "invalid_request",
        "no such topic; expected runs, run:<id>, assets, asset:<key>, partitions:<key>, automation, backfills or system",
      );
  }
}
