// SPDX-License-Identifier: GPL-2.0-only
#include "isns_registrar.hh"

#include "log.hh"

#include <algorithm>
#include <fmt/format.h>

namespace scstd::isns {

namespace {

/// A message with many targets ends behind this; another one takes the rest. Servers have limits.
constexpr std::size_t kBatch = 32ul * 1024;
/// Initiators of one target that are taken from a server.
constexpr std::size_t kMaxInitiators = 4096;
/// How often the server may ask whether we are there, in seconds.
constexpr std::uint32_t kEsiInterval = 60;
/// Periods that make sense, whatever the server says. 0 is for ever.
constexpr std::chrono::seconds kMinPeriod{15};

constexpr std::uint32_t kScnEvents = kScnInitiatorsAndSelf | kScnRemoved | kScnAdded | kScnUpdated;

} // namespace

Registrar::Registrar(Access& access, std::chrono::seconds period)
    : access_(&access), wanted_period_(period), period_(period) {}

void Registrar::want(Wanted wanted) {
  // Portals seldom change, and all targets are at them: begin anew.
  if (told_ && told_->portals != wanted.portals)
    replace_ = true;
  wanted_ = std::move(wanted);
}

void Registrar::leave() {
  wanted_.nodes.clear();
}

void Registrar::forget() {
  told_sure_ = false;
  for (auto& [name, known] : known_)
    known.sure = known.scn = known.asked = false;
}

void Registrar::connected() {
  forget();
  verify_ = renew_ = false;
}

void Registrar::refresh() {
  verify_ = true;
  ask_again();
}

/// A server whose questions do not reach us throws us out: to be seen soon.
std::chrono::seconds Registrar::renewal() const {
  const std::chrono::seconds third = period_ / 3;
  return esi_ && !esi_heard_ ? std::min(third, std::chrono::seconds(kEsiInterval)) : third;
}

void Registrar::ask_again(const std::set<std::string>& targets) {
  for (const std::string& name : targets)
    if (auto known = known_.find(name); known != known_.end())
      known->second.asked = false;
  request_.outdated = true;
}

void Registrar::ask_again() {
  for (auto& [name, known] : known_)
    known.asked = false;
  request_.outdated = true;
}

bool Registrar::head_sure() const {
  return told_ && told_sure_ && !replace_;
}

bool Registrar::node_sure(const std::string& name) const {
  const auto known = known_.find(name);
  return known != known_.end() && known->second.sure &&
         known->second.node == wanted_.nodes.at(name);
}

std::optional<Message> Registrar::next() {
  const bool renamed = told_ && told_->entity != wanted_.entity;
  if (empty() || renamed) {
    if (registered())
      return say_goodbye();
    return std::nullopt;
  }
  if (head_sure() && verify_)
    return verify();
  if (auto m = register_missing())
    return m;
  if (auto m = deregister_gone())
    return m;
  if (renew_)
    return renew();
  if (!wanted_.access_control)
    return std::nullopt;
  if (auto m = register_scn())
    return m;
  return ask();
}

/// In whose name we speak: a target that the server has, if there is one.
std::string Registrar::source() const {
  for (const auto& [name, known] : known_)
    if (known.sure && (wanted_.nodes.contains(name) || wanted_.nodes.empty()))
      return name;
  return wanted_.nodes.empty() ? known_.begin()->first : wanted_.nodes.begin()->first;
}

Message Registrar::request(Kind kind, Function function, Payload payload) {
  request_.kind = kind;
  request_.function = static_cast<std::uint16_t>(function);
  request_.transaction = ++transaction_;
  return {request_.function, kFromClient, request_.transaction, payload.take()};
}

Message Registrar::say_goodbye() {
  Payload p;
  p.text(Tag::IscsiName, known_.empty() ? wanted_.nodes.begin()->first : known_.begin()->first)
      .delimiter()
      .text(Tag::EntityId, told_ ? told_->entity : wanted_.entity);
  request_ = {};
  return request(Kind::Leave, Function::DevDereg, std::move(p));
}

void Registrar::add_head(Payload& payload) const {
  payload.number(Tag::EntityProtocol, kProtocolIscsi)
      .number(Tag::RegistrationPeriod, static_cast<std::uint32_t>(wanted_period_.count()));
  for (const Portal& portal : wanted_.portals) {
    payload.address(Tag::PortalAddress, portal.address.host)
        .number(Tag::PortalPort, portal.address.port);
    if (!portal.scn_port)
      continue;
    if (esi_)
      payload.number(Tag::EsiInterval, kEsiInterval).number(Tag::EsiPort, portal.scn_port);
    payload.number(Tag::ScnPort, portal.scn_port);
  }
}

void Registrar::add_node(Payload& payload, const std::string& name, const Node& node) const {
  payload.text(Tag::IscsiName, name).number(Tag::NodeType, kNodeTarget);
  for (std::size_t i = 0; i < wanted_.portals.size() && i < node.groups.size(); i++) {
    const Address& at = wanted_.portals[i].address;
    payload.text(Tag::GroupName, name)
        .address(Tag::GroupAddress, at.host)
        .number(Tag::GroupPort, at.port);
    if (node.groups[i])
      payload.number(Tag::GroupTag, *node.groups[i]);
    else
      payload.none(Tag::GroupTag);
  }
}

std::optional<Message> Registrar::register_missing() {
  Request what;
  what.head = !head_sure();
  what.replace = what.head && replace_;
  Payload p;
  p.text(Tag::IscsiName, source())
      .text(Tag::EntityId, wanted_.entity)
      .delimiter()
      .text(Tag::EntityId, wanted_.entity);
  if (what.head) {
    add_head(p);
    what.told = wanted_;
    what.told.nodes.clear();
  }
  for (const auto& [name, node] : wanted_.nodes) {
    if (!what.replace && node_sure(name))
      continue;
    if (!what.nodes.empty() && p.size() > kBatch)
      break;
    add_node(p, name, node);
    what.nodes.emplace(name, node);
  }
  if (!what.head && what.nodes.empty())
    return std::nullopt;
  request_ = std::move(what);
  Message m = request(Kind::Register, Function::DevAttrReg, std::move(p));
  if (request_.replace)
    m.flags |= kReplace;
  return m;
}

std::optional<Message> Registrar::deregister_gone() {
  Request what;
  Payload p;
  p.text(Tag::IscsiName, source()).delimiter();
  for (const auto& [name, known] : known_)
    if (!wanted_.nodes.contains(name) && p.size() <= kBatch) {
      p.text(Tag::IscsiName, name);
      what.nodes.emplace(name, known.node);
    }
  if (what.nodes.empty())
    return std::nullopt;
  request_ = std::move(what);
  return request(Kind::Deregister, Function::DevDereg, std::move(p));
}

/// Each target asks for itself: it is told of what it may see.
std::optional<Message> Registrar::register_scn() {
  if (std::all_of(wanted_.portals.begin(), wanted_.portals.end(),
                  [](const Portal& portal) { return portal.scn_port == 0; }))
    return std::nullopt;
  for (const auto& [name, known] : known_) {
    if (known.scn)
      continue;
    Payload p;
    p.text(Tag::IscsiName, name)
        .text(Tag::IscsiName, name)
        .delimiter()
        .number(Tag::ScnBitmap, kScnEvents);
    request_ = {};
    request_.nodes.emplace(name, known.node);
    return request(Kind::RegisterScn, Function::ScnReg, std::move(p));
  }
  return std::nullopt;
}

/// The initiators that a target can see are those in a discovery domain with it.
std::optional<Message> Registrar::ask() {
  for (const auto& [name, known] : known_) {
    if (known.asked)
      continue;
    Payload p;
    p.text(Tag::IscsiName, name)
        .number(Tag::NodeType, kNodeInitiator)
        .delimiter()
        .none(Tag::IscsiName);
    request_ = {};
    request_.nodes.emplace(name, known.node);
    return request(Kind::Ask, Function::DevAttrQry, std::move(p));
  }
  return std::nullopt;
}

/// Does the server still have us?
Message Registrar::verify() {
  Payload p;
  p.text(Tag::IscsiName, source())
      .text(Tag::EntityId, told_->entity)
      .delimiter()
      .none(Tag::EntityId);
  request_ = {};
  return request(Kind::Verify, Function::DevAttrQry, std::move(p));
}

/// A registration that changes nothing, but begins the registration period anew.
Message Registrar::renew() {
  Payload p;
  p.text(Tag::IscsiName, source())
      .text(Tag::EntityId, wanted_.entity)
      .delimiter()
      .text(Tag::EntityId, wanted_.entity)
      .number(Tag::EntityProtocol, kProtocolIscsi)
      .number(Tag::RegistrationPeriod, static_cast<std::uint32_t>(wanted_period_.count()));
  request_ = {};
  return request(Kind::Renew, Function::DevAttrReg, std::move(p));
}

std::string Registrar::receive(const Message& answer, TimePoint now) {
  if (answer.function != (request_.function | kResponse) ||
      answer.transaction != request_.transaction)
    return "it answers what was not asked";
  std::string_view payload = answer.payload;
  const std::optional<Status> status = take_status(payload);
  if (!status)
    return "its answer has no status";
  if (*status != Status::Success)
    return refused(*status, now);
  Attributes all(payload);
  Attribute ignored;
  while (all.next(ignored)) {
  }
  if (all.malformed())
    return "its answer is malformed";
  return take(payload, now);
}

/// What the server does not do. Empty: we can live with that.
std::string Registrar::refused(Status status, TimePoint now) {
  std::string why =
      fmt::format("it refuses: {} (status {})", to_text(status), static_cast<unsigned>(status));
  switch (request_.kind) {
  case Kind::Register:
    if (status != Status::EsiNotAvailable || !esi_)
      return why;
    esi_ = false; // once more without
    return {};
  case Kind::Leave:
  case Kind::Deregister:
    // It is gone already, or the registration period will see to it.
    return take({}, now);
  case Kind::RegisterScn:
    log(Level::Notice, "iSNS: no news for {}: {}; who may log in is asked now and then",
        request_.nodes.begin()->first, why);
    return take({}, now);
  case Kind::Ask:
    return status == Status::NoSuchEntry ? take({}, now) : why; // nobody shares a domain with it
  case Kind::Verify:
  case Kind::Renew:
    break;
  }
  // The server has forgotten us.
  verified({});
  return {};
}

std::string Registrar::take(std::string_view payload, TimePoint now) {
  switch (request_.kind) {
  case Kind::Leave:
    known_.clear();
    told_.reset();
    replace_ = true;
    break;
  case Kind::Register:
    registered_now(payload);
    break;
  case Kind::Deregister:
    for (const auto& [name, node] : request_.nodes) {
      known_.erase(name);
      access_->forget(name);
    }
    break;
  case Kind::RegisterScn:
    if (auto known = known_.find(request_.nodes.begin()->first); known != known_.end())
      known->second.scn = true;
    break;
  case Kind::Ask:
    listed(payload, now);
    break;
  case Kind::Verify:
    verified(payload);
    break;
  case Kind::Renew:
    renew_ = false;
    break;
  }
  return {};
}

void Registrar::registered_now(std::string_view payload) {
  if (request_.replace)
    known_.clear();
  for (const auto& [name, node] : request_.nodes)
    known_[name] = {node, true, false, false};
  if (!request_.head)
    return;
  replace_ = request_.told.portals != wanted_.portals;
  told_ = std::move(request_.told);
  told_sure_ = true;
  Attributes all(payload);
  Attribute a;
  while (all.next(a))
    if (const auto period = a.number(); a.tag == Tag::RegistrationPeriod && period && *period)
      period_ = std::clamp(std::chrono::seconds(*period), kMinPeriod, wanted_period_);
}

void Registrar::listed(std::string_view payload, TimePoint now) {
  const std::string& target = request_.nodes.begin()->first;
  std::set<std::string> initiators;
  bool behind = false;
  Attributes all(payload);
  Attribute a;
  while (all.next(a) && initiators.size() < kMaxInitiators) {
    behind = behind || a.tag == Tag::Delimiter;
    if (behind && a.tag == Tag::IscsiName)
      if (std::string name = normal_name(std::string(a.text())); !name.empty())
        initiators.insert(std::move(name));
  }
  access_->set(target, std::move(initiators), now + period_);
  if (auto known = known_.find(target); known != known_.end())
    known->second.asked = !request_.outdated;
}

void Registrar::verified(std::string_view payload) {
  verify_ = false;
  bool there = false, behind = false;
  Attributes all(payload);
  Attribute a;
  while (all.next(a)) {
    behind = behind || a.tag == Tag::Delimiter;
    there = there || (behind && a.tag == Tag::EntityId && a.text() == told_->entity);
  }
  renew_ = there;
  if (there)
    return;
  // Thrown out because its questions do not reach us, as it seems: it need not ask.
  if (esi_ && !esi_heard_)
    esi_ = false;
  forget();
}

} // namespace scstd::isns
