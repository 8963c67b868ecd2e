// SPDX-License-Identifier: GPL-2.0-only
#include "report/kernels.hh"

#include <fmt/format.h>

#include <set>

namespace inst::report {
namespace {

using nlohmann::json;

std::string stack_of(const Selection& s) {
  if (s.own != nullptr)
    return s.own->name;
  return s.release != nullptr ? s.release->name : "";
}

std::string stack_title(const Selection& s) {
  if (s.own != nullptr)
    return s.own->title;
  return s.release != nullptr ? "SCST " + s.release->name : "none";
}

/// How it would be brought about.
std::string road_of(const Candidate& c, const Facts& facts) {
  if (!c.selection.supported())
    return "none";
  if (c.selection.release != nullptr)
    return "upstream";
  const bool running = c.installed != nullptr && c.installed->running;
  return running && !facts.loading.possible ? "guest" : "native";
}

std::string state_of(const Candidate& c) {
  if (c.installed == nullptr)
    return "offered";
  if (c.installed->running)
    return c.installed->modules_dir ? "running" : "running, no modules";
  return "installed";
}

std::string tree_of(const Candidate& c) {
  return c.installed == nullptr ? "" : c.installed->build_tree;
}

std::string version_of(const Candidate& c) {
  return c.subject.exact ? to_string(c.subject.version)
                         : base_text(base_of(c.subject.version)) + ", stable level unknown";
}

std::vector<std::string> patch_names(const Selection& s) {
  std::vector<std::string> out;
  for (const PatchChoice& p : s.patches)
    if (p.state == PatchState::apply)
      out.push_back(p.family->name);
  return out;
}

json patch_json(const PatchChoice& p) {
  return {{"name", p.family->name},
          {"state", name_of(p.state)},
          {"component", p.family->component},
          {"file", p.file},
          {"strip", p.family->strip},
          {"level", p.family->level},
          {"why", p.why},
          {"nearest", p.nearest},
          {"sure", p.sure},
          {"rebuild_modules", p.family->rebuild}};
}

json files_json(const Selection& s) {
  json out = json::array();
  if (s.release != nullptr)
    for (const Archive& a : s.release->files)
      out.push_back({{"component", a.component},
                     {"version", a.version},
                     {"file", a.file},
                     {"sha256", a.sha256.empty() ? json(nullptr) : json(a.sha256)}});
  return out;
}

json selection_json(const Selection& s) {
  json patches = json::array();
  for (const PatchChoice& p : s.patches)
    patches.push_back(patch_json(p));
  json options = json::array();
  for (const KernelOption* o : s.options)
    options.push_back({{"symbol", "CONFIG_" + o->symbol},
                       {"value", o->value},
                       {"kind", o->kind},
                       {"why", o->why}});
  return {{"stack", stack_of(s)},   {"why", s.why},
          {"files", files_json(s)}, {"interface", s.procfs ? "procfs" : "sysfs"},
          {"patches", patches},     {"options", options},
          {"warnings", s.warnings}};
}

json kernel_json(const Candidate& c, const Facts& facts) {
  json out{{"release", c.release},
           {"state", state_of(c)},
           {"road", road_of(c, facts)},
           {"vendor", c.subject.release.vendor},
           {"product", c.subject.release.product},
           {"base", base_text(base_of(c.subject.version))},
           {"version", c.subject.exact ? json(to_string(c.subject.version)) : json(nullptr)},
           {"version_from", "release"},
           {"build_tree", tree_of(c)},
           {"package", nullptr}};
  if (c.installed != nullptr)
    out["version_from"] = c.installed->version_from;
  if (c.offered != nullptr) {
    out["package"] = c.offered->package;
    if (!c.offered->version.empty())
      out["version_from"] = "package";
  }
  return out;
}

std::string patches_text(const Selection& s) {
  std::string text;
  int number = 0;
  for (const PatchChoice& p : s.patches) {
    const bool applied = p.state == PatchState::apply;
    text +=
        fmt::format("  {:>2} {}: {}\n", applied ? std::to_string(++number) : "-", p.family->name,
                    applied ? p.family->component + '/' + p.file : name_of(p.state));
    text += fmt::format("       {}{}\n", p.why,
                        applied && !p.sure ? " (only the archive tells whether there is one)" : "");
  }
  return text;
}

std::string build_text(const StackRelease& r) {
  std::string text = "sources, in build order:\n";
  for (const Archive& a : r.files)
    text += fmt::format("   {} {} ({})\n", a.file,
                        a.sha256.empty() ? "no published digest: the first download is remembered"
                                         : "sha256 " + a.sha256,
                        r.build == "tree" ? "one tree: make 2release, make all install"
                                          : "make all, make install");
  return text;
}

/// What this machine has, where it is about the kernel.
std::string machine_text(const Candidate& c, const Facts& facts) {
  std::string text = fmt::format("state: {}", state_of(c));
  if (c.installed != nullptr)
    text += c.installed->build_tree.empty() ? ", no headers" : ", headers in " + tree_of(c);
  else if (c.offered != nullptr)
    text += fmt::format(" as {} {}", c.offered->package, c.offered->version);
  text += '\n';
  if (c.installed != nullptr && c.installed->running)
    for (const std::string& obstacle : facts.loading.obstacles)
      text += "   " + obstacle + '\n';
  return text;
}

std::string explain_one(const Candidate& c, const Facts& facts) {
  const Selection& s = c.selection;
  const Release& r = c.subject.release;
  std::string text = fmt::format("{}: Linux {} ({})\n", c.release, version_of(c),
                                 r.product.empty() ? r.vendor : r.vendor + ' ' + r.product);
  if (c.installed != nullptr || c.offered != nullptr)
    text += machine_text(c, facts);
  else
    text += "state: neither installed nor offered here\n";
  text += fmt::format("stack: {} ({})\n", stack_title(s), s.why);
  if (!s.supported())
    return text;
  text += fmt::format("road: {}\n", road_of(c, facts));
  if (s.release != nullptr) {
    text += build_text(*s.release);
    text += fmt::format("configured through: {}\n",
                        s.procfs ? "/proc/scsi_tgt" : "/sys/kernel/scst_tgt");
    if (!s.release->note.empty())
      text += "note: " + s.release->note + '\n';
  }
  text += s.patches.empty() ? "kernel patches: none\n"
                            : "kernel patches, in this order:\n" + patches_text(s);
  text += "kernel options:\n";
  for (const KernelOption* o : s.options)
    text += fmt::format("   CONFIG_{}={} ({}): {}\n", o->symbol, o->value, o->kind, o->why);
  for (const std::string& warning : s.warnings)
    text += "warning: " + warning + '\n';
  if (!facts.foreign_modules.empty() && !patch_names(s).empty())
    text += fmt::format("modules here from outside of the kernel: {}\n",
                        fmt::join(facts.foreign_modules, ", "));
  return text;
}

} // namespace

json release_json(const Release& r) {
  return {{"schema", 1},
          {"release", r.text},
          {"vendor", r.vendor},
          {"product", r.product},
          {"base", base_text(r.base)},
          {"stable", r.stable ? json(*r.stable) : json(nullptr)},
          {"pre", r.pre},
          {"flavour", r.flavour},
          {"build", r.build},
          {"trust", name_of(r.trust)},
          {"truth", r.truth}};
}

std::string release_text(const Release& r) {
  std::string text = fmt::format("{}: {}{}, Linux {}", r.text, r.vendor,
                                 r.product.empty() ? "" : ' ' + r.product, base_text(r.base));
  if (!r.pre.empty())
    text += '-' + r.pre;
  else if (r.stable)
    text += fmt::format(", stable level {}", *r.stable);
  return text + fmt::format("\nthe stable level can be trusted: {}\nthe truth: {}\n",
                            name_of(r.trust), r.truth);
}

json kernels_json(const std::vector<Candidate>& kernels, const Facts& facts) {
  json out = json::array();
  for (const Candidate& c : kernels) {
    json k = kernel_json(c, facts);
    k["stack"] = stack_of(c.selection);
    k["why"] = c.selection.why;
    k["patches"] = patch_names(c.selection);
    out.push_back(std::move(k));
  }
  return {{"schema", 1}, {"kernels", out}, {"offers_known", facts.offers.known}};
}

std::string kernels_text(const std::vector<Candidate>& kernels, const Facts& facts) {
  std::size_t width = 7;
  for (const Candidate& c : kernels)
    width = std::max(width, c.release.size());
  std::string text;
  std::set<std::string> lines;
  for (const Candidate& c : kernels) {
    // Of those that are offered the newest of a line will do.
    if (c.installed == nullptr &&
        !lines.insert(base_text(base_of(c.subject.version)) + c.subject.release.flavour).second)
      continue;
    text += fmt::format("{:<{}}  {}, Linux {}, {}\n", c.release, width, state_of(c), version_of(c),
                        c.installed == nullptr            ? "package " + c.offered->package
                        : c.installed->build_tree.empty() ? "no headers"
                                                          : "headers in " + tree_of(c));
    text +=
        fmt::format("{:<{}}  {}, {} road", "", width, stack_title(c.selection), road_of(c, facts));
    const auto patches = patch_names(c.selection);
    text += patches.empty() ? "\n" : fmt::format(", patches: {}\n", fmt::join(patches, ", "));
    if (!c.selection.supported())
      text += fmt::format("{:<{}}  {}\n", "", width, c.selection.why);
  }
  if (kernels.empty())
    text = "no kernel is installed here\n";
  if (!facts.offers.known)
    text += "Which others could be installed is not known: no package manager was found that could "
            "be asked, or it has no lists.\n";
  return text;
}

json explain_json(const std::vector<Candidate>& kernels, const Facts& facts) {
  json out = json::array();
  for (const Candidate& c : kernels) {
    json k = kernel_json(c, facts);
    k.update(selection_json(c.selection));
    out.push_back(std::move(k));
  }
  return {{"schema", 1}, {"kernels", out}, {"foreign_modules", facts.foreign_modules}};
}

std::string explain_text(const std::vector<Candidate>& kernels, const Facts& facts) {
  std::string text;
  for (const Candidate& c : kernels) {
    if (!text.empty())
      text += '\n';
    text += explain_one(c, facts);
  }
  return text;
}

} // namespace inst::report
