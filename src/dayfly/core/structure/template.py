"""Judges the source of a template: it is a program, and the event may not write any of it."""

from __future__ import annotations

from dayfly.core.structure.judgement import Judgement, Taint, judged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dayfly.core.structure.judgement import Provenance
    from dayfly.core.structure.trusted_literals import OwnText


def judge_template(source: str, provenance: Provenance, own: OwnText) -> Judgement:
    """Say whether a template engine may compile this.

    Needed beside judge_python: jinja2 computes {{ ''.__class__.__mro__ }} while it compiles, and nothing of
    the event's is left in the Python source it makes.
    """
    return judged("template", source, provenance, own, _judge)


def _judge(source: str, taint: Taint, own: OwnText) -> Judgement:
    if own.is_constant(source) or own.is_constant(source.strip()):
        return Judgement("allow", "template.own", "the function's own template")
    free = bytearray(character.isspace() for character in source)
    explained = own.explain(source, free, taint.mask)
    for start, end in taint.runs():
        if explained.accounted.find(0, start, end) >= 0:
            return Judgement(
                "refuse", "template.source", "the event supplies template text", taint.path_at(start)
            )
    if explained.unexplained >= 0:
        return Judgement(
            "unknown", "template.unexplained", "the text comes from neither the event nor the function"
        )
    return Judgement("allow", "template.own", "the function's own template")
