#!/usr/bin/env -S python3 -I
"""Say what a login user or a process did, from the Linux audit log.

    $ sudo ./auditloginfo.py --uid 7005
    Audit report for AUID 7005

    System calls made:
       read 207
       stat 179

    Commands executed:
       clear 2
       ls --color=auto -la 1

    Files opened:
       /etc/ld.so.cache 17

One file, standard library only, Python 3.9 or later. What is in the log was chosen by the
people being watched: it is read as bytes, and nothing of it is printed unescaped.

As a module: open_sources() and read_report() make a Report, render_text() and render_json()
print it, parse_report() reads it back; parse_record() reads one line. MIT licence.
"""

from __future__ import annotations

import signal

if __name__ == "__main__":  # until all is loaded Ctrl-C just ends it
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import argparse
import bisect
import contextlib
import errno
import heapq
import importlib
import io
import itertools
import operator
import os
import re
import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property, lru_cache, partial
from types import SimpleNamespace
from typing import Any, BinaryIO, NamedTuple, NoReturn, Optional, TextIO, Union

__version__ = "1.0"

DEFAULT_LOG = "/var/log/audit/audit.log"
BLOCK = 1 << 17  # bytes read at a time: what the lines of a block need stays in the processor's cache
#: A longer line is no audit record (auditd ends them near 9 KB, and enriching can double that).
MAX_LINE = 1 << 20
#: An event is closed when one to two of these many bytes of log (some thousands of lines) have
#: passed without a record of it. Not by time: a long wait4 is logged with the time it began.
EVENT_SPAN = 1 << 20
#: An argv cannot be longer (the kernel allows 6 MiB, twice that in hex, in records of 7.5 KB).
MAX_EVENT = 1 << 24

EXIT_OK, EXIT_NO_MATCH, EXIT_TROUBLE, EXIT_INTERRUPTED = 0, 1, 2, 130

AT_FDCWD = 0xFFFFFF9C  # the low 32 bits, which are all that the kernel looks at
OPEN_CALLS = {"open", "openat", "openat2", "creat", "open_by_handle_at"}
EXEC_CALLS = {"execve", "execveat"}
URING_CALLS = {"io_uring_enter"}

# --- Records ------------------------------------------------------------------------------


def spellings(types: dict[bytes, int]) -> dict[bytes, bytes]:
    """Return the names of record types by each of the three ways in which a log may have them."""
    return {way: name for name, code in types.items() for way in (name, b"%d" % code, b"UNKNOWN[%d]" % code)}


#: Records that say who did it, though not by which call (linux/audit.h has the numbers).
ACTOR_TYPES = {b"SECCOMP": 1326, b"URINGOP": 1336}
CALL_TYPES = {b"SYSCALL": 1300, b"PATH": 1302, b"SOCKADDR": 1306, b"CWD": 1307, b"EXECVE": 1309, b"OPENAT2": 1337}
ARGUMENT_TYPES = {b"SOCKETCALL": 1304, b"MMAP": 1323}  # arguments that the SYSCALL record has no room for
TYPES = spellings({**CALL_TYPES, **ACTOR_TYPES, **ARGUMENT_TYPES})  # those that are read
#: Records that by themselves are no event, and that no section needs.
SAY_NOTHING = spellings({b"EOE": 1320, b"PROCTITLE": 1327})
LOGINS = spellings({b"LOGIN": 1006})

STAMP = re.compile(rb"audit\((\d{1,12}\.\d{1,9}:\d{1,12})\)")
HEADER = re.compile(rb"(?:node=([^ \n]{1,255}) )?type=([^ \n]{1,64}) (?:msg=)?" + STAMP.pattern)
#: What may stand before a record: the name of a file (by grep), or what a log daemon puts there,
#: with the tag of an audit source. So what others log (`sudo: bob : COMMAND=echo type=SYSCALL
#: ...`) cannot pose as a record.
DAEMON = rb"(?:auditd?|audispd|audisp-syslog|kernel|kern\.[a-z]+)"
PREFIX = re.compile(
    rb"(?:\s*|[^\s:=]+:(?:\d+:)?"
    rb"|<\d+>1 \S+ \S+ " + DAEMON + rb"(?: \S+){3} "  # RFC 5424
    rb"|(?:(?:[^:=\]]|:(?! ))* )?" + DAEMON + rb"(?:\[\d+\])? *: )"
    rb"(?:\[[^\]=]*\] ?){0,3}(?:audit: )?"
)
MAX_PREFIX = 400
#: `ausearch -i` writes times for people and a blank before the colon.
INTERPRETED = re.compile(rb"(?:node=\S+ )?type=\S+ msg=audit\((?=[^)]*[ /])[^)]{6,60}:\d+\) :")
#: What ausearch prints between events.
SEPARATOR = re.compile(rb"(?:----|time->.*|\s*)\r?\Z")

#: Quoted values are literal, others end at a blank or where enriched fields begin: at 0x1D,
#: or at the #035 that rsyslog makes of it. No kernel value has a blank in quotes, others may.
FIELD = re.compile(rb"""(?:#035|(?<![\w\[\]-]))([\w\[\]-]+)=("[^"]*"|'[^']*'|[^\s\x1d#]*)""")
#: The start of a SYSCALL record. Some writers quote what the kernel does not.
CALL = re.compile(rb'arch="?(\w{1,16})"? syscall="?(\d{1,10})"?(?= )(?: per=\w+)?(?: success="?(yes|no)\b)?')
ACTORS = spellings(ACTOR_TYPES)
ACTOR = re.compile(b"type=(?:%s) " % b"|".join(map(re.escape, ACTORS)))
EXE = re.compile(rb' exe=("[^"]*"|[^\s\x1d#]*)')
#: The same as the kernel writes it.
CALL_BEGIN = re.compile(rb"arch=\w{1,16} syscall=\d{1,10} (?:success=(?:yes|no) )?")
CALL_NAME = re.compile(rb"[a-z_][a-z_0-9]{0,40}")

Fields = dict[bytes, bytes]


class EventId(NamedTuple):
    """What the records of one event share."""

    node: str  # the host's name, empty where the log has none
    seconds: int  # since 1970, when the system call was entered
    milliseconds: int
    serial: int  # counts from boot, so it is unique only together with the time

    @classmethod
    def parse(cls, key: bytes) -> EventId:
        """Return the id that stands as `SECONDS.MILLISECONDS:SERIAL`, perhaps after a node."""
        node, _, stamp = key.rpartition(b" ")
        return cls(decoded(node), *map(int, re.split(rb"[.:]", stamp)))


class Record(NamedTuple):
    """One line of the log."""

    type: str  # by name where the script knows it, else as it stands in the log
    event_id: EventId
    fields: Fields  # values as they stand, quotes on, for these tell text from hex


def parse_record(line: bytes) -> Record | None:
    """Return the record in a line of the log, or None where it holds none."""
    header = HEADER.match(line) or find_header(line)
    if header is None:
        return None
    kind = decoded(TYPES.get(header[2], header[2]))
    return Record(kind, EventId.parse(key_of(header)), split_fields(line, header.end()))


def key_of(header: re.Match[bytes]) -> bytes:
    """Return what the records of an event share: node, a blank and SECONDS.MILLISECONDS:SERIAL, or the latter."""
    return header[3] if header[1] is None else header[1] + b" " + header[3]


def find_header(line: bytes) -> re.Match[bytes] | None:
    """Return the header of a record that stands behind something else, None where there is none."""
    begin = len(line) - len(line.lstrip(b"\0"))  # a crash can leave zeros in a file
    header = HEADER.search(line, begin, begin + 2 * MAX_PREFIX)
    if header is None or not PREFIX.fullmatch(line, begin, header.start()):
        return None
    return header


def parse_call_tokens(line: bytes) -> tuple[bytes, bytes, bytes | None] | None:
    """Return the architecture, number and success of a SYSCALL line as logged, None where it lacks them.

    Of an architecture that is not in ARCHES an enriched log has the name in place of the number.
    """
    call = CALL.search(line)
    if call is None:
        return None
    arch, call_number, success = call.groups()
    if arch not in ARCHES:
        name = split_fields(line).get(b"SYSCALL", b"")
        call_number = name if CALL_NAME.fullmatch(name) else call_number
    return arch, call_number, success


def split_fields(line: bytes, start: int = 0) -> Fields:
    """Return the fields of a record from an offset on; of one that is given twice, the first."""
    return dict(reversed(FIELD.findall(line, start)))


# --- Interpretation -----------------------------------------------------------------------

HEX = re.compile(rb"(?:[0-9A-F]{2})+")
#: Hex that ends in the middle of a byte, or a quote that does not close.
CUT_VALUE = re.compile(rb'(?:[0-9A-F]{2})*[0-9A-F]|"[^"]*')
ARGUMENT = re.compile(rb"a(\d{1,9})(_len|\[(\d{1,9})\])?")


def interpret(value: bytes | None) -> bytes | None:
    """Return the text of an encoded field (name, comm, exe, cwd, key, an argument).

    The kernel quotes a value that is plain and writes any other as upper-case hex without
    quotes. `(null)`, `?` and a missing field give None; anything else stands for itself.
    """
    if value is None or value in (b"(null)", b"?"):
        return None
    if value[:1] == b'"':
        return value.strip(b'"')
    return bytes.fromhex(value.decode()) if HEX.fullmatch(value) else value


def parse_table(text: str, base: Iterable[str] = ()) -> dict[int, str]:
    """Return number -> name; a number starts each run of consecutive names, `a..b` stands for those from base."""
    names = list(base)
    at = {name: i for i, name in enumerate(names)}
    table = {}
    following = 0
    for word in text.split():
        if word.isdigit():
            following = int(word)
            continue
        first, _, last = word.partition("..")
        for name in names[at[first] : at[last] + 1] if last else (word,):
            table[following] = name
            following += 1
    return table


def parse_tables(text: str) -> dict[str, dict[int, str]]:
    """Return several tables by name, each below a line with that; `a..b` stands for names from I386."""
    tables: dict[str, dict[int, str]] = {}
    for table, words in re.findall(r"^([A-Z]\w*)$([^A-Z]*)", text, re.MULTILINE):
        tables[table] = parse_table(words, tables.get("I386", {}).values())
    return tables


def decoded(text: bytes) -> str:
    """Return text of the log as str; bytes that are not UTF-8 become lone surrogates."""
    return text.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """Return text that decoded() gave as it stands in the log."""
    return text.encode("utf-8", "surrogateescape")


@lru_cache(maxsize=4096)  # a log can hold any number
def syscall_name(arch: bytes, number: bytes) -> tuple[str, str]:
    """Return the names of a call's architecture and of the call, from the log's tokens.

    An unknown architecture keeps its token. An unknown number gives `unknown-syscall(N)`, as
    ausearch prints it; the number may also be a name, which an enriched log gave.
    """
    arch_name, table = ARCHES.get(arch, (decoded(arch), {}))
    if not number.isdigit():
        return arch_name, decoded(number)
    n = int(number)
    if arch_name == "x86_64" and n & X32_BIT:
        arch_name, table, n = "x32", X32_CALLS, n & ~X32_BIT
    return arch_name, table.get(n, f"unknown-syscall({n})")


def arguments(records: Iterable[Fields]) -> tuple[list[bytes], bool]:
    """Return the argv that EXECVE records hold, and whether it is whole.

    A long argument comes in fragments aN[0], aN[1]... after aN_len, over many records, in any
    order. Each is quoted or hex by itself. aN_len counts the characters of all as logged.
    """
    argc, whole = 0, True
    lengths: Counter[int] = Counter()
    fragments: dict[int, dict[int, bytes]] = {}
    for record in records:
        argc = max(argc, number(record.get(b"argc")))
        for name, value in record.items():
            match = ARGUMENT.fullmatch(name)
            if match is None:
                continue
            index = int(match[1])
            if match[2] == b"_len":
                lengths[index] += number(value)
                continue
            if CUT_VALUE.fullmatch(value):
                whole, value = False, value[:-1] if value[:1] != b'"' else value + b'"'
            lengths[index] -= len(value.strip(b'"'))
            text = interpret(value)
            fragments.setdefault(index, {})[number(match[3])] = value if text is None else text
    argv = [b"".join(part for _, part in sorted(fragments[i].items())) for i in sorted(fragments)]
    whole = whole and argc == len(fragments) == max(fragments, default=-1) + 1
    whole = whole and max(lengths.values(), default=0) <= 0
    return argv, whole


def number(digits: bytes | None) -> int:
    """Return a decimal field as int, 0 where it is missing or no number."""
    return int(digits) if digits and digits.isdigit() and len(digits) < 20 else 0


def absolute(name: bytes, directory: bytes | None) -> bytes:
    """Return a path as the log allows: absolute and folded, or as it was passed."""
    if not name.startswith(b"/"):
        if directory is None or not directory.startswith(b"/"):
            return name
        name = directory + b"/" + name
    return os.path.normpath(b"/" + name.lstrip(b"/"))


# --- Events -------------------------------------------------------------------------------

#: What a process's descriptors stand for: number -> path, and whether exec closes it.
Descriptors = dict[int, tuple[bytes, bool]]
NO_DESCRIPTORS: Descriptors = {}
Who = tuple[bytes, int]  # a process: host and pid
ProcessKey = tuple[bytes, int, int]  # host, pid and when it was first seen, in milliseconds since 1970
#: What an event adds to a section, as it stands in the log: the section, then of an open its directory and
#: name, of an exec what command_in() takes, of a call that failed what failures_of() takes.
Verbatim = tuple[Any, ...]

#: What was done, the path, and of a link or an exec another one; None where the log does not say.
#: A directory's path ends in a slash.
Access = tuple[str, Optional[bytes], Optional[bytes]]


class Operation(NamedTuple):
    """What an event did: its system call, or one of the io_uring operations in it."""

    name: str  # of the call that does it
    worked: bool
    error: str  # the errno's name, empty where it did not fail
    items: list[Fields]  # its PATH records in the kernel's order
    arguments: tuple[int, ...]  # a0 to a3 as unsigned 32-bit numbers; an io_uring operation's are not logged
    flags: int  # of an open
    in_root: bool  # whether openat2 took its directory for the root
    cwd: bytes | None
    descriptors: Descriptors  # the caller's

    @classmethod
    def of_open(cls, call: Call, opened: tuple[bytes, ...], descriptors: Descriptors) -> Operation:
        """Return an open that worked and has one name, from what OPENED found."""
        cwd, name, mode, nametype = opened
        item = {b"name": b'"%s"' % name, b"mode": mode, b"nametype": nametype}
        flags = open_flags(call.name, call.arguments)
        return cls(call.name, True, "", [item], call.arguments, flags, False, cwd, descriptors)

    def named(self) -> list[Fields]:
        """Return the PATH records of what was named, without those of parent directories."""
        items = [item for item in self.items if kind_of_name(item) != b"PARENT"]
        if any(kind_of_name(item) is None for item in items):  # before Linux 3.10
            items = [item for item in items if not is_directory(item)] or items
        return items

    def start(self, second: bool = False) -> bytes | None:
        """Return where a relative name (the second of two) starts, None where the log does not say."""
        if self.name not in AT_CALLS:
            return self.cwd
        positions = AT_CALLS[self.name]
        if not positions or not self.arguments:
            return None
        argument = self.arguments[positions[-1] if second else positions[0]]
        return self.cwd if argument == AT_FDCWD else self.descriptor(argument)

    def descriptor(self, argument: int) -> bytes | None:
        """Return what a descriptor stands for, None where the log does not say."""
        return self.descriptors.get(argument, (None, False))[0]

    def by_descriptor(self) -> bytes | None:
        """Return what the call's first argument stands for, None where that is no descriptor."""
        return self.descriptor(self.arguments[0]) if self.name in DESCRIPTOR_CALLS and self.arguments else None

    def path(self, item: Fields, second: bool = False) -> bytes | None:
        """Return the path of a PATH record, the second of two names; None where it is not in the log."""
        name, start = interpret(item.get(b"name")), self.start(second)
        if not name:
            return start if name == b"" and self.name in AT_CALLS else self.by_descriptor()
        if self.in_root:
            return absolute(start + absolute(b"/" + name, None), None) if start else name
        return absolute(name, start)

    def opened(self) -> Fields | None:
        """Return the PATH record of the file that was opened, None where nothing was."""
        if not self.worked or self.name not in OPEN_CALLS:
            return None
        return (self.named() or [{}])[-1]

    def target(self) -> bytes | None:
        """Return the path that the call is about; of one not found it may be the directory, with a slash."""
        if self.named():
            return self.path(self.named()[0])
        if not self.items:
            return self.by_descriptor()
        # The name of a parent is the working directory where the name passed has none.
        name = interpret(self.items[0].get(b"name"))
        path = self.start() if name == self.cwd else self.path(self.items[0])
        return with_slash(path, b"/")

    def changes(self) -> Iterator[tuple[str, bytes | None, bytes | None]]:
        """Yield what may have altered the file system: the action, the path, and another one."""
        named = self.named() if self.worked else []
        created = [item for item in named if kind_of_name(item) == b"CREATE"]
        deleted = [item for item in named if kind_of_name(item) == b"DELETE"]
        action = CHANGES.get(self.name, "") if self.worked else ""
        if action == "renamed":
            old = deleted[0] if deleted else {}
            # Where two are exchanged both are deleted and both created.
            new = [item for item in created if item.get(b"name") != old.get(b"name")] or created
            yield action, self.path(old) if new else None, self.path(new[-1], True) if new else None
        elif action == "linked":
            old = next((item for item in named if kind_of_name(item) != b"CREATE"), {})
            target = interpret(old.get(b"name")) if self.name in ("symlink", "symlinkat") else self.path(old)
            yield action, self.path(created[-1], True) if created else None, target
        elif action == "opened":
            item = (named or [{}])[-1]
            if action := self.open_action(item):
                yield action, self.path(item), None
        elif action == "made":
            made = [("created", item) for item in created] + [("removed", item) for item in deleted]
            yield from ((what, self.path(item), None) for what, item in made)
            if not made and self.name != "bind":  # which makes something only of a path
                yield "created or removed", None, None
        elif action == "mounted" and self.name == "move_mount":
            yield action, self.path(named[-1], True) if named else None, None
        elif action:
            yield action, self.target(), None

    def accesses(self) -> Iterator[Access]:
        """Yield what the call did that a program must be allowed to do with a file."""
        slash = b"/" * any(map(is_directory, self.named()))
        item = self.opened()
        if item is not None:
            path = with_slash(self.path(item), slash)
            if self.flags & O_PATH:
                return
            if self.flags & O_ACCMODE != O_WRONLY:
                yield "read", path, None
            if self.flags & (O_ACCMODE | O_TRUNC) or kind_of_name(item) == b"CREATE":
                yield "write", path, None
        elif self.name in NETWORK_CALLS:
            yield from (("connect", self.path(item), None) for item in self.named()[:1] if self.worked)
        elif self.name in LOCKING_CALLS and self.worked:
            if self.name == "flock" or self.arguments[1] in FILE_LOCKS:
                yield "lock", self.descriptor(self.arguments[0]), None
        else:
            for action, path, other in self.changes():
                if action == "renamed":
                    yield from (("read", with_slash(path, slash), None), ("write", with_slash(other, slash), None))
                if self.name in ("link", "linkat"):
                    yield "link", path, other
                elif action not in ("mounted", "unmounted"):
                    yield "write", with_slash(path, slash), None

    def open_action(self, item: Fields) -> str:
        """Return what an open may have done to the file of a PATH record, empty for nothing."""
        if file_type(item) in NO_FILES or self.flags & O_TMPFILE:
            return ""
        if kind_of_name(item) == b"CREATE":
            return "created"
        if self.flags & O_TRUNC:
            return "truncated"
        return "opened for writing" if self.flags & O_ACCMODE else ""


NO_TOKENS: tuple[bytes, bytes, bytes | None] = b"", b"", None


class Event:
    """The records of one system call, of one io_uring operation, or of what seccomp did."""

    def __init__(self, key: bytes, descriptors: Descriptors = NO_DESCRIPTORS) -> None:
        self.key = key  # node, a blank and SECONDS.MILLISECONDS:SERIAL; without node the latter alone
        self.descriptors = descriptors  # the caller's
        self.records: dict[str, list[Fields]] = {}  # by record type, each in the order of the log
        #: The architecture, number and success of the call as logged; empty where SYSCALL is missing.
        self.tokens = NO_TOKENS

    @classmethod
    def parse(cls, key: bytes, lines: Iterable[bytes], descriptors: Descriptors = NO_DESCRIPTORS) -> Event:
        """Return the event that the lines, all of one event id, make up."""
        event = cls(key, descriptors)
        for line in lines:
            header = HEADER.match(line) or find_header(line)
            if header is not None:
                kind = decoded(TYPES.get(header[2], header[2]))
                event.records.setdefault(kind, []).append(split_fields(line, header.end()))
                if kind == "SYSCALL":
                    event.tokens = parse_call_tokens(line) or event.tokens
        return event

    @property
    def event_id(self) -> EventId:
        """Return the event's id, taken apart."""
        return EventId.parse(self.key)

    def first(self, record_type: str) -> Fields:
        """Return the fields of the first record of a type, none where there is no such record."""
        return self.records.get(record_type, [{}])[0]

    def call(self) -> tuple[str, str]:
        """Return the names of the architecture and the call, empty where the SYSCALL record is missing."""
        return syscall_name(*self.tokens[:2])

    def arguments(self) -> tuple[int, ...]:
        """Return a0 to a3, of which the kernel looks at 32 bits where they are descriptors or flags."""
        fields = self.first("SYSCALL")
        return tuple(hexadecimal(fields.get(name)) for name in (b"a0", b"a1", b"a2", b"a3"))

    @cached_property
    def operations(self) -> list[Operation]:
        """What the event did: the call, then the io_uring operations in it."""
        operations = []
        fields, arch, name = self.first("SYSCALL"), *self.call()
        found: dict[bytes, Fields] = {}
        for i, item in enumerate(self.records.get("PATH", [])):
            found.setdefault(item.get(b"item", b"none %d" % i), item)  # none twice
        items = sorted(found.values(), key=lambda item: number(item.get(b"item")))
        cwd = interpret(self.first("CWD").get(b"cwd"))
        if fields:
            done, error = outcome(fields, arch)
            arguments = self.arguments()
            flags = open_flags(name, arguments) | octal(self.first("OPENAT2").get(b"oflag"))
            mine = [] if name in URING_CALLS else items
            resolve = hexadecimal(self.first("OPENAT2").get(b"resolve", b"0")[2:])
            in_root = resolve > 0 and resolve & RESOLVE_IN_ROOT != 0
            operations.append(Operation(name, done, error, mine, arguments, flags, in_root, cwd, self.descriptors))
        before = 0
        for fields in sorted(self.records.get("URINGOP", []), key=lambda fields: number(fields.get(b"items"))):
            # Its items= counts the PATH records so far, which are thus those since the last one.
            until = number(fields.get(b"items"))
            name = URING_OPERATIONS.get(number(fields.get(b"uring_op")), "")
            done, error = outcome(fields, arch)
            mine, before = items[before:until], until
            if name and mine and error != "EAGAIN":  # logged twice, or tried again by the kernel's own thread
                operations.append(Operation(name, done, error, mine, (), 0, False, cwd, NO_DESCRIPTORS))
        return operations

    def executed(self) -> bool:
        """Tell whether the event is an exec that worked; of others the kernel writes no EXECVE."""
        if "SYSCALL" not in self.records:
            return "EXECVE" in self.records
        return self.call()[1] in EXEC_CALLS and outcome(self.first("SYSCALL"), "")[0]

    def accesses(self) -> Iterator[Access]:
        """Yield what a program, after an exec the new one, must be allowed to do with a file."""
        for operation in self.operations:
            yield from operation.accesses()
        if self.executed():
            yield from self.loaded()
        elif "MMAP" in self.records and self.operations[0].worked and self.may_run():
            yield "map", self.operations[0].descriptor(number(self.first("MMAP").get(b"fd"))), None

    def may_run(self) -> bool:
        """Tell whether what was mapped can be run, also where the log does not say."""
        return self.call() in MAPPING_BY_MEMORY or bool(self.arguments()[2] & PROT_EXEC)

    def programs(self) -> list[bytes]:
        """Return the path that was executed, which of a script is not the program's."""
        paths = [operation.path(item) for operation in self.operations[:1] for item in operation.items[:1]]
        return [path for path in paths if path is not None]

    def loaded(self) -> Iterator[Access]:
        """Yield what an exec gives the new program: its file, what loads it, and what it inherits."""
        yield "map", self.exe(), None
        for operation in self.operations[:1]:
            yield from (("map", operation.path(item), None) for item in operation.items[1:])
        for path, cloexec in self.descriptors.values():
            if not cloexec:
                yield "inherit", path, None
        terminal = TERMINAL.fullmatch(self.first("SYSCALL").get(b"tty", b""))
        if terminal:
            yield "terminal", b"/dev/" + b"/".join(filter(None, terminal.groups())), None

    def argv(self) -> tuple[list[bytes], bool]:
        """Return what was executed and whether it is whole: the argv, else the program's path."""
        argv, whole = arguments(self.records.get("EXECVE", []))
        exe = self.exe()
        return (argv, whole) if argv or not exe else ([exe], "EXECVE" not in self.records)

    def killed_by_seccomp(self) -> tuple[str, str]:
        """Return architecture and name of the call for which seccomp killed the process, empty if it did not."""
        fields = self.first("SECCOMP")
        code = hexadecimal(fields.get(b"code", b"")[2:])
        if code < 0 or code & SECCOMP_ACTION not in SECCOMP_KILLS:
            return "", ""
        return actors_call(fields)

    def address(self) -> bytes:
        """Return the address that a network call was about, empty where the log has none."""
        saddr, little_endian = self.saddr()
        return encoded(socket_address(saddr, little_endian)) if saddr else b""

    def saddr(self) -> tuple[bytes, bool]:
        """Return the address as it is in memory, and whether the family in it is little endian."""
        saddr = self.first("SOCKADDR").get(b"saddr", b"")
        little_endian = hexadecimal(self.first("SYSCALL").get(b"arch")) & AUDIT_ARCH_LE != 0
        return bytes.fromhex(saddr.decode()) if HEX.fullmatch(saddr) else b"", little_endian

    def exe(self) -> bytes:
        """Return the program's file, empty where the log has none."""
        return interpret(self.first("SYSCALL").get(b"exe")) or b""

    def program(self) -> bytes:
        """Return the same by the name that it had, should it be deleted by now."""
        return self.exe().removesuffix(b" (deleted)")

    def socket(self) -> tuple[str, str]:
        """Return family and type of the socket that a call made, or that an address was for, then without type."""
        name = self.named_call()
        if name in SOCKET_MAKERS:
            made = self.first("SOCKETCALL" if self.call()[1] == "socketcall" else "SYSCALL")
            family, kind = (hexadecimal(made.get(argument)) for argument in (b"a0", b"a1"))
            worked = outcome(self.first("SYSCALL"), "")[0] and min(family, kind) >= 0
            return (named_family(family), SOCKET_TYPES.get(kind & SOCK_TYPE_MASK, "")) if worked else ("", "")
        saddr, little_endian = self.saddr()
        return (socket_family(saddr, little_endian), "") if name in NETWORK_CALLS and len(saddr) > 1 else ("", "")

    def named_call(self) -> str:
        """Return the name of the call, also of one by way of socketcall."""
        name = self.call()[1]
        return SOCKET_CALLS.get(self.arguments()[0], "") if name == "socketcall" else name


def outcome(fields: Fields, arch: str) -> tuple[bool, str]:
    """Return whether the call worked, and its errno's name where it failed."""
    success, code = (fields.get(name, b"").strip(b'"') for name in (b"success", b"exit"))
    return success == b"yes", errno_name(arch, code) if success == b"no" else ""


def errno_name(arch: str, code: bytes) -> str:
    """Return the name of an errno, given as logged (negative), on the architecture of the log."""
    if not re.fullmatch(rb"-\d{1,5}", code):
        return "unknown error"
    value = -int(code)
    special = PPC_ERRNO if arch.startswith("ppc") else {}
    return special.get(value) or (ERRNO.get(value) if arch in ARCH_NAMES or not arch else None) or f"errno={value}"


def hexadecimal(digits: bytes | None) -> int:
    """Return the low 32 bits of a hexadecimal field, -1 where it is missing or no number."""
    try:
        return int(digits[-8:], 16) & LOW if digits else -1
    except ValueError:
        return -1


