-- Functions that had many environments around noon, the quiet ones among them.
SELECT function
FROM invocations
WHERE time >= toDateTime64({begin:Float64} + 43200, 3) AND time < toDateTime64({begin:Float64} + 45000, 3) AND source != 0
GROUP BY function
HAVING uniqExact(environment) >= {least:UInt32}
ORDER BY function
