"""A live kernel: real programs, seen by auditd and strace at once, must give the same counts."""

import itertools
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from unittest import mock

import auditloginfo
from auditloginfo import Selection
from tests import recorder, strace

PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
SHELL = """
ls -la / | grep -c root | cat >counted
for word in one two three; do echo $word; done | sort -r | head -n 1 >first
(cd sub && cat ../counted | wc -l) && ./missing || true
read line <first; test -e "$line" || echo "no $line" 2>&1 >/dev/null
"""
TOOLS = """
mkdir -p tree/a/b tree/c && echo 1 >tree/a/b/x && echo 2 >tree/c/y
find tree -name x -exec cat {} +
tar cf t.tar tree && mkdir out && tar xf t.tar -C out && rm -r tree out/tree/c
git init -q repo && cd repo && git config user.email a@b && git config user.name a
cp ../t.tar . && git add . && git commit -qm x && git status && git gc -q
"""
THREADS = """
import os, socket, subprocess, threading

def work(n):
    folder = os.open('.', os.O_RDONLY | os.O_DIRECTORY)
    inner = os.open('sub', os.O_RDONLY, dir_fd=folder)
    other = os.dup(inner)
    for i in range(5):
        os.close(os.open(f'f{n}.{i}', os.O_RDWR | os.O_CREAT, dir_fd=other))
        os.close(os.open(f'../sub/./f{n}.{i}', os.O_RDONLY, dir_fd=inner))
        open(f'sub/f{n}.{i}').close()
    for family, address in ((socket.AF_INET, ('127.0.0.1', 9)), (socket.AF_INET6, ('::1', 9)),
                            (socket.AF_UNIX, b'/no/such'), (socket.AF_UNIX, b'\\0abstract')):
        with socket.socket(family) as s:
            try:
                s.connect(address)
            except OSError:
                pass
    os.close(folder)

threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
folder = os.open('sub', os.O_RDONLY)
child = os.fork()
if child == 0:
    os.close(os.open('f1.1', os.O_RDONLY, dir_fd=folder))
    os.chdir('sub')
    os.close(os.open('f1.1', os.O_RDONLY))
    os._exit(0)
os.waitpid(child, 0)
subprocess.run(['cat', 'sub/f1.1', 'nothing'], stderr=subprocess.DEVNULL)
"""
NAMES = """
import os
for byte in set(range(1, 256)) - {ord('/')}:
    long = b'/tmp/../tmp/../' + os.getcwdb() + b'/x' + bytes([byte]) * 3
    for name in (bytes([byte]) + b'x', b'x' + bytes([byte]), long):
        os.close(os.open(name, os.O_RDWR | os.O_CREAT))
some = [b'a' + bytes([byte]) for byte in range(1, 256)]
os.execv(b'/bin/true', [b'true', *some, b'', bytes(range(1, 256))])
"""
LONG = """
import os
long = [('%05d' % i) * 4000 for i in range(80)]
os.execv('/bin/true', ['true', *long, *map(str, range(2000)), 'é ' * 30000])
"""


def elf32(path: bytes = b"/etc/hostname") -> bytes:
    """Return an i386 program that opens a file, closes it, and ends."""
    base = 0x08048000
    code = lambda where: b"".join(  # noqa: E731
        (
            b"\xb8\x05\0\0\0\xbb" + struct.pack("<I", where) + b"\x31\xc9\xcd\x80",  # open(path, 0)
            b"\x89\xc3\xb8\x06\0\0\0\xcd\x80",  # close(it)
            b"\xb8\x01\0\0\0\x31\xdb\xcd\x80",  # exit(0)
        )
    )
    length = 52 + 32 + len(code(0))
    header = b"\x7fELF\1\1\1" + bytes(9)
    header += struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, base + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    size = length + len(path) + 1
    segment = struct.pack("<IIIIIIII", 1, 0, base, base, size, size, 5, 0x1000)
    return header + segment + code(base + length) + path + b"\0"


def canonical(path: bytes) -> bytes:
    """Follow links, for strace shows directories by their real paths; in /proc they are the reader's own."""
    return path if path.startswith(b"/proc/") else os.path.realpath(path)


REASON = recorder.why_not()


