// SPDX-License-Identifier: GPL-2.0-only
// Asymmetric access: which commands a state lets through, and the data that tell of the groups.
#include "catch.hh"

extern "C" {
#include "alua.h"
#include "inquiry.h"
}

#include <string>
#include <vector>

namespace {

using Bytes = std::vector<u8>;

enum sl_sense gate(u8 state, sl_op_id id) {
  return sl_alua_gate(state, sl_op_get(id));
}

// The report on two groups with three ports, cut to the buffer as an allocation length would.
Bytes report(std::size_t room, bool extended, std::size_t& len) {
  Bytes buf(room, 0xee);
  sl_alua_report r;
  sl_alua_report_begin(&r, buf.data(), room, extended);
  const sl_alua_group near = {1, SL_ALUA_ACTIVE, SL_ALUA_NEVER_CHANGED, true};
  const sl_alua_group far = {0x1234, SL_ALUA_STANDBY, SL_ALUA_BY_COMMAND, false};
  sl_alua_report_group(&r, &near);
  sl_alua_report_port(&r, 7);
  sl_alua_report_group(&r, &far);
  sl_alua_report_port(&r, 8);
  sl_alua_report_port(&r, 0xabcd);
  len = sl_alua_report_end(&r);
  return buf;
}

const Bytes whole_report = {0,    0,    0,    28,                           //
                            0x80, 0xcf, 0,    1,    0, 0, 0, 1, 0, 0, 0, 7, //
                            0x02, 0xcf, 0x12, 0x34, 0, 1, 0, 2, 0, 0, 0, 8, 0, 0, 0xab, 0xcd};

} // namespace

TEST_CASE("Active ports let everything through") {
  for (int id = SL_OP_NONE + 1; id < SL_OP_COUNT; id++) {
    CHECK(gate(SL_ALUA_ACTIVE, static_cast<sl_op_id>(id)) == SL_OK);
    CHECK(gate(SL_ALUA_NONOPTIMIZED, static_cast<sl_op_id>(id)) == SL_OK);
  }
}

TEST_CASE("What says who the unit is and where it can be reached is answered in every state") {
  const u8 state =
      GENERATE(SL_ALUA_STANDBY, SL_ALUA_UNAVAILABLE, SL_ALUA_OFFLINE, SL_ALUA_TRANSITIONING);
  for (const sl_op_id id :
       {SL_OP_INQUIRY, SL_OP_REPORT_LUNS, SL_OP_REQUEST_SENSE, SL_OP_REPORT_PORT_GROUPS})
    CHECK(gate(state, id) == SL_OK);
}

TEST_CASE("A port that is not active refuses the medium and says why") {
  for (const sl_op_id id : {SL_OP_TEST_UNIT_READY, SL_OP_READ_10, SL_OP_WRITE_16, SL_OP_UNMAP,
                            SL_OP_SYNC_CACHE_10, SL_OP_SANITIZE_OVERWRITE, SL_OP_RESERVE_6}) {
    CHECK(gate(SL_ALUA_STANDBY, id) == SL_PORT_STANDBY);
    CHECK(gate(SL_ALUA_UNAVAILABLE, id) == SL_PORT_UNAVAILABLE);
    CHECK(gate(SL_ALUA_OFFLINE, id) == SL_PORT_OFFLINE);
    CHECK(gate(SL_ALUA_TRANSITIONING, id) == SL_PORT_TRANSITIONING);
  }
}

TEST_CASE("Standby serves what prepares a takeover, unavailable only the change of states") {
  for (const sl_op_id id : {SL_OP_MODE_SENSE_6, SL_OP_PR_READ_KEYS, SL_OP_PR_REGISTER,
                            SL_OP_READ_CAPACITY_16, SL_OP_REPORT_OPCODES}) {
    CHECK(gate(SL_ALUA_STANDBY, id) == SL_OK);
    CHECK(gate(SL_ALUA_UNAVAILABLE, id) == SL_PORT_UNAVAILABLE);
  }
  CHECK(gate(SL_ALUA_STANDBY, SL_OP_SET_PORT_GROUPS) == SL_OK);
  CHECK(gate(SL_ALUA_UNAVAILABLE, SL_OP_SET_PORT_GROUPS) == SL_OK);
  CHECK(gate(SL_ALUA_TRANSITIONING, SL_OP_SET_PORT_GROUPS) == SL_PORT_TRANSITIONING);
}

TEST_CASE("Every state has a name that leads back to it, and nothing else has") {
  for (const u8 state : {SL_ALUA_ACTIVE, SL_ALUA_NONOPTIMIZED, SL_ALUA_STANDBY, SL_ALUA_UNAVAILABLE,
                         SL_ALUA_OFFLINE, SL_ALUA_TRANSITIONING}) {
    u8 back = 0xff;
    REQUIRE(sl_alua_name(state));
    CHECK(sl_alua_from_name(sl_alua_name(state), &back));
    CHECK(back == state);
  }
  u8 untouched = 0x55;
  CHECK_FALSE(sl_alua_from_name("lba-dependent", &untouched));
  CHECK_FALSE(sl_alua_from_name("", &untouched));
  CHECK(untouched == 0x55);
  CHECK_FALSE(sl_alua_name(0x4));
}

