/** The authors' door: what assets, sensors and schedules may import. */
export { afterEnd, defineAsset, defineMultiAsset, mapped } from "./core/assets.ts";
export type { Asset, Dependencies, Inputs, PartitionedInput, PartitionMapping } from "./core/assets.ts";
export { defineAssetCheck } from "./core/checks.ts";
export type { AssetCheck, CheckContext, MadeFacts } from "./core/checks.ts";
export type { CheckSeverity, Verdict } from "./core/verdict.ts";
export { defineSchedule, defineSensor, setting } from "./core/automation.ts";
export type {
  PartitionChange,
  RecordReader,
  RunKeyPolicy,
  RunRequest,
  Schedule,
  ScheduleContext,
  SensedMaterialization,
  SensedRun,
  Sensor,
  SensorContext,
  TickOutcome,
} from "./core/automation.ts";
export type { Failure } from "./core/events.ts";
export { defineJob } from "./core/jobs.ts";
export type { Job } from "./core/jobs.ts";
export { canonicalJson, sha256 } from "./core/json.ts";
export type { Json, JsonObject } from "./core/json.ts";
export { materialization, skip } from "./core/outcome.ts";
export type { Materialization, Skip } from "./core/outcome.ts";
export {
  decodeProductKey,
  dynamicPartitions,
  encodeProductKey,
  productPartitions,
  staticPartitions,
} from "./core/partitions.ts";
export type { Partition, PartitionSet } from "./core/partitions.ts";
export { defineResource } from "./core/resources.ts";
export type { Resource, ResourceContext, ResourceScope } from "./core/resources.ts";
export { RetryRequested } from "./core/retry.ts";
export type { RetryPolicy } from "./core/retry.ts";
export type { LogLevel, RunContext, RunFacts, StepLog } from "./core/run-context.ts";
export { EngineError, errorCodes, isEngineError } from "./core/errors.ts";
export type { EngineErrorOptions, ErrorCode } from "./core/errors.ts";
export type { ContainerExit, ContainerFile, ContainerLogLine } from "./core/ports/container-runner.ts";
export type { ContainerRequest, EndedContainer, StepContainer, StepContainers } from "./core/step-containers.ts";
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
export type { NamespaceInfo } from "./core/ports/triple-store.ts";
export { slackClient } from "./adapters/slack.ts";
export type { SlackClient } from "./adapters/slack.ts";
