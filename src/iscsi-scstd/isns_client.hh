// SPDX-License-Identifier: GPL-2.0-only
// The client of an iSNS server (RFC 4171): connects, comes back when the connection is lost, keeps
// the registration alive, and hears of changes. It never blocks, and no login waits for it.
#pragma once

#include "isns_network.hh"
#include "isns_stream.hh"
#include "kernel.hh"

#include <chrono>
#include <list>
#include <optional>
#include <set>
#include <string>

namespace scstd::isns {

struct Times {
  std::chrono::milliseconds connect{5000};
  std::chrono::milliseconds answer{10000};
  std::chrono::milliseconds first_retry{1000}; ///< doubles up to last_retry
  std::chrono::milliseconds last_retry{60000};
  std::chrono::milliseconds farewell{2000}; ///< to deregister in
  /// Who may log in is asked so often without a reason, and at most so often with one.
  std::chrono::milliseconds questions{60000};
  std::chrono::milliseconds between_questions{1000};
  std::chrono::seconds period{900}; ///< of registration, unless the server shortens it
};

class Client {
public:
  /// `entity`: what we are called unless the admin says otherwise.
  Client(Kernel& kernel, Network& network, Access& access, std::string entity, Times times = {});

  /// Readable when step() has something to do.
  int event_fd() const { return epoll_.get(); }
  /// When it has without that.
  std::optional<TimePoint> deadline() const;
  void step(TimePoint now);

  /// The kernel has news: reads them.
  void configure(TimePoint now);
  /// Deregisters; gone() when that is done, or took too long.
  void leave(TimePoint now);
  bool gone() const { return state_ == State::Off; }

private:
  enum class State {
    Off,
    Waiting, ///< until it is time for the next attempt
    Connecting,
    Open,
  };
  struct Settings {
    Address server; ///< host "": none
    std::string entity;
    bool access_control = false;
  };
  /// A connection that the server has made.
  struct Caller {
    Caller(UniqueFd socket, std::size_t limit) : fd(std::move(socket)), stream(fd.get(), limit) {}
    UniqueFd fd;
    Stream stream;
  };

  /// Does it wait for something that has a deadline?
  bool is_pending() const {
    return state_ == State::Waiting || state_ == State::Connecting || asked_;
  }
  void watch(int fd, std::uint32_t events);
  void await(int fd, const Stream& stream);
  void unwatch(int fd);
  void take_events(TimePoint now);
  void take_event(int fd, TimePoint now);
  void take_turn(TimePoint now);
  void question(TimePoint now);

  Settings read_settings() const;
  void settle(TimePoint now);
  void switch_over(TimePoint now);
  void switch_off();
  void collect();
  Wanted wanted() const;
  std::vector<Portal> portals() const;
  bool is_server(const Address& peer, int fd) const;

  void connect(TimePoint now);
  void connected(TimePoint now);
  void talk(TimePoint now);
  void say_next(TimePoint now);
  void all_said(TimePoint now);
  void hang_up();
  void lost(TimePoint now, std::string why);

  void take_callers(int listener);
  void serve(Caller& caller);
  void answer(const Message& request, Stream& stream);

  Kernel& kernel_;
  Network& network_;
  Access& access_;
  std::string default_entity_;
  Times times_;
  UniqueFd epoll_;
  State state_ = State::Off;
  Settings settings_; ///< that we go by
  Settings next_;     ///< that the kernel says
  bool leaving_ = false;
  bool ended_ = false; ///< the daemon ends
  Registrar registrar_;
  int fd_ = -1; ///< the connection, in Connecting and Open
  std::optional<Stream> stream_;
  bool asked_ = false;                ///< an answer is to come
  TimePoint deadline_;                ///< of the attempt, the connection, the answer
  std::optional<TimePoint> refresh_;  ///< when the server is to hear of us again
  std::optional<TimePoint> goodbye_;  ///< when leaving has lasted long enough
  std::optional<TimePoint> question_; ///< when to ask again who may log in
  TimePoint questioned_;              ///< when that was done
  std::set<std::string> outdated_;    ///< targets for which that may be old by now
  std::chrono::milliseconds retry_;
  bool complained_ = false; ///< that the server cannot be reached
  std::size_t reported_ = 0;
  std::list<Caller> callers_; ///< the oldest first
};

} // namespace scstd::isns
