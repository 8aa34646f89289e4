"""Pages and letters of template engines: files, inheritance, macros, filters, a sandbox for what shops write, Mako."""

import os

import jinja2
import jinja2.sandbox
import mako.lookup
import mako.template

HERE = os.path.dirname(os.path.abspath(__file__))
environment = jinja2.Environment(
    loader=jinja2.ChoiceLoader(
        [
            jinja2.FileSystemLoader(os.path.join(HERE, "templates")),
            jinja2.DictLoader(
                {"row.txt": "{{ number }}: {{ text|wordwrap(40) }}", "a.txt": "{% include 'row.txt' %}"}
            ),
        ]
    ),
    autoescape=jinja2.select_autoescape(),
    extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
)
environment.filters["shout"] = lambda value: value.upper() + "!"
environment.globals["shop"] = "north"
sandbox = jinja2.sandbox.SandboxedEnvironment(autoescape=True)
lookup = mako.lookup.TemplateLookup([os.path.join(HERE, "templates")], default_filters=["h"])
NOTE = mako.template.Template(
    "Dear ${name},\n% for item in items:\n  ${loop.index}: ${item}\n% endfor\n", default_filters=["h"]
)


def handler(event, context):
    name, items = event["name"], event["items"]
    line = environment.from_string(
        "{{ name|shout }}{% for item in items if item %}{{ item[:9] }}{% endfor %} {{ shop }}"
    )
    expression = environment.compile_expression("total * 2 > limit and name")
    shops = sandbox.from_string("Hello {{ name }}, {{ items|length }} things.")
    return {
        "page": environment.get_template(event["page"] + ".html").render(
            name=name, items=items, options=event
        ),
        "row": environment.get_template("a.txt").render(number=1, text=name),
        "line": line.render(name=name, items=items),
        "expression": expression(total=3, limit=event["total"], name=name),
        "shop": shops.render(name=name, items=items),
        "mako": NOTE.render(name=name, items=items),
        "lookup": lookup.get_template("letter.mako").render(name=name, items=items),
        "later": mako.template.Template("${name | h} of ${shop}").render(name=name, shop="north"),
    }
