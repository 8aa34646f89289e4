"""Documents of YAML checked against a JSON Schema, with the libraries imported in the handler."""

DOCUMENT = """
service: {name: shop, owner: team@example.com}
limits:
  - {route: /orders, rate: 10}
  - {route: /notes, rate: 5}
"""
SCHEMA = {
    "type": "object",
    "required": ["service", "limits"],
    "properties": {
        "service": {"type": "object", "properties": {"owner": {"type": "string", "format": "email"}}},
        "limits": {
            "type": "array",
            "items": {"type": "object", "properties": {"rate": {"type": "integer", "minimum": 1}}},
        },
    },
}


def handler(event, context):
    import jsonschema
    import yaml

    document = yaml.safe_load(event.get("body") or DOCUMENT)
    checker = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    return {"n": event["n"], "faults": [fault.message for fault in checker.iter_errors(document)]}
