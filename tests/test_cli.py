"""The command line: what it accepts, what it reads, what it says, and how it ends."""

import argparse
import bz2
import contextlib
import datetime
import errno
import gzip
import io
import json
import lzma
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import warnings
from unittest import mock

import auditloginfo
from tests.logs import executed, opened, run, syscall

SCRIPT = pathlib.Path(auditloginfo.__file__)
SESSION = str(pathlib.Path(__file__).parent / "data" / "session.log")


class FolderTest(unittest.TestCase):
    """Tests with a folder of their own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="auditloginfo.")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name: str, *lines: str, pack=bytes) -> str:
        path = os.path.join(self.folder, name)
        pathlib.Path(path).write_bytes(pack("".join(lines).encode("utf-8", "surrogateescape")))
        return path


class ArgumentsTest(unittest.TestCase):
    WRONG = (
        # why, arguments, what standard error says
        ("an unknown user", ["--uid", "no-such-user"], "no such user: no-such-user"),
        ("an escape sequence in it", ["--uid", "\x1b[2J"], "no such user: '\\x1b[2J'"),
        ("an id of absurd length", ["--uid", "9" * 5000], "no such user: 999"),
        ("an id too large", ["--uid", "4294967296"], "no such user: 4294967296"),
        ("a negative pid", ["--pid=-1"], "not a process id: -1"),
        ("no pid", ["--pid", "x"], "not a process id: x"),
        ("no time", ["--since", "soon"], "not a time: soon"),
        ("no real time", ["--until", "2016-13-01"], "not a time: 2016-13-01"),
        ("a pid of too many digits", ["--pid", "12345678901"], "not a process id: 12345678901"),
        ("an id of no kind", ["--uid", "0", "--uid-field", "gid"], "invalid choice: 'gid'"),
        (
            "no section",
            ["--show", "files,x"],
            "no section x: there are syscalls, commands, files, changes, failures, network, processes, sockets, ",
        ),
        ("no number", ["--top", "x"], "not a whole number above 0: x"),
        ("a number too large", ["--top", "1234567890"], "not a whole number above 0: 1234567890"),
        ("top 0", ["--top", "0"], "not a whole number above 0: 0"),
        ("both outcomes", ["--success", "--failed"], "not allowed with"),
        ("an unknown option", ["--verbose"], "unrecognized arguments: --verbose"),
        ("no abbreviations, so that later options break no script", ["--files"], "unrecognized"),
        ("a format", ["--format", "xml"], "invalid choice: 'xml'"),
    )

    def test_wrong(self):
        for why, arguments, message in self.WRONG:
            with self.subTest(why):
                result = run(*arguments, SESSION)
                self.assertEqual((2, ""), (result.status, result.out))
                self.assertRegex(result.err, r"\Aauditloginfo: [^\n\x1b]*\n\Z")
                self.assertIn(message, result.err)

    def test_user_names(self):
        name = pwd.getpwuid(os.getuid()).pw_name
        self.assertEqual([os.getuid()], run("--uid", name, "--format", "json", SESSION).json["selection"]["uid"])

    def test_without_pwd(self):
        """Elsewhere than on Unix a copied log can still be read, by number."""
        with mock.patch.dict(sys.modules, {"pwd": None}):
            self.assertEqual(0, run("--uid", "7005", SESSION).status)
            self.assertIn("no such user", run("--uid", "root", SESSION).err)

    def test_unset(self):
        for text in ("unset", "-1", "4294967295"):
            with self.subTest(text):
                self.assertIn("AUID 4294967295", run(f"--uid={text}", SESSION).out)

    def test_sections(self):
        titles = ["System calls made:", "Commands executed:", "Files opened:"]
        further = ["Files changed:", "Failed:", "Network:", "Processes:"]
        for arguments, shown in (
            ([], titles),
            (["--files-only"], titles[2:]),
            (["--files-only", "--syscalls-only"], [titles[0], titles[2]]),
            (["--show", "files,commands"], titles[1:]),
            (["--show", "files", "--commands-only"], titles[1:]),
            (["--show", "network,changes"], further[::2]),
            (["--show", "all"], titles + further),
        ):
            with self.subTest(arguments):
                out = run("--uid", "7005", *arguments, SESSION).out
                self.assertEqual(shown, [line for line in out.splitlines() if line[-1:] == ":"])
                sections = list(run("--format", "json", *arguments, SESSION).json)[2:-1]
                self.assertEqual(shown, [f"{auditloginfo.SECTIONS[name].title}:" for name in sections])

    def test_a_section_is_the_same_without_the_others(self):
        whole = run("--show", "all", "--format", "json", SESSION).json
        for name in auditloginfo.ALL_SECTIONS:
            with self.subTest(name):
                self.assertEqual(whole[name], run("--show", name, "--format", "json", SESSION).json[name])

    def test_numbers(self):
        report = run("--pid", "1", "--pid", "0", "--top", "2", "--format", "json", SESSION).json
        self.assertEqual({"pid": [1, 0]}, report["selection"])
        self.assertEqual(
            2, len(run("--syscalls-only", "--top", "2", "--format", "json", SESSION).json["syscalls"])
        )

    def test_selection(self):
        """What is given twice means either."""
        for name, words, values in (
            ("uid", ["7005", "0"], [7005, 0]),
            ("pid", ["1", "4294967295"], [1, 4294967295]),
            ("exe", ["/a", "/b"], ["/a", "/b"]),
            ("comm", ["a", "b"], ["a", "b"]),
            ("key", ["a", "b"], ["a", "b"]),
            ("node", ["a", "b"], ["a", "b"]),
        ):
            with self.subTest(name):
                arguments = [f"--{name}={word}" for word in words]
                selection = run(*arguments, "--format", "json", SESSION).json["selection"]
                self.assertEqual(values, selection[name])
                self.assertEqual(name == "uid", selection.get("uid_field") == "auid")
        for arguments, expected in (
            (["--success"], {"success": True}),
            (["--failed"], {"success": False}),
            (["--since=2016-10-20", "--until=2016-10-21"], {"since", "until"}),
        ):
            with self.subTest(arguments):
                selection = run(*arguments, "--format", "json", SESSION).json["selection"]
                self.assertEqual(expected, selection if isinstance(expected, dict) else set(selection))

    def test_top_in_text(self):
        self.assertEqual(4, len(run("--syscalls-only", "--top", "1", SESSION).out.splitlines()))

    def test_nothing_is_said_of_sections_not_asked_for(self):
        self.assertEqual("", run("--syscalls-only", "-", stdin=syscall().encode()).err)

    def test_every_option_is_in_the_readme(self):
        readme = (SCRIPT.parent / "README.md").read_text(encoding="utf-8")
        for action in auditloginfo.build_parser()._actions:
            for option in action.option_strings:
                with self.subTest(option):
                    self.assertIn(option, readme)

    def test_help_and_version(self):
        self.assertIn("exit status: 0", run("--help").out)
        self.assertIn("\nexamples:\n  auditloginfo --uid 7005  ", run("--help").out)
        self.assertEqual(f"auditloginfo {auditloginfo.__version__}\n", run("--version").out)
        self.assertEqual((0, 0), (run("--help").status, run("--version").status))


class MomentTest(unittest.TestCase):
    def setUp(self):
        patch = mock.patch.dict(os.environ, {"TZ": "Europe/Berlin"})
        patch.start()
        time.tzset()
        self.addCleanup(time.tzset)
        self.addCleanup(patch.stop)

    def test_absolute(self):
        for text, expected in (
            ("2016-10-20 15:01:49", 1476968509),
            ("2016-10-20T15:01:49", 1476968509),
            ("2016-10-20 15:01", 1476968460),
            ("2016-10-20", 1476914400),
            ("2016-12-20 15:01:49", 1482242509),  # no summer time
            ("99999999w", 0),  # before there was any log
        ):
            with self.subTest(text):
                self.assertEqual(expected, auditloginfo.moment(text))

    def test_relative(self):
        now = time.time()
        for text, age in (
            ("now", 0),
            ("10s", 10),
            ("10m", 600),
            ("2h", 7200),
            ("3d", 259200),
            ("1w", 604800),
            ("1000m", 60000),
            ("1000h", 3600000),
            ("1000d", 86400000),
            ("1000w", 604800000),
        ):
            with self.subTest(text):
                self.assertAlmostEqual(now - age, auditloginfo.moment(text), delta=5)
        today = datetime.datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        for text, expected in (
            ("today", today),
            ("yesterday", today - datetime.timedelta(days=1)),
            ("15:01", today.replace(hour=15, minute=1)),
            ("15:01:49", today.replace(hour=15, minute=1, second=49)),
        ):
            with self.subTest(text):
                self.assertEqual(expected.timestamp(), auditloginfo.moment(text))

    @unittest.skipUnless(os.path.exists("/proc/stat"), "no /proc")
    def test_boot(self):
        with open("/proc/uptime", encoding="ascii") as file:
            uptime = float(file.read().split()[0])
        self.assertAlmostEqual(time.time() - uptime, auditloginfo.moment("boot"), delta=5)

    def test_boot_unknown(self):
        with mock.patch("builtins.open", side_effect=FileNotFoundError):
            self.assertRaisesRegex(argparse.ArgumentTypeError, "boot", auditloginfo.moment, "boot")


class SourcesTest(FolderTest):
    def files(self, *arguments: str, **options: bytes) -> dict:
        report = run("--format", "json", *arguments, **options).json
        return {row["path"]: row["count"] for row in report["files"]}

    def rotated(self, *names: str) -> None:
        for i, name in enumerate(names):
            pack = gzip.compress if name.endswith(".gz") else bytes
            self.write(name, *opened(f'"/{i}"', serial=i), pack=pack)

    def test_packed(self):
        lines = opened('"/x"')
        for pack in (bytes, gzip.compress, bz2.compress, lzma.compress):
            with self.subTest(pack):
                path = self.write("whatever", *lines, pack=pack)
                self.assertEqual({"/x": 1}, self.files(path))
                self.assertEqual({"/x": 1}, self.files("-", stdin=pathlib.Path(path).read_bytes()))

    def test_several_gzip_members(self):
        path = self.write("x.gz", *opened('"/x"'), pack=gzip.compress)
        with open(path, "ab") as file:
            file.write(gzip.compress("".join(opened('"/y"', serial=2)).encode()))
        self.assertEqual({"/x": 1, "/y": 1}, self.files(path))

    def test_a_directory_is_the_logs_in_it(self):
        self.rotated("audit.log", "audit.log.1", "audit.log.2.gz")
        self.write("other.log", *opened('"/other"'))
        os.mkdir(os.path.join(self.folder, "audit.log.d"))
        self.write("audit.log~", *opened('"/edited"', serial=9))
        self.assertEqual({"/0": 1, "/1": 1, "/2": 1, "/edited": 1}, self.files(self.folder))

    def test_a_file_is_that_file_alone(self):
        self.rotated("audit.log", "audit.log.1")
        self.assertEqual({"/0": 1}, self.files(os.path.join(self.folder, "audit.log")))

    def test_oldest_first(self):
        for names in (
            ["audit.log.10", "audit.log.9.gz", "audit.log.2", "audit.log.1", "audit.log"],
            ["audit.log-20240101.gz", "audit.log-20240102", "audit.log"],
            ["audit.log-240101", "audit.log-240102", "audit.log"],
            ["audit.log.1", "audit.log.0", "audit.log"],
            ["audit.log.2024-01-01", "audit.log.2", "audit.log.1", "audit.log"],
            ["messages.2.gz", "messages.1", "messages"],
            ["syslog-20240101.xz", "syslog-20240102", "syslog"],
        ):
            with self.subTest(names):
                self.assertEqual(names, auditloginfo.in_order(sorted(names)))

    def test_sets_stay_together(self):
        paths = ["/b/audit.log", "/a/audit.log", "x", "/b/audit.log.1", "-"]
        expected = ["/b/audit.log.1", "/b/audit.log", "/a/audit.log", "x", "-"]
        self.assertEqual(expected, auditloginfo.in_order(paths))

    def test_an_event_over_two_rotated_files(self):
        lines = opened('"/split"')
        self.write("audit.log.1", *lines[:1])
        self.write("audit.log", *lines[1:])
        self.assertEqual({"/split": 1}, self.files(self.folder))
        paths = [os.path.join(self.folder, name) for name in ("audit.log", "audit.log.1")]  # as a shell sorts them
        self.assertEqual({"/split": 1}, self.files(*paths))

    def test_a_log_being_packed_counts_once(self):
        """gzip removes the file only when the packed one is complete."""
        self.rotated("audit.log")
        self.write("audit.log.1", *opened('"/p"', serial=9))
        self.write("audit.log.1.gz", *opened('"/p"', serial=9), pack=gzip.compress)
        self.assertEqual({"/0": 1, "/p": 1}, self.files(self.folder))
        lines = run("--format", "json", self.folder).json["log"]["lines"]
        self.assertEqual(2 * len(opened()), lines, "it is not even read twice")

    def test_default_log_though_standard_input_is_a_pipe(self):
        self.rotated("audit.log", "audit.log.1")
        with mock.patch.object(auditloginfo, "DEFAULT_LOG", os.path.join(self.folder, "audit.log")):
            self.assertEqual({"/0": 1, "/1": 1}, self.files(stdin=b"junk"))

    def test_a_packed_log_beside_another_of_its_number(self):
        """As where something packs what auditd rotates: its next rotation makes that number anew."""
        self.rotated("audit.log")
        self.write("audit.log.1", *opened('"/p"', serial=9))
        self.write("audit.log.1.gz", *opened('"/older"', serial=8), pack=gzip.compress)
        self.assertEqual({"/0": 1, "/p": 1, "/older": 1}, self.files(self.folder))

    def test_a_log_whose_packing_has_just_begun_counts_once(self):
        lines = opened('"/p"', serial=9)
        self.write("audit.log.1", *lines)
        self.write("audit.log.1.gz", pack=lambda _: gzip.compress("".join(lines).encode())[:15])
        report = run("--format", "json", self.folder)
        self.assertEqual((0, len(lines)), (report.status, report.json["log"]["lines"]), report.err)

    def test_what_is_named_twice_counts_once(self):
        lines = [line for i in range(9000) for line in opened(serial=i)]
        path = self.write("audit.log", *lines)
        os.symlink(path, os.path.join(self.folder, "audit.log.1"))
        for arguments in ([path, path], [self.folder], [self.folder, path]):
            with self.subTest(arguments):
                self.assertEqual({"/etc/passwd": 9000}, self.files(*arguments))
        with open(path, "rb") as file:
            command = [sys.executable, "-I", str(SCRIPT), "--files-only", "-", path]
            done = subprocess.run(command, stdin=file, stdout=subprocess.PIPE)
        self.assertIn(b"   /etc/passwd 9000\n", done.stdout)
        stdin = "".join(lines[:4]).encode()
        self.assertEqual({"/etc/passwd": 1}, self.files("-", "-", stdin=stdin))

    def test_one_unreadable_in_a_directory(self):
        self.rotated("audit.log", "audit.log.1")
        os.symlink("/no/such", os.path.join(self.folder, "audit.log.2"))
        os.mkfifo(os.path.join(self.folder, "audit.log.3"))
        result = run("--files-only", self.folder)
        self.assertEqual((2, ["   /0 1", "   /1 1"]), (result.status, result.out.splitlines()[3:]))
        errors = [line.rpartition("/")[2] for line in result.err.splitlines() if "no event" not in line]
        self.assertEqual(["audit.log.3: not a regular file", "audit.log.2: No such file or directory"], errors)

    def test_many_files(self):
        """More than a process may have open at first, and all are open at once."""
        for i in range(300):
            self.write(f"audit.log.{i}", *opened(f'"/{i}"', serial=i))
        command = [sys.executable, "-I", str(SCRIPT), "--files-only", self.folder]
        done = subprocess.run(["bash", "-c", 'ulimit -Sn 100; exec "$@"', "-", *command], capture_output=True)
        self.assertEqual((0, 303), (done.returncode, done.stdout.count(b"\n")), done.stderr)

    def test_a_packed_log_from_a_slow_pipe(self):
        """Of which a first read gives less than is needed to see what it is."""
        packed = gzip.compress("".join(opened()).encode())
        script = f"$PY -I {SCRIPT} --files-only -"
        command = f"(head -c 1; sleep 0.3; cat) | {script}"
        environment = {**os.environ, "PY": sys.executable}
        done = subprocess.run(["bash", "-c", command], input=packed, stdout=subprocess.PIPE, env=environment)
        self.assertIn(b"   /etc/passwd 1\n", done.stdout)

    def test_standard_input_from_where_it_stands(self):
        path = self.write("a", *opened('"/read/already"'), *opened('"/x"', serial=2))
        with open(path, "rb", buffering=0) as file:
            file.read(len("".join(opened('"/read/already"'))))
            command = [sys.executable, "-I", str(SCRIPT), "--files-only", "-"]
            done = subprocess.run(command, stdin=file, stdout=subprocess.PIPE)
        self.assertEqual([b"   /x 1"], done.stdout.splitlines()[3:])

    def test_rotation_while_the_files_are_opened(self):
        """No file is missed and none read twice."""
        self.rotated("audit.log", "audit.log.1")
        names = {part: os.path.join(self.folder, f"audit.log{part}") for part in ("", ".1", ".2")}
        real, rotated = open, []

        def rotating(path, *rest, **options):
            if path == names[""] and not rotated:
                rotated.append(path)
                os.rename(names[".1"], names[".2"])
                os.rename(names[""], names[".1"])
                self.write("audit.log", *opened('"/new"', serial=7))
            return real(path, *rest, **options)

        with mock.patch("builtins.open", rotating):
            self.assertEqual({"/0": 1, "/1": 1, "/new": 1}, self.files(self.folder))
        self.assertTrue(rotated)

    def test_another_file_while_a_log_is_opened(self):
        """What was opened counts, not what had the name before and has it again, which would be missed."""
        log, other = self.write("audit.log", *opened('"/p"')), self.write("other", *opened('"/q"', serial=2))
        real, names = open, [other]

        def swapping(path, *rest, **options):
            return real(names.pop() if path == log and names else path, *rest, **options)

        with mock.patch("builtins.open", swapping):
            self.assertEqual({"/p": 1}, self.files(self.folder))
        self.assertEqual([], names)

    def test_rotation_without_end(self):
        self.rotated("audit.log")
        with mock.patch.object(auditloginfo, "file_id", side_effect=((0, i) for i in range(99))):
            result = run(self.folder)
        self.assertEqual(2, result.status)
        self.assertIn("rotated faster", result.err)

    def test_rotation_between_opening_and_reading(self):
        path = self.write("audit.log", *opened('"/old"'))
        sources, _ = auditloginfo.open_sources([path])
        os.rename(path, path + ".1")
        self.write("audit.log", *opened('"/new"'))
        report, errors = auditloginfo.read_report(sources, auditloginfo.Selection())
        self.assertEqual(({b"/old": 1}, []), (report.files, errors))

    def test_truncated_while_it_is_read(self):
        path = self.write("audit.log", *(line for i in range(3000) for line in opened(serial=i)))
        sources, _ = auditloginfo.open_sources([path])
        blocks = auditloginfo.read_blocks(sources[0].stream)
        next(blocks)
        os.truncate(path, 0)
        self.assertLessEqual(len(list(blocks)), 1, "but for the line that was begun")
        sources[0].stream.close()

    def test_growing_while_it_is_read(self):
        path = self.write("audit.log", *opened('"/a"'))
        sources, _ = auditloginfo.open_sources([path])
        with open(path, "a", encoding="ascii") as file:
            file.write("".join(opened('"/b"', serial=2)))
        report, _ = auditloginfo.read_report(sources, auditloginfo.Selection())
        self.assertEqual({b"/a": 1, b"/b": 1}, report.files)


class FaultsTest(FolderTest):
    """One clear line, exit status 2, and nothing lost of what could be read."""

    def check(self, result, message: str, files: int = 0) -> None:
        self.assertEqual(2, result.status)
        lines = [line for line in result.err.splitlines() if "no event in the log" not in line]
        self.assertEqual(1, len(lines), result.err)
        self.assertRegex(lines[0], "^auditloginfo: .*" + message)
        self.assertEqual(files, sum(line.startswith("   /") for line in result.out.splitlines()))

    def test_no_such_file(self):
        self.check(run("/no/such.log"), "/no/such.log: No such file or directory")
        self.assertEqual("", run("/no/such.log").out)
        self.check(run("/no/such.log", self.write("a", *opened())), "/no/such.log: No such", 1)

    def test_a_hostile_file_name(self):
        self.check(run("/no/\x1b[2J\nx"), r"\$'/no/\\x1b\[2J\\nx': No such")

    def test_a_name_no_file_can_have(self):
        self.check(run("a\0b"), "null byte")

    def test_no_permission(self):
        path = self.write("a", *opened())
        with mock.patch("builtins.open", side_effect=PermissionError(errno.EACCES, "Permission denied")):
            self.check(run(path), "Permission denied; try sudo")

    def test_a_directory_without_logs(self):
        self.check(run(self.folder), "no audit.log in it")
        os.symlink("/no/such", os.path.join(self.folder, "audit.log"))

    def test_every_one_of_them_is_named(self):
        os.symlink("/no/such", os.path.join(self.folder, "audit.log"))
        said = run("/no/other", self.folder, "/no/more").err.splitlines()
        names = ["/no/other", f"{self.folder}/audit.log", "/no/more"]
        self.assertEqual(names, [line.split(": ")[1] for line in said])

    def test_a_limit_that_cannot_be_raised(self):
        path = self.write("a", *opened())
        for error in (OSError, ValueError):
            with self.subTest(error), mock.patch("resource.setrlimit", side_effect=error):
                self.assertEqual(0, run(path).status)
        with mock.patch.dict(sys.modules, {"resource": None}):
            self.assertEqual(0, run(path).status)

    def test_one_unreadable_among_three(self):
        good = [self.write(name, *opened(f'"/{name}"', serial=i)) for i, name in enumerate("ac")]
        self.check(run(good[0], "/no/b", good[1]), "/no/b: No such", 2)

    def test_packed_and_cut_short(self):
        lines = [line for i in range(2000) for line in opened(f'"/{i}"', serial=i)]
        for pack in (gzip.compress, bz2.compress, lzma.compress):
            data = pack("".join(lines).encode())
            path = self.write("a", pack=lambda _, data=data: data[: len(data) * 2 // 3])
            with self.subTest(pack):
                result = run("--format", "json", path)
                self.assertEqual(2, result.status)
                self.assertIn("has what could be read", result.json["notes"][0])
                if pack is not bz2.compress:  # it packs 900 KB at a time: that is all of this
                    self.assertGreater(len(result.json["files"]), 500)

    def test_packed_with_junk_behind(self):
        path = self.write("a.gz", pack=lambda _: gzip.compress("".join(opened()).encode()) + b"junk")
        self.check(run(path), "a.gz: .*could be read", 1)

    def test_packed_and_damaged(self):
        data = bytearray(gzip.compress(os.urandom(100) + "".join(opened()).encode()))
        data[60] ^= 255
        path = self.write("a.gz", pack=lambda _: bytes(data))
        result = run(path)
        self.assertEqual(2, result.status)
        self.assertIn("a.gz: ", result.err)
        data = bytearray(lzma.compress("".join(opened()).encode()))
        data[60] ^= 255
        result = run(self.write("a.xz", pack=lambda _: bytes(data)))
        self.assertEqual(2, result.status)
        self.assertIn("a.xz: ", result.err)

    def test_errors_of_packers_that_were_not_loaded(self):
        with mock.patch.dict(sys.modules):
            for name in ("zlib", "lzma"):
                sys.modules.pop(name, None)
            self.assertEqual((OSError, EOFError, MemoryError), auditloginfo.read_errors())

    def test_a_line_that_is_no_record_is_no_trouble(self):
        for lines in (["junk\n", *opened()], [*opened(), "junk\n"]):
            self.assertEqual(0, run("-", stdin="".join(lines).encode()).status)

    def test_where_the_first_skipped_line_is(self):
        paths = [self.write("a", *opened()), self.write("b", *opened(serial=2), "junk\n")]
        self.assertIn(f"the first is {paths[1]}:5\n", run(*paths).err)

    def test_no_audit_log_at_all(self):
        self.check(run("--syscalls-only", "-", stdin=b"\x7fELF\0\n\xff\n"), "-: no audit record in it")

    def test_interpreted(self):
        text = (
            b"type=SYSCALL msg=audit(10/20/2016 15:01:49.442:1) : arch=x86_64 syscall=open success=yes\n"
            b"----\n"
            b"node=a type=PATH msg=audit(20.10.2016 15:01:49.442:1) : item=0 name=/a b\n"
        )
        result = run("-", stdin=text)
        self.assertEqual(2, result.status)
        self.assertIn("use `ausearch --raw`", result.err)
        both = run("-", stdin=text + "".join(opened()).encode())
        self.assertEqual(2, both.status)
        self.assertIn("   /etc/passwd 1", both.out)

    def test_an_empty_log(self):
        result = run(self.write("audit.log"))
        self.assertEqual((1, ""), (result.status, result.err))
        self.assertEqual(1, run("-", stdin=b"\n\r\n----\n").status)

    def test_out_of_memory_while_unpacking(self):
        stream = mock.Mock(wraps=io.BytesIO(b""), read1=mock.Mock(side_effect=MemoryError))
        with mock.patch.object(auditloginfo, "unpacked", return_value=stream):
            _, errors = auditloginfo.read_report(
                [auditloginfo.Source("a.xz", io.BytesIO())], auditloginfo.Selection()
            )
        self.assertEqual(["a.xz: out of memory; the report has what could be read"], errors)

    def test_a_disk_error_while_reading(self):
        class Failing(io.BytesIO):
            def read1(self, size=-1):
                data = super().read1(size)
                if not data:
                    raise OSError(errno.EIO, "Input/output error")
                return data

        source = auditloginfo.Source("audit.log", Failing("".join(opened()).encode()))
        report, errors = auditloginfo.read_report([source], auditloginfo.Selection())
        self.assertEqual({b"/etc/passwd": 1}, report.files)
        self.assertEqual(["audit.log: Input/output error; the report has what could be read"], errors)

    def test_a_log_that_becomes_shorter(self):
        """As logrotate's copytruncate makes it: no short count passes for a whole one."""
        for options in ([], ["--format", "events"]):
            with self.subTest(options):
                path = self.write("a", *opened(), *opened(serial=2))
                feed = auditloginfo.Collector.feed

                def cut(collector, *block, path=path, feed=feed):
                    os.truncate(path, 9)
                    feed(collector, *block)

                with mock.patch.object(auditloginfo.Collector, "feed", cut):
                    result = run(*options, path)
                self.assertEqual(2, result.status)
                self.assertIn("a: became shorter while it was read, so some of it is lost\n", result.err)

    def test_out_of_memory_for_the_report(self):
        """Status 1 would say that nothing matched."""
        with mock.patch.object(auditloginfo.Collector, "finish", side_effect=MemoryError):
            result = run(SESSION)
        self.assertEqual((2, "auditloginfo: out of memory, so there is no report\n"), (result.status, result.err))

    def test_a_fault_of_the_script(self):
        """Neither a traceback nor status 1, by which Python ends, but which says that nothing matched."""
        with mock.patch.object(auditloginfo, "open_sources", side_effect=TypeError("a\nb")):
            result = run(SESSION)
        self.assertEqual(2, result.status)
        line = r"auditloginfo: a fault of this script, so the report is not whole: \w+\.py:\d+: TypeError: a\\nb\n"
        self.assertRegex(result.err, rf"\A{line}\Z")

    def test_standard_input_is_closed(self):
        with mock.patch.object(sys, "stdin", None):
            out = io.StringIO()
            with contextlib.redirect_stderr(out), contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(2, auditloginfo.main(["-"]))
        self.assertIn("standard input is closed", out.getvalue())


