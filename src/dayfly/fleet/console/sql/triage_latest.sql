-- What holds of each subject on the list {subjects} (all subjects where it is empty); a mute ends when it expires.
SELECT
    subject,
    argMaxIf(action, time, action IN ('mute', 'unmute')) AS mute,
    argMaxIf(triage.expires, time, action IN ('mute', 'unmute')) AS expires,
    argMaxIf(action, time, action IN ('acknowledge', 'reopen')) AS acknowledged,
    argMax(triage.actor, time) AS actor,
    argMax(triage.reason, time) AS reason,
    max(time) AS decided,
    multiIf(
        mute = 'mute' AND (expires > {now:DateTime64(3)} OR toUnixTimestamp(expires) = 0), 'muted',
        acknowledged = 'acknowledge', 'acknowledged',
        'open') AS state
FROM triage
WHERE action IN ('mute', 'unmute', 'acknowledge', 'reopen') AND (empty({subjects:Array(String)}) OR subject IN {subjects:Array(String)})
GROUP BY subject
HAVING state != 'open'
ORDER BY decided DESC
LIMIT 5000
