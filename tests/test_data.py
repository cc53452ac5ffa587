"""Real logs, recorded by a real auditd, beside the exact reports expected of them.

UPDATE=1 writes the reports anew, to be read by eye and compared with the raw log.
"""

import gzip
import os
import pathlib
import unittest

from tests.logs import run

DATA = pathlib.Path(__file__).parent / "data"
LOGS = sorted(path for path in DATA.iterdir() if ".log" in path.name)
#: By the end of the file's name, the options.
REPORTS = {
    ".txt": [],
    ".json": ["--format", "json"],
    ".all.txt": ["--show", "all"],
    ".all.json": ["--show", "all", "--format", "json"],
    ".all.csv": ["--show", "all", "--format", "csv"],
    ".events.jsonl": ["--comm", "cat", "--comm", "rm", "--format", "events"],
    ".seccomp.json": ["--format", "seccomp"],
    ".systemd.conf": ["--format", "systemd"],
    ".apparmor": ["--format", "apparmor"],
    ".access.txt": ["--show", "sockets,access"],
}


class DataTest(unittest.TestCase):
    maxDiff = None

    def test_reports(self):
        for log in LOGS:
            for suffix, options in REPORTS.items():
                golden = DATA / (log.name.partition(".")[0] + suffix)
                result = run("--uid", "7005", *options, str(log))
                out = result.out.replace(str(log), log.name)
                if os.environ.get("UPDATE"):
                    golden.write_bytes(out.encode())
                with self.subTest(golden.name):
                    self.assertEqual((0, ""), (result.status, result.err))
                    self.assertEqual(golden.read_bytes().decode(), out)

    def test_the_readme_shows_what_is_printed(self):
        readme = (DATA.parent.parent / "README.md").read_text(encoding="utf-8").split("\n")
        rows = [line[4:] for line in readme if line.startswith("       ") and line.strip() != "..."]
        self.assertGreater(len(rows), 12)
        self.assertEqual(
            set(), set(rows) - set((DATA / "session.all.txt").read_text(encoding="utf-8").split("\n"))
        )

    def test_every_log_has_a_report_and_every_report_a_log(self):
        names = {log.name.partition(".")[0] for log in LOGS}
        expected = {name + suffix for name in names for suffix in REPORTS}
        self.assertEqual(expected, {path.name for path in DATA.iterdir()} - {log.name for log in LOGS})

    def test_counted_in_the_plainest_way(self):
        """By looking for text in lines."""
        for log in LOGS:
            data = log.read_bytes()
            data = gzip.decompress(data) if log.name.endswith(".gz") else data
            lines = [line for line in data.split(b"\n") if b"type=SYSCALL" in line and b" auid=7005 " in line]
            report = run("--uid", "7005", "--format", "json", str(log)).json
            rows = {row["name"]: row["count"] for row in report["syscalls"]}
            with self.subTest(log.name):
                self.assertEqual(len(lines), report["log"]["matched_events"])
                for name, number in (("read", 0), ("openat", 257), ("execve", 59), ("close", 3)):
                    self.assertEqual(sum(b" syscall=%d " % number in line for line in lines), rows[name])
