import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../engine/operate.ts";

/** What the demo remembers from start to start, in `$SHEAF_DATA_DIR/demo.json`. */
export interface DemoState {
  readonly port: number;
  /** Ports it had before, newest first: configurations may still name them. */
  readonly formerPorts: readonly number[];
  /** Keys of the configurations that were put into the bucket. None of them is put there a second time. */
  readonly seeded: readonly string[];
}

const FILE_NAME = "demo.json";
export const MAX_FORMER_PORTS = 20;

/** Null where the demo never ran here. Throws `config` where the file is not what the demo wrote. */
export async function readDemoState(dataDir: string): Promise<DemoState | null> {
  const file = join(dataDir, FILE_NAME);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const state = parse(text);
  if (state === null) {
    throw new EngineError(
      "config",
      `${file} should hold { "port": number, "formerPorts": [number], "seeded": [string] }; ` +
        `mend it, or remove it to let the demo choose its port and put its configurations into the bucket anew`,
    );
  }
  return state;
}

function parse(text: string): DemoState | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { port, formerPorts, seeded } = (value ?? {}) as Record<string, unknown>;
  if (!isPort(port) || !Array.isArray(formerPorts) || !Array.isArray(seeded)) return null;
  if (!formerPorts.every(isPort) || !seeded.every((key) => typeof key === "string")) return null;
  return { port, formerPorts, seeded };
}

function isPort(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) < 65_536;
}

export async function writeDemoState(dataDir: string, state: DemoState): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, FILE_NAME);
  await writeFile(`${file}.new`, `${JSON.stringify(state, null, 2)}\n`);
  await rename(`${file}.new`, file);
}
