        SELECT time AS at, toUnixTimestamp64Milli(time) AS ms, toString(account) AS account, toString(region) AS region,
            toString(function) AS function, @Environment AS environment, @Source AS source, @Request AS request_id,
            @Group AS group_key, @Value AS counted_value, toUInt32(@Number) AS rule_number
        FROM @Table
        WHERE time >= {start:DateTime64(3)} AND time < {now:DateTime64(3)} AND (@Condition)
