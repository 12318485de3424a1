import { filesystemObjectStore } from "../../../../engine/adapters/filesystem-object-store.ts";
import { systemClock, systemIds } from "../../../../engine/adapters/system-clock.ts";

/** Puts, reads and lists hundreds of objects at the same time; run where few files may be open. */
const [directory = ""] = process.argv.slice(2);
const bucket = "gleaner";
const store = filesystemObjectStore({ directory, clock: systemClock(), ids: systemIds() });
await store.ensureBucket(bucket);

async function* large(letter: string): AsyncGenerator<Uint8Array> {
  for (let chunk = 0; chunk < 8; chunk++) yield Buffer.alloc(50_000, letter);
}

const numbers = Array.from({ length: 300 }, (_, index) => index);
await Promise.all([
  ...numbers.map((index) => store.put({ bucket, key: `small/${index}`, body: "x" })),
  ...numbers.map((index) => store.put({ bucket, key: `large/${index}`, body: large("y") })),
]);
const reads = numbers.map(async (index) => {
  const { body } = await store.get({ bucket, key: `small/${index}` });
  for await (const chunk of body) if (chunk.toString() !== "x") throw new Error("not what was put");
});
const listing = async () => {
  let found = 0;
  for await (const { sizeBytes } of store.list({ bucket, prefix: "large/" })) found += sizeBytes === 400_000 ? 1 : 0;
  return found;
};
const [found] = await Promise.all([listing(), ...reads]);
process.stdout.write(String(found));
