import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import test from "node:test";
import { heedStrayErrors } from "../../../ui/cli/compose/stray-errors.ts";

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
