"""JSON reports read back: merged they say what one report over all the logs says; a baseline hides what it has."""

import contextlib
import gzip
import io
import json
import pathlib
import pickle
import random
import sys
import time
import unittest
from unittest import mock

import auditloginfo
from auditloginfo import SECTIONS, Report, Selection
from tests.logs import executed, opened, record, report_of, run, syscall
from tests.test_cli import FolderTest
from tests.test_fuzz import SEED, Maker

DATA = pathlib.Path(__file__).parent / "data"
SESSION, TOOLS = str(DATA / "session.log"), str(DATA / "tools.log.gz")


def saved(report: Report, sections=tuple(SECTIONS), **options: object) -> dict:
    """Return the JSON report as it comes back."""
    return json.loads("".join(auditloginfo.render_json(report, Selection(), sections, **options)))


class SavedTest(FolderTest):
    """Tests with JSON reports in a folder."""

    def save(self, name: str, *arguments: str, stdin: bytes = b"") -> str:
        """Make a JSON report with the command line and return its path."""
        return self.write(name, run(*arguments, "--format", "json", stdin=stdin).out)

    def log(self, name: str, *lines: str) -> str:
        """Make a JSON report with all sections over a log."""
        return self.save(name, "--show", "all", self.write(f"{name}.log", *lines))


class ParseTest(unittest.TestCase):
    LINES = (
        *opened("FF0A3D", serial=1, time="5.3"),
        *executed('"x"', "ED", serial=2, time="999999999999.7"),
        *opened(serial=3, success="no", exit=-13),
        syscall(4, arch="40000003", number=5, success="no", exit=-2),
        syscall(5, arch="40000008", number=4005).replace("\n", "\x1dSYSCALL=open\n"),
        syscall(6, arch="c000003e", number=999),
        syscall(7, number=42, success="no", exit=-111),
        record("SOCKADDR", "saddr=02000009C0A80001", 7),
        syscall(8, number=82, items=0),
        "junk\n",
    )

    def test_comes_back_as_it_was(self):
        """Whatever a section has, and so that it comes back once more."""
        for lines in (self.LINES, ()):
            report = report_of(*lines, sections=tuple(SECTIONS))
            once = saved(report)
            again = auditloginfo.parse_report(once)
            self.assertEqual(once, saved(again))
            self.assertEqual(vars(again), vars(auditloginfo.parse_report(saved(again))))
            texts = [
                list(auditloginfo.render_text(each, Selection(), tuple(SECTIONS))) for each in (report, again)
            ]
            self.assertEqual(*texts)

    def test_recorded_logs_come_back(self):
        for name in ("session", "tools"):
            value = json.loads((DATA / f"{name}.all.json").read_text(encoding="utf-8"))
            about = auditloginfo.About(sources=value["log"]["sources"])
            again = saved(auditloginfo.parse_report(value), auditloginfo.ALL_SECTIONS, about=about)
            self.assertEqual({**value, "selection": {}}, again)

    def test_sections_that_were_not_shown(self):
        """Of the calls remains which architecture is the usual one, for that decides how others are written."""
        lines = [syscall(1), syscall(2), syscall(3, arch="40000003", number=5, success="no", exit=-2)]
        report = auditloginfo.parse_report(saved(report_of(*lines, sections=("failures",)), ("failures",)))
        self.assertEqual({"x86_64": 2, "i386": 1}, report.arches())
        (row,) = auditloginfo.counted_rows(report, "failures")
        self.assertEqual("open (i386) ENOENT", row.text)

    def test_a_report_of_an_earlier_version(self):
        """Which told less of the log."""
        value = saved(report_of(*opened(serial=1)), ("files",))
        for name in ("first_skipped", "arches", "recorded", "other_id", "gaps", "errors"):
            del value["log"][name]
        reading = auditloginfo.parse_reading(value)
        self.assertEqual(({b"/etc/passwd": 1}, []), (reading.report.files, reading.errors))

    def test_a_later_version_may_tell_more(self):
        value = saved(Report(), ("files",))
        value["log"]["more"] = value["more"] = [{}]
        self.assertEqual(["files"], auditloginfo.parse_reading(value).sections)

    def test_processes_of_one_number_at_one_time(self):
        """None is lost, though no log has that; nor does it take long where somebody wrote many."""
        row = {"pid": 1, "ppid": 0, "level": 0, "exe": "/x", "argv": None, "count": 1}
        row.update(dict.fromkeys(("first", "last"), "1970-01-01T00:00:05.000+00:00"))
        later = dict.fromkeys(("first", "last"), "1970-01-01T00:00:05.001+00:00")
        rows = [row, row, {**row, **later}, {**row, "pid": 2}, *[row] * 20_000]
        begin = time.monotonic()
        report = auditloginfo.parse_report({**saved(Report(), ()), "processes": rows})
        self.assertEqual(len(rows), len(list(auditloginfo.process_rows(report))))
        self.assertLess(time.monotonic() - begin, 10, "20,000 times 20,000 would be minutes")

    def test_a_time_without_fraction(self):
        """Nothing writes that, but it says enough."""
        row = {"pid": 1, "ppid": 0, "level": 0, "exe": "/x", "argv": None, "count": 1}
        row.update(dict.fromkeys(("first", "last"), "253402300800"))
        (ran,) = auditloginfo.parse_report({**saved(Report(), ()), "processes": [row]}).processes.values()
        self.assertEqual(253402300800000, ran.first)

    def test_selections(self):
        for selection in (
            Selection(),
            Selection(uid=(0, 4294967295), uid_field="any", pid=(1,), success=False, children=True),
            Selection(exe=("/\udcff",), comm=("a",), key=("b", "c"), node=("\x1b",), success=True),
            Selection(since=0, until=1476975709),
            Selection(since=10**15),
        ):
            value = json.loads("".join(auditloginfo.render_json(Report(), selection, ())))
            self.assertEqual(selection, auditloginfo.parse_reading(value).selection)

    def test_every_section_is_read(self):
        self.assertEqual(set(SECTIONS), {"syscalls", "processes", *auditloginfo.FIELDS})
        self.assertEqual({*Selection._fields}, {*auditloginfo.CRITERIA})

    def test_pickle(self):
        """Reports and what they are of travel between processes."""
        reading = auditloginfo.Reading(report_of(*self.LINES), Selection(uid=(1,)), ["files"], ["a"], [])
        back = pickle.loads(pickle.dumps(reading))
        self.assertEqual(reading[1:], back[1:])
        self.assertEqual(vars(reading.report), vars(back.report))


