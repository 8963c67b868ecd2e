// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "machine.hh"
#include "plan/serialize.hh"

using namespace inst;
using namespace inst::test;

TEST_CASE("A plan survives the way through JSON text, on both roads") {
  Facts f = guest_machine();
  f.payload = {"/stage",
               "3.8.0",
               {{"/usr/sbin/a", "/s/a", 0755, "d1"}, {"/usr/lib/l", "/s/l", 0777, "", "a"}}};
  Options o;
  o.road = GENERATE("native", "guest");
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.empty());
  const Plan back = plan_from_json(nlohmann::json::parse(to_json(p.plan).dump()));
  CHECK(back.steps == p.plan.steps);
  CHECK(back.road == p.plan.road);
  CHECK(back.reasons == p.plan.reasons);
  CHECK(back.state_dir == p.plan.state_dir);
  CHECK(back.target == p.plan.target);
  CHECK(back.portal == p.plan.portal);
  CHECK(back.kernel == p.plan.kernel);
  CHECK(back.notes == p.plan.notes);
}

TEST_CASE("An action of an unknown kind is an error, not a guess") {
  nlohmann::json json = to_json(plan(ready_machine()).plan);
  json["steps"][0]["action"]["does"] = "format-disk";
  CHECK_THROWS_AS(plan_from_json(json), nlohmann::json::exception);
}
