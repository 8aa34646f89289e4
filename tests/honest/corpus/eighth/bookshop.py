"""A bookshop's API on PostgreSQL."""

from tests.honest.corpus.cases import Attack
from tests.honest.corpus.eighth import ARTICLE, PEOPLE, REVIEW, SNIPPET, TICKET, api, http, queue

KEY = "staff-key-7731"


def _list(**query: str) -> dict[str, object]:
    return api("GET", "/books", query=query)


def _search(text: str) -> dict[str, object]:
    return http("GET", "/books/search", query={"q": text})


def _book(number: str) -> dict[str, object]:
    return api("GET", f"/books/{number}", ids={"id": number}, resource="/books/{id}")


def _update(**changes: object) -> dict[str, object]:
    return api("PATCH", "/books/2", changes, ids={"id": "2"})


def _basket(ids: str) -> dict[str, object]:
    return http("GET", "/basket", query={"ids": ids})


def _per(**query: str) -> dict[str, object]:
    return http("GET", "/stats/added", query=query)


def _facets(**query: str) -> dict[str, object]:
    return http("GET", "/facets", query=query)


def _review(name: str, text: str, stars: int = 4, book: int = 2) -> dict[str, object]:
    return http("POST", "/reviews", {"book": book, "name": name, "stars": stars, "text": text})


def _saved(*filters: dict[str, object], name: str = "mine") -> dict[str, object]:
    return api("POST", "/searches", {"name": name, "filters": list(filters)})


