// SPDX-License-Identifier: GPL-2.0-only
// The login phase of one connection (RFC 7143 6.3, 11.12, 11.13): requests in,
// responses out. It does no socket I/O and reads no clock.
#pragma once

#include "chap.hh"
#include "kernel.hh"
#include "wire.hh"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace scstd {

class Login {
public:
  Login(Kernel& kernel, Ends ends);

  /// Answers one request. After Next::Close or HandOver there must be no other.
  Reply receive(Pdu& request);

  /// The kernel's handle of the connection, after Next::HandOver.
  std::uint32_t handle() const { return handle_; }

  // What a discovery session goes on with, after Next::Discover.
  const std::string& initiator() const { return initiator_; }
  const sl_neg& negotiation() const { return neg_; }
  std::uint32_t cmd_sn() const { return cmd_sn_; }
  std::uint32_t stat_sn() const { return stat_sn_; }

private:
  struct Pair {
    const char *key, *value;
  };
  struct Flags {
    bool transit, more;
    unsigned current, next;
  };

  Status answer(Pdu& request, Reply& reply);
  Status check_header(const Pdu& request, Flags& flags);
  Status check_same_login(const std::uint8_t* bhs);
  Status check_stage(const Flags& flags);
  Status read_pairs(std::vector<Pair>& pairs);
  Status first_request(const std::vector<Pair>& pairs);
  Status find_target(const char* name);
  Status check_redirect();
  Status find_accounts();
  void set_offers();
  Status negotiate(const std::vector<Pair>& pairs, sl_text_out& out);
  Status authenticate(const Chap::Keys& keys, sl_text_out& out);
  Status declare(sl_text_out& out);
  Status transit(const Flags& flags, sl_text_out& out, Reply& reply);
  Status enter_full_feature(Reply& reply);
  Status add_connection();
  void find_window(std::uint32_t& exp_cmd_sn, std::uint32_t& max_cmd_sn);
  void fill_header(const Pdu& request, Reply& reply);
  Reply refuse(const Pdu& request, Status status);
  /// Notes why the login is about to be refused, for the log.
  Status fail(Status status, std::string_view why);

  Kernel& kernel_;
  Ends ends_;
  sl_neg neg_{};
  bool begun_ = false; ///< the first request was taken
  bool named_ = false; ///< names and session type are known
  bool told_portal_group_ = false;
  std::uint8_t isid_[6]{};
  std::uint16_t wanted_tsih_ = 0; ///< of the session to join; 0: a new one
  std::uint16_t tsih_ = 0;
  std::uint16_t cid_ = 0;
  std::uint32_t itt_ = 0;
  std::uint32_t cmd_sn_ = 0;
  std::uint32_t stat_sn_ = 1;
  std::uint32_t handle_ = 0;
  std::string text_; ///< segments put together by the C bit
  std::string initiator_;
  iscsi_scst_target target_{};
  std::optional<Chap> chap_; ///< once it was agreed on
  unsigned requests_ = 0;
  std::string redirected_to_; ///< TargetAddress of a refusal
  std::string why_;
};

} // namespace scstd
