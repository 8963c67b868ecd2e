// SPDX-License-Identifier: GPL-2.0-only
// EXTENDED COPY: lists that are taken, lists that are refused, and the answers.
#include "catch.hh"

extern "C" {
#include "xcopy.h"
}

#include <cstring>
#include <vector>

namespace {

using Bytes = std::vector<u8>;

Bytes cscd(u8 type = 0xe4) {
  Bytes d(32);
  d[0] = type;
  d[4] = 1; // binary
  d[5] = 3; // NAA
  d[7] = 8;
  sl_put_be64(0x5123456789abcdef, &d[8]);
  sl_put_be24(512, &d[29]);
  return d;
}

Bytes segment(u16 from, u16 to, u16 blocks, u64 from_lba = 0, u64 to_lba = 2048) {
  Bytes d(28);
  d[0] = 0x02;
  d[3] = 0x18;
  sl_put_be16(from, &d[4]);
  sl_put_be16(to, &d[6]);
  sl_put_be16(blocks, &d[10]);
  sl_put_be64(from_lba, &d[12]);
  sl_put_be64(to_lba, &d[20]);
  return d;
}

Bytes list(const std::vector<Bytes>& cscds, const std::vector<Bytes>& segments) {
  Bytes l(16);
  for (const Bytes& d : cscds)
    l.insert(l.end(), d.begin(), d.end());
  sl_put_be16(static_cast<u16>(l.size() - 16), &l[2]);
  const std::size_t at = l.size();
  for (const Bytes& d : segments)
    l.insert(l.end(), d.begin(), d.end());
  sl_put_be32(static_cast<u32>(l.size() - at), &l[8]);
  return l;
}

Bytes list4(const std::vector<Bytes>& cscds, const std::vector<Bytes>& segments) {
  Bytes l = list(cscds, segments);
  const u16 cscds_len = sl_get_be16(&l[2]);
  const u32 segments_len = sl_get_be32(&l[8]);
  l.erase(l.begin(), l.begin() + 16);
  l.insert(l.begin(), 48, 0);
  l[0] = 0x01;
  l[3] = 0x20;
  l[16] = 0xff;
  sl_put_be32(0x01020304, &l[20]);
  sl_put_be16(cscds_len, &l[42]);
  sl_put_be16(static_cast<u16>(segments_len), &l[44]);
  return l;
}

sl_sense parse4(const Bytes& l, sl_xcopy& out) {
  return sl_xcopy4_parse(l.data(), l.size(), &out);
}

sl_sense parse(const Bytes& l, sl_xcopy& out) {
  return sl_xcopy_parse(l.data(), l.size(), &out);
}

sl_sense parse(const Bytes& l) {
  sl_xcopy out;
  return parse(l, out);
}

} // namespace

TEST_CASE("A list names units and what to copy between them") {
  Bytes l = list({cscd(), cscd()}, {segment(0, 1, 100, 5, 6), segment(1, 0, 7)});
  l[0] = 0x42;
  l[16 + 64 + 1] = 0x02; // DC of the first segment
  sl_xcopy x;
  REQUIRE(parse(l, x) == SL_OK);
  CHECK(x.list_id == 0x42);
  CHECK(x.has_list_id);
  REQUIRE(x.nr_cscds == 2);
  CHECK(x.cscds[1].designator_type == 3);
  CHECK(x.cscds[1].block_len == 512);
  REQUIRE(x.nr_segments == 2);
  CHECK(x.segments[0].counts_destination);
  CHECK(x.segments[0].blocks == 100);
  CHECK(x.segments[0].from_lba == 5);
  CHECK(x.segments[0].to_lba == 6);
  CHECK_FALSE(x.segments[1].counts_destination);
}

TEST_CASE("A list may go without an identifier, but then it must have none") {
  Bytes l = list({}, {});
  l[1] = 3 << 3;
  sl_xcopy x;
  REQUIRE(parse(l, x) == SL_OK);
  CHECK_FALSE(x.has_list_id);
  l[0] = 1;
  CHECK(parse(l) == SL_INVALID_PARAM_FIELD);
  l[0] = 0;
  l[1] = 1 << 3;
  CHECK(parse(l) == SL_INVALID_PARAM_FIELD);
}

