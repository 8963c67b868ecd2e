// SPDX-License-Identifier: GPL-2.0-only
// Headers of iSCSI PDUs and their sequences.
#include "catch.hh"
#include "port.h"
extern "C" {
#include "iscsi_pdu.h"
#include "iscsi_seq.h"
}

#include <array>
#include <vector>

namespace {

struct Header {
  explicit Header(u8 opcode, u8 flags = 0x80, u32 data = 0) {
    b[0] = opcode;
    b[1] = flags;
    sl_bhs_set_data_len(b.data(), data);
  }
  Header& expect(u32 len) {
    sl_put_be32(len, b.data() + 20);
    return *this;
  }
  Header& ahs(u8 words) {
    b[4] = words;
    return *this;
  }
  Header& itt(u32 tag) {
    sl_put_be32(tag, b.data() + 16);
    return *this;
  }
  sl_iscsi_verdict check(sl_iscsi_limits lim = {8192, 4096, true, false, false}) {
    reason = SL_REJECT_NONE;
    return sl_iscsi_check(b.data(), &lim, &reason);
  }
  std::array<u8, SL_BHS_LEN> b{};
  sl_iscsi_reject reason = SL_REJECT_NONE;
};

constexpr u8 kWrite = 0x80 | SL_ISCSI_CMD_WRITE;
constexpr u8 kRead = 0x80 | SL_ISCSI_CMD_READ;

} // namespace

TEST_CASE("Lawful requests pass the header check") {
  CHECK(Header(SL_ISCSI_SCSI_CMD, kRead).expect(4096).check() == SL_PDU_OK);
  CHECK(Header(SL_ISCSI_SCSI_CMD, kWrite, 4096).expect(8192).check() == SL_PDU_OK);
  CHECK(Header(SL_ISCSI_SCSI_CMD, kWrite & 0x7f).expect(8192).check() == SL_PDU_OK);
  CHECK(Header(SL_ISCSI_SCSI_CMD, kRead).ahs(2).check() == SL_PDU_OK);
  CHECK(Header(SL_ISCSI_DATA_OUT, 0x80, 8192).check() == SL_PDU_OK);
  CHECK(Header(SL_ISCSI_NOP_OUT | SL_ISCSI_IMMEDIATE).itt(SL_ISCSI_NO_TAG).check() == SL_PDU_OK);
  CHECK(Header(SL_ISCSI_TEXT, 0x80, 100).check() == SL_PDU_OK);
  CHECK(Header(SL_ISCSI_LOGOUT).check() == SL_PDU_OK);
}

TEST_CASE("A segment above the declared limit is fatal for every opcode") {
  for (unsigned opcode = 0; opcode < 64; opcode++)
    CHECK(Header(static_cast<u8>(opcode), 0x80, 8193).check() == SL_PDU_FATAL);
}

TEST_CASE("Requests against what was negotiated are rejected") {
  struct Row {
    const char* what;
    Header header;
    sl_iscsi_limits limits;
    sl_iscsi_reject reason;
  };
  const sl_iscsi_limits usual = {8192, 4096, true, false, false};
  const Row rows[] = {
      {"data with a read", Header(SL_ISCSI_SCSI_CMD, kRead, 512).expect(512), usual,
       SL_REJECT_PROTOCOL},
      {"no F on a read", Header(SL_ISCSI_SCSI_CMD, SL_ISCSI_CMD_READ), usual, SL_REJECT_PROTOCOL},
      {"more than expected", Header(SL_ISCSI_SCSI_CMD, kWrite, 512).expect(511), usual,
       SL_REJECT_PROTOCOL},
      {"more than the first burst", Header(SL_ISCSI_SCSI_CMD, kWrite, 4097).expect(8192), usual,
       SL_REJECT_PROTOCOL},
      {"immediate data",
       Header(SL_ISCSI_SCSI_CMD, kWrite, 512).expect(512),
       {8192, 4096, false, false, false},
       SL_REJECT_PROTOCOL},
      {"unsolicited data",
       Header(SL_ISCSI_SCSI_CMD, kWrite & 0x7f).expect(512),
       {8192, 4096, true, true, false},
       SL_REJECT_PROTOCOL},
      {"AHS", Header(SL_ISCSI_TEXT).ahs(1), usual, SL_REJECT_PROTOCOL},
      {"login", Header(SL_ISCSI_LOGIN), usual, SL_REJECT_PROTOCOL},
      {"SNACK", Header(SL_ISCSI_SNACK), usual, SL_REJECT_SNACK},
      {"logout with data", Header(SL_ISCSI_LOGOUT, 0x80, 4), usual, SL_REJECT_PROTOCOL},
      {"unknown", Header(0x1c), usual, SL_REJECT_NOT_SUPPORTED},
      {"one of ours", Header(SL_ISCSI_R2T), usual, SL_REJECT_NOT_SUPPORTED},
      {"command without a tag", Header(SL_ISCSI_SCSI_CMD, kRead).itt(SL_ISCSI_NO_TAG), usual,
       SL_REJECT_INVALID_FIELD},
      {"task management without a tag", Header(SL_ISCSI_TASK_MGMT).itt(SL_ISCSI_NO_TAG), usual,
       SL_REJECT_INVALID_FIELD},
      {"text without a tag", Header(SL_ISCSI_TEXT).itt(SL_ISCSI_NO_TAG), usual,
       SL_REJECT_INVALID_FIELD},
      {"logout without a tag", Header(SL_ISCSI_LOGOUT).itt(SL_ISCSI_NO_TAG), usual,
       SL_REJECT_INVALID_FIELD},
      {"ping answer not immediate", Header(SL_ISCSI_NOP_OUT).itt(SL_ISCSI_NO_TAG), usual,
       SL_REJECT_PROTOCOL},
  };
  for (Row row : rows) {
    INFO(row.what);
    CHECK(row.header.check(row.limits) == SL_PDU_REJECT);
    CHECK(row.header.reason == row.reason);
  }
}

