/** The operators' door: what the server, the command line and the composition root may import. */
export { EngineError, errorCodes, isEngineError } from "./core/errors.ts";
export type { EngineErrorOptions, ErrorCode } from "./core/errors.ts";
export type { Catalog, Definition, LocatedDefinition } from "./core/catalog.ts";
export type { EngineEvent, EventEvaluation, EventType, Failure, RecordedEvent } from "./core/events.ts";
export type { Json, JsonObject } from "./core/json.ts";
export type { ContainerHost } from "./core/ports/container-host.ts";
export type { ObjectStore } from "./core/ports/object-store.ts";
export type { Clerk } from "./core/ports/clerk.ts";
export type { Clock, IdSource, Scheduler } from "./core/ports/time.ts";
export type { NamespaceInfo, TripleStore } from "./core/ports/triple-store.ts";
export type { WorkerPool } from "./core/ports/worker-pool.ts";
export { runKeyPolicies } from "./core/automation.ts";
export { MAX_PRIORITY } from "./core/queue-order.ts";
export { buildCatalog } from "./core/catalog.ts";
export { http, https } from "./adapters/node-http.ts";
export { openEngine } from "./runtime/engine.ts";
export type { OpenEngineParams } from "./runtime/engine.ts";
export { parseRetention, type RetentionPolicy, retentionRules } from "./core/retention.ts";
export type { PruneReport } from "./runtime/retention.ts";
export { selectAssets } from "./core/selection.ts";
export { chooseAnswerType } from "./core/sparql-formats.ts";
export { queryForm } from "./core/sparql-text.ts";
export {
  backfillStatuses,
  checkOutcomes,
  checkWords,
  isTerminalBackfill,
  isTerminalRun,
  recordedCheckWords,
  runStatuses,
  stepStatuses,
} from "./core/states.ts";
export { checkedAsset } from "./core/targets.ts";
export { checkSeverities } from "./core/verdict.ts";
export type { BackfillStatus, CheckWord, PartitionWord, RunStatus, StepStatus, TickStatus } from "./core/states.ts";
export type {
  Access,
  Actor,
  ChecksRequest,
  Commands,
  Engine,
  EngineHealth,
  EngineQueries,
  EvaluationView,
  MaterializeRequest,
  PartitionRequest,
  RunFilter,
  StepProgress,
  TriggerRequest,
} from "./runtime/operations.ts";
export type {
  AssetPartitionView,
  AssetView,
  AutomationView,
  BackfillView,
  CheckEvaluationView,
  CheckView,
  EventView,
  FailureView,
  GraphView,
  JobView,
  LatestView,
  LimitView,
  LogLineView,
  KeyCountsView,
  MatrixView,
  Page,
  PartitionCounts,
  PartitionKeyView,
  PartitionSetView,
  PreviewView,
  RunCountsView,
  RunDetailView,
  RunView,
  ScheduleView,
  SensorView,
  StepView,
  TickView,
} from "./runtime/views.ts";
export type { Role } from "./store/tables/access.ts";
export { loadLocations, resolveLocation } from "./runtime/code-locations.ts";
export type { CodeLocation, LoadedCode, LoadedLocation } from "./runtime/code-locations.ts";
export { openRecord } from "./runtime/record.ts";
export type { OpenedRecord } from "./runtime/record.ts";
export { backupDataDir, restoreDataDir } from "./runtime/stopped-record.ts";
export type { StoppedRecordParams } from "./runtime/stopped-record.ts";
export { parseWorkspace } from "./runtime/workspace-file.ts";
export type { Workspace, WorkspaceProblem, WorkspaceProject } from "./runtime/workspace-file.ts";