TEST_CASE("Every list that is cut anywhere is refused, and nothing behind it is read") {
  const Bytes whole = list({cscd(), cscd()}, {segment(0, 1, 8)});
  REQUIRE(parse(whole) == SL_OK);
  for (std::size_t n = 0; n < whole.size(); n++)
    CHECK(parse(Bytes(whole.begin(), whole.begin() + static_cast<long>(n))) ==
          SL_PARAM_LIST_LENGTH);
}

TEST_CASE("Lengths that do not fit their descriptors are refused") {
  Bytes l = list({cscd()}, {segment(0, 0, 8)});
  l[3] = 31;
  CHECK(parse(l) == SL_PARAM_LIST_LENGTH);
  l = list({cscd()}, {segment(0, 0, 8)});
  sl_put_be32(27, &l[8]);
  CHECK(parse(l) == SL_PARAM_LIST_LENGTH);
  sl_put_be32(0xfffffff0, &l[8]);
  CHECK(parse(l) == SL_PARAM_LIST_LENGTH);
  l = list({cscd()}, {segment(0, 0, 8)});
  l[16 + 32 + 3] = 0x14;
  CHECK(parse(l) == SL_INVALID_PARAM_FIELD);
}

TEST_CASE("More than the limits is refused by name") {
  CHECK(parse(list(std::vector<Bytes>(SL_XCOPY_MAX_CSCDS, cscd()), {})) == SL_OK);
  CHECK(parse(list(std::vector<Bytes>(SL_XCOPY_MAX_CSCDS + 1, cscd()), {})) == SL_TOO_MANY_CSCDS);
  CHECK(parse(list({cscd()}, std::vector<Bytes>(SL_XCOPY_MAX_SEGMENTS, segment(0, 0, 1)))) ==
        SL_OK);
  CHECK(parse(list({cscd()}, std::vector<Bytes>(SL_XCOPY_MAX_SEGMENTS + 1, segment(0, 0, 1)))) ==
        SL_TOO_MANY_SEGMENTS);
  Bytes l = list({}, {});
  l[15] = 1;
  CHECK(parse(l) == SL_INLINE_DATA_EXCEEDED);
}

TEST_CASE("Descriptors of other kinds are told apart") {
  CHECK(parse(list({cscd(0xe0)}, {})) == SL_UNSUPPORTED_CSCD);
  Bytes other = segment(0, 0, 1);
  other[0] = 0x0b;
  CHECK(parse(list({cscd()}, {other})) == SL_UNSUPPORTED_SEGMENT);
  CHECK(parse(list({cscd()}, {segment(0, 1, 1)})) == SL_CSCD_UNREACHABLE);
  Bytes odd = cscd();
  odd[7] = 21;
  CHECK(parse(list({odd}, {})) == SL_INVALID_PARAM_FIELD);
  odd[7] = 0;
  CHECK(parse(list({odd}, {})) == SL_INVALID_PARAM_FIELD);
  odd = cscd();
  odd[5] |= 0x10; // of a port
  CHECK(parse(list({odd}, {})) == SL_INVALID_PARAM_FIELD);
}

TEST_CASE("A unit is known by any designator of its own on page 83h, whole and no other") {
  sl_unit unit{};
  strcpy(unit.vendor, "SCST_FIO");
  strcpy(unit.vendor_specific, "abc-disk");
  REQUIRE(sl_id_parse("0x5123456789abcdef", 18, &unit.naa) == 0);
  sl_port_id port{};
  port.rel_tgt_id = 3;
  const u8 cdb[6] = {0x12, 1, 0x83, 0, 0xff, 0};
  u8 page[SL_INQUIRY_MAX];
  std::size_t len = 0;
  REQUIRE(sl_inquiry(cdb, &unit, &port, page, &len) == SL_OK);

  sl_xcopy x;
  REQUIRE(parse(list({cscd()}, {}), x) == SL_OK);
  CHECK(sl_xcopy_names(&x.cscds[0], page, len));
  for (std::size_t n = 0; n < len; n++)
    CHECK_FALSE(sl_xcopy_names(&x.cscds[0], page, n));
  x.cscds[0].designator[7] ^= 1;
  CHECK_FALSE(sl_xcopy_names(&x.cscds[0], page, len));
  x.cscds[0].designator[7] ^= 1;
  x.cscds[0].len = 7;
  CHECK_FALSE(sl_xcopy_names(&x.cscds[0], page, len));
}

