"""Large logs: the same answer however many processes read them, and nothing lost unsaid."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import itertools
import json
import lzma
import os
import pathlib
import pickle
import random
import signal
import tempfile
import threading
import unittest
from collections.abc import Iterator
from multiprocessing import connection
from unittest import mock

import auditloginfo
from auditloginfo import Progress, Reader, Selection, Source
from tests.logs import feed, opened, path, record, report_of, run, syscall
from tests.test_fuzz import SEED, Maker, differing, recorded
from tests.test_processes import NUMBERS, Log

SECTIONS = ("syscalls", "commands", "files", "changes", "failures", "network", "processes", "sockets")
SELECTIONS = (
    *(Selection(uid=(7005,)), Selection(), Selection(success=False), Selection(uid=(33,))),
    *(Selection(comm=("bash",), children=True), Selection(exe=("/usr/bin/dash",), children=True)),
)


@contextlib.contextmanager
def small(span: int, block: int = 1 << 16):
    """Make the spans of a log small, so that a small log has many parts."""
    with (
        mock.patch.multiple(auditloginfo, EVENT_SPAN=span, MAX_EVENT=4 * span, PART_SPANS=3, LEAST_SPANS=1),
        mock.patch.object(auditloginfo.read_blocks, "__defaults__", (block,)),
    ):
        yield


def read(names: list[str], selection: Selection, sections: tuple[str, ...], jobs: int) -> dict[str, object]:
    """Return all that a report over some files has."""
    sources, errors = auditloginfo.open_sources(names)
    report, more = auditloginfo.read_report(sources, selection, sections, jobs)
    about = auditloginfo.About(errors=errors + more)
    text = "\n".join(auditloginfo.render_json(report, selection, sections, about))
    return {"text": text, **vars(report)}


def interleaved(chance: random.Random, lines: list[bytes]) -> list[bytes]:
    """Return lines with some of them a good way behind their place."""
    places = [i + (chance.randrange(60) if chance.random() < 0.2 else 0) for i in range(len(lines))]
    return [line for _, _, line in sorted(zip(places, itertools.count(), lines))]


def write_set(folder: str, log: bytes, chance: random.Random) -> list[str]:
    """Write a log as a set of some files, large and small ones, some packed; return their names, oldest first."""
    cuts = sorted(len(log) * chance.choice((2, 10, 25, 50, 75)) // 100 for _ in range(chance.randrange(4)))
    cuts = [log.rindex(b"\n", 0, cut) + chance.randrange(2) for cut in cuts]  # also within a line
    names = []
    for start, end in zip([0, *cuts], [*cuts, len(log)]):
        pack = chance.choice((bytes, bytes, gzip.compress, bz2.compress, lzma.compress))
        names.append(os.path.join(folder, f"audit.log.{len(cuts) - len(names)}"))
        pathlib.Path(names[-1]).write_bytes(pack(log[start:end]))
    return names


class SideBySideTest(unittest.TestCase):
    def check(self, log: bytes, chance: random.Random) -> None:
        with tempfile.TemporaryDirectory() as folder:
            names = write_set(folder, log, chance)
            selection = chance.choice(SELECTIONS)
            sections = tuple(chance.sample(SECTIONS, chance.randrange(1, 7)))
            span = chance.choice([700, 3000, 12000])
            with small(span):
                expected = read(names, selection, sections, 1)
            for jobs, block in ((1, 1), (2, 1 << 16), (7, 500)):
                with self.subTest(seed=SEED, jobs=jobs, block=block, span=span), small(span, block):
                    found = read(names, selection, sections, jobs)
                    self.assertEqual({}, differing(expected, found), "the same, whoever read it")

    def test_recorded(self):
        """Directories that a part opens, the next one names files by; whole events lie across the seams."""
        chance = random.Random(SEED)
        for lines in recorded():
            for log in (lines, interleaved(chance, lines)):
                self.check(b"".join(log), chance)

    def test_made_up(self):
        """Records in any order, other forms than the usual, hostile names."""
        chance = random.Random(SEED)
        for _ in range(6):
            maker = Maker(chance)
            self.check(b"".join(maker.disordered([maker.event() for _ in range(200)])), chance)

    def test_a_small_log_before_a_large_one(self):
        """What was counted of it is kept when several processes begin with the next one."""
        lines = b"".join(recorded()[0])
        with tempfile.TemporaryDirectory() as folder, small(3000):
            names = [os.path.join(folder, name) for name in ("audit.log.1", "audit.log")]
            pathlib.Path(names[0]).write_bytes(lines[: lines.index(b"\n", 1500) + 1])
            pathlib.Path(names[1]).write_bytes(lines)
            for sections in (("syscalls", "commands", "files"), ("failures", "processes")):
                one, several = (read(names, Selection(), sections, jobs) for jobs in (1, 2))
                self.assertEqual({}, differing(one, several))

    def test_messages(self):
        """A message's event is open to a call in the next part."""
        lines = []
        for i in range(1, 200):
            lines += [record("USER_AVC", "pid=1 msg='x'", i + 2), *opened(serial=i)]
        with tempfile.NamedTemporaryFile() as file, small(3000):
            file.write("".join(lines).encode())
            file.flush()
            sections = ("syscalls", "commands", "files")
            one, *others = (read([file.name], Selection(uid=(7005,)), sections, jobs) for jobs in (1, 2, 7))
        for several in others:
            self.assertEqual({}, differing(one, several))
        self.assertEqual((201, 199), (one["events"], one["matched_events"]))

    def test_lines_that_are_no_records(self):
        """They are counted once, and the first is found where it is."""
        chance = random.Random(SEED)
        lines = [*recorded()[0]]
        for _ in range(5):
            lines.insert(chance.randrange(len(lines)), b"what is this?\n")
        self.check(b"".join(lines), chance)

    def test_part_size(self):
        """Small logs are read by one process; large ones in equally many parts for each, packed or not."""
        mb = 1 << 20
        for size, jobs, part in (
            (8, 2, 0),
            (16, 2, 0),
            (17, 2, 9),
            (100, 2, 25),
            (1000, 2, 32),
            (100, 7, 15),
            (99, 1, 0),
        ):
            with self.subTest(size=size, jobs=jobs), tempfile.TemporaryFile() as file:
                file.truncate(size * mb)
                self.assertEqual(part * mb, auditloginfo.part_size([Source("log", file)], jobs))
        with tempfile.TemporaryFile() as file:
            file.write(gzip.compress(b"")[:10])
            file.truncate(2 * mb)
            file.seek(0)
            self.assertEqual(16 * mb, auditloginfo.part_size([Source("log", file)], 2))

    def test_what_is_no_file(self):
        """Of which it is not known how much there is (in /proc, say) is read by one, with all else."""
        with tempfile.TemporaryFile() as large, tempfile.TemporaryFile() as empty:
            large.truncate(100 << 20)
            sources = [Source("large", large), Source("empty", empty), Source("other", io.BytesIO(b"line\n"))]
            self.assertLess(0, auditloginfo.part_size(sources[:2], 2))
            self.assertEqual(0, auditloginfo.part_size(sources, 2))
            self.assertEqual(b"line\n", sources[2].stream.read())

    def test_packed_and_cut_off(self):
        """One process finds how far a file can be read; the report and what is said are the same."""
        log = b"".join(recorded()[0])
        with tempfile.TemporaryDirectory() as folder, small(3000):
            names = [os.path.join(folder, name) for name in ("audit.log.2", "audit.log.1", "audit.log")]
            pathlib.Path(names[0]).write_bytes(log[:100000])
            pathlib.Path(names[1]).write_bytes(gzip.compress(log[100000:])[:9000])
            pathlib.Path(names[2]).write_bytes(log)
            one, several = (read(names, Selection(), ("files", "processes"), jobs) for jobs in (1, 3))
            self.assertIn("end-of-stream marker was reached", one["text"])
            self.assertEqual({}, differing(one, several))


class ReaderTest(unittest.TestCase):
    def reader(self, *logs: bytes) -> Reader:
        sources = []
        for log in logs:
            file, name = tempfile.mkstemp()
            self.addCleanup(os.close, file)
            os.remove(name)
            os.write(file, log)
            shared = auditloginfo.Shared(file, 0, len(log))
            sources.append(Source(str(len(sources)), io.BufferedReader(shared)))
        return Reader(sources)

    def test_blocks(self):
        """A block is of one source, and its lines begin in one span; the last line gets its newline."""
        with small(10):
            found = list(self.reader(b"a 1\nb 23456789\nc 2\nd", b"", b"e\n").blocks())
        self.assertEqual(
            [
                (b"a 1\n", "0", 0),
                (b"b 23456789\n", "0", 0),
                (b"c 2\n", "0", 1),
                (b"d\n", "0", 1),
                (b"e\n", "2", 2),
            ],
            found,
        )

    def test_until(self):
        """Lines that begin before a position; to go on there is another call."""
        reader = self.reader(b"one\ntwo\n", gzip.compress(b"three\nfour\n"))
        for end, expected in (
            (4, b"one\n"),
            (5, b"two\n"),
            (8, b""),
            (9, b"three\n"),
            (99, b"four\n"),
            (100, b""),
        ):
            with self.subTest(end=end):
                self.assertEqual(expected, b"".join(block for block, _, _ in reader.blocks(end)))

    def test_skip(self):
        """To the line that does not begin before, also one of a later source, packed or not."""
        logs = b"a\n", b"b" * 200000 + b"\nc", gzip.compress(b"dd\nee\nff"), b"g\n"
        for position, expected in (
            *((1, b"bb"), (2, b"bb"), (3, b"c\n"), (200003, b"c\n"), (200004, b"dd"), (200005, b"ee")),
            *((200007, b"ee"), (200008, b"ff"), (200011, b"g\n"), (200012, b"g\n"), (200013, b""), (10**9, b"")),
        ):
            with self.subTest(position=position):
                reader = self.reader(*logs)
                reader.skip(position)
                self.assertEqual(expected, next(reader.blocks(), (b"", "", 0))[0][:2])

    def test_skip_what_cannot_be_read(self):
        """It is noted, and counts as nothing; what follows is there."""
        reader = self.reader(gzip.compress(b"one\n" * 99)[:12], b"two\n" * 9)
        reader.skip(3)
        self.assertEqual(["0"], list(reader.errors))
        self.assertEqual(b"two\n" * 8, b"".join(block for block, _, _ in reader.blocks()))

    def test_shared(self):
        """From where the file was to where it ended, whoever moves it."""
        with tempfile.TemporaryFile() as file:
            file.write(b"0123456789")
            file.flush()
            shared = io.BufferedReader(auditloginfo.Shared(file.fileno(), 2, 9))
            self.assertEqual((b"234", 3, 7), (shared.read(3), shared.tell(), shared.seek(99)))
            file.seek(0)
            self.assertEqual((b"", 0, b"2345678"), (shared.read(), shared.seek(0), shared.read()))
            cut = io.BufferedReader(auditloginfo.Shared(file.fileno(), 9, 2))
            self.assertEqual((b"", 0), (cut.read(), cut.seek(5)), "it was cut off meanwhile")