def octal(digits: bytes | None) -> int:
    """Return an octal field as int, 0 where it is missing or no number."""
    return int(digits, 8) if digits and re.fullmatch(rb"[0-7]{1,12}", digits) else 0


def open_flags(name: str, arguments: Sequence[int]) -> int:
    """Return the flags of an open as far as its arguments have them, 0 of another call."""
    if name == "creat":
        return O_TRUNC | O_WRONLY
    return arguments[OPEN_FLAGS[name]] if name in OPEN_FLAGS else 0


def kind_of_name(item: Fields) -> bytes | None:
    """Return the nametype of a PATH record (RHEL 7 calls it objtype), None for a very old one."""
    return item.get(b"nametype", item.get(b"objtype"))


def file_type(item: Fields) -> int:
    """Return the type bits of the mode in a PATH record."""
    return octal(item.get(b"mode")) & S_IFMT


def is_directory(item: Fields) -> bool:
    """Tell whether a PATH record is a directory's."""
    return file_type(item) == S_IFDIR


def with_slash(path: bytes | None, slash: bytes) -> bytes | None:
    """Return a path, a directory's with one slash at its end."""
    return path and (path.rstrip(b"/") + b"/" if slash else path)


S_IFMT, S_IFDIR = 0o170000, 0o040000  # linux/stat.h
NO_FILES = {0o010000, 0o020000, 0o140000, S_IFDIR}  # FIFO, character device, socket
#: asm-generic/fcntl.h; the same on all of ARCHES.
O_ACCMODE, O_WRONLY, O_TRUNC, O_CLOEXEC, O_PATH, O_TMPFILE = 3, 1, 0o1000, 0o2000000, 0o10000000, 0o20000000
OPEN_FLAGS = {"open": 1, "openat": 2, "open_by_handle_at": 2}  # the argument; openat2's are in memory
SECCOMP_ACTION, SECCOMP_KILLS = 0xFFFF0000, {0x80000000, 0}  # linux/seccomp.h: process, thread
AUDIT_ARCH_LE = 0x40000000  # linux/audit.h
RESOLVE_IN_ROOT = 0x10  # linux/openat2.h

#: Which arguments are directory descriptors that the names in a call may be relative to.
AT_CALLS = {
    **dict.fromkeys(
        "openat openat2 mkdirat mknodat fchownat futimesat newfstatat fstatat64 unlinkat readlinkat fchmodat"
        " fchmodat2 faccessat faccessat2 utimensat utimensat_time64 execveat statx name_to_handle_at"
        " open_tree open_tree_attr mount_setattr fspick setxattrat getxattrat listxattrat removexattrat"
        " file_getattr file_setattr".split(),
        (0,),
    ),
    **dict.fromkeys(("renameat", "renameat2", "linkat", "move_mount"), (0, 2)),
    "symlinkat": (1,),
    **dict.fromkeys("mq_open mq_unlink fsconfig fanotify_mark".split(), ()),  # relative to what is not logged
}
#: What calls that work do to the file system; "made" creates or removes, as its records say.
CHANGES = {
    **dict.fromkeys(OPEN_CALLS, "opened"),
    **dict.fromkeys("mkdir mkdirat mknod mknodat rmdir unlink unlinkat bind".split(), "made"),
    **dict.fromkeys("rename renameat renameat2".split(), "renamed"),
    **dict.fromkeys("link linkat symlink symlinkat".split(), "linked"),
    **dict.fromkeys("truncate truncate64 ftruncate ftruncate64".split(), "truncated"),
    **dict.fromkeys(
        "chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat chown32 lchown32 fchown32 setxattr"
        " lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat"
        " file_setattr".split(),
        "permissions",
    ),
    **dict.fromkeys("mount move_mount".split(), "mounted"),
    **dict.fromkeys("umount umount2".split(), "unmounted"),
}
#: The calls whose PATH record has no name, for their first argument is the file's descriptor.
DESCRIPTOR_CALLS = set("fchmod fchown fchown32 fsetxattr fremovexattr ftruncate ftruncate64".split())
DESCRIPTOR_CALLS |= set("fchdir fstat fstat64 fstatfs fstatfs64 fgetxattr flistxattr getdents getdents64".split())
MAPPING_BY_MEMORY = {("i386", "mmap"), ("s390x", "mmap")}  # whose one argument is where the others are
PROT_EXEC = 4  # linux/mman.h
LOCKING_CALLS = {"flock", "fcntl", "fcntl64"}
#: F_SETLK, F_SETLKW, 32-bit programs' F_SETLK64 and F_SETLKW64, F_OFD_SETLK and F_OFD_SETLKW.
FILE_LOCKS = {6, 7, 13, 14, 37, 38}
TERMINAL = re.compile(rb"(pts)(\d+)|(tty\w+)")
NETWORK_CALLS = set("connect bind accept accept4 sendto sendmsg recvfrom recvmsg".split())
ADDRESSING_CALLS = {*NETWORK_CALLS, "socketcall"}  # that can have a SOCKADDR record
#: The first argument of socketcall, linux/net.h.
SOCKET_CALLS = parse_table(
    "1 socket bind connect 5 accept 8 socketpair 11 sendto recvfrom 16 sendmsg recvmsg accept4"
)
SOCKET_MAKERS = {"socket", "socketpair"}
SOCK_TYPE_MASK = 0xF  # linux/net.h
SOCKET_TYPES = parse_table("1 stream dgram raw rdm seqpacket dccp 10 packet")
#: The operations of io_uring that have names, linux/io_uring.h, by the call that does the same.
URING_OPERATIONS = parse_table("18 openat 28 openat2 35 renameat unlinkat mkdirat symlinkat linkat")
FAMILIES = parse_table("""
0 unspec unix inet ax25 ipx appletalk netrom bridge atmpvc x25 inet6 rose decnet netbeui security key netlink
packet ash econet atmsvc rds sna irda pppox wanpipe llc ib mpls can tipc bluetooth iucv rxrpc isdn phonet
ieee802154 caif alg nfc vsock kcm qipcrtr smc xdp mctp
""")  # linux/socket.h


def socket_address(saddr: bytes, little_endian: bool) -> str:
    """Return a socket address for people, as far as it goes: it may be of any length.

    little_endian: the logging host's byte order, in which the family is.
    """
    name = socket_family(saddr, little_endian)
    port = str(int.from_bytes(saddr[2:4], "big")) if len(saddr) >= 4 else "?"
    if name == "inet" and len(saddr) >= 8:
        return f"{ip_text(saddr[4:8])}:{port}"
    if name == "inet6" and len(saddr) >= 24:
        scope = int.from_bytes(saddr[24:28], "little" if little_endian else "big")
        return f"[{ip_text(saddr[8:24])}{f'%{scope}' * bool(scope)}]:{port}"
    if name == "unix":
        path = saddr[2:]
        if path[:1] == b"\0" and path.strip(b"\0"):  # abstract: it may have NULs, and ends with the address
            return f"unix:@{decoded(path[1:].rstrip(bytes(1)))}"
        path = path.partition(b"\0")[0]
        return f"unix:{'./' * path.startswith(b'@')}{decoded(path)}"
    return f"{name} port {port}" if name.startswith("inet") and port != "?" else name


def socket_family(saddr: bytes, little_endian: bool) -> str:
    """Return the name of an address's family."""
    return named_family(int.from_bytes(saddr[:2], "little" if little_endian else "big"))


def named_family(family: int) -> str:
    """Return the name of an address family, `family N` of an unknown one."""
    return FAMILIES.get(family, f"family {family}")


def ip_text(address: bytes) -> str:
    """Return an IP address as it is usually written."""
    import ipaddress  # only where there is one: it takes a while to load

    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)  # which Python 3.13 began to write as everybody else does
    return f"::ffff:{mapped}" if mapped else str(ip)


# --- Processes ----------------------------------------------------------------------------


class Table(Descriptors):
    """What the descriptors stand for that a process has, or that several share."""

    mixed = False  # whether threads have descriptors of their own: whose a number is, the log does not say

    def copied(self) -> Table:
        """Return the same for another process."""
        table = Table(self)
        table.mixed = self.mixed
        return table


class Process:
    """What is followed of one process."""

    def __init__(self, call: Call, pid: int, ppid: int, parent: Process | None) -> None:
        self.key = call.host, pid, call.time  # the time is when it was first seen
        self.pid, self.ppid = pid, ppid
        self.parent = parent  # None where the log does not have it
        self.family: bool = parent is not None and parent.family  # whether --children selects it
        self.ended = 0  # when, in milliseconds since 1970
        self.opens = 0
        self.closes: bool = parent is not None and parent.closes  # whether the rules record any
        self.threads = True  # whether it may have any
        self.descriptors = Table()
        self.touched = False  # whether it did anything to these

    def ancestors(self) -> Iterator[Process]:
        """Yield its parent, that one's parent, and so on, as far as it matters."""
        ancestor = self.parent
        for _ in range(MAX_ANCESTORS):
            if ancestor is None:
                return
            yield ancestor
            ancestor = ancestor.parent

    def adopted_by(self, ppid: int) -> bool:
        """Tell whether a new parent can have adopted it: init, or another ancestor than the last."""
        if self.parent is None or ppid == 1:
            return ppid == 1
        return bool(self.parent.ended) or any(ppid in (one.pid, one.ppid) for one in self.ancestors())


class Call(NamedTuple):
    """A system call as its SYSCALL record has it."""

    name: str
    arch: bytes  # as logged
    host: bytes
    time: int  # when it was entered, in milliseconds since 1970
    pid: int
    ppid: int
    result: int  # what it returned, -1 where it did not return
    arguments: tuple[int, int, int]  # the low 32 bits


class Processes:
    """Follows who started whom, and what the descriptors of every process stand for.

    Programs open names relative to a directory descriptor, of which a SYSCALL record has only the
    number. Fed in the order of the log with the first call of each process, and with those of its calls
    in FOLLOWED that may matter (Holder tells which). Its state is an entry a process and a live descriptor.
    """

    def __init__(
        self, every_descriptor: bool = False, every_process: bool = False, every_parent: bool = False
    ) -> None:
        self.processes: dict[Who, Process] = {}
        self.every_descriptor = every_descriptor  # also of what is no directory
        self.every_process = every_process  # that has not ended, also if nothing else is known of it
        self.complete = True  # whether none of these was forgotten
        self.room = MAX_PROCESSES  # for so many, until some are forgotten
        #: What forks returned, until a call confirms it: in a container they return other numbers.
        self.unborn: dict[Who, Process] = {}
        self.forks: Counter[bytes] = Counter()  # by host
        self.newest: Counter[bytes] = Counter()  # the highest number of a process, by host
        self.inherited = 0  # descriptors, in all
        self.ended: list[Who] = []  # of late, and the time before
        self.ended_before: list[Who] = []
        self.every_parent = every_parent  # whether it is to be noted who was whose
        self.parents: dict[ProcessKey, ProcessKey] = {}  # found since these were reported

    def forget_ended(self) -> None:
        """Forget who ended some time ago; of threads that an exit ended calls may follow shortly after."""
        for who in self.ended_before:
            if (process := self.processes.get(who)) is not None and process.ended:
                del self.processes[who]
        self.ended, self.ended_before = [], self.ended

    def shares(self) -> bool:
        """Tell whether some have the same descriptors."""
        tables = [id(process.descriptors) for process in (*self.processes.values(), *self.unborn.values())]
        return len({*tables}) < len(tables)

    def state(self) -> tuple[list[Process], dict[str, Any]]:
        """Return what another one needs to go on: everybody, after his ancestors, and all else."""
        everybody: dict[int, Process] = {}
        for process in (*self.processes.values(), *self.unborn.values()):
            line: list[Process] = []
            ancestor: Process | None = process
            while ancestor is not None and id(ancestor) not in everybody:
                line.append(ancestor)
                ancestor = ancestor.parent
            everybody.update({id(one): one for one in reversed(line)})
        return [*everybody.values()], {**vars(self), "parents": {}}

    def caller(self, call: Call) -> Process:
        """Return the calling process, a new one where the pid is not, or no longer, known.

        A child may be logged before its parent's fork is, which returns later, and that may be the
        parent's first call. Then it is the parent's by the fork that returned its number shortly before.
        """
        process = self.processes.get((call.host, call.pid))
        new = process is None and self.is_new(call)
        child = self.unborn.get((call.host, call.pid))
        if child is not None and call.time >= child.key[2] and child.parent is not None:
            orphan = child.parent.ended and (process is None or process.ended)
            if child.ppid == call.ppid or orphan:
                child.ppid = call.ppid
                return self.add(call, self.unborn.pop((call.host, call.pid)))
        if process is not None and process.ended and call.time > process.ended:
            process = None  # else it is a thread that the exit ended
        elif process is not None and process.ppid != call.ppid and not process.adopted_by(call.ppid):
            process = None  # another process's pid by now
        if process is None:
            parent = self.processes.get((call.host, call.ppid))
            if parent is not None and parent.ended and call.time > parent.ended:
                parent = None
            if parent is None and (unborn := self.unborn.get((call.host, call.ppid))):
                parent = unborn if 0 <= call.time - unborn.key[2] <= SOON else None
            process = Process(call, call.pid, call.ppid, parent)
            if parent is not None and new and self.has_called(parent):
                self.inherit(process, parent)  # else what the parent has may have changed since
            self.newest[call.host] = max(self.newest[call.host], call.pid)
            self.add(call, process)
        process.ppid = call.ppid
        return process

    def is_new(self, call: Call) -> bool:
        """Tell whether a process of which no fork is known yet may have begun just now, not before the log did.

        Numbers go up, but of forks at the same time the later one may be logged first.
        """
        forks = self.forks[call.host]
        return self.complete and forks > 0 and call.pid > self.newest[call.host] - min(forks, AT_ONCE)

    def add(self, call: Call, process: Process) -> Process:
        """Add the process that makes a call; where they are many, forget some.

        That is who ended, and where the rules record no forks who only ran a program: rules for
        execs alone do not say that it ended.
        """
        if len(self.processes) >= self.room:
            if not self.forks and not self.every_process:
                self.complete = False
            self.processes = {
                who: other
                for who, other in self.processes.items()
                if not other.ended and (self.complete or other.opens or other.closes)
            }
            self.room = max(MAX_PROCESSES, 2 * len(self.processes))
        self.processes[call.host, call.pid] = process
        self.note_parent(process)
        return process

    def note_parent(self, process: Process) -> None:
        """Note whose child a process is, and whose that one, where it matters for the report."""
        parent = process.parent if self.every_parent else None
        while parent is not None and self.parents.get(process.key) != parent.key:
            self.parents[process.key] = parent.key
            process, parent = parent, parent.parent

    def has_called(self, process: Process | None) -> bool:
        """Tell whether the log has had a call of a process."""
        return process is not None and self.unborn.get((process.key[0], process.pid)) is not process

    def inherit(self, child: Process, parent: Process) -> None:
        """Give a new process what its parent has."""
        self.inherited += len(parent.descriptors)
        if self.inherited > MAX_INHERITED:  # most of those processes have ended, by a signal say
            for process in (*self.processes.values(), *self.unborn.values()):
                process.descriptors.clear()
            self.inherited = 0
        child.descriptors = parent.descriptors.copied()

    def trusted(self, process: Process) -> Descriptors:
        """Return the descriptors of a process, none where these cannot be known."""
        known = (process.closes or process.opens <= FEW_OPENS) and not process.descriptors.mixed
        return process.descriptors if known else NO_DESCRIPTORS

    def follow(self, process: Process, call: Call) -> None:
        """Note what a call that succeeded does to the caller's descriptors."""
        process.touched = True
        FOLLOWED[call.name](self, process, call)

    def opened(self, process: Process, call: Call, operation: Operation) -> None:
        """Note what the descriptor that a call opened stands for."""
        process.opens += 1
        process.touched = True
        process.descriptors.pop(call.result, None)
        item = operation.opened()
        if operation.flags & O_TMPFILE:  # of which the log has only the directory
            item = None
        if item is not None and (self.every_descriptor or is_directory(item)):
            path = operation.path(item)
            if path is not None and path.startswith(b"/") and len(process.descriptors) < MAX_DESCRIPTORS:
                process.descriptors[call.result] = path, bool(operation.flags & O_CLOEXEC)

    def duplicate(self, process: Process, call: Call) -> None:
        """Note a dup, dup2 or dup3, from or onto what may be no directory."""
        if call.arguments[0] != call.result:
            self.copy(process, call, call.name == "dup3" and bool(call.arguments[2] & O_CLOEXEC))

    def copy(self, process: Process, call: Call, cloexec: bool) -> None:
        """Make the descriptor that a call returned stand for what its argument does."""
        entry = process.descriptors.get(call.arguments[0])
        process.descriptors.pop(call.result, None)
        if entry is not None and len(process.descriptors) < MAX_DESCRIPTORS:
            process.descriptors[call.result] = entry[0], cloexec

    def control(self, process: Process, call: Call) -> None:
        """Note an fcntl."""
        descriptor, command, argument = call.arguments
        if command in (F_DUPFD, F_DUPFD_CLOEXEC):
            self.copy(process, call, command == F_DUPFD_CLOEXEC)
        elif command == F_SETFD:
            self.mark(process, descriptor, bool(argument & FD_CLOEXEC))

    def device_control(self, process: Process, call: Call) -> None:
        """Note an ioctl."""
        if call.arguments[1] in FIOCLEX + FIONCLEX:
            self.mark(process, call.arguments[0], call.arguments[1] in FIOCLEX)

    def mark(self, process: Process, descriptor: int, cloexec: bool) -> None:
        """Note whether exec closes a descriptor."""
        if descriptor in process.descriptors:
            process.descriptors[descriptor] = process.descriptors[descriptor][0], cloexec

    def close(self, process: Process, call: Call) -> None:
        """Note a close, which closes also where it fails otherwise than by EBADF."""
        process.closes = True
        if call.result != EBADF:
            process.descriptors.pop(call.arguments[0], None)

    def close_range(self, process: Process, call: Call) -> None:
        """Note a close_range, which may only mark."""
        first, last, flags = call.arguments
        if flags & CLOSE_RANGE_UNSHARE:
            self.detach(process)
        for descriptor in [d for d in process.descriptors if first <= d <= last]:
            if flags & CLOSE_RANGE_CLOEXEC:
                self.mark(process, descriptor, True)
            else:
                del process.descriptors[descriptor]

    def unshare(self, process: Process, call: Call) -> None:
        """Note that a process may no longer share its descriptors."""
        if call.arguments[0] & CLONE_FILES:
            self.detach(process)

    def detach(self, process: Process) -> None:
        """Give a process, or one of its threads, descriptors of its own."""
        if process.threads:
            process.descriptors.mixed = True
        else:
            process.descriptors = process.descriptors.copied()

    def fork(self, process: Process, call: Call) -> None:
        """Note a new process, which may have been seen before its parent's call returned; a thread is none."""
        self.forks[call.host] += 1
        self.newest[call.host] = max(self.newest[call.host], call.result)
        flags = fork_flags(call)
        process.threads |= flags & CLONE_THREAD != 0 or call.name == "clone3"
        if flags & CLONE_THREAD:
            if not flags & CLONE_FILES:
                process.descriptors.mixed = True
            return
        child = self.processes.get((call.host, call.result))
        if child is not None and child.key[2] >= call.time and child.ppid == call.pid and child is not process:
            if not self.has_called(child.parent) and child not in process.ancestors():
                child.parent, child.family = process, child.family or process.family
                self.note_parent(child)
            if flags & CLONE_FILES:
                process.descriptors.clear()  # others may have the same
                process.descriptors.update(child.descriptors)
                child.descriptors = process.descriptors
            elif not child.touched:
                self.inherit(child, process)
            return
        child = Process(call, call.result, call.ppid if flags & CLONE_PARENT else call.pid, process)
        child.threads = False
        if flags & CLONE_FILES:
            child.descriptors = process.descriptors
        else:
            self.inherit(child, process)
        self.unborn.pop((call.host, call.result), None)
        self.unborn[call.host, call.result] = child
        if len(self.unborn) > MAX_UNBORN:  # threads, mostly, which never become processes
            del self.unborn[next(iter(self.unborn))]

    def execute(self, process: Process, call: Call) -> None:
        """Note an exec, which ends all other threads."""
        kept = () if process.descriptors.mixed else process.descriptors.items()
        process.descriptors = Table({d: entry for d, entry in kept if not entry[1]})
        process.threads = False

    def end(self, process: Process, call: Call) -> None:
        """Note an exit; of threads that it ends, calls may follow."""
        process.ended = call.time
        process.descriptors = Table()
        self.ended.append((call.host, call.pid))


#: So many opens, and no close, are no accident: then what a number stands for cannot be known.
FEW_OPENS = 10
#: What is followed at the most: of one process, and handed down in all.
MAX_DESCRIPTORS, MAX_INHERITED = 1024, 1 << 18
MAX_ANCESTORS, MAX_UNBORN, MAX_PROCESSES = 64, 4096, 4096
MAX_STEPS = 4096  # that wait, and what they have counted
FORGET_SPANS = 8  # after so many those are forgotten that ended before the last so many
SOON = 1000  # milliseconds
AT_ONCE = 64  # forks
MAX_ENDED = 1 << 14  # processes of which it is known when they ended, for the calls of their threads
MAX_UNCOUNTED = 8192  # rows of a Tally
EBADF = -9  # as logged
LOW = 0xFFFFFFFF  # of an argument, all that the kernel looks at where it is a descriptor or flags
F_DUPFD, F_SETFD, F_DUPFD_CLOEXEC, FD_CLOEXEC = 0, 2, 1030, 1  # linux/fcntl.h
FIOCLEX, FIONCLEX = (0x5451, 0x20006601), (0x5450, 0x20006602)  # asm/ioctls.h; powerpc's
CLONE_FILES, CLONE_PARENT, CLONE_THREAD = 0x400, 0x8000, 0x10000  # linux/sched.h
CLOSE_RANGE_UNSHARE, CLOSE_RANGE_CLOEXEC = 2, 4  # linux/close_range.h
CLONE_BACKWARDS = {b"80000016", b"16"}  # where the flags are clone's second argument: s390
#: What the calls that succeeded do; opens are told of by opened().
FOLLOWED: dict[str, Callable[[Processes, Process, Call], None]] = {
    **dict.fromkeys(("dup", "dup2", "dup3"), Processes.duplicate),
    **dict.fromkeys(("fcntl", "fcntl64"), Processes.control),
    **dict.fromkeys(("fork", "vfork", "clone", "clone3"), Processes.fork),
    **dict.fromkeys(EXEC_CALLS, Processes.execute),
    "ioctl": Processes.device_control,
    "close": Processes.close,
    "close_range": Processes.close_range,
    "unshare": Processes.unshare,
    "exit_group": Processes.end,
}


#: Those that change only what the caller's own descriptors stand for.
OWN = (Processes.duplicate, Processes.control, Processes.device_control, Processes.close)


def fork_flags(call: Call) -> int:
    """Return the flags of a call that makes a process or thread, 0 where it has none or, clone3, in memory."""
    return call.arguments[call.arch in CLONE_BACKWARDS] if call.name == "clone" else 0


WHO = re.compile(rb" ppid=(\d{1,10}) (?:ppcomm=\S* )?pid=(\d{1,10}) ")
ARGUMENTS = re.compile(rb" a0=([0-9a-f]{1,16}) a1=([0-9a-f]{1,16}) a2=([0-9a-f]{1,16}) ")
RESULT = re.compile(rb' exit="?(-?\d{1,20})"?\Z')


def parse_call(line: bytes, key: bytes, name: str, arch: bytes) -> Call | None:
    """Return the call that a SYSCALL line tells of, without name where it does not say what that did.

    None where it does not say whose it is.
    """
    at = line.find(b" a0=")
    who = WHO.search(line, max(at, 0))
    if who is None:
        return None
    found = ARGUMENTS.match(line, at) if at > 0 else None
    if found is None:
        return call_of(key, int(who[2]), int(who[1]))
    a0, a1, a2 = found.groups()
    found = RESULT.search(line, max(at - 30, 0), at)
    result = int(found[1]) if found else -1
    low = hexadecimal(a0), hexadecimal(a1), hexadecimal(a2)
    return call_of(key, int(who[2]), int(who[1]), name, arch, result, low)


def call_of(key: bytes, pid: int, ppid: int, *made: Any) -> Call:
    """Return a call of an event; without its name, architecture, result and arguments who made it is all."""
    name, arch, result, arguments = made or ("", b"", -1, (0, 0, 0))
    return Call(name, arch, key.rpartition(b" ")[0], milliseconds(key), pid, ppid, result, arguments)


def milliseconds(key: bytes) -> int:
    """Return the time in an event's id, in milliseconds since 1970."""
    seconds, _, rest = key.rpartition(b" ")[2].partition(b".")
    return int(seconds) * 1000 + int(rest.partition(b":")[0])


# --- Selection ----------------------------------------------------------------------------

UNSET = 0xFFFFFFFF  # the login uid of what no login started
UID_FIELDS = {"auid": ("auid",), "uid": ("uid",), "euid": ("euid",), "any": ("auid", "uid", "euid")}

Test = Callable[[bytes, bytes], bool]


class Selection(NamedTuple):
    """What an event must be to be reported: all that is given must hold, one value of each.

    Numbers are user and process ids, since and until whole seconds since 1970, both included.
    """

    uid: tuple[int, ...] = ()
    uid_field: str = "auid"
    pid: tuple[int, ...] = ()
    exe: tuple[str, ...] = ()
    comm: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    node: tuple[str, ...] = ()
    success: bool | None = None
    since: int | None = None
    until: int | None = None
    children: bool | None = None  # also what the selected processes started

    def given(self) -> dict[str, Any]:
        """Return the criteria that are given, by name, times in ISO 8601."""
        found = {name: value for name, value in self._asdict().items() if value not in ((), None)}
        for name in found.keys() & {"since", "until"}:
            found[name] = iso_time(b"%d" % found[name])
        if not self.uid:
            del found["uid_field"]
        return found

    def by_caller(self) -> Test | None:
        """Return a function that tells of a line and its event id whether it fits by who did it; None: all do."""
        return all_of(
            field_test(UID_FIELDS[self.uid_field], self.uid),
            field_test(("pid",), self.pid),
            text_test("exe", self.exe),
            text_test("comm", [os.fsencode(name)[:15] for name in self.comm]),
            text_test("key", self.key),
        )

    def by_call(self) -> Test | None:
        """Return the same by what was done, and when."""
        return all_of(node_test(self.node), success_test(self.success), time_test(self.since, self.until))


def all_of(*tests: Test | None) -> Test | None:
    """Return a test for all of some tests, None where there is none."""
    needed = [test for test in tests if test is not None]
    if len(needed) < 2:
        return needed[0] if needed else None
    return lambda line, key: all(test(line, key) for test in needed)


def field_test(names: Iterable[str], values: Iterable[int]) -> Test | None:
    """Return a test for any of the fields having any of the values.

    Only the first field of a name counts: what follows it may be text that a user chose.
    """
    wanted = {b"%d" % value for value in values}
    patterns = [re.compile(b" %s=([^ ]*) " % name.encode()) for name in names]

    def test(line: bytes, key: bytes) -> bool:
        return any((found := pattern.search(line)) and found[1] in wanted for pattern in patterns)

    return test if wanted else None


def text_test(name: str, values: Iterable[str | bytes]) -> Test | None:
    """Return a test for an encoded field; one of several keys in a record is enough."""
    wanted = {os.fsencode(value) for value in values}
    pattern = re.compile(rb'[ \x1d]%s=("[^"]*"|[^\s\x1d#]*)' % name.encode())

    def test(line: bytes, key: bytes) -> bool:
        found = pattern.search(line)
        text = interpret(found[1]) if found else None
        return text is not None and not wanted.isdisjoint(text.split(b"\1"))

    return test if wanted else None


def node_test(names: Iterable[str]) -> Test | None:
    """Return a test for the host's name."""
    wanted = {os.fsencode(name) for name in names}
    return (lambda line, key: key.rpartition(b" ")[0] in wanted) if wanted else None


def success_test(success: bool | None) -> Test | None:
    """Return a test for calls that worked, or that failed; those that do not return are neither."""
    pattern = re.compile(rb' success="?%s\b' % (b"yes" if success else b"no"))
    return None if success is None else lambda line, key: pattern.search(line) is not None


def time_test(since: int | None, until: int | None) -> Test | None:
    """Return a test for the time in the event's id."""
    if since is None and until is None:
        return None
    first, last = since or 0, until if until is not None else sys.maxsize
    return lambda line, key: first <= int(key[key.rfind(b" ") + 1 : key.rindex(b".")]) <= last


