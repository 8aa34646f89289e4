"""Pages: a table by jinja2 and one by Chameleon, whose templates were compiled at init, and Markdown."""

import jinja2
import markdown
from chameleon import PageTemplate

ROWS = [{"id": number, "name": f"item {number}", "price": number * 1.25} for number in range(100)]
TABLE = jinja2.Environment(autoescape=True).from_string(
    "<h1>{{ name }}</h1>{% for row in rows %}<tr><td>{{ row.id }}</td><td>{{ row.name }}</td></tr>{% endfor %}"
)
PAGE = PageTemplate(
    "<table xmlns:tal='http://xml.zope.org/namespaces/tal'><tr tal:repeat='row rows'><td>${row['name']}</td></tr></table>"
)
PAGE(rows=[])
NOTE = "\n\n".join(
    f"# Part {number}\n\nSome *words* and `code`, [a link](https://example.org/{number})."
    for number in range(20)
)


def dynamic_html(event, context):
    return {"length": len(TABLE.render(name=event["name"], rows=ROWS))}


def chameleon(event, context):
    return {"length": len(PAGE(rows=ROWS))}


def work_markdown(event, context):
    return {"length": len(markdown.markdown(NOTE))}
