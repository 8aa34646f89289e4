    chain_@Number AS
    (
        SELECT * EXCEPT (begun, latest), if(rule_number = @Number, latest, toInt64(0)) AS begun
        FROM
        (
            SELECT *, max(begun) OVER (PARTITION BY group_key ORDER BY ms
                RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS latest
            FROM @Before
        )
    ),
