"""The report: selection, counting, adding up, and how it is printed."""

import json
import random
import shutil
import subprocess
import unittest

import auditloginfo
from auditloginfo import About, Report, Selection, quoted, quoted_argv
from tests.logs import calls, executed, opened, record, report_of, syscall


class SelectionTest(unittest.TestCase):
    LINE = {"pid": 50, "auid": 7005, "uid": 0, "comm": "very-long-name-", "exe": "/usr/bin/x", "key": '"k1"'}
    CASES = (
        # why, selection, selected
        ("everybody", {}, True),
        ("login uid", {"uid": (7005,)}, True),
        ("another login uid", {"uid": (700,)}, False),
        ("either of two", {"uid": (1, 7005)}, True),
        ("uid 0 is no wildcard", {"uid": (0,)}, False),
        ("uid 0 as uid", {"uid": (0,), "uid_field": "uid"}, True),
        ("uid 0 as euid", {"uid": (0,), "uid_field": "euid"}, True),
        ("login uid as uid", {"uid": (7005,), "uid_field": "uid"}, False),
        ("any id", {"uid": (7005,), "uid_field": "any"}, True),
        ("pid", {"pid": (50,)}, True),
        ("the parent's pid", {"pid": (10,)}, False),
        ("part of a pid", {"pid": (5,)}, False),
        ("exe", {"exe": ("/usr/bin/x",)}, True),
        ("part of exe", {"exe": ("/usr/bin",)}, False),
        ("comm", {"comm": ("very-long-name-",)}, True),
        ("comm longer than the kernel keeps", {"comm": ("very-long-name-of-mine",)}, True),
        ("another comm", {"comm": ("very",)}, False),
        ("key", {"key": ("k1",)}, True),
        ("another key", {"key": ("k",)}, False),
        ("node", {"node": ("web1",)}, True),
        ("another node", {"node": ("web",)}, False),
        ("worked", {"success": True}, True),
        ("failed", {"success": False}, False),
        ("since that second", {"since": 1476975709}, True),
        ("since the next", {"since": 1476975710}, False),
        ("until that second", {"until": 1476975709}, True),
        ("until the one before", {"until": 1476975708}, False),
        ("until 1970", {"until": 0}, False),
        ("all must hold", {"uid": (7005,), "pid": (50,), "key": ("k1",)}, True),
        ("one does not", {"uid": (7005,), "pid": (51,), "key": ("k1",)}, False),
        ("one of two does not", {"uid": (7005,), "pid": (51,)}, False),
    )

    def test_selection(self):
        for why, given, selected in self.CASES:
            with self.subTest(why):
                report = report_of(syscall(node="web1", **self.LINE), selection=Selection(**given))
                self.assertEqual(int(selected), report.matched_events)

    def test_failed(self):
        lines = [syscall(i, success=success) for i, success in enumerate(["no", '"no"', "yes", ""])]
        self.assertEqual(2, report_of(*lines, selection=Selection(success=False)).matched_events)

    def test_names_that_are_not_utf_8(self):
        line = syscall(node="w\udcff", exe="?", comm="?").replace('"?"', "2FFF").replace("(null)", "2FFF")
        for given in (
            {"exe": ("/\udcff",)},
            {"comm": ("/\udcff",)},
            {"key": ("/\udcff",)},
            {"node": ("w\udcff",)},
        ):
            with self.subTest(given):
                self.assertEqual(1, report_of(line, selection=Selection(**given)).matched_events)

    def test_times_beside_the_name_of_a_host(self):
        line = syscall(node="web1.example.org")
        for since, selected in ((1476975709, 1), (1476975710, 0)):
            self.assertEqual(selected, report_of(line, selection=Selection(since=since)).matched_events)

    def test_several_keys_in_one_record(self):
        line = syscall(key="6B31016B32")
        for key, selected in (("k1", 1), ("k2", 1), ("k3", 0)):
            with self.subTest(key):
                self.assertEqual(selected, report_of(line, selection=Selection(key=(key,))).matched_events)

    def test_calls_that_do_not_return(self):
        for success in (True, False):
            line = syscall(number=231, success="")
            with self.subTest(success):
                self.assertEqual(0, report_of(line, selection=Selection(success=success)).matched_events)

    def test_hex_exe(self):
        line = syscall(exe="X").replace('"X"', "2F612062")
        self.assertEqual(1, report_of(line, selection=Selection(exe=("/a b",))).matched_events)

    def test_without_node_in_the_log(self):
        self.assertEqual(0, report_of(syscall(), selection=Selection(node=("web1",))).matched_events)


