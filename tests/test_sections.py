"""The further sections: what was changed, what failed, who was talked to, which processes ran."""

import json
import unittest

import auditloginfo
from auditloginfo import Selection, errno_name, socket_address
from tests.logs import executed, opened, path, record, report_of, run, syscall
from tests.test_processes import NUMBERS, Log

ALL = auditloginfo.ALL_SECTIONS


def rows(section: str, *lines: str, **selection: object) -> dict[str, int]:
    """Return the rows of a section of the report over a log."""
    report = report_of(*lines, selection=Selection(**selection), sections=ALL)
    return {row.text: row.frequency for row in auditloginfo.section_rows(report, section, None)}


class ChangesTest(unittest.TestCase):
    WRITE, READ, TRUNCATE = {"a2": 0o1}, {"a2": 0}, {"a2": 0o1001}
    CASES = (
        # why, call, arguments, PATH bodies, rows
        ("opened for reading", "openat", READ, [path('"/a"')], []),
        ("opened for writing", "openat", WRITE, [path('"/a"')], ["opened for writing /a"]),
        ("for both", "openat", {"a2": 0o2}, [path('"/a"')], ["opened for writing /a"]),
        ("by open, its flags elsewhere", "open", {"a1": 0o1}, [path('"/a"')], ["opened for writing /a"]),
        ("truncated by it", "openat", TRUNCATE, [path('"/a"')], ["truncated /a"]),
        ("created by it", "openat", {"a2": 0o101}, [path('"/"', "PARENT"), path('"/a"', "CREATE", 1)], ["created /a"]),
        ("O_CREAT, but it was there", "openat", {"a2": 0o101}, [path('"/"', "PARENT"), path('"/a"', item=1)], ["opened for writing /a"]),
        ("creat", "creat", {}, [path('"/a"')], ["truncated /a"]),
        ("a character device is no file", "openat", WRITE, [path('"/dev/null"', mode="020666")], []),
        ("a FIFO neither", "openat", WRITE, [path('"/f"', mode="010666")], []),
        ("a block device is", "openat", WRITE, [path('"/dev/sda"', mode="060660")], ["opened for writing /dev/sda"]),
        ("O_TMPFILE has no name", "openat", {"a2": 0o20200002}, [path('"/tmp"', mode="0100600")], []),
        ("mkdir", "mkdir", {}, [path('"/"', "PARENT"), path('"d"', "CREATE", 1)], ["created /home/u/d"]),
        ("unlink", "unlink", {}, [path('"/"', "PARENT"), path('"d"', "DELETE", 1)], ["removed /home/u/d"]),
        ("a socket", "bind", {}, [path('"/"', "PARENT"), path('"/s"', "CREATE", 1)], ["created /s"]),
        (
            "rename",
            "rename",
            {},
            [path('"/"', "PARENT"), path('"/"', "PARENT", 1), path('"/a"', "DELETE", 2), path('"/b"', "CREATE", 3)],
            ["renamed /a -> /b"],
        ),
        (
            "rename over another",
            "rename",
            {},
            [path('"/a"', "DELETE", 2), path('"/b"', "DELETE", 3), path('"/b"', "CREATE", 4)],
            ["renamed /a -> /b"],
        ),
        ("link", "link", {}, [path('"/a"'), path('"/b"', "CREATE", 1)], ["linked /b -> /a"]),
        ("symlink, its text as it is", "symlink", {}, [path('"../x"', "UNKNOWN"), path('"/b"', "CREATE", 1)], ["linked /b -> ../x"]),
        (
            "two exchanged",
            "renameat2",
            {"a2": 0xFFFFFF9C},
            [path('"/a"', "DELETE", 2), path('"/b"', "DELETE", 3), path('"/b"', "CREATE", 4), path('"/a"', "CREATE", 5)],
            ["renamed /a -> /b"],
        ),
        ("move_mount", "move_mount", {"a2": 0xFFFFFF9C}, [path('"/from"'), path('"/mnt"', item=1)], ["mounted /mnt"]),
        ("a link without the old name", "link", {}, [path('"/b"', "CREATE", 1)], ["linked /b"]),
        ("chmod", "chmod", {}, [path('"/a"')], ["permissions /a"]),
        ("setxattr", "setxattr", {}, [path('"/a"')], ["permissions /a"]),
        ("truncate", "truncate", {}, [path('"/a"')], ["truncated /a"]),
        ("mount", "mount", {}, [path('"/mnt"')], ["mounted /mnt"]),
        ("mount of a device", "mount", {}, [path('"/mnt"', mode="040755"), path('"/dev/sda1"', item=1, mode="060660")], ["mounted /mnt"]),
        ("umount", "umount2", {}, [path('"/mnt"')], ["unmounted /mnt"]),
        ("hostile names", "mkdir", {}, [path("610A62", "CREATE")], ["created $'/home/u/a\\nb'"]),
    )  # fmt: skip

    def event(self, call: str, arguments: dict, paths: list[str], success: str = "yes") -> list[str]:
        line = syscall(number=NUMBERS[call], success=success, exit=3 if success == "yes" else -13)
        for name, value in arguments.items():
            line = line.replace(f" {name}={'7f' if name == 'a1' else '0'} ", f" {name}={value:x} ")
        return [line, record("CWD", 'cwd="/home/u"'), *(record("PATH", body) for body in paths)]

    def test_changes(self):
        for why, call, arguments, paths, expected in self.CASES:
            with self.subTest(why):
                self.assertEqual(dict.fromkeys(expected, 1), rows("changes", *self.event(call, arguments, paths)))
                self.assertEqual({}, rows("changes", *self.event(call, arguments, paths, "no")), "it failed")

    def test_records_logged_twice_count_once(self):
        lines = self.event("unlink", {}, [path('"/"', "PARENT"), path('"/a"', "DELETE", 1)])
        self.assertEqual({"removed /a": 1}, rows("changes", *(line for line in lines for _ in range(2))))

    def test_by_descriptor(self):
        made = Log().call("openat", 4, -100).records(("CWD", 'cwd="/"'), ("PATH", path('"f"')))
        made.call("fchmod", 0, 4).records(("PATH", path("(null)")))
        made.call("ftruncate", 0, 4).call("dup", 7, 4).call("ftruncate", 0, 7).call("ftruncate", 0, 9)
        self.assertEqual({"permissions /f": 1, "truncated /f": 2}, rows("changes", *made.lines))

    def test_an_empty_name_is_the_descriptor_itself(self):
        made = Log().directory("/d", 3).call("fchownat", 0, 3).records(("PATH", path('""', mode="040755")))
        self.assertEqual({"permissions /d": 1}, rows("changes", *made.lines))

    def test_what_the_log_does_not_name_is_told_of(self):
        for name in ("mkdir", "rename", "link", "truncate", "chmod", "move_mount"):
            report = report_of(syscall(number=NUMBERS[name]), sections=ALL)
            with self.subTest(name):
                self.assertEqual({"change": 1}, report.gaps)
        self.assertFalse(
            report_of(syscall(number=NUMBERS["bind"]), sections=ALL).gaps, "an address that is no path"
        )

    def test_in_directories(self):
        made = Log().directory("/d", 3).directory("/e", 4)
        made.call("renameat", 0, 3, 0, 4).records(
            ("PATH", path('"a"', "DELETE")), ("PATH", path('"b"', "CREATE", 1))
        )
        made.call("symlinkat", 0, 0, 4).records(
            ("PATH", path('"t"', "UNKNOWN")), ("PATH", path('"s"', "CREATE", 1))
        )
        made.call("linkat", 0, 3, 0, 4).records(("PATH", path('"a"')), ("PATH", path('"l"', "CREATE", 1)))
        made.call("unlinkat", 0, 4).records(("PATH", path('"x"', "DELETE")))
        expected = ["renamed /d/a -> /e/b", "linked /e/s -> t", "linked /e/l -> /d/a", "removed /e/x"]
        self.assertEqual(dict.fromkeys(expected, 1), rows("changes", *made.lines))

    def test_openat2_has_its_flags_in_a_record(self):
        lines = [syscall(number=437), record("OPENAT2", "oflag=01001 mode=00 resolve=0x0"), record("PATH", path())]
        self.assertEqual({"truncated /etc/passwd": 1}, rows("changes", *lines))

    def test_io_uring(self):
        ids = "ppid=10 pid=1234 uid=33 key=(null)"
        lines = [
            record("URINGOP", f"uring_op=36 success=yes exit=0 items=1 {ids}"),
            record("URINGOP", f"uring_op=37 success=no exit=-11 items=2 {ids}"),
            record("URINGOP", f"uring_op=37 success=no exit=-17 items=3 {ids}"),
            syscall(number=426),
            record("PATH", path('"/a"', "DELETE")),
            record("PATH", path('"/b"', "PARENT", 1)),
            record("PATH", path('"/b"', item=2)),
        ]
        self.assertEqual({"removed /a": 1}, rows("changes", *lines))
        self.assertEqual({"removed /a": 1}, rows("changes", *lines[::-1]))
        self.assertEqual({"removed /a": 1}, rows("changes", *(line for line in lines for _ in range(2))))
        expected = {"mkdirat /b EEXIST": 1}  # EAGAIN only says that the kernel's own thread tries again
        self.assertEqual(expected, rows("failures", *lines))

    def test_json(self):
        lines = self.event("rename", {}, [path('"/a"', "DELETE"), path('"/b"', "CREATE", 1)])
        report = report_of(*lines, sections=ALL)
        (row,) = auditloginfo.counted_rows(report, "changes")
        self.assertEqual({"action": "renamed", "path": "/a", "to": "/b"}, row.fields)


