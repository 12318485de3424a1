/** The authors' door: what assets, sensors and schedules may import. */
export { EngineError, errorCodes, isEngineError } from "./core/errors.ts";
export type { EngineErrorOptions, ErrorCode } from "./core/errors.ts";
export { siblingModule } from "./core/sibling-module.ts";
export { MAX_METADATA_BYTES } from "./core/ports/object-store.ts";
export type {
  ListObjectsParams,
  ObjectDetails,
  ObjectMetadata,
  ObjectReading,
  ObjectRef,
  ObjectStore,
  ObjectSummary,
  PutObjectParams,
} from "./core/ports/object-store.ts";
export type { Clock, IdSource, Scheduler } from "./core/ports/time.ts";
export type { TripleStore } from "./core/ports/triple-store.ts";
export type { WorkerPool, WorkerTaskParams } from "./core/ports/worker-pool.ts";
