// SPDX-License-Identifier: GPL-2.0-only
// Packages of the distribution, with an imitated apt.
#include "apply/actions.hh"
#include "catch.hh"
#include "machine.hh"
#include "sys/fake.hh"

#include <set>

using namespace inst;
using test::holds;

namespace {

const Packages headers{"apt", {"linux-headers-6.1.0-50-amd64"}};

Context on(sys::Fake& s) {
  return {s, "", "/state", "/log", {}, false};
}

std::string dpkg_entry(const std::string& name,
                       const std::string& status = "install ok installed") {
  return "Package: " + name + "\nStatus: " + status + "\nVersion: 1\n\n";
}

} // namespace

TEST_CASE("A package counts as there once dpkg has configured it") {
  sys::Fake s;
  CHECK_FALSE(is_done(on(s), headers));
  s.file("/var/lib/dpkg/status", dpkg_entry(headers.names[0], "install ok half-configured"));
  CHECK_FALSE(is_done(on(s), headers));
  s.file("/var/lib/dpkg/status", dpkg_entry(headers.names[0]));
  CHECK(is_done(on(s), headers));
}

TEST_CASE("Undo takes away what the installation brought along, and only that") {
  sys::Fake s;
  s.output["env"] = "Inst linux-kbuild-6.1 (6.1.176-1 Debian:12)\n"
                    "Inst linux-headers-6.1.0-50-amd64 (6.1.176-1 Debian:12)\nConf x (1)\n";
  const auto earlier = before(on(s), headers);
  REQUIRE(perform(on(s), headers, earlier));
  CHECK(s.runs.back() == "env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -qy --no-remove "
                         "--no-install-recommends install linux-headers-6.1.0-50-amd64");
  s.file("/var/lib/dpkg/status", dpkg_entry("linux-kbuild-6.1") + dpkg_entry(headers.names[0]));
  SECTION("nothing else needs it") {
    s.output["env"] = "Purg linux-headers-6.1.0-50-amd64 [6.1.176-1]\nPurg linux-kbuild-6.1 [1]\n";
    const auto kept = undo(on(s), headers, earlier);
    REQUIRE(kept);
    CHECK(kept->empty());
    CHECK(holds(s.runs.back(), "purge linux-kbuild-6.1 linux-headers-6.1.0-50-amd64"));
  }
  SECTION("something else needs it by now") {
    s.output["env"] = "Purg nvidia-dkms [1]\nPurg linux-kbuild-6.1 [1]\n";
    const auto kept = undo(on(s), headers, earlier);
    REQUIRE(kept);
    REQUIRE(kept->size() == 1);
    CHECK(holds(kept->front(), "nvidia-dkms needs it"));
    CHECK(holds(s.runs.back(), " -s purge"));
  }
  SECTION("it is gone already") {
    s.file("/var/lib/dpkg/status");
    s.runs.clear();
    CHECK(undo(on(s), headers, earlier));
    CHECK(s.runs.empty());
  }
}

namespace {

/// dnf and rpm that keep a list, and emerge, which keeps folders.
class Listing final : public sys::Fake {
public:
  std::set<std::string> rpms{"bash-5.1-1.x86_64"};
  bool needed = false; ///< by something that was installed since

  Result<sys::Output> run(const sys::Command& command) override {
    auto done = Fake::run(command);
    const std::vector<std::string>& a = command.argv;
    if (a[0] == "rpm" && a[1] == "-qa")
      for (const std::string& name : rpms)
        done->out += name + '\n';
    else if (a[0] == "rpm" && a[2] == "--test")
      done->status = needed ? 1 : 0;
    else if (a[0] == "rpm")
      rpms.clear();
    else if (a[0] == "dnf")
      rpms.insert({"kernel-6.9.4-200.fc40.x86_64", "kernel-core-6.9.4-200.fc40.x86_64"});
    else if (a[0] == "emerge" && a[2] == "--depclean" && !needed)
      nodes.erase("/var/db/pkg/sys-kernel/gentoo-sources-2.6.29-r5");
    else if (a[0] == "emerge" && a[2] != "--depclean")
      dir("/var/db/pkg/sys-kernel/gentoo-sources-2.6.29-r5");
    return done;
  }
};

const Packages by_dnf{"dnf", {"kernel-6.9.4-200.fc40.x86_64"}};
const Packages by_emerge{"emerge", {"=sys-kernel/gentoo-sources-2.6.29-r5"}};

} // namespace

TEST_CASE("What dnf brought along is found by its list, and taken away with it") {
  Listing s;
  CHECK_FALSE(is_done(on(s), by_dnf));
  const auto earlier = before(on(s), by_dnf);
  REQUIRE(perform(on(s), by_dnf, earlier));
  CHECK(is_done(on(s), by_dnf));
  const auto undone = undo(on(s), by_dnf, earlier);
  REQUIRE(undone);
  CHECK(undone->empty());
  CHECK(s.runs[s.runs.size() - 2] ==
        "rpm -e kernel-6.9.4-200.fc40.x86_64 kernel-core-6.9.4-200.fc40.x86_64");
}

TEST_CASE("What something else needs by now stays, with dnf and with emerge") {
  Listing s;
  s.dir("/var/db/pkg/sys-apps/portage-2.1.6");
  for (const Packages& p : {by_dnf, by_emerge}) {
    CAPTURE(p.manager);
    s.needed = false;
    const auto earlier = before(on(s), p);
    REQUIRE(perform(on(s), p, earlier));
    s.needed = true;
    const auto undone = undo(on(s), p, earlier);
    REQUIRE(undone);
    REQUIRE(undone->size() == 1);
    CHECK(holds(undone->front(), "needs it by now"));
    CHECK(is_done(on(s), p));
  }
}

TEST_CASE("emerge is asked for one version, and takes that one away") {
  Listing s;
  s.dir("/var/db/pkg/sys-apps/portage-2.1.6");
  CHECK_FALSE(is_done(on(s), by_emerge));
  const auto earlier = before(on(s), by_emerge);
  REQUIRE(perform(on(s), by_emerge, earlier));
  CHECK(s.runs.back() == "emerge --quiet =sys-kernel/gentoo-sources-2.6.29-r5");
  CHECK(is_done(on(s), by_emerge));
  REQUIRE(undo(on(s), by_emerge, earlier));
  CHECK(s.runs.back() == "emerge --quiet --depclean =sys-kernel/gentoo-sources-2.6.29-r5");
  CHECK_FALSE(is_done(on(s), by_emerge));
}

TEST_CASE("An installation that was killed before its list was written is undone all the same") {
  Listing s;
  const auto earlier = before(on(s), by_dnf);
  s.rpms.insert("kernel-6.9.4-200.fc40.x86_64");
  REQUIRE(undo(on(s), by_dnf, earlier));
  CHECK(s.rpms.empty()); // as the imitation does
}

TEST_CASE("A manager that is not known is an error, not a success") {
  sys::Fake s;
  CHECK_FALSE(perform(on(s), Packages{"pacman", {"linux"}}, before(on(s), by_dnf)));
}
