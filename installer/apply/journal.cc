// SPDX-License-Identifier: GPL-2.0-only
// The append-only record. Reading it back is replaying it.
#include "apply/journal.hh"

#include "plan/serialize.hh"

#include <csignal>
#include <cstdlib>
#include <sstream>

namespace inst {

using nlohmann::json;

NLOHMANN_JSON_SERIALIZE_ENUM(StepState, {{StepState::untouched, "untouched"},
                                         {StepState::begun, "begin"},
                                         {StepState::done, "done"},
                                         {StepState::skipped, "skip"},
                                         {StepState::undone, "undone"}})

namespace {

void replay(const json& record, std::vector<Run>& runs) {
  const std::string event = record.at("event");
  const int number = record.at("run");
  if (event == "run") {
    Run run;
    run.number = number;
    run.plan = plan_from_json(record.at("plan"));
    run.steps.resize(run.plan.steps.size());
    runs.push_back(std::move(run));
    return;
  }
  for (Run& run : runs) {
    if (run.number != number)
      continue;
    run.ended = run.ended || event == "end";
    run.undoing = run.undoing || event == "undo";
    run.undone = run.undone || event == "undo-end";
    if (!record.contains("step"))
      continue;
    StepRecord& step = run.steps.at(record.at("step").get<std::size_t>());
    step.state = json(event).get<StepState>();
    if (step.state == StepState::begun)
      step.before = record.at("before");
    step.boot = record.value("boot", step.boot);
    if (record.contains("kept"))
      step.kept = record.at("kept").get<Kept>();
  }
}

} // namespace

Result<std::vector<Run>> Journal::load() {
  std::vector<Run> runs;
  if (sys_.stat(file()).type == sys::FileType::none)
    return runs;
  const auto text = sys_.read(file());
  if (!text)
    return text.error();
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    const json record = json::parse(line, nullptr, false);
    if (record.is_discarded())
      continue; // cut off while it was written, so what it announces has not begun
    try {
      replay(record, runs);
    } catch (const std::exception& e) {
      return Error{"read journal", file(), e.what(),
                   "Use the version of scst-install that wrote it.", Exit::internal};
    }
  }
  return runs;
}

Result<std::unique_ptr<sys::Lock>> Journal::lock() {
  for (std::size_t at = 1; at != std::string::npos;) {
    at = dir_.find('/', at + 1);
    const std::string part = dir_.substr(0, at);
    if (sys_.stat(part).type != sys::FileType::none)
      continue;
    if (auto made = sys_.make_dir(part, part == dir_ ? 0700 : 0755); !made)
      return made.error();
  }
  return sys_.lock(dir_ + "/lock");
}

Result<void> Journal::append(const json& record) {
  std::string line = record.dump() + '\n';
  if (appended_ == 0) // a line that was cut off must not swallow ours
    if (const auto text = sys_.read(file()); text && !text->empty() && text->back() != '\n')
      line.insert(0, 1, '\n');
  auto written = sys_.append(file(), line);
  appended_++;
  if (const std::string limit = sys_.env("SCST_INSTALL_DIE_AFTER");
      !limit.empty() && std::to_string(appended_) == limit)
    static_cast<void>(std::raise(SIGKILL));
  return written;
}

Result<void> Journal::start(const Run& run) {
  return append({{"event", "run"}, {"run", run.number}, {"plan", to_json(run.plan)}});
}

Result<void> Journal::step(const Run& run, std::size_t index, StepState state, const Kept& kept) {
  json record{
      {"event", state}, {"run", run.number}, {"step", index}, {"id", run.plan.steps.at(index).id}};
  if (state == StepState::begun) {
    record["before"] = run.steps.at(index).before;
    record["boot"] = run.steps.at(index).boot;
  }
  if (!kept.empty())
    record["kept"] = kept;
  return append(record);
}

Result<void> Journal::end(const Run& run) {
  return append({{"event", "end"}, {"run", run.number}});
}

Result<void> Journal::undo_start(const Run& run, const std::string& why) {
  return append({{"event", "undo"}, {"run", run.number}, {"why", why}});
}

Result<void> Journal::undo_end(const Run& run) {
  return append({{"event", "undo-end"}, {"run", run.number}});
}

} // namespace inst
