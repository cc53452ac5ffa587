"""Chance: made-up events must come back from the log as they were; damaged logs must do no harm.

The same chances each time, so that what was tested stays tested. FUZZ_SEED takes others (the seed is
printed with a failure), FUZZ_ROUNDS more of them: to look for faults, before a release or for a night.
"""

from __future__ import annotations

import contextlib
import gzip
import importlib.util
import io
import os
import pathlib
import random
import tempfile
import time
import unittest
from collections import Counter
from typing import NamedTuple

import auditloginfo
from auditloginfo import Selection
from tests.logs import executed, feed, opened, record, run, syscall

if importlib.util.find_spec("hypothesis"):
    import hypothesis
    from hypothesis import strategies

SEED = int(os.environ.get("FUZZ_SEED", 0))
ROUNDS = int(os.environ.get("FUZZ_ROUNDS", 100))
USER = Selection(uid=(7005,))
SELECTIONS = [
    *(USER, Selection(), Selection(uid=(33,)), Selection(success=False), Selection(exe=("/usr/bin/find",))),
    *(USER._replace(children=True), Selection(comm=("mkdir", "bash"), until=1795367856, children=True)),
    *(Selection(pid=(6961,), children=True), Selection(exe=("/usr/bin/dash",), success=False, children=True)),
]
DATA = pathlib.Path(__file__).parent / "data"
#: By what a call needs: its number for each of two architectures.
NUMBERS = {
    "read": {"c000003e": 0, "40000003": 3},
    "open": {"c000003e": 2, "40000003": 5},
    "openat": {"c000003e": 257, "40000003": 295},
    "creat": {"c000003e": 85, "40000003": 8},
    "execve": {"c000003e": 59, "40000003": 11},
    "exit_group": {"c000003e": 231, "40000003": 252},
}
ALPHABET = [bytes([i]) for i in range(1, 256)]
PLAIN = [bytes([i]) for i in range(33, 127) if i not in b'"']


class Made(NamedTuple):
    """An event that was made up."""

    lines: list[bytes]
    auid: int
    call: tuple[str, str]  # architecture, name
    argv: tuple[bytes, ...] | None
    path: bytes | None


def encoded(text: bytes) -> bytes:
    """Return a string as the kernel writes it (audit_log_n_untrustedstring)."""
    plain = all(0x21 <= byte <= 0x7E and byte != 0x22 for byte in text)
    return b'"%s"' % text if plain else text.hex().upper().encode()


