// SPDX-License-Identifier: GPL-2.0-only
// Any header: what passes the check keeps to the limits. The rest of the input
// is its additional header segment.
#include "fuzz.hh"
#include "port.h"
extern "C" {
#include "iscsi_pdu.h"
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < SL_BHS_LEN + 1)
    return 0;
  const sl_iscsi_limits limits = {8192, 4096, (data[0] & 1u) != 0, (data[0] & 2u) != 0};
  const std::uint8_t* bhs = data + 1;
  sl_iscsi_reject reason = SL_REJECT_NONE;
  const sl_iscsi_verdict verdict = sl_iscsi_check(bhs, &limits, &reason);
  if (verdict != SL_PDU_FATAL)
    must(sl_bhs_data_len(bhs) <= limits.max_recv_dsl);
  if (verdict == SL_PDU_REJECT)
    must(reason != SL_REJECT_NONE);

  const std::uint8_t* ahs = bhs + SL_BHS_LEN;
  const auto len = static_cast<std::uint32_t>(size - SL_BHS_LEN - 1) & ~3u;
  const std::uint8_t* cdb = nullptr;
  std::uint32_t cdb_len = 0, read_len = 0;
  if (sl_iscsi_check_ahs(ahs, len, &cdb, &cdb_len, &read_len) && cdb)
    must(cdb >= ahs && cdb + cdb_len <= ahs + len);
  return 0;
}
