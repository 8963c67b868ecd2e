// SPDX-License-Identifier: GPL-2.0-only
// Packages of the distribution, by apt, which tells in advance what it would do; for the others see
// listed_packages.cc. before: {"new": [names that the installation brings]}
#include "apply/actions.hh"
#include "apply/listed_packages.hh"

#include <algorithm>
#include <set>
#include <sstream>

namespace inst {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

/// Those that dpkg has configured.
std::set<std::string> installed(const Context& ctx) {
  std::istringstream status(ctx.sys.read(ctx.at("/var/lib/dpkg/status")).value_or(""));
  std::set<std::string> out;
  std::string package;
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Package: "))
      package = line.substr(9);
    else if (line == "Status: install ok installed")
      out.insert(package);
  }
  return out;
}

Names apt_get(Names verb_and_options, const Names& packages) {
  Names argv{"env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C", "apt-get", "-qy"};
  argv.insert(argv.end(), verb_and_options.begin(), verb_and_options.end());
  argv.insert(argv.end(), packages.begin(), packages.end());
  return argv;
}

/// Second words of the lines that begin with the word: what apt-get says that it would do.
Names would(const std::string& said, const std::string& word) {
  Names out;
  std::istringstream lines(said);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(word + ' '))
      out.push_back(
          line.substr(word.size() + 1, line.find(' ', word.size() + 1) - word.size() - 1));
  return out;
}

} // namespace

bool is_done(const Context& ctx, const Packages& p) {
  if (p.manager != "apt")
    return listed::is_done(ctx, p);
  const std::set<std::string> have = installed(ctx);
  return std::all_of(p.names.begin(), p.names.end(),
                     [&](const std::string& name) { return have.contains(name); });
}

json before(const Context& ctx, const Packages& p) {
  if (p.manager != "apt")
    return listed::before(ctx, p);
  const auto said = run_on_target(
      ctx, apt_get({"-s", "--no-install-recommends", "install"}, p.names), Exit::missing);
  return {{"new", said ? would(said->out, "Inst") : Names{}}};
}

Result<void> perform(const Context& ctx, const Packages& p, const json& before) {
  if (p.manager != "apt")
    return listed::perform(ctx, p, before);
  // A run that was killed may have left dpkg half-way.
  if (auto whole = run_on_target(ctx, {"dpkg", "--configure", "-a"}, Exit::missing, true); !whole)
    return whole.error();
  auto output =
      run_on_target(ctx, apt_get({"--no-remove", "--no-install-recommends", "install"}, p.names),
                    Exit::missing, true);
  if (output)
    return {};
  output.error().hint += ". Install the package yourself, or take --road guest.";
  return output.error();
}

/// Takes away what the installation brought, unless something else needs it by now.
Result<Kept> undo(const Context& ctx, const Packages& p, const json& before) {
  if (p.manager != "apt")
    return listed::undo(ctx, p, before);
  const std::set<std::string> have = installed(ctx);
  Names ours = before.at("new");
  std::erase_if(ours, [&](const std::string& name) { return !have.contains(name); });
  if (ours.empty())
    return Kept{};
  const auto said = run_on_target(ctx, apt_get({"-s", "purge"}, ours), Exit::missing);
  if (!said)
    return said.error();
  for (const std::string& name : would(said->out, "Purg"))
    if (std::find(ours.begin(), ours.end(), name) == ours.end())
      return Kept{"the package " + ours.front() + ": " + name + " needs it by now"};
  auto gone = run_on_target(ctx, apt_get({"purge"}, ours), Exit::missing, true);
  if (!gone)
    return gone.error();
  return Kept{};
}

} // namespace inst
