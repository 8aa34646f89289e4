"""Small analytics with DuckDB over files of the function and the request."""

import csv
import json
import os
import re
import tempfile

import duckdb

COLUMNS = ("region", "product", "units", "price", "sold")
SALES = [
    ("north", "tea", 10, 2.5, "2026-01-05"),
    ("south", "O'Brien's jam", 3, 4.0, "2026-02-01"),
    ("north", "select blend", -1, 9.9, "2026-02-28"),
]


def connection():
    db = duckdb.connect(":memory:")
    db.execute("CREATE TABLE sales (region VARCHAR, product VARCHAR, units INTEGER, price DOUBLE, sold DATE)")
    db.executemany("INSERT INTO sales VALUES (?, ?, ?, ?, ?)", SALES)
    return db


def body_of(event):
    return json.loads(event["body"])


def pivot(event, context):
    body = body_of(event)
    by = [one for one in body["by"] if one in COLUMNS]
    value = body["value"] if body["value"] in ("units", "price") else "units"
    names = ", ".join(by)
    found = (
        connection()
        .execute(f"SELECT {names}, sum({value}) FROM sales GROUP BY {names} ORDER BY ALL")
        .fetchall()
    )
    return [[str(one) for one in row] for row in found]


def filtered(event, context):
    query = event["queryStringParameters"]
    found = connection().execute(
        "SELECT product, units * price FROM sales WHERE product = $product OR sold >= CAST($since AS DATE) ORDER BY product",
        {"product": query["product"], "since": query.get("since", "2026-12-31")},
    )
    return [list(row) for row in found.fetchall()]


def csv_upload(event, context):
    """The body becomes a file in /tmp that DuckDB reads by its path."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "upload.csv")
        with open(path, "w") as file:
            file.write(event["body"])
        found = duckdb.connect().execute(
            f"SELECT * FROM read_csv('{path}', header = true, all_varchar = true)"
        )
        return {
            "columns": [one[0] for one in found.description],
            "rows": [list(row) for row in found.fetchall()],
        }


def json_lines(event, context):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "lines.json")
        with open(path, "w") as file:
            for record in event["Records"]:
                file.write(record["body"] + "\n")
        return (
            duckdb.connect()
            .execute("SELECT count(*), max(length(note)) FROM read_json_auto(?)", [path])
            .fetchone()
        )


def to_csv(event, context):
    """COPY of a query to a file that is named for the report."""
    name = re.sub(r"[^\w.-]", "_", event["report"])
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/{name}.csv"
        connection().execute(
            f"COPY (SELECT * FROM sales ORDER BY product) TO '{path}' (HEADER, DELIMITER ';')"
        )
        with open(path) as file:
            return [name, list(csv.reader(file, delimiter=";"))]


def relation(event, context):
    body = body_of(event)
    least = float(body["least"])
    return [
        list(row)
        for row in connection()
        .table("sales")
        .filter(f"price >= {least}")
        .project("product, price")
        .order("price")
        .fetchall()
    ]


def top(event, context):
    query = event["queryStringParameters"]
    found = connection().execute(
        f"SELECT product FROM sales ORDER BY {query.get('sort', 'units')} DESC LIMIT {int(query.get('n', 2))}"
    )
    return [row[0] for row in found.fetchall()]
