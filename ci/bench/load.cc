// SPDX-License-Identifier: GPL-2.0-only
// Load on an iSCSI target: one thread, any number of sessions of libiscsi, a
// fixed number of commands under way.
//
//   load URL SECONDS CASE       one measurement, one line of JSON (measure.hh)
//   load URL SECONDS logins     logins and logouts, one after the other
//   load URL COUNT idle         memory that COUNT idle sessions take
#include "measure.hh"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <poll.h>
#include <random>

extern "C" {
#include <iscsi/iscsi.h>
#include <iscsi/scsi-lowlevel.h>
}

namespace {

using namespace bench;

constexpr int kBlock = 512;
constexpr const char* kInitiator = "iqn.2007-10.com.github:sahlberg:libiscsi:bench";

[[noreturn]] void die(const std::string& why) {
  fmt::print(stderr, "load: {}\n", why);
  std::exit(1);
}

struct Close {
  void operator()(iscsi_context* iscsi) const { iscsi_destroy_context(iscsi); }
};
using Context = std::unique_ptr<iscsi_context, Close>;

struct CloseUrl {
  void operator()(iscsi_url* url) const { iscsi_destroy_url(url); }
};
using Url = std::unique_ptr<iscsi_url, CloseUrl>;

Url parse_url(const char* text) {
  Url url(iscsi_parse_full_url(nullptr, text));
  if (!url)
    die(fmt::format("{} is no iSCSI URL", text));
  return url;
}

Context connect(const iscsi_url* url, unsigned number, bool digest) {
  Context iscsi(iscsi_create_context(fmt::format("{}:{}", kInitiator, number).c_str()));
  if (!iscsi)
    die("out of memory");
  iscsi_set_targetname(iscsi.get(), url->target);
  iscsi_set_session_type(iscsi.get(), ISCSI_SESSION_NORMAL);
  iscsi_set_header_digest(iscsi.get(),
                          digest ? ISCSI_HEADER_DIGEST_CRC32C : ISCSI_HEADER_DIGEST_NONE);
  iscsi_set_noautoreconnect(iscsi.get(), 1);
  if (iscsi_full_connect_sync(iscsi.get(), url->portal, url->lun))
    die(fmt::format("no login to {}: {}", url->target, iscsi_get_error(iscsi.get())));
  return iscsi;
}

std::uint64_t blocks_of(iscsi_context* iscsi, int lun) {
  scsi_task* task = iscsi_readcapacity16_sync(iscsi, lun);
  if (!task || task->status != SCSI_STATUS_GOOD)
    die("the LUN tells no capacity");
  auto* capacity = static_cast<scsi_readcapacity16*>(scsi_datain_unmarshall(task));
  if (!capacity || capacity->block_length != kBlock)
    die("the LUN has no blocks of 512 bytes");
  const std::uint64_t blocks = capacity->returned_lba + 1;
  scsi_free_scsi_task(task);
  return blocks;
}

class Load {
public:
  Load(const iscsi_url* url, Case c) : case_(std::move(c)), lun_(url->lun) {
    for (unsigned i = 0; i < case_.sessions; i++)
      sessions_.push_back(connect(url, i, case_.digest));
    slots_ = blocks_of(sessions_[0].get(), lun_) / (case_.bytes / kBlock);
    ops_.resize(case_.depth);
    for (unsigned i = 0; i < case_.depth; i++) {
      ops_[i].load = this;
      ops_[i].iscsi = sessions_[i % case_.sessions].get();
      ops_[i].data.assign(case_.bytes, static_cast<unsigned char>(i + 1));
      ops_[i].iov = {ops_[i].data.data(), case_.bytes};
    }
  }

  void run(double seconds) {
    meter_.begin();
    end_ = Clock::now() +
           std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    for (Op& op : ops_)
      start(op);
    while (under_way_)
      turn();
    meter_.print(case_);
  }

private:
  struct Op {
    Load* load = nullptr;
    iscsi_context* iscsi = nullptr;
    std::vector<unsigned char> data;
    scsi_iovec iov{};
    Clock::time_point started;
  };

  bool writes() {
    if (case_.kind == "mix")
      return (random_() & 1u) != 0;
    return case_.kind == "write" || case_.kind == "randwrite";
  }

