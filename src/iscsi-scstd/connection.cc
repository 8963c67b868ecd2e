// SPDX-License-Identifier: GPL-2.0-only
#include "connection.hh"

#include "log.hh"

#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace scstd {

namespace {

/// Requests handled per call of step(): no initiator keeps the others waiting.
constexpr int kBudget = 8;
/// What a refused initiator may still send before we stop listening to it.
constexpr std::size_t kMaxDrain = 64ul * 1024;

Ends with_fd(Ends ends, int fd) {
  ends.fd = fd;
  return ends;
}

bool would_block(int err) {
  return err == EAGAIN || err == EWOULDBLOCK || err == EINTR;
}

} // namespace

Connection::Connection(UniqueFd fd, Kernel& kernel, Ends ends)
    : fd_(std::move(fd)), kernel_(kernel), ends_(with_fd(std::move(ends), fd_.get())),
      login_(kernel, ends_) {}

Connection::~Connection() {
  // The kernel knows the connection from the final response on; without that it must forget it.
  if (next_ == Next::HandOver)
    kernel_.drop_conn(login_.handle());
}

std::uint32_t Connection::wanted_events() const {
  return state_ == State::Write ? EPOLLOUT : EPOLLIN;
}

void Connection::step() {
  for (int budget = kBudget; budget > 0; budget--) {
    bool go_on = false;
    switch (state_) {
    case State::ReadHeader:
      go_on = read_header();
      break;
    case State::ReadRest:
      go_on = read_rest();
      break;
    case State::Write:
      go_on = write_out();
      break;
    case State::Drain:
      go_on = drain();
      break;
    case State::Dead:
      break;
    }
    if (!go_on)
      return;
  }
}

/// Fills buf up to len bytes in all; true when it is full. Never reads on: what
/// follows the last login request belongs to the kernel.
bool Connection::read_into(std::uint8_t* buf, std::size_t len) {
  while (done_ < len) {
    ssize_t n = recv(fd_.get(), buf + done_, len - done_, MSG_DONTWAIT);
    if (n > 0) {
      done_ += static_cast<std::size_t>(n);
      continue;
    }
    if (n == 0 || !would_block(errno))
      state_ = State::Dead;
    return false;
  }
  done_ = 0;
  return true;
}

bool Connection::read_header() {
  if (!read_into(request_.bhs.data(), request_.bhs.size()))
    return false;
  const std::uint8_t* bhs = request_.bhs.data();
  const std::uint32_t data_len = sl_bhs_data_len(bhs);
  // The one length that the initiator chooses freely: checked before anything is sized by it.
  if (data_len > kMaxSegment) {
    log(Level::Notice, "{} announces a segment of {} bytes where {} are the limit: closed",
        ends_.peer, data_len, kMaxSegment);
    state_ = State::Dead;
    return false;
  }
  rest_.resize(sl_bhs_ahs_len(bhs) + data_len + sl_iscsi_pad(data_len));
  state_ = State::ReadRest;
  return true;
}

bool Connection::read_rest() {
  if (!read_into(reinterpret_cast<std::uint8_t*>(rest_.data()), rest_.size()))
    return false;
  const std::uint8_t* bhs = request_.bhs.data();
  request_.data = rest_.substr(sl_bhs_ahs_len(bhs), sl_bhs_data_len(bhs));
  handle_request();
  return state_ != State::Dead;
}

void Connection::handle_request() {
  if (discovery_) {
    send(discovery_->receive(request_));
    return;
  }
  Reply reply = login_.receive(request_);
  if (reply.next == Next::Close && sl_bhs_opcode(reply.pdu.bhs.data()) != SL_ISCSI_LOGIN_RSP) {
    log(Level::Info, "{} does not begin with a Login Request: closed", ends_.peer);
    state_ = State::Dead;
    return;
  }
  send(reply);
}

void Connection::send(const Reply& reply) {
  const Pdu& pdu = reply.pdu;
  out_.assign(pdu.bhs.begin(), pdu.bhs.end());
  out_ += pdu.data;
  out_.append(sl_iscsi_pad(static_cast<std::uint32_t>(pdu.data.size())), '\0');
  next_ = reply.next;
  state_ = State::Write;
}

bool Connection::write_out() {
  while (done_ < out_.size()) {
    ssize_t n =
        ::send(fd_.get(), out_.data() + done_, out_.size() - done_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) {
      if (!would_block(errno))
        state_ = State::Dead;
      return false;
    }
    done_ += static_cast<std::size_t>(n);
  }
  done_ = 0;
  sent();
  return state_ != State::Dead;
}

void Connection::sent() {
  switch (next_) {
  case Next::Discover:
    discovery_.emplace(kernel_, ends_, login_);
    [[fallthrough]];
  case Next::Read:
    state_ = State::ReadHeader;
    break;
  case Next::HandOver:
    hand_over();
    break;
  case Next::Close:
    // Closing with unread input would reset the connection and lose our answer.
    shutdown(fd_.get(), SHUT_WR);
    state_ = State::Drain;
    break;
  }
}

void Connection::hand_over() {
  state_ = State::Dead;
  if (int err = kernel_.start_conn(login_.handle()))
    log(Level::Error, "the kernel does not start the connection of {}: {}", ends_.peer,
        strerror(err));
  else
    next_ = Next::Close; // it is the kernel's now
}

bool Connection::drain() {
  char junk[4096];
  ssize_t n = recv(fd_.get(), junk, sizeof(junk), MSG_DONTWAIT);
  if (n > 0 && (drained_ += static_cast<std::size_t>(n)) <= kMaxDrain)
    return true;
  if (n >= 0 || !would_block(errno))
    state_ = State::Dead;
  return false;
}

} // namespace scstd
