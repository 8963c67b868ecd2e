// SPDX-License-Identifier: GPL-2.0-only
// The SCSI side of lib/: CDBs, sense, INQUIRY, mode pages, LUNs.
#include "catch.hh"
#include "port.h"
extern "C" {
#include "cdb.h"
#include "inquiry.h"
#include "lun.h"
#include "mode.h"
#include "name_match.h"
#include "sense.h"
}
#include "../vectors/cdb_vectors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Bytes = std::vector<u8>;

sl_unit disk() {
  sl_unit u{};
  u.block_shift = 9;
  u.blocks = 0x200000;
  u.rotational = true;
  u.write_cache = true;
  u.max_unmap = 1024;
  u.max_unmap_descriptors = 16;
  strcpy(u.vendor, "SCST_FIO");
  strcpy(u.product, "disk01");
  strcpy(u.revision, "380");
  strcpy(u.serial, "27cddc71");
  strcpy(u.t10_dev_id, "27cddc71-disk01");
  return u;
}

// None if it could not be read.
sl_id id_of(const char* text) {
  sl_id id{};
  if (sl_id_parse(text, strlen(text), &id) != 0)
    id.len = 0;
  return id;
}

Bytes inquiry(const sl_unit& unit, Bytes cdb) {
  sl_port_id port{};
  port.rel_tgt_id = 7;
  port.version_descriptor = 0x0960;
  port.phys_descriptor = 0x0ba0;
  u8 buf[SL_INQUIRY_MAX];
  std::size_t len = 0;
  cdb.resize(6);
  if (sl_inquiry(cdb.data(), &unit, &port, buf, &len) != SL_OK)
    return {};
  return {buf, buf + len};
}

// Values that can't be saved, with a write cache that can be switched off.
sl_mode mode_of(bool descriptor_sense, bool swp, bool write_cache, bool wce_changeable) {
  sl_mode mode = {};
  mode.descriptor_sense = descriptor_sense;
  mode.swp = swp;
  mode.write_cache = write_cache;
  mode.wce_changeable = wce_changeable;
  return mode;
}

sl_modes fixed_modes() {
  const sl_mode mode = mode_of(false, false, true, true);
  return {mode, mode, false};
}

Bytes mode_sense(const sl_unit& unit, const sl_modes& mode, Bytes cdb, bool protect = false) {
  u8 buf[SL_MODE_MAX];
  std::size_t len = 0;
  sl_sense_info more{};
  cdb.resize(10);
  if (sl_mode_sense(cdb.data(), &unit, &mode, protect, buf, &len, &more) != SL_OK)
    return {};
  return {buf, buf + len};
}

sl_sense mode_select(const u8* cdb, const sl_unit& unit, const u8* list, std::size_t len,
                     sl_modes& mode) {
  sl_sense_info more{};
  return sl_mode_select(cdb, &unit, list, len, &mode, &more);
}

std::string text(const Bytes& b, std::size_t at, std::size_t len) {
  return {b.begin() + static_cast<std::ptrdiff_t>(at),
          b.begin() + static_cast<std::ptrdiff_t>(at + len)};
}

} // namespace

TEST_CASE("CDBs are decoded into address, length and direction") {
  for (const cdb_vector& v : cdb_vectors) {
    INFO(v.what);
    sl_cdb c{};
    REQUIRE(sl_cdb_parse(v.cdb, v.cdb_len, 9, &c) == SL_OK);
    CHECK(c.id == v.id);
    CHECK(c.dir == v.dir);
    CHECK(c.lba == v.lba);
    CHECK(c.blocks == v.blocks);
    CHECK(c.data_len == v.data_len);
    CHECK(c.fua == v.fua);
  }
}

TEST_CASE("FORMAT UNIT brings the header of its list, long or short, or nothing") {
  sl_cdb c;
  u8 cdb[6] = {0x04, 0x00};
  REQUIRE(sl_cdb_parse(cdb, sizeof(cdb), 9, &c) == SL_OK);
  CHECK(c.dir == SL_DIR_NONE);
  cdb[1] = 0x10;
  REQUIRE(sl_cdb_parse(cdb, sizeof(cdb), 9, &c) == SL_OK);
  CHECK(c.dir == SL_DIR_OUT);
  CHECK(c.data_len == 4);
  cdb[1] = 0x30;
  REQUIRE(sl_cdb_parse(cdb, sizeof(cdb), 9, &c) == SL_OK);
  CHECK(c.data_len == 8);
}

TEST_CASE("Unknown and short CDBs are invalid opcodes, unknown service actions bad fields") {
  sl_cdb c{};
  const u8 unknown[16] = {0xff};
  CHECK(sl_cdb_parse(unknown, 16, 9, &c) == SL_INVALID_OPCODE);
  const u8 service[16] = {0x9e, 0x1f};
  CHECK(sl_cdb_parse(service, 16, 9, &c) == SL_INVALID_CDB_FIELD);
  CHECK(c.bad_byte == 1);
  const u8 read10[10] = {0x28};
  CHECK(sl_cdb_parse(read10, 9, 9, &c) == SL_INVALID_OPCODE);
  CHECK(sl_cdb_parse(read10, 0, 9, &c) == SL_INVALID_OPCODE);
}

