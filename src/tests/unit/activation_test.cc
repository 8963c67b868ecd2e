// SPDX-License-Identifier: GPL-2.0-only
// Sockets that a service manager passes on.
#include "activation.hh"
#include "catch.hh"

#include <functional>
#include <netinet/in.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#ifdef HAVE_SYSTEMD

namespace {

constexpr int kFirst = 3; // SD_LISTEN_FDS_START

int listener() {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return bind(fd, reinterpret_cast<sockaddr*>(&a), sizeof(a)) || listen(fd, 1) ? -1 : fd;
}

/// What `look` returns in a process that was given `fd`, which is meant for `pid` (0: itself).
int given(int fd, pid_t pid, const std::function<int(const scstd::Listeners&)>& look) {
  pid_t child = fork();
  if (child == 0) {
    dup2(fd, kFirst);
    setenv("LISTEN_FDS", "1", 1);
    setenv("LISTEN_PID", std::to_string(pid ? pid : getpid()).c_str(), 1);
    _exit(look(scstd::inherited_listeners()));
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("A listening socket of the service manager is taken over") {
  scstd::UniqueFd fd(listener());
  REQUIRE(fd);
  CHECK(given(fd.get(), 0, [](const scstd::Listeners& l) {
          return l.error.empty() && l.sockets.size() == 1 && l.sockets[0].get() == kFirst &&
                         !getenv("LISTEN_FDS")
                     ? 0
                     : 1;
        }) == 0);
}

TEST_CASE("What the service manager passes and is no listening TCP socket is an error") {
  scstd::UniqueFd pipe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  scstd::UniqueFd silent(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  for (int fd : {pipe.get(), silent.get()})
    CHECK(given(fd, 0, [](const scstd::Listeners& l) {
            return l.error.find("no listening TCP socket") != std::string::npos ? 0 : 1;
          }) == 0);
}

TEST_CASE("Sockets that are meant for another process are left alone") {
  scstd::UniqueFd fd(listener());
  CHECK(given(fd.get(), 1, [](const scstd::Listeners& l) {
          return l.error.empty() && l.sockets.empty() ? 0 : 1;
        }) == 0);
}

#endif