def changed(value: object, path: list, to: object) -> object:
    """Return a JSON document with one value in it replaced, or removed where it is replaced by itself."""
    copy = json.loads(json.dumps(value))
    place = copy
    for step in path[:-1]:
        place = place[step]
    if to is changed:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return copy


class HostileTest(SavedTest):
    """Anybody can have written a report: one clear line, and what else could be read is reported."""

    TEXTS = (
        # why, bytes, what is said
        ("empty", b"", "no JSON report: Expecting value"),
        ("no JSON", b"\x00\xff", "no JSON report: "),
        ("a log", b"type=SYSCALL msg=audit(1.1:1): x", "no JSON report: Expecting value"),
        ("cut short", b'{"selection": {}, "log": {"sou', "no JSON report: Unterminated string"),
        ("a list", b"[]", "the report is no object"),
        ("no report", b"{}", "log is no object"),
        ("nested without end", b'{"log": ' + b"[" * 100000, "no JSON report: it is nested too deep"),
        ("a number without end", b'{"log": ' + b"9" * 100000 + b"}", "no JSON report: a number of 100000 digits"),
        ("not a number", b'{"log": {"lines": NaN}}', "log: lines is wrong"),
        ("beyond all numbers", b'{"log": {"lines": 1e999}}', "log: lines is wrong"),
        ("not UTF-8", b'{"log": "\xff"}', "no JSON report: 'utf-8' codec can't decode"),
    )
    VALUES = (
        # why, where, what stands there, what is said
        ("a key missing", ["log", "lines"], changed, "log: lines is missing"),
        ("a negative count", ["log", "lines"], -1, "log: lines is wrong"),
        ("a count of 65 bits", ["log", "events"], 1 << 64, "log: events is wrong"),
        ("a truth value for a count", ["files", 0, "count"], True, "files, row 1: count is wrong"),
        ("a fraction", ["files", 0, "count"], 1.5, "files, row 1: count is wrong"),
        ("no time", ["log", "first"], "yesterday", "log: first is wrong"),
        ("no such day", ["log", "first"], "2016-02-30T00:00:00.000+00:00", "log: first is wrong"),
        ("a time before any log", ["log", "last"], "1969-12-31T00:00:00.000+00:00", "log: last is wrong"),
        ("a time as a number", ["log", "last"], 5, "log: last is wrong"),
        ("a section that is no list", ["files"], {}, "the report: files is wrong"),
        ("a row that is no object", ["files", 0], "x", "files, row 1 is no object"),
        ("a path missing", ["files", 0, "path"], changed, "files, row 1: path is missing"),
        ("a path that is null", ["files", 0, "path"], None, "files, row 1: path is wrong"),
        ("a surrogate that no byte has", ["files", 0, "path"], "\ud800", "files, row 1: path is wrong"),
        ("an argv without words", ["commands", 0, "argv"], [], "commands, row 1: argv is wrong"),
        ("an argv with a number", ["commands", 0, "argv"], [1], "commands, row 1: argv is wrong"),
        ("an argv of one text", ["commands", 0, "argv"], "ls", "commands, row 1: argv is wrong"),
        ("a call with an escape sequence", ["syscalls", 0, "name"], "\x1b[2J", "syscalls, row 1: name is wrong"),
        ("a call by number", ["syscalls", 0, "name"], "9" * 5000, "syscalls, row 1: name is wrong"),
        ("an architecture of two lines", ["syscalls", 0, "arch"], "a\nb", "syscalls, row 1: arch is wrong"),
        ("an error of two lines", ["failures", 0, "error"], "E\nE", "failures, row 1: error is wrong"),
        ("an action of two lines", ["changes", 0, "action"], "a\nb", "changes, row 1: action is wrong"),
        ("a process below nothing", ["processes", 0, "level"], 1, "processes, row 1: level is wrong"),
        ("a gap that is no count", ["log", "gaps"], {"path": "x"}, "log: gaps: path is wrong"),
        ("gaps that are no object", ["log", "gaps"], [], "log: gaps is no object"),
        ("what was recorded in no list", ["log", "recorded"], 1, "log: recorded is wrong"),
        ("errors that are no lines", ["log", "errors"], [[]], "log: errors is wrong"),
        ("an unknown criterion", ["selection", "shoe\n"], 1, r"this version does not know: shoe\n"),
        ("an unknown criterion that differs", ["log", "various"], ["shoe"], "does not know: shoe"),
        ("a uid that is no number", ["selection", "uid"], ["0"], "selection: uid is wrong"),
        ("a uid too large", ["selection", "uid"], [1 << 32], "selection: uid is wrong"),
        ("no uid", ["selection", "uid"], [], "selection: uid is wrong"),
        ("an unknown field", ["selection", "uid_field"], "gid", "selection: uid_field is wrong"),
        ("neither true nor false", ["selection", "success"], 1, "selection: success is wrong"),
        ("made with --top", ["log", "top"], 3, "it was made with --top, so it is not whole"),
        ("made with --baseline", ["log", "baseline"], "x", "it was made with --baseline, so it is not whole"),
    )

    def check(self, path: str, message: str) -> None:
        good = self.log("good", *opened('"/good"'))
        alone, with_good, baseline = (
            run("--merge", path),
            run("--merge", path, good),
            run("--baseline", path, SESSION),
        )
        for result in (alone, with_good, baseline):
            self.assertEqual(2, result.status)
            self.assertRegex(result.err, r"\Aauditloginfo: [^\n\x1b]*\n")
            self.assertIn(f"auditloginfo: {path}: ", result.err)
            self.assertIn(message, result.err)
        self.assertEqual(("", ""), (alone.out, baseline.out))
        self.assertIn("   /good 1\n", with_good.out)

    def test_texts(self):
        for why, text, message in self.TEXTS:
            with self.subTest(why):
                self.check(self.write("bad", pack=lambda _, text=text: text), message)

    def test_values(self):
        value = saved(report_of(*ParseTest.LINES, *executed('"ls"'), sections=tuple(SECTIONS)))
        value["changes"] = [{"action": "created", "path": "/x", "to": None, "count": 1}]
        for why, path, to, message in self.VALUES:
            with self.subTest(why):
                bad = self.write("bad", json.dumps(changed(value, path, to)))
                self.check(bad, message)

    def test_files_that_cannot_be_read(self):
        self.check("/no/such", "No such file")
        self.check(self.write("bad", pack=lambda _: b"\x1f\x8bjunk"), "")
        with mock.patch.object(auditloginfo, "parse_json", side_effect=MemoryError):
            self.assertIn("out of memory", run("--merge", self.write("a")).err)

    def test_whatever_stands_anywhere(self):
        """No value at any place ends in anything but a report or a line."""
        value = saved(report_of(*ParseTest.LINES, *executed('"ls"'), sections=tuple(SECTIONS)))
        chance = random.Random(SEED)
        odd = (None, True, -1, 1.5, "", "x\n", "\ud800", [], [[]], [None], {}, {"x": 1}, 1 << 62, "\x00", changed)
        for number in range(300):
            path, place = [], value
            while isinstance(place, (dict, list)) and place and (not path or chance.random() < 0.8):
                path.append(
                    chance.choice(list(place)) if isinstance(place, dict) else chance.randrange(len(place))
                )
                place = place[path[-1]]
            bad = self.write("bad", json.dumps(changed(value, path, chance.choice(odd))))
            result = run("--merge", "--show", "all", bad)
            with self.subTest(seed=SEED, number=number, path=path):
                self.assertIn(result.status, (0, 1, 2))
                self.assertTrue(all(line.isprintable() for line in (result.out + result.err).splitlines()))


