"""An academy: a FastAPI application behind Mangum, an old Flask one behind a small adapter, and DuckDB."""

import base64
import datetime
import io
import json
from typing import Annotated, Literal
from urllib.parse import unquote, urlencode

import duckdb
import flaskapp
from fastapi import Depends, FastAPI, HTTPException, Query
from mangum import Mangum
from models import Course, Lesson, Session, fill
from pydantic import BaseModel, Field
from sqlalchemy import asc, desc, func, or_, select, text
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import selectinload
from werkzeug.test import EnvironBuilder, run_wsgi_app

fill()
flaskapp.fill()
lake = duckdb.connect(":memory:")
lake.execute(
    "CREATE TABLE grades AS SELECT * FROM (VALUES ('Ann', 'maths', 1.7, DATE '2024-01-31'), ('O''Neill', 'art', 2.3, DATE '2024-02-15'), "
    "('Bo', 'maths', 3.0, DATE '2024-02-20')) t(pupil, subject, grade, day)"
)
lake.execute("CREATE TABLE private_notes AS SELECT 'Ann' AS pupil, 'counsel-note-3317' AS note")


class NewCourse(BaseModel):
    title: Annotated[str, Field(min_length=1, max_length=200)]
    level: Literal["beginner", "advanced", "expert"] = "beginner"
    starts: datetime.date | None = None
    description: str = ""


def get_session():
    with Session() as session:
        yield session


Database = Annotated[OrmSession, Depends(get_session)]
api = FastAPI(title="Academy")


@api.get("/courses")
def courses(
    session: Database,
    q: str | None = None,
    sort: str = "title",
    order: Literal["asc", "desc"] = "asc",
    page: Annotated[int, Query(ge=1)] = 1,
):
    statement = select(Course).options(selectinload(Course.lessons))
    if q:
        statement = statement.where(
            or_(Course.title.icontains(q, autoescape=True), Course.description.ilike(f"%{q}%"))
        )
    column = text(sort) if not hasattr(Course, sort) else getattr(Course, sort)
    statement = (
        statement.order_by((desc if order == "desc" else asc)(column)).limit(20).offset((page - 1) * 20)
    )
    return [
        {"title": one.title, "lessons": [lesson.name for lesson in one.lessons]}
        for one in session.scalars(statement)
    ]


@api.post("/courses", status_code=201)
def add_course(course: NewCourse, session: Database):
    made = Course(**course.model_dump())
    session.add(made)
    session.flush()
    answer = {
        "title": made.title,
        "level": made.level,
        "starts": made.starts,
        "description": made.description,
    }
    session.rollback()
    return answer


@api.get("/courses/{course_id}/lessons")
def lessons(course_id: str, session: Database):
    found = session.execute(text(f"SELECT name FROM lessons WHERE course_id = {course_id} ORDER BY id")).all()
    if not found:
        raise HTTPException(404, "no such course")
    return [row.name for row in found]


@api.get("/stats")
def stats(session: Database, level: str = "", since: str = ""):
    clauses, values = [], {}
    if level:
        clauses.append(f"level = '{level}'")
    if since:
        clauses.append("starts >= :since")
        values["since"] = since
    where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
    found = session.execute(text(f"SELECT level, count(*) AS n FROM courses {where} GROUP BY level"), values)
    return {row.level: row.n for row in found}


@api.get("/search/{phrase:path}")
def search(phrase: str, session: Database):
    total = session.scalar(select(func.count()).select_from(Lesson).where(Lesson.name.contains(phrase)))
    return {"phrase": phrase, "lessons": total}


_mangum = Mangum(api, lifespan="off")


def fast_courses(event, context):
    return _mangum(event, context)


def fast_new(event, context):
    return _mangum(event, context)


def fast_lessons(event, context):
    return _mangum(event, context)


def fast_stats(event, context):
    return _mangum(event, context)


def fast_search(event, context):
    return _mangum(event, context)


def _wsgi(event):
    body = event.get("body") or ""
    data = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    query = event.get("rawQueryString")
    if query is None:
        query = urlencode(event.get("queryStringParameters") or {})
    request = event["requestContext"]
    builder = EnvironBuilder(
        path=unquote(event.get("rawPath") or event["path"]),
        query_string=query,
        method=event.get("httpMethod") or request["http"]["method"],
        headers=event["headers"],
        input_stream=io.BytesIO(data),
        content_length=len(data),
    )
    parts, status, headers = run_wsgi_app(flaskapp.app, builder.get_environ(), buffered=True)
    return {
        "statusCode": int(status.split()[0]),
        "headers": {"content-type": headers.get("Content-Type", "")},
        "body": b"".join(parts).decode(),
    }


def flask_members(event, context):
    return _wsgi(event)


def flask_posts(event, context):
    return _wsgi(event)


def flask_documents(event, context):
    return _wsgi(event)


def flask_enquiries(event, context):
    return _wsgi(event)


def grades(event, context):
    """A chart's data: the page names the measure, the dimension and a filter."""
    ask = json.loads(event["body"])
    measure, dimension = ask.get("measure", "avg"), ask["dimension"]
    where = " AND ".join(f"{name} = ?" for name in ask.get("filters", {})) or "true"
    cursor = lake.cursor().execute(
        f"SELECT {dimension} AS label, round({measure}(grade), 2) AS value FROM grades WHERE {where} GROUP BY 1 ORDER BY 1",
        list(ask.get("filters", {}).values()),
    )
    return {"statusCode": 200, "body": json.dumps(cursor.fetchall(), default=str)}


def grades_of(event, context):
    """An agent's tool: the grades of a pupil."""
    parameters = {one["name"]: one["value"] for one in event["parameters"]}
    pupil = parameters["pupil"].replace("'", "''")
    subject = parameters.get("subject")
    statement = f"SELECT subject, grade FROM grades WHERE pupil = '{pupil}'"
    if subject:
        statement += f" AND subject = '{subject}'"
    found = lake.cursor().execute(statement).fetchall()
    return {
        "response": {
            "function": event["function"],
            "functionResponse": {"responseBody": {"TEXT": {"body": json.dumps(found, default=float)}}},
        }
    }
