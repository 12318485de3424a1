import { fork } from "node:child_process";
import { once } from "node:events";

/** Has `make-record.ts` make a record in a folder, in a process of its own, so that what it uses does not count here. */
export async function madeRecord(folder: string, size?: string): Promise<void> {
  const args = size === undefined ? [folder] : [folder, size];
  const child = fork(new URL("make-record.ts", import.meta.url), args, {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`the record could not be made: ${code}`);
}