TEST_CASE("CDBs of 32 bytes have their options, tags and errors where they belong") {
  sl_cdb c{};
  u8 cdb[32] = {0x7f};
  cdb[7] = 0x18;
  sl_put_be16(0x000b, cdb + 8);
  cdb[10] = 0x20 | 0x10; // WRPROTECT 1, DPO
  sl_put_be64(9, cdb + 12);
  sl_put_be32(0x12345678, cdb + 20);
  sl_put_be32(1, cdb + 28);
  REQUIRE(sl_cdb_parse(cdb, 32, 9, &c) == SL_OK);
  CHECK(c.id == SL_OP_WRITE_32);
  CHECK(c.protect == 1);
  CHECK(c.dpo);
  CHECK_FALSE(c.fua);
  CHECK(c.ref_tag == 0x12345678);
  CHECK(c.options_at == 10);
  CHECK(sl_cdb_parse(cdb, 31, 9, &c) == SL_INVALID_OPCODE);
  cdb[7] = 0x10;
  CHECK(sl_cdb_parse(cdb, 32, 9, &c) == SL_INVALID_CDB_FIELD);
  CHECK(c.bad_byte == 7);
  cdb[7] = 0x18;
  cdb[9] = 0x7f;
  CHECK(sl_cdb_parse(cdb, 32, 9, &c) == SL_INVALID_CDB_FIELD);
  CHECK(c.bad_byte == 8);
}

TEST_CASE("RDPROTECT and its like are read where there are any") {
  sl_cdb c{};
  const u8 read[16] = {0x88, 0x60, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1};
  REQUIRE(sl_cdb_parse(read, 16, 9, &c) == SL_OK);
  CHECK(c.protect == 3);
  CHECK(c.ref_tag == 2);
  const u8 read6[6] = {0x08, 0x61, 0, 2, 1};
  REQUIRE(sl_cdb_parse(read6, 6, 9, &c) == SL_OK);
  CHECK(c.protect == 0);
  const u8 inquiry_cdb[6] = {0x12, 0x60, 0, 0, 96};
  REQUIRE(sl_cdb_parse(inquiry_cdb, 6, 9, &c) == SL_OK);
  CHECK(c.protect == 0);
}

TEST_CASE("Every operation of the table is found by its own opcode and service action") {
  for (int i = SL_OP_NONE + 1; i < SL_OP_COUNT; i++) {
    const sl_op* op = sl_op_get(static_cast<sl_op_id>(i));
    INFO(op->name);
    u8 cdb[32] = {op->opcode, op->service_action};
    if (op->flags & SL_OPF_LONG)
      sl_put_be16(op->service_action, cdb + 8);
    CHECK(sl_op_find(cdb, op->cdb_len) == i);
    CHECK(op->usage[0] == op->opcode);
    CHECK(op->lba_at + op->lba_len <= op->cdb_len);
    CHECK(op->len_at + op->len_len <= op->cdb_len);
  }
}

TEST_CASE("Sense data has a fixed and a descriptor form") {
  u8 b[SL_SENSE_LEN];
  REQUIRE(sl_sense_build(b, sizeof(b), false, SL_LBA_OUT_OF_RANGE, nullptr) == 18);
  CHECK(b[0] == 0x70);
  CHECK(b[2] == 5);
  CHECK(b[7] == 10);
  CHECK(b[12] == 0x21);
  CHECK(b[13] == 0);
  REQUIRE(sl_sense_build(b, sizeof(b), true, SL_UA_NEXUS_LOSS, nullptr) == 8);
  CHECK(b[0] == 0x72);
  CHECK(b[1] == 6);
  CHECK(b[2] == 0x29);
  CHECK(b[3] == 7);
  CHECK(b[7] == 0);
}

TEST_CASE("What sense data says is read from either form") {
  u8 b[SL_SENSE_LEN];
  for (const bool descriptor : {false, true}) {
    const size_t len =
        sl_sense_build(b, sizeof(b), descriptor, SL_UA_RESERVATIONS_PREEMPTED, nullptr);
    CHECK(sl_sense_code(b, len) == u32{SL_UA_RESERVATIONS_PREEMPTED});
    b[0] |= 1; // deferred, of a command before
    CHECK(sl_sense_code(b, len) == u32{SL_UA_RESERVATIONS_PREEMPTED});
    CHECK(sl_sense_code(b, 3) == 0);
  }
  CHECK(sl_sense_code(b, 0) == 0);
  b[0] = 0x7f; // vendor specific
  CHECK(sl_sense_code(b, sizeof(b)) == 0);
}

