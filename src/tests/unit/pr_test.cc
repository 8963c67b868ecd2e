// SPDX-License-Identifier: GPL-2.0-only
// Persistent reservations: the rules of SPC-4 5.13, one case for each.
#include "catch.hh"

extern "C" {
#include "pr.h"
}

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<u8>;

sl_pr_nexus nexus(const std::string& name, u16 port = 1) {
  sl_pr_nexus n{};
  const u8 isid[6] = {0x80, 0, 0, 0, 0, 1};
  n.rel_tgt_id = port;
  n.id_len = sl_transport_id_iscsi(name.c_str(), isid, n.id);
  return n;
}

const sl_pr_nexus a = nexus("iqn.2026-11.org.example:a");
const sl_pr_nexus b = nexus("iqn.2026-11.org.example:b");
const sl_pr_nexus c = nexus("iqn.2026-11.org.example:c");

Bytes basic_list(u64 key, u64 action_key, u8 bits = 0) {
  Bytes list(24);
  sl_put_be64(key, list.data());
  sl_put_be64(action_key, &list[8]);
  list[20] = bits;
  return list;
}

// A logical unit's reservations, and what the last command did to the registrations.
class Unit {
public:
  Unit() : memory(sizeof(sl_pr) + 32 * sizeof(sl_pr_reg)) { pr().room = 32; }

  sl_pr& pr() { return *reinterpret_cast<sl_pr*>(memory.data()); }

  sl_pr_status out(sl_op_id op, const sl_pr_nexus& self, const Bytes& list, u8 type = 0) {
    sl_pr_request req{};
    req.op = op;
    req.scope_type = type;
    req.list = list.data();
    req.list_len = static_cast<u32>(list.size());
    req.self = &self;
    req.ports = ports.data();
    req.nr_ports = static_cast<u32>(ports.size());
    Bytes copy = memory;
    effects.assign(pr().nr + 1, SL_PR_UNTOUCHED);
    sense = SL_OK;
    more = {};
    auto* next = reinterpret_cast<sl_pr*>(copy.data());
    const sl_pr_status status = sl_pr_out(&req, next, effects.data(), &sense, &more);
    growth = sl_pr_growth(&req);
    if (status == SL_PR_GOOD)
      memory = copy;
    return status;
  }

  void enroll(const sl_pr_nexus& self, u64 key) {
    REQUIRE(out(SL_OP_PR_REGISTER, self, basic_list(0, key)) == SL_PR_GOOD);
  }

  void reserve(const sl_pr_nexus& self, u64 key, u8 type) {
    REQUIRE(out(SL_OP_PR_RESERVE, self, basic_list(key, 0), type) == SL_PR_GOOD);
  }

  u8 denied(const sl_pr_nexus& n) { return sl_pr_denied(&pr(), &n); }

  Bytes in(sl_op_id op, std::size_t room = 4096) {
    Bytes data(room);
    const std::size_t len = sl_pr_in(op, &pr(), data.data(), room);
    data.resize(std::min(len, room));
    return data;
  }

  std::vector<u16> ports{1, 2};
  std::vector<u8> effects;
  sl_sense sense = SL_OK;
  sl_sense_info more{};
  u32 growth = 0;

  // Where the parameter list is wrong of the last command; -1: it says nothing of it.
  int bad_param() const { return more.field_valid && !more.field_in_cdb ? more.field_byte : -1; }
  int bad_cdb() const { return more.field_valid && more.field_in_cdb ? more.field_byte : -1; }

private:
  Bytes memory;
};

// The list of REGISTER with SPEC_I_PT: TransportIDs that follow the basic list.
Bytes spec_list(u64 action_key, const std::vector<Bytes>& ids, u8 bits = 0x08) {
  Bytes list = basic_list(0, action_key, bits);
  list.resize(28);
  for (const Bytes& id : ids)
    list.insert(list.end(), id.begin(), id.end());
  sl_put_be32(static_cast<u32>(list.size() - 28), &list[24]);
  return list;
}

Bytes id_of(const sl_pr_nexus& n) {
  return {n.id, n.id + n.id_len};
}

