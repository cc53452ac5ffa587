"""Time the script on logs of the size of a burst, beside grep, wc, ausearch and aureport.

    python3 -m tests.benchmark [--recorded LOG] [--size MB] [--large MB]

It makes its logs by repeating a recorded one under new serials and times, every other time with
another login uid. Prints ratios of wall time, in one run and in turn; what they are on another
machine is for that machine to say. Not part of the unittest run.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).parent
SCRIPT = TESTS.parent / "auditloginfo.py"
STAMP = re.compile(rb"(.*?)audit\((\d+)\.(\d+):(\d+)\)(.*)", re.DOTALL)
UID, OTHER = b"7005", b"7006"


def make_log(path: str, recorded: bytes, size: int, rate: int, node: bytes = b"", raw: bool = False) -> None:
    """Write a log of some bytes with so many events a second; raw: without what enriching adds."""
    parts = [match.groups() for match in map(STAMP.match, recorded.splitlines(True)) if match]
    parts = [part for part in parts if b"auid=" + UID in part[4] or not re.search(rb"\bauid=", part[4])]
    serials: dict[bytes, int] = {}
    for part in parts:
        serials.setdefault(part[3], len(serials))
    count, done = 0, 0
    with open(path, "wb") as file:
        while done < size:
            for uid in (UID, OTHER):
                lines = []
                for before, _, _, serial, after in parts:
                    number = count * len(serials) + serials[serial]
                    stamp = b"%d.%03d:%d" % (
                        1700000000 + number // rate,
                        number % rate * 1000 // rate,
                        1000000 + number,
                    )
                    rest = after.partition(b"\x1d")[0].rstrip(b"\n") + b"\n" if raw else after
                    lines.append(
                        node + before + b"audit(" + stamp + b")" + rest.replace(b"auid=" + UID, b"auid=" + uid, 1)
                    )
                text = b"".join(lines)
                file.write(text)
                done += len(text)
                count += 1


#: Runs a command and prints its seconds and KiB. A process of its own, for from the one that starts it
#: a process has that one's memory on its account.
LAUNCHER = """
import os, subprocess, sys, time
begin = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stderr=subprocess.DEVNULL)
usage = os.wait4(process.pid, 0)[2]
print(time.perf_counter() - begin, usage.ru_maxrss, file=sys.stderr)
"""


def mixed(recorded: bytes) -> bytes:
    """Return a log with the records of every two events in turn, as two processors may log them."""
    lines = [line for line in recorded.splitlines(True) if STAMP.match(line)]
    events = [list(group) for _, group in itertools.groupby(lines, lambda line: STAMP.match(line).group(2, 3, 4))]
    pairs = (itertools.zip_longest(*pair, fillvalue=b"") for pair in zip(events[::2], events[1::2]))
    return b"".join(record for pair in pairs for both in pair for record in both)


def timed(command: list[str], runs: int = 3) -> tuple[float, int]:
    """Return the least wall time of some runs, in seconds, and the peak memory of the largest process, in KiB."""
    best, peak = float("inf"), 0
    for _ in range(runs):
        with tempfile.TemporaryFile() as out:  # to /dev/null grep would stop at the first match
            spent = subprocess.run([sys.executable, "-Ic", LAUNCHER, *command], stdout=out, stderr=subprocess.PIPE)
        seconds, memory = spent.stderr.split()
        best, peak = min(best, float(seconds)), max(peak, int(memory))
    return best, peak


def script(log: str, *options: str) -> list[str]:
    """Return the command that reports on a log."""
    return [sys.executable, "-I", str(SCRIPT), *options, log]


def selection() -> list[str]:
    """Return the options that select half of a log."""
    return ["--uid", UID.decode()]


def compare(log: str) -> dict[str, float]:
    """Time the script and others on one log, in turn, and print how they compare; return the seconds."""
    found = {}
    commands = {
        "grep -c": ["grep", "-c", f"auid={UID.decode()}", log],
        "wc -l": ["wc", "-l", log],
        "auditloginfo": script(log, *selection()),
        "... one process": script(log, *selection(), "--jobs", "1"),
        "... --files-only": script(log, *selection(), "--files-only"),
        "... --pid of a rare one": script(log, "--pid", "1"),
        "... --show all --children": script(log, "--comm", "bash", "--show", "all", "--children"),
    }
    for name, command in commands.items():
        found[name], peak = timed(command)
        ratio = found[name] / found["grep -c"]
        print(f"  {name:28} {found[name]:8.2f} s  {ratio:6.1f} x grep  {peak / 1024:6.1f} MiB", flush=True)
    return found


def compare_packed(log: str) -> None:
    """Time the script on a packed log beside `zcat | wc -l`."""
    subprocess.run(["gzip", "-1kf", log], check=True)
    pipe = ["sh", "-c", f"zcat {log}.gz | wc -l"]
    (wc, _), (own, _) = timed(pipe), timed(script(f"{log}.gz", *selection()))
    print(f"  packed by gzip               {own:8.2f} s  {own / wc:6.1f} x zcat | wc -l")
    os.remove(f"{log}.gz")


def compare_audit_tools(log: str) -> None:
    """Time ausearch and the three aureport runs that answer the same question."""
    if not shutil.which("ausearch"):
        return
    pipe = f"ausearch -ul {UID.decode()} --raw -if {log} > {log}.raw; for what in --syscall -x --file; do"
    pipe += f" aureport $what --summary -if {log}.raw; done"
    theirs, _ = timed(["sh", "-c", pipe], 1)
    own, _ = timed(script(log, *selection()))
    print(f"  ausearch and 3 x aureport    {theirs:8.2f} s  {theirs / own:6.0f} x auditloginfo", flush=True)


def main() -> None:
    """Make logs, time, print."""
    parser = argparse.ArgumentParser(description="Time auditloginfo on large logs.")
    parser.add_argument("--recorded", default=str(TESTS / "data" / "tools.log.gz"), help="the log to repeat")
    parser.add_argument("--size", type=int, default=100, help="MB of the logs (default: 100)")
    parser.add_argument(
        "--large", type=int, default=1000, help="MB of the log to see how time grows (default: 1000)"
    )
    args = parser.parse_args()
    data = pathlib.Path(args.recorded).read_bytes()
    data = gzip.decompress(data) if args.recorded.endswith(".gz") else data
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "audit.log")
        for name, recorded, rate, node, raw in (
            ("burst, enriched", data, 20000, b"", False),
            ("burst, raw, with node=", data, 20000, b"node=web1 ", True),
            ("burst, records of two events in turn", mixed(data), 20000, b"", False),
            ("sparse, enriched", data, 100, b"", False),
        ):
            print(f"{args.size} MB, {name}:")
            make_log(log, recorded, args.size * 10**6, rate, node, raw)
            small = compare(log)
            compare_packed(log)
            if not node:
                compare_audit_tools(log)
        print(f"{args.large} MB, burst, enriched:")
        make_log(log, data, args.large * 10**6, 20000)
        large = compare(log)
        growth = large["auditloginfo"] / (small["auditloginfo"] * args.large / args.size)
        print(f"  time by size, to that of {args.size} MB: {growth:.2f}")


if __name__ == "__main__":
    main()
