// SPDX-License-Identifier: GPL-2.0-only
#include "plan/select.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst {
namespace {

bool holds(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

class Selector {
public:
  Selector(const Subject& kernel, const Catalog& catalog, const Wishes& wishes)
      : kernel_(kernel), catalog_(catalog), wishes_(wishes), base_(base_of(kernel.version)) {}

  Selection run() {
    if (wishes_.stack.empty())
      choose_stack();
    else
      take_wanted_stack();
    if (out_.release != nullptr)
      choose_patches(*out_.release);
    if (out_.supported())
      choose_options();
    warn();
    return std::move(out_);
  }

private:
  [[nodiscard]] bool fits_own(const Source& own) const {
    return own.min <= kernel_.version && kernel_.version < own.below;
  }

  void choose_stack() {
    for (const Source& own : catalog_.sources)
      if (fits_own(own)) {
        out_.own = &own;
        out_.why = fmt::format("it builds for {} up to, not including, {}", base_text(own.min),
                               base_text(own.below));
        return;
      }
    const StackRelease* fits = nullptr;
    for (const StackRelease& r : catalog_.releases) {
      if (!r.kernel.holds(base_) || !r.obtainable() || r.framework)
        continue;
      fits = &r; // the catalog lists the oldest first
      if (r.best && r.best->holds(base_)) {
        out_.release = &r;
        out_.why = fmt::format("recommended for {} to {}: {}", base_text(r.best->min),
                               base_text(r.best->last), r.best->note);
        return;
      }
    }
    out_.release = fits;
    out_.why = fits == nullptr ? not_supported()
                               : fmt::format("the newest release that is for {} (kernels {} to {}, "
                                             "known from: {})",
                                             base_text(base_), base_text(fits->kernel.min),
                                             base_text(fits->kernel.last), fits->kernel.note);
  }

  /// Says which versions would do.
  [[nodiscard]] std::string not_supported() const {
    Version low{1000};
    Version high;
    for (const StackRelease& r : catalog_.releases)
      if (r.obtainable() && !r.framework) {
        low = std::min(low, r.kernel.min);
        high = std::max(high, r.kernel.last);
      }
    for (const Source& own : catalog_.sources) {
      low = std::min(low, own.min);
      high = std::max(high, own.below);
    }
    return fmt::format("no release is for Linux {}; there are some for {} up to {}",
                       base_text(base_), base_text(low), base_text(high));
  }

  void take_wanted_stack() {
    for (const Source& own : catalog_.sources)
      if (own.name == wishes_.stack) {
        if (fits_own(own))
          out_.own = &own;
        out_.why = fits_own(own) ? "asked for"
                                 : fmt::format("our own stack is for {} up to, not including, {}",
                                               base_text(own.min), base_text(own.below));
        return;
      }
    for (const StackRelease& r : catalog_.releases) {
      if (r.name != wishes_.stack)
        continue;
      const bool fits = r.kernel.holds(base_);
      if (fits && r.obtainable())
        out_.release = &r;
      out_.why = !r.obtainable() ? fmt::format("release {}: {}", r.name, r.note)
                 : fits          ? "asked for"
                                 : fmt::format("release {} is for kernels {} to {}", r.name,
                                               base_text(r.kernel.min), base_text(r.kernel.last));
      return;
    }
    out_.why = fmt::format("the catalog knows no release '{}'", wishes_.stack);
  }

  [[nodiscard]] bool is_merged(const PatchFamily& p) const {
    return std::any_of(p.merged.begin(), p.merged.end(), [&](const Merged& m) {
      return m.since <= kernel_.version && (!m.within.known() || m.within == base_);
    });
  }

  /// The stable level decides, and nobody knows it.
  [[nodiscard]] bool perhaps_merged(const PatchFamily& p) const {
    return !kernel_.exact && std::any_of(p.merged.begin(), p.merged.end(), [&](const Merged& m) {
      return m.within.known() && m.within == base_;
    });
  }

  /// The file of the family for this very kernel; nullptr = none.
  [[nodiscard]] const Variant* exact_file(const PatchFamily& p) const {
    const bool rhel = kernel_.release.vendor == "RHEL";
    const int build = rhel ? parse_version(kernel_.release.build).major : 0;
    const Variant* best = nullptr;
    for (const Variant& v : rhel ? p.rhel : p.kernels) {
      if (base_of(v.version) != base_ || kernel_.version < v.version || build < v.build)
        continue;
      if (best == nullptr || std::pair(best->version, best->build) < std::pair(v.version, v.build))
        best = &v;
    }
    return best;
  }

  [[nodiscard]] const Variant* nearest_file(const PatchFamily& p) const {
    const Variant* best = nullptr;
    for (const Variant& v : p.kernels)
      if (v.version < base_ && (best == nullptr || best->version < v.version))
        best = &v;
    return best;
  }

  [[nodiscard]] std::string path_of(const PatchFamily& p, const Variant& v) const {
    const bool rhel = std::any_of(p.rhel.begin(), p.rhel.end(),
                                  [&](const Variant& other) { return &other == &v; });
    std::string file = rhel ? p.rhel_file : p.file;
    // RHEL 5 is called by its own name.
    const std::string kernel = rhel && v.kernel == "2.6.18" ? "rhel5" : v.kernel;
    if (const std::size_t at = file.find("{kernel}"); at != std::string::npos)
      file.replace(at, 8, kernel);
    return p.folder.empty() ? file : p.folder + '/' + file;
  }

  PatchChoice choose(const PatchFamily& p) const {
    PatchChoice c{&p, PatchState::apply, "", p.why, false, true};
    if (p.ended.known() && p.ended <= base_) {
      c.state = PatchState::ended;
      c.why = fmt::format("not needed from {} on", base_text(p.ended));
      return c;
    }
    if (is_merged(p)) {
      c.state = PatchState::merged;
      c.why = fmt::format("Linux {} has it already", to_string(kernel_.version));
      return c;
    }
    const bool wanted = holds(wishes_.patches, p.name);
    if (p.below.known()) {
      const bool fits = kernel_.version < p.below;
      c.file = p.folder.empty() ? p.file : p.folder + '/' + p.file;
      c.state = !fits ? PatchState::ended : wanted ? PatchState::apply : PatchState::optional;
      if (!fits)
        c.why = fmt::format("only for kernels before {}", base_text(p.below));
      return c;
    }
    return choose_file(std::move(c), wanted);
  }

  [[nodiscard]] PatchChoice choose_file(PatchChoice c, bool wanted) const {
    const PatchFamily& p = *c.family;
    const bool rhel = kernel_.release.vendor == "RHEL";
    if (const Variant* v = exact_file(p)) {
      c.file = path_of(p, *v);
      c.sure = v->sure;
      if ((p.level == "optional" || p.level == "never") && !wanted)
        c.state = PatchState::optional;
      return c;
    }
    c.state = PatchState::missing;
    const Variant* v = rhel ? nullptr : nearest_file(p);
    if (v == nullptr) {
      c.why = rhel ? fmt::format("there is none for Red Hat's {}", base_text(base_))
                   : fmt::format("there is none for {} or earlier", base_text(base_));
      return c;
    }
    c.file = path_of(p, *v);
    c.why = fmt::format("there is none for {}; the nearest is for {}", base_text(base_), v->kernel);
    if (wishes_.nearest && (p.level == "recommended" || p.level == "required" || wanted)) {
      c.state = PatchState::apply;
      c.nearest = true;
    }
    return c;
  }

  void choose_patches(const StackRelease& release) {
    for (const PatchFamily& p : catalog_.patches)
      if (holds(release.patches, p.name) || holds(wishes_.patches, p.name))
        out_.patches.push_back(choose(p));
    std::stable_sort(out_.patches.begin(), out_.patches.end(),
                     [](const PatchChoice& a, const PatchChoice& b) {
                       return a.family->order < b.family->order;
                     });
    drop_excluded();
  }

  [[nodiscard]] bool applies(const std::string& name) const {
    return std::any_of(out_.patches.begin(), out_.patches.end(), [&](const PatchChoice& c) {
      return c.state == PatchState::apply && c.family->name == name;
    });
  }

  void drop_excluded() {
    for (PatchChoice& c : out_.patches)
      for (const std::string& other : c.family->excludes)
        if (c.state == PatchState::apply && applies(other)) {
          c.state = PatchState::ended;
          c.why = fmt::format("{} does the same", other);
        }
  }

  void choose_options() {
    if (out_.release != nullptr && out_.release->framework)
      return; // they are SCST's
    const char* stack = out_.own != nullptr ? "own" : "upstream";
    for (const char* kind : {"required", "tuning"})
      for (const KernelOption& o : catalog_.options)
        if (o.kind == kind && (o.kind == "required" || wishes_.tuning) &&
            (o.stack.empty() || o.stack == stack) && (o.with.empty() || applies(o.with)) &&
            (!o.below.known() || base_ < o.below))
          out_.options.push_back(&o);
  }

  void warn() {
    if (out_.release != nullptr && out_.release->procfs_below.known())
      out_.procfs = kernel_.version < out_.release->procfs_below;
    if (out_.release != nullptr && out_.release->interface_kind == "procfs")
      out_.procfs = true;
    for (const PatchChoice& c : out_.patches) {
      if (c.state != PatchState::apply)
        continue;
      if (c.nearest)
        out_.warnings.push_back(fmt::format(
            "{} is made for an earlier kernel; only a dry run tells whether it fits", c.file));
      if (perhaps_merged(*c.family))
        out_.warnings.push_back(fmt::format(
            "the stable level of {} is not known, so {} may be in it already; a dry run tells",
            kernel_.release.text, c.family->name));
      if (c.family->rebuild)
        out_.warnings.push_back(fmt::format("{} changes structures of the kernel: all modules from "
                                            "outside of its tree must be built anew",
                                            c.family->name));
    }
    const std::string& vendor = kernel_.release.vendor;
    const bool differs = vendor != "vanilla" && vendor != "RHEL";
    if (differs && std::any_of(out_.patches.begin(), out_.patches.end(),
                               [](const PatchChoice& c) { return c.state == PatchState::apply; }))
      out_.warnings.push_back(fmt::format("the patches are made for vanilla kernels and {}'s are "
                                          "not: each is tried dry before it is applied",
                                          vendor));
  }

  const Subject& kernel_;
  const Catalog& catalog_;
  const Wishes& wishes_;
  Version base_;
  Selection out_;
};

} // namespace

Version base_of(const Version& v) {
  return v.major == 2 ? Version{v.major, v.minor, v.patch} : Version{v.major, v.minor};
}

Subject subject_of(const std::string& text) {
  Subject s{parse_release(text), {}, false};
  s.version = s.release.version();
  s.exact = s.release.trust != Trust::no;
  return s;
}

Selection select(const Subject& kernel, const Catalog& catalog, const Wishes& wishes) {
  return Selector(kernel, catalog, wishes).run();
}

const char* name_of(PatchState state) {
  switch (state) {
  case PatchState::apply:
    return "apply";
  case PatchState::merged:
    return "merged already";
  case PatchState::missing:
    return "missing";
  case PatchState::optional:
    return "optional";
  case PatchState::ended:
    return "not needed";
  }
  return "";
}

} // namespace inst