// The list of REGISTER AND MOVE (SPC-4 table 175).
Bytes move_list(u64 key, u64 action_key, const Bytes& id, u16 port = 1) {
  Bytes list = basic_list(key, action_key);
  list[17] = 0x02; // UNREG
  sl_put_be16(port, &list[18]);
  sl_put_be32(static_cast<u32>(id.size()), &list[20]);
  list.insert(list.end(), id.begin(), id.end());
  return list;
}

constexpr u8 deny_all = SL_PR_DENY_READ | SL_PR_DENY_WRITE;

} // namespace

TEST_CASE("A TransportID of an iSCSI port has name and ISID") {
  CHECK(a.id[0] == 0x45);
  CHECK(std::string(reinterpret_cast<const char*>(a.id) + 4) ==
        "iqn.2026-11.org.example:a,i,0x800000000001");
  CHECK(a.id_len % 4 == 0);
  CHECK(sl_transport_id_len(a.id, a.id_len) == a.id_len);
  CHECK(sl_transport_id_len(a.id, a.id_len - 1) == 0);
  u8 id[SL_TRANSPORT_ID_MAX];
  CHECK(sl_transport_id_sas(0x5000000000000001, id) == 24);
  CHECK(sl_transport_id_len(id, 24) == 24);
  const u8 isid[6] = {};
  CHECK(sl_transport_id_iscsi(std::string(300, 'x').c_str(), isid, id) <= SL_TRANSPORT_ID_MAX);
  CHECK(sl_transport_id_iscsi("x", isid, id) == 24);
  CHECK(sl_transport_id_iscsi("", isid, id) == 24); // ADDITIONAL LENGTH is at least 20
  CHECK(sl_get_be16(id + 2) == 20);
  CHECK(sl_transport_id_len(id, 23) == 0);
}

TEST_CASE("A registration needs key 0 from whom is not registered, its own key from whom is") {
  Unit u;
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(5, 7)) == SL_PR_CONFLICT);
  u.enroll(a, 7);
  CHECK(u.pr().generation == 1);
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(0, 8)) == SL_PR_CONFLICT);
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(7, 8)) == SL_PR_GOOD);
  CHECK(u.pr().regs[0].key == 8);
  CHECK(u.out(SL_OP_PR_REGISTER_IGNORE, a, basic_list(1, 9)) == SL_PR_GOOD);
  CHECK(u.pr().regs[0].key == 9);
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(9, 0)) == SL_PR_GOOD);
  CHECK(u.pr().nr == 0);
  CHECK(u.pr().generation == 4);
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(0, 0)) == SL_PR_GOOD);
  CHECK(u.pr().generation == 4);
}

TEST_CASE("ALL_TG_PT registers on every port, SPEC_I_PT for the listed initiators") {
  Unit u;
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(0, 7, 0x04)) == SL_PR_GOOD);
  CHECK(u.pr().nr == 2);
  CHECK(u.growth >= 2);
  Bytes list = basic_list(0, 8, 0x08);
  list.resize(28);
  sl_put_be32(c.id_len, &list[24]);
  list.insert(list.end(), c.id, c.id + c.id_len);
  CHECK(u.out(SL_OP_PR_REGISTER, b, list) == SL_PR_GOOD);
  CHECK(u.pr().nr == 4);
  CHECK(u.growth >= 2);
  CHECK(u.pr().regs[sl_pr_find(&u.pr(), &c)].key == 8);
  CHECK(u.out(SL_OP_PR_REGISTER, b, list) == SL_PR_SENSE);
  CHECK(u.sense == SL_INVALID_CDB_FIELD);
  list.pop_back();
  CHECK(u.out(SL_OP_PR_REGISTER, nexus("iqn.2026-11.org.example:d"), list) == SL_PR_SENSE);
  CHECK(u.sense == SL_PARAM_LIST_LENGTH);
}

