"""An engine with a pool made at import and used there."""

import os

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.orm import sessionmaker

if "PGHOST" in os.environ:
    url = URL.create(
        "postgresql+psycopg",
        host=os.environ["PGHOST"],
        port=int(os.environ["PGPORT"]),
        username=os.environ["PGUSER"],
        database=os.environ["PGDATABASE"],
    )
    IDENTITY = "pg_backend_pid()"
else:
    url = URL.create(
        "mysql+pymysql",
        host=os.environ["MYSQL_HOST"],
        port=int(os.environ["MYSQL_PORT"]),
        username=os.environ["MYSQL_USER"],
        database="shop",
    )
    IDENTITY = "connection_id()"

engine = create_engine(url, pool_size=2, max_overflow=2, pool_pre_ping=True)
Session = sessionmaker(engine)
SEEN = text(f"insert into seen select :label, {IDENTITY}")

with engine.begin() as connection:
    connection.execute(SEEN, {"label": f"{os.environ['RUN']}-init"})


class OrderExists(Exception):
    """The same order a second time."""


def handler(event, context):
    label = event["label"]
    with engine.begin() as connection:
        connection.execute(SEEN, {"label": label})
    with Session() as session:
        session.execute(text("insert into orders values (:id, :amount)"), {"id": label, "amount": event["n"]})
        if event["fail"]:
            try:
                session.execute(text("insert into orders values (:id, 0)"), {"id": label})
            except Exception as error:
                raise OrderExists(type(error).__name__) from None
        session.commit()
        found = session.execute(text("select amount from orders where id = :id"), {"id": label}).scalar_one()
    return {"amount": found}