class FailuresTest(unittest.TestCase):
    def failed(self, number: int, code: int, *records: tuple[str, str], **fields: object) -> dict[str, int]:
        line = syscall(number=number, success="no", exit=code, **fields)
        return rows("failures", line, *(record(*body) for body in records))

    def test_target(self):
        cwd = ("CWD", 'cwd="/home/u"')
        for why, number, code, records, fields, row in (
            ("no target", 16, -25, [], {}, "ioctl ENOTTY"),
            ("a path", 257, -13, [("PATH", path('"/etc/shadow"'))], {}, "openat /etc/shadow EACCES"),
            ("not found", 257, -2, [cwd, ("PATH", path('"x"', "UNKNOWN"))], {}, "openat /home/u/x ENOENT"),
            ("a program", 59, -2, [("PATH", path('"/bin/x"', "UNKNOWN"))], {"a0": "55"}, "execve /bin/x ENOENT"),
            ("an unknown directory", 257, -2, [cwd, ("PATH", path('"x"'))], {"a0": "3"}, "openat x ENOENT"),
            ("only its directory", 87, -2, [cwd, ("PATH", path('"d/"', "PARENT"))], {}, "unlink /home/u/d/ ENOENT"),
            ("or that of a descriptor: unknown", 263, -2, [cwd, ("PATH", path('"/home/u"', "PARENT"))], {"a0": "3"}, "unlinkat ENOENT"),
            ("an address", 42, -111, [("SOCKADDR", "saddr=020000097F0000010000000000000000")], {}, "connect 127.0.0.1:9 ECONNREFUSED"),
            ("interrupted", 61, -4, [], {}, "wait4 EINTR"),
            ("a hostile name", 257, -2, [("PATH", path("2F0A"))], {}, "openat $'/\\n' ENOENT"),
            ("relative to what is not logged", 240, -13, [cwd, ("PATH", path('"queue"'))], {}, "mq_open queue EACCES"),
            ("an address in IPv6", 42, -111, [("SOCKADDR", "saddr=" + NetworkTest.V6)], {}, "connect [::1]:80 ECONNREFUSED"),
            ("an errno without name", 0, -512, [], {}, "read errno=512"),
            ("a damaged exit", 0, "x", [], {}, "read unknown error"),
        ):  # fmt: skip
            with self.subTest(why):
                self.assertEqual({row: 1}, self.failed(number, code, *records, **fields))

    def test_other_architectures_are_named(self):
        lines = [syscall(i, number=0) for i in range(3)]
        lines.append(syscall(9, arch="40000003", number=3, success="no", exit=-9))
        self.assertEqual({"read (i386) EBADF": 1}, rows("failures", *lines))

    def test_in_a_directory(self):
        made = Log().directory("/d", 3).call("unlinkat", -2, 3, success="no")
        made.records(("CWD", 'cwd="/cwd"'), ("PATH", path('"/cwd"', "PARENT")))
        self.assertEqual({"unlinkat /d/ ENOENT": 1}, rows("failures", *made.lines))

    def test_by_descriptor(self):
        made = Log().directory("/d", 3).call("ftruncate", -22, 3, success="no")
        self.assertEqual({"ftruncate /d EINVAL": 1}, rows("failures", *made.lines))

    def test_errno_is_that_of_the_log(self):
        for arch, code, name in (
            ("x86_64", b"-35", "EDEADLK"),
            ("ppc64le", b"-58", "EDEADLOCK"),
            ("x86_64", b"-58", "errno=58"),
            ("s390x", b"-133", "EHWPOISON"),
            ("40000008", b"-35", "errno=35"),  # MIPS has others
            ("", b"-13", "EACCES"),  # an io_uring operation of the kernel's own thread
        ):
            with self.subTest(arch, code=code):
                self.assertEqual(name, errno_name(arch, code))

    SECCOMP = "auid=7005 uid=33 gid=33 ses=3 pid=1234 comm=x exe=/x sig=31 arch=c000003e syscall=101 compat=0 ip=0x7f code="

    def test_seccomp(self):
        for why, lines, expected in (
            ("alone", [record("SECCOMP", self.SECCOMP + "0x80000000")], 1),
            ("the thread only", [record("SECCOMP", self.SECCOMP + "0x0")], 1),
            ("with the call, counted once", [record("SECCOMP", self.SECCOMP + "0x80000000"), syscall(number=101, success="no", exit=-1)], 1),
            ("with the call that does not return", [record("SECCOMP", self.SECCOMP + "0x0"), syscall(number=101, success="")], 1),
            ("logged only", [record("SECCOMP", self.SECCOMP + "0x7ffc0000")], 0),
        ):  # fmt: skip
            with self.subTest(why):
                self.assertEqual(
                    {"ptrace killed by seccomp": 1} if expected else {}, rows("failures", *lines, uid=(7005,))
                )
                self.assertEqual({}, rows("failures", *lines, uid=(1,)))

    def test_no_token_is_printed_that_is_not_one(self):
        """Wherever a damaged or hostile line has something else in place of an architecture or a call."""
        ids = "ppid=10 pid=5 auid=7005 uid=33 euid=33"
        seccomp = "auid=7005 pid=5 sig=31 arch={} syscall={} code=0x80000000"
        for body in (
            f"arch=\x1b[31m arch=c000003e syscall=1 success=no exit=-13 a0=1 a1=2 a2=3 a3=4 {ids} key=(null)",
            f"syscall={'1' * 5000} arch=c000003e syscall=1 success=no exit=-13 a0=1 a1=2 a2=3 a3=4 {ids} key=(null)",
            f'arch=deadbeef syscall=1 success=no exit=-13 a0=1 a1=2 a2=3 a3=4 {ids} key=(null)\x1dSYSCALL="\x1b[31m"',
            f"arch=deadbeef syscall=1 success=no exit=-13 a0=1 a1=2 a2=3 a3=4 {ids} key=(null)\x1dSYSCALL={'9' * 5000}",
        ):
            with self.subTest(body[:30]):
                (row,) = rows("failures", record("SYSCALL", body))
                self.assertIn(row, ("write EACCES", "unknown-syscall(1) errno=13"))
        for tokens in (("\x1b[31m", "101"), ("c000003e", "\x1b[2Jx"), ("c000003e", "9" * 5000)):
            self.assertEqual({}, rows("failures", record("SECCOMP", seccomp.format(*tokens))))

    def test_seccomp_that_made_it_fail(self):
        lines = [record("SECCOMP", self.SECCOMP + "0x50001"), syscall(number=101, success="no", exit=-1)]
        self.assertEqual({"ptrace EPERM": 1}, rows("failures", *lines))


