"""The syscall tables, against other people's."""

import glob
import importlib.util
import re
import shutil
import subprocess
import sys
import unittest

from auditloginfo import ARCHES, X32_BIT, parse_table, parse_tables, syscall_name
from tests import make_syscall_tables

TABLES = dict(ARCHES.values())
#: PyPI's and the kernel's names of the architectures.
KERNEL = {
    "x86_64": "x86_64",
    "i386": "i386",
    "aarch64": "arm64",
    "riscv64": "riscv64",
    "arm": "arm",
    "ppc64": "powerpc64",
    "ppc64le": "powerpc64",
    "s390x": "s390x",
}
#: How libaudit spells what the kernel's headers spell otherwise.
OTHER_SPELLINGS = {
    "pread64": "pread",
    "pwrite64": "pwrite",
    "fstat": "newfstat",
    "_llseek": "llseek",
    "_newselect": "newselect",
    "_sysctl": "sysctl",
    "arm_fadvise64_64": "fadvise64_64",
    "sync_file_range2": "sync_file_range",
    "newfstatat": "fstatat64",
    "timerfd_create": "timerfd",
    "perf_event_open": "perf_counter_open",
    "kexec_load": "sys_kexec_load",
    "getdents64": "getdents",
    "sched_rr_get_interval_time64": "sched_rr_get_interval64",
}


class TablesTest(unittest.TestCase):
    PINNED = (
        # architecture, execve, openat
        ("x86_64", 59, 257),
        ("i386", 11, 295),
        ("aarch64", 221, 56),
        ("riscv64", 221, 56),
        ("arm", 11, 322),
        ("ppc64", 11, 286),
        ("ppc64le", 11, 286),
        ("s390x", 11, 288),
    )

    def test_pinned(self):
        self.assertEqual({row[0] for row in self.PINNED}, set(TABLES))
        for arch, execve, openat in self.PINNED:
            with self.subTest(arch):
                self.assertEqual(("execve", "openat"), (TABLES[arch][execve], TABLES[arch][openat]))

    def test_no_name_twice(self):
        for arch, table in TABLES.items():
            with self.subTest(arch):
                self.assertEqual(len(table), len(set(table.values())))
                self.assertTrue(all(re.fullmatch(r"[a-z_0-9]+", name) for name in table.values()))

    def test_parse_table(self):
        self.assertEqual({0: "a", 1: "b", 7: "c"}, parse_table("0 a b\n7 c"))
        self.assertEqual({2: "x", 3: "b", 4: "c", 5: "d", 6: "y"}, parse_table("2 x b..d y", "abcde"))

    def test_names(self):
        for token, number, expected in (
            (b"c000003e", b"17", ("x86_64", "pread64")),
            (b"c000003e", b"1073741841", ("x32", "pread64")),
            (b"c000003e", b"1073742344", ("x32", "execve")),
            (b"c000003e", b"520", ("x86_64", "unknown-syscall(520)")),
            (b"40000003", b"1073741841", ("i386", "unknown-syscall(1073741841)")),
            (b"40000008", b"4005", ("40000008", "unknown-syscall(4005)")),
            (b"40000008", b"open", ("40000008", "open")),
        ):
            with self.subTest(number):
                self.assertEqual(expected, syscall_name(token, number))

    def test_generated_text_reads_back(self):
        tables = {"SOME": {0: "a", 1: "b", 5: "c", 6: "d", 424: "e"}}
        text = make_syscall_tables.rendered(tables, "1.0")
        found = re.search(r'CALLS = parse_tables\("""(.*?)"""\)', text, re.DOTALL)
        self.assertEqual(tables, parse_tables(found[1]))


@unittest.skipUnless(importlib.util.find_spec("system_calls"), "PyPI's system-calls is not installed")
class SystemCallsTest(unittest.TestCase):
    def test_all_names(self):
        kernel = make_syscall_tables.kernel_tables()
        for arch, name in KERNEL.items():
            with self.subTest(arch):
                self.assertEqual(kernel[name], TABLES[arch])

    def test_x32(self):
        kernel = make_syscall_tables.kernel_tables()["x32"]
        for number, name in kernel.items():
            with self.subTest(name):
                self.assertEqual(("x32", name), syscall_name(b"c000003e", b"%d" % (number | X32_BIT)))

    def test_the_script_is_as_generated(self):
        done = subprocess.run(
            [sys.executable, make_syscall_tables.__file__, "--check"], capture_output=True, text=True
        )
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)


class HeadersTest(unittest.TestCase):
    HEADERS = glob.glob("/usr/include/**/asm/unistd_*.h", recursive=True)
    DEFINED = re.compile(r"#define __NR_(\w+) (?:\(__X32_SYSCALL_BIT \+ )?(\d+)")

    @unittest.skipUnless(HEADERS, "no kernel headers are installed")
    def test_every_name_in_the_headers(self):
        for header in self.HEADERS:
            arch = {"unistd_64.h": "x86_64", "unistd_32.h": "i386"}.get(header.rpartition("/")[2])
            if arch is None or "x86" not in header:
                continue
            with open(header, encoding="ascii") as file:
                names = {int(number): name for name, number in self.DEFINED.findall(file.read())}
            with self.subTest(header):
                self.assertGreater(len(names), 300)
                self.assertEqual(names, {number: TABLES[arch].get(number) for number in names})


@unittest.skipUnless(shutil.which("ausyscall"), "auditd's ausyscall is not installed")
class AusyscallTest(unittest.TestCase):
    ARCHES = ("x86_64", "i386", "aarch64", "arm", "s390x", "ppc64")
    #: libaudit mixes other ABIs of the architecture into its one table.
    OTHER_ABI = {"arm", "ppc64"}

    def test_every_name_in_libaudit(self):
        for arch in self.ARCHES:
            dump = subprocess.run(["ausyscall", arch, "--dump"], capture_output=True, text=True).stdout
            names = {int(n): name for n, name in (line.split()[:2] for line in dump.splitlines()[1:])}
            with self.subTest(arch):
                self.assertGreater(len(names), 250)
                different = {
                    (number, name, TABLES[arch].get(number))
                    for number, name in names.items()
                    if name not in (mine := TABLES[arch].get(number), OTHER_SPELLINGS.get(mine))
                    and not (mine is None and arch in self.OTHER_ABI)
                }
                self.assertEqual(set(), different)
