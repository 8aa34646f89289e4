-- What pages ask for of every function at once, kept small as lines come in: per hour what a function's calls were like,
-- and per hour the life of each log stream. ClickHouse fills them by itself with every insert.

-- What one function was like in one hour, as Dayfly's lines tell.
-- shard: function
CREATE TABLE hours
(
    hour         DateTime('UTC') CODEC(Delta, ZSTD),
    function     LowCardinality(String),
    requests     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    failed       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    last         SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD),
    environments AggregateFunction(uniqCombined(12), UInt64),
    durations    AggregateFunction(quantilesBFloat16(0.5, 0.99), UInt32),
    overheads    AggregateFunction(quantilesBFloat16(0.5, 0.99), UInt32)
)
ENGINE = @AggregatingMergeTree()
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, function);

CREATE MATERIALIZED VIEW hours_of_invocations TO hours AS
SELECT
    toStartOfHour(time) AS hour, function,
    count() AS requests,
    countIf(outcome != 'success' OR status >= 500) AS failed,
    max(time) AS last,
    uniqCombinedState(12)(environment) AS environments,
    quantilesBFloat16State(0.5, 0.99)(duration_us) AS durations,
    quantilesBFloat16State(0.5, 0.99)(overhead_us) AS overheads
FROM invocations
GROUP BY hour, function;

-- What one log stream was like in one hour, as the platform's lines tell: one stream is one environment.
-- shard: stream
CREATE TABLE stream_hours
(
    hour     DateTime('UTC') CODEC(Delta, ZSTD),
    function LowCardinality(String),
    stream   UInt64,
    first    SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD),
    last     SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD),
    starts   SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    reports  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    inits    SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD)
)
ENGINE = @AggregatingMergeTree()
PARTITION BY toYYYYMM(hour)
ORDER BY (hour, function, stream);

CREATE MATERIALIZED VIEW stream_hours_of_platform TO stream_hours AS
SELECT
    toStartOfHour(time) AS hour, function, stream,
    min(time) AS first,
    max(time) AS last,
    countIf(kind = 'start') AS starts,
    countIf(kind = 'report') AS reports,
    countIf(kind = 'init') AS inits
FROM platform
GROUP BY hour, function, stream;
