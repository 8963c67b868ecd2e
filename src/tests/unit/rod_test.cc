// SPDX-License-Identifier: GPL-2.0-only
// Tokens that stand for data of a disk: lists, tokens, answers, VPD page 8Fh.
#include "catch.hh"

extern "C" {
#include "cdb.h"
#include "rod.h"
}

#include <cstring>
#include <utility>
#include <vector>

namespace {

using Bytes = std::vector<u8>;
using Ranges = std::vector<std::pair<u64, u32>>;

sl_unit disk(u8 shift = 9) {
  sl_unit unit{};
  unit.block_shift = shift;
  unit.blocks = u64{1} << 30;
  unit.physical_exp = 3;
  unit.thin = true;
  strcpy(unit.vendor, "SCST_FIO");
  strcpy(unit.t10_dev_id, "27cddc71");
  return unit;
}

void append(Bytes& list, const Ranges& ranges) {
  for (const auto& [lba, blocks] : ranges) {
    Bytes d(16);
    sl_put_be64(lba, d.data());
    sl_put_be32(blocks, &d[8]);
    list.insert(list.end(), d.begin(), d.end());
  }
}

Bytes populate(const Ranges& ranges) {
  Bytes l(16);
  append(l, ranges);
  sl_put_be16(static_cast<u16>(l.size() - 2), l.data());
  sl_put_be16(static_cast<u16>(l.size() - 16), &l[14]);
  return l;
}

Bytes write_list(const Ranges& ranges, u32 type = SL_ROD_ZERO) {
  Bytes l(536);
  sl_put_be32(type, &l[16]);
  sl_put_be16(0x1f8, &l[16 + 6]);
  append(l, ranges);
  sl_put_be16(static_cast<u16>(l.size() - 2), l.data());
  sl_put_be16(static_cast<u16>(l.size() - 536), &l[534]);
  return l;
}

struct Parsed {
  sl_sense sense;
  sl_rod_list list;
};

Parsed parse_populate(const Bytes& l, const sl_unit& unit = disk()) {
  Parsed p{};
  p.sense = sl_populate_parse(l.data(), l.size(), &unit, &p.list);
  return p;
}

Parsed parse_write(const Bytes& l, const sl_unit& unit = disk()) {
  Parsed p{};
  p.sense = sl_write_token_parse(l.data(), l.size(), &unit, &p.list);
  return p;
}

} // namespace

TEST_CASE("A token is asked for by ranges, of which empty ones do not count") {
  Bytes l = populate({{100, 7}, {5, 0}, {0, 100}});
  l[2] = 0x01;
  Parsed p = parse_populate(l);
  REQUIRE(p.sense == SL_OK);
  CHECK(p.list.immed);
  CHECK(p.list.timeout == SL_ROD_DEFAULT_TIMEOUT);
  CHECK(p.list.ranges.blocks == 107);
  REQUIRE(p.list.ranges.nr == 2);
  CHECK((p.list.ranges.range[0].lba == 100 && p.list.ranges.range[0].blocks == 7));
  sl_put_be32(SL_ROD_MAX_TIMEOUT, &l[4]);
  CHECK(parse_populate(l).list.timeout == SL_ROD_MAX_TIMEOUT);
}

TEST_CASE("Ranges that are not whole do not count") {
  Bytes l = populate({{0, 1}, {1, 1}});
  l.pop_back();
  Parsed p = parse_populate(l);
  REQUIRE(p.sense == SL_OK);
  CHECK(p.list.ranges.nr == 1);
  l = populate({{0, 1}, {1, 1}});
  l[15] = 31;
  CHECK(parse_populate(l).list.ranges.nr == 1);
}