TEST_CASE("SNACK is lawful above recovery level 0 only, and has no data") {
  CHECK(Header(SL_ISCSI_SNACK).check() == SL_PDU_REJECT);
  CHECK(Header(SL_ISCSI_SNACK).check({8192, 4096, true, false, true}) == SL_PDU_OK);
  CHECK(Header(SL_ISCSI_SNACK, 0x80, 4).check({8192, 4096, true, false, true}) == SL_PDU_REJECT);
}

TEST_CASE("Additional headers are read within their segment") {
  const u8* cdb;
  u32 cdb_len, read_len;
  const u8 bidi[] = {0, 5, 2, 0, 0, 0, 0x10, 0};
  CHECK(sl_iscsi_check_ahs(bidi, sizeof(bidi), &cdb, &cdb_len, &read_len));
  CHECK(read_len == 4096);
  CHECK(cdb == nullptr);
  std::vector<u8> ext = {0, 17, 1, 0};
  ext.resize(20);
  CHECK(sl_iscsi_check_ahs(ext.data(), 20, &cdb, &cdb_len, &read_len));
  CHECK(cdb == ext.data() + 4);
  CHECK(cdb_len == 16);
  CHECK(sl_iscsi_check_ahs(nullptr, 0, &cdb, &cdb_len, &read_len));
}

TEST_CASE("Additional headers that lie about their length are refused") {
  const u8* cdb;
  u32 cdb_len, read_len;
  const std::vector<std::vector<u8>> rows = {
      {0, 0, 1, 0}, {0, 18, 1, 0}, {0xff, 0xff, 1, 0}, {0, 4, 2, 0, 0, 0, 0, 0}, {0, 5, 2}};
  for (const auto& ahs : rows)
    CHECK_FALSE(
        sl_iscsi_check_ahs(ahs.data(), static_cast<u32>(ahs.size()), &cdb, &cdb_len, &read_len));
}

TEST_CASE("Additional headers that say nothing, or say it twice, are refused") {
  const u8* cdb;
  u32 cdb_len, read_len;
  const std::vector<std::vector<u8>> rows = {{0, 1, 1, 0},
                                             {0, 2, 0, 0, 0, 0, 0, 0},
                                             {0, 2, 3, 0, 0, 0, 0, 0},
                                             {0, 2, 63, 0, 0, 0, 0, 0},
                                             {0, 2, 1, 0, 7, 0, 0, 0, 0, 2, 1, 0, 7, 0, 0, 0},
                                             {0, 5, 2, 0, 0, 0, 0, 1, 0, 5, 2, 0, 0, 0, 0, 1}};
  for (const auto& ahs : rows)
    CHECK_FALSE(
        sl_iscsi_check_ahs(ahs.data(), static_cast<u32>(ahs.size()), &cdb, &cdb_len, &read_len));
}

TEST_CASE("Padding fills to a multiple of four") {
  for (u32 len : {0u, 1u, 2u, 3u, 4u, 5u, 8191u, 8192u}) {
    CHECK((len + sl_iscsi_pad(len)) % 4 == 0);
    CHECK(sl_iscsi_pad(len) < 4);
  }
}

