"""Ours and a peer in turn, so that whatever else the machine does falls on both: for the scripts that time one metric at a time."""
import argparse
import os
import statistics


def arguments(description, sizes, metrics):
    """The parser of what such scripts have in common."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command")
    parser.add_argument("--sizes", type=int, nargs="+", default=sizes)
    parser.add_argument("--metrics", nargs="+", default=metrics)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    # They would make OpenBLAS, which both may use, other than it is for everybody else.
    for name in ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"]:
        os.environ.pop(name, None)
    return parser


def in_turn(runs, ours, theirs):
    """The medians of both, in seconds, and the median of their ratios, theirs to ours."""
    pairs = [(ours(), theirs()) for _ in range(runs)]
    mine, other = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    return mine, other, statistics.median(b / a for a, b in pairs)
