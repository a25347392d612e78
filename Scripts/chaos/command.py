"""A run of the program below faults.c: started, stopped at a step, disturbed, and waited for."""
import os
import signal
import subprocess
import time

from control import Control

LONGEST = 60  # seconds that a command may take before it counts as hanging


class Command:
    def __init__(self, lab, arguments, environment=None):
        self.lab, self.arguments = lab, [str(argument) for argument in arguments]
        lab.commands += 1
        lab.running.append(self)
        # Two may run at once.
        name = f"command-{lab.commands % 8}"
        self.control = Control(lab.folder / f"{name}.control")
        self.out, self.err = lab.folder / f"{name}.stdout", lab.folder / f"{name}.stderr"
        self.environment = {
            **os.environ, "DREAMSIM_HOME": str(lab.home), "LD_PRELOAD": str(lab.library), "CHAOS_ROOT": str(lab.round),
            "CHAOS_CONTROL": str(self.control.path), "DREAMSIM_THREADS": "2", "NO_PROXY": "127.0.0.1",
            "SWIFT_BACKTRACE": "enable=no", **(environment or {}),
        }
        self.code, self.was_stopped, self.hangs = None, False, False

    def start(self):
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [self.lab.program, *self.arguments], stdout=out, stderr=err, stdin=subprocess.DEVNULL, cwd=self.lab.round,
                env=self.environment)
        return self

    def poll(self, act=None):
        """Whether it has ended. A command that stopped itself is disturbed by `act` and continues."""
        if self.code is not None:
            return True
        pid, status = os.waitpid(self.process.pid, os.WNOHANG | os.WUNTRACED)
        if not pid:
            return False
        if os.WIFSTOPPED(status):
            self.was_stopped = True
            if act:
                act(self)
            self.signal(signal.SIGCONT)
            return False
        self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
        return True

    def wait(self, act=None, longest=LONGEST):
        """Waits for its end; one that takes too long is killed and counts as hanging."""
        end = time.monotonic() + longest
        while not self.poll(act):
            if time.monotonic() > end:
                self.hangs = True
                self.signal(signal.SIGKILL)
            time.sleep(0.001)
        return self

    def signal(self, number):
        try:
            os.kill(self.process.pid, number)
        except ProcessLookupError:
            pass

    @property
    def output(self):
        return self.out.read_text(errors="replace")

    @property
    def errors(self):
        return self.err.read_text(errors="replace")
