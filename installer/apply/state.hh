// SPDX-License-Identifier: GPL-2.0-only
// What became of a plan: plain data, for the journal and for reports.
#pragma once

#include "plan/plan.hh"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace inst {

enum class StepState {
  untouched,
  begun,   ///< perhaps half done; `before` tells how it was
  done,    ///< by us
  skipped, ///< was right already, so it is not ours to undo
  undone
};

/// What undo() left in place, as sentences.
using Kept = std::vector<std::string>;

struct StepRecord {
  StepState state = StepState::untouched;
  nlohmann::json before;
  std::string boot{}; ///< System::boot_id() when it was begun
  Kept kept;          ///< of a step that is undone
};

/// One apply with all that followed on it.
struct Run {
  int number = 0;
  Plan plan;
  std::vector<StepRecord> steps; ///< parallel to plan.steps
  bool ended = false;            ///< every step was done
  bool undoing = false;          ///< a rollback or uninstall has begun
  bool undone = false;           ///< … and has ended
  [[nodiscard]] bool interrupted() const { return undoing ? !undone : !ended; }
};

struct Summary {
  std::vector<StepState> steps; ///< parallel to plan.steps; for a dry run untouched = to be done
  Kept kept;
  [[nodiscard]] bool nothing_to_do() const {
    return std::all_of(steps.begin(), steps.end(),
                       [](StepState s) { return s == StepState::skipped; });
  }
};

} // namespace inst
