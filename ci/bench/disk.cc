// SPDX-License-Identifier: GPL-2.0-only
// Load on a block device of this machine, past the page cache, by one thread.
//
//   disk DEVICE SECONDS CASE    one measurement, one line of JSON (measure.hh)
#include "measure.hh"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <libaio.h>
#include <memory>
#include <random>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/fs.h>

namespace {

using namespace bench;

[[noreturn]] void die(const char* what, int error) {
  fmt::print(stderr, "disk: {}: {}\n", what, strerror(error));
  std::exit(1);
}

struct Free {
  void operator()(void* p) const { free(p); }
};

struct Op {
  iocb request{};
  std::unique_ptr<char, Free> buf;
  Clock::time_point started;
};

class Load {
public:
  Load(const char* path, const Case& c) : case_(c), ops_(c.depth) {
    fd_ = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
    std::uint64_t size = 0;
    if (fd_ < 0 || ioctl(fd_, BLKGETSIZE64, &size))
      die(path, errno);
    places_ = size / c.bytes;
    if (const int ret = io_setup(static_cast<int>(c.depth), &aio_); ret < 0)
      die("io_setup", -ret);
    for (Op& op : ops_)
      op.buf.reset(static_cast<char*>(aligned_alloc(4096, c.bytes)));
  }

  void run(double seconds) {
    meter_.begin();
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    for (Op& op : ops_)
      submit(op);
    for (unsigned under_way = case_.depth; under_way;) {
      std::array<io_event, 64> events;
      const int n = io_getevents(aio_, 1, events.size(), events.data(), nullptr);
      if (n < 0)
        die("io_getevents", -n);
      for (int i = 0; i < n; i++)
        under_way -= ended(events[static_cast<std::size_t>(i)], Clock::now() < end) ? 0 : 1;
    }
    meter_.print(case_);
  }

private:
  bool writes() {
    if (case_.kind == "mix")
      return (number_ & 1u) != 0;
    return case_.kind == "write" || case_.kind == "randwrite";
  }

  std::uint64_t place() {
    const bool in_turn = case_.kind == "read" || case_.kind == "write";
    return (in_turn ? number_ : random_()) % places_;
  }

  void submit(Op& op) {
    const auto at = static_cast<long long>(place()) * case_.bytes;
    if (writes())
      io_prep_pwrite(&op.request, fd_, op.buf.get(), case_.bytes, at);
    else
      io_prep_pread(&op.request, fd_, op.buf.get(), case_.bytes, at);
    op.request.data = &op;
    number_++;
    iocb* one = &op.request;
    op.started = Clock::now();
    if (const int ret = io_submit(aio_, 1, &one); ret != 1)
      die("io_submit", -ret);
  }

  /// True: another one is under way in its place.
  bool ended(const io_event& event, bool go_on) {
    Op& op = *static_cast<Op*>(event.data);
    if (event.res == case_.bytes)
      meter_.done(op.started);
    else
      meter_.failed();
    if (go_on)
      submit(op);
    return go_on;
  }

  Case case_;
  std::vector<Op> ops_;
  int fd_ = -1;
  std::uint64_t places_ = 0, number_ = 0;
  io_context_t aio_ = nullptr;
  std::mt19937_64 random_{42};
  Meter meter_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: disk DEVICE SECONDS CASE\n");
    return 2;
  }
  Load(argv[1], parse_case(argv[3])).run(strtod(argv[2], nullptr));
  return 0;
}
