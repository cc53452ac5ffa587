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
                            (socket.AF_UNIX, b'/no/such'), (socket.AF_UNIX, b'\\0abstract'),
                            (socket.AF_UNIX, b'x }\\ntype=SYSCALL msg=audit(1700000000.000:1): arch=c000003e'
                                             b' syscall=59 success=yes pid=1 auid=%d ')):
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
CHANGES = """
import ctypes, os
os.mkdir('c'); os.mkdir('e')
c, e = os.open('c', os.O_RDONLY), os.open('e', os.O_RDONLY)
def touch(name, flags=0, folder=c):
    fd = os.open(name, os.O_RDWR | flags, 0o600, dir_fd=folder)
    return fd
fd = touch('new', os.O_CREAT)
os.ftruncate(fd, 3); os.fchmod(fd, 0o640); os.fchown(fd, -1, os.getgid()); os.close(fd)
for flags in (os.O_CREAT | os.O_TRUNC, os.O_APPEND, os.O_CREAT): os.close(touch('new', flags))
os.rename('new', '../e/moved', src_dir_fd=c, dst_dir_fd=c)
os.close(touch('other', os.O_CREAT, e))
os.rename('moved', 'other', src_dir_fd=e, dst_dir_fd=e)
os.link('other', 'hard', src_dir_fd=e, dst_dir_fd=c); os.symlink('nowhere', 'soft', dir_fd=c)
os.chmod('c/hard', 0o600); os.chown('hard', -1, os.getgid(), dir_fd=c); os.truncate('c/hard', 1)
os.mkfifo('fifo', dir_fd=c); os.utime('hard', dir_fd=c); os.close(os.open('/dev/null', os.O_WRONLY))
os.close(os.open('.', os.O_TMPFILE | os.O_RDWR))
for name in ('fifo', 'hard', 'soft'): os.unlink(name, dir_fd=c)
for call, *given in ((os.mkdir, 'e'), (os.rmdir, 'none'), (os.open, '/etc/shadow', os.O_RDWR)):
    try: call(*given)
    except OSError: pass
os.rmdir('c')
"""
SECCOMP = """
import ctypes, os
if os.fork() == 0:
    ctypes.CDLL(None).prctl(22, 1, 0, 0, 0)
    os.getpid()
    open('x')
os.wait()
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
os.execv('/bin/true', ['true', *long, *map(str, range(2000)), '\\u00e9 ' * 30000])
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
        selections += [
            (Selection(pid=(pid,), children=True), strace.total({p: seen[p] for p in self.family(pid, seen)}))
            for pid, what in seen.items()
            if what.children
        ]
        for selection, expected in selections:
            sources, errors = auditloginfo.open_sources(recording.logs())
            report, more = auditloginfo.read_report(sources, selection, auditloginfo.SECTIONS)
            with self.subTest(selection):
                self.assertEqual(([], 0), (errors + more, report.skipped_lines))
                rows = Counter()
                for row in auditloginfo.syscall_rows(report):
                    rows[row.fields["name"]] += row.frequency
                self.agree(expected.syscalls, rows)
                self.agree(expected.commands, report.commands)
                self.agree(self.folded(expected.files), self.folded(report.files))
                failures = Counter()
                for (call, _, _, error), count in report.failures.items():
                    failures[call, error] += count
                self.agree(expected.failures, failures)
                network = {row: count for row, count in report.network.items() if row[0] in ("connect", "bind")}
                self.agree(expected.network, Counter(network))
                started = Counter(ran.pid for ran in report.processes.values() if ran.parent in report.processes)
                below = {child for child in expected.children if child in seen}
                self.assertEqual(below if selection.children or selection.uid else set(), set(started))
        return recording.logs()

    def family(self, pid: int, seen: dict) -> set[int]:
        """Return a process and all its descendants."""
        return {pid}.union(*(self.family(child, seen) for child in seen[pid].children if child in seen))

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
        # auditd writes the name of a socket as it is, and one is made to look like a record.
        self.check(PYTHON, "-I", "-S", "-c", THREADS.replace("auid=%d", f"auid={recorder.LOGIN_UID}"))

    def changes_of(self, logs: list[str]) -> dict:
        """Return the rows of the changes, with the test's folder as X."""
        sources, _ = auditloginfo.open_sources(logs)
        report, _ = auditloginfo.read_report(
            sources, Selection(uid=(recorder.LOGIN_UID,)), ["changes", "failures"]
        )
        self.assertEqual(0, report.gaps["path"])
        self.failures = {
            row.text.replace(self.folder, "X") for row in auditloginfo.counted_rows(report, "failures")
        }
        return {
            row.text.replace(self.folder, "X"): row.frequency
            for row in auditloginfo.counted_rows(report, "changes")
        }

    def test_changes(self):
        rows = self.changes_of(self.check(PYTHON, "-I", "-S", "-c", CHANGES))
        self.assertEqual(
            {
                "created X/c": 1,
                "created X/e": 1,
                "created X/c/new": 1,
                "truncated X/c/new": 2,
                "permissions X/c/new": 2,
                "opened for writing X/c/new": 2,
                "renamed X/c/new -> X/e/moved": 1,
                "created X/e/other": 1,
                "renamed X/e/moved -> X/e/other": 1,
                "linked X/c/hard -> X/e/other": 1,
                "linked X/c/soft -> nowhere": 1,
                "permissions X/c/hard": 2,
                "truncated X/c/hard": 1,
                "created X/c/fifo": 1,
                "removed X/c/fifo": 1,
                "removed X/c/hard": 1,
                "removed X/c/soft": 1,
                "removed X/c": 1,
            },
            rows,
        )
        wanted = {"mkdir X/ EEXIST", "rmdir X/ ENOENT", "openat /etc/shadow EACCES"}
        self.assertEqual(
            wanted, {row for row in self.failures if row.startswith(("mkdir", "rmdir", "openat /etc/sh"))}
        )

    def test_what_seccomp_killed(self):
        recording = recorder.Recorder()
        self.addCleanup(recording.remove)
        with recording:
            recording.run(PYTHON, "-I", "-S", "-c", SECCOMP, cwd=self.folder)
        for selection in (Selection(uid=(recorder.LOGIN_UID,)), Selection()):
            sources, _ = auditloginfo.open_sources(recording.logs())
            report, _ = auditloginfo.read_report(sources, selection, ["failures"])
            killed = [row.text for row in auditloginfo.counted_rows(report, "failures") if "seccomp" in row.text]
            self.assertEqual(1, len(killed), killed)

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
