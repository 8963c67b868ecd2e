// SPDX-License-Identifier: GPL-2.0-only
// What a target may do with a case, and what it did.
#ifndef HOSTILE_VERDICT_HH
#define HOSTILE_VERDICT_HH

#include "wire.hh"

#include <functional>
#include <initializer_list>
#include <set>

namespace hostile {

/// All that came back until the target closed the connection, or answered the ping after the case.
struct Outcome {
  bool closed = false;
  bool alive = false; ///< it has answered what came after the case
  std::vector<Pdu> pdus;

  [[nodiscard]] const Pdu* first(Opcode opcode) const;
  [[nodiscard]] std::string text() const;
};

/// One way of ending that is allowed.
struct Ending {
  std::string name;
  std::function<bool(const Outcome&)> is;
};
using Endings = std::vector<Ending>;

Ending closed();   ///< without a word
Ending ignored();  ///< as if it had not come
Ending rejected(); ///< Reject, for whatever reason; the connection goes on
Ending rejected(std::initializer_list<int> reasons); ///< RFC 7143 11.17.1
Ending answered(Opcode opcode);                      ///< by a PDU of this kind, and goes on
/// ... whose byte @at is one of these.
Ending answered(Opcode opcode, std::size_t at, std::initializer_list<int> values);
/// A login response of this class, and of one of these details if any are given; then the end.
Ending refused(int status_class, std::initializer_list<int> details = {});
/// A login response that refuses nothing and goes no stage further.
Ending held();
/// Text of a login or text response in which a key has this value.
Ending says(const std::string& pair);

/// RFC 7143 7.7: a format error ends the connection; a Reject that names the field is as clear.
Endings format_error();

struct World {
  std::string portal;
  std::string target;
  std::string chap_target; ///< asks for CHAP
  std::string initiator;
};

struct Case {
  std::string name;
  std::function<Outcome(const World&)> run;
  Endings allowed;
};
using Cases = std::vector<Case>;

void add_login_cases(Cases& cases);
void add_full_cases(Cases& cases);
void add_length_cases(Cases& cases);
void add_flood_cases(Cases& cases);

/// Reads until the connection ends, or @last has come, which is not kept.
Outcome observe(Connection& connection, const std::function<bool(const Pdu&)>& last,
                std::chrono::milliseconds wait = std::chrono::seconds(20));

/// A session in full feature phase.
class Session {
public:
  struct Options {
    std::vector<std::string> keys;
    bool discovery = false;
    std::string source; ///< address that it comes from
  };
  explicit Session(const World& world);
  Session(const World& world, const Options& options);

  /// The next CmdSN is the one after; numbers that are 0 in a case are filled in by this.
  Pdu command(std::uint8_t opcode, std::uint8_t flags, std::uint32_t itt);
  /// SCSI command of the LUN 0: @cdb, @expected bytes.
  Pdu scsi(std::uint8_t flags, std::uint32_t itt, const Bytes& cdb, std::uint32_t expected);
  /// Sends it, digests as agreed.
  bool send(const Pdu& pdu) { return connection.send(framed(pdu)); }
  [[nodiscard]] Bytes framed(const Pdu& pdu) const;
  /// Sends, then pings and looks.
  Outcome provoke(const std::vector<Pdu>& pdus);
  Outcome look();
  /// The next PDU of this kind; others before it are dropped.
  std::optional<Pdu> await(Opcode opcode);

  Connection connection;
  std::uint32_t cmd_sn = 1;
  std::uint32_t exp_stat_sn = 1;
  std::uint32_t max_cmd_sn = 1;
  std::uint32_t max_data = 8192; ///< MaxRecvDataSegmentLength of the target

private:
  void become_ready();
  bool discovery_;
};

/// A login request: @flags are T, C, CSG and NSG.
Pdu login_request(std::uint8_t flags, const std::vector<std::string>& keys);
std::vector<std::string> login_keys(const World& world);

} // namespace hostile

#endif
