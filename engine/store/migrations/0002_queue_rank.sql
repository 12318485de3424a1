-- Waiting makes up for priority: one point is worth six hours (AGING_MS_PER_PRIORITY in engine/core/queue-order.ts).
ALTER TABLE runs ADD COLUMN queue_rank_ms INTEGER GENERATED ALWAYS AS (created_at_ms - priority * 21600000) VIRTUAL;
DROP INDEX runs_queued;
CREATE INDEX runs_queued ON runs (queue_rank_ms, id) WHERE status = 'queued';
