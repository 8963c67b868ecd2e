// SPDX-License-Identifier: GPL-2.0-only
#include "isns_client.hh"

#include "log.hh"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace scstd::isns {

namespace {

/// Connections of the server at a time: a further one ends the oldest.
constexpr std::size_t kMaxCallers = 4;
/// Its news and questions are small.
constexpr std::size_t kMaxNews = kMaxPduPayload;
/// Messages of one connection before others get their turn.
constexpr int kBudget = 16;

int error_of(int fd) {
  int err = 0;
  socklen_t len = sizeof(err);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) ? errno : err;
}

} // namespace

Client::Client(Kernel& kernel, Network& network, Access& access, std::string entity, Times times)
    : kernel_(kernel), network_(network), access_(access), default_entity_(std::move(entity)),
      times_(times), epoll_(epoll_create1(EPOLL_CLOEXEC)), registrar_(access, times.period),
      retry_(times.first_retry) {
  if (network_.news_fd() >= 0)
    watch(network_.news_fd(), EPOLLIN);
}

void Client::watch(int fd, std::uint32_t events) {
  epoll_event ev{};
  ev.events = events;
  ev.data.fd = fd;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &ev) && errno == EEXIST)
    epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &ev);
}

/// Whoever does not read what we say is not listened to.
void Client::await(int fd, const Stream& stream) {
  watch(fd, stream.wants_write() ? EPOLLOUT : EPOLLIN);
}

void Client::unwatch(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

std::optional<TimePoint> Client::deadline() const {
  std::optional<TimePoint> first;
  auto also = [&first](const std::optional<TimePoint>& t) {
    if (t && (!first || *t < *first))
      first = t;
  };
  also(goodbye_);
  if (is_pending())
    also(deadline_);
  if (state_ == State::Open) {
    also(refresh_);
    also(question_);
  }
  return first;
}

void Client::step(TimePoint now) {
  take_events(now);
  take_turn(now);
}

void Client::take_events(TimePoint now) {
  std::array<epoll_event, 16> events{};
  const int n = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < n; i++)
    take_event(events[static_cast<std::size_t>(i)].data.fd, now);
}

void Client::take_event(int fd, TimePoint now) {
  if (fd == network_.news_fd()) {
    if (network_.update())
      collect();
    return;
  }
  if (fd == fd_) {
    if (state_ == State::Connecting)
      connected(now);
    else
      talk(now);
    return;
  }
  const auto caller = std::find_if(callers_.begin(), callers_.end(),
                                   [fd](const Caller& c) { return c.fd.get() == fd; });
  if (caller == callers_.end()) {
    take_callers(fd);
    return;
  }
  serve(*caller);
  if (caller->stream.broken())
    callers_.erase(caller);
}

/// What it is time for, events or not.
void Client::take_turn(TimePoint now) {
  if (goodbye_ && now >= *goodbye_)
    lost(now, "it took too long to deregister");
  else if (is_pending() && now >= deadline_) {
    if (state_ == State::Waiting)
      connect(now);
    else
      lost(now, state_ == State::Open ? "no answer to a request" : "it does not answer");
  }
  if (refresh_ && now >= *refresh_) {
    refresh_.reset();
    registrar_.refresh();
  }
  question(now);
  settle(now);
}

/// Who may log in is asked for targets of which the server had news, or somebody was turned away
/// from; and for all now and then, as not all servers have news of their domains.
void Client::question(TimePoint now) {
  outdated_.merge(access_.take_doubts());
  if (!outdated_.empty()) {
    const TimePoint soon = std::max(now, questioned_ + times_.between_questions);
    question_ = std::min(soon, question_.value_or(soon));
  }
  if (!question_ || now < *question_)
    return;
  if (outdated_.empty())
    registrar_.ask_again();
  else
    registrar_.ask_again(std::exchange(outdated_, {}));
  question_.reset();
  questioned_ = now;
}

// --- settings ---

Client::Settings Client::read_settings() const {
  iscsi_scst_isns isns{};
  // A kernel side that is older than this has none.
  if (ended_ || kernel_.get_isns(isns))
    return {};
  return {parse_address(isns.server, kPort), isns.entity[0] ? isns.entity : default_entity_,
          isns.server[0] && isns.access_control};
}

