// SPDX-License-Identifier: GPL-2.0-only
// Socket addresses as text, and listening sockets.
#pragma once

#include "unique_fd.hh"

#include <cstdint>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace scstd {

struct Address {
  std::string host; ///< numeric; no brackets, no scope, IPv4 mapped into IPv6 as IPv4
  std::uint16_t port = 0;

  bool operator==(const Address&) const = default;
};

/// Empty host: not an internet address.
Address to_address(const sockaddr_storage& from);

/// Our end of a socket.
Address local_address(int fd);

/// "host[:port]", numeric, an IPv6 host with a port in brackets; host "" = that is no address.
Address parse_address(const std::string& text, std::uint16_t default_port);

/// "host:port" with brackets around IPv6, as people write it.
std::string to_text(const Address& address);

/// Begins to connect a TCP socket that is not connected. 0 or the errno, EINPROGRESS mostly.
int connect_to(int fd, const Address& address);

struct Listeners {
  std::vector<UniqueFd> sockets;
  std::string error; ///< empty: all is well
};

/// Listens on each address (numeric; brackets allowed). None given: on all of
/// IPv4 and all of IPv6 by a socket each, IPv6 only where the kernel has it.
/// Any other failure is an error that names address, port, cause and way out.
Listeners listen_on(const std::vector<std::string>& addresses, std::uint16_t port);

/// A TCP socket at some free port of this address, which does not listen yet; it may be none.
UniqueFd bind_to(const std::string& host);

} // namespace scstd