TEST_CASE("Sense data carries information and a field pointer") {
  sl_sense_info more{};
  more.info_valid = true;
  more.info = 0x12345678;
  more.field_valid = more.field_in_cdb = more.bit_valid = true;
  more.field_byte = 2;
  more.field_bit = 7;
  u8 b[SL_SENSE_LEN];
  sl_sense_build(b, sizeof(b), false, SL_INVALID_CDB_FIELD, &more);
  CHECK(b[0] == 0xf0);
  CHECK(sl_get_be32(b + 3) == 0x12345678);
  CHECK(b[15] == (0x80 | 0x40 | 0x08 | 7));
  CHECK(sl_get_be16(b + 16) == 2);
  CHECK(sl_sense_build(b, sizeof(b), true, SL_INVALID_CDB_FIELD, &more) == 28);
  CHECK(b[7] == 20);
  CHECK(b[8] == 0);
  CHECK(sl_get_be64(b + 12) == 0x12345678);
  CHECK(b[20] == 2);
}

TEST_CASE("Sense data tells how far an operation has come") {
  sl_sense_info more{};
  more.progress_valid = true;
  more.progress = 0x1234;
  u8 b[SL_SENSE_LEN];
  sl_sense_build(b, sizeof(b), false, SL_FORMAT_IN_PROGRESS, &more);
  CHECK(b[15] == 0x80);
  CHECK(sl_get_be16(b + 16) == 0x1234);
  CHECK(sl_sense_build(b, sizeof(b), true, SL_FORMAT_IN_PROGRESS, &more) == 16);
  CHECK(b[8] == 2);
  CHECK(b[12] == 0x80);
  CHECK(sl_get_be16(b + 13) == 0x1234);
}

TEST_CASE("Information above 32 bits is left out of fixed sense data") {
  sl_sense_info more{};
  more.info_valid = true;
  more.info = 0x100000000ull;
  u8 b[SL_SENSE_LEN];
  sl_sense_build(b, sizeof(b), false, SL_MISCOMPARE, &more);
  CHECK(b[0] == 0x70);
  CHECK(sl_get_be32(b + 3) == 0);
}

TEST_CASE("Sense data is cut to the buffer and its whole length told") {
  u8 b[10];
  memset(b, 0x5a, sizeof(b));
  CHECK(sl_sense_build(b, 8, false, SL_ABORTED, nullptr) == 18);
  CHECK(b[2] == 0xb);
  CHECK(b[8] == 0x5a);
}

TEST_CASE("Standard INQUIRY data names vendor, product and revision") {
  Bytes d = inquiry(disk(), {0x12});
  REQUIRE(d.size() == 96);
  CHECK(d[0] == 0);
  CHECK(d[2] == 6);
  CHECK(d[4] == 91);
  CHECK(text(d, 8, 8) == "SCST_FIO");
  CHECK(text(d, 16, 16) == "disk01          ");
  CHECK(text(d, 32, 4) == "380 ");
  CHECK(sl_get_be16(d.data() + 64) == 0x0960);
  CHECK(sl_get_be16(d.data() + 66) == 0x0ba0);
}

TEST_CASE("Protection information is told of by INQUIRY, page 86h and READ CAPACITY(16)") {
  sl_unit unit = disk();
  u8 b[32];
  CHECK((inquiry(unit, {0x12})[5] & 0x01) == 0);
  CHECK(inquiry(unit, {0x12, 1, 0x86})[4] == 0);
  sl_read_capacity_16(&unit, b);
  CHECK(b[12] == 0);
  const u8 pages[] = {0, 0x05, 0x15, 0x24};
  const u8 types[] = {0, 0x01, 0x03, 0x05};
  for (u8 type : {1, 2, 3}) {
    unit.dif_type = type;
    unit.dif_checked = true;
    unit.dif_app_checked = false;
    CHECK((inquiry(unit, {0x12})[5] & 0x01) == 0x01);
    CHECK(inquiry(unit, {0x12, 1, 0x86})[4] == pages[type]);
    sl_read_capacity_16(&unit, b);
    CHECK(b[12] == types[type]);
    unit.dif_app_checked = true;
    CHECK(inquiry(unit, {0x12, 1, 0x86})[4] == (pages[type] | 0x02));
  }
}

TEST_CASE("INQUIRY with a page but without EVPD is refused") {
  CHECK(inquiry(disk(), {0x12, 0, 0x80}).empty());
  CHECK(inquiry(disk(), {0x12, 1, 0x7f}).empty());
}

TEST_CASE("Every page that page 00h lists can be read, and has its length") {
  for (bool thin : {false, true}) {
    sl_unit unit = disk();
    unit.thin = thin;
    Bytes pages = inquiry(unit, {0x12, 1, 0});
    REQUIRE(pages.size() > 4);
    CHECK(sl_get_be16(pages.data() + 2) == pages.size() - 4);
    CHECK(std::is_sorted(pages.begin() + 4, pages.end()));
    CHECK((std::find(pages.begin() + 4, pages.end(), 0xb2) != pages.end()) == thin);
    for (std::size_t i = 4; i < pages.size(); i++) {
      Bytes page = inquiry(unit, {0x12, 1, pages[i]});
      REQUIRE(page.size() >= 4);
      CHECK(page[1] == pages[i]);
      CHECK(sl_get_be16(page.data() + 2) == page.size() - 4);
    }
  }
}

