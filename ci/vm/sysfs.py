#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Compares the sysfs tree with a table of rows, both ways. Usage: sysfs.py ROOT TABLE"""

import errno
import fnmatch
import os
import re
import sys


class Row:
    """One line of the table, and the values to be tried on the files that it tells of."""

    def __init__(self, number, path, mode, kind, regex):
        self.number = number
        self.path = path.split("/")
        self.mode = mode
        self.kind = kind
        self.regex = re.compile(regex)
        self.values = []

    def tells_of(self, path):
        # Level by level: a '*' of fnmatch would match a '/'.
        return len(path) == len(self.path) and all(map(fnmatch.fnmatchcase, path, self.path))


def read_table(name):
    rows = []
    with open(name) as table:
        for number, line in enumerate(table, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                continue
            value = re.fullmatch(r"  (?:\+ ?(.*?) = (.*)|! (.*?) ?(E[A-Z]+)|> (.+)|~ \S+)", line)
            row = re.fullmatch(r"(\S+) (\d{3}|-) (?:(=|->) (.*)|w)", line)
            if value:
                rows[-1].values.append(value.groups())
            elif row:
                path, mode, kind, regex = row.groups()
                rows.append(Row(number, path, mode, kind or "w", regex or ""))
            else:
                sys.exit(f"{name}:{number}: neither a row nor a value: {line}")
    return rows


def files_below(root):
    """Paths of files and links, as lists of names. Links are not followed."""
    for folder, names, files in os.walk(root):
        for name in files + [n for n in names if os.path.islink(os.path.join(folder, n))]:
            yield os.path.relpath(os.path.join(folder, name), root).split("/")


def read(file):
    with open(file) as f:
        return f.read().rstrip("\n").replace("\n", "|")


def write(file, text):
    """The name of the error, or None. One write is one command."""
    fd = os.open(file, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
        return None
    except OSError as e:
        return errno.errorcode[e.errno]
    finally:
        os.close(fd)


def faults_of_row(row, file):
    if row.kind == "->":
        leads = os.readlink(file) if os.path.islink(file) else "(no link)"
        if not row.regex.fullmatch(leads):
            yield f"leads to {leads}"
        return
    mode = f"{os.stat(file).st_mode & 0o777:o}"
    if mode != row.mode:
        yield f"has mode {mode}"
    if row.kind == "=" and not row.regex.fullmatch(read(file)):
        yield f"reads {read(file)!r}"


def faults_of_values(row, file):
    for taken, reads, refused, wanted, done in row.values:
        if done is not None:
            result = write(file, done + "\n")
            if result:
                yield f"refuses {done!r} with {result}"
            continue
        before = read(file) if row.kind == "=" else None
        if taken is not None:
            result = write(file, taken + "\n")
            if result:
                yield f"refuses {taken!r} with {result}"
            elif not re.fullmatch(reads, read(file)):
                yield f"reads {read(file)!r} after {taken!r}"
        elif refused is not None:
            result = write(file, refused + "\n")
            if result != wanted:
                yield f"answers {refused!r} with {result}, not {wanted}"
            if before is not None and read(file) != before:
                yield f"reads {read(file)!r} after {refused!r} was refused"


def main(root, table):
    rows = read_table(table)
    found = {id(row): [] for row in rows}
    faults = []
    for path in sorted(files_below(root)):
        file = "/".join(path)
        telling = [row for row in rows if row.tells_of(path)]
        if len(telling) != 1:
            lines = ", ".join(str(row.number) for row in telling) or "none"
            faults.append(f"{file}: told of by {len(telling)} rows ({lines})")
        for row in telling[:1]:
            found[id(row)].append(file)
            faults += [f"{file} {fault} (row {row.number})"
                       for fault in faults_of_row(row, os.path.join(root, file))]
    for row in rows:
        # What can be written has to be: nobody would miss an errno that was never asked for.
        if row.mode != "-" and int(row.mode, 8) & 0o222 and not row.values:
            faults.append(f"{'/'.join(row.path)}: no value is tried on it (row {row.number})")
        if not found[id(row)]:
            faults.append(f"{'/'.join(row.path)}: no such file (row {row.number})")
        # One file of each kind is enough to be written to, and others may depend on each other.
        for file in found[id(row)][:1]:
            faults += [f"{file} {fault} (row {row.number})"
                       for fault in faults_of_values(row, os.path.join(root, file))]
    for fault in faults:
        print(fault)
    values = sum(len(row.values) for row in rows)
    print(f"{sum(map(len, found.values()))} files, {len(rows)} rows, {values} values, "
          f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


main(*sys.argv[1:])
