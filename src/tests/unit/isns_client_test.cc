// SPDX-License-Identifier: GPL-2.0-only
// The iSNS client against a server's twin, with a clock that the test turns.
#include "catch.hh"
#include "interfaces.hh"
#include "isns_twin.hh"
#include "kernel_twin.hh"
#include "port.h"

#include <algorithm>
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>

using namespace std::chrono_literals;
using isns_twin::listed;
using scstd::isns::Access;
using scstd::isns::Clock;
using scstd::isns::GuardedKernel;
using scstd::isns::Status;
using scstd::isns::TimePoint;
using Names = std::vector<std::string>;

namespace {

const std::string kDisk = "iqn.2020-05.example.lab:disk";
const std::string kTape = "iqn.2020-05.example.lab:tape";
const std::string kHost = "iqn.2020-05.example.lab:host";
const std::string kOther = "iqn.2020-05.example.lab:other";

bool readable(int fd) {
  pollfd p{fd, POLLIN, 0};
  return poll(&p, 1, 0) == 1;
}

/// Kernel, client and server, and a clock that stands still until it is turned.
struct World {
  KernelTwin kernel;
  isns_twin::Server server;
  isns_twin::Network network{server};
  Access access;
  scstd::isns::Client client{kernel, network, access, "scst.storage"};
  TimePoint now = Clock::now();

  World() { kernel.add(kDisk); }

  /// Until nobody has anything to say.
  void settle() {
    client.step(now);
    for (int rounds = 0; network.pump() || readable(client.event_fd()); rounds++) {
      REQUIRE(rounds < 1000);
      client.step(now);
    }
  }
  void configure() {
    client.configure(now);
    settle();
  }
  void use(const std::string& address, bool access_control = false, const std::string& name = "") {
    kernel.set_isns(address, access_control, name);
    configure();
  }
  /// In steps: what has a deadline is done at it.
  void pass(std::chrono::milliseconds time) {
    const TimePoint end = now + time;
    while (client.deadline() && *client.deadline() <= end) {
      now = std::max(now, *client.deadline());
      settle();
    }
    now = end;
    settle();
  }
  Names take_log() { return std::exchange(server.log, {}); }
  bool may(const std::string& initiator, const std::string& target = kDisk) {
    return access.ask(initiator, target, now) == Access::Verdict::Yes;
  }
  bool unknown(const std::string& initiator) {
    return access.ask(initiator, kDisk, now) == Access::Verdict::Unknown;
  }
  /// News or a question on a connection that comes from there.
  std::unique_ptr<scstd::isns::Stream> call(scstd::UniqueFd& fd, const std::string& from) {
    fd = network.call(from);
    settle();
    return std::make_unique<scstd::isns::Stream>(fd.get());
  }
};

scstd::isns::Message news_of(const std::string& target) {
  scstd::isns::Payload p;
  p.text(scstd::isns::Tag::IscsiName, target).number(scstd::isns::Tag::ScnBitmap, 0x0c);
  return {static_cast<std::uint16_t>(scstd::isns::Function::Scn), scstd::isns::kFromServer, 3,
          p.take()};
}

std::uint32_t status_of(const scstd::isns::Message& m) {
  return m.payload.size() < 4 ? 99 : sl_get_be32(m.payload.data());
}

} // namespace

TEST_CASE("Without an iSNS server nobody is called") {
  World w;
  w.configure();
  w.pass(1h);
  CHECK(w.network.dialled.empty());
  CHECK_FALSE(w.network.listening);
  CHECK_FALSE(w.client.deadline());
  CHECK(w.client.gone());
}

TEST_CASE("A kernel side that is older than iSNS means no iSNS") {
  World w;
  w.kernel.isns_error = ENOTTY;
  w.use("192.0.2.9", true);
  CHECK(w.network.dialled.empty());
  CHECK(w.may(kHost));
}

