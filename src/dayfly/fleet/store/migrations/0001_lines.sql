-- What environments say of themselves and what the platform says of them.
--
-- Every table is a ReplacingMergeTree whose sorting key is the identity of a line, so that a line which came by two
-- roads, or twice by one, is one row after a merge; the collector drops those it has seen before they get here.
-- Hours come first in a key: a detection reads the last minutes, a page the last day, of all functions. Ten minutes
-- instead were no faster for the last ten minutes (49 and 50 ms) and twice as slow for one function's day (15 and 7 ms).
-- A request, an environment or an address is looked up by Bloom filters: 17, 11 and 5 ms where reading all took 123, 24
-- and 37 ms; they cost 1.3 of 44 bytes a row. What came in lately is found by the least and most `ingested` of a granule;
-- without it the search for late lines would read that column of a month, every minute. (10 M rows, chDB 26.9, two busy
-- cores; bench/fleet.)
-- Identifiers of environments and keyed hashes are numbers: 0 means that it is not known.

-- shard: environment
CREATE TABLE invocations
(
    time        DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    ingested    DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD),
    account     LowCardinality(String),
    region      LowCardinality(String),
    function    LowCardinality(String),
    version     LowCardinality(String),
    environment UInt64,
    stream      UInt64,
    sequence    UInt32 CODEC(Delta, ZSTD),
    worker      UInt32 CODEC(Delta, ZSTD),
    invocation  UInt32 CODEC(Delta, ZSTD),
    request_id  UUID,
    trigger     LowCardinality(String),
    route       LowCardinality(String),
    source      UInt64,
    principal   UInt64,
    shape       UInt64,
    pattern     UInt64,
    subject     UInt64,
    outcome     LowCardinality(String),
    status      UInt16,
    duration_us UInt32 CODEC(T64, ZSTD),
    cpu_us      UInt32 CODEC(T64, ZSTD),
    overhead_us UInt32 CODEC(T64, ZSTD),
    bytes_in    UInt32 CODEC(T64, ZSTD),
    bytes_out   UInt32 CODEC(T64, ZSTD),
    age_ms      UInt64 CODEC(Delta, ZSTD),
    code        UInt64,
    residue     UInt64,
    trust       LowCardinality(String),
    INDEX by_request request_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_environment environment TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_source source TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_ingested ingested TYPE minmax GRANULARITY 1
)
ENGINE = @ReplacingMergeTree(ingested)
PARTITION BY toDate(time)
ORDER BY (toStartOfHour(time), function, environment, time, sequence);

-- One row per environment under Dayfly: its first log line.
-- shard: environment
CREATE TABLE environments
(
    time           DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    ingested       DateTime64(3, 'UTC') DEFAULT now64(3),
    account        LowCardinality(String),
    region         LowCardinality(String),
    function       LowCardinality(String),
    version        LowCardinality(String),
    environment    UInt64,
    stream         UInt64,
    log_group      LowCardinality(String),
    log_stream     String,
    dayfly_version LowCardinality(String),
    isolation      LowCardinality(String),
    guard          LowCardinality(String),
    scope          LowCardinality(String),
    platform       LowCardinality(String),
    api_lock       LowCardinality(String),
    memory         LowCardinality(String),
    network        LowCardinality(String),
    not_promised   Array(String),
    code           UInt64,
    trust          LowCardinality(String)
)
ENGINE = @ReplacingMergeTree(ingested)
PARTITION BY toYYYYMM(time)
ORDER BY (function, environment, time);

-- The packages of a function's version, as its environments name them.
-- shard: function
CREATE TABLE packages
(
    time            DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    ingested        DateTime64(3, 'UTC') DEFAULT now64(3),
    account         LowCardinality(String),
    region          LowCardinality(String),
    function        LowCardinality(String),
    version         LowCardinality(String),
    package         LowCardinality(String),
    package_version LowCardinality(String)
)
ENGINE = @ReplacingMergeTree(ingested)
ORDER BY (function, version, package, package_version);

-- Findings of the runtime, one per line.
-- shard: environment
CREATE TABLE findings
(
    time         DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    ingested     DateTime64(3, 'UTC') DEFAULT now64(3),
    account      LowCardinality(String),
    region       LowCardinality(String),
    function     LowCardinality(String),
    version      LowCardinality(String),
    environment  UInt64,
    stream       UInt64,
    sequence     UInt32,
    uid          String,
    kind         LowCardinality(String),
    severity     UInt8,
    technique    LowCardinality(String),
    title        LowCardinality(String),
    message      String,
    invocation   UInt32,
    request_id   UUID,
    patient_zero UUID,
    evidence     String,
    trust        LowCardinality(String),
    INDEX by_uid uid TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX by_environment environment TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = @ReplacingMergeTree(ingested)
PARTITION BY toYYYYMM(time)
ORDER BY (toDate(time), function, environment, sequence, uid);

-- What functions were seen to do, each new use once in each environment (guard.capability).
-- shard: environment
CREATE TABLE behaviours
(
    time            DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    ingested        DateTime64(3, 'UTC') DEFAULT now64(3),
    account         LowCardinality(String),
    region          LowCardinality(String),
    function        LowCardinality(String),
    version         LowCardinality(String),
    environment     UInt64,
    stream          UInt64,
    sequence        UInt32,
    request_id      UUID,
    kind            LowCardinality(String),
    target          String,
    package         LowCardinality(String),
    package_version LowCardinality(String),
    verdict         LowCardinality(String),
    technique       LowCardinality(String),
    trust           LowCardinality(String),
    INDEX by_environment environment TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = @ReplacingMergeTree(ingested)
PARTITION BY toYYYYMM(time)
ORDER BY (function, kind, target, environment, time, sequence);

-- The platform's own lines: INIT_START, START, REPORT, of functions with and without Dayfly.
-- shard: stream
CREATE TABLE platform
(
    time        DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    ingested    DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD),
    account     LowCardinality(String),
    region      LowCardinality(String),
    function    LowCardinality(String),
    version     LowCardinality(String),
    stream      UInt64,
    kind        LowCardinality(String),
    request_id  UUID,
    status      LowCardinality(String),
    init_us     UInt32 CODEC(T64, ZSTD),
    duration_us UInt32 CODEC(T64, ZSTD),
    billed_ms   UInt32 CODEC(T64, ZSTD),
    memory_mb   UInt16,
    used_mb     UInt16,
    INDEX by_stream stream TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = @ReplacingMergeTree(ingested)
PARTITION BY toDate(time)
ORDER BY (toStartOfHour(time), function, stream, time, kind, request_id);

-- Calls to AWS, from CloudTrail: what an environment's credentials were used for, and from where.
-- shard: function
CREATE TABLE api_calls
(
    time          DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    ingested      DateTime64(3, 'UTC') DEFAULT now64(3),
    account       LowCardinality(String),
    region        LowCardinality(String),
    event_id      UUID,
    function      LowCardinality(String),
    role          LowCardinality(String),
    access_key    UInt64,
    event_source  LowCardinality(String),
    event_name    LowCardinality(String),
    source_ip     String,
    user_agent    String,
    error_code    LowCardinality(String)
)
ENGINE = @ReplacingMergeTree(ingested)
PARTITION BY toYYYYMM(time)
ORDER BY (toDate(time), function, event_id);
