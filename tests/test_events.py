"""Records that make up an event, in whatever order they come, and what the event did."""

import random
import unittest
from unittest import mock

import auditloginfo
from auditloginfo import Event, Selection, parse_record
from tests.logs import calls, executed, opened, path, record, report_of, syscall

USER = Selection(uid=(7005,))


class OpenedTest(unittest.TestCase):
    PASSWD = b"/etc/passwd"
    CASES = (
        # why, SYSCALL fields, cwd, PATH bodies, opened files
        ("absolute", {}, '"/home"', [path()], [PASSWD]),
        ("relative to the working directory", {}, '"/home"', [path('"a/../b"')], [b"/home/b"]),
        ("AT_FDCWD by its low 32 bits", {"a0": "ffffffffffffff9c"}, '"/home"', [path('"a"')], [b"/home/a"]),
        ("relative to an unknown directory: no guess", {"a0": "3"}, '"/home"', [path('"a"')], [b"a"]),
        ("absolute whatever the directory", {"a0": "3"}, '"/home"', [path()], [PASSWD]),
        ("open has no directory", {"number": 2, "a0": "55"}, '"/home"', [path('"a"')], [b"/home/a"]),
        ("creat", {"number": 85, "a0": "55"}, '"/home"', [path('"a"')], [b"/home/a"]),
        ("openat2", {"number": 437}, '"/home"', [path('"a"')], [b"/home/a"]),
        ("openat2 in a directory", {"number": 437, "a0": "4"}, '"/home"', [path('"a"')], [b"a"]),
        ("open_by_handle_at has no name", {"number": 304, "a0": "4"}, '"/"', [path("(null)")], []),
        ("i386", {"arch": "40000003", "number": 5, "a0": "8"}, '"/home"', [path('"a"')], [b"/home/a"]),
        ("aarch64", {"arch": "c00000b7", "number": 56}, '"/home"', [path('"a"')], [b"/home/a"]),
        ("x32", {"number": 257 + 0x40000000}, '"/home"', [path('"a"')], [b"/home/a"]),
        ("hex names", {}, '"/"', [path("2F612062")], [b"/a b"]),
        ("a hex working directory", {}, "2F612062", [path('"c"')], [b"/a b/c"]),
        ("created", {}, '"/"', [path('"/d/"', "PARENT"), path('"/d/x"', "CREATE", 1)], [b"/d/x"]),
        ("created, items in reverse", {}, '"/"', [path('"/x"', "CREATE", 1), path('"/"', "PARENT")], [b"/x"]),
        ("RHEL 7 says objtype", {}, '"/"', [path('"/x"').replace("nametype", "objtype")], [b"/x"]),
        ("only the parent directory in the log", {}, '"/"', [path('"/d"', "PARENT")], []),
        ("as RHEL 7 has it", {}, '"/"', [path('"/d"', "PARENT").replace("nametype", "objtype")], []),
        ("no nametype", {}, '"/"', [path('"/x"').partition(" nametype")[0]], [b"/x"]),
        (
            "no nametype, with the parent directory",
            {},
            '"/"',
            [
                path('"/d"', mode="040755").partition(" nametype")[0],
                path('"/d/x"', item=1).partition(" nametype")[0],
            ],
            [b"/d/x"],
        ),
        (
            "no nametype, with the parent directory behind",
            {},
            '"/"',
            [
                path('"/d/x"').partition(" nametype")[0],
                path('"/d"', item=1, mode="040755").partition(" nametype")[0],
            ],
            [b"/d/x"],
        ),
        (
            "no nametype, a directory opened",
            {},
            '"/"',
            [path('"/d"', mode="040755").partition(" nametype")[0]],
            [b"/d"],
        ),
        ("failed", {"success": "no", "exit": -2}, '"/"', [path(nametype="UNKNOWN")], []),
        ("two names, in reverse", {}, '"/"', [path('"/b"', item=1), path('"/a"')], [b"/b"]),
        ("more in quotes", {"arch": '"c000003e"', "number": '"257"'}, '"/"', [path()], [PASSWD]),
        ("success in quotes, by other writers", {"success": '"yes"'}, '"/"', [path()], [PASSWD]),
        ("neither success nor failure", {"success": ""}, '"/"', [path()], []),
        ("not an open", {"number": 4}, '"/"', [path()], []),
        ("what exec loads is not opened", {"number": 59, "exit": 0}, '"/"', [path()], []),
        ("no name in the log", {}, '"/"', [path("(null)")], []),
        ("an empty name", {"number": 304, "a0": "4"}, '"/"', [path('""')], []),
        ("no PATH in the log", {}, '"/"', [], []),
        ("a descriptor that is no number", {"a0": "x"}, '"/home"', [path('"a"')], [b"a"]),
    )

    def test_opened(self):
        for why, fields, cwd, paths, files in self.CASES:
            with self.subTest(why):
                lines = [syscall(**fields), record("CWD", f"cwd={cwd}"), *(record("PATH", p) for p in paths)]
                self.assertEqual(files, list(report_of(*lines).files))

    def test_without_working_directory(self):
        report = report_of(syscall(), record("PATH", path('"a"')))
        self.assertEqual({b"a": 1}, report.files)

    def test_a_file_without_name_is_told_of(self):
        self.assertEqual(1, report_of(syscall(), record("PATH", path("(null)"))).gaps["path"])
        self.assertEqual(1, report_of(syscall()).gaps["path"])

    def uring(self, op: int, serial: int, success: str = "yes", items: int = 1) -> str:
        ids = "ppid=10 pid=1234 uid=33 gid=33 euid=33"
        return record("URINGOP", f"uring_op={op} success={success} exit=0 items={items} {ids} key=(null)", serial)

    def test_io_uring(self):
        enter = {"number": 426, "a0": "4"}
        cases = (
            ("openat", [self.uring(18, 1)], [path()], {b"/etc/passwd": 1}),
            ("openat2", [self.uring(28, 1)], [path()], {b"/etc/passwd": 1}),
            ("relative: its directory is not in the log", [self.uring(18, 1)], [path('"x"')], {b"x": 1}),
            ("failed", [self.uring(18, 1, "no")], [path()], {}),
            ("another operation", [self.uring(36, 1)], [path()], {}),
            (
                "two in one call, and something else",
                [self.uring(18, 1), self.uring(36, 1, items=2), self.uring(18, 1, items=4)],
                [path('"/a"'), path('"/b"', item=1), path('"/c"', "PARENT", 2), path('"/c/d"', "CREATE", 3)],
                {b"/a": 1, b"/c/d": 1},
            ),
            (
                "two in one call, names in reverse",
                [self.uring(18, 1), self.uring(36, 1, items=2), self.uring(18, 1, items=3)],
                [path('"/c"', item=2), path('"/b"', item=1), path('"/a"')],
                {b"/a": 1, b"/c": 1},
            ),
        )
        for why, operations, paths, files in cases:
            rest = [record("CWD", 'cwd="/home"'), *(record("PATH", p) for p in paths)]
            for success in ("yes", "no"):  # the call may fail, in its wait, where the operation did not
                with self.subTest(why, success=success):
                    report = report_of(*operations, syscall(success=success, **enter), *rest, selection=USER)
                    self.assertEqual(({"io_uring_enter": 1}, files), (calls(report), dict(report.files)))

    def test_io_uring_logged_twice(self):
        lines = [self.uring(18, 1), syscall(number=426), record("CWD", 'cwd="/"'), record("PATH", path())]
        report = report_of(*(line for line in lines for _ in range(2)))
        self.assertEqual(({b"/etc/passwd": 1}, 0), (report.files, report.gaps["path"]))

    def test_io_uring_by_the_kernels_own_thread(self):
        """Such an event has no SYSCALL record, so no login uid, but a pid and a uid."""
        lines = [self.uring(18, 1), record("CWD", 'cwd="/"'), record("PATH", path())]
        files = {b"/etc/passwd": 1}
        for selection, expected in (
            (Selection(pid=(1234,)), files),
            (Selection(uid=(33,), uid_field="uid"), files),
            (Selection(), files),
            (USER, {}),
            (Selection(pid=(1,)), {}),
            (Selection(since=1476975709), files),
            (Selection(since=1476975710), {}),
            (Selection(exe=("/usr/bin/cat",)), {}),
        ):
            with self.subTest(selection):
                report = report_of(*lines, selection=selection)
                self.assertEqual((expected, bool(expected)), (report.files, report.matched_events))
                self.assertFalse(report.gaps["command"], "nothing was executed")


