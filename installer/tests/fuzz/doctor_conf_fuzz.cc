// SPDX-License-Identifier: GPL-2.0-only
// Any text as an scst.conf for the doctor, as a line of the kernel's release, as a boot menu.
#include "doctor/conf.hh"
#include "plan/upstream_files.hh"
#include "release.hh"

#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const inst::doctor::Conf conf = inst::doctor::read_conf(text);
  for (const inst::doctor::Block* block : conf.top.all("DEVICE"))
    if (block->keyword != "DEVICE")
      abort();
  if (inst::parse_release(text).known() && text.empty())
    abort();
  const std::string menu = inst::grub_menu_text(text, "2.6.29", "kernel-2.6.29", "");
  if (!menu.empty() && !menu.starts_with(text))
    abort();
  inst::is_address(text);
  return 0;
}
