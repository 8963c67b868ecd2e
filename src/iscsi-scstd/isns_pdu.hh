// SPDX-License-Identifier: GPL-2.0-only
// iSNS messages (RFC 4171 5): headers, attributes, messages cut into PDUs and put together again.
// No I/O; what comes in may be anything.
#pragma once

#include "address.hh"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace scstd::isns {

constexpr std::uint16_t kPort = 3205;
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeaderLen = 12;
/// Most that the length field of a PDU can say, in whole words.
constexpr std::size_t kMaxPduPayload = 65532;
/// Most that is put together from the PDUs of one message.
constexpr std::size_t kMaxMessage = 4ul * 1024 * 1024;

/// 5.1.2; a response has the request's with kResponse.
enum class Function : std::uint16_t {
  DevAttrReg = 0x0001,
  DevAttrQry = 0x0002,
  DevDereg = 0x0004,
  ScnReg = 0x0005,
  Scn = 0x0008,
  Esi = 0x000d,
};
constexpr std::uint16_t kResponse = 0x8000;

/// 5.1.4
enum Flag : std::uint16_t {
  kFromClient = 0x8000,
  kFromServer = 0x4000,
  kSigned = 0x2000, ///< an authentication block follows
  kReplace = 0x1000,
  kLast = 0x0800,
  kFirst = 0x0400,
};

/// 5.4
enum class Status : std::uint32_t {
  Success = 0,
  UnknownError = 1,
  FormatError = 2,
  InvalidRegistration = 3,
  InvalidQuery = 5,
  SourceUnknown = 6,
  SourceAbsent = 7,
  SourceUnauthorized = 8,
  NoSuchEntry = 9,
  NotSupported = 15, ///< the function
  EsiNotAvailable = 21,
};
/// In words, for messages.
const char* to_text(Status status);

/// 6.1: those that a target has to do with.
enum class Tag : std::uint32_t {
  Delimiter = 0,
  EntityId = 1,
  EntityProtocol = 2,
  Timestamp = 4,
  RegistrationPeriod = 6,
  PortalAddress = 16,
  PortalPort = 17,
  EsiInterval = 19,
  EsiPort = 20,
  ScnPort = 23,
  IscsiName = 32,
  NodeType = 33,
  ScnBitmap = 35,
  GroupName = 48, ///< the node that the group belongs to
  GroupAddress = 49,
  GroupPort = 50,
  GroupTag = 51,
};

constexpr std::uint32_t kProtocolIscsi = 2; ///< EntityProtocol
constexpr std::uint32_t kNodeTarget = 1;    ///< NodeType
constexpr std::uint32_t kNodeInitiator = 2;
// ScnBitmap
constexpr std::uint32_t kScnInitiatorsAndSelf = 0x80;
constexpr std::uint32_t kScnRemoved = 0x10;
constexpr std::uint32_t kScnAdded = 0x08;
constexpr std::uint32_t kScnUpdated = 0x04;

struct Header {
  std::uint16_t version = kVersion;
  std::uint16_t function = 0;
  std::uint16_t length = 0; ///< of the payload
  std::uint16_t flags = 0;
  std::uint16_t transaction = 0;
  std::uint16_t sequence = 0; ///< of the PDU within its message
};
/// `at` has kHeaderLen bytes.
Header unpack_header(const char* at);

struct Message {
  std::uint16_t function = 0;
  std::uint16_t flags = 0; ///< without kFirst and kLast
  std::uint16_t transaction = 0;
  std::string payload;

  bool is_response() const { return (function & kResponse) != 0; }
};

/// The PDUs of a message, one after the other.
std::string pack(const Message& message);

/// Puts messages together. After a failure the connection is of no use any more.
class Assembler {
public:
  enum class Result {
    More,  ///< the message goes on in another PDU
    Done,  ///< `message` is whole
    Broken ///< no PDU of this message, or of any; error() says why
  };
  explicit Assembler(std::size_t limit = kMaxMessage) : limit_(limit) {}

  /// Before the payload is read: is this the PDU that comes next?
  bool check(const Header& header);
  Result add(const Header& header, std::string_view payload, Message& message);
  const std::string& error() const { return error_; }

private:
  bool fail(std::string why);

  std::size_t limit_;
  Header first_;
  std::uint16_t next_ = 0; ///< sequence number
  std::string payload_;
  std::string error_;
};

/// Builds a payload of attributes (5.3: tag, length, value in whole words).
class Payload {
public:
  Payload& status(Status status);
  Payload& text(Tag tag, std::string_view value); ///< ended by a NUL
  Payload& number(Tag tag, std::uint32_t value);
  Payload& address(Tag tag, const std::string& host); ///< IPv4 mapped into IPv6
  Payload& none(Tag tag);                             ///< without a value
  Payload& delimiter() { return none(Tag::Delimiter); }
  std::size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }

private:
  void word(std::uint32_t value);

  std::string out_;
};

struct Attribute {
  Tag tag{};
  std::string_view value; ///< within the payload

  std::string_view text() const; ///< up to the first NUL
  std::optional<std::uint32_t> number() const;
};

/// Reads a payload attribute by attribute.
class Attributes {
public:
  explicit Attributes(std::string_view payload) : rest_(payload) {}
  /// False: there is none left, or malformed() is true.
  bool next(Attribute& out);
  bool malformed() const { return malformed_; }

private:
  std::string_view rest_;
  bool malformed_ = false;
};

/// The status that a response begins with, which is cut off; nothing: it is too short.
std::optional<Status> take_status(std::string_view& payload);

} // namespace scstd::isns
