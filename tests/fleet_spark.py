"""Report on the audit logs of many hosts by PySpark, a host's rotated files in one task.

    python3 -m tests.fleet_spark [selection] [sections] [--top N] [--format FORMAT] FOLDER
    spark-submit --py-files auditloginfo.py tests/fleet_spark.py ... FOLDER

FOLDER holds a folder for each host with its audit.log* files, and is whatever Spark can read:
/srv/logs, s3a://bucket/logs, hdfs://... It prints what the script prints over all of them. A task
holds the files of its host in memory, packed as they are.
"""

from __future__ import annotations

import io
from collections.abc import Iterable

import auditloginfo
from auditloginfo import Reading, Selection, Source


def read_host(files: Iterable[tuple[str, bytes]], selection: Selection, sections: list[str]) -> Reading:
    """Return what the log of one host says; files: by name, in any order."""
    content = dict(files)
    names = auditloginfo.in_order(sorted(content))
    sources = [Source(name, io.BytesIO(content[name])) for name in names]
    report, errors = auditloginfo.read_report(sources, selection, sections)
    return Reading(report, selection, sections, names, errors)


def main() -> int:
    """Run the job and return its exit status."""
    from pyspark.sql import SparkSession

    parser = auditloginfo.build_parser()
    args = parser.parse_args()
    if len(args.log) != 1 or args.format not in auditloginfo.FORMATS or args.merge or args.baseline is not None:
        parser.error("give one folder of logs, and a format for reports")
    selection = auditloginfo.selection_of(args)
    sections, _ = auditloginfo.sections_of(args.show or auditloginfo.DEFAULT_SECTIONS, {})
    context = SparkSession.builder.appName("auditloginfo").getOrCreate().sparkContext
    context.addPyFile(auditloginfo.__file__)
    files = context.binaryFiles(f"{args.log[0]}/*/audit.log*").map(
        lambda file: (file[0].removeprefix("file:"), file[1])
    )
    hosts = files.groupBy(lambda file: file[0].rpartition("/")[0])
    readings = hosts.mapValues(lambda host: read_host(host, selection, sections)).collect()
    whole = auditloginfo.merged([reading for _, reading in sorted(readings)])
    auditloginfo.say(*whole.errors)
    return auditloginfo.conclude(args, whole)


if __name__ == "__main__":
    raise SystemExit(main())
