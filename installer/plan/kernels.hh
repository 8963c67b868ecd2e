// SPDX-License-Identifier: GPL-2.0-only
// Which kernels are meant by --kernel. Pure.
#pragma once

#include "facts/facts.hh"
#include "plan/select.hh"

#include <string>
#include <vector>

namespace inst {

/// A kernel of this machine, or one that could be, with what fits it.
struct Candidate {
  std::string release;
  const Kernel* installed = nullptr;      ///< either this
  const OfferedKernel* offered = nullptr; ///< or this
  Subject subject;
  Selection selection;
};

/// All that are installed or offered, the newest first. Facts and catalog must outlive them.
std::vector<Candidate> candidates(const Facts& facts, const Catalog& catalog, const Wishes& wishes);

struct Picked {
  std::vector<Candidate> kernels;
  std::vector<std::string> notes; ///< what was passed over, and why
  std::string fault, hint;        ///< fault "": at least one kernel was picked
};

/// wish: a release; a version, 6.1 or 2.6.29.6, for the newest of it; "running";
/// "newest-supported"; "all" that are installed and supported.
Picked pick_kernels(const std::string& wish, const Facts& facts, const Catalog& catalog,
                    const Wishes& wishes);

/// Are the offered kernels needed to make sense of the wish?
bool needs_offers(const std::string& wish, const std::vector<Kernel>& installed);

/// Order of releases where numbers count as numbers: "6.1.0-9" < "6.1.0-10".
bool release_before(const std::string& a, const std::string& b);

} // namespace inst
