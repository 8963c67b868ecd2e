// SPDX-License-Identifier: GPL-2.0-only
// Giving up what the daemon does not need once it listens: user, group,
// capabilities, system calls.
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace scstd {

struct Ids {
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  std::string error; ///< not empty: no such user or group
};

/// Looks names up; needs the user database, hence before confine().
Ids find_ids(const std::string& user, const std::string& group);

/// Changes ids, empties all capability sets and installs the system call
/// filter, which fails what is not on its list with EPERM and has the kernel
/// log it. `kernel_fd` is the only file that ioctl is allowed on, `may_listen` are the only
/// ones that listen is. Empty: done.
std::string confine(const Ids& ids, int kernel_fd, const std::vector<int>& may_listen = {});

/// Raises the soft limit of open files to the hard one.
void raise_file_limit();

} // namespace scstd