TEST_CASE("Entity, portals and enabled targets are registered") {
  World w;
  w.kernel.add(kTape).portal_group = 7;
  w.kernel.add(kOther).enabled = 0;
  w.use("192.0.2.9");
  REQUIRE(w.network.dialled.size() == 1);
  CHECK(w.network.dialled[0] == scstd::Address{"192.0.2.9", 3205});
  CHECK(w.network.listening);
  CHECK(w.take_log() == Names{"replace"});
  CHECK(w.server.entity == "scst.storage");
  CHECK(w.server.portals == 2);
  CHECK(w.server.targets ==
        std::map<std::string, Names>{{kDisk, {"3260:1", "3260:1"}}, {kTape, {"3260:7", "3260:7"}}});
  w.pass(59s);
  CHECK(w.take_log().empty());
}

TEST_CASE("A registration is put together as RFC 4171 5.6.5.1 says") {
  World w;
  w.network.where = {{{"192.0.2.1", 3260}, 700}};
  w.use("192.0.2.9:4205", false, "storage.example.lab");
  CHECK(w.network.dialled.at(0) == scstd::Address{"192.0.2.9", 4205});
  CHECK(listed(w.server.requests.at(0).payload) ==
        Names{"32=" + kDisk, "1=storage.example.lab", "0", "1=storage.example.lab", "2=2", "6=900",
              "16=(16)", "17=3260", "19=60", "20=700", "23=700", "32=" + kDisk, "33=1",
              "48=" + kDisk, "49=(16)", "50=3260", "51=1"});
}

TEST_CASE("A target that is not at a portal has no portal group there") {
  World w;
  w.kernel.hidden[kDisk] = "192.0.2.1";
  w.use("[2001:db8::9]:3205");
  CHECK(w.network.dialled.at(0) == scstd::Address{"2001:db8::9", 3205});
  CHECK(w.server.targets.at(kDisk) == Names{"3260:-", "3260:1"});
  // It is there again: the same target, told anew.
  w.kernel.hidden.clear();
  w.take_log();
  w.configure();
  CHECK(w.take_log() == Names{"register"});
  CHECK(w.server.targets.at(kDisk) == Names{"3260:1", "3260:1"});
}

TEST_CASE("Targets that come and go are registered and deregistered, and no other") {
  World w;
  w.use("192.0.2.9");
  w.take_log();
  w.kernel.add(kTape);
  w.configure();
  CHECK(w.take_log() == Names{"register"});
  CHECK(listed(w.server.requests.back().payload).size() == 4 + 2 + 8);
  w.kernel.targets.at(kDisk).enabled = 0;
  w.configure();
  CHECK(w.take_log() == Names{"deregister"});
  CHECK(listed(w.server.requests.back().payload) == Names{"32=" + kTape, "0", "32=" + kDisk});
  CHECK(w.server.targets.contains(kTape));
  CHECK_FALSE(w.server.targets.contains(kDisk));
}

TEST_CASE("Without any target the entity is deregistered and the server left alone") {
  World w;
  w.use("192.0.2.9");
  w.take_log();
  w.kernel.targets.at(kDisk).enabled = 0;
  w.configure();
  CHECK(w.take_log() == Names{"deregister"});
  CHECK(w.server.entity.empty());
  CHECK_FALSE(w.client.deadline());
  w.kernel.targets.at(kDisk).enabled = 1;
  w.configure();
  CHECK(w.server.targets.contains(kDisk));
}

TEST_CASE("More targets than fit one message come in several") {
  World w;
  for (int i = 0; i < 1000; i++)
    w.kernel.add(kDisk + std::to_string(i));
  w.use("192.0.2.9");
  CHECK(w.server.targets.size() == 1001);
  const Names log = w.take_log();
  CHECK(log.size() > 5);
  CHECK(std::count(log.begin(), log.end(), "replace") == 1);
  for (const auto& m : w.server.requests)
    CHECK(m.payload.size() < 40000);
  for (auto& [name, t] : w.kernel.targets)
    t.enabled = name == kDisk;
  w.configure();
  CHECK(w.server.targets.size() == 1);
}

TEST_CASE("Other portals are registered in place of the old ones") {
  World w;
  w.use("192.0.2.9");
  w.take_log();
  w.network.move_to({{{"192.0.2.7", 3260}, 700}});
  w.settle();
  CHECK(w.take_log() == Names{"replace"});
  CHECK(w.server.portals == 1);
  CHECK(w.server.targets.at(kDisk) == Names{"3260:1"});
  w.network.move_to({});
  w.settle();
  CHECK(w.server.entity.empty());
}

