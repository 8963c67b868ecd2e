// SPDX-License-Identifier: GPL-2.0-only
// scstadmin: the command line, wired to the real tree and the terminal.
#include "cli.hh"
#include "sysfs.hh"
#include "verbs.hh"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <unistd.h>

namespace {

using namespace scstadm;

bool ask_terminal(const std::string& question) {
  std::cout << question << " [y/N] " << std::flush;
  std::string answer;
  if (!std::getline(std::cin, answer))
    return false;
  for (char& c : answer)
    c = static_cast<char>(c | 0x20);
  return answer == "y" || answer == "yes";
}

int fail(const std::string& text) {
  std::cerr << "scstadmin: " << text << '\n';
  return 1;
}

/// Why nothing can be done on this machine; empty: it can.
std::string obstacle(const Sysfs& sysfs, const std::string& root) {
  if (!sysfs.exists(""))
    return root + " is missing: SCST is not loaded; load it with \"modprobe scst\"";
  if (root == kSysfsRoot && geteuid() != 0)
    return "this needs root: run it with sudo";
  return {};
}

} // namespace

int main(int argc, char** argv) {
  const CommandLine line = parse_command_line({argv + 1, argv + argc});
  if (!line.error.empty())
    return fail(line.error);
  if (line.has("help") || line.has("version")) {
    std::cout << (line.has("help") ? usage() : "scstadmin " SCST_VERSION "\n");
    return 0;
  }
  // Another tree to work on, for tests.
  const char* other = getenv("SCST_SYSFS_ROOT");
  const std::string root = other ? other : kSysfsRoot;
  auto sysfs = open_sysfs(root);
  if (std::string why = obstacle(*sysfs, root); !why.empty())
    return fail(why);

  Session session{*sysfs, line, [](const std::string& text) { std::cout << text << '\n'; },
                  [](const std::string& text) { std::cerr << text << '\n'; }, nullptr};
  if (isatty(STDIN_FILENO))
    session.ask = ask_terminal;
  const int code = run(session);
  std::cout.flush();
  return std::cout ? code : fail("cannot write to standard output");
}
