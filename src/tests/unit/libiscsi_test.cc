// SPDX-License-Identifier: GPL-2.0-only
// An initiator that is not ours against the daemon's loop and the kernel's
// twin. Hidden: it needs the program iscsi-ls of libiscsi; Meson runs it where
// that is installed, as test "libiscsi".
#include "address.hh"
#include "catch.hh"
#include "kernel_twin.hh"
#include "server.hh"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>

extern char** environ;

namespace {

/// Standard output of a program; its exit code goes to `code`.
std::string output_of(std::vector<std::string> words, int& code) {
  int fds[2];
  REQUIRE(pipe(fds) == 0);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, fds[1], STDERR_FILENO);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& w : words)
    argv.push_back(w.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  REQUIRE(posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  close(fds[1]);
  std::string text;
  std::array<char, 4096> buf{};
  for (ssize_t n; (n = read(fds[0], buf.data(), buf.size())) > 0;)
    text.append(buf.data(), static_cast<std::size_t>(n));
  close(fds[0]);
  int status = 0;
  waitpid(child, &status, 0);
  code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return text;
}

} // namespace

TEST_CASE("iscsi-ls of libiscsi discovers all targets", "[.libiscsi]") {
  KernelTwin kernel;
  for (int i = 0; i < 200; i++)
    kernel.add(fmt::format("iqn.2020-05.example.lab:disk{:03}", i));
  scstd::Listeners listeners = scstd::listen_on({"127.0.0.1"}, 0);
  sockaddr_storage a{};
  socklen_t len = sizeof(a);
  getsockname(listeners.sockets.at(0).get(), reinterpret_cast<sockaddr*>(&a), &len);
  const std::string portal = scstd::to_text(scstd::to_address(a));
  scstd::UniqueFd stop(eventfd(0, EFD_CLOEXEC));
  scstd::Server server(kernel, std::move(listeners.sockets), stop.get(), scstd::Limits{});
  std::thread thread([&server] { server.run(); });
  int code = -1;
  const std::string text = output_of({"iscsi-ls", "iscsi://" + portal}, code);
  eventfd_write(stop.get(), 1);
  thread.join();
  INFO(text);
  CHECK(code == 0);
  CHECK(text.find("Target:iqn.2020-05.example.lab:disk000 Portal:" + portal + ",1") !=
        std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 200);
}
