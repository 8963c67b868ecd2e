// SPDX-License-Identifier: GPL-2.0-only
// Sub-commands from the outside: exit codes, what is printed, what is asked.
#include "apply/journal.hh"
#include "catch.hh"
#include "commands.hh"
#include "facts/gather.hh"
#include "machine.hh"
#include "sys/fake.hh"

#include <sys/sysmacros.h>

#include <algorithm>

using namespace inst;
using test::holds;

namespace {

struct Bench {
  sys::Fake sys;
  std::string out, err;
  Terminal terminal{
      [this](const std::string& t) { out += t; }, [this](const std::string& t) { err += t; }, {}};
  Cli cli;

  Bench() {
    sys.file("/usr/lib/os-release", "ID=debian\n");
    sys.dir("/lib/modules/6.1.0-50-amd64/build");
    sys.file("/lib/modules/6.1.0-50-amd64/build/Makefile");
    sys.dir("/run/systemd/system");
    sys.file("/proc/modules");
    sys.dir("/proc/self");
    sys.programs = {"dkms", "make", "gcc"};
    sys.variables["HOME"] = "/root";
    for (const char* name : {"scst-dkms", "scstadmin", "iscsi-scst"})
      sys.file("/var/lib/dpkg/status", sys.read("/var/lib/dpkg/status").value_or("") +
                                           "Package: " + name +
                                           "\nStatus: install ok installed\nVersion: 3.8.0\n\n");
    sys.file(
        "/data/catalog/own.toml",
        "[[source]]\nname = \"own\"\ntitle = \"t\"\nkernel = { min = \"5.10\", below = \"8.0\" }\n"
        "modules = [\"scst\"]\nautoload = [\"scst\"]\n"
        "packages = [\"scst-dkms\", \"scstadmin\", \"iscsi-scst\"]\n");
    cli.data_dir = "/data";
  }
  int run(const std::string& verb) {
    cli.verb = verb;
    return run_command(sys, terminal, cli);
  }
};

} // namespace

TEST_CASE("Without a terminal and without --yes nothing is asked and nothing is changed") {
  Bench b;
  CHECK(b.run("apply") == static_cast<int>(Exit::usage));
  CHECK(holds(b.err, "not a terminal"));
  CHECK(holds(b.err, "--yes"));
  CHECK(b.sys.changes.empty());
}

TEST_CASE("A declined plan changes nothing") {
  Bench b;
  std::string question;
  b.terminal.confirm = [&](const std::string& q) {
    question = q;
    return false;
  };
  CHECK(b.run("apply") == static_cast<int>(Exit::interrupted));
  CHECK(question == "Apply this plan?");
  CHECK(b.sys.changes.empty());
}

TEST_CASE("Only root may apply, anybody may look") {
  Bench b;
  b.sys.root = false;
  b.cli.yes = true;
  CHECK(b.run("apply") == static_cast<int>(Exit::privilege));
  CHECK(holds(b.err, "as root"));
  CHECK(b.run("plan") == 0);
  CHECK(b.run("facts") == 0);
  CHECK(b.run("status") == 0);
  CHECK(b.sys.changes.empty());
}

TEST_CASE("Who may not look into the state folder is told so, not that nothing is installed") {
  Bench b;
  b.sys.root = false;
  b.sys.dir("/var/lib/scst-install"); // what is in it cannot be seen
  b.cli.yes = true;
  for (const char* verb : {"status", "uninstall", "rollback", "resume"}) {
    b.err.clear();
    CHECK(b.run(verb) == static_cast<int>(Exit::privilege));
    CHECK(holds(b.err, "as root"));
  }
  CHECK(b.sys.changes.empty());
}

TEST_CASE("Apply with --dry-run shows the plan and changes nothing") {
  Bench b;
  b.cli.dry_run = true;
  CHECK(b.run("apply") == 0);
  CHECK(holds(b.out, "write the starter configuration"));
  CHECK(b.sys.changes.empty());
}

TEST_CASE("A refusal ends with its own exit code") {
  Bench b;
  b.sys.nodes.erase("/lib/modules/6.1.0-50-amd64/build/Makefile");
  CHECK(b.run("plan") == static_cast<int>(Exit::missing));
  CHECK(b.run("apply") == static_cast<int>(Exit::missing));
  b.cli.options.kernel = "2.6.29";
  CHECK(b.run("plan") == static_cast<int>(Exit::kernel));
}

TEST_CASE("Plans, facts and status are JSON when asked for") {
  Bench b;
  b.cli.json = true;
  for (const char* verb : {"plan", "facts", "status"}) {
    b.out.clear();
    CHECK(b.run(verb) == 0);
    CHECK(nlohmann::json::parse(b.out)["schema"] == 1);
  }
}

