"""The API of a bookshop on PostgreSQL."""

import csv
import functools
import io
import json
import logging

import db
import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

logger = logging.getLogger()
db.prepare()
HEADERS = {"Content-Type": "application/json", "Access-Control-Allow-Origin": "*"}


def respond(status, body):
    return {
        "statusCode": status,
        "headers": HEADERS,
        "body": json.dumps(body, default=str, ensure_ascii=False),
    }


def api(function):
    @functools.wraps(function)
    def wrapper(event, context):
        try:
            return function(event, context)
        except psycopg.Error as error:
            logger.exception("query failed")
            return respond(500, {"message": "Internal error", "detail": str(error)})

    return wrapper


@api
def list_books(event, context):
    """A page of the books, sorted as the table of the admin page says."""
    query = event.get("queryStringParameters") or {}
    sort = query.get("sort", "id")
    direction = query.get("dir", "asc")
    limit = min(int(query.get("limit", 20)), 100)
    statement = (
        f"SELECT id, title, price FROM books WHERE price >= %s ORDER BY {sort} {direction} LIMIT %s OFFSET %s"
    )
    found = db.rows(statement, (query.get("min_price", 0), limit, int(query.get("offset", 0))))
    return respond(200, {"items": found, "count": len(found)})


@api
def search_books(event, context):
    """Books whose title has this in it."""
    target = event["queryStringParameters"]["q"]
    found = db.rows(
        f"select id, title, author from books where title ilike '%{target}%' order by title asc limit 10"
    )
    return respond(200, found)


@api
def get_book(event, context):
    book_id = event["pathParameters"]["id"]
    found = db.rows("SELECT id, title, author, price FROM books WHERE id = " + book_id)
    if not found:
        return respond(404, {"message": "Not Found"})
    return respond(200, found[0])


@api
def create_book(event, context):
    book = json.loads(event["body"])
    if not book.get("title"):
        return respond(422, {"message": "title is required"})
    made = db.rows(
        "INSERT INTO books (title, author, price, stock, attributes) VALUES (%(title)s, %(author)s, %(price)s, %(stock)s, %(attributes)s) "
        "RETURNING title, author, price, stock, attributes",
        {
            "author": None,
            "price": None,
            "stock": 0,
            **book,
            "attributes": Jsonb(book.get("attributes") or {}),
        },
    )
    db.rows("DELETE FROM books WHERE id > 4")
    return respond(201, made[0])


@api
def update_book(event, context):
    """PATCH: the columns are what the form sends."""
    changes = json.loads(event["body"])
    assignments = ", ".join(f"{column} = %s" for column in changes)
    with db.connection().transaction(force_rollback=True):
        done = db.rows(
            f"UPDATE books SET {assignments} WHERE id = %s RETURNING id, title, author, price, stock",
            [*changes.values(), event["pathParameters"]["id"]],
        )
    return respond(200, done)


@api
def full_text(event, context):
    """Full text search with what people type into a search field."""
    text = event["queryStringParameters"]["q"]
    found = db.rows(
        "SELECT title, ts_rank(to_tsvector('english', title), query) AS rank FROM books, "
        "websearch_to_tsquery('english', %s) query WHERE query @@ to_tsvector('english', title) ORDER BY rank DESC",
        (text,),
    )
    return respond(200, [row["title"] for row in found])


@api
def basket(event, context):
    """The books of a basket: ids with commas between."""
    ids = event["queryStringParameters"].get("ids", "")
    found = db.rows(f"SELECT id, title, price FROM books WHERE id IN ({ids or 'NULL'}) ORDER BY 1")
    return respond(200, {"books": found, "total": sum(row["price"] or 0 for row in found)})


@api
def added_per(event, context):
    """How many books were added per week or month."""
    query = event["queryStringParameters"]
    unit = query.get("per", "month")
    statement = "SELECT date_trunc('%s', added)::date AS start, count(*) AS books FROM books WHERE added >= '%s' GROUP BY 1 ORDER BY 1"
    return respond(200, db.rows(statement % (unit, query.get("since", "2024-01-01"))))