class SyscallRowsTest(unittest.TestCase):
    def test_all_but_the_usual_architecture_are_named(self):
        lines = [syscall(i, number=0) for i in range(3)] + [syscall(9, arch="40000003", number=3, success="no")]
        report = report_of(*lines)
        self.assertEqual({"read": 3, "read (i386)": 1}, calls(report))
        rows = [row.fields for row in auditloginfo.syscall_rows(report)]
        self.assertEqual({"name": "read", "arch": "i386", "failed": 1}, rows[1])
        lines = [syscall(1, number=0), syscall(2, number=1), syscall(3, arch="40000003", number=3)]
        self.assertEqual({"read": 1, "write": 1, "read (i386)": 1}, calls(report_of(*lines)))

    def test_failed(self):
        lines = [syscall(i, success=success) for i, success in enumerate(["no", "no", "yes", ""])]
        rows = [row.fields for row in auditloginfo.syscall_rows(report_of(*lines))]
        self.assertEqual([{"name": "openat", "arch": "x86_64", "failed": 2}], rows)

    def test_unknown(self):
        cases = (
            ("a number", {"number": 9999}, "unknown-syscall(9999)"),
            ("an architecture", {"arch": "deadbeef", "number": 3}, "unknown-syscall(3)"),
            ("x32 by its bit", {"number": 0x40000000 + 520}, "execve"),
        )
        for why, fields, name in cases:
            with self.subTest(why):
                self.assertEqual([name], list(calls(report_of(syscall(**fields)))))

    def test_a_process_cannot_choose_the_names_of_its_calls(self):
        line = syscall(arch="40000008", number=4005, comm="5SYSCALL=exit")
        self.assertEqual({"unknown-syscall(4005)": 1}, calls(report_of(line)))

    def test_quoted_outcomes(self):
        """As some writers have them, whatever the first was."""
        for first in ("yes", "no", ""):
            lines = [syscall(0, success=f'"{first}"' if first else "")]
            lines += [syscall(i, success=success) for i, success in enumerate(('"no"', '"yes"', "no", "yes"), 1)]
            (row,) = auditloginfo.syscall_rows(report_of(*lines))
            with self.subTest(first):
                self.assertEqual((5, 2 + (first == "no")), (row.frequency, row.fields["failed"]))

    def test_unknown_architecture_in_an_enriched_log(self):
        line = syscall(arch="40000008", number=4005).replace("\n", '\x1dARCH=mips SYSCALL=open AUID="bob"\n')
        report = report_of(line, record("CWD", 'cwd="/"'), record("PATH", 'item=0 name="x" nametype=NORMAL'))
        rows = list(auditloginfo.syscall_rows(report))
        self.assertEqual({"name": "open", "arch": "40000008", "failed": 0}, rows[0].fields)
        self.assertEqual({b"/x": 1}, report.files)


