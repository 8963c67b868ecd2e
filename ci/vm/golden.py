#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs commands and compares what they print, and their exit codes, with a file.

golden.py FILE KEPT NAME=VALUE...

Prints the differences, and puts what came out into the file KEPT, in the same form.

FILE: a line "$ COMMAND" for each command, then what it prints, then a line "= CODE". Lines that begin
with # are comments. NAMEs in commands become their VALUEs, VALUEs in output become the NAMEs.
"""
import argparse
import difflib
import subprocess
import sys


def run(command, names):
    for name, value in names.items():
        command = command.replace(name, value)
    done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    output = done.stdout.decode(errors="replace")
    for name, value in names.items():
        output = output.replace(value, name)
    # Blanks at the end of a line are nothing that anybody wants to see in a file.
    return [line.rstrip() for line in output.splitlines()] + [f"= {done.returncode}"]


def cases(path):
    """Yields (lines that stay, command, expected lines)."""
    kept, command, expected = [], None, []
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("$ "):
                command, expected = line[2:], []
            elif command is None:
                kept.append(line)
                continue
            elif line.startswith("= "):
                yield kept, command, expected + [line]
                kept, command = [], None
            else:
                expected.append(line)
    if command:
        yield kept, command, expected


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("file", metavar="FILE")
    arguments.add_argument("kept", metavar="KEPT")
    arguments.add_argument("names", metavar="NAME=VALUE", nargs="*")
    given = arguments.parse_args()
    names = dict(pair.split("=", 1) for pair in given.names)
    new, bad, count = [], 0, 0
    for kept, command, expected in list(cases(given.file)):
        got = run(command, names)
        count += 1
        new += kept + ["$ " + command] + got
        if got != expected:
            bad += 1
            print("$ " + command)
            print("\n".join(difflib.unified_diff(expected, got, "expected", "printed", n=2, lineterm="")))
    with open(given.kept, "w", encoding="utf-8") as file:
        file.write("\n".join(new) + "\n")
    print(f"{count} commands, {bad} differ", flush=True)
    sys.exit(bad > 0)


if __name__ == "__main__":
    main()
