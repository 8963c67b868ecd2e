// SPDX-License-Identifier: GPL-2.0-only
// Packages of the distribution, with an imitated apt.
#include "apply/actions.hh"
#include "catch.hh"
#include "machine.hh"
#include "sys/fake.hh"

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
