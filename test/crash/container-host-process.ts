import { appendFileSync } from "node:fs";
import { systemScheduler } from "../../engine/adapters/system-clock.ts";
import { serveContainerHost } from "../rigs/containers/container-host-server.ts";
import { type CallFate, fakeContainerHost } from "../rigs/containers/fake-container-host.ts";
import { seededRandom } from "../rigs/seeded-random.ts";

/**
 * A container host in a process of its own, which outlives the engines that use it: `node container-host-process.ts
 * BEGUN_FILE SEED`. Of its calls one in fifty takes effect and times out, one in fifty does not come through, one in ten
 * is slow. Prints its address; ends with its standard input.
 */
const [begunFile = "", seed = "1"] = process.argv.slice(2);
const random = seededRandom(Number(seed));

function fateOf(): CallFate {
  const drawn = random.below(100);
  const delayMs = drawn % 10 === 0 ? random.below(20) : 0;
  return { fate: drawn < 2 ? "execute-and-timeout" : drawn < 4 ? "unreachable" : "ok", delayMs };
}

const host = fakeContainerHost({
  scheduler: systemScheduler(),
  fateOf,
  onStart({ labels }) {
    const owner = ["sheaf.run", "sheaf.step", "sheaf.attempt", "sheaf.key"].map((label) => labels[label]);
    appendFileSync(begunFile, `${owner.join(" ")}\n`);
  },
});
const server = await serveContainerHost(host);
process.stdout.write(`${server.url}\n`);
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
