// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "iscsi_text.h"

#include <string>

namespace {

/// The normal form, or "-" for what is no name.
std::string normal(const std::string& name) {
  char out[SL_ISCSI_NAME_MAX + 1];
  return sl_iscsi_name_check(name.c_str(), out) ? "-" : out;
}

} // namespace

TEST_CASE("Well-formed iSCSI names are accepted in lower case") {
  CHECK(normal("iqn.2001-04.com.example") == "iqn.2001-04.com.example");
  CHECK(normal("IQN.2001-04.Com.Example:Disk.A") == "iqn.2001-04.com.example:disk.a");
  CHECK(normal("iqn.1994-05.com.redhat:host_7") == "iqn.1994-05.com.redhat:host_7");
  CHECK(normal("eui.02004567A425678D") == "eui.02004567a425678d");
  CHECK(normal("naa.52004567BA64678D") == "naa.52004567ba64678d");
  CHECK(normal("naa.62004567BA64678D0123456789ABCDEF") == "naa.62004567ba64678d0123456789abcdef");
}

TEST_CASE("Names in UTF-8 are kept byte by byte") {
  CHECK(normal("iqn.2001-04.org.example:m\u00fcnchen") == "iqn.2001-04.org.example:m\u00fcnchen");
  CHECK(normal("iqn.2001-04.org.example:\U0001F4BE") == "iqn.2001-04.org.example:\U0001F4BE");
}

TEST_CASE("Malformed UTF-8 in a name is refused") {
  for (const char* tail : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
                           "\xf5\x80\x80\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xe2\x82"})
    CHECK(normal(std::string("iqn.2001-04.org.example:") + tail) == "-");
}

TEST_CASE("What is no iSCSI name is refused") {
  for (const char* bad : {"",
                          "iqn.2001-00.com.example",
                          "iqn.2001-13.com.example",
                          "iqn.2001-20.com.example",
                          "iqn.",
                          "iqn",
                          "disk1",
                          "iqn.2001-04",
                          "iqn.2001-04.",
                          "iqn.2001-4.com.example",
                          "iqn.200a-04.com.example",
                          "iqn.2001-04.:x",
                          "iqn.2001-04..x",
                          "iqn.2001-04.com.example:a b",
                          "iqn.2001-04.com.example:a/b",
                          "iqn.2001-04.com.example:..\\",
                          "iqn.2001-04.com.example:*",
                          "eui.02004567A425678",
                          "eui.02004567A425678DD",
                          "eui.02004567A425678G",
                          "naa.",
                          "naa.5200",
                          "naa.52004567BA64678D0",
                          "naa.52004567ba64678d/",
                          "iqn.2001-04.com.example\n"}) {
    INFO(bad);
    CHECK(normal(bad) == "-");
  }
}

TEST_CASE("A name of 223 bytes is accepted and one of 224 is not") {
  std::string name = "iqn.2001-04.com.example:";
  name.resize(SL_ISCSI_NAME_MAX, 'x');
  CHECK(normal(name) == name);
  CHECK(normal(name + 'x') == "-");
}
