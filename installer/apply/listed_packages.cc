// SPDX-License-Identifier: GPL-2.0-only
#include "apply/listed_packages.hh"

#include "path.hh"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <sstream>

namespace inst::listed {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;
using List = std::set<std::string>;

/// "kernel-5.14.0-503.el9.x86_64"
List by_rpm(const Context& ctx) {
  const auto said = run_on_target(
      ctx, {"rpm", "-qa", "--qf", "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n"}, Exit::missing);
  List out;
  if (!said)
    return out;
  std::istringstream lines(said->out);
  for (std::string line; std::getline(lines, line);)
    out.insert(line);
  return out;
}

/// "sys-kernel/gentoo-sources-2.6.29-r5": Portage keeps a folder for each.
List by_portage(const Context& ctx) {
  const std::string db = ctx.at("/var/db/pkg");
  List out;
  for (const std::string& category : ctx.sys.list(db))
    for (const std::string& package : ctx.sys.list(in_dir(db, category)))
      out.insert(in_dir(category, package));
  return out;
}

struct Manager {
  const char* name;
  List (*installed)(const Context& ctx);
  Names install, remove;
  Names may_remove;  ///< says whether nothing else needs them; {} = remove leaves those that do
  const char* exact; ///< before a name that is one version only
};

const Manager* manager_of(const Packages& p) {
  static const Manager managers[] = {
      {"dnf", by_rpm, {"dnf", "-y", "-q", "install"}, {"rpm", "-e"}, {"rpm", "-e", "--test"}, ""},
      {"emerge", by_portage, {"emerge", "--quiet"}, {"emerge", "--quiet", "--depclean"}, {}, "="}};
  for (const Manager& m : managers)
    if (p.manager == m.name)
      return &m;
  return nullptr;
}

Error unknown(const Packages& p) {
  return {"install packages", p.manager, "this package manager is not known",
          "Use the version of scst-install that made the plan.", Exit::internal};
}

std::string bare(const std::string& name) {
  return name.starts_with('=') ? name.substr(1) : name;
}

Names command(Names argv, const Names& packages) {
  argv.insert(argv.end(), packages.begin(), packages.end());
  return argv;
}

std::string manifest_of(const Context& ctx, const Packages& p) {
  return fmt::format("{}/packages-{}", ctx.state_dir,
                     sys::digest_of(fmt::format("{}", fmt::join(p.names, " "))).substr(0, 16));
}

/// What is installed now and was not then.
Names fresh(const List& now, const json& before) {
  const List old = before.at("installed");
  Names out;
  std::set_difference(now.begin(), now.end(), old.begin(), old.end(), std::back_inserter(out));
  return out;
}

} // namespace

bool is_done(const Context& ctx, const Packages& p) {
  const Manager* m = manager_of(p);
  const List have = m == nullptr ? List{} : m->installed(ctx);
  return std::all_of(p.names.begin(), p.names.end(),
                     [&](const std::string& name) { return have.contains(bare(name)); });
}

json before(const Context& ctx, const Packages& p) {
  const Manager* m = manager_of(p);
  return {{"installed", m == nullptr ? List{} : m->installed(ctx)}};
}

Result<void> perform(const Context& ctx, const Packages& p, const json& before) {
  const Manager* m = manager_of(p);
  if (m == nullptr)
    return unknown(p);
  auto output = run_on_target(ctx, command(m->install, p.names), Exit::missing, true);
  if (!output)
    return output.error();
  return ctx.sys.write(manifest_of(ctx, p), json(fresh(m->installed(ctx), before)).dump(), 0600);
}

/// Takes away what the installation brought, unless something else needs it by now.
Result<Kept> undo(const Context& ctx, const Packages& p, const json& before) {
  const Manager* m = manager_of(p);
  if (m == nullptr)
    return unknown(p);
  const List have = m->installed(ctx);
  const auto text = ctx.sys.read(manifest_of(ctx, p));
  // Without a manifest it was killed meanwhile: all that is new came with it.
  const json manifest = text ? json::parse(*text, nullptr, false) : json(fresh(have, before));
  Names ours = manifest.is_array() ? manifest.get<Names>() : Names{};
  std::erase_if(ours, [&](const std::string& name) { return !have.contains(name); });
  if (ours.empty())
    return Kept{};
  for (std::string& name : ours)
    name.insert(0, m->exact);
  if (!m->may_remove.empty() && !says_yes(ctx, command(m->may_remove, ours)))
    return Kept{fmt::format("the package {}: something needs it by now", ours.front())};
  if (auto gone = run_on_target(ctx, command(m->remove, ours), Exit::missing, true); !gone)
    return gone.error();
  Kept kept;
  const List left = m->installed(ctx);
  for (const std::string& name : ours)
    if (left.contains(bare(name)))
      kept.push_back(fmt::format("the package {}: something needs it by now", name));
  static_cast<void>(ctx.sys.remove(manifest_of(ctx, p)));
  return kept;
}

} // namespace inst::listed
