-- The schema that the migrations make, for reading. Do not edit: a test compares it, and
-- `node test/rigs/write-schema.ts` writes it anew.

CREATE TABLE migrations (id INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at_ms INTEGER NOT NULL) STRICT;

CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE lease (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,
  holder TEXT NOT NULL,
  host TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER
) STRICT;

CREATE TABLE partition_sets (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('none', 'static', 'dynamic', 'product', 'time_window')),
  dimensions TEXT NOT NULL CHECK (json_valid(dimensions)),
  active INTEGER NOT NULL DEFAULT 0 CHECK (active >= 0),
  retired INTEGER NOT NULL DEFAULT 0 CHECK (retired >= 0)
) STRICT;

CREATE TABLE partitions (
  id INTEGER PRIMARY KEY,
  set_id INTEGER NOT NULL REFERENCES partition_sets (id),
  key TEXT NOT NULL CHECK (length(key) > 0),
  state TEXT NOT NULL CHECK (state IN ('active', 'retired')),
  added_at_ms INTEGER NOT NULL,
  changed_at_ms INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  UNIQUE (set_id, key)
) STRICT;

CREATE INDEX partitions_by_state ON partitions (set_id, state, key);

CREATE TABLE partition_parts (
  partition_id INTEGER NOT NULL REFERENCES partitions (id),
  dimension INTEGER NOT NULL,
  part_id INTEGER NOT NULL REFERENCES partitions (id),
  PRIMARY KEY (partition_id, dimension)
) STRICT, WITHOUT ROWID;

CREATE INDEX partition_parts_by_part ON partition_parts (part_id, dimension, partition_id);

CREATE TABLE held_retirements (
  set_id INTEGER PRIMARY KEY REFERENCES partition_sets (id),
  keys TEXT NOT NULL CHECK (json_valid(keys)),
  origin TEXT NOT NULL,
  reason TEXT NOT NULL,
  held_at_ms INTEGER NOT NULL
) STRICT;

CREATE TRIGGER partitions_added AFTER INSERT ON partitions BEGIN
  UPDATE partition_sets SET active = active + (NEW.state = 'active'), retired = retired + (NEW.state = 'retired')
  WHERE id = NEW.set_id;
END;

CREATE TRIGGER partitions_changed AFTER UPDATE OF state ON partitions WHEN OLD.state <> NEW.state BEGIN
  UPDATE partition_sets SET active = active + (NEW.state = 'active') - (OLD.state = 'active'),
    retired = retired + (NEW.state = 'retired') - (OLD.state = 'retired')
  WHERE id = NEW.set_id;
  UPDATE asset_partitions SET retired = (NEW.state = 'retired')
  WHERE partition_id = NEW.id AND asset_id IN (SELECT id FROM assets WHERE set_id = NEW.set_id);
END;

CREATE TABLE assets (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  set_id INTEGER NOT NULL REFERENCES partition_sets (id),
  defined INTEGER NOT NULL CHECK (defined IN (0, 1)),
  materialized INTEGER NOT NULL DEFAULT 0 CHECK (materialized >= 0),
  failed INTEGER NOT NULL DEFAULT 0 CHECK (failed >= 0),
  running INTEGER NOT NULL DEFAULT 0 CHECK (running >= 0)
) STRICT;

CREATE TABLE tag_sets (
  id INTEGER PRIMARY KEY,
  body TEXT NOT NULL UNIQUE CHECK (json_valid(body))
) STRICT;

