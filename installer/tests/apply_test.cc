// SPDX-License-Identifier: GPL-2.0-only
// The executor on a real folder.
#include "catch.hh"
#include "machine.hh"
#include "sandbox.hh"

#include <filesystem>

using namespace inst;
using namespace inst::test;

namespace {

struct Bench {
  Sandbox box;
  SandboxSystem sys{box.root()};
  Progress silent;
  Journal journal{sys, box.root() + "/var/lib/scst-install"};
  Apply apply{sys, journal, silent};

  Bench() { REQUIRE(journal.lock()); }
  Run last() { return journal.load()->back(); }
};

} // namespace

TEST_CASE("Applying installs everything that the plan says") {
  Bench b;
  const auto done = b.apply.run(b.box.plan(b.sys));
  REQUIRE(done);
  const auto after = b.box.snapshot();
  CHECK(holds(after.at("/usr/sbin/scstadmin"), "755 content of"));
  CHECK(after.contains("/lib/modules/6.1.0-50-amd64/updates/dkms/iscsi_scst.ko"));
  CHECK(holds(after.at("/var/lib/scst/pr"), " 700"));
  CHECK(holds(after.at("/etc/scst.conf"), "TARGET iqn.2026-11.localdomain.box:disk0 {"));
  CHECK(holds(after.at("/etc/scst.conf"), " 600 "));
  CHECK(holds(after.at("/etc/modules-load.d/scst.conf"), "scst\nscst_vdisk\niscsi_scst\n"));
  CHECK(std::filesystem::file_size(b.box.root() + "/var/lib/scst/luns/disk0.img") == 1 << 20);
  CHECK(after.contains("/etc/systemd/system/multi-user.target.wants/scst.service"));
}

