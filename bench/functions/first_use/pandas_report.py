"""A report of pandas: CSV in, grouped and pivoted, CSV and JSON out."""

import io

import pandas as pd

LINES = "\n".join(f"2026-01-{day % 28 + 1:02},shop-{day % 3},{day * 7 % 50}" for day in range(300))


def handler(event, context):
    frame = pd.read_csv(io.StringIO("day,shop,amount\n" + LINES), parse_dates=["day"])
    frame["amount"] += event["n"]
    weekly = (
        frame.groupby(["shop", pd.Grouper(key="day", freq="W")])["amount"].agg(["sum", "mean"]).reset_index()
    )
    pivot = weekly.pivot_table(index="day", columns="shop", values="sum", aggfunc="sum").fillna(0)
    out = io.StringIO()
    pivot.round(2).to_csv(out)
    return {
        "lines": out.getvalue().count("\n"),
        "top": weekly.nlargest(1, "sum").to_dict("records")[0]["shop"],
    }