TEST_CASE("The limits that are told are those that hold") {
  u8 p[SL_XCOPY_PARAMETERS_LEN];
  sl_xcopy_parameters(p);
  CHECK(sl_get_be32(p) == sizeof(p) - 4);
  CHECK(sl_get_be16(p + 8) == SL_XCOPY_MAX_CSCDS);
  CHECK(sl_get_be16(p + 10) == SL_XCOPY_MAX_SEGMENTS);
  CHECK(sl_get_be32(p + 12) == SL_XCOPY_MAX_CSCDS * 32 + SL_XCOPY_MAX_SEGMENTS * 28);
  CHECK(p[36] == SL_XCOPY_AT_ONCE);
  CHECK(p[43] == 2);
  CHECK((p[44] == 0x02 && p[45] == 0xe4));
}

TEST_CASE("The transfer count changes its unit before it overflows") {
  u8 p[SL_XCOPY_STATUS_LEN];
  sl_copy_status st{};
  st.state = SL_COPY_DONE;
  st.segments = 3;
  st.count = 0xffffffff;
  sl_xcopy_status(p, &st);
  CHECK(p[4] == 1);
  CHECK(sl_get_be16(p + 5) == 3);
  CHECK((p[7] == 0 && sl_get_be32(p + 8) == 0xffffffff));
  st.state = SL_COPY_FAILED;
  st.count = 0x100000000;
  sl_xcopy_status(p, &st);
  CHECK(p[4] == 2);
  CHECK((p[7] == 1 && sl_get_be32(p + 8) == 0x400000));
  st.state = SL_COPY_BACKGROUND;
  st.units = SL_COPY_COUNTS_BLOCKS;
  sl_xcopy_status(p, &st);
  CHECK(p[4] == 0);
  CHECK((p[7] == 0xf1 && sl_get_be32(p + 8) == 0xffffffff));
}

TEST_CASE("A list of format 01h says the same behind another header") {
  sl_xcopy x;
  Bytes l = list4({cscd()}, {segment(0, SL_XCOPY_THIS_UNIT, 9)});
  l[15] = 0x01; // IMMED
  REQUIRE(parse4(l, x) == SL_OK);
  CHECK(x.list_id == 0x01020304);
  CHECK((x.has_list_id && x.immed));
  CHECK(x.nr_cscds == 1);
  REQUIRE(x.nr_segments == 1);
  CHECK((x.segments[0].from == 0 && x.segments[0].to == SL_XCOPY_THIS_UNIT));
  CHECK(x.segments[0].at == 48 + 32);
  CHECK(x.cscds[0].at == 48);
  for (std::size_t n = 0; n < l.size(); n++)
    CHECK(parse4(Bytes(l.begin(), l.begin() + static_cast<long>(n)), x) == SL_PARAM_LIST_LENGTH);
}

TEST_CASE("A wrong byte of a list of format 01h is pointed at") {
  const Bytes good = list4({cscd()}, {segment(0, 0, 9)});
  struct Wrong {
    std::size_t at;
    u8 value;
    sl_sense sense;
    s32 bad_at;
  };
  const Wrong wrongs[] = {
      {0, 0x00, SL_INVALID_PARAM_FIELD, 0},
      {1, 1 << 3, SL_INVALID_PARAM_FIELD, 1},
      {1, 3 << 3, SL_INVALID_PARAM_FIELD, 20},
      {3, 0x1f, SL_INVALID_PARAM_FIELD, 2},
      {15, 0x03, SL_INVALID_CDB_FIELD, -1},
      {16, 0xe4, SL_INVALID_PARAM_FIELD, 16},
      {47, 1, SL_INLINE_DATA_EXCEEDED, 46},
      {48, 0xe0, SL_UNSUPPORTED_CSCD, 48},
      {48 + 5, 0x13, SL_INVALID_PARAM_FIELD, 48 + 5},
      {48 + 7, 0, SL_INVALID_PARAM_FIELD, 48 + 7},
      {48 + 32, 0x07, SL_UNSUPPORTED_SEGMENT, 48 + 32},
      {48 + 32 + 3, 0x14, SL_INVALID_PARAM_FIELD, 48 + 32 + 2},
      {48 + 32 + 5, 1, SL_CSCD_UNREACHABLE, 48 + 32 + 4},
      {48 + 32 + 7, 1, SL_CSCD_UNREACHABLE, 48 + 32 + 6},
  };
  for (const Wrong& w : wrongs) {
    Bytes l = good;
    l[w.at] = w.value;
    sl_xcopy x;
    CAPTURE(w.at);
    CHECK(parse4(l, x) == w.sense);
    CHECK(x.bad_at == w.bad_at);
  }
}

