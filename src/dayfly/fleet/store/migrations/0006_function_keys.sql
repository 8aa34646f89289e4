-- A function of an account and a region as one number. Grouping and joining by it is several times faster than by three
-- names, and a query that mentions one column instead of three takes a third less to plan: that is most of a short query.
-- Older parts work it out as they are read, until they are merged.
ALTER TABLE invocations ADD COLUMN IF NOT EXISTS function_key UInt64 DEFAULT cityHash64(account, region, function) CODEC(ZSTD) AFTER function;

ALTER TABLE failures ADD COLUMN IF NOT EXISTS function_key UInt64 DEFAULT cityHash64(account, region, function) CODEC(ZSTD) AFTER function;

ALTER TABLE callers ADD COLUMN IF NOT EXISTS function_key UInt64 DEFAULT cityHash64(account, region, function) CODEC(ZSTD) AFTER function;

ALTER TABLE patterns ADD COLUMN IF NOT EXISTS function_key UInt64 DEFAULT cityHash64(account, region, function) CODEC(ZSTD) AFTER function;

ALTER TABLE routes ADD COLUMN IF NOT EXISTS function_key UInt64 DEFAULT cityHash64(account, region, function) CODEC(ZSTD) AFTER function;
