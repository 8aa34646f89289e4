"""What reads documents and directories: `event.xml`, `event.xpath`, `event.ldap`."""

from __future__ import annotations

from dayfly.scan.taint.knowledge.model import (
    FIRST,
    RECEIVER,
    Argument,
    Attribute,
    Call,
    Cleanser,
    Condition,
    Danger,
    Kind,
    Part,
    Result,
    Sink,
    Tables,
    Test,
)

_GES = "http://xml.org/sax/features/external-general-entities"

# The standard library's parsers resolve external entities only where this feature has been switched on (since
# 3.7.1; tried on 3.11 and 3.13: xml.sax, minidom and pulldom with such a parser do; ElementTree never does).
_SAX_OPEN = Condition(RECEIVER, Test.TRUTHY, attribute=_GES, if_absent=False, if_unknown=False)


def _sax_parser(argument: Argument) -> tuple[Condition, ...]:
    return (Condition(argument, Test.TRUTHY, attribute=_GES, if_absent=False, if_unknown=False),)


# lxml resolves entities that name local files unless told not to, until 5.0; from then on only with
# resolve_entities=True. The version in use is not known here, so what is not said counts as on.
# https://lxml.de/5.0/changes-5.0.0.html
_LXML_OPEN = Condition(
    Argument(1, "parser"), Test.TRUTHY, attribute="resolve_entities", if_absent=True, if_unknown=True
)
_LXML_CLOSED_TYPES = ("lxml.etree.HTMLParser", "lxml.html.HTMLParser", "defusedxml.lxml.Parser")
_LXML_KIND = Condition(Argument(1, "parser"), Test.LACKS_TYPE, _LXML_CLOSED_TYPES, if_absent=True)

_XML = (
    Sink(
        "event.xml", ("xml.sax.Parser.parse", "xml.sax.Parser.feed"), (Argument(0, "source"),), (_SAX_OPEN,)
    ),
    Sink(
        "event.xml",
        ("xml.dom.minidom.parseString", "xml.dom.minidom.parse"),
        (FIRST,),
        _sax_parser(Argument(1, "parser")),
    ),
    Sink(
        "event.xml",
        ("xml.dom.pulldom.parseString", "xml.dom.pulldom.parse"),
        (FIRST,),
        _sax_parser(Argument(1, "parser")),
    ),
    Sink(
        "event.xml",
        (
            "lxml.etree.fromstring",
            "lxml.etree.XML",
            "lxml.etree.parse",
            "lxml.etree.fromstringlist",
            "lxml.objectify.fromstring",
            "lxml.objectify.parse",
        ),
        (FIRST,),
        (_LXML_OPEN, _LXML_KIND),
    ),
    Sink(
        "event.xml",
        ("lxml.etree.iterparse",),
        (FIRST,),
        (Condition(Argument(None, "resolve_entities"), Test.TRUTHY, if_absent=True),),
    ),
    Sink(
        "event.xml",
        ("lxml.etree.XMLParser.feed",),
        (FIRST,),
        (Condition(RECEIVER, Test.TRUTHY, attribute="resolve_entities", if_absent=True),),
    ),
)

_ELEMENTS = ("xml.etree.ElementTree.Element", "xml.etree.ElementTree.ElementTree", "lxml.etree.Element")

_XPATH = (
    Sink("event.xpath", ("*.xpath",), part=Part.TEXT),
    Sink(
        "event.xpath",
        tuple(
            f"{element}.{method}"
            for element in _ELEMENTS
            for method in ("find", "findall", "findtext", "iterfind")
        ),
        (Argument(0, "path"),),
        part=Part.TEXT,
    ),
    Sink("event.xpath", ("*.iterfind",), part=Part.TEXT),
    Sink("event.xpath", ("lxml.etree.XPath", "lxml.etree.ETXPath"), (Argument(0, "path"),), part=Part.TEXT),
    Sink(
        "event.xpath",
        ("elementpath.select", "elementpath.iter_select"),
        (Argument(1, "path"),),
        part=Part.TEXT,
    ),
    Sink(
        "event.xpath",
        ("elementpath.Selector", "elementpath.XPath2Parser.parse", "elementpath.XPath1Parser.parse"),
        part=Part.TEXT,
    ),
    Sink("event.xpath", ("libxml2.xmlXPathEval", "*.xpathEval", "*.xpathEvalExpression"), part=Part.TEXT),
    Sink(
        "event.xpath",
        ("lxml.etree.XPathEvaluator.__call__", "lxml.etree.XPathDocumentEvaluator.__call__"),
        part=Part.TEXT,
    ),
)

