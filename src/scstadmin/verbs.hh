// SPDX-License-Identifier: GPL-2.0-only
// The operations of scstadmin. Each returns the exit code.
#pragma once

#include "cli.hh"
#include "sysfs.hh"

#include <functional>
#include <string>

namespace scstadm {

/// What an operation works with and talks to.
struct Session {
  Sysfs& sysfs;
  const CommandLine& line;
  std::function<void(const std::string&)> out;   ///< a line for the user
  std::function<void(const std::string&)> error; ///< a line about what went wrong
  /// Asks a question. Empty: there is no one to answer it.
  std::function<bool(const std::string&)> ask;
};

/// -config, -check_config, -write_config, -clear_config
int run_config(Session& s, const Command& c);
int run_check_config(Session& s, const Command& c);
int run_write_config(Session& s, const Command& c);
int run_clear_config(Session& s, const Command& c);

/// -list_*
int run_list(Session& s, const Command& c);

/// Everything else: one or a few writes.
int run_change(Session& s, const Command& c);

/// Runs all operations of the command line.
int run(Session& s);

/// May a change go on? Asks unless -noprompt or -force is given; says why not.
bool confirmed(Session& s, const std::string& question);

/// Carries operations out, or prints them with -dry_run, and reports.
int carry_out(Session& s, const std::vector<struct Operation>& operations);

constexpr const char* kDefaultConfig = "/etc/scst.conf";

} // namespace scstadm