# --- Report -------------------------------------------------------------------------------


class Ran(NamedTuple):
    """A process in the report: what it was, and how many of its system calls were selected."""

    pid: int
    ppid: int
    parent: ProcessKey | None  # the key of its parent in Report.processes
    exe: bytes
    argv: tuple[bytes, ...]  # of its last exec, empty where there was none
    first: int  # the time of its first call, in milliseconds since 1970
    last: int
    calls: int


class Report:
    """What the selected events did, and how often.

    Reports over several logs, or parts of one, add up; but for what needs to know of an earlier
    part: which process is which, and where descriptors lead.
    """

    def __init__(self) -> None:
        #: By the log's tokens for the architecture, the call and success (b"yes", b"no" or None).
        self.calls: Counter[tuple[bytes, bytes, bytes | None]] = Counter()
        self.other_calls: Counter[str] = Counter()  # those that are not among them, by architecture
        self.commands: Counter[tuple[bytes, ...]] = Counter()  # by argv
        self.files: Counter[bytes] = Counter()  # by path
        self.changes: Counter[tuple[str, bytes, bytes | None]] = Counter()  # by action, path, other path
        self.failures: Counter[tuple[str, str, bytes | None, str]] = Counter()  # by call, arch, target, error
        self.network: Counter[tuple[str, bytes, str]] = Counter()  # by call, address and error
        self.sockets: Counter[tuple[bytes, str, str]] = Counter()  # by program, family and type
        #: By program, what it did, the path, and of a link or an exec another one.
        self.access: Counter[tuple[bytes, str, bytes, bytes | None]] = Counter()
        self.programs: dict[tuple[bytes, bytes], bytes] = {}  # what runs now, by host and pid
        self.processes: dict[ProcessKey, Ran] = {}  # by host, pid and when it was first seen
        self.gaps: Counter[str] = Counter()  # what it could not tell, by the keys of GAPS
        self.recorded: set[str] = set()  # of the sections in RECORDED those of which the log has calls
        self.other_id = 0  # where nothing matched, the events that have the id as uid or euid
        self.lines = 0
        self.skipped_lines = 0
        self.first_skipped = ""  # where: source:line
        self.events = 0
        self.matched_events = 0
        self.first = b""  # the earliest time, SECONDS.MILLISECONDS; empty without an event
        self.last = b""

    def add_command(self, event: Event) -> None:
        """Count what an event executed."""
        if event.executed():
            self.add_argv(*event.argv())

    def add_argv(self, argv: list[bytes], whole: bool, count: int = 1) -> None:
        """Count what was executed so many times, as Event.argv() returns it."""
        if argv:
            self.commands[tuple(argv)] += count
        if not argv or not whole:
            self.gaps["argv" if argv else "command"] += count

    def add_files(self, event: Event) -> None:
        """Count the files that an event opened."""
        for operation in event.operations:
            item = operation.opened()
            if item is not None:
                self.add_named(self.files, operation.path(item), "path")

    def add_changes(self, event: Event) -> None:
        """Count what an event may have altered in the file system."""
        for operation in event.operations:
            for action, path, other in operation.changes():
                self.add_named(self.changes, path and (action, path, other), "change")

    def add_named(self, counts: Counter[Any], row: Any, gap: str) -> None:
        """Count a row that is named by a path, or a gap where the log does not have that."""
        if row is None:
            self.gaps[gap] += 1
        else:
            counts[row] += 1

    def add_failures(self, event: Event) -> None:
        """Count the calls of an event that failed, or that seccomp did not let live."""
        arch, killed = event.killed_by_seccomp()
        if killed:
            self.failures[killed, arch, None, "killed by seccomp"] += 1
            return
        arch = event.call()[0]
        for operation in event.operations:
            if operation.error:
                target = event.address() or operation.target()
                self.failures[operation.name, arch, target, operation.error] += 1

    def add_network(self, event: Event) -> None:
        """Count the address that an event was about."""
        call, address = event.named_call(), event.address()
        if call in NETWORK_CALLS and address:
            self.network[call, address, outcome(event.first("SYSCALL"), event.call()[0])[1]] += 1

    def add_sockets(self, event: Event) -> None:
        """Count the kind of socket that an event made; of one made before, its address has the family."""
        family, kind = event.socket()
        if family not in ("", "unspec"):  # that of an address is for a connection to end
            self.sockets[event.program(), family, kind] += 1

    def add_access(self, event: Event) -> None:
        """Count what an event did with files, by program; an exec is its caller's."""
        fields, exe = event.first("SYSCALL"), event.program()
        host = event.key.rpartition(b" ")[0]
        pid, ppid = ((host, fields.get(name, b"")) for name in (b"pid", b"ppid"))
        if not exe:
            return
        if event.executed():
            caller = self.programs.get(pid, self.programs.get(ppid, b""))
            for executed in {exe, *event.programs()} if caller else ():
                self.access[caller, "execute", executed, exe] += 1
        for what, path, other in event.accesses():
            self.add_named(self.access, path and (exe, what, path, other), "access")
        self.programs[pid] = exe
        if event.call()[1] == "exit_group":
            del self.programs[pid]

    def place(self, parents: dict[ProcessKey, ProcessKey]) -> None:
        """Put each process below the nearest of its ancestors that is in the report."""
        for key, ran in self.processes.items():
            above: list[ProcessKey] = []
            ancestor = parents.get(key)
            while ancestor is not None and len(above) < MAX_ANCESTORS:
                above.append(ancestor)
                ancestor = parents.get(ancestor)
            parent = next((one for one in above if one in self.processes), above[0] if above else None)
            self.processes[key] = ran._replace(parent=parent)

    def span(self, stamps: Iterable[bytes]) -> None:
        """Widen first and last to the times in some event ids."""
        times = {stamp.rpartition(b" ")[2].partition(b":")[0] for stamp in stamps}
        times |= {self.first, self.last} - {b""}
        # A clock that was reset has fewer digits.
        by_time = sorted(times, key=lambda stamp: (milliseconds(stamp), stamp))
        if by_time:
            self.first, self.last = by_time[0], by_time[-1]

    def __add__(self, other: Report) -> Report:
        """Return the report over what both are reports over, self's part of the log first."""
        total = Report()
        total.update(self)
        total.update(other)
        return total

    def update(self, other: Report) -> None:
        """Add what another report has, over the part of the log that follows."""
        for name, theirs in vars(other).items():
            mine = getattr(self, name)
            if name == "first_skipped":
                self.first_skipped = mine or theirs
            elif name == "processes":
                for key, ran in theirs.items():
                    mine[key] = joined(mine[key], ran) if key in mine else ran
            elif isinstance(mine, (dict, set)):
                mine.update(theirs)
            elif name not in ("first", "last"):
                setattr(self, name, mine + theirs)
        self.span(filter(None, (other.first, other.last)))

    def arches(self) -> Counter[str]:
        """Return the number of calls by architecture."""
        arches = Counter(self.other_calls)
        for (arch_token, call_number, _), count in self.calls.items():
            arches[syscall_name(arch_token, call_number)[0]] += count
        return arches

    def without(self, old: Report) -> Report:
        """Return the report without the rows that another one has, however often.

        Processes are told by what they ran, for their numbers are always others; of one that has
        run since before the log only the program is known. Totals stay.
        """
        new = self + Report()
        known = {syscall_name(*tokens[:2]) for tokens in old.calls}
        new.calls = Counter({c: n for c, n in self.calls.items() if syscall_name(*c[:2]) not in known})
        new.other_calls = Counter()
        new.other_calls = self.arches() - new.arches()  # by which the rows say their architecture
        for name in FIELDS:
            rows, seen = getattr(self, name), getattr(old, name)
            setattr(new, name, Counter({row: count for row, count in rows.items() if row not in seen}))
        ran = {(process.exe, argv) for process in old.processes.values() for argv in (process.argv, ())}
        new.processes = {k: p for k, p in self.processes.items() if (p.exe, p.argv) not in ran}
        new.place({key: process.parent for key, process in self.processes.items() if process.parent})
        return new


def joined(early: Ran, late: Ran) -> Ran:
    """Return one process from two parts of what it did."""
    return late._replace(
        ppid=early.ppid,
        exe=late.exe if late.last >= early.last else early.exe,
        argv=late.argv or early.argv,
        first=min(early.first, late.first),
        last=max(early.last, late.last),
        calls=early.calls + late.calls,
    )


# --- From lines to report -----------------------------------------------------------------


class Head(NamedTuple):
    """What is to be done with calls of one kind and outcome."""

    tokens: tuple[bytes, bytes, bytes | None]  # architecture, number and success, as logged
    name: str
    needed: list[str]  # the sections that count its event
    followed: bool  # whether it may change what is followed
    own: bool  # only of what the caller's descriptors stand for
    opens: bool  # whether it opened a file
    does: Callable[[Processes, Process, Call], None] | None  # what follows it


class Pending:
    """An event while more of its records may come."""

    head: Head

    def __init__(self) -> None:
        self.line = b""  # the SYSCALL record, empty until it came
        self.lines: list[bytes] = []  # the other records that a section may need
        self.number = 0  # counts steps
        self.call: Call | None = None  # what the SYSCALL record says, where that is to be known
        self.selected = False  # by process that is decided when it is followed
        self.counted = False  # whether its call is in a Tally
        self.changes = False  # whether it may change what is followed


class Tally:
    """What was counted as it stands in the log; by process, of the calls of one with the same ids."""

    def __init__(self, ids: bytes = b"") -> None:
        self.ids = ids
        self.first = self.last = b""  # the ids of the events counted, by time
        self.calls: Counter[bytes] = Counter()  # by how their records begin
        self.verbatim: Counter[Verbatim] = Counter()

    def count(self, begin: bytes, key: bytes) -> None:
        """Count a call."""
        self.calls[begin] += 1
        if not self.first or key < self.first:
            self.first = key
        if key > self.last:
            self.last = key

    def size(self) -> int:
        """Return how much is counted."""
        return len(self.calls) + len(self.verbatim)


class Step(NamedTuple):
    """What has to be followed in the order of the log. Of a process, its first call and few others."""

    number: int  # from where on
    key: bytes
    call: Call | None  # None where it is not in the log; without name where it only says who called
    opened: tuple[bytes, ...] = ()  # of an open what OPENED found
    sections: Sequence[str] = ()  # which then count it, if its ids are selected
    ids: bytes = b""
    more: Pending | Tally | None = None  # an event to be looked into, or what was counted


class NeedsOthersError(Exception):
    """What a selected call is about depends on processes that were not followed."""


class NeedsOrderError(NeedsOthersError):
    """It depends on the order of calls, which only a process that reads all can tell."""


OTHER = "other"  # in place of a call's name: that who made it is not followed
ANYBODY = b"", -1


class Follower:
    """Takes the steps of all processes in the order of the log, and reports what depends on it.

    That is whose call it was (by process), and what is named by descriptors.
    """

    def __init__(self, report: Report, selection: Selection, sections: dict[str, Section]) -> None:
        self.report, self.sections = report, sections
        self.everybody = not selection.given()
        #: What selects by what the process is, and by what the call is.
        self.selects_caller, self.by_call = selection.by_caller(), selection.by_call()
        #: The same selection by another id, for a hint where the login uid is not the right one.
        self.otherwise: Test | None = None
        if selection.uid and selection.uid_field == "auid":
            self.otherwise = selection._replace(uid_field="any").by_caller()
        self.begins_family = selection._replace(key=()).by_caller() if selection.children else None
        self.begins_by_parent = field_test(("ppid",), selection.pid) if selection.children else None
        self.selects_of_family = text_test("key", selection.key)
        #: With families or processes to report, a call is counted when its process is known.
        self.by_process = bool(selection.children) or "processes" in sections
        every_descriptor = not sections.keys().isdisjoint({"changes", "events", "access"})
        self.processes = Processes(every_descriptor, self.by_process, "processes" in sections)
        self.is_part = False  # whether others follow the steps before these
        #: The process ids that others have had: whose calls are not followed where that does without.
        self.others: set[Who] = set()

    def follow(self, steps: Iterable[Step]) -> None:
        """Take some steps."""
        for _, key, call, opened, sections, ids, more in steps:
            if call is None and more is None:
                self.processes.forget_ended()
                continue
            if call and call.name == OTHER:
                self.note_other((call.host, call.pid))
                continue
            process = self.processes.caller(call) if call else None
            if isinstance(more, Tally):
                assert process is not None
                self.add_tally_of(process, more)
            elif more is not None and not more.line:
                self.add_without_call(key, more)
            elif more is not None:
                self.add_event(key, more, process)
            elif process is None or call is None or not call.name:
                continue
            elif opened:
                operation = Operation.of_open(call, opened, self.processes.trusted(process))
                if sections and (not self.by_process or self.in_family(process, b" %s " % ids)):
                    self.require_sure(process, call)
                    event = Event(key)
                    event.operations = [operation]  # no more is known of it
                    self.add(event, sections)
                self.processes.opened(process, call, operation)
            else:
                self.processes.follow(process, call)
                if FOLLOWED[call.name] is Processes.fork:
                    self.others.discard((call.host, call.result))

    def note_other(self, who: Who) -> None:
        """Note that another user's process has, or had, a process id; what is known of it is not true any more."""
        if len(self.others) > MAX_PROCESSES:  # then anybody may have been one
            self.others = {ANYBODY}
        self.others.add(who)
        if (process := self.processes.processes.get(who)) is not None:
            process.descriptors = Table()

    def require_sure(self, process: Process, call: Call) -> None:
        """Raise NeedsOthersError where a descriptor that a call is about may be known from others' calls."""
        asked = set(descriptors_in(call.name, call.arguments)) if self.others else set()
        if asked and not self.processes.trusted(process).keys() >= asked:
            lineage = {(one.key[0], one.pid) for one in (process, *process.ancestors())}
            if not self.others.isdisjoint({ANYBODY, *lineage}):
                raise NeedsOthersError

    def state(self) -> tuple[Any, ...]:
        """Return what another follower needs to go on where this one ended.

        Raises NeedsOrderError where descriptors are shared: in what order they are used one process can tell.
        """
        if self.processes.shares():
            raise NeedsOrderError
        return self.processes.state(), self.others, self.report.programs

    def go_on(self, processes: Any, others: set[Who], programs: dict[tuple[bytes, bytes], bytes]) -> None:
        """Go on where another one ended."""
        vars(self.processes).update(processes[1])
        self.others, self.report.programs = others, programs

    def add(self, event: Event, sections: Iterable[str]) -> None:
        """Count an event in some sections."""
        for section in sections:
            self.sections[section].add(self.report, event)

    def add_event(self, key: bytes, event: Pending, process: Process | None) -> None:
        """Report an event that may depend on what its process holds, and note what it does to that."""
        head, call = event.head, event.call
        if self.by_process:
            event.selected = self.is_selected(process, event.line, key)
            if not event.counted:
                self.count_call(event.selected, event.line, key, head.tokens)
        opens = process is not None and head.opens and event.changes
        needed = head.needed if event.selected else []
        if needed or opens:
            descriptors = self.processes.trusted(process) if process else NO_DESCRIPTORS
            if process and call and needed:
                self.require_sure(process, call)
            found = Event.parse(key, [event.line, *event.lines], descriptors)
            self.add(found, needed)
        if process is None or call is None:
            return
        if event.selected and "processes" in self.sections:
            argv = tuple(found.argv()[0]) if head.tokens[2] == b"yes" and head.name in EXEC_CALLS else ()
            self.add_process(process, event.line, argv, call.time, call.time, int(not event.counted))
        if opens:
            self.processes.opened(process, call, found.operations[0])
        elif head.name in URING_CALLS:
            for line in event.lines:  # what it opened replaces what a descriptor stood for
                if opened := URING_DESCRIPTOR.search(line):
                    process.descriptors.pop(int(opened[1]), None)
        elif event.changes and head.name in FOLLOWED:
            self.processes.follow(process, call)

    def add_without_call(self, key: bytes, event: Pending) -> None:
        """Report an event without SYSCALL record: io_uring's own thread or seccomp, or the record is lost."""
        found = Event.parse(key, event.lines)
        actor = next((line for line in event.lines if ACTOR.search(line)), None)
        if actor is None:
            self.report.gaps["orphan"] += 1
            selected = self.everybody and found.executed()
        else:
            selected = self.is_selected(self.process_of(actor, key), actor, key)
        if selected:
            self.report.matched_events += 1
            self.add(found, self.sections)

    def process_of(self, line: bytes, key: bytes) -> Process | None:
        """Return the process that a line is about, None where it is not known."""
        pid = PID.search(line)
        return self.processes.processes.get((key.rpartition(b" ")[0], int(pid[1]))) if pid else None

    def is_selected(self, process: Process | None, line: bytes, key: bytes) -> bool:
        """Tell whether a call is selected."""
        return self.in_family(process, line) and self.fits(line, key)

    def fits(self, line: bytes, key: bytes) -> bool:
        """Tell whether a call is selected as far as that goes by what was done, and when."""
        return self.by_call is None or self.by_call(line, key)

    def in_family(self, process: Process | None, line: bytes) -> bool:
        """Tell whether it is by who did it; with --children by a process that a selected one started."""
        if self.begins_family is None or process is None:
            return self.selects_caller is None or self.selects_caller(line, b"")
        if not process.family:
            process.family = self.begins_family(line, b"")
        if not process.family and self.begins_by_parent and not self.processes.has_called(process.parent):
            process.family = self.begins_by_parent(line, b"")
        return process.family and (self.selects_of_family is None or self.selects_of_family(line, b""))

    def count_call(
        self, selected: bool, line: bytes, key: bytes, tokens: tuple[bytes, bytes, bytes | None]
    ) -> None:
        """Count a call, or what may be worth a hint where none is selected."""
        if selected:
            self.report.matched_events += 1
            self.report.calls[tokens] += 1
        elif self.fits(line, key):
            self.hint(line)

    def hint(self, line: bytes, count: int = 1) -> None:
        """Count calls that another selection would find, until this one finds something."""
        if self.otherwise and not self.report.matched_events and self.otherwise(line, b""):
            self.report.other_id += count

    def add_tally_of(self, process: Process, tally: Tally) -> None:
        """Count calls of a process."""
        if self.is_part and process.ended and tally.first != tally.last:
            raise NeedsOrderError  # another part has the exit: some of the calls may be another process's
        line, count = b" %s " % tally.ids, sum(tally.calls.values())
        if not self.in_family(process, line):
            self.hint(line, count)
        elif count:
            self.add_tally(tally)
            if "processes" in self.sections:
                first, last = milliseconds(tally.first), milliseconds(tally.last)
                self.add_process(process, line, (), first, last, count)

    def add_tally(self, tally: Tally) -> None:
        """Count what was counted as it stands in the log."""
        for begin, count in tally.calls.items():
            self.report.calls[parse_call_tokens(begin) or NO_TOKENS] += count
            self.report.matched_events += count
        for verbatim, count in tally.verbatim.items():
            self.add_verbatim(verbatim, count)

    def add_verbatim(self, verbatim: Verbatim, count: int) -> None:
        """Count what events add to a section as it stands in the log."""
        section, *what = verbatim
        if section == "files":
            directory, name = what
            self.report.files[absolute(name, directory)] += count
        elif section == "commands":
            self.report.add_argv(*command_in(*what), count)
        elif section == "failures":
            for row in failures_of(*what):
                self.report.failures[row] += count

    def add_process(
        self, process: Process, line: bytes, argv: tuple[bytes, ...], first: int, last: int, calls: int
    ) -> None:
        """Count calls of a process, which after an exec has another argv; a line has its program, Ran the rest."""
        ran, early = self.report.processes, self.report.processes.get(process.key)
        found = EXE.search(line)
        exe = interpret(found[1]) if found else None
        late = Ran(process.pid, process.ppid, None, exe or b"", argv, first, last, calls)
        ran[process.key] = joined(early, late) if early else late


class Holder:
    """Which descriptors a process may hold that stand for something.

    It may be more than those, not fewer: what is done to others changes nothing, and need not be followed.
    """

    def __init__(self, ppid: int, unknown: bool = False, shared: bool = False) -> None:
        self.ppid = ppid
        self.called = False  # whether its first call has come
        self.callers: list[Caller] = []  # that are this process
        self.held: set[int] = set()
        self.unknown = unknown  # whether any other may stand for something, but those that are gone
        self.gone: set[int] = set()
        self.shared = shared  # whether another process, or a thread, may change them
        self.closed = False  # whether a close was followed, so that it is known that the rules record these
        self.opens = 0  # followed before that
        self.plain = False  # whether it holds nothing, so that but for opens nothing matters that it does

    def inherit(self, parent: Holder) -> None:
        """Note that it begins with what its parent has."""
        self.held, self.gone = {*parent.held}, {*parent.gone}
        self.unknown, self.shared = parent.unknown, self.shared or parent.shared

    def may_hold(self, descriptor: int) -> bool:
        """Tell whether a descriptor may stand for something."""
        return descriptor in self.held or (self.unknown and descriptor not in self.gone)

    def hold(self, descriptor: int) -> bool:
        """Note that one may stand for something now."""
        self.held.add(descriptor)
        return True

    def let_go(self, descriptor: int) -> bool:
        """Note that one stands for nothing any more, and tell whether it may have done so."""
        held = self.may_hold(descriptor)
        self.held.discard(descriptor)
        if self.unknown and len(self.gone) < MAX_DESCRIPTORS:
            self.gone.add(descriptor)
        return held

    def absorb(self, other: Holder | None) -> None:
        """Note that it may be another process by now: a child of what is given, or who knows which."""
        if other is None or other.unknown:
            self.unknown, self.gone = True, set()
        else:
            self.held |= other.held
        self.shared |= other is not None and other.shared
        self.plain = self.closed = self.called = False
        self.opens = 0

    def does(self, head: Head, call: Call, holds: bool) -> bool:
        """Note what a call does to the caller's descriptors, and tell whether that has to be followed.

        holds: whether what it opens may be worth knowing.
        """
        # The first is always followed: by it is known that there was one.
        first = not (self.closed or self.opens)
        matters = self.change(head, call, holds) or self.shared or first
        self.plain = self.closed and not (self.held or self.unknown or self.shared)
        return matters

    def change(self, head: Head, call: Call, holds: bool) -> bool:
        """Do the first half of does()."""
        first, command, _ = call.arguments
        if head.opens:
            few = not self.closed and self.opens <= FEW_OPENS
            self.opens += few
            return self.hold(call.result) if holds else self.let_go(call.result) or few
        if head.does is Processes.close:
            first_close, self.closed = not self.closed, True
            return (call.result != EBADF and self.let_go(first)) or first_close
        if head.does is Processes.duplicate or (
            head.does is Processes.control and command in (F_DUPFD, F_DUPFD_CLOEXEC)
        ):
            return self.hold(call.result) if self.may_hold(first) else self.let_go(call.result)
        if head.does in (Processes.control, Processes.device_control):
            return command in (F_SETFD, *FIOCLEX, *FIONCLEX) and self.may_hold(first)
        return True

    def link(self, caller: Caller) -> None:
        """Note that this is who some ids are."""
        caller.holder = self
        self.callers.append(caller)

    def unlink(self) -> None:
        """Have its next call looked at as if it were its first."""
        for caller in self.callers:
            caller.holder = caller.tally = None
        self.callers = []


PASSED_BY = -1  # as a Holder's ppid: that it is not followed


class Caller:
    """What the ids in a SYSCALL record say."""

    def __init__(self, ids: bytes, selected: bool, pid: int, ppid: int) -> None:
        self.ids, self.selected, self.pid, self.ppid = ids, selected, pid, ppid
        self.holder: Holder | None = None  # None before its first call
        self.tally: Tally | None = None  # where its calls are counted


#: The ids in lines of records that say more than EOE and PROCTITLE do.
OTHERS = re.compile(rb"type=(?!(?:EOE|PROCTITLE) )[^ \n]{1,64} (?:msg=)?" + STAMP.pattern)
NO_CALL = (b"",)  # instead of how a SYSCALL record begins
BARE_OPEN = {"files", "changes"}  # sections that need of an open no more than OPENED has
EMPTY = Pending()  # an event of which no record that any section needs has come yet
#: From exit= to items=: what a call returned, and its first arguments.
RESULT_AND_ARGUMENTS = re.compile(
    rb"(?:exit=(-?\d{1,20}) )?a0=([0-9a-f]{1,16}) a1=([0-9a-f]{1,16}) a2=([0-9a-f]{1,16}) "
)
USUAL_STAMP = re.compile(rb"\d{10}\.\d{3}:\d+")
#: What a program has logged, each an event by itself. Known as such they take a third of the time.
MESSAGE = rb"type=(?:USER|CRED|SERVICE|CRYPTO)_[A-Z_]+ msg=audit\((" + USUAL_STAMP.pattern + rb")\): .*\n"
PID = re.compile(rb" pid=(\d{1,10}) ")
IDS = re.compile(rb"ppid=(\d{1,10}) pid=(\d{1,10}) auid=\d{1,10}(?: [^\n]*)?")
URING_DESCRIPTOR = re.compile(rb" uring_op=(?:18|28) success=yes exit=(\d{1,9}) ")
#: The other records of an open of one file, of which the directory may have its own.
OPENED = re.compile(
    rb'type=CWD msg=[^ ]+ +cwd="(/[^"\n]*)".*\n'
    rb"(?:type=PATH msg=[^ ]+ item=0 .* nametype=PARENT(?!\w).*\n)?"
    rb'type=PATH msg=[^ ]+ item=[01] name="([^"\n]+)" inode=\d+ dev=[\w:]+ mode=(\d+) ouid=\d+ ogid=\d+'
    rb" rdev=[\w:]+ (?:obj=[^ \n]+ )?nametype=(NORMAL|CREATE)(?!\w).*\n"
)
#: The EXECVE record, where that is the first of the other records, and argc.
EXECUTED = re.compile(rb"type=EXECVE msg=[^ ]+ (argc=(\d{1,3}) a0=[^ \n].*)\n")
DIRECTORY = b" mode=04"  # in an open's PATH record


@lru_cache(maxsize=64)
def event_pattern(
    node: bytes, with_title: bool, with_tail: bool, enriched: bool, with_messages: bool = True
) -> re.Pattern[bytes]:
    r"""Return a pattern for an event whose records are as usual and follow each other, else for a line.

    node: what each of its records begins with. Its groups: time and serial; of the SYSCALL record what
    comes before exit=, from there to items=, the ids (with_tail: all but what enriching added), and the
    rest; the other records but for PROCTITLE, which must come last (with_title) or not at all; or, of a
    program's message (with_messages), time and serial; or the line. They are as usual only if they are found
    where take() looks for them, for `[^ ]` matches anything, also a newline: what is precise takes a third
    longer. `.*` in place of `[^\n]*` took an eighth off, and `(?:x|)` in place of `(?:x)?` another.
    """
    rest = rb")( .*)"
    if with_tail:
        rest = rb" [^\x1d]{0,999})(\x1dARCH=.*)" if enriched else rb" .*)()"
    node = re.escape(node)
    return re.compile(
        node + rb"type=SYSCALL msg=audit\((" + USUAL_STAMP.pattern + rb")\): "
        rb"(arch=[^ ]+ syscall=[^ ]+ (?:s[^ ]+ |))([ea][^p]+(?<= ))(ppid=[^a]+auid=[^ ]+" + rest + rb"\n"
        rb"((?:" + node + rb"type=(?:CWD|PATH|EXECVE|MMAP|SOCKADDR|FD_PAIR|OPENAT2|BPRM_FCAPS|CAPSET|OBJ_PID)"
        rb" msg=audit\(\1\): .*\n)*)"
        + (node + rb"type=PROCTITLE msg=audit\(\1\): .*\n" if with_title else b"")
        + (b"|" if with_messages else b"|(?!)")
        + node
        + MESSAGE
        + rb"|(.*\n)"
    )


def matches(pattern: re.Pattern[bytes], text: bytes) -> list[tuple[bytes, ...]]:
    """Return the groups of all matches; of a group that is not in one PyPy's findall() gives an empty str."""
    found: list[tuple[bytes, ...]] = pattern.findall(text)
    return found if sys.implementation.name == "cpython" else [tuple(g or b"" for g in one) for one in found]


def lines_in(keys: tuple[bytes, ...], records: Iterable[bytes], with_title: bool) -> int:
    """Return how many lines are those events of which event_pattern() found so much, without counting."""
    return len(keys) + (len(keys) - keys.count(b"")) * with_title + b"".join(records).count(b"\n")


