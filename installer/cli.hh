// SPDX-License-Identifier: GPL-2.0-only
// The command line as a struct.
#pragma once

#include "initiator/verify.hh"
#include "plan/options.hh"

#include <optional>
#include <string>

namespace inst {

struct Cli {
  std::string verb = "apply"; ///< sub-command; for "guest" its own verb is in guest_verb
  std::string guest_verb, catalog_verb;
  Options options;
  VerifyOptions verify;
  std::string check;    ///< id for "explain"; "" = a kernel is asked about
  std::string parse;    ///< release string for "kernels"
  std::string data_dir; ///< "" = the installed one
  std::string record;   ///< file for the answers; "" = none
  bool ask = false;
  bool yes = false, dry_run = false, json = false, delete_data = false, fix = false;
};

/// Either the command line, or the exit code to end with: help was shown, or an error.
struct Parsed {
  std::optional<Cli> cli;
  int exit = 0;
};

Parsed parse_command_line(int argc, const char* const* argv);

} // namespace inst
