-- What was decided last about each subject that begins with {prefix}; a mute that has expired is open again.
SELECT
    subject,
    argMax(action, time) AS action,
    argMax(actor, time) AS actor,
    argMax(reason, time) AS reason,
    argMax(expires, time) AS expires,
    max(time) AS decided,
    multiIf(
        action = 'mute' AND (expires > {now:DateTime64(3)} OR toYear(expires) = 1970), 'muted',
        action = 'acknowledge', 'acknowledged',
        'open') AS state
FROM triage
WHERE startsWith(subject, {prefix:String}) AND action != 'retire'
GROUP BY subject
ORDER BY subject