TEST_CASE("Another name of the entity takes the place of the old one") {
  World w;
  w.use("192.0.2.9");
  w.use("192.0.2.9", false, "new.example.lab");
  CHECK(w.take_log() == Names{"replace", "deregister", "replace"});
  CHECK(w.server.entity == "new.example.lab");
}

TEST_CASE("The registration is renewed before it runs out") {
  World w;
  w.server.period = 60;
  w.use("192.0.2.9");
  w.take_log();
  w.pass(19s);
  CHECK(w.take_log().empty());
  w.pass(2s);
  CHECK(w.take_log() == Names{"query", "register"});
  w.pass(60s);
  CHECK(w.take_log().size() == 6);
}

TEST_CASE("A period that makes no sense does not make us ask without end") {
  World w;
  w.server.period = GENERATE(0u, 1u, 0xffffffffu);
  w.use("192.0.2.9");
  w.take_log();
  w.pass(1h);
  const std::size_t asked = w.take_log().size();
  CHECK(asked >= 2 * 3600 / 300 - 2);
  CHECK(asked <= 2 * 3600 / 5);
}

TEST_CASE("A server that has forgotten us is told again") {
  World w;
  w.use("192.0.2.9");
  w.take_log();
  w.server.restart();
  w.pass(301s);
  CHECK(w.take_log() == Names{"query", "register"});
  CHECK(w.server.targets.contains(kDisk));
}

TEST_CASE("A lost connection is made again, and all is told, with what went meanwhile") {
  World w;
  w.kernel.add(kTape);
  w.use("192.0.2.9");
  w.take_log();
  w.network.reachable = false;
  w.network.cut();
  w.settle();
  w.kernel.targets.at(kTape).enabled = 0;
  w.configure();
  w.pass(5min);
  CHECK(w.take_log().empty());
  CHECK(w.network.dialled.size() < 15); // fewer and fewer attempts
  CHECK(w.network.dialled.size() > 6);
  w.network.reachable = true;
  w.pass(61s);
  CHECK(w.take_log() == Names{"register", "deregister"});
  CHECK(w.server.targets == std::map<std::string, Names>{{kDisk, {"3260:1", "3260:1"}}});
}

TEST_CASE("A server that does not answer is given up, and tried again") {
  World w;
  w.server.silent = true;
  w.use("192.0.2.9");
  CHECK(w.take_log() == Names{"replace"});
  w.pass(9s);
  CHECK(w.network.dialled.size() == 1);
  w.server.silent = false;
  w.pass(3s);
  CHECK(w.network.dialled.size() == 2);
  CHECK(w.server.targets.contains(kDisk));
}

TEST_CASE("A server that refuses us is asked again, seldom") {
  World w;
  w.server.refusing[scstd::isns::Function::DevAttrReg] = Status::InvalidRegistration;
  w.use("192.0.2.9");
  w.pass(10min);
  CHECK(w.network.dialled.size() < 20);
  w.server.refusing.clear();
  w.pass(61s);
  CHECK(w.server.targets.contains(kDisk));
}

TEST_CASE("A server that cannot ask us back is told not to") {
  World w;
  w.server.esi = false;
  w.use("192.0.2.9");
  CHECK(w.take_log() == Names{"replace", "replace"});
  CHECK(w.server.esi_interval == 0);
  CHECK(w.server.targets.contains(kDisk));
}

TEST_CASE("Who is thrown out without having been asked is not to be asked any more") {
  World w;
  w.use("192.0.2.9");
  CHECK(w.server.esi_interval == 60);
  const bool heard = GENERATE(false, true);
  if (heard) {
    scstd::UniqueFd fd;
    auto caller = w.call(fd, "192.0.2.9");
    caller->send(
        {static_cast<std::uint16_t>(scstd::isns::Function::Esi), scstd::isns::kFromServer, 1, {}});
    caller->flush();
    w.settle();
  }
  w.server.restart();
  w.pass(61s); // until it was asked, there may be something in the way
  CHECK(w.server.targets.contains(kDisk));
  w.server.restart();
  w.pass(301s);
  const auto all = listed(w.server.requests.back().payload);
  CHECK((std::find(all.begin(), all.end(), "19=60") != all.end()) == heard);
}

