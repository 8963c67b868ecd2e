// SPDX-License-Identifier: GPL-2.0-only
// Texts for upstream's releases: init scripts that need no LSB functions, configuration files in
// the release's own grammar. Pure.
#pragma once

#include "catalog/catalog.hh"

#include <string>
#include <vector>

namespace inst {

struct UpstreamInit {
  std::string release;              ///< of the stack, for the comment
  std::string openrc_shell;         ///< "/sbin/openrc-run"; "" = an LSB script
  std::vector<std::string> modules; ///< in load order
  bool procfs = false;              ///< configured before its iSCSI daemon runs, not after it
};

/// /etc/init.d/scst: modules and configuration; with sysfs the iSCSI daemon too.
std::string init_script_text(const UpstreamInit& init);
/// /etc/init.d/iscsi-scst of the releases with procfs: the iSCSI module and its daemon.
std::string iscsi_init_script_text(const UpstreamInit& init);

struct FrameworkInit {
  std::string release;
  std::string dir;          ///< where it was built
  std::string device;       ///< that becomes the LUN
  std::string openrc_shell; ///< as of UpstreamInit
};

/// /etc/init.d/DRIVER of a target framework: its own scripts, the number of its SCSI host, and the
/// device that was asked for in the place of theirs.
std::string framework_script_text(const Framework& framework, const FrameworkInit& init);

/// A unit of systemd that calls the script, after another unit ("" = none) and only where that
/// kernel runs.
std::string unit_text(const std::string& name, const std::string& script, const std::string& after,
                      const std::string& kernel);

/// scst.conf of 1.x: the device in the group of the target.
std::string procfs_config_text(const std::string& target, const std::string& filename, bool block);
/// iscsi-scstd.conf of 1.x.
std::string iscsi_scstd_config_text(const std::string& target);
/// initiators.allow of 1.x: addresses, each with /bits or without. None: nobody.
std::string initiators_allow_text(const std::string& target,
                                  const std::vector<std::string>& addresses);
std::string initiators_deny_text();

/// "192.168.1.1", "192.168.1.0/24", "[fd00::1]" or "ALL"?
bool is_address(const std::string& text);

} // namespace inst
