// SPDX-License-Identifier: GPL-2.0-only
#include "catalog/load.hh"
#include "catch.hh"
#include "sys/fake.hh"
#include "sys/real.hh"

#include <algorithm>

using namespace inst;

namespace {

constexpr const char* own = "[[source]]\nname = \"own\"\ntitle = \"t\"\nmodules = [\"a\"]\n"
                            "autoload = [\"a\"]\npackages = []\n"
                            "kernel = { min = \"5.10\", below = \"8.0\" }\n";

catalog::Faults faults_of(const std::string& text) {
  Catalog catalog;
  catalog::Faults faults;
  catalog::parse(text, "x.toml", catalog, faults);
  return faults;
}

/// The catalog of this tree with the change made to its releases or patches.
template <class Change> std::vector<std::string> contradictions_after(Change change) {
  sys::Real real;
  auto catalog = catalog::load(real, {INST_TOP "/kernel-patches/catalog"});
  REQUIRE(catalog);
  change(*catalog);
  return catalog::contradictions(*catalog);
}

StackRelease& release(Catalog& catalog, const std::string& name) {
  return *std::find_if(catalog.releases.begin(), catalog.releases.end(),
                       [&](const StackRelease& r) { return r.name == name; });
}

PatchFamily& patch(Catalog& catalog, const std::string& name) {
  return *std::find_if(catalog.patches.begin(), catalog.patches.end(),
                       [&](const PatchFamily& p) { return p.name == name; });
}

} // namespace

TEST_CASE("The catalog of this tree is complete") {
  sys::Real real;
  const auto catalog = catalog::load(real, {INST_TOP "/kernel-patches/catalog"});
  REQUIRE(catalog);
  REQUIRE(catalog->sources.size() == 1);
  CHECK(catalog->sources[0].min == Version{5, 10, 0});
  CHECK(catalog->sources[0].below > Version{7, 3, 4});
  CHECK(catalog->sources[0].modules.size() == 6);
  CHECK(catalog->families.size() >= 4);
  for (const Family& family : catalog->families)
    for (const char* key : {"headers", "dkms", "make", "gcc", "qemu-system-x86_64", "mmdebstrap"})
      CHECK(family.packages.contains(key));
  CHECK(catalog->releases.size() == 26);
  CHECK(catalog->patches.size() == 13);
  CHECK(catalog::contradictions(*catalog).empty());
}

TEST_CASE("No digest is made up: those that nobody publishes are empty") {
  sys::Real real;
  const auto catalog = catalog::load(real, {INST_TOP "/kernel-patches/catalog"});
  REQUIRE(catalog);
  for (const StackRelease& r : catalog->releases)
    for (const Archive& a : r.files)
      CHECK(a.sha256.empty());
}

