// SPDX-License-Identifier: GPL-2.0-only
// Listening sockets that the service manager has opened (sd_listen_fds(3)).
#pragma once

#include "address.hh"

namespace scstd {

/// Those that were passed to this process, none if there are none. What is no listening TCP
/// socket is an error that says so.
Listeners inherited_listeners();

} // namespace scstd
