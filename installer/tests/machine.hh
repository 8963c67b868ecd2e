// SPDX-License-Identifier: GPL-2.0-only
// A Debian machine on which everything is ready for the native road. Tests spoil it as they like.
#pragma once

#include "catalog/catalog.hh"
#include "plan/plan.hh"

#include <algorithm>
#include <string>

namespace inst::test {

inline Catalog some_catalog() {
  Catalog catalog;
  catalog.sources.push_back({"own",
                             "the stack",
                             {5, 10, 0},
                             {8, 0, 0},
                             {"scst", "scst_vdisk", "scst_local", "iscsi_scst"},
                             {"scst", "scst_vdisk", "iscsi_scst"},
                             {"scst-dkms", "scstadmin", "iscsi-scst"}});
  catalog.families.push_back({"debian",
                              {"debian"},
                              "apt install",
                              {{"headers", "linux-headers-{release}"}, {"dkms", "dkms"}}});
  return catalog;
}

inline Facts ready_machine() {
  Facts f;
  f.distribution = {"debian", "", "12", "bookworm", "Debian GNU/Linux 12 (bookworm)"};
  f.machine = "x86_64";
  f.host_name = "box.example.lab";
  f.is_root = true;
  f.running = "6.1.0-50-amd64";
  f.kernels = {{"6.1.0-50-amd64", {6, 1, 176}, true, true, "/usr/src/linux-headers-6.1.0-50-amd64"},
               {"6.12.9-amd64", {6, 12, 9}, false, true, ""}};
  f.loading.possible = true;
  f.init = "systemd";
  f.init_live = true;
  f.programs = {{"dkms", "/usr/sbin/dkms"}, {"make", "/usr/bin/make"}, {"gcc", "/usr/bin/gcc"}};
  f.packages = {{"scst-dkms", "3.8.0-1"}, {"scstadmin", "3.8.0-1"}, {"iscsi-scst", "3.8.0-1"}};
  f.free_port = 3260;
  f.free_space = {{"/usr", 1U << 30}, {"/var/lib", 1U << 30}};
  f.data_dir = "/usr/share/scst-install";
  f.cache_dir = "/root/.cache/scst";
  return f;
}

/// A machine that has what the guest road needs.
inline Facts guest_machine() {
  Facts f = ready_machine();
  f.debs = {{"/debs/a.deb", "", 0644, "d"}};
  f.programs["qemu-system-x86_64"] = f.programs["mmdebstrap"] = "/usr/bin/x";
  return f;
}

inline Planned plan(const Facts& facts, const Options& options = {}) {
  return make_plan(facts, some_catalog(), options);
}

inline const Step* find_step(const Plan& plan, const std::string& id) {
  for (const Step& step : plan.steps)
    if (step.id == id)
      return &step;
  return nullptr;
}

inline std::string ids(const Plan& plan) {
  std::string text;
  for (const Step& step : plan.steps)
    text += (text.empty() ? "" : " ") + step.id;
  return text;
}

/// All refusals in one text.
inline std::string refused(const Planned& planned) {
  std::string text;
  for (const Refusal& r : planned.refusals)
    text += r.what + " -> " + r.hint + '\n';
  return text;
}

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace inst::test
