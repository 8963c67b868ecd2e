// SPDX-License-Identifier: GPL-2.0-only
// What concerns the running kernel: modules in it, and whether the target answers.
// before, for modules: {"loaded": [names]}
#include "apply/actions.hh"

#include <algorithm>

namespace inst {
namespace {

using nlohmann::json;

constexpr int verify_tries = 15; // one a second: a daemon of an init script may come up late
constexpr int answer_seconds = 5;

bool holds(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// "" when all is well, else what is not.
std::string fault_of(const Context& ctx, const Verify& v) {
  const std::string base = "/sys/kernel/scst_tgt/targets/iscsi/";
  if (!v.target.empty() &&
      !ctx.sys.read(base + v.target + "/enabled").value_or("").starts_with('1'))
    return "target " + v.target + " is not enabled in " + base;
  const auto found = ctx.sys.discover(v.portal, answer_seconds);
  return found ? "" : found.error().line();
}

} // namespace

bool is_done(const Context& ctx, const LoadModules& m) {
  const auto loaded = ctx.sys.loaded_modules();
  return std::all_of(m.names.begin(), m.names.end(),
                     [&](const std::string& name) { return holds(loaded, name); });
}

json before(const Context& ctx, const LoadModules& /*m*/) {
  return {{"loaded", ctx.sys.loaded_modules()}};
}

Result<void> perform(const Context& ctx, const LoadModules& m, const json& /*before*/) {
  for (const std::string& name : m.names)
    if (auto loaded = ctx.sys.load_module(name); !loaded)
      return loaded;
  return {};
}

Result<Kept> undo(const Context& ctx, const LoadModules& m, const json& before) {
  const std::vector<std::string> loaded = ctx.sys.loaded_modules();
  const auto earlier = before.at("loaded").get<std::vector<std::string>>();
  Kept kept;
  for (auto name = m.names.rbegin(); name != m.names.rend(); ++name)
    if (holds(loaded, *name) && !holds(earlier, *name))
      if (auto gone = ctx.sys.unload_module(*name); !gone)
        kept.push_back("module " + *name + " is still loaded: " + gone.error().cause);
  return kept;
}

bool is_done(const Context& ctx, const Verify& v) {
  return fault_of(ctx, v).empty();
}

json before(const Context& /*ctx*/, const Verify& /*v*/) {
  return json::object();
}

Result<void> perform(const Context& ctx, const Verify& v, const json& /*before*/) {
  std::string fault = fault_of(ctx, v);
  for (int tries = 1; !fault.empty() && tries < verify_tries; tries++) {
    ctx.sys.pause(1);
    fault = fault_of(ctx, v);
  }
  if (fault.empty())
    return {};
  return Error{"verify", v.portal, fault,
               "Look at the kernel log and at the log of scst and iscsi-scstd.",
               Exit::verification};
}

Result<Kept> undo(const Context& /*ctx*/, const Verify& /*v*/, const json& /*before*/) {
  return Kept{};
}

} // namespace inst
