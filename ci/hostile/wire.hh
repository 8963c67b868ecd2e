// SPDX-License-Identifier: GPL-2.0-only
// iSCSI PDUs (RFC 7143 11) byte by byte, and connections on which anything can be sent. On purpose
// nothing of this is shared with the target: who tests it must not make its mistakes.
#ifndef HOSTILE_WIRE_HH
#define HOSTILE_WIRE_HH

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace hostile {

using Bytes = std::vector<std::uint8_t>;

enum Opcode : std::uint8_t {
  kNopOut = 0x00,
  kScsiCommand = 0x01,
  kTaskManagement = 0x02,
  kLogin = 0x03,
  kText = 0x04,
  kDataOut = 0x05,
  kLogout = 0x06,
  kSnack = 0x10,
  kNopIn = 0x20,
  kScsiResponse = 0x21,
  kTaskManagementResponse = 0x22,
  kLoginResponse = 0x23,
  kTextResponse = 0x24,
  kDataIn = 0x25,
  kLogoutResponse = 0x26,
  kR2t = 0x31,
  kAsync = 0x32,
  kReject = 0x3f,
};

constexpr std::uint8_t kImmediate = 0x40;
constexpr std::uint32_t kNoTag = 0xffffffff;
constexpr std::size_t kHeader = 48;

/// A header of 48 bytes, and what follows it. Numbers are big-endian; nothing is checked.
struct Pdu {
  Bytes head = Bytes(kHeader);
  Bytes ahs;  ///< as sent, padding included
  Bytes data; ///< padded when sent

  Pdu() = default;
  Pdu(std::uint8_t opcode, std::uint8_t flags);

  Pdu& put(std::size_t at, std::uint64_t value, unsigned bytes);
  [[nodiscard]] std::uint32_t get(std::size_t at, unsigned bytes) const;

  Pdu& lun(std::uint64_t value) { return put(8, value, 8); }
  Pdu& itt(std::uint32_t value) { return put(16, value, 4); }
  Pdu& word(std::size_t at, std::uint32_t value) { return put(at, value, 4); }
  /// Sets the data segment and its length.
  Pdu& with(Bytes segment);
  Pdu& with(const std::string& text);
  /// Sets the additional header segment and TotalAHSLength.
  Pdu& with_ahs(Bytes segment);
  /// DataSegmentLength, whatever there is.
  Pdu& claim(std::uint32_t length) { return put(5, length, 3); }

  [[nodiscard]] std::uint8_t opcode() const { return head[0] & 0x3f; }
  [[nodiscard]] Bytes raw() const;
};

/// Castagnoli (RFC 7143 13.1).
std::uint32_t crc32c(const Bytes& data);

/// "key=value" pairs, each with its NUL.
std::string text_of(const std::vector<std::string>& pairs);

/// A TCP connection to the target. What fails throws std::runtime_error, but for the peer's end.
class Connection {
public:
  /// @portal: ADDRESS:PORT. @source: the address it comes from, or empty.
  explicit Connection(const std::string& portal, const std::string& source = "");
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// False: the target has closed it.
  bool send(const Bytes& bytes);
  bool send(const Pdu& pdu) { return send(pdu.raw()); }

  enum class Event { kPdu, kClosed, kSilent };
  /// The next PDU, the end, or nothing for so long.
  Event receive(Pdu& pdu, std::chrono::milliseconds wait);

  /// The end comes as a reset.
  void reset_at_end();

  /// Digests that the target sends, from now on.
  bool header_digest = false;
  bool data_digest = false;

private:
  Event fill(std::size_t size, std::chrono::steady_clock::time_point until);
  int fd_ = -1;
  Bytes buffer_; ///< received, not taken yet
};

} // namespace hostile

#endif
