-- What hunting asks for again and again, kept small as lines come in: per hour, what each environment was like, and how
-- often the platform started requests in each stream.
--
-- Least and most, first and last stay true where a batch was written twice; sums may be a little high.

-- One environment in one hour. `code_least` and `sequence_least` are of those that are not zero.
-- shard: environment
CREATE TABLE lives
(
    hour             DateTime('UTC') CODEC(Delta, ZSTD),
    account          LowCardinality(String),
    region           LowCardinality(String),
    function         LowCardinality(String),
    version          LowCardinality(String),
    environment      UInt64,
    stream           SimpleAggregateFunction(max, UInt64),
    invocations      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    first            SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD),
    last             SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD),
    first_invocation SimpleAggregateFunction(min, UInt32) CODEC(T64, ZSTD),
    sequence_least   SimpleAggregateFunction(min, UInt32) CODEC(T64, ZSTD),
    sequence_most    SimpleAggregateFunction(max, UInt32) CODEC(T64, ZSTD),
    code_least       SimpleAggregateFunction(min, UInt64),
    code_most        SimpleAggregateFunction(max, UInt64),
    first_code       AggregateFunction(argMin, UInt64, DateTime64(3, 'UTC'))
)
ENGINE = @AggregatingMergeTree()
PARTITION BY toDate(hour)
ORDER BY (hour, function, environment, version, account, region);

CREATE MATERIALIZED VIEW lives_of_invocations TO lives AS
SELECT
    toStartOfHour(time) AS hour, account, region, function, version, environment, max(invocations.stream) AS stream,
    count() AS invocations, min(time) AS first, max(time) AS last, min(invocation) AS first_invocation,
    min(if(sequence = 0, 4294967295, sequence)) AS sequence_least, max(sequence) AS sequence_most,
    min(if(code = 0, 18446744073709551615, code)) AS code_least, max(code) AS code_most, argMinState(code, time) AS first_code
FROM invocations
GROUP BY hour, account, region, function, version, environment;

-- Requests that the platform says began, in one stream and hour.
-- shard: stream
CREATE TABLE starts
(
    hour     DateTime('UTC') CODEC(Delta, ZSTD),
    function LowCardinality(String),
    stream   UInt64,
    requests SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    last     SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD)
)
ENGINE = @AggregatingMergeTree()
PARTITION BY toDate(hour)
ORDER BY (hour, function, stream);

CREATE MATERIALIZED VIEW starts_of_platform TO starts AS
SELECT toStartOfHour(time) AS hour, function, stream, count() AS requests, max(time) AS last
FROM platform
WHERE kind = 'start' AND stream != 0
GROUP BY hour, function, stream;

-- What the invocations of one environment left behind in one hour, by its fingerprint.
-- shard: environment
CREATE TABLE residues
(
    hour        DateTime('UTC') CODEC(Delta, ZSTD),
    account     LowCardinality(String),
    region      LowCardinality(String),
    function    LowCardinality(String),
    version     LowCardinality(String),
    environment UInt64,
    residue     UInt64,
    times       SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD),
    first       SimpleAggregateFunction(min, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD),
    last        SimpleAggregateFunction(max, DateTime64(3, 'UTC')) CODEC(Delta, ZSTD)
)
ENGINE = @AggregatingMergeTree()
PARTITION BY toDate(hour)
ORDER BY (hour, function, environment, residue, version, account, region);

CREATE MATERIALIZED VIEW residues_of_invocations TO residues AS
SELECT toStartOfHour(time) AS hour, account, region, function, version, environment, residue, count() AS times,
    min(time) AS first, max(time) AS last
FROM invocations
WHERE residue != 0
GROUP BY hour, account, region, function, version, environment, residue;