TEST_CASE("A secret is made for the configuration, and not printed") {
  Bench b;
  b.cli.options.chap = true;
  CHECK(b.run("plan") == 0);
  CHECK(holds(b.out, "log in by CHAP, as \"initiator\""));
  CHECK_FALSE(holds(b.out, "IncomingUser"));
  b.cli.json = true;
  b.out.clear();
  CHECK(b.run("plan") == 0);
  CHECK_FALSE(holds(b.out, "IncomingUser"));
  CHECK(holds(b.out, "(not shown"));
  b.cli.options.road = "guest";
  b.out.clear();
  CHECK(b.run("plan") != 0);
  CHECK(holds(b.out, "--chap: the guest's image would hold the secret"));
}

TEST_CASE("What was answered is planned, and recorded") {
  Bench b;
  std::vector<std::string> answers{"", "2G", "iqn.2026-11.a.b:c", "iqn.2026-11.a.b:i", "", ""};
  std::size_t next = 0;
  b.terminal.ask = [&](const std::string&) -> std::optional<std::string> {
    return answers.at(next++);
  };
  b.cli.ask = true;
  b.cli.record = "/root/answers";
  CHECK(b.run("plan") == 0);
  CHECK(holds(b.out, "of 2048 MiB"));
  CHECK(holds(b.out, "iqn.2026-11.a.b:c"));
  CHECK(holds(b.sys.read("/root/answers").value_or(""), "allow = [ \"iqn.2026-11.a.b:i\" ]"));
  CHECK(b.sys.nodes["/root/answers"].mode == 0600);
}

TEST_CASE("Only disks that are free are offered, by names that last") {
  sys::Fake sys;
  for (const char* name : {"sda", "sdb", "loop0"})
    sys.dir(std::string("/sys/block/") + name);
  unsigned minor = 0;
  for (const char* name : {"sda", "sdb", "loop0"}) {
    sys.file(std::string("/dev/") + name);
    sys.nodes[std::string("/dev/") + name].type = sys::FileType::block;
    sys.nodes[std::string("/dev/") + name].rdev = makedev(8, minor);
    sys.nodes[std::string("/dev/") + name].size = 1 << 30;
    minor += 16;
  }
  sys.file("/proc/self/mountinfo", "21 1 8:0 / / rw - ext4 /dev/sda rw\n");
  sys.link("/dev/disk/by-id/scsi-b", "../../sdb");
  const auto disks = facts::free_disks(sys);
  REQUIRE(disks.size() == 1);
  CHECK(disks[0].path == "/dev/disk/by-id/scsi-b");
  sys.signature = "ext4";
  CHECK(facts::free_disks(sys).empty());
}

TEST_CASE("A failing run is undone, and its journal says so") {
  Bench b; // the imitated dkms builds nothing, so the first step has no effect
  b.cli.yes = true;
  CHECK(b.run("apply") == static_cast<int>(Exit::internal));
  CHECK(holds(b.err, "dkms-add"));
  b.out.clear();
  CHECK(b.run("status") == 0);
  CHECK(holds(b.out, "run 1: undone"));
  CHECK(b.run("resume") == 0);
  CHECK(holds(b.out, "resume: nothing to do"));
}

TEST_CASE("After an interrupted run apply refuses and names the two ways on") {
  Bench b;
  const Plan plan = test::plan(test::ready_machine()).plan;
  Run run;
  run.number = 1;
  run.plan = plan;
  run.steps.resize(plan.steps.size());
  REQUIRE(Journal(b.sys, "/var/lib/scst-install").start(run));
  b.cli.yes = true;
  CHECK(b.run("apply") == static_cast<int>(Exit::resumable));
  CHECK(holds(b.err, "resume"));
  CHECK(holds(b.err, "rollback"));
  CHECK(b.out.empty()); // no plan: half of it would look like the user's own
  CHECK(b.run("status") == static_cast<int>(Exit::resumable));
  CHECK(b.run("rollback") == 0);
  CHECK(b.run("status") == 0);
}

TEST_CASE("Uninstalling stops services that a package had enabled, before it takes their files") {
  Bench b;
  Run run;
  run.number = 1;
  run.plan = test::plan(test::ready_machine()).plan;
  run.steps.resize(run.plan.steps.size());
  Journal journal(b.sys, "/var/lib/scst-install");
  REQUIRE(journal.start(run));
  for (std::size_t i = 0; i < run.steps.size(); i++)
    REQUIRE(journal.step(run, i, StepState::skipped));
  REQUIRE(journal.end(run));
  b.cli.yes = true;
  CHECK(b.run("uninstall") == 0);
  const auto ran = [&](const std::string& line) {
    return std::find(b.sys.runs.begin(), b.sys.runs.end(), line) != b.sys.runs.end();
  };
  CHECK(ran("systemctl --quiet stop scst.service"));
  CHECK(ran("systemctl --quiet stop iscsi-scstd.service"));
  CHECK_FALSE(ran("systemctl --quiet disable scst.service"));
}

TEST_CASE("Uninstalling where nothing was installed says so") {
  Bench b;
  b.cli.yes = true;
  CHECK(b.run("uninstall") == 0);
  CHECK(holds(b.out, "uninstall: nothing to do"));
}
