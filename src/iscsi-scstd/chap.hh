// SPDX-License-Identifier: GPL-2.0-only
// CHAP, one way and mutual (RFC 7143 12.1.3, RFC 1994): the keys of a login in,
// keys of the answer out. It keeps no secret longer than it takes to use it.
#pragma once

#include "kernel.hh"
#include "wire.hh"

#include <map>
#include <string>
#include <string_view>

namespace scstd {

/// Loads what OpenSSL loads on first use, so that it needs no file later. Returns an error or "".
std::string chap_prepare();

class Chap {
public:
  /// `tid`: the target whose accounts count, 0: those of discovery.
  Chap(Kernel& kernel, std::uint32_t tid) : kernel_(kernel), tid_(tid) {}

  /// Does the key belong to CHAP?
  static bool is_key(std::string_view key);

  using Keys = std::map<std::string, std::string>;
  /// Goes on with the CHAP keys of one request, which may be none. `why` tells of a failure.
  Status step(const Keys& keys, sl_text_out& out, std::string& why);

  /// Has the initiator proved who it is?
  bool done() const { return state_ == State::Done; }

private:
  enum class State { Algorithm, Response, Done };

  Status challenge(const Keys& keys, sl_text_out& out, std::string& why);
  Status verify(const Keys& keys, sl_text_out& out, std::string& why);
  Status prove(const Keys& keys, const iscsi_scst_account& incoming, sl_text_out& out,
               std::string& why);

  Kernel& kernel_;
  std::uint32_t tid_;
  State state_ = State::Algorithm;
  unsigned algorithm_ = 0;
  std::string id_;        ///< one byte
  std::string challenge_; ///< ours
};

} // namespace scstd
