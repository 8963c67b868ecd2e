// SPDX-License-Identifier: GPL-2.0-only
// What every sub-command has at hand. Private to the sub-commands.
#pragma once

#include "catalog/catalog.hh"
#include "commands.hh"
#include "facts/facts.hh"
#include "plan/plan.hh"
#include "report/report.hh"
#include "result.hh"

#include <string>

namespace inst {

struct Session {
  sys::System& sys;
  const Terminal& terminal;
  const Cli& cli;

  [[nodiscard]] int end(Exit exit) const { return static_cast<int>(exit); }

  [[nodiscard]] int fail(const Error& error) const {
    if (cli.json)
      terminal.out(report::error_json(error).dump(2) + '\n');
    terminal.err(report::error_text(error));
    return end(error.exit);
  }

  /// Asks, unless --yes. The error says what to do when nobody can be asked.
  [[nodiscard]] Result<void> confirm(const std::string& question) const {
    if (cli.yes)
      return {};
    if (!terminal.confirm)
      return Error{"confirm", "", "standard input is not a terminal, so nobody can be asked",
                   "Look at the plan with 'scst-install plan', then give --yes.", Exit::usage};
    if (terminal.confirm(question))
      return {};
    return Error{"confirm", "", "declined", "", Exit::interrupted};
  }
};

/// Folder of catalog, init scripts and guest scripts.
std::string data_dir(const Session& s);
/// Ours, then the user's.
std::vector<std::string> catalog_dirs(const Session& s);
Result<Catalog> load_catalog(const Session& s);
/// With the kernels that could be installed where the options ask for them.
Result<Facts> gather_facts(const Session& s, bool kernels = false);
Result<Planned> plan_for(const Session& s);

} // namespace inst
