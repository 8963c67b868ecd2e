// SPDX-License-Identifier: GPL-2.0-only
// Runs a plan step by step with the journal, forwards and backwards. Decides nothing.
#include "apply/executor.hh"

namespace inst {
namespace {

/// Makes the folder of the log. A log that cannot be made is left out.
void prepare_log(sys::System& sys, const std::string& log) {
  const std::string dir = log.substr(0, log.rfind('/'));
  for (const std::string& part : {dir.substr(0, dir.rfind('/')), dir})
    if (sys.stat(part).type == sys::FileType::none)
      static_cast<void>(sys.make_dir(part, 0750));
}

std::string log_of(const Plan& plan) {
  return plan.road == "guest" ? plan.state_dir + "/log/scst-install.log"
                              : plan.root + "/var/log/scst-install/scst-install.log";
}

Error no_effect(const Step& step) {
  return {"step " + step.id, step.title, "it ran without an error but had no effect",
          "Please report this with the log of scst-install.", Exit::internal};
}

} // namespace

/// What is recorded as done outlives a power cut: also what other programs wrote, and do not sync.
Result<void> Apply::keep_record(const Run& run, std::size_t index, StepState state,
                                const Kept& kept) {
  if (auto settled = sys_.settle(run.plan.root); !settled)
    return settled;
  return journal_.step(run, index, state, kept);
}

/// A step that was begun before the machine went down: files that it wrote may be there, but empty,
/// and pass for finished. It begins anew.
Result<void> Apply::begin_anew(const Context& ctx, const Step& step, const StepRecord& record) {
  if (record.boot.empty() || record.boot == sys_.boot_id())
    return {};
  auto undone = inst::undo(ctx, step.action, record.before);
  return undone ? Result<void>{} : undone.error();
}

Context context_of(sys::System& sys, const Plan& plan) {
  return {sys, plan.root, plan.state_dir, log_of(plan), {}, false};
}

Result<Summary> DryRun::run(const Plan& plan) {
  const Context ctx = context_of(sys_, plan);
  Summary summary;
  for (const Step& step : plan.steps)
    summary.steps.push_back(is_done(ctx, step.action) ? StepState::skipped : StepState::untouched);
  return summary;
}

Context Apply::context(const Plan& plan) {
  Context ctx = context_of(sys_, plan);
  ctx.tick = [this](int seconds) { progress_.still_busy(seconds); };
  ctx.say = [this](const std::string& text) { progress_.notice(text); };
  ctx.delete_data = delete_data_;
  prepare_log(sys_, ctx.log);
  return ctx;
}

Result<StepState> Apply::do_step(Run& run, std::size_t index) {
  const Step& step = run.plan.steps.at(index);
  StepRecord& record = run.steps.at(index);
  const Context ctx = context(run.plan);
  if (record.state != StepState::begun) {
    if (is_done(ctx, step.action)) {
      if (auto written = journal_.step(run, index, StepState::skipped); !written)
        return written.error();
      return StepState::skipped;
    }
    record.before = before(ctx, step.action);
    record.boot = sys_.boot_id();
    record.state = StepState::begun;
    if (auto written = journal_.step(run, index, StepState::begun); !written)
      return written.error();
  } else if (auto anew = begin_anew(ctx, step, record); !anew) {
    return anew.error();
  }
  if (auto done = perform(ctx, step.action, record.before); !done)
    return done.error();
  if (!is_done(ctx, step.action))
    return no_effect(step);
  if (auto written = keep_record(run, index, StepState::done); !written)
    return written.error();
  return StepState::done;
}

Result<Summary> Apply::forward(Run& run) {
  Summary summary;
  for (std::size_t i = 0; i < run.plan.steps.size(); i++) {
    const Step& step = run.plan.steps[i];
    StepRecord& record = run.steps[i];
    if (record.state == StepState::untouched || record.state == StepState::begun) {
      progress_.step_begins(step, i, run.plan.steps.size());
      const auto state = do_step(run, i);
      if (!state) {
        Error error = state.error();
        if (auto undone = undo(run, error.line()); !undone)
          error.hint += " Undoing stopped too (" + undone.error().line() +
                        "): see to that, then run scst-install rollback.";
        return error;
      }
      record.state = *state;
      progress_.step_ends(step, *state);
    }
    summary.steps.push_back(record.state);
  }
  if (auto ended = journal_.end(run); !ended)
    return ended.error();
  return summary;
}

Result<Summary> Apply::run(const Plan& plan) {
  auto runs = journal_.load();
  if (!runs)
    return runs.error();
  Run run;
  run.number = runs->empty() ? 1 : runs->back().number + 1;
  run.plan = plan;
  run.steps.resize(plan.steps.size());
  if (auto started = journal_.start(run); !started)
    return started.error();
  return forward(run);
}

Result<Summary> Apply::resume(Run run) {
  return run.undoing ? undo(std::move(run), "resumed") : forward(run);
}

Result<void> Apply::stop(const Run& run) {
  for (const Step& step : run.plan.steps)
    if (const auto* services = std::get_if<Services>(&step.action))
      if (auto stopped = stop_services(context(run.plan), *services); !stopped)
        return stopped;
  return {};
}

Result<Summary> Apply::undo(Run run, const std::string& why) {
  progress_.undo_begins(run, why);
  if (!run.undoing)
    if (auto started = journal_.undo_start(run, why); !started)
      return started.error();
  const Context ctx = context(run.plan);
  Summary summary;
  summary.steps.resize(run.steps.size(), StepState::untouched);
  const auto keep = [&](const Kept& kept) {
    summary.kept.insert(summary.kept.end(), kept.begin(), kept.end());
  };
  for (std::size_t i = run.steps.size(); i-- > 0;) {
    keep(run.steps[i].kept); // of an undo that was cut off
    if (run.steps[i].state != StepState::done && run.steps[i].state != StepState::begun)
      continue;
    auto kept = inst::undo(ctx, run.plan.steps[i].action, run.steps[i].before);
    if (!kept)
      return kept.error();
    keep(*kept);
    if (auto written = keep_record(run, i, StepState::undone, *kept); !written)
      return written.error();
    summary.steps[i] = StepState::undone;
    progress_.step_ends(run.plan.steps[i], StepState::undone);
  }
  if (auto ended = journal_.undo_end(run); !ended)
    return ended.error();
  return summary;
}

} // namespace inst
