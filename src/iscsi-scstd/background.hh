// SPDX-License-Identifier: GPL-2.0-only
// Becoming a background process whose starter waits until the service listens.
#pragma once

#include "unique_fd.hh"

namespace scstd {

constexpr const char* kPidFile = "/run/iscsi-scstd.pid";

class Background {
public:
  /// Forks. True in the child. False in the parent, once the child has said
  /// that it is ready or has ended: then `exit_code` is what to exit with.
  bool start(int& exit_code);

  /// Writes the pid file while that is still permitted. False: errno says why.
  /// Both this and ready() do nothing without start().
  bool prepare();

  /// Lets go of terminal and starter; messages go to syslog from here on.
  void ready(int verbosity);

private:
  UniqueFd starter_; ///< pipe to the waiting parent
  UniqueFd null_;
};

} // namespace scstd
