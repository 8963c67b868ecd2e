#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A verdict on each C file of a folder: how many of its lines with code were executed.

coverage.py PERCENT OBJECTS FOLDER

OBJECTS: where the compiler has put the notes (.gcno) and the tests their counters (.gcda). A file
that no object was made of, and one that no test has entered, count as not executed. A header counts
by what its functions do in any of the objects.
"""
import collections
import glob
import json
import os
import subprocess
import sys


def executed(objects, folder):
    """{file: {line: how often}} of the files in @folder."""
    lines = collections.defaultdict(collections.Counter)
    for notes in sorted(glob.glob(os.path.join(objects, "*.gcno"))):
        report = subprocess.run(["gcov", "--json-format", "--stdout", os.path.abspath(notes)],
                                stdout=subprocess.PIPE, check=True)
        unit = json.loads(report.stdout)
        for file in unit["files"]:
            path = os.path.realpath(os.path.join(unit["current_working_directory"], file["file"]))
            if os.path.dirname(path) == folder:
                for line in file["lines"]:
                    lines[os.path.basename(path)][line["line_number"]] += line["count"]
    return lines


def ranges(numbers):
    """'3, 7-9' of [3, 7, 8, 9]."""
    runs = []
    for n in numbers:
        if runs and n == runs[-1][1] + 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def main(least, objects, folder):
    lines = executed(objects, os.path.realpath(folder))
    total = missed = 0
    for source in sorted(set(lines) | {os.path.basename(f) for f in glob.glob(folder + "/*.c")}):
        never = sorted(n for n, count in lines[source].items() if not count)
        done = len(lines[source]) - len(never)
        percent = 100 * done / len(lines[source]) if lines[source] else 0
        total += len(lines[source])
        missed += len(never)
        if never:
            print(f"# {folder}/{source}: never executed: {ranges(never)}")
        word = "ok" if percent >= least else "not ok"
        print(f"{word} {folder}/{source}: {percent:.1f} % of {len(lines[source])} lines")
    print(f"# {folder}: {100 * (total - missed) / max(total, 1):.1f} % of {total} lines")


main(float(sys.argv[1]), sys.argv[2], sys.argv[3])
