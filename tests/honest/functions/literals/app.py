"""Values written as text, in whatever form they come: Python literals, TOML, INI, YAML, XML, plurals, sums of the function's own."""

import ast
import configparser
import gettext
import plistlib
import tomllib

import yaml

plural = gettext.c2py("n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2")
DAY = "24 * 60 * 60"
RULES = yaml.safe_load("{discount: {above: 100, percent: 5}, free: [tea, 'coffee']}")


def handler(event, context):
    literal = ast.literal_eval(event["literal"])
    toml = tomllib.loads(event["toml"])
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(event["ini"])
    document = yaml.safe_load(event["yaml"])
    plist = plistlib.loads(plistlib.dumps({"note": event["count"], "when": 3}))
    return {
        "literal": repr(literal),
        "toml": toml,
        "ini": {name: dict(ini[name]) for name in ini.sections()},
        "yaml": document,
        "plist": plist,
        # Plural rules are compiled when they are first met.
        "form": [plural(event["count"]), gettext.c2py("n != 1")(event["count"])],
        "computed": [eval("1+1"), eval(DAY), eval("count * 2", {"count": event["count"]})],
        "rules": RULES["discount"]["percent"],
        "tree": ast.dump(ast.parse(event["literal"], mode="eval"))[:200],
    }
