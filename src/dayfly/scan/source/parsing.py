"""Bytes of a Python file as text and tree, or the reason why not."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
import warnings


class NotAnalysableError(Exception):
    """A file that cannot be read as Python here; `line` is 0 where it is not known."""

    def __init__(self, message: str, *, line: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


def decode(data: bytes) -> str:
    """The text of a Python file, by its mark or its coding line (PEP 263); raises NotAnalysableError."""
    if b"\0" in data:
        raise NotAnalysableError("contains NUL bytes: not a text file")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, LookupError) as error:
        raise NotAnalysableError(f"unknown encoding: {error}", line=1) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotAnalysableError(
            f"is not {error.encoding}: byte 0x{data[error.start]:02x} on line {line}",
            line=line,
            hint="save it as UTF-8, or declare its encoding on the first line",
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str, path: str) -> ast.Module:
    """The tree of a module; raises NotAnalysableError for syntax that this interpreter does not know."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes and the like: not our business, and noise
            return ast.parse(text, filename=path, type_comments=False)
    except SyntaxError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise NotAnalysableError(
            f"is not valid Python {version}: {error.msg}",
            line=error.lineno or 0,
            hint="run the scan with the function's Python version",
        ) from error
    except (RecursionError, MemoryError) as error:
        raise NotAnalysableError("is nested too deeply for the parser") from error
    except ValueError as error:
        raise NotAnalysableError(str(error)) from error
