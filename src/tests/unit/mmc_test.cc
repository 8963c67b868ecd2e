// SPDX-License-Identifier: GPL-2.0-only
// What a virtual CD drive answers (MMC-6).
#include "catch.hh"
#include "port.h"
extern "C" {
#include "cdb.h"
#include "inquiry.h"
#include "mmc.h"
#include "mode.h"
}

#include <vector>

namespace {

using Bytes = std::vector<u8>;
using Cdb = std::vector<u8>;

constexpr sl_mmc_drive empty{0, true};
constexpr sl_mmc_drive cd{300000, false};
constexpr sl_mmc_drive dvd{2000000, false};

using Build = sl_sense(const u8*, const sl_mmc_drive*, u8*, size_t*, sl_sense_info*);

Bytes answer(Build* build, Cdb cdb, const sl_mmc_drive& drive) {
  u8 buf[SL_MMC_MAX];
  std::size_t len = 0;
  sl_sense_info more{};
  cdb.resize(10);
  if (build(cdb.data(), &drive, buf, &len, &more) != SL_OK)
    return {};
  return {buf, buf + len};
}

Bytes toc(const Cdb& cdb, const sl_mmc_drive& drive = cd) {
  return answer(sl_mmc_toc, cdb, drive);
}

Bytes configuration(const Cdb& cdb, const sl_mmc_drive& drive = cd) {
  return answer(sl_mmc_configuration, cdb, drive);
}

// The feature codes of a GET CONFIGURATION answer, in their order.
std::vector<int> features(const Bytes& data) {
  std::vector<int> codes;
  for (std::size_t at = 8; at + 4 <= data.size(); at += 4u + data[at + 3])
    codes.push_back(sl_get_be16(&data[at]));
  return codes;
}

Bytes event(const Cdb& cdb, const sl_mmc_drive& drive, sl_media_event what) {
  u8 buf[SL_MMC_MAX];
  std::size_t len = 0;
  sl_sense_info more{};
  Bytes full = cdb;
  full.resize(10);
  if (sl_mmc_event_status(full.data(), &drive, what, buf, &len, &more) != SL_OK)
    return {};
  return {buf, buf + len};
}

} // namespace

TEST_CASE("The table of contents has one data track and the lead-out", "[mmc]") {
  CHECK(toc({0x43}) == Bytes{0, 18,   1,    1,                        //
                             0, 0x14, 1,    0, 0, 0,    0,    0,      //
                             0, 0x14, 0xaa, 0, 0, 0x04, 0x93, 0xe0}); // 300,000
  CHECK(toc({0x43, 0x02}) == Bytes{0, 18,   1,    1,                  //
                                   0, 0x14, 1,    0, 0, 0,  2,  0,    // 150 frames
                                   0, 0x14, 0xaa, 0, 0, 66, 42, 0});  // 300,150 frames
  CHECK(toc({0x43, 0, 0, 0, 0, 0, 0xaa}).size() == 12);
  CHECK(toc({0x43, 0, 0, 0, 0, 0, 1}).size() == 20);
  CHECK(toc({0x43, 0, 0, 0, 0, 0, 2}).empty());
}

TEST_CASE("Sessions and the full table of contents", "[mmc]") {
  const Bytes sessions{0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0};
  CHECK(toc({0x43, 0, 1}) == sessions);
  CHECK(toc({0x43, 0, 0, 0, 0, 0, 0, 0, 0, 0x40}) == sessions); // format in the control byte
  const Bytes full = toc({0x43, 0x02, 2});
  REQUIRE(full.size() == 4 + 4 * 11);
  CHECK(full[1] == 2 + 4 * 11);
  CHECK(full[4 + 2 * 11 + 3] == 0xa2);
  CHECK(full[4 + 2 * 11 + 8] == 66); // the lead-out's minute
  CHECK(toc({0x43, 0, 3}).empty());
}

TEST_CASE("An address beyond 255 minutes is the last that there is", "[mmc]") {
  CHECK(toc({0x43, 0x02}, dvd)[17] == 255);
}

TEST_CASE("The features follow the disc", "[mmc]") {
  CHECK(features(configuration({0x46}, cd)) ==
        std::vector<int>{0, 1, 2, 3, 0x10, 0x1d, 0x1e, 0x1f, 0x100, 0x105});
  CHECK(features(configuration({0x46, 1}, cd)) ==
        std::vector<int>{0, 1, 2, 3, 0x10, 0x1d, 0x1e, 0x100, 0x105});
  CHECK(features(configuration({0x46, 1}, dvd)) ==
        std::vector<int>{0, 1, 2, 3, 0x10, 0x1f, 0x100, 0x105});
  CHECK(features(configuration({0x46, 1}, empty)) == std::vector<int>{0, 1, 2, 3, 0x100, 0x105});
  CHECK(features(configuration({0x46, 2, 0, 0x1e})) == std::vector<int>{0x1e});
  CHECK(features(configuration({0x46, 2, 0, 0x55})).empty());
  CHECK(features(configuration({0x46, 0, 0x01, 0x00})) == std::vector<int>{0x100, 0x105});
  CHECK(configuration({0x46, 3}).empty());
}

