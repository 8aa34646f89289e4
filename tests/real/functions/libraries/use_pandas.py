"""Frames of pandas with pyarrow's columns, as a report has them."""

import io

import numpy
import pandas
from serving import serve

CITIES = ("Bern", "Oslo", "Riga")


def use(number):
    generator = numpy.random.default_rng(number)
    orders = pandas.DataFrame(
        {
            "city": [CITIES[index % 3] for index in range(3000)],
            "amount": generator.integers(1, 100, 3000),
            "at": pandas.date_range("2026-01-01", periods=3000, freq="min"),
        }
    ).convert_dtypes(dtype_backend="pyarrow")
    file = io.BytesIO()
    orders.to_parquet(file)
    read = pandas.read_parquet(io.BytesIO(file.getvalue()), dtype_backend="pyarrow")
    totals = read.groupby("city")["amount"].sum()
    return {"totals": {city: int(total) for city, total in totals.items()}, "rows": len(read)}


handler = serve(use)
