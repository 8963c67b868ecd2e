// SPDX-License-Identifier: GPL-2.0-only
// Any CDB to the parser and to those that answer it from tables; what follows
// the 16 bytes of the CDB is a parameter list of each command that has one.
#include "fuzz.hh"
#include "port.h"
extern "C" {
#include "alua.h"
#include "cdb.h"
#include "ident.h"
#include "inquiry.h"
#include "log.h"
#include "lun.h"
#include "mmc.h"
#include "mode.h"
#include "rod.h"
#include "unmap.h"
#include "xcopy.h"
}

#include <cstring>
#include <initializer_list>

namespace {

sl_unit make_unit() {
  sl_unit u{};
  u.block_shift = 9;
  u.blocks = 1u << 20u;
  u.write_cache = true;
  u.thin = true;
  u.max_unmap = 1u << 16u;
  u.max_unmap_descriptors = 256;
  strcpy(u.vendor, "SCST_FIO");
  strcpy(u.product, "disk");
  strcpy(u.serial, "27cddc71");
  strcpy(u.t10_dev_id, "27cddc71-disk");
  return u;
}

void copy_list(sl_sense parsed, const sl_xcopy& x, std::size_t size, const std::uint8_t* page,
               std::size_t page_len) {
  must(x.bad_at < static_cast<s32>(size));
  if (parsed != SL_OK)
    return;
  must(x.nr_cscds <= SL_XCOPY_MAX_CSCDS && x.nr_segments <= SL_XCOPY_MAX_SEGMENTS);
  for (int i = 0; i < x.nr_segments; i++)
    for (u16 cscd : {x.segments[i].from, x.segments[i].to})
      must(cscd < x.nr_cscds || cscd == SL_XCOPY_THIS_UNIT);
  for (int i = 0; i < x.nr_cscds; i++)
    sl_xcopy_names(&x.cscds[i], page, page_len);
}

void copy_lists(const std::uint8_t* list, std::size_t size, const std::uint8_t* page,
                std::size_t page_len) {
  sl_xcopy x;
  sl_sense parsed = sl_xcopy_parse(list, size, &x);
  copy_list(parsed, x, size, page, page_len);
  parsed = sl_xcopy4_parse(list, size, &x);
  copy_list(parsed, x, size, page, page_len);
  if (const u8* name = sl_xcopy_name(list, size))
    must(name + 4 + name[3] <= list + size);
}

void token_list(sl_sense parsed, const sl_rod_list& l, const sl_unit& unit, std::size_t size) {
  must(l.bad_at < static_cast<s32>(size));
  if (parsed != SL_OK)
    return;
  u64 blocks = 0;
  for (int i = 0; i < l.ranges.nr; i++) {
    const sl_rod_range& r = l.ranges.range[i];
    must(r.blocks && r.lba + r.blocks <= unit.blocks);
    for (int j = 0; j < i; j++) {
      const sl_rod_range& other = l.ranges.range[j];
      must(r.lba >= other.lba + other.blocks || other.lba >= r.lba + r.blocks);
    }
    blocks += r.blocks;
  }
  must(blocks == l.ranges.blocks && blocks << unit.block_shift <= SL_ROD_MAX_BYTES);
}

void token_lists(const std::uint8_t* list, std::size_t size, const sl_unit& unit) {
  sl_rod_list l;
  sl_sense parsed = sl_populate_parse(list, size, &unit, &l);
  token_list(parsed, l, unit, size);
  must(parsed != SL_OK || (l.timeout && l.timeout <= SL_ROD_MAX_TIMEOUT));
  parsed = sl_write_token_parse(list, size, &unit, &l);
  token_list(parsed, l, unit, size);
  must(parsed != SL_OK || l.token + SL_ROD_TOKEN_LEN <= list + size);
}

void group_list(const std::uint8_t* list, std::size_t size) {
  sl_alua_wish wish{};
  u32 n = 0;
  while (sl_alua_read_wish(list, size, n, &wish) > 0) {
    must(wish.state <= SL_ALUA_UNAVAILABLE);
    n++;
  }
  must(n <= size / 4);
}

void unmap_list(const sl_unit& unit, const std::uint8_t* list, std::size_t size) {
  std::uint32_t nr = 0;
  sl_sense_info more{};
  if (sl_unmap_check(list, size, &unit, &nr, &more) != SL_OK) {
    must(!more.field_valid || more.field_byte < size);
    return;
  }
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < nr; i++) {
    const sl_unmap u = sl_unmap_get(list, i);
    must(u.lba <= unit.blocks && u.blocks <= unit.blocks - u.lba);
    total += u.blocks;
  }
  must(nr <= unit.max_unmap_descriptors && total <= unit.max_unmap);
}

void log_page(const std::uint8_t* cdb) {
  std::uint8_t data[SL_LOG_MAX];
  std::size_t len = 0;
  sl_sense_info more{};
  if (sl_log_sense(cdb, data, &len, &more) == SL_OK)
    must(len <= sizeof(data) && len == 4U + sl_get_be16(data + 2));
}

void drive(const std::uint8_t* cdb, const std::uint8_t* list, std::size_t size) {
  sl_mmc_drive drive{};
  if (size >= 9) {
    drive.blocks = sl_get_be64(list);
    drive.tray_open = list[8] & 1u;
  }
  const sl_media_event event = drive.tray_open ? SL_MEDIA_REMOVED : SL_MEDIA_NEW;
  std::uint8_t data[SL_MMC_MAX] = {};
  std::size_t len = 0;
  sl_sense_info more{};
  for (auto build : {sl_mmc_toc, sl_mmc_configuration, sl_mmc_disc_information}) {
    if (build(cdb, &drive, data, &len, &more) == SL_OK)
      must(len >= 2 && len <= sizeof(data));
    else
      must(more.field_valid && more.field_in_cdb && more.field_byte < 10);
  }
  if (sl_mmc_event_status(cdb, &drive, event, data, &len, &more) == SL_OK)
    must(len == sl_get_be16(data) + 2U);
}

