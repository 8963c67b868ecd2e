// SPDX-License-Identifier: GPL-2.0-only
// Actions one by one on the imitated machine.
#include "apply/actions.hh"
#include "catch.hh"
#include "sys/fake.hh"

using namespace inst;

namespace {

const Dkms install{"install", "scst", "3.8.0", "6.1.0-50-amd64", "x86_64", {"scst", "iscsi_scst"}};

Context on(sys::Fake& s) {
  return {s, "", "/state", "/log", {}};
}

} // namespace

TEST_CASE("Modules are installed when dkms says so and all of them lie there, compressed or not") {
  sys::Fake s;
  s.link("/var/lib/dkms/scst/kernel-6.1.0-50-amd64-x86_64", "3.8.0/6.1.0-50-amd64/x86_64");
  s.file("/lib/modules/6.1.0-50-amd64/updates/dkms/scst.ko.xz");
  CHECK_FALSE(is_done(on(s), install));
  s.file("/lib/modules/6.1.0-50-amd64/updates/dkms/iscsi_scst.ko.xz");
  CHECK(is_done(on(s), install));
}

TEST_CASE("Loaded modules are unloaded in reverse before dkms takes their files") {
  sys::Fake s;
  s.link("/var/lib/dkms/scst/kernel-6.1.0-50-amd64-x86_64", "x");
  s.modules = {"scst", "iscsi_scst", "ext4"};
  REQUIRE(undo(on(s), install, {{"index", nlohmann::json::array()}}));
  CHECK(s.changes == std::vector<std::string>{"unload iscsi_scst", "unload scst"});
  CHECK(s.runs == std::vector<std::string>{"dkms uninstall -m scst -v 3.8.0 -k 6.1.0-50-amd64"});
}

TEST_CASE("Modules of another kernel than the running one are left loaded") {
  sys::Fake s;
  s.release = "6.12.1";
  s.modules = {"scst"};
  REQUIRE(undo(on(s), install, {{"index", nlohmann::json::array()}}));
  CHECK(s.changes.empty());
}

TEST_CASE(
    "The signing key that dkms made goes with the last module, but not where it may be enrolled") {
  sys::Fake s;
  Dkms add = install;
  add.verb = "add";
  s.dir("/var/lib/dkms");
  const auto was = before(on(s), add);
  s.file("/var/lib/dkms/mok.key");
  SECTION("no firmware") {
    REQUIRE(undo(on(s), add, was));
    CHECK_FALSE(s.nodes.contains("/var/lib/dkms/mok.key"));
  }
  SECTION("UEFI firmware") {
    s.dir("/sys/firmware/efi");
    const auto kept = undo(on(s), add, was);
    REQUIRE(kept);
    CHECK(kept->size() == 1);
    CHECK(s.nodes.contains("/var/lib/dkms/mok.key"));
  }
  SECTION("other modules") {
    s.dir("/var/lib/dkms/zfs");
    REQUIRE(undo(on(s), add, was));
    CHECK(s.nodes.contains("/var/lib/dkms/mok.key"));
  }
}

TEST_CASE("Only modules that we loaded are unloaded again") {
  sys::Fake s;
  s.modules = {"scst"};
  const LoadModules load{{"scst", "scst_vdisk"}};
  CHECK_FALSE(is_done(on(s), load));
  const auto was = before(on(s), load);
  REQUIRE(perform(on(s), load, was));
  CHECK(is_done(on(s), load));
  s.changes.clear();
  REQUIRE(undo(on(s), load, was));
  CHECK(s.changes == std::vector<std::string>{"unload scst_vdisk"});
}

TEST_CASE("Verification wants the target enabled and the portal answering") {
  sys::Fake s;
  const Verify v{"iqn.2026-11.lab:x", "127.0.0.1:3260"};
  const auto failed = perform(on(s), v, {});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().exit == Exit::verification);
  s.file("/sys/kernel/scst_tgt/targets/iscsi/iqn.2026-11.lab:x/enabled", "1\n");
  CHECK_FALSE(is_done(on(s), v));
  s.portals["127.0.0.1:3260"] = {};
  CHECK(is_done(on(s), v));
}

