// SPDX-License-Identifier: GPL-2.0-only
// Wires the real System and the terminal to the command line. No decisions in here.
#include "cli.hh"
#include "commands.hh"
#include "sys/real.hh"

#include <unistd.h>

#include <cstdio>
#include <iostream>

int main(int argc, char** argv) {
  const inst::Parsed parsed = inst::parse_command_line(argc, argv);
  if (!parsed.cli)
    return parsed.exit;
  inst::Terminal terminal;
  terminal.out = [](const std::string& text) { std::cout << text << std::flush; };
  terminal.err = [](const std::string& text) { std::fputs(text.c_str(), stderr); };
  if (::isatty(STDIN_FILENO) == 1) {
    terminal.ask = [](const std::string& question) -> std::optional<std::string> {
      std::cout << question << std::flush;
      std::string answer;
      if (!std::getline(std::cin, answer))
        return std::nullopt;
      return answer;
    };
    terminal.confirm = [ask = terminal.ask](const std::string& question) {
      const auto answer = ask(question + " [y/N] ");
      return answer && (*answer == "y" || *answer == "yes");
    };
  }
  inst::sys::Real sys;
  return inst::run_command(sys, terminal, *parsed.cli);
}
