// SPDX-License-Identifier: GPL-2.0-only
// A disk in a file: what it answers to SCSI commands (SPC-4, SBC-3). Knows nothing of the kernel's
// interface but the form of a command and of its reply.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

extern "C" {
#include "cdb.h"
#include "inquiry.h"
#include "mode.h"
}
#include <uapi/scst_user.h>

namespace user_disk {

constexpr std::uint8_t kGood = 0x00;
constexpr std::uint8_t kCheckCondition = 0x02;

/// How a command ends. `len` bytes of the buffer that was given go to the initiator.
struct Outcome {
  std::uint8_t status = kGood;
  std::uint32_t len = 0;
  std::uint8_t sense_len = 0;
  std::uint8_t sense[SCST_USER_SENSE_LEN] = {};
};

/// Any number of threads may execute commands at a time; which of two overlapping writes is the
/// last one is not known then (SAM-5 leaves it open for SIMPLE tasks).
class Disk {
public:
  /// `fd`: a file or block device, open for reading and, unless `read_only`, for writing; it must
  /// live as long as this. `bytes`: its size, what is beyond the last whole block is not used.
  /// Where the file system can punch holes into the file, blocks can be unmapped.
  /// `block_size`: a power of two from 512 to 4096. `max_data`: bytes in one command, at most.
  Disk(int fd, const std::string& name, std::uint64_t bytes, std::uint32_t block_size,
       std::uint32_t max_data, bool read_only);

  std::uint64_t blocks() const { return unit_.blocks; }

  /// `out`: the data that came with the command. `in`: room for data to the initiator, max_data
  /// bytes.
  Outcome execute(const scst_user_cmd& cmd, std::span<const std::uint8_t> out,
                  std::span<std::uint8_t> in) const;

private:
  struct Call;

  sl_sense run(Call& call) const;
  sl_sense inquiry(Call& call) const;
  sl_sense mode_sense(Call& call) const;
  sl_sense capacity(Call& call) const;
  sl_sense start_stop(Call& call) const;
  sl_sense check_range(Call& call) const;
  sl_sense read(Call& call) const;
  sl_sense write(Call& call) const;
  sl_sense verify(Call& call) const;
  sl_sense synchronize(Call& call) const;
  sl_sense log_sense(Call& call) const;
  sl_sense unmap(Call& call) const;
  sl_sense write_same(Call& call) const;
  sl_sense punch(std::uint64_t lba, std::uint64_t blocks) const;

  int fd_;
  sl_unit unit_{};
};

} // namespace user_disk
