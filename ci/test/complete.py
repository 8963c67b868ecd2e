#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a shell makes of a line when somebody presses TAB behind it.

complete.py SHELL FOLDER LINE...: SHELL (bash, zsh or fish) has the completions that lie in FOLDER
under the names that it looks for. bash and zsh run at a terminal, where the programs are functions that print
their words: a line that was completed tells what it became. fish says what it would propose. Prints
the words of each line, without the program, one line for each."""
import os
import pathlib
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

PROGRAMS = ["scst-install", "scstadmin", "iscsi-scstd", "scst-user-disk", "quickstart"]
SAY = "{ printf '\\n<%s>\\n' \"$*\"; }"
DEADLINE = 60  # a busy machine may take that long to start zsh


def prepare(shell, folder, home):
    """The command of the shell; what it reads first is put into home."""
    functions = "".join(f"{name}() {SAY}\n" for name in PROGRAMS)
    if shell == "bash":
        files = "".join(f". '{folder}/{name}'\n" for name in PROGRAMS)
        (home / ".bashrc").write_text(
            f"PS1='ready>'\nbind 'set enable-bracketed-paste off'\n{functions}{files}")
        return ["bash", "--noprofile", "--rcfile", home / ".bashrc", "-i"]
    (home / ".zshrc").write_text(
        f"PS1='ready>'\nunsetopt prompt_cr prompt_sp\nunset zle_bracketed_paste\nfpath=('{folder}' $fpath)\n"
        f"autoload -Uz compinit\ncompinit -u -d '{home}/dump'\n{functions}")
    return ["zsh", "-i"]


class Terminal:
    """A shell at a terminal of its own."""

    def __init__(self, command, home):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            env = {"PATH": os.environ["PATH"], "HOME": str(home), "ZDOTDIR": str(home),
                   "TERM": "dumb", "LC_ALL": "C.UTF-8", "INPUTRC": "/dev/null"}
            os.chdir(home)
            os.execvpe(command[0], [str(word) for word in command], env)

    def await_text(self, pattern):
        """What came up to the pattern."""
        said, end = "", time.monotonic() + DEADLINE
        while not re.search(pattern, said):
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise SystemExit(f"the shell does not say {pattern}, but: {said!r}")
            said += os.read(self.fd, 65536).decode(errors="replace")
        return said

    def send(self, text):
        os.write(self.fd, text.encode())


def by_terminal(shell, folder, lines, home):
    """Yields what the lines become."""
    terminal = Terminal(prepare(shell, folder, home), home)
    terminal.await_text("ready>")
    for line in lines:
        terminal.send(f"{line}\t\n")
        yield terminal.await_text(r"<[^<>]*>\r?\nready>").split("<")[-1].split(">")[0].strip()
    os.close(terminal.fd)
    os.waitpid(terminal.pid, 0)


def by_asking(folder, lines, home):
    """Yields what fish makes of the lines: what all of its proposals begin with
    takes the place of the last word."""
    for line in lines:
        program = line.split()[0]
        script = f"source '{folder}/{program}.fish'; complete -C '{line}'"
        said = subprocess.run(["fish", "--no-config", "-c", script], env=os.environ | {"HOME": home},
                              check=True, capture_output=True, text=True, timeout=DEADLINE).stdout
        proposals = [proposal.split("\t")[0] for proposal in said.splitlines()]
        words = line.split()[1:]
        words[-1] = os.path.commonprefix(proposals) or words[-1]
        yield " ".join(words)


def main():
    shell, folder, lines = sys.argv[1], pathlib.Path(sys.argv[2]).resolve(), sys.argv[3:]
    with tempfile.TemporaryDirectory() as home:
        ways = {"fish": lambda: by_asking(folder, lines, home)}
        way = ways.get(shell, lambda: by_terminal(shell, folder, lines, pathlib.Path(home)))
        for became in way():
            print(became)


main()
