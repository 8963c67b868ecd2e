// SPDX-License-Identifier: GPL-2.0-only
// The event loop: listeners, the kernel's events, all connections, and what
// keeps a flood of half-open logins from hurting anyone.
#pragma once

#include "address.hh"
#include "connection.hh"
#include "isns_client.hh"
#include "kernel.hh"
#include "unique_fd.hh"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <sys/socket.h>
#include <unordered_map>
#include <vector>

namespace scstd {

struct Limits {
  std::size_t total = 1024;                   ///< connections that the daemon itself holds
  std::size_t per_source = 64;                ///< of them from one address
  std::chrono::milliseconds login{15000};     ///< from accept to full feature phase
  std::chrono::milliseconds discovery{60000}; ///< a discovery session from login to logout
};

class Server {
public:
  /// `stop_fd` becomes readable when the loop is to end.
  /// `announced`: what discovery says instead of where the initiator came to; host "" = that.
  /// `isns`: the client that runs along, if there is one.
  Server(Kernel& kernel, std::vector<UniqueFd> listeners, int stop_fd, Limits limits,
         Address announced = {}, isns::Client* isns = nullptr);

  /// Runs until `stop_fd` or the kernel side ends it. False: an error, which is logged.
  bool run();

private:
  using Clock = std::chrono::steady_clock;

  struct Guest {
    std::unique_ptr<Connection> connection;
    std::uint32_t events = 0;
    bool discovering = false;
    Clock::time_point deadline;
  };

  bool add(int fd, std::uint32_t events);
  void modify(int fd, std::uint32_t events);
  bool handle(int fd);
  bool kernel_event();
  void end();
  bool ended() const { return ending_ && (!isns_ || isns_->gone()); }
  void listen(bool on);
  void accept_all(int listener);
  void admit(UniqueFd fd, const sockaddr_storage& peer);
  void note_refusal(const std::string& source);
  void serve(int fd);
  void update(int fd, Guest& guest);
  void set_deadline(int fd, Guest& guest, std::chrono::milliseconds from_now);
  void drop(int fd);
  void end_starvation();
  void drop_expired();
  int timeout() const;

  Kernel& kernel_;
  std::vector<UniqueFd> listeners_;
  int stop_fd_;
  Limits limits_;
  Address announced_;
  isns::Client* isns_;
  UniqueFd epoll_;
  bool ending_ = false;    ///< nobody new is let in
  bool enabled_ = false;   ///< what the kernel says
  bool listening_ = false; ///< listeners are watched
  bool starved_ = false;   ///< no room for a connection: accept again when one ends
  Clock::time_point noted_{};
  std::unordered_map<int, Guest> guests_;
  std::map<std::string, std::size_t> per_source_;
  std::set<std::pair<Clock::time_point, int>> deadlines_;
};

} // namespace scstd
