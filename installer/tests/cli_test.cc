// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "cli.hh"
#include "exit_code.hh"

#include <vector>

using namespace inst;

namespace {

Parsed parse(std::vector<const char*> args) {
  args.insert(args.begin(), "scst-install");
  return parse_command_line(static_cast<int>(args.size()), args.data());
}

} // namespace

TEST_CASE("Options may stand before and after the sub-command") {
  const Parsed p = parse({"--yes", "plan", "--kernel", "running", "--json"});
  REQUIRE(p.cli);
  CHECK(p.cli->verb == "plan");
  CHECK(p.cli->yes);
  CHECK(p.cli->json);
  CHECK(p.cli->options.kernel == "running");
}

TEST_CASE("Without a sub-command it applies") {
  CHECK(parse({"--kernel", "6.1.0"}).cli->verb == "apply");
}

TEST_CASE("Initiators accumulate and take one value each") {
  const Parsed p = parse({"apply", "--allow", "iqn.a*", "--allow", "iqn.b*", "--yes"});
  REQUIRE(p.cli);
  CHECK(p.cli->options.allow == std::vector<std::string>{"iqn.a*", "iqn.b*"});
}

TEST_CASE("Sizes have suffixes of 1024") {
  CHECK(parse({"--size", "2G"}).cli->options.size == std::uint64_t{2} << 30);
  CHECK(parse({"--size", "64M"}).cli->options.size == std::uint64_t{64} << 20);
  CHECK(parse({"--size", "many"}).exit == static_cast<int>(Exit::usage));
}

TEST_CASE("The root folder as --root means this machine") {
  CHECK(parse({"--root", "/"}).cli->options.root.empty());
  CHECK(parse({"--root", "/tmp/"}).cli->options.root == "/tmp");
  CHECK(parse({"--root", "/no/such/folder"}).exit == static_cast<int>(Exit::usage));
}

TEST_CASE("Verify has its own options and defaults") {
  const Parsed p = parse({"verify", "--portal", "127.0.0.1:3261", "--write-mib", "64", "--target",
                          "iqn.2026-11.lab:x"});
  REQUIRE(p.cli);
  CHECK(p.cli->verify.portal == "127.0.0.1:3261");
  CHECK(p.cli->verify.write_mib == 64);
  CHECK(p.cli->verify.target == "iqn.2026-11.lab:x");
  CHECK(parse({"verify"}).cli->verify.write_mib == 0);
  CHECK(parse({"verify", "--lun", "16384"}).exit == static_cast<int>(Exit::usage));
}

TEST_CASE("Mistakes end with the usage code, help with zero") {
  CHECK(parse({"--bogus"}).exit == static_cast<int>(Exit::usage));
  CHECK(parse({"frobnicate"}).exit == static_cast<int>(Exit::usage));
  CHECK(parse({"--init", "upstart"}).exit == static_cast<int>(Exit::usage));
  CHECK(parse({"guest", "dance"}).exit == static_cast<int>(Exit::usage));
  const Parsed help = parse({"--help"});
  CHECK_FALSE(help.cli);
  CHECK(help.exit == 0);
}
