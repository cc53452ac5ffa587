"""Lines, fields and the values in them."""

import time
import unittest

from auditloginfo import EventId, absolute, arguments, interpret, parse_call, parse_record, split_fields

ID = EventId("", 1476975709, 442, 31)


class ParseRecordTest(unittest.TestCase):
    BODY = "msg=audit(1476975709.442:31): arch=c000003e syscall=2 "
    CASES = (
        # why, what is in front of `arch=`, node
        ("auditd's own", "type=SYSCALL msg=audit(1476975709.442:31): ", ""),
        ("auditd with node", "node=web1 type=SYSCALL msg=audit(1476975709.442:31): ", "web1"),
        ("by number", "type=1300 msg=audit(1476975709.442:31): ", ""),
        ("ausearch of another version", "type=UNKNOWN[1300] msg=audit(1476975709.442:31): ", ""),
        ("the kernel's own", "audit: type=1300 audit(1476975709.442:31): ", ""),
        ("dmesg", "[ 1796.839568] audit: type=1300 audit(1476975709.442:31): ", ""),
        ("dmesg -T", "[Fri Apr 29 16:50:22 2026] audit: type=1300 audit(1476975709.442:31): ", ""),
        ("dmesg with caller", "[ 1796.839568][   T45] audit: type=1300 audit(1476975709.442:31): ", ""),
        (
            "syslog of the kernel",
            "Jul 24 12:25:33 h kernel: [424.17] audit: type=1300 audit(1476975709.442:31): ",
            "",
        ),
        ("older kernels", "Jul 24 12:25:33 h kernel: [42416.178567] type=1300 audit(1476975709.442:31): ", ""),
        ("journalctl -k", "Nov 22 15:00:00 h kernel: audit: type=1300 audit(1476975709.442:31): ", ""),
        ("audispd", "Apr 29 16:50:22 h audispd: node=h2 type=SYSCALL msg=audit(1476975709.442:31): ", "h2"),
        ("audisp-syslog", "Apr 29 16:50:22 h audisp-syslog[77]: type=SYSCALL msg=audit(1476975709.442:31): ", ""),
        ("a relay", "10.0.0.6 17 <174>Apr 29 16:50:22 h auditd: type=SYSCALL msg=audit(1476975709.442:31): ", ""),
        ("busybox", "2021-09-11T20:57:41 kern.notice: [ 4.1] audit: type=1300 audit(1476975709.442:31): ", ""),
        ("RFC 5424", "<13>1 2026-11-22T15:00:00Z h audispd 7 - - type=SYSCALL msg=audit(1476975709.442:31): ", ""),
        ("logcat", "07-05 15:39:19.132  58  58 E audit   : type=1300 msg=audit(1476975709.442:31): ", ""),
        ("grep over several files", "audit.log.1:type=SYSCALL msg=audit(1476975709.442:31): ", ""),
        ("indented, in a manual", "  type=SYSCALL msg=audit(1476975709.442:31): ", ""),
        ("after zeros that a crash left", "\0\0\0type=SYSCALL msg=audit(1476975709.442:31): ", ""),
        ("after a page of zeros", "\0" * 4096 + "type=SYSCALL msg=audit(1476975709.442:31): ", ""),
    )

    def test_every_form(self):
        for why, head, node in self.CASES:
            with self.subTest(why):
                record = parse_record(f"{head}arch=c000003e syscall=2 success=yes".encode())
                expected = {b"arch": b"c000003e", b"syscall": b"2", b"success": b"yes"}
                self.assertEqual(record, ("SYSCALL", ID._replace(node=node), expected))

    NO_RECORD = (
        ("what others log cannot pose as a record", "Nov 22 h sudo: bob : COMMAND=echo type=SYSCALL "),
        ("nor under another tag", "Nov 22 15:00:00 h bob: type=SYSCALL "),
        ("nor by naming a tag later", "Nov 22 15:00:00 h bob: audit: type=SYSCALL "),
        ("nor in syslog's newer form", "<13>1 2026-11-22T15:00:00Z h logger 7 - - type=SYSCALL "),
        ("nor by a tag like it", "Nov 22 15:00:00 h my-audit: type=SYSCALL "),
        ("nor by a tag without colon", "Nov 22 15:00:00 h app[1] audit: type=SYSCALL "),
        ("nor without a tag", "Nov 22 15:00:00 h type=SYSCALL "),
        ("nor behind a record without id", "type=DAEMON_ERR op=format-raw msg=NULL type=SYSCALL "),
    )

    def test_no_record(self):
        for why, head in self.NO_RECORD:
            with self.subTest(why):
                self.assertIsNone(parse_record((head + self.BODY).encode()))
        for line in (b"", b"----", b"type=DAEMON_ERR op=format-raw msg=NULL", b"type=AVC msg=audit(12=3.1:2): "):
            with self.subTest(line):
                self.assertIsNone(parse_record(line))

    def test_absurd_numbers(self):
        for head in (f"{'9' * 5000}.442:31", f"1.{'9' * 5000}:31", f"1.442:{'9' * 5000}"):
            self.assertIsNone(parse_record(f"type=SYSCALL msg=audit({head}): arch=c000003e".encode()))

    def test_hostile_lines_cost_little(self):
        """As long as a line may be, of what makes a careless pattern try everything at every place."""
        for unit in (b"[", b"[]", b"a: ", b"node=", b"node=x ", b"type=x ", b" ", b"type=PATH msg=audit(1.1:1): "):
            with self.subTest(unit):
                line = unit * (1_000_000 // len(unit))
                started = time.process_time()
                parse_record(line)
                split_fields(b"type=PATH msg=audit(1.1:1): " + line)
                split_fields(line.replace(b"=", b"").replace(b" ", b""))
                parse_call(b"exit=1" + b" a0=1 a1=1 a2=1" * 70000, b"1.1:1", "fork", b"c000003e")
                self.assertLess(time.process_time() - started, 2)

    def test_a_record_that_quotes_another_is_its_own(self):
        line = b"type=USER_CMD msg=audit(1.002:3): pid=1 msg='type=SYSCALL msg=audit(9.9:9): auid=0'"
        record = parse_record(line)
        self.assertEqual(("USER_CMD", EventId("", 1, 2, 3)), record[:2])

    def test_unknown_type_keeps_its_spelling(self):
        self.assertEqual("UNKNOWN[1999]", parse_record(b"type=UNKNOWN[1999] msg=audit(1.2:3): a=1").type)


class SplitFieldsTest(unittest.TestCase):
    CASES = (
        ("quotes stay on", b'comm="cat" pid=1', {b"comm": b'"cat"', b"pid": b"1"}),
        ("enriched after 0x1D", b"key=(null)\x1dARCH=x86_64", {b"key": b"(null)", b"ARCH": b"x86_64"}),
        ("enriched after a blank", b"uid=0 UID=root", {b"uid": b"0", b"UID": b"root"}),
        ("enriched after rsyslog's #035", b"uid=0#035UID=root", {b"uid": b"0", b"UID": b"root"}),
        ("#035 in a name is text", b'name="/a#035b"', {b"name": b'"/a#035b"'}),
        ("fragments", b'a1_len=4 a1[0]="ab"', {b"a1_len": b"4", b"a1[0]": b'"ab"'}),
        ("the first of two counts", b"auid=7005 auid=0", {b"auid": b"7005"}),
        ("a blank in quotes, by other writers", b'name="/a b" x=1', {b"name": b'"/a b"', b"x": b"1"}),
        ("CRLF", b"nametype=NORMAL\r", {b"nametype": b"NORMAL"}),
    )

    def test_split_fields(self):
        for why, text, expected in self.CASES:
            with self.subTest(why):
                self.assertEqual(split_fields(text), expected)


class InterpretTest(unittest.TestCase):
    CASES = (
        # why, as logged, text
        ("plain text is quoted", b'"ls"', b"ls"),
        ("a blank forces hex", b"612062", b"a b"),
        ("bytes outside UTF-8 survive", b"FF", b"\xff"),
        ("quoted hex is text", b'"612062"', b"612062"),
        ("empty", b'""', b""),
        ("an absent value", b"(null)", None),
        ("an unknown value", b"?", None),
        ("a missing field", None, None),
        ("text of other writers", b"[redacted]", b"[redacted]"),
        ("lower case is not the kernel's hex", b"abcd", b"abcd"),
        ("an odd digit is not hex", b"ABC", b"ABC"),
    )

    def test_interpret(self):
        for why, raw, text in self.CASES:
            with self.subTest(why):
                self.assertEqual(interpret(raw), text)


class ArgumentsTest(unittest.TestCase):
    CASES = (
        # why, EXECVE bodies, argv, whole
        ("plain", ['argc=2 a0="ls" a1="-la"'], [b"ls", b"-la"], True),
        ("hex and empty", ['argc=2 a0=6120 a1=""'], [b"a ", b""], True),
        ("over two records", ['argc=3 a0="a" a1="b"', ' a2="c"'], [b"a", b"b", b"c"], True),
        ("records in reverse", [' a2="c"', 'argc=3 a0="a" a1="b"'], [b"a", b"b", b"c"], True),
        ("hex fragments", ['argc=2 a0="a" a1_len=8 a1[0]=6162', " a1[1]=6364"], [b"a", b"abcd"], True),
        ("quoted and hex fragments", ['argc=1 a0_len=6 a0[0]="ab"', " a0[1]=6364"], [b"abcd"], True),
        ("fragments in reverse", [" a0[1]=6364", "argc=1 a0_len=8 a0[0]=6162"], [b"abcd"], True),
        ("a character cut by fragments", ["argc=1 a0_len=4 a0[0]=C3", " a0[1]=A9"], ["é".encode()], True),
        ("a fragment short of a character", ['argc=1 a0_len=3 a0[0]="ab"'], [b"ab"], False),
        ("a fragment missing at the end", ["argc=1 a0_len=8 a0[0]=6162"], [b"ab"], False),
        ("argc larger than what is there", ['argc=4 a0="a" a1="b"'], [b"a", b"b"], False),
        ("an argument missing", ['argc=3 a0="a" a2="c"'], [b"a", b"c"], False),
        ("the record with argc missing", [' a2="c"'], [b"c"], False),
        ("cut within hex", ['argc=2 a0="a" a1=616'], [b"a", b"a"], False),
        ("cut within quotes", ['argc=2 a0="a" a1="bc'], [b"a", b"bc"], False),
        ("none at all", ["argc=0"], [], True),
        ("text that stands for nothing elsewhere", ["argc=2 a0=? a1=(null)"], [b"?", b"(null)"], True),
        ("an absurd argc costs nothing", ['argc=99999999999999999999 a0="a"'], [b"a"], False),
        ("a large argc costs nothing", ['argc=400000000 a0="a"'], [b"a"], False),
        ("an absurd index", ['argc=1 a0="a" a99999999999="b"'], [b"a"], True),
        ("an argument that looks like a field", ['argc=2 a0="a" a1="argc=9"'], [b"a", b"argc=9"], True),
    )

    def test_arguments(self):
        for why, bodies, argv, whole in self.CASES:
            with self.subTest(why):
                records = [split_fields(body.encode()) for body in bodies]
                self.assertEqual(arguments(records), (argv, whole))


class AbsoluteTest(unittest.TestCase):
    CASES = (
        ("absolute", b"/etc/passwd", b"/home", b"/etc/passwd"),
        ("relative", b"a/b", b"/home", b"/home/a/b"),
        ("folded as text", b"../etc/./x//y/", b"/home", b"/etc/x/y"),
        ("two slashes are one", b"//etc", None, b"/etc"),
        ("above the root", b"/../..", None, b"/"),
        ("nowhere to start from", b"../x/./y", None, b"../x/./y"),
        ("a working directory the kernel could not name", b"x", b"<too_long>", b"x"),
    )

    def test_absolute(self):
        for why, name, directory, expected in self.CASES:
            with self.subTest(why):
                self.assertEqual(absolute(name, directory), expected)
