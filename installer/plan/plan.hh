// SPDX-License-Identifier: GPL-2.0-only
// Facts, catalog and options in; a plan or refusals out. A pure function: no access to the
// system, so it compiles and links without sys.
#pragma once

#include "catalog/catalog.hh"
#include "exit_code.hh"
#include "facts/facts.hh"
#include "plan/options.hh"
#include "plan/step.hh"

#include <string>
#include <vector>

namespace inst {

struct Plan {
  std::string road;                 ///< "native" or "guest"
  std::vector<std::string> reasons; ///< why this road
  std::string root;
  std::string state_dir; ///< of journal and lock, with the root
  std::string kernel;    ///< release; "" on the guest road
  std::string target, portal;
  std::string data; ///< file or device that holds the LUN; "" = not known
  std::vector<Step> steps;
  std::vector<std::string> notes; ///< what was left alone, and why
};

struct Refusal {
  std::string what;
  std::string hint; ///< the way out
  Exit exit = Exit::internal;
};

struct Planned {
  Plan plan; ///< worth something only without refusals
  std::vector<Refusal> refusals;
};

Planned make_plan(const Facts& facts, const Catalog& catalog, const Options& options);

} // namespace inst
