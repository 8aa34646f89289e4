"""SQLAlchemy writes its own statements; columns, filters and orders are the function's choice by the event's word."""

import sqlalchemy as sa
from sqlalchemy import orm


class Base(orm.DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"
    id: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    email: orm.Mapped[str]
    total: orm.Mapped[float]


engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)


def handler(event, context):
    with orm.Session(engine) as session:
        session.merge(Order(id=event["id"], email=event["email"], total=event["total"]))
        session.commit()
        column = {"total": Order.total, "email": Order.email}[event["order"]]
        query = sa.select(Order).where(Order.email == event["email"], Order.id.in_(event["ids"]))
        found = session.scalars(query.order_by(column.desc()).limit(event["limit"])).all()
        count = session.execute(
            sa.text("SELECT count(*) FROM orders WHERE total >= :total AND id = :id"),
            {"total": event["total"], "id": event["id"]},
        )
        return {"found": [order.id for order in found], "count": count.scalar_one()}
