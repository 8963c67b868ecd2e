// SPDX-License-Identifier: GPL-2.0-only
#include "dialogue/dialogue.hh"

#include "names.hh"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <toml++/toml.h>

#include <charconv>
#include <cstdlib>
#include <sstream>

namespace inst::dialogue {
namespace {

/// Ends the dialogue; caught in ask().
struct NoAnswer {};

std::string trimmed(const std::string& text) {
  const std::size_t from = text.find_first_not_of(" \t\r");
  return from == std::string::npos ? ""
                                   : text.substr(from, text.find_last_not_of(" \t\r") - from + 1);
}

std::string size_text(std::uint64_t bytes) {
  const std::uint64_t gib = std::uint64_t{1} << 30;
  return bytes < gib
             ? fmt::format("{} MiB", bytes >> 20)
             : fmt::format("{:.1f} GiB", static_cast<double>(bytes) / static_cast<double>(gib));
}

/// nullopt: no size.
std::optional<std::uint64_t> size_of(const std::string& text) {
  std::string number = text;
  std::uint64_t bytes = 0;
  try {
    CLI::AsSizeValue(false)(number); // as the command line reads it
  } catch (const CLI::Error&) {
    return std::nullopt;
  }
  const auto end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, bytes);
  if (read.ec != std::errc() || read.ptr != end)
    return std::nullopt;
  return bytes;
}

class Dialogue {
public:
  Dialogue(const Terminal& terminal, const Ground& ground, Options options)
      : terminal_(terminal), ground_(ground), o_(std::move(options)) {}

  Options run() {
    if (o_.device.empty())
      ask_disk();
    if (o_.device.empty())
      ask_size();
    if (o_.target.empty())
      ask_target();
    if (!o_.fc && !ground_.fc_ports.empty())
      o_.fc =
          yes(fmt::format("Serve by Fibre Channel too ({})?", fmt::join(ground_.fc_ports, ", ")));
    if (o_.allow.empty())
      ask_initiators();
    if (!o_.chap)
      o_.chap = yes("Do they have to know a secret (CHAP)? It is made here.");
    return o_;
  }

private:
  std::string line(const std::string& question) {
    const auto answer = terminal_.ask(question);
    if (!answer)
      throw NoAnswer();
    return trimmed(*answer);
  }

  bool yes(const std::string& question) {
    for (;;) {
      const std::string answer = line(question + " [y/N] ");
      if (answer == "y" || answer == "yes")
        return true;
      if (answer.empty() || answer == "n" || answer == "no")
        return false;
      terminal_.out("Please answer y or n.\n");
    }
  }

  void ask_disk() {
    terminal_.out("What is to be served?\n  1  a fresh file\n");
    for (std::size_t i = 0; i < ground_.disks.size(); i++)
      terminal_.out(fmt::format("  {}  {}, {}\n", i + 2, ground_.disks[i].path,
                                size_text(ground_.disks[i].size)));
    terminal_.out("Disks that are in use, or not empty, are not offered.\n");
    for (;;) {
      const std::string answer = line("A number, or the path of a disk or file [1]: ");
      if (answer.empty() || answer == "1")
        return;
      if (answer.starts_with('/')) {
        o_.device = answer; // whether it will do, the planner says
        return;
      }
      const std::size_t number = std::strtoul(answer.c_str(), nullptr, 10);
      if (answer.find_first_not_of("0123456789") == std::string::npos && number >= 2 &&
          number < ground_.disks.size() + 2) {
        o_.device = ground_.disks[number - 2].path;
        return;
      }
      terminal_.out(
          fmt::format("'{}' is none of them, and no path, which begins with /.\n", answer));
    }
  }

  void ask_size() {
    for (;;) {
      const std::string answer = line(
          fmt::format("How big? It takes space only as it is written [{}]: ", size_text(o_.size)));
      if (answer.empty())
        return;
      const auto bytes = size_of(answer);
      if (bytes && *bytes > 0 && *bytes % 512 == 0) {
        o_.size = *bytes;
        return;
      }
      terminal_.out(fmt::format("'{}' is no size such as 512M, 10G or 1T.\n", answer));
    }
  }

  void ask_target() {
    for (;;) {
      const std::string answer = line(fmt::format("Name of the target [{}]: ", ground_.target));
      if (answer.empty())
        return;
      const std::string fault = name_fault(answer);
      if (fault.empty()) {
        o_.target = answer;
        return;
      }
      terminal_.out(fmt::format("{}: {}.\n", answer, fault));
    }
  }

  void ask_initiators() {
    terminal_.out(fmt::format(
        "Who may see it? The name of an initiator, which its machine shows (on Linux in\n"
        "/etc/iscsi/initiatorname.iscsi{}); * and ? stand for parts. One a line; an "
        "empty line\nends the list. Without any, nobody sees it yet.\n",
        o_.fc ? ",\nor in /sys/class/fc_host/*/port_name" : ""));
    for (;;) {
      const std::string answer = line("Initiator: ");
      if (answer.empty())
        return;
      const std::string fault = o_.fc && is_fc_pattern(answer) ? "" : pattern_fault(answer);
      if (fault.empty())
        o_.allow.push_back(answer);
      else
        terminal_.out(fmt::format("{}: {}.\n", answer, fault));
    }
  }

  const Terminal& terminal_;
  const Ground& ground_;
  Options o_;
};

} // namespace

Result<Options> ask(const Terminal& terminal, const Ground& ground, Options options) {
  if (!terminal.ask)
    return Error{"ask", "", "standard input is not a terminal, so nobody can be asked",
                 "Give the answers as options, or with --answers FILE.", Exit::usage};
  try {
    return Dialogue(terminal, ground, std::move(options)).run();
  } catch (const NoAnswer&) {
    terminal.out("\n");
    return Error{"ask", "", "the answers ended before the questions did", "", Exit::interrupted};
  }
}

std::string answers_text(const Options& o) {
  toml::table all;
  if (o.device.empty())
    all.insert("size", std::to_string(o.size));
  else
    all.insert("device", o.device);
  if (!o.target.empty())
    all.insert("target", o.target);
  if (!o.allow.empty()) {
    toml::array names;
    for (const std::string& name : o.allow)
      names.push_back(name);
    all.insert("allow", std::move(names));
  }
  if (o.fc)
    all.insert("fc", true);
  if (o.chap)
    all.insert("chap", true);
  std::ostringstream out;
  out << "# Answers for scst-install --answers; each is an option of its command line.\n"
      << toml::toml_formatter(all, toml::format_flags::allow_multi_line_strings) << '\n';
  return out.str();
}

} // namespace inst::dialogue
