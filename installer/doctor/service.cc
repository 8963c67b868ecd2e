// SPDX-License-Identifier: GPL-2.0-only
// Services, ports and the firewall.
#include "doctor/check.hh"
#include "facts/gather.hh"
#include "path.hh"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace inst::doctor {
namespace {

using Names = std::vector<std::string>;

bool link_in(const Ground& g, const std::string& dir, const std::string& name) {
  for (const std::string& link : g.sys.list(g.at(dir)))
    if (link == name ||
        (link.starts_with('S') && link.size() == name.size() + 3 && link.ends_with(name)))
      return true;
  return false;
}

bool by_systemd(const Ground& g) {
  return link_in(g, "/etc/systemd/system/multi-user.target.wants", "scst.service");
}
bool by_openrc(const Ground& g) {
  return link_in(g, "/etc/runlevels/default", "scst");
}
bool by_lsb(const Ground& g) {
  return link_in(g, "/etc/rc2.d", "scst") || link_in(g, "/etc/rc.d/rc3.d", "scst");
}

Finding enabled(const Ground& g) {
  if (by_systemd(g) || by_openrc(g) || by_lsb(g))
    return {};
  const char* way = g.facts.init == "openrc" ? "rc-update add scst default"
                    : g.facts.init == "lsb"  ? "update-rc.d scst defaults"
                                             : "systemctl enable scst iscsi-scstd";
  return {Verdict::warning, "the service scst is not started at boot", way};
}

Finding enabled_once(const Ground& g) {
  if (by_systemd(g) + by_openrc(g) < 2)
    return {};
  return {Verdict::warning, "systemd and OpenRC both start the service scst",
          "Disable one of them."};
}

Finding truthful(const Ground& g) {
  if (!g.live() || g.facts.init != "systemd" || !g.facts.init_live)
    return skipped("systemd does not run here");
  const bool active = g.ask({"systemctl", "is-active", "scst.service"}).starts_with("active");
  if (!active || g.loaded("scst"))
    return {};
  return {Verdict::fault, "the service scst says that it is active, but its modules are not loaded",
          "See M01 for the modules, then restart the service."};
}

Finding lsb_functions(const Ground& g) {
  const std::string functions = "/lib/lsb/init-functions";
  Names bad;
  for (const char* script : {"/etc/init.d/scst", "/etc/init.d/iscsi-scst"}) {
    for (const std::string& line : facts::lines(g.sys.read(g.at(script)).value_or("")))
      if (line.find(functions) != std::string::npos && !line.starts_with('#'))
        bad.emplace_back(script);
  }
  if (g.there(functions))
    bad.clear();
  return verdict_of(Verdict::fault, bad,
                    "It needs /lib/lsb/init-functions, which this system does not have: "
                    "scst-install brings scripts that do without.");
}

Finding daemon(const Ground& g) {
  if (!g.live() || !g.loaded("iscsi_scst"))
    return skipped("the iSCSI target is not loaded");
  int running = 0;
  for (const std::string& pid : g.sys.list("/proc"))
    if (facts::first_line(g.sys, "/proc/" + pid + "/comm") == "iscsi-scstd")
      running++;
  if (running > 0)
    return {};
  return {Verdict::fault, "iscsi-scstd does not run, so nobody can log in",
          "systemctl restart iscsi-scstd, or the same by the init system of this machine."};
}

Finding port(const Ground& g) {
  if (!g.live())
    return skipped("this is not the running system");
  const Port& p = g.facts.portal;
  if (p.taken && !p.owner.starts_with("iscsi-scstd"))
    return {Verdict::fault, fmt::format("port 3260 is taken by {}", p.owner),
            "Two iSCSI targets cannot share it: stop the other one."};
  if (!p.taken && g.loaded("iscsi_scst"))
    return {Verdict::warning, "nothing listens on port 3260", "Start iscsi-scstd."};
  return {};
}

Finding rivals(const Ground& g) {
  Names bad;
  Names hints;
  for (const Conflict& c : g.facts.conflicts) {
    bad.push_back(c.what);
    hints.push_back(c.hint);
  }
  return verdict_of(Verdict::warning, bad, fmt::format("{}", fmt::join(hints, " ")));
}

/// Does the text say that what is not named is dropped, and not name the port?
bool closes(const std::string& rules, const char* drop) {
  return rules.find(drop) != std::string::npos && rules.find("3260") == std::string::npos &&
         rules.find("iscsi-target") == std::string::npos;
}

Finding firewall(const Ground& g) {
  if (!g.live() || !g.facts.is_root)
    return skipped("only root sees the rules");
  constexpr std::array tools{"firewall-cmd", "ufw", "nft", "iptables"};
  if (std::all_of(tools.begin(), tools.end(),
                  [&](const char* name) { return g.sys.find_program(name).empty(); }))
    return skipped("no tool of a firewall is here");
  if (const std::string zone = g.ask({"firewall-cmd", "--list-all"});
      !zone.empty() && closes(zone, "services:"))
    return {Verdict::warning, "firewalld does not let port 3260 in",
            "firewall-cmd --permanent --add-service=iscsi-target && firewall-cmd --reload"};
  if (closes(g.ask({"ufw", "status"}), "Status: active"))
    return {Verdict::warning, "ufw does not let port 3260 in", "ufw allow 3260/tcp"};
  const std::string rules = g.ask({"nft", "list", "ruleset"});
  if (const std::size_t input = rules.find("hook input");
      input != std::string::npos &&
      closes(rules.substr(input, rules.find('}', input) - input), "policy drop"))
    return {Verdict::warning, "the rules of nft drop what comes in on port 3260",
            "Add 'tcp dport 3260 accept' to the chain of the hook input."};
  if (closes(g.ask({"iptables", "-S", "INPUT"}), "-P INPUT DROP"))
    return {Verdict::warning, "the rules of iptables drop what comes in on port 3260",
            "iptables -I INPUT -p tcp --dport 3260 -j ACCEPT, and save that."};
  return {};
}

Finding initiator_tools(const Ground& g) {
  const Kernel* k = g.kernel();
  const std::string said = g.live() ? g.ask({"iscsiadm", "--version"}) : "";
  const std::size_t at = said.find("version ");
  if (k == nullptr || at == std::string::npos)
    return skipped("there is no iscsiadm here");
  const std::string text = said.substr(at + 8, said.find('\n', at) - at - 8);
  const Version tools = parse_version(text);
  const std::size_t dash = text.find('-');
  const int build = dash == std::string::npos ? 0 : parse_version(text.substr(dash + 1)).major;
  const bool old = tools.major < 2 || (tools.major == 2 && tools.minor == 0 && build < 865);
  if (!old || k->version < Version{2, 6, 16})
    return {};
  return {
      Verdict::warning,
      fmt::format("iscsiadm {} is older than the iSCSI interface of kernel {}", text, k->release),
      "Its logins end with 'internal error': install open-iscsi 2.0-865 or later."};
}

constexpr std::array checks{
    Check{"I01", "services", "The target is started at boot", "It is gone after a reboot else.",
          enabled},
    Check{"I02", "services", "One init system starts it", "Two of them race.", enabled_once},
    Check{"I03", "services", "A service that says it is active is",
          "Scripts of old end well although modprobe failed.", truthful},
    Check{"I04", "services", "The init script finds its functions",
          "Scripts of SCST 1.x need LSB functions, which Gentoo and others do not have.",
          lsb_functions},
    Check{"I05", "services", "iscsi-scstd runs where its module does",
          "The module has no one to take logins.", daemon},
    Check{"I06", "services", "The initiator's tools fit the kernel",
          "Linux 2.6.16 changed the interface between open-iscsi and its modules.",
          initiator_tools},
    Check{"N01", "network", "Port 3260 belongs to iscsi-scstd",
          "LIO, tgt and IET listen there too.", port},
    Check{"N02", "network", "No other target stack runs here",
          "It may serve the same disks, or take the port.", rivals},
    Check{"N03", "network", "The firewall lets initiators in",
          "They time out, and nothing here says why.", firewall}};

} // namespace

std::span<const Check> service_checks() {
  return checks;
}

} // namespace inst::doctor
