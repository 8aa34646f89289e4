-- Which accounts, regions and days have something to tell of what was written in the store between two moments.
SELECT told_account, told_region, toString(toYYYYMMDD(time)) AS day, count() AS rows
FROM
(
    SELECT
        last_time AS time,
        if(match(account, '^[0-9]{12}$'), toString(account), {account:String}) AS told_account,
        if(match(region, '^[a-z]{2}(-[a-z]+)+-[0-9]$'), toString(region), {region:String}) AS told_region
    FROM detections FINAL
    WHERE updated > {after:DateTime64(3)} AND updated <= {until:DateTime64(3)} AND severity >= {severity:UInt8}
    UNION ALL
    SELECT
        time,
        if(match(account, '^[0-9]{12}$'), toString(account), {account:String}) AS told_account,
        if(match(region, '^[a-z]{2}(-[a-z]+)+-[0-9]$'), toString(region), {region:String}) AS told_region
    FROM findings FINAL
    WHERE ingested > {after:DateTime64(3)} AND ingested <= {until:DateTime64(3)} AND severity >= {severity:UInt8}
)
GROUP BY told_account, told_region, day
ORDER BY told_account, told_region, day
