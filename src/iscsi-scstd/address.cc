// SPDX-License-Identifier: GPL-2.0-only
#include "address.hh"

#include <arpa/inet.h>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <optional>

namespace scstd {

namespace {

struct SockAddr {
  sockaddr_storage storage{};
  socklen_t len = 0;
};

std::optional<SockAddr> parse(std::string host, std::uint16_t port) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  SockAddr a;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&a.storage);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&a.storage);
  if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    a.len = sizeof(*v4);
  } else if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    a.len = sizeof(*v6);
  } else {
    return std::nullopt;
  }
  return a;
}

/// A socket bound there, or the errno of what failed.
int open_bound(const SockAddr& a, UniqueFd& out) {
  UniqueFd fd(socket(a.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int on = 1;
  if (!fd)
    return errno;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // IPv4 has a socket of its own: an IPv6 one that takes both would meet it.
  if (a.storage.ss_family == AF_INET6)
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&a.storage), a.len))
    return errno;
  out = std::move(fd);
  return 0;
}

/// A listening socket, or the errno of what failed.
int open_listener(const SockAddr& a, UniqueFd& out) {
  UniqueFd fd;
  if (const int err = open_bound(a, fd))
    return err;
  if (listen(fd.get(), SOMAXCONN))
    return errno;
  out = std::move(fd);
  return 0;
}

std::string explain(const std::string& where, int err) {
  const char* hint = "";
  if (err == EADDRINUSE)
    hint = "; another iSCSI target or a second iscsi-scstd uses it: stop that (\"ss -ltnp\" names "
           "it), or choose another port with -p";
  else if (err == EADDRNOTAVAIL)
    hint = "; no interface of this machine has this address: see \"ip address\", or leave -a out";
  else if (err == EACCES || err == EPERM)
    hint = "; ports below 1024 need root";
  return fmt::format("cannot listen on {}: {}{}", where, strerror(err), hint);
}

} // namespace

Address to_address(const sockaddr_storage& from) {
  char text[INET6_ADDRSTRLEN] = "";
  if (from.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&from);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    return {text, ntohs(v4->sin_port)};
  }
  if (from.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&from);
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
      inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], text, sizeof(text));
    else
      inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
    return {text, ntohs(v6->sin6_port)};
  }
  return {};
}

Address local_address(int fd) {
  sockaddr_storage a{};
  socklen_t len = sizeof(a);
  return getsockname(fd, reinterpret_cast<sockaddr*>(&a), &len) ? Address{} : to_address(a);
}

Address parse_address(const std::string& text, std::uint16_t default_port) {
  std::string host = text;
  std::uint16_t port = default_port;
  const std::size_t colon = text.rfind(':');
  const bool one_colon = colon != std::string::npos && text.find(':') == colon;
  if (one_colon || (colon != std::string::npos && colon > 0 && text[colon - 1] == ']')) {
    const char* end = text.data() + text.size();
    const auto [stop, err] = std::from_chars(text.data() + colon + 1, end, port);
    if (err != std::errc{} || stop != end || port == 0)
      return {};
    host = text.substr(0, colon);
  }
  const auto parsed = parse(host, port);
  return parsed ? to_address(parsed->storage) : Address{};
}

std::string to_text(const Address& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", address.host, v6 ? "]" : "", address.port);
}

int connect_to(int fd, const Address& address) {
  const auto a = parse(address.host, address.port);
  if (!a)
    return EINVAL;
  return connect(fd, reinterpret_cast<const sockaddr*>(&a->storage), a->len) ? errno : 0;
}

UniqueFd bind_to(const std::string& host) {
  UniqueFd fd;
  if (const auto a = parse(host, 0))
    open_bound(*a, fd);
  return fd;
}

Listeners listen_on(const std::vector<std::string>& addresses, std::uint16_t port) {
  const bool any = addresses.empty();
  const std::vector<std::string> all = {"0.0.0.0", "::"};
  Listeners result;
  for (const std::string& host : any ? all : addresses) {
    auto a = parse(host, port);
    if (!a) {
      result.error = fmt::format("\"{}\" is no address: give a numeric IPv4 or IPv6 address with "
                                 "-a, and the port with -p",
                                 host);
      return result;
    }
    UniqueFd fd;
    int err = open_listener(*a, fd);
    const bool no_v6 =
        any && a->storage.ss_family == AF_INET6 && (err == EAFNOSUPPORT || err == EADDRNOTAVAIL);
    if (err && !no_v6) {
      result.error = explain(to_text(to_address(a->storage)), err);
      return result;
    }
    if (!err)
      result.sockets.push_back(std::move(fd));
  }
  return result;
}

} // namespace scstd
