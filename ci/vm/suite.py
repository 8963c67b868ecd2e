#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""All suites of libiscsi's iscsi-test-cu against one device, each in a process of its own.

suite.py [--only SUITE.TEST] RESULTS DEVICE URL [URL2]
suite.py --passes-somewhere RESULTS

Adds a line of JSON to the file RESULTS for each test: device, suite, test, verdict (passed, skipped,
expected, refused, or one of BAD) and the tool's first word on it. CUnit calls a test that skips itself
passed; here it is skipped. The file suite.expect beside this one says where a test has to fail.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time

LIMIT = 300  # seconds for a suite
BAD = ("failed", "hung", "crashed", "stale")
WRITE_PROTECTED = "2700"  # additional sense code and qualifier
BEGIN = re.compile(r"^  Test: (\S+) \.\.\.(.*)", re.S)
# The verdict stands where CUnit left off; a word of the tool may follow it in the same line.
END = re.compile(r"^(passed|FAILED)\b")
SAID = re.compile(r"\[(SKIPPED|FAILED)\] *(.*)")


def tests():
    """{suite: [test]} as the tool itself lists them."""
    listed = subprocess.run(["iscsi-test-cu", "-l"], capture_output=True, text=True, check=True).stdout
    suites = {}
    for line in listed.split():
        family, *name = line.split(".")
        if family == "ALL" and len(name) == 2:
            suites.setdefault(name[0], []).append(name[1])
    return suites


def verdicts(output):
    """{test: (verdict, note)} of the tests that the output speaks of."""
    found, name, said = {}, None, []
    for line in output.splitlines():
        begin = BEGIN.match(line)
        if begin:
            name, line, said = begin[1], begin[2], []
        if name is None:
            continue
        end = END.match(line)
        if not end:
            said += SAID.findall(line)
        if end and end[1] == "passed":
            skipped = [note for kind, note in said if kind == "SKIPPED"]
            found[name] = ("skipped", skipped[0]) if skipped else ("passed", "")
        elif end:
            found[name] = ("failed", said[0][1] if said else "")
        if end:
            name = None
    return found


def run(suite, urls):
    """(output, what became of a test that the output does not speak of)"""
    # Given a second way the suite takes it for its second nexus too, and does not expect that one to
    # have been told of the reset before (SAM-5 5.14).
    ways = urls if suite.startswith("MultipathIO") else urls[:1]
    command = ["iscsi-test-cu", "-d", "-S", "-v", "-t", "ALL." + suite, *ways]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
    except subprocess.TimeoutExpired as late:
        return late.stdout or b"", "hung"
    return done.stdout, "crashed"


def expectations():
    """{(device, "Suite.Test"): reason}"""
    found = {}
    with open(os.path.join(os.path.dirname(__file__), "suite.expect"), encoding="utf-8") as rows:
        for line in rows:
            if line.strip() and not line.startswith("#"):
                device, test, reason = line.split(maxsplit=2)
                found[device, test] = reason.strip()
    return found


def judge(device, test, verdict, note, expected):
    """(verdict, note): a failure that had to be is "expected", a write that was rightly refused "refused"."""
    if verdict == "failed" and (device, test) in expected:
        return "expected", expected[device, test]
    if verdict == "failed" and device == "readonly" and WRITE_PROTECTED in note:
        return "refused", "write protected (SBC-3 4.13)"
    if verdict == "passed" and (device, test) in expected:
        return "stale", "it passes, and suite.expect says that it can't"
    return verdict, note


def rows_of(device, urls, only):
    """A row for each test; what the tool said where one is bad."""
    expected = expectations()
    for suite, names in tests().items():
        if only and not any(f"{suite}.{name}" == only for name in names):
            continue
        what = only or suite
        output, otherwise = run(what, urls)
        output = output.decode(errors="replace")
        of = verdicts(output)
        bad = False
        for name in names:
            if only and f"{suite}.{name}" != only:
                continue
            verdict, note = judge(device, f"{suite}.{name}", *of.get(name, (otherwise, "")), expected)
            bad |= verdict in BAD
            yield {"device": device, "suite": suite, "test": name, "verdict": verdict, "note": note}
        if bad:
            print(output, flush=True)


def run_all(results, device, urls, only):
    count = {}
    begun = time.monotonic()
    with open(results, "a", encoding="utf-8") as out:
        for row in rows_of(device, urls, only):
            count[row["verdict"]] = count.get(row["verdict"], 0) + 1
            out.write(json.dumps(row) + "\n")
            if row["verdict"] in BAD:
                print("{verdict}: {device}: {suite}.{test}: {note}".format(**row), flush=True)
    took = int(time.monotonic() - begun)
    print(f"{device}: " + ", ".join(f"{n} {verdict}" for verdict, n in sorted(count.items())), f"({took} s)", flush=True)
    return not any(count.get(verdict) for verdict in BAD)


def passes_somewhere(results):
    passed, all_of = set(), set()
    with open(results, encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            test = row["suite"], row["test"]
            all_of.add(test)
            if row["verdict"] == "passed":
                passed.add(test)
    for suite, test in sorted(all_of - passed):
        print(f"passes nowhere: {suite}.{test}")
    print(f"{len(passed)} of {len(all_of)} tests pass somewhere")
    return passed == all_of


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--passes-somewhere", action="store_true", help="only read RESULTS")
    arguments.add_argument("--only", metavar="SUITE.TEST")
    arguments.add_argument("results", metavar="RESULTS")
    arguments.add_argument("device", metavar="DEVICE", nargs="?")
    arguments.add_argument("urls", metavar="URL", nargs="*")
    given = arguments.parse_args()
    if given.passes_somewhere:
        sys.exit(not passes_somewhere(given.results))
    sys.exit(not run_all(given.results, given.device, given.urls, given.only))


if __name__ == "__main__":
    main()