TEST_CASE("Page 80h is the serial number") {
  Bytes page = inquiry(disk(), {0x12, 1, 0x80});
  CHECK(text(page, 4, page.size() - 4) == "27cddc71");
}

TEST_CASE("The designators of page 83h fill it exactly") {
  sl_unit unit = disk();
  unit.naa = id_of("0x5001405000000001");
  unit.eui64 = id_of("0x0123456789abcdef01234567");
  strcpy(unit.scsi_name, "iqn.2020-05.example.lab:disk01");
  Bytes page = inquiry(unit, {0x12, 1, 0x83});
  std::size_t at = 4;
  bool naa = false, eui64 = false;
  while (at + 4 <= page.size()) {
    naa = naa || ((page[at + 1] & 0xf) == 3 && page[at + 3] == 8);
    eui64 = eui64 || ((page[at + 1] & 0xf) == 2 && page[at + 3] == 12);
    at += 4u + page[at + 3];
  }
  CHECK(at == page.size());
  CHECK(naa);
  CHECK(eui64);
}

TEST_CASE("Identifiers of registries are read from hexadecimal digits") {
  sl_id id{};
  for (const char* text : {"5001405000000001", "0x", "0x5", "0xfg", "0x500", "x", "0y50",
                           "0x0123456789abcdef0123456789abcdef01"})
    CHECK(sl_id_parse(text, strlen(text), &id) == -1);
  CHECK(sl_id_is_naa(&(id = id_of("0x5001405000000001"))));
  CHECK(id.bytes[0] == 0x50);
  CHECK(id.bytes[7] == 0x01);
  CHECK(sl_id_is_naa(&(id = id_of("0X6001405000000001ABCDEF0123456789"))));
  CHECK(!sl_id_is_naa(&(id = id_of("0x6001405000000001"))));
  CHECK(!sl_id_is_naa(&(id = id_of("0x1001405000000001"))));
  CHECK(!sl_id_is_naa(&(id = id_of(""))));
  CHECK(sl_id_is_eui64(&(id = id_of("0x001405000000000102030405"))));
  CHECK(!sl_id_is_eui64(&(id = id_of("0x0014050000000001020304"))));
}

TEST_CASE("Vendor specific INQUIRY bytes have a place of their own, or make the data longer") {
  sl_unit unit = disk();
  strcpy(unit.inq_specific, "twenty bytes of mine");
  Bytes data = inquiry(unit, {0x12});
  CHECK(data.size() == 96);
  CHECK(text(data, 36, 20) == "twenty bytes of mine");
  memset(unit.inq_specific, 'x', SL_INQ_SPECIFIC_LEN);
  data = inquiry(unit, {0x12});
  CHECK(data.size() == 96 + SL_INQ_SPECIFIC_LEN);
  CHECK(data[4] == data.size() - 5);
  CHECK(text(data, 96, SL_INQ_SPECIFIC_LEN) == std::string(SL_INQ_SPECIFIC_LEN, 'x'));
}

TEST_CASE("The longest identities fit the INQUIRY buffer") {
  sl_unit unit = disk();
  unit.naa = id_of("0x5001405000000001");
  memset(unit.t10_dev_id, 'x', SL_T10_ID_LEN);
  memset(unit.vendor_specific, 'x', SL_VENDOR_SPECIFIC_LEN);
  unit.eui64 = id_of("0x0123456789abcdef0123456789abcdef");
  memset(unit.scsi_name, 'x', SL_NAME_LEN);
  memset(unit.serial, 'x', SL_SERIAL_LEN);
  for (u8 code : {0x80, 0x83})
    CHECK(inquiry(unit, {0x12, 1, code}).size() <= SL_INQUIRY_MAX);
}

TEST_CASE("READ CAPACITY gives the last block and its length") {
  sl_unit unit = disk();
  u8 b[32];
  sl_read_capacity_10(&unit, b);
  CHECK(sl_get_be32(b) == 0x1fffff);
  CHECK(sl_get_be32(b + 4) == 512);
  unit.blocks = 0x100000001ull;
  sl_read_capacity_10(&unit, b);
  CHECK(sl_get_be32(b) == 0xffffffff);
  sl_read_capacity_16(&unit, b);
  CHECK(sl_get_be64(b) == 0x100000000ull);
  CHECK(sl_get_be32(b + 8) == 512);
}

TEST_CASE("MODE SENSE gives its header, the block descriptor and the pages") {
  const sl_modes mode = fixed_modes();
  Bytes d = mode_sense(disk(), mode, {0x1a, 0, 0x08});
  REQUIRE(d.size() == 4 + 8 + 20);
  CHECK(d[0] == d.size() - 1);
  CHECK(d[2] == 0x10);
  CHECK(d[3] == 8);
  CHECK(sl_get_be32(d.data() + 4) == 0x200000);
  CHECK(sl_get_be24(d.data() + 9) == 512);
  CHECK(d[12] == 0x08);
  CHECK((d[14] & 0x04) == 0x04);
  CHECK(mode_sense(disk(), mode, {0x1a, 0x08, 0x08}).size() == 4 + 20);
  CHECK(mode_sense(disk(), mode, {0x5a, 0x10, 0x08}).size() == 8 + 16 + 20);
  CHECK(mode_sense(disk(), mode, {0x1a, 0, 0x08}, true)[2] == 0x90);
}

