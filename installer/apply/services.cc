// SPDX-License-Identifier: GPL-2.0-only
// Services of systemd, OpenRC and LSB scripts by one set of verbs.
// before, for "enable": {"enabled": [names], "dirs": [made]}; for "start": {"running": [names]}
#include "apply/actions.hh"

#include <algorithm>

namespace inst {
namespace {

using nlohmann::json;
using Argv = std::vector<std::string>;

bool holds(const json& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

/// systemctl can work on another root by itself, which spares the chroot.
Argv systemctl(const Context& ctx, const std::string& verb, const std::string& name) {
  Argv argv{"systemctl", "--quiet"};
  if (!ctx.root.empty())
    argv.push_back("--root=" + ctx.root);
  argv.push_back(verb);
  if (!name.empty())
    argv.push_back(name);
  return argv;
}

/// Asked anew each time: what was installed into an image may be undone on the booted machine.
bool is_live(const Context& ctx, const Services& s) {
  const auto there = [&](const char* path) {
    return ctx.sys.stat(path).type != sys::FileType::none;
  };
  if (!ctx.root.empty())
    return false;
  if (s.init == "systemd")
    return there("/run/systemd/system");
  return s.init == "openrc" ? there("/run/openrc/softlevel") : !there("/run/systemd/system");
}

Context host_view(const Context& ctx, const Services& s) {
  Context view = ctx;
  if (s.init == "systemd")
    view.root.clear(); // see systemctl()
  return view;
}

bool has_lsb_link(const Context& ctx, const std::string& name) {
  for (const char* dir : {"/etc/rc2.d", "/etc/rc.d/rc3.d"})
    for (const std::string& link : ctx.sys.list(ctx.at(dir)))
      if (link.size() == name.size() + 3 && link.starts_with('S') && link.ends_with(name))
        return true;
  return false;
}

bool is_enabled(const Context& ctx, const Services& s, const std::string& name) {
  if (s.init == "systemd")
    return says_yes(host_view(ctx, s), systemctl(ctx, "is-enabled", name));
  if (s.init == "openrc")
    return ctx.sys.stat(ctx.at("/etc/runlevels/default/" + name)).type != sys::FileType::none;
  return has_lsb_link(ctx, name);
}

bool is_running(const Context& ctx, const Services& s, const std::string& name) {
  if (s.init == "systemd")
    return says_yes(ctx, systemctl(ctx, "is-active", name));
  if (s.init == "openrc")
    return says_yes(ctx, {"rc-service", "--quiet", name, "status"});
  return says_yes(ctx, {"/etc/init.d/" + name, "status"});
}

Argv enable_command(const Context& ctx, const Services& s, const std::string& name, bool on) {
  if (s.init == "systemd")
    return systemctl(ctx, on ? "enable" : "disable", name);
  if (s.init == "openrc")
    return {"rc-update", on ? "add" : "del", name, "default"};
  if (ctx.sys.stat(ctx.at("/usr/sbin/update-rc.d")).type != sys::FileType::none)
    return {"update-rc.d", name, on ? "defaults" : "remove"};
  return {"chkconfig", on ? "--add" : "--del", name};
}

Argv start_command(const Context& ctx, const Services& s, const std::string& name,
                   const std::string& verb) {
  if (s.init == "systemd")
    return systemctl(ctx, verb, name);
  if (s.init == "openrc")
    return {"rc-service", name, verb};
  return {"/etc/init.d/" + name, verb};
}

/// In the order given or, to take down, the other way round; those in `except` are left alone.
template <class Build>
Result<void> for_each(const Context& ctx, const Argv& names, const json& except, Build build) {
  for (const std::string& name : names) {
    if (holds(except, name))
      continue;
    if (auto done = run_on_target(ctx, build(name), Exit::service); !done)
      return done.error();
  }
  return {};
}

Argv reversed(Argv names) {
  std::reverse(names.begin(), names.end());
  return names;
}

Result<void> stop(const Context& ctx, const Services& s, const json& except) {
  if (!is_live(ctx, s))
    return {};
  Argv running = reversed(s.names);
  std::erase_if(running, [&](const std::string& n) { return !is_running(ctx, s, n); });
  return for_each(ctx, running, except,
                  [&](const std::string& n) { return start_command(ctx, s, n, "stop"); });
}

const json& list_of(const json& before, const char* key) {
  static const json none = json::array();
  return before.contains(key) ? before.at(key) : none;
}

} // namespace

Result<void> stop_services(const Context& ctx, const Services& services) {
  return stop(ctx, services, json::array());
}

bool is_done(const Context& ctx, const Services& s) {
  return std::all_of(s.names.begin(), s.names.end(), [&](const std::string& name) {
    return s.verb == "enable" ? is_enabled(ctx, s, name) : is_running(ctx, s, name);
  });
}

json before(const Context& ctx, const Services& s) {
  json already = json::array();
  for (const std::string& name : s.names)
    if (s.verb == "enable" ? is_enabled(ctx, s, name) : is_running(ctx, s, name))
      already.push_back(name);
  if (s.verb == "start")
    return {{"running", already}};
  json dirs = json::array();
  if (s.init == "systemd")
    dirs = missing_parents(ctx, "/etc/systemd/system/multi-user.target.wants/x");
  return {{"enabled", already}, {"dirs", dirs}};
}

Result<void> perform(const Context& ctx, const Services& s, const json& /*before*/) {
  if (s.init == "systemd" && is_live(ctx, s))
    if (auto told = run_on_target(ctx, systemctl(ctx, "daemon-reload", ""), Exit::service); !told)
      return told.error();
  if (s.verb == "enable")
    return for_each(host_view(ctx, s), s.names, json::array(),
                    [&](const std::string& n) { return enable_command(ctx, s, n, true); });
  return for_each(ctx, s.names, json::array(),
                  [&](const std::string& n) { return start_command(ctx, s, n, "start"); });
}

Result<Kept> undo(const Context& ctx, const Services& s, const json& before) {
  // A service that is taken from the boot sequence must not go on running either.
  if (auto stopped = stop(ctx, s, list_of(before, s.verb == "enable" ? "enabled" : "running"));
      !stopped)
    return stopped.error();
  if (s.verb == "start")
    return Kept{};
  Argv names = reversed(s.names);
  std::erase_if(names, [&](const std::string& n) { return !is_enabled(ctx, s, n); });
  auto disabled = for_each(host_view(ctx, s), names, list_of(before, "enabled"),
                           [&](const std::string& n) { return enable_command(ctx, s, n, false); });
  if (!disabled)
    return disabled.error();
  remove_empty(ctx, list_of(before, "dirs"));
  return Kept{};
}

} // namespace inst
