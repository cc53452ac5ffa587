"""The table and the single events: what hostile names do to them, and whether they say what the report says."""

import csv
import importlib.util
import io
import json
import pathlib
import random
import re
import sys
import unittest
from collections import Counter
from unittest import mock

import auditloginfo
from auditloginfo import Event, Selection, event_object
from tests.logs import executed, opened, path, record, report_of, run, syscall
from tests.test_cli import FolderTest
from tests.test_fuzz import SEED, Maker, damaged, recorded

DATA = pathlib.Path(__file__).parent / "data"
SESSION, TOOLS = str(DATA / "session.log"), str(DATA / "tools.log.gz")
if importlib.util.find_spec("duckdb"):
    import duckdb


def events(text: str) -> list[dict]:
    """Return the objects in JSON Lines, which must be ASCII."""
    return [json.loads(line) for line in text.encode("ascii").split(b"\n")[:-1]]


class CsvTest(unittest.TestCase):
    def table(self, *lines: str, encoding: str = "utf-8", sections: tuple = ("files",)) -> list[list[str]]:
        """Return the records behind the header, read back by the csv module."""
        report = report_of(*lines, sections=sections)
        about = auditloginfo.About(encoding=encoding)
        text = "".join(f"{line}\n" for line in auditloginfo.render_csv(report, Selection(), sections, about))
        self.assertEqual(text.count("\n"), text.count("\r\n"))
        header, *records = csv.reader(io.StringIO(text, newline=""))
        self.assertEqual(["section", "name", "detail", "count"], header)
        return records

    NAMES = (
        # why, name, cell
        ("plain", "a", "/a"),
        ("what CSV gives a meaning to", "a \",';", "/a \",';"),
        ("letters of any script", "é文", "/é文"),
        ("a newline", "a\nb", "$'/a\\nb'"),
        ("a carriage return", "\r", "$'/\\r'"),
        ("an escape sequence", "\x1b[2J", "$'/\\x1b[2J'"),
        ("not UTF-8", "\udcff", "$'/\\xff'"),
    )

    def test_names(self):
        for why, name, cell in self.NAMES:
            line = "/" + name
            with self.subTest(why):
                given = line.encode("utf-8", "surrogateescape").hex().upper()
                self.assertEqual([["files", cell, "", "1"]], self.table(*opened(given)))

    def test_formulas(self):
        """A name as it was passed can begin with anything."""
        for name, cell in (
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-rf", "'-rf"),
            ("@SUM(1)", "'@SUM(1)"),
            (" =1", "' =1"),
            ("＝1", "'＝1"),
            ("\t=1", "$'\\t=1'"),
            ("$'\\x1b'", "'$'\"'\"'\\x1b'\"'\"''"),  # no escape: a name that looks so
            ("1+1", "1+1"),
            ("'=1", "'=1"),
        ):
            with self.subTest(name):
                lines = opened(name.encode().hex().upper(), cwd="(null)")
                self.assertEqual([["files", cell, "", "1"]], self.table(*lines))
        (row,) = self.table(*executed('"=cmd"', '"=x"'), sections=("commands",))
        self.assertEqual(["commands", "'=cmd", "'=cmd' =x", "1"], row, "quoted as the shell needs it")

    def test_encoding(self):
        self.assertEqual("$'/\\xc3\\xa9'", self.table(*opened("2FC3A9"), encoding="ascii")[0][1])

    def test_sections(self):
        lines = [
            *executed('"ls"', "6120C3A9", serial=1),
            syscall(2, number=82, items=2),
            record("PATH", path('"/a b"', "DELETE"), 2),
            record("PATH", path('"/c d"', "CREATE", 1), 2),
            syscall(3, number=42, success="no", exit=-111),
            record("SOCKADDR", "saddr=02000009C0A80001", 3),
            syscall(4, arch="40000003", number=5, success="no", exit=-2),
            record("PATH", path('"/e f"', "UNKNOWN"), 4),
        ]
        sections = ("commands", "changes", "failures", "network", "processes")
        self.assertEqual(
            [
                ["commands", "ls", "ls 'a é'", "1"],
                ["changes", "/a b", "renamed -> '/c d'", "1"],
                ["failures", "connect", "192.168.0.1:9 ECONNREFUSED", "1"],
                ["failures", "open (i386)", "/e f ENOENT", "1"],
                ["network", "192.168.0.1:9", "connect ECONNREFUSED", "1"],
                ["processes", "1234", "ls 'a é'", "4"],
            ],
            self.table(*lines, sections=sections),
        )

    def test_the_rows_are_those_of_the_report(self):
        for options in ([], ["--show", "all"], ["--top", "2"], ["--uid", "7005", "--files-only"]):
            with self.subTest(options):
                rows = list(csv.DictReader(io.StringIO(run(*options, "--format", "csv", TOOLS).out, newline="")))
                report = run(*options, "--format", "json", TOOLS).json
                sections = [name for name in auditloginfo.SECTIONS if name in report]
                expected = [(name, str(row["count"])) for name in sections for row in report[name]]
                self.assertEqual(expected, [(row["section"], row["count"]) for row in rows])


