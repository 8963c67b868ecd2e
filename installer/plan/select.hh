// SPDX-License-Identifier: GPL-2.0-only
// Which stack, patches and kernel options fit a kernel, and why. Pure.
#pragma once

#include "catalog/catalog.hh"
#include "release.hh"

#include <string>
#include <vector>

namespace inst {

/// The kernel that is asked about.
struct Subject {
  Release release;
  Version version;    ///< as exact as is known: from headers or a package, else from the string
  bool exact = false; ///< the stable level in it is the true one
};

Subject subject_of(const std::string& release);

struct Wishes {
  std::string stack;    ///< release of the stack, "own" or "" (choose)
  bool nearest = false; ///< take a patch for an earlier kernel where there is no own one
  std::vector<std::string> patches; ///< optional and "never" families to apply nevertheless
  bool tuning = false;              ///< kernel options for speed too
};

enum class PatchState {
  apply,
  merged,   ///< the kernel has it already
  missing,  ///< no file for this kernel; `file` is of the nearest earlier one, or ""
  optional, ///< fits, but only on request
  ended     ///< this kernel has no need of it any more
};

struct PatchChoice {
  const PatchFamily* family = nullptr;
  PatchState state = PatchState::ended;
  std::string file;     ///< path inside of the component's archive
  std::string why;      ///< for the state
  bool nearest = false; ///< made for an earlier kernel: only a dry run tells whether it fits
  bool sure = true;     ///< false: only the archive tells whether there is such a file
};

struct Selection {
  const Source* own = nullptr;              ///< our own stack …
  const StackRelease* release = nullptr;    ///< … or upstream's release; neither: not supported
  std::string why;                          ///< for the choice, or for there being none
  std::vector<PatchChoice> patches;         ///< in the order of application
  std::vector<const KernelOption*> options; ///< required ones, then tuning
  std::vector<std::string> warnings;
  bool procfs = false; ///< configured through /proc/scsi_tgt

  [[nodiscard]] bool supported() const { return own != nullptr || release != nullptr; }
};

/// The catalog must outlive the selection.
Selection select(const Subject& kernel, const Catalog& catalog, const Wishes& wishes);

const char* name_of(PatchState state);

/// Without the stable level: {6, 1} of 6.1.192, {2, 6, 29} of 2.6.29.6.
Version base_of(const Version& version);

} // namespace inst