class QuotedTest(unittest.TestCase):
    CASES = (
        # why, bytes, text
        ("plain", b"/etc/ld.so.cache", "/etc/ld.so.cache"),
        ("letters of any script", "/home/é/文".encode(), "/home/é/文"),
        ("a blank", b"a b", "'a b'"),
        ("empty", b"", "''"),
        ("what the shell would expand", b"$(id)`id`*~", "'$(id)`id`*~'"),
        ("a single quote", b"it's", "'it'\"'\"'s'"),
        ("a newline", b"a\nSystem calls made:", "$'a\\nSystem calls made:'"),
        ("an escape sequence", b"\x1b[2J", "$'\\x1b[2J'"),
        ("an escape and a quote", b"'\x1b\\", "$'\\'\\x1b\\\\'"),
        ("C1 control", "\x9b31m".encode(), "$'\\xc2\\x9b31m'"),
        ("direction override", "a\u202eb".encode(), "$'a\\xe2\\x80\\xaeb'"),
        ("no-break space, which looks like a blank", "a\u00a0b".encode(), "$'a\\xc2\\xa0b'"),
        ("zero width", "a\u200bb".encode(), "$'a\\xe2\\x80\\x8bb'"),
        ("a letter that shows nothing", "a\u3164b".encode(), "$'a\\xe3\\x85\\xa4b'"),
        ("a note that is not there", "a\U0001d159b".encode(), "$'a\\xf0\\x9d\\x85\\x99b'"),
        ("a symbol that is a blank", "a\u2800b".encode(), "$'a\\xe2\\xa0\\x80b'"),
        ("line separator", "a\u2028b".encode(), "$'a\\xe2\\x80\\xa8b'"),
        ("not UTF-8", b"\xff\xfe", "$'\\xff\\xfe'"),
        ("delete", b"\x7f", "$'\\x7f'"),
        ("a name that is an escape already", b"$'\\x1b'", "'$'\"'\"'\\x1b'\"'\"''"),
    )

    def test_quoted(self):
        for why, raw, text in self.CASES:
            with self.subTest(why):
                self.assertEqual(text, quoted(raw))

    def test_first_words_that_mean_something_else(self):
        for argv, text in (
            ([b"A=b", b"C=d"], "'A=b' C=d"),
            ([b"if", b"if"], "'if' if"),
            ([b"a=b c"], "'a=b c'"),
            ([b"ls", b"-la"], "ls -la"),
        ):
            with self.subTest(argv):
                self.assertEqual(text, quoted_argv(argv))

    @unittest.skipUnless(shutil.which("bash"), "bash is not installed")
    def test_a_shell_gets_the_same_argv_back(self):
        chance = random.Random(7)
        alphabet = [bytes([i]) for i in range(1, 256)] + ["é".encode(), "\u202e".encode()] + [b"'", b"\\"] * 9
        for _ in range(20):
            argv = [b"".join(chance.choices(alphabet, k=chance.randrange(9))) for _ in range(30)]
            line = "printf '%s\\0' " + quoted_argv([b"x", *argv])
            out = subprocess.run(["bash", "-c", line.encode()], stdout=subprocess.PIPE, check=True).stdout
            self.assertEqual([b"x", *argv], out.split(b"\0")[:-1], line)


