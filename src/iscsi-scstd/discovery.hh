// SPDX-License-Identifier: GPL-2.0-only
// Full feature phase of a discovery session (RFC 7143 4.3, appendix C): Text
// requests with SendTargets, and Logout. No socket I/O, no clock.
#pragma once

#include "kernel.hh"
#include "wire.hh"

#include <string>

namespace scstd {

class Login;

class Discovery {
public:
  Discovery(Kernel& kernel, Ends ends, const Login& login);

  /// Answers one request.
  Reply receive(Pdu& request);

private:
  Reply text(Pdu& request);
  Reply logout(const Pdu& request);
  Reply reject(const Pdu& request, sl_iscsi_reject reason);
  /// Settles the complete text in question_; false: a protocol error.
  bool answer_text();
  bool send_targets(const std::string& which);
  bool add_target(const std::string& name);
  void add(const std::string& key, const std::string& value);
  Reply text_response(const Pdu& request, bool final);
  void forget();
  void finish(Reply& reply);

  Kernel& kernel_;
  Ends ends_;
  std::string initiator_;
  sl_neg neg_;
  std::uint32_t exp_cmd_sn_;
  std::uint32_t stat_sn_;
  std::string question_; ///< text received so far
  std::string answer_;   ///< text to be sent
  std::size_t sent_ = 0; ///< bytes of it that are on their way
};

} // namespace scstd
