-- Why a running step is to end as canceled. It stays when the step has ended.
ALTER TABLE steps ADD COLUMN cancel_reason TEXT;
