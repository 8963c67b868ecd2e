// SPDX-License-Identifier: GPL-2.0-only
#include "background.hh"

#include "log.hh"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>

namespace scstd {

namespace {

/// Ready, or ended before it was: then its own exit code.
int wait_for(pid_t child, int pipe) {
  char byte;
  ssize_t n;
  do
    n = read(pipe, &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n == 1)
    return 0;
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : 1;
}

} // namespace

bool Background::start(int& exit_code) {
  int fds[2];
  exit_code = 1;
  if (pipe2(fds, O_CLOEXEC)) {
    perror("iscsi-scstd: cannot make a pipe");
    return false;
  }
  UniqueFd reading(fds[0]), writing(fds[1]);
  pid_t child = fork();
  if (child < 0) {
    perror("iscsi-scstd: cannot fork");
    return false;
  }
  if (child > 0) {
    writing = UniqueFd();
    exit_code = wait_for(child, reading.get());
    return false;
  }
  setsid();
  if (chdir("/"))
    return false;
  starter_ = std::move(writing);
  return true;
}

bool Background::prepare() {
  if (!starter_)
    return true;
  null_ = UniqueFd(open("/dev/null", O_RDWR | O_CLOEXEC));
  UniqueFd file(open(kPidFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  const std::string text = std::to_string(getpid()) + "\n";
  return null_ && file &&
         write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void Background::ready(int verbosity) {
  if (!starter_)
    return;
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    dup2(null_.get(), fd);
  log_open(verbosity, true);
  if (write(starter_.get(), "", 1) != 1)
    log(Level::Warning, "whoever started this did not wait: {}", strerror(errno));
  starter_ = UniqueFd();
}

} // namespace scstd
