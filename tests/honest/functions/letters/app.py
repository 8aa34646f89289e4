"""Letters from templates: of the package's files, of a text in the code, and with what customers write in their places."""

import os
import string

import jinja2

HERE = os.path.dirname(os.path.abspath(__file__))
LETTER = "Dear {{ name|title }},{% for item in items %} {{ loop.index }}. {{ item.title }} {{ item.price * 2 }}{% endfor %}"
environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(os.path.join(HERE, "templates")), autoescape=True
)


def handler(event, context):
    by_file = environment.get_template("receipt.html").render(order=event, name=event["name"])
    by_text = jinja2.Template(LETTER).render(name=event["name"], items=event["items"])
    plain = string.Template("$name pays ${total}").substitute(name=event["name"], total=event["total"])
    return {
        "file": by_file,
        "text": by_text,
        "plain": plain,
        "format": "{name!r:>20} pays {total:.2f}".format(**event),
        "percent": "%(name)s pays %(total)d" % event,  # noqa: UP031
        "f": f"{event['name']} pays {event['total']:>10}",
    }