TEST_CASE("A list of TransportIDs that is wrong is refused, and where it is") {
  Unit u;
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(0, 8, 0x08)) == SL_PR_SENSE);
  CHECK(u.sense == SL_PARAM_LIST_LENGTH);
  CHECK(u.out(SL_OP_PR_REGISTER_IGNORE, a, spec_list(8, {id_of(c)})) == SL_PR_SENSE);
  CHECK(u.sense == SL_INVALID_CDB_FIELD);
  CHECK(u.bad_cdb() == 1);
  Bytes no_nul = id_of(c);
  no_nul.back() = 'x';
  CHECK(u.out(SL_OP_PR_REGISTER, a, spec_list(8, {id_of(b), no_nul})) == SL_PR_SENSE);
  CHECK(u.sense == SL_INVALID_PARAM_FIELD);
  CHECK(u.bad_param() == 28 + b.id_len);
  Bytes longer = basic_list(0, 8);
  longer.resize(28);
  CHECK(u.out(SL_OP_PR_REGISTER, a, longer) == SL_PR_SENSE);
  CHECK(u.sense == SL_PARAM_LIST_LENGTH);
  CHECK(u.pr().nr == 0);
}

TEST_CASE("Registrations end where there is no room") {
  Unit u;
  for (int i = 0; i < 31; i++)
    u.enroll(nexus("iqn.2026-11.org.example:" + std::to_string(i)), 1);
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(0, 1, 0x04)) == SL_PR_SENSE); // on two ports
  CHECK(u.sense == SL_NO_REGISTRATION_ROOM);
  CHECK(u.out(SL_OP_PR_REGISTER, a, spec_list(1, {id_of(b)})) == SL_PR_SENSE);
  CHECK(u.sense == SL_NO_REGISTRATION_ROOM);
  CHECK(u.pr().nr == 31);
  u.enroll(a, 1);
  CHECK(u.out(SL_OP_PR_REGISTER, b, basic_list(0, 1)) == SL_PR_SENSE);
  CHECK(u.sense == SL_NO_REGISTRATION_ROOM);
  u.reserve(a, 1, SL_PR_WRITE_EXCLUSIVE);
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, a, move_list(1, 2, id_of(b))) == SL_PR_SENSE);
  CHECK(u.sense == SL_NO_REGISTRATION_ROOM);
}

TEST_CASE("A parameter list has the length of the service action, and its bits") {
  Unit u;
  u.enroll(a, 1);
  Bytes list = basic_list(1, 0);
  list.pop_back();
  CHECK(u.out(SL_OP_PR_RESERVE, a, list, 1) == SL_PR_SENSE);
  CHECK(u.sense == SL_PARAM_LIST_LENGTH);
  list = basic_list(1, 0);
  list.resize(25);
  CHECK(u.out(SL_OP_PR_RESERVE, a, list, 1) == SL_PR_SENSE);
  CHECK(u.sense == SL_PARAM_LIST_LENGTH);
  CHECK(u.out(SL_OP_PR_RESERVE, a, basic_list(1, 0, 0x08), 1) == SL_PR_SENSE);
  CHECK(u.sense == SL_INVALID_PARAM_FIELD);
  CHECK(u.bad_param() == 20);
  CHECK(u.more.bit_valid);
  CHECK(u.more.field_bit == 3); // SPEC_I_PT
}

TEST_CASE("A reservation denies by its type") {
  struct Row {
    u8 type, registered, stranger;
  };
  const Row rows[] = {
      {SL_PR_WRITE_EXCLUSIVE, SL_PR_DENY_WRITE, SL_PR_DENY_WRITE},
      {SL_PR_EXCLUSIVE_ACCESS, deny_all, deny_all},
      {SL_PR_WRITE_EXCLUSIVE_RO, 0, SL_PR_DENY_WRITE},
      {SL_PR_EXCLUSIVE_ACCESS_RO, 0, deny_all},
      {SL_PR_WRITE_EXCLUSIVE_AR, 0, SL_PR_DENY_WRITE},
      {SL_PR_EXCLUSIVE_ACCESS_AR, 0, deny_all},
  };
  for (const Row& row : rows) {
    INFO(static_cast<int>(row.type));
    Unit u;
    u.enroll(a, 1);
    u.enroll(b, 2);
    CHECK(u.denied(c) == 0);
    u.reserve(a, 1, row.type);
    CHECK(u.denied(a) == 0);
    CHECK(u.denied(b) == row.registered);
    CHECK(u.denied(c) == row.stranger);
  }
}