void Client::configure(TimePoint now) {
  next_ = read_settings();
  // Who may log in counts from now on, whatever a server still has to be told.
  if (!ended_) // to the end
    access_.require(next_.access_control);
  if (!(next_.server == settings_.server)) {
    access_.clear();
    if (registrar_.registered() && state_ == State::Open && !leaving_) {
      leaving_ = true;
      goodbye_ = now + times_.farewell;
      registrar_.leave();
    } else if (!leaving_) {
      switch_over(now);
    }
  } else if (!leaving_) {
    settings_ = next_;
    collect();
  }
  settle(now);
}

void Client::leave(TimePoint now) {
  ended_ = true;
  configure(now);
}

/// From one server to another, or to none: nothing of the old one counts any more.
void Client::switch_over(TimePoint now) {
  switch_off();
  settings_ = next_;
  registrar_ = Registrar(access_, times_.period);
  retry_ = times_.first_retry;
  complained_ = false;
  const bool on = !settings_.server.host.empty();
  network_.listen(on);
  for (int listener : network_.listeners()) {
    if (on)
      watch(listener, EPOLLIN);
    else
      unwatch(listener);
  }
  collect();
  settle(now);
}

void Client::switch_off() {
  hang_up();
  state_ = State::Off;
  leaving_ = false;
  goodbye_.reset();
  question_.reset();
  outdated_.clear();
  refresh_.reset();
  reported_ = 0;
  callers_.clear();
}

void Client::collect() {
  if (!leaving_ && !settings_.server.host.empty())
    registrar_.want(wanted());
}

/// The server is to come where we came from: what it sends then comes from where we know it.
std::vector<Portal> Client::portals() const {
  std::vector<Portal> all = network_.portals();
  const std::string here = state_ == State::Open ? local_address(fd_).host : std::string();
  const bool known = std::any_of(all.begin(), all.end(),
                                 [&here](const Portal& p) { return p.address.host == here; });
  for (Portal& p : all)
    if (known && p.address.host != here)
      p.scn_port = 0;
  return all;
}

Wanted Client::wanted() const {
  Wanted w{settings_.entity, portals(), {}, settings_.access_control};
  for (std::size_t i = 0; i < w.portals.size(); i++) {
    const std::string& host = w.portals[i].address.host;
    std::vector<std::string> names;
    if (const int err = kernel_.list_targets("", host, names))
      log(Level::Error, "iSNS: cannot list the targets at {}: {}", host, strerror(err));
    for (const std::string& name : names) {
      iscsi_scst_target target{};
      const std::string normal = normal_name(name);
      if (normal.empty() || !copy_text(target.name, name) || !copy_text(target.portal, host) ||
          kernel_.get_target(target) || !target.enabled)
        continue;
      Node& node = w.nodes[normal];
      node.groups.resize(w.portals.size());
      node.groups[i] = target.portal_group;
    }
  }
  return w;
}

/// Begins what there is to begin, and ends what is done.
void Client::settle(TimePoint now) {
  switch (state_) {
  case State::Off:
    if (!settings_.server.host.empty() && registrar_.needed())
      connect(now);
    break;
  case State::Open:
    say_next(now);
    break;
  case State::Waiting:
  case State::Connecting:
    if (!registrar_.needed())
      switch_off();
    break;
  }
}

// --- the connection ---

void Client::connect(TimePoint now) {
  const int fd = network_.dial(settings_.server);
  if (fd < 0) {
    lost(now, strerror(errno));
    return;
  }
  fd_ = fd;
  state_ = State::Connecting;
  deadline_ = now + times_.connect;
  watch(fd_, EPOLLOUT);
}

void Client::connected(TimePoint now) {
  if (const int err = error_of(fd_)) {
    lost(now, strerror(err));
    return;
  }
  state_ = State::Open;
  stream_.emplace(fd_);
  refresh_.reset();
  registrar_.connected();
  collect();
  watch(fd_, EPOLLIN);
  say_next(now);
}

void Client::talk(TimePoint now) {
  stream_->flush();
  Message m;
  for (int budget = kBudget; budget > 0 && !stream_->wants_write() && stream_->receive(m);
       budget--) {
    if (!m.is_response()) {
      answer(m, *stream_);
      continue;
    }
    if (!asked_) {
      lost(now, "it answers what was not asked");
      return;
    }
    asked_ = false;
    if (const std::string error = registrar_.receive(m, now); !error.empty()) {
      lost(now, error);
      return;
    }
    say_next(now);
    if (state_ != State::Open)
      return;
  }
  if (stream_->broken())
    lost(now, stream_->error());
  else
    await(fd_, *stream_);
}

