// SPDX-License-Identifier: GPL-2.0-only
// Digests of files for which nobody publishes any: that of the first copy is remembered, and
// another one refused. The file is what sha256sum(1) writes and checks.
#pragma once

#include "result.hh"
#include "sys/system.hh"

#include <map>
#include <string>

namespace inst::pins {

/// name → SHA-256. A file that is not there holds none.
std::map<std::string, std::string> load(sys::System& sys, const std::string& file);

Result<void> add(sys::System& sys, const std::string& file, const std::string& name,
                 const std::string& digest);

/// The digest that a file must have: the known one, else the pinned one, else "".
std::string wanted(sys::System& sys, const std::string& file, const std::string& name,
                   const std::string& known);

/// For a file that is not what it must be.
Error mismatch(const std::string& path, const std::string& name, const std::string& found,
               const std::string& wanted, const std::string& pins, bool pinned);

} // namespace inst::pins
