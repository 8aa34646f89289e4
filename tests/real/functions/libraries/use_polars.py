"""Frames of Polars, grouped by its pool of threads."""

import polars
from serving import serve


def use(number):
    frame = polars.DataFrame({"key": [index % 7 for index in range(20_000)], "value": range(20_000)})
    totals = (
        frame.lazy()
        .with_columns(polars.col("value") * number)
        .group_by("key")
        .agg(polars.col("value").sum())
        .sort("key")
        .collect()
    )
    return totals["value"].to_list()


handler = serve(use, threads=True)
