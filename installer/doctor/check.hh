// SPDX-License-Identifier: GPL-2.0-only
// A check of the doctor: looks at one thing and says whether it is as it should be.
#pragma once

#include "catalog/catalog.hh"
#include "doctor/conf.hh"
#include "facts/facts.hh"
#include "result.hh"
#include "sys/system.hh"

#include <span>
#include <string>
#include <vector>

namespace inst::doctor {

enum class Verdict {
  good,
  skipped, ///< does not apply here, or cannot be seen
  note,
  warning,
  fault
};

struct Finding {
  Verdict verdict = Verdict::good;
  std::string what{}; ///< a sentence; for skipped: why
  std::string hint{}; ///< the way out
};

/// What the checks look at.
struct Ground {
  sys::System& sys;
  const Facts& facts;
  const Catalog& catalog;
  Conf conf;                    ///< /etc/scst.conf
  std::vector<std::string> log; ///< kernel's messages; empty where they cannot be read
  bool log_seen = false;

  [[nodiscard]] std::string at(const std::string& path) const { return facts.root + path; }
  [[nodiscard]] bool there(const std::string& path) const;
  /// This machine, not a --root tree.
  [[nodiscard]] bool live() const { return facts.root.empty() && !facts.chroot; }
  [[nodiscard]] bool loaded(const std::string& module) const;
  /// The kernel that runs, or the only one of a tree; nullptr = none is known.
  [[nodiscard]] const Kernel* kernel() const;
  /// Standard output; "" when the program is missing or fails.
  [[nodiscard]] std::string ask(std::vector<std::string> argv) const;
};

struct Check {
  const char* id;
  const char* area;
  const char* title; ///< what should be so
  const char* why;   ///< what happens if it is not, for 'explain'
  Finding (*look)(const Ground&);
  /// Puts it right, reversibly; says what was done. nullptr: only people can.
  Result<std::string> (*fix)(const Ground&) = nullptr;
};

// All checks of an area, one file each.
std::span<const Check> kernel_checks();
std::span<const Check> config_checks();
std::span<const Check> service_checks();
std::span<const Check> host_checks();

/// All of them, in the order in which a machine is brought up.
std::vector<Check> all_checks();

inline Finding skipped(const std::string& why) {
  return {Verdict::skipped, why, ""};
}
/// Good when `bad` is empty.
Finding verdict_of(Verdict verdict, const std::vector<std::string>& bad, const std::string& hint);

} // namespace inst::doctor