def descriptors_in(name: str, arguments: Sequence[int]) -> list[int]:
    """Return the descriptors on which it may depend what a call is about."""
    if name in DESCRIPTOR_CALLS:
        return [arguments[0]]
    return [arguments[position] for position in AT_CALLS.get(name, ()) if arguments[position] != AT_FDCWD]


def is_named(name: str, middle: bytes, opened: tuple[bytes, ...]) -> bool:
    """Tell whether the records of an open say which file it is: its name is not relative to a descriptor."""
    return opened[1][:1] == b"/" or name in ("open", "creat") or (name == "openat" and b" a0=ffffff9c " in middle)


def only_reads(name: str, middle: bytes, opened: tuple[bytes, ...]) -> bool:
    """Tell whether an open has changed nothing, nor can what is done with its descriptor."""
    numbers = result_and_arguments(middle)
    return (
        numbers is not None and opened[3] == b"NORMAL" and not open_flags(name, numbers[1]) & (O_ACCMODE | O_TRUNC)
    )


def argv_in(records: bytes) -> bytes:
    """Return the fields of the EXECVE record of an exec, empty where it is not one with all arguments."""
    found = EXECUTED.match(records)
    if found is None or b" a%d=" % (int(found[2]) - 1) not in found[1] or records.count(b"type=EXECVE ") > 1:
        return b""
    return found[1]


def says_why_it_failed(name: str, middle: bytes, records: bytes) -> bool:
    """Tell whether all is there that says of a call why it failed, and with what."""
    paths = records.count(b"type=PATH ")
    return (
        middle.endswith(b" items=%d " % paths)
        and (not paths or b"type=CWD " in records)
        and (name not in ADDRESSING_CALLS or b"type=SOCKADDR " in records)
    )


STAMPED = b"0.0:0"


def without_stamp(records: bytes, key: bytes) -> bytes:
    """Return the records of an event with the same time and serial as those of any other."""
    stamp = key.rpartition(b" ")[2]
    return b"\n".join(line.replace(stamp, STAMPED, 1) for line in records.split(b"\n"))


@lru_cache(maxsize=1024)
def command_in(fields: bytes) -> tuple[list[bytes], bool]:
    """Return the argv in what argv_in() returned, and whether it is whole."""
    return arguments([split_fields(fields)])


@lru_cache(maxsize=2048)
def failures_of(begin: bytes, result: bytes, records: bytes) -> list[tuple[str, str, bytes | None, str]]:
    """Return the rows for a call that failed and depends on no descriptor.

    It is given by how the SYSCALL record begins, from exit= to a0=, and the other records without stamp.
    """
    arguments = b"a0=%x a1=%x a2=%x a3=0 " % (AT_FDCWD, AT_FDCWD, AT_FDCWD)
    report = Report()
    report.add_failures(Event.parse(b"", [call_line(STAMPED, begin, result, arguments), *records.split(b"\n")]))
    return list(report.failures)


def result_and_arguments(middle: bytes) -> tuple[int, tuple[int, int, int]] | None:
    """Return what a call returned (-1 for nothing), and a0 to a2; None where they are not as they should be."""
    found = RESULT_AND_ARGUMENTS.match(middle)
    if found is None:
        return None
    result, first, second, third = found.groups()
    return int(result) if result else -1, (int(first, 16) & LOW, int(second, 16) & LOW, int(third, 16) & LOW)


def call_line(key: bytes, *parts: bytes) -> bytes:
    """Return the SYSCALL record of which event_pattern() gave the parts, without its node."""
    return b"type=SYSCALL msg=audit(%s): " % key.rpartition(b" ")[2] + b"".join(parts)


class Seen:
    """What the lines of one source were."""

    def __init__(self) -> None:
        self.lines = 0
        self.skipped = 0  # the number of the first that could not be read, 0 for none
        self.interpreted = self.had_record = False

    def add(self, later: Seen) -> None:
        """Add what the lines that follow were."""
        if later.skipped and not 0 < self.skipped < self.lines + later.skipped:
            self.skipped = self.lines + later.skipped
        self.lines += later.lines
        self.interpreted |= later.interpreted
        self.had_record |= later.had_record


