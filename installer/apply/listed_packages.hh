// SPDX-License-Identifier: GPL-2.0-only
// Packages by managers that do not tell in advance what they would do: what an installation has
// brought is found by comparing the lists of what is installed, before and after.
// before: {"installed": [all that are installed]}
#pragma once

#include "apply/actions.hh"

namespace inst::listed {

bool is_done(const Context& ctx, const Packages& p);
nlohmann::json before(const Context& ctx, const Packages& p);
Result<void> perform(const Context& ctx, const Packages& p, const nlohmann::json& before);
Result<Kept> undo(const Context& ctx, const Packages& p, const nlohmann::json& before);

} // namespace inst::listed