LATEST = api("GET", "/books/2/latest", ids={"id": "2"})
NIGHT = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
NEEDS = ("postgres",)
REQUESTS = {
    "list_books": [
        _list(),
        _list(sort="price", dir="desc", limit="2"),
        _list(sort="title", dir="ASC", offset="1", min_price="7.5"),
        _list(sort="added", dir="desc"),
    ],
    "search_books": [_search("Cooking"), _search("雪"), _search("select poems"), _search("tale (2nd ed.)")],
    "get_book": [_book("1"), _book("4"), _book("99999")],
    "create_book": [
        api(
            "POST",
            "/books",
            {"title": "It's \"Only\" Rock 'n' Roll", "author": PEOPLE[0], "price": 9.99, "stock": 3},
        ),
        api(
            "POST",
            "/books",
            {
                "title": "SQL for Beginners: SELECT, UNION & DROP TABLE explained",
                "attributes": {"format": "e-book", "isbn": "978-3-16-148410-0", "tags": ["it's", None]},
            },
        ),
        api("POST", "/books", {"author": "nobody"}),
    ],
    "update_book": [
        _update(title="Cooking for Two -- 2nd edition", price="19.90"),
        _update(stock=0),
        _update(author=PEOPLE[1], title=REVIEW),
    ],
    "full_text": [
        http("GET", "/fts", query={"q": "winter's tale"}),
        http("GET", "/fts", query={"q": '"select poems" or cooking -two'}),
        http("GET", "/fts", query={"q": "how do I DROP a table; -- or 'select' from it?"}),
    ],
    "basket": [_basket("1,2"), _basket("4"), _basket("1, 3, 4"), http("GET", "/basket", query={"x": "1"})],
    "added_per": [_per(per="month"), _per(per="week", since="2024-02-01"), _per(since="2030-12-31")],
    "by_attribute": [_facets(format="paper"), _facets(format="paper", lang="en"), _facets(lang="x' or 'y")],
    "columns": [
        http("GET", "/grid", query={"fields": "title,author,stock"}),
        http("GET", "/grid", query={"fields": ""}),
        http("GET", "/grid", query={"fields": "price,added,attributes"}),
    ],
    "add_review": [
        _review(PEOPLE[2], TICKET),
        _review(PEOPLE[0], SNIPPET, 1),
        _review("Ann", ARTICLE[:3000], 5),
        _review("Tomasz", ""),
    ],
    "latest_reviewer": [LATEST, api("GET", "/books/1/latest", ids={"id": "1"})],
    "save_search": [
        _saved({"field": "price", "op": "<", "value": 20}),
        _saved({"field": "title", "op": "ilike", "value": "%o'%"}, name="Sean's"),
        _saved(
            {"field": "author", "value": "Sean O'Casey"},
            {"field": "stock", "op": ">=", "value": 0},
            name=PEOPLE[3],
        ),
    ],
    "nightly_search": [NIGHT],
    "place_orders": [
        queue({"customer": PEOPLE[0], "book": 1, "quantity": 2, "note": "ring twice; it's the 2nd door"}),
        queue({"customer": PEOPLE[4], "book": 3}, "{broken", {"customer": "Bo"}),
        queue({"customer": None, "book": 2, "quantity": 1, "note": TICKET}),
    ],
    "import_csv": [
        http("POST", "/import", "title;author;price\nO'Hara's Choice;Maureen O'Hara;12.50\n\"A; B; C\";;3\n"),
        http("POST", "/import", "title;author\nUnion; Select;x\nÜber allen Gipfeln;Goethe\n"),
        http("POST", "/import", "title;price\n"),
    ],
}
# What comes all day.
ORDINARY = {
    "list_books": [
        _list(sort="title", limit="50", offset="0"),
        _list(min_price="10", sort="price"),
        _list(limit="1", offset="3"),
    ],
    "search_books": [_search("two"), _search("Shakespeare 1623 folio, used"), _search("C# 12 & .NET")],
    "get_book": [_book("2"), _book("3")],
    "create_book": [
        api(
            "POST",
            "/books",
            {"title": "The Old Man and the Sea", "author": "Ernest Hemingway", "price": 8.99, "stock": 14},
        ),
        api(
            "POST",
            "/books",
            {
                "title": "Le Petit Prince",
                "author": "Antoine de Saint-Exupéry",
                "price": 6.5,
                "attributes": {"lang": "fr", "pages": 96},
            },
        ),
    ],
    "update_book": [_update(price=21.5), _update(stock=7, price="22.00")],
    "full_text": [
        http("GET", "/fts", query={"q": "cooking"}),
        http("GET", "/fts", query={"q": "poems -winter"}),
    ],
    "basket": [_basket("2,2,3"), _basket("1,2,3,4")],
    "added_per": [
        _per(per="day", since="2024-01-01"),
        _per(per="year"),
        _per(per="quarter", since="2024-02-14"),
    ],
    "by_attribute": [_facets(format="hard"), _facets(lang="en", format="paper")],
    "add_review": [
        _review("Maria Rossi", "Lovely gift for my mother.", 5),
        _review("J. Smith", "Arrived late, but OK.", 3, 1),
    ],
    "place_orders": [
        queue({"customer": "Maria Rossi", "book": 2, "quantity": 1, "note": "gift wrap, please"}),
        queue(
            {"customer": "J. Smith", "book": 4, "quantity": 3},
            {"customer": "A. Jones", "book": 1, "note": ""},
        ),
    ],
    "import_csv": [
        http("POST", "/import", "title;author;price\nUlysses;James Joyce;14.00\nDubliners;James Joyce;9.50\n")
    ],
}
for _handler, _events in ORDINARY.items():
    REQUESTS[_handler] += _events