def one(*lines: str, descriptors: dict = auditloginfo.NO_DESCRIPTORS) -> dict:
    """Return the object of one event."""
    event = Event.parse(b"1476975709.442:1", [line.encode() for line in lines], descriptors)
    made = event_object(event)
    assert set(made) == set(event_object(Event(b"5.001:1"))), "always the same keys"
    return made


class EventObjectTest(unittest.TestCase):
    def test_an_open(self):
        line = syscall(key='"k"', node="web1")
        event = Event.parse(b"web1 1476975709.442:77", [x.encode() for x in (line, *opened(node="web1")[1:])])
        self.assertEqual(
            {
                "time": "2016-10-20T15:01:49.442+00:00",
                "serial": 77,
                "node": "web1",
                "type": "SYSCALL",
                "arch": "x86_64",
                "syscall": "openat",
                "success": True,
                "exit": 3,
                "error": None,
                "pid": 1234,
                "ppid": 10,
                "auid": 7005,
                "uid": 33,
                "euid": 33,
                "exe": "/usr/bin/cat",
                "comm": "cat",
                "tty": "pts0",
                "session": 3,
                "key": "k",
                "cwd": "/home/u",
                "argv": None,
                "paths": [{"path": "/etc/passwd", "nametype": "NORMAL", "inode": 7, "opened": True}],
                "address": None,
            },
            event_object(event),
        )

    CASES = (
        # why, lines, what must stand there
        ("nothing at all", [], {"type": None, "syscall": None, "arch": None, "argv": None, "paths": []}),
        ("a failure", [syscall(success="no", exit=-13)], {"success": False, "exit": -13, "error": "EACCES"}),
        ("a call that does not return", [syscall(success="")], {"success": None, "exit": None, "error": None}),
        ("an exec", executed('"ls"', "6120"), {"argv": ["ls", "a "], "syscall": "execve"}),
        ("a failed exec", [syscall(number=59, success="no", exit=-2)], {"argv": None, "error": "ENOENT"}),
        ("an exec without its call", [record("EXECVE", 'argc=1 a0="x"')], {"argv": ["x"], "type": None}),
        ("no login", [syscall(auid=4294967295)], {"auid": 4294967295}),
        ("no terminal", [syscall().replace("tty=pts0", "tty=(none)")], {"tty": None}),
        ("quoted by other writers", [syscall(success='"yes"', exit='"5"')], {"success": True, "exit": 5}),
        ("a result of more than 64 bits", [syscall(exit=10**19)], {"exit": None}),
        ("no number", [syscall(exit="x", pid="1234567890" * 3)], {"exit": None, "pid": None}),
        ("an unknown call", [syscall(number=9999)], {"syscall": "unknown-syscall(9999)"}),
        ("several keys, as the kernel has them", [syscall(key="610162")], {"key": "a\x01b"}),
        ("not UTF-8", [syscall(comm="x").replace('"x"', "FF0A")], {"comm": "$'\\xff\\n'"}),
        ("a newline is harmless in JSON", [syscall(comm="x").replace('"x"', "610A")], {"comm": "a\n"}),
        ("NUL, which databases refuse", [syscall(comm="x").replace('"x"', "610062")], {"comm": "$'a\\x00b'"}),
        ("no escape: a name that looks so", [syscall(comm="$'\\xff'")], {"comm": "'$'\"'\"'\\xff'\"'\"''"}),
        (
            "a call quoted by other writers",
            [syscall(arch='"c000003e"', number='"257"')],
            {"arch": "x86_64", "syscall": "openat"},
        ),
        (
            "an unknown architecture in an enriched log",
            [syscall(arch="40000008", number=4005).rstrip("\n") + "\x1dARCH=mips SYSCALL=open\n"],
            {"arch": "40000008", "syscall": "open"},
        ),
        (
            "an address",
            [syscall(number=42), record("SOCKADDR", "saddr=02000009C0A80001")],
            {"address": "192.168.0.1:9"},
        ),
        (
            "an address that is not UTF-8",
            [syscall(number=42), record("SOCKADDR", "saddr=01002FFF")],
            {"address": "$'unix:/\\xff'"},
        ),
        (
            "what seccomp killed",
            [record("SECCOMP", "auid=7 pid=5 sig=31 arch=c000003e syscall=101 compat=0 code=0x80000000")],
            {"type": "SECCOMP", "syscall": "ptrace", "arch": "x86_64", "error": "killed by seccomp", "pid": 5},
        ),
        (
            "what seccomp only logged",
            [record("SECCOMP", "auid=7 pid=5 sig=0 arch=c000003e syscall=101 compat=0 code=0x7ffc0000")],
            {"type": "SECCOMP", "syscall": "ptrace", "error": None, "success": None},
        ),
        ("of seccomp no call", [record("SECCOMP", "pid=5 code=0x80000000")], {"syscall": None, "error": None}),
        (
            "a killed call that has its record",
            [syscall(number=101, success=""), record("SECCOMP", "arch=c000003e syscall=101 code=0x80000000")],
            {"type": "SYSCALL", "error": "killed by seccomp"},
        ),
        (
            "io_uring's own thread",
            [
                record("URINGOP", "uring_op=18 success=no exit=-2 items=1 ppid=1 pid=5 uid=0"),
                record("PATH", path('"/x"', "UNKNOWN")),
            ],
            {"type": "URINGOP", "syscall": "openat", "arch": None, "success": False, "error": "ENOENT", "pid": 5},
        ),
        (
            "an operation of io_uring without a name",
            [record("URINGOP", "uring_op=99 success=yes exit=0 items=0")],
            {"type": "URINGOP", "syscall": None, "success": True},
        ),
    )

    def test_cases(self):
        for why, lines, expected in self.CASES:
            with self.subTest(why):
                made = one(*lines)
                self.assertEqual(expected, {name: made[name] for name in expected})

    def test_a_time_beyond_the_calendar(self):
        """A column of times cannot have it."""
        self.assertIsNone(event_object(Event(b"999999999999.001:1"))["time"])

    PATHS = (
        # why, call, names with their types, what becomes of them; /d is descriptor 5 and /e 6
        ("an open that creates", "openat", [("/cwd", "PARENT"), ("x", "CREATE")], [("/d", False), ("/d/x", True)]),
        (
            "a parent by its own name",
            "openat",
            [("s/", "PARENT"), ("s/x", "NORMAL")],
            [("/d/s", False), ("/d/s/x", True)],
        ),
        ("no name", "openat", [("(null)", "NORMAL")], [(None, True)]),
        (
            "a rename to another directory",
            "renameat",
            [("/cwd", "PARENT"), ("/cwd", "PARENT"), ("x", "DELETE"), ("y", "CREATE")],
            [("/d", False), ("/e", False), ("/d/x", False), ("/e/y", False)],
        ),
        (
            "one of the same name",
            "renameat",
            [("/cwd", "PARENT"), ("/cwd", "PARENT"), ("x", "DELETE"), ("x", "CREATE")],
            [("/d", False), ("/e", False), ("/d/x", False), ("/e/x", False)],
        ),
        (
            "one that replaces a file",
            "renameat",
            [("/cwd", "PARENT"), ("/cwd", "PARENT"), ("x", "DELETE"), ("y", "DELETE"), ("y", "CREATE")],
            [("/d", False), ("/e", False), ("/d/x", False), ("/e/y", False), ("/e/y", False)],
        ),
        ("a link", "linkat", [("x", "NORMAL"), ("y", "CREATE")], [("/d/x", False), ("/e/y", False)]),
        ("a removal", "unlinkat", [("x", "DELETE")], [("/d/x", False)]),
        ("a mount", "move_mount", [("x", "NORMAL"), ("y", "NORMAL")], [("/d/x", False), ("/e/y", False)]),
        ("nothing named", "renameat", [("/cwd", "PARENT")], [("/d", False)]),
    )

    def test_paths(self):
        numbers = {"openat": 257, "renameat": 264, "linkat": 265, "unlinkat": 263, "move_mount": 429}
        for why, call, names, expected in self.PATHS:
            line = syscall(number=numbers[call], a0="5").replace("a2=0", "a2=6")
            items = [
                record("PATH", path(name if name[0] == "(" else f'"{name}"', kind, i))
                for i, (name, kind) in enumerate(names)
            ]
            made = one(
                line, record("CWD", 'cwd="/cwd"'), *items, descriptors={5: (b"/d", False), 6: (b"/e", False)}
            )
            with self.subTest(why):
                self.assertEqual(expected, [(each["path"], each["opened"]) for each in made["paths"]])
                self.assertEqual([kind for _, kind in names], [each["nametype"] for each in made["paths"]])

    def test_a_failed_open_opened_nothing(self):
        made = one(syscall(success="no", exit=-2), record("PATH", 'item=0 name="/x" nametype=UNKNOWN'))
        self.assertEqual([{"path": "/x", "nametype": "UNKNOWN", "inode": None, "opened": False}], made["paths"])

    def test_an_old_kernel(self):
        made = one(syscall(), record("CWD", 'cwd="/"'), record("PATH", 'item=0 name="x" inode=5 mode=0100644'))
        self.assertEqual([{"path": "/x", "nametype": None, "inode": 5, "opened": True}], made["paths"])


