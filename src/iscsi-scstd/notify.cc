// SPDX-License-Identifier: GPL-2.0-only
#include "notify.hh"

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

namespace scstd {

#ifdef HAVE_SYSTEMD
bool notify(const char* state) {
  return sd_notify(0, state) > 0;
}
#else
bool notify(const char* /*state*/) {
  return false;
}
#endif

} // namespace scstd
