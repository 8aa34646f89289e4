-- How many functions were seen, how many of them have Dayfly, and how many of these share a process between requests.
SELECT
    (SELECT uniqExact(function) FROM stream_hours WHERE hour >= toStartOfHour({start:DateTime64(3)}) AND hour < {end:DateTime64(3)}
        AND function NOT IN (SELECT DISTINCT function FROM environments WHERE time >= {start:DateTime64(3)} - INTERVAL 14 DAY)) AS bare,
    (SELECT uniqExact(function) FROM environments WHERE time >= {start:DateTime64(3)} - INTERVAL 14 DAY AND time < {end:DateTime64(3)}) AS attached,
    (SELECT countIf(latest = 'process') FROM (SELECT function, argMax(isolation, time) AS latest FROM environments
        WHERE time >= {start:DateTime64(3)} - INTERVAL 14 DAY AND time < {end:DateTime64(3)} GROUP BY function)) AS observed