TEST_CASE("REPORT TARGET PORT GROUPS data name groups, states and ports") {
  std::size_t len = 0;
  CHECK(report(whole_report.size(), false, len) == whole_report);
  CHECK(len == whole_report.size());
}

TEST_CASE("The extended header says its form and shifts the rest") {
  std::size_t len = 0;
  const Bytes r = report(whole_report.size() + 4, true, len);
  CHECK(Bytes(r.begin(), r.begin() + 8) == Bytes{0, 0, 0, 32, 0x10, 0, 0, 0});
  CHECK(Bytes(r.begin() + 8, r.end()) == Bytes(whole_report.begin() + 4, whole_report.end()));
}

TEST_CASE("A report that does not fit tells its whole length and writes nothing behind its room") {
  for (std::size_t room = 0; room < whole_report.size(); room++) {
    std::size_t len = 0;
    const Bytes r = report(room, false, len);
    CHECK(r.size() == room);
    CHECK(len == whole_report.size());
    if (room >= 4)
      CHECK(r[3] == 28);
  }
}

TEST_CASE("A group of more ports than a byte counts reports as many as it can") {
  Bytes buf(4096);
  sl_alua_report r;
  const sl_alua_group group = {1, SL_ALUA_ACTIVE, SL_ALUA_NEVER_CHANGED, false};
  sl_alua_report_begin(&r, buf.data(), buf.size(), false);
  sl_alua_report_group(&r, &group);
  for (u16 id = 1; id <= 300; id++)
    sl_alua_report_port(&r, id);
  CHECK(sl_alua_report_end(&r) == 4 + 8 + 255 * 4);
  CHECK(buf[4 + 7] == 255);
}

TEST_CASE("A SET TARGET PORT GROUPS list is read to its end, and no further") {
  const Bytes list = {0, 0, 0, 0, 0x02, 0, 0, 1, 0x01, 0, 0x12, 0x34};
  sl_alua_wish wish{};
  REQUIRE(sl_alua_read_wish(list.data(), list.size(), 0, &wish) == 1);
  CHECK(wish.id == 1);
  CHECK(wish.state == SL_ALUA_STANDBY);
  REQUIRE(sl_alua_read_wish(list.data(), list.size(), 1, &wish) == 1);
  CHECK(wish.id == 0x1234);
  CHECK(wish.at == 8);
  CHECK(wish.state == SL_ALUA_NONOPTIMIZED);
  CHECK(sl_alua_read_wish(list.data(), list.size(), 2, &wish) == 0);
}

TEST_CASE("A list that is cut, or asks for what cannot be asked for, is refused") {
  sl_alua_wish wish{};
  const Bytes cut = {0, 0, 0, 0, 0x02, 0, 0};
  CHECK(sl_alua_read_wish(cut.data(), cut.size(), 0, &wish) == -EINVAL);
  CHECK(sl_alua_read_wish(cut.data(), 2, 0, &wish) == -EINVAL);
  for (const u8 state : {0x4, 0xe, 0xf}) {
    const Bytes list = {0, 0, 0, 0, state, 0, 0, 1};
    CHECK(sl_alua_read_wish(list.data(), list.size(), 0, &wish) == -EINVAL);
    CHECK(wish.at == 4);
  }
}

TEST_CASE("INQUIRY tells of the port's group, of who may change it, and of no access") {
  sl_unit unit{};
  unit.block_shift = 9;
  sl_port_id port{};
  port.rel_tgt_id = 7;
  port.group_id = 0x0203;
  port.tpgs = 3;
  u8 buf[SL_INQUIRY_MAX];
  std::size_t len = 0;
  u8 cdb[6] = {0x12, 0, 0, 0, 0xff, 0};
  REQUIRE(sl_inquiry(cdb, &unit, &port, buf, &len) == SL_OK);
  CHECK(buf[0] == 0x00);
  CHECK(buf[5] == 0x38); // both kinds of ALUA, 3PC
  port.no_access = true;
  REQUIRE(sl_inquiry(cdb, &unit, &port, buf, &len) == SL_OK);
  CHECK(buf[0] == 0x20);
  cdb[1] = 1;
  cdb[2] = 0x83;
  REQUIRE(sl_inquiry(cdb, &unit, &port, buf, &len) == SL_OK);
  const std::string page(buf, buf + len);
  CHECK(page.find(std::string("\x01\x15\x00\x04\x00\x00\x02\x03", 8)) != std::string::npos);
}
