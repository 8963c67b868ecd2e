// SPDX-License-Identifier: GPL-2.0-only
// What travels on a connection before full feature phase: one PDU, and the
// login status codes. Field access is lib/iscsi_pdu's business.
#pragma once

#include "port.h"
extern "C" {
#include "iscsi_pdu.h"
}
#include "iscsi_text.h"

#include <array>
#include <cstdint>
#include <string>

namespace scstd {

/// Largest data segment taken from an initiator: the login default (RFC 7143 13.12).
constexpr std::uint32_t kMaxSegment = 8192;
/// Largest text put together from segments with the C bit (RFC 7143 6.1).
constexpr std::size_t kMaxText = 64ul * 1024;

struct Pdu {
  std::array<std::uint8_t, SL_BHS_LEN> bhs{};
  std::string data; ///< without padding
};

/// Login status, class in the high byte (RFC 7143 11.13.5).
enum class Status : std::uint16_t {
  Success = 0x0000,
  MovedTemporarily = 0x0101,
  MovedPermanently = 0x0102,
  InitiatorError = 0x0200,
  AuthenticationFailure = 0x0201,
  Forbidden = 0x0202,
  NotFound = 0x0203,
  UnsupportedVersion = 0x0205,
  TooManyConnections = 0x0206,
  MissingParameter = 0x0207,
  SessionTypeNotSupported = 0x0209,
  SessionDoesNotExist = 0x020a,
  InvalidDuringLogin = 0x020b,
  TargetError = 0x0300,
  ServiceUnavailable = 0x0301,
  OutOfResources = 0x0302,
};

/// What happens to the connection once the answer was sent.
enum class Next {
  Read,     ///< the next request of the same phase
  Discover, ///< as Read; full feature phase of a discovery session begins
  HandOver, ///< the kernel takes the connection
  Close,
};

struct Reply {
  Pdu pdu;
  Next next = Next::Read;
};

/// The two ends of a TCP connection; addresses are numeric, without brackets.
struct Ends {
  int fd = -1;
  std::string portal; ///< our address
  std::uint16_t portal_port = 0;
  std::string peer;             ///< the initiator's address
  std::string announced_host{}; ///< what discovery says instead of `portal`; "" = that
  std::uint16_t announced_port = 0;
};

} // namespace scstd
