import { Readable } from "node:stream";
import { endOnAbort } from "../object-store/end-on-abort.ts";
import type { OpenedObject } from "./object-files.ts";

/** An object up to this size is read at once, so that its file is open for a moment only. */
export const WHOLE_OBJECT_BYTES = 256 * 1024;

const READ_CHUNK_BYTES = 256 * 1024;

/** Content as it was when the object was opened: a put since then made another file. Closes the file in the end. */
export async function objectBody(opened: OpenedObject, signal: AbortSignal | undefined): Promise<Readable> {
  const { handle, stamp } = opened;
  const body =
    stamp.sizeBytes <= WHOLE_OBJECT_BYTES
      ? wholeBody(await readAndClose(opened))
      : handle.createReadStream({ start: 0, end: stamp.sizeBytes - 1, highWaterMark: READ_CHUNK_BYTES });
  // A reader gets the error from its iteration or pipeline; a body that nobody reads must not end the process.
  body.on("error", () => undefined);
  return endOnAbort(body, signal);
}

function wholeBody(content: Buffer): Readable {
  return new Readable({
    read() {
      this.push(content);
      this.push(null);
    },
  });
}

async function readAndClose({ handle, stamp }: OpenedObject): Promise<Buffer> {
  try {
    const content = Buffer.alloc(stamp.sizeBytes);
    let length = 0;
    while (length < content.length) {
      const { bytesRead } = await handle.read(content, length, content.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return content.subarray(0, length);
  } finally {
    await handle.close();
  }
}
