"""Quarry: data in all formats into the tables of a statistics office: CSV, JSON, XML, YAML, INI, Excel, Parquet."""

import ast
import base64
import configparser
import csv
import io
import json
import math
import os
import pickle
import re
import statistics
import tempfile
import tomllib
import xml.dom.minidom
import xml.etree.ElementTree as ET
import xml.sax
import zipfile
from collections import defaultdict
from dataclasses import asdict, dataclass, fields
from decimal import Decimal, InvalidOperation
from enum import Enum

import duckdb
import jmespath
import jsonschema
import openpyxl
import pandas as pd
import yaml
from jsonpath_ng.ext import parse as jsonpath
from lxml import etree, html as lxml_html

SECRET = "quarry-secret-3074"
HERE = os.path.dirname(os.path.abspath(__file__))


def body_of(event):
    raw = event.get("body") or ""
    return base64.b64decode(raw).decode() if event.get("isBase64Encoded") else raw


def res(data, status=200):
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(data, default=str, ensure_ascii=False),
    }


# ---- CSV and pandas


def frame():
    return pd.DataFrame(
        {
            "town": ["St. John's", "L'Aquila", "Bad; Homburg", "York"],
            "people": [113, 70, 55, 141],
            "area": [446.0, 473.0, 51.2, 271.9],
        }
    )


def totals(event, context):
    """A CSV, and the sums by its first column."""
    sums = defaultdict(float)
    for row in csv.reader(io.StringIO(body_of(event))):
        try:
            sums[row[0].strip()] += float(row[1].replace(",", "."))
        except (IndexError, ValueError):
            continue
    return res(dict(sorted(sums.items())))


def towns(event, context):
    """GET /towns?where=people > 100: DataFrame.query."""
    where = event["queryStringParameters"]["where"]
    try:
        found = frame().query(where, engine="python")
    except Exception as e:
        return res({"error": f"{type(e).__name__}: {e}"[:200]}, 400)
    return res(found["town"].tolist())


def towns_listed(event, context):
    """The same with a column, an operator and a number of their own."""
    q = event["queryStringParameters"]
    df = frame()
    if q["column"] not in ("people", "area") or q["op"] not in ("gt", "lt", "ge", "le"):
        return res({"error": "column or op"}, 400)
    return res(df[getattr(df[q["column"]], q["op"])(float(q["value"]))]["town"].tolist())


def derived(event, context):
    """A new column by a formula: 'density = people / area'."""
    formula = event["detail"]["formula"]
    name, _, right = formula.partition("=")
    df = frame()
    try:
        df[name.strip()] = eval(right, {c: df[c] for c in df.columns} | {"pd": pd, "log": math.log})
    except Exception as e:
        return {"error": type(e).__name__}
    return {"columns": list(df.columns), "first": str(df[name.strip()].iloc[0])[:200]}


def derived_ast(event, context):
    """The same where only names, numbers and the four operations are left."""
    formula = event["detail"]["formula"]
    name, _, right = formula.partition("=")
    allowed = (
        ast.Expression,
        ast.BinOp,
        ast.Name,
        ast.Constant,
        ast.Add,
        ast.Sub,
        ast.Mult,
        ast.Div,
        ast.Load,
    )
    try:
        tree = ast.parse(right.strip(), mode="eval")
    except SyntaxError:
        return {"error": "syntax"}
    if not all(isinstance(n, allowed) for n in ast.walk(tree)):
        return {"error": "not allowed"}
    df = frame()
    try:
        values = eval(compile(tree, "formula", "eval"), {"__builtins__": {}}, {c: df[c] for c in df.columns})
    except (NameError, TypeError) as e:
        return {"error": type(e).__name__}
    return {
        "name": name.strip(),
        "first": round(float(values.iloc[0]), 3) if hasattr(values, "iloc") else values,
    }


def groups(event, context):
    """Groups an uploaded CSV by a column."""
    b = json.loads(event["body"])
    df = pd.read_csv(io.StringIO(b["csv"]), sep=b.get("sep", ","))
    if b["by"] not in df.columns:
        return res({"error": f"no column {b['by']}", "columns": list(df.columns)}, 400)
    return res({str(k): int(n) for k, n in df.groupby(b["by"]).size().items()})


def read_any(event, context):
    """pd.read_csv takes a path or a URL as well as a buffer; it gets the source of the message."""
    out = []
    for record in event["Records"]:
        source = json.loads(record["body"])
        text = source.get("inline")
        try:
            df = pd.read_csv(
                io.StringIO(text) if text is not None else source["path"],
                sep=source.get("sep", ","),
                header=None,
            )
            out.append(df.head(1).astype(str).values.tolist())
        except (OSError, ValueError) as e:
            out.append(type(e).__name__)
    return {"heads": out}