class ExecutedTest(unittest.TestCase):
    def commands(self, *lines: str) -> dict:
        return dict(report_of(*lines).commands)

    def test_argv(self):
        self.assertEqual({(b"ls", b"a b"): 1}, self.commands(*executed('"ls"', "612062")))

    def test_how_often(self):
        lines = [*executed('"ls"'), *executed('"ls"', serial=2), *executed('"w"', serial=3)]
        self.assertEqual({(b"ls",): 2, (b"w",): 1}, self.commands(*lines))

    def test_without_any_record_of_what_it_was(self):
        nameless = [syscall(i, number=59, exit=0, exe="?").replace('exe="?"', "exe=?") for i in range(2)]
        report = report_of(*nameless)
        self.assertEqual(({}, {"command": 2}), (report.commands, report.gaps))

    def test_execveat(self):
        self.assertEqual({(b"ls",): 1}, self.commands(*executed('"ls"', number=322)))

    def test_without_execve_record_the_program(self):
        report = report_of(syscall(number=59, exit=0))
        self.assertEqual({(b"/usr/bin/cat",): 1}, report.commands)
        self.assertEqual(0, report.gaps["argv"], "the rules left it out: that is not a cut")

    def test_failed_is_not_executed(self):
        self.assertEqual({}, self.commands(syscall(number=59, success="no", exit=-2), record("PATH", path())))

    def test_cut_is_told_of(self):
        lines = executed('"ls"', '"a"')
        lines[1] = lines[1].replace("argc=2", "argc=5")
        again = [line.replace(":1): ", ":2): ") for line in lines]
        self.assertEqual(2, report_of(*lines, *again).gaps["argv"])
        report = report_of(syscall(number=59, exit=0), record("EXECVE", "argc=5"))
        self.assertEqual(({(b"/usr/bin/cat",): 1}, 1), (report.commands, report.gaps["argv"]))

    def test_dozens_of_records(self):
        fragments = [f"a1[{i}]={b'x'.hex() * 100}" for i in range(60)]
        lines = [syscall(number=59, exit=0), record("EXECVE", f'argc=3 a0="x" a1_len=12000 {fragments[0]}')]
        lines += [record("EXECVE", " " + fragment) for fragment in fragments[1:]] + [record("EXECVE", ' a2="end"')]
        expected = {(b"x", b"x" * 6000, b"end"): 1}
        self.assertEqual(expected, self.commands(*lines))
        random.Random(1).shuffle(lines)
        self.assertEqual(expected, self.commands(*lines))

    def test_an_argv_as_long_as_the_kernel_allows(self):
        """Longer than the span after which an event without records is closed."""
        words = [f"a{i}={'79' * 5000}" for i in range(1200)]
        lines = [syscall(number=59, exit=0), record("EXECVE", f"argc=1200 {words[0]}")]
        lines += [record("EXECVE", f" {word}") for word in words[1:]]
        report = report_of(*lines)
        self.assertEqual({(b"y" * 5000,) * 1200: 1}, report.commands)
        self.assertFalse(report.gaps["argv"])

    def test_an_endless_argv_is_cut(self):
        """No log can make the script keep more than the kernel can have logged."""
        words = [f'a{i}="{"y" * 100000}"' for i in range(220)]
        lines = [syscall(number=59, exit=0), record("EXECVE", f"argc=220 {words[0]}")]
        report = report_of(*lines, *(record("EXECVE", f" {word}") for word in words[1:]))
        self.assertEqual((1, 1), (len(report.commands), report.gaps["argv"]))

    def test_an_absurd_number_of_arguments(self):
        """No kernel writes that; what is damaged so is told of, and the rest of the log is read."""
        lines = executed('"ls"', serial=1)
        lines[1] = lines[1].replace("argc=1", "argc=" + "9" * 5000)
        report = report_of(*lines, *executed('"ls"', serial=2))
        self.assertEqual(({(b"ls",): 2}, 1), (report.commands, report.gaps["argv"]))

    def test_execve_without_syscall(self):
        """The kernel writes EXECVE only of what worked; who did it is known only of everybody."""
        lines = executed('"ls"')[1:]
        self.assertEqual({(b"ls",): 1}, self.commands(*lines))
        report = report_of(*lines, selection=USER)
        self.assertEqual(({}, 1, 0), (report.commands, report.gaps["orphan"], report.matched_events))
        report = report_of(*lines, *executed('"ls"', serial=2)[1:])
        self.assertEqual((2, 2), (report.gaps["orphan"], report.matched_events))


