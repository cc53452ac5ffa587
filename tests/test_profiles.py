"""Profiles for confinement: each taken by the tools that it is for, and tried where that can be done."""

from __future__ import annotations

import functools
import itertools
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile
import unittest
from collections import Counter

import auditloginfo
from tests import logs, recorder
from tests.logs import path, record, run


def syscall(serial: int = 1, a2: int = 0, ppid: int = 10, **given: object) -> str:
    """Return a SYSCALL record, also with another third argument and parent."""
    return logs.syscall(serial, **given).replace(" a2=0 ", f" a2={a2:x} ").replace(" ppid=10 ", f" ppid={ppid} ")


def opened(name: str, serial: int = 1, a2: int = 0, **given: object) -> list[str]:
    """Return the records of one open, also with flags."""
    return [syscall(serial, a2, **given), *logs.opened(name, serial, **given)[1:]]


#: The cgroups as the runtimes like them, whatever they are here.
CGROUPS = "umount -R /sys/fs/cgroup; mount -t cgroup2 none /sys/fs/cgroup; "
#: The two ways to run a container, given runtime, bundle and name; Docker and Podman go the second.
RUN = CGROUPS + 'exec "$1" run -b "$2" "$3"'
CREATE_AND_START = (
    CGROUPS
    + """
"$1" create -b "$2" "$3" && "$1" start "$3" || exit
while "$1" state "$3" | grep -q '"status": "running"'; do sleep 0.02; done
"$1" delete "$3"
"""
)
SHARED = ("/usr", "/bin", "/lib", "/lib64", "/etc")
REASON = recorder.why_not()


def contained(
    runtime: str, *command: str, profile: dict | None = None, script: str = RUN, **process: object
) -> tuple[int, str]:
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
        words = ["unshare", "-m", "sh", "-c", script, "sh", runtime, bundle, os.path.basename(bundle)]
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

    def test_many_calls_without_a_name(self):
        """Whoever is watched can make thousands of them."""
        _, err = self.profile(*(syscall(n, number=9000 + n) for n in range(1, 100)))
        self.assertIn("unknown-syscall(9008) (x86_64) and 91 more\n", err)

    def test_several_architectures(self):
        profile, err = self.profile(syscall(1, number=9), syscall(2, arch="40000003", number=90))
        self.assertEqual(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], profile["architectures"])
        self.assertIn("each call is allowed on all of i386, x86_64", err)

    def test_a_name_from_the_log_is_no_call(self):
        """Of an unknown architecture it may be anything, and allow more on those that are known."""
        for name in ('evil"]}', "evil"):
            line = syscall(arch="c0000102", number=3).rstrip("\n") + f"\x1dARCH=x SYSCALL={name}\n"
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
        self.assertIn("nothing matched, so there is no profile", result.err)

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
    b"a\t", b"a -> b", b"a\xc2\x85b", b"a\xef\xbf\xbe", b"a\\072b", b'a\\"b',
    b'a" rw, "/etc/x', b'a\\\\"', b"a&b", b"*" * 200, b"x" * 255,
]  # fmt: skip


