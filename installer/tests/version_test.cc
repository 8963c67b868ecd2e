// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "version.hh"

using namespace inst;

TEST_CASE("Kernel versions are read from the start of a release") {
  CHECK(parse_version("6.12.107+deb13") == Version{6, 12, 107});
  CHECK(parse_version("7.3-rc7") == Version{7, 3, 0});
  CHECK(parse_version("5.10") == Version{5, 10, 0});
  CHECK(parse_version("6.1.0-56-amd64") == Version{6, 1, 0});
  CHECK_FALSE(parse_version("lost+found").known());
  CHECK_FALSE(parse_version("").known());
}

TEST_CASE("Versions are ordered as numbers, not as text") {
  CHECK(parse_version("5.9") < parse_version("5.10"));
  CHECK(parse_version("6.1.99") < parse_version("6.1.100"));
  CHECK(parse_version("6.12") < parse_version("7.0"));
}
