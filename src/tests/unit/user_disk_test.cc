// SPDX-License-Identifier: GPL-2.0-only
// What the disk of scst-user-disk answers.
#include "catch.hh"
#include "disk.hh"

#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <numeric>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using user_disk::Disk;
using user_disk::kCheckCondition;
using user_disk::kGood;
using user_disk::Outcome;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t kBlock = 512, kBlocks = 64, kMaxData = 16U << 10;

struct Close {
  void operator()(FILE* f) const { fclose(f); }
};

/// A disk of 64 blocks, and a half that is not used. Its file can have holes.
struct Fixture {
  std::unique_ptr<FILE, Close> file{fdopen(memfd_create("disk", MFD_CLOEXEC), "r+")};
  Disk disk{prepared(), "name", kBlock* kBlocks + kBlock / 2, kBlock, kMaxData, false};
  Bytes in = Bytes(kMaxData);

  int prepared() const {
    const int fd = fileno(file.get());
    REQUIRE(ftruncate(fd, kBlock * kBlocks + kBlock / 2) == 0);
    return fd;
  }

  /// `cdb` is padded to its length by zeros.
  Outcome run(Bytes cdb, std::size_t cdb_len, const Bytes& out = {}, unsigned flags = 0) {
    scst_user_cmd cmd{};
    cdb.resize(cdb_len);
    std::copy(cdb.begin(), cdb.end(), cmd.cdb);
    cmd.cdb_len = static_cast<std::uint8_t>(cdb_len);
    cmd.flags = static_cast<std::uint8_t>(flags);
    cmd.rel_tgt_id = 7;
    sl_cdb decoded;
    REQUIRE(sl_cdb_parse(cmd.cdb, cdb_len, 9, &decoded) == SL_OK);
    cmd.data_len = static_cast<std::uint32_t>(std::min<std::uint64_t>(decoded.data_len, kMaxData));
    cmd.out_len = static_cast<std::uint32_t>(out.size());
    return disk.execute(cmd, out, in);
  }
};

sl_sense sense_of(const Outcome& o) {
  REQUIRE(o.status == kCheckCondition);
  REQUIRE(o.sense_len >= 18);
  REQUIRE(o.len == 0);
  return static_cast<sl_sense>(SL_SENSE_CODE(o.sense[2] & 0xf, o.sense[12], o.sense[13]));
}

Bytes pattern(std::size_t len) {
  Bytes data(len);
  std::iota(data.begin(), data.end(), std::uint8_t{1});
  return data;
}

} // namespace

TEST_CASE("A program's disk reads back what was written to it") {
  Fixture f;
  const Bytes data = pattern(std::size_t{2} * kBlock);
  CHECK(f.run({0x2a, 0, 0, 0, 0, 62, 0, 0, 2}, 10, data).status == kGood);
  const Outcome o = f.run({0x88, 0, 0, 0, 0, 0, 0, 0, 0, 62, 0, 0, 0, 2}, 16);
  CHECK(o.status == kGood);
  REQUIRE(o.len == data.size());
  CHECK(Bytes(f.in.begin(), f.in.begin() + o.len) == data);
}

TEST_CASE("A program's disk ends at its last whole block") {
  Fixture f;
  CHECK(sense_of(f.run({0x28, 0, 0, 0, 0, 63, 0, 0, 2}, 10)) == SL_LBA_OUT_OF_RANGE);
  CHECK(sense_of(f.run({0x8a, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1}, 16,
                       pattern(kBlock))) == SL_LBA_OUT_OF_RANGE);
  const Outcome o = f.run({0x25}, 10);
  REQUIRE(o.len == 8);
  CHECK(sl_get_be32(f.in.data()) == kBlocks - 1);
  CHECK(sl_get_be32(f.in.data() + 4) == kBlock);
}

TEST_CASE("A write that brings less than it said stops at the last whole block") {
  Fixture f;
  CHECK(f.run({0x2a, 0, 0, 0, 0, 0, 0, 0, 2}, 10, pattern(kBlock + 1)).status == kGood);
  REQUIRE(f.run({0x28, 0, 0, 0, 0, 0, 0, 0, 2}, 10).len == 2 * kBlock);
  CHECK(f.in[kBlock - 1] != 0xff);
  CHECK(f.in[kBlock] == 0);
}