class NetworkTest(unittest.TestCase):
    V6 = "0A000050" + "00000000" + "0" * 30 + "01"
    CASES = (
        # why, saddr in hex, little endian, text
        ("IPv4", "020000097F0000010000000000000000", True, "127.0.0.1:9"),
        ("IPv4, big endian", "000200507F000001", False, "127.0.0.1:80"),
        ("IPv4 of the least length", "020000097F000001", True, "127.0.0.1:9"),
        ("IPv4 cut in the address", "020000097F00", True, "inet port 9"),
        ("IPv4 cut behind the port", "02000009", True, "inet port 9"),
        ("IPv4 cut in the port", "020000", True, "inet"),
        ("IPv6", V6 + "00000000", True, "[::1]:80"),
        ("IPv6 without scope", V6, True, "[::1]:80"),
        ("IPv6 with scope", V6 + "02000000", True, "[::1%2]:80"),
        ("IPv4 in IPv6", "0A000050" + "00000000" + "0" * 20 + "FFFF7F000001", True, "[::ffff:127.0.0.1]:80"),
        ("IPv6 cut", V6[:-2], True, "inet6 port 80"),
        ("a path ends at NUL, the rest is garbage", "01002F61006262", True, "unix:/a"),
        ("a path without NUL", "01002F61", True, "unix:/a"),
        ("an abstract name", "010000616263", True, "unix:@abc"),
        ("an abstract name in a whole structure", "010000610000", True, "unix:@a"),
        ("an unnamed one", "0100", True, "unix:"),
        ("an unnamed one in a whole structure", "01000000", True, "unix:"),
        ("netlink", "100000000000000000000000", True, "netlink"),
        ("another family", "11000800", True, "packet"),
        ("an unknown family", "FFEE", True, "family 61183"),
        ("one byte", "02", True, "inet"),
    )

    def test_address(self):
        for why, saddr, little_endian, text in self.CASES:
            with self.subTest(why):
                self.assertEqual(text, socket_address(bytes.fromhex(saddr), little_endian))

    def test_rows(self):
        inet = ("SOCKADDR", "saddr=020000097F000001")
        for why, line, records, row in (
            ("connect", syscall(number=42, success="no", exit=-111), [inet], "connect 127.0.0.1:9 ECONNREFUSED"),
            ("bind", syscall(number=49), [inet], "bind 127.0.0.1:9"),
            ("accept", syscall(number=288), [inet], "accept4 127.0.0.1:9"),
            ("sendto", syscall(number=44), [inet], "sendto 127.0.0.1:9"),
            ("no address", syscall(number=44), [], None),
            ("no network call", syscall(number=0), [inet], None),
            ("socketcall", syscall(arch="40000003", number=102, a0="3"), [inet], "connect 127.0.0.1:9"),
            ("socketcall that has no address", syscall(arch="40000003", number=102, a0="1"), [inet], None),
            ("big endian", syscall(arch="80000015", number=328), [("SOCKADDR", "saddr=000200507F000001")], "connect 127.0.0.1:80"),
            ("a hostile path", syscall(number=42), [("SOCKADDR", "saddr=01002F0A1B")], "connect $'unix:/\\n\\x1b'"),
            ("no hex at all", syscall(number=42), [("SOCKADDR", "saddr=zz")], None),
            ("an unknown family", syscall(number=42), [("SOCKADDR", "saddr=FFEE")], "connect family 61183"),
            ("a path that looks abstract", syscall(number=42), [("SOCKADDR", "saddr=01004078")], "connect unix:./@x"),
        ):  # fmt: skip
            with self.subTest(why):
                found = rows("network", line, *(record(*body) for body in records))
                self.assertEqual({row: 1} if row else {}, found)

    def test_what_io_urings_own_thread_accepts(self):
        """Its record does not say of which program: for a profile a socket of none is of no use."""
        operation = "uring_op=13 success=yes exit=5 items=0 ppid=1 pid=5 uid=33 gid=33 euid=33 key=(null)"
        lines = record("URINGOP", operation), record("SOCKADDR", "saddr=020000097F000001")
        report = report_of(*lines, sections=("sockets",))
        self.assertEqual((1, {}), (report.matched_events, report.sockets))

    def test_json(self):
        report = report_of(syscall(number=42), record("SOCKADDR", "saddr=0100002F"), sections=ALL)
        (row,) = auditloginfo.counted_rows(report, "network")
        self.assertEqual({"call": "connect", "address": "unix:@/", "error": None}, row.fields)


