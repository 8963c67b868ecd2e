// SPDX-License-Identifier: GPL-2.0-only
#include "server.hh"

#include "address.hh"
#include "log.hh"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace scstd {

namespace {

/// Connections taken from one listener before others get their turn.
constexpr int kAcceptBudget = 32;
/// How soon to accept again when the system had no room for a connection.
constexpr int kRetryMs = 1000;

void set_options(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

} // namespace

Server::Server(Kernel& kernel, std::vector<UniqueFd> listeners, int stop_fd, Limits limits,
               Address announced, isns::Client* isns)
    : kernel_(kernel), listeners_(std::move(listeners)), stop_fd_(stop_fd), limits_(limits),
      announced_(std::move(announced)), isns_(isns), epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

bool Server::add(int fd, std::uint32_t events) {
  epoll_event ev{};
  ev.events = events;
  ev.data.fd = fd;
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &ev) == 0;
}

void Server::modify(int fd, std::uint32_t events) {
  epoll_event ev{};
  ev.events = events;
  ev.data.fd = fd;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &ev);
}

bool Server::run() {
  bool ok = epoll_ && add(stop_fd_, EPOLLIN) && add(kernel_.event_fd(), EPOLLIN);
  // Listeners stay registered, without events while no login is wanted.
  for (const UniqueFd& fd : listeners_)
    ok = ok && add(fd.get(), 0);
  if (isns_)
    ok = ok && add(isns_->event_fd(), EPOLLIN);
  if (!ok) {
    log(Level::Error, "cannot watch for events: {}", strerror(errno));
    return false;
  }
  if (!kernel_event()) // what is enabled now, before the first change of it
    return false;
  std::array<epoll_event, 64> events{};
  while (!ended()) {
    int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout());
    if (n < 0 && errno != EINTR) {
      log(Level::Error, "waiting for events failed: {}", strerror(errno));
      return false;
    }
    for (int i = 0; i < n; i++)
      if (!handle(events[static_cast<std::size_t>(i)].data.fd))
        return false;
    if (n == 0)
      end_starvation();
    drop_expired();
    if (isns_)
      isns_->step(Clock::now());
  }
  return true;
}

/// False: it cannot go on.
bool Server::handle(int fd) {
  if (fd == stop_fd_)
    end();
  else if (fd == kernel_.event_fd())
    return kernel_event();
  else if (std::any_of(listeners_.begin(), listeners_.end(),
                       [fd](const UniqueFd& l) { return l.get() == fd; }))
    accept_all(fd);
  else
    serve(fd);
  return true;
}

/// What goes on is the farewell to the iSNS server, which is short.
void Server::end() {
  ending_ = true;
  listen(false);
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, stop_fd_, nullptr);
  if (isns_)
    isns_->leave(Clock::now());
}

bool Server::kernel_event() {
  iscsi_scst_status status{};
  int err = kernel_.read_status(status);
  if (err == EAGAIN || err == EINTR)
    return true;
  if (err) {
    log(Level::Error, "the kernel side is gone: {}", strerror(err));
    return false;
  }
  if (enabled_ != (status.enabled != 0))
    log(Level::Info, "logins are {}", status.enabled ? "enabled" : "disabled");
  enabled_ = status.enabled != 0;
  if (isns_)
    isns_->configure(Clock::now());
  listen(enabled_ && !starved_ && !ending_);
  return true;
}

void Server::listen(bool on) {
  if (on == listening_)
    return;
  listening_ = on;
  for (const UniqueFd& fd : listeners_)
    modify(fd.get(), on ? std::uint32_t{EPOLLIN} : 0);
}

