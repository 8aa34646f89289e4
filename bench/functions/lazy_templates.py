"""A page from a template: the library is imported and the template compiled when first needed, then kept."""

import functools
from pathlib import Path

PAGE = Path(__file__).with_name("lazy_page.html")


@functools.cache
def template():
    import jinja2

    return jinja2.Environment(autoescape=True).from_string(PAGE.read_text())


def prime():
    template()


def handler(event, context):
    lines = [{"sku": f"sku-{number}", "price": number * 1.25} for number in range(20)]
    return {"length": len(template().render(n=event["n"], lines=lines, customer={"name": "A. Customer"}))}
