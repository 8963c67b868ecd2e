// SPDX-License-Identifier: GPL-2.0-only
// Reads the catalog's TOML files.
#pragma once

#include "catalog/catalog.hh"
#include "result.hh"
#include "sys/system.hh"

namespace inst::catalog {

/// Where users put files of their own; an entry there replaces ours of the same name.
constexpr const char* user_dir = "/etc/scst-install/catalog.d";

struct Fault {
  std::string file;
  unsigned line = 0; ///< 0: of the whole file
  std::string what;
};

using Faults = std::vector<Fault>;

/// Adds what `text` holds; `file` is for messages. Faulty entries are left out.
void parse(const std::string& text, const std::string& file, Catalog& catalog, Faults& faults);

/// All *.toml of the folders, in this order.
Catalog read(sys::System& sys, const std::vector<std::string>& dirs, Faults& faults);

/// read() that takes a catalog without faults only.
Result<Catalog> load(sys::System& sys, const std::vector<std::string>& dirs);

/// What is wrong with the entries together: overlaps, names that lead nowhere, bad order.
std::vector<std::string> contradictions(const Catalog& catalog);

} // namespace inst::catalog
