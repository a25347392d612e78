"""Calls that take long: what they tell, and how Ctrl-C ends them."""

from __future__ import annotations

import _thread
import ctypes
import logging
import os
import sys
import threading
import time
import warnings
from typing import Any, Callable, List, NamedTuple, Optional, Tuple, Union

from . import _abi
from ._errors import ArgumentTypeError, DreamSimWarning, MissingError

log = logging.getLogger("dreamsim_native")


class Progress(NamedTuple):
    """How far work that takes long is."""

    text: str
    """What is done."""
    done: int
    """How much of it is done; its unit is that of the work: bytes, images, pairs."""
    total: int
    """How much there is in all; 0 while it is not known."""


ProgressOption = Union[None, bool, Callable[[Progress], object]]
"""None: a bar of tqdm where tqdm is installed and standard error is a terminal. True: always a bar. False: nothing.
A function: is called with a `Progress`, perhaps from another thread; what it raises ends the work."""


# Work that is done within these seconds gets no bar.
_SOON = 0.5


class _Bar:
    """A bar of tqdm, one for each kind of step that the work tells of."""

    def __init__(self, tqdm: Any, always: bool) -> None:
        self._tqdm, self._always, self._text = tqdm, always, ""
        self._bar: Any = None
        self._began = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        if not self._always and time.monotonic() - self._began < _SOON:
            return
        if self._bar is None or progress.text != self._text or progress.done < self._bar.n:
            self.close()
            self._bar = self._tqdm(
                total=progress.total or None,
                desc=progress.text,
                unit_scale=True,
                leave=False,
                disable=False if self._always else None,
            )
            self._text = progress.text
        if self._bar.disable:
            return
        if progress.total and self._bar.total != progress.total:
            self._bar.total = progress.total
        self._bar.update(progress.done - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _teller(progress: ProgressOption) -> Optional[Callable[[Progress], object]]:
    if callable(progress):
        return progress
    if progress is False:
        return None
    if progress is not None and progress is not True:
        raise ArgumentTypeError(f"progress {progress!r}: it is None, True, False or a function")
    try:
        from tqdm.auto import tqdm
    except ImportError:
        if progress:
            raise MissingError("progress=True: tqdm is not installed; 'pip install tqdm', or give a function") from None
        return None
    return _Bar(tqdm, progress is True)


class _Work:
    """One call under way."""

    def __init__(self, progress: ProgressOption) -> None:
        self.tell = _teller(progress)
        self.is_cancelled = False
        self.error: Optional[BaseException] = None
        self.warnings: List[str] = []
        # Both have to live as long as the call.
        self.callback = _abi.LISTEN(self._listen)
        self.listener = _abi.Listener(self.callback, None)

    def _listen(self, _context: Any, pointer: Any) -> int:
        # An exception must not leave this function: nobody above it could take it.
        try:
            if self.is_cancelled:
                return 1
            event = pointer.contents
            text = (event.text or b"").decode("utf-8", "replace")
            if event.kind == _abi.PROGRESS:
                if self.tell is not None:
                    self.tell(Progress(text, event.done, event.total))
            elif event.kind == _abi.STAND_IN:
                self.warnings.append(text)
            else:
                # Images that were left out; weights that are not the published ones; a cache that is not kept.
                log.warning("%s", text)
            return 0
        except BaseException as error:
            self.error = error
            return 1


def call(name: str, before: Tuple[Any, ...], after: Tuple[Any, ...], progress: ProgressOption = None) -> None:
    """Calls a function that takes a listener between other arguments.

    Ctrl-C ends it: Python's handlers of signals run in the main thread, which therefore waits while another computes.
    Arguments hold what they point to, because an exception at an unlucky moment ends the waiting alone.
    """
    function = _abi.function(name)
    work = _Work(progress)
    error = _abi.Error()

    def run() -> int:
        code: int = function(*before, ctypes.byref(work.listener), *after, ctypes.byref(error))
        return code

    try:
        code = _in_another_thread(run, work) if threading.current_thread() is threading.main_thread() else run()
    finally:
        if isinstance(work.tell, _Bar):
            work.tell.close()
    if code:
        fault = _abi.taken(error)
        raise fault if work.error is None else work.error
    for text in work.warnings:
        warnings.warn(text, DreamSimWarning, stacklevel=outside())
    if work.error is not None:
        raise work.error


def _in_another_thread(run: Callable[[], int], work: _Work) -> int:
    is_running = _thread.allocate_lock()
    is_running.acquire()
    outcome: List[Union[int, BaseException]] = []

    def target() -> None:
        try:
            outcome.append(run())
        except BaseException as error:
            outcome.append(error)
        finally:
            is_running.release()

    # threading.Thread would cost several times as much.
    _thread.start_new_thread(target, ())
    while not outcome:
        try:
            is_running.acquire()
        except BaseException as error:  # KeyboardInterrupt, or what another handler of signals raises
            work.is_cancelled, work.error = True, error
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    return outcome[0]


def outside() -> int:
    """The level of the caller that is not of this package, for warnings."""
    folder, level, frame = os.path.dirname(__file__), 1, sys._getframe(1)
    while frame.f_back is not None and os.path.dirname(frame.f_code.co_filename) == folder:
        frame, level = frame.f_back, level + 1
    return level