class MergeTest(SavedTest):
    maxDiff = None

    def test_recorded_logs(self):
        one, two = (self.save(name, "--show", "all", log) for name, log in (("a", SESSION), ("b", TOOLS)))
        for options in ([], ["--format", "json"], ["--format", "csv"], ["--show", "files", "--top", "3"]):
            with self.subTest(options):
                shown = [] if "--show" in options else ["--show", "all"]
                self.assertEqual(
                    vars(run(*options, *shown, SESSION, TOOLS)), vars(run("--merge", *options, one, two))
                )

    def test_what_it_prints_is_the_report_over_all_the_logs(self):
        """For made-up logs of several hosts, any sections, any selection; also merged step by step."""
        for number in range(25):
            chance = random.Random(SEED + number)
            logs = []
            for host in range(chance.randrange(1, 5)):
                maker = Maker(chance)
                maker.node = b"node=h%d " % host
                lines = maker.disordered([maker.event() for _ in range(chance.randrange(12))])
                lines += [b"junk\n"] * (chance.random() < 0.3)
                logs.append(self.write(f"{host}.log", pack=lambda _, lines=lines: b"".join(lines)))
            shown = ["--show", ",".join(chance.sample(list(SECTIONS), chance.randrange(1, 8)))]
            selected = chance.choice(
                [[], ["--uid", "7005"], ["--failed"], ["--uid", "0", "--uid", "9"], ["--pid", "5", "--children"]]
            )
            for form in ("text", "json", "csv"):
                whole = run(*shown, *selected, "--format", form, *logs)
                reports = [self.save(f"{log}.json", *shown, *selected, log) for log in logs]
                with self.subTest(f"FUZZ_SEED={SEED + number}", form=form, options=shown + selected):
                    self.assertEqual(vars(whole), vars(run("--merge", "--format", form, *reports)))
                    some = self.save("some.json", "--merge", *reports[:2])
                    again = run("--merge", "--format", form, some, *reports[2:])
                    self.assertEqual(vars(whole), vars(again))

    def test_parts_of_one_log(self):
        """Days, say: all but what needs to know of an earlier part."""
        lines = pathlib.Path(SESSION).read_text(encoding="utf-8").splitlines(keepends=True)
        shown = ["--show", "syscalls,commands,network"]
        calls = [i for i, line in enumerate(lines) if line.startswith("type=SYSCALL")]
        cuts = [0, *sorted(random.Random(SEED).sample(calls, 3)), len(lines)]
        logs = [self.write(f"{i}.log", *lines[a:b]) for i, (a, b) in enumerate(zip(cuts, cuts[1:]))]
        reports = [self.save(f"{log}.json", *shown, log) for log in logs]
        with self.subTest(f"FUZZ_SEED={SEED}"):
            self.assertEqual(run(*shown, *logs).out, run("--merge", *reports).out)

    def test_standard_input_and_packed_reports(self):
        one, two = self.log("a", *opened('"/a"', node="a")), self.log("b", *opened('"/b"', node="b"))
        with open(two, "rb") as file:
            out = run("--merge", "--show", "files", one, "-", stdin=gzip.compress(file.read())).out
        self.assertEqual(["   /a 1", "   /b 1"], out.splitlines()[-2:])

    def test_what_is_named_twice_counts_once(self):
        one = self.log("a", *opened('"/a"'))
        self.assertIn("   /a 1\n", run("--merge", one, one).out)

    def test_errors_are_still_told(self):
        """The report over all the logs would tell them, too."""
        path = self.write("a.log", *opened())
        report = self.save("a", path, "/no/such.log")
        result = run("--merge", report)
        self.assertEqual(2, result.status)
        self.assertIn("/no/such.log: No such file", result.err)
        self.assertIn("   /etc/passwd 1\n", result.out)

    def test_different_sections(self):
        """Left out is what one of them lacks; where it was asked for that is trouble."""
        one, two = self.save("a", SESSION), self.save("b", "--files-only", SESSION)
        result = run("--merge", "--format", "json", one, two)
        self.assertEqual(0, result.status)
        self.assertEqual(["selection", "log", "files", "notes"], list(result.json))
        said = [f"{two}: no section {name} in it, so that is left out" for name in ("syscalls", "commands")]
        self.assertEqual((said, said), (result.json["notes"], [line[14:] for line in result.err.splitlines()]))
        result = run("--merge", "--show", "files,commands", one, two)
        self.assertEqual((2, 1), (result.status, result.err.count("\n")))
        self.assertIn("Files opened:\n   /etc", result.out)

    def test_gaps_of_sections_not_shown(self):
        """As in a report over the logs with only that section."""
        one = self.log("a", syscall(1), *executed('"ls"', serial=2))
        self.assertIn("files opened that are not listed", run("--merge", "--show", "files", one).err)
        self.assertEqual("", run("--merge", "--show", "commands", one).err)

    def test_different_selections(self):
        """The title must not claim what is true of one only."""
        day = [f"--since=2016-10-{day}" for day in (20, 21)]
        for first, second, title in (
            (["--uid=1"], ["--uid=1"], "AUID 1"),
            (["--uid=1", day[0]], ["--uid=1", day[1]], "various since, AUID 1"),
            (["--uid=1"], ["--uid=2"], "various uid"),
            (["--uid=1", "--pid=5"], ["--pid=5"], "various uid, PID 5"),
            (["--uid=1"], ["--uid=1", "--uid-field=uid"], "various uid"),
            (["--failed", "--pid=1"], ["--success", "--pid=2"], "various pid and success"),
            ([], ["--node=a"], "various node"),
        ):
            with self.subTest(title):
                one, two = self.save("a", *first, SESSION), self.save("b", *second, SESSION)
                result = run("--merge", one, two)
                self.assertEqual(f"Audit report for {title}", result.out.split("\n")[0])
                self.assertEqual("various" in title, "differ in what they select by: " in result.err)
                both = self.save("c", "--merge", one, two)
                self.assertEqual(f"Audit report for {title}", run("--merge", both, one).out.split("\n")[0])

    def test_a_hint_at_another_id(self):
        """Only where the reports together have nothing."""
        lines = [*opened(serial=1, node="a"), *executed('"ls"', serial=2, node="a")]
        log = self.write("log", *lines)
        other = self.write("other", *(line.replace("auid=7005", "auid=33") for line in lines))
        one, two = self.save("a", "--uid", "33", log), self.save("b", "--uid", "33", other)
        self.assertIn("nothing has auid 33, but 2 events", run("--merge", one).err)
        self.assertEqual("", run("--merge", one, two).err)
        none = self.save("c", "--uid", "44", log)
        self.assertNotIn("nothing has auid", run("--merge", one, none).err, "whose?")


