import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import test from "node:test";
import { fileURLToPath } from "node:url";
import { heedStrayErrors } from "../../../ui/cli/compose/stray-errors.ts";
import { spawnSheaf } from "./command-line.ts";
import { projectFolder } from "./project-folder.ts";

const engine = fileURLToPath(new URL("../../../engine/index.ts", import.meta.url));

test("an error that an engine knows the code of ends nothing, any other ends the process", () => {
  const errors = new EventEmitter();
  const told: unknown[] = [];
  const exits: number[] = [];
  heedStrayErrors({
    errors,
    tellStray: (error) => error === "of an asset",
    terminal: { problem: (line) => void told.push(line) },
    exitNow: (code) => exits.push(code),
  });
  errors.emit("unhandledRejection", "of an asset");
  errors.emit("uncaughtException", "of an asset");
  assert.deepEqual(exits, []);
  errors.emit("unhandledRejection", new Error("of nobody"));
  assert.deepEqual(exits, [1]);
  assert.match(String(told), /of nobody/);
});

test("what a sensor's code leaves to nobody in its first moment does not end the process", async () => {
  const sensor = `import { defineSensor } from ${JSON.stringify(engine)};
export const hasty = defineSensor({
  name: "hasty",
  minIntervalMs: 3_600_000,
  evaluate() {
    void Promise.reject(new Error("left to nobody"));
    return { reason: "looked" };
  },
});
`;
  await using folder = await projectFolder({ "weather.ts": sensor });
  await using started = spawnSheaf({ args: ["start"], cwd: folder.path, environment: { SHEAF_PORT: "0" } });
  await started.until(/left to nobody/);
  await started.until(/open\s+\S*http/);
  started.child.kill("SIGTERM");
  assert.equal(await started.ended(), 0);
});