TEST_CASE("In the background a copy must have an identifier") {
  Bytes l = list4({}, {});
  sl_put_be32(0, &l[20]);
  l[1] = 3 << 3;
  sl_xcopy x;
  REQUIRE(parse4(l, x) == SL_OK);
  CHECK_FALSE(x.has_list_id);
  l[15] = 0x01;
  CHECK(parse4(l, x) == SL_INVALID_CDB_FIELD);
}

TEST_CASE("The status of a copy has sense data only where it failed by itself") {
  u8 p[SL_COPY_STATUS_MAX];
  sl_copy_status st{};
  st.action = 0x11;
  st.state = SL_COPY_BACKGROUND;
  st.units = SL_COPY_COUNTS_BLOCKS;
  st.count = 0x123456789;
  st.commands = 7;
  REQUIRE(sl_xcopy4_status(p, &st) == 32);
  CHECK(sl_get_be32(p) == 28);
  CHECK((p[4] == 0x11 && p[5] == 0x12 && p[15] == 0xf1));
  CHECK(sl_get_be16(p + 6) == 7);
  CHECK(sl_get_be32(p + 8) < 0xfffffffe);
  CHECK(sl_get_be64(p + 16) == 0x123456789);
  st.state = SL_COPY_FAILED;
  st.sense = SL_COPY_THIRD_PARTY_FAILURE;
  REQUIRE(sl_xcopy4_status(p, &st) == 32 + 20);
  CHECK(sl_get_be32(p + 8) == 0xfffffffe);
  CHECK((p[12] == 0x02 && p[13] == 20 && p[14] == 18));
  CHECK((p[32 + 2] == 0x0a && p[32 + 12] == 0x0d && p[32 + 13] == 0x01));
  st.state = SL_COPY_TERMINATED;
  REQUIRE(sl_xcopy4_status(p, &st) == 32);
  CHECK((p[12] == 0x40 && p[14] == 0));
}

TEST_CASE("A token knows its unit by NAA, or else by EUI-64, or not at all") {
  const Bytes page = {0, 0x83, 0, 36, 2, 1,    0, 4, 'a', 'b', 'c', 'd', 1, 0x02, 0, 8, 1, 2, 3, 4,
                      5, 6,    7, 8,  1, 0x03, 0, 4, 9,   9,   9,   9,   1, 0x13, 0, 4, 8, 8, 8, 8};
  CHECK(sl_xcopy_name(page.data(), page.size()) == page.data() + 24);
  CHECK(sl_xcopy_name(page.data(), 24) == page.data() + 12);
  CHECK(sl_xcopy_name(page.data(), 12) == nullptr);
  CHECK(sl_xcopy_name(page.data(), 0) == nullptr);
}

TEST_CASE("Failure details are the status and the sense data of the copy, if it has failed") {
  u8 p[SL_XCOPY_FAILURE_MAX];
  REQUIRE(sl_xcopy_failure(p, SL_COPY_ABORTED) == 78);
  CHECK(sl_get_be32(p) == 74);
  CHECK(p[56] == 0x02);
  CHECK(sl_get_be16(p + 58) == 18);
  CHECK((p[60] == 0x70 && p[62] == 0x0a));
  REQUIRE(sl_xcopy_failure(p, SL_OK) == 4);
  CHECK(sl_get_be32(p) == 0);
}
