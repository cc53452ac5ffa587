"""Profiles for confinement: each taken by the tools that it is for, and tried where that can be done."""

import functools
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import auditloginfo
from tests import logs, recorder
from tests.logs import path, record, run


def syscall(serial: int = 1, a2: int = 0, **given: object) -> str:
    """Return a SYSCALL record, also with another third argument."""
    return logs.syscall(serial, **given).replace(" a2=0 ", f" a2={a2:x} ")


def opened(name: str, serial: int = 1, a2: int = 0, **given: object) -> list[str]:
    """Return the records of one open, also with flags."""
    return [syscall(serial, a2, **given), *logs.opened(name, serial, **given)[1:]]


#: Runs a command where the cgroups are as the runtimes like them, whatever they are here.
CGROUPS = 'umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; exec "$@"'
SHARED = ("/usr", "/bin", "/lib", "/lib64", "/etc")
REASON = recorder.why_not()


def contained(runtime: str, *command: str, profile: dict | None = None, **process: object) -> tuple[int, str]:
    """Run a command in a container that sees this system, and return its status and what it printed."""
    with tempfile.TemporaryDirectory(prefix="auditloginfo.") as bundle:
        os.mkdir(os.path.join(bundle, "rootfs"))
        bound = {"type": "none", "options": ["rbind", "ro"]}
        config = {
            "ociVersion": "1.0.0",
            "process": {"user": {"uid": 0, "gid": 0}, "args": command, "env": ["PATH=/usr/bin:/bin"], "cwd": "/"},
            "root": {"path": "rootfs"},
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                {"destination": "/dev", "type": "tmpfs"},
            ]
            + [{"destination": path, "source": path, **bound} for path in SHARED if os.path.exists(path)],
            "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount")]},
        }
        config["process"].update(process)
        config["linux"].update({"seccomp": profile} if profile else {})
        pathlib.Path(bundle, "config.json").write_text(json.dumps(config), encoding="utf-8")
        words = [
            "unshare",
            "-m",
            "sh",
            "-c",
            CGROUPS,
            "sh",
            runtime,
            "run",
            "-b",
            bundle,
            os.path.basename(bundle),
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr


@functools.lru_cache
def why_not(runtime: str) -> str | None:
    """Return why a container runtime cannot be tried here, None where it can."""
    if REASON or shutil.which(runtime) is None:
        return REASON or f"not installed: {runtime}"
    status, printed = contained(runtime, "true")
    return f"{runtime} does not run here: {printed}" if status else None


class SeccompTest(unittest.TestCase):
    CASES = (
        # why, a call, its names and architectures, what is said
        ("by its name", {"number": 0}, ["read"], ["X86_64"], ""),
        ("one that failed is needed as well", {"number": 21, "success": "no"}, ["access"], ["X86_64"], ""),
        ("an architecture's own name", {"arch": "40000003", "number": 192}, ["mmap2"], ["X86"], ""),
        ("x32 has its bit in the number", {"number": 0x40000000 + 9}, ["mmap"], ["X32"], ""),
        ("big endian", {"arch": "80000016", "number": 3}, ["read"], ["S390X"], ""),
        ("a number without a name", {"number": 9999}, [], [], "left out: unknown-syscall(9999) (x86_64)"),
        ("an unknown architecture", {"arch": "c0000102", "number": 3}, [], [], "unknown-syscall(3) (c0000102)"),
        ("a multiplexer", {"arch": "40000003", "number": 102}, ["socketcall"], ["X86"], "socketcall is allowed"),
    )

    def profile(self, *lines: str) -> tuple[dict, str]:
        """Return the profile of a log, and what was said about it."""
        result = run("--format", "seccomp", "-", stdin="".join(lines).encode())
        self.assertEqual(0, result.status, result.err)
        return result.json, result.err

    def test_calls(self):
        for why, call, names, arches, said in self.CASES:
            with self.subTest(why):
                profile, err = self.profile(syscall(**call))
                *seen, runtime = profile["syscalls"]
                self.assertEqual(names, [name for entry in seen for name in entry["names"]])
                self.assertEqual([f"SCMP_ARCH_{arch}" for arch in arches], profile["architectures"])
                self.assertIn(said, err)
                self.assertEqual("SCMP_ACT_ERRNO", profile["defaultAction"])
                self.assertNotIn(names[0] if names else "", runtime["names"], "no name twice")

    def test_sorted_and_marked(self):
        profile, err = self.profile(*(syscall(n, number=n) for n in (9, 0, 1, 12)))
        seen, runtime = profile["syscalls"]
        self.assertEqual(["brk", "mmap", "read", "write"], seen["names"])
        self.assertEqual(runtime["names"], sorted(runtime["names"]))
        self.assertLess({"capset", "setuid", "execve"}, set(runtime["names"]))
        self.assertEqual(("seen", auditloginfo.RUNTIME_COMMENT), (seen["comment"], runtime["comment"]))
        self.assertEqual("", err)

    def test_several_architectures(self):
        profile, err = self.profile(syscall(1, number=9), syscall(2, arch="40000003", number=90))
        self.assertEqual(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], profile["architectures"])
        self.assertIn("each call is allowed on all of i386, x86_64", err)

    def test_a_name_from_the_log_is_no_call(self):
        """Of an unknown architecture it may be anything."""
        line = syscall(arch="c0000102", number=3).rstrip("\n") + '\x1dARCH=x SYSCALL=evil"]}\n'
        profile, _ = self.profile(line)
        self.assertNotIn("evil", json.dumps(profile))

    def test_rules_that_do_not_record_all(self):
        """A profile of opens alone would stop every program."""
        self.assertIn("record `-S all`", self.profile(syscall())[1])

    def test_says_what_it_is_made_from(self):
        first, second, third = self.profile(syscall(1), syscall(2, number=9))[0]["comment"]
        when = "2016-10-20T15:01:49.442+00:00"
        self.assertEqual(f"Made by auditloginfo from -, {when} to {when}.", first)
        self.assertEqual("Audit report for all users: 2 of 2 events.", second)
        self.assertEqual("It allows what was seen, no more.", third)

    def test_nothing_matched(self):
        """A profile of nothing would forbid everything."""
        result = run("--uid", "1", "--format", "seccomp", "-", stdin=syscall().encode())
        self.assertEqual((1, ""), (result.status, result.out))

    def test_takes_no_sections(self):
        for option in ("--show=files", "--files-only", "--top=3"):
            result = run("--format", "seccomp", option, "-", stdin=syscall().encode())
            self.assertEqual((2, ""), (result.status, result.out))
            self.assertIn("--format seccomp takes the sections that it needs", result.err)