class Collector:
    """Takes the log in blocks, puts the records of an event together, and reports the events.

    Records are looked at once and cheaply, and most are done with then. Lines are kept only of
    events that may belong in a section, and only while more of the event may come. What depends
    on calls before it becomes a step, which a Follower takes when its turn comes.
    """

    def __init__(
        self,
        selection: Selection,
        sections: Iterable[str],
        take: Callable[[Event], None] | None = None,
        own_only: bool = False,
    ) -> None:
        self.sections = {name: SECTIONS[name] for name in sections}
        if take is not None:  # no section of the report: it hands on every event that is selected
            self.sections["events"] = Section("", lambda _, event: take(event), every_call=True, paths=True)
        self.report = Report()
        self.follower = Follower(self.report, selection, self.sections)
        self.by_process = self.follower.by_process
        self.every_descriptor = self.follower.processes.every_descriptor
        #: Whether any call may be about what the calls before it opened.
        self.in_turn = take is not None or "access" in self.sections
        self.following = self.by_process or any(section.paths for section in self.sections.values())
        #: Whether pid and auid are not enough to tell whether a caller is selected.
        others = selection.exe, selection.comm, selection.key, selection.uid_field != "auid"
        self.with_tail = self.by_process or any(others)
        #: Whether to pass by what others do: with a login uid, for these mostly share nothing, that saves a sixth,
        #: with a process id a third.
        by_ids = bool(selection.uid or selection.pid) and not self.with_tail
        self.own_only = own_only and by_ids and self.following and not self.in_turn
        self.pids = {*selection.pid} if self.own_only else set()
        if self.pids:  # of whose parents nothing is known
            self.follower.others.add(ANYBODY)
        self.heads: dict[bytes, Head] = {}  # by how their SYSCALL records begin
        self.heads_of: dict[tuple[bytes, bytes, bytes | None], Head] = {}  # by their tokens
        self.busy = {*NO_CALL}  # those of which more than the number may be wanted, and lines
        self.ends: set[bytes] = set()  # those that end a process
        self.forks: set[bytes] = set()  # those that make one
        self.callers: dict[bytes, Caller] = {}  # by their ids as they are logged
        self.holders: dict[Who, Holder] = {}  # by host and pid
        self.ended: dict[Who, int] = {}  # when processes ended, as in Process
        self.midway = False  # whether processes that are not among them may hold something
        self.latest = 0  # when at the latest those have made a call, in milliseconds since 1970
        self.shares = False  # whether any have the same descriptors
        self.forget_callers()
        self.taken = Tally()  # of the selected calls, but by process
        self.block = b""
        self.node = self.prefix = self.node_field = b""  # of the block: the name, with a blank, as it is logged
        self.young: set[bytes] = set()  # the ids of events, of node, time and serial
        self.old: set[bytes] = set()  # of those without a record of late
        self.open: dict[bytes, Pending] = {}  # those of which further records may be wanted
        self.stamps: list[bytes] = []  # ids between which those of the events in this span lie
        self.steps: list[Step] = []
        self.number = 0  # of the last
        self.late = False  # whether a SYSCALL record stands in a later part than others of its event
        self.spans: Counter[bytes] = Counter()  # how often an event came back from old
        self.span = 0  # of the lines looked at last
        self.seen: dict[str, Seen] = {}  # of each source
        self.here = Seen()

    def feed(self, block: bytes, source: str = "", span: int = 0) -> None:
        """Take the next lines of the log, each with its newline, given as by Reader.blocks()."""
        self.go_on(source, span)
        self.take(block)

    def go_on(self, source: str, span: int, marks: bool = True) -> None:
        """Begin with the lines of a source that begin in a span; marks: as mark() does, for these are ours."""
        while self.span < span:
            self.turn()
            self.span += 1
            if marks:
                self.mark()
        self.here = self.seen.setdefault(source, Seen())

    def mark(self) -> None:
        """Have those processes forgotten that ended some time ago: always at the same places of the log."""
        if self.span % FORGET_SPANS == 0 and self.span:
            self.add_step(b"", None)

    def take(self, block: bytes) -> None:
        """Look at the events of a block.

        Here the time goes, so what is usual is told by one pattern, a match an event, and the events
        of a block are counted together. take_line() would do for every line, in three times the time.
        """
        self.block = block
        self.begin_node(block)
        with_title = b"type=PROCTITLE " in block
        with_tail = self.with_tail or self.follower.otherwise is not None
        enriched = with_tail and b"\x1d" in block
        pattern = event_pattern(self.node_field, with_title, with_tail, enriched)
        events = matches(pattern, block)
        columns = [*zip(*events)]
        if self.put_together(events, columns[7], pattern):
            columns = [*zip(*events)]
        if self.settle(columns):
            number = lines_in(columns[0], columns[5], with_title)
        else:
            number = block.count(b"\n")
            if any(columns[6]):  # messages, of which the lines are needed then
                events = matches(event_pattern(self.node_field, with_title, with_tail, enriched, False), block)
            events = self.untangled(events)
            columns = [*zip(*events)]
            self.settle(columns)
        callers = self.callers
        wanted = events if self.by_process else self.count(events, columns)
        for key, begin, middle, ids, tail, records, _, line in wanted:
            if key:
                self.take_event(self.prefix + key, begin, middle, callers[ids], tail, records)
            else:
                self.take_lines(line)
        self.here.lines += number

    def put_together(
        self, events: list[tuple[bytes, ...]], lines: tuple[bytes, ...], pattern: re.Pattern[bytes]
    ) -> bool:
        """Make one of the lines of each event that others' stand between, and tell whether there was any.

        It takes the place of its SYSCALL record, for the order of these is what matters. That takes a third
        off where the records of every two events are mixed, a tenth where those of every tenth pair are.
        """
        found: dict[bytes, list[int]] = {}
        for i, line in itertools.compress(enumerate(lines), lines):
            if stamp := STAMP.search(line):
                if line.startswith(b"type=SYSCALL ", len(self.node_field)):
                    found.setdefault(stamp[1], []).append(i)
                elif stamp[1] in found:
                    found[stamp[1]].append(i)
        gone = []
        for first, *others in found.values():
            event = pattern.fullmatch(b"".join(lines[i] for i in (first, *others))) if others else None
            if event:
                events[first] = event.groups(b"")
                gone += others
        for i in sorted(gone, reverse=True):
            del events[i]
        return bool(gone)

    def settle(self, columns: list[tuple[bytes, ...]]) -> bool:
        """Settle the events that event_pattern() found, and tell whether all are usual and none is logged twice.

        That is also by lines of other events; else nothing is done.
        """
        keys, begins, middles, ids, _, _, messages, lines = columns
        if (
            b"\n" in b"".join(middles)  # a torn line
            or not all(map(self.head_at, {*begins}.difference(self.heads, NO_CALL)))
            or not all(map(self.caller, {*ids}.difference(self.callers)))
        ):
            return False
        alone = {self.prefix + key for key in filter(None, messages)}
        found = {self.prefix + key for key in filter(None, keys)} | alone
        others = list(filter(None, lines))
        if (
            len(found) + len(others) < len(keys)
            or not self.young.isdisjoint(found)
            or not self.old.isdisjoint(found)
            or (others and not found.isdisjoint(self.other_ids(others)))
        ):
            return False
        self.young |= found
        self.open.update(dict.fromkeys(alone, EMPTY))
        self.stamps += (min(found), max(found)) if found else ()
        self.report.events += len(found)
        self.here.had_record |= bool(found)
        return True

    def count(
        self, events: list[tuple[bytes, ...]], columns: list[tuple[bytes, ...]]
    ) -> Iterable[tuple[bytes, ...]]:
        """Count the calls of a block, and return the events of which more than their number may be wanted."""
        keys, begins, _, ids, *_ = columns
        callers, follower = self.callers, self.follower
        who = {*ids}
        chosen = {one for one in who if callers[one].selected}
        selected: Iterable[bool] = map(chosen.__contains__, ids)
        if follower.by_call is not None:
            calls = zip(selected, begins, keys)
            selected = [one and follower.by_call(begin, self.prefix + key) for one, begin, key in calls]
        self.taken.calls.update(itertools.compress(begins, selected))
        if self.taken.calls:
            follower.otherwise = None
        for key, begin, one in zip(keys, begins, ids) if follower.otherwise else ():
            if key and follower.fits(begin, self.prefix + key):
                follower.hint(b" %s " % one)
        wanted = [*map(self.busy.__contains__, begins)]
        if self.own_only:
            wanted = [*map(operator.and_, wanted, map({*chosen, b""}.__contains__, ids))]
        if self.pids:  # others may make one
            wanted = [*map(operator.or_, wanted, map(self.forks.__contains__, begins))]
        for i in self.first_calls(who, begins, ids) if self.following else ():
            wanted[i] = True
        return itertools.compress(events, wanted)

    def first_calls(self, who: set[bytes], begins: tuple[bytes, ...], ids: tuple[bytes, ...]) -> Iterator[int]:
        """Yield which calls of a block are the first of a process, or the first after one has ended."""
        yield from (ids.index(one) for one in who if self.callers[one].holder is None)
        if not self.ends.isdisjoint(begins):
            for i in [i for i, begin in enumerate(begins) if begin in self.ends]:
                if ids[i] in ids[i + 1 :]:
                    yield ids.index(ids[i], i + 1)

    def other_ids(self, lines: list[bytes]) -> list[bytes]:
        """Return the ids in some lines."""
        return [self.prefix + key for key in OTHERS.findall(b"".join(lines))]

    def untangled(self, events: list[tuple[bytes, ...]]) -> list[tuple[bytes, ...]]:
        """Return what event_pattern() found, as lines the events that are not usual."""
        # First those into which other lines went: they may be of any event.
        events = [event if b"\n" not in event[2] + event[3] else self.as_line(event) for event in events]
        prefix = self.prefix
        keys = Counter(prefix + event[0] for event in events)
        known = self.young.union(self.old, self.other_ids([event[7] for event in events]))

        def usual(event: tuple[bytes, ...]) -> bool:
            key, begin, _, ids, *_ = event
            key = prefix + key
            return keys[key] == 1 and key not in known and bool(self.head_at(begin) and self.caller(ids))

        return [event if not event[0] or usual(event) else self.as_line(event) for event in events]

    def as_line(self, event: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Return what event_pattern() would have found of the lines of an event, all but the title, as lines."""
        return *[b""] * 7, self.node_field + call_line(*event[:5]) + b"\n" + event[5]

    def begin_node(self, block: bytes) -> None:
        """Note the node with which a block begins; what has another is looked at line by line."""
        header = HEADER.match(block)
        node = header[1] or b"" if header else b""
        if node != self.node:
            self.forget_callers()
            self.node, self.prefix = node, node + b" " if node else b""
            self.node_field = b"node=%s " % node if node else b""

    def without_node(self, lines: bytes) -> bytes:
        """Return lines that begin with the node without that."""
        return (b"\n" + lines).replace(b"\n" + self.node_field, b"\n")[1:] if self.node else lines

    def caller(self, ids: bytes) -> Caller | None:
        """Return who made a call, and remember it; None where it cannot be read."""
        caller = self.callers.get(ids)
        if caller is None and (found := IDS.fullmatch(ids)):
            # By process that is decided when it is known whose child it is.
            test = None if self.by_process else self.follower.selects_caller
            selected = test is None or test(b" %s " % ids, b"")
            caller = self.callers[ids] = Caller(ids, selected, int(found[2]), int(found[1]))
        return caller

    def pass_by(self, host: bytes, pid: int) -> Holder:
        """Note that a process is not followed, or was not until it got another login uid."""
        self.add_step(b"", Call(OTHER, b"", host, 0, pid, 0, -1, (0, 0, 0)))
        if (holder := self.holders.get((host, pid))) is not None:
            holder.unlink()
            if holder.shared:  # with one that is
                raise NeedsOthersError
        holder = self.holders[host, pid] = Holder(PASSED_BY)
        return holder

    def made_by_other(self, call: Call) -> None:
        """Note that a process that is not followed made one, perhaps one that is."""
        if call.result in self.pids:
            self.pass_by(call.host, call.result)
            self.require_own_descriptors(fork_flags(call))

    def require_own_descriptors(self, flags: int) -> None:
        """Raise NeedsOthersError where a process has the same as one that is not followed."""
        if self.pids and flags & (CLONE_FILES | CLONE_THREAD) == CLONE_FILES:
            raise NeedsOthersError

    def forget_callers(self) -> None:
        """Forget who made which call."""
        for holder in self.holders.values():
            holder.unlink()
        self.callers.clear()
        nobody = self.callers[b""] = Caller(b"", False, 0, 0)  # of lines that are no calls
        nobody.holder = Holder(0)

    def head_at(self, begin: bytes) -> Head | None:
        """Return what is to be done with calls that begin so, and remember it; None where it cannot be read."""
        head = self.heads.get(begin)
        if head is None and CALL_BEGIN.fullmatch(begin) and len(self.heads) < 4096:  # a log can hold any number
            tokens = parse_call_tokens(begin)
            if tokens is None or tokens[0] not in ARCHES:  # of others the name may be in the line
                return None
            head = self.heads[begin] = self.head(tokens)
            if head.followed or head.needed:
                self.busy.add(begin)
            if head.does is Processes.end:
                self.ends.add(begin)
            elif head.does is Processes.fork:
                self.forks.add(begin)
        return head

    def take_event(
        self, key: bytes, begin: bytes, middle: bytes, caller: Caller, tail: bytes, records: bytes
    ) -> None:
        """Settle or keep an event of which more than the number may be wanted."""
        head, holder, tally = self.heads[begin], caller.holder, self.taken
        if self.own_only and not caller.selected:
            if self.pids and head.does is Processes.fork and (numbers := result_and_arguments(middle)):
                self.made_by_other(call_of(key, caller.pid, caller.ppid, head.name, head.tokens[0], *numbers))
            if holder is None:
                self.pass_by(self.node, caller.pid).link(caller)
            return
        first = False
        if holder is None and self.following:
            holder, first = self.meet(key, self.node, caller.pid, caller.ppid, caller)
        selected = caller.selected and self.follower.fits(begin, key)
        if self.by_process:
            tally = caller.tally or self.tally(key, caller)
            if selected:
                tally.count(begin, key)
        needed = head.needed if selected else []
        opened, holds = self.opened(head, records, bool(needed)) if head.opens else ((), False)
        followed = head.followed and not (head.own and not holds and holder is not None and holder.plain)
        verbatim = self.verbatim(head, needed, (key, begin, middle), records, opened) if needed else ()
        if verbatim:
            tally.verbatim[verbatim] += 1
            needed = []
        told = False
        if needed or followed:
            numbers = result_and_arguments(middle)
            made = (head.name, head.tokens[0], *numbers) if numbers else ()
            call = call_of(key, caller.pid, caller.ppid, *made)
            changes = (
                followed and holder is not None and call.name != "" and self.changes(holder, head, call, holds)
            )
            told = changes
            if opened and call.name and BARE_OPEN.issuperset(needed):
                if changes or needed:
                    self.add_step(key, call, opened, needed, caller.ids)
                    told = True
            elif needed or (changes and (head.opens or head.name in URING_CALLS)):
                event = self.open[key] = self.numbered(Pending())
                event.head, event.selected, event.changes, event.call = head, bool(needed), changes, call
                event.line, event.counted = call_line(key, begin, middle, caller.ids, tail), True
                event.lines = self.without_node(records).split(b"\n")[:-1]
            elif changes:
                self.add_step(key, call)
        if first and not (told or self.by_process):
            self.add_step(key, call_of(key, caller.pid, caller.ppid))

    def opened(self, head: Head, records: bytes, needed: bool) -> tuple[tuple[bytes, ...], bool]:
        """Return what OPENED finds of an open, and whether its descriptor may be worth following."""
        # Where there is no PATH record yet, one may come that is a directory's.
        holds = self.every_descriptor or DIRECTORY in records or b"type=PATH " not in records
        if not (holds or needed):
            return (), False
        found = OPENED.fullmatch(self.without_node(records))
        if found is None:
            return (), holds
        opened: tuple[bytes, ...] = found.groups()
        return opened, self.every_descriptor or opened[2].startswith(b"04")

    def meet(
        self, key: bytes, host: bytes, pid: int, ppid: int, caller: Caller | None = None
    ) -> tuple[Holder, bool]:
        """Return what is known of a process that makes a call, and whether that is its first, to be told.

        Of threads that an exit ended calls may follow: each of these is looked at as if it were the first.
        """
        who = host, pid
        holder, parent = self.holders.get(who), self.holders.get((host, ppid))
        if holder is not None and holder.ppid not in (ppid, PASSED_BY):  # adopted, or another with its number
            holder.unlink()
            holder.absorb(None)
        if holder is None or holder.ppid == PASSED_BY:
            holder = Holder(ppid, self.midway, self.midway and self.shares)
            if parent is not None and not self.midway:
                holder.inherit(parent)
        self.holders[who], holder.ppid = holder, ppid
        if milliseconds(key) <= self.ended.get(who, -1):
            return holder, True
        first, holder.called = not holder.called, True
        if caller is not None:
            holder.link(caller)
        return holder, first

    def tally(self, key: bytes, caller: Caller) -> Tally:
        """Return where calls of a process are counted from now on.

        Where they begin a family, what it does by other names counts from now on, too.
        """
        tally = Tally(caller.ids)
        self.add_step(key, call_of(key, caller.pid, caller.ppid), more=tally)
        begins = self.follower.begins_family
        if begins and begins(b" %s " % caller.ids, b""):
            self.part_tallies(self.node, caller.pid)
        if caller.holder is not None:
            caller.tally = tally
        return tally

    def changes(self, holder: Holder, head: Head, call: Call, holds: bool) -> bool:
        """Note what a call does, and tell whether that has to be followed; holds: as in Holder.does()."""
        who = call.host, call.pid
        if head.does is Processes.end:
            self.ended[who] = call.time
            holder.unlink()
            self.holders.pop(who, None)
        elif head.does is Processes.fork:
            self.fork(holder, call)
        return holder.does(head, call, holds)

    def fork(self, holder: Holder, call: Call) -> None:
        """Note a new process, of which calls may have been logged before."""
        flags = fork_flags(call)
        if flags & CLONE_THREAD:
            holder.shared |= not flags & CLONE_FILES
            return
        who = call.host, call.result
        child = self.holders.get(who)
        if child is not None:
            child.unlink()
            child.absorb(holder)
        elif call.time <= self.ended.get(who, -1):
            return  # it has ended by now
        else:
            child = self.holders[who] = Holder(call.pid, call.time <= self.latest)
            if not child.unknown:  # it is younger than the part
                child.inherit(holder)
                child.closed = holder.closed
        if flags & CLONE_FILES:
            self.shares = holder.shared = child.shared = True
            self.require_own_descriptors(flags)

    def verbatim(
        self, head: Head, needed: list[str], parts: tuple[bytes, ...], records: bytes, opened: tuple[bytes, ...]
    ) -> Verbatim:
        """Return what an event adds to the sections that need it; nothing where it has to be looked into."""
        key, begin, middle = parts
        if head.opens:
            if (
                opened
                and BARE_OPEN.issuperset(needed)
                and is_named(head.name, middle, opened)
                and ("changes" not in needed or only_reads(head.name, middle, opened))
            ):
                return ("files", opened[0], opened[1]) if "files" in needed else ("changes",)
        elif needed == ["commands"] and head.tokens[2] == b"yes":
            fields = argv_in(self.without_node(records))
            return ("commands", fields) if fields else ()
        elif (
            needed == ["failures"]
            and not self.in_turn
            and says_why_it_failed(head.name, middle, records := self.without_node(records))
            and (numbers := result_and_arguments(middle))
            and not descriptors_in(head.name, numbers[1])
        ):
            return "failures", begin, middle[: middle.index(b"a0=")], without_stamp(records, key)
        return ()

    def take_lines(self, lines: bytes) -> None:
        """Look at lines in any form, each with its newline."""
        for line in lines.split(b"\n")[:-1]:
            self.take_line(line)

    def take_line(self, line: bytes) -> None:
        """Look at a line in any form."""
        header = HEADER.match(line) or find_header(line)
        if header is None:
            if not SEPARATOR.match(line):
                self.here.interpreted |= INTERPRETED.match(line) is not None
                self.skip(line)
            return
        self.here.had_record = True
        kind, key = header[2], key_of(header)
        if kind in SAY_NOTHING:
            return
        if self.own_only and kind in LOGINS and (pid := PID.search(line)):
            self.pass_by(key.rpartition(b" ")[0], int(pid[1]))
        if key not in self.young:
            self.find(key)
        event = self.open.get(key)
        if kind not in TYPES or event is None:
            return
        if event is EMPTY:
            event = self.open[key] = self.numbered(Pending())
        if TYPES[kind] == b"SYSCALL":
            self.call(line, key, event)
        else:
            event.lines.append(line)
            if kind in ACTORS and (pid := PID.search(line)):  # which may begin a family
                self.part_tallies(key.rpartition(b" ")[0], int(pid[1]))
                if not event.line:  # it is the one whose place in the log counts
                    self.numbered(event)

    def part_tallies(self, host: bytes, pid: int) -> None:
        """Count anew what a process does from now on."""
        if holder := self.holders.get((host, pid)):
            for caller in holder.callers:
                caller.tally = None

    def find(self, key: bytes) -> None:
        """Note that the event of that id is not old, or that there is one."""
        if key in self.old:
            self.old.remove(key)
            self.spans[key] += 1
            if self.spans[key] * EVENT_SPAN > MAX_EVENT and key in self.open:
                self.close(key)
        else:
            self.report.events += 1
            self.stamps.append(key)
            self.open[key] = EMPTY
        self.young.add(key)

    def call(self, line: bytes, key: bytes, event: Pending) -> None:
        """Count a SYSCALL line and keep it with its event, or settle that."""
        if event.line:
            return
        tokens = parse_call_tokens(line)
        if tokens is None:
            self.skip(line)
            return
        head = self.head(tokens)
        if not self.by_process:
            event.selected = self.follower.is_selected(None, line, key)
            self.follower.count_call(event.selected, line, key, tokens)
        wanted = self.by_process or bool(event.selected and head.needed)
        call = None
        if self.following and (who := WHO.search(line)):
            host, pid, ppid = key.rpartition(b" ")[0], int(who[2]), int(who[1])
            holder = self.holders.get((host, pid))
            if self.own_only and not self.follower.in_family(None, line):
                if holder is None or holder.ppid != PASSED_BY:
                    self.pass_by(host, pid)
                if head.does is Processes.fork and (made := parse_call(line, key, head.name, tokens[0])):
                    self.made_by_other(made)
            elif holder is None or not holder.called or holder.ppid != ppid or head.followed or wanted:
                call = parse_call(line, key, head.name, tokens[0])
        if call is not None:
            holder, first = self.meet(key, call.host, call.pid, call.ppid)
            if first and not self.by_process:
                self.add_step(key, call_of(key, call.pid, call.ppid))
            event.changes = head.followed and call.name != "" and self.changes(holder, head, call, True)
            self.part_tallies(call.host, call.pid)
        if wanted or event.changes:
            self.numbered(event).line, event.head, event.call = line, head, call
        else:
            del self.open[key]

    def head(self, tokens: tuple[bytes, bytes, bytes | None]) -> Head:
        """Return what is to be done with calls of some kind and outcome."""
        if (known := self.heads_of.get(tokens)) is not None:
            return known
        name, success = syscall_name(*tokens[:2])[1], tokens[2]
        needed = [
            section
            for section, what in self.sections.items()
            if (success != b"no" and name in what.calls)
            or (success != b"yes" and what.failures)
            or what.every_call
            or name in what.all_calls
        ]
        opens = success == b"yes" and name in OPEN_CALLS
        follows = (success != b"no" or name == "close") and name in FOLLOWED
        followed = self.following and (opens or follows or name in URING_CALLS)
        own = followed and (opens or FOLLOWED.get(name) in OWN)
        self.report.recorded.update(one for one in RECORDED.keys() & self.sections if name in SECTIONS[one].calls)
        head = self.heads_of[tokens] = Head(tokens, name, needed, followed, own, opens, FOLLOWED.get(name))
        return head

    def turn(self) -> None:
        """Close the events that had no record for a whole span."""
        for key in [key for key in self.open if key in self.old]:
            self.close(key)
        self.report.span(self.stamps)
        self.stamps = []
        self.spans = Counter({key: n for key, n in self.spans.items() if key in self.young})
        self.old, self.young = self.young, set()
        if self.taken.size() > MAX_UNCOUNTED:
            self.count_taken()
        if not self.follower.is_part:
            self.release()
        if max(len(self.callers), len(self.holders)) > MAX_PROCESSES:
            self.forget()
        if len(self.ended) > MAX_ENDED:
            self.ended.clear()

    def close(self, key: bytes) -> None:
        """Report an event of which no more is expected."""
        event = self.open.pop(key)
        call = event.call  # None where it was not read
        if not event.line and not event.lines:
            return
        in_turn = self.in_turn or self.by_process or event.changes
        if in_turn or call is None or descriptors_in(call.name, call.arguments):
            self.steps.append(Step(event.number, key, event.call, more=event))
        else:
            self.follower.add(Event.parse(key, [event.line, *event.lines]), event.head.needed)

    def release(self, at_once: bool = False) -> None:
        """Have steps followed in the order in which the calls came; some wait for an event that is still open."""
        tallies = [one.tally for one in self.callers.values() if one.tally] if self.by_process else []
        size = len(self.steps) + sum(tally.size() for tally in tallies)
        if not (at_once or self.in_turn or size > MAX_STEPS):
            return
        first_open = min((event.number for event in self.open.values() if event.number), default=self.number + 1)
        self.steps.sort(key=lambda step: step.number)
        ready = bisect.bisect_left(self.steps, (first_open,))
        self.follower.follow(self.steps[:ready])
        del self.steps[:ready]
        for caller in self.callers.values() if self.by_process else ():
            caller.tally = None

    def add_step(self, *what: Any, **more: Any) -> None:
        """Add a step of what Step takes behind its number."""
        self.number += 1
        self.steps.append(Step(self.number, *what, **more))

    def numbered(self, event: Pending) -> Pending:
        """Return an event that is a step when it is closed."""
        self.number += 1
        event.number = self.number
        return event

    def skip(self, line: bytes) -> None:
        """Count a line that could not be read, and note where the first was."""
        if not self.here.skipped:
            at = (b"\n" + self.block).index(b"\n" + line + b"\n")
            self.here.skipped = self.here.lines + self.block.count(b"\n", 0, at) + 1
        self.report.skipped_lines += 1

    def forget(self) -> None:
        """Forget what processes may hold."""
        self.forget_callers()
        self.holders.clear()
        self.midway, self.latest = True, sys.maxsize

    def begin_part(self, start: int) -> None:
        """Begin to collect from a position on; of what was seen before it needs which events others report."""
        recorded = self.report.recorded
        self.report = self.follower.report = Report()
        self.report.recorded = recorded
        self.forget()
        self.midway, self.shares = start > 0, False
        self.latest = max(map(milliseconds, self.young), default=0)
        self.old, self.young, self.open = self.young, set(), {}
        self.stamps, self.steps = [], []
        self.spans.clear()
        self.taken = Tally()
        self.follower.is_part = True
        self.span, self.seen = start // EVENT_SPAN, {}
        self.mark()

    def drain(self, blocks: Iterable[tuple[bytes, str, int]]) -> None:
        """Look in what follows a part, given as by Reader.blocks(), for records of the events still open."""
        lines = {source: seen.lines for source, seen in self.seen.items()}
        # Each may yet get a call of its own.
        self.open.update({key: self.numbered(Pending()) for key, event in self.open.items() if event is EMPTY})
        without_call = [event for event in self.open.values() if not event.line]
        stamps: set[bytes] = set()
        for self.block, source, span in blocks:
            begins = span > self.span
            self.go_on(source, span, marks=False)
            if begins:
                stamps = {key.rpartition(b" ")[2] for key in self.open}
            if not stamps:
                break
            for line in () if stamps.isdisjoint(STAMP.findall(self.block)) else self.block.split(b"\n"):
                header = HEADER.match(line) or find_header(line)
                if header is not None:
                    key = key_of(header)
                    if key in self.open:
                        self.take_line(line)
            self.here.lines += self.block.count(b"\n")
        for source, seen in self.seen.items():
            seen.lines = lines.get(source, 0)
        self.late = any(event.line for event in without_call)

    def part(self, state: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return what was found since begin_part(), as join() takes it, and the follower's state.

        state: where the follower of the part before ended. Raises NeedsOrderError where one process has to
        read all, for in what order calls were made several cannot tell.
        """
        if self.late:
            raise NeedsOrderError
        self.follower.go_on(*state)
        self.end()
        return self.report, self.seen, self.follower.processes.parents, self.follower.state()

    def join(self, report: Report, seen: dict[str, Seen], parents: dict[ProcessKey, ProcessKey]) -> None:
        """Add what another collector found in the next part of the log."""
        for source, later in seen.items():
            self.seen.setdefault(source, Seen()).add(later)
        self.report.update(report)
        self.report.programs = report.programs
        self.follower.processes.parents.update(parents)

    def end(self) -> None:
        """Report all that is still open or to be counted or followed, for the log, or a part of it, has ended."""
        self.turn()
        self.turn()
        self.count_taken()
        self.release(at_once=True)

    def finish(self) -> Report:
        """Return the report when the log has ended."""
        self.end()
        if self.report.matched_events:
            self.report.other_id = 0  # those that came before the first that matched
        self.report.lines = sum(seen.lines for seen in self.seen.values())
        skipped = (f"{source}:{seen.skipped}" for source, seen in self.seen.items() if seen.skipped)
        self.report.first_skipped = next(skipped, "")
        self.report.place(self.follower.processes.parents)
        return self.report

    def count_taken(self) -> None:
        """Count in the report what was counted as it stands in the log."""
        self.follower.add_tally(self.taken)
        self.taken = Tally()


# --- Rendering ----------------------------------------------------------------------------


class Row(NamedTuple):
    """One row of a section."""

    frequency: int
    text: str  # what the text report prints before the count
    fields: dict[str, Any]  # what the JSON report has beside the count
    name: str  # what a table has in its columns, printable
    detail: str = ""


def syscall_rows(report: Report) -> Iterator[Row]:
    """Yield the system calls made; all but the most frequent architecture stand behind theirs."""
    counts: Counter[tuple[str, str]] = Counter()
    failed: Counter[tuple[str, str]] = Counter()
    for (arch_token, call_number, success), count in report.calls.items():
        call = syscall_name(arch_token, call_number)
        counts[call] += count
        failed[call] += count * (success == b"no")
    usual = usual_arch(report)
    for (arch, name), count in counts.items():
        fields = {"name": name, "arch": arch, "failed": failed[arch, name]}
        yield Row(count, labelled(name, arch, usual), fields, name, arch)


def usual_arch(report: Report) -> str:
    """Return the most frequent architecture; of the failures where there are no calls (seccomp)."""
    arches = report.arches()
    for (_, arch, *_), count in report.failures.items() if not arches else ():
        arches[arch] += count
    return min(arches, key=lambda arch: (-arches[arch], arch), default="")


def counted_rows(report: Report, section: str, encoding: str = "utf-8") -> Iterator[Row]:
    """Yield the rows of a section that is a counter by what FIELDS names."""
    forms = {name: FORMS[form] for name, form in FIELDS[section].items()}
    main, usual = next(name for name in MAIN_FIELDS if name in forms), usual_arch(report)
    for key, count in getattr(report, section).items():
        row = zip(forms, key if len(forms) > 1 else (key,))
        parts = {name: part for name, part in row if part is not None}
        words = {name: forms[name].show(part, encoding) for name, part in parts.items()}
        cells = {name: forms[name].cell(part, encoding) for name, part in parts.items()}
        if "arch" in parts:
            words["call"] = cells["call"] = labelled(parts["call"], parts["arch"], usual)
        text = " ".join(filter(None, words.values()))
        cell = cells.pop(main)
        detail = text if section == "commands" else " ".join(filter(None, cells.values()))
        fields = {name: form.write(parts[name]) if name in parts else None for name, form in forms.items()}
        yield Row(count, text, fields, cell, detail)


def labelled(call: str, arch: str, usual: str = "") -> str:
    """Return a call's name, with its architecture where that is not the usual one."""
    return call if arch == usual else f"{call} ({arch})"


def shown(target: bytes, encoding: str) -> str:
    """Return a path or an address as text; numeric addresses need no quotes."""
    return decoded(target) if NUMERIC_ADDRESS.fullmatch(target) else quoted(target, encoding)


NUMERIC_ADDRESS = re.compile(rb"(?:[\d.]+|\[[\da-f:.%]+\]):\d+|(?:inet6? port|family) \d+")


MAX_LEVEL = 40  # of a tree's indentation


def process_rows(report: Report, encoding: str = "utf-8") -> Iterator[Row]:
    """Yield the processes as a tree: each before those that it started, in the order in which they began."""
    ran = report.processes
    children: dict[ProcessKey | None, list[ProcessKey]] = {}
    for key, process in sorted(ran.items(), key=lambda item: (item[1].first, item[0])):
        children.setdefault(process.parent if process.parent in ran else None, []).append(key)
    waiting = [(key, 0) for key in reversed(children.get(None, []))]
    while waiting:
        key, level = waiting.pop()
        process = ran[key]
        waiting += [(child, level + 1) for child in reversed(children.get(key, []))]
        line = quoted_argv(process.argv, encoding) if process.argv else f"[{quoted(process.exe, encoding)}]"
        extra: dict[str, Any] = {"pid": process.pid, "ppid": process.ppid, "level": level}
        extra["exe"] = decoded(process.exe)
        extra["argv"] = [decoded(argument) for argument in process.argv] or None
        extra["first"], extra["last"] = (
            iso_time(b"%d.%03d" % divmod(t, 1000)) for t in (process.first, process.last)
        )
        extra.update({"node": decoded(key[0])} if key[0] else {})
        text = f"{'  ' * min(level, MAX_LEVEL)}{process.pid} {line}"
        yield Row(process.calls, text, extra, str(process.pid), line)


class Section(NamedTuple):
    """What a section needs. To add one: a counter and an add function in Report, FIELDS, a line below."""

    title: str
    add: Callable[[Report, Event], None] = lambda *_: None  # counts an event whose SYSCALL record is not enough
    calls: AbstractSet[str] = frozenset()  # those that it counts where they did not fail
    all_calls: AbstractSet[str] = frozenset()  # those that it counts in any case
    failures: bool = False  # whether it counts all calls that failed
    every_call: bool = False  # whether it takes all calls, also those that nobody knows
    paths: bool = False  # whether it shows paths, so that descriptors must be followed
    by_name: bool = False  # whether it must be asked for, being more for profiles than for people


#: What the counters of Report are by, in their order: the names in JSON, and how each is written, by FORMS.
FIELDS = {
    "commands": {"argv": "argv"},
    "files": {"path": "path"},
    "changes": {"action": "words", "path": "path", "to": "other path"},
    "failures": {"call": "call", "arch": "arch", "target": "target", "error": "words"},
    "network": {"call": "call", "address": "address", "error": "maybe words"},
    "sockets": {"exe": "path", "family": "words", "type": "maybe words"},
    "access": {"exe": "path", "access": "words", "path": "path", "to": "other path"},
}
#: What a table has in its column for names.
MAIN_FIELDS = ("exe", "path", "address", "argv", "call")
SECTIONS = {
    "syscalls": Section("System calls made"),
    "commands": Section("Commands executed", Report.add_command, EXEC_CALLS),
    "files": Section("Files opened", Report.add_files, OPEN_CALLS, URING_CALLS, paths=True),
    "changes": Section("Files changed", Report.add_changes, CHANGES.keys(), URING_CALLS, paths=True),
    "failures": Section("Failed", Report.add_failures, all_calls=URING_CALLS, failures=True, paths=True),
    "network": Section("Network", Report.add_network, all_calls=ADDRESSING_CALLS),
    "processes": Section("Processes", calls=EXEC_CALLS),
    "sockets": Section(
        "Sockets", Report.add_sockets, calls=SOCKET_MAKERS, all_calls=ADDRESSING_CALLS, by_name=True
    ),
    "access": Section(
        "Access to files",
        Report.add_access,
        calls={*CHANGES, *EXEC_CALLS, "mmap", "mmap2", *LOCKING_CALLS, *NETWORK_CALLS, "exit_group"},
        all_calls=URING_CALLS,
        paths=True,
        by_name=True,
    ),
}
#: The sections of which a note says that the log has no calls for them, and what these would be.
RECORDED = {"commands": "an execve", "files": "an open"}
ALL_SECTIONS = tuple(name for name, section in SECTIONS.items() if not section.by_name)
DEFAULT_SECTIONS = ("syscalls", "commands", "files")


def section_rows(report: Report, section: str, top: int | None, encoding: str = "utf-8") -> list[Row]:
    """Return the rows of a section, most frequent first, then by name, or as a tree; only the first if asked."""
    if section == "processes":
        return list(itertools.islice(process_rows(report, encoding), top))
    rows = syscall_rows(report) if section == "syscalls" else counted_rows(report, section, encoding)

    def rank(row: Row) -> tuple[int, str]:
        return -row.frequency, row.text

    return sorted(rows, key=rank) if top is None else heapq.nsmallest(top, rows, rank)


#: What the shell takes as it is, anywhere but as the first word.
PLAIN = re.compile(r"[\w@%+=:,./-]+")
#: Words that mean something to the shell where a command begins.
RESERVED = frozenset(
    "if then else elif fi do done case esac while until for in function select time coproc".split()
)
ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def quoted(text: bytes, encoding: str = "utf-8") -> str:
    r"""Return text as one word for the shell, printable on any terminal.

    What a terminal would act on, or show as something else or not at all, or cannot show in its
    encoding, is written byte by byte as $'\x1b'; that includes bytes that are not UTF-8.
    """
    word = decoded(text)
    if not showable(word, encoding):
        return "$'" + "".join(escaped(c, encoding) for c in word) + "'"
    return word if PLAIN.fullmatch(word) else shlex.quote(word)


def plain(text: bytes, encoding: str = "utf-8") -> str:
    """Return text for where no shell reads it: as it is, but as quoted() has it where that cannot be shown."""
    word = decoded(text)
    return word if showable(word, encoding) and not word.startswith("$'") else quoted(text, encoding)


def showable(text: str, encoding: str) -> bool:
    """Tell whether a terminal can show all of a text, and shows something for each character."""
    return encodable(text, encoding) and text.isprintable() and not INVISIBLE.search(text)


def encodable(text: str, encoding: str = "utf-8") -> bool:
    """Tell whether a text can be written in an encoding; lone surrogates can in none."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@lru_cache(maxsize=1024)  # a name can have thousands of one, and each takes a while
def escaped(character: str, encoding: str = "utf-8") -> str:
    """Return a character as it stands within $'...'."""
    if character in ESCAPES or showable(character, encoding):
        return ESCAPES.get(character, character)
    return "".join(f"\\x{byte:02x}" for byte in encoded(character))


#: Letters, marks and symbols that show nothing, or pass for a blank.
INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U0001d159\U000e0100-\U000e01ef]"
)


def quoted_argv(argv: Iterable[bytes], encoding: str = "utf-8") -> str:
    """Return an argv as a command line that a shell would run as just that."""
    words = [quoted(argument, encoding) for argument in argv]
    if words[0] in RESERVED or ("=" in words[0] and words[0][-1] != "'"):
        words[0] = f"'{words[0]}'"
    return " ".join(words)


def printable(message: str) -> str:
    """Return a message of our own with what it may have taken from elsewhere made harmless."""
    return "".join(c if showable(c, "utf-8") else escaped(c) for c in message)


class About(NamedTuple):
    """What is told of a report beside its rows."""

    encoding: str = "utf-8"  # the terminal's
    sources: Sequence[str] = ()
    errors: Sequence[str] = ()  # a line for each log that was not read whole
    notes: Sequence[str] = ()
    various: Sequence[str] = ()  # in what the selections differ of the reports that it was merged from
    baseline: str = ""  # the report whose rows it lacks
    top: int | None = None  # how many rows of a section there are at the most


NOTHING_ABOUT = About()


def title(selection: Selection, about: About) -> str:
    """Return the first line of the text report."""
    parts = [f"various {' and '.join(about.various)}"] if about.various else []
    encoding = about.encoding
    for name, value in selection.given().items():
        if name == "success":
            parts.append("calls that worked" if value else "calls that failed")
        elif name == "children":
            parts.append("and all they started")
        elif name in ("since", "until"):
            parts.append(f"{name} {value}")
        elif name != "uid_field":
            label = selection.uid_field if name == "uid" else name
            label = "AUID, UID or EUID" if label == "any" else label.upper()
            values = [quoted(encoded(str(one)), encoding) for one in value]
            parts.append(f"{label} {' or '.join(values)}")
    since = f", new since {quoted(os.fsencode(about.baseline), encoding)}" if about.baseline else ""
    return f"Audit report for {', '.join(parts) or 'all users'}{since}"


def render_text(
    report: Report, selection: Selection, sections: Iterable[str], about: About = NOTHING_ABOUT
) -> Iterator[str]:
    """Yield the text report line by line."""
    yield title(selection, about)
    for section in sections:
        yield ""
        yield f"{SECTIONS[section].title}:"
        rows = section_rows(report, section, about.top, about.encoding)
        yield from (f"   {row.text} {row.frequency}" for row in rows)
        if not rows:
            yield "   (none)"


def render_json(
    report: Report, selection: Selection, sections: Iterable[str], about: About = NOTHING_ABOUT
) -> Iterator[str]:
    """Yield the JSON report line by line; bytes that are not UTF-8 become lone surrogates."""
    sections = list(sections)
    yield "{"
    yield f'"selection": {json_text(selection.given())},'
    yield f'"log": {json_text(log_object(report, sections, about))},'
    for section in sections:
        rows = [{**row.fields, "count": row.frequency} for row in section_rows(report, section, about.top)]
        yield f'"{section}": ['
        yield from (json_text(row) + "," for row in rows[:-1])
        yield from map(json_text, rows[-1:])
        yield "],"
    yield f'"notes": {json_text([*about.errors, *about.notes])}'
    yield "}"


#: The attributes of Report that are numbers of the log.
TOTALS = ("lines", "skipped_lines", "events", "matched_events")


def log_object(report: Report, sections: Iterable[str], about: About) -> dict[str, Any]:
    """Return what the JSON report tells of the log, and what is needed to read the report back."""
    return {
        "sources": list(about.sources),
        **{name: getattr(report, name) for name in TOTALS},
        "first": iso_time(report.first) if report.first else None,
        "last": iso_time(report.last) if report.last else None,
        "first_skipped": report.first_skipped or None,
        "arches": dict(sorted(report.arches().items())),
        "recorded": sorted(report.recorded),
        "other_id": 0 if report.matched_events else report.other_id,
        "gaps": gaps_to_tell(report, sections),
        "errors": list(about.errors),
        **({"various": list(about.various)} if about.various else {}),
        **({"baseline": about.baseline} if about.baseline else {}),
        **({"top": about.top} if about.top is not None else {}),
    }


def render_csv(
    report: Report, selection: Selection, sections: Iterable[str], about: About = NOTHING_ABOUT
) -> Iterator[str]:
    """Yield all sections as one table (RFC 4180), record by record but for the last half of its CR LF."""
    import csv

    # writerow() returns what write() does: the record.
    table = csv.writer(SimpleNamespace(write=str), lineterminator="\r")
    yield table.writerow(("section", "name", "detail", "count"))
    for section in sections:
        for row in section_rows(report, section, about.top, about.encoding):
            cells = (FORMULA.sub("'", cell) for cell in (row.name, row.detail))  # that it is not taken for one
            yield table.writerow((section, *cells, row.frequency))


#: Before what may begin a formula, as OWASP says, also in full-width letters and behind blanks.
FORMULA = re.compile(r"\A(?=\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


def json_text(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON in ASCII, on one line where it is not indented."""
    import json  # only here, for it takes as long to load as the rest of the script

    return json.dumps(value, indent=indent)


def iso_time(stamp: bytes) -> str:
    """Return a time of the log (SECONDS.MILLISECONDS) in ISO 8601, in UTC."""
    import datetime

    seconds, _, milliseconds = stamp.partition(b".")
    try:
        moment = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
    except (OverflowError, ValueError, OSError):
        return decoded(stamp)
    return moment.replace(microsecond=number(milliseconds[:3]) * 1000).isoformat(timespec="milliseconds")


def notes_on(report: Report, selection: Selection, sections: Iterable[str]) -> list[str]:
    """Return what the reader must know of what the log, or the report, could not show."""
    notes = []
    if report.skipped_lines and report.events:
        lines = f"{report.skipped_lines:,} line{'s' * (report.skipped_lines != 1)}"
        notes.append(f"skipped {lines}, no audit record: the first is {report.first_skipped}")
    others = report.other_id
    if others and selection.uid and not report.matched_events:
        who = " or ".join(map(str, selection.uid))
        notes.append(f"nothing has auid {who}, but {others:,} events have it as uid or euid (--uid-field any)")
    for section, what in RECORDED.items():
        if section in sections and report.events and section not in report.recorded:
            notes.append(f"no event in the log is {what}, so the audit rules may record none")
    gaps = gaps_to_tell(report, sections)
    return notes + [f"{words}: {gaps[gap]:,}" for gap, (_, words) in GAPS.items() if gap in gaps]


def gaps_to_tell(report: Report, sections: Iterable[str]) -> dict[str, int]:
    """Return what some sections of the report could not tell, and how often."""
    shown = {None, *sections}
    return {gap: report.gaps[gap] for gap, (section, _) in GAPS.items() if section in shown and report.gaps[gap]}


#: What the report could not tell, by the keys of Report.gaps: the section (None for all), and the words.
GAPS = {
    "argv": ("commands", "commands whose arguments are not all in the log"),
    "command": ("commands", "programs executed that are not listed, for the log has no record of what they were"),
    "path": ("files", "files opened that are not listed, for the log has no record of their names"),
    "change": ("changes", "changes of files that are not listed, for the log has no record of their names"),
    "access": ("access", "accesses to files that are not listed, for the log does not say which file it was"),
    "orphan": (None, "events without the SYSCALL record that says who did them"),
}


#: A report's formats, but for that of single events.
FORMATS: dict[str, Callable[[Report, Selection, Iterable[str], About], Iterator[str]]] = {
    "text": render_text,
    "json": render_json,
    "csv": render_csv,
}


# --- Profiles -----------------------------------------------------------------------------


def origin(report: Report, selection: Selection, sources: Iterable[str]) -> list[str]:
    """Return what a profile says of itself, in lines of ASCII."""
    logs = ", ".join(quoted(encoded(source), "ascii") for source in sources)
    span = f"{iso_time(report.first)} to {iso_time(report.last)}"
    return [
        f"Made by auditloginfo from {logs}, {span}.",
        f"{title(selection, About('ascii'))}: {report.matched_events:,} of {report.events:,} events.",
        "It allows what was seen, no more.",
    ]


def profile_calls(report: Report) -> tuple[set[str], set[str], list[str]]:
    """Return the calls seen and their architectures, as far as a filter can have them, and the calls it cannot."""
    seen = {syscall_name(arch_token, call_number) for arch_token, call_number, _ in report.calls}
    known = {(arch, name) for arch, name in seen if arch in SECCOMP_ARCHES and CALL_NAME.fullmatch(encoded(name))}
    return (
        {name for _, name in known},
        {arch for arch, _ in known},
        sorted(labelled(name, arch) for arch, name in seen - known),
    )


def render_seccomp(report: Report, about: Sequence[str]) -> Iterator[str]:
    """Yield a seccomp profile as Docker and the OCI runtimes take it; they skip the key `comment`."""
    names, arches, _ = profile_calls(report)
    allow = {"action": "SCMP_ACT_ALLOW"}
    runtime = {"names": sorted(RUNTIME_CALLS - names), **allow, "comment": RUNTIME_COMMENT}
    profile = {
        "comment": about,
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": arch_names(arches, 0),
        "syscalls": [{"names": sorted(names), **allow, "comment": "seen"}] * bool(names) + [runtime],
    }
    yield from json_text(profile, indent=2).split("\n")


def arch_names(arches: AbstractSet[str], column: int) -> list[str]:
    """Return the names of some architectures in a column of SECCOMP_ARCHES."""
    return [names[column] for arch, names in SECCOMP_ARCHES.items() if arch in arches]


def filter_notes(report: Report) -> list[str]:
    """Return what the reader must know of a filter of system calls."""
    names, arches, unknown = profile_calls(report)
    notes = left_out("calls that no filter can name", unknown)
    if not names & {"mmap", "mmap2", "brk", "exit_group"}:
        notes.append(
            "no program starts or ends without mmap, brk or exit_group, and the log has none: record `-S all`"
        )
    if "socketcall" in names:
        notes.append("socketcall is allowed, which on i386 and s390 stands for all that sockets do")
    if len(arches) > 1:
        notes.append(f"each call is allowed on all of {', '.join(sorted(arches))}")
    return notes


def left_out(what: str, names: Sequence[str]) -> list[str]:
    """Return a note on the names that a profile lacks: how the first begin, and how many more there are."""
    first = (name if len(name) <= 200 else f"{name[:200]}..." for name in names[:8])
    more = f" and {len(names) - 8:,} more" * (len(names) > 8)
    return [f"{what} are left out: {', '.join(first)}{more}"] if names else []


def render_systemd(report: Report, about: Sequence[str]) -> Iterator[str]:
    """Yield a drop-in for a systemd service."""
    import textwrap

    names, arches, _ = profile_calls(report)
    families = {family.upper() for _, family, _ in report.sockets if family in FAMILIES.values()}
    writable, _ = writable_paths(report)
    yield from (f"# {line}" for line in about)
    yield "[Service]"
    # Nothing after the `=` would lift the restriction.
    yield from [f"SystemCallArchitectures={' '.join(arch_names(arches, 1))}"] * bool(arches)
    yield "SystemCallErrorNumber=EPERM"
    yield from (f"SystemCallFilter={line}" for line in textwrap.wrap(" ".join(sorted(names)), 90))
    yield "# what systemd calls itself before it executes the program"
    yield "SystemCallFilter=write"
    yield f"RestrictAddressFamilies={' '.join(f'AF_{family}' for family in sorted(families)) or 'none'}"
    yield "ProtectSystem=strict"
    yield from (f"ReadWritePaths={path}" for path in writable)
    yield from ["PrivateTmp=yes"] * (not shared_tmp(report))
    yield from ["PrivateDevices=yes"] * all(map(PRIVATE_DEVICES.match, report.files))
    changed = (path for path, _ in changed_paths(report))
    if not (any(path.startswith(TUNABLES) for path in changed) or HIDDEN_TUNABLES & report.files.keys()):
        yield "ProtectKernelTunables=yes"


def changed_paths(report: Report) -> Iterator[tuple[bytes, bool]]:
    """Yield the paths that were changed, and whether that needs only itself writable, not its directory."""
    for action, path, other in report.changes:
        if action in ("truncated", "opened for writing", "permissions"):
            yield path, True
        elif action not in ("mounted", "unmounted"):
            yield path, False
            if action == "renamed" and other is not None:
                yield other, False


def writable_paths(report: Report) -> tuple[list[str], list[bytes]]:
    """Return what a systemd service must be able to write, quoted, and the paths that systemd cannot have.

    Of a directory that is writable, what lies below it is left out: it may not be there yet.
    """
    paths = {path if itself else os.path.dirname(path) or path for path, itself in changed_paths(report)}
    paths = {path for path in paths if not path.startswith(API_FILES)}
    if not shared_tmp(report):
        paths = {path for path in paths if not TEMPORARY.match(path)}
    fit = {p for p in paths if p.startswith(b"/") and len(p) < PATH_MAX and showable(decoded(p), "utf-8")}
    top = [path for path in fit if fit.isdisjoint(directories_above(path))]
    return sorted(map(systemd_quoted, top)), sorted(paths - fit)


def directories_above(path: bytes) -> Iterator[bytes]:
    """Yield the directories above an absolute path."""
    return (path[: slash.start()] or b"/" for slash in re.finditer(rb"(?<!/)/(?!\Z)", path))


def systemd_quoted(path: bytes) -> str:
    """Return a path as one word of a unit file."""
    return '"' + re.sub(r'[\\"]', r"\\\g<0>", decoded(path)).replace("%", "%%") + '"'


def shared_tmp(report: Report) -> bool:
    """Tell whether something in a temporary directory was used that others made, and so may still need."""
    made = {path for action, path, _ in report.changes if action in ("created", "linked")}
    made |= {other for action, _, other in report.changes if action == "renamed" and other is not None}
    used = {*report.files, *(path for path, _ in changed_paths(report))}
    used |= {other for action, _, other in report.changes if action == "linked" and other is not None}
    used |= {address.removeprefix(b"unix:") for _, address, _ in report.network}
    return any(map(TEMPORARY.match, used - made - {b"/tmp", b"/var/tmp"}))


def systemd_notes(report: Report) -> list[str]:
    """Return what the reader must know of a drop-in."""
    _, unfit = writable_paths(report)
    return filter_notes(report) + left_out("paths that systemd cannot name", [*map(quoted, unfit)])


PATH_MAX = 4096  # linux/limits.h
#: What ProtectSystem=strict leaves writable.
API_FILES = (b"/dev/", b"/proc/", b"/sys/")
TEMPORARY = re.compile(rb"(?:/var)?/tmp(?:/|\Z)")
#: Below /dev only what is there with PrivateDevices=yes.
PRIVATE_DEVICES = re.compile(
    rb"(?!/dev/)|/dev/(?:(?:null|zero|full|u?random|tty|ptmx|log|std(?:in|out|err))\Z"
    rb"|(?:fd|pts|shm|mqueue|hugepages)(?:/|\Z))"
)
#: What ProtectKernelTunables= lets nobody write, and what it hides.
TUNABLES = (b"/proc/sys/", b"/proc/sysrq-trigger", b"/proc/acpi/", b"/proc/fs/", b"/proc/irq/", b"/sys/")
HIDDEN_TUNABLES = {b"/proc/kallsyms", b"/proc/kcore"}


def render_apparmor(report: Report, about: Sequence[str]) -> Iterator[str]:
    """Yield an AppArmor profile for each program."""
    files, programs = file_rules(report), executed_rules(report)
    yield from (f"# {line}" for line in about)
    yield "abi <abi/3.0>,"
    for exe in profiled(report):
        yield ""
        yield f"profile {profile_name(exe)} {apparmor_path(exe, ())} {{"
        yield "  # of what others do to it"
        yield from (f"  {rule}," for rule in BY_OTHERS)
        yield "  # seen"
        seen = [*socket_rules(report, exe), *programs.get(exe, ()), *files.get(exe, ())]
        yield from (f"  {rule}," for rule in seen)
        yield "}"


def profiled(report: Report) -> list[bytes]:
    """Return the programs that a profile can be for."""
    return sorted(filter(is_nameable, programs_of(report)))


def programs_of(report: Report) -> set[bytes]:
    """Return the programs of which the report has something to allow."""
    return {exe for exe, *_ in report.access} | {exe for exe, *_ in report.sockets}


def is_nameable(path: bytes) -> bool:
    """Tell whether AppArmor can have a path in a rule."""
    return path.startswith(b"/") and b"\0" not in path


def socket_rules(report: Report, exe: bytes) -> list[str]:
    """Return the rules for a program's sockets; a family alone is in the rules with a type."""
    kinds = {(family, kind) for program, family, kind in report.sockets if program == exe}
    kinds = {(family, "" if kind == "dccp" else kind) for family, kind in kinds if family in APPARMOR_FAMILIES}
    typed = {family for family, kind in kinds if kind}
    return sorted(f"network {family} {kind}".rstrip() for family, kind in kinds if kind or family not in typed)


def executed_rules(report: Report) -> dict[bytes, list[str]]:
    """Return for each program the rules for what it executes: what has a profile runs under that."""
    targets: dict[bytes, dict[str, Counter[bytes]]] = {}
    for (exe, what, path, target), count in report.access.items():
        if what == "execute" and is_nameable(path) and target is not None:
            targets.setdefault(exe, {}).setdefault(apparmor_path(path, MERGED), Counter())[target] += count
    profiles = set(profiled(report))

    def rule(exe: bytes, path: str, counts: Counter[bytes]) -> str:
        target = min(counts, key=lambda one: (-counts[one], one))  # two would contradict each other
        if target == exe or target not in profiles:
            return f"{path} ix"
        return f"{path} Px" + f" -> {profile_name(target)}" * (path != apparmor_path(target, MERGED))

    return {exe: [rule(exe, path, paths[path]) for path in sorted(paths)] for exe, paths in targets.items()}


def file_rules(report: Report) -> dict[bytes, list[str]]:
    """Return for each program the rules for the files it used."""
    rights: dict[bytes, dict[str, set[str]]] = {}
    for exe, path, letters in file_rights(report):
        if letters:
            rights.setdefault(exe, {}).setdefault(apparmor_path(path), set()).update(letters)
    rules = {
        exe: [f"{path} {''.join(sorted(paths[path], key='mrwk'.index))}" for path in sorted(paths)]
        for exe, paths in rights.items()
    }
    for exe, path, target in sorted(links_of(report)):
        if is_nameable(path) and is_nameable(target):
            rules.setdefault(exe, []).append(f"link {apparmor_path(path)} -> {apparmor_path(target)}")
    return rules


def links_of(report: Report) -> set[tuple[bytes, bytes, bytes]]:
    """Return program, new path and old one of the links that were made; `?` where the log does not say."""
    return {(exe, path, other or b"?") for exe, what, path, other in report.access if what == "link"}


def file_rights(report: Report) -> Iterator[tuple[bytes, bytes, str]]:
    """Yield program, path and what it did with that; of a file it inherited, what any program opened it for."""
    anybody: dict[bytes, set[str]] = {}
    for exe, what, path, _ in report.access:
        if what in LETTERS and is_nameable(path):
            anybody.setdefault(path, set()).update(LETTERS[what])
            yield exe, path, LETTERS[what]
    for exe, what, path, _ in report.access:
        for one in (path, path + b"/") if what == "inherit" else ():
            yield exe, one, "".join(anybody.get(one, set()) & {"r", "w"})


def apparmor_path(path: bytes, generated: Iterable[Pattern] | None = None) -> str:
    """Return a path as an AppArmor rule has it, with patterns for what looks generated."""
    if generated is None:
        generated = (*GENERATED_TEMPORARY, *GENERATED) if TEMPORARY_FILE.match(path) else GENERATED
    for pattern, glob in generated:
        path = pattern.sub(glob, path)
    # Between NULs, which no path has, is what must not be escaped.
    parts = path.split(b"\0")
    return '"' + "".join(decoded(part) if i % 2 else apparmor_escaped(part) for i, part in enumerate(parts)) + '"'


def apparmor_escaped(text: bytes) -> str:
    """Return text as AppArmor reads it in quotes, in printable ASCII; with the brace `@{` is no variable.

    Its lexer takes the last of two backslashes before the quote for that one's own: so neither stands there.
    """
    return "".join(
        chr(byte) if byte in UNQUOTED else f"\\{chr(byte)}" if byte in GLOB_CHARACTERS else f"\\{byte:03o}"
        for byte in text
    )


def profile_name(exe: bytes) -> str:
    """Return the name of a program's profile, which may have fewer characters than a path."""
    return '"' + "".join(chr(byte) if byte in PLAIN_NAME else f"%{byte:02x}" for byte in exe) + '"'


def apparmor_notes(report: Report) -> list[str]:
    """Return what the reader must know of AppArmor profiles."""
    paths = programs_of(report) | {path for _, _, path, _ in report.access}
    paths |= {target for _, _, target in links_of(report)}
    unfit = [quoted(path) for path in sorted(paths) if not is_nameable(path)]
    mounts = any(action in ("mounted", "unmounted") for action, _, _ in report.changes)
    notes = left_out("paths that are not known whole", unfit)
    return notes + ["mounts are left out, for which AppArmor has rules of their own"] * mounts


#: What looks generated, and the text with a glob between NULs that takes its place.
Pattern = tuple[re.Pattern[bytes], Union[bytes, Callable[[re.Match[bytes]], bytes]]]
LETTERS = {"read": "r", "write": "w", "map": "mr", "lock": "k", "connect": "rw", "terminal": "rw"}
BY_OTHERS = ("signal (receive) peer=unconfined", "signal peer=@{profile_name}", "ptrace (readby) peer=unconfined")
APPARMOR_FAMILIES = set(FAMILIES.values()) - {"decnet"}  # which its parser does not know
GLOB_CHARACTERS = b"*?[]{}^"
UNQUOTED = set(range(0x20, 0x7F)) - {*GLOB_CHARACTERS, *b'"\\'}
PLAIN_NAME = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-"
TEMPORARY_FILE = re.compile(rb"/tmp/|/var/tmp/|/dev/shm/|(?:/var)?/run/")
#: What chance makes looks so, and words do not.
MIXED = rb"[A-Za-z0-9]*?(?:[a-z][A-Z]|\d[A-Za-z])"
#: Links that nearly every system has, and the log does not follow.
MERGED: tuple[Pattern, ...] = (
    (re.compile(rb"\A/(?:usr/)?(?=(?:bin|sbin|lib|lib32|lib64|libx32)/)"), b"/\0{,usr/}\0"),
)
GENERATED: tuple[Pattern, ...] = (
    *MERGED,
    (re.compile(rb"\A/(?:var/)?(?=run/)"), b"/\0{,var/}\0"),
    (re.compile(rb"\A/proc/(?:self|\d+)(?=/|\Z)"), b"/proc/\0[0-9]*\0"),
    (re.compile(rb"\A/proc/thread-self(?=/|\Z)"), b"/proc/\0[0-9]*\0/task/\0[0-9]*\0"),
    (re.compile(rb"(?<=/task/)\d+(?=/|\Z)"), b"\0[0-9]*\0"),
    (re.compile(rb"(?<=\A/dev/pts/)\d+\Z"), b"\0[0-9]*\0"),
    (re.compile(rb"(?<=\.so)[.\d]*\Z"), b"\0*\0"),  # libx.so.1 is a link to libx.so.1.2.3
    (
        re.compile(rb"(/[^/]*[._-])(?=" + MIXED + rb")[A-Za-z0-9]{6,}(?=/|\Z)"),
        lambda found: found[1] + b"\0*\0" if b"tmp" in found[1] else found[0],
    ),
    (
        re.compile(rb"(?<![0-9a-f])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f])"),
        b"\0????????-????-????-????-????????????\0",
    ),
    (
        re.compile(rb"(?<![0-9A-Za-z])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{16,}(?![0-9A-Za-z])"),
        lambda found: b"\0%s\0" % (b"?" * len(found[0])),
    ),
)
#: Likewise where temporary files are: of mktemp, of Python, after a separator, after a prefix, and a pid.
GENERATED_TEMPORARY: tuple[Pattern, ...] = (
    (re.compile(rb"(?<=/tmp\.)[A-Za-z0-9]{6,}(?![A-Za-z0-9])"), b"\0*\0"),
    (re.compile(rb"(?<=/tmp)[a-z0-9_]{8}(?=[/.]|\Z)"), b"\0????????\0"),
    (re.compile(rb"(?<=[._-])(?=" + MIXED + rb")[A-Za-z0-9]{6,}"), b"\0*\0"),
    (re.compile(rb"(?<=[A-Za-z]{2})(?=[A-Za-z0-9]{6}(?![A-Za-z0-9]))(?=" + MIXED + rb").{6}"), b"\0??????\0"),
    (re.compile(rb"(?<=[._-])\d{3,}(?![A-Za-z0-9])"), b"\0[0-9]*\0"),
)
#: How libseccomp and systemd call the architectures.
SECCOMP_ARCHES = {
    "x86_64": ("SCMP_ARCH_X86_64", "x86-64"),
    "i386": ("SCMP_ARCH_X86", "x86"),
    "x32": ("SCMP_ARCH_X32", "x32"),
    "aarch64": ("SCMP_ARCH_AARCH64", "arm64"),
    "arm": ("SCMP_ARCH_ARM", "arm"),
    "riscv64": ("SCMP_ARCH_RISCV64", "riscv64"),
    "ppc64": ("SCMP_ARCH_PPC64", "ppc64"),
    "ppc64le": ("SCMP_ARCH_PPC64LE", "ppc64-le"),
    "s390x": ("SCMP_ARCH_S390X", "s390x"),
}
#: What runc 1.1 and crun 1.8 were seen to call between loading the filter and the program's exec,
#: with and without no_new_privs; from epoll_ctl on it is for Go's threads, which live until then.
RUNTIME_COMMENT = "what runc and crun call before they execute the program"
RUNTIME_CALLS = frozenset(
    "capget capset chdir close execve faccessat2 fchown fcntl fstat fstatfs getcwd getdents64 getppid newfstatat"
    " openat prctl pselect6 read rt_sigaction rt_sigprocmask setgid setgroups setresgid setresuid setuid write"
    " epoll_ctl epoll_pwait futex getpid gettid madvise mmap munmap nanosleep rt_sigreturn sched_yield"
    " tgkill".split()
)


class Profile(NamedTuple):
    """What a profile needs. To add one: a function over the report and a line below."""

    render: Callable[[Report, Sequence[str]], Iterator[str]]  # from the report and what it says of itself
    notes: Callable[[Report], list[str]]
    sections: Sequence[str]


PROFILES = {
    "seccomp": Profile(render_seccomp, filter_notes, ("syscalls",)),
    "apparmor": Profile(render_apparmor, apparmor_notes, ("changes", "access", "sockets")),
    "systemd": Profile(render_systemd, systemd_notes, ("syscalls", "files", "changes", "network", "sockets")),
}


# --- Single events ------------------------------------------------------------------------


def event_object(event: Event) -> dict[str, Any]:
    """Return what an event is in JSON: always the same keys, None where the log does not say."""
    event_id = event.event_id
    kind = next((kind for kind in ("SYSCALL", "URINGOP", "SECCOMP") if kind in event.records), None)
    fields = event.first(kind or "")
    arch, name = event.call() if kind == "SYSCALL" else actors_call(fields)
    killed = event.killed_by_seccomp()[1]
    time = iso_time(event.key.rpartition(b" ")[2].partition(b":")[0])
    tty = fields.get(b"tty", b"(none)").strip(b'"')
    return {
        "time": time if ISO_TIME.fullmatch(time) else None,
        "serial": event_id.serial,
        "node": valid(encoded(event_id.node) or None),
        "type": kind,
        "arch": arch or None,
        "syscall": name or None,
        "success": {b"yes": True, b"no": False}.get(fields.get(b"success", b"").strip(b'"')),
        "exit": whole_number(fields.get(b"exit")),
        "error": "killed by seccomp" if killed else outcome(fields, arch)[1] or None,
        **{name: whole_number(fields.get(name.encode())) for name in ("pid", "ppid", "auid", "uid", "euid")},
        **{name: valid(interpret(fields.get(name.encode()))) for name in ("exe", "comm")},
        "tty": None if tty == b"(none)" else valid(tty),
        "session": whole_number(fields.get(b"ses")),
        "key": valid(interpret(fields.get(b"key"))),
        "cwd": valid(interpret(event.first("CWD").get(b"cwd"))),
        "argv": [valid(word) for word in event.argv()[0]] or None if event.executed() else None,
        "paths": [path for operation in event.operations for path in path_objects(operation)],
        "address": valid(event.address() or None),
    }


def actors_call(fields: Fields) -> tuple[str, str]:
    """Return the names of the architecture and the call in a record of ACTOR_TYPES, empty where it has none."""
    if b"uring_op" in fields:
        return "", URING_OPERATIONS.get(number(fields[b"uring_op"]), "")
    tokens = fields.get(b"arch", b""), fields.get(b"syscall", b"")
    return syscall_name(*tokens) if re.fullmatch(rb"\w{1,16} \d{1,10}", b" ".join(tokens)) else ("", "")


def path_objects(operation: Operation) -> Iterator[dict[str, Any]]:
    """Yield the PATH records of what a call, or an operation of io_uring, did, in the kernel's order."""
    opened, seconds = operation.opened(), second_names(operation)
    for item in operation.items:
        second = any(item is one for one in seconds)
        path = operation.path(item, second)
        if kind_of_name(item) == b"PARENT" and path is not None and path == operation.cwd:  # whatever it is
            path = operation.start(second)
        yield {
            "path": valid(path),
            "nametype": valid(kind_of_name(item)),
            "inode": whole_number(item.get(b"inode")),
            "opened": item is opened,
        }


def second_names(operation: Operation) -> list[Fields]:
    """Return the PATH records of the second of two names, which may be relative to another directory."""
    named, parents = operation.named(), [item for item in operation.items if kind_of_name(item) == b"PARENT"]
    if operation.name == "move_mount":
        return named[-1:]
    made = [item for item in named if kind_of_name(item) == b"CREATE"]
    if CHANGES.get(operation.name) != "renamed":
        return made if CHANGES.get(operation.name) == "linked" else []
    # Where it replaces a file, that is deleted, and where two are exchanged both are created.
    others = [item for item in named if item.get(b"name") != named[0].get(b"name")]
    return (others or made) + parents[1:]


def valid(text: bytes | None) -> str | None:
    r"""Return text that every reader of JSON takes: what is not UTF-8, or has a NUL, as $'\xff'."""
    if text is None:
        return None
    odd = b"\0" in text or text.startswith(b"$'") or not encodable(decoded(text))
    return quoted(text) if odd else decoded(text)


def whole_number(digits: bytes | None) -> int | None:
    """Return a decimal field as int, None where it is missing, no number, or has more than 64 bits."""
    if digits is None or not re.fullmatch(rb"-?\d{1,20}", digits.strip(b'"')):
        return None
    value = int(digits.strip(b'"'))
    return value if -(1 << 63) <= value < 1 << 63 else None


# --- Reports read back --------------------------------------------------------------------


class Reading(NamedTuple):
    """What was read, be it logs or reports over them."""

    report: Report
    selection: Selection
    sections: list[str]
    sources: list[str]
    errors: list[str]  # a line for each log that was not read whole
    various: Sequence[str] = ()  # in what the selections differ


class Saved:
    """An object in a JSON report, which anybody can have written: values are checked when they are taken."""

    def __init__(self, value: Any, where: str) -> None:
        self.where = where
        if not isinstance(value, dict):
            raise ValueError(f"{where} is no object")
        self.values = value

    def take(self, name: str, kind: type) -> Any:
        """Return a value of a type; bool is no int."""
        value = self.values.get(name)
        if type(value) is not kind:
            raise self.wrong(name)
        return value

    def wrong(self, name: str) -> ValueError:
        """Return what is wrong with a value."""
        return ValueError(f"{self.where}: {name} is {'wrong' if name in self.values else 'missing'}")

    def inner(self, name: str) -> Saved:
        """Return an object in it, an empty one where there is none (from an earlier version)."""
        return Saved(self.values.get(name, {}), f"{self.where}: {name}")

    def count(self, name: str) -> int:
        """Return a number of something, or an id."""
        value: int = self.take(name, int)
        if not 0 <= value < 1 << 63:
            raise self.wrong(name)
        return value

    def text(self, name: str) -> bytes:
        """Return text as it stands in the log."""
        return self.bytes_of(name, self.values.get(name))

    def bytes_of(self, name: str, text: Any) -> bytes:
        """Return text as it stands in the log, of what is or is in a value."""
        try:
            return encoded(text)
        except (AttributeError, UnicodeEncodeError):  # no text; a lone surrogate that stands for no byte
            raise self.wrong(name) from None

    def maybe(self, name: str) -> bytes | None:
        """Return text, None where there is null."""
        return None if self.values.get(name, name) is None else self.text(name)

    def word(self, name: str, pattern: re.Pattern[str]) -> str:
        """Return text of our own or the kernel's, which is printed as it is."""
        word: str = self.take(name, str)
        if not pattern.fullmatch(word):
            raise self.wrong(name)
        return word

    def texts(self, name: str) -> tuple[bytes, ...]:
        """Return a list of texts, not an empty one."""
        texts = tuple(self.bytes_of(name, text) for text in self.take(name, list))
        if not texts:
            raise self.wrong(name)
        return texts

    def strings(self, name: str) -> tuple[str, ...]:
        """Return a list of texts as str."""
        return tuple(map(decoded, self.texts(name)))

    def lines(self, name: str) -> list[str]:
        """Return a list of texts of our own, which may be empty or missing."""
        return list(self.strings(name)) if self.values.get(name, []) else []

    def numbers(self, name: str) -> tuple[int, ...]:
        """Return a list of ids, not an empty one."""
        values = self.take(name, list)
        if not values or any(type(value) is not int or not 0 <= value <= UNSET for value in values):
            raise self.wrong(name)
        return tuple(values)

    def time(self, name: str) -> bytes:
        """Return a time as it stands in the log: SECONDS.MILLISECONDS."""
        iso = ISO_TIME.fullmatch(self.take(name, str))
        if iso is None:
            seconds, _, rest = self.word(name, RAW_TIME).encode().partition(b".")  # beyond the calendar
            return seconds + b"." + (rest or b"000")
        import datetime

        with contextlib.suppress(ValueError):  # no such day
            since = datetime.datetime.fromisoformat(iso[1]) - datetime.datetime(1970, 1, 1)
            if since.days >= 0:
                return b"%d.%03d" % (since.days * 86400 + since.seconds, int(iso[2]))
        raise self.wrong(name)


ISO_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})\.([0-9]{3})\+00:00")
RAW_TIME = re.compile(r"[0-9]{12,20}(?:\.[0-9]{1,9})?")
ARCH_WORD = re.compile(r"[A-Za-z0-9_]{0,16}")
CALL_WORD = re.compile(r"[a-z_][a-z_0-9]{0,40}|unknown-syscall\([0-9]{1,10}\)")
WORDS = re.compile(r"[A-Za-z0-9_=]+(?: [A-Za-z0-9_]+){0,3}")  # actions, errors and kinds


