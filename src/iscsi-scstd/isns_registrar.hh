// SPDX-License-Identifier: GPL-2.0-only
// What an iSNS server is told and asked, one request after the other, until it knows of us what is
// so, and we of it who may log in. No I/O, no clock.
#pragma once

#include "isns_access.hh"
#include "isns_pdu.hh"

#include <chrono>
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace scstd::isns {

struct Portal {
  Address address;
  std::uint16_t scn_port = 0; ///< where the server reaches us; 0: nowhere

  bool operator==(const Portal&) const = default;
};

struct Node {
  /// Portal group tag on each portal; nothing: it cannot be reached there.
  std::vector<std::optional<std::uint32_t>> groups;

  bool operator==(const Node&) const = default;
};

/// What the server is to know.
struct Wanted {
  std::string entity;
  std::vector<Portal> portals;
  std::map<std::string, Node> nodes; ///< targets, by their name in normal form
  bool access_control = false;
};

class Registrar {
public:
  /// `period`: the registration period that is asked for.
  Registrar(Access& access, std::chrono::seconds period);

  void want(Wanted wanted);
  /// All is to be deregistered.
  void leave();
  /// To a server of which nothing is sure any more: it may have started anew.
  void connected();
  /// The server is to hear of us, and to say everything again.
  void refresh();
  /// It is to say again who may log in to these targets.
  void ask_again(const std::set<std::string>& targets);
  void ask_again(); ///< to all

  /// The next request; nothing: all is said. To be called when the last one was answered.
  std::optional<Message> next();
  /// The answer. Not empty: the server refuses, or talks nonsense.
  std::string receive(const Message& answer, TimePoint now);

  /// Does the server know anything of us?
  bool registered() const { return told_ || !known_.empty(); }
  bool knows(const std::string& target) const { return known_.contains(target); }
  std::size_t nodes() const { return known_.size(); }
  /// Is there anything to be told, or to be taken back?
  bool needed() const { return registered() || !empty(); }
  /// The registration period that was granted, and after which part of it to refresh().
  std::chrono::seconds period() const { return period_; }
  std::chrono::seconds renewal() const;
  /// The server asks whether we are there.
  void heard_esi() { esi_heard_ = true; }

private:
  enum class Kind { Leave, Register, Deregister, RegisterScn, Ask, Verify, Renew };
  struct Request {
    Kind kind{};
    std::uint16_t function = 0;
    std::uint16_t transaction = 0;
    bool replace = false;
    bool head = false;                 ///< with entity and portals
    std::map<std::string, Node> nodes; ///< that it is about
    Wanted told;                       ///< of the head
    bool outdated = false;             ///< things have changed since
  };
  struct Known {
    Node node;         ///< as it was told
    bool sure = false; ///< the server has it so
    bool scn = false;  ///< and tells of changes
    bool asked = false;
  };

  bool empty() const { return wanted_.nodes.empty() || wanted_.portals.empty(); }
  bool head_sure() const;
  bool node_sure(const std::string& name) const;
  void forget();
  std::string source() const;
  Message request(Kind kind, Function function, Payload payload);
  Message say_goodbye();
  std::optional<Message> register_missing();
  std::optional<Message> deregister_gone();
  std::optional<Message> register_scn();
  std::optional<Message> ask();
  Message verify();
  Message renew();
  void add_head(Payload& payload) const;
  void add_node(Payload& payload, const std::string& name, const Node& node) const;

  std::string refused(Status status, TimePoint now);
  std::string take(std::string_view payload, TimePoint now);
  void registered_now(std::string_view payload);
  void listed(std::string_view payload, TimePoint now);
  void verified(std::string_view payload);

  Access* access_;
  std::chrono::seconds wanted_period_;
  std::chrono::seconds period_;
  Wanted wanted_;
  std::optional<Wanted> told_; ///< entity and portals that the server has
  bool told_sure_ = false;
  bool replace_ = true; ///< what the server has from an earlier life of ours is to go
  bool verify_ = false;
  bool renew_ = false;
  bool esi_ = true; ///< may the server ask whether we are there?
  bool esi_heard_ = false;
  std::map<std::string, Known> known_;
  Request request_;
  std::uint16_t transaction_ = 0;
};

} // namespace scstd::isns
