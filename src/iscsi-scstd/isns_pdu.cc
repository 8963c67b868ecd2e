// SPDX-License-Identifier: GPL-2.0-only
#include "isns_pdu.hh"

#include "port.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>

namespace scstd::isns {

namespace {

constexpr std::size_t kWord = 4;
constexpr std::size_t kAttributeHead = 2 * kWord;

void put16(std::string& out, std::uint16_t value) {
  std::array<char, 2> be{};
  sl_put_be16(value, be.data());
  out.append(be.data(), be.size());
}

std::size_t padding(std::size_t len) {
  return (kWord - len % kWord) % kWord;
}

} // namespace

const char* to_text(Status status) {
  switch (status) {
  case Status::Success:
    return "success";
  case Status::FormatError:
    return "message format error";
  case Status::InvalidRegistration:
    return "invalid registration";
  case Status::InvalidQuery:
    return "invalid query";
  case Status::SourceUnknown:
    return "source unknown";
  case Status::SourceAbsent:
    return "source absent";
  case Status::SourceUnauthorized:
    return "source not authorized";
  case Status::NoSuchEntry:
    return "no such entry";
  case Status::NotSupported:
    return "message not supported";
  case Status::EsiNotAvailable:
    return "no entity status inquiries";
  case Status::UnknownError:
    break;
  }
  return "an error";
}

Header unpack_header(const char* at) {
  return {sl_get_be16(at),     sl_get_be16(at + 2), sl_get_be16(at + 4),
          sl_get_be16(at + 6), sl_get_be16(at + 8), sl_get_be16(at + 10)};
}

std::string pack(const Message& message) {
  std::string out;
  std::size_t done = 0;
  std::uint16_t sequence = 0;
  do {
    const std::size_t len = std::min(message.payload.size() - done, kMaxPduPayload);
    std::uint16_t flags = message.flags;
    if (done == 0)
      flags |= kFirst;
    if (done + len == message.payload.size())
      flags |= kLast;
    put16(out, kVersion);
    put16(out, message.function);
    put16(out, static_cast<std::uint16_t>(len));
    put16(out, flags);
    put16(out, message.transaction);
    put16(out, sequence++);
    out.append(message.payload, done, len);
    done += len;
  } while (done < message.payload.size());
  return out;
}

bool Assembler::fail(std::string why) {
  error_ = std::move(why);
  return false;
}

bool Assembler::check(const Header& header) {
  if (header.version != kVersion)
    return fail(fmt::format("version {} of the protocol, not {}", header.version, kVersion));
  if (header.length % kWord)
    return fail(fmt::format("a length of {} bytes, no whole words", header.length));
  // Who signs wants to be sent signatures too, which need keys that we have not.
  if (header.flags & kSigned)
    return fail("signed messages, which are not supported");
  if (header.sequence != next_ || ((header.flags & kFirst) != 0) != (next_ == 0))
    return fail("a PDU out of turn");
  if (next_ && (header.function != first_.function || header.transaction != first_.transaction))
    return fail("a PDU of another message");
  if (payload_.size() + header.length > limit_)
    return fail(fmt::format("a message of more than {} bytes", limit_));
  return true;
}

Assembler::Result Assembler::add(const Header& header, std::string_view payload, Message& message) {
  if (!check(header))
    return Result::Broken;
  if (next_ == 0)
    first_ = header;
  payload_ += payload;
  // Nobody has more to say than fits the limit: empty PDUs must not go on for ever either.
  if (!(header.flags & kLast)) {
    if (payload.empty() || ++next_ == 0) {
      fail("a message without end");
      return Result::Broken;
    }
    return Result::More;
  }
  message.function = first_.function;
  message.flags = first_.flags & static_cast<std::uint16_t>(~(kFirst | kLast));
  message.transaction = first_.transaction;
  message.payload = std::move(payload_);
  payload_.clear();
  next_ = 0;
  return Result::Done;
}

void Payload::word(std::uint32_t value) {
  std::array<char, kWord> be{};
  sl_put_be32(value, be.data());
  out_.append(be.data(), be.size());
}

Payload& Payload::status(Status status) {
  word(static_cast<std::uint32_t>(status));
  return *this;
}

Payload& Payload::text(Tag tag, std::string_view value) {
  const std::size_t len = value.size() + 1;
  word(static_cast<std::uint32_t>(tag));
  word(static_cast<std::uint32_t>(len + padding(len)));
  out_ += value;
  out_.append(1 + padding(len), '\0');
  return *this;
}

Payload& Payload::number(Tag tag, std::uint32_t value) {
  word(static_cast<std::uint32_t>(tag));
  word(kWord);
  word(value);
  return *this;
}

Payload& Payload::address(Tag tag, const std::string& host) {
  std::array<char, sizeof(in6_addr)> ip{};
  if (inet_pton(AF_INET, host.c_str(), ip.data() + 12) == 1)
    ip[10] = ip[11] = '\xff';
  else
    inet_pton(AF_INET6, host.c_str(), ip.data());
  word(static_cast<std::uint32_t>(tag));
  word(static_cast<std::uint32_t>(ip.size()));
  out_.append(ip.data(), ip.size());
  return *this;
}

Payload& Payload::none(Tag tag) {
  word(static_cast<std::uint32_t>(tag));
  word(0);
  return *this;
}

std::string_view Attribute::text() const {
  return value.substr(0, value.find('\0'));
}

std::optional<std::uint32_t> Attribute::number() const {
  if (value.size() != kWord)
    return std::nullopt;
  return sl_get_be32(value.data());
}

bool Attributes::next(Attribute& out) {
  if (rest_.empty() || malformed_)
    return false;
  malformed_ = rest_.size() < kAttributeHead;
  if (malformed_)
    return false;
  const std::uint32_t len = sl_get_be32(rest_.data() + kWord);
  malformed_ = len % kWord != 0 || len > rest_.size() - kAttributeHead;
  if (malformed_)
    return false;
  out.tag = static_cast<Tag>(sl_get_be32(rest_.data()));
  out.value = rest_.substr(kAttributeHead, len);
  rest_.remove_prefix(kAttributeHead + len);
  return true;
}

std::optional<Status> take_status(std::string_view& payload) {
  if (payload.size() < kWord)
    return std::nullopt;
  const auto status = static_cast<Status>(sl_get_be32(payload.data()));
  payload.remove_prefix(kWord);
  return status;
}

} // namespace scstd::isns
