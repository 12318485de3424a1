-- What a step writes most often, written with less: see docs/performance.md.

-- Whether a new record is retired is said by the statement that inserts it, not found out after it.
DROP TRIGGER asset_partitions_added;
CREATE TRIGGER asset_partitions_added AFTER INSERT ON asset_partitions BEGIN
  UPDATE assets SET materialized = materialized + (NEW.word = 'materialized'), failed = failed + (NEW.word = 'failed'),
    running = running + (NEW.word = 'running')
  WHERE id = NEW.asset_id;
END;

-- The records of one partition are found by the primary key, asset by asset: assets are few.
DROP INDEX asset_partitions_by_partition;

-- Runs of a backfill of assets have no job.
DROP INDEX runs_by_job;
CREATE INDEX runs_by_job ON runs (job, id) WHERE job IS NOT NULL;
