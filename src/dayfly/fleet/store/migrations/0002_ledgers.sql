-- What the fleet keeps of its own work: what came in, what could not be believed, what was concluded, what was done.

-- Lines that were not understood (malformed), claim to be Dayfly's and are not (forged), or came again changed.
-- shard: stream
CREATE TABLE quarantine
(
    received   DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    time       DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    reason     LowCardinality(String),
    detail     String,
    account    LowCardinality(String),
    region     LowCardinality(String),
    function   LowCardinality(String),
    log_group  LowCardinality(String),
    log_stream String,
    stream     UInt64,
    road       LowCardinality(String),
    bytes      UInt32,
    line       String
)
ENGINE = @ReplacingMergeTree(received)
PARTITION BY toDate(received)
ORDER BY (reason, function, stream, time, line);

-- One row per batch that was taken in.
-- shard: token
CREATE TABLE batches
(
    received   DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    token      String,
    road       LowCardinality(String),
    sender     LowCardinality(String),
    bytes      UInt64,
    lines      UInt32,
    ours       UInt32,
    platform   UInt32,
    other      UInt32,
    duplicates UInt32,
    malformed  UInt32,
    forged     UInt32,
    newest     DateTime64(3, 'UTC')
)
ENGINE = @ReplacingMergeTree(received)
PARTITION BY toYYYYMM(received)
ORDER BY (toStartOfHour(received), token);

-- What detections concluded. A run that finds the same again writes the same uid with a later `updated`.
-- shard: uid
CREATE TABLE detections
(
    uid              String,
    updated          DateTime64(3, 'UTC'),
    rule             LowCardinality(String),
    title            String,
    severity         UInt8,
    reasons          Array(String),
    technique        LowCardinality(String),
    story            String,
    account          LowCardinality(String),
    region           LowCardinality(String),
    functions        Array(String),
    environments     Array(UInt64),
    environments_all UInt64,
    sources          Array(UInt64),
    request_ids      Array(UUID),
    events           UInt64,
    first_time       DateTime64(3, 'UTC'),
    last_time        DateTime64(3, 'UTC'),
    subject_key      String,
    facts            String
)
ENGINE = @ReplacingMergeTree(updated)
ORDER BY uid;

-- What people decided: acknowledge, mute (until `expires`), unmute, retire. The latest row of a subject holds.
-- `subject` is a detection's uid, a finding's identity, a rule or a function.
-- shard: subject
CREATE TABLE triage
(
    time    DateTime64(3, 'UTC'),
    subject String,
    action  LowCardinality(String),
    actor   String,
    reason  String,
    expires DateTime64(3, 'UTC'),
    facts   String
)
ENGINE = @MergeTree()
ORDER BY (subject, time);
