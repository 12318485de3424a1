import { hash } from "node:crypto";

/**
 * Numbers texts 0, 1, 2, … in the order in which they are added, and knows them again, in 12 to 24 bytes each
 * however long they are: a crawl remembers a million URLs in 24 MB. Texts are told apart by 64 bits of their SHA-1;
 * that two of a million coincide has a chance of one in 37 million.
 */
export interface HashIndex {
  readonly size: number;
  /** The number of `text`; -1 where it was never added. */
  find(text: string): number;
  /** The number of `text`, which is `size` before the call where it is new. */
  add(text: string): number;
}

const INITIAL_SLOTS = 1_024;

export function createHashIndex(): HashIndex {
  /** Open addressing: 0 is free, else number + 1. At most half full. */
  let slots = new Uint32Array(INITIAL_SLOTS);
  let fingerprints = new BigUint64Array(INITIAL_SLOTS / 2);
  let size = 0;

  /** The slot that holds `fingerprint`, or the free one where it belongs. */
  function slotOf(fingerprint: bigint): number {
    const mask = slots.length - 1;
    let slot = Number(fingerprint & 0xffff_ffffn) & mask;
    for (;;) {
      const number = slots[slot] ?? 0;
      if (number === 0 || fingerprints[number - 1] === fingerprint) return slot;
      slot = (slot + 1) & mask;
    }
  }

  function grow(): void {
    slots = new Uint32Array(slots.length * 2);
    const larger = new BigUint64Array(slots.length / 2);
    larger.set(fingerprints);
    fingerprints = larger;
    for (let number = 0; number < size; number += 1) slots[slotOf(fingerprints[number] ?? 0n)] = number + 1;
  }

  return {
    get size() {
      return size;
    },
    find: (text) => (slots[slotOf(fingerprintOf(text))] ?? 0) - 1,
    add: (text) => {
      const fingerprint = fingerprintOf(text);
      const known = slots[slotOf(fingerprint)] ?? 0;
      if (known !== 0) return known - 1;
      if (size === fingerprints.length) grow();
      fingerprints[size] = fingerprint;
      slots[slotOf(fingerprint)] = size + 1;
      return size++;
    },
  };
}

/** The first 64 bits of a text's SHA-1. */
export function fingerprintOf(text: string): bigint {
  return hash("sha1", text, "buffer").readBigUInt64BE(0);
}
