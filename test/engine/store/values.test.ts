import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { MAX_ROW_VALUE_BYTES, valueStore } from "../../../engine/store/values.ts";
import { temporaryFolder } from "../../rigs/temporary-folder.ts";

const textOf = (bytes: number): string => JSON.stringify("x".repeat(bytes - 2));

test("a value up to the bound stands in its row, one byte more in a file", async () => {
  await using folder = await temporaryFolder();
  const values = valueStore(folder.path);
  const small = textOf(MAX_ROW_VALUE_BYTES);
  assert.deepEqual(await values.keep(small), { type: "row", text: small });
  assert.deepEqual(readdirSync(folder.path), []);
  const kept = await values.keep(textOf(MAX_ROW_VALUE_BYTES + 1));
  assert.ok(kept.type === "file");
  assert.equal(kept.bytes, MAX_ROW_VALUE_BYTES + 1);
});

test("a large value is read back as it was, and equal values share a file", async () => {
  await using folder = await temporaryFolder();
  const values = valueStore(folder.path);
  const text = JSON.stringify({ name: "Zürich – 東京", rows: "y".repeat(MAX_ROW_VALUE_BYTES) });
  const [first, second] = await Promise.all([values.keep(text), values.keep(text)]);
  assert.ok(first.type === "file");
  assert.deepEqual(first, second);
  assert.equal(await values.read(first.sha256), text);
  const files = readdirSync(folder.path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.deepEqual(
    files.map((file) => file.name),
    [first.sha256],
  );
});

test("a value whose file was changed is not handed out, and keeping the value again repairs it", async () => {
  await using folder = await temporaryFolder();
  const values = valueStore(folder.path);
  const text = textOf(MAX_ROW_VALUE_BYTES + 1);
  const kept = await values.keep(text);
  assert.ok(kept.type === "file");
  const file = path.join(folder.path, kept.sha256.slice(0, 2), kept.sha256);
  for (const damaged of [text.replace("x", "y"), text.slice(0, 100)]) {
    writeFileSync(file, damaged);
    await assert.rejects(values.read(kept.sha256), { code: "corrupt", message: /materialize its asset again/ });
    await values.keep(text);
    assert.equal(await values.read(kept.sha256), text);
  }
});

test("a value whose file is gone is a missing input", async () => {
  await using folder = await temporaryFolder();
  const values = valueStore(folder.path);
  const kept = await values.keep(textOf(MAX_ROW_VALUE_BYTES + 1));
  assert.ok(kept.type === "file");
  rmSync(path.join(folder.path, kept.sha256.slice(0, 2)), { recursive: true });
  await assert.rejects(values.read(kept.sha256), { code: "missing_input", message: new RegExp(kept.sha256) });
});
