// SPDX-License-Identifier: GPL-2.0-only
// The in-memory twin of iscsi_scst.ko: a table of targets, and a record of what
// the daemon asked for.
#pragma once

#include "kernel.hh"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

class KernelTwin final : public scstd::Kernel {
public:
  KernelTwin() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { set_enabled(true); }
  ~KernelTwin() override { close(event_); }

  /// A target with the defaults of the real module.
  iscsi_scst_target& add(const std::string& name) {
    iscsi_scst_target& t = targets[name];
    scstd::copy_text(t.name, name);
    t.tid = static_cast<unsigned>(targets.size());
    t.enabled = 1;
    t.portal_group = 1;
    t.params[ISCSI_SCST_P_INITIAL_R2T] = 0;
    t.params[ISCSI_SCST_P_IMMEDIATE_DATA] = 1;
    t.params[ISCSI_SCST_P_MAX_RECV_DSL] = 1048576;
    t.params[ISCSI_SCST_P_MAX_XMIT_DSL] = 1048576;
    t.params[ISCSI_SCST_P_MAX_BURST] = 1048576;
    t.params[ISCSI_SCST_P_FIRST_BURST] = 65536;
    t.params[ISCSI_SCST_P_MAX_OUTSTANDING_R2T] = 32;
    t.params[ISCSI_SCST_P_HEADER_DIGEST] = ISCSI_SCST_DIGEST_NONE;
    t.params[ISCSI_SCST_P_DATA_DIGEST] = ISCSI_SCST_DIGEST_NONE;
    t.params[ISCSI_SCST_P_MAX_CONNECTIONS] = 1;
    return t;
  }

  void set_enabled(bool on) {
    std::lock_guard lock(mutex_);
    status_ = {status_.generation + 1, on};
    eventfd_write(event_, 1);
  }

  int event_fd() const override { return event_; }

  int read_status(iscsi_scst_status& status) override {
    std::lock_guard lock(mutex_);
    eventfd_t ignored;
    if (eventfd_read(event_, &ignored))
      return errno;
    status = status_;
    return 0;
  }

  int list_targets(const std::string& initiator, const std::string& portal,
                   std::vector<std::string>& names) override {
    names.clear();
    listed_for = initiator + "@" + portal;
    for (const auto& [name, t] : targets)
      if (t.enabled && !(hidden.contains(name) && hidden.at(name) == portal))
        names.push_back(name);
    return list_error;
  }

  int get_target(iscsi_scst_target& target) override {
    auto it = targets.find(target.name);
    if (get_error)
      return get_error;
    if (it == targets.end())
      return ENOENT;
    asked_by = std::string(target.initiator) + "@" + target.portal;
    target = it->second;
    return 0;
  }

  int get_account(iscsi_scst_account& account) override {
    for (const Account& a : accounts) {
      if (a.tid != account.tid || a.direction != account.direction)
        continue;
      const bool by_name = a.direction == ISCSI_SCST_INCOMING && account.user[0];
      if (by_name && a.user != account.user)
        continue;
      if (a.direction == ISCSI_SCST_OUTGOING)
        scstd::copy_text(account.user, a.user);
      if (account.user[0])
        scstd::copy_text(account.secret, a.secret);
      return 0;
    }
    return ENOENT;
  }

  /// The session that a connection with this handle may join; it has had 23 commands.
  bool has_session(std::uint16_t tsih, const std::uint8_t* isid, const char* initiator) const {
    return std::any_of(added.begin(), added.end(), [=](const iscsi_scst_conn& c) {
      return c.tsih == tsih && !memcmp(c.isid, isid, sizeof(c.isid)) &&
             !strcmp(c.initiator, initiator);
    });
  }

  int get_session(iscsi_scst_session& session) override {
    if (!has_session(session.tsih, session.isid, session.initiator))
      return ESRCH;
    session.exp_cmd_sn = 100;
    session.max_cmd_sn = 131;
    return 0;
  }

  int get_isns(iscsi_scst_isns& to) override {
    std::lock_guard lock(mutex_);
    to = isns_;
    return isns_error;
  }

  void set_isns(const std::string& server, bool access_control = false,
                const std::string& entity = "") {
    std::lock_guard lock(mutex_);
    isns_.access_control = access_control;
    scstd::copy_text(isns_.server, server);
    scstd::copy_text(isns_.entity, entity);
    status_.generation++;
    eventfd_write(event_, 1);
  }

  int add_conn(iscsi_scst_conn& conn) override {
    if (add_error)
      return add_error;
    if (conn.tsih && !has_session(conn.tsih, conn.isid, conn.initiator))
      return ESRCH;
    if (!conn.tsih)
      conn.tsih = static_cast<__u16>(added.size() + 1);
    conn.handle = static_cast<__u32>(added.size() + 100);
    added.push_back(conn);
    return 0;
  }

  int start_conn(std::uint32_t handle) override {
    started.push_back(handle);
    if (on_start)
      on_start(handle);
    return start_error;
  }

  int drop_conn(std::uint32_t handle) override {
    dropped.push_back(handle);
    return 0;
  }

  struct Account {
    unsigned tid, direction;
    std::string user, secret;
  };

  std::map<std::string, iscsi_scst_target> targets;
  std::vector<Account> accounts;
  std::vector<iscsi_scst_conn> added;
  std::vector<std::uint32_t> started, dropped;
  std::string listed_for, asked_by;
  std::map<std::string, std::string> hidden; ///< a target, and where it is not
  int isns_error = 0;
  int list_error = 0, get_error = 0, add_error = 0, start_error = 0;
  void (*on_start)(std::uint32_t) = nullptr;

private:
  std::mutex mutex_; ///< status_, isns_: set by tests while a server thread reads it
  iscsi_scst_status status_{};
  iscsi_scst_isns isns_{};
  int event_;
};
