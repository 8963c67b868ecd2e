// SPDX-License-Identifier: GPL-2.0-only
// From an imitated machine through facts and the real catalog to the plan.
#include "catalog/load.hh"
#include "catch.hh"
#include "facts/gather.hh"
#include "machine.hh"
#include "sys/fake.hh"
#include "sys/real.hh"

using namespace inst;

namespace {

Planned plan_on(sys::Fake& s, const Options& options = {}) {
  sys::Real real;
  const auto catalog = catalog::load(real, {INST_TOP "/kernel-patches/catalog"});
  REQUIRE(catalog);
  const auto f = facts::gather(s, {options.root, options.payload, options.device, options.debs,
                                   options.kernel == "newest-supported", "/data"});
  REQUIRE(f);
  return make_plan(*f, *catalog, options);
}

sys::Fake bare_debian() {
  sys::Fake s;
  s.file("/usr/lib/os-release", "ID=debian\n");
  s.dir("/lib/modules/6.1.0-50-amd64");
  s.dir("/run/systemd/system");
  s.file("/proc/modules");
  s.dir("/proc/self");
  s.programs = {"dkms", "make", "gcc"};
  s.file("/var/lib/dpkg/status",
         "Package: scst-dkms\nStatus: install ok installed\nVersion: 3.8.0\n\n"
         "Package: scstadmin\nStatus: install ok installed\nVersion: 3.8.0\n\n"
         "Package: iscsi-scst\nStatus: install ok installed\nVersion: 3.8.0\n");
  return s;
}

} // namespace

TEST_CASE("A machine without headers is told which package to install") {
  sys::Fake s = bare_debian();
  const Planned p = plan_on(s);
  REQUIRE(p.refusals.size() == 1);
  CHECK(p.refusals[0].exit == Exit::missing);
  CHECK(test::holds(test::refused(p), "apt install linux-headers-6.1.0-50-amd64"));
}

TEST_CASE("What apt offers is asked for where headers are missing, and decides the road") {
  sys::Fake s = bare_debian();
  s.programs.insert("apt-cache");
  const auto road = [&] { return plan_on(s).plan.road; };
  CHECK(road() == "guest"); // apt has no lists
  s.file("/var/lib/apt/lists/mirror_dists_bookworm_main_binary-amd64_Packages");
  CHECK(road() == "guest"); // they name no headers
  s.output["apt-cache"] = "linux-headers-6.1.0-49-amd64\nlinux-headers-6.1.0-50-amd64\n";
  CHECK(road() == "native");
  s.exit_status["apt-cache"] = 100;
  CHECK(road() == "guest");
  s.runs.clear();
  s.file("/lib/modules/6.1.0-50-amd64/build/Makefile");
  CHECK(road() == "native");
  CHECK(s.runs.empty());
}

TEST_CASE("A machine without dkms and headers on Ubuntu and Fedora is told in its own words") {
  sys::Fake s = bare_debian();
  s.programs = {"make"};
  s.file("/usr/lib/os-release", "ID=pop\nID_LIKE=\"ubuntu debian\"\n");
  CHECK(test::holds(test::refused(plan_on(s)), "apt install dkms gcc"));
  s.file("/usr/lib/os-release", "ID=rocky\nID_LIKE=\"rhel centos fedora\"\n");
  CHECK(test::holds(test::refused(plan_on(s)), "dnf install kernel-devel-6.1.0-50-amd64"));
}

TEST_CASE("A container takes the guest road and says that it is a container") {
  sys::Fake s = bare_debian();
  s.file("/run/systemd/container", "lxc\n");
  s.programs = {"qemu-system-x86_64", "mmdebstrap"};
  s.file("/debs/scst-dkms_3.8.0_all.deb", "deb");
  Options o;
  o.debs = "/debs";
  const Planned p = plan_on(s, o);
  REQUIRE(p.refusals.empty());
  CHECK(p.plan.road == "guest");
  CHECK(p.plan.reasons == std::vector<std::string>{"this is a container (lxc)"});
}

TEST_CASE("A device in use is refused with its mount point") {
  sys::Fake s = bare_debian();
  s.file("/lib/modules/6.1.0-50-amd64/build/Makefile");
  s.file("/dev/sdb");
  s.nodes["/dev/sdb"] = {sys::FileType::block, "", 0660, 0x810};
  s.file("/proc/self/mountinfo", "36 35 8:16 / /data rw - ext4 /dev/sdb rw\n");
  Options o;
  o.device = "/dev/sdb";
  const Planned p = plan_on(s, o);
  REQUIRE(p.refusals.size() == 1);
  CHECK(test::holds(test::refused(p), "mounted on /data"));
}
