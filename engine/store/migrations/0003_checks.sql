-- Checks of assets: what is defined, what each evaluation found, and where each partition stands. The counters follow
-- check_partitions; what is recorded for a retired key, or a key of a set that the asset had before, stands outside.

-- key: the asset's key, a colon, the check's name. set_id: the asset's, as the partitions were last looked at.
CREATE TABLE checks (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  asset_id INTEGER NOT NULL REFERENCES assets (id),
  set_id INTEGER NOT NULL REFERENCES partition_sets (id),
  defined INTEGER NOT NULL CHECK (defined IN (0, 1)),
  passed INTEGER NOT NULL DEFAULT 0 CHECK (passed >= 0),
  warned INTEGER NOT NULL DEFAULT 0 CHECK (warned >= 0),
  failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
  errored INTEGER NOT NULL DEFAULT 0 CHECK (errored >= 0),
  outdated INTEGER NOT NULL DEFAULT 0 CHECK (outdated >= 0)
) STRICT;

-- materialization_id, data_version: what was judged; NULL where there was nothing. The materialization may be pruned.
CREATE TABLE check_evaluations (
  id INTEGER PRIMARY KEY,
  check_id INTEGER NOT NULL REFERENCES checks (id),
  partition_id INTEGER NOT NULL REFERENCES partitions (id),
  run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
  run_uid TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'warned', 'failed', 'errored')),
  severity TEXT NOT NULL CHECK (severity IN ('warn', 'error')),
  blocking INTEGER NOT NULL CHECK (blocking IN (0, 1)),
  description TEXT NOT NULL,
  metadata TEXT NOT NULL CHECK (json_valid(metadata)),
  materialization_id INTEGER,
  data_version TEXT,
  error TEXT CHECK (error IS NULL OR json_valid(error))
) STRICT;
CREATE INDEX check_evaluations_by_check ON check_evaluations (check_id, id);
CREATE INDEX check_evaluations_by_partition ON check_evaluations (check_id, partition_id, id);
CREATE INDEX check_evaluations_by_run ON check_evaluations (run_id) WHERE run_id IS NOT NULL;

-- The newest evaluation of each partition. outdated: the asset's partition was made again since.
CREATE TABLE check_partitions (
  check_id INTEGER NOT NULL REFERENCES checks (id),
  partition_id INTEGER NOT NULL REFERENCES partitions (id),
  evaluation_id INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'warned', 'failed', 'errored')),
  outdated INTEGER NOT NULL DEFAULT 0 CHECK (outdated IN (0, 1)),
  retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
  word TEXT NOT NULL GENERATED ALWAYS AS (
    CASE
      WHEN retired = 1 THEN 'retired'
      WHEN outdated = 1 THEN 'outdated'
      ELSE outcome
    END
  ) STORED,
  PRIMARY KEY (check_id, partition_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX check_partitions_by_word ON check_partitions (check_id, word, evaluation_id);
CREATE INDEX check_partitions_by_partition ON check_partitions (partition_id);

CREATE TRIGGER check_partitions_added AFTER INSERT ON check_partitions BEGIN
  UPDATE checks SET passed = passed + (NEW.word = 'passed'), warned = warned + (NEW.word = 'warned'),
    failed = failed + (NEW.word = 'failed'), errored = errored + (NEW.word = 'errored'),
    outdated = outdated + (NEW.word = 'outdated')
  WHERE id = NEW.check_id;
END;
CREATE TRIGGER check_partitions_changed AFTER UPDATE ON check_partitions WHEN OLD.word <> NEW.word BEGIN
  UPDATE checks SET passed = passed + (NEW.word = 'passed') - (OLD.word = 'passed'),
    warned = warned + (NEW.word = 'warned') - (OLD.word = 'warned'),
    failed = failed + (NEW.word = 'failed') - (OLD.word = 'failed'),
    errored = errored + (NEW.word = 'errored') - (OLD.word = 'errored'),
    outdated = outdated + (NEW.word = 'outdated') - (OLD.word = 'outdated')
  WHERE id = NEW.check_id;
END;
CREATE TRIGGER partitions_changed_for_checks AFTER UPDATE OF state ON partitions WHEN OLD.state <> NEW.state BEGIN
  UPDATE check_partitions SET retired = (NEW.state = 'retired')
  WHERE partition_id = NEW.id AND check_id IN (SELECT id FROM checks WHERE set_id = NEW.set_id);
END;
