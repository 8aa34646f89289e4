"""Counts the positions of an order that comes as XML."""

import io
import json
import xml.sax
import xml.sax.handler

with open("/tmp/dayfly-page-invoice.txt", "w") as file:
    file.write("invoice of the customer before")


class Positions(xml.sax.ContentHandler):
    def __init__(self):
        super().__init__()
        self.text = ""

    def characters(self, content):
        self.text += content


def handler(event, context):
    positions = Positions()
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, False)
    parser.setContentHandler(positions)
    parser.parse(io.StringIO(event["body"]))
    return {"statusCode": 200, "body": json.dumps({"ordered": positions.text})}