TEST_CASE("A command conflicts by what it does") {
  struct Row {
    u8 cdb[16];
    bool write, all, r6;
  };
  const Row rows[] = {
      {{0x00}, false, false, true},
      {{0x12}, false, false, false},
      {{0x28}, false, true, true},
      {{0x2a}, true, true, true},
      {{0x35}, true, true, true},
      {{0x1a}, true, true, true},
      {{0x1e}, false, false, false},
      {{0x1e, 0, 0, 0, 1}, true, true, true},
      {{0x1b, 0, 0, 0, 1}, false, false, true},
      {{0x1b}, true, true, true},
      {{0x5f}, false, false, true},
      {{0x17}, false, false, false},
  };
  for (const Row& row : rows) {
    INFO(static_cast<int>(row.cdb[0]));
    const sl_op* op = sl_op_get(sl_op_find(row.cdb, 16));
    CHECK(sl_pr_conflicts(SL_PR_DENY_WRITE, op, row.cdb) == row.write);
    CHECK(sl_pr_conflicts(deny_all, op, row.cdb) == row.all);
    CHECK(sl_pr_conflicts(SL_PR_DENY_R6, op, row.cdb) == row.r6);
  }
}

TEST_CASE("RESERVE is for the registered; the holder may repeat it, others conflict") {
  Unit u;
  CHECK(u.out(SL_OP_PR_RESERVE, a, basic_list(0, 0), 1) == SL_PR_CONFLICT);
  u.enroll(a, 1);
  u.enroll(b, 2);
  CHECK(u.out(SL_OP_PR_RESERVE, a, basic_list(1, 0), 2) == SL_PR_SENSE);
  CHECK(u.sense == SL_INVALID_CDB_FIELD);
  CHECK(u.bad_cdb() == 2);
  CHECK(u.out(SL_OP_PR_RESERVE, a, basic_list(1, 0), 0x11) == SL_PR_SENSE);
  u.reserve(a, 1, SL_PR_WRITE_EXCLUSIVE);
  u.reserve(a, 1, SL_PR_WRITE_EXCLUSIVE);
  CHECK(u.out(SL_OP_PR_RESERVE, a, basic_list(1, 0), 3) == SL_PR_CONFLICT);
  CHECK(u.out(SL_OP_PR_RESERVE, b, basic_list(2, 0), 1) == SL_PR_CONFLICT);
}

TEST_CASE("RELEASE is the holder's, with the type it has, and the others hear of it") {
  Unit u;
  u.enroll(a, 1);
  u.enroll(b, 2);
  CHECK(u.out(SL_OP_PR_RELEASE, a, basic_list(1, 0), 1) == SL_PR_GOOD);
  u.reserve(a, 1, SL_PR_WRITE_EXCLUSIVE_RO);
  CHECK(u.out(SL_OP_PR_RELEASE, b, basic_list(2, 0), 5) == SL_PR_GOOD);
  CHECK(u.pr().type == SL_PR_WRITE_EXCLUSIVE_RO);
  CHECK(u.out(SL_OP_PR_RELEASE, b, basic_list(9, 0), 5) == SL_PR_CONFLICT);
  CHECK(u.out(SL_OP_PR_RELEASE, a, basic_list(1, 0), 6) == SL_PR_SENSE);
  CHECK(u.sense == SL_INVALID_RELEASE);
  CHECK(u.out(SL_OP_PR_RELEASE, a, basic_list(1, 0), 5) == SL_PR_GOOD);
  CHECK(u.pr().type == SL_PR_NONE);
  CHECK(u.effects[0] == SL_PR_UNTOUCHED);
  CHECK(u.effects[1] == SL_PR_RESERVATIONS_RELEASED);
}

