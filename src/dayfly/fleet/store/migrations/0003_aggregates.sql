-- What detections ask for again and again, kept small as lines come in: the calls that failed, and per hour what each
-- caller, each pattern of request and each route was like. ClickHouse fills them by itself with every insert.
--
-- Counts may be a little high where a batch was written twice before its duplicate was noticed; numbers of different
-- things (subjects, environments, callers) are not.

-- Invocations that were answered with an error, were refused, or did not end well: about one in thirty.
-- shard: environment
CREATE TABLE failures
(
    time        DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    account     LowCardinality(String),
    region      LowCardinality(String),
    function    LowCardinality(String),
    environment UInt64,
    sequence    UInt32,
    request_id  UUID,
    route       LowCardinality(String),
    source      UInt64,
    principal   UInt64,
    shape       UInt64,
    pattern     UInt64,
    subject     UInt64,
    outcome     LowCardinality(String),
    status      UInt16,
    duration_us UInt32 CODEC(T64, ZSTD)
)
ENGINE = @ReplacingMergeTree()
PARTITION BY toDate(time)
ORDER BY (toStartOfHour(time), function, route, time, environment, sequence);

CREATE MATERIALIZED VIEW failures_of_invocations TO failures AS
SELECT
    time, account, region, function, environment, sequence, request_id, route, source, principal, shape, pattern, subject,
    outcome, status, duration_us
FROM invocations
WHERE status >= 400 OR outcome != 'success';

-- What one caller did in one hour on one function.
-- shard: source
CREATE TABLE callers
(
    hour         DateTime('UTC') CODEC(Delta, ZSTD),
    account      LowCardinality(String),
    region       LowCardinality(String),
    function     LowCardinality(String),
    source       UInt64,
    requests     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    failed       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    duration_us  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    first        SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD),
    last         SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD),
    subjects     AggregateFunction(uniqCombined(12), UInt64),
    principals   AggregateFunction(uniqCombined(12), UInt64),
    environments AggregateFunction(uniqCombined(12), UInt64)
)
ENGINE = @AggregatingMergeTree()
PARTITION BY toDate(hour)
ORDER BY (hour, function, source, account, region);

CREATE MATERIALIZED VIEW callers_of_invocations TO callers AS
SELECT
    toStartOfHour(time) AS hour, account, region, function, source,
    count() AS requests,
    countIf(status >= 400 OR outcome != 'success') AS failed,
    sum(toUInt64(invocations.duration_us)) AS duration_us,
    min(time) AS first,
    max(time) AS last,
    uniqCombinedState(12)(subject) AS subjects,
    uniqCombinedState(12)(principal) AS principals,
    uniqCombinedState(12)(environment) AS environments
FROM invocations
WHERE source != 0
GROUP BY hour, account, region, function, source;

-- What one pattern of request did in one hour on one function.
-- shard: pattern
CREATE TABLE patterns
(
    hour         DateTime('UTC') CODEC(Delta, ZSTD),
    account      LowCardinality(String),
    region       LowCardinality(String),
    function     LowCardinality(String),
    pattern      UInt64,
    requests     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    failed       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    residues     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    duration_us  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    first        SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD),
    last         SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD),
    callers      AggregateFunction(uniqCombined(12), UInt64),
    environments AggregateFunction(uniqCombined(12), UInt64)
)
ENGINE = @AggregatingMergeTree()
PARTITION BY toDate(hour)
ORDER BY (hour, function, pattern, account, region);

CREATE MATERIALIZED VIEW patterns_of_invocations TO patterns AS
SELECT
    toStartOfHour(time) AS hour, account, region, function, pattern,
    count() AS requests,
    countIf(status >= 400 OR outcome != 'success') AS failed,
    countIf(residue != 0) AS residues,
    sum(toUInt64(invocations.duration_us)) AS duration_us,
    min(time) AS first,
    max(time) AS last,
    uniqCombinedState(12)(source) AS callers,
    uniqCombinedState(12)(environment) AS environments
FROM invocations
WHERE pattern != 0
GROUP BY hour, account, region, function, pattern;

-- What one route of a function was like in five minutes.
-- shard: function
CREATE TABLE routes
(
    slot         DateTime('UTC') CODEC(Delta, ZSTD),
    account      LowCardinality(String),
    region       LowCardinality(String),
    function     LowCardinality(String),
    route        LowCardinality(String),
    trigger      LowCardinality(String),
    requests     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    failed       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    refused      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    timeouts     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    duration_us  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD)
)
ENGINE = @AggregatingMergeTree()
PARTITION BY toDate(slot)
ORDER BY (slot, function, route, trigger, account, region);

CREATE MATERIALIZED VIEW routes_of_invocations TO routes AS
SELECT
    toStartOfFiveMinutes(time) AS slot, account, region, function, route, trigger,
    count() AS requests,
    countIf(status >= 400 OR outcome != 'success') AS failed,
    countIf(status >= 400 AND status < 500 AND status != 429) AS refused,
    countIf(outcome = 'timeout') AS timeouts,
    sum(toUInt64(invocations.duration_us)) AS duration_us
FROM invocations
GROUP BY slot, account, region, function, route, trigger;