TEST_CASE("VERIFY with BYTCHK compares, and says when something differs") {
  Fixture f;
  Bytes data = pattern(kBlock);
  CHECK(f.run({0x2a, 0, 0, 0, 0, 5, 0, 0, 1}, 10, data).status == kGood);
  CHECK(f.run({0x2f, 2, 0, 0, 0, 5, 0, 0, 1}, 10, data).status == kGood);
  CHECK(f.run({0x2f, 0, 0, 0, 0, 5, 0, 0, 1}, 10).status == kGood);
  data.back() ^= 1;
  CHECK(sense_of(f.run({0x2f, 2, 0, 0, 0, 5, 0, 0, 1}, 10, data)) == SL_MISCOMPARE);
}

TEST_CASE("INQUIRY data of a program's disk are cut to the allocation length") {
  Fixture f;
  CHECK(f.run({0x12, 0, 0, 0, 36}, 6).len == 36);
  CHECK(std::string(f.in.begin() + 16, f.in.begin() + 20) == "name");
  const Outcome o = f.run({0x12, 1, 0x83, 0, 255}, 6);
  CHECK(o.status == kGood);
  CHECK(o.len == sl_get_be16(f.in.data() + 2) + 4U);
}

TEST_CASE("MODE SENSE says whether the LUN is write protected") {
  Fixture f;
  CHECK(f.run({0x1a, 0, 0x3f, 0, 255}, 6).status == kGood);
  CHECK((f.in[2] & 0x80) == 0);
  CHECK(f.run({0x1a, 0, 0x3f, 0, 255}, 6, {}, SCST_USER_PROTECTED).status == kGood);
  CHECK((f.in[2] & 0x80) == 0x80);
}

TEST_CASE("What a program's disk does not know is refused by name") {
  Fixture f;
  CHECK(sense_of(f.run({0x89}, 16)) == SL_INVALID_OPCODE);
  CHECK(sense_of(f.run({0xa3, 0x0c, 0, 0, 0, 0, 0, 0, 1}, 12)) == SL_INVALID_CDB_FIELD);
  CHECK(sense_of(f.run({0x28, 0x20, 0, 0, 0, 0, 0, 0, 1}, 10)) == SL_INVALID_CDB_FIELD);
  CHECK(sense_of(f.run({0x28, 0, 0, 0, 0, 0, 0, 0, 40}, 10)) == SL_INVALID_CDB_FIELD);
}

namespace {

/// How much room the file takes.
blkcnt_t taken(const Fixture& f) {
  struct stat st {};
  REQUIRE(fstat(fileno(f.file.get()), &st) == 0);
  return st.st_blocks;
}

Bytes unmap_list(std::uint64_t lba, std::uint32_t blocks) {
  Bytes list(24);
  sl_put_be16(22, list.data());
  sl_put_be16(16, &list[2]);
  sl_put_be64(lba, &list[8]);
  sl_put_be32(blocks, &list[16]);
  return list;
}

} // namespace

TEST_CASE("UNMAP gives room back, and what was there reads as zeros") {
  constexpr std::ptrdiff_t kHalf = std::ptrdiff_t{8} * kBlock;
  Fixture f;
  const Bytes data = pattern(std::size_t{16} * kBlock);
  CHECK(f.run({0x2a, 0, 0, 0, 0, 0, 0, 0, 16}, 10, data).status == kGood);
  const blkcnt_t before = taken(f);
  CHECK(f.run({0x42, 0, 0, 0, 0, 0, 0, 0, 24}, 10, unmap_list(0, 8)).status == kGood);
  CHECK(taken(f) < before);
  REQUIRE(f.run({0x28, 0, 0, 0, 0, 0, 0, 0, 16}, 10).len == data.size());
  CHECK(Bytes(f.in.begin(), f.in.begin() + kHalf) == Bytes(kHalf));
  CHECK(std::equal(data.begin() + kHalf, data.end(), f.in.begin() + kHalf));
  CHECK(f.run({0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32}, 16).len == 32);
  CHECK((f.in[14] & 0xc0) == 0xc0); // LBPME, LBPRZ
}