class EventsTest(FolderTest):
    """What is printed: every selected event, and it alone, while the log is read."""

    SELECTIONS = (
        [],
        ["--uid", "7005"],
        ["--uid", "7005", "--failed"],
        ["--comm", "sh", "--children"],
        ["--uid", "7005", "--comm", "find"],
        ["--uid", "1"],
    )

    def test_as_many_as_matched(self):
        for log in (SESSION, TOOLS):
            for options in self.SELECTIONS:
                with self.subTest(log=log, options=options):
                    result = run(*options, "--format", "events", log)
                    report = run(*options, "--format", "json", log).json
                    made = events(result.out)
                    self.assertEqual(report["log"]["matched_events"], len(made))
                    self.assertEqual(sorted(made, key=lambda event: event["serial"]), made, "in order")
                    self.assertEqual(0 if made else 1, result.status)
                    calls = Counter((event["arch"], event["syscall"]) for event in made)
                    self.assertEqual(
                        {(row["arch"], row["name"]): row["count"] for row in report["syscalls"]}, calls
                    )

    def test_made_up_logs(self):
        """Whatever names they have, the text is valid, and the rows of the report are in it."""
        for number in range(20):
            maker = Maker(random.Random(SEED + number))
            log = b"".join(maker.disordered([maker.event() for _ in range(30)]))
            made = events(run("--format", "events", "-", stdin=log).out)
            json.dumps(made, ensure_ascii=False).encode()
            report = run("--format", "json", "-", stdin=log).json
            with self.subTest(f"FUZZ_SEED={SEED + number}"):
                self.assertEqual(*map(counted, (sections_of(made), sections_in(report))))

    def test_damaged_logs(self):
        """Never anything but objects and tables, whatever is in the records."""
        chance = random.Random(SEED)
        for number in range(20):
            log = b"".join(damaged(chance, chance.choice(recorded()), 60)[0])
            with self.subTest(f"FUZZ_SEED={SEED}", number=number):
                made = events(run("--format", "events", "-", stdin=log).out)
                whole = run("--show", "all", "--format", "json", "-", stdin=log).json
                self.assertEqual(whole["log"]["matched_events"], len(made))
                self.assertEqual(*map(counted, (sections_of(made), sections_in(whole))))
                table = run("--show", "all", "--format", "csv", "-", stdin=log).out
                self.assertTrue(table.replace("\r\n", "").isprintable())
                self.assertEqual({4}, {len(row) for row in csv.reader(io.StringIO(table, newline=""))})

    def test_without_a_call(self):
        lines = [
            record("SECCOMP", "auid=7005 uid=0 pid=5 sig=31 arch=c000003e syscall=101 code=0x80000000", 1),
            record("URINGOP", "uring_op=18 success=yes exit=5 items=0 ppid=1 pid=6 uid=0", 2),
            *executed('"ls"', serial=3)[1:],
            record("CWD", 'cwd="/"', 4),
        ]
        result = run("--format", "events", "-", stdin="".join(lines).encode())
        self.assertEqual(["SECCOMP", "URINGOP", None], [event["type"] for event in events(result.out)])
        self.assertEqual(0, result.status)
        self.assertIn("events without the SYSCALL record that says who did them: 2", result.err)

    def test_directories_by_descriptor(self):
        """Of all that the log knows, also of files that are no directories."""
        lines = [
            *opened('"/f"', serial=1, exit=7),
            syscall(2, number=91, a0="7"),
            record("PATH", "item=0 name=(null) inode=7 nametype=NORMAL", 2),
        ]
        made = events(run("--format", "events", "-", stdin="".join(lines).encode()).out)
        self.assertEqual("/f", made[1]["paths"][0]["path"])

    def test_notes_and_status(self):
        for arguments, stdin, status, message in (
            (["-"], b"junk\n", 2, "no audit record in it"),
            (["-", "/no/such"], syscall().encode(), 2, "/no/such: No such file"),
            (["--uid", "33", "-"], syscall().encode(), 1, "(--uid-field any)"),
            (["-"], b"junk\n" + syscall().encode(), 0, "skipped 1 line"),
            (["-"], b"", 1, ""),
        ):
            with self.subTest(arguments):
                result = run("--format", "events", *arguments, stdin=stdin)
                self.assertEqual((status, 1 if message else 0), (result.status, result.err.count("\n")))
                self.assertIn(message, result.err)

    def test_output_that_cannot_be_written(self):
        piped, said = mock.Mock(buffer=io.BytesIO()), mock.Mock()
        with mock.patch.multiple(sys, stdin=piped, stdout=None), mock.patch.object(auditloginfo, "say", said):
            self.assertEqual(2, auditloginfo.main(["--format", "events", "-"]))
        messages = [message for call in said.call_args_list for message in call.args]
        self.assertEqual(["cannot write the report: standard output is closed"], messages)


