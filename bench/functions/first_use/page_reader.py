"""Facts read from a page by Beautiful Soup and lxml, and dates by dateutil."""

from bs4 import BeautifulSoup
from dateutil import parser

PAGE = (
    "<html><body>"
    + "".join(
        f'<article class="job"><h2>Job {n}</h2><time>12 May 2026 0{n}:30 CET</time><a href="/jobs/{n}">more</a></article>'
        for n in range(9)
    )
    + "</body></html>"
)


def handler(event, context):
    soup = BeautifulSoup(event.get("body") or PAGE, "lxml")
    jobs = [
        {
            "title": job.h2.get_text(strip=True),
            "at": parser.parse(job.time.text, ignoretz=True).isoformat(),
            "link": job.select_one("a[href^='/jobs']")["href"],
        }
        for job in soup.select("article.job")
    ]
    return {"n": event["n"], "jobs": jobs}