ATTACKS = [
    Attack("SQL, order by", "list_books", _list(sort="(SELECT api_key::int FROM staff)"), KEY),
    Attack(
        "SQL, order by",
        "list_books",
        _list(sort="1, cast((select s::text from staff s limit 1) as int)", dir="desc"),
        KEY,
    ),
    Attack(
        "SQL, order by",
        "list_books",
        _list(dir=", ('0' || chr(32) || (SELECT api_key FROM bookshop.staff))::bigint"),
        KEY,
    ),
    Attack("SQL, union", "search_books", _search("zzz' UNION SELECT id, login, api_key FROM staff -- "), KEY),
    Attack(
        "SQL, union",
        "search_books",
        _search("zzz'/**/uNiOn/**/aLL/**/sELEct/**/1,api_key,$$a$$/**/fRom/**/staff/**/--"),
        KEY,
    ),
    Attack(
        "SQL, error",
        "search_books",
        _search("' and 1=cast((select string_agg(api_key, ',') from staff) as int) and '%'='"),
        KEY,
    ),
    Attack(
        "SQL, stacked",
        "search_books",
        _search("'; DO $$BEGIN RAISE EXCEPTION '%', (SELECT api_key FROM bookshop.staff); END$$; --"),
        KEY,
    ),
    Attack(
        "SQL, union",
        "search_books",
        _search("zzz'\tunion\nselect\r1,U&'\\0061',query_to_xml('table staff',true,true,'')::text --"),
        KEY,
    ),
    Attack("SQL, number", "get_book", _book("0 union select 1, api_key, login, 2 from staff"), KEY),
    Attack("SQL, number", "get_book", _book("(select api_key from staff)::int"), KEY),
    Attack(
        "SQL, number",
        "get_book",
        _book(
            "0/**/or/**/id=(case/**/when/**/(select/**/api_key/**/from/**/staff)is/**/null/**/then/**/1/**/else/**/4/**/end)"
        ),
        '\\"id\\": 4',
    ),
    Attack(
        "SQL, column",
        "update_book",
        _update(**{"title = (SELECT api_key FROM staff LIMIT 1), stock": 1}),
        KEY,
    ),
    Attack(
        "SQL, column", "update_book", _update(**{'"author"=(select api_key from staff)::text,price': 1}), KEY
    ),
    Attack(
        "SQL, list",
        "basket",
        _basket("0) union select id, api_key, 1 from staff where id in (1"),
        KEY,
    ),
    Attack("SQL, list", "basket", _basket("(select api_key::int from staff)"), KEY),
    Attack(
        "SQL, function",
        "added_per",
        _per(per="'||(select api_key from staff)||'"),
        KEY,
    ),
    Attack(
        "SQL, union",
        "added_per",
        _per(since="9999-01-01' GROUP BY 1 UNION SELECT current_date, api_key::int FROM staff --"),
        KEY,
    ),
    Attack(
        "SQL, key",
        "by_attribute",
        _facets(**{"x' = '' or (select api_key from staff)::int = 1 or attributes->>'y": "1"}),
        KEY,
    ),
    Attack(
        "SQL, second order",
        "latest_reviewer",
        LATEST,
        KEY,
        before=[("add_review", _review("x' UNION SELECT 1, 2, api_key FROM staff -- ", "nice"))],
    ),
    Attack(
        "SQL, second order",
        "latest_reviewer",
        LATEST,
        KEY,
        before=[
            (
                "add_review",
                _review("'||''||'x' union select 0,0,(select(api_key)from\"staff\"limit(1))offset'0", "ok"),
            )
        ],
    ),
    Attack(
        "SQL, second order",
        "nightly_search",
        NIGHT,
        KEY,
        before=[
            (
                "save_search",
                _saved({"field": "1=0 UNION SELECT api_key FROM staff ORDER BY 1 --", "value": 1}),
            )
        ],
    ),
    Attack(
        "SQL, second order",
        "nightly_search",
        NIGHT,
        KEY,
        before=[
            (
                "save_search",
                _saved(
                    {
                        "field": "title",
                        "op": "= '' union (select login || ':' || api_key from staff) order by 1 --",
                        "value": "",
                    }
                ),
            )
        ],
    ),
    Attack(
        "SQL, number",
        "place_orders",
        queue(
            {
                "customer": "x",
                "book": "1, 1, (SELECT api_key FROM staff)) RETURNING customer, quantity, note --",
            }
        ),
        KEY,
    ),
    Attack(
        "SQL, number",
        "place_orders",
        queue({"customer": "x", "book": 1, "quantity": "2, (select max(api_key) from staff)),('y',1,3"}),
        KEY,
    ),
]
