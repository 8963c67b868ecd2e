// SPDX-License-Identifier: GPL-2.0-only
// Any scst.conf: it is read without a crash, errors have a place, and what is
// free of errors is the same after printing and reading it again.
#include "conf_read.hh"
#include "conf_write.hh"
#include "fuzz.hh"

#include <string>

using namespace scstadm;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Conf first = read_conf(text, "f");
  for (const ConfError& e : first.errors)
    must(e.place.line > 0 && e.place.column > 0 && !e.text.empty());
  if (!first.errors.empty())
    return 0;
  sort(first.root);
  Conf second = read_conf(print_conf(first.root), "g");
  must(second.errors.empty());
  sort(second.root);
  must(same(first.root, second.root));
  return 0;
}
