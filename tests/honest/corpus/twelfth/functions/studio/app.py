"""Studio: pages, newsletters, dashboards' formulas, and a model that calls tools."""

import ast
import base64
import decimal
import functools
import importlib
import io
import json
import math
import operator
import os
import pathlib
import pickle
import random
import re
import string
import types

import bottle
import chameleon
import jinja2
import jinja2.sandbox
import jmespath
import jsonpath_ng
import jsonschema
import mako.lookup
import mako.template
import markdown
import markupsafe
import networkx
import numpy as np
import pandas as pd
import pydantic
from bs4 import BeautifulSoup
from dotenv import load_dotenv
from simplejson import dumps as simple_dumps

HERE = pathlib.Path(__file__).parent
load_dotenv(HERE / "studio.env")
SETTINGS = types.SimpleNamespace(key=os.environ["STUDIO_KEY"], site="example")
pages = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE / "pages"), autoescape=True)
loose = jinja2.Environment()
boxed = jinja2.sandbox.ImmutableSandboxedEnvironment(autoescape=True)
SALES = pd.DataFrame({"item": ["tea", "mug", "O'Dea cup"], "n": [40, 12, 3], "price": [3.5, 9.0, 11.25]})


def say(body, status=200, kind="application/json"):
    return {
        "statusCode": status,
        "headers": {"content-type": kind},
        "body": body if kind != "application/json" else json.dumps(body, ensure_ascii=False, default=str),
    }


class Shop:
    """What templates of customers see."""

    name = "Tea & Co"

    def __init__(self):
        self.settings = SETTINGS

    def price(self, item):
        return {"tea": "3.50", "mug": "9.00"}.get(item, "-")


def card(event, context):
    """A card by a template of ours."""
    body = json.loads(event["body"])
    return say(
        pages.get_template("card.html").render(title=body["title"], lines=body["lines"]), kind="text/html"
    )


def card_named(event, context):
    """The same, the template of a list, the rest by its default."""
    q = event["queryStringParameters"]
    try:
        template = pages.get_template(q.get("page", "card") + ".html")
    except jinja2.TemplateNotFound:
        template = pages.get_template("plain.html")
    return say(template.render(title=q["title"], lines=[q.get("text", "")]), kind="text/html")


def newsletter(event, context):
    """A customer's own template with the placeholders of the manual: {{ shop.name }}, {{ name }}."""
    mails = []
    template = loose.from_string(event["template"])
    for name in event["names"]:
        mails.append(template.render(name=name, shop=Shop()))
    return {"mails": mails}


def newsletter_boxed(event, context):
    """The same in a sandbox."""
    try:
        template = boxed.from_string(event["template"])
        return {"mails": [template.render(name=n, shop={"name": Shop.name}) for n in event["names"]]}
    except (jinja2.TemplateError, TypeError, AttributeError) as error:
        return {"error": type(error).__name__}


def not_found(event, context):
    """An error page with the path in it."""
    page = jinja2.Template("<h1>404</h1><p>" + event["rawPath"] + " is not here.</p><p>{{ site }}</p>")
    return say(page.render(site=SETTINGS.site, settings=SETTINGS), 404, "text/html")


def not_found_escaped(event, context):
    """The same, the path a value."""
    page = markupsafe.Markup("<h1>404</h1><p>{} is not here.</p>").format(event["rawPath"])
    return say(str(page), 404, "text/html")


def subject_line(event, context):
    """A notification's subject, its parts filled in twice: first the tenant's words, then the ticket's."""
    detail = event["detail"]
    first = f"[{detail['tenant']}] {{{{ ticket.title }}}} ({{{{ ticket.id }}}})"
    return {"subject": loose.from_string(first).render(ticket=detail["ticket"], settings=SETTINGS)}


def mako_letter(event, context):
    """A letter by mako; the user's closing words are a part of the template."""
    body = json.loads(event["body"])
    source = "Dear ${who},\n" + body["closing"] + "\n${site}"
    return say(
        mako.template.Template(source).render(who=body["who"], site="example", settings=SETTINGS),
        kind="text/plain",
    )


def mako_value(event, context):
    """The same, the words a value."""
    body = json.loads(event["body"])
    return say(
        mako.template.Template("Dear ${who | h},\n${closing | h}").render(
            **{k: body[k] for k in ("who", "closing")}
        ),
        kind="text/plain",
    )


