-- What retention looks for: what is left of runs that are gone, and plans that no run has any more.
CREATE INDEX materializations_without_run ON materializations (id) WHERE run_id IS NULL;
CREATE INDEX check_evaluations_without_run ON check_evaluations (id) WHERE run_id IS NULL;
-- Without it, each materialization that goes would read all partitions for one that names it.
CREATE INDEX asset_partitions_by_materialization ON asset_partitions (materialization_id)
  WHERE materialization_id IS NOT NULL;
CREATE INDEX backfills_by_tag_set ON backfills (tag_set_id);
CREATE INDEX runs_by_plan ON runs (plan_id);