_LDAP_SEARCH = ("search_s", "search_ext_s", "search_st", "search_ext")
_LDAP = (
    Sink(
        "event.ldap",
        ("ldap3.Connection.search", "ldap3.StandardOperations.paged_search"),
        (Argument(0, "search_base"), Argument(1, "search_filter")),
        part=Part.TEXT,
    ),
    Sink(
        "event.ldap",
        tuple(f"*.{method}" for method in _LDAP_SEARCH),
        (Argument(0, "base"), Argument(2, "filterstr")),
        part=Part.TEXT,
    ),
    Sink(
        "event.ldap",
        ("ldap.LDAPObject.search",),
        (Argument(0, "base"), Argument(2, "filterstr")),
        part=Part.TEXT,
    ),
    Sink(
        "event.ldap",
        ("*.search",),
        (Argument(None, "search_filter"), Argument(None, "search_base")),
        part=Part.TEXT,
    ),
    Sink("event.ldap", ("ldap3.Reader",), (Argument(2, "base"), Argument(3, "query")), part=Part.TEXT),
    Sink(
        "event.ldap",
        (
            "ldap3.Connection.modify",
            "ldap3.Connection.delete",
            "ldap3.Connection.add",
            "ldap3.Connection.compare",
        ),
        (Argument(0, "dn"),),
        part=Part.TEXT,
    ),
    Sink(
        "event.ldap",
        ("*.modify_s", "*.delete_s", "*.add_s", "*.compare_s", "*.simple_bind_s"),
        part=Part.TEXT,
    ),
)

_ELEMENT = Result(type="xml.etree.ElementTree.Element")
_TREE = Result(type="xml.etree.ElementTree.ElementTree")
_LXML_ELEMENT = Result(type="lxml.etree.Element")