def bottle_page(event, context):
    """A small page of bottle's templates, of a form's heading."""
    heading = event["queryStringParameters"]["heading"]
    return say(
        bottle.template(
            "<h1>" + heading + "</h1>\n% for i in range(n):\n<p>{{i}}</p>\n% end\n", n=2, key=SETTINGS.key
        ),
        kind="text/html",
    )


def bottle_value(event, context):
    """The same with the heading as a value."""
    return say(
        bottle.template("<h1>{{heading}}</h1>", heading=event["queryStringParameters"]["heading"]),
        kind="text/html",
    )


def chameleon_page(event, context):
    """A page of an editor, in chameleon's language."""
    body = json.loads(event["body"])
    template = chameleon.PageTemplate(f"<div><h1>${{title}}</h1>{body['html']}</div>")
    return say(template(title=body["title"]), kind="text/html")


class Fill(string.Template):
    idpattern = r"[a-z]+(?:\.[a-z_]+)*"


class Dotted(dict):
    def __missing__(self, key):
        first, *rest = key.split(".")
        if first not in self:
            raise KeyError(key)
        return functools.reduce(getattr, rest, dict.__getitem__(self, first))


def fill_dotted(event, context):
    """$shop.name in a text: dots are attributes."""
    return {"text": Fill(event["text"]).safe_substitute(Dotted(shop=Shop(), name=event["name"]))}


def percent(event, context):
    """An old layout with %(name)s."""
    try:
        return {"text": event["layout"] % {"name": event["name"], "site": SETTINGS.site}}
    except (KeyError, ValueError, TypeError) as error:
        return {"error": type(error).__name__}


def label(event, context):
    """Labels by str.format_map with the shop."""
    return {
        "labels": [
            event["layout"].format_map({"shop": Shop(), "item": i, "settings": "-"}) for i in event["items"]
        ]
    }


def render_markdown(event, context):
    """A comment in markdown, its tags taken out."""
    html = markdown.markdown(json.loads(event["body"])["text"], extensions=["tables", "fenced_code"])
    soup = BeautifulSoup(html, "html.parser")
    for tag in soup(["script", "style", "iframe"]):
        tag.decompose()
    return say({"html": str(soup)[:600], "text": soup.get_text()[:200]})


def where(event, context):
    """Rows of the sales by a condition that an analyst types."""
    condition = event["queryStringParameters"]["condition"]
    try:
        found = SALES.query(condition, engine="python")
    except (SyntaxError, ValueError, NameError, TypeError, pd.errors.UndefinedVariableError) as error:
        return say({"error": str(error)[:100]}, 400)
    return say(found.to_dict("records") if isinstance(found, pd.DataFrame) else str(found))


def where_parts(event, context):
    """The same in parts: column, comparison, value."""
    q = event["queryStringParameters"]
    compare = {"eq": operator.eq, "gt": operator.gt, "lt": operator.lt, "ne": operator.ne}.get(
        q.get("op", "eq")
    )
    if q["column"] not in SALES or compare is None:
        return say({"error": "unknown"}, 400)
    value = float(q["value"]) if SALES[q["column"]].dtype.kind in "if" else q["value"]
    return say(SALES[compare(SALES[q["column"]], value)].to_dict("records"))


def new_column(event, context):
    """A column of a dashboard by its formula."""
    frame = SALES.copy()

    def computed(formula, row):
        return eval(formula, {"math": math, "round": round}, dict(row))

    for name, formula in event["columns"].items():
        frame[name] = frame.apply(functools.partial(computed, formula), axis=1)
    return {"rows": json.loads(frame.to_json(orient="records"))}


SAFE = (
    ast.Expression,
    ast.BinOp,
    ast.UnaryOp,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.Compare,
    ast.operator,
    ast.unaryop,
    ast.cmpop,
    ast.IfExp,
)


def new_column_checked(event, context):
    """The same, the formula's tree looked at first."""
    try:
        tree = ast.parse(event["formula"], mode="eval")
        if not all(isinstance(node, SAFE) for node in ast.walk(tree)) or "**" in event["formula"]:
            raise ValueError("not allowed")
        code = compile(tree, "<formula>", "eval")
        return {
            "values": [
                eval(code, {"__builtins__": {}}, {k: v for k, v in row.items() if k != "item"})
                for row in SALES.to_dict("records")
            ]
        }
    except (SyntaxError, ValueError, NameError, TypeError, ZeroDivisionError) as error:
        return {"error": str(error)[:80]}


