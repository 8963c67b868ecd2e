// SPDX-License-Identifier: GPL-2.0-only
// Exit codes of scst-install, the only place where they are numbered. The man page repeats them.
#pragma once

namespace inst {

enum class Exit {
  ok = 0,           ///< done, or nothing to do
  internal = 1,     ///< an error without a code of its own
  usage = 2,        ///< bad option or argument, or a confirmation is needed and nobody can be asked
  privilege = 4,    ///< must be root
  missing = 5,      ///< headers, a tool, files to install or space are missing
  kernel = 6,       ///< no such kernel here, or the stack does not support it
  verification = 7, ///< what was read back is not what was written
  build = 9,        ///< the modules did not build
  conflict = 10,    ///< something else owns the port, the file or the device
  signing = 11,     ///< the kernel takes only signed modules
  service = 12,     ///< a service or a module did not start
  partial = 13,     ///< done, but something was kept or has changed since
  locked = 14,      ///< another scst-install is at work
  resumable = 75,   ///< an earlier run was cut off: resume or rollback
  interrupted = 130
};

} // namespace inst