TEST_CASE("What is wrong with a list for a token is pointed at") {
  CHECK(parse_populate(Bytes(15)).sense == SL_PARAM_LIST_LENGTH);
  struct Wrong {
    Bytes list;
    sl_sense sense;
    s32 bad_at;
  };
  std::vector<Wrong> wrongs = {
      {populate({}), SL_INVALID_PARAM_FIELD, 0},
      {populate({{0, 10}, {9, 1}}), SL_INVALID_PARAM_FIELD, 32},
      {populate({{9, 1}, {0, 10}}), SL_INVALID_PARAM_FIELD, 32},
      {populate({{u64{1} << 30, 1}}), SL_LBA_OUT_OF_RANGE, 16},
      {populate({{~u64{0}, 1}}), SL_LBA_OUT_OF_RANGE, 16},
      {populate({{0, 0x200001}}), SL_INVALID_PARAM_FIELD, 24},
      {populate({{0, 0x200000}, {0x200000, 1}}), SL_INVALID_PARAM_FIELD, 40},
      {populate(Ranges(SL_ROD_MAX_RANGES + 1, {0, 0})), SL_TOO_MANY_SEGMENTS, -1},
  };
  Bytes l = populate({{0, 1}});
  sl_put_be32(SL_ROD_MAX_TIMEOUT + 1, &l[4]);
  wrongs.push_back({l, SL_INVALID_PARAM_FIELD, 4});
  l = populate({{0, 1}});
  l[2] = 0x02;
  sl_put_be32(0x00800002, &l[8]);
  wrongs.push_back({l, SL_INVALID_PARAM_FIELD, 8});
  l = populate({{0, 1}});
  l[15] = 15;
  wrongs.push_back({l, SL_INVALID_PARAM_FIELD, 14});
  for (std::size_t i = 0; i < wrongs.size(); i++) {
    CAPTURE(i);
    Parsed p = parse_populate(wrongs[i].list);
    CHECK(p.sense == wrongs[i].sense);
    CHECK(p.list.bad_at == wrongs[i].bad_at);
  }
}

TEST_CASE("The types of token that page 8Fh lists for it can be had") {
  Bytes l = populate({{0, 1}});
  l[2] = 0x02;
  for (u32 type : {SL_ROD_CHANGE_VULNERABLE, SL_ROD_ANY}) {
    sl_put_be32(type, &l[8]);
    CHECK(parse_populate(l).sense == SL_OK);
  }
}

TEST_CASE("A token is used from an offset in blocks of the disk that is written") {
  Bytes l = write_list({{0, 8}});
  l[2] = 0x03;
  l[15] = 5;
  Parsed p = parse_write(l, disk(12));
  REQUIRE(p.sense == SL_OK);
  CHECK((p.list.immed && p.list.delete_token));
  CHECK(p.list.offset == 20480);
  CHECK(p.list.token == l.data() + 16);
  CHECK(parse_write(write_list({{0, 8}}, SL_ROD_CHANGE_VULNERABLE)).sense == SL_OK);
}

TEST_CASE("What is wrong with a list that uses a token is pointed at") {
  CHECK(parse_write(Bytes(535)).sense == SL_PARAM_LIST_LENGTH);
  struct Wrong {
    std::size_t at;
    u8 value;
    sl_sense sense;
    s32 bad_at;
  };
  const Wrong wrongs[] = {
      {1, 0x25, SL_INVALID_PARAM_FIELD, 0}, {535, 0x11, SL_INVALID_PARAM_FIELD, 0},
      {8, 0xff, SL_INVALID_PARAM_FIELD, 8}, {23, 0xf7, SL_TOKEN_LENGTH, 22},
      {19, 0x02, SL_TOKEN_TYPE, 16},        {536, 0xff, SL_LBA_OUT_OF_RANGE, 536},
  };
  for (const Wrong& w : wrongs) {
    Bytes l = write_list({{0, 1}});
    l[w.at] = w.value;
    CAPTURE(w.at);
    Parsed p = parse_write(l);
    CHECK(p.sense == w.sense);
    CHECK(p.list.bad_at == w.bad_at);
  }
}

