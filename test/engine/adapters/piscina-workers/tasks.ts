import { threadId } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { EngineError } from "../../../../engine/core/errors.ts";

/** Functions that the tests run in workers. */

let calls = 0;

export function double(input: number): number {
  return input * 2;
}

export async function whereAndHowOften(): Promise<{ readonly threadId: number; readonly calls: number }> {
  calls += 1;
  return { threadId, calls };
}

export function spin(): never {
  for (;;) {
    // Never gives the thread back.
  }
}

export function waitForEver(): Promise<never> {
  return new Promise(() => setInterval(() => undefined, 1_000_000));
}

/** Runs until the first element of a shared array is set, and counts up the second meanwhile. */
export function spinUntilSet(shared: Int32Array): string {
  Atomics.add(shared, 1, 1);
  Atomics.wait(shared, 0, 0);
  return "set";
}

/** Counts up a shared number for ever. */
export function countForEver(shared: Int32Array): never {
  for (;;) Atomics.add(shared, 0, 1);
}

export function exit(): never {
  process.exit(7);
}

export function fillMemory(): number {
  const kept: unknown[] = [];
  for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
}

export function throwEngineError(): never {
  throw new EngineError("rdf_syntax", "line 3 is no quad", {
    retryable: true,
    details: { line: 3 },
    cause: new RangeError("deeper", { cause: "deepest" }),
  });
}

export function throwTypeError(): never {
  throw new TypeError("no such method");
}

export function throwText(): never {
  // oxlint-disable-next-line only-throw-error -- what a careless task does
  throw "just text";
}

export function answerFunction(): unknown {
  return () => 1;
}

export function rejectLater(): string {
  void Promise.reject(new Error("nobody caught this"));
  return "answered";
}

export function sizeOf(input: { readonly bytes: ArrayBuffer }): number {
  return input.bytes.byteLength;
}

export function tell(input: { readonly port: MessagePort }): void {
  input.port.postMessage("from the worker");
  input.port.close();
}

export function environment(): readonly string[] {
  return Object.keys(process.env);
}

export const notAFunction = 1;
