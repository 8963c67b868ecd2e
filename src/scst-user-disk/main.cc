// SPDX-License-Identifier: GPL-2.0-only
// scst-user-disk: a SCSI disk in a program, by /dev/scst_user. An example of how to serve a device
// of one's own: replace Disk.
#include "disk.hh"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <getopt.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <thread>
#include <unistd.h>

namespace {

using user_disk::Disk;
using user_disk::Outcome;

constexpr std::uint32_t kMaxData = 1U << 20;
constexpr int kDone = 0, kFailed = 1, kUsage = 2;

const char* const kHelp =
    R"(Usage: scst-user-disk [options] NAME FILE
Serves FILE, which may be a block device, as the SCSI disk NAME of the handler dev_user.
It needs the kernel module scst_user.

  -b, --block-size=N   bytes in a block: a power of two from 512 (default) to 4096
  -t, --threads=N      commands at a time, 1 to 64 (default 4)
  -r, --read-only      writes are refused
  -v, --version        print the version
  -h, --help           print this text
)";

struct Options {
  std::uint32_t block_size = 512;
  unsigned threads = 4;
  bool read_only = false;
  bool help = false;
  bool version = false;
  std::string name;
  std::string file;
  std::string error;
};

int fail(int code, const std::string& text) {
  fmt::print(stderr, "scst-user-disk: {}\n", text);
  return code;
}

template <typename T> bool to_number(const char* text, T& out, T min, T max) {
  const char* last = text + strlen(text);
  auto [end, err] = std::from_chars(text, last, out);
  return err == std::errc{} && end == last && out >= min && out <= max;
}

/// False: the value is wrong, `o.error` says how.
bool take(Options& o, int letter, const char* value) {
  switch (letter) {
  case 'b':
    if (to_number(value, o.block_size, 512U, 4096U) && !(o.block_size & (o.block_size - 1)))
      return true;
    o.error = fmt::format("--block-size: {} is no power of two from 512 to 4096", value);
    return false;
  case 't':
    if (to_number(value, o.threads, 1U, 64U))
      return true;
    o.error = fmt::format("--threads: {} is no number from 1 to 64", value);
    return false;
  case 'r':
    o.read_only = true;
    return true;
  case 'v':
    o.version = true;
    return true;
  case 'h':
    o.help = true;
    return true;
  default:
    o.error = "unknown option, or one without its value; see --help";
    return false;
  }
}

Options parse(int argc, char** argv) {
  static const option kLong[] = {{"block-size", required_argument, nullptr, 'b'},
                                 {"threads", required_argument, nullptr, 't'},
                                 {"read-only", no_argument, nullptr, 'r'},
                                 {"version", no_argument, nullptr, 'v'},
                                 {"help", no_argument, nullptr, 'h'},
                                 {nullptr, 0, nullptr, 0}};
  Options o;
  opterr = 0;
  for (int c; (c = getopt_long(argc, argv, "b:t:rvh", kLong, nullptr)) != -1;)
    if (!take(o, c, optarg))
      return o;
  if (o.help || o.version)
    return o;
  if (argc - optind != 2) {
    o.error = "NAME and FILE are wanted; see --help";
    return o;
  }
  o.name = argv[optind];
  o.file = argv[optind + 1];
  return o;
}

/// What SCST_USER_REGISTER says, in words.
std::string register_error(const std::string& name, int err) {
  switch (err) {
  case EPROTO:
    return "the module scst_user is of another version; install the one that belongs to this "
           "program";
  case EBUSY:
    return fmt::format("device {} is served by another program already", name);
  case EEXIST:
    return fmt::format(
        "device {} belongs to another handler, is just being deleted, or had another "
        "block size: choose another name, or delete it first",
        name);
  case EINVAL:
    return fmt::format("{} is no name of a device: up to 64 printable characters, no slash", name);
  default:
    return fmt::format("device {}: {}", name, strerror(err));
  }
}