TEST_CASE("Nonsense instead of an answer ends the connection, not the client") {
  World w;
  w.server.raw = GENERATE(std::string("\0\0\0\1", 4), std::string("\0\0\0\1\xff\xff\xff\xfc", 8));
  w.use("192.0.2.9");
  CHECK(w.network.dialled.size() == 1);
  w.pass(1500ms);
  CHECK(w.network.dialled.size() == 2);
  CHECK(w.server.targets.contains(kDisk));
}

TEST_CASE("An answer that nobody asked for ends the connection") {
  World w;
  w.use("192.0.2.9");
  w.network.stream().send({0x8002, scstd::isns::kFromServer, 99, std::string(4, '\0')});
  w.network.stream().flush();
  w.settle();
  w.pass(1500ms);
  CHECK(w.network.dialled.size() == 2);
}

TEST_CASE("Switching off deregisters") {
  World w;
  w.use("192.0.2.9");
  w.use("");
  CHECK(w.take_log() == Names{"replace", "deregister"});
  CHECK(w.server.entity.empty());
  CHECK_FALSE(w.network.listening);
  CHECK(w.client.gone());
  w.pass(1h);
  CHECK(w.network.dialled.size() == 1);
}

TEST_CASE("From one server to another") {
  World w;
  w.use("192.0.2.9", true);
  w.server.visible[kDisk] = {kHost};
  w.use("192.0.2.8", true);
  CHECK(w.network.dialled.back().host == "192.0.2.8");
  const Names log = w.take_log();
  CHECK(std::count(log.begin(), log.end(), "deregister") == 1);
  CHECK(w.server.targets.contains(kDisk));
  CHECK(w.may(kHost));
}

TEST_CASE("The end of the daemon deregisters, and waits for a dead server but shortly") {
  World w;
  w.use("192.0.2.9");
  w.server.silent = GENERATE(false, true);
  w.client.leave(w.now);
  w.settle();
  CHECK(w.take_log() == Names{"replace", "deregister"});
  CHECK(w.client.gone() != w.server.silent);
  w.pass(2s);
  CHECK(w.client.gone());
}

TEST_CASE("The end of the daemon does not wait for a server that is not there") {
  World w;
  w.network.reachable = false;
  w.use("192.0.2.9", true);
  w.client.leave(w.now);
  CHECK(w.client.gone());
  // Nobody is let in at the last moment either.
  w.configure();
  CHECK_FALSE(w.may(kHost));
}

TEST_CASE("With access control only who shares a domain with a target may log in") {
  World w;
  w.kernel.add(kTape);
  w.server.visible[kDisk] = {kHost, "IQN.2020-05.Example.Lab:LOUD", "no name", kOther};
  w.use("192.0.2.9", true);
  CHECK(w.take_log() == Names{"replace", "scn", "scn", "query", "query"});
  CHECK(w.server.told == std::set<std::string>{kDisk, kTape});
  CHECK(w.may(kHost));
  CHECK(w.may(kOther));
  CHECK(w.may("iqn.2020-05.example.lab:loud"));
  CHECK_FALSE(w.may("no name"));
  CHECK_FALSE(w.may(kHost, kTape));
  CHECK(w.access.ask(kHost, kTape, w.now) == Access::Verdict::No);
  w.use("192.0.2.9", false);
  CHECK(w.may(kHost, kTape));
}

TEST_CASE("Until the server has said who may log in, nobody may") {
  World w;
  w.network.reachable = false;
  w.use("192.0.2.9", true);
  CHECK(w.unknown(kHost));
  w.network.reachable = true;
  w.server.visible[kDisk] = {kHost};
  w.pass(2s);
  CHECK(w.may(kHost));
}

TEST_CASE("A server that knows nobody who may is no server that says nothing") {
  World w;
  w.server.refusing[scstd::isns::Function::DevAttrQry] = Status::NoSuchEntry;
  w.use("192.0.2.9", true);
  CHECK(w.access.ask(kHost, kDisk, w.now) == Access::Verdict::No);
}