TEST_CASE("UNMAP that is not all right does nothing") {
  Fixture f;
  const Bytes data = pattern(kBlock);
  CHECK(f.run({0x2a, 0, 0, 0, 0, 0, 0, 0, 1}, 10, data).status == kGood);
  Bytes two = unmap_list(0, 1);
  const Bytes beyond = unmap_list(kBlocks, 1);
  two.insert(two.end(), beyond.begin() + 8, beyond.end());
  sl_put_be16(32, &two[2]);
  CHECK(sense_of(f.run({0x42, 0, 0, 0, 0, 0, 0, 0, 40}, 10, two)) == SL_LBA_OUT_OF_RANGE);
  const Outcome anchored = f.run({0x42, 1, 0, 0, 0, 0, 0, 0, 24}, 10, unmap_list(0, 1));
  CHECK(sense_of(anchored) == SL_INVALID_CDB_FIELD);
  CHECK(sl_get_be16(anchored.sense + 16) == 1);
  CHECK(sense_of(f.run({0x42, 0, 0, 0, 0, 0, 0, 0, 24}, 10, Bytes(7))) == SL_PARAM_LIST_LENGTH);
  CHECK(f.run({0x28, 0, 0, 0, 0, 0, 0, 0, 1}, 10).len == kBlock);
  CHECK(std::equal(data.begin(), data.end(), f.in.begin()));
}

TEST_CASE("A disk that is read only has nothing to unmap") {
  Fixture f;
  const Disk disk(fileno(f.file.get()), "name", std::uint64_t{kBlocks} * kBlock, kBlock, kMaxData,
                  true);
  scst_user_cmd cmd{};
  cmd.cdb[0] = 0x42;
  cmd.cdb[8] = 24;
  cmd.cdb_len = 10;
  const Bytes list = unmap_list(0, 1);
  CHECK(sense_of(disk.execute(cmd, list, f.in)) == SL_INVALID_OPCODE);
}

TEST_CASE("WRITE SAME writes one block many times, or gives zeros back") {
  Fixture f;
  const Bytes block = pattern(kBlock);
  CHECK(f.run({0x41, 0, 0, 0, 0, 4, 0, 0, 8}, 10, block).status == kGood);
  REQUIRE(f.run({0x28, 0, 0, 0, 0, 3, 0, 0, 10}, 10).len == std::size_t{10} * kBlock);
  CHECK(f.in[kBlock - 1] == 0);
  CHECK(f.in[std::size_t{9} * kBlock] == 0);
  for (std::ptrdiff_t i = 1; i < 9; i++)
    CHECK(std::equal(block.begin(), block.end(), f.in.begin() + i * kBlock));
  const blkcnt_t before = taken(f);
  // UNMAP and NDOB
  CHECK(f.run({0x93, 0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 64}, 16).status == kGood);
  CHECK(taken(f) < before);
  // A pattern that is no zeros is written even so.
  CHECK(f.run({0x93, 0x08, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 16, block).status == kGood);
  CHECK(f.run({0x28, 0, 0, 0, 0, 0, 0, 0, 1}, 10).len == kBlock);
  CHECK(std::equal(block.begin(), block.end(), f.in.begin()));
  CHECK(sense_of(f.run({0x41, 0, 0, 0, 0, 0, 0, 0, 0}, 10, block)) == SL_INVALID_CDB_FIELD); // WSNZ
  CHECK(sense_of(f.run({0x41, 0x10, 0, 0, 0, 0, 0, 0, 1}, 10, block)) == SL_INVALID_CDB_FIELD);
  CHECK(sense_of(f.run({0x41, 0, 0, 0, 0, 63, 0, 0, 2}, 10, block)) == SL_LBA_OUT_OF_RANGE);
}

TEST_CASE("LOG SENSE of a program's disk has the informational exceptions") {
  Fixture f;
  const Outcome o = f.run({0x4d, 0, 0x6f, 0, 0, 0, 0, 0, 255}, 10);
  CHECK(o.status == kGood);
  CHECK(o.len == 12);
  CHECK(f.in[0] == 0x2f);
}