# ---- DuckDB


def quack():
    con = duckdb.connect(":memory:")
    con.execute("CREATE TABLE census (town TEXT, year INT, people INT)")
    con.execute("INSERT INTO census VALUES ('York', 2011, 198), ('York', 2021, 202), ('L''Aquila', 2021, 70)")
    con.execute("CREATE TABLE raw (person TEXT, income INT)")
    con.execute(f"INSERT INTO raw VALUES ('{SECRET}', 1)")
    return con


def census(event, context):
    """GET /census?town=&year="""
    q = event["queryStringParameters"]
    with quack() as con:
        rows = con.execute(
            "SELECT town, people FROM census WHERE town = ? AND year >= ? ORDER BY year",
            [q["town"], int(q.get("year", 0))],
        ).fetchall()
    return res(rows)


def census_group(event, context):
    """A pivot of the page: the columns as the page names them."""
    b = json.loads(event["body"])
    with quack() as con:
        try:
            rows = con.execute(
                f"SELECT {b['rows']}, {b.get('measure', 'sum(people)')} FROM census GROUP BY 1 ORDER BY 1"
            ).fetchall()
        except duckdb.Error as e:
            return res({"error": str(e).splitlines()[0]}, 400)
    return res(rows)


def upload_sql(event, context):
    """An uploaded CSV is kept under its name and read by DuckDB."""
    b = json.loads(event["body"])
    with tempfile.TemporaryDirectory() as d, quack() as con:
        name = b["name"]
        path = os.path.join(d, "up.csv")
        with open(path, "w") as f:
            f.write(b["csv"])
        con.execute(f"CREATE VIEW up AS SELECT * FROM read_csv('{path}', all_varchar = true)")
        try:
            con.execute(f"COMMENT ON VIEW up IS '{name}'")
            rows = con.execute(f"SELECT '{name}' AS source, count(*) FROM up").fetchall()
        except duckdb.Error as e:
            return res({"error": str(e).splitlines()[0][:200]}, 400)
    return res(rows)


def parquet(event, context):
    """To Parquet and back."""
    rows = json.loads(event["body"])["rows"]
    with tempfile.TemporaryDirectory() as d, duckdb.connect(":memory:") as con:
        con.execute("CREATE TABLE t (name TEXT, n DOUBLE)")
        con.executemany("INSERT INTO t VALUES (?, ?)", [[r["name"], r.get("n")] for r in rows])
        path = os.path.join(d, "t.parquet")
        con.sql("SELECT * FROM t").write_parquet(path)
        return res(con.read_parquet(path).order("name").fetchall())


# ---- JSON


def pick(event, context):
    """A dashboard's JMESPath over the data."""
    b = json.loads(event["body"])
    try:
        return res(jmespath.search(b["expression"], b["data"]))
    except jmespath.exceptions.JMESPathError as e:
        return res({"error": type(e).__name__}, 400)


def pick_path(event, context):
    """The same by JSONPath."""
    b = json.loads(event["body"])
    try:
        return res([m.value for m in jsonpath(b["path"]).find(b["data"])])
    except Exception as e:
        return res({"error": type(e).__name__}, 400)


def pick_dotted(event, context):
    """Our own 'a.b[0].c', by eval over nested dicts."""
    b = json.loads(event["body"])
    code = "data" + "".join(
        f"[{p}]" if p.isdigit() else f"['{p}']"
        for p in b["path"].replace("[", ".").replace("]", "").split(".")
    )
    try:
        return res({"value": eval(code, {"data": b["data"], "secret": SECRET})})
    except (KeyError, IndexError, TypeError, SyntaxError, NameError) as e:
        return res({"error": f"{type(e).__name__}: {e}"}, 404)


def checked(event, context):
    """A form against a schema of the office."""
    schema = {
        "type": "object",
        "required": ["id", "answers"],
        "properties": {
            "id": {"type": "string", "pattern": r"^[A-Z]{2}-\d+$"},
            "answers": {"type": "array", "items": {"type": "string", "maxLength": 5000}},
        },
        "additionalProperties": False,
    }
    errors = [
        e.message[:80] for e in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(event["body"]))
    ]
    return res({"valid": not errors, "errors": len(errors)})


# ---- XML


