// SPDX-License-Identifier: GPL-2.0-only
// Any header: what passes the check keeps to the limits. The rest of the input
// is its additional header segment.
#include "fuzz.hh"
#include "port.h"
extern "C" {
#include "iscsi_pdu.h"
#include "iscsi_seq.h"
}

namespace {

/// The data of a read and of a write in slices: without a gap, within the limits, to the end.
void slices(u32 total, u32 max_dsl, u32 max_burst) {
  u32 sent = 0;
  while (sent < total) {
    const sl_data_in d = sl_data_in_next(sent, total, max_dsl, max_burst);
    must(d.offset == sent && d.len > 0 && d.len <= max_dsl);
    sent += d.len;
    must(d.last == (sent == total) && d.final == (d.last || sent % max_burst == 0));
  }
  sl_write_seq w{};
  sl_r2t r2t;
  w.total = total;
  u32 sn = 0;
  while (sl_r2t_next(&w, max_burst, &r2t)) {
    must(r2t.sn == sn++ && r2t.len > 0 && r2t.len <= max_burst);
    sl_burst b = {r2t.offset, r2t.offset + r2t.len, 0};
    while (b.offset < b.end) {
      const u32 len = max_dsl < b.end - b.offset ? max_dsl : b.end - b.offset;
      const bool final = b.offset + len == b.end;
      must(sl_burst_accepts(&b, true, b.offset, len, b.data_sn, final));
      must(!sl_burst_accepts(&b, true, b.offset, len, b.data_sn, !final));
      must(!sl_burst_accepts(&b, true, b.offset + 1, len, b.data_sn, final));
      must(!sl_burst_accepts(&b, true, b.offset, b.end - b.offset + 1, b.data_sn, true));
      sl_burst_advance(&b, len);
    }
  }
  must(w.solicited == total);
}

/// A number is inside the window, or beside it; the next one is never late.
void window(u32 sn, u32 exp, u32 max) {
  const sl_cmdsn_verdict v = sl_cmdsn_check(sn, exp, max);
  must((v == SL_CMDSN_NEXT) == (sn == exp));
  if (v == SL_CMDSN_EARLY)
    must(sl_sn_before(exp, sn) && !sl_sn_before(max, sn));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < SL_BHS_LEN + 1)
    return 0;
  const sl_iscsi_limits limits = {8192, 4096, (data[0] & 1u) != 0, (data[0] & 2u) != 0,
                                  (data[0] & 4u) != 0};
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
  slices(sl_get_be32(bhs + 20) % (1u << 16u), 512 + sl_get_be16(bhs + 24) % 4096u,
         512 + sl_get_be16(bhs + 26));
  window(sl_get_be32(bhs + 24), sl_get_be32(bhs + 28), sl_get_be32(bhs + 32));
  return 0;
}
