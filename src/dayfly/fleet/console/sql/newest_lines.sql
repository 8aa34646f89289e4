-- The newest line of each table, for a store that was filled without a collector.
SELECT greatest((SELECT max(time) FROM invocations), (SELECT max(time) FROM platform), (SELECT max(time) FROM environments)) AS newest