_CALLS = (
    Call(
        ("xml.sax.make_parser", "xml.sax.expatreader.create_parser"),
        Result(type="xml.sax.Parser", taint_from=()),
    ),
    Call(("xml.sax.Parser.setFeature",), Result(taint_from=()), sets=(FIRST, Argument(1))),
    Call(
        (
            "xml.sax.Parser.setContentHandler",
            "xml.sax.Parser.setEntityResolver",
            "xml.sax.Parser.setErrorHandler",
        ),
        Result(taint_from=()),
    ),
    Call(
        ("lxml.etree.XMLParser", "lxml.etree.ETCompatXMLParser"),
        Result(type="lxml.etree.XMLParser", taint_from=(), keeps=(Argument(None, "resolve_entities"),)),
    ),
    Call(
        ("lxml.objectify.makeparser",),
        Result(type="lxml.etree.XMLParser", taint_from=(), keeps=(Argument(None, "resolve_entities"),)),
    ),
    Call(
        ("lxml.etree.HTMLParser", "lxml.html.HTMLParser"), Result(type="lxml.etree.HTMLParser", taint_from=())
    ),
    Call(
        (
            "xml.etree.ElementTree.fromstring",
            "xml.etree.ElementTree.XML",
            "defusedxml.ElementTree.fromstring",
        ),
        _ELEMENT,
    ),
    Call(
        ("xml.etree.ElementTree.parse", "defusedxml.ElementTree.parse"),
        Result(type="xml.etree.ElementTree.ElementTree", taint_from=(FIRST,)),
    ),
    Call(("xml.etree.ElementTree.ElementTree.getroot",), _ELEMENT),
    Call(
        ("xml.etree.ElementTree.Element.find", "xml.etree.ElementTree.ElementTree.find"),
        Result(type="xml.etree.ElementTree.Element", taint_from=(RECEIVER,)),
    ),
    Call(
        (
            "xml.etree.ElementTree.Element.findall",
            "xml.etree.ElementTree.Element.iter",
            "xml.etree.ElementTree.Element.iterfind",
            "xml.etree.ElementTree.ElementTree.findall",
            "xml.etree.ElementTree.ElementTree.iter",
        ),
        Result(type="list", element_type="xml.etree.ElementTree.Element", taint_from=(RECEIVER,)),
    ),
    Call(("xml.etree.ElementTree.Element.findtext",), Result(type="str", taint_from=(RECEIVER,))),
    Call(
        ("lxml.etree.fromstring", "lxml.etree.XML", "lxml.html.fromstring"),
        Result(type="lxml.etree.Element", taint_from=(FIRST,)),
    ),
    Call(("lxml.etree.parse",), Result(type="lxml.etree.Element", taint_from=(FIRST,))),
    Call(("lxml.etree.Element.getroot",), _LXML_ELEMENT),
    Call(("lxml.etree.Element.find",), Result(type="lxml.etree.Element", taint_from=(RECEIVER,))),
    Call(
        ("lxml.etree.Element.findall", "lxml.etree.Element.iter", "lxml.etree.Element.xpath"),
        Result(type="list", element_type="lxml.etree.Element", taint_from=(RECEIVER,)),
    ),
    # What was found is the document's, not the expression's.
    Call(("elementpath.select", "elementpath.iter_select"), Result(taint_from=(FIRST,))),
    Call(("*.xpath",), Result(taint_from=(RECEIVER,))),
    Call(("ldap.initialize", "ldap.ldapobject.LDAPObject"), Result(type="ldap.LDAPObject", taint_from=())),
    Call(("ldap3.Connection",), Result(type="ldap3.Connection", taint_from=())),
    Call(("ldap3.Server", "ldap3.ServerPool"), Result(taint_from=())),
    Call(("ldap3.Connection.search", *(f"*.{method}" for method in _LDAP_SEARCH)), Result(taint_from=())),
)

_CLEANSERS = (
    Cleanser(
        (
            "ldap3.utils.conv.escape_filter_chars",
            "ldap3.utils.conv.escape_bytes",
            "ldap3.utils.dn.escape_rdn",
            "ldap.filter.escape_filter_chars",
            "ldap.dn.escape_dn_chars",
        ),
        frozenset({Danger.LDAP}),
        type="str",
    ),
    Cleanser(("ldap.filter.filter_format",), frozenset({Danger.LDAP}), Argument(1), type="str"),
)

TABLES = Tables(
    sinks=(*_XML, *_XPATH, *_LDAP),
    calls=_CALLS,
    cleansers=_CLEANSERS,
    attributes=(
        Attribute(("xml.sax.handler.feature_external_ges",), Result(taint_from=(), value=_GES)),
        Attribute(
            ("xml.sax.handler.feature_external_pes",),
            Result(taint_from=(), value="http://xml.org/sax/features/external-parameter-entities"),
        ),
        Attribute(("ldap3.Connection.extend",), Result(type="ldap3.ExtendedOperations", taint_from=())),
        Attribute(
            ("ldap3.ExtendedOperations.standard",), Result(type="ldap3.StandardOperations", taint_from=())
        ),
        Attribute(
            ("ldap3.Connection.entries", "ldap3.Connection.response", "ldap3.Connection.result"),
            Result(taint_from=()),
        ),
    ),
    kinds=(
        Kind("lxml.etree._Element", ("lxml.etree.Element",)),
        Kind("xml.sax.xmlreader.XMLReader", ("xml.sax.Parser",)),
    ),
    aliases=(
        ("xml.etree.cElementTree.fromstring", "xml.etree.ElementTree.fromstring"),
        ("xml.etree.cElementTree.parse", "xml.etree.ElementTree.parse"),
        ("ldap3.core.connection.Connection", "ldap3.Connection"),
    ),
)
