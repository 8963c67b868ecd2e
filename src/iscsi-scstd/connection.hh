// SPDX-License-Identifier: GPL-2.0-only
// One connection between accept and hand-over: moves PDUs between a
// non-blocking socket and the login or the discovery session.
#pragma once

#include "discovery.hh"
#include "login.hh"
#include "unique_fd.hh"

#include <optional>

namespace scstd {

class Connection {
public:
  enum class State {
    ReadHeader,
    ReadRest, ///< additional header, data segment, padding
    Write,
    Drain, ///< our side is shut down; waits for the initiator's end
    Dead,
  };

  /// `ends.fd` is ignored: the connection owns `fd`.
  Connection(UniqueFd fd, Kernel& kernel, Ends ends);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Goes on as far as the socket allows. Call when wanted_events() are there.
  void step();

  State state() const { return state_; }
  /// EPOLLIN or EPOLLOUT.
  std::uint32_t wanted_events() const;
  /// Is the login over and a discovery session open?
  bool discovering() const { return discovery_.has_value(); }
  const std::string& peer() const { return ends_.peer; }

private:
  bool read_into(std::uint8_t* buf, std::size_t len);
  bool read_header();
  bool read_rest();
  bool write_out();
  bool drain();
  void handle_request();
  void send(const Reply& reply);
  void sent();
  void hand_over();

  UniqueFd fd_;
  Kernel& kernel_;
  Ends ends_;
  State state_ = State::ReadHeader;
  Login login_;
  std::optional<Discovery> discovery_;
  Pdu request_;
  std::string rest_;
  std::string out_;
  std::size_t done_ = 0;    ///< bytes of the current header, rest or output
  std::size_t drained_ = 0; ///< bytes thrown away
  Next next_ = Next::Read;
};

} // namespace scstd
