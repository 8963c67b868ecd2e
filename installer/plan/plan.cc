// SPDX-License-Identifier: GPL-2.0-only
// Chooses the road and hands over. Pure.
#include "plan/plan.hh"

#include "names.hh"
#include "plan/builder.hh"

#include <algorithm>
#include <fmt/format.h>

namespace inst {
namespace planning {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  if (const std::size_t at = text.find(from); at != std::string::npos)
    text.replace(at, from.size(), to);
  return text;
}

const Family* family_of(const Facts& facts, const Catalog& catalog) {
  const std::string ids = ' ' + facts.distribution.id + ' ' + facts.distribution.like + ' ';
  for (const Family& family : catalog.families)
    for (const std::string& member : family.members)
      if (ids.find(' ' + member + ' ') != std::string::npos)
        return &family;
  return nullptr;
}

std::string package_name(const Family& family, const std::string& key, const std::string& release) {
  const auto name = family.packages.find(key);
  const std::string flavour = release.substr(release.rfind('-') + 1);
  return replaced(
      replaced(name == family.packages.end() ? key : name->second, "{release}", release),
      "{flavour}", flavour);
}

/// Words of scst.conf: no blank, no quote, no brace, no comment.
bool is_plain_path(const std::string& path) {
  return path.starts_with('/') && path.find_first_of(" \t\n\"#\\{}") == std::string::npos;
}

const Kernel* running_kernel(const Facts& facts) {
  const auto found = std::find_if(facts.kernels.begin(), facts.kernels.end(),
                                  [](const Kernel& k) { return k.running; });
  return found == facts.kernels.end() ? nullptr : &*found;
}

/// The headers of the running kernel: "" when modules can be built here, else why they cannot.
std::string headers_obstacle(Builder& b) {
  const Kernel* kernel = running_kernel(b.facts);
  const std::string& wish = b.options.kernel;
  const bool about_it = wish.empty() || wish == "running" || wish == b.facts.running;
  if (kernel == nullptr || !kernel->build_tree.empty() || !about_it)
    return "";
  const std::string missing =
      fmt::format("the headers of the running kernel {} are not installed", kernel->release);
  const std::string package = b.headers_package(kernel->release);
  const Offers& offers = b.facts.offers;
  if (offers.manager.empty())
    return package.empty() ? missing + " and nothing here is known to offer them" : "";
  if (!offers.known)
    return fmt::format("{}, and {} has no package lists to find them in ({} gets them)", missing,
                       offers.manager, offers.manager == "dnf" ? "dnf makecache" : "apt update");
  if (b.offered(package))
    return "";
  return package.empty()
             ? missing + " and have no package name here"
             : fmt::format("{}, and {} offers no package {}", missing, offers.manager, package);
}

void choose_road(Builder& b) {
  Plan& plan = b.out.plan;
  plan.road = b.options.road;
  if (plan.road != "auto") {
    plan.reasons.emplace_back("asked for with --road");
  } else if (is_offline(b.facts, b.options)) {
    plan.road = "native";
    plan.reasons.emplace_back("files are installed, nothing is loaded or started");
  } else if (!b.facts.loading.possible) {
    plan.road = "guest";
    plan.reasons = b.facts.loading.obstacles;
  } else if (const std::string obstacle = headers_obstacle(b); !obstacle.empty()) {
    plan.road = "guest";
    plan.reasons.push_back(obstacle);
  } else {
    plan.road = "native";
    plan.reasons.emplace_back("modules can be loaded into the running kernel");
  }
}

} // namespace

bool is_offline(const Facts& facts, const Options& options) {
  return !options.root.empty() || options.no_start || facts.chroot;
}

void Builder::refuse(Exit exit, const std::string& what, const std::string& hint) {
  out.refusals.push_back({what, hint, exit});
}

void Builder::add(const std::string& id, const std::string& title, const std::string& why,
                  std::vector<std::string> touches, Action action) {
  out.plan.steps.push_back({id, title, why, std::move(touches), std::move(action)});
}

std::string Builder::headers_package(const std::string& release) const {
  const Family* family = family_of(facts, catalog);
  return family == nullptr ? "" : package_name(*family, "headers", release);
}

