-- title: Code of the environments at start
-- function: String
-- version: String
SELECT min(started) AS time, lower(leftPad(hex(id), 16, '0')) AS environment, lower(leftPad(hex(argMinIf(start_code, started, start_code != 0)), 16, '0')) AS code,
    max(stream_name) AS log_stream
FROM
(
    SELECT environments.time AS started, environments.environment AS id, environments.code AS start_code,
        environments.log_stream AS stream_name
    FROM environments
    WHERE environments.function = {function:String} AND environments.version = {version:String}
        AND environments.time >= {first_time:DateTime64(3)} - INTERVAL 1 DAY
        AND environments.time <= {last_time:DateTime64(3)} + INTERVAL 1 HOUR
    UNION ALL
    -- The first line of a function that is forked does not know its code yet.
    SELECT min(lives.first) AS started, lives.environment AS id, argMinMerge(lives.first_code) AS start_code, '' AS stream_name
    FROM lives
    WHERE lives.function = {function:String} AND lives.version = {version:String}
        AND lives.hour >= toStartOfHour({first_time:DateTime64(3)} - INTERVAL 1 DAY)
        AND lives.hour <= {last_time:DateTime64(3)} + INTERVAL 1 HOUR
    GROUP BY lives.environment
)
GROUP BY id
ORDER BY time
LIMIT {most:UInt32}
