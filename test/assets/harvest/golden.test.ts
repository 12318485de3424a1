import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { canonicalJson, goldenObjects, graphDifferences, type GoldenObject } from "../../rigs/golden.ts";
import { BUCKET, GOLDEN_ORIGIN, goldenRig, type GoldenRig } from "../../rigs/golden-summon.ts";

/** Every golden source but `jsland`, whose pages need a browser. */
const sources = ["rocks", "ocean", "fileid", "normid", "strid", "httpfix", "strictfix", "graphfile", "robo", "onedoc"];

/**
 * Where Sheaf differs from gleaner on purpose, by page; `docs/differences-from-gleaner.md` cites for each what names
 * gleaner's behaviour a fault. Beside these: what gleaner stores though it is no JSON is not stored.
 */
const accepted: Readonly<Record<string, "absent" | "other content" | "other id">> = {
  "/rocks/late.html": "absent",
  "/rocks/latin1.html": "other content",
  "/ocean/ctx-array.html": "other content",
  "/ocean/ctx-www.html": "other content",
  "/ocean/ctx-object.html": "other id",
};

let rig: GoldenRig;
before(async () => {
  rig = await goldenRig();
  for (const source of sources) await rig.summon(source);
});
after(() => rig[Symbol.asyncDispose]());

function pageOf({ metadata }: Pick<GoldenObject, "metadata">): string {
  return (metadata["url"] ?? "").replace(GOLDEN_ORIGIN, "");
}

function isStored(golden: GoldenObject): boolean {
  return canonicalJson(golden.bytes.toString("utf8")) !== null && accepted[pageOf(golden)] !== "absent";
}

/** User metadata and content type, with the golden origin. */
async function metadataOf(key: string): Promise<Record<string, string>> {
  const details = await rig.store.head({ bucket: BUCKET, key });
  const entries = Object.entries({ ...details?.metadata, "content-type": details?.contentType ?? "" });
  return Object.fromEntries(entries.map(([name, value]) => [name, rig.rebased(value)]));
}

for (const source of sources) {
  test(`source ${source}: the summoned keys are gleaner's`, async () => {
    const golden = goldenObjects(`summoned/${source}/`).filter(isStored);
    const keys = rig.store.keys(BUCKET, `summoned/${source}/`);
    const isOther = (page: string): boolean => accepted[page] === "other id";
    const expected = golden.filter((object) => !isOther(pageOf(object))).map(({ key }) => key);
    const others: string[] = [];
    for (const key of keys) if (isOther(pageOf({ metadata: await metadataOf(key) }))) others.push(key);
    assert.deepEqual(
      keys.filter((key) => !others.includes(key)),
      expected,
    );
    assert.equal(others.length, golden.length - expected.length);
  });

  test(`source ${source}: the documents are gleaner's after canonicalization, and so is their metadata`, async () => {
    const goldens = goldenObjects(`summoned/${source}/`).filter(isStored);
    assert.ok(goldens.length > 0);
    for (const golden of goldens) {
      const difference = accepted[pageOf(golden)];
      if (difference === "other id") continue;
      const text = rig.store.text(BUCKET, golden.key);
      const metadata = await metadataOf(golden.key);
      if (difference === "other content") {
        assert.notEqual(
          canonicalJson(text),
          canonicalJson(golden.bytes.toString("utf8")),
          `${golden.key} differs no more`,
        );
        // The hash of the canonical form follows the content.
        assert.deepEqual({ ...metadata, jsonsha: "" }, { ...golden.metadata, jsonsha: "" }, golden.key);
        continue;
      }
      assert.equal(canonicalJson(text), canonicalJson(golden.bytes.toString("utf8")), golden.key);
      assert.deepEqual(metadata, golden.metadata, golden.key);
    }
  });

  test(`source ${source}: prov is gleaner's apart from the day`, async () => {
    const undated = (text: string): string => text.replaceAll(/"@value": "\d{4}-\d\d-\d\d"/g, '"@value": "DAY"');
    const nameOf = ({ metadata }: Pick<GoldenObject, "metadata">): string => `${metadata["sha1"]} ${metadata["url"]}`;
    const ours = new Map<string, string>();
    for (const key of rig.store.keys(BUCKET, `prov/${source}/`)) {
      const text = rig.store.text(BUCKET, key);
      assert.equal(key, `prov/${source}/${createHash("sha1").update(text).digest("hex")}.jsonld`);
      const metadata = await metadataOf(key);
      if (accepted[pageOf({ metadata })] === "other id") continue;
      ours.set(nameOf({ metadata }), undated(rig.rebased(text)));
      assert.equal(metadata["content-type"], "application/ld+json");
    }
    const stored = new Set(
      goldenObjects(`summoned/${source}/`)
        .filter(isStored)
        .map(({ key }) => key),
    );
    const golden = goldenObjects(`prov/${source}/`).filter((object) => {
      const isKept = stored.has(`summoned/${source}/${object.metadata["sha1"]}.jsonld`);
      return isKept && accepted[pageOf(object)] !== "other id";
    });
    assert.deepEqual(
      Object.fromEntries(ours),
      Object.fromEntries(golden.map((object) => [nameOf(object), undated(object.bytes.toString("utf8"))])),
    );
  });

  test(`source ${source}: the organization is gleaner's`, async () => {
    const [golden] = goldenObjects(`orgs/${source}.nq`);
    assert.ok(golden !== undefined);
    const ours = rig.rebased(rig.store.text(BUCKET, `orgs/${source}.nq`));
    assert.deepEqual(await graphDifferences(golden.bytes.toString("utf8"), ours), []);
    assert.equal(ours.trim().split("\n").length, golden.bytes.toString("utf8").trim().split("\n").length);
    assert.deepEqual(await metadataOf(`orgs/${source}.nq`), golden.metadata);
  });
}
