// SPDX-License-Identifier: GPL-2.0-only
// What --kernel means, on imitated machines with the catalog of this tree.
#include "catalog/load.hh"
#include "catch.hh"
#include "facts/gather.hh"
#include "machine.hh"
#include "plan/kernels.hh"
#include "sys/fake.hh"
#include "sys/real.hh"

using namespace inst;
using namespace inst::test;

namespace {

const Catalog& tree_catalog() {
  static const Catalog catalog = [] {
    sys::Real real;
    return catalog::load(real, {INST_TOP "/kernel-patches/catalog"}).value_or(Catalog{});
  }();
  return catalog;
}

Facts look(sys::Fake& s) {
  facts::Query query;
  query.kernels = true;
  query.data_dir = "/data";
  auto facts = facts::gather(s, query);
  REQUIRE(facts);
  return *facts;
}

/// Runs 6.1.0-50, has 6.12.9 too, and 4.19 without headers; apt offers two more.
sys::Fake debian() {
  sys::Fake s;
  s.file("/usr/lib/os-release", "ID=debian\n");
  for (const char* release : {"6.1.0-50-amd64", "6.12.9+deb13-amd64"})
    s.file(std::string("/lib/modules/") + release + "/build/Makefile");
  s.dir("/lib/modules/4.19.0-27-amd64");
  s.programs = {"apt-cache"};
  s.file("/var/lib/apt/lists/x_Packages");
  s.output["apt-cache"] =
      "linux-image-6.1.0-56-amd64\nlinux-image-6.1-amd64\nlinux-image-6.1.0-56-amd64-dbg\n"
      "Package: linux-image-6.1.0-56-amd64\nVersion: 6.1.192-1\n\n"
      "Package: linux-image-7.2.3+deb14-amd64\nVersion: 7.2.3-1\n\n";
  return s;
}

std::string picked(const std::string& wish, const Facts& facts, const Wishes& wishes = {}) {
  std::string text;
  for (const Candidate& c : pick_kernels(wish, facts, tree_catalog(), wishes).kernels)
    text += (text.empty() ? "" : " ") + c.release;
  return text;
}

} // namespace

TEST_CASE("A kernel can be named in every form") {
  sys::Fake s = debian();
  const Facts f = look(s);
  const std::pair<const char*, const char*> rows[] = {
      {"running", "6.1.0-50-amd64"},
      {"6.1.0-50-amd64", "6.1.0-50-amd64"},
      {"6.1.0-56-amd64", "6.1.0-56-amd64"}, // offered
      {"6.1", "6.1.0-50-amd64"},            // what is here with headers comes first
      {"6.1.192", "6.1.0-56-amd64"},        // the true version of a package
      {"6.12.9", "6.12.9+deb13-amd64"},
      {"4.19", "4.19.0-27-amd64"},
      {"newest-supported", "7.2.3+deb14-amd64"},
      {"all", "6.12.9+deb13-amd64 6.1.0-50-amd64"},
      {"6.12.8", ""},
      {"2.6.29", ""},
      {"nonsense", ""}};
  for (const auto& [wish, expected] : rows) {
    CAPTURE(wish);
    CHECK(picked(wish, f) == expected);
  }
}

TEST_CASE("What is not there is refused with what is, and with what the catalog knows of it") {
  sys::Fake s = debian();
  const Facts f = look(s);
  const Picked p = pick_kernels("2.6.29", f, tree_catalog(), {});
  CHECK(p.fault == "no kernel '2.6.29' is installed or offered");
  CHECK(holds(p.hint, "6.1.0-50-amd64"));
  CHECK(holds(p.hint, "6.1.0-56-amd64 (offered)"));
  CHECK(holds(p.hint, "For Linux 2.6.29 there is SCST 1.0.1.1"));
}

TEST_CASE("The newest supported kernel is named, with those that were passed over and why") {
  sys::Fake s;
  s.file("/usr/lib/os-release", "ID=gentoo\n");
  s.release = "2.6.26-gentoo-r1";
  s.dir("/lib/modules/2.6.26-gentoo-r1");
  for (const char* version : {"2.6.29-r5", "2.6.29-r4", "2.6.30-r6"})
    s.file(std::string("/usr/portage/sys-kernel/gentoo-sources/gentoo-sources-") + version +
           ".ebuild");
  const Facts f = look(s);
  const Picked p =
      pick_kernels("newest-supported", f, tree_catalog(), {"1.0.1.1", false, {}, false});
  REQUIRE(p.kernels.size() == 1);
  CHECK(p.kernels[0].release == "2.6.29-gentoo-r5");
  REQUIRE(p.kernels[0].offered != nullptr);
  CHECK(p.kernels[0].offered->package == "=sys-kernel/gentoo-sources-2.6.29-r5");
  REQUIRE(p.notes.size() == 1);
  CHECK(p.notes[0] == "2.6.30-gentoo-r6 is newer, but release 1.0.1.1 is for kernels 2.6.16 to "
                      "2.6.29");
  CHECK(picked("2.6.29", f) == "2.6.29-gentoo-r5");
}