def unchanged(part: Any, encoding: str = "utf-8") -> Any:
    """Return a part of a row as it is."""
    return part


class Form(NamedTuple):
    """How a part of a row is written: in JSON, from which it is read back, in text, and in a table."""

    write: Callable[[Any], Any]
    read: Callable[[Saved, str], Any]
    show: Callable[[Any, str], str] = unchanged
    cell: Callable[[Any, str], str] = unchanged


def arrow(part: bytes, encoding: str) -> str:
    """Return the second path of two."""
    return f"-> {quoted(part, encoding)}"


#: Where there may be null, that is None, which counted_rows() leaves out of text and tables.
FORMS = {
    "argv": Form(
        lambda part: [decoded(one) for one in part],
        Saved.texts,
        quoted_argv,
        lambda part, encoding: plain(part[0], encoding),
    ),
    "path": Form(decoded, Saved.text, quoted, plain),
    "other path": Form(decoded, Saved.maybe, arrow, arrow),
    "target": Form(decoded, Saved.maybe, shown, plain),
    "address": Form(decoded, Saved.text, shown, plain),
    "words": Form(unchanged, lambda saved, name: saved.word(name, WORDS)),
    "maybe words": Form(
        lambda part: part or None,
        lambda saved, name: "" if saved.values.get(name, "") is None else saved.word(name, WORDS),
    ),
    "call": Form(unchanged, lambda saved, name: saved.word(name, CALL_WORD)),
    "arch": Form(unchanged, lambda saved, name: saved.word(name, ARCH_WORD), lambda *_: "", lambda *_: ""),
}


def parse_calls(report: Report, rows: Iterable[Saved]) -> None:
    """Put the system calls made back into a report."""
    for row in rows:
        # A name in place of a number is taken as it is, as one that an enriched log gave.
        arch, name = row.word("arch", ARCH_WORD).encode(), row.word("name", CALL_WORD).encode()
        failed = row.count("failed")
        report.calls[arch, name, b"no"] += failed
        report.calls[arch, name, None] += max(row.count("count") - failed, 0)


def parse_counted(report: Report, rows: Iterable[Saved], section: str) -> None:
    """Put back the rows of a section that is a counter by what FIELDS names."""
    for row in rows:
        parts = tuple(FORMS[form].read(row, name) for name, form in FIELDS[section].items())
        getattr(report, section)[parts if len(parts) > 1 else parts[0]] += row.count("count")


def parse_processes(report: Report, rows: Iterable[Saved]) -> None:
    """Put the processes back, each below the last one of the level above."""
    above: list[ProcessKey] = []
    newest: Counter[Who] = Counter()  # when the last of some that have a number began
    for row in rows:
        level, first = row.count("level"), milliseconds(row.time("first"))
        if level > len(above):
            raise row.wrong("level")
        host = row.text("node") if "node" in row.values else b""
        who = host, row.count("pid")
        key = (*who, first)
        if key in report.processes:  # a number used again, by clocks at the same time
            key = (*who, newest[who] + 1)
        newest[who] = max(newest[who], key[2])
        argv = () if row.values.get("argv", "") is None else row.texts("argv")
        ppid, exe = row.count("ppid"), row.text("exe")
        last, calls = milliseconds(row.time("last")), row.count("count")
        parent = above[level - 1] if level else None
        report.processes[key] = Ran(key[1], ppid, parent, exe, argv, first, last, calls)
        above[level:] = [key]


#: How the selection in a JSON report is read.
CRITERIA: dict[str, Callable[[Saved, str], Any]] = {
    **dict.fromkeys(("uid", "pid"), Saved.numbers),
    **dict.fromkeys(("exe", "comm", "key", "node"), Saved.strings),
    **dict.fromkeys(("success", "children"), lambda saved, name: saved.take(name, bool)),
    **dict.fromkeys(("since", "until"), lambda saved, name: int(saved.time(name).partition(b".")[0])),
    "uid_field": lambda saved, name: saved.word(name, re.compile("|".join(UID_FIELDS))),
}


def parse_report(value: Any) -> Report:
    """Return the report that render_json() made, from what json.loads() made of that.

    Raises ValueError where it is not whole or holds what no report does.
    """
    whole = Saved(value, "the report")
    log = Saved(whole.values.get("log"), "log")
    for option in ("top", "baseline"):
        if option in log.values:
            raise ValueError(f"it was made with --{option}, so it is not whole; make it again without")
    report = Report()
    for name in TOTALS:
        setattr(report, name, log.count(name))
    for name in ("first", "last"):
        setattr(report, name, b"" if log.values.get(name, "") is None else log.time(name))
    report.first_skipped = decoded(log.maybe("first_skipped") or b"") if "first_skipped" in log.values else ""
    report.recorded = RECORDED.keys() & log.lines("recorded")
    report.other_id = log.count("other_id") if "other_id" in log.values else 0
    gaps = log.inner("gaps")
    report.gaps.update({gap: gaps.count(gap) for gap in GAPS if gap in gaps.values})
    for section in sections_in(whole):
        rows = (Saved(row, f"{section}, row {i}") for i, row in enumerate(whole.take(section, list), 1))
        if section in FIELDS:
            parse_counted(report, rows, section)
        else:
            (parse_calls if section == "syscalls" else parse_processes)(report, rows)
    arches = log.inner("arches")
    report.other_calls = Counter({arch: arches.count(arch) for arch in arches.values}) - report.arches()
    return report


def sections_in(whole: Saved) -> list[str]:
    """Return the sections that a JSON report has."""
    return [section for section in SECTIONS if section in whole.values]


def parse_reading(value: Any) -> Reading:
    """Return a JSON report with what it tells of itself; raises ValueError as parse_report() does."""
    report, whole = parse_report(value), Saved(value, "the report")
    log, selection = Saved(value["log"], "log"), Saved(value.get("selection", {}), "selection")
    unknown = next((name for name in (*selection.values, *log.lines("various")) if name not in CRITERIA), None)
    if unknown is not None:
        raise ValueError(f"it selects by something that this version does not know: {unknown}")
    selected = Selection(**{name: CRITERIA[name](selection, name) for name in selection.values})
    lines = (log.lines(name) for name in ("sources", "errors", "various"))
    return Reading(report, selected, sections_in(whole), *lines)


def merged(readings: Sequence[Reading]) -> Reading:
    """Return several readings as one, with the sections that all have and what all select by."""
    first = readings[0]
    differ = {name for reading in readings for name in reading.various}
    for name in Selection._fields:
        if any(getattr(reading.selection, name) != getattr(first.selection, name) for reading in readings):
            differ.add("uid" if name == "uid_field" else name)
    report = Report()
    for reading in readings:
        report.update(reading.report)
    return Reading(
        report,
        first.selection._replace(**{name: Selection._field_defaults[name] for name in differ}),
        [section for section in SECTIONS if all(section in reading.sections for reading in readings)],
        [source for reading in readings for source in reading.sources],
        [error for reading in readings for error in reading.errors],
        [name for name in Selection._fields if name in differ],
    )


# --- Syscall tables -----------------------------------------------------------------------


X32_BIT = 0x40000000  # arch/x86/include/uapi/asm/unistd.h

#: asm-generic/errno-base.h and errno.h; the same on all of ARCHES but for one on powerpc.
ERRNO = parse_table("""
1 EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY
EEXIST EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK
EPIPE EDOM ERANGE EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP 42 ENOMSG EIDRM ECHRNG EL2NSYNC
EL3HLT EL3RST ELNRNG EUNATCH ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT 59 EBFONT ENOSTR
ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG
EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS
ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP
EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH ENETRESET ECONNABORTED ECONNRESET
ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN EHOSTUNREACH EALREADY
EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE ECANCELED ENOKEY
EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL EHWPOISON
""")
PPC_ERRNO = {58: "EDEADLOCK"}  # arch/powerpc/include/uapi/asm/errno.h

