// SPDX-License-Identifier: GPL-2.0-only
// All checks on one machine, and what is told of them.
#pragma once

#include "doctor/check.hh"
#include "exit_code.hh"

#include <nlohmann/json.hpp>

namespace inst::doctor {

struct Examined {
  Check check;
  Finding finding;
};

std::vector<Examined> examine(sys::System& sys, const Facts& facts, const Catalog& catalog);

std::string text_of(const std::vector<Examined>& all);
nlohmann::json json_of(const std::vector<Examined>& all);
/// "C08: …", what it means and what is done about it; "" = there is no such check.
std::string explanation(const std::string& id);
/// ok; partial where there are warnings; verification where there are faults.
Exit exit_of(const std::vector<Examined>& all);

/// Puts right what can be: one sentence each. Errors become sentences too.
std::vector<std::string> fix(sys::System& sys, const Facts& facts, const Catalog& catalog,
                             const std::vector<Examined>& all);

} // namespace inst::doctor
