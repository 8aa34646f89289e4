"""What a user edits between attach and detach stays, and nothing else does."""

from __future__ import annotations

import contextlib
import difflib

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from tests.attach.templates.samples import OPTIONS, PATHS, sample, text_of

from dayfly.attach.templates.model import Options, TemplateError
from dayfly.attach.templates.reading import parse


def _unmoved(before: list[str], after: list[str]) -> list[tuple[int, int]]:
    """Lines that attach left alone, by their number in both texts; those that are there once, or it is anybody's guess."""
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return [
        (block.a + one, block.b + one)
        for block in blocks
        for one in range(block.size)
        if after.count(after[block.b + one]) == 1
    ]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_comments_blank_lines_and_white_space_put_between_lines_stay(data: st.DataObject) -> None:
    # In JSON a closing brace of the original may look like one of ours; the examples below have it.
    path = data.draw(st.sampled_from([path for path in PATHS if text_of(path)[0] != "{"]))
    attached = parse(text_of(path), path.name).attach(OPTIONS).text
    old, new = text_of(path).split("\n"), attached.split("\n")
    places = data.draw(st.lists(st.sampled_from(_unmoved(old, new)), max_size=6, unique=True))
    words = ["\n", "  \n", "# note: {a: [b\n", "      # dayfly\n"]
    for there, here in sorted(places, reverse=True):
        word = data.draw(st.sampled_from(words))
        # Behind a comma of a flow over several lines it is white space within what attach put in.
        is_tail = data.draw(st.booleans()) and "dayfly" not in new[here] and new[here][-1:] != ","
        for lines, number in ((old, there), (new, here)):
            lines[number] = lines[number] + "   " if is_tail else word + lines[number]
    wanted = "\n".join(old)
    try:
        parse(wanted, path.name)
        detached = parse("\n".join(new), path.name).detach()
    except TemplateError:
        reject()
    assert detached.text == wanted
    assert {gap.reason for gap in detached.gaps} <= {"has Dayfly, but this command did not add it"}


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_edit_of_lines_makes_detach_or_attach_fail_without_words(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(PATHS))
    lines = parse(text_of(path), path.name).attach(OPTIONS).text.split("\n")
    for _ in range(data.draw(st.integers(1, 4))):
        number = data.draw(st.integers(0, len(lines) - 1))
        kind = data.draw(st.sampled_from(["remove", "repeat", "swap", "cut", "indent"]))
        other = data.draw(st.integers(0, len(lines) - 1))
        if kind == "remove" and len(lines) > 1:
            del lines[number]
        elif kind == "repeat":
            lines.insert(other, lines[number])
        elif kind == "swap":
            lines[number], lines[other] = lines[other], lines[number]
        elif kind == "cut":
            lines[number] = lines[number][: len(lines[number]) // 2]
        else:
            lines[number] = "  " + lines[number]
    with contextlib.suppress(TemplateError):
        template = parse("\n".join(lines), path.name)
        template.functions()
        parse(template.detach().text, path.name)
        template.attach(Options())


def edited(name: str, old: str, new: str) -> str:
    """A sample's text after attach, with one edit."""
    text = sample(name).attach(OPTIONS).text
    assert old in text
    return text.replace(old, new, 1)


def test_a_setting_that_was_changed_stays_and_is_told() -> None:
    detached = parse(edited("01", "DAYFLY_GUARD: observe", "DAYFLY_GUARD: block"), "x.yaml").detach()
    assert "DAYFLY_GUARD: block" in detached.text
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in detached.text
    assert [gap.reason for gap in detached.gaps] == ["DAYFLY_GUARD was changed after attaching: it stays"]


def test_a_wrapper_that_was_changed_keeps_the_whole_function_as_it_is() -> None:
    text = edited("14", "AWS_LAMBDA_EXEC_WRAPPER: /opt/dayfly", "AWS_LAMBDA_EXEC_WRAPPER: /opt/other")
    detached = parse(text, "x.yaml").detach()
    assert detached.text == text
    assert "AWS_LAMBDA_EXEC_WRAPPER was changed" in detached.gaps[0].reason


def test_a_layer_added_behind_ours_stays_with_its_key() -> None:
    line = "        - !Ref DayflyLayer\n"
    mine = "        - arn:aws:lambda:eu-west-1:123456789012:layer:mine:1  # new\n"
    detached = parse(edited("01", line, line + mine), "x.yaml").detach().text
    wanted = sample("01").text.replace(
        "      Runtime: python3.12\n", "      Runtime: python3.12\n      Layers:\n" + mine
    )
    assert detached == wanted


def test_a_variable_added_beside_ours_stays_with_its_keys() -> None:
    line = "          DAYFLY_GUARD: observe\n"
    detached = parse(edited("01", line, line + "          MINE: 1\n"), "x.yaml").detach().text
    mine = "      Environment:\n        Variables:\n          MINE: 1\n"
    wanted = sample("01").text.replace("      Runtime: python3.12\n", "      Runtime: python3.12\n" + mine)
    assert detached == wanted


def test_a_comment_behind_one_of_our_lines_stays() -> None:
    text = edited("01", "DAYFLY_GUARD: observe", "DAYFLY_GUARD: observe  # until May")
    assert "          # until May\n" in parse(text, "x.yaml").detach().text


def test_a_comment_put_between_a_comma_of_ours_and_what_it_separates_is_not_lost() -> None:
    text = edited("40", 'layer:two:3",\n', 'layer:two:3",  # mine\n')
    detached = parse(text, "x.yaml").detach()
    assert detached.text == text
    assert detached.gaps[0].reason == "has a comment on the same line"


def test_what_becomes_empty_by_others_goes_rather_than_stay_null() -> None:
    text = edited("03", "          MODE: batch\n", "")
    detached = parse(text, "x.yaml").detach().text
    assert "Environment" not in detached
    assert "layer:deps:7" in detached


def test_the_layer_stays_while_somebody_uses_it() -> None:
    text = edited("01", "Outputs:\n", "Outputs:\n  Layer:\n    Value: !Ref DayflyLayer\n")
    detached = parse(text, "x.yaml").detach()
    assert "  DayflyLayer:\n" in detached.text
    assert detached.gaps[0].reason == "is still used in line 46: it stays"
    assert "AWS_LAMBDA_EXEC_WRAPPER" not in detached.text


def test_a_layer_that_was_changed_stays_and_is_told() -> None:
    detached = parse(edited("01", "RetentionPolicy: Delete", "RetentionPolicy: Retain"), "x.yaml").detach()
    assert "RetentionPolicy: Retain" in detached.text
    assert "was changed after attach added it" in detached.gaps[0].reason


def test_a_renamed_function_is_detached() -> None:
    text = sample("03").attach(OPTIONS).text.replace("  Worker:", "  Renamed:")
    assert parse(text, "x.yaml").detach().text == sample("03").text.replace("  Worker:", "  Renamed:")


def test_white_space_and_keys_added_to_json_stay() -> None:
    original = sample("11").text
    attached = parse(sample("11").attach(OPTIONS).text, "x.json").text
    for old, new in (
        ('"CodeUri": "one"', '"CodeUri":   "one"'),
        ('"Resources": {', '"Resources": {\n\n'),
        ('"REGION": {', '"MORE": "1", "REGION": {'),
    ):
        assert old in attached
        original, attached = original.replace(old, new, 1), attached.replace(old, new, 1)
    assert parse(attached, "x.json").detach().text == original


def test_a_copied_function_is_detached_as_well() -> None:
    text = sample("04").attach(OPTIONS).text
    start, end = text.index("    Importer:"), text.index("    Queue:\n        Type")
    copy = text[start:end].replace("Importer:", "Copy:", 1)
    detached = parse(text[:end] + copy + text[end:], "x.yaml").detach().text
    assert "dayfly" not in detached.lower()


def test_a_value_put_back_by_hand_is_not_replaced() -> None:
    text = edited("35", "DAYFLY_GUARD: observe   # ours", "DAYFLY_GUARD: 'off'   # ours")
    assert "DAYFLY_GUARD: 'off'   # ours" in parse(text, "x.yaml").detach().text


@pytest.mark.parametrize(
    "note", ['{"made": 3}', "{nothing}", '{"made": [1]}', '{"other": "x"}', '{"was": {"A": 1}}']
)
def test_a_note_that_was_edited_is_refused_with_its_line(note: str) -> None:
    text = sample("01").attach(OPTIONS).text
    lines = [
        f"    # dayfly-attach {note}" if 'dayfly-attach {"made' in line else line for line in text.split("\n")
    ]
    with pytest.raises(TemplateError, match=r"x\.yaml:\d+ the note of `dayfly attach`"):
        parse("\n".join(lines), "x.yaml")


def test_notes_that_contradict_each_other_are_refused_and_nothing_is_half_done() -> None:
    shared = sample("21").text.replace("          TABLE: orders\n", "          DAYFLY_GUARD: 'off'\n")
    text = parse(shared, "x.yaml").attach(OPTIONS).text
    first = text.index("\"'off'\"")
    with pytest.raises(TemplateError, match=r"x\.yaml:\d+ would be changed in two different ways"):
        parse(text[:first] + text[first:].replace("\"'off'\"", '"block"', 1), "x.yaml").detach()


def test_without_its_note_a_function_counts_as_attached_by_hand() -> None:
    text = "\n".join(
        line for line in sample("03").attach(OPTIONS).text.split("\n") if "dayfly-attach" not in line
    )
    detached = parse(text, "x.yaml").detach()
    assert detached.text == text
    assert detached.gaps[0].reason == "has Dayfly, but this command did not add it"


def test_a_layer_taken_out_by_hand_is_put_back_by_attach() -> None:
    text = edited("03", "      - !Ref DayflyLayer\n", "")
    template = parse(text, "x.yaml")
    gap = template.functions()[0].gap
    assert gap is not None
    assert gap.reason == "its layer was removed"
    assert template.attach(OPTIONS).text == sample("03").attach(OPTIONS).text
