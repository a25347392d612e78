"""Two-alternative judgments, scored as `evaluate` scores them, from sums that any engine can add up."""

from __future__ import annotations

import math
from typing import Any, Dict, Optional

from ._errors import ArgumentError

_Z = 1.959963984540054


def right_share(vote: Any) -> float:
    """The share of people who chose the right image, of a vote: ``"left"``, ``"right"``, or a number 0 ... 1.

    Raises:
        ArgumentError: It is none of these.
    """
    share = {"left": 0.0, "right": 1.0}.get(vote.strip().lower()) if isinstance(vote, str) else None
    if share is None:
        try:
            share = float(vote)
        except (TypeError, ValueError):
            share = math.nan
    if not 0 <= share <= 1:
        raise ArgumentError(
            f"vote {vote!r}: it is 'left', 'right', or the share of people for the right image, 0 ... 1"
        )
    return share


def score(left: float, right: float, share: float) -> float:
    """The share of people that agree with a metric, half of them where both images are as far from the reference."""
    return 0.5 if left == right else 1 - share if left < right else share


def estimate(count: int, weight: float, weighted_score: float, square_weight: float) -> Dict[str, Any]:
    """The agreement with its interval, as ``report["metrics"][0]["score"]`` of `evaluate` has them.

    Args:
        count: How many judgments have a score.
        weight, weighted_score, square_weight: The sums of their weights, of weights times scores, and of squared weights.

    Returns:
        ``value``, the weighted mean of the scores; ``interval``, ``low`` to ``high``, Wilson's (1927) at 95 % for as
        many judgments as equal weights would have; ``count``. None for the first two where there is no judgment.
    """
    interval: Optional[Dict[str, float]] = None
    if not count or not weight > 0:
        return {"value": None, "interval": interval, "count": count}
    share, n = weighted_score / weight, weight * weight / square_weight
    center = (share + _Z * _Z / (2 * n)) / (1 + _Z * _Z / n)
    half = _Z / (1 + _Z * _Z / n) * math.sqrt(max(0.0, share * (1 - share) / n + _Z * _Z / (4 * n * n)))
    interval = {"low": max(0.0, center - half), "high": min(1.0, center + half)}
    return {"value": share, "interval": interval, "count": count}
