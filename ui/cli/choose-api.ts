import { existsSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../engine/operate.ts";
import { socketPath } from "../server/control-socket.ts";
import { type Api, ApiProblem, httpApi } from "./api.ts";
import type { CommandContext } from "./command.ts";
import type { SheafSettings } from "./settings.ts";

export interface ChooseApiParams {
  readonly settings: () => SheafSettings;
  readonly project: string | undefined;
  readonly offline: () => Promise<Api>;
}

export interface ChosenApi {
  readonly open: CommandContext["api"];
  close(): Promise<void>;
}

/** `--url`, else the control socket of the engine that runs, else its record, where reading is all that is wanted. */
export function chooseApi({ settings, project, offline }: ChooseApiParams): ChosenApi {
  let opened: Api | null = null;
  const open = async (use: "reading" | "changing"): Promise<Api> => {
    if (opened !== null) return opened;
    const { url, token, dataDir } = settings();
    if (url !== null) {
      opened = httpApi({ where: url, project, at: { url: new URL(url), token } });
      return opened;
    }
    const file = join(dataDir, "control.sock");
    const api = httpApi({ where: file, project, at: { socketPath: socketPath(file) } });
    if (existsSync(file) && (await answers(api))) opened = api;
    else if (use === "reading") opened = await offline();
    else {
      throw new EngineError(
        "conflict",
        `no engine runs on ${dataDir}. Start one with: sheaf start; or name another by --data-dir or --url`,
      );
    }
    return opened;
  };
  return {
    open,
    async close() {
      await opened?.close();
    },
  };
}

/** A killed engine leaves its socket behind. */
async function answers(api: Api): Promise<boolean> {
  try {
    await api.get("/health");
    return true;
  } catch (error) {
    if (error instanceof ApiProblem) return true;
    return false;
  }
}
