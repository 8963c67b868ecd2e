// SPDX-License-Identifier: GPL-2.0-only
// The upstream road killed after journal records: resume ends in the tree of a run that was left
// alone, rollback in the tree from before.
#include "catch.hh"
#include "upstream_box.hh"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

using namespace inst;
using namespace inst::test;

namespace {

constexpr int stride = 3; // one of the two records of a step, in turn

bool apply(const UpstreamBox& box) {
  UpstreamSystem sys(box.base());
  sys.boot = "the boot before";
  Progress silent;
  Journal journal(sys, box.root() + "/var/lib/scst-install");
  const auto lock = journal.lock();
  return lock && Apply(sys, journal, silent).run(box.plan(sys).plan);
}

bool go_on(const UpstreamBox& box, bool forward, const std::string& boot = "the boot before") {
  UpstreamSystem sys(box.base());
  sys.boot = boot;
  Progress silent;
  Journal journal(sys, box.root() + "/var/lib/scst-install");
  const auto lock = journal.lock();
  auto runs = journal.load();
  if (!lock || !runs || runs->empty())
    return false;
  Apply apply(sys, journal, silent);
  const auto done = forward ? apply.resume(runs->back()) : apply.undo(runs->back(), "rollback");
  return done && done->kept.empty();
}

/// False when it ended before that record.
bool killed_after(const UpstreamBox& box, int records) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setenv("SCST_INSTALL_DIE_AFTER", std::to_string(records).c_str(), 1);
    ::_exit(apply(box) ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  if (WIFSIGNALED(status))
    return WTERMSIG(status) == SIGKILL;
  REQUIRE(WEXITSTATUS(status) == 0);
  return false;
}

} // namespace

TEST_CASE("The upstream road killed on its way is resumed to its end") {
  const UpstreamBox reference;
  REQUIRE(apply(reference));
  const auto wanted = reference.snapshot();
  int killed = 0;
  for (int records = 2;; records += stride) {
    CAPTURE(records);
    const UpstreamBox box;
    if (!killed_after(box, records))
      break;
    killed++;
    REQUIRE(go_on(box, true));
    REQUIRE(box.snapshot() == wanted);
  }
  CHECK(killed == 20); // 60 records: the run, two of each of 29 steps, the end
}

TEST_CASE("The upstream road killed on its way is rolled back to the root from before") {
  int killed = 0;
  for (int records = 3;; records += stride) {
    CAPTURE(records);
    const UpstreamBox box;
    const auto before = box.snapshot();
    if (!killed_after(box, records))
      break;
    killed++;
    REQUIRE(go_on(box, false));
    REQUIRE(box.snapshot() == before);
  }
  CHECK(killed == 20);
}

TEST_CASE("After a power cut a build begins anew: its files may be there, but empty") {
  const UpstreamBox reference;
  REQUIRE(apply(reference));
  const auto wanted = reference.snapshot();
  const std::string tree = "/usr/src/linux-2.6.29/";
  int records = 0;
  for (const std::string& file : {tree + "vmlinux", tree + "arch/x86/boot/bzImage"}) {
    CAPTURE(file);
    for (const bool forward : {true, false}) {
      const UpstreamBox box;
      const auto before = box.snapshot();
      UpstreamSystem sys(box.base());
      const Planned planned = box.plan(sys);
      const auto& steps = planned.plan.steps;
      const auto build = std::find_if(steps.begin(), steps.end(),
                                      [](const Step& s) { return s.id == "kernel-build"; });
      REQUIRE(build != steps.end());
      // The run, two records of each step before it, and its own first one.
      records = 2 + 2 * static_cast<int>(build - steps.begin());
      REQUIRE(killed_after(box, records));
      box.put(file, "");
      REQUIRE(go_on(box, forward, "another boot"));
      CHECK(box.snapshot() == (forward ? wanted : before));
    }
  }
}

TEST_CASE("What a step wrote is made to last before it is recorded as done") {
  UpstreamBench bench;
  bench.install();
  const auto runs = bench.journal.load();
  REQUIRE(runs);
  const auto& steps = runs->back().steps;
  const auto done = std::count_if(steps.begin(), steps.end(), [](const StepRecord& step) {
    return step.state == StepState::done;
  });
  CHECK(done > 20);
  CHECK(bench.sys.settled >= done);
}
