// SPDX-License-Identifier: GPL-2.0-only
// The parameter list of UNMAP (SBC-3 5.28), and log pages (SPC-4 7.3).
#include "catch.hh"

extern "C" {
#include "log.h"
#include "unmap.h"
}

#include <vector>

namespace {

using Bytes = std::vector<u8>;

struct Range {
  u64 lba;
  u32 blocks;
};

Bytes list_of(const std::vector<Range>& ranges) {
  Bytes list(8 + 16 * ranges.size());
  sl_put_be16(static_cast<u16>(list.size() - 2), list.data());
  sl_put_be16(static_cast<u16>(list.size() - 8), &list[2]);
  for (std::size_t i = 0; i < ranges.size(); i++) {
    sl_put_be64(ranges[i].lba, &list[8 + 16 * i]);
    sl_put_be32(ranges[i].blocks, &list[16 + 16 * i]);
  }
  return list;
}

struct Checked {
  sl_sense sense;
  u32 nr = 0;
  sl_sense_info more{};
};

// A unit of 1,000 blocks, of which one command may unmap 100, by three descriptors.
Checked check(const Bytes& list) {
  sl_unit unit{};
  unit.blocks = 1000;
  unit.max_unmap = 100;
  unit.max_unmap_descriptors = 3;
  Checked c{SL_OK};
  c.sense = sl_unmap_check(list.data(), list.size(), &unit, &c.nr, &c.more);
  return c;
}

Bytes log_sense(Bytes cdb, sl_sense_info& more) {
  u8 buf[SL_LOG_MAX];
  std::size_t len = 0;
  cdb.resize(10);
  if (sl_log_sense(cdb.data(), buf, &len, &more) != SL_OK)
    return {};
  return {buf, buf + len};
}

} // namespace

TEST_CASE("UNMAP takes descriptors up to the end of the unit", "[unmap]") {
  const Bytes list = list_of({{0, 1}, {990, 10}, {1000, 0}});
  const Checked c = check(list);
  CHECK(c.sense == SL_OK);
  REQUIRE(c.nr == 3);
  CHECK(sl_unmap_get(list.data(), 1).lba == 990);
  CHECK(sl_unmap_get(list.data(), 1).blocks == 10);
  CHECK(check(list_of({})).nr == 0);
}

TEST_CASE("UNMAP beyond the end unmaps nothing", "[unmap]") {
  CHECK(check(list_of({{0, 1}, {991, 10}})).sense == SL_LBA_OUT_OF_RANGE);
  CHECK(check(list_of({{1001, 0}})).sense == SL_LBA_OUT_OF_RANGE);
  CHECK(check(list_of({{~0ull, 2}})).sense == SL_LBA_OUT_OF_RANGE);
}

TEST_CASE("UNMAP keeps to its limits, and says which descriptor is too much", "[unmap]") {
  const Checked blocks = check(list_of({{0, 60}, {100, 41}}));
  CHECK(blocks.sense == SL_INVALID_PARAM_FIELD);
  CHECK(blocks.more.field_valid);
  CHECK_FALSE(blocks.more.field_in_cdb);
  CHECK(blocks.more.field_byte == 8 + 16 + 8); // its NUMBER OF LOGICAL BLOCKS
  const Checked descriptors = check(list_of({{0, 1}, {1, 1}, {2, 1}, {3, 1}}));
  CHECK(descriptors.sense == SL_INVALID_PARAM_FIELD);
  CHECK(descriptors.more.field_byte == 2);
}

TEST_CASE("A list of UNMAP that is cut off has as many descriptors as are whole", "[unmap]") {
  Bytes list = list_of({{0, 1}, {1, 1}});
  list.pop_back();
  CHECK(check(list).sense == SL_OK);
  CHECK(check(list).nr == 1);
  sl_put_be16(15, &list[2]); // says of itself that not even that one is whole
  CHECK(check(list).nr == 0);
  list.resize(7);
  CHECK(check(list).sense == SL_PARAM_LIST_LENGTH);
}

TEST_CASE("LOG SENSE knows two pages and points at what it does not know", "[log]") {
  sl_sense_info more{};
  CHECK(log_sense({0x4d, 0, 0x40}, more) == Bytes{0x00, 0, 0, 2, 0x00, 0x2f});
  CHECK(log_sense({0x4d, 0, 0x6f}, more) == Bytes{0x2f, 0, 0, 8, 0, 0, 0x03, 4, 0, 0, 0, 0});
  CHECK_FALSE(more.field_valid);
  CHECK(log_sense({0x4d, 0, 0x4d}, more).empty());
  CHECK(more.field_in_cdb);
  CHECK(more.field_byte == 2);
  CHECK(more.field_bit == 5);
  CHECK(log_sense({0x4d, 0x01, 0x40}, more).empty()); // SP
  CHECK(more.field_byte == 1);
  CHECK(more.field_bit == 0);
  CHECK(log_sense({0x4d, 0, 0x40, 0xff}, more).empty()); // subpages
  CHECK(more.field_byte == 3);
}
