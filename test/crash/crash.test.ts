import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../rigs/temporary-folder.ts";
import { campaign } from "./campaign.ts";

const KILLS = 8;
const SEED = Number(process.env["SHEAF_TEST_SEED"] ?? "1");

test(`an engine that is killed ${KILLS} times under load ends with every run ended and every record right (seed ${SEED})`, async () => {
  await using folder = await temporaryFolder();
  const report = await campaign({ folder: path.join(folder.path, "crash"), seed: SEED, kills: KILLS });
  assert.equal(report.kills, KILLS);
  assert.ok(report.interrupted > 0, "the kills cut something off");
  assert.ok(report.containers > 0);
});