class RenderTest(unittest.TestCase):
    SECTIONS = ("syscalls", "commands", "files")

    def text(self, report: Report, selection: Selection = Selection(), **options: object) -> list[str]:
        return list(auditloginfo.render_text(report, selection, self.SECTIONS, **options))

    def test_rows_by_frequency_then_name(self):
        lines = [syscall(i, number=n) for i, n in enumerate([1, 0, 3, 0])]
        self.assertEqual(["   read 2", "   close 1", "   write 1"], self.text(report_of(*lines))[3:6])

    def test_top(self):
        lines = [syscall(i, number=n) for i, n in enumerate([1, 0, 3, 0])]
        self.assertEqual(["   read 2", ""], self.text(report_of(*lines), about=About(top=1))[3:5])

    def test_encoding(self):
        """Of all that the log, or the user, can have letters in."""
        lines = [*opened("C3A9", serial=1), *executed('"ls"', "C3A9", serial=2)]
        rows = self.text(report_of(*lines), Selection(exe=("é",)), about=About(encoding="ascii"))
        expected = ["Audit report for EXE $'\\xc3\\xa9'", "   ls $'\\xc3\\xa9' 1", "   $'/home/u/\\xc3\\xa9' 1"]
        self.assertEqual(expected, [row for row in rows if "xa9" in row])

    def test_empty(self):
        expected = ["Audit report for all users"]
        for title in ("System calls made:", "Commands executed:", "Files opened:"):
            expected += ["", title, "   (none)"]
        self.assertEqual(expected, self.text(Report()))

    def test_titles(self):
        for selection, title in (
            (Selection(uid=(7005,)), "AUID 7005"),
            (Selection(uid=(7005,), pid=(19071,)), "AUID 7005, PID 19071"),
            (Selection(pid=(1, 2)), "PID 1 or 2"),
            (Selection(uid=(33,), uid_field="euid"), "EUID 33"),
            (Selection(uid=(33,), uid_field="any"), "AUID, UID or EUID 33"),
            (Selection(exe=("/a b",), success=False), "EXE '/a b', calls that failed"),
            (Selection(exe=("/\udcff",)), "EXE $'/\\xff'"),
            (Selection(since=10**15), "since 1000000000000000"),
            (Selection(comm=("\x1b",), success=True), "COMM $'\\x1b', calls that worked"),
            (
                Selection(since=0, until=1),
                "since 1970-01-01T00:00:00.000+00:00, until 1970-01-01T00:00:01.000+00:00",
            ),
        ):
            with self.subTest(title):
                self.assertEqual(f"Audit report for {title}", self.text(Report(), selection)[0])

    def test_no_name_can_make_a_row_of_its_own(self):
        names = [b"x\n   forged 9".hex(), b"\r\x1b[A".hex(), "a\u2028b\x85".encode().hex(), b"\xff\x9b".hex()]
        events = [
            line
            for i, name in enumerate(names)
            for line in [*opened(name.upper(), serial=i), *executed(name.upper(), serial=100 + i)]
        ]
        rows = self.text(report_of(*events))
        self.assertEqual(1 + 3 * 2 + 2 + len(names) * 2, len(rows))
        self.assertTrue(all(row.isprintable() for row in rows))

    def test_json(self):
        selection = Selection(uid=(7005,), since=1476975709, until=1476975709)
        lines = [*opened('"/a"', serial=1), *executed('"ls"', "C3A9FF", serial=2), syscall(3, success="no")]
        report = report_of(*lines, "junk\n", selection=selection)
        out = json.loads(
            "".join(
                auditloginfo.render_json(
                    report, selection, self.SECTIONS, about=About(sources=["log"], notes=["n"])
                )
            )
        )
        self.assertEqual(
            {
                "selection": {
                    "uid": [7005],
                    "uid_field": "auid",
                    "since": "2016-10-20T15:01:49.000+00:00",
                    "until": "2016-10-20T15:01:49.000+00:00",
                },
                "log": {
                    "sources": ["log"],
                    "lines": 11,
                    "skipped_lines": 1,
                    "events": 3,
                    "matched_events": 3,
                    "first": "2016-10-20T15:01:49.442+00:00",
                    "last": "2016-10-20T15:01:49.442+00:00",
                    "first_skipped": "log:11",
                    "arches": {"x86_64": 3},
                    "recorded": ["commands", "files"],
                    "other_id": 0,
                    "gaps": {},
                    "errors": [],
                },
                "syscalls": [
                    {"name": "openat", "arch": "x86_64", "failed": 1, "count": 2},
                    {"name": "execve", "arch": "x86_64", "failed": 0, "count": 1},
                ],
                "commands": [{"argv": ["ls", "é\udcff"], "count": 1}],
                "files": [{"path": "/a", "count": 1}],
                "notes": ["n"],
            },
            out,
        )

    def test_json_of_nothing(self):
        out = json.loads("".join(auditloginfo.render_json(Report(), Selection(), self.SECTIONS)))
        self.assertEqual(([], {}), (out["files"], out["selection"]))
        self.assertEqual((None, None), (out["log"]["first"], out["log"]["last"]))

    def test_a_time_beyond_the_calendar_is_shown_as_it_is(self):
        self.assertEqual("99999999999999999999.001", auditloginfo.iso_time(b"99999999999999999999.001"))

    def test_a_time_to_more_than_the_millisecond(self):
        self.assertEqual("1970-01-01T00:00:05.123+00:00", auditloginfo.iso_time(b"5.123456789"))