TEST_CASE("A holder that unregisters takes its reservation along, the last one that of all") {
  Unit u;
  u.enroll(a, 1);
  u.enroll(b, 2);
  u.reserve(b, 2, SL_PR_EXCLUSIVE_ACCESS_RO);
  CHECK(u.out(SL_OP_PR_REGISTER, b, basic_list(2, 0)) == SL_PR_GOOD);
  CHECK(u.pr().type == SL_PR_NONE);
  CHECK(u.effects[0] == SL_PR_RESERVATIONS_RELEASED);
  u.enroll(b, 2);
  u.reserve(b, 2, SL_PR_EXCLUSIVE_ACCESS_AR);
  CHECK(u.out(SL_OP_PR_REGISTER, b, basic_list(2, 0)) == SL_PR_GOOD);
  CHECK(u.pr().type == SL_PR_EXCLUSIVE_ACCESS_AR);
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(1, 0)) == SL_PR_GOOD);
  CHECK(u.pr().type == SL_PR_NONE);
}

TEST_CASE("The holder stays the holder when one before it goes") {
  Unit u;
  u.enroll(a, 1);
  u.enroll(b, 2);
  u.enroll(c, 3);
  u.reserve(c, 3, SL_PR_EXCLUSIVE_ACCESS);
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(1, 0)) == SL_PR_GOOD);
  CHECK(u.denied(c) == 0);
  CHECK(u.denied(b) == deny_all);
}

TEST_CASE("CLEAR ends everything and tells the others") {
  Unit u;
  u.enroll(a, 1);
  u.enroll(b, 2);
  u.reserve(a, 1, SL_PR_EXCLUSIVE_ACCESS);
  CHECK(u.out(SL_OP_PR_CLEAR, c, basic_list(0, 0)) == SL_PR_CONFLICT);
  CHECK(u.out(SL_OP_PR_CLEAR, b, basic_list(2, 0)) == SL_PR_GOOD);
  CHECK(u.pr().nr == 0);
  CHECK(u.pr().type == SL_PR_NONE);
  CHECK(u.effects[0] == SL_PR_RESERVATIONS_PREEMPTED);
  CHECK(u.effects[1] == SL_PR_UNTOUCHED);
}

TEST_CASE("PREEMPT with the holder's key takes the reservation over") {
  Unit u;
  u.enroll(a, 1);
  u.enroll(b, 2);
  u.enroll(c, 3);
  u.reserve(a, 1, SL_PR_WRITE_EXCLUSIVE_RO);
  CHECK(u.out(SL_OP_PR_PREEMPT, b, basic_list(9, 1), 1) == SL_PR_CONFLICT);
  CHECK(u.out(SL_OP_PR_PREEMPT, b, basic_list(2, 0), 1) == SL_PR_SENSE);
  CHECK(u.sense == SL_INVALID_PARAM_FIELD);
  CHECK(u.bad_param() == 8);
  REQUIRE(u.out(SL_OP_PR_PREEMPT, b, basic_list(2, 1), 3) == SL_PR_GOOD);
  CHECK(u.effects[0] == SL_PR_REGISTRATIONS_PREEMPTED);
  CHECK(u.effects[1] == SL_PR_UNTOUCHED);
  CHECK(u.effects[2] == SL_PR_RESERVATIONS_RELEASED);
  CHECK(u.pr().nr == 2);
  CHECK(u.pr().type == SL_PR_EXCLUSIVE_ACCESS);
  CHECK(u.denied(b) == 0);
  CHECK(u.denied(a) == deny_all);
}

TEST_CASE("PREEMPT with another's key only removes registrations") {
  Unit u;
  u.enroll(a, 1);
  u.enroll(b, 2);
  u.enroll(c, 3);
  u.reserve(c, 3, SL_PR_EXCLUSIVE_ACCESS);
  CHECK(u.out(SL_OP_PR_PREEMPT, b, basic_list(2, 9), 3) == SL_PR_CONFLICT);
  CHECK(u.out(SL_OP_PR_PREEMPT, b, basic_list(2, 1), 3) == SL_PR_GOOD);
  CHECK(u.pr().nr == 2);
  CHECK(u.denied(c) == 0);
  CHECK(u.effects[0] == SL_PR_REGISTRATIONS_PREEMPTED);
  CHECK(u.effects[2] == SL_PR_UNTOUCHED);
}

