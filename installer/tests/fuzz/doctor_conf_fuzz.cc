// SPDX-License-Identifier: GPL-2.0-only
// Any text as an scst.conf for the doctor, as a line of the kernel's release, as a boot menu.
#include "doctor/conf.hh"
#include "plan/boot_menu.hh"
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
  const auto menu = inst::boot::grub_legacy(text, "", {"2.6.29", "kernel-2.6.29", ""}, false);
  if (menu && !menu->trial.starts_with(text))
    abort();
  inst::boot::extlinux(text, {text}, {"2.6.29", "kernel-2.6.29", "i"});
  inst::boot::bls_entry(text, "2.6.29", {"2.6.30", "kernel-2.6.30", "i"});
  inst::boot::grub_default(inst::boot::grub_entries(text), text, text);
  inst::is_address(text);
  return 0;
}
