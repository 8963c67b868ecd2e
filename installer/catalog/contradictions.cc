// SPDX-License-Identifier: GPL-2.0-only
// What no single entry shows: entries that contradict each other. Pure.
#include "catalog/load.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst::catalog {
namespace {

using Found = std::vector<std::string>;

bool overlap(const Range& a, const Range& b) {
  return a.min <= b.last && b.min <= a.last;
}

const PatchFamily* family(const Catalog& catalog, const std::string& name) {
  for (const PatchFamily& p : catalog.patches)
    if (p.name == name)
      return &p;
  return nullptr;
}

void check_releases(const Catalog& catalog, Found& found) {
  for (const StackRelease& r : catalog.releases) {
    for (const std::string& name : r.patches)
      if (family(catalog, name) == nullptr)
        found.push_back(fmt::format("release {}: no patch family '{}'", r.name, name));
    if (!r.best)
      continue;
    if (r.best->min < r.kernel.min || r.kernel.last < r.best->last)
      found.push_back(fmt::format("release {}: recommended outside of its kernels", r.name));
    if (!r.obtainable())
      found.push_back(fmt::format("release {}: recommended, but there are no files", r.name));
    for (const StackRelease& other : catalog.releases)
      if (&other < &r && other.best && overlap(*r.best, *other.best))
        found.push_back(fmt::format("releases {} and {} are recommended for the same kernels",
                                    other.name, r.name));
  }
}

void check_patches(const Catalog& catalog, Found& found) {
  for (const PatchFamily& p : catalog.patches) {
    for (const std::string& name : p.excludes)
      if (family(catalog, name) == nullptr)
        found.push_back(fmt::format("patch {}: excludes '{}', which there is not", p.name, name));
    for (const PatchFamily& other : catalog.patches) {
      const bool both_used = &other < &p && p.level != "never" && other.level != "never";
      const bool exclusive =
          std::find(p.excludes.begin(), p.excludes.end(), other.name) != p.excludes.end() ||
          std::find(other.excludes.begin(), other.excludes.end(), p.name) != other.excludes.end();
      if (both_used && !exclusive && other.order == p.order)
        found.push_back(
            fmt::format("patches {} and {} have the same place in the order", other.name, p.name));
    }
    for (const Variant& v : p.kernels)
      if (v.build != 0)
        found.push_back(fmt::format("patch {}: '{}' belongs into rhel", p.name, v.kernel));
    for (const Variant& v : p.kernels)
      for (const Variant& other : p.kernels)
        if (&other < &v && other.version == v.version)
          found.push_back(fmt::format("patch {}: '{}' is there twice", p.name, v.kernel));
  }
}

void check_options(const Catalog& catalog, Found& found) {
  for (const KernelOption& o : catalog.options)
    if (!o.with.empty() && family(catalog, o.with) == nullptr)
      found.push_back(fmt::format("option {}: no patch family '{}'", o.symbol, o.with));
  for (const PatchFamily& p : catalog.patches)
    for (const std::string& symbol : p.symbols)
      if (p.level != "never" &&
          std::none_of(catalog.options.begin(), catalog.options.end(),
                       [&](const KernelOption& o) { return o.symbol == symbol; }))
        found.push_back(
            fmt::format("patch {}: nothing says what to do with its option {}", p.name, symbol));
}

} // namespace

std::vector<std::string> contradictions(const Catalog& catalog) {
  Found found;
  check_releases(catalog, found);
  check_patches(catalog, found);
  check_options(catalog, found);
  return found;
}

} // namespace inst::catalog
