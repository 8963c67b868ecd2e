// SPDX-License-Identifier: GPL-2.0-only
// What configurations saved by SCST say and what has no meaning here. A pure function.
#pragma once

#include "model.hh"

#include <string>
#include <vector>

namespace scstadm {

/// Takes such attributes out of `node` and below. Returns a sentence for each, with its place;
/// docs/differs.md names them all.
std::vector<std::string> drop_foreign(Node& node);

} // namespace scstadm
