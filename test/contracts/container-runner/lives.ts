import assert from "node:assert/strict";
import { test } from "node:test";
import { begun, type OpenContainerRunner } from "./support.ts";

/** How long a container runs that is not meant to end by itself within its test. */
const LONG_MS = 600_000;

export function registerContainerLives(open: OpenContainerRunner): void {
  test("a container that was created can be found by its name and by its labels", async () => {
    await using rig = await open();
    const { runner } = rig;
    const labels = { project: "eco", step: "1" };
    const spec = rig.spec({}, { labels });
    const id = await rig.during(runner.create(spec));
    const found = await rig.during(runner.inspect(spec.name));
    assert.equal(found?.id, id);
    assert.equal(found.name, spec.name);
    assert.equal(found.labels["project"], "eco");
    assert.deepEqual(
      (await rig.during(runner.find({ project: "eco" }))).map((one) => one.id),
      [id],
    );
    assert.deepEqual(
      (await rig.during(runner.find(labels))).map((one) => one.id),
      [id],
    );
    assert.deepEqual(await rig.during(runner.find({ project: "eco", step: "2" })), []);
    assert.equal(await rig.during(runner.inspect(`${spec.name}-other`)), null);
  });

  test("a taken name is refused, until its container is removed", async () => {
    await using rig = await open();
    const spec = rig.spec();
    const id = await begun(rig, spec);
    await assert.rejects(rig.during(rig.runner.create(spec)), { code: "container_exists" });
    await rig.during(rig.runner.wait(id));
    await assert.rejects(rig.during(rig.runner.create(spec)), { code: "container_exists" });
    await rig.during(rig.runner.remove(id));
    const second = await rig.during(rig.runner.create(spec));
    assert.notEqual(second, id);
  });

  test("an image that is not there is refused", async () => {
    await using rig = await open();
    await assert.rejects(rig.during(begun(rig, rig.spec({}, { image: "missing" }))), { code: "invalid_request" });
  });

  test("an exit code is told to those who wait, and to those who ask afterwards", async () => {
    await using rig = await open();
    const id = await begun(rig, rig.spec({ runMs: 20, exitCode: 3 }));
    assert.equal((await rig.during(rig.runner.wait(id))).exitCode, 3);
    assert.equal((await rig.during(rig.runner.wait(id))).exitCode, 3);
  });

  test("a container that runs or has exited is not started again", async () => {
    await using rig = await open();
    const spec = rig.spec({ runMs: 20, lines: ["once"] });
    const id = await begun(rig, spec);
    await rig.during(rig.runner.start(id));
    await rig.during(rig.runner.wait(id));
    await rig.during(rig.runner.start(id));
    assert.equal((await rig.during(rig.runner.inspect(spec.name)))?.status, "exited");
  });

  test("a container that is stopped has exited, and may be stopped again", async () => {
    await using rig = await open();
    const spec = rig.spec({ runMs: LONG_MS });
    const id = await begun(rig, spec);
    assert.equal((await rig.during(rig.runner.inspect(spec.name)))?.status, "running");
    await rig.during(rig.runner.stop(id, { graceMs: 5000 }));
    assert.equal((await rig.during(rig.runner.inspect(spec.name)))?.status, "exited");
    assert.notEqual((await rig.during(rig.runner.wait(id))).exitCode, 0);
    await rig.during(rig.runner.stop(id, { graceMs: 5000 }));
  });

  test("a container that does not heed being stopped is ended after the grace", async () => {
    await using rig = await open();
    const id = await begun(rig, rig.spec({ runMs: LONG_MS, stopMs: LONG_MS }));
    await rig.during(rig.runner.stop(id, { graceMs: 20 }));
    assert.equal((await rig.during(rig.runner.wait(id))).exitCode, 137);
  });

  test("a removed container is gone, running or not, and removing it again is no error", async () => {
    await using rig = await open();
    const spec = rig.spec({ runMs: LONG_MS });
    const id = await begun(rig, spec);
    await rig.during(rig.runner.remove(id));
    assert.equal(await rig.during(rig.runner.inspect(spec.name)), null);
    await rig.during(rig.runner.remove(id));
    await assert.rejects(rig.during(rig.runner.wait(id)), { code: "container_not_found" });
    await assert.rejects(rig.during(rig.runner.start(id)), { code: "container_not_found" });
    await assert.rejects(rig.during(rig.runner.stop(id, { graceMs: 0 })), { code: "container_not_found" });
  });

  test("whoever waits for a container that is removed is told that it is gone", async () => {
    await using rig = await open();
    const id = await begun(rig, rig.spec({ runMs: LONG_MS }));
    const waiting = assert.rejects(rig.runner.wait(id), { code: "container_not_found" });
    await rig.during(rig.runner.remove(id));
    await rig.during(waiting);
  });

  test("waiting ends when its signal aborts, with the reason, and the container goes on", async () => {
    await using rig = await open();
    const spec = rig.spec({ runMs: LONG_MS });
    const id = await begun(rig, spec);
    const abort = new AbortController();
    const waiting = assert.rejects(rig.runner.wait(id, abort.signal), /enough/);
    abort.abort(new Error("enough"));
    await rig.during(waiting);
    assert.equal((await rig.during(rig.runner.inspect(spec.name)))?.status, "running");
  });
}
