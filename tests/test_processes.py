"""What directory descriptors stand for, followed per process."""

import unittest
from unittest import mock

import auditloginfo
from auditloginfo import ARCHES, FEW_OPENS, Processes, Selection
from tests.logs import path, record, report_of, syscall

NUMBERS = {name: number for number, name in ARCHES[b"c000003e"][1].items()}
CLOEXEC = 0o2000000


class Log:
    """A log that is written call by call."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.serial = 0
        self.node = ""

    def call(self, name: str, result: int = 0, *arguments: int, pid: int = 5, ppid: int = 1, success: str = "yes"):
        """Write a call with some arguments."""
        self.serial += 1
        values = [*arguments, 0, 0, 0][:3]
        line = syscall(
            self.serial,
            time=f"1476975709.{self.serial:03}",
            node=self.node,
            number=NUMBERS[name],
            exit=result,
            pid=pid,
            success=success,
        )
        line = line.replace("ppid=10", f"ppid={ppid}")
        for i, value in enumerate(values):
            line = line.replace(f" a{i}={['ffffff9c', '7f', '0'][i]} ", f" a{i}={value & (2**64 - 1):x} ")
        self.lines.append(line)
        return self

    def records(self, *bodies: tuple[str, str]):
        where = {"time": f"1476975709.{self.serial:03}", "node": self.node}
        self.lines += [record(kind, body, self.serial, **where) for kind, body in bodies]
        return self

    def directory(self, name: str, result: int, at: int = -100, flags: int = 0, pid: int = 5, **options):
        """Write the open of a directory; where AT_FDCWD, the working directory is /cwd."""
        self.call("openat", result, at, 0, flags, pid=pid, **options)
        return self.records(("CWD", 'cwd="/cwd"'), ("PATH", path(f'"{name}"', mode="040755")))

    def file(self, name: str, at: int, pid: int = 5, call: str = "openat", result: int = 9, **options):
        """Write the open of a file."""
        self.call(call, result, at, pid=pid, **options)
        return self.records(("CWD", 'cwd="/cwd"'), ("PATH", path(f'"{name}"')))

    def followed(self) -> Processes:
        """Return what is known of processes at the end."""
        collector = auditloginfo.Collector(Selection(), auditloginfo.DEFAULT_SECTIONS)
        collector.feed("".join(self.lines).encode())
        collector.finish()
        return collector.follower.processes

    def opened(self, **selection) -> list[str]:
        """Return the files that were opened, without the directories."""
        files = report_of(*self.lines, selection=Selection(**selection)).files
        plainly = report_of(*(" " + line for line in self.lines), selection=Selection(**selection)).files
        assert files == plainly, f"{files} is not what lines of an unusual form give: {plainly}"
        return sorted(name.decode() for name in files if name not in (b"/d", b"/e", b"/d/sub", b"/cwd/d"))


def log() -> Log:
    return Log()


class DescriptorsTest(unittest.TestCase):
    OPEN = log().directory("/d", 3)
    CASES = (
        # why, log, opened files
        ("a directory's own open", log().directory("/d", 3).file("f", 3), ["/d/f"]),
        ("relative to the working directory", log().directory("d", 3).file("f", 3), ["/cwd/d/f"]),
        ("a descriptor of two digits", log().directory("/d", 26).file("f", 26), ["/d/f"]),
        ("by its low 32 bits", log().directory("/d", 3).file("f", 2**32 + 3), ["/d/f"]),
        ("openat2", log().directory("/d", 3).file("f", 3, call="openat2"), ["/d/f"]),
        ("folded", log().directory("/d", 3).file("./x/..//../f", 3), ["/f"]),
        ("opened before the log began", log().file("f", 3), ["f"]),
        ("a directory in a directory", log().directory("/d", 3).directory("sub", 4, 3).file("f", 4), ["/d/sub/f"]),
        ("in an unknown one", log().directory("sub", 4, 3).file("f", 4), ["f", "sub"]),
        ("of another process", log().directory("/d", 3).file("f", 3, pid=6), ["f"]),
        ("of its parent, where no forks are recorded", log().directory("/d", 3).file("f", 3, pid=6, ppid=5), ["f"]),
        ("closed", log().directory("/d", 3).call("close", 0, 3).file("f", 3), ["f"]),
        ("another closed", log().directory("/d", 3).call("close", 0, 4).file("f", 3), ["/d/f"]),
        ("a close that failed", log().directory("/d", 3).call("close", -9, 3, success="no").file("f", 3), ["/d/f"]),
        ("reused", log().directory("/d", 3).call("close", 0, 3).directory("/e", 3).file("f", 3), ["/e/f"]),
        ("reused for a file", log().directory("/d", 3).file("x", -100, result=3).file("f", 3), ["/cwd/x", "f"]),
        ("dup", log().directory("/d", 3).call("dup", 7, 3).file("f", 7), ["/d/f"]),
        ("dup of what is no directory", log().directory("/d", 3).call("dup", 3, 8).file("f", 3), ["f"]),
        ("dup2", log().directory("/d", 3).call("dup2", 7, 3, 7).call("close", 0, 3).file("f", 7), ["/d/f"]),
        ("dup2 onto itself", log().directory("/d", 3).call("dup2", 3, 3, 3).file("f", 3), ["/d/f"]),
        ("dup2 has no flags", log().directory("/d", 3).call("dup2", 7, 3, 7, CLOEXEC).call("execve").file("f", 7), ["/d/f"]),
        ("dup3 without flags", log().directory("/d", 3).call("dup3", 7, 3, 7).call("execve").file("f", 7), ["/d/f"]),
        ("dup3", log().directory("/d", 3).call("dup3", 7, 3, 7, CLOEXEC).file("f", 7), ["/d/f"]),
        ("F_DUPFD", log().directory("/d", 3).call("fcntl", 7, 3, 0, 5).file("f", 7), ["/d/f"]),
        ("F_DUPFD_CLOEXEC", log().directory("/d", 3).call("fcntl", 7, 3, 1030, 5).file("f", 7), ["/d/f"]),
        ("F_GETFL", log().directory("/d", 3).call("fcntl", 7, 3, 3).file("f", 7), ["f"]),
        ("close_range", log().directory("/d", 3).call("close_range", 0, 3, 2**32 - 1).file("f", 3), ["f"]),
        ("close_range of one", log().directory("/d", 3).call("close_range", 0, 3, 3).file("f", 3), ["f"]),
        ("close_range above", log().directory("/d", 3).call("close_range", 0, 4, 2**32 - 1).file("f", 3), ["/d/f"]),
        (
            "close_range that only marks",
            log().directory("/d", 3).call("close_range", 0, 3, 9, 4).file("f", 3).call("execve").file("g", 3),
            ["/d/f", "g"],
        ),
        ("over exec", log().directory("/d", 3).call("execve").file("f", 3), ["/d/f"]),
        ("close-on-exec by openat", log().directory("/d", 3, flags=CLOEXEC).call("execve").file("f", 3), ["f"]),
        ("an exec that failed", log().directory("/d", 3, flags=CLOEXEC).call("execve", -2, success="no").file("f", 3), ["/d/f"]),
        ("close-on-exec by dup3", log().directory("/d", 3).call("dup3", 7, 3, 7, CLOEXEC).call("execve").file("f", 7), ["f"]),
        ("dup does not inherit it", log().directory("/d", 3, flags=CLOEXEC).call("dup", 7, 3).call("execve").file("f", 7), ["/d/f"]),
        ("F_DUPFD_CLOEXEC over exec", log().directory("/d", 3).call("fcntl", 7, 3, 1030).call("execve").file("f", 7), ["f"]),
        ("F_SETFD", log().directory("/d", 3).call("fcntl", 0, 3, 2, 1).call("execve").file("f", 3), ["f"]),
        ("F_SETFD to none", log().directory("/d", 3, flags=CLOEXEC).call("fcntl", 0, 3, 2, 0).call("execve").file("f", 3), ["/d/f"]),
        ("FIOCLEX", log().directory("/d", 3).call("ioctl", 0, 3, 0x5451).call("execve").file("f", 3), ["f"]),
        ("FIONCLEX", log().directory("/d", 3, flags=CLOEXEC).call("ioctl", 0, 3, 0x5450).call("execve").file("f", 3), ["/d/f"]),
        ("FIOCLEX of powerpc", log().directory("/d", 3).call("ioctl", 0, 3, 0x20006601).call("execve").file("f", 3), ["f"]),
        ("FIONCLEX of powerpc", log().directory("/d", 3, flags=CLOEXEC).call("ioctl", 0, 3, 0x20006602).call("execve").file("f", 3), ["/d/f"]),
        ("another ioctl", log().directory("/d", 3).call("ioctl", 0, 3, 0x5401).call("execve").file("f", 3), ["/d/f"]),
        ("an open that may have failed", log().directory("/d", 3, success="").file("f", 3), ["f"]),
        ("one without result", log().directory("/d", 1).directory("/e", 3, success="").file("f", 1), ["/d/f"]),
        ("a close that was interrupted closes", log().directory("/d", 3).call("close", -4, 3, success="no").file("f", 3), ["f"]),
        ("above what is followed", log().directory("/d", 3).call("dup", 2000, 3).file("f", 2000), ["/d/f"]),
        ("after the process ended", log().directory("/d", 3).call("exit_group", success="").file("f", 3), ["f"]),
    )  # fmt: skip

    def test_descriptors(self):
        for why, made, files in self.CASES:
            with self.subTest(why):
                self.assertEqual(files, made.opened())

    def test_close_on_exec_of_other_opens(self):
        for name, arguments, more in (
            ("open", (0, CLOEXEC), ()),
            ("open_by_handle_at", (4, 0, CLOEXEC), ()),
            ("open_by_handle_at", (4, 0, 0), ()),
            ("openat2", (-100,), (("OPENAT2", f"oflag=0{CLOEXEC | 0o200000:o} mode=00 resolve=0x0"),)),
            ("openat2", (-100,), (("OPENAT2", f"oflag=0{CLOEXEC:o} mode=00 resolve=0x0"),)),
            ("openat2", (-100,), (("OPENAT2", "oflag=00 mode=00 resolve=0x0"),)),
            ("openat2", (-100,), ()),
            ("open", (0, 0), ()),
        ):
            made = log().call(name, 3, *arguments).records(*more, ("PATH", path('"/d"', mode="040755")))
            made.call("execve").file("f", 3)
            closed = bool(more and "oflag=02" in more[0][1]) or CLOEXEC in arguments
            with self.subTest(name, more=more, arguments=arguments):
                self.assertEqual(["f" if closed else "/d/f"], made.opened())

    def test_rules_that_record_no_closes(self):
        """Then a number may stand for anything by now."""
        made = log().directory("/d", 3)
        for _ in range(20):
            made.file("/x", -100)
        self.assertEqual(["/x", "f"], made.file("f", 3).opened())
        self.assertEqual(["/d/f", "/x"], made.call("close", 0, 99).file("f", 3).opened()[:2])
        for others, name in ((FEW_OPENS - 1, "/d/f"), (FEW_OPENS, "f")):
            made = log().directory("/d", 3)
            for _ in range(others):
                made.file("/x", -100)
            self.assertEqual({"/x", name}, set(made.file("f", 3).opened()))

    def test_before_the_first_close(self):
        """So many opens, and no close yet: what was opened by a descriptor then is not known, later it is."""
        made = log().directory("/d", 3)
        for _ in range(FEW_OPENS + 2):
            made.directory("/x", 4)
        made.directory("sub", 6, at=3).call("close", 0, 9).call("fork", 7)
        made.file("f", 6, pid=7, ppid=5).file("g", 3, pid=7, ppid=5)
        self.assertEqual(["/d/g", "f"], made.opened(pid=(7,)))

    def test_whoever_is_selected(self):
        made = log().directory("/d", 3, pid=5).call("clone", 6, 0x1200011, pid=5).file("f", 3, pid=6, ppid=5)
        self.assertEqual(["/d/f"], made.opened(pid=(6,)))

    def test_openat2_that_takes_the_directory_for_the_root(self):
        for name, expected in (("/etc/x", "/d/etc/x"), ("../../x", "/d/x"), ("a/../b", "/d/b")):
            made = log().directory("/d", 3).call("openat2", 9, 3)
            made.records(("OPENAT2", "oflag=00 mode=00 resolve=0x10"), ("PATH", path(f'"{name}"')))
            with self.subTest(name):
                self.assertEqual([expected], made.opened())
        made = log().directory("/d", 3).call("openat2", 9, 3)
        made.records(("OPENAT2", "oflag=00 mode=00 resolve=0x4"), ("PATH", path('"../x"')))
        self.assertEqual(["/x"], made.opened(), "another flag, by which no link is followed")
        made = log().call("openat2", 9, 3).records(("OPENAT2", "oflag=00 mode=00 resolve=0x10"), ("PATH", path()))
        self.assertEqual(["/etc/passwd"], made.opened(), "as it was passed")

    def test_what_io_uring_opens_replaces_what_a_descriptor_was(self):
        made = log().directory("/d", 3).call("io_uring_enter", 1)
        operation = "uring_op=18 success=yes exit=3 items=1 ppid=1 pid=5 uid=33 key=(null)"
        made.records(("URINGOP", operation), ("PATH", path('"/e"', mode="040755")))
        self.assertEqual(["f"], made.file("f", 3).opened())

    def test_others_closes_prove_nothing(self):
        made = log().call("close", 0, 9, pid=77).directory("/d", 3)
        for _ in range(20):
            made.file("/x", -100)
        self.assertEqual(["/x", "f"], made.file("f", 3).opened())

    def test_state_is_bounded(self):
        made = log().directory("/d", 3).call("close", 0, 99)
        for descriptor in range(10, 3000):
            made.call("dup", descriptor, 3)
        self.assertEqual(["/d/f"], made.file("f", 500).opened())
        self.assertEqual(["/d/f", "g"], made.file("g", 2999).opened())
        for pid in range(1000, 1500):
            made.call("fork", pid)
        processes = made.followed()
        kept = sum(len(process.descriptors) for process in processes.processes.values())
        self.assertLess(kept, auditloginfo.MAX_INHERITED)
        self.assertIn("h", made.file("h", 500).opened(), "forgotten, so as it was passed")

    @mock.patch.object(auditloginfo, "MAX_PROCESSES", 20)
    def test_those_that_ended_are_forgotten(self):
        """A build makes processes by the million; who still runs is known all the time."""
        made = log().directory("/d", 3).call("close", 0, 99)
        for pid in range(1000, 1200):
            made.call("fork", pid).call("execve", pid=pid, ppid=5).call(
                "exit_group", -1, pid=pid, ppid=5, success=""
            )
        self.assertLessEqual(len(made.followed().processes), 20)
        self.assertEqual(["/d/f"], made.file("f", 3).opened())

    def test_whose_number_is_in_use_again(self):
        """Who ended is forgotten a while later, but not who has that number by then."""
        made = log().call("fork", 6).call("exit_group", pid=6, ppid=5, success="").call("fork", 6)
        made.directory("/d", 3, pid=6, ppid=5)
        collector = auditloginfo.Collector(Selection(), ("files",))
        collector.feed("".join(made.lines).encode())
        for _ in range(2):
            collector.add_step(b"", None)  # as Collector.mark() does
        made.lines.clear()
        collector.feed("".join(made.file("f", 3, pid=6, ppid=5).lines).encode())
        self.assertEqual({b"/d": 1, b"/d/f": 1}, collector.finish().files)

    @mock.patch.object(auditloginfo, "MAX_PROCESSES", 20)
    def test_execs_alone(self):
        """Rules for execve say neither what a process has open nor that it ended: then little is kept of it."""
        made = log().directory("/d", 3).call("execve", pid=6, ppid=5)
        for pid in range(1000, 1100):
            made.call("execve", pid=pid)
        self.assertLessEqual(len(made.followed().processes), 20)
        made.file("f", 3).directory("/e", 4).call("fork", 9).file("g", 4, pid=6, ppid=5).file(
            "h", 4, pid=9, ppid=5
        )
        self.assertEqual(["/d/f", "/e/h", "g"], made.opened(), "6 had not what its parent has now")
        made = log().call("execve", pid=1050).directory("/d", 3, pid=1050).call("fork", 9, pid=1050)
        self.assertEqual(["/d/f"], made.file("f", 3, pid=1050).opened(), "what comes after it is followed")
        family = Selection(pid=(1050,), children=True)
        made = log().call("execve", pid=1050).call("execve", pid=7, ppid=1050).call("execve", pid=8, ppid=7)
        self.assertEqual(3, report_of(*made.lines, selection=family).matched_events, "families are kept")

    @mock.patch.object(auditloginfo, "MAX_PROCESSES", 20)
    def test_families_are_kept(self):
        for rules in ("execve", "fork"):
            made = log().call(rules, 6).call(rules, 7, pid=6, ppid=5)
            for pid in range(1000, 1100):
                made.call("execve", pid=pid)
            made.call("execve", pid=7, ppid=6)
            with self.subTest(rules):
                found = report_of(*made.lines, selection=Selection(pid=(5,), children=True))
                self.assertEqual(3, found.matched_events)

    def test_who_was_whose_is_noted_where_that_is_shown(self):
        """Else a build would fill the memory."""
        made = log()
        for pid in range(100, 200):
            made.call("fork", pid).call("exit_group", pid=pid, ppid=5, success="")
        for sections, parents in ((("processes",), 100), (("files",), 0)):
            collector = auditloginfo.Collector(Selection(pid=(5,), children=True), sections)
            collector.feed("".join(made.lines).encode())
            collector.finish()
            self.assertEqual(parents, len(collector.follower.processes.parents))

    @mock.patch.object(auditloginfo, "MAX_PROCESSES", 20)
    def test_where_forks_are_logged(self):
        """Who did not end is known, so what a child has that makes a call before its parent's fork returns."""
        made = log().directory("/d", 3).call("close", 0, 99)
        for pid in range(1000, 1100):
            made.call("fork", pid).call("execve", pid=pid, ppid=5)
        made.file("f", 3, pid=1100, ppid=5).call("fork", 1100)
        self.assertEqual(["/d/f"], made.opened())

    def test_a_child_older_than_the_log(self):
        """It has not what its parent has now, which it is told from a new one by its number."""
        for host, expected in (("", ["/d/f", "f"]), ("web2", ["f", "g"])):
            made = log()
            made.node = host
            made.call("fork", 200, pid=9)
            made.node = ""
            made.directory("/d", 3).file("f", 3, pid=150, ppid=5)
            made.file("g" if host else "f", 3, pid=201, ppid=5)
            with self.subTest(host=host):
                self.assertEqual(expected, made.opened())

    def test_a_pid_again_under_a_parent_whose_fork_is_not_logged(self):
        """Its number does not tell that it is new: what that parent has it may have opened since."""
        made = (
            log()
            .call("getpid", pid=3)
            .call("fork", 6)
            .call("close", 0, 9, pid=6, ppid=5)
            .directory("/d", 3, pid=3)
        )
        self.assertEqual(["f"], made.file("f", 3, pid=6, ppid=3).opened())

    def test_children_made_at_once(self):
        """Of two forks on two processors the one with the higher number may be logged first."""
        made = log().directory("/d", 3).call("fork", 200, pid=9).call("fork", 202, pid=9)
        made.file("f", 3, pid=201, ppid=5).call("fork", 201)
        self.assertEqual(["/d/f"], made.opened())

    def test_what_has_no_name(self):
        """O_TMPFILE names the directory in which a file is that has none."""
        for flags, changes, gaps in ((0o20200002, {}, 1), (2, {("permissions", b"/d", None): 1}, 0)):
            made = log().call("close", 0, 99).call("openat", 4, -100, 0, flags)
            made.records(("CWD", 'cwd="/"'), ("PATH", path('"/d"', mode="0100600")))
            made.call("fchmod", 0, 4).records(("PATH", path("(null)", mode="0100600")))
            report = report_of(*made.lines, sections=("changes",))
            del report.changes["opened for writing", b"/d", None]
            with self.subTest(flags=flags):
                self.assertEqual((changes, gaps), (report.changes, report.gaps["change"]))

    def test_a_cut_record_is_not_followed(self):
        made = log().directory("/d", 3)
        made.lines.append(syscall(99, number=NUMBERS["close"], a0="3").partition(" ppid=")[0] + "\n")
        self.assertEqual(["/d/f"], made.file("f", 3).opened())


