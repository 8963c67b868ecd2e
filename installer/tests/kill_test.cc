// SPDX-License-Identifier: GPL-2.0-only
// Killed by SIGKILL after each journal record in turn: resume ends in the same tree as a run that
// was left alone, rollback in the tree from before. Both again when they are killed themselves.
#include "catch.hh"
#include "sandbox.hh"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

using namespace inst;
using namespace inst::test;

namespace {

enum class Verb { apply, resume, rollback };

int act(Sandbox& box, Verb verb) {
  SandboxSystem sys(box.root());
  Progress silent;
  Journal journal(sys, box.root() + "/var/lib/scst-install");
  const auto lock = journal.lock();
  if (!lock)
    return 14;
  Apply apply(sys, journal, silent);
  if (verb == Verb::apply)
    return apply.run(box.plan(sys)) ? 0 : 1;
  auto runs = journal.load();
  if (!runs || runs->empty())
    return 2;
  if (verb == Verb::resume && !runs->back().interrupted())
    return 0;
  if (verb == Verb::rollback && runs->back().undone)
    return 0;
  const auto done =
      verb == Verb::resume ? apply.resume(runs->back()) : apply.undo(runs->back(), "rollback");
  return done ? 0 : 1;
}

/// Runs in a child that kills itself after `records` records. True when it was killed.
bool killed_after(Sandbox& box, Verb verb, int records) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setenv("SCST_INSTALL_DIE_AFTER", std::to_string(records).c_str(), 1);
    ::_exit(act(box, verb));
  }
  int status = 0;
  REQUIRE(::waitpid(pid, &status, 0) == pid);
  if (WIFSIGNALED(status))
    REQUIRE(WTERMSIG(status) == SIGKILL);
  else
    REQUIRE(WEXITSTATUS(status) == 0);
  return WIFSIGNALED(status);
}

} // namespace

TEST_CASE("Killed after any record, resume ends in the same tree") {
  Sandbox reference;
  REQUIRE(act(reference, Verb::apply) == 0);
  const auto wanted = reference.snapshot();
  int killed = 0;
  for (int records = 1;; records++) {
    CAPTURE(records);
    Sandbox box;
    if (!killed_after(box, Verb::apply, records))
      break;
    killed++;
    REQUIRE(act(box, Verb::resume) == 0);
    REQUIRE(box.snapshot() == wanted);
  }
  CHECK(killed == 2 + 2 * 9); // the run, begin and done of nine steps, the end
}

TEST_CASE("Killed after any record, rollback ends in the tree from before") {
  int killed = 0;
  for (int records = 1;; records++) {
    CAPTURE(records);
    Sandbox box;
    const auto before = box.snapshot();
    if (!killed_after(box, Verb::apply, records))
      break;
    killed++;
    REQUIRE(act(box, Verb::rollback) == 0);
    REQUIRE(box.snapshot() == before);
  }
  CHECK(killed == 20);
}

TEST_CASE("A resume that is killed can be resumed") {
  Sandbox reference;
  REQUIRE(act(reference, Verb::apply) == 0);
  const auto wanted = reference.snapshot();
  for (int records = 1;; records++) {
    CAPTURE(records);
    Sandbox box;
    REQUIRE(killed_after(box, Verb::apply, 4));
    if (!killed_after(box, Verb::resume, records))
      break;
    REQUIRE(act(box, Verb::resume) == 0);
    REQUIRE(box.snapshot() == wanted);
  }
}

TEST_CASE("A rollback that is killed goes on backwards when resumed") {
  int killed = 0;
  for (int records = 1;; records++) {
    CAPTURE(records);
    Sandbox box;
    const auto before = box.snapshot();
    REQUIRE(act(box, Verb::apply) == 0);
    if (!killed_after(box, Verb::rollback, records))
      break;
    killed++;
    REQUIRE(act(box, Verb::resume) == 0);
    REQUIRE(box.snapshot() == before);
  }
  CHECK(killed == 11); // the undo, nine steps, its end
}
