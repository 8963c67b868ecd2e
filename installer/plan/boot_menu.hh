// SPDX-License-Identifier: GPL-2.0-only
// Menus of boot loaders as text: what is in them, and the same with an entry for one more kernel.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace inst::boot {

/// The kernel that gets an entry. Names of files, without a folder.
struct NewKernel {
  std::string release, image;
  std::string initramfs; ///< "" = none
};

std::string title_of(const NewKernel& kernel);

/// A menu with the entry in it.
struct Menu {
  std::string id;     ///< of the entry, as this loader calls it
  std::string old;    ///< of the one that is the default now
  std::string trial;  ///< text where the old one stays the default
  std::string chosen; ///< text where the entry is
};

/// GRUB legacy. saved: the number in its file of the saved default, "" = none. With once, the menu
/// itself sees to it that the entry is booted once: that number has to be its id.
/// nullopt: no entry in it to learn from.
std::optional<Menu> grub_legacy(const std::string& menu, const std::string& saved,
                                const NewKernel& kernel, bool once);

/// extlinux; included: texts of the files that the menu includes.
std::optional<Menu> extlinux(const std::string& menu, const std::vector<std::string>& included,
                             const NewKernel& kernel);

/// An entry file of the Boot Loader Specification, made after that of another kernel.
std::string bls_entry(const std::string& other, const std::string& other_release,
                      const NewKernel& kernel);
/// Value of a key in it, or in loader.conf; "" = not there.
std::string bls_value(const std::string& text, const std::string& key);
/// The text with that value, in the place of an old one or at the end.
std::string with_bls_value(const std::string& text, const std::string& key,
                           const std::string& value);

/// An entry of GRUB 2's grub.cfg.
struct GrubEntry {
  std::string id;      ///< with those of the menus that it is in: "a>b"
  std::string title;   ///< likewise
  std::string release; ///< of the kernel that it boots; "" = not known
};
std::vector<GrubEntry> grub_entries(const std::string& cfg);
/// The entry that GRUB_DEFAULT, or the saved one, stands for; nullptr = none.
const GrubEntry* grub_default(const std::vector<GrubEntry>& entries, const std::string& settings,
                              const std::string& saved);
/// /etc/default/grub where the default is the saved entry.
std::string saved_default(const std::string& settings);

} // namespace inst::boot