class FamilyTest(unittest.TestCase):
    def family(self, made: Log, pid: int = 5, **selection: object) -> list[int]:
        """Return the processes that a selection with --children reports on."""
        given = {"children": True, **(selection or {"pid": (pid,)})}
        report = report_of(*made.lines, selection=Selection(**given), sections=ALL)
        return sorted({ran.pid for ran in report.processes.values()})

    def test_descendants(self):
        made = Log().call("fork", 6, pid=5).call("fork", 7, pid=6, ppid=5).call("getpid", pid=7, ppid=6)
        made.call("getpid", pid=8, ppid=1)
        self.assertEqual([5, 6, 7], self.family(made))
        self.assertEqual([6, 7], self.family(made, 6))

    def test_whatever_uid_they_switched_to(self):
        made = Log().call("fork", 6, pid=5).call("getpid", pid=6, ppid=5)
        made.lines[-1] = made.lines[-1].replace("auid=7005 uid=33", "auid=1 uid=0")
        self.assertEqual([5, 6], self.family(made, uid=(7005,), pid=(5,)))

    def test_log_that_begins_in_the_middle(self):
        """The parent's pid is all there is."""
        made = Log().call("getpid", pid=5).call("getpid", pid=6, ppid=5).call("getpid", pid=7, ppid=6)
        self.assertEqual([5, 6, 7], self.family(made))

    def test_a_parent_of_which_the_log_has_nothing(self):
        """A login shell, where the rules record only what it executes."""
        made = Log().call("execve", pid=6, ppid=5).call("execve", pid=7, ppid=6).call("execve", pid=8, ppid=9)
        self.assertEqual([6, 7], self.family(made))

    def test_a_child_logged_before_its_parents_first_call(self):
        made = Log().call("execve", pid=6, ppid=5).call("getpid", pid=6, ppid=5).call("vfork", 6, pid=5)
        made.lines[-1] = made.lines[-1].replace(f"709.{made.serial:03}", "709.000")
        self.assertEqual([5, 6], self.family(made))
        report = report_of(*made.lines, selection=Selection(pid=(5,), children=True), sections=ALL)
        self.assertEqual([2, 1], [ran.calls for ran in report.processes.values()])
        report = report_of(*made.call("getpid", pid=6, ppid=5).lines, sections=ALL)
        shown = [row.text for row in auditloginfo.section_rows(report, "processes", None)]
        self.assertEqual(["5 [/usr/bin/cat]", "  6 /usr/bin/cat"], shown)

    def test_what_ended_starts_nothing(self):
        """Its pid is another process's by then, of which the log has nothing else."""
        made = Log().call("exit_group", pid=5, success="").call("getpid", pid=9, ppid=5)
        report = report_of(*made.lines, selection=Selection(pid=(5,), children=True))
        self.assertEqual(2, report.matched_events, "it may be 5's for all that is known, when 5 is asked for")
        made = (
            Log()
            .call("fork", 6, pid=5)
            .call("exit_group", pid=6, ppid=5, success="")
            .call("getpid", pid=9, ppid=6)
        )
        self.assertEqual([5, 6], self.family(made))

    def test_a_call_before_its_parent_ended(self):
        """On another processor, or in the same millisecond: it is logged behind the exit, but it is a child's."""
        for at, family in ((1, [5, 6]), (2, [5, 6]), (3, [5])):
            made = Log().call("execve").call("exit_group", success="").call("getpid", pid=6, ppid=5)
            made.lines = [line.replace("/usr/bin/cat", "/x") for line in made.lines[:2]] + made.lines[2:]
            made.lines[2] = made.lines[2].replace("709.003", f"709.00{at}")
            with self.subTest(at):
                self.assertEqual(family, self.family(made, exe=("/x",)))

    def test_what_such_a_child_began(self):
        """A family that began with the child's own program goes on when its parent's fork is logged at last."""
        made = Log().call("execve", pid=6, ppid=5).call("fork", 6).call("execve", pid=6, ppid=5)
        made.lines[0] = made.lines[0].replace("/usr/bin/cat", "/x")
        made.lines[1] = made.lines[1].replace("709.002", "709.001")
        self.assertEqual([6], self.family(made, exe=("/x",)))
        report = report_of(*made.lines, selection=Selection(exe=("/x",), children=True))
        self.assertEqual(2, report.matched_events)

    def test_seccomp(self):
        made = Log().call("fork", 6, pid=5).call("getpid", pid=6, ppid=5)
        line = record("SECCOMP", FailuresTest.SECCOMP.replace("pid=1234", "pid=6") + "0x80000000", 77)
        found = rows("failures", *made.lines, line, pid=(5,), children=True)
        self.assertEqual({"ptrace killed by seccomp": 1}, found)

    def test_the_parent_ended_first(self):
        made = Log().call("fork", 6, pid=5).call("exit_group", pid=5, success="").call("getpid", pid=6, ppid=1)
        made.call("fork", 7, pid=6, ppid=1).call("exit_group", pid=6, ppid=1, success="").call(
            "getpid", pid=7, ppid=1
        )
        self.assertEqual([5, 6, 7], self.family(made))
        for section in ALL:  # whatever is shown
            report = report_of(*made.lines, selection=Selection(pid=(5,), children=True), sections=(section,))
            self.assertEqual(6, report.matched_events, section)

    def test_the_parent_was_killed(self):
        """Of which the log says nothing; init, or one further up, adopts the child."""
        for adopter in (1, 4):
            made = Log().call("fork", 5, pid=4).call("fork", 6, pid=5, ppid=4).call("getpid", pid=6, ppid=5)
            with self.subTest(adopter):
                self.assertEqual([5, 6], self.family(made.call("getpid", pid=6, ppid=adopter)))

    def test_a_pid_under_another_parent_is_another_process(self):
        made = (
            Log()
            .call("fork", 6, pid=5)
            .call("exit_group", pid=6, ppid=5, success="")
            .call("getpid", pid=6, ppid=9)
        )
        made.call("getpid", pid=7, ppid=6)
        self.assertEqual([5, 6], self.family(made))
        made = (
            Log()
            .call("fork", 6, pid=5)
            .call("getpid", pid=6, ppid=5)
            .call("fork", 6, pid=9)
            .call("getpid", pid=6, ppid=9)
        )
        report = report_of(*made.lines, selection=Selection(pid=(5,), children=True), sections=ALL)
        self.assertEqual([1, 1], [ran.calls for ran in report.processes.values()])
        made = Log().call("fork", 6, pid=5).call("getpid", pid=6, ppid=5).call("getpid", pid=6, ppid=9)
        self.assertEqual(2, report_of(*made.lines, selection=Selection(pid=(5,), children=True)).matched_events)

    def test_by_program(self):
        made = (
            Log().call("getpid", pid=5).call("execve", pid=5).call("fork", 6, pid=5).call("execve", pid=6, ppid=5)
        )
        for i, exe in ((0, "/bin/sh"), (1, "/usr/bin/make"), (2, "/usr/bin/make"), (3, "/usr/bin/cc")):
            made.lines[i] = made.lines[i].replace("/usr/bin/cat", exe)
        report = report_of(*made.lines, selection=Selection(exe=("/usr/bin/make",), children=True), sections=ALL)
        self.assertEqual(3, report.matched_events, "not what the process was before")
        self.assertEqual([5, 6], self.family(made, comm=("cat",)))

    def test_with_conditions_on_the_calls(self):
        made = Log().call("fork", 6, pid=5).call("getpid", -1, pid=6, ppid=5, success="no")
        report = report_of(*made.lines, selection=Selection(pid=(5,), children=True, success=False))
        self.assertEqual(1, report.matched_events)

    def test_a_cut_record(self):
        line = syscall(pid=5).partition(" ppid=")[0] + " pid=5 \n"
        self.assertEqual(1, report_of(line, selection=Selection(pid=(5,), children=True)).matched_events)

    def test_what_io_urings_own_thread_did(self):
        made = Log().call("fork", 6, pid=5).call("getpid", pid=6, ppid=5)
        line = record("URINGOP", "uring_op=18 success=yes exit=0 items=1 ppid=5 pid=6 uid=33 key=(null)", 77)
        named = record("PATH", path('"/f"'), 77)
        for lines in ([named, *made.lines, line], [*made.lines, line, named]):
            self.assertEqual({"/f": 1}, rows("files", *lines, pid=(5,), children=True))
        self.assertEqual({}, rows("files", *lines, pid=(5,)))
        self.assertEqual({}, rows("files", *lines, pid=(9,), children=True))

    def test_needs_something_to_begin_with(self):
        result = run("--children", "-")
        self.assertEqual(2, result.status)
        self.assertIn("--children goes with --pid, --exe or --comm", result.err)

    def test_title(self):
        made = Log().call("fork", 6, pid=5)
        result = run("--pid", "5", "--children", "-", stdin="".join(made.lines).encode())
        self.assertIn("Audit report for PID 5, and all they started\n", result.out)


