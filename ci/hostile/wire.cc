// SPDX-License-Identifier: GPL-2.0-only
#include "wire.hh"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace hostile {

Pdu::Pdu(std::uint8_t opcode, std::uint8_t flags) {
  head[0] = opcode;
  head[1] = flags;
}

Pdu& Pdu::put(std::size_t at, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; value >>= 8)
    head.at(at + --i) = static_cast<std::uint8_t>(value);
  return *this;
}

std::uint32_t Pdu::get(std::size_t at, unsigned bytes) const {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < bytes; i++)
    value = value << 8 | head.at(at + i);
  return value;
}

Pdu& Pdu::with(Bytes segment) {
  data = std::move(segment);
  return claim(static_cast<std::uint32_t>(data.size()));
}

Pdu& Pdu::with(const std::string& text) {
  return with(Bytes(text.begin(), text.end()));
}

Pdu& Pdu::with_ahs(Bytes segment) {
  ahs = std::move(segment);
  return put(4, ahs.size() / 4, 1);
}

Bytes Pdu::raw() const {
  Bytes all = head;
  all.insert(all.end(), ahs.begin(), ahs.end());
  all.insert(all.end(), data.begin(), data.end());
  all.resize((all.size() + 3) & ~std::size_t{3});
  return all;
}

std::uint32_t crc32c(const Bytes& data) {
  std::uint32_t crc = ~0U;
  for (const std::uint8_t byte : data) {
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78U : 0U);
  }
  return ~crc;
}

std::string text_of(const std::vector<std::string>& pairs) {
  std::string text;
  for (const std::string& pair : pairs)
    text += pair + '\0';
  return text;
}

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

struct Address {
  addrinfo* found = nullptr;
  ~Address() {
    if (found)
      freeaddrinfo(found);
  }
};

void resolve(Address& address, const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &address.found) != 0)
    throw std::runtime_error(host + ":" + port + " is no address");
}

int connect_to(const std::string& portal, const std::string& source) {
  const std::size_t colon = portal.rfind(':');
  if (colon == std::string::npos)
    throw std::runtime_error(portal + " is no ADDRESS:PORT");
  Address to;
  resolve(to, portal.substr(0, colon), portal.substr(colon + 1));
  const int fd = socket(to.found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    fail("a socket");
  if (!source.empty()) {
    Address from;
    resolve(from, source, "0");
    if (bind(fd, from.found->ai_addr, from.found->ai_addrlen) != 0)
      fail("binding to " + source);
  }
  if (connect(fd, to.found->ai_addr, to.found->ai_addrlen) != 0)
    fail("connecting to " + portal);
  return fd;
}

} // namespace

Connection::Connection(const std::string& portal, const std::string& source)
    : fd_(connect_to(portal, source)) {}

Connection::~Connection() {
  close(fd_);
}

void Connection::reset_at_end() {
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

bool Connection::send(const Bytes& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    // Who is not listened to any more is as good as cut off.
    pollfd writable{fd_, POLLOUT, 0};
    if (poll(&writable, 1, 10000) <= 0)
      return false;
    const ssize_t n =
        ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
      return false;
    if (n < 0)
      fail("sending");
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

Connection::Event Connection::fill(std::size_t size, std::chrono::steady_clock::time_point until) {
  while (buffer_.size() < size) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        until - std::chrono::steady_clock::now());
    pollfd readable{fd_, POLLIN, 0};
    if (left.count() <= 0 || poll(&readable, 1, static_cast<int>(left.count())) == 0)
      return Event::kSilent;
    std::array<std::uint8_t, 65536> part;
    const ssize_t n = recv(fd_, part.data(), part.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      continue;
    if (n <= 0)
      return Event::kClosed;
    buffer_.insert(buffer_.end(), part.begin(), part.begin() + n);
  }
  return Event::kPdu;
}

Connection::Event Connection::receive(Pdu& pdu, std::chrono::milliseconds wait) {
  const auto until = std::chrono::steady_clock::now() + wait;
  Event event = fill(kHeader, until);
  if (event != Event::kPdu)
    return event;
  pdu = Pdu();
  pdu.head.assign(buffer_.begin(), buffer_.begin() + kHeader);
  const std::size_t ahs = std::size_t{pdu.head[4]} * 4;
  const std::size_t length = pdu.get(5, 3);
  const std::size_t begin = kHeader + ahs + (header_digest ? 4 : 0);
  const std::size_t end =
      begin + ((length + 3) & ~std::size_t{3}) + (data_digest && length ? 4 : 0);
  event = fill(end, until);
  if (event != Event::kPdu)
    return event;
  const auto at = [&](std::size_t n) { return buffer_.begin() + static_cast<std::ptrdiff_t>(n); };
  pdu.data.assign(at(begin), at(begin + length));
  buffer_.erase(buffer_.begin(), at(end));
  return event;
}

} // namespace hostile