int register_disk(int dev, const Options& o, const Disk& disk) {
  scst_user_device req{};
  req.abi = SCST_USER_ABI;
  req.flags = o.read_only ? SCST_USER_READ_ONLY : 0;
  if (o.name.size() >= sizeof(req.name))
    return EINVAL;
  o.name.copy(req.name, sizeof(req.name) - 1);
  req.type = SCST_USER_DISK;
  req.block_size = o.block_size;
  req.blocks = disk.blocks();
  req.max_data = kMaxData;
  return ioctl(dev, SCST_USER_REGISTER, &req) ? errno : 0;
}

std::uint64_t address_of(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p);
}

void put_reply(scst_user_reply& reply, const scst_user_cmd& cmd, const Outcome& outcome,
               const std::vector<std::uint8_t>& in) {
  reply.handle = cmd.handle;
  reply.data = address_of(in.data());
  reply.len = outcome.len;
  reply.status = outcome.status;
  reply.sense_len = outcome.sense_len;
  memcpy(reply.sense, outcome.sense, outcome.sense_len);
}

/// One command after the other until the device is deleted.
void serve(int dev, const Disk& disk) {
  std::vector<std::uint8_t> out(kMaxData), in(kMaxData);
  scst_user_exchange x{};
  x.cmd.data = address_of(out.data());
  x.cmd.size = kMaxData;
  for (;;) {
    if (!ioctl(dev, SCST_USER_REPLY_AND_GET, &x)) {
      put_reply(x.reply, x.cmd, disk.execute(x.cmd, {out.data(), x.cmd.out_len}, in), in);
      continue;
    }
    if (errno == ENODEV)
      return;
    // ESRCH: the initiator has aborted it meanwhile. Both are as good as done.
    if (errno == EINTR || errno == ESRCH)
      continue;
    // Memory is short, for the kernel too: the call can be made again as it is.
    if (errno == ENOMEM)
      std::this_thread::yield();
    else
      _exit(fail(kFailed, fmt::format("the kernel takes no replies: {}", strerror(errno))));
  }
}

/// Memory of whoever writes may be waiting for this disk, so it must not wait for memory itself.
/// Not all of it is allowed everywhere, and where not it works as well.
void be_a_disk() {
  prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
  mlockall(MCL_CURRENT | MCL_FUTURE);
}

int run(const Options& o) {
  const int file = open(o.file.c_str(), (o.read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
  if (file < 0)
    return fail(kFailed, fmt::format("{}: {}", o.file, strerror(errno)));
  const off_t size = lseek(file, 0, SEEK_END);
  if (size < static_cast<off_t>(o.block_size))
    return fail(kFailed, fmt::format("{} is no file or disk of one block or more", o.file));
  const int dev = open("/dev/" SCST_USER_DEV_NAME, O_RDWR | O_CLOEXEC);
  if (dev < 0)
    return fail(kFailed,
                fmt::format("/dev/" SCST_USER_DEV_NAME ": {}{}", strerror(errno),
                            errno == ENOENT ? "; load the module: modprobe scst_user" : ""));
  const Disk disk(file, o.name, static_cast<std::uint64_t>(size), o.block_size, kMaxData,
                  o.read_only);
  be_a_disk();
  if (const int err = register_disk(dev, o, disk))
    return fail(kFailed, register_error(o.name, err));
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < o.threads; i++)
    threads.emplace_back(serve, dev, std::cref(disk));
  for (std::thread& thread : threads)
    thread.join();
  fmt::print("{} was deleted\n", o.name);
  return kDone;
}

} // namespace

int main(int argc, char** argv) {
  const Options o = parse(argc, argv);
  if (!o.error.empty())
    return fail(kUsage, o.error);
  if (o.help || o.version) {
    fmt::print("{}", o.help ? kHelp : "scst-user-disk " SCST_VERSION "\n");
    return kDone;
  }
  return run(o);
}