class ProcessesTest(unittest.TestCase):
    def test_tree(self):
        made = Log().call("fork", 6, pid=5).call("fork", 7, pid=5).call("fork", 8, pid=6, ppid=5)
        lines = made.call("getpid", pid=8, ppid=6).call("getpid", pid=7, ppid=5).lines
        lines += executed('"ls"', "612062", serial=90, time="1476975709.090", pid=6).copy()
        lines[-5] = lines[-5].replace("ppid=10", "ppid=5")
        report = report_of(*lines, sections=ALL)
        shown = [f"{row.text} {row.frequency}" for row in auditloginfo.section_rows(report, "processes", None)]
        self.assertEqual(
            ["5 [/usr/bin/cat] 2", "  6 ls 'a b' 2", "    8 [/usr/bin/cat] 1", "  7 [/usr/bin/cat] 1"], shown
        )
        shown = [row.text for row in auditloginfo.section_rows(report, "processes", 2)]
        self.assertEqual(["5 [/usr/bin/cat]", "  6 ls 'a b'"], shown)

    def test_json(self):
        lines = [*executed('"ls"', pid=5), syscall(2, number=0, pid=5, time="1476975710.000")]
        out = run("--format", "json", "--show", "processes", "-", stdin="".join(lines).encode()).json
        self.assertEqual(
            {
                "pid": 5,
                "ppid": 10,
                "level": 0,
                "exe": "/usr/bin/cat",
                "argv": ["ls"],
                "first": "2016-10-20T15:01:49.442+00:00",
                "last": "2016-10-20T15:01:50.000+00:00",
                "count": 2,
            },
            out["processes"][0],
        )

    def test_no_process_is_its_own_ancestor(self):
        """As a damaged log may say, or the numbers that a container sees."""
        made = Log().call("fork", 5, pid=5)
        self.assertEqual({"5 [/usr/bin/cat]": 1}, rows("processes", *made.lines))
        made = (
            Log().call("getpid", pid=20, ppid=30).call("getpid", pid=30, ppid=20).call("fork", 20, pid=30, ppid=20)
        )
        made.lines[-1] = made.lines[-1].replace("709.003", "709.001")
        self.assertEqual(2, len(rows("processes", *made.lines)))

    def test_whose_child_it_is_by_then(self):
        """Where it was adopted before its first call that is selected, by what that says."""
        made = Log().call("getpid", pid=6, ppid=5).call("getpid", pid=6, ppid=1)
        made.lines[1] = made.lines[1].replace('comm="cat"', 'comm="m"')
        report = report_of(*made.lines, selection=Selection(comm=("m",)), sections=ALL)
        self.assertEqual([1], [ran.ppid for ran in report.processes.values()])

    def test_another_program_in_the_same_millisecond(self):
        """Shown is what it ran last: by the order of the log, where the time does not tell."""
        for at, program in (("001", "ls"), ("002", "ls"), ("000", "cat")):
            made = Log().call("getpid").call("getpid")
            made.lines[1] = made.lines[1].replace("709.002", f"709.{at}").replace("/usr/bin/cat", "/usr/bin/ls")
            with self.subTest(at):
                self.assertEqual({f"5 [/usr/bin/{program}]": 2}, rows("processes", *made.lines))

    def test_without_exec_argv_is_null(self):
        report = report_of(syscall(number=0), sections=ALL)
        (row,) = auditloginfo.process_rows(report)
        self.assertIsNone(row.fields["argv"])

    def test_below_the_nearest_that_is_shown(self):
        made = Log().call("fork", 6, pid=5).call("fork", 7, pid=6, ppid=5).call("getpid", pid=7, ppid=6)
        made.lines[1] = made.lines[1].replace('comm="cat"', 'comm="m"')
        report = report_of(*made.lines, selection=Selection(comm=("cat",)), sections=ALL)
        shown = [row.text for row in auditloginfo.section_rows(report, "processes", None)]
        self.assertEqual(["5 [/usr/bin/cat]", "  7 [/usr/bin/cat]"], shown)

    def test_a_very_deep_tree(self):
        made = Log()
        for pid in range(5, 3000):
            made.call("fork", pid + 1, pid=pid, ppid=pid - 1)
        made.lines = [line.replace(f".{i + 1:03}:", f".{i % 1000:03}:") for i, line in enumerate(made.lines)]
        report = report_of(*made.lines, sections=ALL)
        rows = list(auditloginfo.process_rows(report))
        self.assertEqual(2995, len(rows))
        self.assertLess(
            max(len(row.text) for row in rows), 200, "or the report grows with the square of the depth"
        )

    def test_parts_add_up(self):
        lines = [*executed('"ls"', pid=5), syscall(2, number=0, pid=5)]
        whole = report_of(*lines, sections=ALL)
        parts = report_of(*lines[:5], sections=ALL) + report_of(lines[5], sections=ALL)
        self.assertEqual(vars(whole), vars(parts))


class ShowTest(unittest.TestCase):
    def test_all_in_order(self):
        lines = "".join([*opened(serial=1), *executed('"ls"', serial=2)]).encode()
        out = run("--show", "all", "-", stdin=lines).out
        titles = [line for line in out.splitlines() if line.endswith(":")]
        named = auditloginfo.ALL_SECTIONS
        self.assertEqual([f"{auditloginfo.SECTIONS[name].title}:" for name in named], titles)
        keys = list(json.loads(run("--show", "all", "--format", "json", "-", stdin=lines).out))
        self.assertEqual(["selection", "log", *named, "notes"], keys)
