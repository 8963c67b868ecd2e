// SPDX-License-Identifier: GPL-2.0-only
// The whole daemon but its privileges: real sockets on loopback, the kernel's twin.
#include "address.hh"
#include "catch.hh"
#include "initiator.hh"
#include "kernel_twin.hh"
#include "server.hh"

#include <arpa/inet.h>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>

using namespace initiator;
using namespace std::chrono_literals;
using scstd::Limits;
using scstd::Listeners;
using scstd::Server;
using scstd::UniqueFd;

namespace {

std::uint16_t port_of(int fd) {
  sockaddr_storage a{};
  socklen_t len = sizeof(a);
  getsockname(fd, reinterpret_cast<sockaddr*>(&a), &len);
  return scstd::to_address(a).port;
}

/// A server in its own thread until stop() or the end of the test.
class Running {
public:
  explicit Running(KernelTwin& kernel, Limits limits = {})
      : stop_(eventfd(0, EFD_CLOEXEC)), listeners_(scstd::listen_on({"127.0.0.1"}, 0)),
        port(port_of(listeners_.sockets.at(0).get())),
        server_(kernel, std::move(listeners_.sockets), stop_.get(), limits),
        thread_([this] { ok = server_.run(); }) {}
  ~Running() { stop(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  void stop() {
    eventfd_write(stop_.get(), 1);
    if (thread_.joinable())
      thread_.join();
  }

private:
  UniqueFd stop_;
  Listeners listeners_;

public:
  const std::uint16_t port;
  bool ok = false;

private:
  Server server_;
  std::thread thread_;
};

/// An initiator's end of a connection. Reads give up after ten seconds.
class Client {
public:
  explicit Client(const Running& server) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons(server.port);
    timeval limit{10, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    REQUIRE(connect(fd_.get(), reinterpret_cast<sockaddr*>(&a), sizeof(a)) == 0);
  }

  void send(const std::string& text) {
    REQUIRE(::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(text.size()));
  }
  void send(const Pdu& pdu) { send(bytes(pdu)); }

  Pdu receive() {
    Pdu p;
    REQUIRE(recv(fd_.get(), p.bhs.data(), p.bhs.size(), MSG_WAITALL) == SL_BHS_LEN);
    const std::uint32_t len = sl_bhs_data_len(p.bhs.data());
    p.data.resize(len + sl_iscsi_pad(len));
    if (!p.data.empty())
      REQUIRE(recv(fd_.get(), p.data.data(), p.data.size(), MSG_WAITALL) ==
              static_cast<ssize_t>(p.data.size()));
    p.data.resize(len);
    return p;
  }

  /// Waits for the end of the connection; false: something else came.
  bool closed() {
    char byte;
    ssize_t n = recv(fd_.get(), &byte, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
  }

  /// Is there anything to read now? For the one case where nothing may come.
  bool silent_for(std::chrono::milliseconds time) {
    pollfd p{fd_.get(), POLLIN, 0};
    return poll(&p, 1, static_cast<int>(time.count())) == 0;
  }

private:
  UniqueFd fd_;
};

} // namespace

TEST_CASE("A login over TCP ends in the kernel's hands") {
  KernelTwin kernel;
  kernel.add(kTarget);
  Running server(kernel);
  Client c(server);
  c.send(login(kSecurityToOperational, names()));
  CHECK(status(c.receive()) == 0);
  c.send(login(kOperationalToFull, text({"InitialR2T=No"})));
  Pdu last = c.receive();
  CHECK(status(last) == 0);
  CHECK(tsih(last) == 1);
  // The twin keeps no reference, so the daemon's close of its own one ends the connection.
  CHECK(c.closed());
  server.stop();
  CHECK(server.ok);
  CHECK(kernel.started == std::vector<std::uint32_t>{100});
  CHECK(kernel.dropped.empty());
  REQUIRE(kernel.added.size() == 1);
  CHECK(std::string(kernel.added[0].portal) == "127.0.0.1");
  CHECK(std::string(kernel.added[0].peer) == "127.0.0.1");
}

TEST_CASE("A login that arrives byte by byte is understood") {
  KernelTwin kernel;
  kernel.add(kTarget);
  Running server(kernel);
  Client c(server);
  for (char byte : bytes(login(kOperationalToFull, names())))
    c.send(std::string(1, byte));
  CHECK(status(c.receive()) == 0);
}

TEST_CASE("What follows the last login request is left to the kernel") {
  KernelTwin kernel;
  kernel.add(kTarget);
  Running server(kernel);
  Client c(server);
  c.send(bytes(login(kOperationalToFull, names())) + bytes(request(SL_ISCSI_NOP_OUT, 0x80)));
  CHECK(opcode(c.receive()) == SL_ISCSI_LOGIN_RSP);
  CHECK(c.closed());
  server.stop();
  CHECK(kernel.started.size() == 1);
}

TEST_CASE("A connection that the kernel does not start is dropped there") {
  KernelTwin kernel;
  kernel.add(kTarget);
  kernel.start_error = ENOTCONN;
  Running server(kernel);
  Client c(server);
  c.send(login(kOperationalToFull, names()));
  c.receive();
  CHECK(c.closed());
  server.stop();
  CHECK(kernel.dropped == std::vector<std::uint32_t>{100});
}

TEST_CASE("A refused login is answered and then closed") {
  KernelTwin kernel;
  Running server(kernel);
  Client c(server);
  // Input that nobody reads must not cost the initiator the answer.
  c.send(bytes(login(kOperationalToFull, names())) + std::string(1000, 'x'));
  CHECK(status(c.receive()) == 0x0203);
  CHECK(c.closed());
}

TEST_CASE("A discovery session over TCP goes from login to logout") {
  KernelTwin kernel;
  kernel.add(kTarget);
  Running server(kernel);
  Client c(server);
  c.send(login(kOperationalToFull, discovery_names()));
  CHECK(status(c.receive()) == 0);
  c.send(request(SL_ISCSI_TEXT, 0x80, text({"SendTargets=All"})));
  CHECK(pairs(c.receive()) == std::string("TargetName=") + kTarget + ";TargetAddress=127.0.0.1:" +
                                  std::to_string(server.port) + ",1;");
  c.send(request(SL_ISCSI_LOGOUT, 0x80));
  CHECK(opcode(c.receive()) == SL_ISCSI_LOGOUT_RSP);
  CHECK(c.closed());
}

TEST_CASE("An oversized segment ends its own connection and no other") {
  KernelTwin kernel;
  kernel.add(kTarget);
  Running server(kernel);
  Client good(server), bad(server);
  Pdu huge = login(kOperationalToFull, "");
  sl_bhs_set_data_len(huge.bhs.data(), 0xffffff);
  bad.send(std::string(huge.bhs.begin(), huge.bhs.end()));
  CHECK(bad.closed());
  good.send(login(kOperationalToFull, names()));
  CHECK(status(good.receive()) == 0);
}

TEST_CASE("Garbage ends its own connection") {
  KernelTwin kernel;
  Running server(kernel);
  Client c(server);
  c.send("GET / HTTP/1.1\r\nHost: storage.example.lab\r\nUser-Agent: none\r\n\r\n");
  CHECK(c.closed());
}

TEST_CASE("No connection is accepted while logins are disabled") {
  KernelTwin kernel;
  kernel.add(kTarget);
  kernel.set_enabled(false);
  Running server(kernel);
  Client c(server); // waits in the backlog
  c.send(login(kOperationalToFull, names()));
  CHECK(c.silent_for(100ms));
  kernel.set_enabled(true);
  CHECK(status(c.receive()) == 0);
}

TEST_CASE("A half-open login ends at its deadline") {
  KernelTwin kernel;
  Limits limits;
  limits.login = 50ms;
  Running server(kernel, limits);
  Client silent(server), half(server);
  half.send(bytes(login(kOperationalToFull, names())).substr(0, 60));
  CHECK(silent.closed());
  CHECK(half.closed());
}

TEST_CASE("An idle discovery session ends at its deadline") {
  KernelTwin kernel;
  Limits limits;
  limits.discovery = 50ms;
  Running server(kernel, limits);
  Client c(server);
  c.send(login(kOperationalToFull, discovery_names()));
  CHECK(status(c.receive()) == 0);
  CHECK(c.closed());
}

TEST_CASE("One source cannot hold more logins open than its limit") {
  KernelTwin kernel;
  kernel.add(kTarget);
  Limits limits;
  limits.per_source = 3;
  Running server(kernel, limits);
  std::vector<std::unique_ptr<Client>> open;
  for (int i = 0; i < 3; i++) {
    open.push_back(std::make_unique<Client>(server));
    open.back()->send(login(kOperational, names()));
    CHECK(status(open.back()->receive()) == 0);
  }
  Client fourth(server);
  CHECK(fourth.closed());
  // One that ends makes room for another.
  open[0]->send(login(kOperationalToFull, ""));
  open[0]->receive();
  CHECK(open[0]->closed());
  Client fifth(server);
  fifth.send(login(kOperationalToFull, names()));
  CHECK(status(fifth.receive()) == 0);
}

TEST_CASE("The total of open logins is bounded") {
  KernelTwin kernel;
  Limits limits;
  limits.total = 2;
  limits.per_source = 100;
  Running server(kernel, limits);
  Client a(server), b(server), c(server);
  CHECK(c.closed());
}

TEST_CASE("A port in use is reported with address, cause and way out") {
  Listeners first = scstd::listen_on({"127.0.0.1"}, 0);
  REQUIRE(first.error.empty());
  const std::uint16_t port = port_of(first.sockets[0].get());
  Listeners second = scstd::listen_on({"127.0.0.1"}, port);
  CHECK(second.error.find("127.0.0.1:" + std::to_string(port)) != std::string::npos);
  CHECK(second.error.find(strerror(EADDRINUSE)) != std::string::npos);
  CHECK(second.error.find("-p") != std::string::npos);
}

TEST_CASE("What is no address is reported") {
  CHECK(scstd::listen_on({"localhost"}, 0).error.find("localhost") != std::string::npos);
  CHECK(scstd::listen_on({"192.0.2.1"}, 0).error.find("192.0.2.1") != std::string::npos);
}

TEST_CASE("Addresses are numeric text without brackets, scope or mapping") {
  auto text = [](const char* host) {
    sockaddr_storage a{};
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&a);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(3260);
    v6->sin6_scope_id = 2;
    inet_pton(AF_INET6, host, &v6->sin6_addr);
    return scstd::to_address(a).host;
  };
  CHECK(text("fe80::1") == "fe80::1");
  CHECK(text("::ffff:10.1.2.3") == "10.1.2.3");
  CHECK(scstd::to_text({"::1", 3260}) == "[::1]:3260");
  CHECK(scstd::to_text({"10.1.2.3", 3260}) == "10.1.2.3:3260");
}
