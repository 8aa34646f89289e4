SELECT count() AS invocations, uniqExact(environment) AS environments, uniqExact(function) AS functions FROM invocations
