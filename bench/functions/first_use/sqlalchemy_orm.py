"""Orders kept by SQLAlchemy's ORM in PostgreSQL, by psycopg, without a pool."""

from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload
from sqlalchemy.pool import NullPool

engine = create_engine("postgresql+psycopg://", poolclass=NullPool)


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "shop_orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    lines: Mapped[list["Line"]] = relationship(back_populates="order")


class Line(Base):
    __tablename__ = "shop_lines"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("shop_orders.id"))
    sku: Mapped[str]
    order: Mapped[Order] = relationship(back_populates="lines")


Base.metadata.create_all(engine)


def handler(event, context):
    with Session(engine) as session:
        session.add(Order(customer=event["name"], lines=[Line(sku="a-1"), Line(sku="b-2")]))
        session.flush()
        found = session.scalars(
            select(Order)
            .where(Order.customer == event["name"])
            .order_by(Order.id.desc())
            .limit(3)
            .options(selectinload(Order.lines))
        ).all()
        answer = [line.sku for order in found for line in order.lines][:2]
        session.rollback()
    return {"n": event["n"], "lines": sorted(answer)}
