// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "options.hh"
#include "sandbox.hh"

#include <string>
#include <vector>

namespace {

scstd::Options parse(std::vector<std::string> words) {
  std::vector<char*> argv;
  words.insert(words.begin(), "iscsi-scstd");
  argv.reserve(words.size() + 1);
  for (std::string& w : words)
    argv.push_back(w.data());
  argv.push_back(nullptr);
  return scstd::parse_options(static_cast<int>(words.size()), argv.data());
}

} // namespace

TEST_CASE("The daemon's options have the values of its man page by default") {
  scstd::Options o = parse({});
  CHECK(o.error.empty());
  CHECK(o.port == 3260);
  CHECK(o.addresses.empty());
  CHECK_FALSE(o.foreground);
  CHECK(o.user.empty());
}

TEST_CASE("The daemon's options are read in both spellings") {
  scstd::Options o =
      parse({"-f", "-p3261", "-a", "10.1.1.1", "--address=::1", "-d", "2", "-u0", "-g", "nogroup"});
  CHECK(o.error.empty());
  CHECK(o.foreground);
  CHECK(o.port == 3261);
  CHECK(o.addresses == std::vector<std::string>{"10.1.1.1", "::1"});
  CHECK(o.debug == 2);
  CHECK(o.user.empty());
  CHECK(o.group == "nogroup");
}

TEST_CASE("An address to announce has a port of its own or the usual one") {
  CHECK(scstd::to_text(parse({"-A", "127.0.0.1:3261"}).announced) == "127.0.0.1:3261");
  CHECK(scstd::to_text(parse({"--announce=10.2.3.4"}).announced) == "10.2.3.4:3260");
  CHECK(scstd::to_text(parse({"-A", "[2001:db8::7]:99"}).announced) == "[2001:db8::7]:99");
  CHECK(scstd::to_text(parse({"-A", "2001:db8::7"}).announced) == "[2001:db8::7]:3260");
  CHECK(parse({}).announced.host.empty());
}

TEST_CASE("Wrong daemon options are named") {
  for (const char* bad : {"example.org", "10.2.3.4:0", "10.2.3.4:x", "10.2.3.4:", "[::1", ""})
    CHECK(parse({"-A", bad}).error.find("-A") != std::string::npos);
  CHECK(parse({"-p", "0"}).error.find("\"0\"") != std::string::npos);
  CHECK(parse({"-p", "65536"}).error.find("65536") != std::string::npos);
  CHECK(parse({"-p", "x"}).error.find("-p") != std::string::npos);
  CHECK(parse({"-d", "-1"}).error.find("-d") != std::string::npos);
  CHECK(parse({"--odd"}).error.find("--odd") != std::string::npos);
  CHECK(parse({"-a"}).error.find("-a") != std::string::npos);
  CHECK(parse({"word"}).error.find("word") != std::string::npos);
}

TEST_CASE("Users and groups are found by name and number") {
  scstd::Ids ids = scstd::find_ids("nobody", "");
  CHECK(ids.error.empty());
  CHECK(ids.uid.has_value());
  CHECK(ids.gid.has_value());
  ids = scstd::find_ids("4711", "4712");
  CHECK(ids.error.empty());
  CHECK(ids.uid == 4711u);
  CHECK(ids.gid == 4712u);
  CHECK(scstd::find_ids("no such user", "").error.find("no such user") != std::string::npos);
  CHECK(scstd::find_ids("", "no such group").error.find("no such group") != std::string::npos);
}
