"""The Spark job prints what the script prints over the logs of all hosts."""

import gzip
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from tests.logs import opened, run
from tests.test_cli import FolderTest

ROOT = pathlib.Path(__file__).parent.parent


@unittest.skipUnless(
    importlib.util.find_spec("pyspark") and shutil.which("java"), "PyPI's pyspark or Java is missing"
)
class FleetTest(FolderTest):
    def job(self, *arguments: str) -> subprocess.CompletedProcess:
        environment = {
            **os.environ,
            "PYSPARK_SUBMIT_ARGS": "--master local[2] --conf spark.ui.enabled=false pyspark-shell",
            "PYSPARK_PYTHON": sys.executable,
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        command = [sys.executable, "-m", "tests.fleet_spark", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)

    def test_three_hosts(self):
        """Rotated and packed files among them, and lines that are no records."""
        for host in ("web1", "web2", "db"):
            os.mkdir(os.path.join(self.folder, host))
        log = (ROOT / "tests/data/session.log").read_text(encoding="utf-8").splitlines(keepends=True)
        self.write("web1/audit.log.2.gz", *log[:300], pack=gzip.compress)
        self.write("web1/audit.log.1", *log[300:600])
        self.write("web1/audit.log", *log[600:])
        self.write("web2/audit.log", *opened('"/é"', node="web2"), "junk\n")
        shutil.copy(ROOT / "tests/data/tools.log.gz", os.path.join(self.folder, "db", "audit.log.1.gz"))
        done = self.job("--show", "all", "--format", "json", self.folder)
        self.assertEqual(0, done.returncode, done.stderr)
        hosts = [os.path.join(self.folder, host) for host in ("db", "web1", "web2")]
        whole = run("--show", "all", "--format", "json", *hosts)
        self.assertEqual(whole.json, json.loads(done.stdout))
        self.assertEqual(whole.out, done.stdout)
        self.assertIn(whole.err, done.stderr)

    def test_misuse(self):
        self.assertIn("auditloginfo: give one folder of logs", self.job("--format", "events", "a").stderr)