class StatusTest(unittest.TestCase):
    def test_status(self):
        for arguments, status in ((["--uid", "7005"], 0), (["--uid", "1"], 1), ([], 0), (["--uid", "x x"], 2)):
            with self.subTest(arguments):
                self.assertEqual(status, run(*arguments, SESSION).status)

    def test_notes_are_in_json_too(self):
        result = run("--uid", "0", "--format", "json", "-", stdin=syscall(number=0, uid=0).encode())
        self.assertEqual([f"auditloginfo: {note}" for note in result.json["notes"]], result.err.splitlines())
        self.assertIn("--uid-field any", result.err)


class InterruptedTest(unittest.TestCase):
    """Ctrl-C at any moment: no traceback, no report that looks whole, exit status 130."""

    MOMENTS = ("build_parser", "open_sources", "read_report", "read_blocks", "parse_call", "notes_on", "title")

    def test_at_any_moment(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # of files that the end of the process closes
            for moment in self.MOMENTS:
                with self.subTest(moment), mock.patch.object(auditloginfo, moment, side_effect=KeyboardInterrupt):
                    result = run("--uid", "7005", SESSION)
                    self.assertEqual((130, "", ""), (result.status, result.out, result.err))


@unittest.skipUnless(os.name == "posix", "needs a shell")
class ProcessTest(FolderTest):
    """The real file as a process."""

    def shell(self, command: str, **options: object) -> subprocess.CompletedProcess:
        environment = {"PATH": os.environ["PATH"], "S": str(SCRIPT), "LOG": SESSION, "PY": sys.executable}
        environment.update((name, value) for name, value in os.environ.items() if "COVERAGE" in name)
        words = {"env": environment, "capture_output": True, "cwd": self.folder, "timeout": 60, **options}
        return subprocess.run(["bash", "-o", "pipefail", "-c", command], **words)

    def test_head(self):
        path = self.write("a", *(line for i in range(20000) for line in opened(f'"/{"x" * 50}/{i}"', serial=i)))
        done = self.shell(f"$PY -I $S {path} | head -1")
        self.assertEqual((0, b"Audit report for all users\n"), (done.returncode, done.stdout))
        self.assertEqual(1, done.stderr.count(b"\n"), "but for the note that nothing was executed")

    ENDLESS = """$PY -c 'import itertools
for i in itertools.count(): print(open("line").read().replace(":1)", ":%d)" % i), end="")' 2>/dev/null"""

    def test_head_of_single_events(self):
        """It ends when its reader does, though the log goes on, and says nothing."""
        self.write("line", *opened())
        done = self.shell(f"{self.ENDLESS} | $PY -I $S --format events - | head -n 2; exit ${{PIPESTATUS[1]}}")
        self.assertEqual((0, 2, b""), (done.returncode, done.stdout.count(b"\n"), done.stderr))

    def test_single_events_in_bounded_memory(self):
        self.write("line", *opened())
        command = (
            f"{self.ENDLESS} | head -c 20000000 | (ulimit -v 130000; $PY -I $S --format events -) | tail -n 1"
        )
        done = self.shell(f"{command}; exit ${{PIPESTATUS[2]}}")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertGreater(json.loads(done.stdout)["serial"], 30000)

    def test_a_reader_that_is_gone_before_the_first_line(self):
        """What fails then is to flush, which Python would do again when it exits."""
        for arguments in ("--uid 7005 $LOG", "--format events --uid 7005 $LOG", "--help"):
            with self.subTest(arguments):
                done = self.shell(f"(sleep 0.2; $PY -I $S {arguments}) | true")
                self.assertEqual((0, b""), (done.returncode, done.stderr))

    def test_output_that_cannot_be_written(self):
        for redirection, reason in ((">&-", b"is closed"), (">/dev/full", b"No space left on device")):
            with self.subTest(redirection):
                done = self.shell(f"$PY -I $S --uid 7005 $LOG {redirection}")
                self.assertEqual((2, 1), (done.returncode, done.stderr.count(b"\n")), done.stderr)
                self.assertIn(b"auditloginfo: cannot write the report: ", done.stderr)
                self.assertIn(reason, done.stderr)

    def test_help_that_cannot_be_written(self):
        """One line says what is wrong: also where it is not that, for then no help is due."""
        for arguments, said in (("--help >/dev/full", b"cannot write"), ("--bogus >&-", b"arguments: --bogus")):
            done = self.shell(f"$PY -I $S {arguments}")
            self.assertEqual((2, 1), (done.returncode, done.stderr.count(b"\n")), done.stderr)
            self.assertIn(said, done.stderr)

    def test_a_terminal_that_cannot_show_all_letters(self):
        path = self.write("a", *executed('"echo"', "C599", serial=2))
        done = self.shell(f"PYTHONIOENCODING=ascii $PY $S --commands-only {path}")
        self.assertIn(b"   echo $'\\xc5\\x99' 1\n", done.stdout)

    def test_standard_input_that_does_not_wait(self):
        """Who shares a pipe may have made it so; what comes later is read all the same."""
        later = "(head -c 60000 $LOG; sleep 1; tail -c +60001 $LOG)"
        for writer in (later, "(sleep 1; cat $LOG)"):
            with self.subTest(writer):
                reader = "$PY -c 'import os; os.set_blocking(0, False)'; $PY -I $S --format json -"
                done = self.shell(f"{writer} | (sleep 0.3; {reader})")
                self.assertEqual((0, b""), (done.returncode, done.stderr))
                lines = pathlib.Path(SESSION).read_bytes().count(b"\n")
                self.assertEqual(lines, json.loads(done.stdout)["log"]["lines"])

    @unittest.skipUnless(os.path.exists("/proc/self/mem"), "needs a file that fails at once")
    def test_a_log_that_fails_at_once(self):
        for options in ("", "--jobs 1"):
            done = self.shell(f"$PY -I $S {options} --format json /proc/self/mem $LOG")
            self.assertEqual((2, 1), (done.returncode, done.stderr.count(b"\n")), done.stderr)
            self.assertIn(b"auditloginfo: /proc/self/mem: Input/output error", done.stderr)
            self.assertGreater(json.loads(done.stdout)["log"]["matched_events"], 0)

    def test_no_standard_error(self):
        for redirection in ("2>&-", "2>/dev/full"):
            with self.subTest(redirection):
                done = self.shell(f"echo junk | cat - $LOG | $PY -I $S - {redirection}")
                self.assertEqual(0, done.returncode)
                self.assertIn(b"System calls made:", done.stdout)

    def test_interrupted(self):
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo)
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)):
            with self.subTest(number):
                process = subprocess.Popen([sys.executable, "-I", str(SCRIPT), fifo], stderr=subprocess.PIPE)
                with open(fifo, "wb"):  # opens when the script does
                    time.sleep(0.1)
                    process.send_signal(number)
                    error = process.communicate(timeout=30)[1]
                self.assertEqual((status, b""), (process.returncode, error))

    def test_nothing_is_imported_from_beside_it(self):
        """It is run as root in folders where others can write."""
        copy = shutil.copy(SCRIPT, self.folder)
        for name in ("argparse", "re", "json", "sitecustomize", "usercustomize"):
            self.write(f"{name}.py", "print('planted', flush=True)\nraise SystemExit(9)\n")
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": self.folder, "PYTHONSTARTUP": "argparse.py"}
        done = subprocess.run([copy, "--version"], cwd=self.folder, env=environment, capture_output=True)
        self.assertEqual((0, b"auditloginfo 1.0\n"), (done.returncode, done.stdout), done.stderr)

    def test_any_locale(self):
        """What the terminal cannot show is escaped, and nothing depends on the environment."""
        path = self.write("a", *opened("C3A9"), *executed('"ls"', serial=2))
        for locale in ("C", "POSIX", "C.UTF-8", "en_US.ISO-8859-1", "nonsense"):
            with self.subTest(locale):
                done = self.shell(f"LC_ALL={locale} $PY -I $S --files-only {path}")
                self.assertEqual((0, b""), (done.returncode, done.stderr))
                self.assertEqual("   /home/u/é 1".encode(), done.stdout.splitlines()[-1])

    def test_memory_stays_flat_on_an_endless_line(self):
        limit = "ulimit -v 200000"
        done = self.shell(
            f"{limit}; head -c 300000000 /dev/zero | cat - $LOG | $PY -I $S --uid 7005 --format json -"
        )
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(1, json.loads(done.stdout)["log"]["skipped_lines"])

    def test_a_large_log_in_bounded_memory(self):
        path = self.write("a", *(line for i in range(60000) for line in opened(serial=i)))
        limit = 100000 if sys.implementation.name == "cpython" else 150000  # PyPy's pickle is in Python
        done = self.shell(f"ulimit -v {limit}; $PY -I $S {path}")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(b"   /etc/passwd 60000\n", done.stdout)
