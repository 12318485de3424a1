-- Containers that steps asked for: what has to be found again after a restart, and removed in the end. A row is written
-- before its container is created and goes when its container is gone.
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