TEST_CASE("Every kind of fault is found, with file and line") {
  struct Row {
    const char* text;
    unsigned line;
    const char* what;
  };
  const Row rows[] = {
      {"\n[[source]]\nname = \"x\"\nmodules = [\"a\"]\nautoload = [\"a\"]\n", 2,
       "'title' is missing"},
      {"a = 1\n[[source\n", 2, ""},
      {"[[surprise]]\nname = 1\n", 1, "nobody knows 'surprise'"},
      {"[[option]]\nsymbol = \"NET\"\nvalue = \"m\"\nkind = \"required\"\nwhy = \"w\"\n", 1,
       "'value' is 'm', not one of: y, n"},
      {"[[option]]\nsymbol = \"CONFIG_NET\"\nvalue = \"y\"\nkind = \"required\"\nwhy = \"w\"\n", 1,
       "without CONFIG_"},
      {"[[patch]]\nname = \"p\"\ncomponent = \"c\"\nfolder = \"\"\nfile = \"f\"\nlevel = "
       "\"never\"\nwhy = \"w\"\nkernels = [\"soon\"]\n",
       1, "'soon' is not a version"},
      {"[[patch]]\nname = \"p\"\ncomponent = \"c\"\nfolder = \"\"\nfile = \"f\"\nlevel = "
       "\"optional\"\nwhy = \"w\"\n",
       1, "says what it is for"},
      {"[[release]]\nname = \"r\"\nreleased = \"1\"\nstatus = \"never\"\ninterface = \"sysfs\"\n"
       "kernel = { min = \"3.0\", last = \"2.6.1\", sure = \"g\" }\n",
       6, "'last' is before 'min'"},
      {"[[release]]\nname = \"r\"\nreleased = \"1\"\nstatus = \"tag\"\ninterface = \"sysfs\"\n"
       "build = \"tree\"\nkernel = { min = \"3.0\", last = \"3.1\", sure = \"g\" }\n"
       "files = [{ component = \"c\", version = \"1\", file = \"../f\", sha256 = \"00\" }]\n",
       8, "sha256"},
      {"[[family]]\nid = 7\n", 1, "'id' is no text"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const catalog::Faults faults = faults_of(row.text);
    REQUIRE_FALSE(faults.empty());
    CHECK(faults[0].file == "x.toml");
    CHECK(faults[0].line == row.line);
    CHECK(std::any_of(faults.begin(), faults.end(), [&](const catalog::Fault& f) {
      return f.what.find(row.what) != std::string::npos;
    }));
  }
}

TEST_CASE("Entries that contradict each other are found") {
  CHECK(contradictions_after([](Catalog& c) {
          release(c, "1.0.1").best = Range{{2, 6, 29}, {2, 6, 29}, "w"};
        }) == std::vector<std::string>{
                  "releases 1.0.1 and 1.0.1.1 are recommended for the same kernels"});
  CHECK(contradictions_after([](Catalog& c) {
          release(c, "3.9").best->last = {6, 13};
        }) == std::vector<std::string>{"release 3.9: recommended outside of its kernels"});
  CHECK(contradictions_after([](Catalog& c) { release(c, "3.9").files.clear(); }) ==
        std::vector<std::string>{"release 3.9: recommended, but there are no files"});
  CHECK(contradictions_after([](Catalog& c) { release(c, "3.9").patches = {"x"}; }) ==
        std::vector<std::string>{"release 3.9: no patch family 'x'"});
  CHECK(contradictions_after([](Catalog& c) { patch(c, "readahead").order = 30; }).size() == 1);
  CHECK(contradictions_after([](Catalog& c) { patch(c, "readahead").symbols = {"X"}; }).size() ==
        1);
  CHECK(contradictions_after([](Catalog& c) { c.options[0].with = "x"; }).size() == 1);
}

TEST_CASE("A user's entry replaces ours of the same name, others are added") {
  sys::Fake s;
  s.file("/cat/own.toml", own);
  s.file("/etc/scst-install/catalog.d/mine.toml",
         "[[option]]\nsymbol = \"MINE\"\nvalue = \"y\"\nkind = \"required\"\nwhy = \"w\"\n" +
             std::string(own).replace(std::string(own).find("8.0"), 3, "7.0"));
  const auto catalog = catalog::load(s, {"/cat", catalog::user_dir});
  REQUIRE(catalog);
  REQUIRE(catalog->sources.size() == 1);
  CHECK(catalog->sources[0].below == Version{7, 0});
  CHECK(catalog->options.size() == 1);
}

TEST_CASE("A fault in a user's file is the user's to correct, one in ours is not") {
  sys::Fake s;
  s.file("/cat/own.toml", own);
  s.file("/etc/scst-install/catalog.d/mine.toml", "[[option]]\n");
  const auto theirs = catalog::load(s, {"/cat", catalog::user_dir});
  REQUIRE_FALSE(theirs);
  CHECK(theirs.error().exit == Exit::usage);
  CHECK(theirs.error().where == "/etc/scst-install/catalog.d/mine.toml");
  CHECK(theirs.error().hint.find("catalog lint") != std::string::npos);
  s.file("/cat/own.toml", "[[option]]\n");
  CHECK(catalog::load(s, {"/cat"}).error().exit == Exit::internal);
}

TEST_CASE("A folder without a source entry is an error") {
  sys::Fake s;
  s.file("/cat/readme.txt");
  CHECK_FALSE(catalog::load(s, {"/cat"}));
}