class AddTest(unittest.TestCase):
    def test_parts_add_up_to_the_whole(self):
        """Which is how parts of a log, several logs, or several hosts are counted."""
        one = [*opened('"/a"', serial=1, time="5.001"), "junk\n", syscall(9, number=0, time="7.9")]
        two = [*opened('"/a"', serial=2, time="12.3"), *executed('"ls"', serial=3), "more junk\n"]
        whole, parts = report_of(*one, *two), report_of(*one) + report_of(*two)
        self.assertEqual(vars(whole), vars(parts))
        self.assertEqual(vars(whole), vars(whole + Report()))
        self.assertEqual(vars(whole), vars(Report() + whole))

    def test_times_of_parts(self):
        early, late = (report_of(*opened(time=f"147697570{i}.442")) for i in (1, 2))
        for total in (early + late, late + early):
            self.assertEqual((b"1476975701.442", b"1476975702.442"), (total.first, total.last))


class NotesTest(unittest.TestCase):
    SECTIONS = ("syscalls", "commands", "files")

    def notes(self, *lines: str, selection: Selection = Selection()) -> str:
        report = report_of(*lines, selection=selection)
        return "\n".join(auditloginfo.notes_on(report, selection, self.SECTIONS))

    def test_nothing_to_say(self):
        self.assertEqual("", self.notes(*opened(serial=1), *executed('"ls"', serial=2), "----\n", "\n"))

    def test_skipped_lines(self):
        text = self.notes(*opened(serial=1), *executed('"ls"', serial=2), "junk\n", "more\n")
        self.assertEqual("skipped 2 lines, no audit record: the first is log:10", text)

    def test_the_login_uid_is_not_the_uid(self):
        lines = [*opened(serial=1), *executed('"ls"', serial=2)]
        expected = "nothing has auid 33, but 2 events have it as uid or euid (--uid-field any)"
        self.assertEqual(expected, self.notes(*lines, selection=Selection(uid=(33,))))
        self.assertEqual("", self.notes(*lines, syscall(3, auid=33, number=0), selection=Selection(uid=(33,))))

        self.assertEqual(expected, self.notes(*lines, selection=Selection(uid=(33,), since=0)))
        self.assertEqual("", self.notes(*lines, selection=Selection(uid=(7005,), uid_field="euid")))
        text = self.notes(*lines, selection=Selection(uid=(33, 34)))
        self.assertIn("nothing has auid 33 or 34, but", text)

    def test_gaps(self):
        lines = [syscall(1), syscall(2), *executed('"ls"', serial=3)]
        expected = "files opened that are not listed, for the log has no record of their names: 2"
        self.assertEqual(expected, self.notes(*lines))

    def test_what_the_rules_did_not_record(self):
        text = self.notes(*opened(serial=1))
        self.assertEqual("no event in the log is an execve, so the audit rules may record none", text)
        text = self.notes(*executed('"ls"'))
        self.assertEqual("no event in the log is an open, so the audit rules may record none", text)

    def test_others_opens_are_opens(self):
        """The rules record opens: this user made none."""
        lines = [*opened(serial=1, auid=1), *executed('"ls"', serial=2)]
        self.assertEqual("", self.notes(*lines, selection=Selection(uid=(7005,))))
