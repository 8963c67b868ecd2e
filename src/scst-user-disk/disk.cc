// SPDX-License-Identifier: GPL-2.0-only
#include "disk.hh"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

extern "C" {
#include "log.h"
#include "unmap.h"
}

namespace user_disk {

namespace {

constexpr std::uint32_t kOptimalTransfer = 256U << 10;
constexpr std::uint32_t kMaxUnmap = 1U << 20;     // blocks in one command
constexpr std::uint32_t kMaxWriteSame = 8U << 20; // bytes
constexpr int kPunch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

/// The same name is the same disk, whenever and wherever it is served (FNV-1a).
std::uint64_t id_of(const std::string& name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : name)
    hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

template <std::size_t N> void put(char (&to)[N], const std::string& text) {
  to[text.copy(to, N - 1)] = '\0';
}

/// All of `data` at `offset`; false with errno, EIO where the file ends.
bool read_all(int fd, std::span<std::uint8_t> data, std::uint64_t offset) {
  while (!data.empty()) {
    const ssize_t n = pread(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR)
      continue;
    if (n == 0)
      errno = EIO;
    if (n <= 0)
      return false;
    data = data.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return true;
}

bool write_all(int fd, std::span<const std::uint8_t> data, std::uint64_t offset) {
  while (!data.empty()) {
    const ssize_t n = pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    data = data.subspan(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
  return true;
}

/// Asked for beyond the end of the file, where there is nothing to lose.
bool can_punch(int fd, std::uint64_t bytes) {
  struct stat st {};
  return !fstat(fd, &st) && S_ISREG(st.st_mode) &&
         !fallocate(fd, kPunch, static_cast<off_t>(bytes), 4096);
}

} // namespace

/// One command under way.
struct Disk::Call {
  const scst_user_cmd& cmd;
  std::span<const std::uint8_t> out;
  std::span<std::uint8_t> in;
  sl_cdb cdb{};
  std::size_t len = 0; ///< of the answer
  sl_sense_info more{};

  sl_sense bad_byte(std::uint8_t byte) { return sl_bad_cdb(&more, byte); }
};

Disk::Disk(int fd, const std::string& name, std::uint64_t bytes, std::uint32_t block_size,
           std::uint32_t max_data, bool read_only)
    : fd_(fd) {
  const std::string id = fmt::format("{:016x}", id_of(name));
  unit_.device_type = SL_TYPE_DISK;
  unit_.block_shift = static_cast<u8>(std::countr_zero(block_size));
  unit_.blocks = bytes >> unit_.block_shift;
  unit_.read_only = read_only;
  unit_.write_cache = !read_only; // the page cache
  unit_.thin = unit_.unmapped_is_zero = !read_only && can_punch(fd, bytes);
  unit_.max_unmap = kMaxUnmap;
  unit_.max_unmap_descriptors = 256;
  unit_.max_write_same = kMaxWriteSame >> unit_.block_shift;
  unit_.tst = 1;
  unit_.max_transfer = max_data >> unit_.block_shift;
  unit_.opt_transfer = std::min(kOptimalTransfer, max_data) >> unit_.block_shift;
  put(unit_.vendor, "SCST");
  put(unit_.product, name);
  std::string revision = SCST_VERSION;
  std::erase(revision, '.');
  put(unit_.revision, revision);
  put(unit_.serial, id);
  put(unit_.t10_dev_id, id + "-" + name);
  put(unit_.vendor_specific, unit_.t10_dev_id);
}

sl_sense Disk::inquiry(Call& call) const {
  sl_port_id port{};
  port.rel_tgt_id = call.cmd.rel_tgt_id;
  port.version_descriptor = call.cmd.version_descriptor;
  port.phys_descriptor = call.cmd.phys_descriptor;
  port.group_id = call.cmd.group_id;
  port.tpgs = call.cmd.tpgs;
  port.no_access = call.cmd.flags & SCST_USER_NO_ACCESS;
  if (sl_inquiry(call.cmd.cdb, &unit_, &port, call.in.data(), &call.len))
    return call.bad_byte(sl_inquiry_bad_byte(call.cmd.cdb));
  return SL_OK;
}

sl_sense Disk::mode_sense(Call& call) const {
  sl_modes modes{};
  modes.now.write_cache = unit_.write_cache;
  const bool write_protected = call.cmd.flags & SCST_USER_PROTECTED;
  return sl_mode_sense(call.cmd.cdb, &unit_, &modes, write_protected, call.in.data(), &call.len,
                       &call.more);
}

sl_sense Disk::capacity(Call& call) const {
  const bool ten = call.cdb.id == SL_OP_READ_CAPACITY_10;
  const bool pmi = call.cmd.cdb[ten ? 8 : 14] & 1;
  if (!pmi && call.cdb.lba)
    return call.bad_byte(2);
  if (ten)
    sl_read_capacity_10(&unit_, call.in.data());
  else
    sl_read_capacity_16(&unit_, call.in.data());
  call.len = ten ? 8 : 32;
  return SL_OK;
}

/// A stop by one initiator is no stop for the others: what was written is made safe.
sl_sense Disk::start_stop(Call& call) const {
  const bool start = call.cmd.cdb[4] & 0x01;
  const bool load_eject = call.cmd.cdb[4] & 0x02;
  const bool power_condition = call.cmd.cdb[4] & 0xf0;
  if (load_eject && !power_condition)
    return call.bad_byte(4);
  return start || power_condition ? SL_OK : synchronize(call);
}

sl_sense Disk::check_range(Call& call) const {
  if (call.cdb.protect) // RDPROTECT and the like: there is no protection information
    return call.bad_byte(1);
  if (call.cdb.lba > unit_.blocks || call.cdb.blocks > unit_.blocks - call.cdb.lba)
    return SL_LBA_OUT_OF_RANGE;
  return SL_OK;
}

sl_sense Disk::read(Call& call) const {
  if (const sl_sense bad = check_range(call))
    return bad;
  if (call.cdb.data_len > call.in.size())
    return call.bad_byte(call.cdb.op->len_at);
  call.len = call.cdb.data_len;
  const bool done = read_all(fd_, call.in.first(call.len), call.cdb.lba << unit_.block_shift);
  return done ? SL_OK : SL_READ_ERROR;
}

sl_sense Disk::write(Call& call) const {
  if (const sl_sense bad = check_range(call))
    return bad;
  // The initiator may have sent less than it said in the CDB: a block that is not whole is not
  // written.
  const std::size_t whole = call.out.size() >> unit_.block_shift << unit_.block_shift;
  if (!write_all(fd_, call.out.first(whole), call.cdb.lba << unit_.block_shift))
    return errno == ENOSPC ? SL_SPACE_EXHAUSTED : SL_WRITE_ERROR;
  return call.cdb.fua ? synchronize(call) : SL_OK;
}

/// BYTCHK 00b: the blocks can be read; 01b: they are what came with the command (SBC-3 5.33).
sl_sense Disk::verify(Call& call) const {
  if (const sl_sense bad = check_range(call))
    return bad;
  if (call.cdb.bytchk > 1)
    return call.bad_byte(1);
  std::uint64_t at = call.cdb.lba << unit_.block_shift;
  std::uint64_t left = static_cast<std::uint64_t>(call.cdb.blocks) << unit_.block_shift;
  const bool compare = call.cdb.bytchk == 1;
  std::span<const std::uint8_t> expected = call.out;
  if (compare)
    left = std::min<std::uint64_t>(left, expected.size());
  while (left) {
    const std::size_t n = std::min<std::uint64_t>(left, call.in.size());
    if (!read_all(fd_, call.in.first(n), at))
      return SL_READ_ERROR;
    if (compare && memcmp(call.in.data(), expected.data(), n) != 0)
      return SL_MISCOMPARE;
    expected = compare ? expected.subspan(n) : expected;
    at += n;
    left -= n;
  }
  return SL_OK;
}

sl_sense Disk::synchronize(Call& call) const {
  if (call.cdb.op->flags & SL_OPF_MEDIUM)
    if (const sl_sense bad = check_range(call))
      return bad;
  return fdatasync(fd_) ? SL_WRITE_ERROR : SL_OK;
}

sl_sense Disk::log_sense(Call& call) const {
  return sl_log_sense(call.cmd.cdb, call.in.data(), &call.len, &call.more);
}

/// What is punched out reads as zeros (LBPRZ).
sl_sense Disk::punch(std::uint64_t lba, std::uint64_t blocks) const {
  if (!blocks)
    return SL_OK;
  const auto at = static_cast<off_t>(lba << unit_.block_shift);
  return fallocate(fd_, kPunch, at, static_cast<off_t>(blocks << unit_.block_shift))
             ? SL_WRITE_ERROR
             : SL_OK;
}

/// All descriptors are looked at before the first is done (SBC-3 5.28).
sl_sense Disk::unmap(Call& call) const {
  std::uint32_t count = 0;
  if (!unit_.thin)
    return SL_INVALID_OPCODE;
  if (call.cmd.cdb[1] & 0x01) // ANCHOR
    return sl_bad_cdb_bit(&call.more, 1, 0);
  if (!call.cdb.data_len)
    return SL_OK;
  sl_sense sense = sl_unmap_check(call.out.data(), call.out.size(), &unit_, &count, &call.more);
  for (std::uint32_t i = 0; i < count && !sense; i++) {
    const sl_unmap u = sl_unmap_get(call.out.data(), i);
    sense = punch(u.lba, u.blocks);
  }
  return sense;
}

/// With UNMAP blocks that are to be zeros are given back, others written (SBC-3 5.44).
sl_sense Disk::write_same(Call& call) const {
  const bool unmap = call.cmd.cdb[1] & 0x08, anchor = call.cmd.cdb[1] & 0x10;
  const bool no_data = call.cdb.id == SL_OP_WRITE_SAME_16 && (call.cmd.cdb[1] & 0x01);
  if (anchor || (unmap && !unit_.thin) || (no_data && !unmap))
    return call.bad_byte(1);
  if (const sl_sense bad = check_range(call))
    return bad;
  const std::size_t block = std::size_t{1} << unit_.block_shift;
  if (!call.cdb.blocks || call.cdb.blocks > unit_.max_write_same ||
      (!no_data && call.out.size() != block))
    return call.bad_byte(call.cdb.op->len_at);
  const bool zeros =
      no_data || std::all_of(call.out.begin(), call.out.end(), [](auto byte) { return !byte; });
  if (unmap && zeros)
    return punch(call.cdb.lba, call.cdb.blocks);
  for (std::uint64_t i = 0; i < call.cdb.blocks; i++)
    if (!write_all(fd_, call.out, (call.cdb.lba + i) << unit_.block_shift))
      return errno == ENOSPC ? SL_SPACE_EXHAUSTED : SL_WRITE_ERROR;
  return SL_OK;
}

sl_sense Disk::run(Call& call) const {
  switch (call.cdb.id) {
  case SL_OP_TEST_UNIT_READY:
    return SL_OK;
  case SL_OP_INQUIRY:
    return inquiry(call);
  case SL_OP_MODE_SENSE_6:
  case SL_OP_MODE_SENSE_10:
    return mode_sense(call);
  case SL_OP_LOG_SENSE:
    return log_sense(call);
  case SL_OP_READ_CAPACITY_10:
  case SL_OP_READ_CAPACITY_16:
    return capacity(call);
  case SL_OP_START_STOP_UNIT:
    return start_stop(call);
  case SL_OP_READ_6:
  case SL_OP_READ_10:
  case SL_OP_READ_12:
  case SL_OP_READ_16:
    return read(call);
  case SL_OP_WRITE_6:
  case SL_OP_WRITE_10:
  case SL_OP_WRITE_12:
  case SL_OP_WRITE_16:
    return write(call);
  case SL_OP_VERIFY_10:
  case SL_OP_VERIFY_12:
  case SL_OP_VERIFY_16:
    return verify(call);
  case SL_OP_UNMAP:
    return unmap(call);
  case SL_OP_WRITE_SAME_10:
  case SL_OP_WRITE_SAME_16:
    return write_same(call);
  case SL_OP_SYNC_CACHE_10:
  case SL_OP_SYNC_CACHE_16:
    return synchronize(call);
  default:
    return call.cdb.op->flags & SL_OPF_SERVICE_ACTION ? call.bad_byte(1) : SL_INVALID_OPCODE;
  }
}

Outcome Disk::execute(const scst_user_cmd& cmd, std::span<const std::uint8_t> out,
                      std::span<std::uint8_t> in) const {
  Call call{cmd, out, in};
  Outcome outcome;
  sl_sense sense = sl_cdb_parse(cmd.cdb, cmd.cdb_len, unit_.block_shift, &call.cdb);
  if (!sense)
    sense = run(call);
  if (!sense) {
    outcome.len = static_cast<std::uint32_t>(std::min<std::uint64_t>(call.len, cmd.data_len));
    return outcome;
  }
  outcome.status = kCheckCondition;
  outcome.sense_len = static_cast<std::uint8_t>(
      sl_sense_build(outcome.sense, sizeof(outcome.sense), false, sense, &call.more));
  return outcome;
}

} // namespace user_disk