TEST_CASE("What a server said counts for the registration period, and no longer") {
  World w;
  w.server.visible[kDisk] = {kHost};
  w.use("192.0.2.9", true);
  w.network.reachable = false;
  w.network.cut();
  w.pass(890s);
  CHECK(w.may(kHost));
  w.pass(20s);
  CHECK(w.unknown(kHost));
}

TEST_CASE("News make us ask again, at most once a second") {
  World w;
  w.use("192.0.2.9", true);
  w.take_log();
  scstd::UniqueFd fd;
  auto caller = w.call(fd, "192.0.2.9");
  w.server.visible[kDisk] = {kHost};
  for (int i = 0; i < 10; i++) {
    caller->send(news_of(kDisk));
    caller->flush();
    w.settle();
  }
  scstd::isns::Message m;
  for (int i = 0; i < 10; i++) {
    REQUIRE(caller->receive(m));
    CHECK(m.function == (static_cast<unsigned>(scstd::isns::Function::Scn) | 0x8000u));
    CHECK(m.transaction == 3);
    CHECK(status_of(m) == 0);
    CHECK(listed(std::string_view(m.payload).substr(4)) == Names{"32=" + kDisk});
  }
  CHECK(w.may(kHost));
  CHECK(w.take_log() == Names{"query"});
  w.pass(1s);
  CHECK(w.take_log() == Names{"query"});
}

TEST_CASE("News of one target are no reason to ask about the others") {
  World w;
  w.kernel.add(kTape);
  w.use("192.0.2.9", true);
  w.take_log();
  scstd::UniqueFd fd;
  auto caller = w.call(fd, "192.0.2.9");
  caller->send(news_of(kTape));
  caller->send(news_of(kOther));
  caller->flush();
  w.settle();
  w.pass(5s);
  CHECK(w.take_log() == Names{"query"});
  CHECK(listed(w.server.requests.back().payload).at(0) == "32=" + kTape);
}

TEST_CASE("Domains that change without news are found out") {
  World w;
  w.use("192.0.2.9", true);
  w.server.visible[kDisk] = {kHost};
  SECTION("within a minute") {
    w.pass(59s);
    CHECK_FALSE(w.may(kHost));
    w.pass(2s);
  }
  SECTION("at once, when somebody was turned away") {
    w.pass(10s);
    w.access.doubt(kDisk);
    w.settle();
  }
  CHECK(w.may(kHost));
}

TEST_CASE("Refused news leave the question now and then") {
  World w;
  w.server.refusing[scstd::isns::Function::ScnReg] = static_cast<Status>(17);
  w.use("192.0.2.9", true);
  w.server.visible[kDisk] = {kHost};
  CHECK_FALSE(w.may(kHost));
  w.pass(301s);
  CHECK(w.may(kHost));
}

TEST_CASE("The question whether we are there is answered with itself") {
  World w;
  w.use("192.0.2.9");
  scstd::UniqueFd fd;
  auto caller = w.call(fd, "192.0.2.9");
  scstd::isns::Payload p;
  p.text(scstd::isns::Tag::EntityId, "scst.storage").number(scstd::isns::Tag::PortalPort, 3260);
  const std::string question = p.take();
  caller->send({static_cast<std::uint16_t>(scstd::isns::Function::Esi), scstd::isns::kFromServer,
                77, question});
  caller->flush();
  w.settle();
  scstd::isns::Message m;
  REQUIRE(caller->receive(m));
  CHECK(m.function == 0x800d);
  CHECK(m.transaction == 77);
  CHECK(m.payload == std::string(4, '\0') + question);
}

TEST_CASE("What the server asks that we cannot do is said to be so") {
  World w;
  w.use("192.0.2.9");
  scstd::UniqueFd fd;
  auto caller = w.call(fd, "192.0.2.9");
  caller->send({0x000e, scstd::isns::kFromServer, 5, {}});
  caller->flush();
  w.settle();
  scstd::isns::Message m;
  REQUIRE(caller->receive(m));
  CHECK(m.function == 0x800e);
  CHECK(status_of(m) == 15);
}

