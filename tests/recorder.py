#!/usr/bin/env python3
"""Record what a program does, by the real kernel and auditd, and by strace at the same time.

    sudo python3 tests/recorder.py session.log bash -c 'ls -la'

Leaves auditd's log in session.log. Needs root, auditd, strace and a kernel with auditing, and that
no other auditd runs; whatever happens, it ends what it began and puts back what it changed.
"""

from __future__ import annotations

import glob
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

LOGIN_UID = 7005  # nothing else may use it
TOOLS = ("auditd", "auditctl", "strace", "setpriv")
CONFIG = """\
log_file = {folder}/log/audit.log
log_group = root
flush = NONE
space_left = 10
space_left_action = IGNORE
admin_space_left = 5
admin_space_left_action = IGNORE
disk_full_action = IGNORE
disk_error_action = IGNORE
plugin_dir = {folder}/plugins.d
"""
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
DEFAULTS = {
    "log_format": "ENRICHED",
    "name_format": "NONE",
    "max_log_file": "500",
    "max_log_file_action": "IGNORE",
    "num_logs": "5",
}


def why_not() -> str | None:
    """Return why nothing can be recorded here, None where it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "not root"
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    try:
        now = status()
    except (OSError, subprocess.CalledProcessError, ValueError):
        return "no kernel auditing"
    if now.get("enabled") == 2:
        return "the audit rules are locked"
    if now.get("pid") and os.path.exists(f"/proc/{now['pid']}"):
        return "another auditd is running"
    return None


def status() -> dict[str, int]:
    """Return the kernel's audit settings, by the names that `auditctl -s` prints."""
    done = subprocess.run(["auditctl", "-s"], capture_output=True, text=True, check=True)
    words = [line.split() for line in done.stdout.splitlines()]
    return {line[0]: int(line[1]) for line in words if len(line) == 2 and line[1].isdecimal()}


def unread() -> int:
    """Return how many bytes the kernel has sent that no audit daemon has read: one that is ended does not."""
    with open("/proc/net/netlink", encoding="ascii") as file:
        rows = [line.split() for line in file][1:]
    return sum(int(row[4]) for row in rows if row[1] == "9")  # Rmem of NETLINK_AUDIT


class Recorder:
    """A private auditd and one rule, for the time of a `with`. Options are auditd.conf's."""

    def __init__(self, **options: str) -> None:
        self.options = {**DEFAULTS, **options}
        self.rule = ["always,exit", "-S", "all", "-F", f"auid={LOGIN_UID}"]

    def __enter__(self) -> Recorder:
        self.before = status()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="recorder."))
        self.daemon = None
        try:
            self.begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def begin(self) -> None:
        """Start the daemon and set the rule."""
        self.folder.chmod(0o755)
        for part in ("log", "plugins.d"):
            (self.folder / part).mkdir(mode=0o700)
        text = CONFIG.format(folder=self.folder) + "".join(f"{k} = {v}\n" for k, v in self.options.items())
        config = self.folder / "auditd.conf"
        config.write_text(text)
        config.chmod(0o640)
        command = ["auditd", "-n", "-s", "nochange", "-c", str(self.folder)]
        # A session of its own, so that Ctrl-C reaches this process, which then ends the daemon.
        self.daemon = subprocess.Popen(command, start_new_session=True, **QUIET)
        self.wait_for(lambda: status().get("pid") == self.daemon.pid, "auditd did not start")
        auditctl("-b", "200000", "-f", "0", "-e", "1")
        auditctl("-a", *self.rule)

    def __exit__(self, *exception: object) -> None:
        """Undo all of it; each step is tried whatever became of the others."""
        steps = [
            lambda: auditctl("-d", *self.rule),
            lambda: self.wait_for(lambda: status().get("backlog", 0) + unread() == 0, "the backlog stays"),
            lambda: auditctl("-b", str(self.before["backlog_limit"])),
            lambda: auditctl("-f", str(self.before["failure"])),
            self.end_daemon,
            lambda: auditctl("-e", str(self.before["enabled"])),
        ]
        interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for step in steps:
                try:
                    step()
                except (OSError, subprocess.CalledProcessError, RuntimeError):  # not begun, or gone already
                    continue
        finally:
            signal.signal(signal.SIGINT, interrupted)

    def end_daemon(self) -> None:
        """End the daemon, which writes what it still holds; while it starts it heeds no signal."""
        if self.daemon is None:
            return

        def ended() -> bool:
            self.daemon.terminate()
            return self.daemon.poll() is not None

        try:
            self.wait_for(ended, "auditd does not end")
        finally:
            self.daemon.kill()
            self.daemon.wait()

    @staticmethod
    def wait_for(condition, complaint: str, seconds: float = 20) -> None:
        """Wait until a condition holds; RuntimeError where it does not in time."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise RuntimeError(complaint)
            time.sleep(0.05)

    def run(self, *command: str, cwd: str = "/tmp") -> pathlib.Path:
        """Run a command as the login user under strace, and return the file with what strace saw.

        The shell that sets the login uid is the first process and not part of the run: the log
        has all it did after that, strace all it did.
        """
        trace = self.folder / "trace"
        login = f'echo {LOGIN_UID} >/proc/self/loginuid && cd "$0" && exec "$@"'
        user = ["setpriv", f"--reuid={LOGIN_UID}", f"--regid={LOGIN_UID}", "--clear-groups", "--reset-env"]
        strace = ["strace", "-f", "-y", "-s", "4000000", "-xx", "-v", "-o", str(trace)]
        words = [*strace, "bash", "-c", login, cwd, *user, *command]
        subprocess.run(words, **QUIET, check=False)
        return trace

    def logs(self) -> list[str]:
        """Return the paths of the log and its rotated files, oldest first."""
        found = glob.glob(f"{self.folder}/log/audit.log*")
        return sorted(found, key=lambda path: -int(path.rpartition("log.")[2] or 0) if path[-1] != "g" else 1)

    def remove(self) -> None:
        """Delete the temporary folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def auditctl(*arguments: str) -> None:
    """Run auditctl; CalledProcessError where it fails."""
    subprocess.run(["auditctl", *arguments], check=True, **QUIET)


def main() -> int:
    """Record a command into a file."""
    if (reason := why_not()) is not None:
        print(f"recorder: cannot record: {reason}", file=sys.stderr)
        return 2
    options = dict(word.split("=", 1) for word in os.environ.get("AUDITD_CONF", "").split())
    recorder = Recorder(**options)
    with recorder:
        recorder.run(*sys.argv[2:])
    with open(sys.argv[1], "wb") as out:
        for path in recorder.logs():
            out.write(pathlib.Path(path).read_bytes())
    recorder.remove()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
