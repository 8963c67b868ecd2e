// SPDX-License-Identifier: GPL-2.0-only
#include "plan/kernels.hh"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace inst {
namespace {

Candidate candidate(const std::string& release, const Catalog& catalog, const Wishes& wishes,
                    const Version& version, bool exact) {
  Candidate c;
  c.release = release;
  c.subject = subject_of(release);
  if (version.known()) {
    c.subject.version = version;
    c.subject.exact = exact;
  }
  c.selection = select(c.subject, catalog, wishes);
  return c;
}

bool newer(const Candidate& a, const Candidate& b) {
  if (a.subject.version != b.subject.version)
    return b.subject.version < a.subject.version;
  return release_before(b.release, a.release);
}

/// Installed with headers, installed, offered.
int nearness(const Candidate& c) {
  if (c.installed == nullptr)
    return 2;
  return c.installed->build_tree.empty() ? 1 : 0;
}

/// A bare version, as in "the newest 6.1".
bool is_version(const std::string& wish) {
  const Release r = parse_release(wish);
  return r.known() && r.vendor == "vanilla" && r.pre.empty();
}

bool matches(const Candidate& c, const std::string& wish) {
  const Version wanted = parse_version(wish);
  const bool whole = (wanted.major == 2 ? wanted.fourth : wanted.patch) != 0;
  return whole ? c.subject.version == wanted && c.subject.exact
               : base_of(c.subject.version) == base_of(wanted);
}

void pick_newest_supported(std::vector<Candidate>& all, Picked& out) {
  for (Candidate& c : all) {
    if (c.selection.supported()) {
      out.kernels.push_back(std::move(c));
      return;
    }
    out.notes.push_back(fmt::format("{} is newer, but {}", c.release, c.selection.why));
  }
  out.fault = "none of the kernels that are installed or offered is supported";
}

void pick_all(std::vector<Candidate>& all, Picked& out) {
  for (Candidate& c : all) {
    if (c.installed == nullptr || !c.installed->modules_dir)
      continue;
    if (c.selection.own != nullptr)
      out.kernels.push_back(std::move(c));
    else
      out.notes.push_back(fmt::format("{} is left out: {}", c.release, c.selection.why));
  }
  if (out.kernels.empty())
    out.fault = "no kernel that our stack supports is installed";
}

void pick_named(const std::string& wish, std::vector<Candidate>& all, Picked& out) {
  Candidate* best = nullptr;
  for (Candidate& c : all)
    if (c.release == wish && (best == nullptr || nearness(c) < nearness(*best)))
      best = &c;
  if (best == nullptr && is_version(wish))
    for (Candidate& c : all)
      if (matches(c, wish) && (best == nullptr || nearness(c) < nearness(*best)))
        best = &c; // of equals the newest, which comes first
  if (best != nullptr)
    out.kernels.push_back(std::move(*best));
  else
    out.fault = fmt::format("no kernel '{}' is installed or offered", wish);
}

std::string names(const std::vector<Candidate>& all) {
  std::vector<std::string> out;
  for (const Candidate& c : all)
    if (c.selection.supported())
      out.push_back(c.release + (c.installed == nullptr ? " (offered)" : ""));
  return fmt::format("{}", fmt::join(out, ", "));
}

} // namespace

std::vector<Candidate> candidates(const Facts& facts, const Catalog& catalog,
                                  const Wishes& wishes) {
  std::vector<Candidate> all;
  for (const Kernel& k : facts.kernels) {
    all.push_back(candidate(k.release, catalog, wishes, k.version, k.exact));
    all.back().installed = &k;
  }
  for (const OfferedKernel& k : facts.offers.kernels) {
    const bool here = std::any_of(facts.kernels.begin(), facts.kernels.end(), [&](const Kernel& i) {
      return i.release == k.release && i.modules_dir;
    });
    if (here)
      continue;
    const Version version = parse_version(k.version);
    all.push_back(candidate(k.release, catalog, wishes, version, version.known()));
    all.back().offered = &k;
  }
  std::stable_sort(all.begin(), all.end(), newer);
  return all;
}

Picked pick_kernels(const std::string& wish, const Facts& facts, const Catalog& catalog,
                    const Wishes& wishes) {
  std::vector<Candidate> all = candidates(facts, catalog, wishes);
  const std::string supported = names(all);
  Picked out;
  if (wish == "newest-supported")
    pick_newest_supported(all, out);
  else if (wish == "all")
    pick_all(all, out);
  else
    pick_named(wish == "running" ? facts.running : wish, all, out);
  if (out.fault.empty())
    return out;
  out.hint = supported.empty() ? "Install a kernel and its headers."
                               : fmt::format("Give one of these with --kernel: {}.", supported);
  if (const Subject subject = subject_of(wish); subject.release.known())
    if (const Selection s = select(subject, catalog, wishes); s.release != nullptr)
      out.hint += fmt::format(" For Linux {} there is SCST {}: see 'scst-install explain "
                              "--kernel {}'.",
                              base_text(subject.release.base), s.release->name, wish);
  return out;
}

bool needs_offers(const std::string& wish, const std::vector<Kernel>& installed) {
  if (wish == "newest-supported")
    return true;
  if (wish.empty() || wish == "running" || wish == "all")
    return false;
  return std::none_of(installed.begin(), installed.end(),
                      [&](const Kernel& k) { return k.release == wish; });
}

bool release_before(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j])
        return a[i] < b[j];
      i++;
      j++;
      continue;
    }
    const auto run = [&](const std::string& text, std::size_t& at) {
      while (at + 1 < text.size() && text[at] == '0' && digit(text[at + 1]))
        at++;
      const std::size_t from = at;
      while (at < text.size() && digit(text[at]))
        at++;
      return text.substr(from, at - from);
    };
    const std::string x = run(a, i);
    const std::string y = run(b, j);
    if (x.size() != y.size())
      return x.size() < y.size();
    if (x != y)
      return x < y;
  }
  return a.size() - i < b.size() - j;
}

} // namespace inst
