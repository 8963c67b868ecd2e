// SPDX-License-Identifier: GPL-2.0-only
#include "isns_network.hh"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace scstd::isns {

namespace {

/// Portals that are registered; with more addresses an admin says which (-a).
constexpr std::size_t kMaxPortals = 64;
constexpr int kBacklog = 4;

UniqueFd make_socket(int family) {
  return UniqueFd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
}

bool is_v6(const std::string& host) {
  return host.find(':') != std::string::npos;
}

bool is_any(const std::string& host) {
  return host == "0.0.0.0" || host == "::";
}

} // namespace

Sockets::Sockets(const std::vector<UniqueFd>& portals, Address announced)
    : v4_(make_socket(AF_INET)), v6_(make_socket(AF_INET6)), announced_(std::move(announced)) {
  for (const UniqueFd& fd : portals) {
    Listener l;
    l.at = local_address(fd.get());
    l.scn = bind_to(l.at.host);
    listeners_.push_back(std::move(l));
  }
}

int Sockets::dial(const Address& server) {
  const int fd = (is_v6(server.host) ? v6_ : v4_).get();
  if (fd < 0) {
    errno = EAFNOSUPPORT;
    return -1;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  const int err = connect_to(fd, server);
  dialled_ = fd;
  if (!err || err == EINPROGRESS)
    return fd;
  hang_up();
  errno = err;
  return -1;
}

void Sockets::hang_up() {
  if (dialled_ < 0)
    return;
  // Abrupt, but whatever mattered has been answered by then.
  const sockaddr nobody{AF_UNSPEC, {}};
  int err = ::connect(dialled_, &nobody, sizeof(nobody));
  socklen_t len = sizeof(err);
  getsockopt(dialled_, SOL_SOCKET, SO_ERROR, &err, &len); // it belongs to the old connection
  dialled_ = -1;
}

void Sockets::listen(bool on) {
  for (Listener& l : listeners_) {
    if (!l.scn || on == (l.scn_port != 0))
      continue;
    l.scn_port = 0;
    if (!on)
      shutdown(l.scn.get(), SHUT_RDWR); // closed, until listen(2) opens it again
    else if (::listen(l.scn.get(), kBacklog) == 0)
      l.scn_port = local_address(l.scn.get()).port;
  }
}

std::vector<int> Sockets::listeners() const {
  std::vector<int> all;
  for (const Listener& l : listeners_)
    if (l.scn)
      all.push_back(l.scn.get());
  return all;
}

UniqueFd Sockets::accept(int listener, Address& peer) {
  sockaddr_storage from{};
  socklen_t len = sizeof(from);
  UniqueFd fd(
      accept4(listener, reinterpret_cast<sockaddr*>(&from), &len, SOCK_CLOEXEC | SOCK_NONBLOCK));
  peer = to_address(from);
  const int on = 1;
  if (fd)
    setsockopt(fd.get(), SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  return fd;
}

void Sockets::add(const Listener& listener, const std::string& host,
                  std::vector<Portal>& all) const {
  const Portal portal{{host, listener.at.port}, listener.scn_port};
  if (all.size() < kMaxPortals && std::find(all.begin(), all.end(), portal) == all.end())
    all.push_back(portal);
}

std::vector<Portal> Sockets::portals() const {
  std::vector<Portal> all;
  if (!announced_.host.empty()) {
    all.push_back({announced_, 0});
    return all;
  }
  for (const Listener& l : listeners_) {
    if (!is_any(l.at.host))
      add(l, l.at.host, all);
    else
      for (const std::string& host : interfaces_.addresses())
        if (is_v6(host) == is_v6(l.at.host))
          add(l, host, all);
  }
  return all;
}

} // namespace scstd::isns