TEST_CASE("Nobody but the server is listened to") {
  World w;
  w.use("192.0.2.9");
  scstd::UniqueFd fd;
  auto caller = w.call(fd, "192.0.2.66");
  scstd::isns::Message m;
  CHECK_FALSE(caller->receive(m));
  CHECK(caller->broken());
}

TEST_CASE("A fifth connection of the server ends the oldest") {
  World w;
  w.use("192.0.2.9");
  std::vector<scstd::UniqueFd> fds(5);
  std::vector<std::unique_ptr<scstd::isns::Stream>> callers;
  callers.reserve(fds.size());
  for (auto& fd : fds)
    callers.push_back(w.call(fd, "192.0.2.9"));
  scstd::isns::Message m;
  CHECK_FALSE(callers[0]->receive(m));
  CHECK(callers[0]->broken());
  CHECK_FALSE(callers[1]->receive(m));
  CHECK_FALSE(callers[1]->broken());
}

TEST_CASE("A caller that talks nonsense is cut off") {
  World w;
  w.use("192.0.2.9");
  scstd::UniqueFd fd;
  auto caller = w.call(fd, "192.0.2.9");
  REQUIRE(send(fd.get(), "GET / HTTP/1.1\r\n", 16, MSG_NOSIGNAL) == 16);
  w.settle();
  scstd::isns::Message m;
  CHECK_FALSE(caller->receive(m));
  CHECK(caller->broken());
  CHECK(w.server.targets.contains(kDisk));
}

TEST_CASE("A caller that reads nothing is not listened to") {
  World w;
  w.use("192.0.2.9");
  scstd::UniqueFd fd;
  auto caller = w.call(fd, "192.0.2.9");
  for (int i = 0; i < 2000; i++) {
    caller->send({static_cast<std::uint16_t>(scstd::isns::Function::Esi), scstd::isns::kFromServer,
                  1, std::string(8000, 'q')});
    caller->flush();
    w.client.step(w.now);
  }
  CHECK(caller->wants_write()); // it was not taken in: nothing piles up at our side
  CHECK_FALSE(caller->broken());
}

TEST_CASE("A guarded kernel shows a target to those that may see it") {
  World w;
  GuardedKernel guarded(w.kernel, w.access);
  auto lookup = [&](const std::string& initiator) {
    iscsi_scst_target t{};
    scstd::copy_text(t.name, kDisk);
    scstd::copy_text(t.initiator, initiator);
    return guarded.get_target(t);
  };
  Names names;
  CHECK(lookup(kOther) == 0);
  w.access.require(true);
  CHECK(lookup(kHost) == EAGAIN);
  w.access.set(kDisk, {kHost}, Clock::now() + 1min);
  CHECK(lookup(kHost) == 0);
  CHECK(lookup(kOther) == EACCES);
  CHECK(guarded.list_targets(kHost, "192.0.2.1", names) == 0);
  CHECK(names == Names{kDisk});
  CHECK(guarded.list_targets(kOther, "192.0.2.1", names) == 0);
  CHECK(names.empty());
  CHECK(w.access.take_doubts() == std::set<std::string>{kDisk});
  CHECK(w.access.take_doubts().empty());
}

TEST_CASE("The addresses of this machine are those that the C library finds") {
  std::set<std::string> wanted;
  ifaddrs* all = nullptr;
  REQUIRE(getifaddrs(&all) == 0);
  for (const ifaddrs* i = all; i; i = i->ifa_next) {
    char text[INET6_ADDRSTRLEN] = "";
    if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(i->ifa_addr);
      if (ntohl(v4->sin_addr.s_addr) >> 24u != 127 && ntohl(v4->sin_addr.s_addr) >> 16u != 0xa9fe)
        wanted.insert(inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text)));
    }
  }
  freeifaddrs(all);
  scstd::Interfaces interfaces;
  if (interfaces.fd() < 0)
    return; // nobody to ask
  pollfd p{interfaces.fd(), POLLIN, 0};
  while (poll(&p, 1, 200) == 1)
    interfaces.update();
  std::set<std::string> v4;
  for (const std::string& a : interfaces.addresses())
    if (a.find(':') == std::string::npos)
      v4.insert(a);
  CHECK(v4 == wanted);
  CHECK_FALSE(interfaces.addresses().contains("::1"));
}
