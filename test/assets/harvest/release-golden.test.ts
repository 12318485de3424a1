import assert from "node:assert/strict";
import { test } from "node:test";
import { goldenObjects, graphDifferences } from "../../rigs/golden.ts";
import { BUCKET, releaseRig } from "../../rigs/release.ts";

const URN = "urn:gleaner.io:rig";
const listed = (graph: string): string => `<${URN}:datacatalog> <https://schema.org/dataset> <${graph}> .`;

/**
 * Where the release of gleaner's own documents differs from nabu's, and why; docs/differences-from-gleaner.md has the
 * citations. Anything else is a bug.
 */
function expectedDifferences(source: string): readonly string[] {
  const catalogue = `${URN}:${source}:datacatalog:X`;
  const namedGraph = (id: string): readonly string[] => [
    `${catalogue}: + ${listed(`${URN}:${source}:data:${id}`)}`,
    `extra ${URN}:${source}:data:${id}`,
  ];
  switch (source) {
    // nabu drops documents with named graphs.
    case "ocean":
      return namedGraph("fe9d22629841ad51de76f8b4849345d092f319e2");
    case "fileid":
      return namedGraph("43cfe45d5fc95f53cc6838f699ba5ece81165792");
    case "normid":
      return namedGraph("ef2fc294943d6556615281fd376cfcd8c0d23a71");
    // An id with a slash gives a wrong graph name in nabu.
    case "strid":
      return [
        ...namedGraph("ng"),
        ...namedGraph("resource/9fce6c8dd4af4ccb909b153280f9ee56"),
        `${catalogue}: - ${listed(`${URN}:resource:strid:9fce6c8dd4af4ccb909b153280f9ee56`)}`,
        `missing ${URN}:resource:strid:9fce6c8dd4af4ccb909b153280f9ee56`,
      ];
    default:
      return [];
  }
}

const sources = goldenObjects("graphs/latest/").flatMap(({ key }) => /latest\/(\w+)_release\.nq$/.exec(key)?.[1] ?? []);

test("nabu's releases of eleven sources are there to compare with", () => {
  assert.equal(sources.length, 11);
});

for (const source of sources) {
  test(`the release of ${source} is nabu's, but for what is named`, async () => {
    const rig = await releaseRig();
    for (const { key, bytes } of goldenObjects(`summoned/${source}/`)) {
      await rig.store.put({ bucket: BUCKET, key, body: bytes });
    }
    const { key, changed } = await rig.release({ source });
    assert.equal(changed, true);
    const golden = goldenObjects(key)[0]?.bytes.toString("utf8") ?? "";
    const differences = await graphDifferences(golden, rig.text(key));
    assert.deepEqual(differences.toSorted(), expectedDifferences(source).toSorted());
  });
}