TEST_CASE("A second run finds nothing to do and changes nothing") {
  Bench b;
  REQUIRE(b.apply.run(b.box.plan(b.sys)));
  const auto before = b.box.snapshot();
  b.sys.runs.clear();
  const auto looked = DryRun(b.sys).run(b.box.plan(b.sys));
  REQUIRE(looked);
  CHECK(looked->nothing_to_do());
  for (const std::string& line : b.sys.runs)
    CHECK(holds(line, "is-enabled"));
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("A dry run changes nothing and runs nothing but questions") {
  Bench b;
  const auto before = b.box.snapshot();
  const auto looked = DryRun(b.sys).run(b.box.plan(b.sys));
  REQUIRE(looked);
  CHECK_FALSE(looked->nothing_to_do());
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("Undoing gives back the file system as it was, with what had been replaced") {
  Bench b;
  const auto before = b.box.snapshot();
  REQUIRE(b.apply.run(b.box.plan(b.sys)));
  REQUIRE(b.box.snapshot() != before);
  const auto undone = b.apply.undo(b.last(), "uninstall");
  REQUIRE(undone);
  CHECK(undone->kept.empty());
  CHECK(b.box.snapshot() == before);
  CHECK(b.box.text("/usr/sbin/scstadmin") == "an older build\n");
}

TEST_CASE("What the user changed is kept and named") {
  Bench b;
  REQUIRE(b.apply.run(b.box.plan(b.sys)));
  b.box.put("/etc/scst.conf", "# mine now\n");
  b.box.put("/usr/src/scst-3.8.0/core/main.c", "patched\n");
  std::filesystem::resize_file(b.box.root() + "/var/lib/scst/luns/disk0.img", 0);
  b.box.put("/var/lib/scst/luns/disk0.img", std::string(1 << 20, 'x'));
  const auto undone = b.apply.undo(b.last(), "uninstall");
  REQUIRE(undone);
  CHECK(undone->kept.size() == 3);
  CHECK(b.box.text("/etc/scst.conf") == "# mine now\n");
  CHECK(b.box.text("/usr/src/scst-3.8.0/core/main.c") == "patched\n");
  CHECK(std::filesystem::exists(b.box.root() + "/var/lib/scst/luns/disk0.img"));
  CHECK_FALSE(std::filesystem::exists(b.box.root() + "/usr/sbin/iscsi-scstd"));
}

TEST_CASE("Settings and services that were there before are not touched by the undo") {
  Bench b;
  b.box.put("/etc/default/scst", "ISCSID_OPTIONS=-p3261\n");
  b.box.put("/etc/modules-load.d/scst.conf", "scst\n");
  const auto before = b.box.snapshot();
  REQUIRE(b.apply.run(b.box.plan(b.sys)));
  CHECK(b.box.text("/etc/default/scst") == "ISCSID_OPTIONS=-p3261\n");
  CHECK(b.box.text("/etc/modules-load.d/scst.conf") == "scst\n");
  REQUIRE(b.apply.undo(b.last(), "uninstall"));
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("A full disk during the copy names the file system and leaves nothing behind") {
  Bench b;
  const auto before = b.box.snapshot();
  const int copies = GENERATE(0, 1, 4, 7);
  const Plan plan = b.box.plan(b.sys);
  b.sys.copies_left = copies;
  const auto done = b.apply.run(plan);
  REQUIRE_FALSE(done);
  CHECK(done.error().exit == Exit::missing);
  CHECK(holds(done.error().cause, "file system mounted at /x"));
  CHECK(b.last().undone);
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("A failed build is undone and its error has the compiler's words and the log") {
  Bench b;
  const auto before = b.box.snapshot();
  b.sys.build_fails = true;
  const auto done = b.apply.run(b.box.plan(b.sys));
  REQUIRE_FALSE(done);
  CHECK(done.error().exit == Exit::build);
  CHECK(holds(done.error().cause, "Error 2"));
  CHECK(holds(done.error().hint, "make.log"));
  CHECK(b.box.snapshot() == before);
  CHECK(b.last().undone);
}

TEST_CASE("A payload that changes between plan and apply is refused and undone") {
  Bench b;
  const auto before = b.box.snapshot();
  const Plan plan = b.box.plan(b.sys);
  std::filesystem::remove(b.box.payload() + "/usr/src/scst-3.8.0/dkms.conf");
  const auto done = b.apply.run(plan);
  REQUIRE_FALSE(done);
  CHECK(done.error().exit == Exit::verification);
  CHECK(b.box.snapshot() == before);
}

TEST_CASE("Changed module sources are built anew") {
  Bench b;
  REQUIRE(b.apply.run(b.box.plan(b.sys)));
  std::filesystem::path source = b.box.payload() + "/usr/src/scst-3.8.0/core/main.c";
  std::filesystem::resize_file(source, 3);
  b.sys.runs.clear();
  const auto done = b.apply.run(b.box.plan(b.sys));
  REQUIRE(done);
  const auto ran = [&](const std::string& part) {
    return std::any_of(b.sys.runs.begin(), b.sys.runs.end(),
                       [&](const std::string& line) { return holds(line, part); });
  };
  CHECK(ran("dkms unbuild"));
  CHECK(ran("dkms build"));
  CHECK_FALSE(ran("dkms add"));
}

TEST_CASE("A LUN's data outlive an uninstall, unless they are asked to go") {
  Bench b;
  const std::string lun = "/var/lib/scst/luns/disk0.img";
  REQUIRE(b.apply.run(b.box.plan(b.sys)));
  REQUIRE(b.sys.append(b.box.root() + lun, "precious"));
  SECTION("kept") {
    const auto undone = b.apply.undo(b.last(), "test");
    REQUIRE(undone);
    REQUIRE(undone->kept.size() == 1);
    CHECK(holds(undone->kept[0], lun + ": a LUN's data (--delete-data"));
    CHECK(b.box.snapshot().contains(lun));
  }
  SECTION("deleted") {
    b.apply.delete_data();
    const auto undone = b.apply.undo(b.last(), "test");
    REQUIRE(undone);
    CHECK(undone->kept.empty());
    CHECK_FALSE(b.box.snapshot().contains(lun));
  }
}

TEST_CASE("What an undo has left is told by the run that finishes it, too") {
  Bench b;
  const std::string lun = "/var/lib/scst/luns/disk0.img";
  REQUIRE(b.apply.run(b.box.plan(b.sys)));
  REQUIRE(b.sys.append(b.box.root() + lun, "precious"));
  // Cut off after the LUN's step was undone.
  Run run = b.last();
  const auto step = std::find_if(run.plan.steps.begin(), run.plan.steps.end(),
                                 [](const Step& s) { return s.id == "backing-file"; });
  const auto index = static_cast<std::size_t>(step - run.plan.steps.begin());
  REQUIRE(b.journal.undo_start(run, "test"));
  REQUIRE(b.journal.step(run, index, StepState::undone, {lun + ": kept"}));
  const auto undone = b.apply.resume(b.last());
  REQUIRE(undone);
  CHECK(undone->kept == Kept{lun + ": kept"});
}
