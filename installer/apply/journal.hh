// SPDX-License-Identifier: GPL-2.0-only
// The append-only record of what was done, one JSON object a line, synced before and after each
// step. It is all that resume, rollback and uninstall know.
//
// Test hook: with SCST_INSTALL_DIE_AFTER=N in the environment the program kills itself (SIGKILL)
// right after it has written its Nth record, so that a test can cut it off at each of them.
#pragma once

#include "apply/state.hh"
#include "result.hh"
#include "sys/system.hh"

#include <string>
#include <vector>

namespace inst {

class Journal {
public:
  /// dir: the state folder. Nothing is read or made before load() and append().
  Journal(sys::System& sys, std::string dir) : sys_(sys), dir_(std::move(dir)) {}

  [[nodiscard]] const std::string& dir() const { return dir_; }
  /// Oldest first. Lines cut off by a power failure are left out.
  Result<std::vector<Run>> load();
  /// Makes the folder when it is missing and takes the lock.
  Result<std::unique_ptr<sys::Lock>> lock();

  Result<void> start(const Run& run);
  /// kept: what undoing the step has left.
  Result<void> step(const Run& run, std::size_t index, StepState state, const Kept& kept = {});
  Result<void> end(const Run& run);
  Result<void> undo_start(const Run& run, const std::string& why);
  Result<void> undo_end(const Run& run);

private:
  [[nodiscard]] std::string file() const { return dir_ + "/journal"; }
  Result<void> append(const nlohmann::json& record);

  sys::System& sys_;
  std::string dir_;
  int appended_ = 0;
};

} // namespace inst