void Server::accept_all(int listener) {
  for (int i = 0; i < kAcceptBudget && listening_; i++) {
    sockaddr_storage peer{};
    socklen_t len = sizeof(peer);
    UniqueFd fd(
        accept4(listener, reinterpret_cast<sockaddr*>(&peer), &len, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd) {
      admit(std::move(fd), peer);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log(Level::Warning, "cannot accept: {}; trying again soon", strerror(errno));
      starved_ = true;
      listen(false);
    }
    // Anything else is the fate of that one connection, or there is none left.
    return;
  }
}

void Server::admit(UniqueFd fd, const sockaddr_storage& peer) {
  sockaddr_storage local{};
  socklen_t len = sizeof(local);
  if (getsockname(fd.get(), reinterpret_cast<sockaddr*>(&local), &len))
    return;
  const Address portal = to_address(local);
  const std::string source = to_address(peer).host;
  auto known = per_source_.find(source);
  const std::size_t count = known == per_source_.end() ? 0 : known->second;
  if (guests_.size() >= limits_.total || count >= limits_.per_source) {
    note_refusal(source);
    return;
  }
  const int raw = fd.get();
  set_options(raw);
  if (!add(raw, EPOLLIN))
    return;
  Guest& guest = guests_[raw];
  guest.connection = std::make_unique<Connection>(
      std::move(fd), kernel_,
      Ends{-1, portal.host, portal.port, source, announced_.host, announced_.port});
  guest.events = EPOLLIN;
  per_source_[source]++;
  set_deadline(raw, guest, limits_.login);
}

/// At most once a second: a flood must not become one of log lines.
void Server::note_refusal(const std::string& source) {
  const auto now = Clock::now();
  if (now - noted_ < std::chrono::seconds(1))
    return;
  noted_ = now;
  log(Level::Notice,
      "connection from {} closed: it has {} open logins, all have {} (limits {}, {})", source,
      per_source_.contains(source) ? per_source_.at(source) : 0, guests_.size(), limits_.per_source,
      limits_.total);
}

void Server::serve(int fd) {
  auto it = guests_.find(fd);
  if (it == guests_.end())
    return; // dropped earlier in this round of events
  it->second.connection->step();
  update(fd, it->second);
}

/// Brings deadline and awaited events in line with the connection's state.
void Server::update(int fd, Guest& guest) {
  const Connection& c = *guest.connection;
  if (c.state() == Connection::State::Dead) {
    drop(fd);
    return;
  }
  if (c.discovering() && !guest.discovering) {
    guest.discovering = true;
    set_deadline(fd, guest, limits_.discovery);
  }
  if (c.wanted_events() != guest.events) {
    guest.events = c.wanted_events();
    modify(fd, guest.events);
  }
}

void Server::set_deadline(int fd, Guest& guest, std::chrono::milliseconds from_now) {
  deadlines_.erase({guest.deadline, fd});
  guest.deadline = Clock::now() + from_now;
  deadlines_.insert({guest.deadline, fd});
}

void Server::drop(int fd) {
  auto it = guests_.find(fd);
  const std::string& peer = it->second.connection->peer();
  if (--per_source_[peer] == 0)
    per_source_.erase(peer);
  deadlines_.erase({it->second.deadline, fd});
  // Closing is not enough: the kernel may hold the same socket open by now.
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  guests_.erase(it);
  end_starvation();
}

void Server::end_starvation() {
  if (!starved_)
    return;
  starved_ = false;
  listen(enabled_ && !ending_);
}

void Server::drop_expired() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= Clock::now()) {
    const int fd = deadlines_.begin()->second;
    log(Level::Info, "{} took too long: closed", guests_.at(fd).connection->peer());
    drop(fd);
  }
}

/// Milliseconds until the next deadline, rounded up so that it has passed then.
int Server::timeout() const {
  std::optional<Clock::time_point> first = isns_ ? isns_->deadline() : std::nullopt;
  if (!deadlines_.empty() && (!first || deadlines_.begin()->first < *first))
    first = deadlines_.begin()->first;
  const int retry = starved_ ? kRetryMs : -1;
  if (!first)
    return retry;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*first - Clock::now());
  const int ms = static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
  return starved_ ? std::min(ms, retry) : ms;
}

} // namespace scstd
