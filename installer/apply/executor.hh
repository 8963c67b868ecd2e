// SPDX-License-Identifier: GPL-2.0-only
// Executors take a plan and bring it about, or only say what they would do.
#pragma once

#include "apply/actions.hh"
#include "apply/journal.hh"

#include <string>
#include <vector>

namespace inst {

/// What happens while it happens. The default is silence.
class Progress {
public:
  virtual ~Progress() = default;
  virtual void step_begins(const Step& /*step*/, std::size_t /*index*/, std::size_t /*count*/) {}
  virtual void still_busy(int /*seconds*/) {}
  virtual void notice(const std::string& /*text*/) {}
  virtual void step_ends(const Step& /*step*/, StepState /*state*/) {}
  virtual void undo_begins(const Run& /*run*/, const std::string& /*why*/) {}
};

class Executor {
public:
  virtual ~Executor() = default;
  virtual Result<Summary> run(const Plan& plan) = 0;
};

/// Looks at every step and changes nothing.
class DryRun final : public Executor {
public:
  explicit DryRun(sys::System& sys) : sys_(sys) {}
  Result<Summary> run(const Plan& plan) override;

private:
  sys::System& sys_;
};

/// The one that acts. On failure it undoes what it did in this run and returns the error.
class Apply final : public Executor {
public:
  Apply(sys::System& sys, Journal& journal, Progress& progress)
      : sys_(sys), journal_(journal), progress_(progress) {}
  /// From now on undo() takes the files of LUNs away even with data in them.
  void delete_data() { delete_data_ = true; }

  Result<Summary> run(const Plan& plan) override;
  /// Goes on where a killed run stopped, forwards or backwards.
  Result<Summary> resume(Run run);
  /// Before all is removed: what serves it stops, even if it was not us who enabled it.
  Result<void> stop(const Run& run);
  /// Undoes one run; one step after the other from the last.
  Result<Summary> undo(Run run, const std::string& why);

private:
  Result<Summary> forward(Run& run);
  Result<StepState> do_step(Run& run, std::size_t index);
  Result<void> begin_anew(const Context& ctx, const Step& step, const StepRecord& record);
  Result<void> keep_record(const Run& run, std::size_t index, StepState state,
                           const Kept& kept = {});
  Context context(const Plan& plan);

  sys::System& sys_;
  Journal& journal_;
  Progress& progress_;
  bool delete_data_ = false;
};

Context context_of(sys::System& sys, const Plan& plan);

} // namespace inst