TEST_CASE("Who preempts its own key leaves no reservation of all registrants behind") {
  Unit u;
  u.enroll(a, 1);
  u.enroll(b, 1);
  u.reserve(a, 1, SL_PR_EXCLUSIVE_ACCESS_AR);
  CHECK(u.out(SL_OP_PR_PREEMPT, b, basic_list(1, 1), 8) == SL_PR_GOOD);
  CHECK(u.pr().nr == 0);
  CHECK(u.pr().type == SL_PR_NONE);
  CHECK(u.denied(c) == 0);
  CHECK(u.effects[0] == SL_PR_REGISTRATIONS_PREEMPTED);
}

TEST_CASE("PREEMPT of an all registrants reservation with key 0 removes all others") {
  Unit u;
  u.enroll(a, 1);
  u.enroll(b, 2);
  u.enroll(c, 3);
  u.reserve(a, 1, SL_PR_WRITE_EXCLUSIVE_AR);
  CHECK(u.out(SL_OP_PR_PREEMPT, b, basic_list(2, 0), 1) == SL_PR_GOOD);
  CHECK(u.pr().nr == 1);
  CHECK(u.pr().type == SL_PR_WRITE_EXCLUSIVE);
  CHECK(u.denied(b) == 0);
  CHECK(u.effects[2] == SL_PR_REGISTRATIONS_PREEMPTED);
}

TEST_CASE("REGISTER AND MOVE hands the reservation to another port") {
  Unit u;
  u.enroll(a, 1);
  const Bytes list = move_list(1, 2, id_of(b));
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, a, list) == SL_PR_SENSE);
  CHECK(u.sense == SL_INVALID_CDB_FIELD);
  CHECK(u.bad_cdb() == 1);
  u.reserve(a, 1, SL_PR_EXCLUSIVE_ACCESS);
  REQUIRE(u.out(SL_OP_PR_REGISTER_MOVE, a, list) == SL_PR_GOOD);
  CHECK(u.pr().nr == 1);
  CHECK(u.denied(b) == 0);
  CHECK(u.denied(a) == deny_all);
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, b, basic_list(2, 0)) == SL_PR_SENSE);
}

TEST_CASE("REGISTER AND MOVE is the holder's, to somebody else, with a key (SPC-4 5.13.8)") {
  Unit u;
  u.enroll(a, 1);
  u.enroll(c, 3);
  u.reserve(a, 1, SL_PR_WRITE_EXCLUSIVE);
  Bytes cut = move_list(1, 2, id_of(b));
  cut.pop_back();
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, a, cut) == SL_PR_SENSE);
  CHECK(u.sense == SL_PARAM_LIST_LENGTH);
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, a, move_list(9, 2, id_of(b))) == SL_PR_CONFLICT);
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, c, move_list(3, 2, id_of(b))) == SL_PR_CONFLICT);
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, a, move_list(1, 0, id_of(b))) == SL_PR_SENSE);
  CHECK(u.sense == SL_INVALID_PARAM_FIELD);
  CHECK(u.bad_param() == 8);
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, a, move_list(1, 2, id_of(a))) == SL_PR_SENSE);
  CHECK(u.bad_param() == 24);
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, a, move_list(1, 2, {})) == SL_PR_SENSE);
  CHECK(u.bad_param() == 20); // there is no TransportID to point at
  Bytes no_nul = id_of(b);
  no_nul.back() = 'x';
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, a, move_list(1, 2, no_nul)) == SL_PR_SENSE);
  CHECK(u.bad_param() == 24);
  u.reserve(a, 1, SL_PR_WRITE_EXCLUSIVE);
  // To the same initiator port through another target port, that is another nexus.
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, a, move_list(1, 2, id_of(a), 2)) == SL_PR_GOOD);
  CHECK(u.denied(a) == SL_PR_DENY_WRITE);
  CHECK(u.denied(nexus("iqn.2026-11.org.example:a", 2)) == 0);
}

TEST_CASE("A reservation of all registrants can't be moved") {
  Unit u;
  u.enroll(a, 1);
  u.reserve(a, 1, SL_PR_WRITE_EXCLUSIVE_AR);
  CHECK(u.out(SL_OP_PR_REGISTER_MOVE, a, move_list(1, 2, id_of(b))) == SL_PR_CONFLICT);
}