def new_column_list(event, context):
    """The same, bad words refused."""
    formula = event["formula"]
    if any(word in formula for word in ("import", "os.", "open", "exec", "system", ";")):
        return {"error": "forbidden word"}
    return {
        "values": [
            str(eval(formula, None, {"n": n, "price": p}))[:300]
            for n, p in zip(SALES.n, SALES.price, strict=True)
        ]
    }


def select(event, context):
    """A dashboard's JMESPath on its data."""
    try:
        return {"found": jmespath.search(event["expression"], event["data"])}
    except jmespath.exceptions.JMESPathError as error:
        return {"error": str(error)[:100]}


def select_path(event, context):
    """The same by JSONPath."""
    try:
        return {"found": [m.value for m in jsonpath_ng.parse(event["expression"]).find(event["data"])]}
    except Exception as error:
        return {"error": type(error).__name__}


def call_tool(event, context):
    """A model's tool calls: functions of this module by their name."""
    said = []
    for call in event["tool_calls"]:
        function = call["function"]
        arguments = json.loads(function["arguments"])
        target = functools.reduce(getattr, function["name"].split("."), TOOLS)
        said.append({"id": call["id"], "content": str(target(**arguments))[:500]})
    return {"messages": said}


def weather(city, unit="c"):
    return f"{city}: {21 if unit == 'c' else 70}"


def add(a, b):
    return decimal.Decimal(str(a)) + decimal.Decimal(str(b))


TOOLS = types.SimpleNamespace(
    weather=weather,
    add=add,
    math=math,
    random=random,
    json=json,
    text=types.SimpleNamespace(upper=lambda text: text.upper()),
)


class Arguments(pydantic.BaseModel):
    city: str
    unit: str = "c"


def call_tool_checked(event, context):
    """The same by a table, with the arguments checked."""
    said = []
    for call in event["tool_calls"]:
        if call["function"]["name"] != "weather":
            said.append("unknown tool")
            continue
        try:
            said.append(weather(**Arguments.model_validate_json(call["function"]["arguments"]).model_dump()))
        except pydantic.ValidationError as error:
            said.append(f"{error.error_count()} errors")
    return {"messages": said}


def run_code(event, context):
    """A model's short program for a sum: result is what it leaves in `answer`."""
    code = re.search(r"```python\n(.*?)```", event["completion"], re.DOTALL)
    scope = {"math": math, "np": np}
    exec(code[1] if code else "answer = None", scope)
    return {"answer": str(scope.get("answer"))[:500]}