@unittest.skipIf(REASON, f"cannot record here: {REASON}")
class LiveTest(unittest.TestCase):
    maxDiff = 4000

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="auditloginfo.")
        os.mkdir(os.path.join(self.folder, "sub"))
        for path in (self.folder, os.path.join(self.folder, "sub")):
            os.chown(path, recorder.LOGIN_UID, recorder.LOGIN_UID)
        self.addCleanup(shutil.rmtree, self.folder)

    def check(self, *command: str, **options: str) -> list[str]:
        """Run a command, hold the report against what strace saw, and return the paths of the logs."""
        recording = recorder.Recorder(**options)
        self.addCleanup(recording.remove)
        before = recorder.status()
        with recording:
            trace = recording.run(*command, cwd=self.folder)
        after = recorder.status()
        for name in ("enabled", "failure", "backlog_limit", "pid"):
            self.assertEqual(before[name], after[name], f"{name} is put back")
        self.assertEqual(before["lost"], after["lost"], "the kernel lost events: nothing can be said")
        seen = strace.witness(str(trace))
        selections = [(Selection(uid=(recorder.LOGIN_UID,)), strace.total(seen))]
        selections += [(Selection(pid=(pid,)), what) for pid, what in seen.items()]
        for selection, expected in selections:
            sources, errors = auditloginfo.open_sources(recording.logs())
            report, more = auditloginfo.read_report(sources, selection)
            with self.subTest(selection):
                self.assertEqual(([], 0), (errors + more, report.skipped_lines))
                rows = Counter()
                for row in auditloginfo.syscall_rows(report):
                    rows[row.fields["name"]] += row.frequency
                self.agree(expected.syscalls, rows)
                self.agree(expected.commands, report.commands)
                self.agree(self.folded(expected.files), self.folded(report.files))
        return recording.logs()

    def folded(self, files: Counter) -> Counter:
        """Return the counts of files by their real paths."""
        counts = Counter()
        for path, count in files.items():
            counts[canonical(path)] += count
        return counts

    def agree(self, expected: Counter, found: Counter) -> None:
        self.assertEqual(
            expected, Counter(found), f"missing {expected - found}, too many {found - expected}"[:2000]
        )

    def test_whatever_happens_the_machine_is_as_before(self):
        """The rule is gone, the daemon has ended, and the kernel's settings are back."""

        def rules() -> str:
            return subprocess.run(["auditctl", "-l"], capture_output=True, text=True, check=True).stdout

        before, rules_before = recorder.status(), rules()
        for fault in (KeyboardInterrupt, RuntimeError):
            for broken in (None, "begin", "wait_for"):
                with self.subTest(fault, broken=broken), self.assertRaises(fault):
                    recording = recorder.Recorder()
                    self.addCleanup(lambda recording=recording: recording.remove())
                    if broken == "wait_for":  # the daemon was started, but is not there yet
                        waiting = recording.wait_for
                        recording.wait_for = mock.Mock(
                            side_effect=itertools.chain([fault], iter(lambda: mock.DEFAULT, 0)), wraps=waiting
                        )
                    elif broken:
                        recording.begin = mock.Mock(side_effect=fault)
                    with recording:
                        self.assertNotEqual(rules_before, rules())
                        raise fault
                after = recorder.status()
                for name in ("enabled", "failure", "backlog_limit", "pid"):
                    self.assertEqual(before[name], after[name], name)
                self.assertEqual(rules_before, rules())

    def test_shell(self):
        self.check("bash", "-c", SHELL)

    def test_raw_with_node(self):
        logs = self.check("bash", "-c", SHELL, log_format="RAW", name_format="USER", name="web1.example")
        self.assertIn(b"node=web1.example type=SYSCALL", pathlib.Path(logs[0]).read_bytes())

    def test_tools(self):
        self.check("sh", "-c", TOOLS, log_format="RAW")

    def test_rotation_while_programs_run(self):
        """The log is written over many files, each of which begins in the middle of something."""
        logs = self.check("sh", "-c", TOOLS, max_log_file="1", max_log_file_action="ROTATE", num_logs="99")
        self.assertGreater(len(logs), 3)

    def test_threads(self):
        self.check(PYTHON, "-I", "-S", "-c", THREADS)

    def test_names(self):
        self.check(PYTHON, "-I", "-S", "-c", NAMES)

    def test_long_argv(self):
        self.check(PYTHON, "-I", "-S", "-c", LONG)

    def test_32_bit(self):
        program = os.path.join(self.folder, "i386")
        pathlib.Path(program).write_bytes(elf32())
        os.chmod(program, 0o755)
        (log,) = self.check("sh", "-c", f"{program}; {program} x")
        self.assertIn(b"arch=40000003 syscall=5 ", pathlib.Path(log).read_bytes())
