// SPDX-License-Identifier: GPL-2.0-only
#include "apply/journal.hh"
#include "catch.hh"
#include "machine.hh"
#include "sys/fake.hh"

using namespace inst;
using namespace inst::test;

namespace {

Run some_run() {
  Run run;
  run.number = 1;
  run.plan = plan(ready_machine()).plan;
  run.steps.resize(run.plan.steps.size());
  return run;
}

} // namespace

TEST_CASE("No journal means no runs") {
  sys::Fake s;
  const auto runs = Journal(s, "/j").load();
  REQUIRE(runs);
  CHECK(runs->empty());
}

TEST_CASE("What was written is read back with the state of every step") {
  sys::Fake s;
  Journal journal(s, "/j");
  Run run = some_run();
  REQUIRE(journal.start(run));
  run.steps[0].before = {{"dirs", {"/a"}}};
  REQUIRE(journal.step(run, 0, StepState::begun));
  REQUIRE(journal.step(run, 0, StepState::done));
  REQUIRE(journal.step(run, 1, StepState::skipped));
  REQUIRE(journal.step(run, 2, StepState::begun));
  const Run back = journal.load()->at(0);
  CHECK(back.plan.steps == run.plan.steps);
  CHECK(back.steps[0].state == StepState::done);
  CHECK(back.steps[0].before == run.steps[0].before);
  CHECK(back.steps[1].state == StepState::skipped);
  CHECK(back.steps[2].state == StepState::begun);
  CHECK(back.steps[3].state == StepState::untouched);
  CHECK(back.interrupted());
}

TEST_CASE("A run is interrupted until its end, an undo until its own") {
  sys::Fake s;
  Journal journal(s, "/j");
  const Run run = some_run();
  REQUIRE(journal.start(run));
  REQUIRE(journal.end(run));
  CHECK_FALSE(journal.load()->at(0).interrupted());
  REQUIRE(journal.undo_start(run, "rollback"));
  CHECK(journal.load()->at(0).interrupted());
  REQUIRE(journal.undo_end(run));
  CHECK_FALSE(journal.load()->at(0).interrupted());
  CHECK(journal.load()->at(0).undone);
}

TEST_CASE("A record cut off by a power failure is ignored and swallows nothing") {
  sys::Fake s;
  const Run run = some_run();
  REQUIRE(Journal(s, "/j").start(run));
  s.nodes["/j/journal"].content += R"({"event":"do)";
  CHECK(Journal(s, "/j").load()->at(0).interrupted());
  REQUIRE(Journal(s, "/j").end(run));
  CHECK(Journal(s, "/j").load()->at(0).ended);
}

TEST_CASE("A journal of another version is an error, not a guess") {
  sys::Fake s;
  s.file("/j/journal", R"({"event":"run","run":1,"plan":{}})"
                       "\n");
  const auto runs = Journal(s, "/j").load();
  REQUIRE_FALSE(runs);
  CHECK(runs.error().where == "/j/journal");
}

TEST_CASE("The state folder is made for root only, its parents for everybody") {
  sys::Fake s;
  REQUIRE(Journal(s, "/var/lib/scst-install").lock());
  CHECK(s.nodes.at("/var/lib").mode == 0755);
  CHECK(s.nodes.at("/var/lib/scst-install").mode == 0700);
}
