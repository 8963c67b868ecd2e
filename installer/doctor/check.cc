// SPDX-License-Identifier: GPL-2.0-only
#include "doctor/check.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst::doctor {

bool Ground::there(const std::string& path) const {
  return sys.stat(at(path)).type != sys::FileType::none;
}

bool Ground::loaded(const std::string& module) const {
  const auto& names = facts.scst_modules;
  return std::find(names.begin(), names.end(), module) != names.end();
}

const Kernel* Ground::kernel() const {
  for (const Kernel& k : facts.kernels)
    if (k.running || facts.kernels.size() == 1)
      return &k;
  return nullptr;
}

std::string Ground::ask(std::vector<std::string> argv) const {
  if (sys.find_program(argv.front()).empty())
    return "";
  const auto said = sys.run({std::move(argv), "", {}});
  return said && said->status == 0 ? said->out : "";
}

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (const auto& area : {kernel_checks(), service_checks(), config_checks(), host_checks()})
    all.insert(all.end(), area.begin(), area.end());
  return all;
}

Finding verdict_of(Verdict verdict, const std::vector<std::string>& bad, const std::string& hint) {
  if (bad.empty())
    return {};
  return {verdict, fmt::format("{}", fmt::join(bad, "; ")), hint};
}

} // namespace inst::doctor
