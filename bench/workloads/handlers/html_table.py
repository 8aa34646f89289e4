"""FunctionBench's `chameleon`: a table of cells as HTML by Chameleon's page templates."""

import hashlib

from chameleon import PageTemplate

ROWS, COLUMNS = 30, 10
PAGE = PageTemplate(
    '<table xmlns:tal="http://xml.zope.org/namespaces/tal"><tr tal:repeat="row rows">'
    '<td tal:repeat="cell row"><span tal:attributes="class cell.kind" tal:content="cell.text"/></td></tr></table>'
)


class Cell:
    def __init__(self, row, column, number):
        self.kind = f"k{(row + column) % 5}"
        self.text = f"<{row * column + number}>"


def handler(event, context):
    number = event["number"]
    rows = [[Cell(row, column, number) for column in range(COLUMNS)] for row in range(ROWS)]
    page = PAGE(rows=rows)
    return {"number": number, "length": len(page), "hash": hashlib.sha256(page.encode()).hexdigest()}