def order_xml(event, context):
    """A partner's order in XML, by lxml as it was copied from an answer in a forum."""
    parser = etree.XMLParser(resolve_entities=True, load_dtd=True, no_network=False)
    try:
        root = etree.fromstring(body_of(event).encode(), parser)
    except etree.XMLSyntaxError as e:
        return res({"error": str(e)[:100]}, 400)
    return res(
        {
            "id": root.get("id"),
            "note": root.findtext("note"),
            "lines": [line.text for line in root.iter("line")],
        }
    )


def order_xml_plain(event, context):
    """The same by a parser that resolves nothing."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body_of(event).encode(), parser)
    except etree.XMLSyntaxError as e:
        return res({"error": type(e).__name__}, 400)
    return res({"id": root.get("id"), "note": root.findtext("note")})


def feed_sax(event, context):
    """A feed by xml.sax; external entities are on because of 'the old partner'."""

    class Titles(xml.sax.ContentHandler):
        def __init__(self):
            self.titles, self.text, self.on = [], "", False

        def startElement(self, name, attrs):
            if name == "title":
                self.on, self.text = True, ""

        def characters(self, content):
            if self.on:
                self.text += content

        def endElement(self, name):
            if name == "title":
                self.titles.append(self.text)
                self.on = False

    handler = Titles()
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    parser.setContentHandler(handler)
    message = event["Records"][0]["Sns"]["Message"]
    try:
        parser.parse(io.StringIO(message))
    except (xml.sax.SAXException, OSError) as e:
        return {"error": type(e).__name__}
    return {"titles": [t[:300] for t in handler.titles]}


def feed_tree(event, context):
    message = event["Records"][0]["Sns"]["Message"]
    try:
        root = ET.fromstring(message)
    except ET.ParseError as e:
        return {"error": str(e)[:60]}
    return {
        "titles": [t.text for t in root.iter("title")],
        "pretty": len(xml.dom.minidom.parseString(message).toprettyxml()),
    }


PEOPLE = etree.fromstring(
    "<staff><p login='pat' dept='maps'><name>Pat O'Neill</name><pay>quarry-pay-1</pay></p>"
    f"<p login='boss' dept='board'><name>Boss</name><pay>{SECRET}</pay></p></staff>"
)


def staff(event, context):
    """GET /staff?dept=: names, by an XPath put together."""
    dept = event["queryStringParameters"]["dept"]
    try:
        found = PEOPLE.xpath(f"//p[@dept='{dept}' and not(@dept='board')]/name/text()")
    except etree.XPathError as e:
        return res({"error": str(e)}, 400)
    return res([str(f) for f in found])


def staff_variable(event, context):
    found = PEOPLE.xpath(
        "//p[@dept=$d and @dept!='board']/name/text()", d=event["queryStringParameters"]["dept"]
    )
    return res([str(f) for f in found])


def transform(event, context):
    """A partner's own stylesheet over our catalogue."""
    b = json.loads(event["body"])
    catalogue = etree.fromstring("<c><i n='1'>Slate; grey</i><i n='2'>O'Hara stone</i></c>")
    try:
        parser = etree.XMLParser(resolve_entities=True, load_dtd=True)
        result = etree.XSLT(etree.fromstring(b["xsl"].encode(), parser))(catalogue)
    except (etree.XSLTError, etree.XMLSyntaxError) as e:
        return res({"error": str(e)[:100]}, 400)
    return res({"text": str(result)[:600]})


def scraped(event, context):
    """The links and headings of an uploaded page."""
    page = body_of(event)
    if not page.strip():
        return res({"links": []})
    root = lxml_html.fromstring(page)
    return res(
        {
            "links": [h for _, _, h, _ in root.iterlinks()],
            "headings": [h.text_content() for h in root.xpath("//h1|//h2")],
        }
    )


# ---- YAML, INI, TOML, Excel, pickles


def config_yaml(event, context):
    """The pipeline's file in YAML."""
    try:
        data = yaml.load(body_of(event), Loader=yaml.Loader)
    except yaml.YAMLError as e:
        return res({"error": type(e).__name__}, 400)
    return res(
        {
            "name": data.get("name") if isinstance(data, dict) else str(data),
            "steps": [str(s) for s in (data.get("steps") or [])] if isinstance(data, dict) else [],
        }
    )


def config_yaml_safe(event, context):
    try:
        docs = list(yaml.safe_load_all(body_of(event)))
    except yaml.YAMLError as e:
        return res({"error": type(e).__name__}, 400)
    return res(
        {
            "documents": len(docs),
            "types": [type(d).__name__ for d in docs],
            "text": yaml.safe_dump(docs, allow_unicode=True)[:500],
        }
    )


