// SPDX-License-Identifier: GPL-2.0-only
// Reports as text for people.
#include "report/report.hh"

#include <fmt/format.h>

namespace inst::report {
namespace {

std::string yes_no(bool yes) {
  return yes ? "yes" : "no";
}

std::string list(const std::vector<std::string>& items) {
  return items.empty() ? "none" : fmt::format("{}", fmt::join(items, ", "));
}

std::string kernel_line(const Kernel& k) {
  return fmt::format("  {} (Linux {}){}{}\n", k.release, to_string(k.version),
                     k.running ? ", running" : "",
                     k.build_tree.empty() ? ", no headers" : ", headers in " + k.build_tree);
}

const char* mark_of(StepState state) {
  return state == StepState::skipped ? " (done already)" : "";
}

} // namespace

const char* name_of(StepState state) {
  switch (state) {
  case StepState::untouched:
    return "to do";
  case StepState::begun:
    return "begun";
  case StepState::done:
    return "done";
  case StepState::skipped:
    return "done already";
  case StepState::undone:
    return "undone";
  }
  return "";
}

const char* state_of(const Run& run) {
  if (run.interrupted())
    return "interrupted";
  return run.undone ? "undone" : "installed";
}

std::string facts_text(const Facts& f) {
  std::string text = fmt::format("distribution: {}\nmachine: {} {}\n", f.distribution.name,
                                 f.host_name, f.machine);
  text += "kernels:\n";
  for (const Kernel& k : f.kernels)
    text += kernel_line(k);
  text += fmt::format("modules can be loaded: {}\n", yes_no(f.loading.possible));
  for (const std::string& obstacle : f.loading.obstacles)
    text += "  " + obstacle + '\n';
  text += fmt::format("Secure Boot: {}, lockdown: {}\n", yes_no(f.loading.secure_boot),
                      f.loading.lockdown.empty() ? "unknown" : f.loading.lockdown);
  text += fmt::format("init system: {}{}\n", f.init.empty() ? "none found" : f.init,
                      f.init_live ? "" : " (not running)");
  text += fmt::format("container: {}, chroot: {}\n", f.container.empty() ? "no" : f.container,
                      yes_no(f.chroot));
  std::vector<std::string> packages;
  for (const auto& [name, version] : f.packages)
    packages.push_back(fmt::format("{} {}", name, version));
  text += fmt::format("packages: {}\nloaded: {}\n", list(packages), list(f.scst_modules));
  text += fmt::format("port 3260: {}\n", f.portal.taken ? "taken by " + f.portal.owner : "free");
  for (const Conflict& c : f.conflicts)
    text += "conflict: " + c.what + '\n';
  for (const FcPort& p : f.fc_ports)
    text +=
        fmt::format("Fibre Channel port: {} ({}, {}, {}){}\n", p.name, p.host,
                    p.driver.empty() ? "driver unknown" : p.driver, p.state,
                    p.disks.empty() ? "" : fmt::format(", carries {}", fmt::join(p.disks, ", ")));
  return text + fmt::format("/etc/scst.conf: {}\n", f.has_config ? "there" : "none");
}

std::string plan_text(const Planned& planned, const std::vector<StepState>& states) {
  const Plan& plan = planned.plan;
  std::string text = fmt::format("Road: {} ({})\n", plan.road, fmt::join(plan.reasons, "; "));
  if (!plan.kernel.empty())
    text += fmt::format("Kernel: {}\n", plan.kernel);
  if (!plan.root.empty())
    text += fmt::format("Root: {}\n", plan.root);
  for (const Refusal& refusal : planned.refusals)
    text += fmt::format("refused: {}\n  {}\n", refusal.what, refusal.hint);
  if (!planned.refusals.empty())
    return text;
  for (std::size_t i = 0; i < plan.steps.size(); i++) {
    const Step& step = plan.steps[i];
    text +=
        fmt::format("{:3}. {}{}\n", i + 1, step.title, i < states.size() ? mark_of(states[i]) : "");
    if (!step.why.empty())
      text += fmt::format("       why: {}\n", step.why);
    if (!step.touches.empty())
      text += fmt::format("       touches: {}\n", fmt::join(step.touches, ", "));
  }
  for (const std::string& note : plan.notes)
    text += "note: " + note + '\n';
  return text;
}

std::string done_text(const Plan& plan, const Summary& summary) {
  std::string text;
  for (const std::string& kept : summary.kept)
    text += "kept: " + kept + '\n';
  if (summary.nothing_to_do())
    text += "Nothing to do: everything is as planned.\n";
  const std::string root = plan.root.empty() ? "" : " --root " + plan.root;
  if (plan.portal.empty())
    return text + fmt::format("Installed for kernel {}; nothing was started.\n"
                              "Undo: scst-install uninstall{}\n",
                              plan.kernel, root);
  text += fmt::format("Target: {}\nPortal: {}\n", plan.target, plan.portal);
  text += fmt::format("  iscsi-ls -s iscsi://{0}\n"
                      "  iscsiadm -m discovery -t sendtargets -p {0}\n",
                      plan.portal);
  text += fmt::format("  iscsiadm -m node -T {} -p {} --login\n", plan.target, plan.portal);
  if (!plan.data.empty())
    text += fmt::format("Data: {}\n", plan.data);
  text += plan.road == "guest" ? "Stop: scst-install guest stop (the data stay)\n"
                               : "Configuration: /etc/scst.conf\n";
  text += "Undo: scst-install uninstall (add --delete-data for the LUN's data)\n";
  return text;
}

std::string status_text(const Run& run, const std::vector<bool>& as_installed) {
  std::string text =
      fmt::format("run {}: {} ({} road)\n", run.number, state_of(run), run.plan.road);
  for (std::size_t i = 0; i < run.steps.size(); i++) {
    const char* drift = "";
    if (run.steps[i].state == StepState::done && i < as_installed.size() && !as_installed[i])
      drift = ", changed since";
    text += fmt::format("  {}: {}{}\n", run.plan.steps[i].id, name_of(run.steps[i].state), drift);
  }
  return text;
}

std::string error_text(const Error& error) {
  std::string text = "scst-install: " + error.line() + '\n';
  if (!error.hint.empty())
    text += "  " + error.hint + '\n';
  return text;
}

} // namespace inst::report
