"""A database of DuckDB in memory, whose threads answer queries."""

import functools

import duckdb
from serving import serve


@functools.cache
def connection():
    """The connection, made when it is first asked for."""
    made = duckdb.connect(config={"threads": 2})
    made.execute("create table orders as select i as id, i % 11 as customer from range(300000) t(i)")
    return made


def use(number):
    cursor = connection().cursor()
    query = "select customer, sum(id * ?)::bigint from orders group by customer order by customer"
    return [list(row) for row in cursor.execute(query, [number]).fetchall()][:3]


handler = serve(use, threads=True)
