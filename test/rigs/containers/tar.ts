const BLOCK_BYTES = 512;

/** A tar (ustar) of these files by their paths, as a container host answers with one. */
export function tarOf(files: ReadonlyMap<string, string | Uint8Array>): Uint8Array {
  const blocks: Buffer[] = [];
  for (const [path, content] of files) {
    const body = Buffer.from(content);
    blocks.push(headerOf(path.replace(/^\//, ""), body.length), body);
    blocks.push(Buffer.alloc((BLOCK_BYTES - (body.length % BLOCK_BYTES)) % BLOCK_BYTES));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}

/** The files of a tar by their paths. */
export function untar(tar: Uint8Array): ReadonlyMap<string, string> {
  const bytes = Buffer.from(tar);
  const files = new Map<string, string>();
  for (let at = 0; at + BLOCK_BYTES <= bytes.length && bytes[at] !== 0;) {
    const path = bytes.toString("utf8", at, at + 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(bytes.toString("latin1", at + 124, at + 136), 8);
    const body = at + BLOCK_BYTES;
    if (bytes.toString("latin1", at + 156, at + 157) === "0")
      files.set(path, bytes.toString("utf8", body, body + size));
    at = body + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return files;
}

function headerOf(path: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;
  header.write(path, 0, 100);
  header.write(octal(0o644, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(0, 12), 100, "latin1");
  header.write("        0", 148, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    ) + " ",
    148,
    "latin1",
  );
  return header;
}