void Client::say_next(TimePoint now) {
  if (state_ != State::Open || asked_)
    return;
  const auto m = registrar_.next();
  if (!m) {
    all_said(now);
    return;
  }
  asked_ = true;
  deadline_ = now + times_.answer;
  stream_->send(*m);
  stream_->flush();
  if (stream_->broken())
    lost(now, stream_->error());
  else
    await(fd_, *stream_);
}

void Client::all_said(TimePoint now) {
  if (!registrar_.needed()) {
    if (leaving_)
      switch_over(now);
    else
      switch_off();
    return;
  }
  if (!refresh_)
    refresh_ = now + registrar_.renewal();
  if (!question_ && settings_.access_control)
    question_ = now + times_.questions;
  retry_ = times_.first_retry;
  complained_ = false;
  if (reported_ != registrar_.nodes()) {
    reported_ = registrar_.nodes();
    log(Level::Info, "iSNS server {} knows {} targets of {}", to_text(settings_.server), reported_,
        printable(settings_.entity));
  }
}

void Client::hang_up() {
  if (fd_ < 0)
    return;
  unwatch(fd_);
  fd_ = -1;
  stream_.reset();
  asked_ = false;
  network_.hang_up();
}

void Client::lost(TimePoint now, std::string why) {
  hang_up();
  if (leaving_) {
    log(Level::Notice, "iSNS server {}: {}; what it knows of us goes with the registration period",
        to_text(settings_.server), why);
    switch_over(now);
    return;
  }
  log(complained_ ? Level::Debug : Level::Warning, "iSNS server {}: {}; trying again",
      to_text(settings_.server), why);
  complained_ = true;
  state_ = State::Waiting;
  deadline_ = now + retry_;
  retry_ = std::min(2 * retry_, times_.last_retry);
}

// --- what the server has to say ---

/// One on this machine may be known by another of its addresses.
bool Client::is_server(const Address& peer, int fd) const {
  const bool local = fd_ >= 0 && local_address(fd_).host == settings_.server.host;
  return peer.host == settings_.server.host || (local && peer.host == local_address(fd).host);
}

void Client::take_callers(int listener) {
  for (int budget = kBudget; budget > 0; budget--) {
    Address peer;
    UniqueFd fd = network_.accept(listener, peer);
    if (!fd)
      return;
    if (!is_server(peer, fd.get())) {
      log(Level::Info, "iSNS: {} is not the server: closed", peer.host);
      continue;
    }
    if (callers_.size() == kMaxCallers)
      callers_.pop_front();
    watch(fd.get(), EPOLLIN);
    callers_.emplace_back(std::move(fd), kMaxNews);
  }
}

void Client::serve(Caller& caller) {
  Stream& stream = caller.stream;
  stream.flush();
  Message m;
  for (int budget = kBudget; budget > 0 && !stream.wants_write() && stream.receive(m); budget--)
    if (!m.is_response())
      answer(m, stream);
  if (!stream.broken())
    await(caller.fd.get(), stream);
}

/// News (5.6.5.8) and the question whether we are there (5.6.5.13): both are acknowledged.
void Client::answer(const Message& request, Stream& stream) {
  Payload ours;
  std::string said;
  switch (static_cast<Function>(request.function)) {
  case Function::Esi:
    ours.status(Status::Success);
    said = request.payload;
    registrar_.heard_esi();
    break;
  case Function::Scn: {
    ours.status(Status::Success);
    Attributes all(request.payload);
    if (Attribute whom; all.next(whom) && whom.tag == Tag::IscsiName) {
      ours.text(Tag::IscsiName, whom.text());
      if (std::string target = normal_name(std::string(whom.text())); registrar_.knows(target))
        outdated_.insert(std::move(target));
    }
    break;
  }
  default:
    ours.status(Status::NotSupported);
    break;
  }
  stream.send({static_cast<std::uint16_t>(request.function | kResponse), kFromClient,
               request.transaction, ours.take() + said});
  stream.flush();
}

} // namespace scstd::isns
