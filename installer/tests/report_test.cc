// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "machine.hh"
#include "report/report.hh"

using namespace inst;
using namespace inst::test;

TEST_CASE("A plan is printed with what each step will touch and what is done already") {
  const Planned p = plan(ready_machine());
  std::vector<StepState> states(p.plan.steps.size(), StepState::untouched);
  states[0] = StepState::skipped;
  const std::string text = report::plan_text(p, states);
  CHECK(holds(text, "1. register scst/3.8.0 with dkms (done already)"));
  CHECK(holds(text, "touches: /var/lib/dkms/scst/3.8.0"));
  CHECK_FALSE(holds(text, "write the starter configuration (done"));
}

TEST_CASE("A refused plan prints the refusals with their way out and no step") {
  Facts f = ready_machine();
  f.programs.clear();
  const std::string text = report::plan_text(plan(f), {});
  CHECK(holds(text, "refused: missing: dkms, make, gcc"));
  CHECK(holds(text, "apt install"));
  CHECK_FALSE(holds(text, "touches"));
}

TEST_CASE("The JSON of a plan has schema, steps with states, and refusals") {
  const Planned p = plan(ready_machine());
  const auto json = report::plan_json(p, std::vector<StepState>(p.plan.steps.size()));
  CHECK(json["schema"] == 1);
  CHECK(json["plan"]["steps"].size() == p.plan.steps.size());
  CHECK(json["plan"]["steps"][0]["state"] == "to do");
  CHECK(json["refusals"].empty());
}

TEST_CASE("The end report has the lines to log in with") {
  const Planned p = plan(ready_machine());
  const std::string text = report::done_text(p.plan, {{StepState::done}, {}});
  CHECK(holds(text, "iscsi-ls -s iscsi://127.0.0.1:3260"));
  CHECK(holds(text, "iscsiadm -m node -T iqn.2026-11.lab.example.box:disk0"));
  CHECK_FALSE(holds(text, "Nothing to do"));
}

TEST_CASE("A guest's lines carry the forwarded port, and how to stop the guest") {
  Plan p = plan(ready_machine()).plan;
  p.road = "guest";
  p.portal = "127.0.0.1:3261";
  const std::string text = report::done_text(p, {{StepState::done}, {}});
  CHECK(holds(text, "Portal: 127.0.0.1:3261\n"));
  CHECK(holds(text, "iscsi-ls -s iscsi://127.0.0.1:3261\n"));
  CHECK(holds(text, "scst-install guest stop"));
}

TEST_CASE("An error is printed as what, where, cause, and the way out") {
  const std::string text =
      report::error_text({"copy", "/usr", "no space", "Free some.", Exit::missing});
  CHECK(text == "scst-install: copy: /usr: no space\n  Free some.\n");
}

TEST_CASE("Facts are printed as text and as JSON") {
  const Facts f = ready_machine();
  CHECK(holds(report::facts_text(f), "6.1.0-50-amd64 (Linux 6.1.176), running"));
  CHECK(report::facts_json(f)["kernels"][0]["version"] == "6.1.176");
  CHECK(report::facts_json(f)["modules"]["loadable"] == true);
}
