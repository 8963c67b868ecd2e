// SPDX-License-Identifier: GPL-2.0-only
// Facts, plans and results as text for people and as JSON for programs. Reads structs, acts on
// nothing. The JSON documents carry "schema": 1, which grows when a field changes its meaning.
#pragma once

#include "apply/state.hh"
#include "facts/facts.hh"
#include "plan/plan.hh"
#include "result.hh"

#include <nlohmann/json.hpp>

#include <string>

namespace inst::report {

std::string facts_text(const Facts& facts);
/// states: what a dry run found, parallel to the steps; empty = not looked at.
std::string plan_text(const Planned& planned, const std::vector<StepState>& states);
std::string done_text(const Plan& plan, const Summary& summary);
std::string status_text(const Run& run, const std::vector<bool>& as_installed);
std::string error_text(const Error& error);

nlohmann::json facts_json(const Facts& facts);
nlohmann::json plan_json(const Planned& planned, const std::vector<StepState>& states);
nlohmann::json status_json(const Run& run, const std::vector<bool>& as_installed);
nlohmann::json error_json(const Error& error);

/// "done", "begun" …
const char* name_of(StepState state);
/// "interrupted", "undone" or "installed".
const char* state_of(const Run& run);

} // namespace inst::report
