import { temporaryFolder } from "../../rigs/temporary-folder.ts";
import { madeRecord } from "../list-api/made-record.ts";

/** The record that most rows look at: made at the first use, in a process of its own, and gone at the end. */
export interface ConsoleRecord extends AsyncDisposable {
  folder(): Promise<string>;
}

/** `BENCH_RECORD` names a folder with one from an earlier time, which is kept. */
export function consoleRecord(known: string | undefined = process.env["BENCH_RECORD"]): ConsoleRecord {
  const stack = new AsyncDisposableStack();
  let made: Promise<string> | undefined;
  return {
    folder: () => (made ??= known === undefined ? make(stack) : Promise.resolve(known)),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function make(stack: AsyncDisposableStack): Promise<string> {
  const { path } = stack.use(await temporaryFolder());
  console.error("making 100,000 runs and 400,000 partitions; this takes some minutes");
  await madeRecord(path, "console");
  return path;
}
