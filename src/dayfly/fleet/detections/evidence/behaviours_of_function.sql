-- title: Occurrences of the behavior
-- function: String
-- kind: String
-- target: String
SELECT time, version, lower(leftPad(hex(environment), 16, '0')) AS environment, request_id, kind, target, package, package_version, verdict
FROM behaviours
WHERE function = {function:String} AND kind = {kind:String} AND target = {target:String}
    AND time >= {first_time:DateTime64(3)} AND time <= {last_time:DateTime64(3)}
ORDER BY time
LIMIT {most:UInt32}