TEST_CASE("Where the truth about a version is found decides how exact it is") {
  sys::Fake s = debian();
  const auto kernel = [&] { return look(s).kernels.at(0); };
  s.nodes.erase("/lib/modules/6.12.9+deb13-amd64/build/Makefile");
  s.nodes.erase("/lib/modules/6.12.9+deb13-amd64");
  s.nodes.erase("/lib/modules/4.19.0-27-amd64");
  CHECK(kernel().version_from == "release");
  CHECK_FALSE(kernel().exact);
  s.file("/var/lib/dpkg/status", "Package: linux-image-6.1.0-50-amd64\nStatus: install ok "
                                 "installed\nVersion: 6.1.176-1\n\n");
  CHECK(kernel().version == Version{6, 1, 176});
  CHECK(kernel().version_from == "package");
  s.file("/lib/modules/6.1.0-50-amd64/build/Makefile", "include /usr/src/common/Makefile\n");
  s.file("/usr/src/common/Makefile", "VERSION = 6\nPATCHLEVEL = 1\nSUBLEVEL = 177\n");
  CHECK(kernel().version == Version{6, 1, 177});
  CHECK(kernel().version_from == "headers");
  // A stable level above 255 does not fit into LINUX_VERSION_CODE.
  s.file("/lib/modules/6.1.0-50-amd64/build/include/generated/uapi/linux/version.h",
         "#define LINUX_VERSION_CODE 393727\n#define LINUX_VERSION_MAJOR 6\n"
         "#define LINUX_VERSION_PATCHLEVEL 1\n#define LINUX_VERSION_SUBLEVEL 300\n");
  CHECK(kernel().version == Version{6, 1, 300});
}

TEST_CASE("The stable level of an old kernel stands in EXTRAVERSION") {
  sys::Fake s;
  s.release = "2.6.29-gentoo-r5";
  s.file("/lib/modules/2.6.29-gentoo-r5/build/Makefile",
         "VERSION = 2\nPATCHLEVEL = 6\nSUBLEVEL = 29\nEXTRAVERSION = .6\n");
  CHECK(look(s).kernels.at(0).version == Version{2, 6, 29, 6});
}

TEST_CASE("An offered kernel is installed with its headers before anything is built for it") {
  Facts f = ready_machine();
  f.offers = {"apt",
              true,
              {"linux-headers-6.1.0-56-amd64"},
              {{"6.1.0-56-amd64", "linux-image-6.1.0-56-amd64", "6.1.192-1"}}};
  Options o;
  o.kernel = "6.1.0-56-amd64";
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.empty());
  CHECK(p.plan.kernel == "6.1.0-56-amd64");
  const auto& packages = std::get<Packages>(p.plan.steps.front().action);
  CHECK(packages.names ==
        std::vector<std::string>{"linux-image-6.1.0-56-amd64", "linux-headers-6.1.0-56-amd64"});
  CHECK(std::get<Dkms>(find_step(p.plan, "dkms-build")->action).kernel == "6.1.0-56-amd64");
  CHECK(find_step(p.plan, "load-modules") == nullptr);
}

TEST_CASE("For all kernels the modules are registered once and built for each") {
  Facts f = ready_machine();
  f.kernels[1].build_tree = "/usr/src/linux-headers-6.12.9-amd64";
  Options o;
  o.kernel = "all";
  const Planned p = plan(f, o);
  REQUIRE(p.refusals.empty());
  CHECK(holds(ids(p.plan), "dkms-add dkms-build dkms-install dkms-build:6.1.0-50-amd64 "
                           "dkms-install:6.1.0-50-amd64 "));
  CHECK(p.plan.kernel == "6.1.0-50-amd64");
  CHECK(find_step(p.plan, "load-modules") != nullptr);
}

TEST_CASE("A kernel that is too old for our own stack takes upstream's road, and its source") {
  Facts f = ready_machine();
  f.kernels.push_back({"2.6.29-gentoo-r5", {2, 6, 29}, false, true, "/usr/src/linux"});
  Options o;
  o.kernel = "2.6.29-gentoo-r5";
  const Planned p = make_plan(f, tree_catalog(), o);
  CHECK(p.plan.road == "upstream");
  CHECK(holds(refused(p), "there is no source of kernel 2.6.29-gentoo-r5 in /usr/src"));
  CHECK(holds(refused(p), "Install gentoo-sources of that version with emerge"));
  o.road = "native";
  const Planned native = make_plan(f, tree_catalog(), o);
  REQUIRE(native.refusals.size() == 1);
  CHECK(native.refusals[0].exit == Exit::kernel);
  CHECK(holds(refused(native), "SCST 1.0.1.1 is for it"));
  CHECK(holds(refused(native), "scst-install explain --kernel 2.6.29-gentoo-r5"));
}

TEST_CASE("Numbers in release strings are compared as numbers") {
  CHECK(release_before("6.1.0-9-amd64", "6.1.0-10-amd64"));
  CHECK_FALSE(release_before("6.1.0-10-amd64", "6.1.0-9-amd64"));
  CHECK(release_before("6.1.0-10-amd64", "6.1.0-10-cloud-amd64"));
  CHECK_FALSE(release_before("6.1", "6.1"));
  CHECK(release_before("6.1", "6.1.0"));
  CHECK_FALSE(release_before("6.01", "6.1"));
}
