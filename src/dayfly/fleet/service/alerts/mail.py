"""Alerts by mail."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING

from dayfly.fleet.formats.ocsf import SEVERITY_WORDS
from dayfly.fleet.service.alerts.alert import Alert, ChannelError, lines_of, plain

if TYPE_CHECKING:
    from dayfly.fleet.service.settings import Email

_SECONDS = 15.0
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class MailCarrier:
    """Sends a mail for each alert."""

    most = 10

    def __init__(self, settings: Email, *, context: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._context = context

    def send(self, alerts: Sequence[Alert]) -> dict[str, str]:
        """Send a mail for each; those after one that was refused are tried all the same."""
        refused: dict[str, str] = {}
        settings = self._settings
        port = settings.port or _PORTS[settings.tls]
        context = self._context or ssl.create_default_context()
        try:
            with (
                smtplib.SMTP_SSL(settings.host, port, timeout=_SECONDS, context=context)
                if settings.tls == "tls"
                else smtplib.SMTP(settings.host, port, timeout=_SECONDS)
            ) as server:
                if settings.tls == "starttls":
                    # Raises where the server offers none: what is read on the way can also take the offer out.
                    server.starttls(context=context)
                if settings.user:
                    server.login(settings.user, settings.password)
                for alert in alerts:
                    try:
                        server.send_message(make_mail(alert, settings.sender, settings.to))
                    except smtplib.SMTPResponseException as error:
                        refused[alert.uid] = f"rejected with code {error.smtp_code}"
                    except smtplib.SMTPRecipientsRefused:
                        refused[alert.uid] = "all recipients rejected"
        except (OSError, smtplib.SMTPException) as error:
            code = getattr(error, "smtp_code", "")
            raise ChannelError(
                f"cannot send email: {type(error).__name__}{f' {code}' if code else ''}"
            ) from None
        return refused


def make_mail(alert: Alert, sender: str, to: Sequence[str]) -> EmailMessage:
    """An alert as an email."""
    mail = EmailMessage()
    word = SEVERITY_WORDS.get(alert.severity, "")
    mail["Subject"] = plain(
        f"[Dayfly] {word}: {alert.row['title']}{' (severity increased)' if alert.is_update else ''}", 180
    )
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain="dayfly.invalid")
    # All emails about one detection form one thread; auto-responders ignore them.
    mail["References"] = f"<{alert.uid}@dayfly.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    facts = "\n".join(f"{name}: {value}" for name, value in lines_of(alert))
    mail.set_content(f"{plain(alert.row['story'], 4000)}\n\n{facts}\n\n{alert.link}\n")
    return mail