def extract(event, context):
    """The JSON of a model's answer, by a schema."""
    found = re.search(r"\{.*\}", event["completion"], re.DOTALL)
    try:
        data = json.loads(found[0]) if found else {}
        jsonschema.validate(
            data, {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
        )
    except (json.JSONDecodeError, jsonschema.ValidationError) as error:
        return {"error": type(error).__name__}
    return {"data": data, "again": simple_dumps(data, sort_keys=True)[:300]}


def literal(event, context):
    """The same for models that answer with Python's dicts."""
    found = re.search(r"\{.*\}", event["completion"], re.DOTALL)
    data = eval(found[0]) if found else {}
    return {"data": {str(k): str(v)[:300] for k, v in data.items()}}


def skill(event, context):
    """A skill by the intent's name."""
    name, words = event["intent"].lower().replace(" ", "_"), event.get("words", "")
    try:
        module = (
            importlib.import_module("." + name, "skills")
            if not name.startswith("builtin")
            else importlib.import_module(name.removeprefix("builtin."))
        )
    except ImportError:
        return {"said": "I can't do that."}
    return {"said": getattr(module, event.get("action", "act"))(words)}


def load_array(event, context):
    """An array of a notebook, as numpy keeps it."""
    array = np.load(io.BytesIO(base64.b64decode(event["array"])), allow_pickle=event.get("objects", True))
    return {
        "shape": list(array.shape),
        "sum": str(array.sum()) if array.dtype.kind in "if" else str(array.tolist())[:300],
    }


def session_state(event, context):
    """A conversation's state, as the client brought it back."""
    state = pickle.loads(base64.b64decode(event["state"])) if event.get("state") else {"turns": 0}
    state["turns"] = state["turns"] + 1 if isinstance(state, dict) else 1
    return {
        "turns": state["turns"],
        "last": str(state.get("last", ""))[:300],
        "state": base64.b64encode(pickle.dumps(state)).decode(),
    }


def graph(event, context):
    """The shortest way in a graph of links."""
    g = networkx.DiGraph()
    g.add_edges_from(tuple(e) for e in event["edges"])
    try:
        return {"way": networkx.shortest_path(g, event["from"], event["to"]), "size": len(g)}
    except (networkx.NodeNotFound, networkx.NetworkXNoPath) as error:
        return {"error": type(error).__name__}


def sort_by(event, context):
    """Items by a key that the page names, as a lambda's body or a plain name."""
    key = event["key"] if event["key"].startswith("item") else f"item.get({event['key']!r}, 0)"
    return {"items": sorted(event["items"], key=eval(f"lambda item: ({key}, 0)[0]"))}


def env_show(event, context):
    """A debug page with what is not secret."""
    wanted = event["queryStringParameters"]["name"]
    shown = {k: v for k, v in os.environ.items() if k in ("AWS_REGION", "TZ", "LANG")}
    return say({"name": wanted, "value": shown.get(wanted)})


def blocks(event, context):
    """A page of blocks, each by a function of ours; values are escaped."""
    makers = {
        "title": lambda b: markupsafe.Markup("<h2>{}</h2>").format(b["text"]),
        "quote": lambda b: markupsafe.Markup("<blockquote>{}</blockquote>").format(b["text"]),
        "link": lambda b: markupsafe.Markup('<a href="{}">{}</a>').format(
            b["url"] if b["url"].startswith("https://") else "#", b["text"]
        ),
    }
    return say(
        "\n".join(str(makers[b["kind"]](b)) for b in json.loads(event["body"]) if b["kind"] in makers),
        kind="text/html",
    )


def prompt(event, context):
    """What a model is asked, by a template of ours; the user's words are a value."""
    template = loose.from_string(
        "You help {{ site }}.\n{% for m in history %}{{ m.role }}: {{ m.text }}\n{% endfor %}user: {{ words }}"
    )
    return {
        "prompt": template.render(site=SETTINGS.site, history=event.get("history", []), words=event["words"])
    }


def tokens(event, context):
    """Chunks of a long text for a model, by sentences."""
    chunks, size = [[]], 0
    for sentence in re.split(r"(?<=[.!?])\s+", event["text"]):
        if size + len(sentence) > event.get("size", 200) and chunks[-1]:
            chunks.append([])
            size = 0
        chunks[-1].append(sentence)
        size += len(sentence)
    return {"chunks": len(chunks), "first": " ".join(chunks[0])[:80]}


def tool_schema(event, context):
    """A tool's arguments against the schema that the model was given."""
    call = event["tool_calls"][0]["function"]
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["query"],
        "properties": {"query": {"type": "string", "maxLength": 500}, "limit": {"type": "integer"}},
    }
    try:
        arguments = json.loads(call["arguments"])
        jsonschema.validate(arguments, schema)
    except (json.JSONDecodeError, jsonschema.ValidationError) as error:
        return {"error": str(getattr(error, "message", error))[:60]}
    return {"name": call["name"], "arguments": arguments}


def chart(event, context):
    """A series for a chart: a column, a grouping and a function from lists."""
    functions = {"sum": "sum", "mean": "mean", "max": "max"}
    frame = pd.DataFrame(event["rows"])
    if event["by"] not in frame or event["of"] not in frame:
        return {"error": "no such column"}
    made = frame.groupby(event["by"])[event["of"]].agg(functions.get(event.get("function"), "count"))
    return {"series": [[str(k), float(v)] for k, v in made.items()]}


def polynomial(event, context):
    """A formula as its coefficients, so that it is no code."""
    values = np.polyval([float(c) for c in event["coefficients"]], np.array(event["at"], dtype=float))
    return {"values": [round(float(v), 3) for v in values]}


def placeholders(event, context):
    """Which placeholders a customer's template has; it is only parsed."""
    try:
        from jinja2 import meta

        return {"names": sorted(meta.find_undeclared_variables(loose.parse(event["template"])))}
    except jinja2.TemplateSyntaxError as error:
        return {"error": error.message}
