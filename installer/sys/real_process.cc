// SPDX-License-Identifier: GPL-2.0-only
// Real: child processes. Argument vectors only; no shell is involved.
#include "sys/fd.hh"
#include "sys/real.hh"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <sstream>

extern char** environ; // NOLINT(readability-redundant-declaration)

namespace inst::sys {
namespace {

constexpr std::size_t tail_limit = 4096;
constexpr int tick_ms = 2000;

Error run_error(const std::string& program, int code) {
  return {"run", program, std::strerror(code),
          code == ENOENT ? "Install the package that has this program." : ""};
}

struct Pipe {
  Fd read, write;
  bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      return false;
    read = Fd(ends[0]);
    write = Fd(ends[1]);
    return true;
  }
};

/// A file in memory that holds the text, open at its beginning.
Fd memory_of(const std::string& text) {
  Fd fd(::memfd_create("input", MFD_CLOEXEC));
  const bool whole =
      fd && ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::lseek(fd.get(), 0, SEEK_SET) == 0;
  return whole ? std::move(fd) : Fd();
}

struct Streams {
  int in = -1; ///< -1: nothing to read
  int out = -1, err = -1;
  int kept = -1; ///< one more that the child inherits
};

Result<pid_t> spawn(const std::vector<std::string>& argv, const Streams& streams) {
  std::vector<char*> args;
  args.reserve(argv.size() + 1);
  for (const std::string& arg : argv)
    args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (streams.in >= 0)
    posix_spawn_file_actions_adddup2(&actions, streams.in, 0);
  else
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, streams.out, 1);
  posix_spawn_file_actions_adddup2(&actions, streams.err, 2);
  if (streams.kept >= 0) // clears close-on-exec in the child
    posix_spawn_file_actions_adddup2(&actions, streams.kept, streams.kept);
  pid_t pid = 0;
  const int code = ::posix_spawnp(&pid, args[0], &actions, nullptr, args.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (code != 0)
    return run_error(argv[0], code);
  return pid;
}

/// Gathers what the child says.
class Collector {
public:
  Collector(Output& output, Fd log, bool echo)
      : output_(output), log_(std::move(log)), echo_(echo) {}

  /// False at end of file.
  bool take(int fd, bool is_stdout) {
    std::array<char, 4096> buffer{};
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0)
      return errno == EINTR || errno == EAGAIN;
    if (n == 0)
      return false;
    const std::string_view text(buffer.data(), static_cast<std::size_t>(n));
    if (is_stdout)
      output_.out += text;
    else if (echo_)
      std::fwrite(text.data(), 1, text.size(), stderr);
    output_.tail += text;
    if (output_.tail.size() > 2 * tail_limit)
      output_.tail.erase(0, output_.tail.size() - tail_limit);
    if (log_ && ::write(log_.get(), text.data(), text.size()) < 0)
      log_.reset(); // a log that cannot be written must not stop the work
    return true;
  }

private:
  Output& output_;
  Fd log_;
  bool echo_;
};

/// Reads both pipes until the child ends; a daemon left behind may keep them open.
void follow(int child, Pipe& out, Pipe& err, Collector& collector, const Command& command) {
  std::array<pollfd, 3> polled{
      {{out.read.get(), POLLIN, 0}, {err.read.get(), POLLIN, 0}, {child, POLLIN, 0}}};
  const std::time_t started = std::time(nullptr);
  for (bool running = true; running;) {
    const int ready = ::poll(polled.data(), polled.size(), tick_ms);
    if (ready == 0 && command.tick)
      command.tick(static_cast<int>(std::time(nullptr) - started));
    if (ready <= 0)
      continue;
    const bool closed = polled[0].fd < 0 && polled[1].fd < 0;
    running = polled[2].revents == 0 && !(child < 0 && closed); // no pidfd before Linux 5.3
    for (std::size_t i = 0; i < 2; i++)
      while (polled.at(i).revents != 0) {
        if (!collector.take(polled.at(i).fd, i == 0))
          polled.at(i).fd = -1;
        polled.at(i).revents = 0;
        if (!running && polled.at(i).fd >= 0)
          ::poll(&polled.at(i), 1, 0);
      }
  }
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

Result<Output> Real::run(const Command& command) {
  Pipe out;
  Pipe err;
  if (!out.open() || !err.open())
    return run_error(command.argv[0], errno);
  Fd log;
  if (!command.log.empty())
    log = Fd(::open(command.log.c_str(), O_CREAT | O_APPEND | O_WRONLY | O_CLOEXEC, 0640));

  Fd in;
  if (!command.input.empty())
    in = memory_of(command.input);
  if (!command.input.empty() && !in)
    return run_error(command.argv[0], errno);
  Result<pid_t> pid = spawn(command.argv, {in ? in.get() : -1, out.write.get(), err.write.get(),
                                           command.hold_lock ? lock_fd_ : -1});
  if (!pid)
    return pid.error();
  out.write.reset();
  err.write.reset();

  Output output;
  Collector collector(output, std::move(log), command.echo);
  Fd child(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
  follow(child.get(), out, err, collector, command);
  output.status = wait_for(*pid);
  return output;
}

std::string Real::find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = folder;
    candidate += '/';
    candidate += name;
    if (::access(candidate.c_str(), X_OK) == 0)
      return candidate;
  }
  return {};
}

} // namespace inst::sys
