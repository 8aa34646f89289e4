import json

import boto3

HOST = "orders.cluster-c1x2.eu-west-1.rds.amazonaws.com"


def handler(event, context):
    # A token of IAM's in the password's place: it is good for fifteen minutes.
    token = boto3.client("rds").generate_db_auth_token(DBHostname=HOST, Port=5432, DBUsername="orders")
    return {"statusCode": 200, "body": json.dumps({"host": HOST, "length": len(token)})}
