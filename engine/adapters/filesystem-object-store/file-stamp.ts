import type { BigIntStats } from "node:fs";

/** What a file system tells of a file's content without reading it. A file with the same stamp has the same content. */
export interface FileStamp {
  readonly sizeBytes: number;
  /** Nanoseconds since the epoch, in decimal: JSON holds no bigint. */
  readonly mtimeNs: string;
  readonly inode: string;
}

export function stampOf(stats: BigIntStats): FileStamp {
  return { sizeBytes: Number(stats.size), mtimeNs: String(stats.mtimeNs), inode: String(stats.ino) };
}

export function isSameStamp(left: FileStamp, right: FileStamp): boolean {
  return left.inode === right.inode && left.mtimeNs === right.mtimeNs && left.sizeBytes === right.sizeBytes;
}

/** Setting a time goes through a double of seconds and may lose 240 ns, which must not cost a millisecond. */
const TIME_ERROR_NS = 500n;

export function modifiedAtMs(stamp: FileStamp): number {
  return Number((BigInt(stamp.mtimeNs) + TIME_ERROR_NS) / 1_000_000n);
}