def hexed(name: bytes) -> str:
    """Return a name as the kernel writes one that is not plain."""
    return name.hex().upper()


#: Names that mean something to one of the formats.
HOSTILE = [
    b"a b", b'a"b', b"a\\b", b"a\\", b"a%nb", b"a#b", b"#a", b"a'b", b"a{b,c}", b"a}", b"a*", b"a?", b"a[b]",
    b"a^", b"a,", b"a, b", b"a\n[Service]\nExecStart=/bin/sh", b"a\r\nx", b"a\0b", b"\x1b[2Ja", b"a\xffb",
    b"a\xc3\xa4",
    b"@{HOME}", b"${x}", b"\xe2\x80\xaea", b"a\\x2fb", b"a rw,\n  /etc/** rw,", b"-a", b"+a", b":a", b" a ",
    b"a\t", b"a -> b", b"a\xc2\x85b", b"a\xef\xbf\xbe", b"a\\072b", b"a&b", b"*" * 200, b"x" * 255,
]  # fmt: skip


class SystemdTest(unittest.TestCase):
    WRITE = {"a2": 0o1}

    def profile(self, *lines: str) -> list[str]:
        """Return the settings in the drop-in of a log; what was said about it is kept."""
        result = run("--format", "systemd", "-", stdin="".join(lines).encode("utf-8", "surrogateescape"))
        self.assertEqual(0, result.status, result.err)
        self.said = result.err
        about, settings = result.out.split("[Service]\n")
        self.assertTrue(all(line.startswith("# ") for line in about.splitlines()))
        return settings.splitlines()

    def test_calls(self):
        settings = self.profile(*(syscall(n, number=n) for n in (9, 0, 12)))
        self.assertEqual(["SystemCallFilter=brk mmap read", "SystemCallFilter=write"], settings[2:5:2])
        self.assertIn("SystemCallArchitectures=x86-64", settings)
        self.assertIn("SystemCallErrorNumber=EPERM", settings)

    def test_no_setting_is_empty(self):
        """That would not forbid all but allow all."""
        settings = self.profile(syscall(arch="c0000102", number=3))
        self.assertEqual([], [line for line in settings if line.endswith("=")])
        self.assertIn("SystemCallFilter=write", settings)
        self.assertNotIn("SystemCallArchitectures", "".join(settings))

    def test_sockets(self):
        inet = record("SOCKADDR", "saddr=020000097F000001", 2)
        for why, lines, families in (
            ("none", [syscall()], "none"),
            ("made", [syscall(number=41, a0="1")], "AF_UNIX"),
            ("a pair", [syscall(number=53, a0="1")], "AF_UNIX"),
            ("not made", [syscall(number=41, a0="1", success="no", exit=-97)], "none"),
            ("sorted", [syscall(1, number=41, a0="10"), syscall(2, number=41, a0="2")], "AF_INET AF_NETLINK"),
            ("made before", [syscall(2, number=42), inet], "AF_INET"),
            ("one that has no name", [syscall(number=41, a0="ff")], "none"),
        ):
            with self.subTest(why):
                self.assertIn(f"RestrictAddressFamilies={families}", self.profile(*lines))

    def change(self, call: int, *items: str, **given: object) -> list[str]:
        """Return the paths that are writable after a call with some PATH records."""
        lines = [record("PATH", item, 1) for item in items]
        self.settings = self.profile(syscall(number=call, **given), record("CWD", 'cwd="/w"', 1), *lines)
        return [line[len("ReadWritePaths=") :] for line in self.settings if line.startswith("ReadWritePaths=")]

    def test_writable(self):
        new, old = {"nametype": "CREATE", "item": 1}, {"nametype": "DELETE", "item": 0}
        for why, call, items, given, paths in (
            ("a file that is there", 257, [path('"/srv/f"')], self.WRITE, ['"/srv/f"']),
            ("only read", 257, [path('"/srv/f"')], {}, []),
            ("a new one needs its directory", 257, [path('"/srv/f"', **new)], self.WRITE, ['"/srv"']),
            ("also to go", 87, [path('"/srv/f"', **old)], {}, ['"/srv"']),
            ("mode", 90, [path('"/srv/f"')], {}, ['"/srv/f"']),
            ("from one to another", 82, [path('"/a/f"', **old), path('"/b/f"', **new)], {}, ['"/a"', '"/b"']),
            ("a link", 86, [path('"/a/f"'), path('"/b/f"', **new)], {}, ['"/b"']),
            ("at the top", 257, [path('"/f"', **new)], self.WRITE, ['"/"']),
            ("writable anyhow", 257, [path('"/proc/self/comm"')], self.WRITE, []),
            ("a mount is none", 165, [path('"/mnt"')], {}, []),
        ):
            with self.subTest(why):
                self.assertEqual(paths, self.change(call, *items, **given))

    def test_what_is_below(self):
        """What was made in a directory that the run made is not there when the service starts."""
        made = [record("PATH", path(name, "CREATE"), n) for n, name in enumerate(('"/srv/a"', '"/srv/a/f"'), 1)]
        settings = self.profile(syscall(1, number=83), made[0], syscall(2, a2=0o101), made[1])
        self.assertEqual(['ReadWritePaths="/srv"'], [line for line in settings if "Paths" in line])

    def test_temporary_files(self):
        for why, lines, private in (
            ("its own", [*opened('"/tmp/f"', a2=0o101)], True),
            ("another's", [*opened('"/tmp/f"')], False),
            ("another's socket", [syscall(number=42), record("SOCKADDR", "saddr=01002F746D702F78")], False),
            ("none", [syscall()], True),
            ("the directory", [*opened('"/tmp"')], True),
        ):
            with self.subTest(why):
                lines = [line.replace("NORMAL", "CREATE") if why == "its own" else line for line in lines]
                settings = self.profile(*lines)
                self.assertEqual(private, "PrivateTmp=yes" in settings)
                self.assertNotIn('ReadWritePaths="/tmp"', settings)
        old, new = path('"/tmp/f"', "DELETE"), path('"/tmp/g"', "CREATE", 1)
        self.assertEqual(['"/tmp"'], self.change(82, old, new))

    def test_devices_and_tunables(self):
        for name, write, device, tunable in (
            ("/dev/null", True, True, True),
            ("/dev/pts/3", True, True, True),
            ("/dev/nullx", False, False, True),
            ("/dev/sda", False, False, True),
            ("/etc/dev/sda", False, True, True),
            ("/proc/sys/kernel/x", False, True, True),
            ("/proc/sys/kernel/x", True, True, False),
            ("/proc/kcore", False, True, False),
        ):
            with self.subTest(name, write=write):
                settings = self.profile(*opened(f'"{name}"', a2=int(write)))
                self.assertEqual(device, "PrivateDevices=yes" in settings)
                self.assertEqual(tunable, "ProtectKernelTunables=yes" in settings)

    def test_hostile_names(self):
        """Each is one path, quoted, or left out and said; nothing else changes."""
        usual = len(self.profile(*opened('"/x"', **self.WRITE)))
        for name in HOSTILE:
            with self.subTest(name):
                paths = self.change(257, path(hexed(b"/srv/" + name)), **self.WRITE)
                self.assertEqual(usual - (not paths), len(self.settings))
                self.assertEqual(not paths, "paths that systemd cannot name are left out: " in self.said)
        self.assertEqual(1, len(self.said.splitlines()[-1:]))

    def test_relative(self):
        self.assertEqual([], self.change(257, path('"f"'), a0="5", **self.WRITE))
        self.assertIn("left out: f", self.said)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "not installed: systemd-analyze")
    def test_verified(self):
        """By systemd itself, which says how it understood a path where that is not absolute."""
        names = [b"/srv/" + name for name in HOSTILE]
        lines = [line for n, name in enumerate(names) for line in opened(hexed(name), n + 1, **self.WRITE)]
        lines += [syscall(n, number=n) for n in range(460)] + [
            syscall(n, number=41, a0=f"{n:x}") for n in range(60)
        ]
        settings = self.profile(*lines)
        self.assertEqual([], [line for line in self.verified(settings) if "system call" not in line])
        relative = [line.replace('="/', '="', 1) for line in settings]
        understood = {line.partition("ignoring: ")[2] for line in self.verified(relative) if "absolute" in line}
        fit = {name[1:].decode() for name in names if auditloginfo.showable(auditloginfo.decoded(name), "utf-8")}
        self.assertGreater(len(fit), 20)
        self.assertEqual(fit, understood)

    def verified(self, settings: list[str]) -> list[str]:
        """Return what systemd-analyze says of a service with a drop-in, which it must take."""
        with tempfile.TemporaryDirectory(prefix="auditloginfo.") as folder:
            unit = pathlib.Path(folder, "tried.service")
            unit.write_text("[Service]\nExecStart=/bin/true\n")
            (drop_in := pathlib.Path(folder, "tried.service.d")).mkdir()
            (drop_in / "seen.conf").write_text("\n".join(["[Service]", *settings, ""]), encoding="utf-8")
            done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, check=False)
            self.assertEqual(0, done.returncode, done.stderr)
            return done.stderr.decode().splitlines()


