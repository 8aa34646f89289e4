-- The access key that a function used last.
SELECT access_key FROM api_calls WHERE function = {function:String} ORDER BY time DESC LIMIT 1
