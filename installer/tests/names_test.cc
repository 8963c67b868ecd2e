// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "names.hh"

#include <tuple>
#include <vector>

using namespace inst;

TEST_CASE("Target names are made from host names") {
  const auto [host, name] = GENERATE(
      table<std::string, std::string>({{"box", "iqn.2026-11.localdomain.box:disk0"},
                                       {"box.example.lab", "iqn.2026-11.lab.example.box:disk0"},
                                       {"Box_1.Lab", "iqn.2026-11.lab.box-1:disk0"},
                                       {"box.", "iqn.2026-11.localdomain.box:disk0"},
                                       {"", "iqn.2026-11.localdomain.localhost:disk0"}}));
  CHECK(target_name(host) == name);
  CHECK(name_fault(name).empty());
}

TEST_CASE("Good iSCSI names pass") {
  const std::string name =
      GENERATE("iqn.1993-08.org.debian:01:abc", "iqn.2026-11.lab.x", "eui.0123456789ABCDEF",
               "naa.52004567BA64678D", "naa.62004567BA64678D0123456789ABCDEF");
  CAPTURE(name);
  CHECK(name_fault(name).empty());
  CHECK(pattern_fault(name).empty());
}

TEST_CASE("Bad iSCSI names do not pass") {
  const std::string name =
      GENERATE("", "disk", "iqn.", "iqn.2026", "iqn.26-11.x", "iqn.2026-11.", "iqn.2026-11.a b",
               "iqn.2026-11.a'b", "eui.0123", "naa.xyz4567890123456", "iqn.2026-11.a\nb");
  CAPTURE(name);
  CHECK_FALSE(name_fault(name).empty());
}

TEST_CASE("A name of 223 bytes passes and one of 224 does not") {
  const std::string head = "iqn.2026-11.lab:";
  CHECK(name_fault(head + std::string(223 - head.size(), 'x')).empty());
  CHECK_FALSE(name_fault(head + std::string(224 - head.size(), 'x')).empty());
}

TEST_CASE("A World Wide Name is read in all its spellings and written in one") {
  for (const char* text : {"21:00:00:1b:32:ab:cd:ef", "0x2100001b32abcdef", "naa.2100001B32ABCDEF",
                           "2100001b32abcdef", "21:00:00:1B:32:AB:CD:EF"}) {
    CAPTURE(text);
    CHECK(wwn_of(text) == "21:00:00:1b:32:ab:cd:ef");
  }
  for (const char* text : {"", "0x", "21:00:00:1b:32:ab:cd", "21:00:00:1b:32:ab:cd:ef:",
                           "21000:01b32abcdef", ":2100001b32abcdef", "2100001b32abcdeg",
                           "2100001b32abcdef0", "disk0", "21::00001b32abcdef"}) {
    CAPTURE(text);
    CHECK(wwn_of(text).empty());
  }
}

TEST_CASE("Names of Fibre Channel and of iSCSI are told apart") {
  for (const char* text : {"21:00:00:1b:32:ab:cd:ef", "!0x2100001b32abcdef", "21:00:*", "*:ef"})
    CHECK(is_fc_pattern(text));
  for (const char* text :
       {"*", "iqn.2026-11.lab:x", "naa.2100001b32abcdef", "eui.02004567a425678d", "iqn.*:1", "abc"})
    CHECK_FALSE(is_fc_pattern(text));
}

TEST_CASE("Patterns that some name can match pass") {
  const std::string pattern = GENERATE("*", "!*", "iqn.*", "i*", "iqn.2007-10.com.github:*",
                                       "iqn.20?\?-11.lab:x", "!iqn.2026-11.lab:bad", "?qn.*");
  CAPTURE(pattern);
  CHECK(pattern_fault(pattern).empty());
}

TEST_CASE("Patterns that no name can match do not pass") {
  const std::string pattern =
      GENERATE("", "!", "disk*", "iqn.x*", "iqn.2026-1x*", "iqn.2026-11.a b*", "iqn.2026-11.a{*");
  CAPTURE(pattern);
  CHECK_FALSE(pattern_fault(pattern).empty());
}
