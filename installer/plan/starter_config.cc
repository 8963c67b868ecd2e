// SPDX-License-Identifier: GPL-2.0-only
// The text of the first /etc/scst.conf. Keyword lines end in "{" and "}" stands alone: start
// scripts look for that shape.
#include "plan/starter_config.hh"

#include <fmt/format.h>

namespace inst {
namespace {

constexpr const char* head =
    R"(# SCST configuration, written once by scst-install. It is yours: edit it, then run
#   scstadmin -config
# Deny by default: the target itself has no LUN. Only initiators that a GROUP names see one.

# vdisk_fileio goes through the page cache. Keep nv_cache at 0 unless the cache of this
# machine survives a power cut: with nv_cache 1 flushes are ignored and are fast, and data
# that an initiator believes safe can be lost.
# For a whole disk or volume, handler vdisk_blockio goes past the page cache: steadier under
# load and honest about flushes, slower for small reads that a cache would have answered.
)";

constexpr const char* iscsi_example = "iqn.1993-08.org.debian:01:*";
constexpr const char* fc_example = "21:00:00:1b:32:??:??:??";

/// The group that sees the LUN: those who are allowed, and nobody else.
std::string group_text(const std::vector<std::string>& allow, const char* example) {
  std::string initiators;
  for (const std::string& name : allow)
    initiators += fmt::format("\t\t\tINITIATOR {}\n", name);
  if (allow.empty())
    initiators = fmt::format("\t\t\t# Nobody is let in yet. Name the initiators, one line each; * "
                             "and ? are wildcards:\n\t\t\t# INITIATOR {}\n",
                             example);
  return fmt::format("\t\tGROUP allowed {{\n\t\t\tLUN 0 disk0\n\n{}\t\t}}\n", initiators);
}

std::string fc_text(const FcTargets& targets, const std::vector<std::string>& allow) {
  std::string sections;
  for (const std::string& port : targets.ports)
    sections += fmt::format("{}\tTARGET {} {{\n\t\tenabled 1\n\n{}\t}}\n",
                            sections.empty() ? "" : "\n", port, group_text(allow, fc_example));
  return fmt::format("\n# Each port of Fibre Channel is a target of its own.\n"
                     "TARGET_DRIVER {} {{\n{}}}\n",
                     targets.driver, sections);
}

} // namespace

std::string starter_config_text(const StarterConfig& config) {
  const std::string chap =
      config.secret.empty()
          ? ""
          : fmt::format("\t\t# CHAP: the name and the secret that initiators log in with.\n"
                        "\t\tIncomingUser \"{} {}\"\n",
                        chap_user, config.secret);
  std::string fc;
  for (const FcTargets& targets : config.fibre_channel)
    fc += fc_text(targets, config.fc_allow);
  return fmt::format("{}HANDLER vdisk_fileio {{\n"
                     "\tDEVICE disk0 {{\n"
                     "\t\tfilename {}\n"
                     "\t\tnv_cache 0\n"
                     "\t}}\n"
                     "}}\n\n"
                     "TARGET_DRIVER iscsi {{\n"
                     "\tenabled 1\n\n"
                     "\tTARGET {} {{\n"
                     "\t\tenabled 1\n"
                     "{}\n"
                     "{}"
                     "\t}}\n"
                     "}}\n"
                     "{}",
                     head, config.filename, config.target, chap,
                     group_text(config.allow, iscsi_example), fc);
}

} // namespace inst
