// SPDX-License-Identifier: GPL-2.0-only
// Access control by iSNS: who shares a discovery domain with which target, as the server said it,
// and a kernel side that shows a target to nobody else.
#pragma once

#include "kernel.hh"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace scstd::isns {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

class Access {
public:
  enum class Verdict {
    Yes,
    No,
    Unknown, ///< the server did not say, or too long ago
  };

  /// Off: everybody may.
  void require(bool on) { required_ = on; }
  /// Names in normal form (RFC 3722).
  void set(const std::string& target, std::set<std::string> initiators, TimePoint until);
  void forget(const std::string& target) { lists_.erase(target); }
  void clear() { lists_.clear(); }

  Verdict ask(const std::string& initiator, const std::string& target, TimePoint now) const;

  /// Somebody was turned away from this target: perhaps what the server said is old.
  void doubt(const std::string& target) { doubts_.insert(target); }
  std::set<std::string> take_doubts() { return std::exchange(doubts_, {}); }

private:
  struct List {
    std::set<std::string> initiators;
    TimePoint until;
  };
  bool required_ = false;
  std::map<std::string, List> lists_;
  std::set<std::string> doubts_;
};

/// The kernel as initiators may see it: EACCES for a target that is in no domain with them, EAGAIN
/// where that is not known.
class GuardedKernel final : public Kernel {
public:
  GuardedKernel(Kernel& kernel, Access& access) : kernel_(kernel), access_(access) {}

  int event_fd() const override { return kernel_.event_fd(); }
  int read_status(iscsi_scst_status& status) override { return kernel_.read_status(status); }
  int list_targets(const std::string& initiator, const std::string& portal,
                   std::vector<std::string>& names) override;
  int get_target(iscsi_scst_target& target) override;
  int get_account(iscsi_scst_account& account) override { return kernel_.get_account(account); }
  int get_session(iscsi_scst_session& session) override { return kernel_.get_session(session); }
  int get_isns(iscsi_scst_isns& isns) override { return kernel_.get_isns(isns); }
  int add_conn(iscsi_scst_conn& conn) override { return kernel_.add_conn(conn); }
  int start_conn(std::uint32_t handle) override { return kernel_.start_conn(handle); }
  int drop_conn(std::uint32_t handle) override { return kernel_.drop_conn(handle); }

private:
  int check(const std::string& initiator, const std::string& target) const;

  Kernel& kernel_;
  Access& access_;
};

/// An iSCSI name in normal form; "": it is none.
std::string normal_name(const std::string& name);

} // namespace scstd::isns