TEST_CASE("READ RESERVATION without one is a header") {
  Unit u;
  u.enroll(a, 1);
  const Bytes none = u.in(SL_OP_PR_READ_RESERVATION);
  REQUIRE(none.size() == 8);
  CHECK(sl_get_be32(none.data()) == 1); // PRGENERATION
  CHECK(sl_get_be32(&none[4]) == 0);
}

TEST_CASE("PERSISTENT RESERVE IN tells keys, reservation and full status") {
  Unit u;
  u.enroll(a, 0x1122334455667788);
  u.enroll(b, 2);
  u.reserve(b, 2, SL_PR_WRITE_EXCLUSIVE);
  const Bytes keys = u.in(SL_OP_PR_READ_KEYS);
  CHECK(keys.size() == 24);
  CHECK(sl_get_be32(keys.data()) == 2);
  CHECK(sl_get_be32(&keys[4]) == 16);
  CHECK(sl_get_be64(&keys[8]) == 0x1122334455667788);
  const Bytes cut = u.in(SL_OP_PR_READ_KEYS, 12);
  CHECK(sl_get_be32(&cut[4]) == 16);
  const Bytes reservation = u.in(SL_OP_PR_READ_RESERVATION);
  CHECK(reservation.size() == 24);
  CHECK(sl_get_be64(&reservation[8]) == 2);
  CHECK(reservation[21] == SL_PR_WRITE_EXCLUSIVE);
  CHECK(u.in(SL_OP_PR_REPORT_CAPABILITIES).size() == 8);
  const Bytes full = u.in(SL_OP_PR_READ_FULL_STATUS);
  CHECK(full.size() == 8u + 24 + a.id_len + 24 + b.id_len);
  CHECK(full[8 + 12] == 0);
  CHECK(full[8 + 24 + a.id_len + 12] == 1);
}

TEST_CASE("A saved reservation of all registrants comes back without the one who made it") {
  Unit u;
  u.enroll(a, 1);
  u.enroll(b, 2);
  u.reserve(b, 2, SL_PR_WRITE_EXCLUSIVE_AR);
  REQUIRE(u.out(SL_OP_PR_REGISTER, b, basic_list(2, 0, 0x01)) == SL_PR_GOOD);
  REQUIRE(u.pr().type == SL_PR_WRITE_EXCLUSIVE_AR);
  Bytes saved(sl_pr_saved_len(&u.pr()));
  sl_pr_save(&u.pr(), saved.data());
  Unit v;
  REQUIRE(sl_pr_restore(saved.data(), saved.size(), &v.pr()) == 0);
  CHECK(v.pr().type == SL_PR_WRITE_EXCLUSIVE_AR);
  CHECK(v.denied(a) == 0);
  CHECK(v.denied(b) != 0);
  // Without anybody who is registered it is held by nobody, and damaged.
  sl_put_be32(0, saved.data() + 4);
  CHECK(sl_pr_restore(saved.data(), 20, &v.pr()) == -EINVAL);
}

TEST_CASE("Saved reservations come back, damaged ones do not") {
  Unit u;
  CHECK(u.out(SL_OP_PR_REGISTER, a, basic_list(0, 1, 0x01)) == SL_PR_GOOD);
  u.enroll(b, 2);
  u.reserve(b, 2, SL_PR_EXCLUSIVE_ACCESS);
  Bytes saved(sl_pr_saved_len(&u.pr()));
  sl_pr_save(&u.pr(), saved.data());
  CHECK(sl_pr_saved_regs(saved.data(), saved.size()) == 2);
  Unit v;
  REQUIRE(sl_pr_restore(saved.data(), saved.size(), &v.pr()) == 0);
  CHECK(v.pr().nr == 2);
  CHECK(v.denied(b) == 0);
  CHECK(v.denied(a) == deny_all);
  for (std::size_t len = 0; len < saved.size(); len++)
    CHECK(sl_pr_restore(saved.data(), len, &v.pr()) != 0);
  saved[11] = 9;
  CHECK(sl_pr_restore(saved.data(), saved.size(), &v.pr()) == -EINVAL);
}
