import { EngineError } from "../../core/errors.ts";
import { type CheckWord, recordedCheckWords } from "../../core/states.ts";
import type { Connection } from "../database.ts";
import { EVALUATION_SUMMARY, type EvaluationRow } from "../tables/check-summaries.ts";
import { type Cursors, pageLimit, pageOf, type PageRequest, type RowPage } from "./page.ts";

export interface ListEvaluationsParams extends PageRequest {
  readonly checkId: number;
  readonly partitionId?: number | undefined;
}

/** A check's evaluations, newest first. */
export function listEvaluations(
  db: Connection,
  cursors: Cursors,
): (params: ListEvaluationsParams) => RowPage<EvaluationRow> {
  const ofCheck = db.prepare<[number, number, number], EvaluationRow>(
    `SELECT ${EVALUATION_SUMMARY} FROM check_evaluations e INDEXED BY check_evaluations_by_check ` +
      "WHERE e.check_id = ? AND e.id < ? ORDER BY e.id DESC LIMIT ?",
  );
  const ofPartition = db.prepare<[number, number, number, number], EvaluationRow>(
    `SELECT ${EVALUATION_SUMMARY} FROM check_evaluations e INDEXED BY check_evaluations_by_partition ` +
      "WHERE e.check_id = ? AND e.partition_id = ? AND e.id < ? ORDER BY e.id DESC LIMIT ?",
  );
  return (params) => {
    const limit = pageLimit(params);
    const before = cursors.number("evaluations", params) ?? Number.MAX_SAFE_INTEGER;
    const rows =
      params.partitionId === undefined
        ? ofCheck.all(params.checkId, before, limit + 1)
        : ofPartition.all(params.checkId, params.partitionId, before, limit + 1);
    return pageOf(rows, { limit, cursorAfter: (last) => cursors.encode("evaluations", last.id) });
  };
}

export interface ListCheckPartitionsParams extends PageRequest {
  readonly checkId: number;
  readonly status: CheckWord;
}

/** The newest evaluations of the partitions that stand at a word, newest first. */
export function listCheckPartitions(
  db: Connection,
  cursors: Cursors,
): (params: ListCheckPartitionsParams) => RowPage<EvaluationRow> {
  const ofWord = db.prepare<[number, string, number, number], EvaluationRow>(
    `SELECT ${EVALUATION_SUMMARY} FROM check_partitions s INDEXED BY check_partitions_by_word ` +
      "CROSS JOIN check_evaluations e ON e.id = s.evaluation_id " +
      "WHERE s.check_id = ? AND s.word = ? AND s.evaluation_id < ? ORDER BY s.evaluation_id DESC LIMIT ?",
  );
  return (params) => {
    const limit = pageLimit(params);
    const before = cursors.number("check partitions", params) ?? Number.MAX_SAFE_INTEGER;
    const rows = ofWord.all(params.checkId, checkWord(params.status), before, limit + 1);
    return pageOf(rows, { limit, cursorAfter: (last) => cursors.encode("check partitions", last.id) });
  };
}

function checkWord(word: CheckWord): CheckWord {
  if (recordedCheckWords.some((one) => one === word)) return word;
  throw new EngineError(
    "invalid_request",
    `${JSON.stringify(word)} is no status by which a check's partitions are listed; expected ${recordedCheckWords.join(", ")}`,
  );
}
