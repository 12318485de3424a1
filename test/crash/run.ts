import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { campaign } from "./campaign.ts";

/**
 * `npm run crash -- [--kills N] [--seed S]`: kills engines until it has killed N times, in campaigns of some tens on one
 * record each. What breaks a campaign is printed with the command that plays its kills again, and its folder is kept.
 */
const { values } = parseArgs({
  options: { kills: { type: "string", default: "200" }, seed: { type: "string", default: "1" } },
});
const KILLS_OF_CAMPAIGN = 40;
const wanted = Number(values.kills);
const killedAt: Record<string, number> = {};
const sums = { kills: 0, steps: 0, interrupted: 0, resumed: 0, containers: 0 };

const base = await mkdtemp(path.join(tmpdir(), "sheaf-crash-"));
let seed = Number(values.seed);
for (; sums.kills < wanted && process.exitCode === undefined; seed++) {
  const folder = path.join(base, `seed-${seed}`);
  try {
    const report = await campaign({ folder, seed, kills: Math.min(KILLS_OF_CAMPAIGN, wanted - sums.kills) });
    for (const [place, times] of Object.entries(report.killedAt)) killedAt[place] = (killedAt[place] ?? 0) + times;
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += report[name];
    console.log(`seed ${seed}: ${report.kills} kills, ${report.steps} steps, ${report.containers} containers; right`);
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    console.error(`seed ${seed} is broken: ${error instanceof Error ? error.message : String(error)}`);
    console.error(`its folder: ${folder}\nreplay: npm run crash -- --seed ${seed} --kills ${KILLS_OF_CAMPAIGN}`);
    process.exitCode = 1;
  }
}
console.log(JSON.stringify({ ...sums, killedAt }, null, 2));
if (process.exitCode === undefined) rmSync(base, { recursive: true, force: true });
