// SPDX-License-Identifier: GPL-2.0-only
// Any CDB to the parser and to those that answer it from tables; what follows
// the 16 bytes of the CDB is a parameter list of each command that has one.
#include "fuzz.hh"
#include "port.h"
extern "C" {
#include "alua.h"
#include "cdb.h"
#include "inquiry.h"
#include "lun.h"
#include "mode.h"
#include "xcopy.h"
}

#include <cstring>

namespace {

sl_unit make_unit() {
  sl_unit u{};
  u.block_shift = 9;
  u.blocks = 1u << 20u;
  u.write_cache = true;
  u.thin = true;
  strcpy(u.vendor, "SCST_FIO");
  strcpy(u.product, "disk");
  strcpy(u.serial, "27cddc71");
  strcpy(u.t10_dev_id, "27cddc71-disk");
  return u;
}

void copy_list(const std::uint8_t* list, std::size_t size, const std::uint8_t* page,
               std::size_t page_len) {
  sl_xcopy x;
  if (sl_xcopy_parse(list, size, &x) != SL_OK)
    return;
  must(x.nr_cscds <= SL_XCOPY_MAX_CSCDS && x.nr_segments <= SL_XCOPY_MAX_SEGMENTS);
  for (int i = 0; i < x.nr_segments; i++)
    must(x.segments[i].from < x.nr_cscds && x.segments[i].to < x.nr_cscds);
  for (int i = 0; i < x.nr_cscds; i++)
    sl_xcopy_names(&x.cscds[i], page, page_len);
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

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint8_t cdb[SL_CDB_MAX] = {};
  if (!size)
    return 0;
  const std::size_t cdb_len = size < sizeof(cdb) ? size : sizeof(cdb);
  memcpy(cdb, data, cdb_len);
  const sl_unit unit = make_unit();
  sl_cdb parsed{};
  if (sl_cdb_parse(data, cdb_len, unit.block_shift, &parsed) == SL_OK) {
    must(parsed.op && parsed.id < SL_OP_COUNT && sl_op_get(parsed.id) == parsed.op);
    must(parsed.data_len > 0 || parsed.dir == SL_DIR_NONE);
  }
  const sl_port_id port = {1, 0x0960, 2, 3, false};
  std::uint8_t inquiry[SL_INQUIRY_MAX];
  std::size_t len = 0;
  if (sl_inquiry(cdb, &unit, &port, inquiry, &len) == SL_OK)
    must(len <= sizeof(inquiry));
  // A page that is no page 83h must do no harm either.
  copy_list(data + cdb_len, size - cdb_len, inquiry, len);
  group_list(data + cdb_len, size - cdb_len);
  sl_mode values = {false, false, true, true};
  sl_mode_load(&unit, data + cdb_len, size - cdb_len, &values);
  sl_modes mode = {values, values, true};
  std::uint8_t pages[SL_MODE_MAX];
  len = 0;
  sl_sense_info more{};
  if (sl_mode_sense(cdb, &unit, &mode, false, pages, &len, &more) == SL_OK)
    must(len <= sizeof(pages));
  sl_mode_select(cdb, &unit, data + cdb_len, size - cdb_len, &mode, &more);
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
