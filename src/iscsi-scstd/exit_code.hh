// SPDX-License-Identifier: GPL-2.0-only
// Exit codes of iscsi-scstd, as in its man page.
#pragma once

namespace scstd {

enum class ExitCode {
  Ok = 0,
  Failed = 1,   ///< cannot listen, or the set-up failed
  Usage = 2,    ///< wrong option
  NoKernel = 5, ///< module not loaded, or of another version
  Running = 6,  ///< another daemon holds the control device
};

} // namespace scstd
