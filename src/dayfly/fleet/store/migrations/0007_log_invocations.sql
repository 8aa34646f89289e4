-- Whether an environment writes a record for each invocation, as its first record says: "on", "off", "" where it does not say.
-- Only then does an invocation without a record mean that somebody else served it.
ALTER TABLE environments ADD COLUMN IF NOT EXISTS log_invocations LowCardinality(String) AFTER network;
