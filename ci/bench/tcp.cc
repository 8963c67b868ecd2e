// SPDX-License-Identifier: GPL-2.0-only
// The limit: the bytes that a case moves over loopback TCP with nothing behind
// them. A read is 48 bytes there and 48 + BYTES back, a write the reverse; each
// request and each response is one send().
//
//   tcp SECONDS CASE            one measurement, one line of JSON (measure.hh)
#include "measure.hh"

#include <arpa/inet.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <queue>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace bench;

constexpr std::size_t kHeader = 48;

[[noreturn]] void die(const char* what) {
  fmt::print(stderr, "tcp: {}: {}\n", what, strerror(errno));
  std::exit(1);
}

/// Both ends of a TCP connection over loopback.
struct Pair {
  int client = -1, server = -1;
};

Pair make_pair() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t len = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  Pair pair;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, any, len) || listen(listener, 1) ||
      getsockname(listener, any, &len))
    die("listen");
  pair.client = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(pair.client, any, len) || (pair.server = accept(listener, nullptr, nullptr)) < 0)
    die("connect");
  close(listener);
  const int on = 1;
  for (int fd : {pair.client, pair.server})
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return pair;
}

bool receive(int fd, std::vector<char>& buf, std::size_t len) {
  return recv(fd, buf.data(), len, MSG_WAITALL) == static_cast<ssize_t>(len);
}

bool transmit(int fd, const std::vector<char>& buf, std::size_t len) {
  for (std::size_t at = 0; at < len;) {
    ssize_t n = send(fd, buf.data() + at, len - at, MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

/// The first byte of a request says whether it is a write.
void serve(int fd, std::size_t bytes) {
  std::vector<char> buf(kHeader + bytes);
  while (receive(fd, buf, kHeader)) {
    const bool write = buf[0] != 0;
    if (write && !receive(fd, buf, bytes))
      break;
    if (!transmit(fd, buf, write ? kHeader : kHeader + bytes))
      break;
  }
}

class Client {
public:
  Client(int fd, const Case& c) : fd_(fd), case_(c), buf_(kHeader + c.bytes) {}

  void run(double seconds) {
    meter_.begin();
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    while (under_way_.size() < case_.depth)
      request();
    while (!under_way_.empty()) {
      response();
      if (Clock::now() < end)
        request();
    }
    meter_.print(case_);
  }

private:
  struct Op {
    Clock::time_point started;
    bool write;
  };

  void request() {
    const bool write = case_.kind == "mix" ? (number_++ & 1u) != 0
                                           : case_.kind == "write" || case_.kind == "randwrite";
    under_way_.push({Clock::now(), write});
    buf_[0] = static_cast<char>(write);
    if (!transmit(fd_, buf_, write ? buf_.size() : kHeader))
      die("send");
  }

  void response() {
    const Op op = under_way_.front();
    if (!receive(fd_, buf_, op.write ? kHeader : buf_.size()))
      die("receive");
    under_way_.pop();
    meter_.done(op.started);
  }

  int fd_;
  Case case_;
  std::vector<char> buf_;
  std::queue<Op> under_way_;
  unsigned number_ = 0;
  Meter meter_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: tcp SECONDS CASE\n");
    return 2;
  }
  const Case c = parse_case(argv[2]);
  const Pair pair = make_pair();
  std::thread server(serve, pair.server, c.bytes);
  Client(pair.client, c).run(strtod(argv[1], nullptr));
  shutdown(pair.client, SHUT_RDWR);
  server.join();
  return 0;
}