class BaselineTest(SavedTest):
    OLD = (*opened('"/old"', serial=1), *executed('"old"', serial=2))

    def new(self, *lines: str, options: tuple = ("--show", "all")) -> list[str]:
        """Return the rows that are new, having checked the exit status."""
        old = self.log("old", *self.OLD)
        log = self.write("new.log", *lines)
        result = run("--baseline", old, *options, log)
        rows = [line for line in result.out.splitlines() if line.startswith("   ") and line != "   (none)"]
        self.assertEqual(0 if rows else 1, result.status, result.err)
        self.assertEqual(f"Audit report for all users, new since {old}", result.out.split("\n")[0])
        return rows

    def test_rows(self):
        again = syscall(3, success="no", exit=-2)
        for why, lines, rows in (
            ("the same", self.OLD, []),
            ("the same, more often", self.OLD * 2, []),
            ("nothing", [], []),
            ("another file", opened('"/new"', serial=5), ["   /new 1"]),
            ("a call that now fails", [again], ["   openat ENOENT 1"]),
            ("another call", [syscall(6, number=0, pid=9)], ["   read 1"]),
            ("another command", executed('"new"', serial=7), ["   new 1", "   1234 new 1"]),
            ("another program", [syscall(7, exe="/x")], ["   1234 [/x] 1"]),
        ):
            with self.subTest(why):
                self.assertEqual(rows, self.new(*lines))

    def test_what_is_new_is_what_the_baseline_lacks(self):
        """Of made-up logs, row by row, but for counts; and nothing is new since oneself."""

        def rows(report: dict, section: str) -> set[str]:
            return {json.dumps({**row, "count": 0, "failed": 0}) for row in report[section]}

        def made(name: str) -> str:
            maker = Maker(chance)
            maker.name = lambda: b"%d" % chance.randrange(30)
            maker.text = lambda *_: b"t%d" % chance.randrange(2)
            return self.write(name, pack=lambda _: b"".join(maker.disordered([maker.event() for _ in range(40)])))

        sections = [name for name in auditloginfo.ALL_SECTIONS if name != "processes"]
        for number in range(10):
            chance = random.Random(SEED + number)
            old, new = made("old.log"), made("new.log")
            base = self.save("old.json", "--show", "all", old)
            found = run("--show", "all", "--format", "json", "--baseline", base, new).json
            whole, before = (run("--show", "all", "--format", "json", log).json for log in (new, old))
            with self.subTest(f"FUZZ_SEED={SEED + number}"):
                for name in sections:
                    self.assertEqual(rows(whole, name) - rows(before, name), rows(found, name), name)
                self.assertEqual(1, run("--baseline", base, old).status)

    def test_an_architecture_that_is_new(self):
        """It stands beside the call as where all is shown, though among the new calls it is the usual one."""
        lines = [*self.OLD, syscall(3, arch="40000003", number=5, success="no", exit=-2)]
        self.assertEqual(["   open (i386) 1", "   open (i386) ENOENT 1"], self.new(*lines))

    def test_processes_below_those_that_are_not_new(self):
        """They stand where their nearest new ancestor is."""
        lines = [
            *executed('"top"', serial=1, pid=2, time="1.001"),
            syscall(2, number=57, exit=3, pid=2, items=0, time="1.002"),
            *executed('"old"', serial=3, pid=3, time="1.003"),
            syscall(4, number=57, exit=4, pid=3, items=0, time="1.004"),
            *executed('"new"', serial=5, pid=4, time="1.005"),
        ]
        lines = [line.replace("ppid=10 pid=3 ", "ppid=2 pid=3 ") for line in lines]
        lines = [line.replace("ppid=10 pid=4 ", "ppid=3 pid=4 ") for line in lines]
        rows = self.new(*lines, options=("--show", "processes"))
        self.assertEqual(["   2 top 2", "     4 new 1"], rows)

    def test_the_sections_are_those_of_the_baseline(self):
        old = self.save("old", "--show", "files,failures", SESSION)
        result = run("--baseline", old, "--format", "json", SESSION)
        self.assertEqual((1, ["files", "failures"]), (result.status, list(result.json)[2:-1]))
        self.assertEqual(old, result.json["log"]["baseline"])
        said = [f"{old}: no section {name} in it, so that is left out" for name in ("syscalls", "commands")]
        self.assertEqual(said, result.json["notes"])

    def test_a_section_asked_for_that_it_lacks(self):
        """Status 1 would say that nothing is new."""
        old = self.save("old", "--files-only", SESSION)
        result = run("--baseline", old, "--show", "files,commands", SESSION)
        self.assertEqual(2, result.status)
        self.assertEqual(f"auditloginfo: {old}: no section commands in it, so that is left out\n", result.err)

    def test_top(self):
        lines = [*opened('"/b"', serial=5), *opened('"/a"', serial=6), *self.OLD]
        self.assertEqual(["   /a 1"], self.new(*lines, options=("--files-only", "--top", "1")))

    def test_of_a_merge(self):
        old, new = self.log("old", *self.OLD), self.log("new", *opened('"/new"', serial=5))
        result = run("--merge", "--baseline", old, "--show", "files", "--format", "csv", old, new)
        self.assertEqual((0, "section,name,detail,count\r\nfiles,/new,,1\r\n"), (result.status, result.out))
        self.assertEqual(1, run("--merge", "--baseline", old, old).status)

    def test_on_standard_input(self):
        with open(self.log("old", *self.OLD), "rb") as file:
            result = run("--baseline", "-", self.write("log", *self.OLD), stdin=file.read())
        self.assertEqual(
            (1, "Audit report for all users, new since -"), (result.status, result.out.split("\n")[0])
        )

    def test_one_over_logs_that_were_not_all_read(self):
        old = self.save("old", "--files-only", SESSION, "/no/such.log")
        result = run("--baseline", old, "--files-only", SESSION)
        self.assertEqual((1, 1), (result.status, result.err.count("\n")))
        self.assertIn(f"{old}: some of its logs could not be read", result.err)

    def test_a_hostile_name(self):
        old = self.save("\x1b[2J\n", SESSION)
        self.assertEqual(1, run("--baseline", old, SESSION).out.split("\n")[0].count(r"$'/"))

    def test_ancestors_in_a_circle(self):
        """No log should make one, but who knows."""
        report = Report()
        ran = auditloginfo.Ran(1, 1, (b"", 1, 1), b"/a", (), 1, 1, 1)
        report.processes = {
            (b"", 1, 1): ran._replace(parent=(b"", 2, 2)),
            (b"", 2, 2): ran,
            (b"", 3, 3): ran._replace(exe=b"/b"),
        }
        old = Report()
        old.processes = {(b"", 9, 9): ran}
        self.assertEqual([(b"", 3, 3)], list(report.without(old).processes))


class MisuseTest(unittest.TestCase):
    def test_what_does_not_go_together(self):
        for arguments, message in (
            (["--merge"], "--merge needs JSON reports"),
            (["--merge", "--uid", "0", "x"], "--merge takes no selection"),
            (["--baseline", "-", "-"], "cannot be both"),
            (["--format", "events", "--files-only", SESSION], "without sections"),
            (["--format", "events", "--top", "3", SESSION], "without sections"),
            (["--format", "events", "--merge", SESSION], "without sections"),
            (["--format", "events", "--baseline", "x", SESSION], "without sections"),
        ):
            with self.subTest(arguments):
                result = run(*arguments)
                self.assertEqual((2, ""), (result.status, result.out))
                self.assertRegex(result.err, r"\Aauditloginfo: [^\n]* \(see --help\)\n\Z")
                self.assertIn(message, result.err)

    def test_nothing_on_standard_input(self):
        with mock.patch.object(sys, "stdin", None), contextlib.redirect_stderr(io.StringIO()) as err:
            self.assertEqual(2, auditloginfo.main(["--merge", "-"]))
        self.assertEqual("auditloginfo: -: standard input is closed\n", err.getvalue())
