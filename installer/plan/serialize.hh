// SPDX-License-Identifier: GPL-2.0-only
// Plan ↔ JSON: for the journal, for --json. Pure.
#pragma once

#include "plan/plan.hh"

#include <nlohmann/json.hpp>

namespace inst {

nlohmann::json to_json(const Plan& plan);
/// Throws nlohmann::json::exception when the text is not what to_json() made.
Plan plan_from_json(const nlohmann::json& json);

} // namespace inst
