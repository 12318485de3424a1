-- What a step made and found is looked up by its number, also in a run of 10,000 steps.
DROP INDEX materializations_by_run;
CREATE INDEX materializations_by_step ON materializations (run_id, ordinal) WHERE run_id IS NOT NULL;
DROP INDEX check_evaluations_by_run;
CREATE INDEX check_evaluations_by_step ON check_evaluations (run_id, ordinal) WHERE run_id IS NOT NULL;
