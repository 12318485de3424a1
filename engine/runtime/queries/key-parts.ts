import { decodeProductKey, type Dimension } from "../../core/partitions.ts";

/** The parts of a key by its set's dimensions, from the set's row: a set that left the code still has its rows. */
export type KeyParts = (dimensions: string, key: string) => Readonly<Record<string, string>>;

/** Sets are few and their dimensions hardly change, so each text is parsed once. */
export function keyPartsReader(): KeyParts {
  const parsed = new Map<string, readonly Dimension[]>();
  return (text, key) => {
    const dimensions = parsed.get(text) ?? (JSON.parse(text) as readonly Dimension[]);
    parsed.set(text, dimensions);
    const parts = dimensions.length === 1 ? [key] : (decodeProductKey(key) ?? []);
    return Object.fromEntries(dimensions.map((dimension, at) => [dimension.name, parts[at] ?? ""]));
  };
}