class InheritanceTest(unittest.TestCase):
    def test_forks(self):
        for name, flags in (("fork", 0), ("vfork", 0), ("clone", 0x1200011), ("clone3", 0x7FFF)):
            made = log().directory("/d", 3).call(name, 6, flags).file("f", 3, pid=6, ppid=5)
            with self.subTest(name):
                self.assertEqual(["/d/f"], made.opened())

    def test_adopted(self):
        """What it opened is its own, also where it got another parent shortly after."""
        made = log().call("fork", 6).call("close", 0, 9, pid=6, ppid=5).directory("/d", 3, pid=6, ppid=5)
        made.call("exit_group").file("f", 3, pid=6, ppid=1)
        self.assertEqual(["/d/f"], made.opened())

    def test_adopted_after_a_call_that_changes_nothing(self):
        """Its parent was killed, of which the log says nothing: by its first call it is known who made it."""
        made = log().directory("/d", 3).call("fork", 6).call("getpid", pid=6, ppid=5)
        self.assertEqual(["/d/f"], made.file("f", 3, pid=6, ppid=1).opened())
        made = log().directory("/d", 3).call("fork", 6).call("getpid", pid=6, ppid=5)
        made.call("exit_group", pid=6, ppid=5, success="").call("fork", 6).call("getpid", pid=6, ppid=5)
        self.assertEqual(
            ["/d/f"], made.file("f", 3, pid=6, ppid=1).opened(), "and who made the next with its number"
        )

    def test_an_exec_may_be_the_first_call(self):
        """Whose child a process is, and whether it is still the same, is known by its first call, whatever that is."""
        made = log().call("execve", pid=6, ppid=5).directory("/d", 3).call("fork", 8, pid=7)
        self.assertEqual(
            ["f"], made.file("f", 3, pid=6, ppid=5).opened(), "it has not what its parent opened later"
        )
        made = log().call("getpid").call("getpid", pid=6, ppid=5).directory("/d", 3).call("fork", 4, pid=3)
        self.assertEqual(["f"], made.file("f", 3, pid=6, ppid=5).opened(), "nor after a call that changes nothing")
        made = log().directory("/d", 3, pid=6, ppid=5).call("execve", pid=6, ppid=9).file("f", 3, pid=6, ppid=1)
        self.assertEqual(["f"], made.opened(), "another 6")
        made = log().call("execve").call("execve", pid=6, ppid=5).directory("/d", 3, pid=7, ppid=6)
        self.assertEqual(["/d/f"], made.file("f", 3, pid=7, ppid=5).opened(), "the same 7")

    def test_a_child_has_its_own(self):
        made = log().directory("/d", 3).call("fork", 6).call("close", 0, 3, pid=6).file("f", 3, pid=5)
        self.assertEqual(["/d/f"], made.opened())
        made = log().directory("/d", 3).call("fork", 6).call("close", 0, 3, pid=5).file("f", 3, pid=6, ppid=5)
        self.assertEqual(["/d/f"], made.opened())

    def test_what_a_child_closes_of_what_it_has_from_its_parent(self):
        """Also where closes are known to be recorded, so that those of nothing known are left out."""
        made = log().call("close", 0, 99).directory("/d", 3).call("fork", 6).call("close", 0, 3, pid=6, ppid=5)
        self.assertEqual(["f"], made.file("f", 3, pid=6, ppid=5).opened())

    def test_only_clone_has_flags(self):
        """What the others pass there is a pointer, or left over in the register."""
        for name in ("fork", "vfork", "clone3"):
            made = log().directory("/d", 3).call(name, 6, 0x400).call("close", 0, 3, pid=6).file("f", 3)
            with self.subTest(name):
                self.assertEqual(["/d/f"], made.opened())

    def test_the_signal_at_a_childs_end_is_no_flag(self):
        made = log().directory("/d", 3).call("clone", 6, 0x1200011).call("close", 0, 3)
        self.assertEqual(["/d/f"], made.file("f", 3, pid=6, ppid=5).opened())

    def test_unless_they_share_them(self):
        made = log().directory("/d", 3).call("clone", 6, 0x400).call("close", 0, 3, pid=5).file("f", 3, pid=6)
        self.assertEqual(["f"], made.opened())

    def test_until_they_no_longer_share_them(self):
        for name, arguments in (("unshare", (0x400,)), ("close_range", (90, 99, 2))):
            made = log().directory("/d", 3).call("clone", 6, 0x400).call(name, 0, *arguments, pid=6, ppid=5)
            made.call("close", 0, 3, pid=6, ppid=5).directory("/e", 3, pid=6, ppid=5).file("f", 3)
            with self.subTest(name):
                self.assertEqual(["/d/f"], made.opened())
        made = log().directory("/d", 3).call("clone", 6, 0x400).call("unshare", 0, 0x20000, pid=6, ppid=5)
        self.assertEqual(["f"], made.call("close", 0, 3, pid=6, ppid=5).file("f", 3).opened())
        made = log().directory("/d", 3).call("fork", 6).call("close_range", 0, 3, 9, 2, pid=6, ppid=5)
        self.assertEqual(["f"], made.file("f", 3, pid=6, ppid=5).opened(), "it closes these as well")

    def test_a_thread_that_leaves_the_table(self):
        """The log does not tell it from the others, so whose a number is cannot be known; exec ends them all."""
        leaves = {"unshare": (0x400,), "close_range": (90, 99, 2), "clone": (0x10000,)}
        for name, arguments in leaves.items():
            for maker, flags in (("clone", 0x10F00), ("clone3", 0)):
                made = log().call("fork", 6, pid=5).call("close", 0, 3, pid=6, ppid=5)
                made.call(maker, 7, flags, pid=6, ppid=5).directory("/d", 3, pid=6, ppid=5)
                made.file("e", 3, pid=6, ppid=5)
                made.call(name, 8, *arguments, pid=6, ppid=5).file("f", 3, pid=6, ppid=5)
                made.call("fork", 9, pid=6, ppid=5).file("g", 3, pid=9, ppid=6)
                made.call("execve", pid=6, ppid=5).file("h", 3, pid=6, ppid=5)
                made.directory("/i", 3, pid=6, ppid=5).file("j", 3, pid=6, ppid=5)
                with self.subTest(f"{name} after {maker}"):
                    self.assertEqual(["/d/e", "/i", "/i/j", "f", "g", "h"], made.opened())
        made = log().directory("/d", 3).call("unshare", 0, 0x400).file("f", 3)
        self.assertEqual(["f"], made.opened(), "it may have made threads before the log begins")
        made = log().call("fork", 6).call("clone", 7, 0x10F00, pid=6, ppid=5).call("execve", pid=6, ppid=5)
        made.directory("/d", 3, pid=6, ppid=5).call("unshare", 0, 0x400, pid=6, ppid=5).file("f", 3, pid=6, ppid=5)
        self.assertEqual(["/d/f"], made.opened())
        made = log().directory("/d", 3).call("clone", 7, 0x10F00).call("unshare", 0, 0x20000).file("f", 3)
        self.assertEqual(["/d/f"], made.opened())

    def test_a_thread_that_leaves_a_table_of_several_processes(self):
        """Whether the other process has what it opens then, the log does not say."""
        made = log().directory("/d", 3).directory("/e", 4).call("clone", 6, 0x411)
        made.call("clone", 7, 0x10B00, pid=6, ppid=5).call("dup2", 3, 4, 3, pid=6, ppid=5)
        self.assertEqual(["f"], made.file("f", 3).opened())

    @mock.patch.object(auditloginfo, "MAX_INHERITED", 1)
    def test_what_was_forgotten(self):
        """Where too much is known all is forgotten, but not whose descriptors nobody knows, nor who shares them."""
        made = log().directory("/d", 3).call("clone", 7, 0x10B00).directory("/e", 4).call("fork", 6)
        self.assertEqual(["f"], made.directory("/d", 3).file("f", 3).opened())
        made = log().directory("/d", 3).directory("/e", 4).call("clone", 6, 0x411).call("fork", 7)
        made.directory("/e", 3, pid=6, ppid=5).file("f", 3)
        self.assertEqual(["/e/f"], made.opened())

    def test_a_table_of_three(self):
        """The clone that made the third is logged when that has made a call."""
        made = log().directory("/d", 3).call("close", 0, 99).call("clone", 6, 0x411)
        made.call("close", 0, 98, pid=6, ppid=5).call("close", 0, 8, pid=7, ppid=5)
        entered = made.serial - 1
        made.call("clone", 7, 0x411)
        made.lines[-1] = made.lines[-1].replace(f"709.{made.serial:03}", f"709.{entered:03}")
        made.directory("/e", 3, pid=6, ppid=5).file("f", 3).file("g", 3, pid=7, ppid=5)
        self.assertEqual(["/e/f", "/e/g"], made.opened())

    def test_adopted_by_who_is_not_in_the_log(self):
        """Its parent was killed, by which no call tells; who adopts it is the parent's parent, a manager of sessions."""
        made = log().call("fork", 6, pid=5, ppid=4).directory("/d", 3, pid=6, ppid=5)
        made.call("close", 0, 99, pid=6, ppid=5).file("f", 3, pid=6, ppid=4)
        self.assertEqual(["/d/f"], made.opened())
        found = report_of(*made.lines, selection=Selection(pid=(5,), children=True))
        self.assertEqual(4, found.matched_events)
        made.file("g", 3, pid=6, ppid=1)
        self.assertEqual(["/d/f", "/d/g"], made.opened(), "or init, of whose it is no grandchild")

    def test_other_calls_on_what_they_share(self):
        """All that those do is followed who share descriptors, also what changes none."""
        made = log().directory("/d", 3).call("clone", 6, 0x400).call("ioctl", 0, 3, 0x5401).call("fcntl", 2, 3, 3)
        self.assertEqual(["/d/f"], made.file("f", 3).opened())
        made = log().directory("/d", 3, flags=CLOEXEC).call("clone", 6, 0x400).call("ioctl", 0, 3, 0x5401)
        self.assertEqual(["f"], made.call("execve").file("f", 3).opened(), "exec closes it all the same")

    def test_what_the_other_closes_that_holds_nothing_else(self):
        """Who shares descriptors may close what only the other one has opened."""
        made = log().call("close", 0, 99).call("clone", 6, 0x400).directory("/d", 3, pid=6, ppid=5)
        self.assertEqual(["f"], made.call("close", 0, 3).file("f", 3, pid=6, ppid=5).opened())

    def test_many_generations(self):
        """Of very old ancestors nothing is asked, though one may adopt a child."""
        made = log()
        for pid in range(100, 300):
            made.call("fork", pid + 1, pid=pid, ppid=pid - 1)
        made.directory("/d", 3, pid=300, ppid=299).file("f", 3, pid=300, ppid=280).file("g", 3, pid=300, ppid=101)
        self.assertEqual(["/d/f", "g"], made.opened())

    def test_s390_has_the_flags_elsewhere(self):
        made = log().directory("/d", 3).call("clone", 6, 0x400, 0x1200011).call("close", 0, 3, pid=6, ppid=5)
        made.file("f", 3)
        numbers = {name: number for number, name in ARCHES[b"80000016"][1].items()}
        for name in ("openat", "clone", "close"):
            old, new = f"c000003e syscall={NUMBERS[name]} ", f"80000016 syscall={numbers[name]} "
            made.lines = [line.replace(old, new) for line in made.lines]
        self.assertEqual(["/d/f"], made.opened())

    def test_a_pid_again_under_the_same_parent(self):
        """It is logged before its parent's fork is, which returns later."""
        made = log().call("fork", 6, pid=5).directory("/d", 3, pid=6, ppid=5)
        made.call("exit_group", pid=6, ppid=5, success="").file("f", 3, pid=6, ppid=5)
        self.assertEqual(["f"], made.opened())

    def test_a_shared_table_seen_before_the_clone(self):
        made = log().call("fork", 4, pid=9).directory("/d", 3).call("close", 0, 3, pid=6, ppid=5)
        entered = made.serial - 1
        made.directory("/e", 3, pid=6, ppid=5).call("clone", 6, 0x400)
        made.lines[-1] = made.lines[-1].replace(f"709.{made.serial:03}", f"709.{entered:03}")
        self.assertEqual(["/e/f"], made.file("f", 3).opened())
        made = (
            log()
            .call("fork", 4, pid=9)
            .directory("/d", 3)
            .call("close", 0, 3, pid=6, ppid=5)
            .call("clone", 6, 0x400)
        )
        made.lines[-1] = made.lines[-1].replace("709.004", "709.003")
        self.assertEqual(["f"], made.file("f", 3).opened(), "closed for both")

    def test_a_thread_is_no_process(self):
        """Its id may be a process's later on, which has nothing of it."""
        made = log().directory("/d", 3).call("clone", 6, 0x10000).file("f", 3, pid=6, ppid=1)
        self.assertEqual(["f"], made.opened())

    def test_a_child_that_runs_before_its_parents_fork_returns(self):
        made = log().call("fork", 4, pid=2).directory("/d", 3).file("f", 3, pid=6, ppid=5)
        entered = made.serial - 1  # the fork's time is when it was called, before all that
        made.call("fork", 6)
        made.lines[-1] = made.lines[-1].replace(f"709.{made.serial:03}", f"709.{entered:03}")
        made.call("close", 0, 3, pid=6, ppid=5).file("g", 3, pid=6, ppid=5)
        self.assertEqual(["/d/f", "g"], made.opened())

    def test_a_child_seen_before_the_first_fork_of_the_log(self):
        """Whether it is new is not known then, but by the fork; unless it did something to its descriptors."""
        for name, files in (("getpid", ["/d/f"]), ("fcntl", ["f"])):
            made = log().directory("/d", 3).call(name, 0, 3, 2, 1, pid=6, ppid=5).call("fork", 6)
            made.lines[-1] = made.lines[-1].replace("709.003", "709.002")
            with self.subTest(name):
                self.assertEqual(files, made.file("f", 3, pid=6, ppid=5).opened())

    def test_what_such_a_child_closes_later(self):
        """Of what its parent had opened by then: it has that too."""
        made = log().call("close", 0, 99).call("getpid", pid=6, ppid=5).directory("/d", 3).call("fork", 6)
        made.lines[-1] = made.lines[-1].replace("709.004", "709.002")
        made.call("close", 0, 99, pid=6, ppid=5).call("close", 0, 3, pid=6, ppid=5)
        self.assertEqual(["f"], made.file("f", 3, pid=6, ppid=5).opened())

    def test_what_such_a_child_opened_is_kept(self):
        """Also where that is all that it did: what it names by that later is its own."""
        made = log().directory("/d", 3).directory("/e", 4, pid=6, ppid=5).call("fork", 6)
        made.lines[-1] = made.lines[-1].replace("709.003", "709.002")
        self.assertEqual(["/e/f"], made.file("f", 4, pid=6, ppid=5).opened())

    def test_what_such_a_child_did_is_kept(self):
        for why, later in (("its parent's fork began before", 1), ("in the same millisecond", 2)):
            made = log().call("fork", 4, pid=9).directory("/d", 3).call("close", 0, 3, pid=6, ppid=5)
            made.call("fork", 6)
            made.lines[-1] = made.lines[-1].replace("709.004", f"709.{later + 1:03}")
            with self.subTest(why):
                self.assertEqual(["f"], made.file("f", 3, pid=6, ppid=5).opened())

    def test_the_same_number_at_once(self):
        made = log().call("close", 0, 99).call("exit_group", -1, success="").directory("/d", 3).file("f", 3)
        self.assertEqual(["/d/f"], made.opened())

    def test_before_its_parents_first_call(self):
        """Of a shell in a shell the first call that is logged may be the vfork, when its child has run a command."""
        made = log().directory("/d", 3).call("close", 0, 99).call("fork", 6).call("execve", pid=7, ppid=6)
        made.file("f", 3, pid=7, ppid=6).call("vfork", 7, pid=6, ppid=5)
        made.lines[-1] = made.lines[-1].replace("709.006", "709.004")
        made.file("g", 3, pid=7, ppid=6)
        self.assertEqual(["f", "g"], made.opened(), "what it has is not guessed")
        self.assertEqual(7, report_of(*made.lines, selection=Selection(pid=(5,), children=True)).matched_events)
        self.assertEqual(4, report_of(*made.lines, selection=Selection(pid=(6,), children=True)).matched_events)
        earlier = [line.replace("709.003", "709.005") for line in made.lines]
        family = Selection(pid=(5,), children=True)
        self.assertEqual(5, report_of(*earlier, selection=family).matched_events, "7 is older than the fork")
        for second, calls in (("709", 4), ("711", 3)):
            run = [*made.lines[:5], made.lines[5].replace("709.004", f"{second}.004")]
            self.assertEqual(calls, report_of(*run, selection=family).matched_events, "only shortly after")

    def test_a_container_has_the_numbers_parent(self):
        """The number that was returned there is another process here, whose child it was all the time."""
        made = log().call("clone", 300, 0x1200011).call("getpid", pid=301, ppid=300)
        made.call("fork", 301, pid=300, ppid=2).call("getpid", pid=301, ppid=300)
        made.lines[-2] = made.lines[-2].replace("709.003", "709.002").replace('exe="/usr/bin/cat"', 'exe="/x"')
        self.assertEqual(2, report_of(*made.lines, selection=Selection(exe=("/x",), children=True)).matched_events)

    def test_a_container_counts_from_one(self):
        """What fork returns there is another number than the host's, which may be another process's."""
        for ppid in (1, 2):
            made = log().call("getpid", pid=300, ppid=ppid).directory("/host", 5, pid=300, ppid=ppid)
            made.directory("/container", 5, pid=5000, ppid=4999).call("clone", 300, pid=5000, ppid=4999)
            made.file("f", 5, pid=300, ppid=ppid)
            with self.subTest(ppid):
                self.assertEqual(["/container", "/host", "/host/f"], made.opened())
                family = Selection(pid=(5000,), children=True)
                self.assertEqual(2, report_of(*made.lines, selection=family).matched_events)

    def test_threads_ids_are_forgotten(self):
        made = log()
        for thread in range(10000, 15000):
            made.call("clone3", thread)
        processes = made.followed()
        self.assertEqual((1, auditloginfo.MAX_UNBORN), (len(processes.processes), len(processes.unborn)))

    @mock.patch.object(auditloginfo, "MAX_UNBORN", 2)
    def test_the_oldest_are_forgotten_first(self):
        """A number that a fork returned again is no old one."""
        made = log().directory("/d", 3).call("fork", 6).call("fork", 900).call("fork", 6).call("fork", 901)
        self.assertEqual(["/d/f"], made.file("f", 3, pid=6, ppid=5).opened())

    def test_an_old_pid_again(self):
        """The process before it was killed: the log has no exit of it."""
        made = log().directory("/d", 3, pid=6).call("fork", 6, pid=5).file("f", 3, pid=6, ppid=5)
        self.assertEqual(["f"], made.opened())
        made = log().directory("/d", 3, pid=6).directory("/e", 3, pid=5).call("fork", 6, pid=5)
        self.assertEqual(["/e/f"], made.file("f", 3, pid=6, ppid=5).opened())
        made = log().directory("/d", 3, pid=6).call("fork", 6, pid=5).file("f", 3, pid=6, ppid=5)
        made.lines = [line.replace("709.001", "708.999") for line in made.lines]
        self.assertEqual(["f"], made.opened(), "also in an earlier second")
        made = log().directory("/d", 3).call("fork", 6).call("close", 0, 3).call("fork", 6)
        self.assertEqual(["f"], made.file("f", 3, pid=6, ppid=5).opened())

    def test_the_same_pid_on_another_host(self):
        made = log().directory("/d", 3)
        made.node = "web2"
        self.assertEqual(["f"], made.file("f", 3).opened())

    def test_over_a_fork_exec_and_dup(self):
        made = log().directory("/d", 3, flags=CLOEXEC).call("fork", 6).call("dup2", 7, 3, 7, pid=6, ppid=5)
        made.call("execve", pid=6, ppid=5).file("f", 7, pid=6, ppid=5).file("g", 3, pid=6, ppid=5)
        self.assertEqual(["/d/f", "g"], made.opened())