bool Builder::offered(const std::string& package) const {
  const auto& names = facts.offers.headers;
  return facts.offers.known && std::find(names.begin(), names.end(), package) != names.end();
}

std::string Builder::install_hint(const std::vector<std::string>& keys,
                                  const std::string& release) const {
  const Family* family = family_of(facts, catalog);
  if (family == nullptr)
    return fmt::format("Install what provides: {}.", fmt::join(keys, ", "));
  std::string command = family->install;
  for (const std::string& key : keys)
    command += ' ' + package_name(*family, key, release);
  return "Install it: " + command;
}

bool Builder::is_of(const std::vector<std::string>& families) const {
  const Family* family = family_of(facts, catalog);
  return family != nullptr &&
         std::find(families.begin(), families.end(), family->id) != families.end();
}

std::vector<std::string> Builder::missing(const std::vector<std::string>& names) const {
  std::vector<std::string> out_names;
  std::copy_if(names.begin(), names.end(), std::back_inserter(out_names),
               [&](const std::string& name) { return !facts.programs.contains(name); });
  return out_names;
}

void Builder::need_space(const std::string& dir, std::uint64_t bytes) {
  const auto free = facts.free_space.find(dir);
  if (free != facts.free_space.end() && free->second < bytes)
    refuse(Exit::missing,
           fmt::format("{}{} has {} MiB free, {} MiB are needed", facts.root, dir,
                       free->second >> 20, (bytes >> 20) + 1),
           "Free some space on that file system.");
}

bool Builder::starts() const {
  const bool runs_now = out.plan.kernel.empty() || out.plan.kernel == facts.running;
  return !is_offline(facts, options) && facts.loading.possible && facts.init_live && runs_now;
}

void check_allow(Builder& b) {
  const Allowed allowed = allowed_of(b.options);
  if (!b.options.fc && !allowed.fc.empty())
    b.refuse(Exit::usage,
             fmt::format("--allow '{}' is a name of Fibre Channel", allowed.fc.front()),
             "Add --fc to serve by the Fibre Channel ports too.");
  for (const std::string& pattern : allowed.iscsi)
    if (const std::string fault = pattern_fault(pattern); !fault.empty())
      b.refuse(Exit::usage, fmt::format("--allow '{}': {}", pattern, fault),
               "Give the initiator's name as its machine shows it "
               "(/etc/iscsi/initiatorname.iscsi), or a pattern with * and ?.");
}

void check_options(Builder& b) {
  if (const std::string& name = b.options.target; !name.empty())
    if (const std::string fault = name_fault(name); !fault.empty())
      b.refuse(Exit::usage, fmt::format("--target '{}': {}", name, fault),
               "Leave the option out to get a name made from the host name.");
  if (!b.options.device.empty() && !is_plain_path(b.options.device))
    b.refuse(Exit::usage, fmt::format("--device '{}' cannot stand in scst.conf", b.options.device),
             "Give an absolute path without blanks, quotes, braces, # or backslash.");
  if (b.options.built_in && b.options.road != "kernel")
    b.refuse(Exit::usage, "--built-in is for --road kernel only",
             "Add --road kernel, or leave it out: modules are built then.");
  if (b.options.size == 0 || b.options.size % 512 != 0)
    b.refuse(Exit::usage, fmt::format("--size {} is not a multiple of 512", b.options.size),
             "Give a size such as 512M, 10G or 1T.");
}

} // namespace planning

Planned make_plan(const Facts& facts, const Catalog& catalog, const Options& options) {
  planning::Builder b{facts, catalog, options, {}};
  Plan& plan = b.out.plan;
  plan.root = options.root;
  plan.target = options.target.empty() ? target_name(facts.host_name) : options.target;
  planning::check_options(b);
  if (options.road == "auto" && planning::plan_upstream(b))
    return b.out;
  planning::check_allow(b);
  if (options.fc)
    planning::refuse_fc(b, "our own stack has no target driver for Fibre Channel yet");
  planning::choose_road(b);
  if (plan.road == "guest")
    planning::plan_guest(b);
  else if (plan.road == "kernel")
    planning::plan_in_tree(b);
  else
    planning::plan_native(b);
  return b.out;
}

} // namespace inst
