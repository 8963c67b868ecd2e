// SPDX-License-Identifier: GPL-2.0-only
// Any line: as many words as byte 0 says, then parameters. All that comes out
// lies inside the line, is not empty and has no blank in it.
#include "fuzz.hh"
#include "mgmt_line.h"

#include <cstring>
#include <string>

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!size)
    return 0;
  std::string line(reinterpret_cast<const char*>(data + 1), size - 1);
  const char* begin = line.data();
  const char* end = begin + line.size();
  auto check = [&](const char* word) {
    must(word >= begin && word < end && *word && !strpbrk(word, " \t\n"));
  };
  sl_mgmt_cursor c;
  sl_mgmt_init(&c, line.data());
  for (unsigned i = 0; i < data[0] % 4u; i++)
    if (const char* word = sl_mgmt_word(&c))
      check(word);
  char *name, *value;
  int rc;
  while ((rc = sl_mgmt_param(&c, &name, &value)) != 0) {
    must(rc == 1 || rc == -EINVAL);
    if (rc != 1)
      continue;
    check(name);
    check(value);
    u64 number;
    bool flag;
    if (!sl_mgmt_bool(value, &flag))
      must(!sl_mgmt_u64(value, &number) && number == flag);
  }
  must(sl_mgmt_at_end(&c));
  return 0;
}