CREATE TABLE tag_set_tags (
  tag_set_id INTEGER NOT NULL REFERENCES tag_sets (id),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (tag_set_id, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX tag_set_tags_by_tag ON tag_set_tags (key, value, tag_set_id);

CREATE TABLE asset_sets (
  id INTEGER PRIMARY KEY,
  body TEXT NOT NULL UNIQUE CHECK (json_valid(body))
) STRICT;

CREATE TABLE asset_set_assets (
  asset TEXT NOT NULL,
  asset_set_id INTEGER NOT NULL REFERENCES asset_sets (id),
  PRIMARY KEY (asset, asset_set_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_plans (
  id INTEGER PRIMARY KEY,
  sha256 TEXT NOT NULL UNIQUE,
  asset_set_id INTEGER NOT NULL REFERENCES asset_sets (id),
  step_count INTEGER NOT NULL,
  body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;

CREATE TABLE backfills (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL CHECK (status IN ('queued', 'running', 'paused', 'succeeded', 'failed', 'canceling', 'canceled')),
  job TEXT,
  request TEXT NOT NULL CHECK (json_valid(request)),
  tag_set_id INTEGER NOT NULL REFERENCES tag_sets (id),
  priority INTEGER NOT NULL,
  origin_kind TEXT NOT NULL,
  origin_name TEXT,
  reason TEXT NOT NULL,
  total INTEGER NOT NULL,
  launched INTEGER NOT NULL DEFAULT 0,
  succeeded INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  canceled INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL,
  started_at_ms INTEGER,
  ended_at_ms INTEGER,
  error TEXT CHECK (error IS NULL OR json_valid(error))
) STRICT;

CREATE INDEX backfills_by_status ON backfills (status, id);

CREATE TABLE backfill_members (
  backfill_id INTEGER NOT NULL REFERENCES backfills (id),
  first_ordinal INTEGER NOT NULL,
  wave INTEGER NOT NULL,
  assets TEXT NOT NULL CHECK (json_valid(assets)),
  set_id INTEGER NOT NULL REFERENCES partition_sets (id),
  partition_ids BLOB NOT NULL,
  PRIMARY KEY (backfill_id, first_ordinal)
) STRICT;

CREATE TABLE runs (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  job TEXT,
  status TEXT NOT NULL CHECK (status IN ('queued', 'starting', 'running', 'succeeded', 'failed', 'canceling', 'canceled')),
  priority INTEGER NOT NULL,
  plan_id INTEGER NOT NULL REFERENCES run_plans (id),
  asset_set_id INTEGER NOT NULL REFERENCES asset_sets (id),
  tag_set_id INTEGER NOT NULL REFERENCES tag_sets (id),
  partition_id INTEGER NOT NULL REFERENCES partitions (id),
  partition_count INTEGER NOT NULL,
  origin_kind TEXT NOT NULL,
  origin_name TEXT,
  run_key TEXT,
  parent_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
  root_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
  backfill_id INTEGER REFERENCES backfills (id),
  config TEXT CHECK (config IS NULL OR json_valid(config)),
  reason TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  started_at_ms INTEGER,
  ended_at_ms INTEGER,
  cancel_reason TEXT,
  error TEXT CHECK (error IS NULL OR json_valid(error))
, queue_rank_ms INTEGER GENERATED ALWAYS AS (created_at_ms - priority * 21600000) VIRTUAL) STRICT;

CREATE INDEX runs_live ON runs (status) WHERE status IN ('starting', 'running', 'canceling');

CREATE INDEX runs_ended ON runs (status, id) WHERE status IN ('succeeded', 'failed', 'canceled');

CREATE INDEX runs_by_asset_set ON runs (asset_set_id, id);

CREATE INDEX runs_by_tag_set ON runs (tag_set_id, id);

CREATE INDEX runs_by_partition ON runs (partition_id, id) WHERE partition_id <> 0;

CREATE INDEX runs_by_backfill ON runs (backfill_id, id) WHERE backfill_id IS NOT NULL;

CREATE INDEX runs_by_parent ON runs (parent_id) WHERE parent_id IS NOT NULL;

CREATE INDEX runs_by_root ON runs (root_id) WHERE root_id IS NOT NULL;

CREATE TABLE steps (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'waiting', 'running', 'succeeded', 'failed', 'skipped', 'canceled')),
  partition_id INTEGER NOT NULL REFERENCES partitions (id),
  attempt INTEGER NOT NULL,
  interruptions INTEGER NOT NULL DEFAULT 0,
  started_at_ms INTEGER,
  ended_at_ms INTEGER,
  retry_at_ms INTEGER,
  reason TEXT,
  error TEXT CHECK (error IS NULL OR json_valid(error)), cancel_reason TEXT,
  PRIMARY KEY (run_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE slots (
  pool TEXT NOT NULL,
  run_id INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  taken_at_ms INTEGER NOT NULL,
  PRIMARY KEY (pool, run_id, ordinal),
  FOREIGN KEY (run_id, ordinal) REFERENCES steps (run_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX slots_by_step ON slots (run_id, ordinal);

CREATE TABLE limits (
  kind TEXT NOT NULL CHECK (kind IN ('runs', 'tag', 'tag_value', 'pool')),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  maximum INTEGER NOT NULL CHECK (maximum >= 0),
  PRIMARY KEY (kind, key, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE materializations (
  id INTEGER PRIMARY KEY,
  asset_id INTEGER NOT NULL REFERENCES assets (id),
  partition_id INTEGER NOT NULL REFERENCES partitions (id),
  run_id INTEGER REFERENCES runs (id) ON DELETE SET NULL,
  run_uid TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  code_version TEXT,
  data_version TEXT NOT NULL,
  metadata TEXT NOT NULL CHECK (json_valid(metadata)),
  value TEXT,
  value_sha256 TEXT,
  value_bytes INTEGER NOT NULL
) STRICT;

CREATE INDEX materializations_by_asset ON materializations (asset_id, id);

CREATE INDEX materializations_by_partition ON materializations (asset_id, partition_id, id);

CREATE INDEX materializations_by_value ON materializations (value_sha256) WHERE value_sha256 IS NOT NULL;

CREATE TABLE materialization_inputs (
  materialization_id INTEGER NOT NULL REFERENCES materializations (id) ON DELETE CASCADE,
  asset_id INTEGER NOT NULL REFERENCES assets (id),
  partition_id INTEGER NOT NULL,
  data_version TEXT NOT NULL,
  PRIMARY KEY (materialization_id, asset_id, partition_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE asset_partitions (
  asset_id INTEGER NOT NULL REFERENCES assets (id),
  partition_id INTEGER NOT NULL REFERENCES partitions (id),
  materialization_id INTEGER REFERENCES materializations (id),
  materialized_seq INTEGER NOT NULL DEFAULT 0,
  materialized_at_ms INTEGER,
  failed_seq INTEGER NOT NULL DEFAULT 0,
  failed_at_ms INTEGER,
  failed_run_uid TEXT,
  failed_ordinal INTEGER,
  failure TEXT CHECK (failure IS NULL OR json_valid(failure)),
  live_run_id INTEGER,
  live_ordinal INTEGER,
  retired INTEGER NOT NULL DEFAULT 0 CHECK (retired IN (0, 1)),
  word TEXT NOT NULL GENERATED ALWAYS AS (
    CASE
      WHEN retired = 1 THEN 'retired'
      WHEN live_run_id IS NOT NULL THEN 'running'
      WHEN failed_seq > materialized_seq THEN 'failed'
      WHEN materialized_seq > 0 THEN 'materialized'
      ELSE 'missing'
    END
  ) STORED,
  PRIMARY KEY (asset_id, partition_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX asset_partitions_by_word ON asset_partitions (asset_id, word, partition_id) WHERE word IN ('failed', 'running');

CREATE TRIGGER asset_partitions_changed AFTER UPDATE ON asset_partitions WHEN OLD.word <> NEW.word BEGIN
  UPDATE assets SET materialized = materialized + (NEW.word = 'materialized') - (OLD.word = 'materialized'),
    failed = failed + (NEW.word = 'failed') - (OLD.word = 'failed'),
    running = running + (NEW.word = 'running') - (OLD.word = 'running')
  WHERE id = NEW.asset_id;
END;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  type TEXT NOT NULL,
  run_id INTEGER,
  ordinal INTEGER,
  data TEXT CHECK (data IS NULL OR json_valid(data))
) STRICT;

CREATE INDEX events_by_run ON events (run_id, seq) WHERE run_id IS NOT NULL;

CREATE TABLE log_lines (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('debug', 'info', 'warning', 'error')),
  message TEXT NOT NULL,
  fields TEXT CHECK (fields IS NULL OR json_valid(fields))
) STRICT;

CREATE INDEX log_lines_by_run ON log_lines (run_id, id);

CREATE INDEX log_lines_by_step ON log_lines (run_id, ordinal, id);

CREATE TABLE automations (
  name TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('sensor', 'schedule')),
  enabled INTEGER CHECK (enabled IN (0, 1)),
  cursor TEXT,
  events_seq INTEGER NOT NULL DEFAULT 0,
  due_after_ms INTEGER,
  last_tick_id INTEGER REFERENCES ticks (id) ON DELETE SET NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ticks (
  id INTEGER PRIMARY KEY,
  automation TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('started', 'succeeded', 'skipped', 'failed')),
  scheduled_at_ms INTEGER,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  reason TEXT,
  error TEXT CHECK (error IS NULL OR json_valid(error)),
  cursor TEXT,
  changes TEXT CHECK (changes IS NULL OR json_valid(changes)),
  log TEXT CHECK (log IS NULL OR json_valid(log))
) STRICT;

CREATE INDEX ticks_by_automation ON ticks (automation, id);

CREATE INDEX ticks_started ON ticks (status, id) WHERE status = 'started';

CREATE TABLE tick_requests (
  tick_id INTEGER NOT NULL REFERENCES ticks (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN ('run', 'backfill', 'blocked', 'refused')),
  uid TEXT,
  run_key TEXT,
  reason TEXT NOT NULL,
  PRIMARY KEY (tick_id, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_keys (
  origin TEXT NOT NULL,
  run_key TEXT NOT NULL,
  policy TEXT NOT NULL CHECK (policy IN ('once', 'until-success', 'always')),
  uid TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('run', 'backfill')),
  status TEXT NOT NULL CHECK (status IN ('live', 'succeeded', 'failed', 'canceled')),
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (origin, run_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_keys_by_uid ON run_keys (uid);

CREATE TABLE tokens (
  id INTEGER PRIMARY KEY,
  uid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  hash TEXT NOT NULL UNIQUE,
  created_at_ms INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  last_used_at_ms INTEGER,
  revoked_at_ms INTEGER
) STRICT;

CREATE TABLE sessions (
  hash TEXT PRIMARY KEY,
  actor TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  token_id INTEGER REFERENCES tokens (id),
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE login_codes (
  hash TEXT PRIMARY KEY,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
  expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  outcome TEXT NOT NULL,
  details TEXT CHECK (details IS NULL OR json_valid(details))
) STRICT;

CREATE INDEX runs_queued ON runs (queue_rank_ms, id) WHERE status = 'queued';

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

CREATE INDEX asset_partitions_failed ON asset_partitions (failed_at_ms) WHERE word = 'failed';

CREATE TABLE external_work (
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  container_id TEXT,
  state TEXT NOT NULL CHECK (state IN ('intended', 'created', 'exited')),
  exit_code INTEGER,
  exit_error TEXT,
  log_position TEXT,
  keep INTEGER NOT NULL CHECK (keep IN (0, 1)),
  stop_grace_ms INTEGER NOT NULL,
  -- Restarts of the engine after the last container of the attempt had exited.
  restarts INTEGER NOT NULL DEFAULT 0,
  intended_at_ms INTEGER NOT NULL,
  PRIMARY KEY (run_id, ordinal, attempt, key)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER asset_partitions_added AFTER INSERT ON asset_partitions BEGIN
  UPDATE assets SET materialized = materialized + (NEW.word = 'materialized'), failed = failed + (NEW.word = 'failed'),
    running = running + (NEW.word = 'running')
  WHERE id = NEW.asset_id;
END;

CREATE INDEX runs_by_job ON runs (job, id) WHERE job IS NOT NULL;

CREATE INDEX materializations_by_step ON materializations (run_id, ordinal) WHERE run_id IS NOT NULL;

CREATE INDEX check_evaluations_by_step ON check_evaluations (run_id, ordinal) WHERE run_id IS NOT NULL;

CREATE INDEX materializations_without_run ON materializations (id) WHERE run_id IS NULL;

CREATE INDEX check_evaluations_without_run ON check_evaluations (id) WHERE run_id IS NULL;

CREATE INDEX asset_partitions_by_materialization ON asset_partitions (materialization_id)
  WHERE materialization_id IS NOT NULL;

CREATE INDEX backfills_by_tag_set ON backfills (tag_set_id);

CREATE INDEX runs_by_plan ON runs (plan_id);
