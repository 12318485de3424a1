import assert from "node:assert/strict";
import { test } from "node:test";
import { commandLine, quoted, requestLine } from "../../../ui/web/app/command-lines.ts";
import { sheafLine } from "../../../ui/web/materialize/command-lines.ts";
import { firstForm, likelyChoice, requestOf, selectionText } from "../../../ui/web/materialize/materialize-form.ts";
import { targetOfAddress } from "../../../ui/web/materialize/materialize-target.ts";
import { selectedAssets } from "../../../ui/web/materialize/selected-assets.ts";

const partitioned = { isPartitioned: true };

test("a selection that was made is asked for as it is, otherwise what is missing", () => {
  const target = { assets: ["load"], chosen: { partitions: ["iris", "obis"], count: 2 } };
  assert.deepEqual(requestOf(target, firstForm(target), partitioned).request, {
    assets: ["load"],
    partitions: ["iris", "obis"],
  });
  const plain = { assets: ["load"] };
  assert.deepEqual(requestOf(plain, firstForm(plain), partitioned).request, {
    assets: ["load"],
    partitions: "missing",
  });
});

test("what is lacking is offered first, then what failed, what is stale, and last all of it", () => {
  const counts = { total: 9, materialized: 4, missing: 2, failed: 1, running: 2, stale: 1, retired: 0 };
  assert.equal(likelyChoice(null), "missing");
  assert.equal(likelyChoice(counts), "missing");
  assert.equal(likelyChoice({ ...counts, missing: 0 }), "failed");
  assert.equal(likelyChoice({ ...counts, missing: 0, failed: 0 }), "stale");
  assert.equal(likelyChoice({ ...counts, missing: 0, failed: 0, stale: 0 }), "all");
});

test("assets without partitions are asked for without any", () => {
  const target = { assets: ["names"] };
  assert.deepEqual(requestOf(target, firstForm(target), { isPartitioned: false }).request, { assets: ["names"] });
});

test("what lies up and down the graph is asked for in the selection language", () => {
  const target = { assets: ["a", "b/c"] };
  const form = { ...firstForm(target), withUpstream: true, choice: "all" as const };
  assert.deepEqual(requestOf(target, form, partitioned).request, { selection: "+a or +b/c", partitions: "all" });
  assert.equal(selectionText(["a"], { withUpstream: true, withDownstream: true }), "+a+");
});

test("a job is asked for by its name, whatever else stands in the fields", () => {
  const target = { job: "weekly" };
  const form = { ...firstForm(target), choice: "failed" as const, withUpstream: true };
  assert.deepEqual(requestOf(target, form, partitioned).request, { job: "weekly", partitions: "failed" });
});

test("tags, priority and run key are read, and what is wrong with them is said", () => {
  const target = { assets: ["a"] };
  const form = {
    ...firstForm(target),
    tags: " team = eco \n\nwhy=a=b",
    priority: " -5 ",
    runKey: " k ",
    keyPolicy: "always" as const,
  };
  assert.deepEqual(requestOf(target, form, { isPartitioned: false }), {
    problems: {},
    request: { assets: ["a"], tags: { team: "eco", why: "a=b" }, priority: -5, runKey: "k", keyPolicy: "always" },
  });
  const wrong = requestOf(target, { ...form, tags: "team", priority: "soon" }, { isPartitioned: false });
  assert.deepEqual(Object.keys(wrong.problems), ["tags", "priority"]);
  assert.equal(wrong.request.priority, undefined);
});

test("the assets that are made are found along the graph, cycles of interest or not", () => {
  const view = (key: string, deps: string[]) => [key, { key, deps, partitionSet: null }] as const;
  const assets = new Map([view("a", []), view("b", ["a"]), view("c", ["b"]), view("d", ["b", "a"]), view("e", [])]);
  const select = (withUpstream: boolean, withDownstream: boolean) =>
    [...selectedAssets(assets, ["b"], { withUpstream, withDownstream })].sort((one, other) => (one < other ? -1 : 1));
  assert.deepEqual(select(false, false), ["b"]);
  assert.deepEqual(select(true, false), ["a", "b"]);
  assert.deepEqual(select(false, true), ["b", "c", "d"]);
  assert.deepEqual(select(true, true), ["a", "b", "c", "d"]);
});

test("the sheaf command says the same, safe for a shell", () => {
  assert.equal(
    sheafLine({ assets: ["load/up"], partitions: ["it's|eco", "iris|eco"], tags: { team: "eco" }, priority: 3 }),
    "npm run sheaf -- materialize load/up --partition 'it'\\''s|eco' --partition 'iris|eco' --tag team=eco --priority 3",
  );
  assert.equal(
    sheafLine({ selection: "+a or +b", partitions: "failed", runKey: "k", keyPolicy: "once" }),
    "npm run sheaf -- materialize '+a or +b' --partitions failed --run-key k",
  );
  assert.equal(
    sheafLine({ job: "weekly", partitions: { tenant: ["eco", "deep"], source: "iris" } }),
    "npm run sheaf -- materialize --job weekly --where tenant=eco --where tenant=deep --where source=iris",
  );
  assert.equal(quoted("$(rm -rf /)"), "'$(rm -rf /)'");
});

test("what the command's options cannot say is left to curl", () => {
  assert.equal(sheafLine({ assets: ["a"], partitions: Array.from({ length: 51 }, (_, at) => String(at)) }), null);
  const body = { assets: ["a"], partitions: ["it's"] };
  const line = requestLine({ method: "POST", url: "http://host/api/materialize", body });
  assert.equal(
    line,
    `curl -X POST http://host/api/materialize -H "Authorization: Bearer $SHEAF_TOKEN" ` +
      `-H "Content-Type: application/json" -d '{"assets":["a"],"partitions":["it'\\''s"]}'`,
  );
});

test("a command and a request without a body are quoted alike", () => {
  assert.equal(commandLine("logs", "-f", "it's"), "npm run sheaf -- logs -f 'it'\\''s'");
  assert.equal(
    requestLine({ method: "GET", url: "http://host/api/runs/1" }),
    'curl http://host/api/runs/1 -H "Authorization: Bearer $SHEAF_TOKEN"',
  );
});

test("the address alone tells what the dialog is for: a page's asset, its selected keys, or a job", () => {
  const asset = { page: "asset", key: "load/up" };
  const at = (text: string) => new URLSearchParams(text);
  assert.deepEqual(targetOfAddress(asset, at("")), { assets: ["load/up"] });
  assert.deepEqual(targetOfAddress(asset, at("select=%3Da%7Cb&select=%3Dc%7Cd")), {
    assets: ["load/up"],
    chosen: { partitions: ["a|b", "c|d"], count: 2 },
  });
  assert.deepEqual(targetOfAddress(asset, at("select=~abc.1-2")), { assets: ["load/up"] });
  assert.deepEqual(targetOfAddress({ page: "runs" }, at("job=weekly")), { job: "weekly" });
  assert.equal(targetOfAddress({ page: "runs" }, at("")), null);
});
