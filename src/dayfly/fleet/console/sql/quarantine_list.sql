-- Quarantined records, the newest first, below {before} (keyset). Not the record itself: it is customers' data.
SELECT received, time, reason, detail, function, log_group, log_stream, road, bytes, leftPad(hex(sipHash64(line)), 16, '0') AS line_hash
FROM quarantine
WHERE received >= {start:DateTime64(3)} AND received < {end:DateTime64(3)}
    AND ({reason:String} = '' OR reason = {reason:String})
    AND ({function:String} = '' OR function = {function:String})
    AND received < {before:DateTime64(3)}
ORDER BY received DESC, function, stream, time
LIMIT {most:UInt32}
