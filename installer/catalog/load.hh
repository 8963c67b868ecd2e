// SPDX-License-Identifier: GPL-2.0-only
// Reads the catalog's TOML files.
#pragma once

#include "catalog/catalog.hh"
#include "result.hh"
#include "sys/system.hh"

namespace inst::catalog {

/// Adds what `text` holds; `file` is for messages.
Result<void> parse(const std::string& text, const std::string& file, Catalog& catalog);

/// All *.toml of a folder.
Result<Catalog> load(sys::System& sys, const std::string& dir);

} // namespace inst::catalog
