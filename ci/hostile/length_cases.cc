// SPDX-License-Identifier: GPL-2.0-only
// Lengths that lie, and additional header segments (RFC 7143 11.2), in full feature phase.
#include "verdict.hh"

#include <fmt/format.h>

namespace hostile {

namespace {

const Bytes kRead = {0x28, 0, 0, 0, 0, 8, 0, 0, 1};
const Bytes kWrite = {0x2a, 0, 0, 0, 0, 8, 0, 0, 1};
constexpr std::uint32_t kTag = 7;

struct Kind {
  const char* name;
  std::uint8_t opcode;
  std::uint8_t flags;
};
const Kind kKinds[] = {
    {"NOP-Out", kNopOut | kImmediate, 0x80},
    {"SCSI Command", kScsiCommand, 0xa1},
    {"Task Management", kTaskManagement | kImmediate, 0x81},
    {"Text", kText | kImmediate, 0x80},
    {"Data-Out", kDataOut, 0x80},
    {"Logout", kLogout | kImmediate, 0x81},
    {"SNACK", kSnack, 0x80},
};

/// As it should be, but for what the case is about.
Pdu good(Session& s, const Kind& kind) {
  Pdu pdu = s.command(kind.opcode, kind.flags, kTag);
  pdu.word(20, kNoTag);
  if ((kind.opcode & 0x3f) == kScsiCommand) {
    pdu.word(20, 512);
    std::copy(kWrite.begin(), kWrite.end(), pdu.head.begin() + 32);
  }
  return pdu;
}

void lengths(Cases& cases) {
  const auto add = [&](const Kind& kind, const std::string& name,
                       const std::function<void(Session&, Pdu&)>& change, Endings allowed) {
    cases.push_back({fmt::format("{}: {}", kind.name, name),
                     [=](const World& w) {
                       Session s(w);
                       Pdu pdu = good(s, kind);
                       change(s, pdu);
                       return s.provoke({pdu});
                     },
                     std::move(allowed)});
  };
  for (const Kind& kind : kKinds) {
    add(
        kind, "16 MiB of data announced, 64 KiB sent",
        [](Session&, Pdu& p) { p.with(Bytes(65536)).claim(0xffffff); }, format_error());
    add(
        kind, "a byte more than the target takes",
        [](Session& s, Pdu& p) { p.with(Bytes(s.max_data + 1)); }, format_error());
    add(
        kind, "four times what the target takes",
        [](Session& s, Pdu& p) { p.with(Bytes(std::size_t{4} * s.max_data)); }, format_error());
    add(
        kind, "an additional header of 1020 bytes",
        [](Session&, Pdu& p) { p.with_ahs(Bytes(1020)); }, format_error());
  }
  // What has no data must not bring any (11.5, 11.14, 11.16).
  for (const Kind* kind : {&kKinds[2], &kKinds[5], &kKinds[6]}) {
    Endings allowed = format_error();
    allowed.push_back(rejected());
    add(
        *kind, "data where there is none", [](Session&, Pdu& p) { p.with(Bytes(512)); }, allowed);
  }
}

/// One additional header segment: its length without type and pad, type, what follows (11.2.2).
Bytes segment(std::uint16_t length, std::uint8_t type, Bytes rest) {
  Bytes all = {static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length), type};
  all.insert(all.end(), rest.begin(), rest.end());
  all.resize((all.size() + 3) & ~std::size_t{3});
  return all;
}

void additional(Cases& cases) {
  const auto add = [&](const std::string& name, const Bytes& ahs, Endings allowed) {
    cases.push_back({"additional header: " + name,
                     [=](const World& w) {
                       Session s(w);
                       Pdu pdu = s.scsi(0xc1, kTag, kRead, 512);
                       return s.provoke({pdu.with_ahs(ahs)});
                     },
                     std::move(allowed)});
  };
  for (const int type : {0, 3, 4, 17, 63})
    add(fmt::format("of type {}", type), segment(5, static_cast<std::uint8_t>(type), Bytes(5)),
        format_error());
  // 1: extended CDB. 2: expected read length of a bidirectional command, 5 bytes.
  add("an extended CDB without a byte", segment(0, 1, {}), format_error());
  add("an extended CDB with nothing in it", segment(1, 1, {0}), format_error());
  add("an extended CDB that is longer than all of them", segment(200, 1, Bytes(9)), format_error());
  add("an extended CDB of 64 KiB", segment(0xffff, 1, Bytes(9)), format_error());
  add("an extended CDB that ends one byte too late", segment(6, 1, Bytes(1)), format_error());
  add("a read length of four bytes", segment(4, 2, Bytes(4)), format_error());
  add("a read length of nine bytes", segment(9, 2, Bytes(9)), format_error());
  Bytes twice = segment(5, 1, Bytes(5));
  const Bytes once = twice;
  twice.insert(twice.end(), once.begin(), once.end());
  add("two extended CDBs", twice, format_error());
  Bytes rest = once;
  rest.resize(rest.size() + 4);
  add("zeros behind an extended CDB", rest, format_error());
  // A CDB of READ(10) has no 11th byte, whoever sends one (SPC-4 4.2.5.1: it is not looked at).
  Endings extended = format_error();
  extended.push_back(answered(kScsiResponse, 3, {0, 2}));
  extended.push_back(answered(kDataIn));
  add("an extended CDB of a command of ten bytes", segment(5, 1, Bytes(5)), extended);
}

} // namespace

void add_length_cases(Cases& cases) {
  lengths(cases);
  additional(cases);
}

} // namespace hostile