class GroupingTest(unittest.TestCase):
    """However the records lie, the report is the same."""

    EVENTS = [
        *(opened(f'"/tmp/{i}"', serial=i) for i in range(1, 9)),
        *(opened(f'"/other/{i}"', serial=i, auid=7006) for i in range(20, 24)),
        *(executed('"ls"', f'"{i}"', serial=i) for i in range(30, 34)),
    ]
    FILES = {b"/tmp/%d" % i: 1 for i in range(1, 9)}
    COMMANDS = {(b"ls", b"%d" % i): 1 for i in range(30, 34)}

    def check(self, lines: list, **options: object) -> None:
        report = report_of(*lines, selection=USER, **options)
        self.assertEqual(
            ({"openat": 8, "execve": 4}, self.FILES, self.COMMANDS, 16, 12),
            (calls(report), dict(report.files), dict(report.commands), report.events, report.matched_events),
        )

    def test_what_is_no_record_is_left_out(self):
        lines = [b"junk", opened()[0].encode()]
        self.assertEqual(["SYSCALL"], list(Event.parse(b"1476975709.442:1", lines).records))

    def test_the_event_has_their_id(self):
        event = Event.parse(b"web1 1476975709.442:7", [])
        self.assertEqual(("web1", 1476975709, 442, 7), event.event_id)

    def test_in_order(self):
        self.check([line for event in self.EVENTS for line in event])

    def test_in_reverse_as_ausearch_prints_them(self):
        self.check([line for event in self.EVENTS for line in ["----\n", "time->Thu Oct 20 2016\n", *event[::-1]]])

    def test_interleaved(self):
        longest = max(map(len, self.EVENTS))
        self.check([event[i] for i in range(longest) for event in self.EVENTS if i < len(event)])

    def test_at_the_same_time_on_other_processors(self):
        """What others logged in between does not make it slow: that is most of a burst on a large machine."""
        for node in ("", "web1"):
            events = [opened(f'"/tmp/{i}"', serial=i, pid=i, node=node) for i in range(1, 5)]
            mixed = [line for lines in zip(*events) for line in lines]
            with self.subTest(node), mock.patch.object(auditloginfo.Collector, "take_line") as line_by_line:
                report = report_of(*mixed)
                self.assertEqual({b"/tmp/%d" % i: 1 for i in range(1, 5)}, report.files)
                self.assertEqual((4, 4, 16), (report.events, report.matched_events, report.lines))
                line_by_line.assert_not_called()

    def test_what_only_looks_so(self):
        """It is as if each line were looked at: of another node, once more, torn, unreadable, out of order."""
        one, two = opened('"/a"', serial=1), opened('"/b"', serial=2)
        for place in range(5):
            for name, lines in {
                "node": opened('"/c"', serial=1, node="web1"),
                "again": one,
                "torn": [one[0][:90] + "\n", one[2][:60] + "\n"],
                "unreadable": [
                    one[0].replace("syscall=257", "syscall=open"),
                    "junk audit(1476975709.442:1): a=1\n",
                ],
                "not from the kernel": [record("USER_CMD", "pid=1", serial=1), record("LOGIN", "pid=1", serial=1)],
                "before": [*one[::-1], record("SECCOMP", "arch=c000003e syscall=1 code=0x0", serial=1)],
            }.items():
                log = [line for pair in zip(one, two) for line in pair]
                log[2 * place : 2 * place] = lines
                with self.subTest(name, place=place):
                    self.assertEqual(*(vars(report_of(*log, block=block)) for block in (1, 1 << 18)))

    def test_shuffled(self):
        lines = [line for event in self.EVENTS for line in event]
        for seed in range(20):
            random.Random(seed).shuffle(lines)
            with self.subTest(seed):
                self.check(lines)

    def test_any_block_size(self):
        lines = [line for event in self.EVENTS for line in event]
        random.Random(3).shuffle(lines)
        for size in (1, 7, 100, 1000):
            with self.subTest(size):
                self.check(lines, block=size)

    def test_enriched_and_crlf(self):
        for end in (
            '\x1dARCH=x86_64 SYSCALL=open AUID="bob"\n',
            ' ARCH=x86_64 AUID="x"\n',
            "#035AUID=x\n",
            "\r\n",
        ):
            with self.subTest(end):
                self.check([line.replace("\n", end) for event in self.EVENTS for line in event])

    NUMBERS = {"SYSCALL": 1300, "PATH": 1302, "CWD": 1307, "EXECVE": 1309, "URINGOP": 1336, "OPENAT2": 1337}

    def test_types_by_number(self):
        """As the kernel writes them, and libaudits that are older than it."""
        for spelling in ("type={}", "type=UNKNOWN[{}]"):
            lines = [line for event in self.EVENTS for line in event]
            for name, number in self.NUMBERS.items():
                lines = [line.replace(f"type={name} ", spelling.format(number) + " ") for line in lines]
                record = parse_record((spelling.format(number) + " msg=audit(1.002:3): a=1").encode())
                self.assertEqual(name, record.type)
            with self.subTest(spelling):
                self.check(lines)

    def test_behind_a_prefix(self):
        for prefix in ("Apr 29 16:50:22 h audispd: ", "audit.log.1:"):
            with self.subTest(prefix):
                self.check([prefix + line for event in self.EVENTS for line in event])

    def test_records_logged_twice_count_once(self):
        """Where both the kernel and a daemon write to syslog."""
        prefix = "Apr 29 16:50:22 h audispd: "
        for first, second in (("", ""), ("", prefix), (prefix, prefix)):
            with self.subTest(first=first, second=second):
                self.check([who + line for event in self.EVENTS for line in event for who in (first, second)])

    def test_no_final_newline(self):
        lines = [line for event in self.EVENTS for line in event]
        self.check([*lines[:-1], lines[-1].rstrip("\n")])

    def test_closed_after_a_span_without_records(self):
        """The state is bounded: what comes much later is another event."""
        between = record("USER_CMD", "pid=1 msg='" + "x" * 1000 + "'", serial=99)
        head, *rest = opened(serial=1)
        near, far = [between] * 900, [between] * 2200
        self.assertEqual({b"/etc/passwd": 1}, report_of(head, *near, *rest).files)
        report = report_of(head, *far, *rest)
        self.assertEqual(({}, 1, 1), (report.files, report.gaps["path"], report.gaps["orphan"]))

    @mock.patch.object(auditloginfo, "EVENT_SPAN", 2000)
    def test_spans_do_not_depend_on_blocks(self):
        """They are counted from the log's first byte, and a line is of the span in which it begins."""
        between = record("USER_CMD", "pid=1", serial=99)
        head, *rest = opened(serial=1)
        for pad in range(2 * len(between)):
            first = record("USER_CMD", "pid=1" + " " * pad, serial=98)
            log = [first, head] + [between] * 72 + rest
            spans = (len("".join(log)) - len("".join(rest))) // 2000
            found = {b"/etc/passwd": 1} if spans < 2 else {}
            for block in (1, 500, 1999, 2000, 2001, 3000, 1 << 18):
                with self.subTest(pad=pad, block=block):
                    self.assertEqual(found, report_of(*log, block=block).files)

    def test_absurd_numbers(self):
        lines = [syscall(number="9" * 5000), syscall(2, pid="9" * 5000), syscall(3, a0="f" * 5000, number=3)]
        self.assertEqual(1, report_of(*lines).skipped_lines)

    def test_same_serial_elsewhere_is_another_event(self):
        cases = (("another time", {"time": "1476975709.443"}), ("another node", {"node": "web2"}))
        for why, other in cases:
            first, second = opened('"/a"', serial=5), opened('"/b"', serial=5, **other)
            lines = [line for pair in zip(first, second) for line in pair]
            with self.subTest(why):
                report = report_of(*lines)
                self.assertEqual(({b"/a": 1, b"/b": 1}, 2), (report.files, report.events))

    def test_times_that_run_backwards(self):
        lines = opened('"/a"', serial=4294967295, time="1476975710.001") + opened('"/b"', serial=1, time="99.002")
        report = report_of(*lines)
        self.assertEqual(
            ({b"/a": 1, b"/b": 1}, b"99.002", b"1476975710.001"), (report.files, report.first, report.last)
        )

    def test_first_and_last(self):
        """By time, however it is written; a host whose name has a dot where a time has it is not one."""
        plain = [syscall(1, time="1700000000.100"), syscall(3, time="1700000001.100")]
        for extra, first, last in (
            (syscall(2, time="1700000000.900", node="web-server.example"), b"1700000000.100", b"1700000001.100"),
            (syscall(2, time="1600000000.100", node="web-server.example"), b"1600000000.100", b"1700000001.100"),
            (syscall(2, time="1600000000.100", node="fe80::1"), b"1600000000.100", b"1700000001.100"),
            (syscall(2, time="1900000000.00"), b"1700000000.100", b"1900000000.00"),
            (syscall(2, time="1700000000.9"), b"1700000000.9", b"1700000001.100"),
        ):
            with self.subTest(extra[:60]):
                report = report_of(plain[0], extra, plain[1])
                self.assertEqual((first, last), (report.first, report.last))

    def test_user_space_records_pose_as_nothing(self):
        forged = record("USER_CMD", "pid=1 auid=7005 msg='arch=c000003e syscall=2 success=yes auid=7005 '", 1)
        report = report_of(forged, *opened(serial=2, auid=0), selection=USER)
        self.assertEqual((0, {}), (report.matched_events, report.files))

    def test_user_space_records_do_not_join_another_event(self):
        """Though they quote its id."""
        forged = record("USER_CMD", "pid=1 uid=0 msg='msg=audit(1476975709.442:1): item=0 name=\"/forged\"'", 2)
        lines = opened(serial=1)
        report = report_of(lines[0], forged, *lines[1:], forged.replace("USER_CMD", "PATH"))
        self.assertEqual(({b"/etc/passwd": 1}, 2), (report.files, report.events))

    def test_hex_that_spells_a_record(self):
        name = b"x\ntype=SYSCALL msg=audit(1.1:2): arch=c000003e syscall=2 success=yes auid=7005".hex().upper()
        report = report_of(*opened(name, serial=2), selection=USER)
        self.assertEqual(({"openat": 1}, 1), (calls(report), len(report.files)))

    def test_only_the_first_field_of_a_name_counts(self):
        """What stands behind the ids may hold text of a user's choice, as a security label."""
        line = syscall(auid=1).replace("subj=unconfined", "subj=x auid=7005 ")
        self.assertEqual(0, report_of(line, selection=USER).matched_events)


