// SPDX-License-Identifier: GPL-2.0-only
// What the daemon needs of iscsi_scst.ko, as an interface: the real one speaks
// ioctl, its in-memory twin lets whole logins run in unit tests.
#pragma once

#include "uapi/iscsi_scst.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace scstd {

/// All calls return 0 or an errno as include/uapi/iscsi_scst.h says, and never block.
class Kernel {
public:
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  virtual ~Kernel() = default;

  /// Readable while there is a status that was not read.
  virtual int event_fd() const = 0;
  virtual int read_status(iscsi_scst_status& status) = 0;
  /// Names of the enabled targets that the initiator may see on this portal.
  virtual int list_targets(const std::string& initiator, const std::string& portal,
                           std::vector<std::string>& names) = 0;
  virtual int get_target(iscsi_scst_target& target) = 0;
  virtual int get_account(iscsi_scst_account& account) = 0;
  virtual int get_session(iscsi_scst_session& session) = 0;
  virtual int get_isns(iscsi_scst_isns& isns) = 0;
  virtual int add_conn(iscsi_scst_conn& conn) = 0;
  virtual int start_conn(std::uint32_t handle) = 0;
  virtual int drop_conn(std::uint32_t handle) = 0;
};

/// Copies text into a fixed array of the ABI. False: it does not fit.
template <std::size_t N> bool copy_text(char (&to)[N], const std::string& from) {
  if (from.size() >= N)
    return false;
  from.copy(to, from.size());
  to[from.size()] = '\0';
  return true;
}

/// Opens the control device and registers. Null: `error` says what to do.
struct KernelOpen {
  std::unique_ptr<Kernel> kernel;
  int exit_code = 0;
  std::string error;
};
KernelOpen open_kernel(const std::string& device);

} // namespace scstd
