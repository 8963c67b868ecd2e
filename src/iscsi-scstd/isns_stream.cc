// SPDX-License-Identifier: GPL-2.0-only
#include "isns_stream.hh"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace scstd::isns {

namespace {

bool would_block(int err) {
  return err == EAGAIN || err == EWOULDBLOCK || err == EINTR;
}

} // namespace

/// Until in_ has `len` bytes.
bool Stream::fill(std::size_t len) {
  while (in_.size() < len) {
    const std::size_t had = in_.size();
    in_.resize(len);
    const ssize_t n = recv(fd_, in_.data() + had, len - had, MSG_DONTWAIT);
    const int err = errno;
    in_.resize(had + (n > 0 ? static_cast<std::size_t>(n) : 0));
    if (n > 0)
      continue;
    if (n == 0)
      fail("it has closed the connection");
    else if (!would_block(err))
      fail(strerror(err));
    return false;
  }
  return true;
}

bool Stream::receive(Message& message) {
  while (!broken() && fill(kHeaderLen)) {
    const Header header = unpack_header(in_.data());
    // The length that the other side chooses: looked at before anything is sized by it.
    if (!assembler_.check(header)) {
      fail(assembler_.error());
      return false;
    }
    if (!fill(kHeaderLen + header.length))
      return false;
    const auto result = assembler_.add(header, std::string_view(in_).substr(kHeaderLen), message);
    in_.clear();
    if (result == Assembler::Result::Done)
      return true;
    if (result == Assembler::Result::Broken)
      fail(assembler_.error());
  }
  return false;
}

void Stream::flush() {
  while (!broken() && wants_write()) {
    const ssize_t n =
        ::send(fd_, out_.data() + done_, out_.size() - done_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n >= 0) {
      done_ += static_cast<std::size_t>(n);
      continue;
    }
    if (!would_block(errno))
      fail(strerror(errno));
    return;
  }
  out_.clear();
  done_ = 0;
}

} // namespace scstd::isns