TEST_CASE("MODE SENSE of all pages is the sum of the pages") {
  const sl_modes mode = fixed_modes();
  std::size_t sum = 0;
  for (u8 code = 0; code < 0x3f; code++) {
    Bytes d = mode_sense(disk(), mode, {0x1a, 0x08, code});
    sum += d.empty() ? 0 : d.size() - 4;
  }
  CHECK(mode_sense(disk(), mode, {0x1a, 0x08, 0x3f}).size() == 4 + sum);
  CHECK(mode_sense(disk(), mode, {0x1a, 0x08, 0xbf}).size() == 4 + sum); // default values
}

TEST_CASE("Saved mode pages and unknown ones are refused") {
  const sl_modes mode = fixed_modes();
  CHECK(mode_sense(disk(), mode, {0x1a, 0x08, 0xff}).empty());
  CHECK(mode_sense(disk(), mode, {0x1a, 0x08, 0x2f}).empty());
  CHECK(mode_sense(disk(), mode, {0x1a, 0x08, 0x08, 0x01}).empty());
}

TEST_CASE("What MODE SENSE gives MODE SELECT takes, and nothing changes") {
  const sl_unit unit = disk();
  sl_modes mode = fixed_modes();
  mode.now.descriptor_sense = true;
  const sl_mode before = mode.now;
  Bytes d = mode_sense(unit, mode, {0x5a, 0, 0x3f});
  d[0] = d[1] = 0;
  const u8 cdb[10] = {0x55, 0x10};
  CHECK(mode_select(cdb, unit, d.data(), d.size(), mode) == SL_OK);
  CHECK(mode.now.descriptor_sense == before.descriptor_sense);
  CHECK(mode.now.swp == before.swp);
  CHECK(mode.now.write_cache == before.write_cache);
}

TEST_CASE("MODE SELECT changes only what is changeable, and all or nothing") {
  const sl_unit unit = disk();
  sl_modes mode = fixed_modes();
  const u8 cdb[6] = {0x15, 0x10};
  Bytes d = mode_sense(unit, mode, {0x1a, 0x08, 0x08});
  d[0] = 0;
  d[6] &= ~0x04; // WCE off
  CHECK(mode_select(cdb, unit, d.data(), d.size(), mode) == SL_OK);
  CHECK_FALSE(mode.now.write_cache);

  Bytes two = mode_sense(unit, mode, {0x1a, 0x08, 0x0a});
  two[0] = 0;
  two[6] ^= 0x04; // D_SENSE
  Bytes bad(d.begin() + 4, d.end());
  bad[12] ^= 0xff;
  two.insert(two.end(), bad.begin(), bad.end());
  CHECK(mode_select(cdb, unit, two.data(), two.size(), mode) == SL_INVALID_PARAM_FIELD);
  CHECK_FALSE(mode.now.descriptor_sense);
}

TEST_CASE("INQUIRY and MODE SENSE point at the field that is wrong (SPC-4 4.5.2.4.2)") {
  const sl_unit unit = disk();
  const u8 cmddt[6] = {0x12, 0x02, 0x00}, page[6] = {0x12, 0x01, 0x55},
           no_evpd[6] = {0x12, 0, 0x80};
  CHECK(inquiry(unit, {0x12, 0x02}).empty());
  CHECK(sl_inquiry_bad_byte(cmddt) == 1);
  CHECK(inquiry(unit, {0x12, 0x01, 0x55}).empty());
  CHECK(sl_inquiry_bad_byte(page) == 2);
  CHECK(inquiry(unit, {0x12, 0, 0x80}).empty());
  CHECK(sl_inquiry_bad_byte(no_evpd) == 2);

  struct Row {
    Bytes cdb;
    u8 byte;
    int bit; // -1: the whole byte
  };
  for (const Row& row : {Row{{0x1a, 0, 0x2f}, 2, 5}, Row{{0x1a, 0, 0x08, 1}, 3, -1},
                         Row{{0x5a, 0, 0x08, 0xff}, 3, -1}}) {
    u8 buf[SL_MODE_MAX];
    std::size_t len = 0;
    sl_sense_info more{};
    const sl_modes mode = fixed_modes();
    Bytes cdb = row.cdb;
    cdb.resize(10);
    REQUIRE(sl_mode_sense(cdb.data(), &unit, &mode, false, buf, &len, &more) ==
            SL_INVALID_CDB_FIELD);
    CHECK(more.field_valid);
    CHECK(more.field_in_cdb);
    CHECK(more.field_byte == row.byte);
    CHECK((more.bit_valid ? more.field_bit : -1) == row.bit);
  }
}