TEST_CASE("A token says what it stands for, and leaves the secret to the one who makes it") {
  sl_unit unit = disk(12);
  strcpy(unit.scsi_name, "iqn.2026-11.org.example:disk");
  const u8 name[] = {1, 3, 0, 8, 0x51, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
  u8 t[SL_ROD_TOKEN_LEN];
  memset(t, 0x5a, sizeof(t));
  sl_rod_build(t, 77, &unit, name, 8192);
  CHECK(sl_rod_type(t) == SL_ROD_CHANGE_VULNERABLE);
  CHECK(sl_get_be16(t + 6) == 0x1f8);
  CHECK(sl_rod_id(t) == 77);
  CHECK(t[16] == 0xe4);
  CHECK(memcmp(t + 20, name, sizeof(name)) == 0);
  CHECK(sl_get_be24(t + 45) == 4096);
  CHECK(sl_get_be64(t + 56) == 8192);
  CHECK(sl_get_be32(t + 96) == 4096);
  CHECK(t[101] == 3);
  CHECK(t[102] == 0x80);
  CHECK((t[128] == 3 && t[129] == 0x28 && t[131] % 4 == 0));
  CHECK(memcmp(t + 132, unit.scsi_name, strlen(unit.scsi_name)) == 0);
  CHECK(Bytes(t + sizeof(t) - SL_ROD_SECRET_LEN, t + sizeof(t)) == Bytes(SL_ROD_SECRET_LEN, 0x5a));

  unit.scsi_name[0] = 0;
  sl_rod_build(t, 77, &unit, name, 8192);
  CHECK((t[129] == 0x23 && t[131] == 8));
  sl_rod_build(t, 77, &unit, nullptr, 8192);
  CHECK((t[20] == 0 && t[128] == 0));
}

TEST_CASE("Tokens are the same only in all their bytes") {
  Bytes a(SL_ROD_TOKEN_LEN, 1);
  CHECK(sl_rod_same(a.data(), Bytes(a).data()));
  for (std::size_t i : {std::size_t{0}, std::size_t{300}, a.size() - 1}) {
    Bytes b = a;
    b[i] ^= 0x80;
    CHECK_FALSE(sl_rod_same(a.data(), b.data()));
  }
}

TEST_CASE("A token is told behind the status of the operation that has made it") {
  u8 buf[SL_ROD_INFORMATION_MAX];
  Bytes token(SL_ROD_TOKEN_LEN, 7);
  sl_copy_status st{};
  st.state = SL_COPY_DONE;
  st.action = 0x10;
  REQUIRE(sl_rod_information(buf, &st, token.data()) == 32 + 4 + 2 + 512);
  CHECK(sl_get_be32(buf) == 32 + 4 + 2 + 512 - 4);
  CHECK(sl_get_be32(buf + 32) == 514);
  CHECK(Bytes(buf + 38, buf + 38 + 512) == token);
  CHECK(sl_rod_information(buf, &st, nullptr) == 36);
  CHECK(sl_get_be32(buf + 32) == 0);
}

TEST_CASE("Page 8Fh is descriptors in ascending order, each a multiple of four bytes") {
  const sl_unit unit = disk();
  u8 page[SL_INQUIRY_MAX] = {};
  const std::size_t len = sl_third_party_page(&unit, page);
  REQUIRE(len <= sizeof(page));
  std::vector<u16> types;
  std::size_t at = 4;
  while (at < len) {
    types.push_back(sl_get_be16(page + at));
    const u16 body = sl_get_be16(page + at + 2);
    CHECK(body % 4 == 0);
    at += 4u + body;
  }
  CHECK(at == len);
  CHECK(types == std::vector<u16>{0x0000, 0x0001, 0x0004, 0x0008, 0x000c, 0x0106, 0x0108, 0x8001});
}

TEST_CASE("Page 8Fh lists every third-party operation of the table") {
  const sl_unit unit = disk();
  u8 page[SL_INQUIRY_MAX] = {};
  sl_third_party_page(&unit, page);
  const u8* d = page + 4 + 36;
  REQUIRE(sl_get_be16(d) == 0x0001);
  std::size_t n = 0;
  for (const u8 *p = d + 5, *end = p + d[4]; p < end; p += 2 + p[1])
    for (u8 i = 0; i < p[1]; i++, n++) {
      const u8 cdb[16] = {p[0], p[2 + i]};
      CHECK(sl_op_find(cdb, sizeof(cdb)) != SL_OP_NONE);
    }
  std::size_t known = 0;
  for (unsigned id = SL_OP_NONE + 1; id < SL_OP_COUNT; id++) {
    const u8 opcode = sl_op_get(static_cast<sl_op_id>(id))->opcode;
    known += opcode == 0x83 || opcode == 0x84;
  }
  CHECK(n == known);
}
