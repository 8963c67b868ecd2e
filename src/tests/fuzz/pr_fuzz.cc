// SPDX-License-Identifier: GPL-2.0-only
// Any sequence of PERSISTENT RESERVE OUT commands of a few initiators, and any file of saved
// reservations. What must hold after each command (SPC-4 5.13): nobody is registered twice, whoever
// holds the reservation is registered and denied nothing, and the state survives being saved.
#include "fuzz.hh"
#include "port.h"
extern "C" {
#include "pr.h"
}

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <utility>
#include <vector>

namespace {

using Bytes = std::vector<u8>;
constexpr u16 kPorts[] = {1, 2};

/// A state with exactly the room that it says, so that a step beyond it is seen.
class State {
public:
  explicit State(u32 room) : memory_(sizeof(sl_pr) + room * sizeof(sl_pr_reg)) {
    pr()->room = room;
  }
  State(const sl_pr* old, u32 room) : State(room) {
    memcpy(memory_.data(), old, sizeof(sl_pr) + old->nr * sizeof(sl_pr_reg));
    pr()->room = room;
  }

  sl_pr* pr() { return reinterpret_cast<sl_pr*>(memory_.data()); }

private:
  Bytes memory_;
};

sl_pr_nexus nexus(unsigned n) {
  const u8 isid[6] = {0x80, 0, 0, 0, 0, 1};
  const char name[] = {static_cast<char>('a' + n % 4), '\0'};
  sl_pr_nexus x{};
  x.rel_tgt_id = kPorts[n / 4 % 2];
  x.id_len = n % 4 == 3 ? sl_transport_id_sas(n, x.id) : sl_transport_id_iscsi(name, isid, x.id);
  return x;
}

bool same(const sl_pr_nexus& a, const sl_pr_nexus& b) {
  return a.rel_tgt_id == b.rel_tgt_id && a.id_len == b.id_len && !memcmp(a.id, b.id, a.id_len);
}

bool all_registrants(u8 type) {
  return type == SL_PR_WRITE_EXCLUSIVE_AR || type == SL_PR_EXCLUSIVE_ACCESS_AR;
}

void reports(const sl_pr* s) {
  for (const sl_op_id op : {SL_OP_PR_READ_KEYS, SL_OP_PR_READ_RESERVATION,
                            SL_OP_PR_REPORT_CAPABILITIES, SL_OP_PR_READ_FULL_STATUS}) {
    Bytes none(1), half(16);
    const std::size_t len = sl_pr_in(op, s, none.data(), 0);
    must(len >= 8 && sl_pr_in(op, s, half.data(), half.size()) == len);
    Bytes all(len);
    must(sl_pr_in(op, s, all.data(), len) == len);
    must(std::equal(all.begin(), all.begin() + 8, half.begin()));
  }
}

void holds_together(const sl_pr* s) {
  must(s->nr <= s->room);
  for (u32 i = 0; i < s->nr; i++)
    must(s->regs[i].key != 0 && sl_pr_find(s, &s->regs[i].nexus) == i);
  if (s->type && !all_registrants(s->type))
    must(s->holder < s->nr && sl_pr_denied(s, &s->regs[s->holder].nexus) == 0);
  if (all_registrants(s->type)) {
    must(s->nr > 0);
    for (u32 i = 0; i < s->nr; i++)
      must(sl_pr_denied(s, &s->regs[i].nexus) == 0);
  }
}

void survives(const sl_pr* s) {
  Bytes saved(sl_pr_saved_len(s));
  sl_pr_save(s, saved.data());
  must(sl_pr_saved_regs(saved.data(), saved.size()) == static_cast<int>(s->nr));
  State again(s->nr);
  must(sl_pr_restore(saved.data(), saved.size(), again.pr()) == 0);
  const sl_pr* r = again.pr();
  must(r->nr == s->nr && r->type == s->type && r->generation == s->generation);
  for (u32 i = 0; i < s->nr; i++)
    must(r->regs[i].key == s->regs[i].key && same(r->regs[i].nexus, s->regs[i].nexus));
}

void load(const u8* data, std::size_t size) {
  const int nr = sl_pr_saved_regs(data, size);
  if (nr < 0)
    return;
  State s(static_cast<u32>(nr));
  if (sl_pr_restore(data, size, s.pr()))
    return;
  reports(s.pr());
  survives(s.pr());
}

/// One command of the input: op and bits, who, scope and type, length of the list, the list.
/// Lists are short, so most of them are the basic one: a length of 255 stands for it.
bool step(State& now, const u8*& data, std::size_t& size) {
  if (size < 4)
    return false;
  sl_pr_request req{};
  const sl_pr_nexus self = nexus(data[1]);
  req.op = static_cast<sl_op_id>(SL_OP_PR_REGISTER + data[0] % 8);
  req.scope_type = data[2];
  const std::size_t len = std::min<std::size_t>(data[3] == 255 ? 24 : data[3], size - 4);
  const Bytes list(data + 4, data + 4 + len); // its end is where ASan sees a step beyond it
  data += 4 + len;
  size -= 4 + len;
  req.list = list.data();
  req.list_len = static_cast<u32>(len);
  req.self = &self;
  req.ports = kPorts;
  req.nr_ports = 2;

  const sl_pr* old = now.pr();
  State next(old, old->nr + sl_pr_growth(&req));
  Bytes effects(old->nr + 1);
  sl_sense sense = SL_OK;
  sl_sense_info more{};
  switch (sl_pr_out(&req, next.pr(), effects.data(), &sense, &more)) {
  case SL_PR_GOOD:
    must(sense == SL_OK && effects[old->nr] == 0);
    holds_together(next.pr());
    survives(next.pr());
    reports(next.pr());
    now = std::move(next);
    break;
  case SL_PR_CONFLICT:
    must(sense == SL_OK);
    break;
  default:
    must(sense != SL_OK && sense != SL_NO_REGISTRATION_ROOM);
    must(!more.field_valid || more.field_in_cdb || more.field_byte < len);
    break;
  }
  return true;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!size)
    return 0;
  const bool saved = data[0] & 1u;
  data++;
  size--;
  if (saved) {
    load(data, size);
    return 0;
  }
  State now(0);
  while (step(now, data, size)) {
  }
  return 0;
}