# Generated by tests/make_syscall_tables.py from system-calls 7.2
CALLS = parse_tables("""
COMMON
424 pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen
fsconfig fsmount fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2
process_madvise epoll_pwait2 mount_setattr quotactl_fd landlock_create_ruleset landlock_add_rule
landlock_restrict_self 448 process_mrelease futex_waitv set_mempolicy_home_node cachestat fchmodat2
map_shadow_stack futex_wake futex_wait futex_requeue statmount listmount lsm_get_self_attr
lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat removexattrat
open_tree_attr file_getattr file_setattr listns rseq_slice_yield
I386
0 restart_syscall exit fork read write open close waitpid creat link unlink execve chdir time mknod
chmod lchown break oldstat lseek getpid mount umount setuid getuid stime ptrace alarm oldfstat
pause utime stty gtty access nice ftime sync kill rename mkdir rmdir dup pipe times prof brk setgid
getgid signal geteuid getegid acct umount2 lock ioctl fcntl mpx setpgid ulimit oldolduname umask
chroot ustat dup2 getppid getpgrp setsid sigaction sgetmask ssetmask setreuid setregid sigsuspend
sigpending sethostname setrlimit getrlimit getrusage gettimeofday settimeofday getgroups setgroups
select symlink oldlstat readlink uselib swapon reboot readdir mmap munmap truncate ftruncate fchmod
fchown getpriority setpriority profil statfs fstatfs ioperm socketcall syslog setitimer getitimer
stat lstat fstat olduname iopl vhangup idle vm86old wait4 swapoff sysinfo ipc fsync sigreturn clone
setdomainname uname modify_ldt adjtimex mprotect sigprocmask create_module init_module
delete_module get_kernel_syms quotactl getpgid fchdir bdflush sysfs personality afs_syscall
setfsuid setfsgid _llseek getdents _newselect flock msync readv writev getsid fdatasync _sysctl
mlock munlock mlockall munlockall sched_setparam sched_getparam sched_setscheduler
sched_getscheduler sched_yield sched_get_priority_max sched_get_priority_min sched_rr_get_interval
nanosleep mremap setresuid getresuid vm86 query_module poll nfsservctl setresgid getresgid prctl
rt_sigreturn rt_sigaction rt_sigprocmask rt_sigpending rt_sigtimedwait rt_sigqueueinfo
rt_sigsuspend pread64 pwrite64 chown getcwd capget capset sigaltstack sendfile getpmsg putpmsg
vfork ugetrlimit mmap2 truncate64 ftruncate64 stat64 lstat64 fstat64 lchown32 getuid32 getgid32
geteuid32 getegid32 setreuid32 setregid32 getgroups32 setgroups32 fchown32 setresuid32 getresuid32
setresgid32 getresgid32 chown32 setuid32 setgid32 setfsuid32 setfsgid32 pivot_root mincore madvise
getdents64 fcntl64 224 gettid readahead setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr
listxattr llistxattr flistxattr removexattr lremovexattr fremovexattr tkill sendfile64 futex
sched_setaffinity sched_getaffinity set_thread_area get_thread_area io_setup io_destroy
io_getevents io_submit io_cancel fadvise64 252 exit_group lookup_dcookie epoll_create epoll_ctl
epoll_wait remap_file_pages set_tid_address timer_create timer_settime timer_gettime
timer_getoverrun timer_delete clock_settime clock_gettime clock_getres clock_nanosleep statfs64
fstatfs64 tgkill utimes fadvise64_64 vserver mbind get_mempolicy set_mempolicy mq_open mq_unlink
mq_timedsend mq_timedreceive mq_notify mq_getsetattr kexec_load waitid 286 add_key request_key
keyctl ioprio_set ioprio_get inotify_init inotify_add_watch inotify_rm_watch migrate_pages openat
mkdirat mknodat fchownat futimesat fstatat64 unlinkat renameat linkat symlinkat readlinkat fchmodat
faccessat pselect6 ppoll unshare set_robust_list get_robust_list splice sync_file_range tee
vmsplice move_pages getcpu epoll_pwait utimensat signalfd timerfd_create eventfd fallocate
timerfd_settime timerfd_gettime signalfd4 eventfd2 epoll_create1 dup3 pipe2 inotify_init1 preadv
pwritev rt_tgsigqueueinfo perf_event_open recvmmsg fanotify_init fanotify_mark prlimit64
name_to_handle_at open_by_handle_at clock_adjtime syncfs sendmmsg setns process_vm_readv
process_vm_writev kcmp finit_module sched_setattr sched_getattr renameat2 seccomp getrandom
memfd_create bpf execveat socket socketpair bind connect listen accept4 getsockopt setsockopt
getsockname getpeername sendto sendmsg recvfrom recvmsg shutdown userfaultfd membarrier mlock2
copy_file_range preadv2 pwritev2 pkey_mprotect pkey_alloc pkey_free statx arch_prctl io_pgetevents
rseq 393 semget semctl shmget shmctl shmat shmdt msgget msgsnd msgrcv msgctl clock_gettime64
clock_settime64 clock_adjtime64 clock_getres_time64 clock_nanosleep_time64 timer_gettime64
timer_settime64 timerfd_gettime64 timerfd_settime64 utimensat_time64 pselect6_time64 ppoll_time64
416 io_pgetevents_time64 recvmmsg_time64 mq_timedsend_time64 mq_timedreceive_time64
semtimedop_time64 rt_sigtimedwait_time64 futex_time64 sched_rr_get_interval_time64 447 memfd_secret
GENERIC
0 io_setup io_destroy io_submit io_cancel io_getevents setxattr..fremovexattr getcwd lookup_dcookie
eventfd2 epoll_create1 epoll_ctl epoll_pwait dup dup3 fcntl inotify_init1 inotify_add_watch
inotify_rm_watch ioctl ioprio_set ioprio_get flock mknodat mkdirat unlinkat symlinkat linkat 39
umount2 mount pivot_root 43 statfs fstatfs truncate ftruncate fallocate faccessat chdir fchdir
chroot fchmod fchmodat fchownat fchown openat close vhangup pipe2 quotactl getdents64 lseek read
write readv writev pread64 pwrite64 preadv pwritev sendfile pselect6 ppoll signalfd4 vmsplice
splice tee readlinkat newfstatat fstat sync fsync fdatasync sync_file_range timerfd_create
timerfd_settime timerfd_gettime utimensat acct capget capset personality exit exit_group waitid
set_tid_address unshare futex set_robust_list get_robust_list nanosleep getitimer setitimer
kexec_load init_module delete_module timer_create timer_gettime timer_getoverrun timer_settime
timer_delete..clock_nanosleep syslog ptrace sched_setparam sched_setscheduler sched_getscheduler
sched_getparam sched_setaffinity sched_getaffinity sched_yield..sched_rr_get_interval
restart_syscall kill tkill tgkill sigaltstack rt_sigsuspend rt_sigaction..rt_sigqueueinfo
rt_sigreturn setpriority getpriority reboot setregid setgid setreuid setuid setresuid getresuid
setresgid getresgid setfsuid setfsgid times setpgid getpgid getsid setsid getgroups setgroups uname
sethostname setdomainname getrlimit setrlimit getrusage umask prctl getcpu gettimeofday
settimeofday adjtimex getpid getppid getuid geteuid getgid getegid gettid sysinfo
mq_open..mq_getsetattr msgget msgctl msgrcv msgsnd semget semctl semtimedop semop shmget..shmdt
socket..bind listen accept connect getsockname..sendto recvfrom setsockopt getsockopt shutdown
sendmsg recvmsg readahead brk munmap mremap add_key..keyctl clone execve mmap fadvise64 swapon
swapoff mprotect msync mlock..munlockall mincore madvise remap_file_pages mbind..set_mempolicy
migrate_pages move_pages rt_tgsigqueueinfo perf_event_open accept4 recvmmsg 260 wait4 prlimit64
fanotify_init fanotify_mark name_to_handle_at..syncfs setns sendmmsg process_vm_readv..execveat
userfaultfd..statx io_pgetevents rseq kexec_file_load 447 memfd_secret
AARCH64
38 renameat 42 nfsservctl
RISCV64
258 riscv_hwprobe riscv_flush_icache
X86_64
0 read..close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask
rt_sigreturn ioctl pread64 pwrite64 readv writev access pipe select sched_yield mremap msync
mincore madvise shmget shmat shmctl dup dup2 pause nanosleep getitimer alarm setitimer getpid
sendfile socket connect accept sendto recvfrom sendmsg recvmsg shutdown bind listen getsockname
getpeername socketpair setsockopt getsockopt clone fork vfork execve exit wait4 kill uname semget
semop semctl shmdt..msgctl fcntl flock fsync fdatasync truncate ftruncate getdents getcwd chdir
fchdir rename..rmdir creat..unlink symlink readlink chmod fchmod chown fchown lchown umask
gettimeofday getrlimit getrusage sysinfo times ptrace getuid syslog getgid setuid setgid geteuid
getegid setpgid getppid..setsid setreuid setregid getgroups setgroups setresuid getresuid setresgid
getresgid getpgid setfsuid setfsgid getsid capget capset rt_sigpending..rt_sigsuspend sigaltstack
utime mknod uselib personality ustat statfs fstatfs sysfs getpriority setpriority
sched_setparam..sched_getscheduler sched_get_priority_max..sched_rr_get_interval mlock..munlockall
vhangup modify_ldt pivot_root _sysctl prctl arch_prctl adjtimex setrlimit chroot sync acct
settimeofday mount umount2 swapon swapoff reboot sethostname setdomainname iopl ioperm
create_module..get_kernel_syms query_module quotactl nfsservctl getpmsg putpmsg afs_syscall tuxcall
security gettid..tkill time futex..set_thread_area io_setup..io_cancel get_thread_area
lookup_dcookie epoll_create epoll_ctl_old epoll_wait_old remap_file_pages getdents64
set_tid_address restart_syscall semtimedop fadvise64 timer_create..clock_nanosleep exit_group
epoll_wait epoll_ctl tgkill utimes vserver mbind set_mempolicy get_mempolicy mq_open..futimesat
newfstatat unlinkat..splice tee sync_file_range vmsplice move_pages utimensat epoll_pwait
signalfd..timerfd_gettime accept4 signalfd4..setns getcpu process_vm_readv..memfd_create
kexec_file_load bpf execveat userfaultfd..statx io_pgetevents rseq uretprobe uprobe 447
memfd_secret
X32
512 rt_sigaction rt_sigreturn ioctl readv writev recvfrom sendmsg recvmsg execve ptrace
rt_sigpending..rt_sigqueueinfo sigaltstack timer_create mq_notify kexec_load waitid set_robust_list
get_robust_list vmsplice move_pages preadv..rt_tgsigqueueinfo recvmmsg sendmmsg process_vm_readv
process_vm_writev setsockopt getsockopt io_setup io_submit execveat preadv2 pwritev2
ARM
0 restart_syscall..close 8 creat..chdir 14 mknod..lchown 19 lseek..mount 23 setuid getuid 26 ptrace
29 pause 33 access nice 36 sync..times 45 brk..getgid 49 geteuid..umount2 54 ioctl fcntl 57 setpgid
60 umask..sigaction 70 setreuid..setrlimit 77 getrusage..setgroups 83 symlink 85 readlink..reboot
91 munmap..setpriority 99 statfs fstatfs 103 syslog..fstat 111 vhangup 114 wait4..sysinfo 118
fsync..uname 124 adjtimex..sigprocmask 128 init_module delete_module 131 quotactl..personality 138
setfsuid..getresuid 168 poll..sendfile 190 vfork..setfsgid32 getdents64 pivot_root..madvise fcntl64
224 gettid..sched_getaffinity io_setup..io_cancel exit_group..remap_file_pages 256
set_tid_address..utimes arm_fadvise64_64 pciconfig_iobase pciconfig_read pciconfig_write
mq_open..mq_getsetattr waitid socket bind..listen accept getsockname getpeername socketpair send
sendto recv recvfrom shutdown setsockopt getsockopt sendmsg recvmsg semop semget semctl msgsnd
msgrcv msgget msgctl shmat shmdt shmget shmctl add_key..keyctl semtimedop vserver
ioprio_set..inotify_rm_watch mbind..set_mempolicy openat..splice sync_file_range2 tee..epoll_pwait
kexec_load utimensat..recvmmsg accept4 fanotify_init..execveat userfaultfd..statx rseq
io_pgetevents migrate_pages kexec_file_load 403 clock_gettime64..ppoll_time64 416
io_pgetevents_time64..sched_rr_get_interval_time64 983041 breakpoint cacheflush usr26 usr32 set_tls
get_tls
PPC64
0 restart_syscall..idle vm86 wait4..getresuid query_module..ugetrlimit readahead 198 pciconfig_read
pciconfig_write pciconfig_iobase multiplexer getdents64 pivot_root 205 madvise mincore gettid tkill
setxattr..fremovexattr futex..sched_getaffinity 225 tuxcall 227 io_setup..io_cancel set_tid_address
fadvise64..remap_file_pages timer_create..clock_nanosleep swapcontext tgkill utimes statfs64
fstatfs64 255 rtas sys_debug_setcontext 258 migrate_pages mbind..kexec_load add_key..keyctl waitid
ioprio_set..inotify_rm_watch spu_run spu_create pselect6..unshare splice tee vmsplice
openat..futimesat newfstatat unlinkat..faccessat get_robust_list set_robust_list
move_pages..eventfd sync_file_range2 fallocate subpage_prot timerfd_settime..inotify_init1
perf_event_open preadv..rt_tgsigqueueinfo fanotify_init..prlimit64 socket bind..listen accept
getsockname getpeername socketpair send sendto recv recvfrom shutdown setsockopt getsockopt sendmsg
recvmsg recvmmsg accept4 name_to_handle_at..process_vm_writev finit_module kcmp
sched_setattr..execveat switch_endian userfaultfd membarrier 378 mlock2..pwritev2 kexec_file_load
statx pkey_alloc pkey_free pkey_mprotect rseq io_pgetevents 392 semtimedop semget..msgctl
S390X
1 exit..close restart_syscall creat..chdir 14 mknod chmod 19 lseek..umount 26 ptrace alarm 29 pause
utime 33 access nice 36 sync..times 45 brk 48 signal 51 acct umount2 54 ioctl fcntl 57 setpgid 60
umask..sigaction 72 sigsuspend..setrlimit 77 getrusage..settimeofday 83 symlink 85 readlink..fchmod
96 getpriority setpriority 99 statfs fstatfs 102 socketcall..fstat 110 lookup_dcookie vhangup idle
114 wait4..uname 124 adjtimex..afs_syscall 141 getdents select flock..mremap 167
query_module..nfsservctl 172 prctl..pwrite64 183 getcwd..vfork getrlimit 198 lchown getuid getgid
geteuid getegid setreuid setregid getgroups setgroups fchown setresuid getresuid setresgid
getresgid chown setuid setgid setfsuid setfsgid pivot_root..getdents64 222 readahead 224
setxattr..fremovexattr gettid tkill futex..sched_getaffinity tgkill 243 io_setup..io_cancel
exit_group epoll_create..epoll_wait set_tid_address fadvise64 timer_create..clock_nanosleep 265
statfs64 fstatfs64 remap_file_pages mbind..kexec_load add_key..keyctl waitid ioprio_set..futimesat
newfstatat unlinkat..epoll_pwait utimes fallocate utimensat signalfd timerfd eventfd timerfd_create
timerfd_settime..eventfd2 inotify_init1 pipe2 dup3 epoll_create1 preadv..perf_event_open
fanotify_init..syncfs setns..process_vm_writev s390_runtime_instr kcmp..bpf s390_pci_mmio_write
s390_pci_mmio_read execveat userfaultfd membarrier recvmmsg sendmmsg socket..shutdown
mlock2..pwritev2 s390_guarded_storage statx s390_sthyi kexec_file_load io_pgetevents rseq
pkey_mprotect..pkey_free 392 semtimedop semget..msgctl 447 memfd_secret
""")
# End generated

#: Of the architecture x86_64, told apart by a bit in the number.
X32_CALLS = CALLS["COMMON"] | CALLS["X86_64"] | CALLS["X32"]
#: By the log's token, the ELF machine and flags of linux/audit.h: the name and the table.
ARCHES: dict[bytes, tuple[str, dict[int, str]]] = {
    b"c000003e": ("x86_64", CALLS["COMMON"] | CALLS["X86_64"]),
    b"40000003": ("i386", CALLS["COMMON"] | CALLS["I386"]),
    b"c00000b7": ("aarch64", CALLS["COMMON"] | CALLS["GENERIC"] | CALLS["AARCH64"]),
    b"c00000f3": ("riscv64", CALLS["COMMON"] | CALLS["GENERIC"] | CALLS["RISCV64"]),
    b"40000028": ("arm", CALLS["COMMON"] | CALLS["ARM"]),
    b"80000015": ("ppc64", CALLS["COMMON"] | CALLS["PPC64"]),
    b"c0000015": ("ppc64le", CALLS["COMMON"] | CALLS["PPC64"]),
    b"80000016": ("s390x", CALLS["COMMON"] | CALLS["S390X"]),
}
ARCH_NAMES = {"x32", *(name for name, _ in ARCHES.values())}


# --- Sources ------------------------------------------------------------------------------

#: What compressed files begin with, and the module that unpacks them.
PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "lzma"}
#: A log's own name, what rotating it added (a number or a date), and what packing added.
ROTATED = re.compile(r"((?:.*/)?[^/]*?)((?:[.-]\d[\d.:TZ-]*?)?)((?:\.(?:gz|bz2|xz))?)\Z", re.DOTALL)


class Source(NamedTuple):
    """A log that is open for reading."""

    name: str
    stream: BinaryIO


def age(path: str) -> tuple[int, int, str]:
    """Sort the files of a rotated set oldest first: by date, then by number, the one in use last."""
    _, suffix, _ = ROTATED.findall(path)[0]
    if suffix[1:].isdecimal() and len(suffix) < 7:
        return 1, -int(suffix[1:]), path
    return (0, 0, suffix) if suffix else (2, 0, path)


def in_order(paths: Iterable[str]) -> list[str]:
    """Return paths with the files of each rotated set together, oldest first."""
    sets: dict[str, list[str]] = {}
    for path in paths:
        name, _, _ = ROTATED.findall(path)[0]
        sets.setdefault(name, []).append(path)
    return [path for group in sets.values() for path in sorted(group, key=age)]


def logs_in(folder: str) -> list[str]:
    """Return the audit.log* files of a directory, oldest first."""
    names = (name for name in os.listdir(folder) if name.startswith("audit.log"))
    return in_order(path for name in sorted(names) if not os.path.isdir(path := os.path.join(folder, name)))


def open_folder(folder: str) -> tuple[list[Source], list[str]]:
    """Open the logs of a directory, all of one moment: again where a rotation came between."""
    for _ in range(9):
        sources, errors, opened = [], [], {}
        for path in logs_in(folder):
            opened[path] = file_id(path)
            try:
                if opened[path] and not os.path.isfile(path):
                    raise OSError("not a regular file")
                sources.append(Source(path, open(path, "rb")))  # noqa: SIM115
                opened[path] = file_id(sources[-1].stream.fileno())
            except OSError as error:
                errors.append(failure(path, error))
        if opened == {path: file_id(path) for path in logs_in(folder)}:
            return without_copies(sources), errors
        for source in sources:
            source.stream.close()
    raise OSError("it is rotated faster than it can be opened")


def file_id(file: str | int) -> tuple[int, int] | None:
    """Return what tells a file from all others, whatever its name is by now; None for no file."""
    with contextlib.suppress(OSError):
        status = os.stat(file)
        return status.st_dev, status.st_ino
    return None


def stream_id(stream: BinaryIO) -> object:
    """Return what tells an open file from all others; the stream itself where it is no file."""
    with contextlib.suppress(OSError, ValueError):
        return file_id(stream.fileno())
    return stream


def without_copies(sources: list[Source]) -> list[Source]:
    """Return sources without those being packed: the packer removes a file only when it is done."""
    streams = {source.name: source.stream for source in sources}
    kept = []
    for source in sources:
        _, _, packing = ROTATED.findall(source.name)[0]
        original = streams.get(source.name.removesuffix(packing)) if packing else None
        if original is None or not start_of(original).startswith(start_of(source.stream)):
            kept.append(source)
        else:
            source.stream.close()
    return kept


def start_of(stream: BinaryIO) -> bytes:
    """Return the first bytes of a file, unpacked, as far as they can be read."""
    try:
        return unpacked(stream).read(1000)
    except read_errors():
        return b""
    finally:
        stream.seek(0)


def open_sources(paths: Iterable[str]) -> tuple[list[Source], list[str]]:
    """Open the logs that the paths stand for, before any is read, and say what could not be opened.

    paths: files, directories, `-` for standard input; none of them for the system's log. What is
    named twice is opened once.
    """
    allow_many_files()
    sources: dict[object, Source] = {}
    errors = []
    for path in in_order(paths) or [os.path.dirname(DEFAULT_LOG)]:
        try:
            if path == "-":
                if sys.stdin is None:
                    raise OSError("standard input is closed")
                with contextlib.suppress(OSError):  # who shares it may have made it so that it does not wait
                    os.set_blocking(sys.stdin.buffer.fileno(), True)
                found = [Source("-", sys.stdin.buffer)]
            elif os.path.isdir(path):
                found, more = open_folder(path)
                errors += more
                if not found and not more:
                    raise OSError("no audit.log in it")
            else:
                found = [Source(path, open(path, "rb"))]  # noqa: SIM115
        except (OSError, ValueError) as error:  # ValueError: a name with NUL
            errors.append(failure(path, error))
            continue
        for source in found:
            sources.setdefault(stream_id(source.stream), source)
    return list(sources.values()), errors


def allow_many_files() -> None:
    """Raise the limit on open files as far as it goes: all rotated files are open at once."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))


def failure(path: str, error: Exception) -> str:
    """Return one line about a log that could not be read."""
    advice = "; try sudo" if isinstance(error, PermissionError) else ""
    reason = getattr(error, "strerror", None) or str(error) or "out of memory"
    return f"{quoted(os.fsencode(path))}: {reason}{advice}"


def read_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that reading a log can end in, of the modules loaded."""
    packers = [getattr(sys.modules.get(m), n, None) for m, n in (("zlib", "error"), ("lzma", "LZMAError"))]
    return (OSError, EOFError, MemoryError, *filter(None, packers))


class Rejoined(io.RawIOBase):
    """A stream that cannot seek, with the bytes in front that were read to see what it is."""

    def __init__(self, start: bytes, rest: BinaryIO) -> None:
        self.start, self.rest = start, rest

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there into a buffer and return how much that was."""
        data = self.start[: len(buffer)] or self.rest.read1(len(buffer))  # type: ignore[attr-defined]
        self.start = self.start[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


def unpacked(stream: BinaryIO) -> BinaryIO:
    """Return a stream of what is in it, unpacked where its first bytes say that it is packed."""
    start = stream.read(6)
    if stream.seekable():
        stream.seek(-len(start), os.SEEK_CUR)
    else:
        stream = io.BufferedReader(Rejoined(start, stream))
    for magic, module in PACKED.items():
        if start.startswith(magic):
            packed: BinaryIO = importlib.import_module(module).open(stream)
            return packed
    return stream


def read_blocks(stream: BinaryIO | Reader, size: int = BLOCK) -> Iterator[bytes]:
    """Yield a log in blocks of whole lines, each with its newline, but for the last of a log that ends without.

    An overlong line becomes one that is no record. An error is raised when all lines that
    could be read have been yielded.
    """
    carry = b""
    error = None
    while True:
        try:
            chunk = stream.read1(min(size, MAX_LINE))  # type: ignore[union-attr]
        except read_errors() as caught:
            chunk, error = b"", caught
        if not chunk:
            break
        end = chunk.rfind(b"\n") + 1
        if len(carry) + (chunk.find(b"\n") if end else len(chunk)) > MAX_LINE:
            carry = OVERLONG
        if end:
            yield carry + chunk[:end]
            carry = chunk[end:]
        else:
            carry += chunk
    if carry:
        yield carry
    if error is not None:
        raise error


OVERLONG = b"=overlong"  # nothing with = in front is a record


def without_cut_field(line: bytes) -> bytes:
    """Return a line that lacks its end without the field in which it may have been cut off.

    Of an argument what is there is worth having, with an odd hex digit to mark it as cut.
    """
    if CUT_ARGUMENT.search(line):
        return line + b"0"
    return line if WHOLE_FIELD.search(line) or b" " not in line else line[: line.rindex(b" ") + 1]


#: What ends in a mark of its end.
WHOLE_FIELD = re.compile(rb"""[^=]["')}:]\Z""")
CUT_ARGUMENT = re.compile(rb" a\d+(?:\[\d+\])?=(?:[0-9A-F]{2})+\Z")


#: Where auditd has added to a record, in which it is as hex, the name of a unix socket as it is.
SOCKET_NAME = b"SADDR={ saddr_fam=local path="
SOCKET_ADDRESS = re.compile(rb"saddr=[0-9A-Fa-f]{4}((?:[0-9A-Fa-f]{2})+)")
SOCKET_RECORD = 4096  # bytes, of which it has less
MAX_NAMES = 64  # of a line: what users name tables of the packet filter can look like such fields


class SocketNames:
    """Takes out of a log the lines that are in names of unix sockets, for auditd adds these raw.

    Any user can have chosen a name with newlines in it, and behind these what looks like a record.
    """

    def __init__(self) -> None:
        self.names: list[bytes] = []  # what may be written raw in the line that is being read
        self.rests: list[bytes] = []  # of what may come next, where the block ended within it

    def taken_out(self, block: bytes) -> bytes:
        """Return the next block of a log with such lines blank."""
        if not self.rests and b"{" not in block:  # one byte is looked for five times as fast
            return block
        found: list[bytes] = []
        done = at = 0
        while True:
            left = len(block) - at
            cut = [rest[left:] for rest in self.rests if len(rest) > left and rest.startswith(block[at:])]
            whole = [rest for rest in self.rests if block.startswith(rest, at)]
            if cut or whole:
                end = len(block) if cut else at + len(max(whole, key=len))
                found += block[done:at], b"\n" * block.count(b"\n", at, end)
                done = at = end
            self.rests = cut
            end = -1 if cut else block.find(SOCKET_NAME, at)
            if end < 0:
                return b"".join([*found, block[done:]]) if found else block
            begin = block.rfind(b"\n", at, end) + 1
            if begin or not at:  # another line
                self.names = []
            self.names = [*self.names, *raw_names(block[max(begin, at) : end])][-MAX_NAMES:]
            self.rests = self.names
            at = end + len(SOCKET_NAME)


def raw_names(line: bytes) -> Iterator[bytes]:
    """Yield what auditd may write of the addresses in a record, with its end, where there is a newline in it.

    That is 108 bytes at the most (3.0.9), or all.
    """
    for address in SOCKET_ADDRESS.findall(line):
        name = bytes.fromhex(address.decode())
        name = name[name[:1] == b"\0" :].partition(b"\0")[0]  # an abstract one begins with NUL
        yield from (text + b" }" for text in {name, name[:108]} if b"\n" in text)


