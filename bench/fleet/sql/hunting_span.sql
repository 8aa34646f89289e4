-- When the day began and ended.
SELECT toUnixTimestamp(min(time)) AS begin, toUnixTimestamp(max(time)) + 1 AS end FROM invocations
