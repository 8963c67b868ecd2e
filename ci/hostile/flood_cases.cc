// SPDX-License-Identifier: GPL-2.0-only
// Many of something, or something for ever: others are served meanwhile.
#include "verdict.hh"

#include <memory>
#include <stdexcept>
#include <thread>

namespace hostile {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr const char* kElsewhere = "127.0.0.9";
/// A login has 30 s (iscsi-scstd(8)); after this nobody waits any more.
constexpr seconds kDeadline{60};

/// Does the target end all of them by itself?
bool all_end(std::vector<std::unique_ptr<Connection>>& connections) {
  const auto until = steady_clock::now() + kDeadline;
  for (auto& connection : connections) {
    Pdu pdu;
    for (;;) {
      const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
      const auto event = connection->receive(pdu, std::max(left, milliseconds(1)));
      if (event == Connection::Event::kClosed)
        break;
      if (event == Connection::Event::kSilent)
        return false;
    }
  }
  return true;
}

/// One from another address is let in, and answered.
bool others_are_served(const World& world) {
  Session session(world, {{}, false, kElsewhere});
  return session.look().alive;
}

Outcome flood(const World& world, const Bytes& begin) {
  std::vector<std::unique_ptr<Connection>> connections;
  Outcome outcome;
  try {
    for (int i = 0; i < 300; i++) {
      connections.push_back(std::make_unique<Connection>(world.portal));
      connections.back()->send(begin);
    }
    outcome.alive = others_are_served(world);
  } catch (const std::runtime_error&) {
    return outcome;
  }
  outcome.closed = all_end(connections);
  return outcome;
}

const Ending kServedAndEnded = {"others are served, and these end",
                                [](const Outcome& o) { return o.alive && o.closed; }};
const Ending kServed = {"others are served", [](const Outcome& o) { return o.alive; }};

/// A login of one byte every 200 ms, on twenty connections.
Outcome drip(const World& world) {
  const Bytes login = login_request(0x87, login_keys(world)).raw();
  std::vector<std::unique_ptr<Connection>> connections;
  connections.reserve(20);
  for (int i = 0; i < 20; i++)
    connections.push_back(std::make_unique<Connection>(world.portal));
  const auto until = steady_clock::now() + kDeadline;
  std::size_t at = 0;
  bool listening = true;
  while (listening && steady_clock::now() < until) {
    listening = false;
    // It never comes to its end.
    const Bytes byte(1, login[at++ % 40]);
    for (auto& connection : connections)
      listening = connection->send(byte) || listening;
    std::this_thread::sleep_for(milliseconds(200));
  }
  Outcome outcome;
  outcome.alive = others_are_served(world);
  outcome.closed = all_end(connections);
  return outcome;
}

void repeat(Cases& cases, const std::string& name, int count,
            const std::function<void(const World&)>& once) {
  cases.push_back({name,
                   [=](const World& w) {
                     for (int i = 0; i < count; i++)
                       once(w);
                     Outcome outcome;
                     outcome.alive = others_are_served(w);
                     return outcome;
                   },
                   {kServed}});
}

} // namespace

void add_flood_cases(Cases& cases) {
  cases.push_back({"flood: 300 connections that say nothing",
                   [](const World& w) { return flood(w, {}); },
                   {kServedAndEnded}});
  cases.push_back({"flood: 300 connections that stop within a header",
                   [](const World& w) {
                     Bytes part = login_request(0x87, login_keys(w)).raw();
                     part.resize(20);
                     return flood(w, part);
                   },
                   {kServedAndEnded}});
  cases.push_back({"flood: 300 connections that stop within the text",
                   [](const World& w) {
                     Bytes part = login_request(0x87, login_keys(w)).raw();
                     part.resize(60);
                     return flood(w, part);
                   },
                   {kServedAndEnded}});
  cases.push_back(
      {"flood: 300 logins that stop after their first request",
       [](const World& w) { return flood(w, login_request(0x04, login_keys(w)).raw()); },
       {kServedAndEnded}});
  cases.push_back({"flood: logins that drip", drip, {kServedAndEnded}});
  repeat(cases, "flood: 500 connections that end at once", 500,
         [](const World& w) { const Connection connection(w.portal); });
  repeat(cases, "flood: 200 connections that are reset", 200, [](const World& w) {
    Connection connection(w.portal);
    connection.reset_at_end();
    connection.send(login_request(0x87, login_keys(w)));
  });
  repeat(cases, "flood: 100 sessions that are reset", 100, [](const World& w) {
    Session session(w);
    session.connection.reset_at_end();
  });
  repeat(cases, "flood: 100 sessions that end within a command", 100, [](const World& w) {
    Session session(w);
    Bytes part = session.scsi(0xa1, 7, {0x2a, 0, 0, 0, 0, 8, 0, 0, 8}, 4096).raw();
    part.resize(31);
    session.connection.send(part);
  });
  repeat(cases, "flood: 100 sessions that end while their data is awaited", 100,
         [](const World& w) {
           Session session(w, {{"InitialR2T=Yes", "ImmediateData=No"}, false, ""});
           session.send(session.scsi(0xa1, 7, {0x2a, 0, 0, 0, 0, 8, 0, 0, 8}, 4096));
           session.await(kR2t);
         });
  repeat(cases, "flood: a session that takes its own place 100 times", 100, [](const World& w) {
    static const Pdu kSame = login_request(0x87, login_keys(w));
    Connection connection(w.portal);
    connection.send(kSame);
    observe(connection, [](const Pdu& p) { return p.opcode() == kLoginResponse; });
  });
}

} // namespace hostile