TEST_CASE("MODE SELECT points at the byte and bit of the parameter list that is wrong") {
  const sl_unit unit = disk();
  sl_modes mode = fixed_modes();
  // Header, short block descriptor, caching page at 12.
  Bytes good = mode_sense(unit, mode, {0x1a, 0, 0x08});
  good[0] = 0;
  struct Row {
    std::size_t at; // what is changed
    u8 flip;
    u16 byte;
    int bit;
  };
  const Row rows[] = {
      {3, 0x04, 3, -1},           // BLOCK DESCRIPTOR LENGTH 12
      {4 + 7, 0x01, 4 + 5, -1},   // BLOCK LENGTH 513, a field of three bytes
      {12, 0x20, 12, 5},          // PAGE CODE 28h
      {12, 0x40, 12, 6},          // SPF
      {13, 0x01, 13, -1},         // PAGE LENGTH
      {12 + 2, 0x11, 12 + 2, -1}, // IC and RCD: not changeable; WCE beside them is
      {12 + 12, 0x80, 12 + 12, -1},
  };
  const u8 cdb[6] = {0x15, 0x10};
  for (const Row& row : rows) {
    Bytes list = good;
    list[row.at] ^= row.flip;
    INFO(row.at);
    sl_sense_info more{};
    REQUIRE(sl_mode_select(cdb, &unit, list.data(), list.size(), &mode, &more) ==
            SL_INVALID_PARAM_FIELD);
    CHECK(more.field_valid);
    CHECK_FALSE(more.field_in_cdb);
    CHECK(more.field_byte == row.byte);
    CHECK((more.bit_valid ? more.field_bit : -1) == row.bit);
  }
  sl_sense_info more{};
  const u8 no_pf[6] = {0x15}, save[6] = {0x15, 0x11};
  CHECK(sl_mode_select(no_pf, &unit, good.data(), good.size(), &mode, &more) ==
        SL_INVALID_CDB_FIELD);
  CHECK(more.field_in_cdb);
  CHECK(more.field_byte == 1);
  CHECK(more.field_bit == 4);
  CHECK(sl_mode_select(save, &unit, good.data(), good.size(), &mode, &more) ==
        SL_INVALID_CDB_FIELD);
  CHECK(more.field_bit == 0);
}

TEST_CASE("MODE SELECT(10) takes a long block descriptor of the block length that is") {
  const sl_unit unit = disk();
  sl_modes mode = fixed_modes();
  const u8 cdb[10] = {0x55, 0x10};
  Bytes d = mode_sense(unit, mode, {0x5a, 0x10, 0x0a});
  d[0] = d[1] = 0;
  CHECK(mode_select(cdb, unit, d.data(), d.size(), mode) == SL_OK);
  sl_sense_info more{};
  d[8 + 15] ^= 1;
  CHECK(sl_mode_select(cdb, &unit, d.data(), d.size(), &mode, &more) == SL_INVALID_PARAM_FIELD);
  CHECK(more.field_byte == 8 + 12);
}

TEST_CASE("Cut-off parameter lists of MODE SELECT are refused") {
  const sl_unit unit = disk();
  sl_modes mode = fixed_modes();
  const u8 cdb[6] = {0x15, 0x10};
  Bytes d = mode_sense(unit, mode, {0x1a, 0, 0x08});
  d[0] = 0;
  CHECK(mode_select(cdb, unit, d.data(), 0, mode) == SL_OK);
  for (std::size_t len = 1; len < d.size(); len++) {
    if (len == 4 + 8)
      continue; // header and descriptor alone are a whole list
    INFO(len);
    CHECK(mode_select(cdb, unit, d.data(), len, mode) == SL_PARAM_LIST_LENGTH);
  }
}

TEST_CASE("LUNs survive packing in every form") {
  for (auto method : {SL_LUN_PERIPHERAL, SL_LUN_FLAT, SL_LUN_LOGICAL_UNIT})
    for (u32 lun : {0u, 1u, 31u, 32u, 255u, 256u, SL_LUN_MAX}) {
      u8 b[8];
      u32 back = ~0u;
      sl_lun_pack(method, lun, b);
      CHECK(sl_lun_unpack(b, &back));
      CHECK(back == lun);
    }
}

TEST_CASE("LUN forms that name no unit here are refused") {
  u32 lun;
  for (u64 value : std::initializer_list<u64>{0x0001000100000000ull, 0x0100000000000000ull,
                                              0x8100000000000000ull, 0x8020000000000000ull,
                                              u64{SL_LUN_REPORT_LUNS}, ~0ull}) {
    u8 b[8];
    sl_put_be64(value, b);
    CHECK_FALSE(sl_lun_unpack(b, &lun));
  }
}

