"""Options and answers of the C interface, which are JSON."""

from __future__ import annotations

import json
import math
import os
import re
from typing import Any, Dict, Optional

from ._errors import ArgumentError, ArgumentTypeError

# Where JSON has a text for a number that it cannot write.
_NUMBERS = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}
_NUMERIC = {"identical", "lowest", "highest", "near", "scene", "diameter", "distance", "score", "values", "pairs"}


# Bytes of paths that are not UTF-8: in Python's texts lone surrogates, in the answers of the library and its options
# characters of the private use area.
_ESCAPES = {0xDC00 + byte: 0xF700 + byte for byte in range(0x80, 0x100)}
_SURROGATES = {private: surrogate for surrogate, private in _ESCAPES.items()}

# Options that are lists, of which one alone is meant where a text is given. None of them means all, so that an empty list
# would be taken for its contrary.
_LISTS = {"include", "exclude", "folders", "prefer", "keep", "scores"}
_PATHS = {"home", "weights", "adapter", "head", "cache", "images"}


def encoded(**options: Any) -> bytes:
    """Options as JSON, without those that are None."""
    given: Dict[str, Any] = {}
    for name, value in options.items():
        if value is None:
            continue
        called = snake_case(name)
        try:
            value = _plain(value)
        except (TypeError, ValueError):
            raise ArgumentTypeError(f"option {called}: {value!r} is no value for it") from None
        if name in _LISTS and isinstance(value, str):
            value = [value]
        if value == [] or (value == "" and name in _PATHS):
            raise ArgumentError(f"option {called}: it is empty; leave it out for the default")
        given[name] = value
    # The same options are the same text, by which loaded models are found again.
    return json.dumps(given, sort_keys=True).encode()


def _plain(value: Any) -> Any:
    """A value as JSON has it.

    Raises:
        TypeError, ValueError: JSON has none for it.
    """
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, str):
        return _escaped(value)
    if isinstance(value, (bool, int)):
        return value
    if hasattr(value, "__index__"):
        return value.__index__()
    if hasattr(value, "__float__"):
        number = float(value)
        if not math.isfinite(number):
            raise ValueError(number)
        return number
    return [_escaped(os.fspath(one)) for one in value]


def snake_case(name: str) -> str:
    """The name of an option, which C has in camelCase."""
    return re.sub(r"[A-Z]", lambda letter: "_" + letter.group().lower(), name)


def _escaped(value: str) -> str:
    escaped = value.translate(_ESCAPES)
    escaped.encode()  # raises of other lone surrogates, which are no bytes of a path
    return escaped


def flag(value: Any, name: str) -> Optional[bool]:
    """True where an option is wanted that is off by default, and None where it is not.

    Raises:
        ArgumentTypeError: It is neither True nor False.
    """
    if not isinstance(value, bool):
        raise ArgumentTypeError(f"{name} {value!r}: it is True or False")
    return value or None


def text(value: Any, subject: str) -> bytes:
    """A text as C takes it."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise ArgumentTypeError(f"{subject}: it is a text, not {type(value).__name__}")
    if "\0" in value:
        raise ArgumentTypeError(f"{subject} {value!r}: it holds a zero byte")
    return fsencoded(value)


def fsencoded(value: Any) -> bytes:
    """A path as the system has it.

    Raises:
        ArgumentError: It holds surrogates that stand for no byte.
    """
    try:
        return os.fsencode(value)
    except UnicodeEncodeError:
        raise ArgumentError(f"{value!r}: it holds a lone surrogate, which is no character; write the character") from None


def decoded(answer: str) -> Any:
    """An answer, with numbers where JSON has none."""
    # Through bytes, because characters of that area in a path are escaped as well, byte by byte.
    exact = answer.translate(_SURROGATES).encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return _with_numbers(json.loads(exact))


def _with_numbers(value: Any, is_number: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _with_numbers(item, is_number or key in _NUMERIC) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item, is_number) for item in value]
    return _NUMBERS.get(value, value) if is_number and isinstance(value, str) else value
