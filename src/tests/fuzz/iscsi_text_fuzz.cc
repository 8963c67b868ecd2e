// SPDX-License-Identifier: GPL-2.0-only
// Any text, negotiated key by key: outcomes stay in the ranges of RFC 7143 13,
// answers in their buffer. Byte 0 of the input chooses stage and session type.
#include "fuzz.hh"
#include "iscsi_text.h"

#include <cstring>
#include <string>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!size)
    return 0;
  sl_neg neg;
  sl_neg_init(&neg);
  neg.stage = static_cast<sl_neg_stage>((data[0] & 3u) % 3u);
  neg.discovery = (data[0] & 4u) != 0;
  if (data[0] & 8u)
    neg.offer[SL_KEY_HEADER_DIGEST] = SL_DIGEST_CRC32C;

  std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  std::string buf(512, '\x5a');
  sl_text_out out{buf.data(), 0, buf.size() - 8};
  sl_text_in in;
  sl_text_init(&in, text.data(), text.size());
  const char *key, *value;
  char name[SL_ISCSI_NAME_MAX + 1];
  if (data[0] & 16u)
    sl_neg_offer_missing(&neg, &out);
  while (sl_text_next(&in, &key, &value) == 1) {
    must(strlen(key) <= SL_TEXT_KEY_MAX);
    if (!sl_iscsi_name_check(value, name))
      must(strlen(name) == strlen(value) && !strpbrk(name, "/ *?[\n"));
    if (sl_neg_receive(&neg, key, value, &out))
      break;
  }
  must(out.len <= out.cap && (out.len == 0 || buf[out.len - 1] == '\0'));
  must(buf.compare(buf.size() - 8, 8, std::string(8, '\x5a')) == 0);
  must(neg.value[SL_KEY_MAX_RECV_DSL] >= 512 && neg.value[SL_KEY_MAX_RECV_DSL] < 1u << 24u);
  must(neg.value[SL_KEY_MAX_BURST] >= 512 && neg.value[SL_KEY_MAX_BURST] < 1u << 24u);
  must(neg.value[SL_KEY_MAX_OUTSTANDING_R2T] >= 1);
  must(neg.value[SL_KEY_ERROR_RECOVERY_LEVEL] == 0 && neg.value[SL_KEY_MAX_CONNECTIONS] == 1);
  must(neg.value[SL_KEY_INITIAL_R2T] <= 1 && neg.value[SL_KEY_IMMEDIATE_DATA] <= 1);
  must(sl_neg_first_burst(&neg) <= neg.value[SL_KEY_MAX_BURST]);
  return 0;
}