/// Identifying information: as a command, and as bytes that were kept.
void identify(const std::uint8_t* cdb, const std::uint8_t* list, std::size_t size) {
  static sl_ident ident;
  ident = {};
  std::uint8_t bad_byte = 0;
  if (sl_ident_check(cdb, &bad_byte) == SL_OK) {
    must(sl_get_be32(cdb + 6) <= SL_IDENT_MAX);
    if (sl_get_be32(cdb + 6) <= size)
      sl_ident_set(cdb, list, &ident);
  }
  sl_ident_load(list, size, &ident);
  std::uint8_t data[SL_IDENT_ANSWER_MAX], kept[SL_IDENT_STORED_MAX], again[SL_IDENT_STORED_MAX];
  std::size_t len = 0;
  if (sl_ident_report(cdb, &ident, data, &len) == SL_OK)
    must(len <= sizeof(data) && sl_get_be16(data + 2) == len - 4);
  const std::size_t n = sl_ident_store(&ident, kept);
  must(sl_ident_load(kept, n, &ident) == 0);
  must(sl_ident_store(&ident, again) == n && !memcmp(kept, again, n));
}

/// What MODE SELECT has taken, MODE SENSE shows, and it can be kept.
void modes(const std::uint8_t* cdb, const sl_unit& unit, const std::uint8_t* list,
           std::size_t size) {
  sl_mode values = {false, false, true, true};
  sl_mode_load(&unit, list, size, &values);
  sl_modes mode = {values, values, true};
  std::uint8_t pages[SL_MODE_MAX];
  std::size_t len = 0;
  sl_sense_info more{};
  if (sl_mode_sense(cdb, &unit, &mode, false, pages, &len, &more) == SL_OK)
    must(len <= sizeof(pages));
  else
    must(!more.field_valid || more.field_byte < 16);
  more = {};
  if (sl_mode_select(cdb, &unit, list, size, &mode, &more) != SL_OK)
    must(!more.field_valid || more.field_in_cdb || more.field_byte < size);
  sl_mode kept = values;
  const std::size_t n = sl_mode_store(&unit, &mode.now, pages);
  must(sl_mode_load(&unit, pages, n, &kept) == SL_OK);
  must(kept.write_cache == mode.now.write_cache && kept.swp == mode.now.swp);
}

void sense(sl_sense why, const std::uint8_t* list, std::size_t size) {
  sl_sense_info more{};
  if (size >= 12) {
    more.info_valid = list[0] & 1u;
    more.field_valid = list[0] & 2u;
    more.progress_valid = list[0] & 4u;
    more.field_byte = sl_get_be16(list + 1);
    more.info = sl_get_be64(list + 4);
  }
  for (const bool descriptor : {false, true}) {
    std::uint8_t whole[SL_SENSE_LEN], cut[8];
    const std::size_t len = sl_sense_build(whole, sizeof(whole), descriptor, why, &more);
    must(len <= sizeof(whole) && len == 8U + whole[7]);
    must(sl_sense_build(cut, sizeof(cut), descriptor, why, &more) == len);
    must(!memcmp(cut, whole, sizeof(cut)));
  }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint8_t cdb[SL_CDB_MAX] = {};
  if (!size)
    return 0;
  const std::size_t cdb_len = size < sizeof(cdb) ? size : sizeof(cdb);
  memcpy(cdb, data, cdb_len);
  const sl_unit unit = make_unit();
  sl_cdb parsed{};
  const sl_sense why = sl_cdb_parse(data, cdb_len, unit.block_shift, &parsed);
  if (why == SL_OK) {
    must(parsed.op && parsed.id < SL_OP_COUNT && sl_op_get(parsed.id) == parsed.op);
    must(parsed.data_len > 0 || parsed.dir == SL_DIR_NONE);
  }
  sense(why, data + cdb_len, size - cdb_len);
  const sl_port_id port = {1, 0x0960, 2, 3, false};
  std::uint8_t inquiry[SL_INQUIRY_MAX];
  std::size_t len = 0;
  if (sl_inquiry(cdb, &unit, &port, inquiry, &len) == SL_OK)
    must(len <= sizeof(inquiry));
  // A page that is no page 83h must do no harm either.
  copy_lists(data + cdb_len, size - cdb_len, inquiry, len);
  token_lists(data + cdb_len, size - cdb_len, unit);
  group_list(data + cdb_len, size - cdb_len);
  modes(cdb, unit, data + cdb_len, size - cdb_len);
  log_page(cdb);
  unmap_list(unit, data + cdb_len, size - cdb_len);
  drive(cdb, data + cdb_len, size - cdb_len);
  identify(cdb, data + cdb_len, size - cdb_len);
  std::uint8_t packed[8];
  std::uint32_t lun = 0;
  if (sl_lun_unpack(cdb, &lun)) {
    must(lun <= SL_LUN_MAX);
    std::uint32_t again = 0;
    sl_lun_pack(SL_LUN_FLAT, lun, packed);
    must(sl_lun_unpack(packed, &again) && again == lun);
  }
  return 0;
}
