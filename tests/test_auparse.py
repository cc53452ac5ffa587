"""libauparse, the audit project's own parser, must see the same events.

It runs over tests/data and over the folders that AUDIT_SAMPLES names (separated by colons).
"""

from __future__ import annotations

import gzip
import importlib.util
import io
import os
import pathlib
import re
import tempfile
import unittest
from collections import defaultdict
from typing import NamedTuple

import auditloginfo
from auditloginfo import Event, EventId, Selection, interpret, parse_record
from tests.logs import executed, opened

if importlib.util.find_spec("auparse"):
    import auparse

DATA = pathlib.Path(__file__).parent / "data"
FOLDERS = [DATA, *map(pathlib.Path, filter(None, os.environ.get("AUDIT_SAMPLES", "").split(":")))]
FIELDS = ("arch", "syscall", "success", "exit", "pid", "auid")


class Seen(NamedTuple):
    """A SYSCALL event: some of its fields as logged, its names and argv in text, its saddr as logged."""

    fields: tuple
    names: list
    argv: list
    address: str | None


def samples() -> list[pathlib.Path]:
    return [path for folder in FOLDERS for path in sorted(folder.glob("*.log*")) if ".json" not in path.name]


def content(path: pathlib.Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def ours(log: bytes) -> dict[EventId, Seen]:
    """Return the SYSCALL events as this script parses them."""
    lines = defaultdict(list)
    for line in log.split(b"\n"):
        if (record := parse_record(line)) is not None:
            lines[record.event_id].append(line)
    events = {}
    for event_id, group in lines.items():
        event = Event.parse(b"", group)
        if "SYSCALL" in event.records and auditloginfo.parse_call_tokens(
            next(line for line in group if parse_record(line).type == "SYSCALL")
        ):
            fields = event.first("SYSCALL")
            address = event.first("SOCKADDR").get(b"saddr")
            events[event_id] = Seen(
                tuple(text(fields.get(name.encode())) for name in FIELDS),
                [text(interpret(item.get(b"name"))) for item in event.records.get("PATH", [])],
                [text(argument) for argument in auditloginfo.arguments(event.records.get("EXECVE", []))[0]],
                text(address),
            )
    return events


def text(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode().strip('"')
    except UnicodeDecodeError:
        return None  # as with libauparse's Python binding, see interpreted()


def theirs(path: str) -> dict[EventId, Seen]:
    """Return the SYSCALL events as libauparse parses them; it may give one in several parts."""
    parser = auparse.AuParser(auparse.AUSOURCE_FILE, path)
    parser.set_escape_mode(auparse.AUPARSE_ESC_RAW)
    parts = defaultdict(list)
    while parser.parse_next_event():
        try:
            stamp, _ = parser.get_timestamp(), parser.get_type_name()
        except (OSError, LookupError):  # it has no record of that event
            continue
        event_id = EventId(stamp.host or "", stamp.sec, stamp.milli, stamp.serial)
        for i in range(parser.get_num_records()):
            parser.goto_record_num(i)
            record = {}
            try:
                kind = parser.get_type_name()
            except (OSError, LookupError):  # a type that it does not know
                continue
            parser.first_field()
            while True:
                record.setdefault(parser.get_field_name(), (parser.get_field_str(), interpreted(parser)))
                if not parser.next_field():
                    break
            parts[event_id].append((kind, record))
    events = {}
    for event_id, records in parts.items():
        calls = [record for kind, record in records if kind == "SYSCALL" and "syscall" in record]
        if calls:
            argv = {
                name: values[1]
                for kind, record in records
                if kind == "EXECVE"
                for name, values in record.items()
                if name[0] == "a" and name[1:].isdecimal()
            }
            names = [record.get("name", (None, None))[1] for kind, record in records if kind == "PATH"]
            addresses = [record.get("saddr", (None,))[0] for kind, record in records if kind == "SOCKADDR"]
            events[event_id] = Seen(
                tuple(clean((calls[0].get(name) or (None,))[0]) for name in FIELDS),
                [None if name == "(null)" else name for name in names],
                [argv[name] for name in sorted(argv, key=lambda name: int(name[1:]))],
                clean(addresses[0]) if addresses else None,
            )
    return events


def clean(value: str | None) -> str | None:
    """Theirs keeps the quotes that some writers add, and the CR of a CRLF."""
    return value and value.strip('"\r')


def interpreted(parser) -> str | None:
    try:
        return parser.interpret_field()
    except (OSError, UnicodeDecodeError):
        return None


@unittest.skipUnless(importlib.util.find_spec("auparse"), "Debian's python3-audit is not installed")
class AuparseTest(unittest.TestCase):
    maxDiff = 3000

    def test_same_events(self):
        for sample in samples():
            log = content(sample)
            with tempfile.NamedTemporaryFile() as file, self.subTest(sample.name):
                file.write(log)
                file.flush()
                mine, other = ours(log), theirs(file.name)
                for event_id in EXPLAINED:
                    mine.pop(event_id, None), other.pop(event_id, None)
                # It knows no prefix of syslog's, the kernel's or Android's.
                mine = {i: seen for i, seen in mine.items() if i in other or bare(log, i)}
                self.assertEqual(sorted(other.items()), sorted(mine.items()))
                source = auditloginfo.Source("log", io.BytesIO(log))
                report, _ = auditloginfo.read_report([source], Selection())
                self.assertGreaterEqual(sum(report.calls.values()), len(other))

    def test_a_burst(self):
        """Where many events lie open at once theirs come in parts; this script's must be whole."""
        events = []
        for i in range(3000):
            make = opened if i % 3 else executed
            events.append(make(f'"/tmp/{i}"', serial=i, time=f"1476975709.{i // 20:03}", pid=i % 50))
        lines = []
        for start in range(0, len(events), 7):
            batch = events[start : start + 7]
            lines += [event[row] for row in range(5) for event in batch if row < len(event)]
        log = "".join(lines).encode()
        with tempfile.NamedTemporaryFile() as file:
            file.write(log)
            file.flush()
            other = theirs(file.name)
        mine = ours(log)
        self.assertEqual(3000, len(mine))
        self.assertEqual(other, mine)
        report, _ = auditloginfo.read_report([auditloginfo.Source("log", io.BytesIO(log))], Selection())
        expected = {f"/tmp/{i}".encode(): 1 for i in range(3000) if i % 3}
        self.assertEqual((3000, expected, 1000), (report.events, report.files, len(report.commands)))


#: Events on which libauparse and this script differ for a reason.
EXPLAINED = {
    # Text of `ausearch -i`, which has names for numbers, under an id as in a raw log.
    EventId("", 1581371984, 206, 579398)
}


def bare(log: bytes, event_id: EventId) -> bool:
    """Tell whether the SYSCALL record of an event stands at the start of its line."""
    stamp = b"%d.%03d:%d" % event_id[1:]
    return re.search(rb"^(?:node=\S+ )?type=SYSCALL msg=audit\(" + re.escape(stamp), log, re.MULTILINE) is not None
