-- What failed and was not put right, newest first over all assets. A success leaves no entry here.
CREATE INDEX asset_partitions_failed ON asset_partitions (failed_at_ms) WHERE word = 'failed';
