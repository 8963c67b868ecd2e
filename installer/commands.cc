// SPDX-License-Identifier: GPL-2.0-only
// The sub-commands. Table at the end.
#include "commands.hh"

#include "apply/executor.hh"
#include "dialogue/dialogue.hh"
#include "facts/gather.hh"
#include "looking.hh"
#include "names.hh"
#include "report/report.hh"
#include "session.hh"

#include <array>
#include <fmt/format.h>

namespace inst {
namespace {

constexpr int busy_line_every = 10; // seconds

class Lines final : public Progress {
public:
  explicit Lines(const Terminal& terminal) : terminal_(terminal) {}
  void step_begins(const Step& step, std::size_t index, std::size_t count) override {
    terminal_.err(fmt::format("[{}/{}] {}\n", index + 1, count, step.title));
    shown_ = 0;
  }
  void still_busy(int seconds) override {
    if (seconds < shown_ + busy_line_every)
      return;
    shown_ = seconds;
    terminal_.err(fmt::format("      still at it ({} s)\n", seconds));
  }
  void notice(const std::string& text) override { terminal_.err("      " + text + '\n'); }
  void step_ends(const Step& step, StepState state) override {
    if (state == StepState::undone)
      terminal_.err(fmt::format("undone: {}\n", step.title));
  }
  void undo_begins(const Run& run, const std::string& why) override {
    terminal_.err(fmt::format("undoing run {} ({})\n", run.number, why));
  }

private:
  const Terminal& terminal_;
  int shown_ = 0;
};

Error must_be_root(const std::string& what) {
  return {what, "", "this needs root", "Run scst-install with sudo or as root.", Exit::privilege};
}

/// Where runs may have been recorded: here (or under --root), and by the guest road.
std::vector<std::string> state_dirs(const Session& s) {
  std::string cache = s.sys.env("XDG_CACHE_HOME");
  if (cache.empty())
    cache = s.sys.env("HOME") + "/.cache";
  std::vector<std::string> dirs{s.cli.options.root + "/var/lib/scst-install"};
  if (s.cli.options.root.empty())
    dirs.push_back(cache + "/scst/install");
  return dirs;
}

/// Prints the plan with what a dry run says about each step. The states are empty when refused.
Result<std::vector<StepState>> preview(const Session& s, const Planned& planned, bool print) {
  std::vector<StepState> states;
  if (planned.refusals.empty()) {
    auto summary = DryRun(s.sys).run(planned.plan);
    if (!summary)
      return summary.error();
    states = summary->steps;
  }
  if (s.cli.json && print)
    s.terminal.out(report::plan_json(planned, states).dump(2) + '\n');
  else if (print)
    s.terminal.out(report::plan_text(planned, states));
  return states;
}

int show_plan(const Session& s) {
  const auto planned = plan_for(s);
  if (!planned)
    return s.fail(planned.error());
  if (const auto states = preview(s, *planned, true); !states)
    return s.fail(states.error());
  return s.end(planned->refusals.empty() ? Exit::ok : planned->refusals.front().exit);
}

/// Only root sees into the state folder: to others it would look as if nothing were installed.
Result<void> may_look(const Session& s, const std::string& what) {
  for (const std::string& dir : state_dirs(s))
    if (!s.sys.is_root() && s.sys.stat(dir).type == sys::FileType::directory &&
        s.sys.stat(dir + "/lock").type == sys::FileType::none)
      return must_be_root(what);
  return {};
}

/// Before anything is planned: half of what a cut-off run has done would look like the user's own.
Result<void> nothing_unfinished(const Session& s) {
  for (const std::string& dir : state_dirs(s)) {
    const auto runs = Journal(s.sys, dir).load();
    if (!runs)
      return runs.error();
    if (!runs->empty() && runs->back().interrupted())
      return Error{"apply", dir, "an earlier run was cut off",
                   "Go on with 'scst-install resume' or undo it with 'scst-install rollback'.",
                   Exit::resumable};
  }
  return {};
}

void say_done(const Session& s, const Planned& planned, const Summary& summary) {
  s.terminal.out(s.cli.json ? report::plan_json(planned, summary.steps).dump(2) + '\n'
                            : report::done_text(planned.plan, summary));
}

int apply_plan(const Session& s, const Planned& planned) {
  const Plan& plan = planned.plan;
  if (!s.sys.is_root())
    return s.fail(must_be_root("apply"));
  Journal journal(s.sys, plan.state_dir);
  if (auto agreed = s.confirm("Apply this plan?"); !agreed)
    return s.fail(agreed.error());
  const auto lock = journal.lock();
  if (!lock)
    return s.fail(lock.error());
  Lines lines(s.terminal);
  const auto summary = Apply(s.sys, journal, lines).run(plan);
  if (!summary)
    return s.fail(summary.error());
  say_done(s, planned, *summary);
  return 0;
}

int apply(const Session& s) {
  if (s.cli.dry_run)
    return show_plan(s);
  if (auto clean = nothing_unfinished(s); !clean)
    return s.fail(clean.error());
  const auto planned = plan_for(s);
  if (!planned)
    return s.fail(planned.error());
  // With --json there is one document: the plan with what became of it.
  const auto states = preview(s, *planned, !s.cli.json || !planned->refusals.empty());
  if (!states)
    return s.fail(states.error());
  if (!planned->refusals.empty())
    return s.end(planned->refusals.front().exit);
  const Summary looked{*states, {}};
  if (!looked.nothing_to_do())
    return apply_plan(s, *planned);
  say_done(s, *planned, looked);
  return 0;
}

int status(const Session& s) {
  if (auto may = may_look(s, "status"); !may)
    return s.fail(may.error());
  nlohmann::json all = nlohmann::json::array();
  bool interrupted = false;
  bool drifted = false;
  for (const std::string& dir : state_dirs(s)) {
    const auto runs = Journal(s.sys, dir).load();
    if (!runs)
      return s.fail(runs.error());
    for (const Run& run : *runs) {
      std::vector<bool> as_installed;
      for (std::size_t i = 0; i < run.steps.size() && !run.undone; i++) {
        as_installed.push_back(is_done(context_of(s.sys, run.plan), run.plan.steps[i].action));
        drifted = drifted || (run.steps[i].state == StepState::done && !as_installed.back());
      }
      interrupted = interrupted || run.interrupted();
      all.push_back(report::status_json(run, as_installed));
      if (!s.cli.json)
        s.terminal.out(report::status_text(run, as_installed));
    }
  }
  if (s.cli.json)
    s.terminal.out(nlohmann::json{{"schema", 1}, {"runs", all}}.dump(2) + '\n');
  else if (all.empty())
    s.terminal.out("scst-install has installed nothing here.\n");
  if (interrupted)
    return s.end(Exit::resumable);
  return s.end(drifted ? Exit::partial : Exit::ok);
}

/// What a verb does with the runs of one state folder: true in the result = it did something.
using OnRuns = std::function<Result<bool>(Apply& apply, std::vector<Run>& runs, Kept& kept)>;

int for_all_journals(const Session& s, const std::string& verb, const OnRuns& on_runs) {
  if (auto may = may_look(s, verb); !may)
    return s.fail(may.error());
  bool acted = false;
  Kept kept;
  for (const std::string& dir : state_dirs(s)) {
    if (s.sys.stat(dir + "/journal").type == sys::FileType::none)
      continue;
    Journal journal(s.sys, dir);
    const auto lock = journal.lock();
    if (!lock)
      return s.fail(lock.error());
    auto runs = journal.load();
    if (!runs)
      return s.fail(runs.error());
    Lines lines(s.terminal);
    Apply apply(s.sys, journal, lines);
    const auto did = on_runs(apply, *runs, kept);
    if (!did)
      return s.fail(did.error());
    acted = acted || *did;
  }
  for (const std::string& text : kept)
    s.terminal.out("kept: " + text + '\n');
  s.terminal.out(acted ? verb + ": done.\n" : verb + ": nothing to do.\n");
  return s.end(kept.empty() ? Exit::ok : Exit::partial);
}

void add(Kept& all, const Kept& some) {
  all.insert(all.end(), some.begin(), some.end());
}

int resume(const Session& s) {
  return for_all_journals(s, "resume", [&](Apply& apply, auto& runs, Kept& kept) -> Result<bool> {
    bool acted = false;
    for (Run& run : runs) {
      if (!run.interrupted())
        continue;
      if (!s.sys.is_root() && run.plan.road != "guest")
        return must_be_root("resume");
      const auto summary = apply.resume(run);
      if (!summary)
        return summary.error();
      add(kept, summary->kept);
      acted = true;
    }
    return acted;
  });
}

/// Undoes the last run, or all of them from the last to the first.
int take_back(const Session& s, bool all) {
  const std::string verb = all ? "uninstall" : "rollback";
  const char* question = "Undo the last run?";
  if (all)
    question = s.cli.delete_data
                   ? "Remove everything that scst-install has installed, and the LUN's data?"
                   : "Remove everything that scst-install has installed?";
  if (auto agreed = s.confirm(question); !agreed)
    return s.fail(agreed.error());
  return for_all_journals(s, verb, [&](Apply& apply, auto& runs, Kept& kept) -> Result<bool> {
    bool acted = false;
    if (s.cli.delete_data)
      apply.delete_data();
    for (auto run = runs.rbegin(); run != runs.rend() && (all || !acted); ++run) {
      if (run->undone)
        continue;
      if (!s.sys.is_root() && run->plan.road != "guest")
        return must_be_root(verb);
      if (all)
        if (auto stopped = apply.stop(*run); !stopped)
          return stopped.error();
      const auto summary = apply.undo(*run, verb);
      if (!summary)
        return summary.error();
      add(kept, summary->kept);
      acted = true;
    }
    return acted;
  });
}

int rollback(const Session& s) {
  return take_back(s, false);
}
int uninstall(const Session& s) {
  return take_back(s, true);
}

/// The boot entry of the last run that made one and was not undone; nullptr = none.
const BootEntry* boot_entry_of(const Run& run) {
  for (std::size_t i = 0; i < run.steps.size(); i++)
    if (const auto* entry = std::get_if<BootEntry>(&run.plan.steps[i].action);
        entry != nullptr && !run.undoing && run.steps[i].state == StepState::done)
      return entry;
  return nullptr;
}

/// Makes the kernel that was booted on trial the default.
int confirm_kernel(const Session& s) {
  const std::string running = s.sys.kernel_release();
  return for_all_journals(
      s, "confirm", [&](Apply& /*apply*/, auto& runs, Kept& /*kept*/) -> Result<bool> {
        for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
          const BootEntry* entry = boot_entry_of(*run);
          if (entry == nullptr)
            continue;
          if (!s.sys.is_root())
            return must_be_root("confirm");
          if (entry->release != running)
            return Error{
                "confirm", entry->release, "this kernel does not run, " + running + " does",
                "Boot it first; it becomes the default only after it has come up.", Exit::kernel};
          if (auto done = inst::confirm(context_of(s.sys, run->plan), *entry); !done)
            return done.error();
          return true;
        }
        return false;
      });
}

int verify_target(const Session& s) {
  const auto verified = verify(s.cli.verify, [&](const std::string& line) {
    (s.cli.json ? s.terminal.err : s.terminal.out)(line + '\n');
  });
  if (!verified)
    return s.fail(verified.error());
  if (s.cli.json)
    s.terminal.out(nlohmann::json{{"schema", 1},
                                  {"targets", verified->targets},
                                  {"target", verified->target},
                                  {"vendor", verified->vendor},
                                  {"product", verified->product},
                                  {"revision", verified->revision},
                                  {"blocks", verified->blocks},
                                  {"block_size", verified->block_size},
                                  {"written", verified->written},
                                  {"written_sha256", verified->written_digest},
                                  {"read_sha256", verified->read_digest}}
                       .dump(2) +
                   '\n');
  return 0;
}

int guest(const Session& s) {
  const auto facts = gather_facts(s);
  if (!facts)
    return s.fail(facts.error());
  sys::Command stop{
      {facts->data_dir + "/guest/stop", "--state", facts->cache_dir + "/guest/state"}, "", {}};
  stop.echo = true;
  const auto output = s.sys.run(stop);
  if (!output)
    return s.fail(output.error());
  if (output->status != 0)
    return s.fail({"stop the guest", facts->cache_dir + "/guest/state", "its message is above",
                   "End the process whose number is in the file pid there.", Exit::service});
  s.terminal.out(facts->guest_port != 0 ? "The guest has stopped.\n" : "No guest was running.\n");
  return 0;
}

/// The ports that --fc would serve by; {} where what is asked for so far cannot.
std::vector<std::string> fc_choices(const Session& s) {
  Facts seen;
  facts::look_at_fc_ports(s.sys, seen);
  if (seen.fc_ports.empty())
    return {};
  const auto facts = gather_facts(s);
  const auto catalog = load_catalog(s);
  if (!facts || !catalog)
    return {}; // said when the plan is made
  Options with = s.cli.options;
  with.fc = true;
  const auto refusals = [&](const Options& options) {
    return make_plan(*facts, *catalog, options).refusals.size();
  };
  if (refusals(with) > refusals(s.cli.options))
    return {};
  std::vector<std::string> names;
  for (const FcPort& port : seen.fc_ports)
    names.push_back(port.name);
  return names;
}

constexpr std::size_t secret_length = 16; // Windows takes 12 to 16

/// With what is answered to --ask, and a secret where one is wanted.
Result<Cli> completed(const Session& s) {
  Cli cli = s.cli;
  if (cli.ask) {
    const dialogue::Ground ground{facts::free_disks(s.sys), target_name(s.sys.host_name()),
                                  fc_choices(s)};
    auto answered = dialogue::ask(s.terminal, ground, cli.options);
    if (!answered)
      return answered.error();
    cli.options = *answered;
  }
  if (!cli.record.empty())
    if (auto written = s.sys.write(cli.record, dialogue::answers_text(cli.options), 0600); !written)
      return written.error();
  if (cli.options.chap && cli.options.secret.empty()) {
    cli.options.secret = sys::random_word(secret_length);
    if (cli.options.secret.empty())
      return Error{"make a secret", "", "there is no randomness to be had", "", Exit::missing};
  }
  return cli;
}

int with_answers(const Session& s, int (*run)(const Session&)) {
  const auto cli = completed(s);
  return cli ? run({s.sys, s.terminal, *cli}) : s.fail(cli.error());
}

int plan_command(const Session& s) {
  return with_answers(s, show_plan);
}
int apply_command(const Session& s) {
  return with_answers(s, apply);
}

struct Verb {
  const char* name;
  int (*run)(const Session&);
};

constexpr std::array verbs{
    Verb{"facts", show_facts},     Verb{"kernels", show_kernels}, Verb{"explain", explain},
    Verb{"doctor", show_doctor},   Verb{"catalog", lint_catalog}, Verb{"plan", plan_command},
    Verb{"apply", apply_command},  Verb{"status", status},        Verb{"resume", resume},
    Verb{"rollback", rollback},    Verb{"uninstall", uninstall},  Verb{"confirm", confirm_kernel},
    Verb{"verify", verify_target}, Verb{"guest", guest}};

} // namespace

int run_command(sys::System& sys, const Terminal& terminal, const Cli& cli) {
  for (const Verb& verb : verbs)
    if (cli.verb == verb.name)
      return verb.run({sys, terminal, cli});
  return static_cast<int>(Exit::usage);
}

} // namespace inst
