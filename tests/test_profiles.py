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
from tests import recorder
from tests.logs import run, syscall

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