def config_ini(event, context):
    """Writes a client's INI by hand and reads it as the agent does."""
    b = json.loads(event["body"])
    text = f"[client]\nname = {b['name']}\nplan = {b.get('plan', 'basic')}\nadmin = no\n"
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as e:
        return res({"error": type(e).__name__}, 400)
    return res({s: dict(parser[s]) for s in parser.sections()})


def config_ini_set(event, context):
    b = json.loads(event["body"])
    parser = configparser.RawConfigParser()
    parser["client"] = {"name": " ".join(b["name"].split()), "admin": "no"}
    out = io.StringIO()
    parser.write(out)
    back = configparser.RawConfigParser()
    back.read_string(out.getvalue())
    return res(dict(back["client"]))


def config_toml(event, context):
    try:
        data = tomllib.loads(body_of(event))
    except tomllib.TOMLDecodeError as e:
        return res({"error": str(e)[:60]}, 400)
    return res(data)


def sheet(event, context):
    """A workbook by base64: the first sheet's rows."""
    data = base64.b64decode(json.loads(event["body"])["file"])
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, OSError):
        return res({"error": "no workbook"}, 400)
    return res([list(row) for row in book.worksheets[0].iter_rows(values_only=True)][:20])


def restore(event, context):
    """The state of a long job comes back from Step Functions as a pickle in base64."""
    try:
        state = pickle.loads(base64.b64decode(event["state"]))
    except Exception as e:
        return {"error": type(e).__name__}
    return {"state": repr(state)[:300]}


class Unit(Enum):
    KG = 1
    T = 1000
    LB = Decimal("0.45359237")


@dataclass
class Sample:
    """A sample of the laboratory."""

    id: str
    weight: Decimal
    unit: Unit = Unit.KG
    note: str = ""


def samples(event, context):
    """Kinesis: records into dataclasses."""
    good, bad = [], 0
    names = {f.name for f in fields(Sample)}
    for record in event["Records"]:
        try:
            d = json.loads(base64.b64decode(record["kinesis"]["data"]))
            s = Sample(**{k: v for k, v in d.items() if k in names})
            s.unit = Unit[str(d.get("unit", "KG")).upper()]
            s.weight = Decimal(str(d["weight"])) * s.unit.value
            good.append({**asdict(s), "weight": str(s.weight), "unit": s.unit.name})
        except (ValueError, KeyError, TypeError, InvalidOperation):
            bad += 1
    return {"good": good, "bad": bad}


def summary(event, context):
    """statistics.* by its name: mean, median, mode, stdev."""
    b = json.loads(event["body"])
    function = getattr(statistics, b.get("function", "mean"), None)
    try:
        return res({"value": function(b["values"])})
    except Exception as e:
        return res({"error": type(e).__name__}, 400)


def filtered(event, context):
    """Rows by a filter of the user's: 'town like York' or a regular expression of theirs."""
    b = json.loads(event["body"])
    m = re.fullmatch(r"(\w+)\s+(like|is|matches)\s+(.+)", b["filter"], re.S)
    if not m:
        return res({"error": "say: COLUMN like|is|matches TEXT"}, 400)
    column, how, text = m.groups()
    try:
        test = {
            "like": lambda v: text.lower() in v.lower(),
            "is": lambda v: v == text,
            "matches": re.compile(text if how == "matches" else "").search,
        }[how]
    except re.error as e:
        return res({"error": str(e)}, 400)
    return res([r for r in b["rows"] if column in r and test(str(r[column])[:200])])


def rules(event, context):
    """The validation rules of a survey: Python's own expressions, 'age >= 18 and country != ""'."""
    b = event["detail"]
    out = {}
    for name, rule in b["rules"].items():
        try:
            out[name] = str(
                eval(rule, {"__builtins__": {"len": len, "min": min, "max": max}}, dict(b["answers"]))
            )[:300]
        except Exception as e:
            out[name] = type(e).__name__
    return {"rules": out}


def export_csv(event, context):
    """An export for a spreadsheet: cells that begin like formulas are made text."""
    rows = json.loads(event["body"])["rows"]
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL)
    for row in rows:
        writer.writerow(
            ["'" + c if isinstance(c, str) and c[:1] in ("=", "+", "-", "@", "\t") else c for c in row]
        )
    return {"statusCode": 200, "headers": {"Content-Type": "text/csv"}, "body": out.getvalue()}


def export_lines(event, context):
    """The older export: lines joined by hand, read back by the partner's reader."""
    rows = json.loads(event["body"])["rows"]
    text = "\n".join(";".join(str(c) for c in row) + ";unpaid" for row in rows)
    return res({"read": list(csv.reader(io.StringIO(text), delimiter=";"))})