class Sure(auditloginfo.Collector):
    """Gives its parts also where one process would have to read all."""

    late = property(lambda self: False, lambda self, value: None)  # type: ignore[assignment]


class SeamTest(unittest.TestCase):
    def parts(self, log: bytes, sections: tuple[str, ...], size: int, jobs: int = 1) -> list[list]:
        """Return the parts that the first of some processes finds in a log."""
        with tempfile.TemporaryFile() as file:
            file.write(log)
            file.flush()
            files = [("log", file.fileno(), 0, len(log))]
            collector = Sure(Selection(), sections)
            state = [collector.follower.state()]
            found = []
            for *part, after in auditloginfo.read_parts(collector, state.pop, files, size, 0, jobs):
                state.append(pickle.loads(pickle.dumps(after)))  # as it goes to another process
                found.append(pickle.loads(pickle.dumps(part[1:])))
            return found

    def test_parts(self):
        """Each event is in one part, also where its records go on behind that or the part before."""
        for seed in range(6):
            log = b"".join(interleaved(random.Random(seed), recorded()[seed % 2]))
            for span in (700, 3000):
                with self.subTest(seed=seed, span=span), small(span):
                    parts = self.parts(log, ("files", "changes", "processes"), 2 * span)
                    whole, _ = auditloginfo.read_report([Source("log", io.BytesIO(log))], Selection())
                    self.assertEqual(whole.events, sum(part[0].events for part in parts))

    def test_open_until_the_end(self):
        """An event of the first part whose records go on to the end of the log is reported there, once."""
        lines = [syscall(1)]
        for number in range(2, 8):
            lines += [record("PATH", f'item={number} name="/f{number}" nametype=NORMAL', 1), syscall(number)]
        with small(700):
            parts = self.parts("".join(lines).encode(), ("files",), 1400)
        self.assertEqual([{b"/f7": 1}, {}], [part[0].files for part in parts][:2])

    def test_what_a_worker_does(self):
        """In this process: it writes each of its parts, how that ended, and an end; and does not go back."""
        collector = auditloginfo.Collector(Selection(), ("files",))
        state = pickle.dumps(collector.follower.state())
        with small(3000), open("tests/data/session.log", "rb") as log, tempfile.TemporaryFile() as out:
            files = [("log", log.fileno(), 0, os.fstat(log.fileno()).st_size)]
            states, into = connection.Pipe(duplex=False)
            for _ in range(9):
                into.send_bytes(state)
            results = connection.Connection(os.dup(out.fileno()))
            pipes = mock.patch.object(connection, "Pipe", side_effect=[(states, into), (mock.Mock(), results)])
            ends = mock.patch.multiple(os, fork=lambda: 0, _exit=mock.Mock(side_effect=SystemExit))
            with pipes, ends, mock.patch.object(signal, "signal") as handler, self.assertRaises(SystemExit):
                earlier = mock.Mock()
                auditloginfo.Worker([earlier], collector, files, 30000, 0, 2)
            handler.assert_called_once_with(signal.SIGINT, signal.SIG_DFL)
            self.assertEqual([mock.call.states.close(), mock.call.results.close()], earlier.mock_calls)
            out.seek(0)
            texts = []
            with results, contextlib.suppress(EOFError):
                while True:
                    texts.append(results.recv_bytes())
            parts = [pickle.loads(text) for text in texts[::2]]
            self.assertEqual(None, parts.pop())
            self.assertEqual(-(-files[0][3] // 60000), len(parts))
            self.assertTrue(all(part[1].events for part in parts))

    def test_one_process_has_to_read_all(self):
        """Where descriptors are shared, a file cannot be read or memory is short."""
        collector = auditloginfo.Collector(Selection(), ("files",))
        with self.assertRaises(auditloginfo.NeedsOrderError):
            list(auditloginfo.read_parts(collector, tuple, [("log", -1, 0, 9)], 9 << 20, 0, 2))
        shared = syscall(2, number=56, exit=101, a0="411", pid=100)
        collector.feed(shared.encode())
        collector.finish()
        with self.assertRaises(auditloginfo.NeedsOrderError):
            collector.follower.state()
        for error, expected in (
            (MemoryError, auditloginfo.NeedsOrderError),
            (auditloginfo.NeedsOthersError, auditloginfo.NeedsOthersError),
        ):
            with mock.patch.object(auditloginfo, "read_parts", side_effect=error):
                ((found, _),) = auditloginfo.Worker.parts(mock.Mock(), io.BytesIO(), collector)
                self.assertIs(expected, type(pickle.loads(found)))

    def test_a_newline_within_a_field(self):
        """Where a line was torn the usual form seems to go on in the next; it is no call of the user's."""
        torn = syscall(2, number=0).replace(" a1=7f", " a1=7\nf") + record("PROCTITLE", "proctitle=41", 2)
        whole = syscall(1, number=0) + record("PROCTITLE", "proctitle=41", 1)
        report = report_of(whole, torn, whole.replace(":1)", ":3)"), selection=Selection(uid=(7005,)))
        self.assertEqual((7, 3, 2, 1), (report.lines, report.events, report.matched_events, report.skipped_lines))


def follow_all(holder: auditloginfo.Holder, head: auditloginfo.Head, call: auditloginfo.Call, holds: bool) -> bool:
    """Have every call followed that may change anything."""
    holder.change(head, call, holds)
    return True


class HolderTest(unittest.TestCase):
    """What processes do to descriptors that stand for nothing is left out."""

    def setUp(self):
        self.holder = auditloginfo.Holder(1)

    def does(self, name: str, result: int, *arguments: int, holds: bool = False) -> bool:
        first, second, third = (*arguments, 0, 0, 0)[:3]
        call = auditloginfo.Call(name, b"c000003e", b"", 0, 5, 1, result, (first, second, third))
        head = auditloginfo.Collector(Selection(), ("files",)).head((b"c000003e", b"%d" % NUMBERS[name], b"yes"))
        return self.holder.does(head, call, holds)

    def test_what_is_followed(self):
        """Each call with whether it has to be; 3 and then 7 are a directory."""
        directory = (True, "openat", 3, (-100,), True)
        for why, calls in (
            (
                "the first close, which shows that closes are recorded",
                [(True, "close", 0, (9,)), (False, "close", 0, (9,))],
            ),
            ("a few opens before", [(True, "open", 4)] * (auditloginfo.FEW_OPENS + 1) + [(False, "open", 4)] * 3),
            ("no open after", [(True, "close", 0, (9,)), (False, "open", 4)]),
            (
                "a directory, and what it is closed by",
                [directory, (True, "close", 0, (3,)), (False, "close", 0, (3,))],
            ),
            ("what takes its place", [(True, "close", 0, (9,)), directory, (True, "open", 3), (False, "open", 3)]),
            (
                "copies of it",
                [
                    directory,
                    (True, "dup2", 7, (3, 7)),
                    (True, "close", 0, (3,)),
                    (True, "fcntl", 8, (7, 0)),
                    (True, "dup", 7, (9,)),
                ],
            ),
            ("copies of nothing", [directory, (False, "dup2", 7, (4, 7)), (False, "fcntl", 8, (7, 1030))]),
            (
                "marks",
                [
                    directory,
                    (True, "fcntl", 0, (3, 2, 1)),
                    (False, "fcntl", 0, (3, 3)),
                    (False, "fcntl", 0, (4, 2, 1)),
                ],
            ),
            ("marks by ioctl", [directory, (True, "ioctl", 0, (3, 0x5451)), (False, "ioctl", 0, (3, 0x5401))]),
            ("a close of what is not open", [directory, (True, "close", -9, (3,)), (False, "close", -9, (3,))]),
            ("whatever is no descriptor's", [(True, "execve", 0), (True, "fork", 9), (True, "execve", 0)]),
        ):
            self.setUp()
            for i, (expected, name, result, *more) in enumerate(calls):
                arguments, holds = (*more, (), False)[:2] if more else ((), False)
                with self.subTest(why, i=i, call=name):
                    self.assertEqual(expected, self.does(name, result, *arguments, holds=holds is True))

    def test_of_what_is_older_than_the_part(self):
        """Anything may stand for something there, but what was closed since."""
        self.holder = auditloginfo.Holder(1, unknown=True)
        found = [self.does("close", 0, number) for number in (3, 3, 4, 4, 3)]
        self.assertEqual([True, False, True, False, False], found)
        self.assertTrue(self.does("dup2", 3, 8, 3))
        self.assertTrue(self.does("close", 0, 3))

    def test_plain(self):
        """Who holds nothing need not be asked."""
        self.assertFalse(self.holder.plain, "closes may not be recorded")
        self.does("close", 0, 9)
        self.assertTrue(self.holder.plain)
        self.does("openat", 3, -100, holds=True)
        self.assertFalse(self.holder.plain)
        self.does("close", 0, 3)
        self.assertTrue(self.holder.plain)

    def test_another_by_now(self):
        """It may hold what it did, and what the other one does."""
        other = auditloginfo.Holder(1)
        other.held = {4}
        self.does("close", 0, 9)
        self.does("openat", 3, -100, holds=True)
        self.holder.absorb(other)
        self.assertEqual([True, True, False], [*map(self.holder.may_hold, (3, 4, 5))])
        self.assertTrue(self.does("close", 0, 9), "again the first")
        self.holder.absorb(None)
        self.assertTrue(self.holder.may_hold(5))

    def test_the_same_without_leaving_out(self):
        """The report over a log is what it is where every call is followed, whoever reads it."""
        chance = random.Random(SEED)
        for lines in recorded() * 2:
            log = b"".join(interleaved(chance, lines))
            for number in (b"3", b"56", b"231"):
                if chance.random() < 0.3:  # rules that do not record closes, forks or exits
                    log = b"".join(line for line in log.splitlines(True) if b" syscall=%s " % number not in line)
            selection, sections = (
                chance.choice(SELECTIONS),
                chance.choice((("files",), ("files", "changes", "access"))),
            )
            with tempfile.TemporaryDirectory() as folder, small(12000):
                name = os.path.join(folder, "audit.log")
                pathlib.Path(name).write_bytes(log)
                with mock.patch.object(auditloginfo.Holder, "does", follow_all):
                    expected = read([name], selection, sections, 1)
                for jobs in (1, 2):
                    with self.subTest(seed=SEED, jobs=jobs, selection=selection, sections=sections):
                        self.assertEqual({}, differing(expected, read([name], selection, sections, jobs)))

    def test_steps_do_not_pile_up(self):
        """They are followed when there are some thousands, or what they have counted is as much."""
        lines = [b"".join(line.encode() for line in opened(serial=i, pid=100 + i // 3)) for i in range(4000)]
        for sections in (("files",), ("files", "processes")):
            collector = auditloginfo.Collector(Selection(), sections)
            most = 0
            with small(6000), mock.patch.object(auditloginfo, "MAX_STEPS", 50):
                for i in range(0, len(lines), 10):
                    collector.feed(b"".join(lines[i : i + 10]), "log", i)
                    most = max(most, len(collector.steps))
            with self.subTest(sections):
                self.assertGreater(most, 20)
                self.assertLess(most, 90)

    @mock.patch.object(auditloginfo, "MAX_PROCESSES", 20)
    def test_who_holds_what_is_forgotten(self):
        """Where they are too many; then all may hold anything, which is followed."""
        lines = opened('"/d"', 1, pid=99)
        lines = [line.replace("mode=0100644", "mode=040755") for line in lines]
        lines += [line for i in range(200) for line in opened(serial=2 + i, pid=100 + i)]
        collector = auditloginfo.Collector(Selection(), ("files",))
        with small(3000):
            feed(collector, "".join([*lines, *opened('"f"', 999, pid=99, a0="3")]).encode())
        self.assertLess(len(collector.holders), 60)
        self.assertLess(len(collector.callers), 60)
        self.assertEqual(1, collector.finish().files[b"/d/f"])


class History(Log):
    """What processes did: 5 and its child 6, who others are is told by pad()."""

    def pad(self, count: int = 40):
        """Write so many calls of others that what follows is in another part."""
        for _ in range(count):
            self.call("getpid", pid=2, ppid=1)
        return self

    def child(self, name: str, result: int = 0, *arguments: int, pid: int = 6, ppid: int = 5, **options: object):
        return self.call(name, result, *arguments, pid=pid, ppid=ppid, **options)

    def late(self, entered: int):
        """Have the last call be one that was entered when another one was logged."""
        self.lines[-1] = self.lines[-1].replace(f"709.{self.serial:03}", f"709.{entered:03}")
        return self

    def of(self, auid: int, count: int = 1):
        """Have the last lines be another user's."""
        self.lines[-count:] = [line.replace("auid=7005", f"auid={auid}") for line in self.lines[-count:]]
        return self

    def others_dup(self):
        """Have the child put /b, its 9, in place of /a, its 3, and open a file by it."""
        return self.child("dup2", 3, 9, 3).file("x", 3, pid=6, ppid=5).pad(4)


def history() -> History:
    return History().call("close", 0, 99)


class HistoryTest(unittest.TestCase):
    """Names by descriptors that only who knows all can tell: each way of reading must."""

    SELECTION = Selection(uid=(7005,))

    def holding(self, made: History, pid: int = 6, ppid: int = 5) -> History:
        return made.directory("/a", 3, pid=pid, ppid=ppid).directory("/b", 9, pid=pid, ppid=ppid)

    def histories(self) -> Iterator[tuple[str, History, str]]:
        """Yield why, what was done, and the name of x; what was forgotten may leave that as it was passed."""
        made = self.holding(history().call("fork", 6)).child("close", 0, 99).pad()
        made.call("close", 0, 3).call("close", 0, 9)
        yield "the parent closes its own in the next part", made.others_dup(), "/b/x"
        made = self.holding(history().of(1).child("getpid")).child("close", 0, 99).pad().call("getpid").of(1)
        yield "the parent is another user's", made.others_dup(), "/b/x"
        made = history().directory("/b", 9).call("fork", 4).child("close", 0, 99).directory("/a", 3, pid=6, ppid=5)
        made.pad().call("close", 0, 3).call("close", 0, 9).call("fork", 6).late(3)
        yield "the fork is logged in the next part", made.others_dup(), "/b/x"
        made = history().child("dup2", 3, 9, 3).directory("/a", 3).call("fork", 6).late(1)
        yield "a thread of the parent opens it before the fork is logged", made.file("x", 3, pid=6, ppid=5), "x"
        made = history().directory("/a", 3).call("fork", 6).child("getpid").child("close", -9, 8)
        made.file("x", 3, pid=7, ppid=6).child("fork", 7).late(made.serial - 1)
        yield "a grandchild before the fork that made it", made, "/a/x"
        made = history().directory("/a", 3).call("fork", 6).child("close", 0, 99)
        for pid in range(1000, 1080):
            made.call("fork", pid)
        yield "forks whose children are not in the log", made.file("x", 3, pid=6, ppid=5), "/a/x"
        made = self.holding(history(), 5, 1).call("clone", 6, 0x400)
        ids = "pid=6 uid=0 old-auid=7005 auid=7006 tty=(none) old-ses=1 ses=2 res=1"
        made.lines.append(record("LOGIN", ids, 900, f"1476975709.{made.serial}"))
        made.child("dup2", 3, 9, 3).of(7006)
        yield "descriptors shared with another user's process", made.file("x", 3), "/b/x"
        made = history().call("clone", 6, 0x400).pad().child("close", 0, 3).child("close", 0, 9)
        yield "descriptors shared since long", self.holding(made, 5, 1).others_dup(), "/b/x"
        made = history().child("exit_group", success="").call("vfork", 6).late(1).pad()
        self.holding(made, 5, 1).child("dup2", 3, 9, 3).file("x", 3, pid=6, ppid=5).call("fork", 6)
        yield "a child that has ended before its fork is logged", made.late(made.serial - 4), "x or /b/x"
        made = self.holding(history(), 5, 1).call("exit_group", success="").pad(2)
        made.directory("/a", 3).late(1).child("getpid", pid=5, ppid=1).late(2).call("close", 0, 3)
        yield "a clock that goes back after an exit", made.late(3).file("x", 3), "x"

    def test_each_way(self):
        bounds = {"MAX_UNBORN": 50}
        for why, made, name in self.histories():
            self.assertLess(made.serial, 1000)
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "audit.log")
                pathlib.Path(path).write_text("".join(made.lines))
                for span, jobs, most, selection in itertools.product(
                    (3000, 5000), (1, 2, 3), (1, 2, 4096), (self.SELECTION, Selection())
                ):
                    bounds["MAX_PROCESSES"] = most
                    with small(span), mock.patch.multiple(auditloginfo, **bounds):
                        found = read([path], selection, ("files",), jobs)["files"]
                    names = [one.decode() for one in found if one.endswith(b"x")]
                    with self.subTest(why, span=span, jobs=jobs, most=most, selection=selection):
                        known = name.split(" or ")
                        self.assertIn(*names, known if most > 9 else [*known, "x"])


class DamageTest(unittest.TestCase):
    """Calls of which not all can be read."""

    def test_what_cannot_be_read(self):
        """A call of which some is damaged is the process's all the same, and is followed as far as it goes."""
        title = record("PROCTITLE", "proctitle=41", 2)
        for damaged in ({"exit": "x"}, {"exit": "0"}, {"exit": "0", "a0": "x"}):
            line = syscall(2, number=3, **{"a0": "3", **damaged})
            with self.subTest(damaged):
                for lines in ([*opened(), line, title], [*opened(), " " + line, title]):
                    report = report_of(*lines, sections=("processes", "files"))
                    self.assertEqual([2], [ran.calls for ran in report.processes.values()])

    def test_a_name_within_another(self):
        """What only ends in ppid= is no ppid, and such a call nobody's, however it is read."""
        line = syscall(2, number=3, exit=0, a0="3").replace(" ppid=", " RAppid=")
        report = report_of(*opened(), line, record("PROCTITLE", "proctitle=41", 2), sections=("processes",))
        self.assertEqual([1], [ran.calls for ran in report.processes.values()])


class TallyTest(unittest.TestCase):
    """What is counted before it is known whose it is, or together with its equals."""

    SECCOMP = (
        'auid=7005 uid=33 gid=33 ses=3 pid=5 comm="sh" exe="/bin/sh" sig=31 arch=c000003e syscall=41 compat=0'
        " ip=0x7f code=0x0"
    )
    URINGOP = 'uring_op=18 success=yes exit=3 items=1 ppid=1 pid=5 uid=33 comm="sh"'

    def setUp(self):
        self.lines: list[str] = []
        self.time = 100

    def call(self, name: str, pid: int = 5, ppid: int = 1, *, later: int = 1, **given: object) -> None:
        """Write a call of a process, so many milliseconds after the last."""
        self.time += later
        line = syscall(
            len(self.lines) + 1, time=self.now(), number=NUMBERS[name], pid=pid, **{"items": 0, **given}
        )
        self.lines.append(line.replace("ppid=10", f"ppid={ppid}"))

    def now(self) -> str:
        return f"1476975709.{self.time}"

    def report(self, *sections: str, **selection: object) -> auditloginfo.Report:
        """Return the report: the same with blocks of any size, and of lines of a form that is taken one by one."""
        given = {"selection": Selection(**selection), "sections": sections}
        report = report_of(*self.lines, **given)
        for block in (1, 400):
            self.assertEqual({}, differing(vars(report_of(*self.lines, block=block, **given)), vars(report)))
        self.assertEqual(
            {}, differing(vars(report_of(*(" " + line for line in self.lines), **given)), vars(report))
        )
        return report

    def side_by_side(self, *sections: str, readings: int | None = 1, **selection: object) -> dict[str, object]:
        """Return what several processes find, which is what one does; they read the log so often in all."""
        with tempfile.TemporaryDirectory() as folder, small(3000):
            name = os.path.join(folder, "audit.log")
            pathlib.Path(name).write_text("".join(self.lines))
            one = read([name], Selection(**selection), sections, 1)
            with mock.patch.object(auditloginfo, "Collector", wraps=auditloginfo.Collector) as collectors:
                several = read([name], Selection(**selection), sections, 2)
        self.assertEqual({}, differing(one, several))
        self.assertIn(readings, (None, collectors.call_count))
        return several

    def counted(self, *sections: str, **selection: object) -> list[int]:
        """Return how many calls each process made."""
        return [ran.calls for ran in self.report("processes", *sections, **selection).processes.values()]

    def test_a_long_line_of_ancestors(self):
        """Where a part ended is sent to another process, also with a thousand generations."""
        for pid in range(100, 2100):
            self.call("fork", pid, pid - 1, exit=pid + 1)
            self.call("exit_group", pid, pid - 1)
        found = self.side_by_side("processes")
        self.assertEqual(2000, len(found["processes"]))

    def test_a_name_that_begins_a_family(self):
        """What it did by its old name is not the family's; what it started before is not, and after it is."""
        for name in ("getpid", "getpid", "fork", "getpid"):
            self.call(name, comm="sh", exit=6)
        self.call("getpid", 6, 5, comm="sh")
        self.call("getpid", 6, 5, comm="sh")
        for name in ("getpid", "getpid", "fork", "getpid"):
            self.call(name, comm="worm", exit=7)
        for _ in range(3):
            self.call("getpid", 7, 5, comm="sh")
        self.call("getpid", comm="sh")
        self.assertEqual([5, 3], self.counted(comm=("worm",), children=True))
        self.assertEqual([4], self.counted(comm=("worm",)))

    def test_a_call_that_begins_a_family(self):
        """It is looked into itself, while those before are only counted."""
        for _ in range(3):
            self.call("getpid", comm="sh")
        self.call("connect", comm="worm", success="no", exit=-111)
        self.assertEqual([1], self.counted("failures", comm=("worm",), children=True))

    def test_a_clock_that_goes_back_in_a_family(self):
        """What seems to be before the exit of the one before may begin it, and counts."""
        self.call("getpid", comm="sh", later=500)
        self.call("exit_group", comm="sh")
        self.call("getpid", comm="sh", later=9)
        self.call("getpid", comm="worm", later=-300)
        self.call("getpid", comm="sh", later=400)
        self.call("getpid", comm="sh")
        self.assertEqual([3], self.counted(comm=("worm",), children=True))

    def test_a_time_in_which_a_family_does_not_begin(self):
        """It was one before, and what it did then is not counted."""
        for name, comm, later in (("getpid", "worm", 1), ("getpid", "worm", 1), ("getpid", "sh", 2000)):
            self.call(name, comm=comm, later=0)
            self.lines[-1] = self.lines[-1].replace("1476975709.", f"{1476975709 + later // 1000}.")
        self.assertEqual([1], self.counted(comm=("worm",), since=1476975711, children=True))

    def test_the_same_number_in_the_same_millisecond(self):
        """What comes then may be of a thread that the exit ended; what comes later is not."""
        self.call("getpid")
        self.call("getpid")
        self.call("exit_group")
        self.call("getpid", later=0)
        self.call("getpid", later=0)
        self.call("getpid")
        self.call("getpid")
        self.call("getpid")
        self.assertEqual([5, 3], self.counted())

    def test_when_it_ran(self):
        """Calls come in the order in which they returned, not in that of their times."""
        for later in (20, 5, -20, 10, -5):
            self.call("getpid", later=later)
        (ran,) = self.report("processes").processes.values()
        self.assertEqual((105, 125, 5), (ran.first % 1000, ran.last % 1000, ran.calls))

    def test_in_which_order_they_are_shown(self):
        """In that in which they began, not in which their first selected call was counted."""
        for pid in (6, 5):
            for success in ("yes", "no", "no"):
                self.call("getpid", pid, success=success, exit=-1)
        self.call("exit_group", 5)
        rows = auditloginfo.section_rows(self.report("processes", success=False), "processes", None)
        self.assertEqual(["6", "5"], [row.name for row in rows])

    def test_another_with_its_number(self):
        """By its parent it is another, if that of the first cannot have ended."""
        for ppid in (10, 10, 10, 20, 20):
            self.call("getpid", 5, ppid)
        self.assertEqual([3, 2], self.counted())

    def test_a_damaged_call(self):
        """It is the process's also where its arguments cannot be read."""
        for first in ("0", "0", "x", "0"):
            self.call("getpid", a0=first)
        self.assertEqual([4], self.counted())
        self.assertEqual(4, self.report("processes").matched_events)

    def execute(self, *records: str, title: bool = True) -> None:
        """Write an exec with the bodies of its EXECVE records, the second and later ones behind the others."""
        self.call("execve", exit=0, items=1)
        serial = len(self.lines)
        for kind, body in (
            *(("EXECVE", body) for body in records[:1]),
            ("CWD", 'cwd="/"'),
            ("PATH", path('"/bin/echo"')),
            *(("EXECVE", body) for body in records[1:]),
            *[("PROCTITLE", "proctitle=6563686F")] * title,
        ):
            self.lines.append(record(kind, body, serial, self.now()))

    def test_commands(self):
        """Equal ones are looked into once, those in one record by that alone."""
        for _ in range(3):
            self.execute('argc=2 a0="echo" a1=6120')
        self.execute('argc=3 a0="echo" a1="b"', 'a2="c"')
        self.execute('argc=3 a0="echo" a2="c"', 'a1="b"')
        self.execute('argc=2 a0="echo" a1="d"', title=False)
        self.execute('argc=1 a0_len=4 a0[0]="ec"', 'a0[1]="ho"')
        self.execute()
        found = {
            (b"echo", b"a "): 3,
            (b"echo", b"b", b"c"): 2,
            (b"echo", b"d"): 1,
            (b"echo",): 1,
            (b"/usr/bin/cat",): 1,
        }
        for sections in (("commands",), ("commands", "files"), ("commands", "processes")):
            for selection in ({}, {"comm": ("cat",), "children": True}, {"comm": ("sh",), "children": True}):
                with self.subTest(sections, selection=selection):
                    report = self.report(*sections, **selection)
                    expected = found if selection.get("comm") != ("sh",) else {}
                    self.assertEqual((expected, {}), (report.commands, +report.gaps))
        (ran,) = report_of(*self.lines, sections=("commands", "processes")).processes.values()
        self.assertEqual(((b"/usr/bin/cat",), 8), (ran.argv, ran.calls), "of the last exec")

    def test_commands_that_are_not_whole(self):
        for fields in ('argc=2 a0="echo"', 'argc=2 a0="echo" a1="x', "argc=2 a0=6 a1=6", "argc=0 a0=61"):
            self.lines = []
            self.execute(fields)
            with self.subTest(fields):
                self.assertEqual({"argv": 1}, self.report("commands", "files").gaps)

    def test_commands_by_several(self):
        for number in range(300):
            self.execute(f'argc=2 a0="echo" a1="{number % 7}"')
        found = self.side_by_side("commands", "files", uid=(7005,))
        self.assertEqual([42, 43], sorted({*found["commands"].values()}))

    def test_what_seccomp_did(self):
        """Its record may come without SYSCALL record, and tells of another name than the calls before."""
        self.call("getpid", comm="sh")
        self.call("getpid", comm="worm")
        self.lines.append(record("SECCOMP", self.SECCOMP, 99, self.now()))
        failures = self.report("failures", comm=("worm",), children=True).failures
        self.assertEqual({("socket", "x86_64", None, "killed by seccomp"): 1}, failures)

    def test_what_io_uring_did(self):
        """What its process did before is told with it, so that what follows waits until it is closed."""
        self.call("getpid", comm="sh")
        self.call("getpid", comm="worm")
        self.lines.append(record("URINGOP", self.URINGOP, 99, self.now()))
        self.call("fork", comm="sh", exit=9)
        self.call("getpid", 9, 5, comm="sh")
        self.call("getpid", 9, 5, comm="sh")
        for _ in range(6):
            self.call("getpid", 6)
        self.lines.append(record("PATH", path('"/f"'), 99, "1476975709.102"))
        with small(2500):
            self.assertEqual([2, 2], self.counted(comm=("worm",), children=True))

    def test_what_io_uring_did_in_a_call(self):
        """Its record may come after other calls, which nevertheless were later."""
        self.call("io_uring_enter", comm="sh")
        self.call("getpid", comm="worm", later=1000 - self.time)
        self.lines[-1] = self.lines[-1].replace("709.1000", "710.000")
        self.lines.append(record("URINGOP", self.URINGOP, 1, "1476975709.101"))
        self.assertEqual([2], self.counted())

    def test_below_whom_a_process_stands(self):
        """The nearest that is in the report, though it may come into it after what it started."""
        self.call("getpid", 10)
        self.call("getpid", 10, success="no", exit=-1)
        self.call("fork", 10, exit=20)
        self.call("getpid", 20, 10)
        self.call("fork", 20, 10, exit=30)
        self.call("getpid", 30, 20, success="no", exit=-1)
        self.call("getpid", 20, 10, success="no", exit=-1)
        rows = auditloginfo.section_rows(self.report("processes", success=False), "processes", None)
        self.assertEqual([("10", 0), ("20", 1), ("30", 2)], [(row.name, row.fields["level"]) for row in rows])

    def test_below_whom_it_stands_if_its_parent_made_no_call(self):
        """That one is not in the report; who made it is."""
        self.call("fork", 10, exit=20)
        self.call("getpid", 30, 20)
        rows = auditloginfo.section_rows(self.report("processes"), "processes", None)
        self.assertEqual([("10", 0), ("30", 1)], [(row.name, row.fields["level"]) for row in rows])

    def test_a_failure_with_its_own_id_in_the_name(self):
        """A user can guess it."""
        for _ in range(2):
            self.call("stat", success="no", exit=-2, items=1)
            serial, name = len(self.lines), f"/tmp/audit({self.now()}:{len(self.lines)})"
            for kind, body in (("CWD", 'cwd="/d"'), ("PATH", f'item=0 name="{name}" nametype=UNKNOWN')):
                self.lines.append(record(kind, body, serial, self.now()))
            self.lines.append(record("PROCTITLE", "proctitle=41", serial, self.now()))
        found = [target for _, _, target, _ in self.report("failures").failures]
        self.assertEqual([b"/tmp/audit(1476975709.101:1)", b"/tmp/audit(1476975709.102:5)"], found)

    def test_equal_failures(self):
        """They are looked into once; not what has its records elsewhere, or not all of them."""
        records = [
            ("CWD", 'cwd="/d"'),
            ("PATH", 'item=0 name="f" nametype=UNKNOWN'),
            ("PROCTITLE", "proctitle=41"),
        ]
        expected = {("stat", "x86_64", b"/d/f", "ENOENT"): 4, ("stat", "x86_64", None, "ENOENT"): 1}
        for order in ((0, 1, 2), (0, 1, 2), (0, 1, 2), (2, 0, 1), (0, 2)):
            self.call("stat", success="no", exit=-2, items=1)
            serial = len(self.lines)
            self.lines += [record(*records[i], serial, self.now()) for i in order]
        self.assertEqual(expected, self.report("failures").failures)
        self.assertEqual(expected, self.report("failures", comm=("cat",), children=True).failures)
        for exits in (" exit=-2x", ""):
            self.call("stat", success="no", exit=-2)
            self.lines[-1] = self.lines[-1].replace(" exit=-2", exits)
            self.lines.append(record("PROCTITLE", "proctitle=41", len(self.lines), self.now()))
        unknown = {**expected, ("stat", "x86_64", None, "unknown error"): 2}
        self.assertEqual(unknown, self.report("failures").failures)

    def test_equal_failures_with_an_address(self):
        for records in (("SOCKADDR", "PROCTITLE"), ("PROCTITLE", "SOCKADDR")):
            self.call("connect", success="no", exit=-111)
            bodies = {"SOCKADDR": "saddr=02000050C0A80001" + "0" * 16, "PROCTITLE": "proctitle=41"}
            serial = len(self.lines)
            self.lines += [record(kind, bodies[kind], serial, self.now()) for kind in records]
        self.assertEqual(
            {("connect", "x86_64", b"192.168.0.1:80", "ECONNREFUSED"): 2}, self.report("failures").failures
        )

    def test_opens_that_change_nothing(self):
        """Those that only read are counted as they stand; those that write, create or truncate are changes."""
        for flags, nametype in (
            (0, "NORMAL"),
            (0x80000, "NORMAL"),
            (0x441, "CREATE"),
            (1, "NORMAL"),
            (0x200, "NORMAL"),
        ):
            self.call("openat", items=1)
            self.lines[-1] = self.lines[-1].replace(" a2=0 ", f" a2={flags:x} ")
            serial = len(self.lines)
            self.lines.append(record("CWD", 'cwd="/d"', serial, self.now()))
            self.lines.append(record("PATH", path('"f"', nametype), serial, self.now()))
        for sections in (("files", "changes"), ("changes",)):
            report = self.report(*sections)
            self.assertEqual(
                ["created", "opened for writing", "truncated"], sorted(what for what, *_ in report.changes)
            )
            self.assertEqual({b"/d/f": 5} if "files" in sections else {}, report.files)

    def test_a_hint_at_another_id(self):
        """Also where it is counted by process."""
        for _ in range(4):
            self.call("getpid", auid=4294967295, uid=7005)
        self.assertEqual(4, self.report("processes", uid=(7005,)).other_id)

    def test_clocks_that_go_back(self):
        """Where another part has the exit before what seems to come earlier, one process reads the log."""
        for _ in range(40):
            self.call("getpid", pid=6)
        self.call("exit_group", later=500)
        for _ in range(40):
            self.call("getpid", pid=6, later=0)
        self.time -= 200
        for _ in range(40):
            self.call("getpid", later=10)
        found = self.side_by_side("processes", readings=2)
        self.assertEqual([80, 21, 20], [ran.calls for ran in found["processes"].values()])

    def test_a_number_again_long_after_an_exit(self):
        """In a later part, by a clock that goes back: where the seam is, one process may have to read the log."""
        readings = []
        for between in range(20, 80, 12):
            self.setUp()
            self.call("exit_group", later=500)
            for _ in range(between):
                self.call("getpid", pid=6, later=0)
            self.time -= 200
            for _ in range(40):
                self.call("getpid", later=10)
            with mock.patch.object(auditloginfo, "Collector", wraps=auditloginfo.Collector) as collectors:
                found = self.side_by_side("processes", readings=None)
            self.assertEqual({21, between, 20}, {ran.calls for ran in found["processes"].values()})
            readings.append(collectors.call_count - 1)
        self.assertEqual({1, 2}, set(readings))

    def test_calls_on_both_sides_of_an_exit_before_the_part(self):
        """What was counted together cannot be told apart."""
        follower = auditloginfo.Collector(Selection(), ("processes",)).follower
        tally = auditloginfo.Tally(b"ppid=1 pid=5 auid=7005")
        for key in (b"4.000:1", b"9.000:2"):
            tally.count(b"", key)
        call = auditloginfo.Call("", b"", b"", 4000, 5, 1, -1, (0, 0, 0))
        process = follower.processes.caller(call)
        process.ended = 5000
        follower.is_part = True
        with self.assertRaises(auditloginfo.NeedsOrderError):
            follower.add_tally_of(process, tally)

    def test_an_exit_before_the_seam(self):
        """Whoever reads the next part has seen it, and need not be corrected."""
        for _ in range(42):
            self.call("getpid")
        self.call("exit_group")
        for later in (0, 0, *[1] * 30):
            self.call("getpid", later=later)
        found = self.side_by_side("processes")
        self.assertEqual([45, 30], [ran.calls for ran in found["processes"].values()])

    def test_a_pipe_and_a_file(self):
        """What comes through a pipe cannot be read again, so one process reads all."""
        for _ in range(80):
            self.call("getpid")
        self.call("clone", exit=6, a0="400")
        with tempfile.TemporaryDirectory() as folder, small(3000):
            name = os.path.join(folder, "audit.log")
            pathlib.Path(name).write_text("".join(self.lines))
            out, into = os.pipe()
            os.write(into, self.lines[0].encode())
            os.close(into)
            sources = [auditloginfo.Source("-", os.fdopen(out, "rb")), *auditloginfo.open_sources([name])[0]]
            report, _ = auditloginfo.read_report(sources, Selection(), ("processes",), 2)
        self.assertEqual(81, report.events)

    def test_a_call_behind_the_seam_of_an_event_before_it(self):
        """In what order such calls were made only one process can tell."""
        readings = []
        for before in range(12, 42, 6):
            self.setUp()
            for _ in range(before):
                self.call("getpid", comm="sh")
            self.lines.append(record("CWD", 'cwd="/"', 999, self.now()))
            for _ in range(9):
                self.call("getpid", comm="sh", later=0)
            late = len(self.lines)
            self.call("getpid", comm="worm", later=0)
            self.lines[late] = self.lines[late].replace(f":{late + 1})", ":999)")
            for _ in range(57 - before):
                self.call("getpid", comm="sh")
            with mock.patch.object(auditloginfo, "Collector", wraps=auditloginfo.Collector) as collectors:
                found = self.side_by_side("processes", comm=("worm",), children=True, readings=None)
            self.assertEqual([58 - before], [ran.calls for ran in found["processes"].values()])
            readings.append(collectors.call_count - 1)
        self.assertEqual({1, 2}, set(readings), "only where a seam is between them")

    def test_seccomp_behind_the_seam(self):
        """Whose process it killed is known from the part before."""
        self.call("getpid", comm="worm")
        for _ in range(60):
            self.call("getpid", comm="sh")
        self.lines.append(record("SECCOMP", self.SECCOMP, 99, self.now()))
        for _ in range(40):
            self.call("getpid", comm="sh")
        found = self.side_by_side("failures", comm=("worm",), children=True)
        self.assertEqual({("socket", "x86_64", None, "killed by seccomp"): 1}, found["failures"])

    def test_many_exits(self):
        """When processes ended is not kept for ever."""
        for pid in range(100, 400):
            self.call("exit_group", pid)
        with small(3000), mock.patch.object(auditloginfo, "MAX_ENDED", 20):
            collector = auditloginfo.Collector(Selection(), ("processes",))
            feed(collector, "".join(self.lines).encode())
            self.assertLess(len(collector.ended), 100)


class OthersTest(unittest.TestCase):
    """Processes that are not selected are passed by, unless a selected one depends on them."""

    SELECTION = Selection(uid=(7005,))

    def log(self, *lines: str | bytes) -> bytes:
        return b"".join(line if isinstance(line, bytes) else line.encode() for line in lines)

    def directory(self, serial: int, **given: object) -> list[str]:
        lines = opened('"/srv/dir"', serial, **given)
        return [line.replace("mode=0100644", "mode=040755") for line in lines]

    def made(self, **given: object) -> str:
        fork = syscall(3, number=57, exit=1234, a0="0", pid=10, time="1476975710.442", **given)
        return fork.replace("ppid=10", "ppid=1")

    def files(self, log: bytes, selection: Selection = SELECTION, seekable: bool = True) -> dict[bytes, int]:
        stream = io.BytesIO(log)
        if not seekable:
            stream.seekable = lambda: False  # type: ignore[method-assign]
        report, errors = auditloginfo.read_report([auditloginfo.Source("log", stream)], selection)
        self.assertEqual([], errors)
        return report.files

    def test_a_new_login_uid(self):
        """What the process opened before it had the login uid is found out, by reading a second time."""
        login = record("LOGIN", "pid=1234 uid=0 old-auid=7006 auid=7005 tty=(none) old-ses=1 ses=2 res=1", 3)
        log = self.log(
            *self.directory(1, auid=7006),
            syscall(2, auid=7006, number=3, exit=0, a0="9"),
            login,
            *opened('"file"', 4, a0="3", exit=4),
        )
        for seekable in (True, False):
            with self.subTest(seekable=seekable):
                self.assertEqual({b"/srv/dir/file": 1}, self.files(log, seekable=seekable))

    def test_a_descriptor_with_the_number_of_a_process(self):
        """What another process's call returns is no child but for forks, so of 7 all is still to be found out."""
        login = record("LOGIN", "pid=7 uid=0 old-auid=7006 auid=7005 tty=(none) old-ses=1 ses=2 res=1", 3)
        log = self.log(
            *self.directory(1, auid=7006, pid=7),
            syscall(2, auid=7006, number=3, exit=0, a0="9", pid=7),
            login,
            *self.directory(4),
            *(syscall(5, number=32, exit=7, a0="3"), record("PROCTITLE", "proctitle=636174", 5)),
            *opened('"file"', 6, a0="3", exit=4, pid=7),
        )
        self.assertEqual({b"/srv/dir": 1, b"/srv/dir/file": 1}, self.files(log))

    def test_a_login_of_a_known_child(self):
        """It is no new process, which would have what its parent has now."""
        ids = "pid=1234 uid=0 old-auid=7005 auid=7005 tty=(none) old-ses=1 ses=2 res=1"
        log = self.log(
            syscall(1, number=3, exit=0, a0="9", pid=10),
            self.made(auid=7005),
            *self.directory(4, time="1476975711.442"),
            syscall(5, number=3, exit=0, a0="9", time="1476975711.442"),
            *[line.replace("/srv/dir", "/other") for line in self.directory(6, pid=10)],
            record("LOGIN", ids, 7),
            *opened('"file"', 8, a0="3", exit=4, time="1476975712.442"),
        )
        self.assertEqual({b"/srv/dir": 1, b"/other": 1, b"/srv/dir/file": 1}, self.files(log))

    def test_an_exit_is_no_login(self):
        """Another user's process has the number in between, so the directory is not the one that is known."""
        log = self.log(
            syscall(1, number=231, success="", a0="0").replace(" a1=7f ", " a1=0 "),
            record("PROCTITLE", "proctitle=636174", 1),
            *self.directory(2, time="1476975710.442"),
            syscall(3, number=3, exit=0, a0="9", time="1476975710.442"),
            *[line.replace("ppid=10", "ppid=4") for line in self.directory(4, auid=1, time="1476975710.442")],
            *opened('"file"', 5, a0="3", exit=4, time="1476975710.442"),
        )
        self.assertEqual({b"/srv/dir": 1, b"file": 1}, self.files(log))

    @mock.patch.object(auditloginfo, "MAX_PROCESSES", 20)
    def test_many_others(self):
        """Who is passed by is forgotten; then anybody may be one, so that it takes a second reading."""
        ids = "pid={} uid=0 old-auid=4294967295 auid=7005 tty=(none) old-ses=4294967295 ses=2 res=1"
        lines = [record("LOGIN", ids.format(1234), 1), syscall(2, number=3, exit=0, a0="9"), *self.directory(3)]
        lines += [record("LOGIN", ids.format(pid), pid) for pid in range(2000, 2100)]
        log = self.log(*lines, *opened('"file"', 9000, a0="3", exit=4), *opened('"file"', 9001, a0="7", exit=4))
        self.assertEqual({b"/srv/dir": 1, b"/srv/dir/file": 1, b"file": 1}, self.files(log))
        collector = auditloginfo.Collector(self.SELECTION, ("files",), own_only=True)
        collector.feed(self.log(*lines))
        collector.finish()
        self.assertLessEqual(len(collector.follower.others), 22)

    def test_older_than_the_log(self):
        """What it opened before nobody can know, whoever else is in the log."""
        other = [syscall(1, number=39, auid=7006, pid=99), syscall(2, number=231, auid=7006, pid=99, success="")]
        again = [record("PROCTITLE", "proctitle=41", 2), syscall(3, number=39, auid=7006, pid=99)]
        log = self.log(
            *other, *again, record("PROCTITLE", "proctitle=41", 3), *opened('"file"', 4, a0="3", exit=4)
        )
        with mock.patch.object(auditloginfo, "Collector", wraps=auditloginfo.Collector) as collectors:
            self.assertEqual({b"file": 1}, self.files(log))
        self.assertEqual(1, collectors.call_count)

    def test_a_pid_used_again(self):
        """The new process has none of the old one's directories; who made it is not followed."""
        login = record("LOGIN", "pid=1234 uid=0 old-auid=4294967295 auid=7005 tty=(none) old-ses=1 ses=2 res=1", 3)
        log = self.log(
            *self.directory(1),
            syscall(2, number=3, exit=0, a0="9"),
            self.made(auid=4294967295),
            login,
            *opened('"file"', 4, a0="3", exit=4, time="1476975711.442"),
        )
        self.assertEqual({b"/srv/dir": 1, b"file": 1}, self.files(log))

    def test_a_pid_made_again(self):
        """With --pid also the fork counts, whoever called it."""
        again = self.made(auid=0)
        closed = syscall(2, number=3, exit=0, a0="9")
        later = opened('"file"', 4, a0="3", exit=4, time="1476975711.442")
        for why, lines, name in (("made again", [again], b"file"), ("the same", [], b"/srv/dir/file")):
            with self.subTest(why):
                log = self.log(*self.directory(1), closed, *lines, *later)
                self.assertEqual({b"/srv/dir": 1, name: 1}, self.files(log, Selection(pid=(1234,))))

    def test_a_pid_seen_before_it_was_made(self):
        """With --pid nothing is known of who makes it, so what it has from that one takes a second reading."""
        before = [syscall(1, number=57, exit=20, a0="0", pid=10), *self.directory(2, pid=10)]
        before = [line.replace("ppid=10 ", "ppid=1 ") for line in before]
        log = self.log(*before, *opened('"file"', 4, a0="3", exit=4, time="1476975710.442"), self.made())
        self.assertEqual({b"/srv/dir/file": 1}, self.files(log, Selection(pid=(1234,))))

    def test_a_pid_made_again_that_shares(self):
        """What has the same descriptors as a process that is not followed takes a second reading."""
        shared = syscall(3, number=56, exit=1234, a0="411", pid=10, time="1476975710.442").replace(
            "ppid=10", "ppid=1"
        )
        closed = syscall(4, number=3, exit=0, a0="3", pid=10, time="1476975710.442").replace("ppid=10", "ppid=1")
        later = opened('"file"', 5, a0="3", exit=4, time="1476975711.442")
        for form in ("", " "):
            directory = [line.replace("pid=1234", "pid=10") for line in self.directory(1)]
            directory = [line.replace("ppid=10 pid=10", "ppid=1 pid=10") for line in directory]
            lines = [*directory, form + shared, form + closed, *later]
            for made, files in ((lines, {b"file": 1}), ([*lines[:-5], *later], {b"/srv/dir/file": 1})):
                log = self.log(*made)
                with self.subTest(form=form, files=files):
                    self.assertEqual(files, self.files(log, Selection(pid=(1234,))))
                    self.assertEqual(files, self.files(log, Selection(pid=(1234,)), seekable=False))
            its_own = self.directory(4, time="1476975710.443")
            log = self.log(form + shared, *its_own, form + closed.replace("710.442:4", "710.444:6"), *later)
            self.assertEqual({b"/srv/dir": 1, b"file": 1}, self.files(log, Selection(pid=(1234,))))

    def test_a_pid_made_again_under_another_form(self):
        """The fork that made it counts however it is written."""
        again = " " + self.made(auid=0)
        log = self.log(*self.directory(1), syscall(2, number=3, exit=0, a0="9"), again)
        log += self.log(*opened('"file"', 4, a0="3", exit=4, time="1476975711.442"))
        self.assertEqual({b"/srv/dir": 1, b"file": 1}, self.files(log, Selection(pid=(1234,))))

    def shared(self, between: int = 0) -> bytes:
        """Return a log in which a process opens a directory for another that has the same descriptors."""
        pause = [line for i in range(between) for line in opened(serial=100 + i, pid=999)]
        lines = [
            *self.directory(1, pid=100),
            syscall(2, number=56, exit=101, a0="411", pid=100),
            *pause,
            syscall(5000, number=3, exit=0, a0="3", pid=101).replace("ppid=10 ", "ppid=100 "),
            *(line.replace("ppid=10 ", "ppid=100 ") for line in opened('"/new"', 5001, pid=101)),
            *pause,
            *opened('"name"', 5002, a0="3", exit=4, pid=100),
        ]
        return self.log(*(line.replace("0100644", "040755") if "/new" in line else line for line in lines))

    def test_shared_descriptors(self):
        """What another process does to them is followed, whatever its login uid."""
        for selection in (self.SELECTION, Selection(pid=(100,)), Selection()):
            with self.subTest(selection):
                self.assertIn(b"/new/name", self.files(self.shared(), selection))

    def test_shared_descriptors_side_by_side(self):
        """In what order they were used only one process can tell."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.shared(40))
            file.flush()
            for jobs in (1, 2, 7):
                with self.subTest(jobs=jobs), small(3000):
                    sources, _ = auditloginfo.open_sources([file.name])
                    report, _ = auditloginfo.read_report(sources, Selection(), ("files",), jobs)
                    self.assertEqual((1, 81), (report.files[b"/new/name"], report.files[b"/etc/passwd"] + 1))

    def test_reads_again_side_by_side(self):
        """Where a name may depend on others these are followed too; an order takes a single reader."""
        login = record("LOGIN", "pid=1234 uid=0 old-auid=7006 auid=7005 tty=(none) old-ses=1 ses=2 res=1", 3)
        between = [line for i in range(100, 190) for line in opened(serial=i)]
        others = [*self.directory(1, auid=7006), login, *between, *opened('"file"', 999, a0="3", exit=4)]
        for log, times in ((self.log(*others), 2), (self.shared(40), 1), (self.log(*between), 1)):
            with tempfile.NamedTemporaryFile() as file, small(3000):
                file.write(log)
                file.flush()
                sources, _ = auditloginfo.open_sources([file.name])
                reading = mock.Mock(wraps=auditloginfo.read_side_by_side)
                with self.subTest(times=times), mock.patch.object(auditloginfo, "read_side_by_side", reading):
                    report, _ = auditloginfo.read_report(sources, self.SELECTION, ("files",), 2)
                    self.assertEqual(times, reading.call_count)
                    self.assertEqual(self.files(log), report.files)

    def test_a_pid_that_another_user_had(self):
        """No LOGIN record tells of it, so what the process before had open is not believed without looking."""
        lines = [
            *self.directory(1),
            syscall(2, number=3, exit=0, a0="9"),
            syscall(3, number=231, success="", a0="0", auid=7006),
            *[line.replace("/srv/dir", "/other") for line in self.directory(4, auid=7006, time="1476975710.442")],
            syscall(5, number=3, exit=0, a0="9", auid=7006, time="1476975710.442"),
            *opened('"file"', 6, a0="3", exit=4, time="1476975711.442"),
        ]
        for form in ("", " "):
            with self.subTest(form=form):
                log = self.log(*(form + line for line in lines))
                self.assertEqual({b"/srv/dir": 1, b"/other/file": 1}, self.files(log))

    def test_others_change_nothing(self):
        """The report is the same whether blocks of others were passed by, and however large blocks are."""
        chance = random.Random(SEED)
        for lines in recorded():
            other = [line.replace(b"auid=7005", b"auid=7006").replace(b":3", b":93") for line in lines]
            for number in range(0, len(other), 97):
                strange = [b"what is this?\n", b"type=EOE msg=audit(1.1:1): \n"]
                other[number : number + chance.randrange(2)] = strange
            logs = [lines + other + lines[:50], other + interleaved(chance, lines + other)]
            ways = [(log, block) for log in logs for block in (1 << 16, 2000)] + [(log[-1500:], 1) for log in logs]
            for (log, block), selection in itertools.product(ways, (*SELECTIONS, Selection(pid=(7001,)))):
                source = auditloginfo.Source("log", io.BytesIO(b"".join(log)))
                source.stream.seekable = lambda: False  # type: ignore[method-assign]
                expected, _ = auditloginfo.read_report([source], selection)
                source = auditloginfo.Source("log", io.BytesIO(b"".join(log)))
                with small(1 << 20, block):
                    report, _ = auditloginfo.read_report([source], selection)
                self.assertEqual(
                    {}, differing(vars(expected), vars(report)), f"FUZZ_SEED={SEED} {selection} {block}"
                )


class SocketNamesTest(unittest.TestCase):
    """auditd (3.0.9, ENRICHED) adds the name of a unix socket as it is, with any newlines that are in it."""

    FORGED = b"type=SYSCALL msg=audit(1476975709.442:%d): arch=c000003e syscall=59 success=yes pid=1 auid=1234"
    NAMES = (
        *(b"\n" + FORGED + b" ", b"x }\n" + FORGED, b"\0\n\n" + FORGED + b"\n", b"\n", b"/run/plain"),
        b"a\n\n" + FORGED + b"\0 what is behind the end\n",
        b"x\x1dSADDR={ saddr_fam=local path=\n" + FORGED,
        *((b"\n" + FORGED).ljust(112), (b"\0\n" + FORGED).ljust(113)),  # of which it writes 108 bytes
    )

    def connected(self, name: bytes, serial: int, family: bytes = b"\1\0") -> bytes:
        """Return the records of a connect."""
        saddr = (family + name).hex().upper()
        raw = name[name[:1] == b"\0" :].partition(b"\0")[0].decode()[:108]
        lines = [syscall(serial, number=42, success="no", exit=-2, a0=3)]
        lines.append(record("SOCKADDR", f"saddr={saddr}\x1dSADDR={{ saddr_fam=local path={raw} }}", serial))
        return "".join([*lines, record("PROCTITLE", "proctitle=636174", serial)]).encode()

    def log(self, family: bytes = b"\1\0") -> bytes:
        """Return a log of connects, each with a name that tries to be the record of a later one."""
        names = [name % (i + 2 + i % 5) if b"%d" in name else name for i, name in enumerate(self.NAMES * 30)]
        return b"".join(self.connected(name, i + 1, family) for i, name in enumerate(names))

    def test_every_name_and_block(self):
        for family in (b"\1\0", b"\0\1"):
            log = self.log(family)
            for block in (1, 50, 333, 5000):
                collector = auditloginfo.Collector(Selection(), ("syscalls", "failures"))
                feed(collector, log, block)
                report = collector.finish()
                self.assertEqual({(b"c000003e", b"42", b"no"): 270}, report.calls)
                self.assertEqual((270, 270, 0), (report.events, report.matched_events, report.skipped_lines))
                self.assertEqual(log.count(b"\n"), report.lines)

    def test_side_by_side(self):
        """Also where a part begins within a name."""
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "audit.log")
            pathlib.Path(name).write_bytes(self.log())
            for span in range(1000, 1400, 37):
                with small(span):
                    one, several = (read([name], Selection(), ("syscalls", "network"), jobs) for jobs in (1, 3))
                self.assertEqual({}, differing(one, several))
                self.assertEqual({(b"c000003e", b"42", b"no"): 270}, several["calls"])

    def test_a_log_that_ends_within_a_name(self):
        """As that in use does, at any moment."""
        log = self.connected(b"\n" + self.FORGED % 9 + b" ", 1)
        for end in range(len(log)):
            for block in (1, 50, 1 << 16):
                with self.subTest(end=end, block=block):
                    report = report_of(log[:end], block=block)
                    self.assertNotIn(b"59", [number for _, number, _ in report.calls])
                    self.assertEqual(len(io.BytesIO(log[:end]).readlines()), report.lines)

    def test_a_log_after_one_that_ends_within_a_name(self):
        """It does not go on with that name, so what it begins with is a record."""
        log = self.connected(b"\n" + self.FORGED % 9 + b" ", 1)
        end = log.index(self.FORGED % 9)
        logs = [auditloginfo.Source(name, io.BytesIO(text)) for name, text in (("a", log[:end]), ("b", log[end:]))]
        read = [block for block, name, _ in auditloginfo.Reader(logs).blocks() if name == "b"]
        self.assertEqual(log[end:], b"".join(read))

    def test_a_name_in_another_record(self):
        """The kernel writes the names of tables raw, and auditd takes what is in them for fields."""
        one, two = b"\n" + self.FORGED % 9, b"x\n" + self.FORGED % 10
        hexes = [(b"\1\0" + name).hex().upper() for name in (b"\na", one, two)]
        line = record("NETFILTER_CFG", f'table=x uid=0 saddr={" saddr=".join(hexes)} y:2 comm="nft"').encode()[:-1]
        line += b'\x1dUID="root"' + b" SADDR={ saddr_fam=local path=%s }" * 2 % (one, two) + b"\n"
        for block in (1, 7, 1 << 16):
            collector = auditloginfo.Collector(Selection(), ("syscalls",))
            feed(collector, line + syscall(2).encode(), block)
            report = collector.finish()
            self.assertEqual({(b"c000003e", b"257", b"yes"): 1}, report.calls)
            self.assertEqual(4, report.lines)

    def test_a_name_is_that_of_its_own_line(self):
        """Else one could choose a name by which another's records would be taken out later."""
        later = self.connected(b"a", 2).partition(b" }\n")[0] + b" }\n" + self.FORGED % 3 + b" }\n"
        for name in (b"a }\n" + self.FORGED % 3, b"b\nc"):
            log = self.connected(name, 1) + later
            with self.subTest(name):
                self.assertTrue(auditloginfo.SocketNames().taken_out(log).endswith(b"\n" + later))

    def test_another_auditd(self):
        """What follows a name that is written otherwise is read, also where the block ends before that would."""
        for name in (b"a\nb", b"a\n" + b"b" * 300):
            log = self.connected(name, 1).replace(b"path=%s }" % name[:108], b"path=? }") + syscall(2).encode()
            for blocks in ([log], log.splitlines(keepends=True)):
                names = auditloginfo.SocketNames()
                self.assertEqual((log, []), (b"".join(map(names.taken_out, blocks)), names.rests))
            self.assertEqual(2, report_of(log, block=1).matched_events)


class TroubleTest(unittest.TestCase):
    """What goes wrong in another process is told."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = os.path.join(folder.name, "audit.log")
        pathlib.Path(self.log).write_bytes(b"".join(recorded()[0]))

    def run_with(self, **replaced: object):
        with small(3000), mock.patch.multiple(auditloginfo, BLOCK=1 << 16, **replaced):
            return run("--uid", "7005", "--jobs", "2", self.log)

    def test_worker_dies(self):
        """No short count passes for a whole one."""

        def die(*arguments: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        result = self.run_with(read_parts=die)
        self.assertEqual((2, ""), (result.status, result.out))
        self.assertEqual(
            "auditloginfo: a process that read a part of the log died, so there is no report\n", result.err
        )

    def test_worker_dies_while_it_writes(self):
        """Half a result is none."""

        class Cut(bytes):
            def __len__(self) -> int:
                return 99

        def parts(*arguments: object) -> Iterator[tuple[bytes]]:
            yield (Cut(b"half"),)
            os.kill(os.getpid(), signal.SIGKILL)

        with mock.patch.object(auditloginfo.Worker, "parts", parts):
            result = self.run_with()
        self.assertEqual((2, ""), (result.status, result.out))

    def test_a_worker_out_of_memory(self):
        """One process may need less, so that is tried."""
        whole = self.run_with()
        result = self.run_with(read_parts=mock.Mock(side_effect=MemoryError))
        self.assertEqual((0, whole.out, ""), (result.status, result.out, result.err))

    def interrupted(self, module: object, **replaced: object) -> None:
        """Run with a function replaced that interrupts, and see that no process is left behind."""
        handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored in the background
        self.addCleanup(signal.signal, signal.SIGINT, handler)
        with mock.patch.multiple(module, **replaced):
            self.assertEqual(130, self.run_with().status)
        with self.assertRaises(ChildProcessError):
            os.waitpid(-1, 0)

    def test_interrupted(self):
        """While the processes are made, and while they are waited for."""
        real = os.fork

        def interrupt(*part: object) -> None:
            # This thread, which is all that the script has: a library of another test may have made some
            # that do not block the signal, and those would take it.
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)

        def fork() -> int:
            pid = real()
            if pid:
                interrupt()
            return pid

        self.interrupted(os, fork=fork)
        self.interrupted(auditloginfo.Collector, join=interrupt)

    def test_disk_error(self):
        """What several processes could not read, one reads as far as that goes."""
        whole = self.run_with()
        with mock.patch.object(os, "pread", side_effect=OSError(5, "Input/output error")):
            result = self.run_with()
        self.assertEqual((0, whole.out, ""), (result.status, result.out, result.err))

    def test_out_of_memory(self):
        """It is said, and what fits into it is reported."""
        feed = mock.Mock(side_effect=[MemoryError, *[None] * 999])
        with mock.patch.object(auditloginfo.Collector, "feed", feed):
            result = run("--jobs", "1", self.log)
        self.assertEqual(2, result.status)
        self.assertIn("out of memory; the report has what could be read", result.err)

    def test_no_more_processes(self):
        """One then reads all, and no other is left behind."""
        whole, fork = self.run_with(), os.fork
        with mock.patch.object(os, "fork", side_effect=lambda: forks.pop()()):
            forks = [mock.Mock(side_effect=BlockingIOError(11, "Resource temporarily unavailable")), fork]
            result = self.run_with()
        self.assertEqual((0, whole.out, "", []), (result.status, result.out, result.err, forks))
        with self.assertRaises(ChildProcessError):
            os.waitpid(-1, 0)

    def test_no_fork(self):
        """Where there is none, one process reads all."""
        with mock.patch.object(auditloginfo.os, "fork"):
            del auditloginfo.os.fork
            self.assertEqual(0, self.run_with().status)

    def test_many_processors_are_asked_for(self):
        with mock.patch.object(os, "sched_getaffinity", create=True, side_effect=AttributeError):
            self.assertEqual(os.cpu_count(), auditloginfo.processors())
            with mock.patch.object(os, "cpu_count", return_value=None):
                self.assertEqual(1, auditloginfo.processors())


class ProgressTest(unittest.TestCase):
    def setUp(self):
        self.now = 100.0
        patch = mock.patch.object(auditloginfo.time, "monotonic", side_effect=lambda: self.now)
        patch.start()
        self.addCleanup(patch.stop)

    def progress(self, terminal: io.StringIO | None, size: int = 4 * 10**6) -> Progress:
        with tempfile.TemporaryFile() as file:
            file.truncate(size)
            return Progress([auditloginfo.Source("log", file)], terminal)

    def test_after_a_second(self):
        """A report that is there at once shows nothing; else share, speed and time left, and gone at the end."""
        terminal = io.StringIO()
        progress = self.progress(terminal)
        progress.read(10**6)
        self.assertEqual("", terminal.getvalue())
        self.now += 2
        progress.read(2 * 10**6)
        progress.read(3 * 10**6)
        self.assertEqual(
            "\rauditloginfo: 50% of 4 MB, 1 MB/s, 2 s left\x1b[K",
            terminal.getvalue(),
            "no more than a few a second",
        )
        progress.end()
        progress.end()
        self.assertTrue(terminal.getvalue().endswith("left\x1b[K\r\x1b[K"))

    def test_of_unknown_length(self):
        """Of a pipe nobody knows how much there is."""
        terminal = io.StringIO()
        progress = self.progress(terminal, 0)
        self.now += 2
        progress.read(2 * 10**6)
        self.assertIn("auditloginfo: 2 MB read, 1 MB/s", terminal.getvalue())

    def test_terminal_goes_away(self):
        terminal = mock.Mock(write=mock.Mock(side_effect=OSError))
        progress = self.progress(terminal)
        self.now += 2
        progress.read(1)
        progress.read(2)
        self.assertEqual(1, terminal.write.call_count)

    def test_only_on_a_terminal(self):
        """Not in a log of cron's, and not with -q."""
        for terminal, options, shown in ((True, (), True), (False, (), False), (True, ("-q",), False)):
            with self.subTest(terminal=terminal, options=options):
                with (
                    mock.patch.object(auditloginfo, "is_terminal", return_value=terminal),
                    mock.patch.object(auditloginfo, "Progress", wraps=Progress) as made,
                ):
                    run(*options, "tests/data/session.log")
                self.assertEqual(shown, made.call_args[0][1] is not None)
        self.assertFalse(auditloginfo.is_terminal(None))
        closed = io.StringIO()
        closed.close()
        self.assertFalse(auditloginfo.is_terminal(closed))

    def test_gone_before_anything_is_said(self):
        """Else that would stand in the line, and be taken for a part of it."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(gzip.compress(b"".join(recorded()[0]))[:-9])
            file.flush()
            for options in ([], ["--format", "events"]):
                happened = mock.Mock()
                with (
                    self.subTest(options),
                    mock.patch.object(Progress, "end", happened.end),
                    mock.patch.object(auditloginfo, "say", happened.say),
                ):
                    self.assertEqual(2, run(*options, file.name).status)
                names = [name for name, words, _ in happened.mock_calls if name == "end" or words]
                self.assertEqual(["end", "say"], names[:2])
                self.assertIn("; the report has what could be read", str(happened.mock_calls))

    def test_of_a_packed_log(self):
        """Its share is that of the packed bytes."""
        data = gzip.compress(b"".join(recorded()[0]))
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            sources, _ = auditloginfo.open_sources([file.name])
            progress = Progress(sources)
            auditloginfo.read_report(sources, Selection(), progress=progress)
            self.assertEqual((len(data), len(data)), (progress.done, progress.total))


class JsonTest(unittest.TestCase):
    def test_jobs_option(self):
        """The report says nothing of how it was made."""
        reports = [run("--jobs", jobs, "--format", "json", "tests/data/session.log").out for jobs in ("1", "2")]
        self.assertEqual(json.loads(reports[0]), json.loads(reports[1]))
