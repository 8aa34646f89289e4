"""Documents, tables and queries that the event steers: XML entities, PartiQL, NoSQL conditions."""

import base64
import io
import json
import xml.sax
import zipfile

import boto3
import lxml.etree

client = boto3.client("dynamodb")


def seed():
    client.put_item(
        TableName="orders", Item={"id": {"S": "mine"}, "buyer": {"S": "ada"}, "note": {"S": "my note"}}
    )
    client.put_item(
        TableName="orders", Item={"id": {"S": "theirs"}, "buyer": {"S": "bob"}, "note": {"S": "their-secret"}}
    )


def partiql(event, context):
    seed()
    return client.execute_statement(Statement=f"SELECT * FROM \"orders\" WHERE id = '{event['id']}'")["Items"]


def partiql_owner(event, context):
    seed()
    statement = "SELECT note FROM \"orders\" WHERE buyer = 'ada' AND note = '" + event["note"] + "'"
    return client.execute_statement(Statement=statement)["Items"]


def partiql_batch(event, context):
    seed()
    statements = [{"Statement": f"SELECT note FROM orders WHERE id = '{one}'"} for one in event["ids"]]
    return client.batch_execute_statement(Statements=statements)["Responses"][0].get("Item")


def filter_expression(event, context):
    seed()
    return client.scan(
        TableName="orders",
        FilterExpression=f"#o = :ada AND {event['condition']}",
        ExpressionAttributeNames={"#o": "buyer"},
        ExpressionAttributeValues={":ada": {"S": "ada"}},
    )["Items"]


def update_expression(event, context):
    seed()
    done = client.update_item(
        TableName="orders",
        Key={"id": {"S": "mine"}},
        UpdateExpression=f"SET note = :note{event['more']}",
        ExpressionAttributeValues={":note": {"S": "x"}},
        ReturnValues="ALL_NEW",
    )
    return done["Attributes"]


def raw_filter(event, context):
    """The whole request is the caller's."""
    seed()
    return client.scan(**{"TableName": "orders", **json.loads(event["body"])})["Items"]


def xml_entities(event, context):
    parser = lxml.etree.XMLParser(resolve_entities=True, load_dtd=True)
    return lxml.etree.fromstring(event["xml"].encode(), parser).xpath("string()")


def xml_sax(event, context):
    class Text(xml.sax.ContentHandler):
        found = ""

        def characters(self, content):
            self.found += content

    reader, handler = xml.sax.make_parser(), Text()
    reader.setFeature(xml.sax.handler.feature_external_ges, True)
    reader.setContentHandler(handler)
    reader.parse(io.StringIO(event["xml"]))
    return handler.found


def xpath(event, context):
    root = lxml.etree.fromstring(b"<u><user name='ada' pw='pw-ada'/><user name='bob' pw='pw-bob'/></u>")
    return root.xpath(f"//user[@name='{event['name']}']/@pw")


def sheet_document(event, context):
    """As readers of office documents do it."""
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(event["file"]))) as archive:
        parser = lxml.etree.XMLParser(resolve_entities=True, load_dtd=True)
        return lxml.etree.fromstring(archive.read("sheet.xml"), parser).xpath("string()")
