-- shard: name
CREATE TABLE migrations
(
    name    String,
    applied DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = @ReplacingMergeTree(applied)
ORDER BY name