def sections_of(made: list[dict]) -> dict[str, list]:
    """Return the rows of the three usual sections, counted from single events, with valid text."""
    return {
        "syscalls": [(event["arch"], event["syscall"]) for event in made if event["type"] == "SYSCALL"],
        "commands": [tuple(event["argv"]) for event in made if event["argv"] is not None],
        "files": [each["path"] for event in made for each in event["paths"] if each["opened"] and each["path"]],
    }


def sections_in(report: dict) -> dict[str, list]:
    """Return the same of a JSON report."""

    def text(word: str) -> str:
        return auditloginfo.valid(auditloginfo.encoded(word))

    return {
        "syscalls": [(row["arch"], row["name"]) for row in report["syscalls"] for _ in range(row["count"])],
        "commands": [tuple(map(text, row["argv"])) for row in report["commands"] for _ in range(row["count"])],
        "files": [text(row["path"]) for row in report["files"] for _ in range(row["count"])],
    }


def counted(sections: dict[str, list]) -> dict[str, Counter]:
    """Return sections with their rows counted."""
    return {name: Counter(rows) for name, rows in sections.items()}


@unittest.skipUnless(importlib.util.find_spec("duckdb"), "PyPI's duckdb is not installed")
class DuckdbTest(FolderTest):
    """The query in README, as it stands there."""

    def test_the_three_sections(self):
        readme = (DATA.parent.parent / "README.md").read_text(encoding="utf-8")
        query = re.search(r'duckdb\.sql\("""\n(.*?)"""', readme, re.DOTALL)[1]
        made_up = Maker(random.Random(SEED))
        log = self.write("log", pack=lambda _: b"".join(made_up.disordered([made_up.event() for _ in range(300)])))
        for logs in ([SESSION], [SESSION, TOOLS], [log], [self.write("empty")]):
            path = self.write("events.jsonl", run("--format", "events", *logs).out)
            found = {"syscalls": [], "commands": [], "files": []}
            for section, name, detail, count in duckdb.sql(query.replace("events.jsonl", path)).fetchall():
                row = {"syscalls": (detail, name), "files": name}.get(section) or tuple(json.loads(detail))
                found[section] += [row] * count
            with self.subTest(logs, FUZZ_SEED=SEED):
                self.assertEqual(counted(sections_in(run("--format", "json", *logs).json)), counted(found))