@api
def by_attribute(event, context):
    """Facets of the shop's page: attributes are in a document."""
    query = dict(event["queryStringParameters"])
    conditions, values = ["true"], []
    for key, value in query.items():
        conditions.append(f"attributes->>'{key}' = %s")
        values.append(value)
    found = db.rows(f"SELECT title FROM books WHERE {' AND '.join(conditions)} ORDER BY id", values)
    return respond(200, [row["title"] for row in found])


@api
def columns(event, context):
    """The columns that a grid shows, with names quoted as they should be."""
    fields = (event["queryStringParameters"].get("fields") or "id,title").split(",")
    statement = sql.SQL("SELECT {} FROM {} WHERE stock > %s ORDER BY {}").format(
        sql.SQL(", ").join(map(sql.Identifier, fields)), sql.Identifier("books"), sql.Identifier(fields[0])
    )
    return respond(200, db.rows(statement, (0,)))


@api
def add_review(event, context):
    body = json.loads(event["body"])
    made = db.rows(
        "INSERT INTO reviews (book_id, reviewer, stars, body) VALUES (%s, %s, %s, %s) RETURNING reviewer, stars, body",
        (body["book"], body["name"], body["stars"], body.get("text", "")),
    )
    return respond(201, made[0])


@api
def latest_reviewer(event, context):
    """What else the latest reviewer of a book wrote."""
    latest = db.rows(
        "SELECT reviewer FROM reviews WHERE book_id = %s ORDER BY id DESC LIMIT 1",
        (int(event["pathParameters"]["id"]),),
    )[0]["reviewer"]
    found = db.rows(f"SELECT book_id, stars, body FROM reviews WHERE reviewer = '{latest}'")
    return respond(200, {"other_reviews": found})


@api
def save_search(event, context):
    definition = json.loads(event["body"])
    made = db.rows(
        "INSERT INTO searches (owner, definition) VALUES (%s, %s) RETURNING owner",
        (event["requestContext"]["authorizer"]["claims"]["sub"], Jsonb(definition)),
    )
    return respond(201, made[0])


def nightly_search(event, context):
    """Every night: runs the latest saved search and says how much it found."""
    definition = db.rows("SELECT definition FROM searches ORDER BY id DESC LIMIT 1")[0]["definition"]
    where = " AND ".join(
        f"{one['field']} {one.get('op', '=')} '{str(one['value']).replace(chr(39), chr(39) * 2)}'"
        for one in definition["filters"]
    )
    found = db.rows(f"SELECT title FROM books WHERE {where} ORDER BY id")
    return {"name": definition.get("name"), "titles": [row["title"] for row in found]}


def place_orders(event, context):
    """Orders of a queue; quotes are doubled by hand, as they were in the old shop."""
    failed, placed = [], []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            customer, note = (str(order.get(key) or "").replace("'", "''") for key in ("customer", "note"))
            placed += db.rows(
                f"INSERT INTO orders (customer, book_id, quantity, note) VALUES ('{customer}', {order['book']}, "
                f"{order.get('quantity', 1)}, '{note}') RETURNING customer, quantity, note"
            )
        except (ValueError, KeyError, psycopg.Error):
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed, "placed": placed}


@api
def import_csv(event, context):
    """Suppliers upload their list as CSV."""
    lines = csv.DictReader(io.StringIO(event["body"]), delimiter=";")
    with db.connection().transaction(force_rollback=True), db.connection().cursor() as cursor:
        cursor.executemany(
            "INSERT INTO books (title, author, price) VALUES (%s, %s, %s)",
            [(line["title"], line.get("author"), line.get("price") or None) for line in lines],
        )
        cursor.execute("SELECT title, author, price FROM books WHERE id > 4 ORDER BY id")
        return respond(200, cursor.fetchall())
