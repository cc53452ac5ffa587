"""What `strace -f -y -xx -v` saw, counted as the report counts: the independent witness."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from typing import NamedTuple

LINE = re.compile(r"(\d+) +(.*)")
CALL = re.compile(r"(\w+)\((.*)")
RESULT = re.compile(r"\) += (-?\d+|\?|0x[0-9a-f]+)(?:<([^>]*)>)?(?: (E[A-Z0-9]+))?(?:[< ].*)?$")
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
DESCRIPTOR = re.compile(r"(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)")
LOGIN = "".join(rf"\x{byte:02x}" for byte in b"/loginuid")


class Seen(NamedTuple):
    """What one process did: by name, by argv and by path."""

    syscalls: Counter
    commands: Counter
    files: Counter
    failures: Counter  # by call and errno
    network: Counter  # by call, address and errno
    children: Counter  # the processes it started


def text_of(escaped: str) -> bytes:
    """Return the bytes of a string that -xx wrote."""
    return bytes.fromhex(escaped.replace("\\x", ""))


def calls_in(trace: str) -> list[tuple[int, str]]:
    """Return (thread id, `name(arguments) = result`) of all calls in the order in which they began."""
    calls: list[list] = []
    begun: dict[int, list] = {}
    for line in trace.splitlines():
        match = LINE.match(line)
        if match is None or match[2].startswith(("---", "+++", "[")):
            continue
        thread, text = int(match[1]), match[2]
        if text.startswith("<... "):
            begun.pop(thread)[1] += text.partition("resumed>")[2]
            continue
        call = [thread, text]
        changed = re.search(r" <(?:unfinished|pid changed to (\d+)) \.\.\.>$", text)
        if changed:
            call[1] = text[: changed.start()]
            begun[int(changed[1] or thread)] = call
        calls.append(call)
    return [(thread, text) for thread, text in calls]


def witness(path: str) -> dict[int, Seen]:
    """Return what each process did, by process id, from when the login uid was set."""
    with open(path, encoding="ascii") as file:
        calls = calls_in(file.read())
    start = next(i for i, (_, text) in enumerate(calls) if text.startswith("write(") and LOGIN in text)
    calls = calls[start:]
    process_of: dict[int, int] = {}
    for thread, text in calls:
        result = RESULT.search(text)
        if text.startswith(("clone(", "clone3(")) and "CLONE_THREAD" in text and result and result[1] > "0":
            process_of[int(result[1])] = thread
    seen: dict[int, Seen] = defaultdict(lambda: Seen(*(Counter() for _ in Seen._fields)))
    for thread, text in calls:
        while thread in process_of:
            thread = process_of[thread]
        count(seen[thread], text)
    return seen


def count(seen: Seen, text: str) -> None:
    """Count one call."""
    call, result = CALL.match(text), RESULT.search(text)
    name, arguments = call.groups()
    seen.syscalls[name] += 1
    error = result[3] or "" if result else ""
    error = "EINTR" if error.startswith("ERESTART") else error  # as the kernel logs it
    if error:
        seen.failures[name, error] += 1
    if name in ("connect", "bind") and (address := address_of(arguments)):
        seen.network[name, address.encode(), error] += 1
    if result is None or not result[1].isdecimal():
        return
    if name in ("fork", "vfork", "clone", "clone3") and "CLONE_THREAD" not in text:
        seen.children[int(result[1])] += 1
    if name in ("execve", "execveat"):
        argv = re.search(r"\[((?:\"[^\"]*\"(?:, )?)*)\]", arguments)[1]
        seen.commands[tuple(map(text_of, STRING.findall(argv)))] += 1
    elif name in ("open", "creat"):
        given, real = text_of(STRING.match(arguments)[1]), text_of(result[2])
        seen.files[given if given.startswith(b"/") else real] += 1
    elif name in ("openat", "openat2"):
        directory = text_of(DESCRIPTOR.match(arguments)[1])
        seen.files[os.path.join(directory, text_of(STRING.search(arguments)[1]))] += 1


INET = re.compile(r'htons\((\d+)\).*?(?:inet_addr\(|inet_pton\(AF_INET6, )"((?:\\x[0-9a-f]{2})*)"')
UNIX = re.compile(r'sun_path=(@?)"((?:\\x[0-9a-f]{2})*)"')


def address_of(arguments: str) -> str:
    """Return the address in the arguments of a network call, as the report shows it; empty without one."""
    if found := INET.search(arguments):
        text = text_of(found[2]).decode()
        return f"[{text}]:{found[1]}" if "AF_INET6" in arguments else f"{text}:{found[1]}"
    if found := UNIX.search(arguments):
        return f"unix:{found[1]}{text_of(found[2]).decode()}"
    return "netlink" if "AF_NETLINK" in arguments else ""


def total(seen: dict[int, Seen]) -> Seen:
    """Return what all processes did together."""
    return Seen(*(sum(counters, Counter()) for counters in zip(*seen.values())))
