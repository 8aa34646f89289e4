-- The latest lines in quarantine received before {before}, of a reason and function where these are named.
SELECT received, time, reason, detail, account, region, function, log_group, log_stream, road, bytes, line
FROM quarantine
WHERE received < {before:DateTime64(3)}
    AND ({reason:String} = '' OR reason = {reason:String})
    AND ({function:String} = '' OR function = {function:String})
ORDER BY received DESC, line
LIMIT 50
