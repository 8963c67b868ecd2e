// SPDX-License-Identifier: GPL-2.0-only
// The confined daemon in a process of its own: it must still serve, and must
// not be able to do anything else.
#include "address.hh"
#include "catch.hh"
#include "initiator.hh"
#include "isns_twin.hh"
#include "kernel_twin.hh"
#include "notify.hh"
#include "sandbox.hh"
#include "server.hh"

#include <arpa/inet.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

using namespace initiator;

namespace {

/// Runs `body` in a confined child; its exit code, or 200 if confining failed.
/// It gets its own /proc/self/status, which it could not open any more.
int confined(const std::function<int(int)>& body, const std::vector<int>& may_listen = {}) {
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(20); // it must never outlive the test
    const scstd::Ids ids = geteuid() == 0 ? scstd::find_ids("nobody", "") : scstd::Ids{};
    const int proc_status = open("/proc/self/status", O_RDONLY);
    std::string error = scstd::confine(ids, 1000, may_listen);
    _exit(error.empty() ? body(proc_status) : 200);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  return WEXITSTATUS(status);
}

int listen_loopback(std::uint16_t& port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t len = sizeof(a);
  REQUIRE(bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof(a)) == 0);
  REQUIRE(listen(fd, 8) == 0);
  getsockname(fd, reinterpret_cast<sockaddr*>(&a), &len);
  port = ntohs(a.sin_port);
  return fd;
}

int wait_for_call(int listener) {
  pollfd p{listener, POLLIN, 0};
  poll(&p, 1, 10000);
  return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
}

