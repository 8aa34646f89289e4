"""Dates as customers write them, in their zones."""

import calendar
import datetime
import locale
import time
import zoneinfo

import arrow
import pytz
from dateutil import parser, relativedelta, rrule, tz


def handler(event, context):
    when = parser.parse(event["when"])
    zone = zoneinfo.ZoneInfo(event["zone"])
    there = arrow.get(event["iso"]).to(event["zone"])
    local = pytz.timezone(event["zone"]).localize(datetime.datetime(2026, 7, 1, 12))
    rule = rrule.rrulestr("FREQ=WEEKLY;COUNT=3;BYDAY=MO", dtstart=datetime.datetime(2026, 11, 25))
    return {
        "when": when.isoformat(),
        "zone": datetime.datetime(2026, 7, 1, tzinfo=zone).isoformat(),
        "there": there.format("YYYY-MM-DD HH:mm ZZ"),
        "human": there.shift(days=-1).humanize(there, locale="de"),
        "local": local.isoformat(),
        "gettz": str(tz.gettz(event["zone"]).utcoffset(datetime.datetime(2026, 1, 1))),
        "next": [one.date().isoformat() for one in rule],
        "later": (when + relativedelta.relativedelta(months=+1)).date().isoformat(),
        "strptime": time.strftime("%d.%m.%Y", time.strptime(event["day"], "%Y-%m-%d")),
        "own": datetime.datetime.strptime(event["day"], event["format"]).date().isoformat(),
        "month": calendar.month_name[when.month],
        "locale": locale.format_string("%d %s", (3, event["text"])),
        "formatted": f"{when:%A} {event['text']}",
    }