class Reader:
    """Reads logs one after the other, forward, in blocks of whole lines."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = list(sources)  # those to be read yet, and the one that is being read
        self.stream: BinaryIO | None = None  # that one, unpacked
        #: Where that one begins, and up to where they were read, in bytes of all, unpacked.
        self.begin = self.at = 0
        self.stop = 0.0  # which of its lines to read: those that begin before
        self.whole = True  # whether that is where a line begins, and there is more
        self.before = 0  # bytes, as they are, of the sources that were read
        self.errors: dict[str, Exception] = {}  # why a source was not read whole
        self.names = SocketNames()

    def blocks(self, end: float = float("inf")) -> Iterator[tuple[bytes, str, int]]:
        """Yield the lines that begin before a position, each with its newline: a block, its source and its span.

        The lines of a block begin in one span of EVENT_SPAN bytes, counted from the beginning of all.
        """
        while self.sources and self.at < end:
            name, span = self.sources[0].name, self.at // EVENT_SPAN
            self.stop = min(end, (span + 1) * EVENT_SPAN)
            try:
                for block in map(self.names.taken_out, read_blocks(self)):
                    whole = block if block.endswith(b"\n") else without_cut_field(block) + b"\n"
                    yield whole, name, span
            except read_errors() as error:
                self.errors[name] = error
                self.whole = False
            if not self.whole:
                self.next()

    def read1(self, size: int) -> bytes:
        """Return the next bytes of the lines to read, at most so many; none at their end."""
        if self.whole and self.at >= self.stop:
            return b""
        if self.at < self.stop:
            data: bytes = self.opened().read1(int(min(size, self.stop - self.at)))  # type: ignore[attr-defined]
        else:
            data = self.opened().readline(size)
        self.at += len(data)
        self.whole = data.endswith(b"\n")
        return data

    def opened(self) -> BinaryIO:
        """Return the source that is being read, unpacked."""
        if self.stream is None:
            self.stream = unpacked(self.sources[0].stream)
        return self.stream

    def skip(self, position: int) -> None:
        """Go on where the first line begins that does not begin before a position further on."""
        while self.sources and self.at < position:
            self.whole = False
            try:
                stream = self.opened()
                # From a record before, for what is there may be in the name of a socket.
                self.at = self.begin + stream.seek(max(position - SOCKET_RECORD, self.at) - self.begin)
                while not (self.whole and self.at >= position) and (data := stream.readline(BLOCK)):
                    self.at += len(data)
                    self.whole = data.endswith(b"\n")
                    self.names.taken_out(data)
            except read_errors() as error:
                self.errors[self.sources[0].name] = error
            if not self.whole:
                self.next()

    def next(self) -> None:
        """Begin with the next source."""
        self.before = self.done()
        self.begin, self.stream, self.whole = self.at, None, True
        self.names = SocketNames()
        del self.sources[0]

    def done(self) -> int:
        """Return how many bytes were read, packed ones as they are."""
        if not self.sources:
            return self.before
        return self.before + (position(self.sources[0].stream) or self.at - self.begin)


class Progress:
    """A line on a terminal that says how far reading is, rewritten in place; there after a second."""

    def __init__(self, sources: Iterable[Source], terminal: TextIO | None = None) -> None:
        self.terminal = terminal
        self.total = sum(size_of(source.stream) for source in sources)  # bytes
        self.done = 0  # of these
        self.begin = self.due = time.monotonic() + 1
        self.shown = False

    def read(self, done: int) -> None:
        """Tell how much has been read."""
        self.done = done
        if self.terminal is not None and time.monotonic() > self.due:
            self.due = time.monotonic() + 0.2
            self.shown = True
            self.write(f"\rauditloginfo: {self}\x1b[K")

    def end(self) -> None:
        """Take the line away."""
        if self.shown:
            self.shown = False
            self.write("\r\x1b[K")

    def __str__(self) -> str:
        """Return how much was read, how fast, and how long it will take."""
        rate = self.done / (time.monotonic() - self.begin + 1)
        if self.done >= self.total:  # a pipe, or a file that grows
            return f"{self.done / 1e6:,.0f} MB read, {rate / 1e6:,.0f} MB/s"
        share, left = self.done / self.total, (self.total - self.done) / max(rate, 1)
        return f"{share:.0%} of {self.total / 1e6:,.0f} MB, {rate / 1e6:,.0f} MB/s, {left:,.0f} s left"

    def write(self, text: str) -> None:
        """Write to the terminal, as long as it is there."""
        try:
            print(text, end="", file=self.terminal, flush=True)
        except (OSError, ValueError):
            self.terminal = None


def size_of(stream: BinaryIO) -> int:
    """Return how many bytes a stream has, 0 where that cannot be known."""
    with contextlib.suppress(OSError, ValueError):
        return os.fstat(stream.fileno()).st_size
    return 0


def read_report(
    sources: Iterable[Source],
    selection: Selection,
    sections: Iterable[str] = DEFAULT_SECTIONS,
    jobs: int = 1,
    progress: Progress | None = None,
) -> tuple[Report, list[str]]:
    """Return the report over some logs, oldest first, and a line for each that was not read whole.

    jobs: how many processes may read large logs. Raises LostWorkerError where one of them died.
    """
    sources, progress = list(sources), progress or Progress(())
    starts = [position(source.stream) for source in sources]
    sizes = [size_of(source.stream) for source in sources]
    own_only = all(source.stream.seekable() for source in sources)  # else nothing can be read again
    size = part_size(sources, jobs) if own_only else 0
    with sources_open(sources):
        while True:
            collector = Collector(selection, sections, own_only=own_only)
            errors: list[str] = []
            try:
                if size:
                    read_side_by_side(collector, sources, size, jobs, progress)
                else:
                    for _ in feed_all(collector, sources, errors, progress):
                        pass
                return collector.finish(), [*errors, *unreadable(collector), *cut_short(sources, sizes)]
            except NeedsOthersError as needs:
                own_only = False
                size = 0 if isinstance(needs, NeedsOrderError) else size
                for source, start in zip(sources, starts):
                    source.stream.seek(start)


def sources_open(sources: Iterable[Source]) -> contextlib.ExitStack:
    """Return a context at the end of which some sources are closed."""
    stack = contextlib.ExitStack()
    for source in sources:
        stack.enter_context(source.stream)
    return stack


def feed_all(
    collector: Collector, sources: Sequence[Source], errors: list[str], progress: Progress
) -> Iterator[None]:
    """Feed some logs to a collector, stopping after each block; add a line for each not read whole."""
    reader = Reader(sources)
    for block, source, span in reader.blocks():
        try:
            collector.feed(block, source, span)
        except MemoryError as error:
            reader.errors[source] = error
        progress.read(reader.done())
        yield
    for name, why in reader.errors.items():
        errors.append(failure(name, why) + "; the report has what could be read")


def unreadable(collector: Collector) -> Iterator[str]:
    """Yield a line for each of some logs in which there is nothing that can be read."""
    advice = "text made by `ausearch -i` has lost its quoting and cannot be read; use `ausearch --raw`"
    for name, seen in collector.seen.items():
        if seen.interpreted:
            yield f"{quoted(os.fsencode(name))}: {advice}"
        elif not seen.had_record and seen.skipped:
            yield f"{quoted(os.fsencode(name))}: no audit record in it"


def cut_short(sources: Iterable[Source], sizes: Iterable[int]) -> Iterator[str]:
    """Yield a line for each of some logs that has fewer bytes by now than it had."""
    for source, size in zip(sources, sizes):
        if size_of(source.stream) < size:
            yield failure(source.name, OSError("became shorter while it was read, so some of it is lost"))


def position(stream: BinaryIO) -> int:
    """Return how much of a file was read, 0 where that cannot be known."""
    with contextlib.suppress(OSError, ValueError):
        return stream.tell()
    return 0


# --- Side by side -------------------------------------------------------------------------

#: Large logs are read in parts of at most so many spans, and at least so many for each process.
PART_SPANS, LEAST_SPANS = 32, 8
PACKED_SIZE = 16  # how many times as large as a packed log it is about to be


class LostWorkerError(Exception):
    """A process that read a part of a log died, and with it what it had read."""


class Shared(io.RawIOBase):
    """The bytes of a file from one position to another, where other processes move the file's own."""

    def __init__(self, file: int, start: int, end: int) -> None:
        self.file, self.start, self.size = file, start, max(end - start, 0)
        self.at = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a position, but not behind the end, and return it."""
        self.at = min(offset + self.at * (whence == os.SEEK_CUR), self.size)
        return self.at

    def readinto(self, buffer: Any) -> int:
        """Read what is there into a buffer and return how much that was."""
        data = os.pread(self.file, min(len(buffer), self.size - self.at), self.start + self.at)
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def part_size(sources: Iterable[Source], jobs: int) -> int:
    """Return how many bytes each of so many processes is to read at a time, 0 where one reads all.

    They are whole spans, and equally many parts for each process.
    """
    total = 0
    for _, stream in sources:
        size = size_of(stream)
        try:
            if not size and stream.read(1):  # no file, or none of which the size is known
                stream.seek(-1, os.SEEK_CUR)
                return 0
            total += size * (PACKED_SIZE if unpacked(stream) is not stream else 1)
        except OSError:  # of which is told when it is read
            return 0
    spans = -(-total // EVENT_SPAN)
    if jobs < 2 or spans <= LEAST_SPANS * jobs or not hasattr(os, "fork"):
        return 0
    rounds = -(-spans // (PART_SPANS * jobs))
    return EVENT_SPAN * -(-spans // (rounds * jobs))


def read_side_by_side(
    collector: Collector, sources: Sequence[Source], size: int, jobs: int, progress: Progress
) -> None:
    """Have some logs read in parts of a size, each of some processes every so manyth.

    An event belongs to the part in which its first record stands, so a process begins a span before
    its part, to see which do not, and goes on after it as long as events are open. What must be
    followed in order it follows when it has the state in which the process before it ended.
    """
    import pickle  # only for large logs: it takes a while to load

    files = [(name, stream.fileno(), position(stream), size_of(stream)) for name, stream in sources]
    workers: list[Worker] = []
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until it is known whom that is to end
    try:
        try:
            for first in range(jobs):
                workers.append(Worker(workers, collector, files, size, first, jobs))
        except OSError:  # no more processes can be had
            raise NeedsOrderError from None
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        state = pickle.dumps(collector.follower.state(), -1)
        in_turn = itertools.cycle(workers)
        part, state = next(in_turn).next_part(state)
        while part is not None:
            done, *found = part
            collector.join(*found)
            progress.read(done)
            part, state = next(in_turn).next_part(state)
    finally:
        for worker in workers:
            worker.end()


class Worker:
    """A process that reads every so manyth part of some logs."""

    def __init__(self, earlier: Iterable[Worker], collector: Collector, *what: Any) -> None:
        from multiprocessing.connection import Pipe

        (states, self.states), (self.results, results) = Pipe(duplex=False), Pipe(duplex=False)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
                for worker in (*earlier, self):  # else these would not see that our parent was killed
                    worker.states.close()
                    worker.results.close()
                for text in itertools.chain.from_iterable(self.parts(states, collector, *what)):
                    results.send_bytes(text)
            finally:
                os._exit(0)  # of what went wrong the pipe tells
        states.close()
        results.close()

    def parts(self, before: Any, collector: Collector, *what: Any) -> Iterator[tuple[bytes, bytes]]:
        """Yield what read_parts() does, and in the end None; each pickled, with the state the next part needs.

        before: where the states come from in which the parts before these ended.
        """
        import pickle

        try:
            for *found, state in read_parts(collector, lambda: pickle.loads(before.recv_bytes()), *what):
                yield pickle.dumps(found, -1), pickle.dumps(state, -1)
            yield pickle.dumps(None), b""
        except MemoryError:  # one process may not need so much
            yield pickle.dumps(NeedsOrderError()), b""
        except NeedsOthersError as needs:
            yield pickle.dumps(needs), b""

    def next_part(self, state: bytes) -> tuple[list[Any] | None, bytes]:
        """Return the next part that it read, as read_parts() does, None where there is none; and how that ended.

        state: how the part before ended. Raises NeedsOthersError where that process did, and LostWorkerError.
        """
        import pickle

        with contextlib.suppress(BrokenPipeError):  # it has no part any more, or died, which is told below
            self.states.send_bytes(state)
        try:
            part, state = self.results.recv_bytes(), self.results.recv_bytes()
        except (EOFError, OSError):
            raise LostWorkerError("a process that read a part of the log died, so there is no report") from None
        found: list[Any] | NeedsOthersError | None = pickle.loads(part)
        if isinstance(found, NeedsOthersError):
            raise found
        return found, state

    def end(self) -> None:
        """End it."""
        self.states.close()
        self.results.close()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def read_parts(
    collector: Collector,
    state_before: Callable[[], tuple[Any, ...]],
    files: Sequence[tuple[str, int, int, int]],
    size: int,
    first: int,
    jobs: int,
) -> Iterator[tuple[Any, ...]]:
    """Yield of every so manyth part how much of the files was read by then, and what Collector.part() returns.

    Raises NeedsOrderError where one process has to read all. state_before: returns the state in which the
    part before ended. files: the name of each, its descriptor, and from where to where it is a log.
    """
    reader, start = None, first * size
    while True:
        if reader is None or reader.at >= start - EVENT_SPAN:
            reader = Reader(Source(name, io.BufferedReader(Shared(*what))) for name, *what in files)
        if start > 0:
            reader.skip(start - EVENT_SPAN)
            collector.begin_part(start - EVENT_SPAN)
            for block in reader.blocks(start):
                collector.feed(*block)
        collector.begin_part(start)
        for block in reader.blocks(start + size):
            collector.feed(*block)
        if not (reader.sources or reader.errors or collector.seen):
            return
        done = reader.done()
        collector.drain(reader.blocks())
        if reader.errors:  # one process then finds how far they can be read
            raise NeedsOrderError
        yield (done, *collector.part(state_before()))
        start += jobs * size


# --- Command line -------------------------------------------------------------------------

EXAMPLES = """\
examples:
  %(prog)s --uid 7005                        what login user 7005 did
  %(prog)s --uid backup --since today        the same for a user by name, today
  %(prog)s --pid 19071 --files-only          the files that a process opened
  %(prog)s --uid 0 --pid 8641 --failed       all of it must hold
  %(prog)s --format json /srv/logs/audit.log.*.gz | jq .files
  %(prog)s --format json > old.json; %(prog)s --since 1h --baseline old.json
  %(prog)s --merge web1.json web2.json       what several hosts reported, as one
  %(prog)s --exe /usr/bin/ls --format seccomp > ls.json   to allow it what it did
  ausearch --raw -ts today | %(prog)s --comm sshd -

exit status: 0 something matched (with --baseline: is new), 1 nothing did, 2 bad usage, or a log or
report that could not be read or became shorter meanwhile, or a report that lacks a section asked for,
130 interrupted
"""
TIMES = "`2016-10-20 15:01:49`, `15:01`, `today`, `yesterday`, `boot`, or an age as `10m`, `2h`, `3d`"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as every other message."""

    def error(self, message: str) -> NoReturn:
        """Print the message and exit with status 2."""
        say(f"{message} (see --help)")
        self.exit(EXIT_TROUBLE)


def user_id(text: str) -> int:
    """Return a user's id, from a number or a name."""
    if text in ("unset", "-1"):
        return UNSET
    if text.isdecimal() and len(text) <= 10 and int(text) <= UNSET:
        return int(text)
    try:
        import pwd

        return pwd.getpwnam(text).pw_uid
    except (ImportError, KeyError, ValueError):
        raise argparse.ArgumentTypeError(f"no such user: {shlex.quote(text)}") from None


def whole_number_of(text: str, digits: int, least: int, what: str) -> int:
    """Return a number of at most so many digits, and not below another."""
    if not text.isdecimal() or len(text) > digits or int(text) < least:
        raise argparse.ArgumentTypeError(f"not {what}: {shlex.quote(text)}")
    return int(text)


process_id = partial(whole_number_of, digits=10, least=0, what="a process id")
positive = partial(whole_number_of, digits=9, least=1, what="a whole number above 0")


def section_names(text: str) -> list[str]:
    """Return the sections that a comma-separated list names."""
    names = text.split(",")
    for name in names:
        if name != "all" and name not in SECTIONS:
            raise argparse.ArgumentTypeError(
                f"no section {shlex.quote(name)}: there are {', '.join(SECTIONS)}, all"
            )
    return [*names, *ALL_SECTIONS] if "all" in names else names


def moment(text: str) -> int:
    """Return a time in seconds since 1970; what has no date is today, what has no zone is local."""
    import datetime

    now = datetime.datetime.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if text in ("today", "yesterday"):
        return int((midnight - datetime.timedelta(days=text == "yesterday")).timestamp())
    if text == "now":
        return int(now.timestamp())
    if text == "boot":
        with contextlib.suppress(OSError), open("/proc/stat", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("btime "))
    if (age_match := re.fullmatch(r"(\d{1,9})([smhdw])", text)) is not None:
        return max(int(now.timestamp()) - int(age_match[1]) * UNITS[age_match[2]], 0)
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%H:%M:%S", "%H:%M"):
        with contextlib.suppress(ValueError, OverflowError, OSError):
            time = datetime.datetime.strptime(text, form)
            if "%Y" not in form:
                time = datetime.datetime.combine(midnight, time.time())
            return int(time.timestamp())
    raise argparse.ArgumentTypeError(f"not a time: {shlex.quote(text)}; a time is {TIMES}")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = Parser(
        prog="auditloginfo",
        description="Say what a login user or a process did, from the Linux audit log: "
        "system calls made, commands executed, files opened; and what it changed, what failed, "
        "whom it talked to, which processes it started.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "log",
        nargs="*",
        metavar="LOG",
        help="a log, also one packed by gzip, bzip2 or xz; `-` for standard input; a directory for "
        f"the audit.log* files in it; none for {DEFAULT_LOG} and its rotated files",
    )
    parser.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        help="how many processes read a large log (default: as many as there are processors)",
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="do not show on a terminal how far reading is")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    which = parser.add_argument_group(
        "selection", "all that are given must hold; one given twice means either; none: everybody"
    )
    which.add_argument(
        "--uid", type=user_id, action="append", metavar="ID", help="login uid (auid), as a number or a user name"
    )
    which.add_argument(
        "--uid-field", choices=UID_FIELDS, default="auid", help="compare --uid with another id (default: auid)"
    )
    which.add_argument("--pid", type=process_id, action="append", metavar="PID", help="process id")
    which.add_argument(
        "--children",
        action="store_true",
        default=None,
        help="with --pid, --exe or --comm: also all that those processes started, whatever uid it has",
    )
    which.add_argument("--exe", action="append", metavar="PATH", help="the program's file")
    which.add_argument("--comm", action="append", metavar="NAME", help="the process's name (its first 15 bytes)")
    which.add_argument("--key", action="append", metavar="NAME", help="key of the audit rule")
    which.add_argument("--node", action="append", metavar="NAME", help="host that logged it")
    outcome = which.add_mutually_exclusive_group()
    outcome.add_argument("--success", action="store_true", default=None, help="calls that worked")
    outcome.add_argument("--failed", action="store_false", dest="success", help="calls that failed")
    which.add_argument("--since", type=moment, metavar="TIME", help=TIMES)
    which.add_argument("--until", type=moment, metavar="TIME", help="likewise; that second is included")
    what = parser.add_argument_group("sections", f"default: {', '.join(DEFAULT_SECTIONS)}")
    for section in DEFAULT_SECTIONS:
        what.add_argument(
            f"--{section}-only",
            action="append_const",
            const=section,
            dest="show",
            help=f"{SECTIONS[section].title.lower()}; adds to the others",
        )
    what.add_argument(
        "--show",
        type=section_names,
        action="extend",
        metavar="NAME[,NAME...]",
        help=f"of {', '.join(SECTIONS)}; all stands for the first {len(ALL_SECTIONS)}",
    )
    what.add_argument("--top", type=positive, metavar="N", help="only the first N rows of a section")
    parser.add_argument(
        "--format",
        choices=(*FORMATS, "events", *PROFILES),
        default="text",
        help="default: text; json; csv: one table; events: each event selected as JSON on a "
        "line; or a profile, which takes no sections",
    )
    parser.add_argument(
        "--merge",
        action="store_true",
        help="the LOGs are JSON reports, of several hosts or days say: report on all that they are over",
    )
    parser.add_argument(
        "--baseline",
        metavar="REPORT",
        help="only what this JSON report does not have; exit status 1 where nothing is new",
    )
    return parser


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether a stream is open and a terminal."""
    with contextlib.suppress(ValueError):
        return stream is not None and stream.isatty()
    return False


def processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def selection_of(args: argparse.Namespace) -> Selection:
    """Return what the command line selects."""
    given = {name: getattr(args, name) for name in Selection._fields}
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return Selection(**{name: value for name, value in {**given, **lists}.items() if value is not None})


def say(*messages: str) -> None:
    """Print lines for the user to standard error, if there is one."""
    for message in messages:
        try:
            sys.stderr.write(f"auditloginfo: {printable(message)}\n")
            sys.stderr.flush()
        except (AttributeError, OSError):  # closed, or a full disk
            silence(sys.stderr)


def write_report(lines: Iterable[str]) -> str | None:
    """Print a report; return what went wrong, None also where the reader has seen enough."""
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, "standard output is closed")
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # head, say, has seen enough
        silence(sys.stdout)
    except OSError as error:
        silence(sys.stdout)
        return f"cannot write the report: {error.strerror}"
    return None


def silence(stream: TextIO | None) -> None:
    """Keep Python from trying again, when it exits, to write what could not be written."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    try:
        return run(build_parser().parse_args(argv))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except LostWorkerError as lost:
        trouble = str(lost)
    except MemoryError:
        trouble = "out of memory, so there is no report"
    except Exception as fault:  # Python would end with 1, which says that nothing matched
        at: Any = fault.__traceback__
        while at.tb_next:
            at = at.tb_next
        where = f"{os.path.basename(at.tb_frame.f_code.co_filename)}:{at.tb_lineno}"
        trouble = f"a fault of this script, so the report is not whole: {where}: {type(fault).__name__}: {fault}"
    except SystemExit as leaving:  # argparse, after --help or a wrong argument
        trouble = "" if leaving.code else write_report(()) or ""
        if not trouble:
            return int(leaving.code or 0)
    say(trouble)
    return EXIT_TROUBLE


def misuse(args: argparse.Namespace, selection: Selection) -> str | None:
    """Return what of the command line does not go together, None where all does."""
    if selection.children and not (selection.pid or selection.exe or selection.comm):
        return "--children goes with --pid, --exe or --comm"
    if args.merge and not args.log:
        return "--merge needs JSON reports to read"
    if args.merge and selection.given():
        return "--merge takes no selection: what is in the reports was selected when they were made"
    if args.baseline == "-" and "-" in args.log:
        return "standard input cannot be both the baseline and the log"
    if args.format not in FORMATS and (args.show or args.top or args.merge or args.baseline is not None):
        if args.format == "events":
            return "--format events is of single events: it goes without sections, --top, --merge and --baseline"
        return f"--format {args.format} takes the sections that it needs, and all of them, of logs"
    return None


def read_saved(paths: Iterable[str]) -> tuple[dict[str, Reading], list[str]]:
    """Return the JSON reports in some files by name, and a line for each that cannot be used."""
    sources, errors = open_sources(paths)
    readings = {}
    for source in sources:
        try:
            with source.stream, unpacked(source.stream) as stream:
                readings[source.name] = parse_reading(parse_json(stream.read()))
        except read_errors() as error:
            errors.append(failure(source.name, error))
        except ValueError as error:
            errors.append(f"{quoted(os.fsencode(source.name))}: {error}")
    return readings, errors


def parse_json(text: bytes) -> Any:
    """Return what is in a JSON document; raises ValueError also where it is nested without end."""
    import json

    def whole(digits: str) -> int:
        if len(digits) > 20:  # which takes long to convert, and counts nothing
            raise ValueError(f"a number of {len(digits)} digits")
        return int(digits)

    try:
        return json.loads(text, parse_int=whole)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise ValueError(f"no JSON report: {reason}") from None


def sections_of(wanted: Iterable[str], saved: dict[str, Reading]) -> tuple[list[str], list[str]]:
    """Return those of the sections wanted that all saved reports have, and a line for each other."""
    sections, lines = [], []
    for section in (section for section in SECTIONS if section in wanted):
        lacking = next((name for name, reading in saved.items() if section not in reading.sections), None)
        if lacking is None:
            sections.append(section)
        else:
            lines.append(f"{quoted(os.fsencode(lacking))}: no section {section} in it, so that is left out")
    return sections, lines


def run(args: argparse.Namespace) -> int:
    """Do what the command line asks and return the exit status."""
    selection = selection_of(args)
    wrong = misuse(args, selection)
    if wrong:
        say(f"{wrong} (see --help)")
        return EXIT_TROUBLE
    if args.format == "events":
        return stream_events(args, selection)
    baseline, errors = read_saved([args.baseline]) if args.baseline is not None else ({}, [])
    if errors:
        say(*errors)
        return EXIT_TROUBLE  # without it all would be new
    return report_on(args, selection, baseline)


def report_on(args: argparse.Namespace, selection: Selection, baseline: dict[str, Reading]) -> int:
    """Report on the logs, or with --merge on what JSON reports say together, and return the exit status."""
    sources: list[Source] = []
    saved: dict[str, Reading] = {}
    if args.merge:
        saved, errors = read_saved(args.log)
    else:
        sources, errors = open_sources(args.log)
    say(*errors)
    if not (sources or saved):
        return EXIT_TROUBLE
    asked = PROFILES[args.format].sections if args.format in PROFILES else args.show
    usual = [] if args.merge else [*DEFAULT_SECTIONS]
    usual += [section for reading in (saved or baseline).values() for section in reading.sections]
    sections, left_out = sections_of(asked or usual, {**saved, **baseline})
    reading = merged([*saved.values()]) if args.merge else read_logs(args, sources, selection, sections)
    say(*reading.errors)
    errors += reading.errors
    unread = "some of its logs could not be read, so what is not new may look so"
    notes = [f"{quoted(os.fsencode(name))}: {unread}" for name, old in baseline.items() if old.errors]
    if asked:
        say(*left_out)
        errors += left_out
    else:
        notes += left_out
    return conclude(args, reading._replace(sections=sections, errors=errors), notes, *baseline.values())


def read_logs(
    args: argparse.Namespace, sources: list[Source], selection: Selection, sections: list[str]
) -> Reading:
    """Return what the logs say."""
    progress = progress_of(args, sources)
    try:
        report, errors = read_report(sources, selection, sections, args.jobs or processors(), progress)
    finally:
        progress.end()
    return Reading(report, selection, sections, [source.name for source in sources], errors)


def conclude(
    args: argparse.Namespace, reading: Reading, notes: Sequence[str] = (), baseline: Reading | None = None
) -> int:
    """Print the report on what was read, with notes, and return the exit status; errors were told before."""
    report, selection, sections = reading[:3]
    notes = [*notes, *notes_on(report, selection, sections)]
    found = report.matched_events > 0
    if args.format in PROFILES:
        notes += PROFILES[args.format].notes(report) if found else ["nothing matched, so there is no profile"]
    if reading.various:
        notes.append(f"the reports differ in what they select by: {', '.join(reading.various)}")
    say(*notes)
    if baseline is not None:
        report = report.without(baseline.report)
        found = any(section_rows(report, section, 1) for section in sections)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    about = About(encoding, reading.sources, reading.errors, notes, reading.various, args.baseline or "", args.top)
    lines: Iterable[str] = ()  # a profile of nothing would forbid everything
    if args.format in FORMATS:
        lines = FORMATS[args.format](report, selection, sections, about)
    elif found:
        lines = PROFILES[args.format].render(report, origin(report, selection, reading.sources))
    unwritten = write_report(lines)
    if unwritten:
        say(unwritten)
    if reading.errors or unwritten:
        return EXIT_TROUBLE
    return EXIT_OK if found else EXIT_NO_MATCH


def progress_of(args: argparse.Namespace, sources: Iterable[Source]) -> Progress:
    """Return what shows progress, on standard error if that is a terminal."""
    return Progress(sources, None if args.quiet or not is_terminal(sys.stderr) else sys.stderr)


def stream_events(args: argparse.Namespace, selection: Selection) -> int:
    """Print each event that is selected when it is complete, and return the exit status."""
    sources, errors = open_sources(args.log)
    say(*errors)
    told = len(errors)
    reports: list[Report] = []
    progress = Progress(()) if is_terminal(sys.stdout) else progress_of(args, sources)
    with contextlib.closing(event_lines(sources, errors, selection, reports, progress)) as lines:
        unwritten = write_report(lines)
    progress.end()
    say(*errors[told:], *([unwritten] if unwritten else []))
    for report in reports:  # none where the reader has seen enough
        say(*notes_on(report, selection, ()))
    if errors or unwritten:
        return EXIT_TROUBLE
    return EXIT_NO_MATCH if reports and not reports[0].matched_events else EXIT_OK


def event_lines(
    sources: Sequence[Source], errors: list[str], selection: Selection, reports: list[Report], progress: Progress
) -> Generator[str, None, None]:
    """Yield the events that are selected as JSON, each on a line; in the end add the report on the log."""
    lines: list[str] = []
    collector = Collector(selection, (), lambda event: lines.append(json_text(event_object(event))))
    sizes = [size_of(source.stream) for source in sources]
    with sources_open(sources):
        for _ in feed_all(collector, sources, errors, progress):
            yield from lines
            lines.clear()
        errors += cut_short(sources, sizes)
    reports.append(collector.finish())
    yield from lines
    errors += unreadable(collector)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    raise SystemExit(main())
