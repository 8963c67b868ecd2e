// SPDX-License-Identifier: GPL-2.0-only
#include "catalog/load.hh"
#include "catch.hh"
#include "sys/fake.hh"
#include "sys/real.hh"

using namespace inst;

TEST_CASE("The catalog of this tree is complete") {
  sys::Real real;
  const auto catalog = catalog::load(real, INST_TOP "/kernel-patches/catalog");
  REQUIRE(catalog);
  REQUIRE(catalog->sources.size() == 1);
  CHECK(catalog->sources[0].min == Version{5, 10, 0});
  CHECK(catalog->sources[0].below > Version{7, 3, 4});
  CHECK(catalog->sources[0].modules.size() == 4);
  CHECK(catalog->families.size() >= 4);
  for (const Family& family : catalog->families)
    for (const char* key : {"headers", "dkms", "make", "gcc", "qemu-system-x86_64", "mmdebstrap"})
      CHECK(family.packages.contains(key));
}

TEST_CASE("An entry that lacks its kernel range is an error that names file and line") {
  Catalog catalog;
  const auto parsed = catalog::parse("\n[[source]]\nname = \"x\"\nmodules = [\"a\"]\n"
                                     "autoload = [\"a\"]\n",
                                     "x.toml", catalog);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().where == "x.toml");
  CHECK(parsed.error().cause.find("line 2") != std::string::npos);
}

TEST_CASE("Text that is not TOML is an error with its line") {
  Catalog catalog;
  const auto parsed = catalog::parse("a = 1\n[[source\n", "x.toml", catalog);
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().cause.find("line 2") != std::string::npos);
}

TEST_CASE("A folder without a source entry is an error") {
  sys::Fake s;
  s.file("/cat/readme.txt");
  CHECK_FALSE(catalog::load(s, "/cat"));
}