TEST_CASE("Initiator patterns match as the interface says") {
  struct Row {
    const char *pattern, *name;
    bool match;
  };
  const Row rows[] = {
      {"iqn.a:host", "iqn.a:host", true},
      {"iqn.a:host", "iqn.a:hosts", false},
      {"iqn.A:Host", "iqn.a:host", true},
      {"iqn.a:host?", "iqn.a:host1", true},
      {"iqn.a:host?", "iqn.a:host", false},
      {"*", "", true},
      {"*", "anything", true},
      {"iqn.*:h*t", "iqn.a:b:hot", true},
      {"iqn.*:h*t", "iqn.a:b:hots", false},
      {"!iqn.a:*", "iqn.a:x", false},
      {"!iqn.a:*", "iqn.b:x", true},
      {"", "", true},
      {"", "x", false},
      {"a**b", "ab", true},
      {"*?", "", false},
      {"!*", "x", false},
  };
  for (const Row& r : rows) {
    INFO(r.pattern << " / " << r.name);
    CHECK(sl_name_match(r.pattern, r.name) == r.match);
  }
}

TEST_CASE("Mode pages are saved with SP, and told as saved values") {
  const sl_unit unit = disk();
  sl_modes mode = fixed_modes();
  mode.can_save = true;
  Bytes d = mode_sense(unit, mode, {0x1a, 0x08, 0x08});
  CHECK(d[4] == 0x88); // PS
  d[0] = 0;
  d[4 + 2] &= ~0x04;
  const u8 only_now[6] = {0x15, 0x10}, save[6] = {0x15, 0x11};
  CHECK(mode_select(only_now, unit, d.data(), d.size(), mode) == SL_OK);
  CHECK_FALSE(mode.now.write_cache);
  CHECK(mode.saved.write_cache);
  CHECK((mode_sense(unit, mode, {0x1a, 0x08, 0xc8})[4 + 2] & 0x04) != 0);
  CHECK(mode_select(save, unit, d.data(), d.size(), mode) == SL_OK);
  CHECK_FALSE(mode.saved.write_cache);
  CHECK((mode_sense(unit, mode, {0x1a, 0x08, 0xc8})[4 + 2] & 0x04) == 0);
  mode.can_save = false;
  CHECK(mode_select(save, unit, d.data(), d.size(), mode) == SL_INVALID_CDB_FIELD);
}

TEST_CASE("What was stored of mode pages is loaded, whatever else has changed since") {
  sl_unit unit = disk();
  sl_mode stored = mode_of(true, true, false, true);
  u8 buf[SL_MODE_MAX];
  const std::size_t len = sl_mode_store(&unit, &stored, buf);
  CHECK(len == 20 + 12);
  unit.tst = 1;
  sl_mode loaded = mode_of(false, false, true, true);
  REQUIRE(sl_mode_load(&unit, buf, len, &loaded) == SL_OK);
  CHECK(loaded.descriptor_sense);
  CHECK(loaded.swp);
  CHECK_FALSE(loaded.write_cache);
  // A cache that can no longer be switched stays as it is.
  sl_mode fixed = mode_of(false, false, true, false);
  REQUIRE(sl_mode_load(&unit, buf, len, &fixed) == SL_OK);
  CHECK(fixed.write_cache);
  sl_mode untouched = mode_of(false, false, true, true);
  CHECK(sl_mode_load(&unit, buf, len - 1, &untouched) == SL_INVALID_PARAM_FIELD);
  buf[20] = 0x1c;
  CHECK(sl_mode_load(&unit, buf, len, &untouched) == SL_INVALID_PARAM_FIELD);
  CHECK_FALSE(untouched.descriptor_sense);
}

TEST_CASE("The control mode page takes what task sets can do, and no value without a meaning") {
  sl_unit unit = disk();
  sl_modes mode = fixed_modes();
  mode.can_save = true;
  Bytes d = mode_sense(unit, mode, {0x1a, 0x08, 0x0a});
  CHECK(d[4 + 3] == 0x10); // unrestricted reordering, QERR 0
  d[0] = 0;
  d[4] &= 0x3f;
  d[4 + 2] |= 0x10; // TMF_ONLY
  d[4 + 3] = 0x06;  // restricted reordering, QERR 3
  d[4 + 5] = 0x40;  // TAS
  const u8 select[6] = {0x15, 0x11};
  sl_sense_info more = {};
  REQUIRE(sl_mode_select(select, &unit, d.data(), d.size(), &mode, &more) == SL_OK);
  CHECK(mode.now.tmf_only);
  CHECK(mode.now.restricted);
  CHECK(mode.now.qerr == 3);
  CHECK(mode.saved.tas);
  u8 buf[SL_MODE_MAX];
  const std::size_t len = sl_mode_store(&unit, &mode.saved, buf);
  sl_mode loaded = mode_of(false, false, true, true);
  REQUIRE(sl_mode_load(&unit, buf, len, &loaded) == SL_OK);
  CHECK(loaded.restricted);
  CHECK(loaded.qerr == 3);
  CHECK((mode_sense(unit, mode, {0x1a, 0x08, 0x8a})[4 + 3]) == 0x10); // defaults stay

  d[4 + 3] = 0x14; // QERR 2 is reserved
  CHECK(sl_mode_select(select, &unit, d.data(), d.size(), &mode, &more) == SL_INVALID_PARAM_FIELD);
  CHECK(more.field_byte == 4 + 3);
  d[4 + 3] = 0x20; // so is algorithm 2
  CHECK(sl_mode_select(select, &unit, d.data(), d.size(), &mode, &more) == SL_INVALID_PARAM_FIELD);
  CHECK(mode.now.qerr == 3);
  buf[20 + 3] = 0x20;
  CHECK(sl_mode_load(&unit, buf, len, &loaded) == SL_INVALID_PARAM_FIELD);
}

