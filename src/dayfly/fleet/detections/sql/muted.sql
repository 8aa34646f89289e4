-- What is muted at {now}: the latest decision of each subject, where it is a mute that has not expired.
SELECT subject, argMax(action, time) AS latest, argMax(expires, time) AS until
FROM triage
WHERE action IN ('mute', 'unmute') AND time <= {now:DateTime64(3)}
GROUP BY subject
HAVING latest = 'mute' AND (until > {now:DateTime64(3)} OR toUnixTimestamp(until) = 0)
