// SPDX-License-Identifier: GPL-2.0-only
// A small iSNS server in memory, and a network that has nothing but it: what it was told, whom it
// shows to whom, and a record of what was asked.
#pragma once

#include "isns_client.hh"
#include "isns_network.hh"
#include "isns_stream.hh"

#include <cerrno>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <vector>

namespace isns_twin {

namespace isns = scstd::isns;
using isns::Attribute;
using isns::Attributes;
using isns::Function;
using isns::Message;
using isns::Payload;
using isns::Tag;

inline std::pair<scstd::UniqueFd, scstd::UniqueFd> socket_pair() {
  int fds[2] = {-1, -1};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds))
    return {};
  return {scstd::UniqueFd(fds[0]), scstd::UniqueFd(fds[1])};
}

/// All attributes as "tag=value", texts and numbers readable, others by their length.
inline std::vector<std::string> listed(std::string_view payload) {
  std::vector<std::string> out;
  Attributes all(payload);
  Attribute a;
  while (all.next(a)) {
    const auto tag = static_cast<unsigned>(a.tag);
    const bool text = a.tag == Tag::EntityId || a.tag == Tag::IscsiName || a.tag == Tag::GroupName;
    if (a.value.empty())
      out.push_back(std::to_string(tag));
    else if (text)
      out.push_back(std::to_string(tag) + "=" + std::string(a.text()));
    else if (a.number())
      out.push_back(std::to_string(tag) + "=" + std::to_string(*a.number()));
    else
      out.push_back(std::to_string(tag) + "=(" + std::to_string(a.value.size()) + ")");
  }
  return out;
}

class Server {
public:
  /// What is there: entity, targets and their portal groups ("port:tag", tag "-": none).
  std::string entity;
  std::size_t portals = 0;
  std::map<std::string, std::vector<std::string>> targets;
  std::set<std::string> told; ///< targets that are to hear of changes
  /// Who shares a domain with a target.
  std::map<std::string, std::vector<std::string>> visible;

  // How it behaves.
  std::uint32_t period = 900;
  bool esi = true;                           ///< can it ask clients?
  bool silent = false;                       ///< it answers nothing
  std::map<Function, isns::Status> refusing; ///< functions that it refuses
  std::optional<std::string> raw;            ///< said instead of the next answer
  std::vector<std::string> log;              ///< functions, in order
  std::vector<Message> requests;             ///< what was asked, whole
  std::uint16_t scn_port = 0;                ///< of the first portal
  std::uint32_t esi_interval = 0;            ///< as registered last

  /// A new process: everything is forgotten.
  void restart() {
    entity.clear();
    portals = 0;
    targets.clear();
    told.clear();
  }

  void answer(const Message& m, isns::Stream& stream) {
    requests.push_back(m);
    log.push_back(name_of(m));
    if (silent)
      return;
    Payload p;
    const auto refused = refusing.find(static_cast<Function>(m.function));
    isns::Status status = refused == refusing.end() ? isns::Status::Success : refused->second;
    std::string rest = status == isns::Status::Success ? act(m, status) : "";
    p.status(status);
    if (raw) {
      rest = *raw;
      raw.reset();
    }
    stream.send({static_cast<std::uint16_t>(m.function | isns::kResponse), isns::kFromServer,
                 m.transaction, p.take() + rest});
  }

  static std::string name_of(const Message& m) {
    switch (static_cast<Function>(m.function)) {
    case Function::DevAttrReg:
      return m.flags & isns::kReplace ? "replace" : "register";
    case Function::DevAttrQry:
      return "query";
    case Function::DevDereg:
      return "deregister";
    case Function::ScnReg:
      return "scn";
    default:
      return std::to_string(m.function);
    }
  }

private:
  std::string act(const Message& m, isns::Status& status) {
    std::vector<Attribute> key, operating;
    std::string source;
    Attributes all(m.payload);
    Attribute a;
    bool behind = false;
    while (all.next(a)) {
      if (source.empty())
        source = a.text();
      else if (a.tag == Tag::Delimiter)
        behind = true;
      else
        (behind ? operating : key).push_back(a);
    }
    switch (static_cast<Function>(m.function)) {
    case Function::DevAttrReg:
      return enter(m, operating, status);
    case Function::DevDereg:
      remove(operating);
      return {};
    case Function::ScnReg:
      told.insert(source);
      return {};
    case Function::DevAttrQry:
      return query(source, key);
    default:
      status = isns::Status::NotSupported;
      return {};
    }
  }

