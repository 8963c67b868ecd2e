// SPDX-License-Identifier: GPL-2.0-only
#include "catch.hh"
#include "mgmt_line.h"

#include <string>
#include <utility>
#include <vector>

namespace {

/// A line and the cursor in it, as a sysfs write sees them.
struct Line {
  explicit Line(std::string text) : text(std::move(text)) {
    sl_mgmt_init(&cursor, this->text.data());
  }
  std::string word() {
    char* w = sl_mgmt_word(&cursor);
    return w ? w : "(end)";
  }
  int param() {
    char *n = nullptr, *v = nullptr;
    int rc = sl_mgmt_param(&cursor, &n, &v);
    if (rc == 1) {
      name = n;
      value = v;
    }
    return rc;
  }
  std::string text;
  sl_mgmt_cursor cursor{};
  std::string name, value;
};

} // namespace

TEST_CASE("Words of a mgmt line are separated by any run of blanks") {
  Line l("  add \t disk1  7\n");
  CHECK(l.word() == "add");
  CHECK_FALSE(sl_mgmt_at_end(&l.cursor));
  CHECK(l.word() == "disk1");
  CHECK(l.word() == "7");
  CHECK(sl_mgmt_at_end(&l.cursor));
  CHECK(l.word() == "(end)");
  CHECK(l.word() == "(end)");
}

TEST_CASE("An empty mgmt line has no words and no parameters") {
  for (const char* text : {"", "\n", "  \t\n", " \r\n\n"}) {
    Line l(text);
    CHECK(sl_mgmt_at_end(&l.cursor));
    CHECK(l.word() == "(end)");
    CHECK(l.param() == 0);
  }
}

TEST_CASE("Parameters follow the words of a mgmt line") {
  Line l("add_device d1 filename=/srv/a.img; nv_cache = 1 ;blocksize= 4096\n");
  CHECK(l.word() == "add_device");
  CHECK(l.word() == "d1");
  REQUIRE(l.param() == 1);
  CHECK(l.name == "filename");
  CHECK(l.value == "/srv/a.img");
  REQUIRE(l.param() == 1);
  CHECK(l.name == "nv_cache");
  CHECK(l.value == "1");
  REQUIRE(l.param() == 1);
  CHECK(l.name == "blocksize");
  CHECK(l.value == "4096");
  CHECK(l.param() == 0);
  CHECK(l.param() == 0);
}

TEST_CASE("Empty parameters are skipped and a newline ends one") {
  Line l(";; a=1;;\n ;b=2\nc=3 ; ");
  std::string got;
  while (l.param() == 1)
    got += l.name + l.value;
  CHECK(got == "a1b2c3");
  CHECK(sl_mgmt_at_end(&l.cursor));
}

TEST_CASE("A parameter needs one name, one equals sign and one value") {
  for (const char* bad :
       {"a", "a=", "=1", "a b=1", "a=1 2", "a==1", "a=1=2", "a= ", " = ", "a;b=1"}) {
    INFO(bad);
    Line l(bad);
    CHECK(l.param() == -EINVAL);
  }
}

TEST_CASE("A bad parameter does not hide the next one") {
  Line l("a; b=1");
  CHECK(l.param() == -EINVAL);
  CHECK(l.param() == 1);
  CHECK(l.name == "b");
}

TEST_CASE("Numbers follow the prefix rules of C") {
  const std::vector<std::pair<const char*, u64>> good = {{"0", 0},
                                                         {"10", 10},
                                                         {"0x10", 16},
                                                         {"0XfF", 255},
                                                         {"010", 8},
                                                         {"00", 0},
                                                         {"0x0", 0},
                                                         {"18446744073709551615", ~0ull},
                                                         {"0xffffffffffffffff", ~0ull},
                                                         {"01777777777777777777777", ~0ull}};
  for (const auto& [text, expected] : good) {
    INFO(text);
    u64 v = 99;
    REQUIRE(sl_mgmt_u64(text, &v) == 0);
    CHECK(v == expected);
  }
}

TEST_CASE("What is no number is refused and leaves the value alone") {
  for (const char* text : {"", " ", "-1", "+1", "1 ", "08", "0x", "0xg", "1a", "x", "1.0"}) {
    INFO(text);
    u64 v = 99;
    CHECK(sl_mgmt_u64(text, &v) == -EINVAL);
    CHECK(v == 99);
  }
}

TEST_CASE("A number above 64 bits is out of range") {
  for (const char* text : {"18446744073709551616", "99999999999999999999", "0x10000000000000000",
                           "02000000000000000000000"}) {
    INFO(text);
    u64 v = 99;
    CHECK(sl_mgmt_u64(text, &v) == -ERANGE);
    CHECK(v == 99);
  }
}

TEST_CASE("Booleans are the numbers 0 and 1") {
  bool v = false;
  CHECK(sl_mgmt_bool("1", &v) == 0);
  CHECK(v);
  CHECK(sl_mgmt_bool("0x0", &v) == 0);
  CHECK_FALSE(v);
  for (const char* text : {"2", "", "yes", "true", "-1", "18446744073709551617"})
    CHECK(sl_mgmt_bool(text, &v) == -EINVAL);
}