scstd::UniqueFd connect_to_loopback(std::uint16_t port) {
  scstd::UniqueFd fd(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(port);
  timeval limit{10, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  return connect(fd.get(), reinterpret_cast<sockaddr*>(&a), sizeof(a)) ? scstd::UniqueFd()
                                                                       : std::move(fd);
}

/// Does an iSNS client there answer the question whether it is there?
bool is_asked(std::uint16_t port) {
  const scstd::UniqueFd fd = connect_to_loopback(port);
  const std::string question = scstd::isns::pack({0x000d, scstd::isns::kFromServer, 1, {}});
  char answer[scstd::isns::kHeaderLen] = "";
  return fd && send(fd.get(), question.data(), question.size(), MSG_NOSIGNAL) > 0 &&
         recv(fd.get(), answer, sizeof(answer), MSG_WAITALL) == sizeof(answer) &&
         scstd::isns::unpack_header(answer).function == 0x800d;
}

/// One login from outside; the status, or -1 if the connection broke.
int login_from_outside(std::uint16_t port, const Pdu& first) {
  const scstd::UniqueFd fd = connect_to_loopback(port);
  const std::string out = bytes(first);
  Pdu in;
  if (!fd || send(fd.get(), out.data(), out.size(), MSG_NOSIGNAL) < 0 ||
      recv(fd.get(), in.bhs.data(), in.bhs.size(), MSG_WAITALL) != SL_BHS_LEN)
    return -1;
  return static_cast<int>(status(in));
}

} // namespace

TEST_CASE("The confined daemon still serves logins") {
  KernelTwin kernel;
  kernel.add(kTarget);
  std::uint16_t port = 0;
  std::vector<scstd::UniqueFd> listeners;
  listeners.emplace_back(listen_loopback(port));
  scstd::UniqueFd stop(eventfd(0, 0));
  scstd::Server server(kernel, std::move(listeners), stop.get(), scstd::Limits{});

  pid_t client = fork();
  REQUIRE(client >= 0);
  if (client == 0) {
    const int good = login_from_outside(port, login(kOperationalToFull, names()));
    const int refused = login_from_outside(port, login(kOperationalToFull, ""));
    eventfd_write(stop.get(), 1);
    _exit(good == 0 && refused == 0x0207 ? 0 : 1);
  }
  CHECK(confined([&server](int) { return server.run() ? 0 : 1; }) == 0);
  int status = 0;
  REQUIRE(waitpid(client, &status, 0) == client);
  CHECK(status == 0);
}

TEST_CASE("The confined daemon registers with an iSNS server, again and again") {
  KernelTwin kernel;
  kernel.add(kTarget);
  std::uint16_t port = 0, portal = 0;
  const scstd::UniqueFd listener(listen_loopback(port));
  std::vector<scstd::UniqueFd> portals;
  portals.emplace_back(listen_loopback(portal));
  kernel.set_isns("127.0.0.1:" + std::to_string(port));
  scstd::isns::Access access;
  scstd::isns::Sockets network(portals, {});
  scstd::isns::Times times;
  times.first_retry = std::chrono::milliseconds(10);
  scstd::isns::Client client(kernel, network, access, "scst.test", times);
  scstd::UniqueFd stop(eventfd(0, 0));
  scstd::Server server(kernel, std::move(portals), stop.get(), scstd::Limits{}, {}, &client);

  // A server that hangs up on its client twice before it takes the registration. It must find a
  // port that it is told to come back to, and there the client.
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    alarm(20);
    isns_twin::Server twin;
    scstd::isns::Message m;
    for (int i = 0; i < 3; i++) {
      const scstd::UniqueFd fd(wait_for_call(listener.get()));
      scstd::isns::Stream stream(fd.get());
      while (!stream.receive(m))
        if (stream.broken())
          _exit(2);
      if (i < 2)
        continue;
      twin.answer(m, stream);
      stream.flush();
      const bool back = is_asked(twin.scn_port);
      eventfd_write(stop.get(), 1);
      while (!stream.receive(m))
        if (stream.broken())
          _exit(3);
      twin.answer(m, stream);
      stream.flush();
      _exit(back && twin.log == std::vector<std::string>{"replace", "deregister"} ? 0 : 4);
    }
  }
  CHECK(confined([&server](int) { return server.run() ? 0 : 1; }, network.listeners()) == 0);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("The confined daemon listens at no socket but those it may") {
  const scstd::UniqueFd one(socket(AF_INET, SOCK_STREAM, 0)),
      other(socket(AF_INET, SOCK_STREAM, 0));
  CHECK(confined([&](int) { return listen(one.get(), 1) < 0 ? errno : 0; }, {one.get()}) == 0);
  CHECK(confined([&](int) { return listen(other.get(), 1) < 0 ? errno : 0; }, {one.get()}) ==
        EPERM);
}

TEST_CASE("The confined daemon opens no file, makes no connection, runs nothing") {
  CHECK(confined([](int) { return open("/etc/passwd", O_RDONLY) < 0 ? errno : 0; }) == EPERM);
  CHECK(confined([](int) { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; }) == EPERM);
  CHECK(confined([](int) { return fork() < 0 ? errno : 0; }) == EPERM);
  CHECK(confined([](int) {
          char* const argv[] = {nullptr};
          execve("/bin/true", argv, argv);
          return errno;
        }) == EPERM);
  CHECK(confined([](int) { return ioctl(1000, ISCSI_SCST_REGISTER, nullptr) < 0 ? errno : 0; }) ==
        EPERM);
  CHECK(confined([](int) { return ioctl(3, ISCSI_SCST_GET_TARGET, nullptr) < 0 ? errno : 0; }) ==
        EPERM);
}

TEST_CASE("The confined daemon may still call the control device") {
  // Nothing is open as file 1000: the filter lets the call through to find that out.
  CHECK(confined([](int) { return ioctl(1000, ISCSI_SCST_GET_TARGET, nullptr) < 0 ? errno : 0; }) ==
        EBADF);
  CHECK(confined([](int) {
          return ioctl(1000, ISCSI_SCST_GET_SESSION, nullptr) < 0 ? errno : 0;
        }) == EBADF);
}

#ifdef HAVE_SYSTEMD
TEST_CASE("The confined daemon can still tell systemd that it is ready") {
  scstd::UniqueFd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un a{};
  a.sun_family = AF_UNIX;
  // In the abstract name space: the confined user may send to it.
  const std::string name = "@scstd-test-" + std::to_string(getpid());
  name.copy(a.sun_path, sizeof(a.sun_path) - 1);
  a.sun_path[0] = '\0';
  const auto len = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  REQUIRE(bind(fd.get(), reinterpret_cast<sockaddr*>(&a), len) == 0);
  setenv("NOTIFY_SOCKET", name.c_str(), 1);
  const int code = confined([](int) { return scstd::notify("READY=1") ? 0 : 1; });
  unsetenv("NOTIFY_SOCKET");
  CHECK(code == 0);
  char text[64] = "";
  CHECK(recv(fd.get(), text, sizeof(text) - 1, MSG_DONTWAIT) == 7);
  CHECK(std::string(text) == "READY=1");
}
#endif

TEST_CASE("No capability is left after confining") {
  CHECK(confined([](int proc_status) {
          char text[4096] = "";
          if (read(proc_status, text, sizeof(text) - 1) <= 0)
            return 1;
          for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapAmb"})
            if (!strstr(text, (std::string(set) + ":\t0000000000000000\n").c_str()))
              return 2;
          return strstr(text, "NoNewPrivs:\t1\n") && strstr(text, "Seccomp:\t2\n") ? 0 : 3;
        }) == 0);
}