TEST_CASE("CmdSN is judged by serial number arithmetic") {
  CHECK(sl_cmdsn_check(10, 10, 20) == SL_CMDSN_NEXT);
  CHECK(sl_cmdsn_check(11, 10, 20) == SL_CMDSN_EARLY);
  CHECK(sl_cmdsn_check(20, 10, 20) == SL_CMDSN_EARLY);
  CHECK(sl_cmdsn_check(21, 10, 20) == SL_CMDSN_IGNORE);
  CHECK(sl_cmdsn_check(9, 10, 20) == SL_CMDSN_IGNORE);
  CHECK(sl_cmdsn_check(2, 0xfffffffe, 5) == SL_CMDSN_EARLY);
  CHECK(sl_cmdsn_check(0xfffffffd, 0xfffffffe, 5) == SL_CMDSN_IGNORE);
  CHECK(sl_cmdsn_check(6, 0xfffffffe, 5) == SL_CMDSN_IGNORE);
}

TEST_CASE("Data-In covers all data in order and ends bursts at their limit") {
  for (u32 total : {1u, 512u, 8192u, 8193u, 100000u})
    for (u32 max_dsl : {512u, 8192u, 65536u})
      for (u32 burst : {512u, 16384u, 20000u}) {
        u32 sent = 0, in_burst = 0;
        while (sent < total) {
          const sl_data_in d = sl_data_in_next(sent, total, max_dsl, burst);
          REQUIRE(d.offset == sent);
          REQUIRE(d.len > 0);
          REQUIRE(d.len <= max_dsl);
          in_burst += d.len;
          REQUIRE(in_burst <= burst);
          sent += d.len;
          REQUIRE(d.last == (sent == total));
          REQUIRE(d.final == (d.last || in_burst == burst));
          in_burst = d.final ? 0 : in_burst;
        }
        CHECK(sent == total);
      }
}

TEST_CASE("A Data-In is found again by its DataSN") {
  for (u32 total : {1u, 511u, 512u, 4096u, 10000u, 70000u})
    for (u32 max_dsl : {512u, 1000u, 4096u, 131072u})
      for (u32 burst : {512u, 4096u, 5000u, 65536u}) {
        u32 sn = 0;
        for (u32 sent = 0; sent < total; sn++) {
          const sl_data_in d = sl_data_in_next(sent, total, max_dsl, burst);
          const sl_data_in again = sl_data_in_at(sn, total, max_dsl, burst);
          INFO(sn << " of " << total << ", " << max_dsl << ", " << burst);
          REQUIRE(again.offset == d.offset);
          REQUIRE(again.len == d.len);
          REQUIRE(again.final == d.final);
          REQUIRE(again.last == d.last);
          sent += d.len;
        }
      }
}

TEST_CASE("R2Ts ask for what is missing and no more") {
  sl_write_seq w = {100000, 4096, 4096, 0};
  sl_r2t r2t;
  u32 at = 4096, sn = 0;
  while (sl_r2t_next(&w, 16384, &r2t)) {
    CHECK(r2t.offset == at);
    CHECK(r2t.sn == sn++);
    CHECK(r2t.len <= 16384);
    at += r2t.len;
  }
  CHECK(at == 100000);
  CHECK_FALSE(sl_r2t_next(&w, 16384, &r2t));
}

TEST_CASE("Data-Out must continue its burst") {
  sl_burst b = {1000, 3000, 2};
  CHECK(sl_burst_accepts(&b, true, 1000, 500, 2, false));
  CHECK(sl_burst_accepts(&b, true, 1000, 2000, 2, true));
  CHECK_FALSE(sl_burst_accepts(&b, true, 1001, 500, 2, false));
  CHECK_FALSE(sl_burst_accepts(&b, true, 1000, 500, 3, false));
  CHECK_FALSE(sl_burst_accepts(&b, true, 1000, 2001, 2, true));
  CHECK_FALSE(sl_burst_accepts(&b, true, 1000, 0xffffffff, 2, true));
  CHECK_FALSE(sl_burst_accepts(&b, true, 1000, 500, 2, true));
  CHECK_FALSE(sl_burst_accepts(&b, true, 1000, 2000, 2, false));
  CHECK(sl_burst_accepts(&b, false, 1000, 500, 2, true));
  sl_burst_advance(&b, 500);
  CHECK(b.offset == 1500);
  CHECK(b.data_sn == 3);
}
