// SPDX-License-Identifier: GPL-2.0-only
// What the iSNS client needs of the network, as an interface: the real one has sockets that were
// made before the daemon was confined, its twin lets a test be the server.
#pragma once

#include "interfaces.hh"
#include "isns_registrar.hh"

#include <vector>

namespace scstd::isns {

class Network {
public:
  Network() = default;
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;
  virtual ~Network() = default;

  /// Begins to connect. The socket, which is writable once that has succeeded or failed; it
  /// stays the network's. -1: errno.
  virtual int dial(const Address& server) = 0;
  /// Ends that connection, whatever state it is in.
  virtual void hang_up() = 0;

  /// Where the server may come to, with news and questions: sockets that listen while `on`.
  virtual void listen(bool on) = 0;
  virtual std::vector<int> listeners() const = 0;
  /// None left: an empty one.
  virtual UniqueFd accept(int listener, Address& peer) = 0;

  /// Where initiators come to, and the server while listen() is on.
  virtual std::vector<Portal> portals() const = 0;
  /// Readable when portals() may have changed; -1: it never is.
  virtual int news_fd() const = 0;
  /// Takes the news. True: they have changed.
  virtual bool update() = 0;
};

/// The confined daemon can make no sockets. What it needs is made here: to connect, one of each
/// family, which is used again and again (connect(2), AF_UNSPEC); and one beside each listener.
class Sockets final : public Network {
public:
  /// `portals`: the sockets where initiators come to. `announced`: what they are told instead.
  Sockets(const std::vector<UniqueFd>& portals, Address announced);

  int dial(const Address& server) override;
  void hang_up() override;
  void listen(bool on) override;
  std::vector<int> listeners() const override;
  UniqueFd accept(int listener, Address& peer) override;
  std::vector<Portal> portals() const override;
  int news_fd() const override { return interfaces_.fd(); }
  bool update() override { return interfaces_.update(); }

private:
  struct Listener {
    Address at; ///< of initiators
    UniqueFd scn;
    std::uint16_t scn_port = 0; ///< 0: it does not listen
  };
  void add(const Listener& listener, const std::string& host, std::vector<Portal>& all) const;

  UniqueFd v4_, v6_;
  int dialled_ = -1;
  std::vector<Listener> listeners_;
  Address announced_;
  Interfaces interfaces_;
};

} // namespace scstd::isns