class CutTest(unittest.TestCase):
    """A last line cut anywhere gives nothing that the whole line would not have given."""

    def test_cut_anywhere(self):
        lines = (
            opened('"/etc/hosts"', serial=1) + executed('"ls"', "612062", serial=2) + opened(serial=3, number=2)
        )
        text = "".join(lines)
        starts = [len("".join(lines[:i])) for i in range(len(lines) + 1)]
        whole = report_of(text)
        for end in range(len(text)):
            with self.subTest(text[max(end - 60, 0) : end]):
                cut, begun = report_of(text[:end]), sum(start < end for start in starts)
                self.assertLessEqual(cut.lines, begun)
                self.assertLessEqual(calls(cut).items(), {**calls(whole), **calls(cut)}.items())
                self.assertLessEqual(set(calls(cut)), set(calls(whole)), "no call under a wrong number")
                self.assertLessEqual(set(cut.files), set(whole.files), "no part of a name")
                if not set(cut.commands) <= {*whole.commands, (b"/usr/bin/cat",)}:
                    self.assertEqual(1, cut.gaps["argv"])

    def test_what_stands_before_the_cut_is_kept(self):
        lines = opened("2F6161", serial=1)[:3]
        text = "".join(lines)
        for end in (text.index("inode="), text.index("ode="), text.index("7 dev=")):
            with self.subTest(text[end - 20 : end]):
                self.assertEqual({b"/aa": 1}, report_of(text[:end]).files)

    def test_what_is_kept_of_the_last_line(self):
        """All that is whole, and of an argument also a part, which tells more than none."""
        call = syscall(number=59, exit=0)
        for why, text, commands, cut in (
            ("no newline", call + record("EXECVE", 'argc=1 a0="ls"')[:-1], {(b"ls",): 1}, 0),
            ("no end", call + record("EXECVE", 'argc=2 a0="ls" a1=6120')[:-1], {(b"ls", b"a "): 1}, 1),
        ):
            with self.subTest(why):
                report = report_of(text)
                self.assertEqual((commands, cut), (report.commands, report.gaps["argv"]))
        self.assertEqual({"openat": 1}, calls(report_of(syscall().partition("es exit=")[0])))

    def test_a_record_cut_in_the_middle_of_the_log(self):
        cut = "type=SYSCALL msg=audit(1476975709.442:9): arch=c000003e sysca"
        report = report_of(cut + "\n", *opened(serial=2))
        self.assertEqual((1, "log:1", {"openat": 1}), (report.skipped_lines, report.first_skipped, calls(report)))

    def test_what_lacks_the_process(self):
        """What seccomp did has no other record that says whose it was; it counts by what there is."""
        report = report_of(record("SECCOMP", "auid=7005 uid=33 gid=33 ses=3"), selection=USER)
        self.assertEqual((1, 1), (report.events, report.matched_events))

    def test_the_longest_line(self):
        head = "type=USER_CMD msg=audit(1.1:1): "
        for size, events in ((auditloginfo.MAX_LINE, 3), (auditloginfo.MAX_LINE + 1, 2)):
            line = head + "a" * (size - len(head)) + "\n"
            for block in (1 << 16, 1 << 18, 1 << 22):
                with self.subTest(size=size, block=block):
                    report = report_of(*opened(serial=1), line, *opened(serial=2), block=block)
                    self.assertEqual((events, 3 - events), (report.events, report.skipped_lines))
                    last = report_of(*opened(serial=1), *opened(serial=2), line[:-1], block=block)
                    self.assertEqual((events, 3 - events), (last.events, last.skipped_lines), "without newline")

    def test_overlong_line(self):
        """One line, skipped, and no part of it taken for a record."""
        lines = opened(serial=1)
        giant = (
            "type=SYSCALL msg=audit(1.1:1): "
            + "a" * (auditloginfo.MAX_LINE * 2)
            + " type=CWD msg=audit(2.2:2): \n"
        )
        for block in (1000, 1 << 18, 1 << 22):
            with self.subTest(block):
                report = report_of(*lines, giant, *opened(serial=2), giant[:-1], block=block)
                self.assertEqual(
                    (10, 2, "log:5", 2), (report.lines, report.skipped_lines, report.first_skipped, report.events)
                )
