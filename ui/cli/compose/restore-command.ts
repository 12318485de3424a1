import { resolve } from "node:path";
import { restoreDataDir } from "../../../engine/operate.ts";
import { type Command, UsageError } from "../command.ts";
import { projectOf } from "./backup-command.ts";
import type { StartContext } from "./start-command.ts";

export function restoreCommand(context: StartContext): Command {
  return {
    name: "restore",
    usage: "FILE",
    summary: "Put a backup into the data directory of a stopped engine.",
    details:
      "The record that is there is moved aside into before-restore-1 (-2, …), never overwritten. What happened after the\n" +
      "backup is forgotten: runs that went then run again, and keys of runs that were asked for since are free again.",
    options: {},
    async run({ given, terminal, signal }) {
      const [file, ...more] = given.positionals;
      if (file === undefined || more.length > 0) throw new UsageError("name one file that sheaf backup wrote");
      if (context.deployment(given).settings.url !== null) {
        throw new UsageError(
          "it restores on the machine where the data directory is; go there, without --url and SHEAF_URL",
        );
      }
      const { dataDir } = projectOf(context, given);
      const { manifest, before } = await restoreDataDir({ ...context, dataDir, archive: resolve(file), signal });
      if (terminal.isJson) terminal.json({ dataDir, before, ...manifest });
      else {
        terminal.line(`${dataDir} is as ${manifest.project} was at ${manifest.createdAt}; start it with: sheaf start`);
        const leftOut = manifest.leftOut?.length ?? 0;
        if (leftOut > 0) {
          terminal.line(`${leftOut} values were gone or damaged before the backup; materialize again what needs them`);
        }
        if (before !== null) terminal.line(`what was there before is in ${before}`);
      }
      return 0;
    },
  };
}
