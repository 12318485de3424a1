import { isTerminalRun, type LogLineView, type Page, type RunDetailView } from "../../../engine/operate.ts";
import type { Api } from "../api.ts";
import { type Command, UsageError } from "../command.ts";
import { printable, type Style, type Terminal } from "../terminal.ts";
import { wholeNumber } from "./materialize.ts";

const POLL_INTERVAL_MS = 500;
const PAGE_LINES = 500;

const levelStyles: Readonly<Record<LogLineView["level"], Style>> = {
  debug: "dim",
  info: "bold",
  warning: "yellow",
  error: "red",
};

export const logsCommand: Command = {
  name: "logs",
  usage: "<run id>",
  summary: "Print a run's log, oldest first.",
  options: {
    follow: { type: "boolean", short: "f", summary: "go on until the run ends" },
    step: { type: "string", value: "number", summary: "of this step alone" },
  },
  async run(context) {
    const { given, terminal, clock, signal } = context;
    const [id, ...rest] = given.positionals;
    if (id === undefined || rest.length > 0) throw new UsageError("logs takes the id of one run");
    const step = given.text("step");
    const query = step === undefined ? "" : `&step=${wholeNumber("--step", step)}`;
    const path = `/runs/${encodeURIComponent(id)}`;
    const api = await context.api("reading");
    let after: string | null = null;
    for (;;) {
      // Asked first, so that what a run logs at its end is not missed.
      const run: RunDetailView = await api.get<RunDetailView>(path);
      after = await printFrom(after, { api, path, query, terminal });
      if (!given.flag("follow") || isTerminalRun(run.status)) return 0;
      await clock.sleep(POLL_INTERVAL_MS, signal);
    }
  },
};

interface PrintParams {
  readonly api: Api;
  readonly path: string;
  readonly query: string;
  readonly terminal: Terminal;
}

/** Prints all lines there are after one, and says which was the last. */
async function printFrom(first: string | null, { api, path, query, terminal }: PrintParams): Promise<string | null> {
  let after = first;
  for (;;) {
    const start = after === null ? "" : `&after=${encodeURIComponent(after)}`;
    const page = await api.get<Page<LogLineView>>(`${path}/logs?limit=${PAGE_LINES}${query}${start}`);
    for (const line of page.items) print(line, terminal);
    after = page.items.at(-1)?.id ?? after;
    if (page.items.length < PAGE_LINES) return after;
  }
}

function print(line: LogLineView, terminal: Terminal): void {
  if (terminal.isJson) {
    terminal.json(line);
    return;
  }
  const fields = line.fields === null || Object.keys(line.fields).length === 0 ? "" : ` ${JSON.stringify(line.fields)}`;
  const level = terminal.style(levelStyles[line.level], line.level.padEnd(7));
  terminal.line(
    `${terminal.style("dim", line.at.slice(11, 23))} ${line.step} ${level} ${printable(line.message + fields)}`,
  );
}
