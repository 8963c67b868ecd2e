// SPDX-License-Identifier: GPL-2.0-only
#include "verdict.hh"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <random>
#include <stdexcept>

namespace hostile {

namespace {

constexpr std::uint32_t kPing = 0x50494e47;

} // namespace

const Pdu* Outcome::first(Opcode opcode) const {
  const auto found =
      std::find_if(pdus.begin(), pdus.end(), [&](const Pdu& p) { return p.opcode() == opcode; });
  return found == pdus.end() ? nullptr : &*found;
}

std::string Outcome::text() const {
  std::string all;
  for (const Pdu& p : pdus)
    all += fmt::format("PDU {:02x} (byte 2: {:02x}, 3: {:02x}, 36: {:02x}{:02x}), ", p.opcode(),
                       p.head[2], p.head[3], p.head[36], p.head[37]);
  return all + (closed ? "closed" : alive ? "goes on" : "neither closed nor answering");
}

Ending closed() {
  return {"closed", [](const Outcome& o) { return o.closed && o.pdus.empty(); }};
}

Ending ignored() {
  return {"ignored", [](const Outcome& o) { return o.alive && o.pdus.empty(); }};
}

Ending rejected() {
  return {"Reject", [](const Outcome& o) { return o.first(kReject) && (o.alive || o.closed); }};
}

Ending rejected(std::initializer_list<int> reasons) {
  const std::set<int> wanted(reasons);
  return {fmt::format("Reject {:02x}", fmt::join(wanted, " or ")), [wanted](const Outcome& o) {
            const Pdu* reject = o.first(kReject);
            return reject && wanted.count(reject->head[2]) && (o.alive || o.closed);
          }};
}

Ending answered(Opcode opcode) {
  return {fmt::format("PDU {:02x}", static_cast<int>(opcode)),
          [opcode](const Outcome& o) { return o.alive && o.first(opcode); }};
}

Ending answered(Opcode opcode, std::size_t at, std::initializer_list<int> values) {
  const std::set<int> wanted(values);
  return {fmt::format("PDU {:02x} with {:02x} at {}", static_cast<int>(opcode),
                      fmt::join(wanted, " or "), at),
          [=](const Outcome& o) {
            const Pdu* pdu = o.first(opcode);
            return o.alive && pdu && wanted.count(pdu->head.at(at));
          }};
}

Ending refused(int status_class, std::initializer_list<int> details) {
  const std::set<int> wanted(details);
  return {fmt::format("login refused with {:02x}{:02x}", status_class, fmt::join(wanted, " or ")),
          [=](const Outcome& o) {
            if (!o.closed || o.pdus.empty() || o.pdus.back().opcode() != kLoginResponse)
              return false;
            const Pdu& last = o.pdus.back();
            return last.head[36] == status_class && (wanted.empty() || wanted.count(last.head[37]));
          }};
}

Ending held() {
  return {"no stage further", [](const Outcome& o) {
            const Pdu* last = o.pdus.empty() ? nullptr : &o.pdus.back();
            return o.alive && last && last->opcode() == kLoginResponse && !last->head[36] &&
                   !(last->head[1] & 0x80);
          }};
}

Ending says(const std::string& pair) {
  return {pair, [pair](const Outcome& o) {
            return std::any_of(o.pdus.begin(), o.pdus.end(), [&](const Pdu& p) {
              const std::string text(p.data.begin(), p.data.end());
              return (p.opcode() == kLoginResponse || p.opcode() == kTextResponse) &&
                     (text + '\0').find(pair + '\0') != std::string::npos;
            });
          }};
}

Endings format_error() {
  return {closed(), rejected({0x04, 0x09})};
}

Outcome observe(Connection& connection, const std::function<bool(const Pdu&)>& last,
                std::chrono::milliseconds wait) {
  const auto until = std::chrono::steady_clock::now() + wait;
  Outcome outcome;
  for (;;) {
    Pdu pdu;
    switch (connection.receive(pdu, std::chrono::duration_cast<std::chrono::milliseconds>(
                                        until - std::chrono::steady_clock::now()))) {
    case Connection::Event::kClosed:
      outcome.closed = true;
      return outcome;
    case Connection::Event::kSilent:
      return outcome;
    case Connection::Event::kPdu:
      if (last(pdu)) {
        outcome.alive = true;
        return outcome;
      }
      // A ping of the target's own has nothing to do with it.
      if (pdu.opcode() != kNopIn || pdu.get(16, 4) != kNoTag)
        outcome.pdus.push_back(pdu);
    }
  }
}

Pdu login_request(std::uint8_t flags, const std::vector<std::string>& keys) {
  static std::mt19937 random{std::random_device{}()};
  Pdu pdu(kLogin | kImmediate, flags);
  // ISID of the random kind, so that no session takes another one's place.
  pdu.put(8, 0x80, 1).put(9, random(), 4).put(13, 1, 1);
  return pdu.itt(1).put(20, 1, 2).word(24, 1).with(text_of(keys));
}

std::vector<std::string> login_keys(const World& world) {
  return {"InitiatorName=" + world.initiator, "TargetName=" + world.target, "SessionType=Normal"};
}

Session::Session(const World& world) : Session(world, Options{}) {}

Session::Session(const World& world, const Options& options)
    : connection(world.portal, options.source), discovery_(options.discovery) {
  std::vector<std::string> keys = {"InitiatorName=" + world.initiator};
  if (options.discovery)
    keys.emplace_back("SessionType=Discovery");
  else
    keys = login_keys(world);
  keys.insert(keys.end(), options.keys.begin(), options.keys.end());
  connection.send(login_request(0x87, keys));
  Pdu pdu;
  if (connection.receive(pdu, std::chrono::seconds(40)) != Connection::Event::kPdu ||
      pdu.opcode() != kLoginResponse || pdu.get(36, 2) != 0 || !(pdu.head[1] & 0x80))
    throw std::runtime_error("the target does not let a good login in");
  exp_stat_sn = pdu.get(24, 4) + 1;
  cmd_sn = pdu.get(28, 4);
  max_cmd_sn = pdu.get(32, 4);
  const std::string text(pdu.data.begin(), pdu.data.end());
  const std::string key = "MaxRecvDataSegmentLength=";
  if (const std::size_t at = text.find(key); at != std::string::npos)
    std::from_chars(text.data() + at + key.size(), text.data() + text.size(), max_data);
  connection.header_digest = text.find("HeaderDigest=CRC32C") != std::string::npos;
  connection.data_digest = text.find("DataDigest=CRC32C") != std::string::npos;
  if (!discovery_)
    become_ready();
}

/// Takes the unit attentions that stand before everything else.
void Session::become_ready() {
  for (int i = 0; i < 10; i++) {
    send(scsi(0x81, kPing, Bytes(6), 0));
    const std::optional<Pdu> response = await(kScsiResponse);
    exp_stat_sn++;
    if (!response)
      break;
    if (response->head[3] == 0)
      return;
  }
  throw std::runtime_error("the LUN does not become ready");
}

Pdu Session::command(std::uint8_t opcode, std::uint8_t flags, std::uint32_t itt) {
  Pdu pdu(opcode, flags);
  pdu.itt(itt).word(24, cmd_sn).word(28, exp_stat_sn);
  if (!(opcode & kImmediate))
    cmd_sn++;
  return pdu;
}

Pdu Session::scsi(std::uint8_t flags, std::uint32_t itt, const Bytes& cdb, std::uint32_t expected) {
  Pdu pdu = command(kScsiCommand, flags, itt);
  pdu.word(20, expected);
  std::copy(cdb.begin(), cdb.end(), pdu.head.begin() + 32);
  return pdu;
}

Bytes Session::framed(const Pdu& pdu) const {
  const auto add_digest = [](Bytes& all, std::uint32_t crc) {
    for (int i = 0; i < 4; i++, crc >>= 8)
      all.push_back(static_cast<std::uint8_t>(crc));
  };
  Bytes all = pdu.head;
  all.insert(all.end(), pdu.ahs.begin(), pdu.ahs.end());
  if (connection.header_digest)
    add_digest(all, crc32c(all));
  Bytes data = pdu.data;
  data.resize((data.size() + 3) & ~std::size_t{3});
  all.insert(all.end(), data.begin(), data.end());
  if (connection.data_digest && !data.empty())
    add_digest(all, crc32c(data));
  return all;
}

Outcome Session::look() {
  // A discovery session takes nothing but Text and Logout (RFC 7143 4.3).
  const Opcode answer = discovery_ ? kTextResponse : kNopIn;
  Pdu ping(static_cast<std::uint8_t>((discovery_ ? kText : kNopOut) | kImmediate), 0x80);
  ping.itt(kPing).word(20, kNoTag).word(24, cmd_sn).word(28, exp_stat_sn);
  if (discovery_)
    ping.with(text_of({"SendTargets=All"}));
  send(ping);
  return observe(connection,
                 [answer](const Pdu& p) { return p.opcode() == answer && p.get(16, 4) == kPing; });
}

Outcome Session::provoke(const std::vector<Pdu>& pdus) {
  for (const Pdu& pdu : pdus)
    if (!send(pdu))
      break;
  return look();
}

std::optional<Pdu> Session::await(Opcode opcode) {
  Pdu found;
  const Outcome outcome = observe(connection, [&](const Pdu& pdu) {
    found = pdu;
    return pdu.opcode() == opcode;
  });
  return outcome.alive ? std::optional<Pdu>(found) : std::nullopt;
}

} // namespace hostile
