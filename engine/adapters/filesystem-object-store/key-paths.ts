import { generalKeyFault, keyRefused } from "../object-store/object-rules.ts";

/** The longest name that ext4, xfs, btrfs, APFS and NTFS hold, in bytes (in UTF-16 units for the last). */
export const MAX_SEGMENT_BYTES = 255;

/** Why a folder cannot hold the key as a file, or `null`. */
export function keyFault(key: string): string | null {
  const general = generalKeyFault(key);
  if (general !== null) return general;
  if (key.includes("\0")) return "it holds a NUL character, which no file name can";
  for (const segment of key.split("/")) {
    if (segment === "") return 'it begins or ends with "/", or has "//" in it, which no path of a file can';
    if (segment === "." || segment === "..")
      return `a segment is ${JSON.stringify(segment)}, which has a meaning of its own`;
    const bytes = Buffer.byteLength(segment);
    if (bytes > MAX_SEGMENT_BYTES) return `a segment has ${bytes} bytes, and a file name holds ${MAX_SEGMENT_BYTES}`;
  }
  return null;
}

/** Throws `object_key_refused` for a key that a folder cannot hold as a file. */
export function checkKey(key: string): void {
  const fault = keyFault(key);
  if (fault !== null) throw keyRefused(key, fault);
}

/** Splits a prefix into the folder it lies in (empty or ending in `/`) and what names in that folder begin with. */
export function splitPrefix(prefix: string): { readonly folder: string; readonly nameStart: string } {
  const cut = prefix.lastIndexOf("/") + 1;
  return { folder: prefix.slice(0, cut), nameStart: prefix.slice(cut) };
}

/** Whether a folder in this sense can exist: no key lies below `a//`, `../` or `/`. */
export function isFolderPrefix(folder: string): boolean {
  return folder === "" || keyFault(`${folder}x`) === null;
}

/**
 * Names of files that editors and desktops leave beside what they edit for a while: vim (`.x.swp`, `4913`), vim and
 * nano (`x~`), emacs (`.#x`, `#x#`), gedit (`.goutputstream-…`), LibreOffice (`.~lock.x#`), kate (`.x.kate-swp`),
 * macOS (`.DS_Store`, `._x`), NFS (`.nfs…`). Such a file is no object unless it was put through the store.
 */
const EDITOR_FILES =
  /^(?:\..*\.(?:sw[a-p]|kate-swp)|4913|.*~|\.#.*|#.*#|\.goutputstream-.*|\.~lock\..*#|\.DS_Store|\._.*|\.nfs.*)$/;

export function isEditorFile(name: string): boolean {
  return EDITOR_FILES.test(name);
}
