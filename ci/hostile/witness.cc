// SPDX-License-Identifier: GPL-2.0-only
#include "witness.hh"

#include <algorithm>

namespace hostile {

namespace {

// Behind what the cases write.
const Bytes kRead = {0x28, 0, 0, 0, 0x10, 0, 0, 0, 8};
constexpr std::uint32_t kLength = 8 * 512;

} // namespace

Witness::Witness(const World& world)
    : session_(world, {{}, false, "127.0.0.8"}), thread_([this] { read_on(); }) {}

Witness::~Witness() {
  enough_ = true;
  thread_.join();
}

void Witness::read_on() {
  Bytes wanted;
  std::uint32_t tag = 1;
  while (!enough_ && content_) {
    const auto begun = std::chrono::steady_clock::now();
    session_.send(session_.scsi(0xc1, tag, kRead, kLength));
    const Outcome outcome = observe(session_.connection, [&](const Pdu& p) {
      // The status comes with the last of the data, or by itself.
      return p.get(16, 4) == tag &&
             (p.opcode() == kScsiResponse || (p.opcode() == kDataIn && (p.head[1] & 1)));
    });
    tag++;
    session_.exp_stat_sn++;
    content_ = outcome.alive;
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begun);
    longest_ = std::max<std::uint64_t>(longest_, static_cast<std::uint64_t>(took.count()));
    reads_++;
  }
}

} // namespace hostile
