"""Tables: CSV and JSON that customers send, filters and sums of the function's own, NumPy beneath."""

import io

import numpy as np
import pandas as pd


def handler(event, context):
    orders = pd.DataFrame(event["orders"])
    limit, name = event["limit"], event["name"]  # noqa: F841
    chosen = orders.query("total > @limit and name == @name")
    orders["gross"] = orders.eval("total * 1.19 + 0.5")
    by_name = orders.groupby("name", sort=True).agg(total=("total", "sum"), count=("total", "size"))
    read = pd.read_csv(io.StringIO(event["csv"]))
    lines = pd.read_json(io.StringIO(event["lines"]), lines=True)
    merged = orders.merge(pd.DataFrame({"name": [name], "city": ["Ulm"]}), on="name", how="left")
    wide = orders.pivot_table(index="name", values="total", aggfunc=["mean", "max"])
    marked = orders["name"].str.contains(name, regex=False)
    stamps = pd.to_datetime(pd.Series(["2026-11-25", "2026-11-26"])).dt.day_name()
    matrix = np.array([[1.0, 2.0], [3.0, event["limit"] + 4.0]])
    record = np.rec.array([(name[:20], 1.5)], dtype=[("name", "U20"), ("total", "f8")])
    stored = io.BytesIO()
    np.save(stored, matrix)
    stored.seek(0)
    vectorised = np.vectorize(lambda value: value * 2)(matrix)
    return {
        "chosen": chosen.to_dict("records"),
        "gross": [round(value, 2) for value in orders["gross"]],
        "by_name": by_name.reset_index().to_dict("records"),
        "read": read.to_dict("records"),
        "lines": lines.to_dict("records"),
        "merged": merged["city"].fillna("").tolist(),
        "wide": wide.shape,
        "marked": int(marked.sum()),
        "days": stamps.tolist(),
        "det": round(float(np.linalg.det(np.load(stored))), 6),
        "record": record.name.tolist(),
        "twice": vectorised.tolist(),
        "csv": orders[["name"]].to_csv(index=False),
        "html": orders[["name"]].to_html(index=False)[:200],
    }
