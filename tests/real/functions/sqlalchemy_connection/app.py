"""One connection taken from the engine at import and kept for all invocations."""

import os

from sqlalchemy import create_engine, text

if "PGHOST" in os.environ:
    target = f"postgresql+psycopg://{os.environ['PGUSER']}@{os.environ['PGHOST']}:{os.environ['PGPORT']}/{os.environ['PGDATABASE']}"
    IDENTITY = "pg_backend_pid()"
else:
    target = f"mysql+pymysql://{os.environ['MYSQL_USER']}@{os.environ['MYSQL_HOST']}:{os.environ['MYSQL_PORT']}/shop"
    IDENTITY = "connection_id()"

engine = create_engine(target)
conn = engine.connect()
conn.execute(text(f"insert into seen select :label, {IDENTITY}"), {"label": f"{os.environ['RUN']}-init"})
conn.commit()


def handler(event, context):
    label = event["label"]
    with conn.begin():
        conn.execute(text(f"insert into seen select :label, {IDENTITY}"), {"label": label})
    with conn.begin():
        conn.execute(text("insert into orders values (:id, :amount)"), {"id": label, "amount": event["n"]})
        if event["fail"]:
            raise ValueError("the customer changed his mind")
        return {
            "amount": conn.execute(
                text("select amount from orders where id = :id"), {"id": label}
            ).scalar_one()
        }
