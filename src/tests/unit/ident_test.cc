// SPDX-License-Identifier: GPL-2.0-only
// What initiators leave with a logical unit to know it by (SPC-4 6.32, 6.43).
#include "catch.hh"
#include "port.h"
extern "C" {
#include "ident.h"
}

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<u8>;
using Cdb = std::array<u8, 12>;

constexpr u8 bytes_type = 0, text_type = 2, supported = 0x7f;

Cdb cdb_of(u8 opcode, u8 action, u8 type, u32 len) {
  Cdb cdb{opcode, action};
  sl_put_be32(len, &cdb[6]);
  cdb[10] = static_cast<u8>(type << 1);
  return cdb;
}

Bytes report(const sl_ident& ident, u8 type) {
  u8 buf[SL_IDENT_ANSWER_MAX];
  std::size_t len = 0;
  const Cdb cdb = cdb_of(0xa3, 0x05, type, sizeof(buf));
  if (sl_ident_report(cdb.data(), &ident, buf, &len) != SL_OK)
    return {};
  return {buf, buf + len};
}

sl_sense set(sl_ident& ident, u8 type, const std::string& what) {
  const Cdb cdb = cdb_of(0xa4, 0x06, type, static_cast<u32>(what.size()));
  u8 bad_byte = 0;
  const sl_sense sense = sl_ident_check(cdb.data(), &bad_byte);
  if (sense != SL_OK)
    return sense;
  return sl_ident_set(cdb.data(), reinterpret_cast<const u8*>(what.data()), &ident);
}

// As in: the head of an answer of that many bytes, and the bytes.
Bytes answer(const std::string& what) {
  Bytes all(4 + what.size());
  sl_put_be16(static_cast<u16>(what.size()), &all[2]);
  std::copy(what.begin(), what.end(), all.begin() + 4);
  return all;
}

} // namespace

TEST_CASE("Identifying information is reported as it was set") {
  sl_ident ident{};
  CHECK(report(ident, bytes_type) == answer(""));
  CHECK(set(ident, bytes_type, "rack 7") == SL_OK);
  CHECK(set(ident, text_type, std::string("mail\0", 5)) == SL_OK);
  CHECK(report(ident, bytes_type) == answer("rack 7"));
  CHECK(report(ident, text_type) == answer(std::string("mail\0", 5)));
  CHECK(set(ident, bytes_type, "") == SL_OK);
  CHECK(report(ident, bytes_type) == answer(""));
}

TEST_CASE("The kinds of identifying information are told with their room") {
  CHECK(report({}, supported) == Bytes{0, 0, 0, 8, 0x00, 0, 0x02, 0x00, 0x04, 0, 0x01, 0x00});
}

TEST_CASE("There is room for so much identifying information, and no more") {
  sl_ident ident{};
  u8 bad_byte = 0;
  CHECK(set(ident, bytes_type, std::string(512, 'x')) == SL_OK);
  CHECK(report(ident, bytes_type) == answer(std::string(512, 'x')));
  CHECK(set(ident, bytes_type, std::string(513, 'x')) == SL_INVALID_CDB_FIELD);
  CHECK(set(ident, text_type, std::string(256, '\0')) == SL_OK);
  CHECK(set(ident, text_type, std::string(257, '\0')) == SL_INVALID_CDB_FIELD);
  CHECK(sl_ident_check(cdb_of(0xa4, 0x06, bytes_type, 0xffffffff).data(), &bad_byte) ==
        SL_INVALID_CDB_FIELD);
  CHECK(bad_byte == 6);
}

TEST_CASE("A text ends with NUL, or nothing is changed") {
  sl_ident ident{};
  CHECK(set(ident, text_type, "unended") == SL_INVALID_PARAM_FIELD);
  CHECK(report(ident, text_type) == answer(""));
}

TEST_CASE("Unknown types of identifying information are bad fields") {
  sl_ident ident{};
  u8 bad_byte = 0;
  for (const u8 type : {1, 3, 0x40, 0x7e})
    CHECK(report(ident, type).empty());
  for (const u8 type : {1, 3, 0x7f}) {
    CHECK(sl_ident_check(cdb_of(0xa4, 0x06, type, 0).data(), &bad_byte) == SL_INVALID_CDB_FIELD);
    CHECK(bad_byte == 10);
  }
}

TEST_CASE("Identifying information survives being stored") {
  sl_ident ident{}, again{};
  CHECK(set(ident, bytes_type, std::string(512, 'x')) == SL_OK);
  CHECK(set(ident, text_type, std::string("mail\0", 5)) == SL_OK);
  u8 buf[SL_IDENT_STORED_MAX];
  const std::size_t len = sl_ident_store(&ident, buf);
  REQUIRE(sl_ident_load(buf, len, &again) == 0);
  CHECK(report(again, bytes_type) == report(ident, bytes_type));
  CHECK(report(again, text_type) == report(ident, text_type));

  sl_ident kept{};
  CHECK(set(kept, bytes_type, "kept") == SL_OK);
  for (std::size_t cut = 0; cut < len; cut++)
    CHECK(sl_ident_load(buf, cut, &kept) == -1);
  buf[0] = 0xff; // longer than there is room for
  CHECK(sl_ident_load(buf, len, &kept) == -1);
  CHECK(report(kept, bytes_type) == answer("kept"));
}
