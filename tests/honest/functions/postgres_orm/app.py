"""SQLAlchemy on PostgreSQL: models, joins, filters that the event chooses among the function's, upserts, text with values."""

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import JSONB, insert


class Base(orm.DeclarativeBase):
    type_annotation_map = {dict: JSONB}  # noqa: RUF012


class Customer(Base):
    __tablename__ = "honest_customers"
    id: orm.Mapped[int] = orm.mapped_column(sa.Identity(), primary_key=True)
    email: orm.Mapped[str] = orm.mapped_column(unique=True)
    orders: orm.Mapped[list["Order"]] = orm.relationship(
        back_populates="customer", cascade="all, delete-orphan"
    )


class Order(Base):
    __tablename__ = "honest_orders"
    id: orm.Mapped[int] = orm.mapped_column(sa.Identity(), primary_key=True)
    customer_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("honest_customers.id"))
    note: orm.Mapped[str]
    more: orm.Mapped[dict] = orm.mapped_column(default=dict)
    customer: orm.Mapped[Customer] = orm.relationship(back_populates="orders")

    @orm.validates("note")
    def check(self, key, value):
        return value.replace("\0", "")


engine = sa.create_engine("postgresql+psycopg://", pool_pre_ping=True)
FILTERS = {"note": Order.note, "email": Customer.email}


def handler(event, context):
    text = event["text"]
    with engine.connect() as connection, connection.begin() as outer:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": 7})
        Base.metadata.create_all(connection)
        with orm.Session(connection) as session:
            customer = Customer(
                email=event["email"], orders=[Order(note=text, more={"text": text}), Order(note="tea")]
            )
            session.add(customer)
            session.flush()
            query = sa.select(Order).join(Order.customer).options(orm.selectinload(Order.customer))
            for name, value in event["filters"].items():
                query = query.where(FILTERS[name].icontains(value, autoescape=True))
            column = {"note": Order.note, "id": Order.id}[event["order"]]
            found = [order.note for order in session.scalars(query.order_by(column).limit(5))]
            recent = (
                sa.select(Order.customer_id, sa.func.count().label("n"))
                .group_by(Order.customer_id)
                .cte("recent")
            )
            counted = session.execute(
                sa.select(Customer.email, recent.c.n).join(recent, recent.c.customer_id == Customer.id)
            ).all()
            statement = insert(Customer).values(email=event["email"])
            statement = statement.on_conflict_do_update(
                index_elements=["email"], set_={"email": statement.excluded.email}
            )
            session.execute(statement)
            session.execute(sa.update(Order).where(Order.note == text).values(note=Order.note + text))
            said = session.execute(
                sa.text("SELECT CAST(:text AS text), note FROM honest_orders WHERE note <> :text"),
                {"text": text},
            )
            said = [list(row) for row in said]
            json = session.scalars(
                sa.select(Order.more["text"].astext).where(Order.more.contains({"text": text}))
            ).all()
            gone = session.execute(sa.delete(Order).where(Order.note.in_(["tea", text]))).rowcount
        outer.rollback()
    return {
        "found": found,
        "counted": [list(row) for row in counted],
        "said": said,
        "json": list(json),
        "gone": gone,
    }
