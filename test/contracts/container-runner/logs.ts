import assert from "node:assert/strict";
import { test } from "node:test";
import { buffer } from "node:stream/consumers";
import { untar } from "../../rigs/containers/tar.ts";
import { begun, linesOf, type OpenContainerRunner } from "./support.ts";

const LONG_MS = 600_000;

export function registerContainerLogs(open: OpenContainerRunner): void {
  test("a log is followed from its first line to the exit, with its streams told apart", async () => {
    await using rig = await open();
    const id = await begun(rig, rig.spec({ runMs: 40, lines: ["one", "two"], errorLines: ["oh"] }));
    const lines = await rig.during(linesOf(rig.runner.logs(id, { after: null, follow: true })));
    assert.deepEqual(
      lines.map(({ stream, text }) => [stream, text]),
      [
        ["stdout", "one"],
        ["stdout", "two"],
        ["stderr", "oh"],
      ],
    );
  });

  test("a log is read on behind the position of any of its lines, after the exit as before", async () => {
    await using rig = await open();
    const id = await begun(rig, rig.spec({ runMs: 40, lines: ["a", "b", "b", "c"] }));
    const read = await rig.during(linesOf(rig.runner.logs(id, { after: null, follow: true }), 2));
    await rig.during(rig.runner.wait(id));
    const rest = await rig.during(linesOf(rig.runner.logs(id, { after: read[1]?.position ?? null, follow: true })));
    assert.deepEqual(
      [...read, ...rest].map((line) => line.text),
      ["a", "b", "b", "c"],
    );
  });

  test("a log that is not followed ends with what there is", async () => {
    await using rig = await open();
    const id = await begun(rig, rig.spec({ runMs: LONG_MS }));
    assert.deepEqual(await rig.during(linesOf(rig.runner.logs(id, { after: null, follow: false }))), []);
  });

  test("following ends when its signal aborts, with the reason", async () => {
    await using rig = await open();
    const id = await begun(rig, rig.spec({ runMs: LONG_MS }));
    const abort = new AbortController();
    const reading = assert.rejects(
      linesOf(rig.runner.logs(id, { after: null, follow: true, signal: abort.signal })),
      /enough/,
    );
    abort.abort(new Error("enough"));
    await rig.during(reading);
  });

  test("files are read as a tar, those it was given and those it made, after its exit too", async () => {
    await using rig = await open();
    const id = await begun(
      rig,
      rig.spec(
        { files: { "/gleaner/logs/a.log": "from a" } },
        { files: [{ path: "/gleaner/logs/given", content: "given" }] },
      ),
    );
    await rig.during(rig.runner.wait(id));
    const tar = await rig.during(buffer(rig.runner.readFiles(id, "/gleaner/logs")));
    const files = new Map([...untar(tar)].map(([name, content]) => [name.split("/").at(-1), content]));
    assert.deepEqual([files.get("a.log"), files.get("given")], ["from a", "given"]);
    await assert.rejects(rig.during(buffer(rig.runner.readFiles(id, "/nowhere"))), { code: "not_found" });
  });

  test("the log and the files of a removed container are gone", async () => {
    await using rig = await open();
    const id = await begun(rig, rig.spec());
    await rig.during(rig.runner.remove(id));
    await assert.rejects(rig.during(linesOf(rig.runner.logs(id, { after: null, follow: true }))), {
      code: "container_not_found",
    });
    await assert.rejects(rig.during(buffer(rig.runner.readFiles(id, "/"))), { code: "container_not_found" });
  });
}
