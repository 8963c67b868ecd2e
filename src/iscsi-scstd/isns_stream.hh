// SPDX-License-Identifier: GPL-2.0-only
// iSNS messages on a non-blocking stream socket.
#pragma once

#include "isns_pdu.hh"

namespace scstd::isns {

class Stream {
public:
  /// The socket belongs to the caller.
  explicit Stream(int fd, std::size_t limit = kMaxMessage) : fd_(fd), assembler_(limit) {}

  /// The next message, as far as the socket has it. False: there is none yet, or broken().
  bool receive(Message& message);

  void send(const Message& message) { out_ += pack(message); }
  /// Writes what can be written.
  void flush();
  bool wants_write() const { return done_ < out_.size(); }

  bool broken() const { return !error_.empty(); }
  const std::string& error() const { return error_; }

private:
  bool fill(std::size_t len);
  void fail(std::string why) { error_ = std::move(why); }

  int fd_;
  Assembler assembler_;
  std::string in_;       ///< of the PDU under way
  std::string out_;      ///< of the messages under way
  std::size_t done_ = 0; ///< bytes of out_ that are sent
  std::string error_;
};

} // namespace scstd::isns