TEST_CASE("The current profile: none, CD-ROM, DVD-ROM", "[mmc]") {
  CHECK(configuration({0x46}, empty)[7] == 0);
  CHECK(configuration({0x46}, cd)[7] == 0x08);
  CHECK(configuration({0x46}, dvd)[7] == 0x10);
  // In the list of profiles the current one is marked.
  CHECK(configuration({0x46}, cd)[8 + 4 + 2] == 0);
  CHECK(configuration({0x46}, cd)[8 + 4 + 6] == 1);
  const Bytes data = configuration({0x46}, cd);
  CHECK(sl_get_be32(data.data()) == data.size() - 4);
}

TEST_CASE("Media events are told when they are asked for", "[mmc]") {
  CHECK(event({0x4a, 1, 0, 0, 0x10}, cd, SL_MEDIA_NEW) == Bytes{0, 6, 4, 0x10, 2, 0x02, 0, 0});
  CHECK(event({0x4a, 1, 0, 0, 0x10}, empty, SL_MEDIA_REMOVED) ==
        Bytes{0, 6, 4, 0x10, 3, 0x01, 0, 0});
  CHECK(event({0x4a, 1, 0, 0, 0x02}, cd, SL_MEDIA_NEW) == Bytes{0, 2, 0x80, 0x10});
  CHECK(event({0x4a, 0, 0, 0, 0x10}, cd, SL_MEDIA_NEW).empty());
}

TEST_CASE("A drive's commands point at the field that is wrong", "[mmc]") {
  struct Row {
    Build* build;
    Cdb cdb;
    u8 byte;
    int bit; // -1: the whole byte
  };
  const Row rows[] = {
      {sl_mmc_toc, {0x43, 0, 0, 0, 0, 0, 2}, 6, -1},            // no such track
      {sl_mmc_toc, {0x43, 0, 5}, 2, 3},                         // FORMAT
      {sl_mmc_toc, {0x43, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0}, 9, 7}, // where SFF-8020 had it
      {sl_mmc_configuration, {0x46, 3}, 1, 1},                  // RT
      {sl_mmc_disc_information, {0x51, 2}, 1, 2},               // DATA TYPE
  };
  for (const Row& row : rows) {
    u8 buf[SL_MMC_MAX];
    std::size_t len = 0;
    sl_sense_info more{};
    Cdb cdb = row.cdb;
    cdb.resize(10);
    INFO(static_cast<int>(cdb[0]));
    REQUIRE(row.build(cdb.data(), &cd, buf, &len, &more) == SL_INVALID_CDB_FIELD);
    CHECK(more.field_valid);
    CHECK(more.field_in_cdb);
    CHECK(more.field_byte == row.byte);
    CHECK((more.bit_valid ? more.field_bit : -1) == row.bit);
  }
  u8 buf[SL_MMC_MAX];
  std::size_t len = 0;
  sl_sense_info more{};
  const u8 asynchronous[10] = {0x4a};
  CHECK(sl_mmc_event_status(asynchronous, &cd, SL_MEDIA_NEW, buf, &len, &more) ==
        SL_INVALID_CDB_FIELD);
  CHECK(more.field_byte == 1);
}

TEST_CASE("A finalized disc of one session", "[mmc]") {
  u8 buf[SL_MMC_MAX];
  std::size_t len = 0;
  sl_sense_info more{};
  const u8 cdb[10] = {0x51};
  REQUIRE(sl_mmc_disc_information(cdb, &cd, buf, &len, &more) == SL_OK);
  CHECK(len == 34);
  CHECK(sl_get_be16(buf) == 32);
  CHECK(buf[2] == 0x0e);
  const u8 resources[10] = {0x51, 0x01};
  CHECK(sl_mmc_disc_information(resources, &cd, buf, &len, &more) == SL_INVALID_CDB_FIELD);
}

TEST_CASE("A CD drive has its own mode page and none of a disk's", "[mmc]") {
  sl_unit unit{};
  unit.device_type = SL_TYPE_CDROM;
  unit.block_shift = 11;
  const sl_modes mode{};
  u8 buf[SL_MODE_MAX];
  std::size_t len = 0;
  sl_sense_info more{};
  const u8 all[10] = {0x5a, 0, 0x3f};
  REQUIRE(sl_mode_sense(all, &unit, &mode, true, buf, &len, &more) == SL_OK);
  CHECK(sl_get_be16(buf + 6) == 0); // no block descriptor
  std::vector<int> pages;
  for (std::size_t at = 8; at < len; at += 2u + buf[at + 1])
    pages.push_back(buf[at]);
  CHECK(pages == std::vector<int>{0x01, 0x0a, 0x1c, 0x2a});
  const u8 caching[10] = {0x5a, 0, 0x08};
  CHECK(sl_mode_sense(caching, &unit, &mode, true, buf, &len, &more) == SL_INVALID_CDB_FIELD);
}