  std::uint64_t next_lba() {
    const bool sequential = case_.kind == "read" || case_.kind == "write";
    const std::uint64_t slot = sequential ? next_slot_++ : random_();
    return slot % slots_ * (case_.bytes / kBlock);
  }

  void start(Op& op) {
    op.started = Clock::now();
    const std::uint64_t lba = next_lba();
    const scsi_task* task =
        writes() ? iscsi_write16_iov_task(op.iscsi, lun_, lba, nullptr, case_.bytes, kBlock, 0, 0,
                                          0, 0, 0, ended, &op, &op.iov, 1)
                 : iscsi_read16_iov_task(op.iscsi, lun_, lba, case_.bytes, kBlock, 0, 0, 0, 0, 0,
                                         ended, &op, &op.iov, 1);
    if (!task)
      die(fmt::format("cannot queue a command: {}", iscsi_get_error(op.iscsi)));
    under_way_++;
  }

  static void ended(iscsi_context*, int status, void* command, void* private_data) {
    Op& op = *static_cast<Op*>(private_data);
    Load& load = *op.load;
    load.under_way_--;
    if (status == SCSI_STATUS_GOOD)
      load.meter_.done(op.started);
    else
      load.meter_.failed();
    scsi_free_scsi_task(static_cast<scsi_task*>(command));
    if (Clock::now() < load.end_)
      load.start(op);
  }

  void turn() {
    polled_.clear();
    for (const Context& s : sessions_)
      polled_.push_back(
          {iscsi_get_fd(s.get()), static_cast<short>(iscsi_which_events(s.get())), 0});
    if (poll(polled_.data(), polled_.size(), 20000) <= 0)
      die("no answer for 20 s");
    for (std::size_t i = 0; i < polled_.size(); i++)
      if (polled_[i].revents && iscsi_service(sessions_[i].get(), polled_[i].revents))
        die(fmt::format("the connection is lost: {}", iscsi_get_error(sessions_[i].get())));
  }

  Case case_;
  int lun_;
  std::vector<Context> sessions_;
  std::vector<Op> ops_;
  std::vector<pollfd> polled_;
  std::uint64_t slots_ = 0;
  std::uint64_t next_slot_ = 0;
  unsigned under_way_ = 0;
  std::minstd_rand random_{1};
  Clock::time_point end_;
  Meter meter_;
};

void logins(const iscsi_url* url, double seconds) {
  unsigned count = 0;
  const Spent before = spent();
  const auto start = Clock::now();
  double took = 0;
  for (; took < seconds; count++) {
    const Context session = connect(url, 0, false);
    iscsi_logout_sync(session.get());
    took = std::chrono::duration<double>(Clock::now() - start).count();
  }
  fmt::print("{{\"case\":\"logins\",\"iops\":{:.1f},\"errors\":0,\"cpu_us_per_io\":{:.0f}}}\n",
             count / took, static_cast<double>(spent().cpu_us - before.cpu_us) / count);
}

double available_kib() {
  std::ifstream info("/proc/meminfo");
  std::string name;
  for (double value; info >> name >> value; info.ignore(80, '\n'))
    if (name == "MemAvailable:")
      return value;
  die("/proc/meminfo names no MemAvailable");
}

void idle(const iscsi_url* url, unsigned count) {
  std::vector<Context> sessions;
  const double before = available_kib();
  for (unsigned i = 0; i < count; i++)
    sessions.push_back(connect(url, i, false));
  fmt::print("{{\"case\":\"idle:{}\",\"kib_per_session\":{:.1f},\"errors\":0}}\n", count,
             (before - available_kib()) / count);
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 4)
    die("usage: load URL SECONDS CASE|logins, load URL COUNT idle");
  const Url url = parse_url(argv[1]);
  const double amount = strtod(argv[2], nullptr);
  if (!(amount > 0))
    die(fmt::format("{} is no time and no count", argv[2]));
  if (!strcmp(argv[3], "logins"))
    logins(url.get(), amount);
  else if (!strcmp(argv[3], "idle"))
    idle(url.get(), static_cast<unsigned>(amount));
  else
    Load(url.get(), parse_case(argv[3])).run(amount);
  return 0;
}