TEST_CASE("The geometry of a disk has all its blocks in cylinders, or as many as can be told") {
  sl_unit unit = disk();
  unit.blocks = 255ull * 56 * 1000 + 7;
  const sl_modes mode = fixed_modes();
  CHECK(sl_get_be24(mode_sense(unit, mode, {0x1a, 0x08, 0x04}).data() + 4 + 2) == 1000);
  unit.blocks = ~0ull;
  CHECK(sl_get_be24(mode_sense(unit, mode, {0x1a, 0x08, 0x04}).data() + 4 + 2) ==
        0xffffffffu / 1785);
  CHECK(sl_get_be16(mode_sense(unit, mode, {0x1a, 0x08, 0x03}).data() + 4 + 12) == 512);
}

TEST_CASE("The control byte is found in CDBs of every length") {
  u8 cdb[32] = {};
  struct Row {
    u8 opcode;
    u8 at;
  };
  for (const Row& r :
       {Row{0x00, 5}, Row{0x28, 9}, Row{0x5f, 9}, Row{0x88, 15}, Row{0xa3, 11}, Row{0x7f, 1}}) {
    cdb[0] = r.opcode;
    CHECK(sl_cdb_control_at(cdb, sizeof(cdb)) == r.at);
    CHECK_FALSE(sl_cdb_naca(cdb, sizeof(cdb)));
    cdb[r.at] = 0x04;
    CHECK(sl_cdb_naca(cdb, sizeof(cdb)));
    CHECK_FALSE(sl_cdb_naca(cdb, r.at)); // cut off before it
    cdb[r.at] = 0;
  }
  for (u8 opcode : {0x60, 0xc0, 0xff}) {
    cdb[0] = opcode;
    CHECK(sl_cdb_control_at(cdb, sizeof(cdb)) == 0);
  }
}

TEST_CASE("Commands are in conflict where one changes what the other touches") {
  const auto decoded = [](const Bytes& bytes) {
    sl_cdb c;
    u8 cdb[16] = {};
    std::copy(bytes.begin(), bytes.end(), cdb);
    REQUIRE(sl_cdb_parse(cdb, sizeof(cdb), 9, &c) == SL_OK);
    return c;
  };
  const sl_cdb write = decoded({0x2a, 0, 0, 0, 0, 100, 0, 0, 10});
  const sl_cdb read_inside = decoded({0x28, 0, 0, 0, 0, 109, 0, 0, 1});
  const sl_cdb read_after = decoded({0x28, 0, 0, 0, 0, 110, 0, 0, 1});
  const sl_cdb read_before = decoded({0x28, 0, 0, 0, 0, 90, 0, 0, 10});
  const sl_cdb read_into = decoded({0x28, 0, 0, 0, 0, 90, 0, 0, 11});
  const sl_cdb flush_rest = decoded({0x35, 0, 0, 0, 0, 50, 0, 0, 0});
  const sl_cdb unmap = decoded({0x42, 0, 0, 0, 0, 0, 0, 0, 24});
  const sl_cdb ready = decoded({0x00});
  CHECK(sl_cdb_conflict(&write, &read_inside));
  CHECK(sl_cdb_conflict(&read_inside, &write));
  CHECK(sl_cdb_conflict(&write, &read_into));
  CHECK(sl_cdb_conflict(&write, &write));
  CHECK_FALSE(sl_cdb_conflict(&write, &read_after));
  CHECK_FALSE(sl_cdb_conflict(&write, &read_before));
  CHECK_FALSE(sl_cdb_conflict(&read_inside, &read_inside));
  CHECK(sl_cdb_conflict(&flush_rest, &write));
  CHECK(sl_cdb_conflict(&unmap, &read_after));
  CHECK(sl_cdb_conflict(&unmap, &unmap));
  CHECK_FALSE(sl_cdb_conflict(&unmap, &ready));
  CHECK_FALSE(sl_cdb_conflict(&write, &ready));
  const sl_cdb undecoded = {};
  CHECK_FALSE(sl_cdb_conflict(&undecoded, &write));
}

TEST_CASE("A well-known logical unit is named by its port alone") {
  sl_unit unit = {};
  unit.device_type = SL_TYPE_WELL_KNOWN;
  strcpy(unit.vendor, "SCST");
  CHECK((inquiry(unit, {0x12})[0] & 0x1f) == 0x1e);
  const Bytes page = inquiry(unit, {0x12, 1, 0x83});
  REQUIRE(page.size() == 4 + 12 + 8);
  CHECK((page[4 + 1] & 0x3f) == 0x01);  // T10 vendor identification
  CHECK((page[16 + 1] & 0x3f) == 0x14); // relative target port
}
