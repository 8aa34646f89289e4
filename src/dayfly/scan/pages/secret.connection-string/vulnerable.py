import json
import urllib.parse

DATABASE = "postgresql://orders:Vx7-wulf-29-Kamin@orders.cluster-c1x2.eu-west-1.rds.amazonaws.com:5432/orders"


def handler(event, context):
    return {"statusCode": 200, "body": json.dumps({"host": urllib.parse.urlsplit(DATABASE).hostname})}