class Maker:
    """Makes up events; all choices come from one source of chance, which may be hypothesis's."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.enriched = chance.choice([b"", b"\x1d", b" ", b"#035"])
        self.end = chance.choice([b"\n", b"\r\n"])
        self.node = chance.choice([b"", b"node=web1 "])
        self.prefix = chance.choice([b"", b"Apr 29 16:50:22 h audispd: ", b"Apr 29 16:50:22 h audisp-syslog[7]: "])
        self.seconds = chance.randrange(10**9, 2 * 10**9)
        self.serial = chance.choice([1, 4294967290, chance.randrange(10**6)])

    def text(self, most: int = 12) -> bytes:
        """Return a string, more often plain than not."""
        letters = PLAIN if self.chance.random() < 0.6 else ALPHABET
        return b"".join(self.chance.choice(letters) for _ in range(self.chance.randrange(1, most)))

    def name(self) -> bytes:
        """Return a file name that means something to no shell, log or kernel, but may look so."""
        hostile = [b"x type=SYSCALL msg=audit(1.1:1): auid=0", b"a\n   b 9", b"\x1b[2J", b"(null)", b"?", b"41"]
        return self.chance.choice(hostile) if self.chance.random() < 0.1 else self.text().replace(b"/", b"_")

    def event(self) -> Made:
        """Return an event."""
        chance = self.chance
        self.serial = (self.serial + 1) % 2**32
        head = b"msg=audit(%d.%03d:%d): " % (self.seconds, chance.randrange(1000), self.serial)
        message = chance.choice([b"USER_LOGIN", b"CRED_ACQ", b"SERVICE_START"]), b"pid=1 auid=7005 msg='op=x'"
        if chance.random() < 0.1:
            return Made([self.line(message[0], head, message[1])], -1, ("", ""), None, None)
        auid = chance.choice([7005, 7005, 0, 4294967295])
        arch, name = chance.choice(["c000003e", "c000003e", "40000003"]), chance.choice(list(NUMBERS))
        works = chance.random() < 0.8
        path = self.name()
        cwd = b"/" + self.text()
        absolute = chance.random() < 0.5
        items = [(b"/" + path if absolute else path, chance.choice([b"NORMAL", b"CREATE"]))]
        if chance.random() < 0.3:
            items.insert(0, (cwd, b"PARENT"))
        argv = tuple(self.text(chance.choice([3, 12, 300])) for _ in range(chance.randrange(1, 9)))
        bodies = [(b"SYSCALL", self.syscall(arch, name, works, auid, len(items)))]
        if name == "execve" and works:
            bodies += [(b"EXECVE", body) for body in self.execve(argv)]
        if name not in ("read", "exit_group"):
            bodies.append((b"CWD", b"cwd=" + encoded(cwd)))
            bodies += [(b"PATH", self.path(i, *item)) for i, item in enumerate(items)]
        bodies.append((b"PROCTITLE", b"proctitle=" + encoded(self.text())))
        if chance.random() < 0.05:  # the kernel gives it an id of its own
            bodies.insert(chance.randrange(len(bodies)), message)
        lines = [self.line(kind, head, body) for kind, body in bodies]
        opened = name in ("open", "openat", "creat") and works
        full = auditloginfo.absolute(items[-1][0], cwd)
        return Made(
            lines,
            auid,
            ({"c000003e": "x86_64"}.get(arch, "i386"), name),
            argv if name == "execve" and works else None,
            full if opened else None,
        )

    def line(self, kind: bytes, head: bytes, body: bytes) -> bytes:
        """Return one line of the log."""
        more = b'%sUID="root" AUID="x y" SYSCALL=open' % self.enriched if self.enriched else b""
        return self.prefix + self.node + b"type=" + kind + b" " + head + body + more + self.end

    def syscall(self, arch: str, name: str, works: bool, auid: int, items: int) -> bytes:
        """Return the body of a SYSCALL record."""
        result = b"success=%s exit=%d " % (b"yes" if works else b"no", 3 if works else -2)
        ids = b"ppid=1 pid=%d auid=%d uid=0 gid=0 euid=7005 tty=(none) ses=1" % (self.chance.randrange(9), auid)
        return b"arch=%s syscall=%d %sa0=ffffff9c a1=7f a2=0 a3=0 items=%d %s comm=%s exe=%s key=(null)" % (
            arch.encode(),
            NUMBERS[name][arch],
            b"" if name == "exit_group" else result,
            items,
            ids,
            encoded(self.text()),
            encoded(b"/" + self.text()),
        )

    def path(self, item: int, name: bytes, nametype: bytes) -> bytes:
        """Return the body of a PATH record."""
        mode = b"040755" if nametype == b"PARENT" else b"0100644"
        return b"item=%d name=%s inode=7 dev=fe:00 mode=%s nametype=%s" % (item, encoded(name), mode, nametype)

    def execve(self, argv: tuple[bytes, ...]) -> list[bytes]:
        """Return the bodies of EXECVE records, long arguments cut into fragments."""
        words = []
        for i, argument in enumerate(argv):
            text = encoded(argument)
            if len(text) < 40 or self.chance.random() < 0.5:
                words.append(b" a%d=%s" % (i, text))
                continue
            digits = argument.hex().upper().encode()
            step = 2 * self.chance.randrange(4, 40)
            parts = [digits[at : at + step] for at in range(0, len(digits), step)]
            words.append(b" a%d_len=%d" % (i, len(digits)))
            words += [b" a%d[%d]=%s" % (i, j, part) for j, part in enumerate(parts)]
        bodies = [b"argc=%d" % len(argv)]
        for word in words:
            if self.chance.random() < 0.2:
                bodies.append(b"")
            bodies[-1] += word
        return bodies

    def disordered(self, events: list[Made]) -> list[bytes]:
        """Return the lines of events as they may come: interleaved, and shuffled within an event."""
        queues = [list(event.lines) for event in events]
        for queue in queues:
            if self.chance.random() < 0.5:
                self.chance.shuffle(queue)
        lines, open_now = [], []
        while queues or open_now:
            while queues and len(open_now) < 5:
                open_now.append(queues.pop(0))
            queue = self.chance.choice(open_now)
            lines.append(queue.pop(0))
            if not queue:
                open_now.remove(queue)
        return lines


def made_up_log_reads_back(chance: random.Random) -> str | None:
    """Make up a log and read it; return what differs, None where all agrees."""
    maker = Maker(chance)
    events = [maker.event() for _ in range(chance.randrange(1, 40))]
    log = b"".join(maker.disordered(events))
    expected = Counter(event.call for event in events if event.auid == 7005)
    commands = Counter(event.argv for event in events if event.auid == 7005 and event.argv)
    files = Counter(event.path for event in events if event.auid == 7005 and event.path)
    with tempfile.TemporaryDirectory() as folder:
        cuts = sorted(chance.randrange(len(log) + 1) for _ in range(chance.randrange(4)))
        starts = [0, *(log.rfind(b"\n", 0, cut) + 1 for cut in cuts), len(log)]
        for i, (start, end) in enumerate(zip(starts, starts[1:])):
            name = "audit.log" if end == len(log) and i == len(starts) - 2 else f"audit.log.{len(starts) - i}"
            (pathlib.Path(folder) / name).write_bytes(log[start:end])
        sources, errors = auditloginfo.open_sources([folder])
        report, more = auditloginfo.read_report(sources, USER)
    found = Counter()
    for (arch, number, _), count in report.calls.items():
        found[auditloginfo.syscall_name(arch, number)] += count
    for what, wanted, got in (
        ("errors", [], errors + more),
        ("skipped", 0, report.skipped_lines),
        ("events", len(events), report.events),
        ("calls", expected, found),
        ("commands", commands, report.commands),
        ("files", files, report.files),
        ("gaps", 0, sum(report.gaps.values())),
    ):
        if wanted != got:
            return f"{what}: wanted {wanted}, got {got}\n{log!r}"
    return both_ways_agree(chance, [log])


DAMAGES = ("flip", "cut", "join", "double", "drop", "insert", "not enriched", "other node")


def damaged(chance: random.Random, lines: list[bytes], most: int) -> tuple[list[bytes], int]:
    """Return lines with up to so many of them damaged, and how many were."""
    lines = list(lines)
    damages = chance.randrange(most)
    for _ in range(damages):
        i = chance.randrange(len(lines))
        line = bytearray(lines[i])
        at = chance.randrange(len(line) or 1)
        how = chance.choice(DAMAGES)
        if how == "flip" and line:
            line[at] = chance.randrange(256)
        elif how == "cut":
            line = line[:at] + b"\n"
        elif how == "join":
            line = line.rstrip(b"\n")
        elif how == "double":
            line = line * 2
        elif how == "drop":
            line = bytearray()
        elif how == "not enriched":
            line = line.partition(b"\x1d")[0].rstrip(b"\n") + b"\n"
        elif how == "other node":
            line = b"node=web2 " + line
        else:
            line[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(9)))
        lines[i] = bytes(line)
    return lines, damages


class Plain(auditloginfo.Collector):
    """Looks at every line as at an unusual one: what is quick must not be otherwise right."""

    def take(self, block: bytes) -> None:
        self.block = block
        self.take_lines(block)
        self.here.lines += block.count(b"\n")


def both_ways_agree(chance: random.Random, lines: list[bytes]) -> str | None:
    """Read a damaged log quickly and plainly; return what differs, None where nothing does."""
    sections = chance.sample(list(auditloginfo.SECTIONS), chance.randrange(1, 8))
    selection = chance.choice(SELECTIONS)
    reports = []
    for collector in (auditloginfo.Collector(selection, sections), Plain(selection, sections)):
        feed(collector, b"".join(lines), chance.choice([3000, 1 << 16]))
        reports.append(vars(collector.finish()))
    for what, (quick, plain) in differing(*reports).items():
        differs = differing(quick, plain) if isinstance(quick, dict) else (quick, plain)
        return f"{selection} {sections}: {what}: {differs}\n{b''.join(lines)!r}"[:5000]
    return None


def both_ways(*blocks: str | bytes) -> list[dict]:
    """Return what is in the reports over some blocks, of a span each, read quickly and plainly."""
    reports = []
    for kind in (auditloginfo.Collector, Plain):
        collector = kind(USER, ("syscalls", "files"))
        for i, block in enumerate(blocks):
            collector.feed(block if isinstance(block, bytes) else block.encode(), "", i)
        reports.append(vars(collector.finish()))
    return reports


def differing(one: dict, other: dict) -> dict:
    """Return in what two reports, or counters, differ: by key the value of each."""
    return {key: (one.get(key), other.get(key)) for key in {*one, *other} if one.get(key) != other.get(key)}


def damage_does_no_harm(chance: random.Random, lines: list[bytes], whole: auditloginfo.Report) -> str | None:
    """Damage a real log and read it; return what is wrong with the report, None where nothing is."""
    broken, damages = damaged(chance, lines, 12)
    log = b"".join(broken)
    result = run("--uid", "7005", "-", stdin=log)
    if result.status != 0:
        return f"exit status {result.status}: {result.err}"
    if not all(line.isprintable() for line in (result.out + result.err).splitlines()):
        return "an unprintable character"
    rows = [line for line in result.out.split("\n") if line.startswith("   ")]
    if not all(row.rpartition(" ")[2].isdecimal() or row == "   (none)" for row in rows):
        return f"a row without count: {rows}"
    counts = Counter()
    for row in auditloginfo.read_report([source(log)], USER)[0].calls.items():
        counts[row[0]] += row[1]
    if differs := both_ways_agree(chance, broken):
        return differs
    off = sum(abs(counts[call] - whole.calls[call]) for call in {*counts, *whole.calls})
    # A call can become another: one too few here, and there one too many.
    return f"{damages} damages, {off} counts off" if off > 2 * damages else None


def source(log: bytes) -> auditloginfo.Source:
    """Return a log in memory as a source."""
    return auditloginfo.Source("log", io.BytesIO(log))


def recorded() -> list[list[bytes]]:
    """Return the lines of the real logs."""
    logs = [(DATA / "session.log").read_bytes(), gzip.decompress((DATA / "tools.log.gz").read_bytes())]
    return [[line + b"\n" for line in log.split(b"\n")[:-1]] for log in logs]


class FuzzTest(unittest.TestCase):
    def check(self, attempt) -> None:
        for seed in range(SEED, SEED + ROUNDS):
            fault = attempt(random.Random(seed))
            self.assertIsNone(fault, f"\nFUZZ_SEED={seed}: {fault}")

    def test_made_up_events(self):
        self.check(made_up_log_reads_back)

    def test_damaged_logs(self):
        logs = [(lines, auditloginfo.read_report([source(b"".join(lines))], USER)[0]) for lines in recorded()]
        self.check(lambda chance: damage_does_no_harm(chance, *chance.choice(logs)))


class LongTextTest(unittest.TestCase):
    """Who writes a log, or what is in it, cannot keep the script busy: it takes as long as the text is."""

    UNITS = (
        b"a",
        b"tmpa",
        b"tmp-aB",
        b"nametype=NORMAL",
        b'a="',
        b"/a",
        b"\xff",
        b"[",
        b"type=SYSCALL msg=audit(1",
    )
    FORMATS = ("text", "json", "csv", "events", "seccomp", "apparmor", "systemd")

    def test_anywhere(self):
        for unit in self.UNITS:
            text = unit * (60_000 // len(unit))
            name = (b"/tmp/" + text).hex().upper()
            call = syscall(4).rstrip("\n").encode()
            log = b"".join(
                line.encode() for line in opened(name, 1, a2=0o101) + executed(name, serial=2, exe=name)
            )
            log += call + text + b"\n" + call + b"\n" + text + b"\n" + text + call + b"\n" + text
            for form in self.FORMATS:
                with self.subTest(unit, form=form):
                    show = ("--show", "all") if form in ("text", "json", "csv") else ()
                    begin = time.process_time()
                    self.assertEqual(0, run("--format", form, *show, "-", stdin=log).status)
                    self.assertLess(time.process_time() - begin, 2)


class MixedTest(unittest.TestCase):
    """Where only some lines are enriched, what is quick can take several lines for one."""

    def event(self, serial: int, enriched: bool, node: str = "") -> tuple[bytes, bytes]:
        """Return the records of a call and its title."""
        more = "\x1dARCH=x86_64 SYSCALL=openat\n" if enriched else "\n"
        call = syscall(serial, node=node).rstrip("\n") + more
        return call.encode(), record("PROCTITLE", "proctitle=41", serial, node=node).encode()

    def test_what_was_taken_with_another_event(self):
        (one, title), (two, title2) = self.event(1, False), self.event(2, True)
        (three, title3), (other, _) = self.event(3, True), self.event(3, True, "h")
        cwd = record("CWD", 'cwd="/"', 2).encode()
        for why, lines in (
            ("a record before its call", [one, cwd, self.event(5, True)[0], title, two, title2]),
            ("the same id on another host", [three, title3, one, other, title]),
        ):
            with self.subTest(why):
                self.assertEqual({}, differing(*both_ways(b"".join(lines))))


class MessagesTest(unittest.TestCase):
    """What programs log is an event each, settled by the thousand; but the id in a line may be any."""

    def check(self, *blocks: list[str], events: int) -> None:
        reports = both_ways(*map("".join, blocks))
        self.assertEqual({}, differing(*reports))
        self.assertEqual(events, reports[0]["events"])

    def test_where_they_stand(self):
        for node in ("", "web1"):
            one, two = (opened(f'"/{i}"', serial=i, node=node) for i in (1, 2))
            sent, again, late = (record("USER_AVC", "pid=1 msg='x'", i, node=node) for i in (3, 1, 2))
            elsewhere = record("CRED_ACQ", "pid=1", 1, node="db")
            with self.subTest(node=node):
                self.check([sent, *one, *two, sent.replace(":3)", ":4)")], events=4)
                self.check([*one, sent], [sent, *two], [elsewhere], [sent], events=5)
                self.check([again, *one], [*two, late], events=2)
                self.check([again], [*one, late], [elsewhere], [*two], events=4)
                self.check([*one], [again, elsewhere, *two], [again], [again], [again], events=3)
                self.check([one[0], again, *one[1:], late, *two], events=2)
                self.check([again, again, sent, *two], [*one[:2], late], one[2:], events=3)

    def test_a_call_in_the_next_part(self):
        """When it was made only one process can tell; but a message alone is no call."""
        for serial, one_process in ((1, True), (2, False)):
            collector = auditloginfo.Collector(USER, ("files",))
            state = collector.follower.state()
            collector.begin_part(0)
            collector.feed(record("USER_AVC", "pid=1 msg='x'", 1).encode(), "log", 0)
            collector.drain([("".join(opened(serial=serial)).encode(), "log", 1)])
            with self.assertRaises(auditloginfo.NeedsOrderError) if one_process else contextlib.nullcontext():
                collector.part(state)


@unittest.skipUnless(importlib.util.find_spec("hypothesis"), "PyPI's hypothesis is not installed")
class HypothesisTest(unittest.TestCase):
    """The same with choices that hypothesis makes, and shrinks."""

    def check(self, attempt) -> None:
        @hypothesis.settings(
            max_examples=ROUNDS,
            derandomize="FUZZ_SEED" not in os.environ,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(strategies.randoms(use_true_random=False))
        def holds(chance: random.Random) -> None:
            self.assertIsNone(attempt(chance))

        holds()

    def test_made_up_events(self):
        self.check(made_up_log_reads_back)

    def test_damaged_logs(self):
        logs = [
            (lines[:400], auditloginfo.read_report([source(b"".join(lines[:400]))], USER)[0])
            for lines in recorded()
        ]
        self.check(lambda chance: damage_does_no_harm(chance, *chance.choice(logs)))
