// SPDX-License-Identifier: GPL-2.0-only
// The sub-commands: each wires facts, catalog, plan, apply and report together.
#pragma once

#include "cli.hh"
#include "sys/system.hh"

#include <functional>
#include <optional>
#include <string>

namespace inst {

/// How to talk to the user. `confirm` and `ask` are empty when nobody can be asked.
struct Terminal {
  std::function<void(const std::string&)> out; ///< results
  std::function<void(const std::string&)> err; ///< progress and errors
  std::function<bool(const std::string& question)> confirm;
  /// The line of the answer; nullopt: there will be no more.
  std::function<std::optional<std::string>(const std::string& question)> ask{};
};

/// Runs the sub-command; returns the exit code.
int run_command(sys::System& sys, const Terminal& terminal, const Cli& cli);

} // namespace inst
