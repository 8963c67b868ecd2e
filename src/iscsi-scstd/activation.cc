// SPDX-License-Identifier: GPL-2.0-only
#include "activation.hh"

#ifdef HAVE_SYSTEMD
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <systemd/sd-daemon.h>
#endif

namespace scstd {

#ifdef HAVE_SYSTEMD

namespace {

bool listens(int fd) {
  return sd_is_socket_inet(fd, AF_INET, SOCK_STREAM, 1, 0) > 0 ||
         sd_is_socket_inet(fd, AF_INET6, SOCK_STREAM, 1, 0) > 0;
}

} // namespace

Listeners inherited_listeners() {
  Listeners result;
  const int count = sd_listen_fds(1);
  if (count < 0)
    result.error = fmt::format("cannot take over the sockets of the service manager: {}; look at "
                               "LISTEN_FDS",
                               strerror(-count));
  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; fd++) {
    const int flags = fcntl(fd, F_GETFL);
    if (!listens(fd) || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
      result.error = fmt::format("file {} of the service manager is no listening TCP socket: use "
                                 "ListenStream= with a port in the socket unit",
                                 fd);
      return result;
    }
    result.sockets.emplace_back(fd);
  }
  return result;
}

#else

Listeners inherited_listeners() {
  return {};
}

#endif

} // namespace scstd