TEST_CASE("Services are stopped in reverse before they are disabled on a live machine") {
  sys::Fake s;
  s.dir("/run/systemd/system");
  const Services enable{"enable", "systemd", {"scst.service", "iscsi-scstd.service"}, true};
  REQUIRE(undo(on(s), enable, {{"enabled", nlohmann::json::array()}}));
  std::vector<std::string> changes;
  for (const std::string& line : s.runs)
    if (line.find(" is-") == std::string::npos)
      changes.push_back(line);
  CHECK(changes == std::vector<std::string>{"systemctl --quiet stop iscsi-scstd.service",
                                            "systemctl --quiet stop scst.service",
                                            "systemctl --quiet disable iscsi-scstd.service",
                                            "systemctl --quiet disable scst.service"});
}

TEST_CASE("Services that the admin had enabled before stay enabled and running") {
  sys::Fake s;
  s.dir("/run/systemd/system");
  const Services enable{"enable", "systemd", {"scst.service"}, true};
  REQUIRE(undo(on(s), enable, {{"enabled", {"scst.service"}}}));
  for (const std::string& line : s.runs)
    CHECK(line.find(" is-") != std::string::npos);
}

TEST_CASE("A service that does not start is an error with the service code") {
  sys::Fake s;
  s.exit_status["rc-service"] = 1;
  const auto started = perform(on(s), Services{"start", "openrc", {"scst"}, true}, {});
  REQUIRE_FALSE(started);
  CHECK(started.error().exit == Exit::service);
  CHECK(started.error().where == "rc-service scst start");
}

TEST_CASE("A guest with other packages is stopped and booted anew on the same port") {
  sys::Fake s;
  s.file("/c/state/pid", "9\n");
  s.file("/proc/9/cmdline", "qemu-system-x86_64");
  s.file("/c/state/key", "old");
  const GuestBoot boot{"/g/boot", "/g/stop", "/c/info", "/c/state", "new", "/d/lun", 3261};
  CHECK_FALSE(is_done(on(s), boot));
  REQUIRE(perform(on(s), boot, {}));
  CHECK(s.runs == std::vector<std::string>{
                      "/g/stop --state /c/state",
                      "/g/boot --info /c/info --state /c/state --forward 3261:3260 --append "
                      "systemd.setenv=ISCSID_OPTIONS=--announce=127.0.0.1:3261 --background "
                      "--disk lun0=/d/lun"});
  CHECK(is_done(on(s), boot));
}

TEST_CASE("A guest image is made once for the same packages and setup") {
  sys::Fake s;
  const GuestImage image{"/g/image",      "bookworm",    "/c/images", "/debs",
                         "/c/guest/info", "#!/bin/sh\n", "key"};
  REQUIRE(perform(on(s), image, {}));
  CHECK(s.runs == std::vector<std::string>{"/g/image --suite bookworm --cache /c/images --debs "
                                           "/debs --setup /c/guest/info.setup --out-info "
                                           "/c/guest/info"});
  CHECK_FALSE(is_done(on(s), image)); // the imitated script wrote no info file
  s.file("/c/guest/info", "base=/x\nimage=/c/images/i\nrelease=6.1\n");
  s.file("/c/images/i");
  CHECK(is_done(on(s), image));
  GuestImage other = image;
  other.key = "other";
  CHECK_FALSE(is_done(on(s), other));
}

TEST_CASE("Waiting for a guest that has ended fails at once") {
  sys::Fake s;
  const auto waited = perform(on(s), WaitPortal{"127.0.0.1:3260", "iqn.x", "/c/state", 300}, {});
  REQUIRE_FALSE(waited);
  CHECK(waited.error().cause == "the guest has ended");
}
