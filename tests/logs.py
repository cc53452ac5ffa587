"""Small logs for the tests, written as the kernel writes them."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from unittest import mock

import auditloginfo
from auditloginfo import Report, Selection

IDS = "ppid=10 pid={pid} auid={auid} uid={uid} gid=33 euid={uid} suid=33 fsuid=33 egid=33 sgid=33 fsgid=33"
TAIL = 'tty=pts0 ses=3 comm="{comm}" exe="{exe}" subj=unconfined key={key}'
DEFAULTS = {
    "arch": "c000003e",
    "number": 257,
    "success": "yes",
    "exit": 3,
    "a0": "ffffff9c",
    "items": 1,
    "pid": 1234,
    "auid": 7005,
    "uid": 33,
    "comm": "cat",
    "exe": "/usr/bin/cat",
    "key": "(null)",
}


def record(kind: str, body: str, serial: int = 1, time: str = "1476975709.442", node: str = "") -> str:
    """Return one line of a log."""
    return f"{f'node={node} ' * bool(node)}type={kind} msg=audit({time}:{serial}): {body}\n"


def syscall(serial: int = 1, *, time: str = "1476975709.442", node: str = "", **given: object) -> str:
    """Return a SYSCALL record; by default a successful openat of login uid 7005."""
    field = {**DEFAULTS, **given}
    result = "success={success} exit={exit} ".format(**field) if field["success"] else ""
    head = "arch={arch} syscall={number} ".format(**field) + result
    body = head + "a0={a0} a1=7f a2=0 a3=0 items={items} {ids} {tail}"
    text = body.format(ids=IDS.format(**field), tail=TAIL.format(**field), **field)
    return record("SYSCALL", text, serial, time, node)


def path(name: str = '"/etc/passwd"', nametype: str = "NORMAL", item: int = 0, mode: str = "0100644") -> str:
    """Return the body of a PATH record."""
    return f"item={item} name={name} inode=7 dev=fe:00 mode={mode} ouid=0 ogid=0 rdev=00:00 nametype={nametype}"


def opened(name: str = '"/etc/passwd"', serial: int = 1, cwd: str = '"/home/u"', **given: object) -> list[str]:
    """Return the records of one open."""
    where = {key: str(given[key]) for key in ("time", "node") if key in given}
    return [
        syscall(serial, **given),
        record("CWD", f"cwd={cwd}", serial, **where),
        record("PATH", path(name), serial, **where),
        record("PROCTITLE", "proctitle=636174", serial, **where),
    ]


def executed(*arguments: str, serial: int = 1, **given: object) -> list[str]:
    """Return the records of one execve; arguments as they stand in the log, quoted or hex."""
    words = " ".join(f"a{i}={argument}" for i, argument in enumerate(arguments))
    where = {key: str(given[key]) for key in ("time", "node") if key in given}
    return [
        syscall(serial, **{"number": 59, "exit": 0, "a0": "55", "items": 2, **given}),
        record("EXECVE", f"argc={len(arguments)} {words}", serial, **where),
        record("CWD", 'cwd="/"', serial, **where),
        record("PATH", path('"/usr/bin/x"'), serial, **where),
        record("PATH", path('"/lib64/ld-linux-x86-64.so.2"', item=1), serial, **where),
    ]


def report_of(
    *lines: str | bytes,
    selection: Selection = Selection(),
    block: int = 1 << 18,
    sections: tuple[str, ...] = auditloginfo.DEFAULT_SECTIONS,
) -> Report:
    """Return the report over a log that is given as text, read in blocks of some size."""
    log = b"".join(line.encode("utf-8", "surrogateescape") if isinstance(line, str) else line for line in lines)
    collector = auditloginfo.Collector(selection, sections)
    feed(collector, log, block)
    return collector.finish()


def feed(collector: auditloginfo.Collector, log: bytes, block: int = 1 << 16) -> None:
    """Feed a log that is called log, in blocks of some size."""
    with mock.patch.object(auditloginfo.read_blocks, "__defaults__", (block,)):
        for found in auditloginfo.Reader([auditloginfo.Source("log", io.BytesIO(log))]).blocks():
            collector.feed(*found)


def calls(report: Report) -> dict[str, int]:
    """Return the system calls of a report by name."""
    return {row.text: row.frequency for row in auditloginfo.syscall_rows(report)}


class Result:
    """What a run of the command line left."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def json(self) -> dict:
        return json.loads(self.out)


def run(*arguments: str, stdin: bytes = b"") -> Result:
    """Run the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    piped = mock.Mock(buffer=io.BufferedReader(io.BytesIO(stdin)))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), mock.patch.object(sys, "stdin", piped):
        try:
            status = auditloginfo.main(list(arguments))
        except SystemExit as leaving:  # argparse
            status = int(leaving.code or 0)
    return Result(status, out.getvalue(), err.getvalue())
