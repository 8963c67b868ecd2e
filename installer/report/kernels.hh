// SPDX-License-Identifier: GPL-2.0-only
// Kernels, and what fits them, for people and for programs.
#pragma once

#include "facts/facts.hh"
#include "plan/kernels.hh"

#include <nlohmann/json.hpp>

namespace inst::report {

nlohmann::json release_json(const Release& release);
std::string release_text(const Release& release);
nlohmann::json kernels_json(const std::vector<Candidate>& kernels, const Facts& facts);
std::string kernels_text(const std::vector<Candidate>& kernels, const Facts& facts);
nlohmann::json explain_json(const std::vector<Candidate>& kernels, const Facts& facts);
std::string explain_text(const std::vector<Candidate>& kernels, const Facts& facts);

} // namespace inst::report
