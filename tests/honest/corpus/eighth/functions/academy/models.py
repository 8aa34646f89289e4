import datetime

from sqlalchemy import Date, ForeignKey, Integer, String, Text, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Course(Base):
    __tablename__ = "courses"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    level: Mapped[str] = mapped_column(String(20), default="beginner")
    starts: Mapped[datetime.date | None] = mapped_column(Date)
    description: Mapped[str] = mapped_column(Text, default="")
    lessons: Mapped[list["Lesson"]] = relationship(back_populates="course")


class Lesson(Base):
    __tablename__ = "lessons"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    name: Mapped[str] = mapped_column(String(200))
    course: Mapped[Course] = relationship(back_populates="lessons")


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    email: Mapped[str] = mapped_column(String(200))
    token: Mapped[str] = mapped_column(String(200))


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Session = sessionmaker(engine)


def fill():
    Base.metadata.create_all(engine)
    with Session() as session:
        session.add(Account(email="dean@example.org", token="dean-token-9052"))
        for title, level, day in (
            ("Beginner's Guitar", "beginner", datetime.date(2024, 9, 2)),
            ("Union Law & You", "expert", datetime.date(2024, 10, 14)),
            ("C++ and Rust (2nd term)", "expert", None),
            ("日本語 I", "beginner", datetime.date(2024, 9, 16)),
        ):
            session.add(
                Course(
                    title=title,
                    level=level,
                    starts=day,
                    lessons=[Lesson(name="Intro"), Lesson(name="What's next?")],
                )
            )
        session.commit()
