"""Options and answers of the C interface, which are JSON."""

from __future__ import annotations

import json
import os
from typing import Any, Dict

from ._errors import ArgumentTypeError

# Where JSON has a text for a number that it cannot write.
_NUMBERS = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}
_NUMERIC = {"identical", "lowest", "highest", "near", "scene", "diameter", "distance", "score", "values", "pairs"}


def encoded(**options: Any) -> bytes:
    """Options as JSON, without those that are None."""
    given: Dict[str, Any] = {}
    for name, value in options.items():
        if value is None:
            continue
        try:
            if isinstance(value, os.PathLike):
                value = os.fspath(value)
            elif not isinstance(value, (str, bool, int, float)):
                value = [os.fspath(one) for one in value]
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ArgumentTypeError(f"option {name}: {value!r} is no value for it ({error})") from None
        given[name] = value
    # The same options are the same text, by which loaded models are found again.
    return json.dumps(given, sort_keys=True).encode()


def text(value: Any, subject: str) -> bytes:
    """A text as C takes it."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise ArgumentTypeError(f"{subject}: it is a text, not {type(value).__name__}")
    if "\0" in value:
        raise ArgumentTypeError(f"{subject} {value!r}: it holds a zero byte")
    return os.fsencode(value)


def decoded(answer: str) -> Any:
    """An answer, with numbers where JSON has none."""
    return _with_numbers(json.loads(answer))


def _with_numbers(value: Any, is_number: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _with_numbers(item, is_number or key in _NUMERIC) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item, is_number) for item in value]
    return _NUMBERS.get(value, value) if is_number and isinstance(value, str) else value
