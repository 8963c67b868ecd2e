// SPDX-License-Identifier: GPL-2.0-only
// What boots the machine, by the files that it reads.
#include "facts/gather.hh"
#include "path.hh"

namespace inst::facts {
namespace {

using sys::FileType;

/// {} where it is not a file: a link's target is looked at by its own name.
TextFile text_file(sys::System& sys, const Facts& facts, const std::string& path) {
  const sys::Stat st = sys.stat(facts.root + path);
  if (st.type != FileType::regular)
    return {};
  return {path, sys.read(facts.root + path).value_or(""), st.mode};
}

std::vector<TextFile> entries_in(sys::System& sys, const Facts& facts, const std::string& dir) {
  std::vector<TextFile> out;
  for (const std::string& name : sys.list(facts.root + dir))
    if (name.ends_with(".conf"))
      out.push_back(text_file(sys, facts, in_dir(dir, name)));
  return out;
}

/// The partition of systemd-boot, by its program: the folder loader alone may be GRUB's.
bool systemd_boot(sys::System& sys, Facts& facts) {
  BootLoader& b = facts.build.boot;
  for (const char* dir : {"/efi", "/boot", "/boot/efi"}) {
    bool program = false;
    for (const std::string& name : sys.list(facts.root + dir + "/EFI/systemd"))
      program = program || name.starts_with("systemd-boot");
    if (!program)
      continue;
    b = {"systemd-boot",
         dir,
         {},
         text_file(sys, facts, std::string(dir) + "/loader/loader.conf"),
         entries_in(sys, facts, std::string(dir) + "/loader/entries"),
         "",
         "",
         ""};
    if (b.entries.empty()) // on a boot partition beside that of the firmware
      b.entries = entries_in(sys, facts, "/boot/loader/entries");
    if (!b.entries.empty() && b.entries.front().path.starts_with("/boot/loader/"))
      b.dir = "/boot";
    b.settings.path = std::string(dir) + "/loader/loader.conf";
    return true;
  }
  return false;
}

/// A line NAME=VALUE of the block that grub-editenv writes.
std::string variable(const std::string& block, const std::string& name) {
  for (const std::string& line : lines(block))
    if (line.starts_with(name + '='))
      return line.substr(name.size() + 1);
  return "";
}

bool grub2(sys::System& sys, Facts& facts) {
  BootLoader& b = facts.build.boot;
  for (const char* name : {"grub2", "grub"}) {
    const std::string dir = std::string("/boot/") + name;
    TextFile menu = text_file(sys, facts, dir + "/grub.cfg");
    if (menu.path.empty())
      continue;
    b = {"grub2",
         "/boot",
         std::move(menu),
         text_file(sys, facts, "/etc/default/grub"),
         {},
         dir + "/grubenv",
         "",
         std::string(name) + '-'};
    b.settings.path = "/etc/default/grub";
    b.saved_entry = variable(sys.read(facts.root + b.environment).value_or(""), "saved_entry");
    b.entries = entries_in(sys, facts, "/boot/loader/entries");
    if (!b.entries.empty() && b.menu.text.find("blscfg") != std::string::npos)
      b.kind = "grub2-bls";
    return true;
  }
  return false;
}

bool extlinux(sys::System& sys, Facts& facts) {
  BootLoader& b = facts.build.boot;
  for (const char* path :
       {"/boot/extlinux/extlinux.conf", "/boot/syslinux/syslinux.cfg", "/boot/extlinux.conf"}) {
    TextFile menu = text_file(sys, facts, path);
    if (menu.path.empty())
      continue;
    b = {"extlinux", "/boot", std::move(menu), {}, {}, "", "", ""};
    for (const std::string& line : lines(b.menu.text)) // Debian's entries lie in linux.cfg
      if (const auto w = words(line);
          w.size() == 2 && (w[0] == "include" || w[0] == "INCLUDE") && !w[1].starts_with('/'))
        b.entries.push_back(text_file(sys, facts, in_dir(parent_of(path), w[1])));
    return true;
  }
  return false;
}

bool grub_legacy(sys::System& sys, Facts& facts) {
  BootLoader& b = facts.build.boot;
  // menu.lst first: where both are there one is a link, and the link is left alone.
  for (const char* path : {"/boot/grub/menu.lst", "/boot/grub/grub.conf"})
    if (TextFile menu = text_file(sys, facts, path); !menu.path.empty())
      b = {"grub-legacy",
           "/boot",
           std::move(menu),
           text_file(sys, facts, "/boot/grub/default"),
           {},
           "",
           "",
           ""};
  b.settings.path = "/boot/grub/default";
  return b.kind == "grub-legacy";
}

} // namespace

void look_at_boot_loader(sys::System& sys, Facts& facts) {
  static_cast<void>(systemd_boot(sys, facts) || grub2(sys, facts) || extlinux(sys, facts) ||
                    grub_legacy(sys, facts));
}

} // namespace inst::facts