@unittest.skipIf(REASON, f"cannot record here: {REASON}")
class ContainerTest(unittest.TestCase):
    LS = ("ls", "-l", "/usr")

    @classmethod
    def setUpClass(cls):
        recording = recorder.Recorder()
        cls.addClassCleanup(recording.remove)
        with recording:
            recording.run(*cls.LS)
        program = os.path.realpath(shutil.which("ls"))
        result = run("--exe", program, "--format", "seccomp", *recording.logs())
        cls.profile, cls.said = result.json, result.err

    def test_works_and_refuses(self):
        """With what was seen the program runs; another needs more and is refused, in either way of starting."""
        self.assertEqual("", self.said)
        for runtime in ("runc", "crun"):
            for alone in (True, False):  # the filter is loaded later where privileges cannot be gained
                with self.subTest(runtime, no_new_privileges=alone):
                    if why_not(runtime):
                        self.skipTest(why_not(runtime))
                    given = {"profile": self.profile, "noNewPrivileges": alone}
                    status, printed = contained(runtime, *self.LS, **given)
                    self.assertEqual(0, status, printed)
                    self.assertIn(" bin\n", printed)
                    for command in ("mkdir /tmp/x", "ln -s a /tmp/b", "sleep 1"):
                        status, printed = contained(runtime, *command.split(), **given)
                        self.assertNotEqual(0, status, command)
                        self.assertIn("Operation not permitted", printed)
