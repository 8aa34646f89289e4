"""A clinic's back office on MariaDB."""

import datetime
import json
import re
from urllib.parse import parse_qs, unquote_plus

import pymysql
from database import Database, prepare

prepare()
db = Database()


def _answer(body, status=200):
    return {
        "statusCode": status,
        "body": json.dumps(body, default=str, ensure_ascii=False),
        "headers": {"content-type": "application/json"},
    }


def find_patients(event, context):
    """By a part of the name, or by city; apostrophes are escaped with a backslash."""
    query = event.get("queryStringParameters") or {}
    name = query.get("name", "").replace("'", "\\'")
    where = f"name LIKE '%{name}%'"
    if query.get("city"):
        where += " AND city = " + db_escape(query["city"])
    try:
        return _answer(db.select("patients", "id, name, city", where, order="name"))
    except pymysql.MySQLError as error:
        return _answer({"error": error.args[1]}, 400)


def db_escape(value):
    return pymysql.converters.escape_string(value).join("''")


def patient(event, context):
    number = event["pathParameters"]["patientId"]
    found = db.query("SELECT id, name, born, city FROM patients WHERE id = '%s'" % number)
    return _answer(found[0]) if found else _answer({"error": "no such patient"}, 404)


def visits(event, context):
    """A patient's visits between two days."""
    arguments = event["arguments"]
    since, until = arguments.get("since") or "1900-01-01", arguments.get("until") or "2999-12-31"
    statement = (
        "SELECT day, doctor, reason FROM visits WHERE patient_id = {patient} AND day BETWEEN '{since}' AND '{until}' "
        "ORDER BY day"
    )
    found = db.query(statement.format(patient=int(arguments["patient"]), since=since, until=until))
    return [
        {**one, "day": one["day"].isoformat()} if hasattr(one["day"], "isoformat") else one for one in found
    ]


def login(event, context):
    """The old login form."""
    fields = {key: values[0] for key, values in parse_qs(event["body"]).items()}
    found = db.query(
        f'SELECT email, role FROM users WHERE email = "{fields["email"]}" AND password_hash = MD5("{fields["password"]}")'
    )
    return _answer({"user": found[0]} if found else {"error": "wrong e-mail or password"})


def add_patient(event, context):
    body = json.loads(event["body"])
    columns = [name for name in ("name", "born", "city", "phone", "notes") if body.get(name) is not None]
    db.query(
        f"INSERT INTO patients ({', '.join(columns)}) VALUES ({', '.join(['%s'] * len(columns))})",
        *[body[name] for name in columns],
    )
    made = db.query("SELECT name, born, city, phone, notes FROM patients WHERE id = LAST_INSERT_ID()")
    db.query("DELETE FROM patients WHERE id = LAST_INSERT_ID()")
    return _answer(made[0], 201)


def search_notes(event, context):
    """Full text search in boolean mode, bound."""
    text = re.sub(r"[^\w\s+*-]", " ", event["queryStringParameters"]["q"])
    found = db.query(
        "SELECT name FROM patients WHERE MATCH(notes) AGAINST (%s IN BOOLEAN MODE)", text.strip() or "x"
    )
    return _answer([one["name"] for one in found])


def fees(event, context):
    """Sums for the grid of the accountants; it sends the group and the order."""
    grid = json.loads(event["body"])
    group = grid["groupBy"]
    having = f" HAVING total >= {grid['minimum']}" if "minimum" in grid else ""
    found = db.query(
        f"SELECT {group} AS label, SUM(fee) AS total FROM visits GROUP BY {group}{having} ORDER BY 1"
    )
    return _answer(found)


def grid_rows(event, context):
    """Rows of a grid: filters by column with the operators that it knows."""
    model = json.loads(event["body"])
    operators = {"equals": "= %s", "contains": "LIKE CONCAT('%%', %s, '%%')", "lessThan": "< %s"}
    where, values = [], []
    for column, one in model.get("filterModel", {}).items():
        where.append(f"`{column}` {operators[one['type']]}")
        values.append(one["filter"])
    statement = "SELECT name, city FROM patients" + (" WHERE " + " AND ".join(where) if where else "")
    sort = model.get("sortModel")
    if sort:
        statement += " ORDER BY " + ", ".join(f"`{one['colId']}` {one['sort']}" for one in sort)
    return _answer(db.query(statement + f" LIMIT {int(model.get('startRow', 0))}, 50", *values))


def set_setting(event, context):
    body = json.loads(event["body"])
    db.query("REPLACE INTO settings (name, value) VALUES (%s, %s)", body["name"], body["value"])
    return _answer(db.query("SELECT name, value FROM settings WHERE name = %s", body["name"])[0])


def city_report(event, context):
    """A report of the default city, as it is set."""
    city = db.query("SELECT value FROM settings WHERE name = 'default_city'")[0]["value"]
    found = db.select("patients", "name, phone", f"city = '{city}'", "name")
    return {"city": city, "patients": found, "when": str(datetime.date(2024, 5, 2))}


def exists(event, context):
    """Step of a state machine: whether a table has a row like this."""
    table, column = event["table"], event["column"]
    found = db.query(f"SELECT EXISTS(SELECT 1 FROM {table} WHERE {column} = %s) AS found", event["value"])
    return {**event, "found": bool(found[0]["found"])}


def export_rows(event, context):
    """An upload's key names what to export: exports/TABLE/CITY.json."""
    done = []
    for record in event["Records"]:
        key = unquote_plus(record["s3"]["object"]["key"])
        _, table, city = key.removesuffix(".json").split("/", 2)
        if table not in ("patients",):
            continue
        city = city.replace("_", " ")
        done.append(db.query(f'SELECT name, phone FROM {table} WHERE city = "{city}" ORDER BY id'))
    return done
