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
export {
  MAX_YAML_ALIASES,
  MAX_YAML_BYTES,
  MAX_YAML_DEPTH,
  MAX_YAML_PROBLEMS,
  MAX_YAML_VALUES,
  parseYaml,
} from "./adapters/yaml-document.ts";
export type {
  ParseYamlParams,
  YamlDocument,
  YamlFailure,
  YamlPath,
  YamlPosition,
  YamlProblem,
  YamlResult,
} from "./adapters/yaml-document.ts";
export { envFileProblems, parseEnvFile } from "./adapters/env-file.ts";
export type { EnvFileProblem } from "./adapters/env-file.ts";