class OriginTest(unittest.TestCase):
    def test_what_was_asked_for_stays_in_the_comment(self):
        """A program's name was chosen by whom it is about, and may be copied from the log into the command."""
        for format_name in ("systemd", "apparmor"):
            usual = run("--format", format_name, "-", stdin=syscall().encode()).out.splitlines()
            for name in HOSTILE:
                if b"\0" in name:
                    continue
                with self.subTest(name, format=format_name):
                    exe = auditloginfo.decoded(name)
                    log = syscall(exe=hexed(name)).replace('exe="', "exe=").replace('" subj', " subj")
                    out = run("--format", format_name, f"--exe={exe}", "-", stdin=log.encode()).out
                    self.assertTrue(out.splitlines()[1].startswith("# Audit report for EXE "))
                    self.assertTrue("".join(out.splitlines()[:3]).isascii())
                    self.assertEqual(usual[2], out.splitlines()[2])

    def test_parts_add_up(self):
        """Reports over parts give the same as the whole, but for what needs to know of an earlier part."""
        session = (pathlib.Path(__file__).parent / "data" / "session.log").read_bytes().splitlines(keepends=True)
        middle = next(n for n, line in enumerate(session) if b"type=SYSCALL" in line and n > len(session) / 2)
        sections = tuple(auditloginfo.SECTIONS)
        whole = logs.report_of(*session, sections=sections)
        parts = logs.report_of(*session[:middle], sections=sections) + logs.report_of(
            *session[middle:], sections=sections
        )
        for name in ("calls", "sockets"):
            self.assertEqual(getattr(whole, name), getattr(parts, name))
        missing = whole.access - parts.access
        self.assertEqual(set(), {what for _, what, _, _ in missing} - {"execute", "map", "inherit"})
        self.assertEqual(Counter(), parts.access - whole.access)


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
            ("a connection's end", [syscall(2, number=42), record("SOCKADDR", "saddr=0000", 2)], "none"),
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
        for why, kind, call, name, private in (
            ("its own under a new name", "CREATE", 82, old, True),
            ("a new name for another's", "NORMAL", 86, path('"/tmp/f"'), False),
        ):
            with self.subTest(why):
                made = [syscall(1, a2=0o101), record("PATH", path('"/tmp/f"', kind))]
                named = [record("PATH", name, 2), record("PATH", new, 2)]
                settings = self.profile(*made, syscall(2, number=call), *named)
                self.assertEqual(private, "PrivateTmp=yes" in settings)

    def test_a_link_to_anothers(self):
        """It has to see that."""
        self.change(86, path('"/tmp/other"'), path('"/srv/x"', "CREATE", 1))
        self.assertNotIn("PrivateTmp=yes", self.settings)
        self.change(86, path('"/srv/other"'), path('"/srv/x"', "CREATE", 1))
        self.assertIn("PrivateTmp=yes", self.settings)

    def test_devices_and_tunables(self):
        for name, write, device, tunable in (
            ("/dev/null", True, True, True),
            ("/dev/pts/3", True, True, True),
            ("/dev/nullx", False, False, True),
            ("/dev/sda", False, False, True),
            ("/dev/shm-x", False, False, True),
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

    def test_paths_that_no_kernel_gives(self):
        """Neither keeps it busy for long, and a note on one stays short."""
        odd = record("CWD", 'cwd="//x"', 1), record("PATH", path('""'), 1)
        self.assertIn('ReadWritePaths="//x"', self.profile(syscall(number=268), *odd))
        for length, paths in ((4095, 1), (4096, 0), (500_000, 0)):
            name = ("/a" * length)[:length]
            with self.subTest(length):
                self.assertEqual(paths, len(self.change(90, path(f'"{name}"'))))
                self.assertEqual(not paths, f"left out: {name[:200]}...\n" in self.said)

    def test_relative(self):
        for kind in ("NORMAL", "CREATE"):
            self.assertEqual([], self.change(257, path('"f"', kind), a0="5", **self.WRITE))
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


class AppArmorTest(unittest.TestCase):
    def profiles(self, *lines: str) -> dict[str, list[str]]:
        """Return the rules seen in the profiles of a log by program; what was said about it is kept."""
        result = run("--format", "apparmor", "-", stdin="".join(lines).encode("utf-8", "surrogateescape"))
        self.assertEqual(0, result.status, result.err)
        self.said, self.text = result.err, result.out
        about, *profiles = result.out.split("\nprofile ")
        self.assertEqual(["#", "#", "#", "abi"], [line.split()[0] for line in about.splitlines()])
        found = {}
        for profile in profiles:
            head, *rules = profile.splitlines()
            self.assertEqual("}", rules[-1])
            seen = rules[rules.index("  # seen") + 1 : -1]
            self.assertTrue(all(rule[:2] == "  " and rule[-1] == "," for rule in seen), seen)
            found[head.split(" ")[0].strip('"')] = [rule[2:-1] for rule in seen]
        return found

    def rules(self, *lines: str) -> list[str]:
        """Return the rules of the program in a log of one."""
        (rules,) = self.profiles(*lines).values()
        return rules

    def test_opens(self):
        new = path('"/srv/f"', "CREATE")
        folder = path('"/srv"', mode="040755")
        for why, flags, item, rules in (
            ("read", 0, path('"/srv/f"'), ['"/srv/f" r']),
            ("written", 0o1, path('"/srv/f"'), ['"/srv/f" w']),
            ("both", 0o2, path('"/srv/f"'), ['"/srv/f" rw']),
            ("made and read", 0o100, new, ['"/srv/f" rw']),
            ("emptied", 0o1000, path('"/srv/f"'), ['"/srv/f" rw']),
            ("only found", 0o10000000, path('"/srv/f"'), []),
            ("a directory ends in a slash", 0, folder, ['"/srv/" r']),
            ("the top one in one", 0, path('"/"', mode="040755"), ['"/" r']),
        ):
            with self.subTest(why):
                lines = [syscall(a2=flags), record("PATH", item), syscall(2, number=41, a0="2")]
                self.assertEqual(["network inet", *rules], self.rules(*lines))
        lines = [syscall(number=85), record("PATH", path('"/srv/f"')), syscall(2, number=41, a0="2")]
        self.assertEqual(["network inet", '"/srv/f" w'], self.rules(*lines), "creat does not read")

    def test_changes(self):
        new, old = {"nametype": "CREATE", "item": 1}, {"nametype": "DELETE", "item": 0}
        folder = {"mode": "040755"}
        for why, call, items, rules in (
            ("removed", 87, [path('"/a/f"', **old)], ['"/a/f" w']),
            ("renamed", 82, [path('"/a/f"', **old), path('"/b/f"', **new)], ['"/a/f" rw', '"/b/f" w']),
            ("a directory made", 83, [path('"/a/d"', **new, **folder)], ['"/a/d/" w']),
            ("mode", 90, [path('"/a/f"')], ['"/a/f" w']),
            ("a link", 86, [path('"/a/f"'), path('"/b/f"', **new)], ['link "/b/f" -> "/a/f"']),
            ("one to what is not known whole", 86, [path('"x"'), path('"/b/f"', **new)], []),
            ("one at such a place", 86, [path('"/a/f"'), path('"x"', **new)], []),
            ("one by name", 88, [path('"x"'), path('"/b/f"', **new)], ['"/b/f" w']),
            ("a socket", 42, [path('"/run/x.sock"', mode="0140777")], ['"/{,var/}run/x.sock" rw']),
        ):
            with self.subTest(why):
                lines = [record("PATH", item) for item in items]
                self.assertEqual(
                    ["network inet", *rules],
                    self.rules(syscall(number=call), *lines, syscall(2, number=41, a0="2")),
                )
        self.rules(syscall(number=86), record("PATH", path('"/b/f"', **new)), syscall(2, number=41, a0="2"))
        self.assertIn("left out: '?'", self.said)
        self.assertEqual({}, self.profiles(syscall(number=165), record("PATH", path('"/mnt"'))))
        self.assertIn("mounts are left out", self.said)

    def test_locks_and_mappings(self):
        """By descriptor, of which the log has the number alone."""
        log = [*opened('"/srv/f"', exit=5), record("MMAP", "fd=5 flags=0x2", 2)]
        for why, call, rule in (
            ("locked", {"number": 73, "a0": "5"}, '"/srv/f" rk'),
            ("by fcntl", {"number": 72, "a0": "5", "a1": "6"}, '"/srv/f" rk'),
            ("only asked", {"number": 72, "a0": "5", "a1": "5"}, '"/srv/f" r'),
            ("mapped to run", {"number": 9, "a2": 5}, '"/srv/f" mr'),
            ("where the protection is in memory", {"arch": "40000003", "number": 90}, '"/srv/f" mr'),
            ("to read", {"number": 9, "a2": 1}, '"/srv/f" r'),
            ("not mapped", {"number": 9, "a2": 5, "success": "no", "exit": -13}, '"/srv/f" r'),
        ):
            with self.subTest(why):
                line = syscall(2, **call).replace("a1=7f", f"a1={call.get('a1', '7f')}")
                self.assertEqual([rule], self.rules(*log, line))
        self.rules(*log, syscall(2, number=73, a0="6"))
        self.assertIn(
            "accesses to files that are not listed, for the log does not say which file it was: 1", self.said
        )

    def run_of(self, program: str, name: str, serial: int, tty: str = "(none)", **given: object) -> list[str]:
        """Return the records of an exec by which a name became a program."""
        line = syscall(serial, number=59, exit=0, exe=program, **given).replace("tty=pts0", f"tty={tty}")
        loader = path('"/lib64/ld-linux-x86-64.so.2"', item=1)
        return [line, record("PATH", path(f'"{name}"'), serial), record("PATH", loader, serial)]

    def test_exec(self):
        sh = self.run_of("/usr/bin/dash", "/bin/sh", 1, pid=5, ppid=4)
        gone = syscall(2, number=231, success="", exit=0, exe="/usr/bin/dash", pid=5, ppid=4)
        loaded = ['"/{,usr/}lib64/ld-linux-x86-64.so*" mr']
        for why, lines, rules in (
            ("by whom is not known", [], []),
            ("with a profile", self.run_of("/usr/bin/ls", "/bin/ls", 2, pid=5), ['"/{,usr/}bin/ls" Px']),
            ("after a fork", self.run_of("/usr/bin/ls", "/bin/ls", 2, pid=6, ppid=5), ['"/{,usr/}bin/ls" Px']),
            ("itself", self.run_of("/usr/bin/dash", "/usr/bin/dash", 2, pid=5), ['"/{,usr/}bin/dash" ix']),
            (
                "a script",
                self.run_of("/usr/bin/perl", "/srv/a b", 2, pid=5),
                ['"/srv/a b" Px -> "/usr/bin/perl"', '"/{,usr/}bin/perl" Px'],
            ),
            ("by part of a name", self.run_of("/usr/bin/ls", "ls", 2, pid=5), ['"/{,usr/}bin/ls" Px']),
            ("without a profile", self.run_of("memfd:x", "/srv/a", 2, pid=5), ['"/srv/a" ix']),
            ("one that went before", [gone, *self.run_of("/usr/bin/ls", "/bin/ls", 3, pid=5, ppid=9)], []),
        ):  # fmt: skip
            with self.subTest(why):
                found = self.profiles(*sh, *lines)
                self.assertEqual([*rules, '"/{,usr/}bin/dash" mr', *loaded], found["/usr/bin/dash"])

    def test_one_name_that_became_two_programs(self):
        """A rule for each would contradict the other; the usual one stays."""
        runs = [("/usr/bin/b", 2), ("/usr/bin/b", 3), ("/usr/bin/a", 4)]
        lines = [line for exe, n in runs for line in self.run_of(exe, "/bin/x", n, pid=n + 50, ppid=5)]
        found = self.profiles(*self.run_of("/usr/bin/dash", "/bin/sh", 1, pid=5, ppid=4), *lines)
        self.assertIn('"/{,usr/}bin/x" Px -> "/usr/bin/b"', found["/usr/bin/dash"])
        self.assertNotIn('"/usr/bin/a"', "".join(found["/usr/bin/dash"]).partition("Px ->")[2])

    def test_what_is_inherited(self):
        """A redirection is opened by the shell and used by the command; a terminal is there from the beginning."""
        out = [
            syscall(1, 0o1101, exit=1, exe="/usr/bin/dash", pid=5),
            record("PATH", path('"/srv/out"', "CREATE"), 1),
        ]
        gone = [syscall(2, 0o2000000, exit=4, exe="/usr/bin/dash", pid=5), record("PATH", path('"/srv/in"'), 2)]
        odd = [syscall(3, 0o10000000, exit=5, exe="/usr/bin/dash", pid=5), record("PATH", path('"/srv/at"'), 3)]
        runs = self.run_of("/usr/bin/ls", "/bin/ls", 4, tty="pts3", pid=5)
        rules = self.profiles(*out, *gone, *odd, *runs)["/usr/bin/ls"]
        self.assertEqual(['"/dev/pts/[0-9]*" rw', '"/srv/out" w'], rules[:2])
        self.assertNotIn("/srv/in", "".join(rules))
        self.assertIn('"/dev/ttyS0" rw', self.rules(*self.run_of("/usr/bin/ls", "/bin/ls", 1, tty="ttyS0")))

    def test_sockets(self):
        netlink = record("SOCKADDR", "saddr=100000000000000000000000", 9)
        call = lambda serial, family, kind: syscall(serial, number=41, a0=family).replace("a1=7f", f"a1={kind}")  # noqa: E731
        for why, lines, rules in (
            ("stream, whatever flags", [call(1, "2", "80801")], ["network inet stream"]),
            ("datagrams", [call(1, "a", "2")], ["network inet6 dgram"]),
            ("a type that AppArmor has no word for", [call(1, "2", "6")], ["network inet"]),
            ("a family that it has none for", [call(1, "c", "1")], []),
            ("made before", [syscall(9, number=44), netlink], ["network netlink"]),
            ("also made", [syscall(9, number=44), netlink, call(1, "10", "3")], ["network netlink raw"]),
            (
                "by socketcall",
                [
                    syscall(1, arch="40000003", number=102, a0="1"),
                    record("SOCKETCALL", "nargs=3 a0=2 a1=1 a2=0", 1),
                ],
                ["network inet stream"],
            ),
            (
                "by a cut one",
                [syscall(1, arch="40000003", number=102, a0="1"), call(2, "1", "1")],
                ["network unix stream"],
            ),
        ):
            with self.subTest(why):
                self.assertEqual(rules, self.rules(*lines))

    GENERATED = (
        # why, path, pattern
        ("plain", "/etc/passwd", "/etc/passwd"),
        ("merged", "/bin/ls", "/{,usr/}bin/ls"),
        ("or not", "/usr/sbin/x", "/{,usr/}sbin/x"),
        ("no such directory", "/bin2/ls", "/bin2/ls"),
        ("/var/run is /run", "/var/run/x", "/{,var/}run/x"),
        ("a process", "/proc/123/stat", "/proc/[0-9]*/stat"),
        ("itself", "/proc/self/stat", "/proc/[0-9]*/stat"),
        ("its thread", "/proc/self/task/7/comm", "/proc/[0-9]*/task/[0-9]*/comm"),
        ("the thread itself", "/proc/thread-self/attr", "/proc/[0-9]*/task/[0-9]*/attr"),
        ("no process", "/proc/sys/kernel", "/proc/sys/kernel"),
        ("a terminal", "/dev/pts/7", "/dev/pts/[0-9]*"),
        ("its multiplexer", "/dev/pts/ptmx", "/dev/pts/ptmx"),
        ("a library", "/usr/lib/libx-2.so.1.2", "/{,usr/}lib/libx-2.so*"),
        ("mktemp", "/tmp/tmp.AbC123xYz0", "/tmp/tmp.*"),
        ("mktemp of letters", "/tmp/tmp.abcdef", "/tmp/tmp.*"),
        ("its files", "/tmp/tmp.AbC123/f", "/tmp/tmp.*/f"),
        ("Python", "/var/tmp/tmpab12cd_x", "/var/tmp/tmp????????"),
        ("gcc", "/tmp/ccAb12Cd.s", "/tmp/cc??????.s"),
        ("after a separator", "/tmp/x-Ab12Cd", "/tmp/x-*"),
        ("a word", "/tmp/x-directory/Makefile", "/tmp/x-directory/Makefile"),
        ("a pid", "/run/x.1234", "/{,var/}run/x.[0-9]*"),
        ("a number", "/run/x.12", "/{,var/}run/x.12"),
        ("elsewhere words may look so", "/srv/x-Ab12Cd", "/srv/x-Ab12Cd"),
        ("but for what says so", "/srv/tmp_obj_Ab12Cd", "/srv/tmp_obj_*"),
        ("a UUID", "/srv/01234567-89ab-cdef-0123-456789abcdef.x", "/srv/????????-????-????-????-????????????.x"),
        ("a hash", "/srv/0123456789abcdef0123", "/srv/????????????????????"),
        ("a number is none", "/srv/01234567890123456789", "/srv/01234567890123456789"),
        ("nor a long word", "/srv/abcdefabcdefabcdef", "/srv/abcdefabcdefabcdef"),
    )  # fmt: skip

    def test_generated(self):
        for why, name, pattern in self.GENERATED:
            with self.subTest(why):
                self.assertEqual(f'"{pattern}"', auditloginfo.apparmor_path(name.encode()))

    def test_programs(self):
        for why, exe, profiles in (
            ("none that is known", "(null)", []),
            ("no path", '"memfd:x"', []),
            ("replaced since", hexed(b"/srv/x (deleted)"), ["/srv/x"]),
            ("an odd name", hexed(b"/srv/a b%"), ["/srv/a%20b%25"]),
        ):
            with self.subTest(why):
                lines = [line.replace('exe="/usr/bin/cat"', f"exe={exe}") for line in opened('"/f"')]
                self.assertEqual(profiles, list(self.profiles(*lines)))
        self.assertEqual([], self.rules(*opened(hexed(b"/a\0b")), *opened('"rel"', 2, a0="9")))
        self.assertIn(r"left out: $'/a\x00b' rel", self.said.replace(",", ""))

    def test_printable(self):
        """The profiles of hostile names do nothing to a terminal."""
        self.profiles(*(line for n, name in enumerate(HOSTILE) for line in opened(hexed(b"/" + name), n + 1)))
        self.assertTrue(self.text.isascii())
        self.assertTrue(self.text.replace("\n", "").isprintable())

    @unittest.skipUnless(shutil.which("apparmor_parser"), "not installed: apparmor_parser")
    def test_parsed(self):
        """AppArmor's own parser takes it all, and each hostile name for that name and no other."""
        names = [b"/srv/" + name for name in HOSTILE if b"\0" not in name]
        lines = [line for n, name in enumerate(names) for line in opened(hexed(name), n + 1, exe="/srv/x")]
        lines += [
            line.replace('exe="/usr/bin/cat"', f"exe={hexed(name)}")
            for name in names
            for line in opened('"/f"', len(lines))
        ]
        runs = [line for n in range(9) for line in self.run_of(f"/srv/{n}", f"/bin/{n}", n + 900, pid=7)]
        calls = [syscall(n + 950, number=41, a0=f"{n:x}").replace("a1=7f", f"a1={n % 11}") for n in range(50)]
        self.profiles(*lines, *runs, *calls)
        self.assertEqual("", self.parsed(self.text))
        rules = self.rules(*lines[: len(names) * 4])
        self.assertEqual(sorted(names), sorted(self.literal(rule) for rule in rules))

    def literal(self, rule: str) -> bytes:
        """Return the one path that the parser's automaton for a rule accepts."""
        printed = self.parsed(f'profile x "/x" {{\n{rule},\n}}\n', "-D", "dfa-states")
        accepting, states = printed.rpartition("<== ")[2].split("\n\n", 1)
        self.assertEqual(2, len(accepting.splitlines()), "one state accepts")
        return bytes(int(step, 16) for step in re.findall(r" 0x([0-9a-f]+) -> ", states))

    def parsed(self, text: str, *options: str) -> str:
        """Return what apparmor_parser prints of a profile, which it must take."""
        with tempfile.TemporaryDirectory(prefix="auditloginfo.") as folder:
            profile = pathlib.Path(folder, "profile")
            profile.write_text(text, encoding="ascii")
            words = ["apparmor_parser", "-QK", *options, str(profile)]
            done = subprocess.run(words, capture_output=True, check=False)
            printed = (done.stdout + done.stderr).decode("latin-1")
            self.assertEqual(0, done.returncode, printed)
            return "\n".join(
                line for line in printed.split("\n") if not line.startswith("Cache read/write disabled")
            )


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

    @unittest.skipUnless(platform.machine() == "x86_64", "another kind of machine")
    def test_every_name_is_taken(self):
        """The runtimes know, or pass over, every call in the tables that this machine can have."""
        numbers = [("40000003", n) for n in auditloginfo.ARCHES[b"40000003"][1]]
        numbers += [("c000003e", n) for n in auditloginfo.ARCHES[b"c000003e"][1]]
        numbers += [("c000003e", n | auditloginfo.X32_BIT) for n in auditloginfo.X32_CALLS]
        log = "".join(syscall(i, arch=arch, number=n) for i, (arch, n) in enumerate(numbers))
        profile = run("--format", "seccomp", "-", stdin=log.encode()).json
        for runtime in ("runc", "crun"):
            with self.subTest(runtime):
                if why_not(runtime):
                    self.skipTest(why_not(runtime))
                self.assertEqual((0, "hello\n"), contained(runtime, "echo", "hello", profile=profile))

    def test_works_and_refuses(self):
        """With what was seen the program runs; another needs more and is refused; in each way of starting.

        Where privileges cannot be gained the filter is loaded later, and the runtime does less under it.
        """
        self.assertEqual("", self.said)
        ways = itertools.product(("runc", "crun"), (True, False), (RUN, CREATE_AND_START))
        for runtime, no_new_privileges, script in ways:
            with self.subTest(runtime, no_new_privileges=no_new_privileges, script=script):
                if why_not(runtime):
                    self.skipTest(why_not(runtime))
                given = {"profile": self.profile, "script": script, "noNewPrivileges": no_new_privileges}
                status, printed = contained(runtime, *self.LS, **given)
                self.assertEqual(0, status, printed)
                self.assertIn(" bin\n", printed)
                for command in ("mkdir /tmp/x", "ln -s a /tmp/b", "sleep 1"):
                    _, printed = contained(runtime, *command.split(), **given)
                    self.assertIn("Operation not permitted", printed)