  std::string enter(const Message& m, const std::vector<Attribute>& all, isns::Status& status) {
    if (m.flags & isns::kReplace)
      restart();
    std::string node;
    bool head = false;
    std::size_t count = 0;
    esi_interval = 0;
    for (const Attribute& a : all) {
      const std::uint32_t number = a.number().value_or(0);
      head = head || a.tag == Tag::EntityProtocol;
      if (a.tag == Tag::EntityId)
        entity = a.text();
      else if (a.tag == Tag::PortalAddress)
        portals = ++count;
      else if (a.tag == Tag::ScnPort && count == 1)
        scn_port = static_cast<std::uint16_t>(number);
      else if (a.tag == Tag::EsiInterval)
        esi_interval = number;
      else if (a.tag == Tag::IscsiName)
        targets[node = a.text()].clear();
      else if (a.tag == Tag::GroupPort)
        targets[node].push_back(std::to_string(number));
      else if (a.tag == Tag::GroupTag)
        targets[node].back() += a.value.empty() ? ":-" : ":" + std::to_string(number);
    }
    if (esi_interval && !esi)
      status = isns::Status::EsiNotAvailable;
    Payload p;
    p.text(Tag::EntityId, entity).delimiter().text(Tag::EntityId, entity);
    if (head && period)
      p.number(Tag::RegistrationPeriod, period);
    return p.take();
  }

  void remove(const std::vector<Attribute>& all) {
    for (const Attribute& a : all)
      if (a.tag == Tag::EntityId && a.text() == entity)
        restart();
      else if (a.tag == Tag::IscsiName)
        targets.erase(std::string(a.text()));
  }

  std::string query(const std::string& source, const std::vector<Attribute>& key) {
    Payload p;
    p.delimiter();
    if (!key.empty() && key[0].tag == Tag::EntityId && key[0].text() == entity)
      p.text(Tag::EntityId, entity);
    if (!key.empty() && key[0].tag == Tag::NodeType)
      for (const std::string& name : visible[source])
        p.text(Tag::IscsiName, name);
    return p.take();
  }
};

/// The server's end of each connection is served by pump().
class Network final : public isns::Network {
public:
  explicit Network(Server& server)
      : server_(server), listener_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        news_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  bool reachable = true;
  bool listening = false;
  std::vector<isns::Portal> where = {{{"192.0.2.1", 3260}, 700}, {{"2001:db8::1", 3260}, 700}};
  std::vector<scstd::Address> dialled;

  int dial(const scstd::Address& server) override {
    dialled.push_back(server);
    if (!reachable) {
      errno = ECONNREFUSED;
      return -1;
    }
    auto [ours, theirs] = socket_pair();
    ours_ = std::move(ours);
    theirs_ = std::move(theirs);
    stream_.emplace(theirs_.get());
    return ours_.get();
  }
  void hang_up() override { ours_ = scstd::UniqueFd(); }
  void listen(bool on) override { listening = on; }
  std::vector<int> listeners() const override { return {listener_.get()}; }
  scstd::UniqueFd accept(int /*listener*/, scstd::Address& peer) override {
    eventfd_t ignored;
    if (calls_.empty())
      return {};
    eventfd_read(listener_.get(), &ignored);
    peer = {calls_.front().first, 50000};
    scstd::UniqueFd fd = std::move(calls_.front().second);
    calls_.pop_front();
    return fd;
  }
  std::vector<isns::Portal> portals() const override { return where; }
  int news_fd() const override { return news_.get(); }
  bool update() override {
    eventfd_t ignored;
    return eventfd_read(news_.get(), &ignored) == 0;
  }

  void move_to(std::vector<isns::Portal> portals) {
    where = std::move(portals);
    eventfd_write(news_.get(), 1);
  }
  /// Somebody connects; what is written to the result reaches the client.
  scstd::UniqueFd call(const std::string& from) {
    auto [ours, theirs] = socket_pair();
    calls_.emplace_back(from, std::move(ours));
    eventfd_write(listener_.get(), calls_.size());
    return std::move(theirs);
  }
  /// The server ends the connection.
  void cut() {
    stream_.reset();
    theirs_ = scstd::UniqueFd();
  }
  /// Lets the server answer. True: there was something.
  bool pump() {
    Message m;
    bool any = false;
    while (stream_ && stream_->receive(m)) {
      server_.answer(m, *stream_);
      stream_->flush();
      any = true;
    }
    return any;
  }
  isns::Stream& stream() { return *stream_; }
  scstd::UniqueFd& theirs() { return theirs_; }

private:
  Server& server_;
  scstd::UniqueFd listener_, news_, ours_, theirs_;
  std::optional<isns::Stream> stream_;
  std::deque<std::pair<std::string, scstd::UniqueFd>> calls_;
};

} // namespace isns_twin
